// SPDX-License-Identifier: GPL-3.0-or-later
/* pager.c - text that does not fit on a person's screen, shown by a pager
 *
 * As git(1) does it: only where stdout is a terminal; $NOOK_PAGER, $PAGER or less(1), and
 * LESS=FRX where that is not set. The pager is a child that reads a pipe. Keys that are
 * signals are the pager's while it shows, so they are ignored here, as in system(3);
 * one that ends before it has read all has shown what a person wanted to see.
 */
#include "cmd/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "cmd/cmd.h"

#define NOT_FOUND 127 /* of a shell, and of a child that could not become one */

/** struct ignored - The signals that are ignored while a pager shows, as they were */
struct ignored {
	struct sigaction was[3];
};

static const int ignored_signals[] = { SIGINT, SIGQUIT, SIGPIPE };

static void ignore(struct ignored *g)
{
	const struct sigaction none = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < ARRAY_SIZE(ignored_signals); i++)
		sigaction(ignored_signals[i], &none, &g->was[i]);
}

static void heed(const struct ignored *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(ignored_signals); i++)
		sigaction(ignored_signals[i], &g->was[i], NULL);
}

/* NULL = none is wanted */
static const char *pager_name(void)
{
	static const char *const names[] = { "NOOK_PAGER", "PAGER" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *v = getenv(names[i]);

		if (v)
			return *v && strcmp(v, "cat") != 0 ? v : NULL;
	}
	return "less";
}

/* One row stays for the prompt. A terminal that tells no size takes everything */
static bool fits(const struct text *t)
{
	struct winsize size = { 0 };
	size_t rows = 1, column = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return true;
	for (size_t i = 0; i < t->len; i++) {
		if (t->s[i] == '\n') {
			rows++;
			column = 0;
		} else if ((t->s[i] & 0xc0) != 0x80 && ++column > size.ws_col) {
			rows++;
			column = 1;
		}
	}
	return rows <= size.ws_row;
}

static void pager_main(const char *pager, int from, const struct ignored *g)
	__attribute__((noreturn));

static void pager_main(const char *pager, int from, const struct ignored *g)
{
	heed(g);
	if (dup2(from, STDIN_FILENO) < 0 || fcntl(STDIN_FILENO, F_SETFD, 0) < 0)
		_exit(NOT_FOUND);
	setenv("LESS", "FRX", 0);
	execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
	_exit(NOT_FOUND);
}

/* Return: whether there is such a pager */
static bool show_by(const char *pager, const struct text *t)
{
	auto_fd from = -1, to = -1;
	struct ignored g;
	int pipes[2], status = 0;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return false;
	from = pipes[0];
	to = pipes[1];
	ignore(&g);
	pid = fork();
	if (pid == 0)
		pager_main(pager, from, &g);
	close(fd_take(&from));
	if (pid > 0)
		(void)fd_write_all(to, text_str(t), t->len);
	close(fd_take(&to));
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	heed(&g);
	return pid > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND);
}

int cmd_show(const struct text *t, struct err *e)
{
	const char *term = getenv("TERM"), *pager = pager_name();

	if (!t->failed && pager && term && strcmp(term, "dumb") != 0 &&
	    isatty(STDOUT_FILENO) && !fits(t) && show_by(pager, t))
		return 0;
	return cmd_print(t, e);
}
