// SPDX-License-Identifier: GPL-3.0-or-later
/* prove.c - `nook lab test`: what every lab owes to who learns by it
 *
 * It is not solved after its start; it is solved by its solution, by each way; after a
 * reset it is not, and nothing is left; each wrong way gets its own diagnosis. Each of
 * these is a line of TAP. Whatever changes a playground has one of its own, which ends
 * with it and leaves nothing.
 *
 * A way by hand runs in the playground as long as it likes, beside the checks, as in a
 * second terminal. What it does takes its time, so a check that should find something is
 * repeated until it does, up to PATIENCE: long enough for a processor that is emulated,
 * and so is what a command of a fact may take, and all words of a way. Between two checks
 * there is as much time as one has taken, or there would be none for the way where there
 * is one processor.
 */
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "cmd/lab.h"
#include "host/host.h"
#include "lab/judge.h"
#include "lab/left.h"
#include "lab/lesson.h"
#include "lab/self.h"

#define PATIENCE_MS 60000
#define PAUSE_MS    20

/** struct way - One that is being gone; @pid: 0 = it has ended */
struct way {
	pid_t pid;
	int said, code;
};

/**
 * struct proof - One lab on trial
 * @before:	What there was of nook before it
 * @is_up:	There is a playground
 * @way:	The last one in it
 * @needs:	What was found of this machine
 * @number:	Of the last line of TAP
 * @failed:	Any of them
 */
struct proof {
	const struct lab *lab;
	struct text dir;
	char token[TOKEN_SIZE];
	struct text before;
	bool is_up;
	struct way way;
	struct needs *needs;
	size_t number;
	bool failed;
};

/* --- TAP --------------------------------------------------------------------------- */

static void print_now(struct text *t)
{
	struct err none;

	cmd_print(t, &none);
	text_cut(t, 0);
}

/* @why: what stands behind a failure, NULL = it is right */
static void tell(struct proof *p, const char *what, const char *why)
{
	auto_text out = { 0 }, lines = { 0 };

	text_addf(&out, "%sok %zu - %s %s\n", why ? "not " : "", ++p->number, p->lab->id,
		  what);
	if (why)
		say_lines(&lines, why, 0);
	for (const char *s = text_str(&lines); *s;) {
		size_t n = strcspn(s, "\n");

		text_addf(&out, "#   %.*s\n", (int)n, s);
		s += n + (s[n] == '\n');
	}
	p->failed = p->failed || why;
	print_now(&out);
}

static void skip_lab(struct proof *p, const char *why)
{
	auto_text out = { 0 };

	text_addf(&out, "ok %zu - %s # SKIP needs ", ++p->number, p->lab->id);
	text_safe(&out, why);
	text_addc(&out, '\n');
	print_now(&out);
}

/* --- ways -------------------------------------------------------------------------- */

static int way_start(const struct proof *p, const struct lab_way *w, struct way *out,
		     struct err *e)
{
	auto_text words = { 0 };
	const char *by_nook[] = { "console", "-c", NULL, NULL };
	const char *by_hand[] = { "exec", PLAY_BOX, "--", "sh", "-c", w->raw, NULL };

	*out = (struct way){ .said = -1 };
	if (w->nook)
		put_words(&words, w->nook, text_str(&p->dir));
	by_nook[2] = text_str(&words);
	out->pid = self_start(w->nook ? by_nook : by_hand, &out->said, e);
	if (out->pid < 0)
		return -1;
	/* Words are typed one behind the other, and each has its end */
	if (w->nook) {
		out->code = self_wait(out->pid, PATIENCE_MS);
		out->pid = 0;
	}
	return 0;
}

/* The playground has ended, and with it what ran there */
static void way_end(struct way *w)
{
	if (w->pid > 0) {
		kill(w->pid, SIGKILL);
		self_wait(w->pid, -1);
	}
	if (w->said >= 0)
		close(w->said);
	*w = (struct way){ .said = -1 };
}

/* --- checks ------------------------------------------------------------------------ */

static int look(const struct proof *p, struct verdict *v, struct err *e)
{
	struct play play;
	int rc;

	play_look(p->lab, text_str(&p->dir), p->token, &play);
	play.scene.run_ms = PATIENCE_MS;
	rc = judge(p->lab, &play.scene, v, e);
	play_release(&play);
	return rc;
}

static void add_verdict(const struct proof *p, const struct verdict *v, struct text *out)
{
	for (size_t i = 0; i < v->count; i++)
		text_addf(out, "%s %s: expected %s, found %s\n",
			  v->found[i].holds ? "holds:" : "does not hold:",
			  p->lab->check.v[i].line, text_str(&v->found[i].expected),
			  text_str(&v->found[i].found));
	text_addf(out, "diagnosis: %s\n", v->diagnosis ? v->diagnosis->id : "none");
}

/* Whether it came out as it should: solved, or by that diagnosis */
static bool is_right(const struct verdict *v, const char *diagnosis)
{
	if (!diagnosis)
		return v->solved;
	return v->diagnosis && !strcmp(v->diagnosis->id, diagnosis);
}

static void sleep_ms(int64_t ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* No wrong way is a solution for a while, which two looks in a row tell: whoever looks
 * just then would be told so. A command on such a way may pass through one: unshare(1)
 * makes a namespace to be kept, and is in it itself for a moment.
 * Return: 0 it came out right; 1 and @why; -1 and @e */
static int wait_for(const struct proof *p, const char *diagnosis, struct text *why,
		    struct err *e)
{
	int64_t end = clock_ms() + PATIENCE_MS, start;
	bool right, late, was_solved = false;
	struct verdict v;

	do {
		start = clock_ms();
		if (look(p, &v, e) < 0)
			return -1;
		right = is_right(&v, diagnosis);
		late = clock_ms() >= end || (diagnosis && v.solved && was_solved);
		was_solved = v.solved;
		if (!right && late)
			add_verdict(p, &v, why);
		verdict_release(&v);
		if (!right && !late)
			sleep_ms(clock_ms() - start + PAUSE_MS);
	} while (!right && !late);
	return !right;
}

/* Where the way leads. A solution by words of which one fails leads nowhere. Return: as
 * wait_for() */
static int arrive(const struct proof *p, const char *diagnosis, struct text *why,
		  struct err *e)
{
	int rc = !diagnosis && p->way.code ? 1 : wait_for(p, diagnosis, why, e);

	if (rc == 1 && p->way.code == SELF_LATE)
		text_addf(why, "not over after %d s:\n", PATIENCE_MS / 1000);
	if (rc == 1)
		self_said(p->way.said, why);
	return rc;
}

static int begin(struct proof *p, struct err *e)
{
	const char *dir = text_str(&p->dir);

	p->is_up = play_token(p->token, e) == 0 && play_may_start(p->lab, dir, e) == 0 &&
		   play_start(p->lab, dir, p->token, e) == 0;
	return p->is_up ? 0 : -1;
}

/* End it, and look for what is left. Return: 0; 1 and @why; -1 and @e */
static int finish(struct proof *p, struct text *why, struct err *e)
{
	auto_text after = { 0 }, more = { 0 };
	int rc = play_end(p->lab, text_str(&p->dir), e);

	p->is_up = false;
	if (!rc) {
		left_find(p->lab, text_str(&p->dir), &after);
		left_more(&p->before, &after, &more);
	}
	way_end(&p->way);
	if (rc < 0)
		return -1;
	if (!more.len)
		return 0;
	text_addf(why, "left behind:\n%s", text_str(&more));
	return 1;
}

/* --- what is owed ------------------------------------------------------------------ */

/* The line of an obligation, and the end of its playground unless that @stays for the
 * next */
static void conclude(struct proof *p, const char *what, bool stays, struct text *why)
{
	struct err e = { 0 };

	/* What stood in the way of a start is somebody's */
	if (p->is_up && !stays && finish(p, why, &e) < 0)
		text_addf(why, "%s\n", e.text);
	tell(p, what, why->len ? text_str(why) : NULL);
}

/* A playground in which nothing was done is not solved. Where one is up it is begun anew,
 * as reset does it */
static void owe_fresh(struct proof *p, const char *what, bool stays)
{
	auto_text why = { 0 };
	struct err e = { 0 };
	struct verdict v = { 0 };
	int rc = p->is_up ? finish(p, &why, &e) : 0;

	if (!rc)
		rc = begin(p, &e);
	if (!rc)
		rc = look(p, &v, &e);
	if (!rc && v.solved)
		text_add(&why, "it is solved, and nothing was done\n");
	verdict_release(&v);
	if (rc < 0)
		text_addf(&why, "%s\n%s\n", e.text, e.hint);
	conclude(p, what, stays, &why);
}

/* A way, in the playground that is up or in one of its own. @diagnosis: what it must get,
 * NULL = solved */
static void owe_way(struct proof *p, const char *what, const struct lab_way *way,
		    const char *diagnosis, bool stays)
{
	auto_text why = { 0 };
	struct err e = { 0 };
	int rc = p->is_up ? 0 : begin(p, &e);

	if (!rc)
		rc = way_start(p, way, &p->way, &e);
	if (!rc)
		rc = arrive(p, diagnosis, &why, &e);
	if (rc < 0)
		text_addf(&why, "%s\n%s\n", e.text, e.hint);
	conclude(p, what, stays, &why);
}

/* Making a playground takes most of the time, so one that was only looked at is where a
 * solution begins, as it is for a learner */
static void owe_ways(struct proof *p)
{
	static const char fresh[] = "is not solved after its start";
	static const char anew[] = "is not solved after a reset, and leaves nothing";
	static const char by_nook[] = "is solved by words of nook";
	static const char by_hand[] = "is solved by hand";
	const struct lab_way nook = { .nook = p->lab->solution.nook };
	const struct lab_way raw = { .raw = p->lab->solution.raw };
	bool both = nook.nook && raw.raw;

	owe_fresh(p, fresh, true);
	if (nook.nook)
		owe_way(p, by_nook, &nook, NULL, true);
	else if (raw.raw)
		owe_way(p, by_hand, &raw, NULL, true);
	owe_fresh(p, anew, both);
	if (both)
		owe_way(p, by_hand, &raw, NULL, false);
}

static void prove(struct proof *p)
{
	const struct lab *l = p->lab;

	left_find(l, text_str(&p->dir), &p->before);
	owe_ways(p);
	for (size_t i = 0; i < l->wrong_count; i++) {
		const struct lab_wrong *w = &l->wrong[i];
		auto_text what = { 0 };

		if (!w->way.nook && !w->way.raw)
			continue; /* a way of the other version of cgroups */
		text_addf(&what, "tells of %s (wrong way %zu)", w->diagnosis, i + 1);
		owe_way(p, text_str(&what), &w->way, w->diagnosis, false);
	}
}

/* --- the command ------------------------------------------------------------------- */

/* Return: 0; -1 and @e: it cannot even be read */
static int prove_one(const struct lab_place *at, struct host *h, struct proof *p,
		     struct err *e)
{
	struct lab *l = NULL;
	const char *lacks;

	if (lab_open(at, &l, e) < 0)
		return -1;
	needs_choose(p->needs, l);
	p->lab = l;
	p->dir = p->before = (struct text){ 0 };
	lacks = needs_lacking(p->needs, &l->needs);
	if (lacks)
		skip_lab(p, lacks);
	else if (play_dir(h, l->id, &p->dir, e) == 0)
		prove(p);
	text_release(&p->dir);
	text_release(&p->before);
	lab_free(l);
	return 0;
}

static int prove_all(const struct args *a, struct lesson *s, struct host *h,
		     struct err *e)
{
	size_t n = a->word_count ? a->word_count : s->set.count;
	struct proof p = { .way = { .said = -1 }, .needs = &s->needs };
	auto_text out = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct lab_place *at =
			a->word_count ? lab_find(&s->set, a->words[i], e) : &s->set.v[i];

		if (!at || prove_one(at, h, &p, e) < 0)
			return -1;
	}
	text_addf(&out, "1..%zu\n", p.number);
	return cmd_print(&out, e) < 0 ? -1 : p.failed;
}

int lab_test(const struct args *a, struct err *e)
{
	auto_lesson s = { .diary = { .dir = -1 } };
	struct host *h;
	int rc;

	if (lesson_open(&s, false, e) < 0 || lesson_find(&s, a, e) < 0)
		return -1;
	if (s.is_on) {
		err_set(e, "lab %s is at hand, and a test needs its playground",
			s.now.id);
		return err_hint(e, "nook lab stop");
	}
	h = host_new();
	rc = h ? prove_all(a, &s, h, e) : err_set(e, "out of memory");
	host_free(h);
	return rc;
}
