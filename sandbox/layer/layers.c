// SPDX-License-Identifier: GPL-3.0-or-later
/* layers.c - the ordered table of all walls, and the short loops that walk it */
#include <string.h>

#include "base/err.h"
#include "host/host.h"
#include "layer/layer.h"

extern const struct layer layer_user_make, layer_user_enter, layer_cgroup, layer_pid;
extern const struct layer layer_uts, layer_ipc, layer_time, layer_net, layer_net_link;
extern const struct layer layer_session, layer_rlimit, layer_caps, layer_env,
	layer_landlock, layer_seccomp;
extern const struct layer layer_root_make, layer_mount, layer_root_switch, layer_keeper;

/*
 * Table order is the order of application on every side; undo walks it backwards.
 * The payload's last walls follow the order of credentials(7).
 */
static const struct layer *const table[] = {
	/* no wall: what the process outside watches; it is there first */
	&layer_keeper,
	&layer_user_make, /* first rootless: every later wall needs its capabilities */
	&layer_cgroup,	  /* before the payload can allocate anything */
	&layer_pid,	  /* before proc is mounted, which shows this namespace */
	&layer_uts,	  /* these four do not depend on each other */
	&layer_ipc,
	&layer_time, /* its offsets must be written before a process enters it */
	&layer_net,  /* before sysfs is mounted, which shows its links */
	&layer_root_make,   /* the mounts need a root to be mounted in */
	&layer_mount,	    /* while the host's tree is still there to take from */
	&layer_root_switch, /* the host's tree is gone from here on */
	&layer_net_link,    /* the keeper wires it while the tree is built */
	&layer_rlimit, /* root: raising a hard limit needs the host's rights */
	&layer_session,	   /* after the root: the terminal comes from the box's devpts */
	&layer_user_enter, /* root: after the last step that needs the host's rights */
	&layer_caps,	   /* behind the change of ids, which needs them */
	/* with the payload's rights, before its calls can be refused */
	&layer_env,
	/* its rules are opened by path: behind the last change of the root */
	&layer_landlock,
	&layer_seccomp,	   /* last: the filter refuses calls that the others need */
	NULL,
};

const struct layer *const *layers(void)
{
	return table;
}

const struct layer *layer_find(const char *name)
{
	for (const struct layer *const *l = table; *l; l++)
		if (!strcmp((*l)->name, name))
			return *l;
	return NULL;
}

int layers_plan(const struct profile *pf, struct host *h, struct plan *pl, struct err *e)
{
	pl->profile = plan_put(pl, pf->name);
	pl->profile_path = plan_put(pl, pf->path);
	pl->description = plan_put(pl, pf->description);
	for (const struct layer *const *l = table; *l; l++) {
		if (!(*l)->plan || !(*l)->plan(pf, h, pl, e))
			continue;
		/* a layer that misses something may not have been told of it */
		return host_check(h, e) < 0 ? -1 : err_wrap(e, "%s: ", (*l)->name);
	}
	if (host_check(h, e) < 0)
		return -1;
	if (plan_is_full(pl))
		return err_set(e, "the plan of profile '%s' is larger than %u bytes",
			       pf->name, PLAN_MOST);
	return 0;
}

static bool needs_host(const struct layer *l, const struct plan *pl)
{
	return l->needs_host && l->needs_host(pl);
}

int layers_apply(enum side side, const struct plan *pl, struct site *s, struct err *e)
{
	for (const struct layer *const *l = table; *l; l++) {
		if (side == SIDE_BOX && s->await_host && needs_host(*l, pl)) {
			s->await_host(s);
			s->await_host = NULL;
		}
		if ((*l)->apply[side] && (*l)->apply[side](pl, s, e) < 0)
			return err_wrap(e, "%s: ", (*l)->name);
	}
	return 0;
}

bool layers_need_host(const struct plan *pl)
{
	for (const struct layer *const *l = table; *l; l++)
		if (needs_host(*l, pl))
			return true;
	return false;
}

bool layers_need_maps(const struct plan *pl)
{
	return needs_host(&layer_user_make, pl);
}

void layers_undo(const struct record *rec)
{
	size_t n = sizeof(table) / sizeof(table[0]) - 1;

	while (n--)
		if (table[n]->undo)
			table[n]->undo(rec);
}
