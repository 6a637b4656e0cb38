// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup.c - quotas, and the view of the cgroup tree
 *
 * Theory of operation. The keeper makes the leaf and sets its limits before there is a
 * child. On v2 clone3 puts the child in there; on v1 the child goes itself, as the very
 * first thing it does, by writing 0 to the leaf's `tasks`: a thread that moves itself
 * alone need not wait until no other forks, as every other way to move a process does.
 *
 * The namespace comes later and from inside: made by clone3 it would on v1 show the
 * host's path as the box's root.
 */
#include "layer/cgroup.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "cgroup/place.h"
#include "layer/script.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

static int cgroup_plan(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e)
{
	char where[ORIGIN_SIZE];

	if (cgroup_plan_limits(pf, h, pl, e) < 0)
		return -1;
	if (pl->cgroup.kind != CGROUP_NONE && host_is_root(h))
		cgroup_plan_devices(pf, h, pl);
	if (profile_is_set(pf, FIELD_limits_enforce))
		plan_fact(pl, "cgroup", "limits.enforce",
			  origin_text(pf, FIELD_limits_enforce, where), "%s",
			  pf->limits.enforce == ENFORCE_STRICT
				  ? "strict: a limit that cannot be set is an error"
				  : "best-effort: a limit that cannot be set is listed");
	if (pf->namespaces & NS_CGROUP)
		pl->unshare_flags |= CLONE_NEWCGROUP;
	else
		plan_say(pl, "cgroup", FACT_WARNING, "namespaces",
			 "no cgroup namespace: /proc/self/cgroup shows the host's paths");
	return 0;
}

/* Must have: the record that names the leaf. Should: leave nothing undone that the box
 * could use before its limits stand */
static int cgroup_before(const struct plan *pl, struct site *s, struct err *e)
{
	if (pl->cgroup.kind == CGROUP_NONE)
		return 0;
	if (cgroup_prepare(pl, s->cgroup_at, e) < 0 ||
	    cgroup_make(s->cgroup_at, &s->cgroup, e) < 0 ||
	    cgroup_limit(pl, &s->cgroup, e) < 0)
		return -1;
	if (pl->cgroup.kind == CGROUP_V2)
		return 0;
	for (uint32_t i = 0; i < s->cgroup.count; i++) {
		s->join[i] = openat(s->cgroup.dir[i], "tasks", O_WRONLY | O_CLOEXEC);
		if (s->join[i] < 0)
			return err_sys(e, "cannot open the 'tasks' of '%s'",
				       cgroup_path(s->cgroup_at, i));
		s->join_count = i + 1;
	}
	return 0;
}

/* With CONFIG_RT_GROUP_SCHED a new cgroup of v1 has no share of real time */
static int cannot_enter(struct err *e)
{
	long why;

	err_sys(e, "cannot enter the cgroup of the box");
	why = syscall(SYS_sched_getscheduler, 0); /* musl's own answers ENOSYS */
	if (why == SCHED_FIFO || why == SCHED_RR)
		err_hint(e, "this kernel takes no process with a real-time priority into "
			    "a new cgroup: start nook with 'chrt --other 0'");
	return -1;
}

/* These descriptors, and the leaf's own, go with the rest when init keeps only what it
 * needs, or at exec */
static int cgroup_born(const struct plan *pl, struct site *s, struct err *e)
{
	(void)pl;
	for (uint32_t i = 0; i < s->join_count; i++) {
		if (write(s->join[i], "0", 1) != 1)
			return cannot_enter(e);
	}
	s->join_count = s->cgroup.count = 0;
	return 0;
}

static int cgroup_box(const struct plan *pl, struct site *s, struct err *e)
{
	(void)s;
	if ((pl->unshare_flags & CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(e, "cannot make a cgroup namespace");
	return 0;
}

static void cgroup_explain(const struct plan *pl, struct text *out)
{
	cgroup_explain_limits(pl, out);
	if (pl->unshare_flags & CLONE_NEWCGROUP)
		text_addf(out,
			  "unshare(CLONE_NEWCGROUP): /proc/self/cgroup shows '/' where "
			  "the box is; %s.\n"
			  "  $ unshare --cgroup COMMAND\n",
			  tree_has(pl, "/sys/fs/cgroup")
				  ? "/sys/fs/cgroup shows its own limits, read-only"
				  : "no cgroup file system is mounted inside");
}

static void cgroup_script(const struct plan *pl, struct script *sc)
{
	cgroup_script_limits(pl, sc);
	if (pl->unshare_flags & CLONE_NEWCGROUP)
		script_words(sc, SCRIPT_UNSHARE, "--cgroup");
}

const struct layer layer_cgroup = {
	.name = "cgroup",
	.isolates = "memory, processes, CPU and disk: how much; the view of the cgroup "
		    "tree",
	.without = "the box may use all of the machine; /proc/self/cgroup shows where "
		   "this machine keeps the caller's processes",
	.plan = cgroup_plan,
	.apply[SIDE_BEFORE] = cgroup_before,
	.apply[SIDE_BORN] = cgroup_born,
	.apply[SIDE_BOX] = cgroup_box,
	.explain = cgroup_explain,
	.script = cgroup_script,
};
