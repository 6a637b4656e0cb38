// SPDX-License-Identifier: GPL-3.0-or-later
/* judge.c - from what happened to a cause, an exit code and a sentence
 *
 * What nook did comes first (it knows), then what init reported, then how init itself
 * ended. The exit code alone is never evidence: a payload may exit with any number.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/text.h"
#include "box/keeper.h"

#define EXIT_TIMEOUT 124 /* cli.md: limits.wall and limits.cpu_time */
#define EXIT_KILLED 137	 /* any other kill by nook */

__attribute__((format(printf, 2, 3))) static void say(struct keeper *k, const char *fmt,
						      ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k->result->message, sizeof(k->result->message), fmt, ap);
	va_end(ap);
}

static void judge_killed(struct keeper *k)
{
	struct result *r = k->result;
	auto_text t = { 0 };

	r->cause = k->cause;
	r->exit_code = k->cause == CAUSE_WALL ? EXIT_TIMEOUT : EXIT_KILLED;
	r->signal = SIGKILL;
	if (k->exited && WIFSIGNALED(k->status))
		r->signal = WTERMSIG(k->status);
	if (k->cause == CAUSE_WALL) {
		text_duration(&t, k->limits.wall);
		say(k, "killed: ran longer than limits.wall %s; try --timeout with more",
		    text_str(&t));
	} else if (k->cause == CAUSE_OUTPUT) {
		text_size(&t, k->limits.output);
		say(k, "killed: wrote more than limits.output %s", text_str(&t));
	} else if (k->ordered) {
		say(k, "killed by 'nook kill'");
	} else {
		say(k,
		    "killed: signal %d asked nook to end, and the command did not end "
		    "within limits.grace",
		    k->forwarded);
	}
}

static void judge_exited(struct keeper *k)
{
	struct result *r = k->result;

	if (WIFEXITED(k->status)) {
		r->cause = CAUSE_EXITED;
		r->exit_code = WEXITSTATUS(k->status);
		say(k, "exited with %d", r->exit_code);
		return;
	}
	r->signal = WTERMSIG(k->status);
	r->exit_code = 128 + r->signal;
	r->cause = CAUSE_SIGNALED;
	say(k, "ended by signal %d (%s)", r->signal, strsignal(r->signal));
	if (r->signal == SIGSYS && k->plan->seccomp.count) {
		r->cause = CAUSE_POLICY;
		say(k, "ended by the seccomp filter: it made a system call of another "
		       "kind of machine (32-bit or x32)");
	} else if (k->forwarded == r->signal) {
		r->cause = CAUSE_CANCELLED;
		say(k, "cancelled by signal %d (%s)", r->signal, strsignal(r->signal));
	}
}

static void judge_lost(struct keeper *k)
{
	struct result *r = k->result;

	r->cause = CAUSE_LOST;
	r->exit_code = EXIT_KILLED;
	r->signal = WIFSIGNALED(k->init_status) ? WTERMSIG(k->init_status) : 0;
	if (r->signal)
		say(k, "lost: the box's init was ended by signal %d (%s)", r->signal,
		    strsignal(r->signal));
	else
		say(k, "lost: the box's init ended before the command, and did not say "
		       "why");
}

/* Only without a pid namespace: the payload forks faster than its children are found */
static void judge_left(struct keeper *k)
{
	k->result->cause = CAUSE_LOST;
	k->result->exit_code = EXIT_KILLED;
	say(k, "lost: processes of the box still run: they multiply faster than nook, "
	       "which has no pid namespace here, can end them");
}

void keeper_judge(struct keeper *k, struct err *e)
{
	if (k->cause_set && k->ran) {
		judge_killed(k);
	} else if (k->exited) {
		judge_exited(k);
	} else if (k->ran) {
		judge_lost(k);
	} else if (k->cause_set) {
		judge_killed(k);
	} else if (!e->text[0]) {
		bool killed = WIFSIGNALED(k->init_status);

		err_set(e, "the box ended while it was built (%s %d)",
			killed ? "signal" : "exit code",
			killed ? WTERMSIG(k->init_status) : WEXITSTATUS(k->init_status));
	}
	if (!k->ran && !k->cause_set)
		say(k, "%s", e->text);
	if (k->left)
		judge_left(k);
}
