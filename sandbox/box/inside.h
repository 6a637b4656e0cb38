/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inside.h - the child of the keeper: builds its own walls, then is init */
#ifndef NOOK_BOX_INSIDE_H
#define NOOK_BOX_INSIDE_H

#include "base/err.h"
#include "layer/layer.h"
#include "plan.h"

struct copy_order;
struct look;

/**
 * struct inside - What the keeper hands to its child
 * @plan:	What to build
 * @site:	Descriptors made before clone3
 * @sock:	The child's end of the step socket
 * @keeper_sock: The keeper's end, which the child closes first
 * @again:	Second start (box/again.h): birth is over
 * @children:	Where there is no pid namespace: for orphans_end(); else -1
 * @copy:	No command runs: files are copied (box/copier.h); or NULL
 * @argv_area:	The process's own argument area, to be scrubbed; @argv_size bytes
 */
struct inside {
	const struct plan *plan;
	struct site site;
	int sock;
	int keeper_sock;
	int children;
	bool again;
	const struct copy_order *copy;
	char *argv_area;
	size_t argv_size;
};

/**
 * inside_main() - Build the walls, start the payload, be init; never returns
 *
 * Must not: return into the keeper's code, print, open anything of the box's tree once
 * the payload runs, outlive the keeper. Should: fail loudly, by STEP_FAILED, at the first
 * wall that does not stand.
 */
void inside_main(struct inside *in) __attribute__((noreturn));

/**
 * init_main() - Forward signals, reap orphans, report how the payload ended; never
 * returns
 * @in:		What inside was
 * @payload:	The payload's pid
 */
void init_main(struct inside *in, pid_t payload) __attribute__((noreturn));

/** inside_fail() - Say STEP_FAILED and end; never returns */
void inside_fail(const struct inside *in, int cause, int code, const struct err *e)
	__attribute__((noreturn));

/**
 * struct launch - How the start of a payload went; written by the payload's process in
 * memory that it shares with init until exec
 * @parent:	Whose child the process is: a joiner's is the keeper's, the payload
 *		init's. Read where no pid namespace ends it with the box; 0 = the step
 *		socket tells of that end (`init: none`)
 * @failed:	Exec did not happen; the rest says why
 * @cause:	enum cause: CAUSE_SETUP or CAUSE_EXEC
 * @code:	125, 126 or 127
 * @look:	Where not NULL, no command runs: this is filled and handed over instead
 */
struct launch {
	const struct plan *plan;
	struct site *site;
	struct look *look;
	pid_t parent;
	bool failed;
	int cause;
	int code;
	struct err err;
};

/**
 * payload_exec() - Put up the last walls and become the command; returns only on failure
 *
 * The one way for run and exec. It may share memory with init (CLONE_VM | CLONE_VFORK):
 * it must not allocate, must not use stdio, and writes only to @l.
 */
void payload_exec(struct launch *l);

#endif
