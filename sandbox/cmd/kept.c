// SPDX-License-Identifier: GPL-3.0-or-later
/* kept.c - the changes that a box at rest has kept, as commands find them */
#include "cmd/kept.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/resting.h"

static int open_changes(struct kept *k, bool change, struct err *e)
{
	int r;

	if (change && rest_lock(&k->rest, e) < 0)
		return -1;
	k->dir = rest_subdir(&k->rest, "changes", e);
	if (k->dir < 0)
		return -1;
	r = manifest_read(k->dir, &k->m, e);
	if (r > 0)
		close(fd_take(&k->dir));
	return r < 0 ? -1 : 0;
}

int kept_open(struct kept *k, const char *name, bool change, struct err *e)
{
	*k = (struct kept){ .area = { .dir = -1 }, .dir = -1 };
	if (resting_open(&k->area, false, e) < 0)
		return -1;
	if (rest_find(&k->area, name, &k->rest, e) < 0) {
		rest_area_close(&k->area);
		return -1;
	}
	if (open_changes(k, change, e) == 0)
		return 0;
	kept_release(k);
	return -1;
}

void kept_release(struct kept *k)
{
	manifest_release(&k->m);
	if (k->dir >= 0)
		close(fd_take(&k->dir));
	rest_close(&k->rest);
	rest_area_close(&k->area);
}
