// SPDX-License-Identifier: GPL-3.0-or-later
/* mount.c - checks FS-02 and FS-05 to FS-09: mounts cannot be made, loosened or taken
 * away */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* <sys/mount.h> of some C libraries cannot stand beside <linux/mount.h> */
static long do_mount(const char *from, const char *to, const char *type,
		     unsigned long flags)
{
	return syscall(SYS_mount, from, to, type, flags, NULL);
}

static long do_umount(const char *path, int flags)
{
	return syscall(SYS_umount2, path, flags);
}

#define DETACH 2 /* MNT_DETACH */

/* What is left of the host's root, and whether ours can be taken off */
static void old_root(const struct probe *p)
{
	static const char *const names[] = {
		"/.old",    "/.oldroot",    "/oldroot", "/old_root",
		"/newroot", "/.pivot_root", "/put_old",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		say(p, names[i], access(names[i], F_OK));
	say(p, "umount", do_umount("/", DETACH));
}

/* For controls: @path becomes a read-only bind of itself, made by us */
static void own_bind(const struct probe *p, const char *path)
{
	if (do_mount(path, path, NULL, MS_BIND) < 0 ||
	    do_mount(NULL, path, NULL,
		     MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV) < 0)
		probe_die(p, "cannot bind '%s'", path);
}

/* A read-only bind made writable; with `own` one that we made */
static void remount(const struct probe *p)
{
	const char *path = probe_arg(p, 0, "/ro");
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	if (p->argc > 1)
		own_bind(p, path);
	say(p, "writable",
	    do_mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV));
	say(p, "suid", do_mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY));
	say(p, "setattr",
	    syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &attr, sizeof(attr)));
	say(p, "private", do_mount(NULL, path, NULL, MS_SHARED));
}

/* Each path taken off, both ways; with a first argument `own` after binding something
 * there */
static void take_off(const struct probe *p)
{
	bool own = !strcmp(probe_arg(p, 0, ""), "own");

	for (int i = own; i < p->argc; i++) {
		if (own)
			own_bind(p, p->argv[i]);
		say(p, p->argv[i], do_umount(p->argv[i], 0));
		if (own)
			own_bind(p, p->argv[i]);
		say(p, "detach", do_umount(p->argv[i], DETACH));
	}
}

/* A cgroup tree could run programs on the host (release_agent) or free us of limits */
static void write_cgroup(const struct probe *p, const char *dir, const char *kind)
{
	static const char *const names[] = { "release_agent", "notify_on_release",
					     "cgroup.procs", "memory.limit_in_bytes" };
	char path[512], part[64];
	int fd, code = EACCES;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 || (errno != EACCES && errno != EPERM && errno != ENOENT))
			code = fd >= 0 ? 0 : errno;
		if (fd >= 0)
			close(fd);
	}
	snprintf(part, sizeof(part), "%s-write", kind);
	say_errno(p, part, code);
	snprintf(path, sizeof(path), "%s/probe", dir);
	snprintf(part, sizeof(part), "%s-mkdir", kind);
	say(p, part, mkdir(path, 0700));
	rmdir(path);
}

static void mount_all(const struct probe *p)
{
	static const struct {
		const char *type, *options;
	} kinds[] = {
		{ "proc", NULL },	{ "sysfs", NULL },   { "cgroup2", NULL },
		{ "cgroup", "memory" }, { "debugfs", NULL }, { "tracefs", NULL },
		{ "securityfs", NULL }, { "bpf", NULL },     { "devtmpfs", NULL },
		{ "configfs", NULL },
	};
	const char *dir = probe_arg(p, 0, "/tmp");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		long ret = syscall(SYS_mount, "none", dir, kinds[i].type, 0UL,
				   kinds[i].options);

		say(p, kinds[i].type, ret);
		if (!ret && !strncmp(kinds[i].type, "cgroup", 6))
			write_cgroup(p, dir, kinds[i].type);
		if (!ret)
			do_umount(dir, DETACH);
	}
}

/* Fresh kernel file systems, from every namespace that could give leave to mount them */
static void fresh(const struct probe *p)
{
	int flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
		    CLONE_NEWCGROUP;

	if (!strcmp(probe_arg(p, 1, ""), "plain")) {
		mount_all(p);
		return;
	}
	say(p, "unshare", unshare(flags));
	probe_in_child(p, mount_all);
}

/* The mount calls since Linux 5.2, with arguments that are right */
static void new_calls(const struct probe *p)
{
	const char *dir = probe_arg(p, 0, "/tmp");
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int fs, mnt, tree;

	fs = (int)syscall(SYS_fsopen, "tmpfs", 0);
	say(p, "fsopen", fs);
	if (fs >= 0)
		syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	/* Where there is no context, any descriptor: refused before it is looked at */
	mnt = (int)syscall(SYS_fsmount, fs >= 0 ? fs : 0, 0, 0);
	say(p, "fsmount", mnt);
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, dir, OPEN_TREE_CLONE);
	say(p, "open_tree", tree);
	say(p, "move_mount",
	    syscall(SYS_move_mount, tree >= 0 ? tree : AT_FDCWD, tree >= 0 ? "" : "/",
		    AT_FDCWD, dir, tree >= 0 ? MOVE_MOUNT_F_EMPTY_PATH : 0));
	say(p, "mount_setattr",
	    syscall(SYS_mount_setattr, AT_FDCWD, dir, 0, &attr, sizeof(attr)));
	say(p, "fspick", syscall(SYS_fspick, AT_FDCWD, dir, 0));
	do_umount(dir, DETACH);
}

/* Which file system a path lies on: proc, tmpfs, or its magic number */
static void kind_of(const struct probe *p)
{
	struct statfs st;

	for (int i = 0; i < p->argc; i++) {
		if (statfs(p->argv[i], &st) < 0)
			say(p, p->argv[i], -1);
		else if (st.f_type == 0x9fa0)
			say_text(p, p->argv[i], "proc");
		else if (st.f_type == 0x01021994)
			say_text(p, p->argv[i], "tmpfs");
		else
			say_text(p, p->argv[i], "%lx", (unsigned long)st.f_type);
	}
}

/* Whether masked things can be opened for writing; `null` is the null device, where
 * what is written goes nowhere. Nothing is written. */
static void write_masked(const struct probe *p)
{
	struct stat st;

	for (int i = 0; i < p->argc; i++) {
		int fd = open(p->argv[i], O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0600);

		if (fd >= 0 && !fstat(fd, &st) && S_ISCHR(st.st_mode) &&
		    st.st_rdev == makedev(1, 3))
			say_text(p, p->argv[i], "null");
		else
			say(p, p->argv[i], fd);
		if (fd >= 0)
			close(fd);
	}
}

/* What standard input and /dev/tty are: a Unix98 pty, or something else */
static void terminal(const struct probe *p)
{
	static const char *const names[] = { "stdin", "tty" };
	struct stat st;

	for (int i = 0; i < 2; i++) {
		int fd = i ? open("/dev/tty", O_RDWR | O_NOCTTY) : 0;

		if (fd < 0 || fstat(fd, &st) < 0)
			say(p, names[i], -1);
		else if (i) /* the controlling terminal: what it is its number says */
			say_text(p, names[i], "%s", isatty(fd) ? "pts" : "other");
		else
			say_text(p, names[i], "%s",
				 S_ISCHR(st.st_mode) && major(st.st_rdev) >= 136 &&
						 major(st.st_rdev) < 144
					 ? "pts"
					 : "other");
	}
}

/* Not a try: exchanges two names for ever, so that others meet now one and now the
 * other */
static void swap(const struct probe *p)
{
	const char *a = probe_arg(p, 0, NULL), *b = probe_arg(p, 1, NULL);

	if (!b)
		probe_die(p, "two names");
	/* Without a pause nobody who walks by ".." would ever finish: the kernel lets
	 * them start over after each rename */
	while (!renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE))
		usleep(20);
	probe_die(p, "cannot exchange '%s' and '%s'", a, b);
}

const struct check mount_checks[] = {
	{ "FS-02", old_root, NULL },
	{ "FS-05", remount, "DIR [own]" },
	{ "FS-06", take_off, "[own] PATH..." },
	{ "FS-07", fresh, "[DIR [plain]]" },
	{ "FS-08", new_calls, "[DIR]" },
	{ "FS-12", kind_of, "PATH..." },
	{ "FS-14", write_masked, "PATH..." },
	{ "FS-15", terminal, NULL },
	{ "swap", swap, "NAME NAME" },
	{ 0 },
};
