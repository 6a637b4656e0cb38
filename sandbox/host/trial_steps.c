// SPDX-License-Identifier: GPL-3.0-or-later
/* trial_steps.c - the steps of trials that make namespaces, mounts and id maps
 *
 * All of this runs in the child of a trial. It may change its own namespaces and whatever
 * lies in them; it must not write to the host's files other than below trial.dir.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "host/trial.h"

/* Where a trial mounts things, in a mount namespace of its own */
static const char *const places[] = { "/tmp", "/mnt", "/run", "/dev", "/usr" };

int trial_userns(struct trial *t)
{
	(void)t;
	return unshare(CLONE_NEWUSER);
}

/* The single map that every rootless box without subordinate ids has
 * (user_namespaces(7)) */
int trial_map(struct trial *t)
{
	char line[64];

	if (file_write(AT_FDCWD, "/proc/self/setgroups", "deny") && errno != ENOENT)
		return -1;
	snprintf(line, sizeof(line), "%u %u 1", t->uid, t->uid);
	if (file_write(AT_FDCWD, "/proc/self/uid_map", line))
		return -1;
	snprintf(line, sizeof(line), "%u %u 1", t->gid, t->gid);
	return file_write(AT_FDCWD, "/proc/self/gid_map", line);
}

int trial_namespaces(struct trial *t)
{
	(void)t;
	return unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |
		       CLONE_NEWPID | CLONE_NEWCGROUP);
}

static const char *place(void)
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!stat(places[i], &st) && S_ISDIR(st.st_mode))
			return places[i];
	return "/";
}

/* The first mount that every box makes; the propagation first, so that it stays here */
int trial_mount(struct trial *t)
{
	(void)t;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	return mount("nook", place(), "tmpfs", MS_NOSUID | MS_NODEV,
		     "size=64k,mode=0755");
}

int trial_loopback(struct trial *t)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	auto_fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)t;
	return fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &lo);
}

int trial_enter(struct trial *t)
{
	if (!t->root && (trial_userns(t) || trial_map(t)))
		return -1;
	if (unshare(CLONE_NEWNS | CLONE_NEWPID))
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int mount_proc(struct trial *t)
{
	(void)t;
	return mount("proc", place(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* A proc shows the pid namespace of who mounts it: its first process has to */
int trial_proc(struct trial *t)
{
	return trial_fork(t, mount_proc);
}

int trial_devpts(struct trial *t)
{
	(void)t;
	return mount("devpts", place(), "devpts", MS_NOSUID | MS_NOEXEC,
		     "newinstance,ptmxmode=0666,mode=0620");
}

/*
 * What an overlay must be able to do besides being mounted: remove a directory of the
 * lower tree and make it anew, which needs extended attributes on the upper one
 * (overlayfs in the kernel's documentation, "whiteouts and opaque directories").
 */
static int use_overlay(void)
{
	auto_fd file = -1;

	if (unlink("m/d/f") || rmdir("m/d") || mkdir("m/d", 0755))
		return -1;
	file = open("m/d/g", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	return file < 0 ? -1 : 0;
}

/* In an empty directory, which is the current one */
static int try_overlay(struct trial *t)
{
	static const char *const dirs[] = { "l", "l/d", "u", "w", "m" };
	auto_fd file = -1;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755))
			return -1;
	file = open("l/d/f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (file < 0)
		return -1;
	if (mount("overlay", "m", "overlay", MS_NOSUID | MS_NODEV,
		  t->root ? "lowerdir=l,upperdir=u,workdir=w"
			  : "lowerdir=l,upperdir=u,workdir=w,userxattr"))
		return -1;
	return use_overlay();
}

int trial_overlay_tmpfs(struct trial *t)
{
	const char *at = place();

	if (mount("nook", at, "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=0755") ||
	    chdir(at))
		return -1;
	return try_overlay(t);
}

int trial_overlay_dir(struct trial *t)
{
	return chdir(t->dir) ? -1 : try_overlay(t);
}

/* A child that stands in a new user namespace until it is killed. Return: pid, or -1 */
static pid_t userns_child(void)
{
	int ready[2];
	char byte = 0;
	ssize_t n;
	pid_t pid, self = getpid();

	if (pipe2(ready, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		if (child_die_with(self) < 0 || unshare(CLONE_NEWUSER))
			byte = (char)errno;
		if (write(ready[1], &byte, 1) != 1 || byte)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	n = pid < 0 ? 0 : read(ready[0], &byte, 1);
	close(ready[0]);
	if (n == 1 && !byte)
		return pid;
	errno = n == 1 ? (unsigned char)byte : ESRCH;
	return -1;
}

static void end_child(pid_t pid)
{
	int saved = errno;

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	errno = saved;
}

static int idmap_root(pid_t child)
{
	struct sys_mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	auto_fd ns = -1, tree = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
	if (file_write(AT_FDCWD, path, "0 100000 65536"))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", child);
	if (file_write(AT_FDCWD, path, "0 100000 65536"))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", child);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	tree = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (ns < 0 || tree < 0)
		return -1;
	attr.userns_fd = (uint64_t)ns;
	return sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr);
}

/* Real root's binds (decisions.md 1); the clone is never attached anywhere */
int trial_idmap(struct trial *t)
{
	pid_t child = userns_child();
	int res;

	(void)t;
	if (child < 0)
		return -1;
	res = idmap_root(child);
	end_child(child);
	return res;
}

/* Runs a helper with its output thrown away. Return: 0, or -1 with errno */
static int helper_run(const char *path, const char *pid, const char *own,
		      const char *first)
{
	const char *argv[] = { path, pid, "0", own, "1", "1", first, "65535", NULL };
	pid_t child = fork();
	int status;

	if (child < 0)
		return -1;
	if (!child) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execv(path, (char *const *)argv);
		_exit(127);
	}
	if (waitpid(child, &status, 0) < 0)
		return -1;
	errno = EPERM;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static int map_with_helper(struct trial *t, pid_t child, bool group)
{
	const struct host_range *range;
	const char *path = host_program(t->h, group ? "newgidmap" : "newuidmap");
	char pid[16], own[16], first[16];

	errno = ENOENT;
	if (!path || !host_subids(t->h, group, &range))
		return -1;
	snprintf(pid, sizeof(pid), "%d", child);
	snprintf(own, sizeof(own), "%u", group ? t->gid : t->uid);
	snprintf(first, sizeof(first), "%u", range[0].first);
	return helper_run(path, pid, own, first);
}

/* A range map as a box gets it: the helpers are called by the namespace's parent */
int trial_subids(struct trial *t)
{
	pid_t child = userns_child();
	int res;

	if (child < 0)
		return -1;
	res = map_with_helper(t, child, false) || map_with_helper(t, child, true) ? -1
										  : 0;
	end_child(child);
	return res;
}
