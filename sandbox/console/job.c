// SPDX-License-Identifier: GPL-3.0-or-later
/* job.c - other processes, and who has the terminal
 *
 * Theory of operation, after a shell's (credentials(7), tcsetpgrp(3)). With a person at
 * the terminal each job is a process group of its own. Both sides put it there, since
 * nobody knows who comes first, and both hand it the terminal. Keys that are signals
 * (^C, ^Z) go to that group alone, so none of them can be the console's; SIGTTOU is
 * ignored in the console, which takes the terminal back when the job has ended or
 * stopped, with the mode that it had. In a script there are no groups: a signal from
 * outside is everybody's.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "console/console.h"

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

static void hand_over(const struct console *c, pid_t pid)
{
	if (!c->is_interactive)
		return;
	setpgid(pid, pid);
	tcsetpgrp(STDIN_FILENO, pid ? pid : getpid());
}

static void take_back(const struct console *c)
{
	if (!c->is_interactive)
		return;
	tcsetpgrp(STDIN_FILENO, getpgrp());
	tcsetattr(STDIN_FILENO, TCSADRAIN, &c->mode);
}

/* It stopped: kept for `fg` */
static int keep(struct console *c, pid_t pid, char *words, struct err *e)
{
	struct job *j = calloc(1, sizeof(*j));
	auto_text t = { 0 };

	if (!j || !words) {
		free(j);
		free(words);
		kill(-pid, SIGKILL);
		return err_set(e, "out of memory");
	}
	*j = (struct job){ .pid = pid, .words = words, .next = c->jobs };
	tcgetattr(STDIN_FILENO, &j->mode);
	c->jobs = j;
	text_add(&t, "\nstopped: ");
	text_safe(&t, words);
	text_add(&t, "  (fg goes on with it)\n");
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
	return 128 + SIGTSTP;
}

/* Until it ends or stops. @words is taken over */
static int wait_for(struct console *c, pid_t pid, char *words, struct err *e)
{
	int status = 0, r;

	while (waitpid(pid, &status, c->is_interactive ? WUNTRACED : 0) < 0 &&
	       errno == EINTR)
		;
	if (WIFSTOPPED(status)) {
		r = keep(c, pid, words, e);
	} else {
		free(words);
		r = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		/* The line that ^C broke off ends here */
		if (WIFSIGNALED(status) && c->is_interactive)
			fd_write_all(STDERR_FILENO, "\n", 1);
	}
	take_back(c);
	return r;
}

int job_run(struct console *c, char *const *words, const struct task *t, struct err *e)
{
	auto_text name = { 0 };
	pid_t pid;

	words_text(words, &name);
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start a process");
	if (!pid) {
		hand_over(c, 0);
		reset_signals();
		_exit(t->run(t->arg));
	}
	hand_over(c, pid);
	return wait_for(c, pid, text_take(&name), e);
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
	struct task t = { exec_main, NULL };
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

int job_continue(struct console *c, int n, struct err *e)
{
	struct job **at = &c->jobs, *j;
	char *words;
	pid_t pid;

	while (n > 1 && *at) {
		at = &(*at)->next;
		n--;
	}
	j = *at;
	if (!c->jobs)
		return err_set(e, "no job is stopped");
	if (!j) {
		err_set(e, "there is no job of this number");
		return err_hint(e, "'jobs' lists them");
	}
	*at = j->next;
	pid = j->pid;
	words = j->words;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &j->mode);
	free(j);
	hand_over(c, pid);
	kill(-pid, SIGCONT);
	return wait_for(c, pid, words, e);
}

void job_list(const struct console *c, struct text *out)
{
	int n = 0;

	for (const struct job *j = c->jobs; j; j = j->next) {
		text_addf(out, "%2d  %-7d stopped  ", ++n, (int)j->pid);
		text_safe(out, j->words);
		text_addc(out, '\n');
	}
}

void job_end_all(struct console *c)
{
	while (c->jobs) {
		struct job *j = c->jobs;

		c->jobs = j->next;
		kill(-j->pid, SIGHUP);
		kill(-j->pid, SIGCONT);
		while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
			;
		free(j->words);
		free(j);
	}
}
