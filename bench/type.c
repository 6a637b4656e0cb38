/* SPDX-License-Identifier: GPL-3.0-or-later */
/* type.c - types at a program that prompts, and says how long it took to prompt again
 *
 *	type COUNT PROGRAM [ARG...] <LINES
 *
 * Theory of operation. The program has a terminal of its own. It prompts when the last it
 * wrote ends in "> " and nothing follows; a line is typed only then, so what is timed is
 * from the first byte of a line, or from the start of the program, to the prompt behind
 * it. It is started COUNT times and ended by the end of input; the last one is typed all
 * LINES at, COUNT times over.
 *
 * Prints a line for the start and one for each of LINES: the median in milliseconds, what
 * was typed. A program that ends or says nothing for ten seconds fails all.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINES_MOST 16
#define LINE_SIZE  256
#define PATIENCE   10000 /* ms */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void fail(const char *what)
{
	fprintf(stderr, "type: %s\n", what);
	exit(1);
}

/* Reads until the program prompts. Return: when */
static double prompt_wait(int tty)
{
	struct pollfd p = { .fd = tty, .events = POLLIN };
	char end[2] = "", buf[4096];
	ssize_t n;

	do {
		if (poll(&p, 1, PATIENCE) <= 0)
			fail("no prompt comes");
		n = read(tty, buf, sizeof(buf));
		if (n <= 0)
			fail("the program has ended");
		if (n == 1)
			end[0] = end[1];
		else
			end[0] = buf[n - 2];
		end[1] = buf[n - 1];
	} while (end[0] != '>' || end[1] != ' ' || poll(&p, 1, 0) > 0);
	return now();
}

static pid_t program_start(char *const argv[], int *tty)
{
	pid_t pid = forkpty(tty, NULL, NULL, NULL);

	if (pid < 0)
		fail(strerror(errno));
	if (!pid) {
		setenv("TERM", "dumb", 1);
		setenv("NO_COLOR", "1", 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static void type(int tty, const char *text)
{
	size_t len = strlen(text);

	if (write(tty, text, len) != (ssize_t)len)
		fail("the program reads nothing");
}

static void program_end(pid_t pid, int tty)
{
	char buf[4096];

	type(tty, "\4");
	while (read(tty, buf, sizeof(buf)) > 0)
		;
	waitpid(pid, NULL, 0);
	close(tty);
}

static void say(double *times, int count, const char *what)
{
	qsort(times, (size_t)count, sizeof(*times), compare);
	printf("%.3f %s\n", times[count / 2], what);
}

int main(int argc, char **argv)
{
	static char lines[LINES_MOST][LINE_SIZE];
	int count = argc > 2 ? atoi(argv[1]) : 0, known = 0, tty;
	double *times, start;
	pid_t pid = -1;

	if (count < 1) {
		fprintf(stderr, "usage: type COUNT PROGRAM [ARG...] <LINES\n");
		return 2;
	}
	while (known < LINES_MOST && fgets(lines[known], LINE_SIZE, stdin))
		known++;
	times = calloc((size_t)(known + 1) * (size_t)count, sizeof(*times));
	if (!times)
		fail(strerror(errno));
	for (int i = 0; i < count; i++) {
		if (pid > 0)
			program_end(pid, tty);
		start = now();
		pid = program_start(argv + 2, &tty);
		times[i] = prompt_wait(tty) - start;
	}
	say(times, count, "start");
	for (int i = 0; i < count; i++)
		for (int k = 0; k < known; k++) {
			start = now();
			type(tty, lines[k]);
			times[(k + 1) * count + i] = prompt_wait(tty) - start;
		}
	program_end(pid, tty);
	for (int k = 0; k < known; k++) {
		lines[k][strcspn(lines[k], "\n")] = '\0';
		say(times + (k + 1) * count, count, lines[k]);
	}
	free(times);
	return 0;
}
