// SPDX-License-Identifier: GPL-3.0-or-later
/* summary.c - what a plan means to a person: what is separate, shared, writable
 *
 * Everything is derived from the plan that apply() reads, never from the profile: what a
 * person reads here is what the kernel is told.
 */
#include "cmd/summary.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/sys.h"
#include "base/text.h"
#include "cgroup/place.h"
#include "netns/net.h"

#define WIDTH  80
#define COLUMN 14 /* where values begin in the head */

static const struct separation table[] = {
	{ CLONE_NEWUSER, "user", "users and their rights",
	  "users: its ids are this machine's" },
	{ CLONE_NEWNS, "mount", "mounts and the file tree", "all mounts" },
	{ CLONE_NEWPID, "pid", "processes", "processes: it sees and signals yours" },
	{ CLONE_NEWNET, "net", "network", "network: your links, addresses, ports" },
	{ CLONE_NEWUTS, "uts", "host name", "host name" },
	{ CLONE_NEWIPC, "ipc", "System V IPC and message queues",
	  "System V IPC and queues" },
	{ CLONE_NEWCGROUP, "cgroup", "view of the cgroup tree",
	  "view of the cgroup tree" },
	{ CLONE_NEWTIME, "time", "boot-time clocks", "clocks" },
	{ 0, NULL, NULL, NULL },
};

const struct separation *separations(void)
{
	return table;
}

bool is_separate(const struct plan *pl, const struct separation *s)
{
	/* As root the user namespace is not among the flags: it is entered last */
	if (s->flag == CLONE_NEWUSER)
		return pl->user.order != USER_NONE;
	return ((pl->clone_flags | pl->unshare_flags) & s->flag) != 0;
}

static const struct {
	const char *name, *text;
} fates[FATE_COUNT] = {
	[FATE_STAYS] = { "stays", "the host's own: what is written stays" },
	[FATE_DISCARDED] = { "discarded",
			     "shows the host's files; changes are thrown away" },
	[FATE_KEPT] = { "kept", "shows the host's files; changes are kept with the box" },
	[FATE_FRESH] = { "fresh", "empty at the start, gone at the end" },
	[FATE_READONLY] = { "readonly", "shows the host's files; writing is refused" },
	[FATE_HIDDEN] = { "hidden", "hidden: something empty lies over it" },
};

/* What a fate means, in words */
static const char *fate_text(enum fate f)
{
	return fates[f].text;
}

const char *fate_name(enum fate f)
{
	return fates[f].name;
}

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (!strcmp(top, "/"))
		return true;
	return !strncmp(path, top, n) && (path[n] == '/' || path[n] == '\0');
}

/* What nook makes in every box and nobody asks about; explained by the mount layer */
static bool is_machinery(const char *path)
{
	return is_below(path, "/proc") || is_below(path, "/sys") ||
	       is_below(path, "/dev");
}

static void add_place(struct places *p, const char *path, enum fate fate)
{
	/* A mount over another one at the same place is what one sees there */
	for (size_t i = 0; i < p->count; i++) {
		if (!strcmp(p->v[i].path, path)) {
			p->v[i].fate = fate;
			return;
		}
	}
	p->v[p->count].path = path;
	p->v[p->count++].fate = fate;
}

static void make_readonly(struct places *p, const char *top)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_below(p->v[i].path, top) && p->v[i].fate != FATE_HIDDEN)
			p->v[i].fate = FATE_READONLY;
}

static enum fate root_fate(const struct plan *pl)
{
	if (pl->tree.readonly || (pl->tree.attr & MOUNT_ATTR_RDONLY))
		return FATE_READONLY;
	if (pl->tree.root == PLAN_ROOT_TMPFS)
		return FATE_FRESH;
	if (!pl->tree.overlay)
		return FATE_STAYS;
	return pl->tree.keep_dir ? FATE_KEPT : FATE_DISCARDED;
}

static void add_mount(const struct plan *pl, const struct plan_mount *m, struct places *p)
{
	const char *target = plan_text(pl, m->target);
	bool ro = (m->attr & MOUNT_ATTR_RDONLY) != 0;

	if (is_machinery(target))
		return;
	switch ((enum mount_op)m->op) {
	case MOP_BIND:
	case MOP_FILESYSTEM:
		add_place(p, target, ro ? FATE_READONLY : FATE_STAYS);
		break;
	case MOP_OVERLAY:
		add_place(p, target,
			  ro		      ? FATE_READONLY
			  : pl->tree.keep_dir ? FATE_KEPT
					      : FATE_DISCARDED);
		break;
	case MOP_TMPFS:
		add_place(p, target, ro ? FATE_READONLY : FATE_FRESH);
		break;
	case MOP_MASK:
		add_place(p, target, FATE_HIDDEN);
		break;
	case MOP_READONLY:
		/* PM_SELF: a part of a tree, without what lies below */
		if (!(m->flags & PM_SELF))
			make_readonly(p, target);
		else if (ro)
			add_place(p, target, FATE_READONLY);
		break;
	case MOP_PROC:
	case MOP_SYSFS:
	case MOP_MQUEUE:
	case MOP_CGROUP:
	case MOP_DEVPTS:
	case MOP_DIR:
	case MOP_FILE:
	case MOP_SYMLINK:
	case MOP_DEVICE:
	case MOP_TEXT:
	case MOP_HOSTS:
	case MOP_COUNT:
		break;
	}
}

void places_of(const struct plan *pl, struct places *out)
{
	*out = (struct places){ 0 };
	out->v = calloc(pl->tree.mounts.count + 1, sizeof(*out->v));
	if (!out->v || pl->tree.root == PLAN_ROOT_NONE)
		return;
	add_place(out, "/", root_fate(pl));
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		add_mount(pl, m, out);
}

void places_release(struct places *p)
{
	free(p->v);
	*p = (struct places){ 0 };
}

/* A directory that nook makes in a fresh root */
static bool is_made(const struct plan *pl, const char *path)
{
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (m->op == MOP_DIR && !strcmp(plan_text(pl, m->target), path))
			return true;
	return false;
}

/* The place that @dir lies in; NULL where the box has no tree of its own */
static const struct place *nearest_place(const struct places *p, const char *dir)
{
	const struct place *nearest = NULL;

	for (size_t i = 0; i < p->count; i++)
		if (is_below(dir, p->v[i].path) &&
		    (!nearest || is_below(p->v[i].path, nearest->path)))
			nearest = &p->v[i];
	return nearest;
}

bool summary_shows(const struct plan *pl, const char *dir)
{
	const struct place *nearest;
	struct places p;
	bool shown;

	places_of(pl, &p);
	nearest = nearest_place(&p, dir);
	shown = !nearest || (strcmp(nearest->path, "/") && nearest->fate != FATE_FRESH &&
			     nearest->fate != FATE_HIDDEN);
	places_release(&p);
	return shown;
}

const char *workdir_seen(const struct plan *pl)
{
	const char *dir = plan_text(pl, pl->env.workdir);
	const struct place *nearest;
	bool seen = true;
	struct places p;

	if (!*dir)
		return "/";
	places_of(pl, &p);
	nearest = nearest_place(&p, dir);
	/* What is fresh or hidden is empty: there is nothing below it to start in. A root
	 * that is made read-only was fresh too */
	if (nearest && strcmp(nearest->path, dir) &&
	    (nearest->fate == FATE_FRESH || nearest->fate == FATE_HIDDEN ||
	     (!strcmp(nearest->path, "/") && pl->tree.root == PLAN_ROOT_TMPFS)))
		seen = is_made(pl, dir);
	places_release(&p);
	return seen || pl->env.workdir_required ? dir : "/";
}

void words_wrap(struct text *out, const char *s, int indent, int used)
{
	int column = used;

	while (*s) {
		size_t n = strcspn(s, " \n");

		if (column > indent && column + 1 + (int)n > WIDTH) {
			text_addc(out, '\n');
			column = 0;
		}
		if (column > indent) {
			text_addc(out, ' ');
			column++;
		}
		for (; column < indent; column++)
			text_addc(out, ' ');
		text_addn(out, s, n);
		column += (int)n;
		s += n;
		if (*s == '\n') {
			text_addc(out, '\n');
			column = 0;
		}
		s += *s != '\0';
		while (*s == ' ')
			s++;
	}
	if (column)
		text_addc(out, '\n');
}

/* --- the head of `nook explain` --------------------------------------------------- */

static void add_row(struct text *out, const char *label, const char *value)
{
	auto_text safe = { 0 };

	text_safe(&safe, value);
	text_addf(out, "%-*s", COLUMN, label);
	words_wrap(out, text_str(&safe), COLUMN, COLUMN);
}

static void add_list_word(struct text *t, const char *gap, const char *word)
{
	text_addf(t, "%s%s", t->len ? gap : "", word);
}

/* What of the machine the box may use up */
static void add_unlimited(const struct plan *pl, struct text *t)
{
	static const struct {
		enum cgroup_limit limit;
		const char *name;
	} all[] = { { LIMIT_CPUS, "CPU" },
		    { LIMIT_MEMORY, "memory" },
		    { LIMIT_IO_WRITE_BPS, "disk" } };
	const char *names[3];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!cgroup_has_limit(pl, all[i].limit))
			names[n++] = all[i].name;
	for (size_t i = 0; i < n; i++)
		text_addf(t, "%s%s", !i ? "; " : i + 1 == n ? " and " : ", ", names[i]);
	if (n)
		text_add(t, " without a quota");
}

static void add_separation(const struct plan *pl, struct text *out)
{
	auto_text own = { 0 }, shared = { 0 };

	for (const struct separation *s = table; s->name; s++)
		add_list_word(is_separate(pl, s) ? &own : &shared,
			      is_separate(pl, s) ? ", " : "; ",
			      is_separate(pl, s) ? s->separate : s->shared);
	if (pl->tree.root != PLAN_ROOT_NONE && !(pl->clone_flags & CLONE_NEWNS))
		add_list_word(&own, ", ", "root directory");
	add_list_word(&shared, "; ", "the kernel");
	add_unlimited(pl, &shared);
	add_row(out, "separate", own.len ? text_str(&own) : "nothing");
	add_row(out, "shared", text_str(&shared));
}

static void add_ids(const struct plan *pl, struct text *out)
{
	const struct plan_user *u = &pl->user;
	auto_text t = { 0 };

	text_addf(&t, "user %u, group %u", u->uid, u->gid);
	if (u->order == USER_NONE)
		text_add(&t, ", the same as on this machine");
	else
		text_addf(&t, " inside; on this machine that is user %u, group %u",
			  plan_outside(pl, &u->uid_map, u->uid),
			  plan_outside(pl, &u->gid_map, u->gid));
	if (u->order != USER_NONE && u->writer == MAP_BY_INSIDE)
		text_add(&t, "; all other ids show as 65534");
	add_row(out, "runs as", text_str(&t));
}

static void add_fate(const struct places *p, struct text *out, enum fate f)
{
	auto_text t = { 0 };
	const char *label = f == FATE_READONLY ? "read-only"
			    : f == FATE_HIDDEN ? "hidden"
			    : f == FATE_FRESH  ? "fresh"
					       : "writable";

	for (size_t i = 0; i < p->count; i++)
		if (p->v[i].fate == f)
			add_list_word(&t, " ", p->v[i].path);
	if (!t.len)
		return;
	text_addf(out, "%-*s(%s)\n", COLUMN, label, fate_text(f));
	words_wrap(out, text_str(&t), COLUMN, 0);
}

static void add_rights(const struct plan *pl, struct text *out)
{
	auto_text t = { 0 };

	text_add(&t, "capabilities: ");
	capability_list(&t, pl->caps.keep, 0);
	text_add(&t, pl->caps.no_new_privs ? "; setuid programs give nothing"
					   : "; setuid programs work");
	if (pl->seccomp.program)
		text_addf(&t, "; system calls go through the filter '%s'",
			  plan_text(pl, pl->seccomp.name));
	else
		text_add(&t, "; every system call is allowed");
	if (pl->landlock.abi)
		text_addf(&t, "; Landlock as a second wall around files (ABI %u)",
			  pl->landlock.abi);
	add_row(out, "rights", text_str(&t));
}

/* "64M of memory, 1.5 CPUs, 100 processes" */
static void add_quotas(const struct plan *pl, struct text *t)
{
	const struct plan_limit *l;

	if (pl->limits.cpu_time) {
		add_list_word(t, ", ", "");
		text_duration(t, pl->limits.cpu_time);
		text_add(t, " of CPU time");
	}
	if ((l = cgroup_has_limit(pl, LIMIT_MEMORY))) {
		add_list_word(t, ", ", "");
		text_size(t, l->n);
		text_add(t, " of memory");
	}
	if ((l = cgroup_has_limit(pl, LIMIT_CPUS))) {
		add_list_word(t, ", ", "");
		text_addf(t, "%g CPU%s", (double)l->n / 1000, l->n == 1000 ? "" : "s");
	}
	if ((l = cgroup_has_limit(pl, LIMIT_PIDS))) {
		add_list_word(t, ", ", "");
		text_addf(t, "%llu processes",
			  (unsigned long long)(l->n - !pl->session.init_none));
	}
}

static void add_limits(const struct plan *pl, struct text *out)
{
	auto_text t = { 0 };

	if (pl->limits.wall) {
		add_list_word(&t, ", ", "ends after ");
		text_duration(&t, pl->limits.wall);
	}
	if (pl->limits.output) {
		add_list_word(&t, ", ", "at most ");
		text_size(&t, pl->limits.output);
		text_add(&t, " of output");
	}
	add_quotas(pl, &t);
	if (t.len)
		add_row(out, "limits", text_str(&t));
}

static void add_command(const struct plan *pl, struct text *out)
{
	auto_text t = { 0 };

	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.argv, w));) {
		if (t.len)
			text_addc(&t, ' ');
		text_shell(&t, plan_text(pl, w->text));
	}
	text_addf(&t, "  (in %s)", workdir_seen(pl));
	add_row(out, "command", text_str(&t));
}

static void add_network(const struct plan *pl, struct text *out)
{
	const char *name = plan_text(pl, pl->net.network);
	auto_text t = { 0 };
	struct net_def d;

	if (pl->net.mode == PLAN_NET_JOIN)
		text_addf(&t, "that of '%s', with all who are in there",
			  plan_text(pl, pl->net.join));
	else if (pl->net.mode != PLAN_NET_VETH)
		return;
	else if (!pl->net.definition ||
		 net_def_parse(name, plan_text(pl, pl->net.definition), &d, NULL) < 0)
		text_addf(&t, "an address on '%s', a new network", name);
	else
		text_addf(&t,
			  "an address on '%s'%s%s; this machine's services and other "
			  "networks are out of reach",
			  name, d.isolated ? ", apart from its other boxes" : "",
			  d.nat ? ", NAT to the world" : "");
	if (pl->net.allow.count)
		text_add(&t, "; only the destinations of network.allow are reached");
	add_row(out, "network", text_str(&t));
}

/* Warnings, what is not in force and notes about what is handed in: said at once, and
 * again where their layer stands */
static void add_concerns(const struct plan *pl, struct text *out)
{
	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));) {
		if (f->weight == FACT_WARNING)
			add_row(out, "warning", plan_text(pl, f->text));
		else if (f->weight == FACT_UNENFORCED)
			add_row(out, "not in force", plan_text(pl, f->text));
		else if (f->weight == FACT_NOTE &&
			 !strcmp(plan_text(pl, f->layer), "mount"))
			add_row(out, "note", plan_text(pl, f->text));
	}
}

/* "user, mount and pid" */
static void add_names(const struct plan *pl, struct text *t, bool separate)
{
	const char *names[9];
	size_t n = 0;

	for (const struct separation *s = table; s->name; s++)
		if (is_separate(pl, s) == separate)
			names[n++] = s->name;
	for (size_t i = 0; i < n; i++)
		text_addf(t, "%s%s", !i ? "" : i + 1 == n ? " and " : ", ", names[i]);
	text_addf(t, " namespace%s", n == 1 ? "" : "s");
}

/* One sentence for who reads no more than that */
static void add_sentence(const struct plan *pl, struct text *out)
{
	auto_text t = { 0 };
	bool own = pl->user.order != USER_NONE || pl->clone_flags || pl->unshare_flags;

	if (own) {
		text_add(&t, "A process tree with ");
		add_names(pl, &t, true);
		text_add(&t, " of its own; it shares the kernel and the ");
		add_names(pl, &t, false);
		text_add(&t, " with this machine.");
	} else {
		text_add(&t, "An ordinary process of this machine, without a namespace "
			     "of its own");
		text_add(&t,
			 pl->tree.root != PLAN_ROOT_NONE ? ", in another root directory."
			 : pl->landlock.abi || pl->seccomp.program ? ", behind filters."
								   : ".");
	}
	words_wrap(out, text_str(&t), 0, 0);
}

void summary_words(const struct plan *pl, struct text *out)
{
	struct places p;

	text_safe(out, plan_text(pl, pl->profile));
	if (pl->description) {
		text_add(out, ": ");
		text_safe(out, plan_text(pl, pl->description));
	}
	text_add(out, "\n\n");
	add_sentence(pl, out);
	text_addc(out, '\n');
	if (pl->profile_path)
		add_row(out, "profile", plan_text(pl, pl->profile_path));
	add_command(pl, out);
	add_ids(pl, out);
	add_separation(pl, out);
	add_network(pl, out);
	if (pl->tree.root == PLAN_ROOT_NONE)
		add_row(out, "files",
			pl->landlock.abi ? "this machine's, as far as Landlock lets it"
					 : "this machine's, with the caller's rights");
	places_of(pl, &p);
	for (enum fate f = 0; f < FATE_COUNT; f++)
		add_fate(&p, out, f);
	places_release(&p);
	add_rights(pl, out);
	add_limits(pl, out);
	add_concerns(pl, out);
}
