// SPDX-License-Identifier: GPL-3.0-or-later
/* self.c - nook's own commands, run as from a shell
 *
 * What a learner can do by a word the engine does by the same word, in a process of its
 * own: boxes and networks of a lab are boxes and networks like others. Output goes to a
 * file in memory, not to a pipe: what a script leaves behind in the playground may hold
 * it open for as long as it lives.
 */
#include "lab/self.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "box/program.h"

#define SAID_MOST  (64u << 10)
#define WORDS_MOST 96

static void become(pid_t parent, const char *const *words, int said)
	__attribute__((noreturn));

static void become(pid_t parent, const char *const *words, int said)
{
	const char *argv[WORDS_MOST + 2] = { "nook" };
	int null = open("/dev/null", O_RDONLY);
	struct err none;

	if (child_die_with(parent) < 0)
		_exit(125);
	for (size_t i = 0; words[i] && i < WORDS_MOST; i++)
		argv[i + 1] = words[i];
	signal(SIGPIPE, SIG_DFL);
	if (dup2(null, STDIN_FILENO) >= 0 &&
	    (said < 0 ||
	     (dup2(said, STDOUT_FILENO) >= 0 && dup2(said, STDERR_FILENO) >= 0)))
		program_light((char **)argv, &none);
	_exit(125);
}

pid_t self_start(const char *const *words, int *said, struct err *e)
{
	auto_fd file = said ? memfd_create("nook-said", MFD_CLOEXEC) : -1;
	pid_t parent = getpid(), pid;

	if (said && (file < 0 || fcntl(file, F_SETFL, O_APPEND) < 0))
		return err_sys(e, "cannot make a file in memory");
	pid = fork();
	if (!pid)
		become(parent, words, file);
	if (pid < 0)
		return err_sys(e, "cannot start a process");
	if (said)
		*said = fd_take(&file);
	return pid;
}

int self_wait(pid_t pid, int ms)
{
	auto_fd pidfd = ms < 0 ? -1 : sys_pidfd_open(pid, 0);
	bool late = pidfd >= 0 && !pidfd_ends(pidfd, ms);
	int status = 0;

	if (late)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (late)
		return SELF_LATE;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int self_said(int said, struct text *out)
{
	char buf[4096];
	ssize_t n;

	for (off_t at = 0; out->len < SAID_MOST; at += n) {
		n = pread(said, buf, sizeof(buf), at);
		if (n <= 0)
			return (int)n;
		text_addn(out, buf, (size_t)n);
	}
	return 0;
}

int self_run(const char *const *words, int ms, struct text *out, struct err *e)
{
	int said = -1, code;
	pid_t pid = self_start(words, &said, e);

	if (pid < 0)
		return -1;
	code = self_wait(pid, ms);
	if (self_said(said, out) < 0)
		code = err_sys(e, "cannot read what '%s' says", words[0]);
	close(said);
	return code;
}

/* The last line that is no hint, and the hint */
static void take_error(const struct text *said, struct err *e)
{
	const char *line = text_str(said), *last = line, *hint = NULL;
	size_t n;

	for (; *line; line += n + (line[n] == '\n')) {
		n = strcspn(line, "\n");
		if (n && strncmp(line, "hint: ", 6) != 0 &&
		    strncmp(line, "nook: warning: ", 15) != 0)
			last = line;
		else if (!strncmp(line, "hint: ", 6))
			hint = line + 6;
	}
	n = strcspn(last, "\n");
	if (!strncmp(last, "nook: ", 6))
		err_set(e, "%.*s", (int)n - 6, last + 6);
	else
		err_set(e, "%.*s", (int)n, last);
	if (hint)
		err_hint(e, "%.*s", (int)strcspn(hint, "\n"), hint);
}

int self_must(const char *const *words, int ms, struct err *e)
{
	auto_text said = { 0 };
	int code = self_run(words, ms, &said, e);

	if (code <= 0)
		return code;
	*e = (struct err){ 0 };
	take_error(&said, e);
	if (code == SELF_LATE)
		return err_wrap(e, "not over after %d s%s", ms / 1000,
				e->text[0] ? ": " : "");
	return e->text[0] ? -1 : err_set(e, "'nook %s' ended with %d", words[0], code);
}
