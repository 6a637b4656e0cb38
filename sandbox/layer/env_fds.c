// SPDX-License-Identifier: GPL-3.0-or-later
/* env_fds.c - which descriptors the payload gets: 0 to 2, what is asked for */
#include "layer/env_fds.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "layer/layer.h"

int fds_check(const struct site *s, struct err *e)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &st) < 0)
			return err_sys(e, "descriptor %d is not open", fd);
		if (S_ISDIR(st.st_mode))
			return err_set(
				e, "descriptor %d is a directory: a way out of the box",
				fd);
	}
	for (int fd = 3; fd < 3 + s->preserve; fd++) {
		if (fstat(fd, &st) < 0)
			return err_sys(e, "descriptor %d is to be preserved and not open",
				       fd);
		if (S_ISDIR(st.st_mode))
			return err_set(
				e,
				"descriptor %d is to be preserved and a directory: a "
				"way out of the box",
				fd);
		if (fcntl(fd, F_SETFD, 0) < 0)
			return err_sys(e, "cannot preserve descriptor %d", fd);
	}
	return 0;
}

/* struct linux_dirent64 of getdents64(2): opendir(3) would allocate */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

/* The number that a name in /proc/self/fd is, or -1 */
static int number(const char *name)
{
	int n = 0;

	if (!*name)
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9' || n > INT_MAX / 10 - 1)
			return -1;
		n = n * 10 + (*name - '0');
	}
	return n;
}

/* One walk of the directory. Return: how many were closed, or -1 with errno */
static int walk_once(int dir, int first, int keep)
{
	char buf[4096] __attribute__((aligned(8)));
	int closed = 0;
	long len;

	while ((len = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < len;) {
			const struct entry *d = (const struct entry *)(buf + at);
			int fd = number(d->name);

			at += d->len;
			if (fd >= first && fd != keep && fd != dir && close(fd) == 0)
				closed++;
		}
	}
	return len < 0 ? -1 : closed;
}

static int open_fd_dir(const struct site *s)
{
	/* "self" in a proc of this pid namespace; a tree may show a false /proc */
	auto_fd dir = s->old_proc_fd >= 0
			      ? openat(s->old_proc_fd, "self/fd", O_RDONLY | O_DIRECTORY)
			      : open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	struct statfs fs;

	if (dir < 0 || fstatfs(dir, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return -1;
	return fd_take(&dir);
}

/* Closing changes the directory while it is read: walked again until nothing is left */
static int close_by_walk(const struct site *s, int first, struct err *e)
{
	auto_fd dir = open_fd_dir(s);
	int closed = 1;

	if (dir < 0) {
		err_set(e, "cannot close descriptors: no close_range, and no /proc to "
			   "find them");
		return err_hint(
			e,
			"close_range came with Linux 5.9; a filter outside may hide it");
	}
	while (closed > 0) {
		closed = walk_once(dir, first, s->keep_fd);
		if (closed < 0 || lseek(dir, 0, SEEK_SET) < 0)
			return err_sys(e, "cannot read '/proc/self/fd'");
	}
	return 0;
}

int fds_close(const struct site *s, struct err *e)
{
	unsigned int first = 3 + (unsigned int)s->preserve;
	unsigned int keep =
		s->keep_fd < (int)first ? first - 1 : (unsigned int)s->keep_fd;

	if ((keep <= first || sys_close_range(first, keep - 1, 0) == 0) &&
	    sys_close_range(keep + 1, ~0u, 0) == 0)
		return 0;
	return close_by_walk(s, (int)first, e);
}
