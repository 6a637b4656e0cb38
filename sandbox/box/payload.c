// SPDX-License-Identifier: GPL-3.0-or-later
/* payload.c - the last walls and exec: the one way into a box for run and exec alike */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "box/attempt.h"
#include "box/box.h"
#include "box/inside.h"
#include "box/look.h"
#include "box/sync.h"

#define FEW_WORDS 64 /* arguments or variables; their text lies in the plan */

/* Pointers into the plan, for execve(2) */
static void fill(const struct plan *pl, const struct plan_list *list, const char **v)
{
	size_t n = 0;

	for (const struct plan_word *w = NULL; (w = plan_each(pl, list, w));)
		v[n++] = plan_text(pl, w->text);
	v[n] = NULL;
}

static int set_signals_free(const struct site *s, struct err *e)
{
	sigset_t none;

	sigemptyset(&none);
	if (s->ignores_hangup)
		signal(SIGHUP, SIG_DFL); /* others are so since box_sanitize() */
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return err_sys(e, "cannot unblock signals");
	return 0;
}

/*
 * Look the command up in @path as a shell does: the first that can be run wins; what is
 * there and cannot be run is remembered (126 rather than 127). Never through a shell: a
 * file without #! is refused and says so.
 */
static int exec_in_path(const char *path, const char **argv, const char **envp)
{
	char file[PATH_MAX];
	int why = ENOENT;

	if (strchr(argv[0], '/')) {
		execve(argv[0], (char *const *)argv, (char *const *)envp);
		return errno;
	}
	for (const char *p = path, *end; p; p = end ? end + 1 : NULL) {
		size_t len;

		end = strchr(p, ':');
		len = end ? (size_t)(end - p) : strlen(p);
		if (!len || *p != '/' || len + strlen(argv[0]) + 2 > sizeof(file))
			continue;
		memcpy(file, p, len);
		file[len] = '/';
		memcpy(file + len + 1, argv[0], strlen(argv[0]) + 1);
		execve(file, (char *const *)argv, (char *const *)envp);
		if (errno != ENOENT && errno != ENOTDIR)
			why = errno;
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			break;
	}
	return why;
}

static void say_exec_failed(struct launch *l, const char *command, int why)
{
	l->cause = CAUSE_EXEC;
	l->code = why == ENOENT || why == ENOTDIR ? 127 : 126;
	errno = why;
	if (why == ENOENT && !strchr(command, '/')) {
		err_set(&l->err, "cannot run '%s': not found in %s", command,
			plan_text(l->plan, l->plan->env.path));
	} else {
		err_sys(&l->err, "cannot run '%s'", command);
		if (why == ENOEXEC)
			err_hint(&l->err,
				 "a script needs a first line such as #!/bin/sh");
		else if (why == ENOENT)
			err_hint(&l->err,
				 "the file, or the interpreter that it names, does not "
				 "exist inside the box");
	}
}

/* In place of exec: what the command would be told, and no command */
static void look_and_exit(struct launch *l)
{
	look_process(l->look);
	if (l->site->keep_fd >= 0)
		sync_tell(l->site->keep_fd, STEP_EXEC);
	l->failed = false;
	_exit(look_send(l->look) < 0);
}

static void attempt_and_exit(struct launch *l)
{
	if (l->site->keep_fd >= 0)
		sync_tell(l->site->keep_fd, STEP_EXEC);
	l->failed = false;
	_exit(attempt_serve(LOOK_FD) < 0);
}

/* Be killed when the parent ends, which may have happened before that was armed. A filter
 * of the box's own may refuse getppid(): then it is not looked at */
static int be_bound(const struct launch *l)
{
	pid_t now;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -1;
	now = l->parent ? (pid_t)syscall(SYS_getppid) : 0;
	if (now < 0 || now == l->parent)
		return 0;
	errno = ESRCH;
	return -1;
}

/* The last walls and exec, with room for pointers to the words */
static void exec_words(struct launch *l, const char **argv, const char **envp)
{
	const struct plan *pl = l->plan;

	fill(pl, &pl->env.argv, argv);
	fill(pl, &pl->env.env, envp);
	if (!argv[0]) {
		err_set(&l->err, "no command to run");
		return;
	}
	if (set_signals_free(l->site, &l->err) < 0 ||
	    layers_apply(SIDE_LAST, pl, l->site, &l->err) < 0)
		return;
	/* Where no kernel ends it with init; after the last change of ids. Init and the
	 * keeper end it too: this is for the case that both are killed */
	if (!(pl->clone_flags & CLONE_NEWPID) && be_bound(l) < 0) {
		err_sys(&l->err, "cannot arm the parent-death signal");
		return;
	}
	if (l->look)
		look_and_exit(l);
	if (l->site->attempt)
		attempt_and_exit(l);
	if (l->site->keep_fd >= 0 && sync_tell(l->site->keep_fd, STEP_EXEC) < 0) {
		err_sys(&l->err, "the keeper died");
		return;
	}
	l->failed = false; /* a process killed by a signal from here on did run */
	say_exec_failed(l, argv[0],
			exec_in_path(plan_text(pl, pl->env.path), argv, envp));
	l->failed = true;
}

/* How many there may be is the kernel's to say (execve(2), E2BIG). Not malloc(3): what
 * was in its heap is the keeper's */
static void exec_many(struct launch *l)
{
	const struct plan *pl = l->plan;
	size_t count = (size_t)pl->env.argv.count + pl->env.env.count + 2;
	const char **words = mmap(NULL, count * sizeof(*words), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (words == MAP_FAILED)
		err_sys(&l->err, "no room for %zu arguments and variables", count - 2);
	else
		exec_words(l, words, words + pl->env.argv.count + 1);
}

void payload_exec(struct launch *l)
{
	const struct plan *pl = l->plan;
	const char *argv[FEW_WORDS], *envp[FEW_WORDS];

	l->failed = true;
	l->cause = CAUSE_SETUP;
	l->code = 125;
	if (pl->env.argv.count >= FEW_WORDS || pl->env.env.count >= FEW_WORDS)
		exec_many(l);
	else
		exec_words(l, argv, envp);
}
