// SPDX-License-Identifier: GPL-3.0-or-later
/* journal.c - writing the journal of a batch
 *
 * Theory of operation. A line is written when a try has ended, by one write(2) at the end
 * of the file; what does not go in whole (a full disk) is cut off again, so that only a
 * machine that stops can leave half of a line. A disk needs a millisecond to have a line
 * for good, a box hardly more to run: so a process beside the supervisor calls
 * fdatasync(2) while that goes on, always for all lines written by then, and the
 * supervisor waits for it only at the end. A cut in the power may thus take the last
 * lines, of jobs that a resumed batch then runs again; it never finds one finished that
 * was not. With --output that process has the whole file system of it written first
 * (syncfs(2)), for all jobs at once: a slot does not wait for the disk.
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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"
#include "plan.h"

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

	*j = (struct journal){ .sock = -1, .path = path };
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
	if (head.whole && head.reproducible != j->reproducible) {
		err_set(e,
			"the batch of the journal '%s' was begun with%s --reproducible",
			j->path, j->reproducible ? "out" : "");
		return err_hint(e, "--resume goes on with it as it was begun");
	}
	j->end = head.whole;
	if (j->end < st.st_size && ftruncate(j->fd, j->end) < 0)
		return err_sys(e, "cannot cut off the torn line of the journal");
	return 0;
}

static int write_line(struct journal *j, const struct text *line, struct err *e)
{
	ssize_t n;

	if (line->failed)
		return err_set(e, "out of memory");
	do
		n = write(j->fd, text_str(line), line->len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)line->len) {
		j->end += n;
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

int journal_begin(struct journal *j, int slots, int output, struct err *e)
{
	auto_text t = { 0 };

	if (!j->end) {
		text_add(&t, HEAD_START ",\"started\":\"");
		add_now(&t);
		text_add(&t, "\",\"slots\":");
		if (slots)
			text_addf(&t, "%d", slots);
		else
			text_add(&t, "null");
		text_addf(&t, ",\"reproducible\":%s}\n",
			  j->reproducible ? "true" : "false");
		if (write_line(j, &t, e) < 0)
			return -1;
		j->written++;
	}
	return start_sync(j, output, e);
}

int journal_add(struct journal *j, const struct text *line, struct err *e)
{
	if (write_line(j, line, e) < 0)
		return -1;
	j->written++;
	return journal_step(j, e);
}

static int ask(struct journal *j, struct err *e)
{
	struct sync_word w = { .upto = j->written };

	if (send(j->sock, &w, sizeof(w), MSG_NOSIGNAL) < 0)
		return err_sys(e, "the process that syncs the journal has ended");
	j->asked = w.upto;
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
	if (n != (ssize_t)sizeof(w))
		return err_set(e, "the process that syncs the journal has ended");
	errno = w.code;
	if (w.code)
		return err_sys(e, "cannot write the journal and the output to the disk");
	j->synced = w.upto;
	return 1;
}

int journal_step(struct journal *j, struct err *e)
{
	if (j->asked != j->synced && hear(j, MSG_DONTWAIT, e) < 0)
		return -1;
	if (j->asked == j->synced && j->asked < j->written)
		return ask(j, e);
	return 0;
}

int journal_close(struct journal *j, struct err *e)
{
	int r = 0;

	while (!r && j->pid > 0 && j->synced < j->written)
		if ((j->asked == j->synced && ask(j, e) < 0) || hear(j, 0, e) < 0)
			r = -1;
	if (j->sock >= 0)
		close(fd_take(&j->sock));
	while (j->pid > 0 && waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
		;
	/* Nobody else has it, as long as it is locked */
	if (j->is_new && !j->end)
		unlink(j->path);
	if (j->fd >= 0)
		close(fd_take(&j->fd));
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
