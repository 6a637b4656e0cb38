// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup_plan.c - which limits of a profile can be set here, where, and what is said when
 * not
 *
 * Theory of operation. The wishes are collected as rows (gather()), which say which
 * controllers the box needs; host_cgroup() chooses the place for all of them at once;
 * what that place does not have is an error that names it, or with limits.enforce:
 * best-effort a line in the result. Only then a leaf is planned: a run without limits
 * has none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "cgroup/place.h"
#include "host/cgroup.h"
#include "host/room.h"
#include "layer/cgroup.h"
#include "layer/devices.h"
#include "layer/where.h"

#define MOST_IO 64 /* rows of limits.io */

/**
 * struct wish - One limit that the profile asks for
 * @field:	Its key
 * @bits:	CG_* that it needs
 * @which:	Its row; -1: no file is written for it, the keeper watches it
 * @soft:	Nobody asked for it
 * @dropped:	It is not enforced here
 */
struct wish {
	enum field field;
	uint32_t bits;
	int which;
	uint64_t n;
	const char *text;
	bool soft, dropped;
};

/** struct wishes - All of them, for whom they are, and the place that was chosen */
struct wishes {
	const struct profile *pf;
	struct host *h;
	struct plan *pl;
	struct host_cgroup place;
	struct wish v[LIMIT_COUNT + MOST_IO + 4];
	size_t count;
};

/* Keys whose number is written as it stands; 0 and `max` are no limit */
static const struct {
	enum field field;
	enum cgroup_limit which;
	size_t at;
} plain[] = {
	{ FIELD_limits_cpus, LIMIT_CPUS, offsetof(struct profile, limits.cpus_milli) },
	{ FIELD_limits_cpu_weight, LIMIT_CPU_WEIGHT,
	  offsetof(struct profile, limits.cpu_weight) },
	{ FIELD_limits_memory, LIMIT_MEMORY, offsetof(struct profile, limits.memory) },
	{ FIELD_limits_memory_high, LIMIT_MEMORY_HIGH,
	  offsetof(struct profile, limits.memory_high) },
	{ FIELD_limits_pids, LIMIT_PIDS, offsetof(struct profile, limits.pids) },
	{ FIELD_limits_io_weight, LIMIT_IO_WEIGHT,
	  offsetof(struct profile, limits.io_weight) },
};

static bool is_limit(uint64_t n)
{
	return n && n != WISH_MAX;
}

static struct wish *add(struct wishes *w, enum field field, int which, uint32_t bits)
{
	struct wish *one = &w->v[w->count];

	if (w->count + 1 < ARRAY_SIZE(w->v))
		w->count++;
	*one = (struct wish){ .field = field, .which = which, .bits = bits };
	if (which >= 0)
		one->bits |= cgroup_row((enum cgroup_limit)which)->controller;
	return one;
}

/* limits.io: a row for every number of every device, which must be one of this host */
static int gather_io(const struct profile *pf, struct host *h, struct plan *pl,
		     struct wishes *w, struct err *e)
{
	for (size_t i = 0; i < pf->limits.io_count; i++) {
		const struct io_wish *io = &pf->limits.io[i];
		const uint64_t rates[] = { io->read_bps, io->write_bps, io->read_iops,
					   io->write_iops };
		char where[ORIGIN_SIZE];
		struct host_path dev;

		if (!host_stat_follow(h, io->device, &dev) || dev.node != 'b')
			return err_set(e, "%s: '%s' is no block device of this host",
				       origin_format(&io->at, where), io->device);
		for (size_t r = 0; r < ARRAY_SIZE(rates); r++) {
			struct wish *one;

			if (!is_limit(rates[r]))
				continue;
			one = add(w, FIELD_limits_io, LIMIT_IO_READ_BPS + (int)r, 0);
			one->n = rates[r];
			one->text = plan_text(
				pl, plan_putf(pl, "%u:%u", dev.major, dev.minor));
		}
	}
	return 0;
}

/* What the keeper does by the leaf's counters: nothing is written for these */
static void gather_watched(const struct profile *pf, struct wishes *w)
{
	if (is_limit(pf->limits.cpu_time))
		add(w, FIELD_limits_cpu_time, -1, CG_CPUACCT);
	if (pf->limits.on_limit == ON_LIMIT_FREEZE &&
	    (is_limit(pf->limits.wall) || is_limit(pf->limits.cpu_time) ||
	     is_limit(pf->limits.memory_high)))
		add(w, FIELD_limits_on_limit, -1, CG_FREEZER);
	if (pf->limits.on_pids == ON_PIDS_KILL && is_limit(pf->limits.pids))
		add(w, FIELD_limits_on_pids, -1, CG_PIDS);
}

static int gather(const struct profile *pf, struct host *h, struct plan *pl,
		  struct wishes *w, struct err *e)
{
	bool has_memory = is_limit(pf->limits.memory);

	if (profile_is_set(pf, FIELD_limits_cpuset) && pf->limits.cpuset)
		add(w, FIELD_limits_cpuset, LIMIT_CPUSET, 0)->text = pf->limits.cpuset;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		uint64_t n = *(const uint64_t *)((const char *)pf + plain[i].at);

		if (profile_is_set(pf, plain[i].field) && is_limit(n))
			add(w, plain[i].field, plain[i].which, 0)->n = n;
	}
	if (profile_is_set(pf, FIELD_limits_swap) ? pf->limits.swap != WISH_MAX
						  : has_memory) {
		struct wish *swap = add(w, FIELD_limits_swap, LIMIT_SWAP, 0);

		swap->soft = !profile_is_set(pf, FIELD_limits_swap);
		swap->n = swap->soft ? 0 : pf->limits.swap;
	}
	gather_watched(pf, w);
	return gather_io(pf, h, pl, w, e);
}

/*
 * One limit that cannot be had: an error, with the way out, or a line in the result.
 * @why says what is in the way, @fix what a person can do about it.
 */
static int refuse(struct wishes *all, struct wish *w, const char *why, const char *fix,
		  struct err *e)
{
	const struct profile *pf = all->pf;
	const char *key = field_name(w->field);
	char where[ORIGIN_SIZE];

	w->dropped = true;
	if (pf->limits.enforce == ENFORCE_BEST_EFFORT) {
		plan_say(all->pl, "cgroup", FACT_UNENFORCED, key, "%s: %s", key, why);
		return 0;
	}
	err_set(e, "'%s' (%s) cannot be set: %s", key,
		origin_text(pf, w->field, where) ? where : "by default", why);
	return err_hint(e, "%s%sor run without it: --set limits.enforce=best-effort",
			fix ? fix : "", fix ? "; " : "");
}

/* What the chosen place does not have, by controller */
static int refuse_missing(struct wishes *w, struct err *e)
{
	const struct host_cgroup *c = &w->place;

	for (size_t i = 0; i < w->count; i++) {
		uint32_t missing = w->v[i].bits & c->missing;
		/* the names of v1 say more where v2 has no controller for it */
		bool v1 = (missing & CG_V2_ALWAYS) || c->kind == CGROUP_V1;
		auto_text why = { 0 };

		if (!missing || w->v[i].soft) {
			w->v[i].dropped |= missing != 0;
			continue;
		}
		text_add(&why, "no cgroup controller '");
		cgroup_names(v1 ? CGROUP_V1 : CGROUP_V2, missing, "' and '", &why);
		text_addf(&why, "' for this user: %s", c->lack);
		if (refuse(w, &w->v[i], text_str(&why), c->fix, e) < 0)
			return -1;
	}
	return 0;
}

/* Where the leaf would be made in the tree of that controller, or NULL */
static const char *parent_of(const struct host_cgroup *c, uint32_t bit)
{
	for (uint32_t i = 0; i < c->count; i++)
		if (c->tree[i].controllers & bit)
			return c->tree[i].parent;
	return NULL;
}

static bool has_file(struct host *h, const struct host_cgroup *c, uint32_t bit,
		     const char *file)
{
	const char *parent = parent_of(c, bit);
	struct host_path at;
	auto_text path = { 0 };

	text_addf(&path, "%s/%s", parent ? parent : "", file);
	return parent && host_stat(h, text_str(&path), &at);
}

static bool wants(const struct wishes *w, enum cgroup_limit which)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->v[i].which == (int)which && !w->v[i].dropped)
			return true;
	return false;
}

/* Why v1, or this kernel's, cannot have it; NULL = it can */
static const char *lacks_v1(const struct wishes *w, const struct wish *one)
{
	const struct host_cgroup *c = &w->place;
	int which = one->which;

	if (!cgroup_row((enum cgroup_limit)which)->v1)
		return "cgroup v1 has nothing like it";
	if (which == LIMIT_SWAP && !wants(w, LIMIT_MEMORY))
		return "cgroup v1 counts memory and swap together: set limits.memory too";
	if (which == LIMIT_SWAP &&
	    !has_file(w->h, c, CG_MEMORY, "memory.memsw.limit_in_bytes"))
		return "this kernel does not count swap (swapaccount=1)";
	if (which == LIMIT_CPUS && parent_of(c, CG_CPU) &&
	    one->n > host_room_cpus_v1(w->h, parent_of(c, CG_CPU)))
		return "the cgroup that it would be in has less (cpu.cfs_quota_us)";
	if (which == LIMIT_IO_WEIGHT && !has_file(w->h, c, CG_IO, "blkio.bfq.weight"))
		return "no I/O scheduler of this kernel has weights";
	return NULL;
}

static int refuse_v1(struct wishes *w, struct err *e)
{
	for (size_t i = 0; i < w->count; i++) {
		struct wish *one = &w->v[i];
		const char *why =
			one->dropped || one->which < 0 ? NULL : lacks_v1(w, one);

		if (why && one->soft)
			one->dropped = true;
		else if (why && refuse(w, one, why, NULL, e) < 0)
			return -1;
	}
	return 0;
}

/* The next range of a list that parse_cpuset() takes. Return: false = there is none */
static bool next_cpus(const char **list, unsigned long *first, unsigned long *last)
{
	char *end;

	if (**list < '0' || **list > '9')
		return false;
	*first = *last = strtoul(*list, &end, 10);
	if (*end == '-')
		*last = strtoul(end + 1, &end, 10);
	*list = end + (*end == ',');
	return true;
}

/* How many CPUs of @list are in @there, and in @out how many are not */
static size_t count_cpus(const char *list, const char *there, size_t *out)
{
	unsigned long first, last, from, to;
	size_t in = 0;

	*out = 0;
	while (next_cpus(&list, &first, &last))
		for (unsigned long cpu = first; cpu <= last; cpu++) {
			const char *rest = there;
			bool has = false;

			while (!has && next_cpus(&rest, &from, &to))
				has = from <= cpu && cpu <= to;
			in += has;
			*out += !has;
		}
	return in;
}

/* The kernel knows no other CPUs than those that are possible. v1 refuses what the cgroup
 * above has not; v2 gives what is left of the list, and all where nothing is */
static int refuse_cpuset(struct wishes *w, struct wish *one, struct err *e)
{
	const char *parent = parent_of(&w->place, CG_CPUSET);
	const char *all = host_read(w->h, "/sys/devices/system/cpu/possible");
	bool is_v1 = w->place.kind == CGROUP_V1;
	const char *there = parent ? host_room_cpuset(w->h, parent, is_v1) : NULL;
	auto_text list = { 0 }, why = { 0 }, fix = { 0 };
	size_t out;

	if (all && (count_cpus(one->text, all, &out), out)) {
		text_addn(&list, all, strcspn(all, "\n"));
		text_add(&why, "this machine has CPUs ");
	} else if (there &&
		   (!count_cpus(one->text, there, &out) || (is_v1 && out))) {
		text_add(&list, there);
		text_add(&why, "the cgroup that it would be in has CPUs ");
	} else {
		return 0;
	}
	text_add(&why, text_str(&list));
	text_addf(&fix, "choose of these: --set limits.cpuset=%s", text_str(&list));
	return refuse(w, one, text_str(&why), text_str(&fix), e);
}

static int refuse_absent(struct wishes *w, struct err *e)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->v[i].which == LIMIT_CPUSET && !w->v[i].dropped &&
		    refuse_cpuset(w, &w->v[i], e) < 0)
			return -1;
	return 0;
}

static void say_limit(const struct profile *pf, struct plan *pl, const struct wish *w)
{
	char where[ORIGIN_SIZE];
	auto_text t = { 0 };

	if (w->field == FIELD_limits_io)
		text_addf(&t, "%s of %s: %llu",
			  cgroup_row((enum cgroup_limit)w->which)->name, w->text,
			  (unsigned long long)w->n);
	else if (w->soft)
		text_add(&t, "0");
	else
		profile_value(pf, w->field, &t);
	plan_fact(pl, "cgroup", field_name(w->field), origin_text(pf, w->field, where),
		  "%s", text_str(&t));
}

static void put_limit(struct plan *pl, const struct wish *w)
{
	struct plan_limit *l = plan_append(pl, &pl->cgroup.limits, sizeof(*l));

	l->which = (uint32_t)w->which;
	l->n = w->n;
	l->soft = w->soft;
	l->text = plan_put(pl, w->text);
	/* init is a process of the leaf too, and none that the profile counts */
	if (w->which == LIMIT_PIDS)
		l->n += !pl->session.init_none;
}

/* The rows come in the order of the table, whatever the order of the profile */
static void put_limits(const struct profile *pf, struct plan *pl, const struct wishes *w)
{
	for (int which = 0; which < LIMIT_COUNT; which++)
		for (size_t i = 0; i < w->count; i++)
			if (w->v[i].which == which && !w->v[i].dropped)
				put_limit(pl, &w->v[i]);
	for (size_t i = 0; i < w->count; i++)
		if (!w->v[i].dropped)
			say_limit(pf, pl, &w->v[i]);
}

static void put_place(struct plan *pl, const struct host_cgroup *c)
{
	pl->cgroup.kind = c->kind;
	pl->cgroup.place = c->place;
	pl->cgroup.enable = c->enable;
	pl->cgroup.needs_full =
		c->place == PLACE_USER_SCOPE || c->place == PLACE_SYSTEM_SCOPE;
	for (uint32_t i = 0; i < c->count; i++) {
		struct plan_cgroup_tree *t =
			plan_append(pl, &pl->cgroup.trees, sizeof(*t));

		t->controllers = c->tree[i].controllers;
		t->parent = plan_put(pl, c->tree[i].parent);
	}
	plan_say(pl, "cgroup", FACT_NOTE, "limits", "cgroup %s, %s",
		 host_cgroup_layout(c->layout), c->why);
}

static bool is_enforced(const struct wishes *w, enum field field)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->v[i].field == field && !w->v[i].dropped)
			return true;
	return false;
}

int cgroup_plan_limits(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e)
{
	struct wishes w = { .pf = pf, .h = h, .pl = pl };
	uint32_t wanted = 0, liked = CG_CPUACCT | CG_FREEZER | CG_DEVICES;
	bool any = false;

	if (gather(pf, h, pl, &w, e) < 0)
		return -1;
	if (!w.count)
		return 0;
	for (size_t i = 0; i < w.count; i++)
		wanted |= w.v[i].bits;
	host_cgroup(h, wanted, liked, &w.place);
	if (refuse_missing(&w, e) < 0 ||
	    (w.place.kind == CGROUP_V1 && refuse_v1(&w, e) < 0) ||
	    refuse_absent(&w, e) < 0)
		return -1;
	for (size_t i = 0; i < w.count; i++)
		any |= !w.v[i].dropped && !w.v[i].soft;
	if (!any)
		return 0;
	put_place(pl, &w.place);
	put_limits(pf, pl, &w);
	if (is_enforced(&w, FIELD_limits_cpu_time))
		pl->limits.cpu_time = pf->limits.cpu_time;
	pl->limits.freeze = is_enforced(&w, FIELD_limits_on_limit);
	pl->limits.pids_kill = is_enforced(&w, FIELD_limits_on_pids);
	return 0;
}

static bool has_tree(const struct plan *pl, uint32_t controller)
{
	for (const struct plan_cgroup_tree *t = NULL;
	     (t = plan_each(pl, &pl->cgroup.trees, t));)
		if (t->controllers & controller)
			return true;
	return false;
}

static void add_rule(struct plan *pl, char node, unsigned int major, unsigned int minor)
{
	struct plan_word *w = plan_append(pl, &pl->cgroup.devices, sizeof(*w));

	w->text = plan_putf(pl, "%c %u:%u rwm", node, major, minor);
}

static void add_device(struct plan *pl, const struct device *d)
{
	add_rule(pl, 'c', d->major, d->minor);
}

/*
 * What the box may open, whoever made the node: its own /dev and terminals. A file system
 * that libmount mounts is opened by the box's own process, so nothing is ruled out there.
 * A wall more than was asked for: where it cannot be had, that is said and no error.
 */
void cgroup_plan_devices(const struct profile *pf, struct host *h, struct plan *pl)
{
	static const char *const usual[] = { "null",   "zero",	  "full",
					     "random", "urandom", "tty" };

	for (size_t i = 0; i < pf->mount_count; i++)
		if (pf->mounts[i].kind == MOUNT_FILESYSTEM)
			return;
	if (!has_tree(pl, CG_DEVICES)) {
		plan_say(pl, "cgroup", FACT_UNENFORCED, "devices",
			 "no hierarchy of cgroup v1 here has the controller 'devices': "
			 "what may be opened is what stands in the box's /dev");
		return;
	}
	/* null is in every /dev, the others where no list says otherwise */
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!i || !profile_is_set(pf, FIELD_devices))
			add_device(pl, device_find(usual[i]));
	add_rule(pl, 'c', 5, 2);			       /* ptmx */
	plan_add_word(pl, &pl->cgroup.devices, "c 136:* rwm"); /* devpts */
	for (size_t i = 0; profile_is_set(pf, FIELD_devices) && i < pf->devices.count;
	     i++) {
		const char *name = pf->devices.v[i].text;
		struct host_path at;
		auto_text path = { 0 };

		text_addf(&path, "%s%s", *name == '/' ? "" : "/dev/", name);
		if (device_find(name))
			add_device(pl, device_find(name));
		else if (host_stat(h, text_str(&path), &at) && at.node)
			add_rule(pl, at.node, at.major, at.minor);
	}
}
