// SPDX-License-Identifier: GPL-3.0-or-later
/* queue.c - which job is next: order, what waits for what, what was done before */
#include "job/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "job/journal.h"

#define NOBODY		 UINT32_MAX
#define PASSED_OVER_MOST 64
#define CYCLE_MOST	 16 /* names of a cycle that are said */

static uint64_t hash_of(const char *id)
{
	return hash_bytes(HASH_START, id, strlen(id));
}

/* --- nodes -------------------------------------------------------------------------- */

static uint32_t find(const struct queue *q, uint64_t hash)
{
	if (!q->index_size)
		return NOBODY;
	for (size_t i = hash & (q->index_size - 1); q->index[i];
	     i = (i + 1) & (q->index_size - 1))
		if (q->v[q->index[i] - 1].hash == hash)
			return q->index[i] - 1;
	return NOBODY;
}

static void put_index(struct queue *q, uint32_t node)
{
	size_t i = q->v[node].hash & (q->index_size - 1);

	while (q->index[i])
		i = (i + 1) & (q->index_size - 1);
	q->index[i] = node + 1;
}

static int grow(struct queue *q, struct err *e)
{
	size_t size = q->index_size ? q->index_size * 2 : 1024;
	struct node *v = realloc(q->v, size / 2 * sizeof(*v));
	uint32_t *index = calloc(size, sizeof(*index));

	if (v)
		q->v = v;
	if (!v || !index || size / 2 >= NOBODY) {
		free(index);
		return err_set(e, "out of memory");
	}
	free(q->index);
	q->index = index;
	q->index_size = size;
	q->room = size / 2;
	for (uint32_t i = 0; i < q->count; i++)
		put_index(q, i);
	return 0;
}

static uint32_t add_node(struct queue *q, uint64_t hash, struct err *e)
{
	if (q->count == q->room && grow(q, e) < 0)
		return NOBODY;
	q->v[q->count] = (struct node){ .hash = hash };
	put_index(q, (uint32_t)q->count);
	return (uint32_t)q->count++;
}

/* NULL where it is over, or has not come */
static struct job *job_of(const struct node *n)
{
	return n->is_past ? NULL : n->job;
}

void queue_release(struct queue *q)
{
	for (size_t i = 0; i < q->count; i++) {
		job_free(job_of(&q->v[i]));
		if (q->v[i].is_past)
			free(q->v[i].past);
	}
	free(q->v);
	free(q->index);
	*q = (struct queue){ 0 };
}

static void push(struct chain *c, struct job *j)
{
	j->next = NULL;
	if (c->last)
		c->last->next = j;
	else
		c->first = j;
	c->last = j;
}

static void unlink_behind(struct chain *c, struct job *before, struct job *j)
{
	if (before)
		before->next = j->next;
	else
		c->first = j->next;
	if (c->last == j)
		c->last = before;
	j->next = NULL;
}

/* --- what came, what waits for what ------------------------------------------------- */

/* The node of a job that only the journal knows. Return: NULL and @e */
static struct node *past_node(struct queue *q, uint64_t hash, struct err *e)
{
	uint32_t i = find(q, hash);
	struct past *p;

	if (i != NOBODY)
		return &q->v[i];
	p = calloc(1, sizeof(*p));
	if (!p)
		err_set(e, "out of memory");
	else if ((i = add_node(q, hash, e)) == NOBODY)
		free(p);
	if (i == NOBODY)
		return NULL;
	q->v[i].is_past = true;
	q->v[i].past = p;
	return &q->v[i];
}

static void forget_tries(struct past *p)
{
	p->tries = 0;
	memset(p->retried, 0, sizeof(p->retried));
}

int queue_remember(struct queue *q, const struct journal_line *l, struct err *e)
{
	struct node *n = past_node(q, hash_of(l->job), e);
	int cause = cause_find(l->cause);
	struct past *p;

	if (!n)
		return -1;
	if (n->state == JOB_PASSED)
		return err_set(e, "the journal has two ends of job '%s'", l->job);
	p = n->past;
	if (l->final) {
		n->state = l->passed ? JOB_PASSED : cause < 0 ? JOB_SKIPPED : JOB_FAILED;
		p->digest = l->digest;
		p->cause = cause < 0 ? 0 : (uint8_t)cause;
		forget_tries(p);
		return 0;
	}
	/* one that runs again once more is over as it was, until it has another end */
	if (n->state < JOB_PASSED)
		p->digest = l->digest;
	/* A try that the end of a batch broke off was none */
	if (cause == CAUSE_CANCELLED || l->try < 1 || l->try > JOB_TRIES)
		return 0;
	if (p->tried != l->digest)
		forget_tries(p);
	p->tried = l->digest;
	p->tries = (uint8_t)l->try;
	if (cause >= 0)
		p->retried[cause]++;
	return 0;
}

static int add_link(struct job *to, uint32_t who)
{
	uint32_t *links;

	/* doubled at each power of two */
	if (!(to->link_count & (to->link_count - 1))) {
		links = realloc(to->links, (to->link_count ? to->link_count * 2 : 1) *
						   sizeof(*links));
		if (!links)
			return -1;
		to->links = links;
	}
	to->links[to->link_count++] = who;
	return 0;
}

/* Return: 0; 1 where it never starts, since one that it waits for did not pass */
static int wait_for_others(struct queue *q, struct job *j, bool late, struct err *e)
{
	int never = 0;

	for (size_t i = 0; i < j->after_count; i++) {
		uint32_t other = find(q, hash_of(j->after[i]));
		struct node *o = other == NOBODY ? NULL : &q->v[other];

		/* A job of the journal that has not come now is nobody's */
		if (!o || o->is_past || (late && o->job == j)) {
			err_set(e,
				"job '%s': no job%s has the id '%s', which it is after",
				j->id, late ? " before it" : "", j->after[i]);
			return -1;
		}
		if (o->state == JOB_PASSED)
			continue;
		if (o->state > JOB_PASSED)
			never = 1;
		else if (add_link(o->job, j->node) < 0)
			return err_set(e, "out of memory");
		else
			j->waits++;
	}
	return never;
}

static void enter(struct queue *q, struct job *j, int never)
{
	if (never) {
		j->state = JOB_SKIPPED;
		push(&q->skipped, j);
	} else if (!j->waits) {
		j->state = JOB_READY;
		push(&q->ready, j);
	}
	q->v[j->node].state = (uint8_t)j->state;
}

static int refuse(const struct node *n, const struct job *j, struct err *e)
{
	err_set(e, "job '%s' is not what it was when this journal was begun", j->id);
	return err_hint(e,
			n->state == JOB_PASSED
				? "a job that is changed needs another id, or the batch "
				  "another journal"
				: "it did not pass: --resume-failed runs it as it is "
				  "now, and all others that did not");
}

/* The job of a node that the journal knows. Return: as queue_add() */
static int claim(struct node *n, struct job *j, bool retries, enum cause *cause,
		 struct err *e)
{
	struct past *p = n->past;

	if (!n->is_past)
		return err_set(e, "two jobs have the id '%s'", j->id);
	retries = retries && n->state != JOB_PASSED;
	if (!retries && p->digest != j->digest)
		return refuse(n, j, e);
	if (retries) {
		n->state = JOB_WAITS;
		if (p->tried != j->digest)
			forget_tries(p);
	}
	j->tries = p->tries;
	memcpy(j->retried, p->retried, sizeof(j->retried));
	*cause = p->cause;
	free(p);
	n->is_past = false;
	n->job = NULL;
	return n->state >= JOB_PASSED ? n->state : 0;
}

int queue_add(struct queue *q, struct job *j, bool late, enum cause *cause, struct err *e)
{
	uint64_t hash = hash_of(j->id);
	uint32_t i = find(q, hash);
	int r = 0;

	if (i != NOBODY)
		r = claim(&q->v[i], j, q->retries, cause, e);
	else if ((i = add_node(q, hash, e)) == NOBODY)
		r = -1;
	if (r) {
		job_free(j);
		return r;
	}
	j->node = i;
	j->state = JOB_WAITS;
	q->v[i].state = JOB_WAITS;
	q->v[i].job = j;
	if (!late)
		return 0;
	r = wait_for_others(q, j, late, e);
	if (r < 0)
		return -1;
	enter(q, j, r);
	return 0;
}

size_t queue_left(const struct queue *q)
{
	size_t n = 0;

	for (size_t i = 0; i < q->count; i++)
		n += q->v[i].is_past && q->v[i].state >= JOB_PASSED;
	return n;
}

/* A job in a cycle, or on the way to one, waits for another such: the first of these */
static uint32_t waits_for(const struct queue *q, uint32_t at)
{
	const struct job *j = q->v[at].job;

	for (size_t i = 0; i < j->after_count; i++) {
		uint32_t o = find(q, hash_of(j->after[i]));

		if (q->v[o].job && q->v[o].job->waits)
			return o;
	}
	return at;
}

/* As many steps as there are jobs end in a cycle, wherever they begin */
static int say_cycle(const struct queue *q, uint32_t at, struct err *e)
{
	auto_text names = { 0 };
	uint32_t start;
	int n = 0;

	for (size_t i = 0; i < q->count; i++)
		at = waits_for(q, at);
	start = at;
	do {
		text_addf(&names, "'%s' after ", q->v[at].job->id);
		at = waits_for(q, at);
	} while (at != start && ++n < CYCLE_MOST);
	text_addf(&names, "'%s'%s", q->v[at].job->id, at == start ? "" : " ...");
	return err_set(e, "jobs wait for each other: %s", text_str(&names));
}

/* Kahn's way: who waits for nobody lets go of who waits for them, and so on. What is left
 * waits for each other. @left: counts of waiting, a copy */
static int check_cycles(struct queue *q, uint32_t *left, uint32_t *stack, struct err *e)
{
	size_t depth = 0, seen = 0;

	for (uint32_t i = 0; i < q->count; i++) {
		const struct job *j = job_of(&q->v[i]);

		left[i] = j ? j->waits : 0;
		if (!left[i])
			stack[depth++] = i;
	}
	while (depth) {
		const struct job *j = job_of(&q->v[stack[--depth]]);

		seen++;
		for (size_t i = 0; j && i < j->link_count; i++)
			if (!--left[j->links[i]])
				stack[depth++] = j->links[i];
	}
	if (seen == q->count)
		return 0;
	for (uint32_t i = 0; i < q->count; i++)
		if (job_of(&q->v[i]))
			q->v[i].job->waits = left[i];
	for (uint32_t i = 0; i < q->count; i++)
		if (left[i])
			return say_cycle(q, i, e);
	return 0;
}

int queue_seal(struct queue *q, struct err *e)
{
	uint32_t *room = calloc(q->count + 1, 2 * sizeof(*room));
	int r = room ? 0 : err_set(e, "out of memory");

	/* First all links, then who may start: no job is ready before */
	for (uint32_t i = 0; !r && i < q->count; i++) {
		struct job *j = job_of(&q->v[i]);
		int never = j ? wait_for_others(q, j, false, e) : 0;

		if (never < 0)
			r = -1;
		else if (never)
			j->state = JOB_SKIPPED;
	}
	if (!r)
		r = check_cycles(q, room, room + q->count, e);
	for (uint32_t i = 0; !r && i < q->count; i++) {
		struct job *j = job_of(&q->v[i]);

		if (j)
			enter(q, j, j->state == JOB_SKIPPED);
	}
	free(room);
	return r;
}

/* --- who is next -------------------------------------------------------------------- */

struct job *queue_next(struct queue *q, bool (*fits)(const struct job *j, void *arg),
		       void *arg)
{
	struct job *before = NULL, *j = q->ready.first;
	int looked = 0;

	for (; j; before = j, j = j->next) {
		if (fits(j, arg))
			break;
		/* The first waits for room: others go by only so long, and far */
		if (q->passed_over >= PASSED_OVER_MOST || ++looked >= PASSED_OVER_MOST)
			return NULL;
	}
	if (!j)
		return NULL;
	q->passed_over = before ? q->passed_over + 1 : 0;
	unlink_behind(&q->ready, before, j);
	j->state = JOB_RUNS;
	q->v[j->node].state = JOB_RUNS;
	return j;
}

static void set_ready(struct queue *q, struct job *j)
{
	j->state = JOB_READY;
	q->v[j->node].state = JOB_READY;
}

void queue_put_back(struct queue *q, struct job *j)
{
	set_ready(q, j);
	j->next = q->ready.first;
	q->ready.first = j;
	if (!q->ready.last)
		q->ready.last = j;
}

void queue_again(struct queue *q, struct job *j)
{
	set_ready(q, j);
	push(&q->ready, j);
}

void queue_end(struct queue *q, struct job *j, enum job_state state)
{
	struct node *n = &q->v[j->node];

	n->state = (uint8_t)state;
	n->job = NULL;
	for (size_t i = 0; i < j->link_count; i++) {
		struct node *o = &q->v[j->links[i]];

		if (o->state != JOB_WAITS)
			continue;
		o->job->waits--;
		if (state != JOB_PASSED || !o->job->waits)
			enter(q, o->job, state != JOB_PASSED);
	}
	job_free(j);
}

struct job *queue_next_skipped(struct queue *q)
{
	struct job *j = q->skipped.first;

	if (j)
		unlink_behind(&q->skipped, NULL, j);
	return j;
}
