// SPDX-License-Identifier: GPL-3.0-or-later
/* pid.c - process ids: the box sees its own processes only */
#include <sched.h>

#include "base/err.h"
#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"

static int pid_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	(void)h;
	pl->session.init_none = pf->init == INIT_NONE;
	if (pf->namespaces & NS_PID) {
		pl->clone_flags |= CLONE_NEWPID;
	} else {
		plan_say(pl, "pid", FACT_WARNING, "namespaces",
			 "no pid namespace: the box sees and may signal the caller's "
			 "processes, and what it leaves running is ended one by one");
		if (pf->init == INIT_NONE)
			return err_set(e, "'init: none' needs the pid namespace");
	}
	plan_fact(pl, "pid", "init", NULL, "%s",
		  pl->session.init_none ? "none: the command is pid 1" : "reaper");
	return 0;
}

static void pid_explain(const struct plan *pl, struct text *out)
{
	if (!(pl->clone_flags & CLONE_NEWPID))
		return;
	text_add(out,
		 "clone3(CLONE_NEWPID): the child is pid 1 of a new pid namespace. "
		 "Processes "
		 "outside do not exist in there, and when pid 1 ends the kernel ends "
		 "all others with SIGKILL.\n");
	if (pl->session.init_none)
		text_add(out,
			 "The command itself is pid 1: signals without a handler do not "
			 "reach it, and orphans that it does not wait for stay "
			 "zombies.\n");
	else
		text_add(
			out,
			"nook's init is pid 1: it forwards signals to the command, reaps "
			"orphans and ends with the command.\n");
	text_add(out, "  $ unshare --pid --fork --kill-child COMMAND\n");
}

static void pid_script(const struct plan *pl, struct script *sc)
{
	if (pl->clone_flags & CLONE_NEWPID)
		script_words(sc, SCRIPT_UNSHARE, "--pid --fork --kill-child");
}

const struct layer layer_pid = {
	.name = "pid",
	.isolates = "process ids: other processes cannot be seen, signalled or traced",
	.without =
		"every process of this machine can be seen, and the caller's signalled",
	.plan = pid_plan,
	.explain = pid_explain,
	.script = pid_script,
};
