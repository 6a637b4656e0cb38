// SPDX-License-Identifier: GPL-3.0-or-later
/* change.c - what can be made of a box while it runs: the planning half */
#include "layer/change.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/mount_ops.h"
#include "layer/mount_wish.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

#define ORIGIN "nook update"

void change_drop_facts(struct plan *pl, const char *key, const char *text)
{
	const struct plan_fact *f = NULL, *next = plan_each(pl, &pl->facts, NULL);

	while ((f = next)) {
		next = plan_each(pl, &pl->facts, f);
		if (f->key && !strcmp(plan_text(pl, f->key), key) &&
		    (!text || !strcmp(plan_text(pl, f->text), text)))
			plan_remove(pl, &pl->facts, f);
	}
}

/* --- environment -------------------------------------------------------------------- */

static void drop_variable(struct plan *pl, const char *name)
{
	const struct plan_word *w = NULL, *next = plan_each(pl, &pl->env.env, NULL);
	size_t len = strlen(name);

	while ((w = next)) {
		const char *pair = plan_text(pl, w->text);

		next = plan_each(pl, &pl->env.env, w);
		if (!strncmp(pair, name, len) && pair[len] == '=')
			plan_remove(pl, &pl->env.env, w);
	}
}

static void plan_variables(const struct profile *pf, struct plan *pl)
{
	for (size_t i = 0; i < pf->environment.count; i++) {
		const struct item *it = &pf->environment.v[i];
		struct plan_word *w;

		drop_variable(pl, it->key);
		if (!it->text)
			continue;
		w = plan_append(pl, &pl->env.env, sizeof(*w));
		w->text = plan_putf(pl, "%s=%s", it->key, it->text);
		if (!strcmp(it->key, "PATH"))
			pl->env.path = plan_put(pl, it->text);
	}
	change_drop_facts(pl, "environment", NULL);
	env_say_names(pl, ORIGIN);
}

/* --- mounts ------------------------------------------------------------------------- */

static const struct plan_mount *find_mount(const struct plan *pl, const char *to)
{
	const struct plan_mount *found = NULL;

	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (m->flags & PM_USER && !strcmp(plan_text(pl, m->target), to))
			found = m;
	return found;
}

static int check_wish(const struct plan *pl, const struct mount_wish *w, struct err *e)
{
	if (w->kind != MOUNT_BIND && w->kind != MOUNT_TMPFS) {
		err_set(e, "only a bind or a tmpfs can be mounted while a box runs");
		return err_hint(e, "anything else needs a restart of the box");
	}
	if (w->set & MO_RSLAVE)
		return err_set(e, "'%s': rslave cannot be had while a box runs", w->to);
	if (find_mount(pl, w->to)) {
		err_set(e, "there is a mount on '%s' already", w->to);
		return err_hint(e, "take it away first: nook update BOX -mounts=%s",
				w->to);
	}
	return 0;
}

/* Rules of Landlock are for ever: a running command would not get what the mount gives */
static int check_write(const struct plan *pl, const struct plan_mount *m, struct err *e)
{
	const char *to = plan_text(pl, m->target);

	if (m->attr & MOUNT_ATTR_RDONLY || landlock_lets_write(pl, to))
		return 0;
	err_set(e,
		"'%s' cannot be mounted writable while the box runs: its Landlock rules "
		"let nothing be written there",
		to);
	return err_hint(e, "mount it read-only, below a place that is writable, or "
			   "restart the box with it");
}

static int plan_mount_wish(const struct profile *pf, const struct mount_wish *w,
			   struct host *h, struct plan *pl, struct err *e)
{
	uint32_t since = pl->tree.mounts.count;
	const struct plan_mount *m;

	if (check_wish(pl, w, e) < 0 || mount_wish_plan(pf, w, h, pl, e) < 0)
		return -1;
	m = find_mount(pl, w->is_cwd && !strcmp(w->to, ".") ? host_cwd(h) : w->to);
	if (!m)
		return err_set(e, "there is nothing to mount on '%s'", w->to);
	if (check_write(pl, m, e) < 0)
		return -1;
	hide_plan_since(pf, h, pl, since);
	for (const struct plan_mount *n = m; (n = plan_each(pl, &pl->tree.mounts, n));)
		if (n->op == MOP_MASK && n->target &&
		    !strcmp(plan_text(pl, n->target), plan_text(pl, m->target)))
			return err_set(e, "'%s' is never shown in a box", w->source);
	return 0;
}

static int plan_mounts(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e)
{
	if (!(pl->clone_flags & CLONE_NEWNS) || pl->tree.root == PLAN_ROOT_NONE)
		return err_set(e, "this box has no mounts of its own to be changed");
	for (size_t i = 0; i < pf->mount_count; i++)
		if (plan_mount_wish(pf, &pf->mounts[i], h, pl, e) < 0)
			return -1;
	return 0;
}

/* What went away with it would still be in the plan */
static const struct plan_mount *find_below(const struct plan *pl,
					   const struct plan_mount *m)
{
	const char *to = plan_text(pl, m->target);

	while ((m = plan_each(pl, &pl->tree.mounts, m)))
		if (m->op != MOP_MASK && m->op != MOP_READONLY && m->op != MOP_DIR &&
		    path_is_below(plan_text(pl, m->target), to))
			break;
	return m;
}

/* With the steps that hide and protect something in it */
int change_drop_mount(struct plan *pl, const char *to, struct err *e)
{
	const struct plan_mount *m = find_mount(pl, to), *next;
	auto_text line = { 0 };

	if (!m) {
		err_set(e, "'mounts' of this box has nothing on '%s'", to);
		return err_hint(e, "'nook inspect BOX' and 'nook explain BOX' list them");
	}
	next = find_below(pl, m);
	if (next)
		return err_set(e, "'%s' is mounted below '%s': take it away first",
			       plan_text(pl, next->target), to);
	mount_words(pl, m, &line);
	change_drop_facts(pl, "mounts", text_str(&line));
	next = plan_each(pl, &pl->tree.mounts, m);
	plan_remove(pl, &pl->tree.mounts, m);
	while ((m = next)) {
		next = plan_each(pl, &pl->tree.mounts, m);
		if ((m->op == MOP_MASK || m->op == MOP_READONLY) &&
		    path_is_in(plan_text(pl, m->target), to))
			plan_remove(pl, &pl->tree.mounts, m);
	}
	return 0;
}

static bool has_mask(const struct plan *pl, const char *target)
{
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (m->op == MOP_MASK && !strcmp(plan_text(pl, m->target), target))
			return true;
	return false;
}

/* A user's mount that has gone, with @path in it; NULL = there is none */
static const char *gone_over(const struct plan *old, const struct plan *next,
			     const char *path)
{
	for (const struct plan_mount *m = NULL; (m = change_next_gone(old, next, m));)
		if (path_is_in(path, plan_text(old, m->target)))
			return plan_text(old, m->target);
	return NULL;
}

/* As a start would hide it, if that had the rest alone */
static int find_bare(const struct plan *old, const struct plan *next,
		     const struct plan *start, struct err *e)
{
	uint32_t i = 0;

	for (const struct plan_mount *m = NULL;
	     (m = plan_each(start, &start->tree.mounts, m)); i++) {
		const char *at = plan_text(start, m->target), *to;

		if (i < next->tree.mounts.count || m->op != MOP_MASK)
			continue;
		to = gone_over(old, next, at);
		if (!to || has_mask(next, at))
			continue;
		err_set(e, "what is hidden below '%s' would be seen without that mount",
			to);
		return err_hint(e, "it can go when the box is started anew");
	}
	return 0;
}

int change_check_gone(const struct profile *pf, struct host *h, const struct plan *old,
		      const struct plan *next, struct err *e)
{
	struct plan *start;
	int r;

	if (!change_next_gone(old, next, NULL))
		return 0;
	start = plan_new();
	if (!start)
		return err_set(e, "out of memory");
	memcpy(start, next, next->size);
	hide_plan_since(pf, h, start, 0);
	r = plan_is_full(start) ? err_set(e, "the box was changed too often: restart it")
				: find_bare(old, next, start, e);
	plan_free(start);
	return r;
}

/* --- the whole ---------------------------------------------------------------------- */

int change_plan(const struct profile *pf, struct host *h, struct plan *pl,
		const char *hosts, struct err *e)
{
	if (pf->environment.count)
		plan_variables(pf, pl);
	if (pf->mount_count && plan_mounts(pf, h, pl, e) < 0)
		return -1;
	if (profile_is_set(pf, FIELD_network_mode) &&
	    change_link(pf, h, pl, hosts, e) < 0)
		return -1;
	if (change_net(pf, pl, e) < 0)
		return -1;
	return plan_is_full(pl) ? err_set(e, "the box was changed too often: restart it")
				: 0;
}

static bool can_change(uint32_t mode)
{
	return mode == PLAN_NET_NONE || mode == PLAN_NET_VETH;
}

bool change_is_fair(const struct plan *old, const struct plan *next)
{
	struct plan same = *next;

	same.size = old->size;
	same.facts = old->facts;
	same.tree.mounts = old->tree.mounts;
	same.env.env = old->env.env;
	same.env.path = old->env.path;
	same.net.mode = old->net.mode;
	same.net.network = old->net.network;
	same.net.definition = old->net.definition;
	same.net.state = old->net.state;
	same.net.address4 = old->net.address4;
	same.net.address6 = old->net.address6;
	same.net.mac = old->net.mac;
	same.net.hosts = old->net.hosts;
	same.net.publish = old->net.publish;
	same.net.rate_in = old->net.rate_in;
	same.net.rate_out = old->net.rate_out;
	same.limits = old->limits; /* the keeper's own; in records they are as now */
	if (next->net.mode != old->net.mode &&
	    !(can_change(old->net.mode) && can_change(next->net.mode)))
		return false;
	return next->size >= old->size && !memcmp(&same, old, sizeof(same));
}

static bool has(const struct plan *pl, plan_ref ref)
{
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (plan_ref_of(pl, m) == ref)
			return true;
	return false;
}

const struct plan_mount *change_next_new(const struct plan *old, const struct plan *next,
					 const struct plan_mount *m)
{
	while ((m = plan_each(next, &next->tree.mounts, m)))
		if (m->flags & PM_USER && !has(old, plan_ref_of(next, m)))
			break;
	return m;
}

const struct plan_mount *change_next_gone(const struct plan *old, const struct plan *next,
					  const struct plan_mount *m)
{
	while ((m = plan_each(old, &old->tree.mounts, m)))
		if (m->flags & PM_USER && !has(next, plan_ref_of(old, m)))
			break;
	return m;
}
