// SPDX-License-Identifier: GPL-3.0-or-later
/* queue.c - the order of jobs: what waits for what, cycles, ids, what a journal knows */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "job/journal.h"
#include "job/queue.h"
#include "tap.h"

/** struct made - A job with room for its words; job_free() frees it whole */
struct made {
	struct job job;
	char id[JOB_ID_MOST + 1];
	const char *after[4];
	char names[4][16];
};

/* @after: ids with blanks between them */
static struct job *make(const char *id, const char *after)
{
	struct made *m = calloc(1, sizeof(*m));
	size_t len;

	snprintf(m->id, sizeof(m->id), "%s", id);
	m->job.id = m->id;
	m->job.profile = "batch";
	m->job.after = m->after;
	for (; *after; after += len + (after[len] == ' ')) {
		size_t n = m->job.after_count++;

		len = strcspn(after, " ");
		snprintf(m->names[n], sizeof(m->names[n]), "%.*s", (int)len, after);
		m->after[n] = m->names[n];
	}
	m->job.digest = job_digest(&m->job);
	return &m->job;
}

static enum cause how; /* of a job that failed before */

static bool always(const struct job *j, void *arg)
{
	(void)j, (void)arg;
	return true;
}

static bool not_large(const struct job *j, void *arg)
{
	(void)arg;
	return strcmp(j->id, "large") != 0;
}

/* Every job that can start now, each of which passes but "bad": ids with blanks */
static const char *run_all(struct queue *q, char *out)
{
	struct job *j;

	*out = '\0';
	while ((j = queue_next(q, always, NULL))) {
		bool bad = !strcmp(j->id, "bad");

		strcat(strcat(out, *out ? " " : ""), j->id);
		queue_end(q, j, bad ? JOB_FAILED : JOB_PASSED);
	}
	return out;
}

static void test_order(void)
{
	struct queue q = { 0 };
	struct err e = { 0 };
	char out[256];
	struct job *j;

	queue_add(&q, make("a", "c"), false, &how, &e);
	queue_add(&q, make("b", ""), false, &how, &e);
	queue_add(&q, make("c", "b d"), false, &how, &e);
	queue_add(&q, make("d", ""), false, &how, &e);
	is_num(queue_seal(&q, &e), 0, "jobs may wait for later ones");
	is(run_all(&q, out), "b d c a", "each after what it waits for");
	queue_release(&q);

	queue_add(&q, make("bad", ""), false, &how, &e);
	queue_add(&q, make("x", "bad ok"), false, &how, &e);
	queue_add(&q, make("y", "x"), false, &how, &e);
	queue_add(&q, make("ok", ""), false, &how, &e);
	queue_seal(&q, &e);
	is(run_all(&q, out), "bad ok", "none after one that failed");
	for (*out = '\0'; (j = queue_next_skipped(&q));) {
		strcat(strcat(out, *out ? " " : ""), j->id);
		queue_end(&q, j, JOB_SKIPPED);
	}
	is(out, "x y", "it is skipped, once, and what waits for it");
	queue_release(&q);
}

static void test_put_back(void)
{
	struct queue q = { 0 };
	struct err e = { 0 };
	char out[256];

	queue_add(&q, make("a", ""), false, &how, &e);
	queue_add(&q, make("b", ""), false, &how, &e);
	queue_seal(&q, &e);
	queue_put_back(&q, queue_next(&q, always, NULL));
	is(run_all(&q, out), "a b", "a job that did not begin is the first again");
	queue_add(&q, make("c", ""), true, &how, &e);
	queue_put_back(&q, queue_next(&q, always, NULL));
	queue_add(&q, make("d", ""), true, &how, &e);
	is(run_all(&q, out), "c d", "also where it was the only one");
	queue_release(&q);
}

static void test_wrong(void)
{
	struct queue q = { 0 };
	struct err e = { 0 };

	queue_add(&q, make("a", "c"), false, &how, &e);
	queue_add(&q, make("b", "a"), false, &how, &e);
	queue_add(&q, make("c", "b"), false, &how, &e);
	queue_add(&q, make("d", "a"), false, &how, &e);
	is_num(queue_seal(&q, &e), -1, "a cycle");
	is(e.text, "jobs wait for each other: 'c' after 'b' after 'a' after 'c'",
	   "is told by its names");
	queue_release(&q);

	queue_add(&q, make("a", "a"), false, &how, &e);
	is_num(queue_seal(&q, &e), -1, "a job that waits for itself");
	is(e.text, "jobs wait for each other: 'a' after 'a'", "is one too");
	queue_release(&q);

	queue_add(&q, make("a", "b"), false, &how, &e);
	is_num(queue_seal(&q, &e), -1, "a job that is not there");
	is(e.text, "job 'a': no job has the id 'b', which it is after", "is named");
	queue_release(&q);

	queue_add(&q, make("a", ""), false, &how, &e);
	is_num(queue_add(&q, make("a", ""), false, &how, &e), -1, "an id twice");
	is(e.text, "two jobs have the id 'a'", "is named");
	queue_release(&q);

	is_num(queue_add(&q, make("a", "b"), true, &how, &e), -1,
	       "in a stream what is waited for comes first");
	is(e.text, "job 'a': no job before it has the id 'b', which it is after",
	   "and is named");
	queue_release(&q);

	is_num(queue_add(&q, make("a", "a"), true, &how, &e), -1,
	       "and nothing waits for itself");
	queue_release(&q);
}

static void test_stream(void)
{
	struct queue q = { 0 };
	struct err e = { 0 };
	char out[64];

	queue_add(&q, make("a", ""), true, &how, &e);
	is(run_all(&q, out), "a", "a job of a stream starts at once");
	queue_add(&q, make("b", "a"), true, &how, &e);
	is(run_all(&q, out), "b", "and one that waits for it when that is over");
	is_num(queue_add(&q, make("a", ""), true, &how, &e), -1,
	       "ids are known for ever");
	queue_release(&q);
}

static void test_fair(void)
{
	struct queue q = { 0 };
	struct err e = { 0 };
	struct job *j;
	char id[16];
	int n = 0;

	queue_add(&q, make("large", ""), false, &how, &e);
	for (int i = 0; i < 500; i++) {
		snprintf(id, sizeof(id), "s%d", i);
		queue_add(&q, make(id, ""), false, &how, &e);
	}
	queue_seal(&q, &e);
	while ((j = queue_next(&q, not_large, NULL))) {
		queue_end(&q, j, JOB_PASSED);
		n++;
	}
	ok(n > 10 && n < 200, "small ones pass a large one by, but not for ever (%d)", n);
	j = queue_next(&q, always, NULL);
	is(j->id, "large", "until there is room for it");
	queue_again(&q, j);
	for (n = 0; (j = queue_next(&q, always, NULL)) && strcmp(j->id, "large"); n++)
		queue_end(&q, j, JOB_PASSED);
	ok(n > 300, "who is tried again goes behind the others");
	queue_end(&q, j, JOB_FAILED);
	queue_release(&q);
}

static void test_journal(void)
{
	struct queue q = { 0 };
	struct err e = { 0 };
	struct job *a = make("a", ""), *c = make("c", "");
	struct job *f = make("f", "");
	struct journal_line l = { .job = "a",
				  .cause = "exited",
				  .try = 1,
				  .final = true,
				  .passed = true,
				  .digest = a->digest };
	char out[64];

	is_num(queue_remember(&q, &l, &e), 0, "the end of a job is remembered");
	is_num(queue_remember(&q, &l, &e), -1, "only one");
	l = (struct journal_line){
		.job = "c", .cause = "wall", .try = 1, .digest = c->digest
	};
	queue_remember(&q, &l, &e);
	l.cause = "oom";
	l.try = 2;
	queue_remember(&q, &l, &e);
	l.cause = "cancelled";
	l.try = 3;
	queue_remember(&q, &l, &e);
	l.job = "gone";
	l.final = l.passed = true;
	queue_remember(&q, &l, &e);
	is_num(queue_add(&q, a, false, &how, &e), JOB_PASSED, "it is not run again");
	queue_add(&q, make("b", "a"), false, &how, &e);
	is_num(queue_add(&q, c, false, &how, &e), 0, "a job with tries left is");
	is_num(c->tries, 2, "and knows of these");
	ok(c->retried[CAUSE_WALL] == 1 && c->retried[CAUSE_OOM] == 1 &&
		   !c->retried[CAUSE_CANCELLED],
	   "by cause");
	l = (struct journal_line){ .job = "f", .cause = "oom", .try = 1, .final = true };
	l.digest = f->digest;
	queue_remember(&q, &l, &e);
	is_num(queue_add(&q, f, false, &how, &e), JOB_FAILED, "one that failed is not");
	is_num(how, CAUSE_OOM, "and why is known");
	queue_seal(&q, &e);
	is(run_all(&q, out), "c b", "what waits for one that is over may start");
	is_num(queue_add(&q, make("d", "gone"), true, &how, &e), -1,
	       "what only the journal knows is nobody's to wait for");
	queue_release(&q);

	l = (struct journal_line){
		.job = "a", .cause = "exited", .try = 1, .final = true, .digest = 1
	};
	queue_remember(&q, &l, &e);
	is_num(queue_add(&q, make("a", ""), false, &how, &e), -1,
	       "another job of that id");
	is(e.text, "job 'a' is not what it was when this journal was begun",
	   "is refused");
	queue_release(&q);
}

/* Lines of a job that meant something else when it failed, and of a try since then */
static void remember_failed(struct queue *q, const struct job *j, struct err *e)
{
	struct journal_line l = {
		.job = j->id, .cause = "oom", .try = 1, .digest = j->digest + 1
	};

	queue_remember(q, &l, e);
	l.cause = "wall";
	l.try = 2;
	l.final = true;
	queue_remember(q, &l, e);
	l.final = false;
	l.try = 1;
	l.digest = j->digest;
	queue_remember(q, &l, e);
}

static void test_retries(void)
{
	struct queue q = { 0 };
	struct err e = { 0 };
	struct job *a = make("a", ""), *s = make("s", "a"), *p = make("p", "");
	struct journal_line l = { .job = "s", .cause = "skipped", .final = true };
	char out[64];

	remember_failed(&q, a, &e);
	is_num(queue_add(&q, a, false, &how, &e), -1, "what failed and is changed");
	ok(strstr(e.hint, "--resume-failed"), "is refused: %s", e.hint);
	queue_release(&q);

	a = make("a", "");
	remember_failed(&q, a, &e);
	queue_remember(&q, &l, &e);
	l = (struct journal_line){ .job = "p",
				   .cause = "exited",
				   .try = 1,
				   .final = true,
				   .passed = true,
				   .digest = p->digest };
	queue_remember(&q, &l, &e);
	is_num((long long)queue_left(&q), 3, "three are over");
	q.retries = true;
	is_num(queue_add(&q, a, false, &how, &e), 0, "unless it is to run again");
	ok(a->tries == 1 && a->retried[CAUSE_WALL] == 1 && !a->retried[CAUSE_OOM],
	   "with the tries since its end");
	is_num(queue_add(&q, s, false, &how, &e), 0, "one that was skipped too");
	is_num(queue_add(&q, p, false, &how, &e), JOB_PASSED, "one that passed does not");
	is_num((long long)queue_left(&q), 0, "all have come");
	queue_seal(&q, &e);
	is(run_all(&q, out), "a s", "they run in their order");
	queue_release(&q);

	l.digest = 1;
	queue_remember(&q, &l, &e);
	l.passed = false;
	is_num(queue_remember(&q, &l, &e), -1, "nothing comes behind a pass");
	q.retries = true;
	is_num(queue_add(&q, make("p", ""), false, &how, &e), -1,
	       "what passed and is changed is refused");
	queue_release(&q);

	a = make("a", "");
	remember_failed(&q, a, &e);
	q.retries = true;
	a->digest++;
	is_num(queue_add(&q, a, false, &how, &e), 0, "of a job that is another now");
	is_num(a->tries, 0, "a try counts no more");
	queue_release(&q);
}

/* Ids by the thousand: no growth of the table loses one */
static void test_many(void)
{
	struct queue q = { 0 };
	struct err e = { 0 };
	struct job *j;
	char id[16], before[16] = "";
	int n = 0, refused = 0;

	for (int i = 0; i < 20000; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		queue_add(&q, make(id, before), false, &how, &e);
		memcpy(before, id, sizeof(id));
	}
	is_num(queue_seal(&q, &e), 0, "20000 jobs, each after the one before it");
	for (; (j = queue_next(&q, always, NULL)); n++)
		queue_end(&q, j, JOB_PASSED);
	is_num(n, 20000, "all of them run");
	for (int i = 0; i < 20000; i += 97) {
		snprintf(id, sizeof(id), "n%d", i);
		refused += queue_add(&q, make(id, ""), true, &how, &e) == -1;
	}
	is_num(refused, 207, "and their ids are taken");
	queue_release(&q);
}

int main(void)
{
	plan(51);
	test_order();
	test_put_back();
	test_wrong();
	test_stream();
	test_fair();
	test_journal();
	test_retries();
	test_many();
	return done();
}
