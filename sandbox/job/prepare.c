// SPDX-License-Identifier: GPL-3.0-or-later
/* prepare.c - from a job to the plan that a slot runs */
#include "job/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "box/take.h"
#include "cgroup/place.h"
#include "host/host.h"
#include "layer/layer.h"
#include "layer/where.h"
#include "plan.h"
#include "profile/profile.h"

#define OUTPUT_MOST (64ull << 20) /* where the profile has no limits.output */

/* --- plans that jobs have in common ------------------------------------------------- */

/* NUL between all words: no two lists give the same */
static void add_key(struct text *key, const char *word)
{
	text_add(key, word);
	text_addc(key, '\0');
}

static void make_key(const struct job *j, struct text *key)
{
	add_key(key, j->profile);
	for (size_t i = 0; i < j->set_count; i++) {
		add_key(key, j->sets[i].key);
		add_key(key, j->sets[i].value);
	}
	text_addc(key, '\0');
	for (size_t i = 0; i < j->in_count; i++) {
		add_key(key, j->in[i].host);
		add_key(key, j->in[i].box);
	}
}

/* A file that goes in as a value of `mounts`: JSON, which is YAML too */
static void say_bind(const struct job_file *f, struct text *out)
{
	bool says_path = strchr("/.", *f->host);
	auto_text host = { 0 };

	/* in a profile a path says that it is one: ./in, not in */
	text_addf(&host, "%s%s", says_path ? "" : "./", f->host);
	text_add(out, "{\"bind\": ");
	text_json(out, text_str(&host));
	text_add(out, ", \"to\": ");
	text_json(out, f->box);
	text_add(out, ", \"options\": [\"ro\"]}");
}

/** struct wishes - What a profile is loaded with; @text of those that were made up */
struct wishes {
	struct option_wish *v;
	size_t count;
	struct text *text;
	size_t text_count;
};

static void wishes_release(struct wishes *w)
{
	for (size_t i = 0; i < w->text_count; i++)
		text_release(&w->text[i]);
	free(w->text);
	free(w->v);
}

/* --reproducible, but for the CPU, which is the slot's */
static const struct option_wish fixed[] = {
	{ .option = "--reproducible", .key = "reproducible", .value = "true" },
	{ .option = "--reproducible", .key = "limits.swap", .value = "0" },
};

static int make_wishes(const struct plans *ps, const struct job *j, struct wishes *w,
		       struct err *e)
{
	w->v = calloc(ps->wish_count + j->set_count + j->in_count + ARRAY_SIZE(fixed),
		      sizeof(*w->v));
	w->text = calloc(j->in_count + 1, sizeof(*w->text));
	if (!w->v || !w->text)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < ps->wish_count; i++)
		w->v[w->count++] = ps->wishes[i];
	for (size_t i = 0; i < j->set_count; i++)
		w->v[w->count++] = (struct option_wish){ .option = "the job",
							 .key = j->sets[i].key,
							 .value = j->sets[i].value };
	for (size_t i = 0; i < j->in_count; i++) {
		struct text *t = &w->text[w->text_count++];

		say_bind(&j->in[i], t);
		w->v[w->count++] = (struct option_wish){ .option = "files",
							 .key = "+mounts",
							 .value = text_str(t) };
	}
	for (size_t i = 0; ps->reproducible && i < ARRAY_SIZE(fixed); i++)
		w->v[w->count++] = fixed[i];
	return 0;
}

static struct plan *copy_of(const struct plan *pl)
{
	struct plan *copy = malloc(pl->size);

	return copy ? memcpy(copy, pl, pl->size) : NULL;
}

/* The wish and not the plan: a limit that this machine cannot set, with limits.enforce:
 * best-effort, is declared all the same */
static struct job_share declared_by(const struct profile *pf)
{
	struct job_share s = { 0 };

	if (profile_is_set(pf, FIELD_limits_memory) && pf->limits.memory != WISH_MAX)
		s.memory = pf->limits.memory;
	if (profile_is_set(pf, FIELD_limits_cpus) && pf->limits.cpus_milli != WISH_MAX)
		s.cpus = pf->limits.cpus_milli;
	if (profile_is_set(pf, FIELD_limits_pids) && pf->limits.pids != WISH_MAX)
		s.processes = pf->limits.pids;
	return s;
}

/* A cpuset takes away the CPU that the slot has for the job (sched_setaffinity(2)) */
static int check_cpu(const struct plans *ps, const struct profile *pf, struct err *e)
{
	char where[ORIGIN_SIZE];

	if (!ps->reproducible || !pf->limits.cpuset)
		return 0;
	err_set(e, "%s: 'limits.cpuset' and --reproducible both choose the CPU",
		origin_text(pf, FIELD_limits_cpuset, where));
	return err_hint(e, "leave one of them out");
}

/* Return: 0 and @m->plan, on the heap; -1 and @e */
static int make(const struct plans *ps, const struct job *j, struct made *m,
		struct err *e)
{
	__attribute__((cleanup(wishes_release))) struct wishes w = { 0 };
	struct plan *pl = plan_new();
	struct profile *pf = NULL;

	if (!pl)
		err_set(e, "out of memory");
	else if (!make_wishes(ps, j, &w, e) &&
		 !profile_load(j->profile, w.v, w.count, &pf, e)) {
		pf->terminal = TERMINAL_NEVER; /* output is for files */
		if (check_cpu(ps, pf, e) < 0 || layers_plan(pf, ps->host, pl, e) < 0)
			;
		else if (pl->tree.keep_dir)
			err_set(e, "'root.changes: keep' needs a box that stays, and no "
				   "job's does");
		else if (!(m->plan = copy_of(pl)))
			err_set(e, "out of memory");
		m->declared = declared_by(pf);
	}
	profile_free(pf);
	plan_free(pl);
	return m->plan ? 0 : -1;
}

static struct made *oldest(struct plans *ps)
{
	struct made *m = ps->v;

	for (size_t i = 1; i < PLANS_MOST; i++)
		if (ps->v[i].used < m->used)
			m = &ps->v[i];
	return m;
}

const struct made *plans_get(struct plans *ps, const struct job *j, bool *is_new,
			     struct err *e)
{
	auto_text key = { 0 };
	struct made made = { 0 };
	struct made *m;

	make_key(j, &key);
	ps->clock++;
	*is_new = false;
	for (size_t i = 0; i < PLANS_MOST; i++) {
		m = &ps->v[i];
		if (!m->plan || m->key_size != key.len ||
		    memcmp(m->key, text_str(&key), key.len) != 0)
			continue;
		m->used = ps->clock;
		return m;
	}
	if (make(ps, j, &made, e) < 0)
		return NULL;
	m = oldest(ps);
	free(m->key);
	free(m->plan);
	*m = made;
	m->used = m->number = ps->clock;
	m->key_size = key.len;
	m->key = text_take(&key);
	if (!m->key) {
		m->key_size = SIZE_MAX; /* good this once */
		err_set(e, "out of memory");
		return NULL;
	}
	*is_new = true;
	return m;
}

int plans_check(const struct plans *ps, struct job *j, struct checked *last,
		struct err *e)
{
	__attribute__((cleanup(wishes_release))) struct wishes w = { 0 };
	struct profile *pf = NULL;
	auto_text key = { 0 };
	int r;

	make_key(j, &key);
	j->declared = last->declared;
	if (key.len == last->key.len &&
	    !memcmp(text_str(&key), text_str(&last->key), key.len))
		return 0;
	text_cut(&last->key, 0);
	text_addn(&last->key, text_str(&key), key.len);
	r = make_wishes(ps, j, &w, e);
	if (!r)
		r = profile_load(j->profile, w.v, w.count, &pf, e);
	if (!r)
		r = check_cpu(ps, pf, e);
	if (!r)
		j->declared = last->declared = declared_by(pf);
	else
		text_cut(&last->key, 0); /* that of its kind is as wrong */
	profile_free(pf);
	return r < 0 ? -1 : 0;
}

void plans_release(struct plans *ps)
{
	for (size_t i = 0; i < PLANS_MOST; i++) {
		free(ps->v[i].key);
		free(ps->v[i].plan);
	}
	host_free(ps->host);
	*ps = (struct plans){ 0 };
}

/* --- a job's own -------------------------------------------------------------------- */

/* Whether a variable of the job has the name of @word, "NAME=VALUE" */
static bool is_replaced(const struct job *j, const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < j->environment_count; i++)
		if (strcspn(j->environment[i], "=") == len &&
		    !strncmp(j->environment[i], word, len))
			return true;
	return false;
}

/* The list anew, since a record is in one list only; texts stay where they are */
static void set_environment(struct plan *pl, const struct job *j)
{
	struct plan_list old = pl->env.env;

	pl->env.env = (struct plan_list){ 0 };
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &old, w));) {
		struct plan_word *mine;

		if (is_replaced(j, plan_text(pl, w->text)))
			continue;
		mine = plan_append(pl, &pl->env.env, sizeof(*mine));
		mine->text = w->text;
	}
	for (size_t i = 0; i < j->environment_count; i++) {
		const char *word = j->environment[i];

		if (!strchr(word, '='))
			continue;
		plan_add_word(pl, &pl->env.env, word);
		if (!strncmp(word, "PATH=", 5))
			pl->env.path = plan_put(pl, word + 5);
	}
}

void raise_limit(uint64_t *limit, uint32_t milli, int times)
{
	while (*limit && *limit != UINT64_MAX && times-- > 0) {
		uint64_t whole = *limit / 1000, rest = *limit % 1000;

		if (__builtin_mul_overflow(whole, (uint64_t)milli, &whole) ||
		    __builtin_add_overflow(whole, rest * milli / 1000, limit))
			*limit = UINT64_MAX - 1;
	}
}

static void raise_leaf(struct plan *pl, enum cgroup_limit which, uint32_t milli,
		       int times)
{
	struct plan_limit *l = (struct plan_limit *)cgroup_has_limit(pl, which);

	if (l)
		raise_limit(&l->n, milli, times);
}

static void raise_limits(struct plan *pl, const struct job *j)
{
	uint32_t milli = j->retry.raise_milli;

	if (!milli)
		return;
	raise_limit(&pl->limits.wall, milli, j->retried[CAUSE_WALL]);
	raise_limit(&pl->limits.cpu_time, milli, j->retried[CAUSE_CPU]);
	raise_limit(&pl->limits.output, milli, j->retried[CAUSE_OUTPUT]);
	raise_leaf(pl, LIMIT_MEMORY, milli, j->retried[CAUSE_OOM]);
	raise_leaf(pl, LIMIT_PIDS, milli, j->retried[CAUSE_PIDS]);
}

static int set_takes(struct plan *pl, const struct job *j, struct err *e)
{
	if (j->out_count > TAKES_MOST)
		return err_set(e, "job '%s' has more than %d files that come out", j->id,
			       TAKES_MOST);
	for (size_t i = 0; i < j->out_count; i++) {
		struct plan_take *t = plan_append(pl, &pl->takes, sizeof(*t));

		t->path = plan_put(pl, j->out[i].box);
		t->to = plan_put(pl, j->out[i].host);
	}
	return 0;
}

void prepare_none(struct plan *to, const struct job *j)
{
	plan_clear(to);
	to->profile = plan_put(to, j->profile);
	for (size_t i = 0; i < j->command_count; i++)
		plan_add_word(to, &to->env.argv, j->command[i]);
}

int prepare(struct plan *to, const struct plan *from, const struct job *j, struct err *e)
{
	uint32_t before = to->size;

	memcpy(to, from, from->size);
	/* plan_alloc() gives out bytes that nobody wrote to yet */
	if (before > from->size)
		memset((char *)to + from->size, 0, before - from->size);
	to->env.argv = (struct plan_list){ 0 };
	for (size_t i = 0; i < j->command_count; i++)
		plan_add_word(to, &to->env.argv, j->command[i]);
	if (j->environment_count)
		set_environment(to, j);
	if (!to->limits.output)
		to->limits.output = OUTPUT_MOST;
	raise_limits(to, j);
	if (set_takes(to, j, e) < 0)
		return -1;
	if (plan_is_full(to))
		return err_set(e, "the words of job '%s' are larger than %u bytes", j->id,
			       PLAN_MOST);
	return 0;
}
