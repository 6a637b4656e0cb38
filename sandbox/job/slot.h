/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slot.h - one place in which boxes run, one after the other
 *
 * A slot is a process that keeps boxes (box_run()) for the supervisor of a batch. What it
 * is to run lies ready in memory that both have, as a plan; the order is one datagram,
 * which carries what the command gets as 0, 1 and 2, and so is the report. slot.c has the
 * theory.
 */
#ifndef NOOK_JOB_SLOT_H
#define NOOK_JOB_SLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "box/box.h"

struct err;
struct host;
struct plan;

#define SLOT_FDS 4

/**
 * struct slot_report - How an order ended
 * @serial:	Of the order
 * @result, @err: as box_run() has them
 */
struct slot_report {
	uint64_t serial;
	struct result result;
	struct err err;
};

/**
 * struct slot - As the supervisor sees it
 * @number:	From 0 on
 * @made:	Number of what @plan was made of (prepare.h), 0 = of nothing that is kept
 * @plan:	What it runs, or will: written by the supervisor while it has no order
 * @cancelled:	Shared: serial of the order that is to end
 * @host:	For hints when a step fails; the slot's own copy
 * @cpu:	Its processes run on that one alone; -1 = on any
 * @digests:	Results have a digest of what the job wrote
 * @pid:	0 = there is no process
 * @serial:	Of the last order; @busy: it has not ended yet
 */
struct slot {
	int number;
	struct plan *plan;
	uint64_t *cancelled;
	struct host *host;
	int cpu;
	bool digests;
	pid_t pid;
	int pidfd, sock;
	uint64_t serial, made;
	bool busy;
};

/** slot_open() - Memory for one more. Return: 0, -1 and @e */
int slot_open(struct slot *s, int number, struct err *e);
/** slot_start() - Start its process, which inherits nothing that is needed elsewhere. The
 * smaller the caller is now, the faster are its boxes. Return: 0, -1 and @e */
int slot_start(struct slot *s, struct err *e);
/** slot_order() - Run @s->plan with these as 0, 1 and 2, -1 = /dev/null; the fourth is
 * the directory for the files that it takes out. They stay the caller's. Return: 0, -1
 * and errno */
int slot_order(struct slot *s, const int fds[SLOT_FDS]);
/** slot_cancel() - End what it runs: TERM, limits.grace, KILL */
void slot_cancel(struct slot *s);
/** slot_was_cancelled() - Whether that order was to end so; @serial 0: none */
bool slot_was_cancelled(const struct slot *s, uint64_t serial);
/** slot_report() - What it has to say. Return: 1; 0 where it has not; -1 when its process
 * has ended */
int slot_report(struct slot *s, struct slot_report *out);
/** slot_reap() - Its process has ended: wait for it. Return: raw wait status */
int slot_reap(struct slot *s);
/** slot_close() - End its process and whatever it runs, wait for it, give back all */
void slot_close(struct slot *s);

#endif
