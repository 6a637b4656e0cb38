// SPDX-License-Identifier: GPL-3.0-or-later
/* job.c - other processes, and who has the terminal
 *
 * Theory of operation, after a shell's (credentials(7), tcsetpgrp(3)). With a person at
 * the terminal each job is a process group of its own. Both sides put it there, since
 * nobody knows who comes first, and both hand it the terminal. Keys that are signals
 * (^C, ^Z) go to that group alone, so none of them can be the console's; SIGTTOU is
 * ignored in the console, which takes the terminal back when the job has ended or
 * stopped, with the mode that it had. One in the background never had the terminal, and
 * nothing to read: it would be stopped for that. It is looked for before each prompt.
 * Who closes the terminal ends the console, and no group but that at the terminal: a job
 * is told by the end of its parent. In a script there are no groups: a signal from
 * outside is everybody's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "base/text.h"
#include "console/console.h"

#define JOBS_MOST 1000000

static void words_text(char *const *words, struct text *out)
{
	for (size_t i = 0; words[i]; i++) {
		text_add(out, i ? " " : "");
		text_shell(out, words[i]);
	}
}

/* What the console ignores means something to everybody else */
static void reset_signals(void)
{
	static const int sigs[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], SIG_DFL);
}

/* --- the list ----------------------------------------------------------------------- */

/* The newest is in front. Return: NULL and @e */
static struct job *add(struct console *c, char *const *words, struct err *e)
{
	struct job *j = calloc(1, sizeof(*j));
	auto_text name = { 0 };

	words_text(words, &name);
	if (j)
		*j = (struct job){ .words = text_take(&name), .next = c->jobs };
	if (!j || !j->words) {
		free(j);
		err_set(e, "out of memory");
		return NULL;
	}
	for (const struct job *o = c->jobs; o; o = o->next)
		if (o->number > j->number)
			j->number = o->number;
	j->number++;
	return c->jobs = j;
}

static void take_out(struct console *c, const struct job *j)
{
	struct job **at = &c->jobs;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
}

static void forget(struct console *c, struct job *j)
{
	take_out(c, j);
	free(j->words);
	free(j);
}

static void to_front(struct console *c, struct job *j)
{
	take_out(c, j);
	j->next = c->jobs;
	c->jobs = j;
}

/* "stopped: sleep 9  (fg goes on with it)" */
static void say(const char *what, const struct job *j, const char *more)
{
	auto_text t = { 0 };

	text_addf(&t, "%s: ", what);
	text_safe(&t, j->words);
	text_addf(&t, "  (%s)\n", more);
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

/* --- one of them -------------------------------------------------------------------- */

static void hand_over(const struct console *c, pid_t pid)
{
	if (!c->is_interactive)
		return;
	setpgid(pid, pid);
	if (!c->background)
		tcsetpgrp(STDIN_FILENO, pid ? pid : getpid());
}

static void take_back(const struct console *c)
{
	if (!c->is_interactive)
		return;
	tcsetpgrp(STDIN_FILENO, getpgrp());
	tcsetattr(STDIN_FILENO, TCSADRAIN, &c->mode);
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void keep_stopped(struct console *c, struct job *j)
{
	j->stopped = true;
	to_front(c, j);
	say("stopped", j, "fg goes on with it");
}

/* Until it ends or stops */
static int wait_for(struct console *c, struct job *j)
{
	int status = 0, r;

	while (waitpid(j->pid, &status, c->is_interactive ? WUNTRACED : 0) < 0 &&
	       errno == EINTR)
		;
	if (WIFSTOPPED(status)) {
		j->has_mode = tcgetattr(STDIN_FILENO, &j->mode) == 0;
		fd_write_all(STDERR_FILENO, "\n", 1);
		keep_stopped(c, j);
		r = 128 + SIGTSTP;
	} else {
		forget(c, j);
		r = exit_code(status);
		/* The line that ^C broke off ends here */
		if (WIFSIGNALED(status) && c->is_interactive)
			fd_write_all(STDERR_FILENO, "\n", 1);
	}
	take_back(c);
	return r;
}

/* In the child */
static void read_nothing(void)
{
	int fd = open("/dev/null", O_RDONLY);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		_exit(125);
	if (fd != STDIN_FILENO)
		close(fd);
}

/* In the child. By SIGTERM, since a caller may have had us ignore SIGHUP */
static void end_with(pid_t console)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0 || getppid() != console)
		_exit(125);
}

static int leave(const struct job *j)
{
	auto_text t = { 0 };

	text_addf(&t, "in the background as %%%d: ", j->number);
	text_safe(&t, j->words);
	text_addc(&t, '\n');
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
	return 0;
}

int job_run(struct console *c, char *const *words, const struct task *t, struct err *e)
{
	const pid_t console = getpid();
	struct job *j = add(c, words, e);

	if (!j)
		return -1;
	j->draft = t->draft;
	j->pid = fork();
	if (j->pid < 0) {
		err_sys(e, "cannot start a process");
		forget(c, j);
		return -1;
	}
	if (!j->pid) {
		hand_over(c, 0);
		reset_signals();
		if (c->is_interactive)
			end_with(console);
		if (c->background)
			read_nothing();
		_exit(t->run(t->arg));
	}
	hand_over(c, j->pid);
	return c->background ? leave(j) : wait_for(c, j);
}

/* Its own file again, as from a shell: what a run scrubs and checks is its own then */
static int exec_main(void *arg)
{
	char **argv = arg;

	execv("/proc/self/exe", argv);
	fprintf(stderr, "nook: cannot start nook's own file again: %s\n",
		strerror(errno));
	return 126;
}

int job_exec(struct console *c, char **argv, struct err *e)
{
	struct task t = { .run = exec_main };
	size_t n = 0;
	char **full;
	int r;

	while (argv[n])
		n++;
	full = calloc(n + 2, sizeof(*full));
	if (!full)
		return err_set(e, "out of memory");
	full[0] = (char *)"nook";
	memcpy(full + 1, argv, n * sizeof(*full));
	t.arg = full;
	r = job_run(c, argv, &t, e);
	free(full);
	return r;
}

/* --- those that were left ----------------------------------------------------------- */

int job_find(const struct console *c, const char *word, struct job **out, struct err *e)
{
	const char *number = word && *word == '%' ? word + 1 : word;
	bool newest = !word || !strcmp(word, "%%") || !strcmp(word, "%+");
	uint64_t n = 0;

	if (!newest && parse_number_in(number, 1, JOBS_MOST, &n) < 0) {
		err_set(e, "'%s': expected a number of 'jobs'", word);
		return -2;
	}
	if (!c->jobs)
		return err_set(e, "there is no job");
	*out = c->jobs;
	while (!newest && *out && (*out)->number != (int)n)
		*out = (*out)->next;
	if (*out)
		return 0;
	err_set(e, "there is no job of this number");
	return err_hint(e, "'jobs' lists them");
}

int job_continue(struct console *c, struct job *j)
{
	to_front(c, j);
	if (j->has_mode)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &j->mode);
	j->stopped = false;
	hand_over(c, j->pid);
	kill(-j->pid, SIGCONT);
	return wait_for(c, j);
}

void job_leave(struct job *j)
{
	j->stopped = false;
	kill(-j->pid, SIGCONT);
	leave(j);
}

void job_end(const struct job *j)
{
	kill(-j->pid, SIGTERM);
	kill(-j->pid, SIGCONT);
}

void job_look(struct console *c)
{
	struct job *next;
	int status;

	for (struct job *j = c->jobs; j; j = next) {
		char how[32];

		next = j->next;
		if (waitpid(j->pid, &status, WNOHANG | WUNTRACED) != j->pid)
			continue;
		if (WIFSTOPPED(status)) {
			keep_stopped(c, j);
			continue;
		}
		snprintf(how, sizeof(how), "exit code %d", exit_code(status));
		say("ended", j, how);
		forget(c, j);
	}
}

bool job_has_files(struct console *c, const struct draft *d)
{
	const struct job *j;

	job_look(c);
	for (j = c->jobs; j && j->draft != d; j = j->next)
		;
	return j;
}

void job_list(const struct console *c, struct text *out)
{
	for (const struct job *j = c->jobs; j; j = j->next) {
		text_addf(out, "%2d  %-7d %s  ", j->number, (int)j->pid,
			  j->stopped ? "stopped" : "running");
		text_safe(out, j->words);
		text_addc(out, '\n');
	}
}

void job_end_all(struct console *c)
{
	/* A shell ends by the first and minds no SIGTERM; others may ignore the first */
	for (const struct job *j = c->jobs; j; j = j->next) {
		kill(-j->pid, SIGHUP);
		job_end(j);
	}
	while (c->jobs) {
		while (waitpid(c->jobs->pid, NULL, 0) < 0 && errno == EINTR)
			;
		forget(c, c->jobs);
	}
}
