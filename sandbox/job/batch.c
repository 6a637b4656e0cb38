// SPDX-License-Identifier: GPL-3.0-or-later
/* batch.c - the supervisor: jobs into slots, reports into the journal
 *
 * Theory of operation. One loop waits for everything at once (epoll): reports of slots,
 * their ends (pidfds), signals, jobs of a stream, the disk of the journal, the clock.
 * Nothing in it blocks but the writing of files.
 *
 *	take	a job comes: the queue checks it and knows what it waits for
 *	start	a slot is free: the job's plan is written to its memory, the order sent
 *	report	the try has ended: a line of the journal, then the job is over, or goes
 *		behind the others for another try
 *
 * Processes may run out (RLIMIT_NPROC, pids.max): a job that could not begin for want of
 * one has no try behind it. It waits for the end of another, from then on as many run at
 * a time as did then, and slots that are left over end; where none ran it waits a moment.
 *
 * It ends when nothing runs and nothing can start. Whatever asks for an end before lets
 * the slots run empty (draining) or ends what runs as well (cancelling); a try that was
 * broken off so is not final. What nook itself fails at (the journal, the output) breaks
 * the batch: what runs is ended, nothing of it is called final, and --resume goes on.
 */
#include "job/batch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/sys.h"
#include "job/output.h"
#include "plan.h"

#define EVENTS	  64
#define AHEAD	  1024 /* jobs of a stream that wait here, beside those in slots */
#define SPARE_FDS 16   /* more than the start of a job opens */

/* Without a process for a single job: 50 ms, then twice as long each time, 13 s in all */
#define HOLD_FIRST 50000000ull
#define HOLDS_MOST 8

/* What an event is of; slots count from SLOT on, two each */
enum { SIGNALS, SOURCE, JOURNAL, SLOT };

static int watch(const struct batch *b, int fd, unsigned int what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = what };

	return epoll_ctl(b->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int watch_slot(const struct batch *b, const struct slot *s)
{
	unsigned int what = SLOT + 2 * (unsigned int)s->number;

	return watch(b, s->sock, what) | watch(b, s->pidfd, what + 1);
}

/* --- processes of slots ----------------------------------------------------------- */

/* A process of a slot has ended by itself, and the box that it kept with it: @why. The
 * descriptors may be open in a slot that was just begun: closing them alone does not end
 * their events. Return: 0; -1 and @e where that happened before, and it had no order */
static int bury(struct batch *b, struct place *p, char why[64], struct err *e)
{
	bool idle = !p->slot.busy;
	int status;

	epoll_ctl(b->epoll, EPOLL_CTL_DEL, p->slot.sock, NULL);
	epoll_ctl(b->epoll, EPOLL_CTL_DEL, p->slot.pidfd, NULL);
	status = slot_reap(&p->slot);
	snprintf(why, 64, "lost: its slot ended (%s %d)",
		 WIFSIGNALED(status) ? "signal" : "exit code",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	if (idle && p->restarted)
		return err_set(e, "slot %d ends again and again: %s", p->slot.number,
			       why);
	return 0;
}

static int revive(struct batch *b, struct place *p, struct err *e)
{
	p->restarted = true;
	if (slot_start(&p->slot, e) < 0)
		return -1;
	return watch_slot(b, &p->slot) < 0 ? err_sys(e, "cannot wait for events") : 0;
}

/* To the slot, or to another process of it: one without a job may have ended, and no
 * event has told yet. Return: 0, -1 and @e */
static int give(struct batch *b, struct place *p, const int fds[SLOT_FDS], struct err *e)
{
	char why[64];

	if (!slot_order(&p->slot, fds))
		return 0;
	if (errno == EPIPE) {
		if (bury(b, p, why, e) < 0 || revive(b, p, e) < 0)
			return -1;
		if (!slot_order(&p->slot, fds))
			return 0;
	}
	return err_sys(e, "cannot give slot %d a job", p->slot.number);
}

/* --- ends before the end --------------------------------------------------------- */

static void cancel_all(struct batch *b)
{
	b->draining = b->cancelling = true;
	for (int i = 0; i < b->count; i++)
		slot_cancel(&b->places[i].slot);
}

/* nook itself failed: no job is started any more, those that run end */
static void batch_break(struct batch *b, const struct err *e)
{
	if (!b->broken)
		b->why = *e;
	b->broken = true;
	cancel_all(b);
}

static void take_signals(struct batch *b)
{
	struct signalfd_siginfo si;

	while (read(b->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		bool first = !b->signal;

		if (first)
			b->signal = (int)si.ssi_signo;
		if (!first || si.ssi_signo != SIGINT) {
			cancel_all(b);
			continue;
		}
		b->draining = true;
		if (b->tally.running)
			progress_say(b->progress, "no job is started any more; ^C again "
						  "ends those that run");
	}
}

/* --- want of processes ------------------------------------------------------------ */

/* Only where nothing runs: else the end of a job is what is waited for. Return: false
 * where it was waited for long enough */
static bool hold(struct batch *b)
{
	if (b->holds == HOLDS_MOST)
		return false;
	b->hold = clock_ns(CLOCK_MONOTONIC) + (HOLD_FIRST << b->holds++);
	return true;
}

/* The job in @p could not begin, and is the next again. Return: false where it is not:
 * it has waited long enough */
static bool postpone(struct batch *b, struct place *p, const struct result *r,
		     const struct err *e)
{
	size_t others = b->tally.running - 1;
	auto_text line = { 0 };
	struct job *j = p->job;

	if (!others && !hold(b))
		return false;
	p->job = NULL;
	b->tally.running--;
	admit_give(&b->admission, j);
	j->tries--;
	progress_end(b->progress, j, p->slot.number, r, false);
	queue_put_back(&b->queue, j);
	if (others && others < (size_t)b->most)
		b->most = (int)others;
	text_addf(&line, "fewer jobs run at a time from here on: %s", e->text);
	if (others && !b->fewer)
		progress_say(b->progress, text_str(&line));
	b->fewer |= others > 0;
	return true;
}

/* Slots that rest, and have a process that a job may need */
static void drop_places(struct batch *b)
{
	while (b->count > b->most && !b->places[b->count - 1].job) {
		struct slot *s = &b->places[--b->count].slot;

		epoll_ctl(b->epoll, EPOLL_CTL_DEL, s->sock, NULL);
		epoll_ctl(b->epoll, EPOLL_CTL_DEL, s->pidfd, NULL);
		slot_close(s);
	}
}

/* Whether it has a process, or is to be made; one that lost its own gets another where a
 * job is there for it */
static bool has_process(struct batch *b, int i)
{
	struct place *p = &b->places[i];
	struct err e = { 0 };

	if (i >= b->count || p->slot.pid)
		return true;
	if (!b->queue.ready.first)
		return false;
	if (!revive(b, p, &e))
		return true;
	if (e.code != EAGAIN || (!b->tally.running && !hold(b)))
		batch_break(b, &e);
	return false;
}

/* --- start ----------------------------------------------------------------------- */

/* A try without a report, told as if it had one. @serial: of the order, 0 = none sent */
static void fake_result(struct slot_report *r, uint64_t serial, enum cause cause,
			const char *why)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	memset(&r->result, 0xff, sizeof(r->result)); /* no number is known */
	r->result.id[0] = r->result.name[0] = r->result.cpuset[0] = '\0';
	r->result.hint[0] = '\0';
	r->result.cause = cause;
	r->result.exit_code = cause == CAUSE_LOST ? 137 : 125;
	r->result.signal = 0;
	r->result.limits = (struct plan_limits){ 0 };
	r->result.wall_ns = r->result.paused_ns = 0;
	r->result.finished_ns =
		(uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	r->result.started_ns = r->result.finished_ns;
	snprintf(r->result.message, sizeof(r->result.message), "%s", why);
	r->result.output_error = r->result.not_taken = 0;
	r->result.digest = 0;
	r->serial = serial;
}

static void end_try(struct batch *b, struct place *p, struct slot_report *r);

/* Return: 0, -1 and @e when the job cannot run, -2 when nook cannot */
static int order(struct batch *b, struct place *p, struct err *e)
{
	int fds[SLOT_FDS] = { -1, -1, -1, -1 };
	const struct made *made;
	bool is_new;
	int r = -1;

	made = plans_get(&b->plans, p->job, &is_new, e);
	p->slot.made = made ? made->number : 0;
	if (!made)
		prepare_none(p->slot.plan, p->job);
	else if (!prepare(p->slot.plan, made->plan, p->job, e) &&
		 !output_open_input(p->job, &fds[0], e))
		r = output_open(b->output, p->job, fds, e);
	if (!r && give(b, p, fds, e) < 0)
		r = -2;
	for (int i = 0; i < SLOT_FDS; i++)
		if (fds[i] >= 0 && fds[i] != b->output)
			close(fds[i]);
	return r;
}

static void start(struct batch *b, struct place *p, struct job *j)
{
	struct slot_report report;
	struct err e = { 0 };
	int r;

	p->job = j;
	j->tries++;
	b->tally.running++;
	progress_start(b->progress, j, p->slot.number);
	r = order(b, p, &e);
	if (!r)
		return;
	fake_result(&report, 0, CAUSE_SETUP, e.text);
	if (r == -2 && e.code == EAGAIN && postpone(b, p, &report.result, &e))
		return;
	if (r == -2) {
		batch_break(b, &e);
		report.result.cause = CAUSE_CANCELLED;
	}
	end_try(b, p, &report);
}

static bool fits(const struct job *j, void *admission)
{
	return admit_take(admission, j);
}

/* A descriptor has the lowest number that is free: whether enough are left behind those
 * of a slot, the last that was made, to start jobs */
static bool has_spare_fds(const struct slot *s, struct err *e)
{
	if (s->pidfd < sysconf(_SC_OPEN_MAX) - SPARE_FDS)
		return true;
	err_set(e, "the limit of open files is near (ulimit -n)");
	return false;
}

/* Of -j auto, whose slots are made when they are needed first. Return: false where there
 * can be no more of them, and the job is the next again */
static bool make_place(struct batch *b, struct job *j)
{
	struct slot *s = &b->places[b->count].slot;
	auto_text line = { 0 };
	struct err e = { 0 };

	if (!batch_add_slot(b, &e)) {
		if (has_spare_fds(s, &e)) {
			if (!watch_slot(b, s))
				return true;
			err_sys(&e, "cannot wait for events");
		}
		slot_close(s);
		b->count--;
	}
	b->most = b->count;
	admit_give(&b->admission, j);
	queue_put_back(&b->queue, j);
	text_addf(&line, "no more than %d jobs run at a time: %s", b->count, e.text);
	progress_say(b->progress, text_str(&line));
	return false;
}

static bool may_start(const struct batch *b, int i)
{
	return !b->draining && !b->hold && i < b->most &&
	       b->tally.running < (size_t)b->most;
}

static void start_jobs(struct batch *b)
{
	if (b->hold && clock_ns(CLOCK_MONOTONIC) >= b->hold)
		b->hold = 0;
	drop_places(b);
	for (int i = 0; may_start(b, i); i++) {
		struct place *p = &b->places[i];
		struct job *j;

		/* what fails before it runs leaves the slot free */
		while (!p->job && may_start(b, i) && has_process(b, i) &&
		       (j = queue_next(&b->queue, fits, &b->admission)))
			if (i < b->count || make_place(b, j))
				start(b, p, j);
		if (!p->job && (i >= b->count || p->slot.pid))
			return;
	}
}

/* --- report ---------------------------------------------------------------------- */

static bool has_passed(const struct result *r)
{
	return r->cause == CAUSE_EXITED && !r->exit_code && !r->not_taken;
}

static bool may_retry(const struct job *j, const struct result *r)
{
	return j->tries <= j->retry.times && j->tries < JOB_TRIES &&
	       j->retried[r->cause] < j->retry.cause[r->cause];
}

static void write_line(struct batch *b, const struct text *line)
{
	struct err e;

	if (journal_add(&b->journal, line, &e) < 0)
		batch_break(b, &e);
}

/* Jobs that wait for one that did not pass */
static void end_skipped(struct batch *b)
{
	struct job *j;

	while (!b->broken && (j = queue_next_skipped(&b->queue))) {
		auto_text line = { 0 };

		journal_words_skipped(j, "skipped: a job that it is after did not pass",
				      &line);
		write_line(b, &line);
		if (b->broken)
			return;
		b->tally.done++;
		b->tally.skipped++;
		queue_end(&b->queue, j, JOB_SKIPPED);
	}
}

static void count_end(struct batch *b, const struct result *r, bool passed)
{
	b->tally.done++;
	if (passed)
		b->tally.passed++;
	else
		b->tally.failed[r->cause]++;
	if (!passed && b->fail_fast && !b->draining) {
		progress_say(b->progress, "a job failed: the others are ended "
					  "(--fail-fast)");
		cancel_all(b);
	}
}

/* So that the journal does not count the try */
static void call_cancelled(struct result *r)
{
	char end[sizeof(r->message)];

	if (r->cause == CAUSE_CANCELLED)
		return;
	snprintf(end, sizeof(end), "%s", r->message);
	snprintf(r->message, sizeof(r->message), "cancelled with its batch: %.*s",
		 (int)sizeof(end) - 32, end);
	r->cause = CAUSE_CANCELLED;
}

/* A try has ended, or could not begin: write it down, and see what becomes of the job */
static void end_try(struct batch *b, struct place *p, struct slot_report *report)
{
	struct result *r = &report->result;
	struct job *j = p->job;
	/* how it ended tells nothing: a command may end by itself when it is asked to */
	bool broken_off = b->broken || slot_was_cancelled(&p->slot, report->serial);
	bool passed = !broken_off && has_passed(r);
	bool again = !passed && !broken_off && may_retry(j, r);
	struct journal_try t = {
		.job = j,
		.try = j->tries,
		.tries = 1 + j->retry.times,
		.slot = p->slot.number,
		.final = !again && !broken_off,
		.passed = passed,
	};
	auto_text line = { 0 };

	p->job = NULL;
	b->tally.running--;
	admit_give(&b->admission, j);
	if (broken_off)
		call_cancelled(r);
	journal_words(&t, r, p->slot.plan, &line);
	write_line(b, &line);
	if (b->broken)
		broken_off = true;
	progress_end(b->progress, j, p->slot.number, r, !again && !broken_off);
	if (broken_off) {
		j->tries--;
		queue_again(&b->queue, j);
		return;
	}
	if (again) {
		j->retried[r->cause]++;
		b->tally.retried++;
		queue_again(&b->queue, j);
		return;
	}
	queue_end(&b->queue, j, passed ? JOB_PASSED : JOB_FAILED);
	count_end(b, r, passed);
	end_skipped(b);
}

static void hear_slot(struct batch *b, struct place *p)
{
	struct slot_report report;
	struct err e = { 0 };

	if (slot_report(&p->slot, &report) != 1 || !p->job)
		return;
	if (report.result.output_error) {
		errno = report.result.output_error;
		err_sys(&e, "cannot write the output of job '%s'", p->job->id);
		batch_break(b, &e);
	}
	if (report.result.cause == CAUSE_SETUP && report.err.code == EAGAIN &&
	    !slot_was_cancelled(&p->slot, report.serial) &&
	    postpone(b, p, &report.result, &report.err))
		return;
	if (report.result.ran) {
		b->holds = 0;
		p->restarted = false;
	}
	end_try(b, p, &report);
}

static void restart(struct batch *b, struct place *p)
{
	struct slot_report report;
	struct err e = { 0 };
	char why[64];

	hear_slot(b, p); /* its last words */
	if (bury(b, p, why, &e) < 0)
		batch_break(b, &e);
	if (p->job) {
		fake_result(&report, p->slot.serial, CAUSE_LOST, why);
		end_try(b, p, &report);
	}
	if (!b->draining && revive(b, p, &e) < 0 && e.code != EAGAIN)
		batch_break(b, &e); /* else has_process() tries it again */
}

/* --- the loop -------------------------------------------------------------------- */

/* Whether jobs of the stream are wanted now: so many wait at the most, the others in the
 * stream */
static bool wants_more(const struct batch *b)
{
	return b->tally.more && !b->draining &&
	       b->tally.known - b->tally.done < (size_t)b->count + AHEAD;
}

/* Wait for the stream, or do not: what is ready and not read would wake the loop again
 * and again. A file cannot be waited for, and need not be: it is always ready */
static void listen_to_stream(struct batch *b, int fd)
{
	bool wanted = wants_more(b);
	struct err e = { 0 };

	if (wanted == b->listens)
		return;
	if (!wanted)
		epoll_ctl(b->epoll, EPOLL_CTL_DEL, fd, NULL);
	b->listens = wanted && watch(b, fd, SOURCE) == 0;
	if (!wanted || b->listens || errno == EPERM)
		return;
	err_sys(&e, "cannot wait for the stream of jobs");
	batch_break(b, &e);
}

/* What the stream has now, as far as it is wanted */
static void take_stream(struct batch *b)
{
	int fd = job_source_fd(b->source), r = 2;
	struct err e = { 0 };
	struct job *j;

	while (wants_more(b) && (r = job_source_next(b->source, &j, &e)) == 1)
		if (batch_take(b, j, true, &e) < 0) {
			r = -1;
			break;
		}
	if (r < 1)
		b->tally.more = false;
	if (r < 0)
		batch_break(b, &e);
	listen_to_stream(b, fd);
}

static void step_journal(struct batch *b)
{
	struct err e;

	if (!b->broken && journal_step(&b->journal, &e) < 0)
		batch_break(b, &e);
}

static void on_event(struct batch *b, unsigned int what)
{
	switch (what) {
	case SIGNALS:
		take_signals(b);
		break;
	case SOURCE:
		break; /* the loop takes it */
	case JOURNAL:
		step_journal(b);
		break;
	default:
		if ((what - SLOT) & 1)
			restart(b, &b->places[(what - SLOT) / 2]);
		else
			hear_slot(b, &b->places[(what - SLOT) / 2]);
	}
}

/* Milliseconds until something is due; -1 = nothing is */
static int patience(struct batch *b)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	uint64_t at = progress_tick(b->progress, &b->tally, now);
	uint64_t due = b->broken ? UINT64_MAX : journal_due(&b->journal);

	if (due < at)
		at = due;
	if (b->until <= now && !b->late) {
		b->late = true;
		progress_say(b->progress, "the time is over: all jobs are ended "
					  "(--timeout)");
		cancel_all(b);
	}
	if (!b->late && b->until < at)
		at = b->until;
	if (at == UINT64_MAX)
		return -1;
	return at <= now ? 0 : (int)((at - now) / 1000000 % 60000) + 1;
}

/* @wait or less: as long as no job has a process */
static int until_hold(const struct batch *b, int wait)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int left = b->hold <= now ? 0 : (int)((b->hold - now) / 1000000) + 1;

	return !b->hold || (wait >= 0 && wait < left) ? wait : left;
}

static int watch_all(const struct batch *b)
{
	int r = watch(b, b->signals, SIGNALS) | watch(b, b->journal.sock, JOURNAL);

	for (int i = 0; i < b->count; i++)
		r |= watch_slot(b, &b->places[i].slot);
	return r;
}

void batch_run(struct batch *b)
{
	struct epoll_event ev[EVENTS];
	struct err e = { 0 };

	if (watch_all(b) < 0) {
		err_sys(&e, "cannot wait for events");
		batch_break(b, &e);
	}
	for (;;) {
		int n, wait;

		if (journal_due(&b->journal) <= clock_ns(CLOCK_MONOTONIC))
			step_journal(b);
		wait = patience(b);
		take_stream(b);
		end_skipped(b);
		start_jobs(b);
		if (!b->tally.running && (b->draining || (!b->tally.more && !b->hold)))
			break;
		b->tally.draining = b->draining;
		if (wants_more(b) && !b->listens)
			wait = 0; /* jobs ended before they began */
		n = epoll_wait(b->epoll, ev, EVENTS, until_hold(b, wait));
		for (int i = 0; i < n; i++)
			on_event(b, ev[i].data.u32);
	}
}
