// SPDX-License-Identifier: GPL-3.0-or-later
/* remove.c - remove trees that others made, of any depth, without following a link
 *
 * Files go; a directory that is not empty moves up to the top first. So two descriptors
 * are enough, however deep the tree is, and no path is ever built.
 */
#include "changes/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The first name in a directory besides . and ..; false when it is empty or unreadable */
static bool first_name(int dir, char *name, size_t size)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = copy < 0 ? NULL : fdopendir(copy);

	for (const struct dirent *de; d && (de = readdir(d));) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		snprintf(name, size, "%s", de->d_name);
		return true;
	}
	if (!d && copy >= 0)
		close(copy);
	return false;
}

/** struct removal - @top: what is removed; @number: of the next that moves up to it;
 * @left: how many names may still be met */
struct removal {
	int top;
	unsigned int number;
	size_t left;
};

/* The next name of @dir, which may be met. Return: 1; 0 = it is empty; -1 and errno */
static int next_name(struct removal *r, int dir, char *name, size_t size)
{
	if (!first_name(dir, name, size))
		return 0;
	if (r->left) {
		r->left--;
		return 1;
	}
	errno = EBUSY;
	return -1;
}

/* An overlay's work directory has no permission at all (mode 0) */
static int open_dir(int at, const char *name)
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, how);

	if (fd < 0 && errno == EACCES && !fchmodat(at, name, 0700, AT_SYMLINK_NOFOLLOW))
		fd = openat(at, name, how);
	if (fd >= 0)
		(void)fchmod(fd, 0700);
	return fd;
}

/* From @dir up to the top, unless the next name there is taken. Return: 0, -1, errno */
static int move_up(struct removal *r, int dir, const char *name)
{
	char moved[32];

	snprintf(moved, sizeof(moved), "nook.%u", r->number++);
	if (faccessat(r->top, moved, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (renameat(dir, name, r->top, moved) == 0)
		return 0;
	/* The kernel wants to write "..", so the directory must be writable */
	return fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW) < 0
		       ? -1
		       : renameat(dir, name, r->top, moved);
}

/* Everything out of @name, which lies in the top: files go, directories move up */
static int flatten(struct removal *r, const char *name)
{
	auto_fd dir = open_dir(r->top, name);
	char entry[256];
	int more;

	if (dir < 0)
		return -1;
	while ((more = next_name(r, dir, entry, sizeof(entry))) > 0)
		if (unlinkat(dir, entry, 0) < 0 &&
		    unlinkat(dir, entry, AT_REMOVEDIR) < 0 && move_up(r, dir, entry) < 0)
			return -1;
	return more < 0 ? -1 : unlinkat(r->top, name, AT_REMOVEDIR);
}

static int remove_all(int top, size_t most)
{
	struct removal r = { .top = top, .left = most };
	char name[256];
	int more;

	while ((more = next_name(&r, top, name, sizeof(name))) > 0)
		if (unlinkat(top, name, 0) < 0 && flatten(&r, name) < 0)
			return -1;
	return more;
}

int remove_below(int top)
{
	return remove_all(top, SIZE_MAX);
}

int remove_made(int dir, const char *name, size_t count)
{
	auto_fd top = -1;

	if (!unlinkat(dir, name, 0) || errno == ENOENT)
		return 0;
	top = open_dir(dir, name);
	/* a directory is met where it lies and where it was moved to, and each name may
	 * be in the way of one */
	if (top < 0 || remove_all(top, count > SIZE_MAX / 3 ? count : 3 * count) < 0)
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR);
}

int remove_name(int dir, const char *name)
{
	return remove_made(dir, name, SIZE_MAX);
}
