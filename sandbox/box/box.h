/* SPDX-License-Identifier: GPL-3.0-or-later */
/* box.h - one running sandbox: what front ends (run, shell, console, batch) call */
#ifndef NOOK_BOX_BOX_H
#define NOOK_BOX_BOX_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "plan.h"

struct copy_order;
struct host;
struct log;
struct rest;
struct text;

/** enum cause - Why a payload ended (nook(1)); derived from what the kernel counted and
 * what the keeper did, never from the exit code alone. Records of boxes at rest have the
 * numbers: a new one goes to the end */
enum cause {
	CAUSE_EXITED,
	CAUSE_SIGNALED,
	CAUSE_OOM,
	CAUSE_WALL,
	CAUSE_CPU,
	CAUSE_OUTPUT,
	CAUSE_PIDS,
	CAUSE_POLICY,	 /* killed by the seccomp filter (SIGSYS) */
	CAUSE_CANCELLED, /* a signal to the keeper ended it */
	CAUSE_LOST,	 /* init or keeper was killed from outside */
	CAUSE_SETUP,	 /* nook failed before the payload ran */
	CAUSE_EXEC,	 /* the command cannot be run, or was not found */
};

#define BOX_ID_SIZE 16 /* bytes with the NUL; 12 characters of [0-9a-z] */

/**
 * struct result - How a box ended
 *
 * A counter that this host cannot give is UINT64_MAX here and null in JSON, never 0.
 */
struct result {
	char id[BOX_ID_SIZE];
	char name[65]; /* "" for a one-shot */
	enum cause cause;
	int exit_code;			  /* what nook exits with */
	int signal;			  /* 0, or the signal that ended the payload */
	uint64_t started_ns, finished_ns; /* CLOCK_REALTIME */
	uint64_t wall_ns;
	uint64_t paused_ns;
	/* as they were at the end; those of the leaf as in struct record */
	struct plan_limits limits;
	uint64_t limit[LIMIT_COUNT];
	char cpuset[96];
	uint64_t cpu_user_ns, cpu_system_ns; /* of the whole box, from wait4(2) of init */
	uint64_t memory_peak, pids_peak, oom_kills, throttled_ns;
	uint64_t io_read, io_write, net_rx, net_tx, output;
	char message[512]; /* one sentence for a person */
	char hint[64];	   /* "--memory 128M": for `nook run`, where a limit was it */
	int output_error;  /* errno: not all of the output could be written on */
	uint64_t digest;   /* of what it wrote and had taken out; 0 = nobody asked */
	int not_taken;	   /* files that the plan takes out and that were not there */
	bool tells_more;   /* it tells of more than how the command ended */
	bool ran;	   /* the command did */
};

/**
 * struct box_end - What is there when a box has ended
 * @changes:	Directory of its changes (changes/manifest.h), which goes with the box
 * @signals:	The caller's mask: all signals are blocked now
 */
struct box_end {
	int changes;
	const struct result *result;
	const sigset_t *signals;
};

/**
 * struct box_wish - How to run a plan
 * @plan:	What to run
 * @name:	Name of the box, or NULL: a one-shot
 * @take_name:	Called when that is to be given: sees that nobody else has it, and keeps
 *		others from giving it until what it returns is closed: descriptor; -1 and
 *		@e. NULL = there is none, or it is that of @rest
 * @host:	For hints when a step fails
 * @counts:	Whether the result is to have what the kernel counted, whatever the end;
 *		else it is read only where the cause of death is to be told from it
 * @at_end:	Called with @arg after the end of a box whose command ran and whose
 *		changes are kept, before anything is cleared away; or NULL
 * @rest:	The living box that this is a run of, which the caller holds: it says how
 *		that is, and the box has its id; or NULL
 * @passing:	@rest is only where its changes are: nothing is written of this run
 * @log:	Takes what the command writes, which has /dev/null to read; or NULL
 * @tell:	Gets a struct box_told once the command runs; 0 = nobody waits for that
 * @lifeline:	A socket whose end of file ends the box at once, when who wanted it is
 *		gone; 0 = none
 * @tree:	Mount namespace with the beginning of its tree (layer/root_stay.h), which
 *		stays the caller's; 0 = none
 * @net:	Network namespace that the box is cloned in, below the user namespace that
 *		owns it (box/below.h), which stays the caller's; 0 = by its plan
 * @digests:	The result is to have a digest of its output and of the files taken out
 * @take_to:	Directory for the files that the plan takes out of the box
 * @preserve:	How many descriptors from 3 on the payload gets
 * @look:	Run no command: only look at what it would see (box/look.h). Descriptor 3
 *		is the socket for the answer, and @preserve is 1
 * @attempt:	As @look, and try what it would reach (box/attempt.h)
 * @copy:	Run no command: copy files between the tree and descriptor 0 or 1
 *		(box/copier.h); or NULL
 * @argv_area:	This process's argument and environment area, scrubbed in init; or NULL
 */
struct box_wish {
	const struct plan *plan;
	const char *name;
	int (*take_name)(const char *name, struct err *e);
	struct host *host;
	bool counts;
	bool look, attempt, passing, digests;
	void (*at_end)(const struct box_end *end, void *arg);
	void *arg;
	struct rest *rest;
	struct log *log;
	int tell;
	int lifeline;
	int tree;
	int net;
	int take_to;
	int preserve;
	const struct copy_order *copy;
	char *argv_area;
	size_t argv_size;
};

/** struct box_told - What who starts a box in the background hears of it, once
 * @code:	0 = the command runs; else the exit code of nook, and @err says why
 */
struct box_told {
	int code;
	struct err err;
};

/**
 * box_run() - Build a box, wait for its payload, clear everything away
 *
 * Must be called with descriptors 0 to 2 open; box_sanitize() sees to that. Forwards
 * signals to the payload and restores the terminal.
 *
 * Return: 0 with @res filled, also when the command could not be run (CAUSE_EXEC, 126 or
 * 127) or set-up failed (CAUSE_SETUP, 125): then @e says why
 */
int box_run(const struct box_wish *w, struct result *res, struct err *e);

/** box_sanitize() - Put this process into the state that everything else assumes: fds 0
 * to 2 open and no directories, descriptors from 3 + @preserve on closed, signals at
 * their defaults but for SIGHUP and what main() has put right, a stack that is large
 * enough. Return: 0, -1 and @e */
int box_sanitize(int preserve, struct err *e);

/** box_outlive_file_limit() - A write that a limit on files cuts short says EFBIG: the
 * signal that comes with it would end us without a word. What is executed has its default
 * again (execve(2)) */
void box_outlive_file_limit(void);

/** box_minds_hangup() - Whether SIGHUP asks us to end: a signalfd tells of it also where
 * the caller had us ignore it, as nohup(1) does. The command has it at its default */
bool box_minds_hangup(void);

/** result_json() - The result record (nook(1)) as one JSON object with a newline */
void result_json(const struct result *r, const struct plan *pl, struct text *out);
const char *cause_name(enum cause c);
/** cause_is_plain() - Whether the exit code says it all: the command ended by itself, or
 * somebody ended it */
bool cause_is_plain(enum cause c);
/** cause_find() - The cause of that name, or -1 */
int cause_find(const char *name);

#endif
