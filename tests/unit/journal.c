// SPDX-License-Identifier: GPL-3.0-or-later
/* journal.c - the journal of a batch: written, torn, read back, locked, on a full disk */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "job/journal.h"
#include "plan.h"
#include "tap.h"

static char path[64];

/** struct seen - What was read back */
struct seen {
	int count;
	char jobs[256];
	struct journal_line last;
	char message[128], cause[32];
};

static int see(const struct journal_line *l, void *arg, struct err *e)
{
	struct seen *s = arg;

	(void)e;
	s->count++;
	snprintf(s->jobs + strlen(s->jobs), sizeof(s->jobs) - strlen(s->jobs), "%s%s",
		 *s->jobs ? " " : "", l->job);
	s->last = *l;
	snprintf(s->message, sizeof(s->message), "%s", l->message ? l->message : "-");
	snprintf(s->cause, sizeof(s->cause), "%s", l->cause);
	return 0;
}

static void add(struct journal *j, const char *id, bool final, struct err *e)
{
	struct job job = { .id = id, .profile = "batch", .digest = 0xabcdef };
	struct journal_try t = { &job, 1, 3, 2, final, final };
	struct result r = { .cause = CAUSE_OOM,
			    .exit_code = 137,
			    .signal = 9,
			    .started_ns = 1700000000123000000u,
			    .finished_ns = 1700000001456000000u,
			    .wall_ns = 1333000000,
			    .cpu_user_ns = 5000,
			    .memory_peak = 4096,
			    .pids_peak = UINT64_MAX,
			    .message = "caf\xc3\xa9 \"x\"\n\x01\xff" };
	struct plan *pl = plan_new();
	auto_text line = { 0 };

	journal_words(&t, &r, pl, &line);
	plan_free(pl);
	if (journal_add(j, &line, e) < 0)
		e->code = -1;
}

static void test_round(void)
{
	struct journal_head head;
	struct seen s = { 0 };
	struct err e = { 0 };
	struct journal j, other;

	is_num(journal_open(&j, path, false, &e), 0, "a new journal");
	j.jobs = 42;
	is_num(journal_begin(&j, 7, -1, &e), 0, "is begun");
	is_num(journal_open(&other, path, true, &e), -1, "a second batch");
	ok(strstr(e.text, "another batch writes to the journal"), "is refused: %s",
	   e.text);
	close(other.fd);
	for (int i = 0; i < 100; i++)
		add(&j, i % 2 ? "b" : "a", i > 97, &e);
	is_num(journal_each(j.fd, &head, see, &s, &e), 0, "it is read back");
	is_num(s.count, 100, "every line");
	ok(head.slots == 7 && head.jobs == 42, "and the first");
	is(s.cause, "oom", "cause");
	is(s.message, "caf\xc3\xa9 \"x\"\n\x01\xef\xbf\xbd",
	   "text with all that is escaped");
	ok(s.last.final && s.last.passed && s.last.try == 1 && s.last.tries == 3 &&
		   s.last.slot == 2 && s.last.digest == 0xabcdef,
	   "what is of the job");
	ok(s.last.started_ns == 1700000000123000000u &&
		   s.last.finished_ns == 1700000001456000000u,
	   "times");
	ok(s.last.wall_ns == 1333000000 && s.last.cpu_user_ns == 5000 &&
		   s.last.memory_peak == 4096 && s.last.pids_peak == UINT64_MAX &&
		   s.last.exit_code == 137 && s.last.signal == 9,
	   "numbers, and null");
	is_num(journal_close(&j, &e), 0, "all of it is on the disk");
	is_num((long long)j.synced, 101, "and that was waited for");
	is_num(journal_open(&j, path, false, &e), -1, "it is not begun twice");
	close(j.fd);
}

static void test_torn(void)
{
	struct err e = { 0 };
	struct seen s = { 0 };
	struct journal j;
	struct stat st;
	auto_fd fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	fd_write_all(fd, "{\"job\":\"torn\",\"ca", 17);
	journal_open(&j, path, true, &e);
	is_num(journal_resume(&j, see, &s, &e), 0, "a torn line at the end");
	is_num(s.count, 100, "is none");
	fstat(j.fd, &st);
	is_num(st.st_size, j.end, "and is cut off");
	journal_begin(&j, 2, -1, &e);
	add(&j, "c", true, &e);
	journal_close(&j, &e);
	s = (struct seen){ 0 };
	journal_open(&j, path, true, &e);
	journal_resume(&j, see, &s, &e);
	is_num(s.count, 101, "the next line is whole");
	ok(j.said == JOURNAL_NOT_COUNTED, "and behind the one that says how many");
	is(s.jobs + strlen(s.jobs) - 2, " c", "and its own");
	journal_close(&j, &e);
}

static void refused(const char *what, const char *text, const char *want)
{
	struct journal j;
	struct seen s = { 0 };
	struct err e = { 0 };
	struct stat st;
	auto_fd fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	fd_write_all(fd, text, strlen(text));
	journal_open(&j, path, true, &e);
	if (journal_resume(&j, see, &s, &e) == 0)
		err_set(&e, "%d lines", s.count);
	is(e.text, want, what);
	if (!strchr(text, '\n')) {
		bool torn = !strncmp(text, "{\"schema\"", 9);

		fstat(j.fd, &st);
		is_num(st.st_size, torn ? 0 : (long long)strlen(text),
		       torn ? "and is cut off" : "and stays");
	}
	close(j.fd);
}

#define HEAD "{\"schema\":1,\"journal\":\"nook batch\",\"slots\":2}\n"

static void test_damaged(void)
{
	refused("a file of another kind", "hello\n", "that is no journal of a batch");
	refused("words without a newline", "precious", "that is no journal of a batch");
	refused("half of a first line", "{\"schema\":1,\"jour", "0 lines");
	refused("JSON of another kind", "{\"a\":[1,{\"b\":null}]}\n",
		"that is no journal of a batch");
	refused("a line in the middle that is none", HEAD "{\"job\":\"a\"\n" HEAD,
		"the journal is damaged in line 2");
	refused("a line without a job", HEAD "{\"cause\":\"oom\"}\n",
		"the journal is damaged in line 2");
	refused("an id that is a path", HEAD "{\"job\":\"../a\",\"cause\":\"oom\"}\n",
		"the journal is damaged in line 2");
	refused("a number that is none",
		HEAD "{\"job\":\"a\",\"cause\":\"x\",\"try\":-1}\n",
		"the journal is damaged in line 2");
	refused("a number without end",
		HEAD "{\"job\":\"a\",\"cause\":\"x\",\"wall_s\":99999999999999999999}\n",
		"the journal is damaged in line 2");
	refused("members nobody knows, deep",
		HEAD "{\"x\":[[[{\"y\":\"\\ud83d\\ude00\\u0000\"}]]],\"job\":\"a\","
		     "\"cause\":\"x\"}\n",
		"1 lines");
	refused("members too deep",
		HEAD "{\"x\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],\"job\":\"a\"}\n",
		"the journal is damaged in line 2");
	refused("half an escape", HEAD "{\"job\":\"a\\u00\n",
		"the journal is damaged in line 2");
	refused("a batch that went on, with a member nobody knows",
		HEAD "{\"resumed\":\"x\",\"y\":[1],\"jobs\":3}\n", "0 lines");
	refused("half a line of one", HEAD "{\"resumed\":\"x\",\"jobs\":\n",
		"the journal is damaged in line 2");
	refused("a blank line", HEAD "\n", "the journal is damaged in line 2");
	refused("more behind the line", HEAD "{\"job\":\"a\",\"cause\":\"x\"}x\n",
		"the journal is damaged in line 2");
	refused("an empty file", "", "0 lines");
}

/* A limit on the size of files stands for a full disk */
static void test_full(void)
{
	struct rlimit small = { 0 }, before;
	struct err e = { 0 };
	struct journal j;
	struct stat st;

	unlink(path);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	journal_open(&j, path, false, &e);
	journal_begin(&j, 2, -1, &e);
	add(&j, "a", true, &e);
	small.rlim_cur = (rlim_t)j.end + 100;
	small.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	add(&j, "b", true, &e);
	setrlimit(RLIMIT_FSIZE, &before);
	is_num(e.code, -1, "a line that does not fit is an error");
	is(e.text, "cannot write the journal: No space left on device", "that is told");
	fstat(j.fd, &st);
	is_num(st.st_size, j.end, "and nothing of it stays");
	e.code = 0;
	add(&j, "c", true, &e);
	is_num(e.code, 0, "one that fits later is written");
	is_num(journal_close(&j, &e), 0, "all is on the disk");
}

static int lines(const struct journal *j)
{
	struct journal_head head;
	struct seen s = { 0 };
	struct err e = { 0 };

	return journal_each(j->fd, &head, see, &s, &e) < 0 ? -1 : s.count;
}

static void test_output(void)
{
	auto_fd dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_fd bad = open("/tmp", O_PATH | O_CLOEXEC); /* nothing syncs that */
	struct err e = { 0 };
	struct journal j;

	unlink(path);
	journal_open(&j, path, false, &e);
	journal_begin(&j, 2, dir, &e);
	add(&j, "a", true, &e);
	add(&j, "b", true, &e);
	is_num(lines(&j) > 1, 0, "a line is not written before its output is safe");
	is_num(journal_settle(&j, &e), 0, "that is waited for");
	is_num(lines(&j), 2, "then they are there");
	is_num((long long)j.synced, 3, "on the disk too");
	is_num(journal_close(&j, &e), 0, "and nothing is left to do");
	unlink(path);
	journal_open(&j, path, false, &e);
	journal_begin(&j, 2, bad, &e);
	add(&j, "a", true, &e);
	is_num(journal_settle(&j, &e), -1, "output that does not get there");
	ok(strstr(e.text, "and the output to the disk"), "is told: %s", e.text);
	is_num(lines(&j), 0, "and its line is not written");
	e.code = 0;
	add(&j, "b", true, &e);
	is_num(e.code, -1, "nor is one behind it");
	is_num(journal_close(&j, &e), 0, "nobody waits for them");
}

/* What many jobs tell in a moment goes to the disk at once; a rest is as long as this
 * says, not as long as this machine takes */
static void test_rest(void)
{
	struct err e = { 0 };
	struct journal j;

	unlink(path);
	journal_open(&j, path, false, &e);
	journal_begin(&j, 2, -1, &e);
	ok(journal_due(&j) == UINT64_MAX, "the first line is no news");
	add(&j, "a", true, &e);
	ok(j.waits && journal_due(&j) == UINT64_MAX, "that of a job is asked for");
	poll(&(struct pollfd){ .fd = j.sock, .events = POLLIN }, 1, -1);
	j.rests_until = UINT64_MAX - 1;
	is_num(journal_step(&j, &e), 0, "it answers");
	ok(journal_due(&j) == UINT64_MAX, "and nothing more is due");
	add(&j, "b", true, &e);
	add(&j, "c", true, &e);
	ok(!j.waits, "during a rest it is not asked");
	ok(journal_due(&j) == UINT64_MAX - 1, "but due behind it");
	is_num(lines(&j), 3, "the lines are there");
	j.rests_until = 1;
	is_num(journal_step(&j, &e), 0, "then it is");
	ok(j.waits && j.rests_until > 1, "for both, and rests again");
	add(&j, "d", true, &e);
	j.rests_until = UINT64_MAX - 1;
	is_num(journal_close(&j, &e), 0, "the end waits for no rest");
	is_num((long long)j.synced, 5, "and all is on the disk");
}

static void test_places(void)
{
	struct journal j;
	struct err e = { 0 };

	unlink(path);
	mkfifo(path, 0600);
	is_num(journal_open(&j, path, false, &e), -1, "a FIFO is no journal");
	close(j.fd);
	unlink(path);
	is_num(symlink("/dev/null", path), 0, "a link");
	is_num(journal_open(&j, path, false, &e), -1, "is not followed");
	unlink(path);
	journal_open(&j, path, false, &e);
	journal_close(&j, &e);
	is_num(access(path, F_OK), -1, "where no line was written there is no file");
}

int main(void)
{
	plan(71);
	snprintf(path, sizeof(path), "/tmp/nook-journal.%d", (int)getpid());
	test_round();
	test_torn();
	test_damaged();
	test_full();
	test_output();
	test_rest();
	test_places();
	unlink(path);
	return done();
}
