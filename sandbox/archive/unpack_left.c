// SPDX-License-Identifier: GPL-3.0-or-later
/* unpack_left.c - what a killed copy left beside its place is cleared by the next one
 *
 * What is made under such a name is locked (flock(2)) until it has its own; the kernel
 * lets go however its maker ends. So one that can be locked was left. Its maker may come
 * too late for that, and makes another then. Links and fifos cannot be locked: they have
 * such a name for three calls, and are left alone.
 *
 * A name says nothing of who gave it: where others may write, one could give it to
 * what is ours. So only a directory is swept that is ours, and in which nobody else may
 * rename; and of directories in it those alone that are still as they were made.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "archive/unpack_inner.h"
#include "base/cleanup.h"
#include "changes/remove.h"

#define MOST (1 << 20) /* a box may make names as fast as they are read */

bool unpack_hold(int fd)
{
	struct stat st;

	/* Where there are no locks nobody clears */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno != EWOULDBLOCK;
	return !fstat(fd, &st) && st.st_nlink;
}

static bool is_beside(const char *name)
{
	size_t head = strlen(BESIDE);

	return !strncmp(name, BESIDE, head) && strlen(name) == head + 16 &&
	       strspn(name + head, "0123456789abcdef") == 16;
}

/* Whether it is as unpack_make.c makes it, before it has its own mode */
static bool is_made(const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return (st->st_mode & 0777) == 0700;
	return S_ISREG(st->st_mode) && st->st_nlink == 1;
}

static void clear(int dir, const char *name)
{
	auto_fd fd = openat(dir, name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st, now;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || !is_made(&st) ||
	    flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	if (!fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) && now.st_ino == st.st_ino &&
	    now.st_dev == st.st_dev)
		(void)remove_made(dir, name, MOST);
}

void unpack_sweep(int dir)
{
	struct stat st;
	int fd = fstat(dir, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022)
			 ? -1
			 : openat(dir, ".", OPEN_DIR);
	auto_dir d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;

	if (fd >= 0 && !d)
		close(fd);
	for (int n = 0; d && n < MOST && (de = readdir(d)); n++)
		if (is_beside(de->d_name))
			clear(dir, de->d_name);
}
