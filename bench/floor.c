/* SPDX-License-Identifier: GPL-3.0-or-later */
/* floor.c - the floor of `make bench`: the box of same-as-bwrap.yaml by hand
 *
 *	floor COMMAND [ARGUMENT...]
 *	floor -n COUNT -j N COMMAND [ARGUMENT...]	COUNT boxes, N at a time
 *
 * What a sandbox must do at the least on this kernel, and nothing else: the same
 *namespaces, mounts, pivot, one fork for init, capabilities dropped, a filter loaded raw.
 *No profile is read, nothing is recorded, no error is explained, no signal is forwarded.
 *The ratio of nook to this program is what nook itself costs.
 *
 * The order is nook's (docs/architecture.md): an ordinary user makes the user namespace
 * first, root makes it last, which also lets root make device nodes and not bind them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* The filter that nook loads, so that both end in the same box */
#define WANT_SECCOMP_FILTERS
#include "seccomp_tables.h"

#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET)
#define MUST(call) must((call) >= 0, #call)

static void must(int good, const char *what)
{
	if (good)
		return;
	dprintf(2, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void file_put(const char *path, const char *s)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0, path);
	must(write(fd, s, strlen(s)) >= 0, path);
	close(fd);
}

/* One id, written by its owner: setgroups must be denied first (user_namespaces(7)) */
static void user_map(unsigned int uid, unsigned int gid)
{
	char line[32];

	file_put("/proc/self/setgroups", "deny");
	snprintf(line, sizeof(line), "%u %u 1", uid ? uid : 1000, uid);
	file_put("/proc/self/uid_map", line);
	snprintf(line, sizeof(line), "%u %u 1", gid ? gid : 1000, gid);
	file_put("/proc/self/gid_map", line);
}

static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	MUST(fd);
	MUST(ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

static void bind_readonly(const char *from, const char *to)
{
	MUST(mkdir(to, 0755));
	MUST(mount(from, to, NULL, MS_BIND | MS_REC, NULL));
	MUST(mount(NULL, to, NULL,
		   MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL));
}

static void tree_dev(int can_mknod)
{
	static const struct {
		const char *from, *to;
		unsigned int minor;
	} nodes[] = {
		{ "/dev/null", "dev/null", 3 },	      { "/dev/zero", "dev/zero", 5 },
		{ "/dev/full", "dev/full", 7 },	      { "/dev/random", "dev/random", 8 },
		{ "/dev/urandom", "dev/urandom", 9 }, { "/dev/tty", "dev/tty", 0 },
	};

	MUST(mkdir("dev", 0755));
	MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755"));
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (can_mknod) {
			MUST(mknod(nodes[i].to, S_IFCHR | 0666,
				   makedev(nodes[i].minor ? 1 : 5, nodes[i].minor)));
			continue;
		}
		MUST(mknod(nodes[i].to, S_IFREG | 0666, 0));
		MUST(mount(nodes[i].from, nodes[i].to, NULL, MS_BIND, NULL));
	}
	MUST(mkdir("dev/pts", 0755));
	MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "newinstance,ptmxmode=0666,mode=620"));
	MUST(symlink("pts/ptmx", "dev/ptmx"));
}

static void tree_make(int can_mknod)
{
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MUST(mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"));
	MUST(chdir("/tmp"));
	bind_readonly("/usr", "usr");
	bind_readonly("/etc", "etc");
	MUST(symlink("usr/bin", "bin"));
	MUST(symlink("usr/lib", "lib"));
	MUST(symlink("usr/lib64", "lib64"));
	MUST(mkdir("proc", 0755));
	MUST(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	tree_dev(can_mknod);
	MUST(mkdir("tmp", 01777));
	MUST(mount("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"));
	MUST(syscall(SYS_pivot_root, ".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
}

static void filter_load(void)
{
	struct sock_fprog prog = { (unsigned short)seccomp_filters[0].count,
				   (struct sock_filter *)seccomp_filters[0].v };

	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
}

/* Shares memory with init, as vfork(2) does: it may only make calls and exec */
static void payload(char **argv)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { 0 };

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			break;
	MUST(syscall(SYS_capset, &head, none));
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	filter_load();
	execvp(argv[0], argv);
	must(0, argv[0]);
}

static int status_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void inside(char **argv, unsigned int uid, unsigned int gid)
{
	pid_t child, pid;
	int status;

	MUST(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
	umask(0);
	if (uid)
		user_map(uid, gid);
	lo_up();
	tree_make(!uid);
	if (!uid) {
		MUST(unshare(CLONE_NEWUSER));
		user_map(uid, gid);
	}
	child = vfork();
	if (!child)
		payload(argv);
	MUST(child);
	while ((pid = waitpid(-1, &status, 0)) != child)
		MUST(pid);
	_exit(status_code(status));
}

static int run_one(char **argv, unsigned int uid, unsigned int gid)
{
	unsigned long flags = NAMESPACES | SIGCHLD | (uid ? CLONE_NEWUSER : 0);
	pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	int status;

	if (!child)
		inside(argv, uid, gid);
	MUST(child);
	MUST(waitpid(child, &status, 0));
	return status_code(status);
}

/* As many processes as there are slots, each with its share of the boxes, one after the
 * other */
static int run_many(long count, long processes, char **argv)
{
	int code = 0, status;

	for (long p = 0; p < processes; p++) {
		pid_t pid = fork();

		MUST(pid);
		if (pid)
			continue;
		for (long i = p; i < count; i += processes)
			code |= run_one(argv, geteuid(), getegid());
		_exit(code);
	}
	for (long p = 0; p < processes; p++) {
		MUST(wait(&status));
		code |= status_code(status);
	}
	return code;
}

int main(int argc, char **argv)
{
	if (argc > 5 && !strcmp(argv[1], "-n") && !strcmp(argv[3], "-j"))
		return run_many(strtol(argv[2], NULL, 10), strtol(argv[4], NULL, 10),
				argv + 5);
	if (argc < 2) {
		dprintf(2, "usage: floor [-n COUNT -j N] COMMAND [ARGUMENT...]\n");
		return 2;
	}
	return run_one(argv + 1, geteuid(), getegid());
}
