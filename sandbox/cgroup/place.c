// SPDX-License-Identifier: GPL-3.0-or-later
/* place.c - from the plan to a leaf: its place made ready, its limits set */
#include "cgroup/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "cgroup/devices.h"
#include "cgroup/inner.h"

int cgroup_at_plan(const struct plan *pl, const char *scope, const char *id,
		   struct cgroup_at *at)
{
	const struct plan_cgroup *c = &pl->cgroup;

	*at = (struct cgroup_at){ .kind = c->kind };
	for (const struct plan_cgroup_tree *t = NULL;
	     (t = plan_each(pl, &c->trees, t));) {
		const char *parent = t->parent ? plan_text(pl, t->parent) : scope;

		if (!parent || cgroup_at_add(at, t->controllers, parent, id, NULL) < 0) {
			errno = ENAMETOOLONG;
			return -1;
		}
	}
	return 0;
}

/* The cgroup that the leaf lies in, without a slash at its end */
static const char *parent_of(const struct cgroup_at *at, char *out, size_t size)
{
	const char *path = cgroup_path(at, 0);
	size_t n = (size_t)(strrchr(path, '/') - path);

	if (n >= size)
		return NULL;
	memcpy(out, path, n);
	out[n] = '\0';
	return out;
}

/*
 * A cgroup with processes of its own cannot hand controllers on: all of them move to the
 * cgroup @to below it, of a parent of boxes a leaf beside the box's, the keeper first of
 * all. It stays; the next run finds the parent empty. A process that ends meanwhile is no
 * failure, nor one that was made meanwhile: it shows as EBUSY when controllers are
 * switched on, and the walk starts over.
 */
static int empty(int parent, const char *to)
{
	char pids[65536], one[16], procs[64];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", to);
	if (mkdirat(parent, to, 0755) < 0 && errno != EEXIST)
		return -1;
	if (file_read_small(parent, "cgroup.procs", pids, sizeof(pids)) < 0)
		return -1;
	for (char *p = pids, *end; *p; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		snprintf(one, sizeof(one), "%.*s", (int)(end - p), p);
		if (file_write(parent, procs, one) < 0 && errno != ESRCH)
			return -1;
	}
	return 0;
}

/* Emptied first, not when the kernel complains: cpu and pids can be switched on beside
 * processes, but make the parent the root of a threaded subtree, into which nothing can
 * be cloned (EOPNOTSUPP). @to: NULL = it has no processes */
static int hand_on(int parent, uint32_t bits, const char *to)
{
	auto_text words = { 0 };
	char line[128];

	cgroup_names(CGROUP_V2, bits, " +", &words);
	snprintf(line, sizeof(line), "+%s", text_str(&words));
	for (int tries = 0; tries < 8; tries++) {
		if (to && empty(parent, to) < 0)
			return -1;
		if (!file_write(parent, "cgroup.subtree_control", line))
			return 0;
		if (errno != EBUSY || !to)
			return -1;
	}
	return -1;
}

int cgroup_prepare(const struct plan *pl, const struct cgroup_at *at, struct err *e)
{
	const struct plan_cgroup *c = &pl->cgroup;
	char dir[CGROUP_TEXT];
	auto_fd parent = -1;

	if (c->kind != CGROUP_V2 || !c->enable)
		return 0;
	if (parent_of(at, dir, sizeof(dir)))
		parent = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return err_sys(e, "cannot open the cgroup '%s'", dir);
	if (!hand_on(parent, c->enable, c->place != PLACE_READY ? CGROUP_OUTSIDE : NULL))
		return 0;
	err_sys(e, "cannot switch controllers on in '%s/cgroup.subtree_control'", dir);
	if (e->code == EBUSY)
		err_hint(e, "a cgroup in which processes sit cannot hand controllers on "
			    "(cgroups(7), the rule of no internal processes): move them "
			    "to a cgroup below it");
	return -1;
}

int cgroup_open_up(const struct cgroup *cg, const char *name, struct err *e)
{
	if (cg->kind != CGROUP_V2 || !hand_on(cg->dir[0], cg->controllers[0], name))
		return 0;
	return err_sys(e, "cannot hand the controllers of a box's cgroup on");
}

/* One after the other, in the order of the table */
static int set_limits(const struct plan *pl, const struct cgroup *cg, struct err *e)
{
	const struct plan_cgroup *c = &pl->cgroup;

	for (const struct plan_limit *l = NULL; (l = plan_each(pl, &c->limits, l));) {
		if (!cgroup_set(cg, (enum cgroup_limit)l->which, l->n,
				plan_text_or_null(pl, l->text), e))
			continue;
		if (!l->soft || e->code != ENOENT)
			return -1;
		*e = (struct err){ 0 };
	}
	if (c->kind == CGROUP_V2 && cgroup_has_limit(pl, LIMIT_MEMORY) &&
	    cgroup_put(cg, cg->dir[0], "memory.oom.group", "1") < 0 && errno != ENOENT)
		return err_sys(e, "cannot write 'memory.oom.group'");
	return 0;
}

/* v2 has no files for them: the same rules as a program */
static int attach_devices(const struct plan *pl, const struct cgroup *cg, struct err *e)
{
	const struct plan_list *list = &pl->cgroup.devices;
	struct device_rule rules[DEVICE_RULES];
	size_t count = 0;
	int program;

	for (const struct plan_word *w = NULL; (w = plan_each(pl, list, w));) {
		if (count == DEVICE_RULES)
			return err_set(e, "a box can have %d device rules", DEVICE_RULES);
		if (!device_rule_read(plan_text(pl, w->text), &rules[count++]))
			return err_set(e, "'%s' is no device rule",
				       plan_text(pl, w->text));
	}
	program = device_attach(cg->dir[0], rules, count, e);
	if (program < 0)
		return -1;
	fd_run_add(cg->written, program);
	return 0;
}

/* v1: one rule with each write */
static int allow_devices(const struct plan *pl, int dir, struct err *e)
{
	auto_fd allow = openat(dir, "devices.allow", O_WRONLY | O_CLOEXEC);

	if (allow < 0 || file_write(dir, "devices.deny", "a") < 0)
		return err_sys(e, "cannot write 'a' to 'devices.deny'");
	for (const struct plan_word *w = NULL;
	     (w = plan_each(pl, &pl->cgroup.devices, w));) {
		const char *rule = plan_text(pl, w->text);

		if (fd_write_all(allow, rule, strlen(rule)) < 0)
			return err_sys(e, "cannot write '%s' to 'devices.allow'", rule);
	}
	return 0;
}

static int set_devices(const struct plan *pl, const struct cgroup *cg, struct err *e)
{
	if (!pl->cgroup.devices.count)
		return 0;
	return cg->kind == CGROUP_V2 ? attach_devices(pl, cg, e)
				     : allow_devices(pl, cgroup_dir(cg, CG_DEVICES), e);
}

/* The files stay open until all are written: one call closes them */
int cgroup_limit(const struct plan *pl, const struct cgroup *cg, struct err *e)
{
	struct fd_run written = { 0 };
	struct cgroup leaf = *cg;
	int r;

	leaf.written = &written;
	r = set_limits(pl, &leaf, e) < 0 || set_devices(pl, &leaf, e) < 0 ? -1 : 0;
	fd_run_close(&written);
	return r;
}

const struct plan_limit *cgroup_has_limit(const struct plan *pl, enum cgroup_limit which)
{
	for (const struct plan_limit *l = NULL;
	     (l = plan_each(pl, &pl->cgroup.limits, l));)
		if (l->which == (uint32_t)which)
			return l;
	return NULL;
}
