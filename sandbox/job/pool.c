// SPDX-License-Identifier: GPL-3.0-or-later
/* pool.c - all jobs of a file: that their names differ, and whom `after` means
 *
 * Names are kept as 64 bits of a hash, with where they were seen: a stream can go on for
 * ever and its jobs are not kept. In a file a name that is found is compared as well.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/names.h"
#include "base/text.h"
#include "job/entry.h"

/* struct pool_slot - @value counts from 1, 0 = empty: of ids the place in @v (stream: the
 * line), of outputs the line, of groups the place in @group. A stream's job leaves one
 * behind for good: 12 bytes and not 16 */
struct pool_slot {
	uint64_t hash;
	uint32_t value;
} __attribute__((packed));

enum { SEED_NAME = 1, SEED_DIR = 2 };

/* FNV-1a, 64 bits (RFC 9923), with its bits mixed (the end of MurmurHash3) */
static uint64_t hash(const char *s, size_t len, uint64_t seed)
{
	/* as if the seed were a byte in front: else it is one with the first letter */
	uint64_t h = hash_bytes((HASH_START ^ seed) * HASH_PRIME, s, len);

	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	return h ^ h >> 33;
}

/* --- sets -------------------------------------------------------------------------- */

static struct pool_slot *find_slot(const struct pool_set *s, uint64_t h)
{
	size_t i = (size_t)h & (s->room - 1);

	while (s->v[i].value && s->v[i].hash != h)
		i = (i + 1) & (s->room - 1);
	return &s->v[i];
}

static int set_grow(struct pool_set *s, struct err *e)
{
	struct pool_set bigger = { .room = s->room ? s->room * 2 : 64,
				   .count = s->count };

	bigger.v = calloc(bigger.room, sizeof(*bigger.v));
	if (!bigger.v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < s->room; i++)
		if (s->v[i].value)
			*find_slot(&bigger, s->v[i].hash) = s->v[i];
	free(s->v);
	*s = bigger;
	return 0;
}

/* What stands for @h, or 0 */
static uint32_t set_get(const struct pool_set *s, uint64_t h)
{
	return s->room ? find_slot(s, h)->value : 0;
}

static int set_put(struct pool_set *s, uint64_t h, size_t value, struct err *e)
{
	struct pool_slot *slot;

	if (s->count * 4 >= s->room * 3 && set_grow(s, e))
		return -1;
	slot = find_slot(s, h);
	s->count += !slot->value;
	*slot = (struct pool_slot){ h, (uint32_t)value };
	return 0;
}

/* --- taking in --------------------------------------------------------------------- */

static int clash(const struct origin *at, struct err *e, const char *what,
		 const char *name)
{
	auto_text safe = { 0 };

	text_safe(&safe, name);
	if (safe.len > 100)
		text_cut(&safe, 100);
	return err_set(e, "%s:%d:%d: %s '%s'", at->file, at->line, at->column, what,
		       text_str(&safe));
}

/* An output is nobody else's, and no other's directory */
static int add_output(struct pool *p, const struct job *j, const char *name,
		      const struct origin *at, struct err *e)
{
	const char *slash = name;
	uint64_t h = hash(name, strlen(name), SEED_NAME);

	if (set_get(&p->outputs, h))
		return clash(at, e, "two outputs have the name", name);
	if (set_get(&p->outputs, hash(name, strlen(name), SEED_DIR)))
		return clash(at, e, "an output has the name of another's directory",
			     name);
	while ((slash = strchr(slash, '/'))) {
		size_t len = (size_t)(slash++ - name);

		if (set_get(&p->outputs, hash(name, len, SEED_NAME)))
			return clash(at, e,
				     "another output has the name of a directory of",
				     name);
		if (set_put(&p->outputs, hash(name, len, SEED_DIR), 1, e))
			return -1;
	}
	return set_put(&p->outputs, h, (size_t)j->line + 1, e);
}

static int grow(struct pool *p, struct err *e)
{
	size_t room = p->room ? p->room * 2 : 64;
	struct job **v = realloc(p->v, room * sizeof(*v));
	struct pool_place *at;

	if (v)
		p->v = v;
	at = v ? realloc(p->at, room * sizeof(*at)) : NULL;
	if (!at)
		return err_set(e, "out of memory");
	p->at = at;
	p->room = room;
	return 0;
}

/* In a stream those that are meant have come before */
static int check_known(const struct pool *p, const struct job *j, const struct origin *at,
		       struct err *e)
{
	for (size_t i = 0; i < j->after_count; i++)
		if (!set_get(&p->ids, hash(j->after[i], strlen(j->after[i]), SEED_NAME)))
			return clash(at, e,
				     "in a stream 'after' names jobs that came "
				     "before, not",
				     j->after[i]);
	return 0;
}

int pool_add(struct pool *p, struct job *j, const struct entry_places *at, struct err *e)
{
	uint64_t h = hash(j->id, strlen(j->id), SEED_NAME);
	uint32_t twin = set_get(&p->ids, h);

	if (twin) {
		clash(&at->id, e, "two jobs have the id", j->id);
		return err_hint(e, "the first stands in line %d",
				p->is_stream ? (int)twin - 1 : p->v[twin - 1]->line);
	}
	if (!p->is_stream && p->count >= JOBS_MOST)
		return err_set(e, "%s: more than %d jobs", p->file, JOBS_MOST);
	if (p->is_stream && check_known(p, j, &at->after, e))
		return -1;
	for (size_t i = 0; i < j->out_count; i++)
		if (add_output(p, j, j->out[i].host, &at->out, e))
			return -1;
	if (p->is_stream)
		return set_put(&p->ids, h, (size_t)j->line + 1, e);
	if ((p->count == p->room && grow(p, e)) || set_put(&p->ids, h, p->count + 1, e))
		return -1;
	p->at[p->count] = (struct pool_place){ (uint32_t)at->after.line,
					       (uint32_t)at->after.column };
	p->v[p->count++] = j;
	return 0;
}

int pool_group(struct pool *p, const char *name, size_t first, struct err *e)
{
	const char *value = strstr(name, "${");
	size_t len = value ? (size_t)(value - name) : strlen(name);
	struct pool_group *v;
	uint32_t twin;
	uint64_t h;

	/* test-${seed} are the jobs of test */
	while (value && len && strchr("-_.", name[len - 1]))
		len--;
	if (p->is_stream || first == p->count || !len)
		return 0;
	h = hash(name, len, SEED_NAME);
	twin = set_get(&p->groups, h);
	if (twin) {
		p->group[twin - 1].count = 0;
		return 0;
	}
	v = realloc(p->group, (p->group_count + 1) * sizeof(*v));
	if (!v)
		return err_set(e, "out of memory");
	p->group = v;
	v[p->group_count++] = (struct pool_group){ first, p->count - first };
	return set_put(&p->groups, h, p->group_count, e);
}

/* --- after ------------------------------------------------------------------------- */

static int wrong_after(const struct pool *p, size_t i, struct err *e, const char *what,
		       const char *name)
{
	struct origin at = { p->file, (int)p->at[i].line, (int)p->at[i].column };

	return clash(&at, e, what, name);
}

static bool find_id(const struct pool *p, const char *id, size_t *out)
{
	uint32_t n = set_get(&p->ids, hash(id, strlen(id), SEED_NAME));

	if (!n || strcmp(p->v[n - 1]->id, id) != 0)
		return false;
	*out = n - 1;
	return true;
}

static const struct pool_group *find_group(const struct pool *p, const char *name)
{
	uint32_t n = set_get(&p->groups, hash(name, strlen(name), SEED_NAME));

	return n ? &p->group[n - 1] : NULL;
}

static const char *next_id(size_t i, const void *arg)
{
	const struct pool *p = arg;

	/* no person has more in mind, and each of them costs */
	return i < p->count && i < 10000 ? p->v[i]->id : NULL;
}

static int unknown(const struct pool *p, size_t i, const char *name, struct err *e)
{
	const char *near = name_near(name, next_id, p);

	wrong_after(p, i, e, "'after': no job has the id", name);
	return near ? err_hint(e, "did you mean '%s'", near) : -1;
}

/* struct waits - Whom one job waits for: each once, though it be named twice. @seen[i]:
 * the job, counted from 1, that has @i among them already */
struct waits {
	uint32_t *seen;
	uint32_t *v;
	size_t count, room;
};

static int wait_for(struct waits *w, size_t of, size_t i, struct err *e)
{
	uint32_t *v;

	if (w->seen[i] == of + 1)
		return 0;
	w->seen[i] = (uint32_t)of + 1;
	if (w->count == w->room) {
		w->room = w->room ? w->room * 2 : 16;
		v = realloc(w->v, w->room * sizeof(*v));
		if (!v)
			return err_set(e, "out of memory");
		w->v = v;
	}
	w->v[w->count++] = (uint32_t)i;
	return 0;
}

/* The jobs that the names in `after` mean: an id, or all that a matrix made */
static int collect(const struct pool *p, size_t i, struct waits *w, struct err *e)
{
	const struct job *j = p->v[i];
	size_t at;

	w->count = 0;
	for (size_t k = 0; k < j->after_count; k++) {
		const struct pool_group *g = find_group(p, j->after[k]);
		struct pool_group one = { .count = 1 };

		if (find_id(p, j->after[k], &at)) {
			one.first = at;
			g = &one;
		}
		if (!g)
			return unknown(p, i, j->after[k], e);
		if (!g->count)
			return wrong_after(p, i, e,
					   "'after': several matrices have jobs of",
					   j->after[k]);
		for (size_t n = 0; n < g->count; n++)
			if (wait_for(w, i, g->first + n, e))
				return -1;
	}
	return 0;
}

/* @j with ids of jobs alone in its `after` */
static int spread(struct pool *p, size_t i, struct waits *w, struct err *e)
{
	struct job whole = *p->v[i], *packed;
	auto_free const char **v = NULL;

	if (collect(p, i, w, e))
		return -1;
	p->afters += w->count;
	if (p->afters > AFTERS_MOST)
		return wrong_after(p, i, e,
				   "'after': more than 1000000 jobs to wait for "
				   "in all, with those of",
				   whole.id);
	v = calloc(w->count + 1, sizeof(*v));
	if (!v)
		return err_set(e, "out of memory");
	for (size_t k = 0; k < w->count; k++)
		v[k] = p->v[w->v[k]]->id;
	whole.after = v;
	whole.after_count = w->count;
	whole.digest = job_digest(&whole);
	packed = job_pack(&whole);
	if (!packed)
		return err_set(e, "out of memory");
	job_free(p->v[i]);
	p->v[i] = packed;
	return 0;
}

static int spread_all(struct pool *p, struct loader *ld)
{
	struct waits w = { .seen = calloc(p->count + 1, sizeof(*w.seen)) };
	int rc = w.seen ? 0 : no_memory(ld);

	for (size_t i = 0; !rc && i < p->count; i++)
		if (p->v[i]->after_count && spread(p, i, &w, ld->e))
			rc = p->afters > AFTERS_MOST || stops(ld) ? -1 : 0;
	free(w.seen);
	free(w.v);
	return rc || ld->is_wrong ? -1 : 0;
}

/* --- circles ----------------------------------------------------------------------- */

/* struct walk - Depth first: the way from the first job to the one looked at */
struct walk {
	uint8_t *state; /* 0 = not seen, 1 = on the way, 2 = leads to no circle */
	uint32_t *way;
	uint32_t *next; /* of each on the way: which `after` comes next */
	size_t depth;
};

#define CIRCLE_FEW 5 /* a longer one is told by its beginning and a number */

static int refuse_circle(const struct pool *p, const struct walk *w, size_t end,
			 struct err *e)
{
	size_t from = 0, count;
	auto_text chain = { 0 };

	while (w->way[from] != end)
		from++;
	count = w->depth - from;
	for (size_t i = 0; i < count && (count <= CIRCLE_FEW || i + 1 < CIRCLE_FEW); i++)
		text_addf(&chain, "%s -> ", p->v[w->way[from + i]]->id);
	if (count > CIRCLE_FEW)
		text_addf(&chain, "%zu more -> ", count + 1 - CIRCLE_FEW);
	text_add(&chain, p->v[end]->id);
	return err_set(e, "%s:%u:%u: 'after' goes in a circle: %s", p->file,
		       p->at[end].line, p->at[end].column, text_str(&chain));
}

static int walk_from(const struct pool *p, struct walk *w, size_t start, struct err *e)
{
	w->depth = 0;
	w->way[w->depth] = (uint32_t)start;
	w->next[w->depth++] = 0;
	w->state[start] = 1;
	while (w->depth) {
		uint32_t i = w->way[w->depth - 1];
		uint32_t k = w->next[w->depth - 1]++;
		size_t to;

		if (k == p->v[i]->after_count) {
			w->state[i] = 2;
			w->depth--;
			continue;
		}
		if (!find_id(p, p->v[i]->after[k], &to) || w->state[to] == 2)
			continue;
		if (w->state[to] == 1)
			return refuse_circle(p, w, to, e);
		w->state[to] = 1;
		w->way[w->depth] = (uint32_t)to;
		w->next[w->depth++] = 0;
	}
	return 0;
}

static int check_circles(const struct pool *p, struct err *e)
{
	auto_free uint8_t *state = calloc(p->count + 1, 1);
	auto_free uint32_t *way = calloc(p->count + 1, sizeof(*way));
	auto_free uint32_t *next = calloc(p->count + 1, sizeof(*next));
	struct walk w = { .state = state, .way = way, .next = next };

	if (!state || !way || !next)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < p->count; i++)
		if (!state[i] && walk_from(p, &w, i, e))
			return -1;
	return 0;
}

/* --- the whole --------------------------------------------------------------------- */

static int check_input(const struct pool *p, const struct job *j, const char *path,
		       struct err *e)
{
	/* what another job makes may come later */
	if (!path || j->after_count || !faccessat(AT_FDCWD, path, R_OK, AT_EACCESS))
		return 0;
	return err_sys(e, "%s:%d: job '%s': cannot read '%s'", p->file, j->line, j->id,
		       path);
}

/* What a job writes is kept as ID/stdout and ID/stderr: no file of another goes there */
static int reserve_streams(struct pool *p, const struct job *j, struct err *e)
{
	static const char *const names[] = { "stdout", "stderr" };
	struct origin at = { p->file, j->line, 1 };
	char name[JOB_ID_MOST + 16];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(name, sizeof(name), "%s/%s", j->id, names[i]);
		if (add_output(p, j, name, &at, e))
			return -1;
	}
	return 0;
}

static int check_inputs(const struct pool *p, const struct job *j, struct err *e)
{
	if (check_input(p, j, j->input, e))
		return -1;
	for (size_t k = 0; k < j->in_count; k++)
		if (check_input(p, j, j->in[k].host, e))
			return -1;
	return 0;
}

int pool_check(struct pool *p, struct loader *ld)
{
	bool has_outputs = p->outputs.count > 0;
	size_t waits = 0;

	for (size_t i = 0; has_outputs && i < p->count; i++)
		if (reserve_streams(p, p->v[i], ld->e) && stops(ld))
			return -1;
	for (size_t i = 0; i < p->count; i++) {
		if (check_inputs(p, p->v[i], ld->e) && stops(ld))
			return -1;
		waits += p->v[i]->after_count;
	}
	if (waits && (spread_all(p, ld) || check_circles(p, ld->e)))
		return -1;
	return ld->is_wrong ? -1 : 0;
}

void pool_release(struct pool *p)
{
	for (size_t i = 0; i < p->count; i++)
		job_free(p->v[i]);
	free(p->v);
	free(p->at);
	free(p->ids.v);
	free(p->outputs.v);
	free(p->groups.v);
	free(p->group);
	*p = (struct pool){ 0 };
}
