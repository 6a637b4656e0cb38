// SPDX-License-Identifier: GPL-3.0-or-later
/* lab.c - kill `nook lab start` and `lab reset` at their calls; `lab stop` clears up
 *
 *	lab	NOOK=program NOOK_EVERY=31
 *
 * Only the command itself is followed, and killed before and after every N'th of its
 * calls. What it has started by then comes to its own end, or does not: the playground's
 * keeper is a session of its own. The next word must find whatever there is, and leave
 * nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fault/bench.h"
#include "tap.h"

static const char lab[] = "format: 1\n"
			  "id: X1\n"
			  "title: A title\n"
			  "chapter: practice\n"
			  "minutes: 1\n"
			  "level: 1\n"
			  "setup: echo here >$LAB/here\n"
			  "statement: Do it.\n"
			  "check: [ns-differs lab uts]\n"
			  "hints: [a, b, c]\n"
			  "solution: {raw: 'true'}\n"
			  "why: Because.\n";

static void become(const struct bench *b, const char *word, int go)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char byte;

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (read(go, &byte, 1) == 1)
		execl(b->nook, "nook", "lab", word, (char *)NULL);
	_exit(99);
}

/* `nook lab @word`, killed at the @at-th stop, of which each call has two; -1 = it is not
 * followed at all. Return: how many there were, and its wait status */
static long run(const struct bench *b, const char *word, long at, int *status)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	long stops = 0;
	int go[2];
	pid_t pid;

	*status = -1;
	if (pipe2(go, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		become(b, word, go[0]);
	if (at >= 0 && ptrace(PTRACE_SEIZE, pid, 0L, options) < 0)
		kill(pid, SIGKILL);
	(void)!write(go[1], "", 1);
	close(go[0]);
	close(go[1]);
	while (waitpid(pid, status, 0) == pid && WIFSTOPPED(*status)) {
		int sig = WSTOPSIG(*status);

		if (sig == (SIGTRAP | 0x80) && ++stops == at)
			kill(pid, SIGKILL);
		if (*status >> 16 || sig == (SIGTRAP | 0x80))
			sig = 0;
		ptrace(PTRACE_SYSCALL, pid, 0L, (long)sig);
	}
	return stops;
}

/* Whoever lost his parent became ours: all of them end with the lab */
static void check_nobody(struct bench *b, const char *when)
{
	for (int i = 0; i < 1000; i++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return;
		if (!pid)
			usleep(10000);
	}
	bench_complain(b, "%s: somebody is there after 10 s", when);
}

static void check_nothing(struct bench *b, const char *when)
{
	const char *state =
		geteuid() ? bench_path(b, "home/state/nook") : "/var/lib/nook";
	char path[512];

	check_nobody(b, when);
	if (!access(bench_path(b, "home/state/nook-labs"), F_OK))
		bench_complain(b, "%s: $LAB is left", when);
	snprintf(path, sizeof(path), "%s/lab/current", state);
	if (!access(path, F_OK))
		bench_complain(b, "%s: a lab is at hand", when);
	snprintf(path, sizeof(path), "%s/boxes", state);
	if (rmdir(path) < 0 && errno != ENOENT)
		bench_complain(b, "%s: a box is left", when);
	bench_check_left(b, when);
}

static void kill_at(struct bench *b, const char *word, long at)
{
	char when[64];
	int status;

	snprintf(when, sizeof(when), "%s killed at stop %ld", word, at);
	if (!strcmp(word, "reset") && (run(b, "start", -1, &status) < 0 || status))
		bench_complain(b, "%s: the start before ended with %#x", when, status);
	run(b, word, at, &status);
	b->runs++;
	b->missed += !WIFSIGNALED(status);
	run(b, "stop", -1, &status);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		bench_complain(b, "%s: stop ended with %#x", when, status);
	check_nothing(b, when);
}

static void kill_everywhere(struct bench *b, const char *word)
{
	long stops;
	int status;

	b->bad = b->runs = b->missed = 0;
	if (!strcmp(word, "reset"))
		run(b, "start", -1, &status);
	stops = run(b, word, 0, &status);
	ok(!status, "%s undisturbed: %#x", word, status);
	run(b, "stop", -1, &status);
	check_nothing(b, word);
	for (long at = 1; at <= stops; at += b->every)
		kill_at(b, word, at);
	ok(!b->bad && b->runs > b->missed,
	   "lab %s, killed at %d of %ld stops (%d too late), leaves nothing behind a "
	   "stop",
	   word, b->runs, stops, b->missed);
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	char walls[512];
	int fd;

	(void)argc;
	plan(0);
	if (!bench_start(&b, argv[0], walls, 31))
		return done();
	mkdir(bench_path(&b, "labs"), 0755);
	fd = open(bench_path(&b, "labs/X1.yaml"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, lab, sizeof(lab) - 1) != (ssize_t)sizeof(lab) - 1)
		ok(false, "cannot write the lab: %s", strerror(errno));
	close(fd);
	setenv("NOOK_LAB_PATH", bench_path(&b, "labs"), 1);
	b.mounts = bench_read("/proc/self/mountinfo");
	kill_everywhere(&b, "start");
	kill_everywhere(&b, "reset");
	free(b.mounts);
	bench_tear_down(&b);
	return done();
}
