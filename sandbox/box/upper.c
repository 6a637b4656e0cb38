// SPDX-License-Identifier: GPL-3.0-or-later
/* upper.c - the directory on disk that holds a box's changes where a tmpfs cannot
 *
 * Before Linux 6.6 an ordinary user's overlay cannot have its upper on a tmpfs
 * (decisions.md 2). What lies here outlives a killed keeper, so the record names it first
 * and whoever finds the record without its keeper removes it.
 */
#include "box/upper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/helper.h"
#include "box/store.h"
#include "plan.h"

/* mkdir -p, for its owner alone */
static int make_path(const char *path)
{
	char part[256];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -1;
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

static int open_area(const char *area, struct err *e)
{
	struct stat st;
	auto_fd dir = -1;

	if (make_path(area) < 0)
		return err_sys(e, "cannot make the directory of changes '%s'", area);
	dir = openat(AT_FDCWD, area, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0)
		return err_sys(e, "cannot open the directory of changes '%s'", area);
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return err_set(
			e, "'%s' may be written by others: changes are not kept there",
			area);
	return fd_take(&dir);
}

int upper_make(const struct plan *pl, struct store *st, struct err *e)
{
	const char *area = plan_text(pl, pl->tree.upper_dir);
	struct record *rec = &st->rec;
	auto_fd dir = -1;
	int fd, n;

	if (!pl->tree.upper_dir)
		return -1;
	/* First what needs no record: where it cannot be had there is nothing to undo */
	dir = open_area(area, e);
	if (dir < 0)
		return -1;
	n = snprintf(rec->upper, sizeof(rec->upper), "%s/%s", area, rec->id);
	if (n < 0 || (size_t)n >= sizeof(rec->upper)) {
		rec->upper[0] = '\0';
		return err_set(e, "the path '%s' is too long for a directory of changes",
			       area);
	}
	if (store_update(st, e) < 0)
		return -1;
	if (mkdirat(dir, rec->id, 0700) < 0) {
		err_sys(e, "cannot make '%s'", rec->upper);
		rec->upper[0] = '\0';
		return -1;
	}
	fd = openat(dir, rec->id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "cannot open '%s'", rec->upper) : fd;
}

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

int upper_remove(const char *path)
{
	unsigned int number = 0;
	char name[256];
	auto_fd top = *path ? openat(AT_FDCWD, path,
				     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) :
			      -1;

	if (top < 0)
		return !*path || errno == ENOENT ? 0 : -1;
	while (first_name(top, name, sizeof(name)))
		if (unlinkat(top, name, 0) < 0 && flatten(top, name, &number) < 0)
			break;
	return rmdir(path) < 0 && errno != ENOENT ? -1 : 0;
}

int upper_clear(const char *path, const struct plan *pl)
{
	if (!upper_remove(path))
		return 0;
	if (!pl || pl->user.order != USER_FIRST || pl->user.writer != MAP_BY_HELPERS)
		return -1;
	/* its parent is the caller's own, who is in the map too */
	return helper_in_map(pl, upper_remove, path, NULL);
}
