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

/* Everything out of @name, which lies in @top: files go, directories move up to @top */
static int flatten(int top, const char *name, unsigned int *number)
{
	char entry[256], moved[32];
	auto_fd dir = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* An overlay's work directory has no permission at all (mode 0) */
	if (dir < 0 && errno == EACCES && fchmodat(top, name, 0700, 0) == 0)
		dir = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return -1;
	(void)fchmod(dir, 0700);
	while (first_name(dir, entry, sizeof(entry))) {
		if (unlinkat(dir, entry, 0) == 0)
			continue;
		if (unlinkat(dir, entry, AT_REMOVEDIR) == 0)
			continue;
		do {
			snprintf(moved, sizeof(moved), "nook.%u", (*number)++);
		} while (faccessat(top, moved, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
		/* The kernel wants to write "..", so the directory must be writable */
		if (renameat(dir, entry, top, moved) < 0 &&
		    (fchmodat(dir, entry, 0700, 0) < 0 ||
		     renameat(dir, entry, top, moved) < 0))
			return -1;
	}
	return unlinkat(top, name, AT_REMOVEDIR);
}

int remove_below(int top)
{
	unsigned int number = 0;
	char name[256];

	while (first_name(top, name, sizeof(name)))
		if (unlinkat(top, name, 0) < 0 && flatten(top, name, &number) < 0)
			return -1;
	return 0;
}

int remove_name(int dir, const char *name)
{
	auto_fd top = -1;

	if (!unlinkat(dir, name, 0) || errno == ENOENT)
		return 0;
	top = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0 && errno == EACCES && !fchmodat(dir, name, 0700, 0))
		top = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0)
		return -1;
	(void)fchmod(top, 0700);
	return remove_below(top) < 0 ? -1 : unlinkat(dir, name, AT_REMOVEDIR);
}
