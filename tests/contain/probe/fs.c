// SPDX-License-Identifier: GPL-3.0-or-later
/* fs.c - checks FS-*: ways out of the root and into files that a box was not given */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

/* The kernel's Landlock version, for the facts of contain.bash; 0 without Landlock */
static void landlock_version(const struct probe *p)
{
	/* landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION),
	 * landlock(7) */
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	say_text(p, NULL, "%ld", abi < 0 ? 0 : abi);
}

/* The classic climb: a descriptor of the old root, chroot below it, then up and up */
static void climb_out(const struct probe *p)
{
	const char *marker = probe_arg(p, 0, "/etc/hostname");
	const char *below = probe_arg(p, 1, "/tmp/climb");
	int fd = open("/", O_PATH | O_DIRECTORY);

	if (fd < 0 || (mkdir(below, 0700) < 0 && errno != EEXIST))
		probe_die(p, "'%s'", below);
	say(p, "chroot", chroot(below));
	if (fchdir(fd) < 0)
		probe_die(p, "fchdir");
	for (int i = 0; i < 32; i++)
		if (chdir("..") < 0)
			probe_die(p, "chdir");
	say(p, "again", chroot("."));
	/* The host's file, by its name from whatever "/" is now */
	say(p, "marker", access(marker, F_OK));
	if (fchdir(fd) < 0 || (rmdir(below) < 0 && errno != ENOENT))
		probe_die(p, "cannot clear '%s'", below);
}

/* Into a directory that is seen twice: @in through one bind, @from and @to through
 * another that shows its parent. The process stands below @in while that is renamed
 * away. */
static void renamed_away(const struct probe *p)
{
	const char *in = probe_arg(p, 0, NULL), *from = probe_arg(p, 1, NULL);
	const char *to = probe_arg(p, 2, NULL), *marker = probe_arg(p, 3, "marker");
	char path[512] = "";
	int code = ENOENT;

	if (!from || !to || chdir(in) < 0)
		probe_die(p, "'%s'", in);
	say(p, "rename", rename(from, to));
	/* Every number of levels up, as far as any tree is deep */
	for (int i = 0; i < 32; i++) {
		strcat(path, "../");
		strcat(path, marker);
		if (access(path, F_OK) == 0)
			code = 0;
		path[strlen(path) - strlen(marker)] = '\0';
	}
	say_errno(p, "marker", code);
	say(p, "up", open("../../..", O_PATH | O_DIRECTORY));
	if (rename(to, from) < 0)
		probe_die(p, "cannot rename '%s' back", to);
}

static int touch(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* Every way to change a directory that holds the file `f` */
static void write_dir(const struct probe *p)
{
	if (chdir(probe_arg(p, 0, "/ro")) < 0)
		probe_die(p, "'%s'", probe_arg(p, 0, "/ro"));
	say(p, "open", touch("f", O_WRONLY));
	say(p, "create", touch("new", O_WRONLY | O_CREAT | O_EXCL));
	say(p, "truncate", truncate("f", 0));
	say(p, "mkdir", mkdir("newdir", 0700));
	say(p, "symlink", symlink("f", "newlink"));
	say(p, "link", link("f", "newname"));
	say(p, "mkfifo", mkfifo("newfifo", 0600));
	say(p, "chmod", chmod("f", 0666));
	say(p, "utimes", utimensat(AT_FDCWD, "f", NULL, 0));
	say(p, "setxattr", setxattr("f", "user.nook", "x", 1, 0));
	say(p, "rename", rename("f", "g"));
	if (rename("g", "f") < 0 && errno != ENOENT && errno != EROFS && errno != EACCES)
		probe_die(p, "cannot rename 'g' back");
	say(p, "unlink", unlink("f"));
}

/* Other names for hidden things: each argument is opened, then hard-linked to */
static void other_names(const struct probe *p)
{
	char text[64];

	for (int i = 0; i < p->argc; i++) {
		int fd = open(p->argv[i], O_RDONLY | O_NONBLOCK);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

		if (n == 0)
			say_text(p, p->argv[i], "empty");
		else
			say_errno(p, p->argv[i], n > 0 || errno == EISDIR ? 0 : errno);
		if (fd >= 0)
			close(fd);
	}
}

/* A hard link to a file behind a mask, made where the payload may write */
static void link_hidden(const struct probe *p)
{
	say(p, "link",
	    linkat(AT_FDCWD, probe_arg(p, 0, ""), AT_FDCWD, probe_arg(p, 1, ""), 0));
}

/* New device nodes below a directory, and one that lies there already */
static void devices(const struct probe *p)
{
	static const struct {
		const char *name;
		mode_t mode;
		unsigned int major, minor;
	} nodes[] = {
		{ "sda", S_IFBLK | 0600, 8, 0 },
		{ "mem", S_IFCHR | 0600, 1, 1 },
		{ "null", S_IFCHR | 0600, 1, 3 },
		{ "tun", S_IFCHR | 0600, 10, 200 },
	};

	if (chdir(probe_arg(p, 0, "/tmp")) < 0)
		probe_die(p, "'%s'", probe_arg(p, 0, "/tmp"));
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		say(p, nodes[i].name,
		    mknod(nodes[i].name, nodes[i].mode,
			  makedev(nodes[i].major, nodes[i].minor)));
		unlink(nodes[i].name);
	}
	if (p->argc > 1)
		say(p, "open", touch(p->argv[1], O_RDWR));
}

/* Whether paths exist for us at all */
static void exist(const struct probe *p)
{
	struct stat st;

	for (int i = 0; i < p->argc; i++)
		say(p, p->argv[i], lstat(p->argv[i], &st));
}

/* Landlock alone: @work may be written, @other not, and no mount says so. Both hold a
 * file `f`; @work holds `link`, a symlink to the `f` of @other. */
static void landlocked(const struct probe *p)
{
	const char *work = probe_arg(p, 0, NULL), *other = probe_arg(p, 1, NULL);
	char path[4096];
	struct termios t;
	int dir, fd;

	if (!other || chdir(work) < 0 || (dir = open("sub", O_RDONLY)) < 0)
		probe_die(p, "'%s'", work);
	snprintf(path, sizeof(path), "../../%s/f", strrchr(other, '/') + 1);
	say(p, "work", touch("f", O_WRONLY));
	say(p, "dirfd", openat(dir, path, O_WRONLY));
	snprintf(path, sizeof(path), "%s/f", other);
	say(p, "write", touch(path, O_WRONLY));
	say(p, "truncate", truncate(path, 0));
	say(p, "symlink", touch("link", O_WRONLY));
	snprintf(path, sizeof(path), "%s/moved", other);
	say(p, "rename", rename("f", path));
	rename(path, "f");
	say(p, "link", link("f", path));
	unlink(path);
	snprintf(path, sizeof(path), "%s/new", other);
	say(p, "create", touch(path, O_WRONLY | O_CREAT | O_EXCL));
	unlink(path);
	/* A device that no box has: ENOTTY says that it was asked itself */
	fd = open("/dev/loop-control", O_RDONLY);
	say(p, "ioctl", fd < 0 ? fd : ioctl(fd, TCGETS, &t));
}

/* A copy of this program at @path. Its name stays for execve. */
static bool copy_self(const char *path)
{
	char room[65536];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n = -1;

	while (from >= 0 && to >= 0 && (n = read(from, room, sizeof(room))) > 0)
		if (write(to, room, (size_t)n) != n)
			return false;
	close(from);
	close(to);
	return n == 0;
}

/* What execveat() said in a child; 0 when the new program ran */
static int exec_code(int fd, const char *path, char *const argv[])
{
	int status, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		syscall(SYS_execveat, fd, path, argv, environ, *path ? 0 : AT_EMPTY_PATH);
		_exit(errno);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
								    : -1;
}

/* Programs that lie where nothing may be run: started, handed to the loader, mapped */
static void run_from(const struct probe *p)
{
	char *const list[] = { (char *)"probe", (char *)"--list", NULL };
	const char *dir = probe_arg(p, 0, "/tmp");
	char path[512];
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/copy", dir);
	if (!copy_self(path))
		probe_die(p, "'%s'", path);
	say_errno(p, "exec", exec_code(AT_FDCWD, path, list));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	say(p, "mmap", map == MAP_FAILED ? -1 : 0);
	unlink(path);
	close(fd);
	fd = memfd_create("copy", MFD_CLOEXEC);
	if (fd < 0) {
		say(p, "memfd", fd);
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!copy_self(path))
		probe_die(p, "'%s'", path);
	say_errno(p, "memfd", exec_code(fd, "", list));
}

static void crash(const struct probe *p)
{
	(void)p;
	raise(SIGSEGV);
}

/* Crashes in a directory; says whether anything new lies there afterwards */
static void dump_core(const struct probe *p)
{
	int times = atoi(probe_arg(p, 1, "1")), found = 0;
	struct dirent *de;
	DIR *dir;

	if (chdir(probe_arg(p, 0, "/tmp")) < 0)
		probe_die(p, "'%s'", probe_arg(p, 0, "/tmp"));
	/* A file of root's or without leave to read is not dumped: we are neither */
	for (int i = 0; i < times; i++)
		if (probe_in_child(p, crash) != -SIGSEGV)
			probe_die(p, "the child did not crash");
	dir = opendir(".");
	while (dir && (de = readdir(dir)))
		found += strstr(de->d_name, "core") != NULL;
	say_text(p, "core", "%s", found ? "ok" : "none");
}

/* Inode 2 of a mount by its handle, and the mount's own directory by the true one */
static void by_handle(const struct probe *p)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h = { .handle_bytes = 8, .handle_type = 1 } };
	uint32_t inode[2] = { 2, 0 };

	for (int i = 0; i < p->argc; i++) {
		int dir = open(p->argv[i], O_RDONLY | O_NONBLOCK), id;

		if (dir < 0)
			probe_die(p, "'%s'", p->argv[i]);
		memcpy(u.h.f_handle, inode, sizeof(inode));
		say(p, p->argv[i], open_by_handle_at(dir, &u.h, O_DIRECTORY));
		u.h.handle_bytes = MAX_HANDLE_SZ;
		if (!name_to_handle_at(dir, "", &u.h, &id, AT_EMPTY_PATH))
			say(p, "real", open_by_handle_at(dir, &u.h, O_DIRECTORY));
		u.h.handle_bytes = 8;
		u.h.handle_type = 1;
		close(dir);
	}
}

/* Something in each of the places that boxes could share */
static void plant(const struct probe *p)
{
	say(p, "shm", touch("/dev/shm/planted", O_WRONLY | O_CREAT));
	say(p, "tmp", touch("/tmp/planted", O_WRONLY | O_CREAT));
	say(p, "run", touch("/run/planted", O_WRONLY | O_CREAT));
}

static void look(const struct probe *p)
{
	say(p, "shm", access("/dev/shm/planted", F_OK));
	say(p, "tmp", access("/tmp/planted", F_OK));
	say(p, "run", access("/run/planted", F_OK));
}

const struct check fs_checks[] = {
	{ "landlock", landlock_version, NULL },
	{ "FS-01", climb_out, "[MARKER [DIR]]" },
	{ "FS-03", renamed_away, "IN FROM TO [MARKER]" },
	{ "FS-04", write_dir, "DIR" },
	{ "FS-16", other_names, "PATH..." },
	{ "FS-16-link", link_hidden, "HIDDEN NEW" },
	{ "FS-17", devices, "DIR [NODE]" },
	{ "FS-20", exist, "PATH..." },
	{ "FS-22", landlocked, "WORK OTHER" },
	{ "FS-23", run_from, "DIR" },
	{ "FS-24", dump_core, "DIR TIMES" },
	{ "FS-25", by_handle, "DIR..." },
	{ "FS-26-plant", plant, NULL },
	{ "FS-26", look, NULL },
	{ 0 },
};
