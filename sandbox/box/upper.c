// SPDX-License-Identifier: GPL-3.0-or-later
/* upper.c - the directory on disk that holds a box's changes where a tmpfs cannot
 *
 * Before Linux 6.6 an ordinary user's overlay cannot have its upper on a tmpfs. What lies
 * here outlives a killed keeper, so the record names it first and whoever finds the
 * record without its keeper removes it.
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
#include "changes/remove.h"
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

int upper_remove(const char *path)
{
	auto_fd top = *path ? openat(AT_FDCWD, path,
				     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) :
			      -1;

	if (top < 0)
		return !*path || errno == ENOENT ? 0 : -1;
	(void)remove_below(top);
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
