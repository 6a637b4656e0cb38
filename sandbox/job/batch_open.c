// SPDX-License-Identifier: GPL-3.0-or-later
/* batch_open.c - from the command line to a batch that can begin, and its end
 *
 * The order is that of what can be undone: slots first, while this process is small; then
 * the jobs are read and their plans made, which changes nothing, and signals end this
 * process as any other: the file may be a pipe that nobody writes to; the journal last,
 * when only the machine can still refuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/text.h"
#include "box/box.h"
#include "box/program.h"
#include "cmd/batch.h"
#include "cmd/cmd.h"
#include "cmd/run.h"
#include "host/host.h"
#include "host/room.h"
#include "job/batch.h"
#include "job/example.h"
#include "job/report.h"
#include "layer/layer.h"

#define JOB_FILE 3 /* the descriptor that box_sanitize(1) leaves open */

/* --- options --------------------------------------------------------------------- */

static void find_cpus(struct batch *b)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && b->cpu_count < SLOTS_MOST; cpu++)
		if (CPU_ISSET((size_t)cpu, &set))
			b->cpus[b->cpu_count++] = cpu;
}

static bool is_auto(const struct batch *b)
{
	const char *jobs = cmd_option(b->args, "jobs");

	return jobs && !strcmp(jobs, "auto");
}

/* What -j auto goes by where no option says it */
static void find_room(struct batch *b)
{
	struct job_share *have = &b->admission.have;
	uint64_t own = (uint64_t)(b->cpu_count ? b->cpu_count : 1) * 1000;
	struct host_room room;

	host_room(b->plans.host, &room);
	have->processes = admit_processes();
	if (!have->memory)
		have->memory = room.memory;
	if (!have->cpus)
		have->cpus = room.cpus < own ? room.cpus : own;
}

int batch_add_slot(struct batch *b, struct err *e)
{
	struct slot *s = &b->places[b->count].slot;

	if (!slot_open(s, b->count, e)) {
		s->digests = b->repeat > 1;
		if ((cmd_option(b->args, "pin") || b->plans.reproducible) && b->cpu_count)
			s->cpu = b->cpus[s->number % b->cpu_count];
		if (!slot_start(s, e)) {
			b->count++;
			return 0;
		}
	}
	slot_close(s);
	return -1;
}

/* There are no processes for more slots. Each job needs some beside its slot's: a quarter
 * of the slots leaves them, and what that is too many for waits (batch.c) */
static void take_fewer(struct batch *b)
{
	b->fewer = true;
	b->most = (b->count + 3) / 4;
	while (b->count > b->most)
		slot_close(&b->places[--b->count].slot);
}

/* Where nobody says how many jobs at a time */
static int first_slots(const struct batch *b)
{
	return b->cpu_count ? b->cpu_count : 1;
}

/* How many slots there are at most */
static int open_jobs(struct batch *b, struct err *e)
{
	const char *jobs = cmd_option(b->args, "jobs");
	uint64_t n = (uint64_t)first_slots(b);

	if (jobs && !is_auto(b) && parse_number_in(jobs, 1, SLOTS_MOST, &n) < 0)
		return cmd_usage(b->args, e, "--jobs '%s': expected 1 to %d, or auto",
				 jobs, SLOTS_MOST);
	if (b->plans.reproducible && n > (uint64_t)b->cpu_count)
		return cmd_usage(b->args, e,
				 "--reproducible gives each of %d jobs a CPU of its own, "
				 "and there are %d",
				 (int)n, b->cpu_count);
	b->most = !is_auto(b)		  ? (int)n
		  : b->plans.reproducible ? b->cpu_count
					  : SLOTS_MOST;
	return 0;
}

static int open_slots(struct batch *b, struct err *e)
{
	int n = is_auto(b) ? first_slots(b) : b->most;

	b->places = calloc((size_t)b->most, sizeof(*b->places));
	if (!b->places)
		return err_set(e, "out of memory");
	while (b->count < n && !b->fewer) {
		if (!batch_add_slot(b, e))
			continue;
		if (e->code != EAGAIN || !b->count)
			return -1;
		*e = (struct err){ 0 };
		take_fewer(b);
	}
	return 0;
}

static int open_repeat(struct batch *b, struct err *e)
{
	const char *s = cmd_option(b->args, "repeat");
	uint64_t n = 1;

	if (s && parse_number_in(s, 1, JOB_RUNS_MOST, &n) < 0)
		return cmd_usage(b->args, e, "--repeat '%s': expected 1 to %d", s,
				 JOB_RUNS_MOST);
	b->repeat = (int)n;
	return 0;
}

static int open_timeout(struct batch *b, struct err *e)
{
	const char *s = cmd_option(b->args, "timeout"), *why;
	uint64_t ns;

	b->tally.began = clock_ns(CLOCK_MONOTONIC);
	b->until = UINT64_MAX;
	if (!s)
		return 0;
	if (parse_duration(s, &ns, &why) < 0)
		return cmd_usage(b->args, e, "--timeout '%s': %s", s, why);
	if (ns < UINT64_MAX - b->tally.began)
		b->until = b->tally.began + ns;
	return 0;
}

/* Signals that ask a program to end come by a descriptor; SIGPIPE would end the batch
 * when nobody reads its words any more */
static int open_events(struct batch *b, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	b->signals = -1;
	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (sigprocmask(SIG_BLOCK, &set, &b->mask) == 0) {
		sigdelset(&set, SIGPIPE);
		sigdelset(&set, SIGXFSZ);
		if (!box_minds_hangup())
			sigdelset(&set, SIGHUP);
		b->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	}
	return b->epoll < 0 || b->signals < 0 ? err_sys(e, "cannot wait for events") : 0;
}

/* --- jobs ------------------------------------------------------------------------ */

static bool needs_full(const struct plan *pl)
{
	return pl->tree.needs_full || pl->cgroup.needs_full || layer_net_needs_full(pl);
}

/* Whether what was read can be read again */
static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/* The other program starts over with the same words, and with signals as they came here:
 * nothing was done yet, but that jobs of a stream cannot be read twice */
static int become_full(struct batch *b, const struct job *j, struct err *e)
{
	if (program_is_full())
		return 0;
	if (job_source_is_given(b->args->words[0]) || !is_file(b->args->words[0])) {
		err_set(e,
			"job '%s' needs the full program, which cannot take over a "
			"stream",
			j->id);
		return err_hint(e, "give the jobs as a file");
	}
	for (int i = 0; i < b->count; i++)
		slot_reap(&b->places[i].slot);
	sigprocmask(SIG_SETMASK, &b->mask, NULL);
	return program_need_full(b->args->argv, e);
}

/* Whether there is a plan for it. Files that go in are looked at when it starts: there
 * may be as many plans as jobs */
static int check_plan(struct batch *b, struct job *j, struct err *e)
{
	struct job bare = *j;
	const struct made *made;
	bool is_new;

	bare.in_count = 0;
	made = plans_get(&b->plans, &bare, &is_new, e);
	if (made)
		j->declared = made->declared;
	else
		err_wrap(e, "job '%s': ", j->id);
	if (!made || admit_check(&b->admission, j, e) < 0)
		return j->line ? err_wrap(e, "%s:%d: ", b->args->words[0], j->line) : -1;
	if (needs_full(made->plan) && become_full(b, j, e) < 0)
		return -1;
	if (is_new && b->plans.clock == 1)
		run_say_weaker(b->args, made->plan);
	return 0;
}

/* A name below the output directory that --repeat has for its own */
static bool takes_run_dir(const struct batch *b, const struct job *j)
{
	for (size_t i = 0; b->repeat > 1 && i < j->out_count; i++)
		if (*j->out[i].host == '@')
			return true;
	return false;
}

int batch_take(struct batch *b, struct job *j, bool late, struct err *e)
{
	enum cause cause;
	int r = queue_add(&b->queue, j, late, &cause, e);

	if (r < 0)
		return -1;
	b->tally.known++;
	if (r) {
		b->tally.done++;
		b->tally.before++;
		b->tally.passed += r == JOB_PASSED;
		b->tally.skipped += r == JOB_SKIPPED;
		b->left += r != JOB_PASSED;
		b->tally.failed[cause] += r == JOB_FAILED;
		return 0;
	}
	if (j->out_count && b->output < 0) {
		err_set(e, "job '%s' has files that come out, and no --output says where",
			j->id);
		return err_hint(e, "--output DIR keeps them below DIR");
	}
	if (takes_run_dir(b, j))
		return err_set(e,
			       "job '%s': with --repeat no file comes out to a name that "
			       "begins with '@'",
			       j->id);
	return check_plan(b, j, e);
}

static int take_file(struct batch *b, struct err *e)
{
	struct job *j;
	int r;

	job_source_repeat(b->source, b->repeat);
	if (job_source_is_stream(b->source)) {
		b->tally.more = true;
		return 0;
	}
	while ((r = job_source_next(b->source, &j, e)) == 1)
		if (batch_take(b, j, false, e) < 0)
			return -1;
	return r < 0 ? -1 : queue_seal(&b->queue, e);
}

static bool resumes(const struct batch *b)
{
	return cmd_option(b->args, "resume") || cmd_option(b->args, "resume-failed");
}

static int remember(const struct journal_line *l, void *arg, struct err *e)
{
	return queue_remember(arg, l, e);
}

/* --- where it is written down ---------------------------------------------------- */

static int open_output(struct batch *b, struct err *e)
{
	const char *dir = cmd_option(b->args, "output");

	b->output = -1;
	if (!dir)
		return 0;
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make the output directory '%s'", dir);
	b->output = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->output < 0 || faccessat(b->output, ".", W_OK | X_OK, 0) < 0)
		return err_sys(e, "cannot write to the output directory '%s'", dir);
	return 0;
}

/* Those without which jobs mean something else, or leave something else behind; as they
 * are typed */
static void say_options(const struct batch *b, struct text *out)
{
	if (b->repeat > 1)
		text_addf(out, "--repeat %d", b->repeat);
	if (cmd_option(b->args, "output"))
		text_add(out, out->len ? " --output" : "--output");
	for (size_t i = 0; i < b->args->wish_count; i++) {
		const struct option_wish *w = &b->args->wishes[i];
		auto_text pair = { 0 };

		text_addf(&pair, "%s=%s", w->key, w->value);
		text_addf(out, "%s%s ", out->len ? " " : "", w->option);
		text_shell(out, text_str(&pair));
	}
}

/* Beside the job file; for jobs of a pipe beside the output directory, in which every
 * name may be a job's */
static int open_journal(struct batch *b, const char *file, struct err *e)
{
	const char *path = cmd_option(b->args, "journal");
	const char *dir = cmd_option(b->args, "output");
	bool resume = resumes(b);

	if (cmd_option(b->args, "mix") && !resume)
		return cmd_usage(b->args, e, "--mix says something of --resume");
	if (!path) {
		if (!job_source_is_given(file))
			text_addf(&b->journal_name, "%s.journal", file);
		else if (dir)
			text_addf(&b->journal_name, "%s.journal", dir);
		else
			return cmd_usage(b->args, e, "jobs of %s need --journal FILE",
					 strcmp(file, "-") != 0 ? file : "stdin");
		path = text_str(&b->journal_name);
	}
	if (journal_open(&b->journal, path, resume, e) < 0)
		return -1;
	b->journal.reproducible = b->plans.reproducible;
	b->journal.repeat = b->repeat;
	b->journal.mix = cmd_option(b->args, "mix");
	b->queue.retries = cmd_option(b->args, "resume-failed");
	say_options(b, &b->journal.options);
	return resume ? journal_resume(&b->journal, remember, &b->queue, e) : 0;
}

static void say_fewer(const struct batch *b)
{
	auto_text line = { 0 };

	text_addf(&line,
		  "no more than %d jobs run at a time: there are no processes for more "
		  "slots (ulimit -u)",
		  b->most);
	if (b->fewer)
		progress_say(b->progress, text_str(&line));
}

/* To go on with what is not there may be a name that was mistyped */
static void say_new(const struct batch *b)
{
	auto_text line = { 0 };

	text_addf(&line, "there is no journal '%s' to go on with: all jobs are run",
		  b->journal.path);
	if (b->journal.is_new && resumes(b))
		progress_say(b->progress, text_str(&line));
}

/* The job file may be one of the descriptors that box_sanitize() closes (/dev/fd/63 of
 * a shell's <(COMMAND)), so it is opened before, as the only one that it leaves */
static int keep_file(const char *path, int *file, struct err *e)
{
	int fd = job_source_file(path, e);

	*file = fd;
	if (fd < 0 || !strcmp(path, "-"))
		return fd < 0 ? -1 : box_sanitize(0, e);
	*file = JOB_FILE;
	if (fd != JOB_FILE) {
		if (dup3(fd, JOB_FILE, O_CLOEXEC) < 0)
			return err_sys(e, "cannot keep '%s' open", path);
		close(fd);
	}
	return box_sanitize(1, e);
}

/* From the command line to a batch that can begin: options, slots, jobs and plans
 * checked, journal. Return: 0; -1 or -2 and @e */
static int batch_open(struct batch *b, const struct args *a, struct err *e)
{
	const char *name = a->word_count ? a->words[0] : NULL;
	int r, file;

	*b = (struct batch){ .args = a, .output = -1, .epoll = -1, .signals = -1 };
	b->journal.fd = b->journal.sock = -1;
	if (a->word_count != 1)
		return cmd_usage(a, e,
				 a->word_count ? "one file of jobs, not %zu words"
					       : "a file of jobs is missing",
				 a->word_count);
	b->plans.wishes = a->wishes;
	b->plans.wish_count = a->wish_count;
	b->fail_fast = cmd_option(a, "fail-fast");
	b->plans.reproducible = cmd_option(a, "reproducible");
	b->plans.host = host_new();
	if (!b->plans.host)
		return err_set(e, "out of memory");
	find_cpus(b);
	if ((r = open_timeout(b, e)) < 0 || (r = open_repeat(b, e)) < 0 ||
	    (r = open_jobs(b, e)) < 0 ||
	    (r = admit_open(&b->admission, b->args, e)) < 0 ||
	    (r = keep_file(name, &file, e)) < 0)
		return r;
	if (is_auto(b))
		find_room(b);
	if ((r = open_slots(b, e)) < 0 ||
	    (r = job_source_open(name, file, &b->source, e)) < 0 ||
	    (r = open_events(b, e)) < 0 ||
	    (r = open_output(b, e)) < 0 || (r = open_journal(b, name, e)) < 0 ||
	    (r = take_file(b, e)) < 0)
		return r;
	b->progress = progress_open(a->quiet);
	say_fewer(b);
	say_new(b);
	if (!b->tally.more)
		b->journal.jobs = b->tally.known + queue_left(&b->queue);
	return journal_begin(&b->journal, is_auto(b) ? 0 : b->count, b->output, e);
}

/* End all processes, give back all. Return: 0, -1 and @e when the journal could not be
 * written to the disk */
static int batch_close(struct batch *b, struct err *e)
{
	int r;

	for (int i = 0; i < b->count; i++) {
		slot_close(&b->places[i].slot);
		job_free(b->places[i].job);
	}
	free(b->places);
	r = journal_close(&b->journal, e);
	text_release(&b->journal_name);
	plans_release(&b->plans);
	queue_release(&b->queue);
	job_source_close(b->source);
	if (b->output >= 0)
		close(b->output);
	if (b->epoll >= 0)
		close(b->epoll);
	if (b->signals >= 0)
		close(b->signals);
	return r;
}

static int say_difference(const char *line, void *progress)
{
	progress_say(progress, line);
	return 0;
}

/* In one line behind them; of jobs that ran once there is nothing to say */
static void say_comparison(const struct batch *b, const struct runs *rs)
{
	size_t compared, n = runs_differ(rs, &compared);
	auto_text line = { 0 };

	if (!compared)
		return;
	if (n)
		text_addf(&line, "%zu of %zu jobs ran differently: ", n, compared);
	else
		text_add(&line, "all runs alike; ");
	text_add(&line, "nook batch report ");
	text_shell(&line, b->journal.path);
	text_add(&line, n ? " compares them" : " has times");
	progress_say(b->progress, text_str(&line));
}

/* What runs of a job do not have in common, by the journal: it knows those of the batches
 * before this one too */
static void say_differences(const struct batch *b)
{
	auto_free struct report *r = calloc(1, sizeof(*r));
	struct err e;

	if (!r)
		return;
	r->fd = b->journal.fd;
	if (!report_count(r, &e) &&
	    !runs_say(r, REPORT_FEW, say_difference, b->progress, &e))
		say_comparison(b, &r->runs);
	report_release(r);
}

static void say_left(const struct batch *b)
{
	auto_text line = { 0 };

	text_addf(&line,
		  "%zu job%s that did not pass before %s not run again: --resume-failed "
		  "does that",
		  b->left, b->left == 1 ? "" : "s", b->left == 1 ? "was" : "were");
	if (b->left)
		progress_say(b->progress, text_str(&line));
}

int batch_main(const struct args *a, struct err *e)
{
	struct batch b;
	struct err closing = { 0 };
	int r;

	if (cmd_option(a, "init"))
		return batch_init(a, e);
	if (cmd_option(a, "check"))
		return batch_check(a, e);
	r = batch_open(&b, a, e);
	if (r < 0) {
		batch_close(&b, &closing);
		return r;
	}
	batch_run(&b);
	if (b.repeat > 1 && !b.broken && !journal_settle(&b.journal, &closing))
		say_differences(&b);
	if (batch_close(&b, &closing) < 0 && !b.broken) {
		b.broken = true;
		b.why = closing;
	}
	say_left(&b);
	progress_close(b.progress, b.broken && !b.tally.known ? NULL : &b.tally);
	if (b.broken) {
		*e = b.why;
		return -1;
	}
	if (b.signal)
		return 128 + b.signal;
	if (b.late)
		return 124;
	return b.tally.passed < b.tally.known;
}
