// SPDX-License-Identifier: GPL-3.0-or-later
/* journal.c - writing the journal of a batch
 *
 * Theory of operation. A line is written when a try has ended, by one write(2) at the end
 * of the file; what does not go in whole (a full disk) is cut off again, so that only a
 * machine that stops can leave half of a line. A disk needs a millisecond to have a line
 * for good, a box hardly more to run: so a process beside the supervisor calls
 * fdatasync(2) while that goes on, always for all lines written by then, and the
 * supervisor waits for it only at the end. From one time that it is asked to the next
 * at least 20 ms go by, so that many lines share one: it costs processor time too. A
 * line behind a pause, and the end, are asked for at once. A cut in the power may thus
 * take the last lines, of jobs that a resumed batch then runs again; it never finds one
 * finished that was not.
 *
 * With --output that process has the whole file system of it written too (syncfs(2)), for
 * all jobs at once: a slot does not wait for the disk. A line that is in the file the
 * kernel may write down at any time, before the output that it tells of: so lines are
 * held in memory until a syncfs(2) that was asked for behind them has come back, and are
 * written only then. What kills the supervisor takes those that it holds, as a cut in the
 * power does.
 *
 * What is written stays. A job that did not pass and runs again (--resume-failed) gets
 * lines behind those that it has, tries from 1 on and a final one. The last final line of
 * a job holds, for all who read: a batch that goes on, reports, jobs that are after it.
 * So it is over as it was until the new end is written, wherever the batch is killed:
 * --resume lets it be, --resume-failed runs it once more. The digest of that line is of
 * what it meant then; behind a final line of a job that passed there is none of that job.
 * What it wrote is not kept twice: a job that was killed as it ran again has left what it
 * wrote until then in the place of what belongs to its last final line.
 *
 * flock(2) keeps others from the file for as long as the supervisor lives. The process
 * that syncs holds a descriptor without the lock, which is of another open file.
 */
#include "job/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "plan.h"

#define REST 20000000ull /* ns from one time that the disk is asked to the next */

/* How the first line begins */
#define HEAD_START "{\"schema\":1,\"journal\":\"nook batch\""

/** struct sync_word - Asked for: @upto lines; answered with the errno of it, or 0 */
struct sync_word {
	uint64_t upto;
	int code;
};

/* --- the process that syncs --------------------------------------------------------- */

/* @output: -1 = no job keeps any */
static _Noreturn void sync_main(int file, int sock, int output)
{
	bool has_output = output >= 0;
	struct sync_word w;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL); /* its end is that of the supervisor */
	if (dup2(file, 0) < 0 || dup2(sock, 1) < 0 ||
	    (has_output && dup2(output, 2) < 0) ||
	    sys_close_range(has_output ? 3 : 2, ~0u, 0) < 0)
		_exit(125);
	while (recv(1, &w, sizeof(w), 0) == (ssize_t)sizeof(w)) {
		w.code = (has_output && syncfs(2) < 0) || fdatasync(0) < 0 ? errno : 0;
		if (send(1, &w, sizeof(w), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static int start_sync(struct journal *j, int output, struct err *e)
{
	char path[32];
	auto_fd file = -1;
	int ends[2];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", j->fd);
	file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return err_sys(e, "cannot open the journal again");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "cannot make a socket pair");
	j->pid = fork();
	if (!j->pid) {
		close(ends[0]);
		sync_main(file, ends[1], output);
	}
	close(ends[1]);
	j->sock = ends[0];
	return j->pid < 0 ? err_sys(e, "cannot start a process for the journal") : 0;
}

/* --- lines -------------------------------------------------------------------------- */

/* Return: 0; 1 = a batch that had nothing to write took its name away meanwhile; -1 and
 * @e */
static int open_locked(struct journal *j, const char *path, struct stat *st,
		       struct err *e)
{
	j->fd = open(path,
		     O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY |
			     O_NONBLOCK,
		     0666);
	if (j->fd < 0 || fstat(j->fd, st) < 0)
		return err_sys(e, "cannot open the journal '%s'", path);
	if (!S_ISREG(st->st_mode))
		return err_set(e, "the journal '%s' is no regular file", path);
	if (flock(j->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? err_set(e, "another batch writes to the journal '%s'",
					 path)
			       : err_sys(e, "cannot lock the journal '%s'", path);
	/* only now nobody else writes to it, or takes it away */
	if (fstat(j->fd, st) < 0)
		return err_sys(e, "cannot open the journal '%s'", path);
	return !st->st_nlink;
}

int journal_open(struct journal *j, const char *path, bool resume, struct err *e)
{
	struct stat st;
	int r;

	*j = (struct journal){ .sock = -1, .path = path, .repeat = 1 };
	j->jobs = j->said = JOURNAL_NOT_COUNTED;
	while ((r = open_locked(j, path, &st, e)) > 0)
		close(fd_take(&j->fd));
	if (r < 0)
		return -1;
	j->is_new = !st.st_size;
	if (!st.st_size || resume)
		return 0;
	err_set(e, "there is a journal '%s' already", path);
	return err_hint(e, "--resume goes on with that batch; --journal FILE names "
			   "another");
}

/* Whether a file without a whole line can be a journal whose first was torn, so that
 * nothing of anybody else's is cut off */
static bool is_torn_head(const struct journal *j)
{
	static const char start[] = HEAD_START;
	char have[sizeof(start) - 1];
	ssize_t n = pread(j->fd, have, sizeof(have), 0);

	return n >= 0 && !memcmp(have, start, (size_t)n);
}

static const char *or_none(const char *options)
{
	return *options ? options : "none";
}

static int refuse(const struct journal *j, bool now, const char *option, struct err *e)
{
	err_set(e, "the batch of the journal '%s' was begun with%s %s", j->path,
		now ? "out" : "", option);
	return err_hint(e, "--resume goes on with it as it was begun");
}

/* Whether it was begun as it is to go on */
static int check_head(const struct journal *j, const struct journal_head *h,
		      struct err *e)
{
	if (h->reproducible != j->reproducible)
		return refuse(j, j->reproducible, "--reproducible", e);
	if ((h->repeat > 1) != (j->repeat > 1))
		return refuse(j, j->repeat > 1, "--repeat", e);
	if (j->mix || !h->has_options ||
	    !strncmp(text_str(&j->options), h->options, sizeof(h->options) - 1))
		return 0;
	err_set(e,
		"the batch of the journal '%s' was begun with other options: %s, not %s",
		j->path, or_none(h->options), or_none(text_str(&j->options)));
	return err_hint(e, "--resume goes on with it as it was begun; --mix with these "
			   "all the same");
}

int journal_resume(struct journal *j,
		   int (*each)(const struct journal_line *l, void *arg, struct err *e),
		   void *arg, struct err *e)
{
	struct journal_head head;
	struct stat st;

	if (fstat(j->fd, &st) < 0)
		return err_sys(e, "cannot read the journal");
	if (!st.st_size)
		return 0;
	if (journal_each(j->fd, &head, each, arg, e) < 0)
		return -1;
	if (!head.whole && !is_torn_head(j))
		return err_set(e, "that is no journal of a batch");
	if (head.whole && check_head(j, &head, e) < 0)
		return -1;
	j->end = head.whole;
	j->said = head.jobs;
	if (j->end < st.st_size && ftruncate(j->fd, j->end) < 0)
		return err_sys(e, "cannot cut off the torn line of the journal");
	return 0;
}

static int write_line(struct journal *j, const char *line, size_t len, struct err *e)
{
	ssize_t n;

	do
		n = write(j->fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len) {
		j->end += n;
		j->written++;
		return 0;
	}
	if (n >= 0)
		errno = ENOSPC;
	err_sys(e, "cannot write the journal");
	if (n > 0 && ftruncate(j->fd, j->end) < 0)
		return -1; /* the next batch cuts it off */
	return -1;
}

/* RFC 3339 in UTC with milliseconds */
static void add_now(struct text *out)
{
	struct timespec now;
	char buf[40];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!gmtime_r(&now.tv_sec, &tm))
		return;
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	text_addf(out, "%s.%03ldZ", buf, now.tv_nsec / 1000000);
}

/* Lines of which the output is on the disk */
static int write_settled(struct journal *j, struct err *e)
{
	size_t done = 0;
	int r = 0;

	while (!r && done < j->settling) {
		const char *line = text_str(&j->held) + done;
		size_t len = (size_t)(strchr(line, '\n') - line) + 1;

		r = write_line(j, line, len, e);
		if (!r)
			done += len;
	}
	if (done) {
		memmove(j->held.s, j->held.s + done, j->held.len - done);
		text_cut(&j->held, j->held.len - done);
	}
	j->settling = 0;
	return r;
}

static void add_jobs(struct text *out, uint64_t jobs)
{
	text_add(out, ",\"jobs\":");
	if (jobs == JOURNAL_NOT_COUNTED)
		text_add(out, "null}\n");
	else
		text_addf(out, "%" PRIu64 "}\n", jobs);
}

static void add_first(const struct journal *j, int slots, struct text *out)
{
	text_add(out, HEAD_START ",\"started\":\"");
	add_now(out);
	text_add(out, "\",\"slots\":");
	if (slots)
		text_addf(out, "%d", slots);
	else
		text_add(out, "null");
	text_addf(out, ",\"reproducible\":%s,\"repeat\":%d,\"options\":",
		  j->reproducible ? "true" : "false", j->repeat);
	text_json(out, text_str(&j->options));
	add_jobs(out, j->jobs);
}

int journal_begin(struct journal *j, int slots, int output, struct err *e)
{
	auto_text t = { 0 };

	j->has_output = output >= 0;
	if (!j->end) {
		add_first(j, slots, &t);
	} else if (j->jobs != j->said) {
		text_add(&t, JOURNAL_RESUMED "\"");
		add_now(&t);
		text_addc(&t, '"');
		add_jobs(&t, j->jobs);
	}
	if (t.failed)
		return err_set(e, "out of memory");
	if (t.len && write_line(j, text_str(&t), t.len, e) < 0)
		return -1;
	return start_sync(j, output, e);
}

int journal_add(struct journal *j, const struct text *line, struct err *e)
{
	if (line->failed)
		return err_set(e, "out of memory");
	if (j->failed)
		return err_set(e, "the disk did not take the lines before");
	if (!j->has_output) {
		if (write_line(j, text_str(line), line->len, e) < 0)
			return -1;
		return journal_step(j, e);
	}
	text_addn(&j->held, text_str(line), line->len);
	return j->held.failed ? err_set(e, "out of memory") : journal_step(j, e);
}

/* Whether not all of it is on the disk, and may get there: what a disk once refused it
 * does not refuse a second time, and has not got */
static bool has_more(const struct journal *j)
{
	return !j->failed && (j->synced < j->written || j->held.len);
}

static int ask(struct journal *j, struct err *e)
{
	struct sync_word w = { .upto = j->written };

	j->rests_until = clock_ns(CLOCK_MONOTONIC) + REST;
	if (send(j->sock, &w, sizeof(w), MSG_NOSIGNAL) < 0)
		return err_sys(e, "the process that syncs the journal has ended");
	j->settling = j->held.len;
	j->waits = true;
	return 0;
}

/* @flags: MSG_DONTWAIT or 0. Return: 1, 0 where it has not answered, -1 and @e */
static int hear(struct journal *j, int flags, struct err *e)
{
	struct sync_word w;
	ssize_t n;

	do
		n = recv(j->sock, &w, sizeof(w), flags);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	j->waits = false;
	j->failed = n != (ssize_t)sizeof(w) || w.code;
	if (n != (ssize_t)sizeof(w))
		return err_set(e, "the process that syncs the journal has ended");
	errno = w.code;
	if (w.code)
		return err_sys(e, "cannot write the journal and the output to the disk");
	j->synced = w.upto;
	return write_settled(j, e) < 0 ? -1 : 1;
}

int journal_step(struct journal *j, struct err *e)
{
	if (j->waits && hear(j, MSG_DONTWAIT, e) < 0)
		return -1;
	if (j->waits || !has_more(j) || j->rests_until > clock_ns(CLOCK_MONOTONIC))
		return 0;
	return ask(j, e);
}

/* Before the first rest there is the first line alone, which is no news */
uint64_t journal_due(const struct journal *j)
{
	return !j->waits && has_more(j) && j->rests_until ? j->rests_until : UINT64_MAX;
}

int journal_settle(struct journal *j, struct err *e)
{
	while (j->pid > 0 && has_more(j))
		if ((!j->waits && ask(j, e) < 0) || hear(j, 0, e) < 0)
			return -1;
	return 0;
}

int journal_close(struct journal *j, struct err *e)
{
	int r = journal_settle(j, e);

	if (j->sock >= 0)
		close(fd_take(&j->sock));
	while (j->pid > 0 && waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
		;
	/* Nobody else has it, as long as it is locked */
	if (j->is_new && !j->end)
		unlink(j->path);
	if (j->fd >= 0)
		close(fd_take(&j->fd));
	text_release(&j->options);
	text_release(&j->held);
	return r;
}

/* --- words -------------------------------------------------------------------------- */

static void add_head(struct text *out, const struct job *j, int try, int tries, int slot)
{
	text_add(out, "{\"job\":");
	text_json(out, j->id);
	text_addf(out, ",\"try\":%d,\"tries\":%d,\"slot\":", try, tries);
	if (slot < 0)
		text_add(out, "null");
	else
		text_addf(out, "%d", slot);
}

void journal_words(const struct journal_try *t, const struct result *r,
		   const struct plan *pl, struct text *out)
{
	auto_text record = { 0 };

	result_json(r, pl, &record);
	add_head(out, t->job, t->try, t->tries, t->slot);
	text_addf(out, ",\"final\":%s,\"passed\":%s,\"digest\":\"%016" PRIx64 "\",",
		  t->final ? "true" : "false", t->passed ? "true" : "false",
		  t->job->digest);
	if (r->digest)
		text_addf(out, "\"output_digest\":\"%016" PRIx64 "\",", r->digest);
	/* its members, and the newline */
	text_add(out, text_str(&record) + 1);
	out->failed = out->failed || record.failed;
}

void journal_words_skipped(const struct job *j, const char *why, struct text *out)
{
	add_head(out, j, 0, 0, -1);
	text_addf(out,
		  ",\"final\":true,\"passed\":false,\"digest\":\"%016" PRIx64
		  "\",\"schema\":1,\"profile\":",
		  j->digest);
	text_json(out, j->profile);
	text_add(out, ",\"finished\":\"");
	add_now(out);
	text_add(out, "\",\"cause\":\"skipped\",\"message\":");
	text_json(out, why);
	text_add(out, "}\n");
}
