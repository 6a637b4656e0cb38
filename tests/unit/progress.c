// SPDX-License-Identifier: GPL-3.0-or-later
/* progress.c - a batch as a person sees it, by width, on a terminal and in a pipe */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "base/text.h"
#include "job/progress.h"
#include "tap.h"

static const char *const running[] = { "alpha", NULL, "a-long-name-1", "b" };

static struct tally half(void)
{
	struct tally t = { .known = 1000, .done = 421, .passed = 418, .running = 3 };

	t.failed[CAUSE_OOM] = 2;
	t.failed[CAUSE_WALL] = 1;
	return t;
}

static void at_width(const struct tally *t, double rate, size_t width, const char *want)
{
	struct progress_view v = {
		.rate = rate, .running = running, .running_count = 4, .bar = true
	};
	auto_text out = { 0 }, name = { 0 };

	progress_line(t, &v, width, &out);
	text_addf(&name, "%zu columns", width);
	is(text_str(&out), want, text_str(&name));
	if (out.len > width)
		ok(false, "%zu are more than %zu", out.len, width);
}

static void try_lines(void)
{
	struct tally t = half();
	struct progress_view v = { .rate = 1, .bar = true, .blocks = true };
	auto_text out = { 0 };

	at_width(&t, 38.4, 150,
		 "[############..................] 421/1000  38/s  16s left  3 failed "
		 "(oom 2, wall 1)  3 running: alpha, a-long-name-1, b");
	at_width(&t, 38.4, 100,
		 "[############..................] 421/1000  38/s  16s left  3 failed "
		 "(oom 2, wall 1)  3 running");
	at_width(
		&t, 38.4, 70,
		"[#######..........] 421/1000  38/s  16s left  3 failed (oom 2, wall 1)");
	at_width(&t, 38.4, 45, "[###.....] 421/1000  38/s  16s left  3 failed");
	at_width(&t, 38.4, 43, "421/1000  38/s  16s left  3 failed");
	at_width(&t, 38.4, 30, "421/1000  38/s  16s left");
	at_width(&t, 38.4, 5, "421/1");
	at_width(&t, 38.4, 0, "");
	at_width(&t, -1, 60,
		 "[#########..............] 421/1000  3 failed (oom 2, wall 1)");
	at_width(&t, 0.02, 40, "421/1000  1.2/min  8h2m30s left");
	t.draining = true;
	at_width(&t, 5, 45, "[####.......] 421/1000  5.0/s  ends  3 failed");
	t = (struct tally){ .known = 7, .done = 7, .more = true };
	at_width(&t, 0, 45, "7/7+  0.0/min");
	t = (struct tally){ .known = 16, .done = 1 };
	progress_line(&t, &v, 60, &out);
	is(text_str(&out), "[█▉                            ] 1/16  1.0/s  15s left",
	   "a bar of blocks");
}

static void try_summary(void)
{
	struct tally t = half();
	auto_text out = { 0 };

	t.skipped = 4;
	t.done += t.skipped;
	t.retried = 2;
	t.before = 100;
	progress_summary(&t, 61000000000ull, &out);
	is(text_str(&out),
	   "1000 jobs in 1m1s: 418 passed, 3 failed (oom 2, wall 1), 4 skipped, 575 not "
	   "run, 2 tried again, 100 of them before",
	   "all that can be said");
	t = (struct tally){ .known = 1, .done = 1, .passed = 1 };
	text_cut(&out, 0);
	progress_summary(&t, 250000000, &out);
	is(text_str(&out), "1 job in 250ms: 1 passed", "and the least");
}

/* stderr is @fd while a batch goes on; what it got */
static void watch(int fd, int from, bool quiet, struct text *out)
{
	struct job j = { .id = "x\033y" };
	struct result r = { .cause = CAUSE_EXITED, .exit_code = 3 };
	struct tally t = { .known = 2, .began = 1, .running = 1 };
	struct pollfd p = { .fd = from, .events = POLLIN };
	int kept = dup(2);
	struct progress *pr;
	char buf[4096];

	dup2(fd, 2);
	pr = progress_open(quiet);
	progress_start(pr, &j, 0);
	progress_tick(pr, &t, 1);
	progress_tick(pr, &t, 2); /* too early for another */
	progress_end(pr, &j, 0, &r, true);
	t.done = 1;
	t.failed[CAUSE_EXITED] = 1;
	t.running = 0;
	progress_tick(pr, &t, 1 + 20000000000ull);
	progress_say(pr, "goes on");
	t.known = 1;
	progress_close(pr, &t);
	dup2(kept, 2);
	close(kept);
	while (poll(&p, 1, 0) > 0 && p.revents & POLLIN) {
		ssize_t n = read(from, buf, sizeof(buf));

		if (n <= 0)
			break;
		text_addn(out, buf, (size_t)n);
	}
}

/* The time that it took, which differs */
static void without_time(const struct text *from, struct text *out)
{
	const char *in = strstr(text_str(from), "1 job in ");
	const char *colon = in ? strchr(in, ':') : NULL;

	if (colon) {
		text_addn(out, from->s, (size_t)(in - from->s) + 8);
		text_add(out, colon);
	} else {
		text_add(out, text_str(from));
	}
}

static void try_pipe(void)
{
	auto_text raw = { 0 }, got = { 0 }, none = { 0 };
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		exit(1);
	watch(fd[1], fd[0], true, &none);
	is(text_str(&none), "", "quiet says nothing");
	watch(fd[1], fd[0], false, &raw);
	without_time(&raw, &got);
	is(text_str(&got),
	   "nook: batch: job 'x\\x1by': exit code 3\n"
	   "nook: batch: 1/2  3.0/min  20s left  1 failed (exited 1)\n"
	   "nook: batch: goes on\n"
	   "nook: batch: 1 job in: 0 passed, 1 failed (exited 1)\n",
	   "plain lines in a pipe");
}

/* A pipe that is full is left alone until the last line, which this test reads away */
static void try_full(void)
{
	struct tally t = { .known = 1, .began = 1 };
	int kept = dup(2), fd[2];
	struct progress *pr;
	char buf[4096] = { 0 };

	if (pipe2(fd, O_CLOEXEC) || fcntl(fd[1], F_SETPIPE_SZ, 4096) < 0)
		exit(1);
	if (write(fd[1], buf, 4096) != 4096)
		exit(1);
	dup2(fd[1], 2);
	pr = progress_open(false);
	alarm(20);
	progress_say(pr, "lost");
	progress_tick(pr, &t, 30000000000ull);
	alarm(0);
	if (read(fd[0], buf, 4096) != 4096)
		exit(1);
	progress_close(pr, &t);
	dup2(kept, 2);
	ok(read(fd[0], buf, 4096) > 0 && !strncmp(buf, "nook: batch: 1 job in ", 22),
	   "a full pipe holds nothing up, the last line comes");
}

static void try_terminal(void)
{
	struct winsize size = { .ws_row = 24, .ws_col = 60 };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	auto_text raw = { 0 }, got = { 0 };
	int tty;

	if (master < 0 || grantpt(master) || unlockpt(master))
		exit(1);
	tty = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ioctl(tty, TIOCSWINSZ, &size);
	setenv("TERM", "xterm", 1);
	setenv("LC_ALL", "C", 1);
	watch(tty, master, false, &raw);
	without_time(&raw, &got);
	is(text_str(&got),
	   "[..............................] 0/2  1 running: x\033y"
	   "\r\033[Jnook: batch: job 'x\\x1by': exit code 3\r\n"
	   "[######.......] 1/2  3.0/min  20s left  1 failed (exited 1)"
	   "\r\033[Jnook: batch: goes on\r\n"
	   "nook: batch: 1 job in: 0 passed, 1 failed (exited 1)\r\n",
	   "one line on a terminal, nothing of it left at the end");
	close(tty);
	close(master);
}

int main(void)
{
	plan(19);
	try_lines();
	try_summary();
	try_pipe();
	try_full();
	try_terminal();
	return done();
}
