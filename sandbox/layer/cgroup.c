// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup.c - quotas and the view of the cgroup tree
 *
 * Made by inside, never by clone3: on v1 the child would otherwise see the host's path as
 * its own root (decisions.md 20).
 */
#include <sched.h>

#include "base/err.h"
#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

/* Keys that need a cgroup controller or a backend that this build does not have */
static const enum field quotas[] = {
	FIELD_limits_cpus,	  FIELD_limits_cpu_weight, FIELD_limits_cpuset,
	FIELD_limits_memory,	  FIELD_limits_memory_high, FIELD_limits_swap,
	FIELD_limits_pids,	  FIELD_limits_on_pids,	   FIELD_limits_io,
	FIELD_limits_io_weight,	  FIELD_limits_cpu_time,
};

static int cgroup_plan(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e)
{
	char where[ORIGIN_SIZE];

	(void)h;
	for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++) {
		if (!profile_is_set(pf, quotas[i]))
			continue;
		if (pf->limits.enforce == ENFORCE_BEST_EFFORT) {
			plan_say(pl, "cgroup", FACT_UNENFORCED, field_name(quotas[i]),
				 "%s (%s) is not on this build yet",
				 field_name(quotas[i]),
				 origin_text(pf, quotas[i], where));
			continue;
		}
		err_set(e, "'%s' (%s) is not on this build yet", field_name(quotas[i]),
			origin_text(pf, quotas[i], where));
		return err_hint(
			e, "limits.wall, limits.output and rlimits are; leave '%s' out",
			field_name(quotas[i]));
	}
	if (pf->limits.on_limit == ON_LIMIT_FREEZE) {
		err_set(e, "'limits.on_limit: freeze' (%s) is not on this build yet",
			origin_text(pf, FIELD_limits_on_limit, where));
		return err_hint(e, "leave it out: a limit then ends the box");
	}
	if (profile_is_set(pf, FIELD_limits_enforce))
		plan_fact(pl, "cgroup", "limits.enforce",
			  origin_text(pf, FIELD_limits_enforce, where), "%s",
			  pf->limits.enforce == ENFORCE_STRICT ?
				  "strict: a limit that cannot be set is an error" :
				  "best-effort: a limit that cannot be set is listed");
	if (pf->namespaces & NS_CGROUP)
		pl->unshare_flags |= CLONE_NEWCGROUP;
	else
		plan_say(pl, "cgroup", FACT_WARNING, "namespaces",
			 "no cgroup namespace: /proc/self/cgroup shows the host's paths");
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
	if (pl->unshare_flags & CLONE_NEWCGROUP)
		text_add(
			out,
			"unshare(CLONE_NEWCGROUP): /proc/self/cgroup shows '/' where the "
			"box is; no cgroup file system is mounted inside.\n"
			"  $ unshare --cgroup COMMAND\n");
}

static void cgroup_script(const struct plan *pl, struct script *sc)
{
	if (pl->unshare_flags & CLONE_NEWCGROUP)
		script_words(sc, SCRIPT_UNSHARE, "--cgroup");
}

const struct layer layer_cgroup = {
	.name = "cgroup",
	.isolates = "the view of the cgroup tree",
	.without =
		"/proc/self/cgroup shows where this machine keeps the caller's processes",
	.plan = cgroup_plan,
	.apply[SIDE_BOX] = cgroup_box,
	.explain = cgroup_explain,
	.script = cgroup_script,
};
