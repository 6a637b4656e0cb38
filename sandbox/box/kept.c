// SPDX-License-Identifier: GPL-3.0-or-later
/* kept.c - the directory of changes of a box whose changes are kept */
#include "box/kept.h"

#include <string.h>

#include "base/err.h"
#include "changes/manifest.h"
#include "plan.h"

static int take_map(const struct plan *pl, const struct plan_list *map,
		    struct manifest_ids *ids, struct err *e)
{
	for (const struct plan_map *m = NULL; (m = plan_each(pl, map, m));) {
		if (ids->count == MANIFEST_LINES)
			return err_set(e, "an id map of more than %d lines",
				       MANIFEST_LINES);
		ids->line[ids->count++] =
			(struct manifest_map){ m->inside, m->outside, m->count };
	}
	return 0;
}

static int add_trees(const struct plan *pl, struct manifest *m, struct err *e)
{
	if (pl->tree.overlay && manifest_add(m, "/", plan_text(pl, pl->tree.path),
					     pl->tree.idmap & PM_IDMAP, e) < 0)
		return -1;
	for (const struct plan_mount *s = NULL; (s = plan_each(pl, &pl->tree.mounts, s));)
		if (s->op == MOP_OVERLAY &&
		    manifest_add(m, plan_text(pl, s->target), plan_text(pl, s->source),
				 s->flags & PM_IDMAP, e) < 0)
			return -1;
	return 0;
}

static bool same_ids(const struct manifest_ids *a, const struct manifest_ids *b)
{
	return a->count == b->count &&
	       !memcmp(a->line, b->line, a->count * sizeof(*a->line));
}

static int begin(const struct plan *pl, int dir, struct manifest *m, struct err *e)
{
	struct manifest now = { .userxattr = pl->tree.userxattr };
	int r = manifest_read(dir, m, e);
	size_t before = m->count;

	if (r < 0)
		return -1;
	if (pl->user.order == USER_LAST &&
	    (take_map(pl, &pl->user.uid_map, &now.uids, e) < 0 ||
	     take_map(pl, &pl->user.gid_map, &now.gids, e) < 0))
		return -1;
	if (r == 0 && (m->userxattr != now.userxattr || !same_ids(&m->uids, &now.uids) ||
		       !same_ids(&m->gids, &now.gids)))
		return err_set(e, "the changes of this box were made under other ids "
				  "(user.map)");
	if (r > 0) {
		*m = now;
		if (manifest_stamp(dir, m, e) < 0)
			return -1;
	}
	if (add_trees(pl, m, e) < 0)
		return -1;
	return r > 0 || m->count > before ? manifest_write(dir, m, e) : 0;
}

int kept_begin(const struct plan *pl, int dir, struct err *e)
{
	struct manifest m = { 0 };
	int r = begin(pl, dir, &m, e);

	manifest_release(&m);
	return r;
}
