/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place.h - from the plan to a leaf: its place made ready, its limits set */
#ifndef NOOK_CGROUP_PLACE_H
#define NOOK_CGROUP_PLACE_H

#include "cgroup/cgroup.h"

/* Leaf for the processes that stood where boxes are to be made: the keeper and, in a
 * cgroup of the caller's own, who started it */
#define CGROUP_OUTSIDE "nook-outside"

/** cgroup_at_plan() - Where the leaf of the box @id will be. @scope: directory of the
 * scope that was made for it, or NULL. Return: 0, -1 and errno when a path is too long */
int cgroup_at_plan(const struct plan *pl, const char *scope, const char *id,
		   struct cgroup_at *at);
/** cgroup_prepare() - v2: switch controllers on in the cgroup that the leaf will lie in;
 * where the plan says so, move the processes that sit there to a leaf. Return: 0, -1 and
 * @e */
int cgroup_prepare(const struct plan *pl, const struct cgroup_at *at, struct err *e);
/** cgroup_open_up() - v2: let the processes of an open leaf go to a cgroup @name below
 * it, and hand its controllers on, so that others can be made in there. Return: 0, also
 * on v1, where any cgroup can have some below it; -1 and @e */
int cgroup_open_up(const struct cgroup *cg, const char *name, struct err *e);
/** cgroup_limit() - Set the plan's limits in an open leaf that is new, and for real root
 * its device rules: v1 by its files, v2 by a BPF program. Return: 0, -1 and @e */
int cgroup_limit(const struct plan *pl, const struct cgroup *cg, struct err *e);
/** cgroup_has_limit() - The plan's limit of that row, or NULL */
const struct plan_limit *cgroup_has_limit(const struct plan *pl, enum cgroup_limit which);

/**
 * scope_enter() - Have systemd make a transient scope for this process
 *
 * PLACE_USER_SCOPE asks the caller's user manager, PLACE_SYSTEM_SCOPE the system's, on
 * D-Bus: Delegate=yes, the accounting of the plan's controllers on. Returns when the
 * process is in there. The scope goes when its last process does, so no record needs to
 * name it. nook-full alone can (full/systemd.c); the light program says so.
 *
 * Return: the scope's directory on the heap, NULL and @e
 */
char *scope_enter(const struct plan *pl, struct err *e);

#endif
