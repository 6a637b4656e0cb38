// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup_words.c - the leaf of a plan as words and as commands */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/place.h"
#include "layer/cgroup.h"
#include "layer/script.h"

static const char *const places[] = {
	[PLACE_NONE] = "",
	[PLACE_V1] = "a new directory in each hierarchy",
	[PLACE_READY] = "a new directory",
	[PLACE_EMPTIED] = "a new directory; the processes beside it move to the leaf "
			  "'" CGROUP_OUTSIDE "' first",
	[PLACE_USER_SCOPE] = "a new directory in a scope that systemd's user manager "
			     "makes for nook",
	[PLACE_SYSTEM_SCOPE] = "a new directory in a scope that systemd makes for nook",
};

/* The tree whose directory has the file of a limit */
static const char *parent_of(const struct plan *pl, uint32_t controller)
{
	const struct plan_cgroup *c = &pl->cgroup;

	for (const struct plan_cgroup_tree *t = NULL; (t = plan_each(pl, &c->trees, t));)
		if (t->controllers & controller)
			return t->parent ? plan_text(pl, t->parent) : "SCOPE";
	return "";
}

/* What apply() writes for a limit, and where. v1 counts memory and swap together */
static const char *written(const struct plan *pl, const struct plan_limit *l,
			   char words[CGROUP_WORDS])
{
	const struct plan_limit *m = cgroup_has_limit(pl, LIMIT_MEMORY);
	bool both = l->which == LIMIT_SWAP && pl->cgroup.kind == CGROUP_V1 && m;

	return cgroup_words(pl->cgroup.kind, (enum cgroup_limit)l->which,
			    l->n + (both ? m->n : 0), plan_text_or_null(pl, l->text),
			    words);
}

static void add_limits(const struct plan *pl, struct text *out)
{
	const struct plan_cgroup *c = &pl->cgroup;

	for (const struct plan_limit *l = NULL; (l = plan_each(pl, &c->limits, l));) {
		const struct cgroup_row *row = cgroup_row((enum cgroup_limit)l->which);
		char words[CGROUP_WORDS];
		const char *file = written(pl, l, words);

		text_addf(out, "  $ echo %s >%s/nook-ID/%s\n", words,
			  parent_of(pl, row->controller), file);
	}
}

static void add_devices(const struct plan *pl, struct text *out)
{
	const struct plan_list *rules = &pl->cgroup.devices;

	if (!rules->count)
		return;
	text_add(out, pl->cgroup.kind == CGROUP_V2
			      ? "bpf(BPF_PROG_LOAD, BPF_PROG_TYPE_CGROUP_DEVICE), "
				"attached to the leaf: no device opens but"
			      : "devices.deny = a, then devices.allow:");
	for (const struct plan_word *w = NULL; (w = plan_each(pl, rules, w));)
		text_addf(out, "%s %s", w == plan_at(pl, rules->first) ? "" : ",",
			  plan_text(pl, w->text));
	text_add(out, ".\n");
}

void cgroup_explain_limits(const struct plan *pl, struct text *out)
{
	const struct plan_cgroup *c = &pl->cgroup;

	if (c->kind == CGROUP_NONE)
		return;
	text_addf(out, "mkdir: cgroup v%u, %s, removed when the box ends.\n",
		  c->kind == CGROUP_V1 ? 1u : 2u, places[c->place]);
	for (const struct plan_cgroup_tree *t = NULL; (t = plan_each(pl, &c->trees, t));)
		text_addf(out, "  $ mkdir %s/nook-ID\n",
			  t->parent ? plan_text(pl, t->parent) : "SCOPE");
	if (c->enable) {
		text_add(out, "  $ echo +");
		cgroup_names(CGROUP_V2, c->enable, " +", out);
		text_addf(out, " >%s/cgroup.subtree_control\n",
			  parent_of(pl, CG_V2_ALWAYS));
	}
	add_limits(pl, out);
	if (cgroup_has_limit(pl, LIMIT_PIDS) && !pl->session.init_none)
		text_add(out, "pids.max is one more than limits.pids: nook's init is in "
			      "there too.\n");
	if (cgroup_has_limit(pl, LIMIT_MEMORY))
		text_add(out,
			 c->kind == CGROUP_V2
				 ? "memory.oom.group = 1: out of memory ends the "
				   "whole box.\n"
				 : "memory.kmem.tcp.limit_in_bytes, where the kernel has "
				   "it, gets the same: buffers of TCP are counted "
				   "apart.\n"
				   "An eventfd on memory.oom_control tells nook of a "
				   "kill; it then ends the whole box.\n");
	add_devices(pl, out);
	text_add(out,
		 c->kind == CGROUP_V2
			 ? "clone3(CLONE_INTO_CGROUP): the box begins in there.\n"
			 : "The first thing inside does is to write 0 to `tasks`.\n");
}

/* The script's shell goes in there itself, as inside does */
void cgroup_script_limits(const struct plan *pl, struct script *sc)
{
	const struct plan_cgroup *c = &pl->cgroup;

	if (c->kind == CGROUP_NONE)
		return;
	if (c->kind == CGROUP_V2) {
		script_line(sc, SCRIPT_NOTE,
			    "limits of cgroup v2: start this script with "
			    "systemd-run --scope -p MemoryMax=...");
		return;
	}
	script_line(sc, SCRIPT_NOTE,
		    "the end of the cgroups nook-PID that it makes: rmdir them");
	for (const struct plan_cgroup_tree *t = NULL; (t = plan_each(pl, &c->trees, t));)
		script_line(sc, SCRIPT_HOST, "mkdir %s/nook-$$",
			    plan_text(pl, t->parent));
	for (const struct plan_limit *l = NULL; (l = plan_each(pl, &c->limits, l));) {
		const struct cgroup_row *row = cgroup_row((enum cgroup_limit)l->which);
		char words[CGROUP_WORDS];
		const char *file = written(pl, l, words);
		const char *parent = parent_of(pl, row->controller);

		if (l->which == LIMIT_CPUSET)
			script_line(sc, SCRIPT_HOST,
				    "cat %s/cpuset.mems >%s/nook-$$/cpuset.mems", parent,
				    parent);
		script_line(sc, SCRIPT_HOST, "echo %s >%s/nook-$$/%s", words, parent,
			    file);
	}
	for (const struct plan_cgroup_tree *t = NULL; (t = plan_each(pl, &c->trees, t));)
		script_line(sc, SCRIPT_HOST, "echo 0 >%s/nook-$$/tasks",
			    plan_text(pl, t->parent));
}
