// SPDX-License-Identifier: GPL-3.0-or-later
/* live_made.c - what is made to be asked about: processes in namespaces of their own
 *
 * Each is a child that unshares, as an ordinary user with a user namespace, does its work
 * there, says by a pipe that it is done, and waits to be killed: by live_release(), or by
 * the kernel when nook ends. What it mounts and links is gone with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "host/host.h"
#include "netns/net.h"
#include "quiz/live.h"

/**
 * struct bed - A child to be
 * @flags:	CLONE_NEW* that it unshares
 * @is_root:	It needs no user namespace; else lines of its maps
 * @join:	A process whose user namespace it joins instead of making one; 0 = none
 * @work:	What it does in there, or NULL: with @far and @number
 */
struct bed {
	int flags;
	char uid_map[32], gid_map[32];
	bool is_root;
	pid_t join;
	int (*work)(const struct bed *bed, struct err *e);
	pid_t far[2];
	unsigned int number;
};

static unsigned int random_number(void)
{
	unsigned int n = 0;

	(void)!getrandom(&n, sizeof(n), 0);
	return n;
}

static int join_user(pid_t pid)
{
	char path[40];
	auto_fd fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : setns(fd, CLONE_NEWUSER);
}

static int own_user(const struct bed *bed)
{
	if (unshare(CLONE_NEWUSER) < 0)
		return -1;
	if (file_write(AT_FDCWD, "/proc/self/setgroups", "deny") < 0 ||
	    file_write(AT_FDCWD, "/proc/self/uid_map", bed->uid_map) < 0)
		return -1;
	return file_write(AT_FDCWD, "/proc/self/gid_map", bed->gid_map);
}

static int move_in(const struct bed *bed, struct err *e)
{
	if (!bed->is_root && (bed->join ? join_user(bed->join) : own_user(bed)) < 0)
		return err_sys(e, "no user namespace can be made");
	if (unshare(bed->flags) < 0)
		return err_sys(e, "no namespaces can be made");
	return bed->work ? bed->work(bed, e) : 0;
}

/* Never returns: @done is told how it went, then it waits for its end */
static _Noreturn void bed_main(const struct bed *bed, pid_t parent, int done)
{
	struct err e = { 0 };
	int rc = move_in(bed, &e);

	/* after the last change of ids, which clears it */
	if (child_die_with(parent) < 0)
		_exit(1);
	(void)!write(done, rc ? e.text : "", rc ? strlen(e.text) + 1 : 1);
	close(done);
	for (;;)
		pause();
}

/* Return: 0, and it is one of @l's processes; 1 and @e: it cannot be had here; -1 */
static int bed_start(const struct bed *bed, struct live *l, struct err *e)
{
	char said[sizeof(e->text)] = "it ended at once";
	pid_t parent = getpid(), pid;
	auto_fd from = -1, to = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	from = ends[0];
	to = ends[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start a process to ask about");
	if (!pid)
		bed_main(bed, parent, to);
	l->pids[l->pid_count++] = pid;
	close(fd_take(&to));
	while (read(from, said, sizeof(said) - 1) < 0 && errno == EINTR)
		;
	if (!*said)
		return 0;
	err_set(e, "%s", said);
	return 1;
}

static struct bed bed_new(struct host *h, int flags)
{
	struct bed bed = { .flags = flags, .is_root = host_is_root(h) };

	snprintf(bed.uid_map, sizeof(bed.uid_map), "0 %u 1", host_uid(h));
	snprintf(bed.gid_map, sizeof(bed.gid_map), "0 %u 1", host_gid(h));
	return bed;
}

/* --- namespaces ------------------------------------------------------------------- */

static bool is_shared(const char *type, pid_t pid)
{
	char path[48], own[64] = "", theirs[64] = "";

	snprintf(path, sizeof(path), "/proc/self/ns/%s", type);
	if (readlink(path, own, sizeof(own) - 1) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, type);
	return readlink(path, theirs, sizeof(theirs) - 1) >= 0 && !strcmp(own, theirs);
}

int live_namespaces(struct host *h, struct live *l, struct err *e)
{
	static const struct {
		const char *name;
		int flag;
	} types[] = { { "cgroup", CLONE_NEWCGROUP },
		      { "ipc", CLONE_NEWIPC },
		      { "mnt", CLONE_NEWNS },
		      { "net", CLONE_NEWNET },
		      { "pid", 0 },
		      { "user", 0 },
		      { "uts", CLONE_NEWUTS } };
	unsigned int chance = random_number();
	struct bed bed = bed_new(h, CLONE_NEWUTS);
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (chance & 1u << i)
			bed.flags |= types[i].flag;
	rc = bed_start(&bed, l, e);
	if (rc)
		return rc;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (is_shared(types[i].name, l->pids[0]))
			text_addf(&l->answer, "%s%s", l->answer.len ? " " : "",
				  types[i].name);
	l->is_set = true;
	text_addf(live_var(l, "x"), "%d", getpid());
	text_addf(live_var(l, "y"), "%d", l->pids[0]);
	return 0;
}

/* --- layers ----------------------------------------------------------------------- */

#define AT "/tmp" /* there in every tree; only the child sees what is mounted on it */

static const char *const files[] = { "a.conf", "b.conf", "c.conf", "d.conf" };

static int make_file(const char *dir, const char *file)
{
	char path[64];
	auto_fd fd = -1;

	snprintf(path, sizeof(path), AT "/%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : 0;
}

static int make_dirs(void)
{
	static const char *const dirs[] = { AT "/base", AT "/app", AT "/upper",
					    AT "/work", AT "/merged" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) < 0)
			return -1;
	return 0;
}

/* All are in base, three in app. Of these one is written and one is deleted through the
 * overlay, so what is then in upper is the kernel's own doing */
static int make_layers(const struct bed *bed, struct err *e)
{
	const char *const *f = files;
	unsigned int turn = bed->number;
	char gone[64];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("layers", AT, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0 ||
	    make_dirs() < 0)
		return err_sys(e, "no tmpfs can be mounted");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (make_file("base", f[i]) < 0 ||
		    (i != turn % 4 && make_file("app", f[i]) < 0))
			return err_sys(e, "no file can be made");
	if (mount("overlay", AT "/merged", "overlay", MS_NOSUID | MS_NODEV,
		  "lowerdir=" AT "/app:" AT "/base,upperdir=" AT "/upper,workdir=" AT
		  "/work") < 0)
		return err_sys(e, "no overlay can be mounted");
	snprintf(gone, sizeof(gone), AT "/merged/%s", f[(turn + 2) % 4]);
	if (make_file("merged", f[(turn + 1) % 4]) < 0 || unlink(gone) < 0)
		return err_sys(e, "no file can be changed");
	return 0;
}

/* The topmost layer that has it, as the kernel reads them (overlayfs.rst, "whiteouts");
 * whether it is there at all must be what the merged tree shows */
static int find_layer(pid_t pid, const char *file, struct text *out, struct err *e)
{
	static const char *const layers[] = { "upper", "app", "base" };
	char path[80];
	struct stat st;
	bool gone = true;

	for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
		snprintf(path, sizeof(path), "/proc/%d/root" AT "/%s/%s", pid, layers[i],
			 file);
		if (lstat(path, &st) < 0)
			continue;
		gone = S_ISCHR(st.st_mode) && !st.st_rdev;
		text_add(out, gone ? "none" : layers[i]);
		break;
	}
	snprintf(path, sizeof(path), "/proc/%d/root" AT "/merged/%s", pid, file);
	if ((lstat(path, &st) < 0) == gone)
		return 0;
	return err_set(e, "'%s' is not what its layers say", path);
}

int live_layers(struct host *h, struct live *l, struct err *e)
{
	struct bed bed = bed_new(h, CLONE_NEWNS);
	const char *file = files[random_number() % ARRAY_SIZE(files)];
	int rc;

	bed.work = make_layers;
	bed.number = random_number();
	rc = bed_start(&bed, l, e);
	if (rc)
		return rc;
	text_addf(live_var(l, "pid"), "%d", l->pids[0]);
	text_add(live_var(l, "file"), file);
	return find_layer(l->pids[0], file, &l->answer, e);
}

/* --- links ------------------------------------------------------------------------ */

/* e0 goes to far[0], e1 to far[1]; which of them was started first is left to chance */
static int make_links(const struct bed *bed, struct err *e)
{
	static const char *const links[] = { "e0", "e1" };

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		char path[40];
		auto_fd fd = -1;

		snprintf(path, sizeof(path), "/proc/%d/ns/net", bed->far[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, "cannot open '%s'", path);
		if (net_pair_make(links[i], "eth0", fd, e))
			return -1;
	}
	return 0;
}

int live_veth(struct host *h, struct live *l, struct err *e)
{
	struct bed bed = bed_new(h, CLONE_NEWNET);
	unsigned int chance = random_number() % 2;
	int rc = bed_start(&bed, l, e);

	bed.join = l->pid_count ? l->pids[0] : 0;
	if (!rc)
		rc = bed_start(&bed, l, e);
	if (rc)
		return rc;
	bed.far[chance] = l->pids[0];
	bed.far[!chance] = l->pids[1];
	bed.work = make_links;
	rc = bed_start(&bed, l, e);
	if (rc)
		return rc;
	text_addf(live_var(l, "pid"), "%d", l->pids[2]);
	text_addf(live_var(l, "one"), "%d", l->pids[0]);
	text_addf(live_var(l, "other"), "%d", l->pids[1]);
	text_addf(&l->answer, "%d", bed.far[0]);
	return 0;
}
