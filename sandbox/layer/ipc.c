// SPDX-License-Identifier: GPL-3.0-or-later
/* ipc.c - System V IPC and POSIX message queues of its own */
#include <sched.h>

#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"

static int ipc_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	(void)h, (void)e;
	if (pf->namespaces & NS_IPC)
		pl->clone_flags |= CLONE_NEWIPC;
	else
		plan_say(pl, "ipc", FACT_WARNING, "namespaces",
			 "no ipc namespace: shared memory segments, semaphores and "
			 "message queues of the host's System V kind are within reach");
	return 0;
}

static void ipc_explain(const struct plan *pl, struct text *out)
{
	if (pl->clone_flags & CLONE_NEWIPC)
		text_add(
			out,
			"clone3(CLONE_NEWIPC): ipcs(1) is empty, and what is made inside "
			"goes with the box.\n  $ unshare --ipc COMMAND\n");
}

static void ipc_script(const struct plan *pl, struct script *sc)
{
	if (pl->clone_flags & CLONE_NEWIPC)
		script_words(sc, SCRIPT_UNSHARE, "--ipc");
}

const struct layer layer_ipc = {
	.name = "ipc",
	.isolates = "System V shared memory, semaphores, message queues; POSIX message "
		    "queues",
	.without = "shared memory and queues of other programs of the same user are "
		   "within reach",
	.plan = ipc_plan,
	.explain = ipc_explain,
	.script = ipc_script,
};
