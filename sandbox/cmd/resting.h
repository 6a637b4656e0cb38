/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resting.h - boxes at rest, as commands find, make and start them */
#ifndef NOOK_CMD_RESTING_H
#define NOOK_CMD_RESTING_H

#include "box/rest.h"
#include "cmd/run.h"

struct boxes;

/** resting_open() - The caller's boxes at rest. @make: the directory too. Return: 0, -1
 * and @e */
int resting_open(struct rest_area *area, bool make, struct err *e);
/** resting_open_passing() - Boxes that need not outlast the machine, in memory. @make: as
 * above. Return: 0; -1 where they cannot be there */
int resting_open_passing(struct rest_area *area, bool make);
/** resting_close_passing() - Close it, and remove it where nothing is left in it */
void resting_close_passing(struct rest_area *area);
/** resting_sweep() - Clear away what killed commands left of boxes at rest. Return: how
 * many */
int resting_sweep(void);
/** resting_check_free() - Whether no box at rest has that name. Return: 0, -1 and @e */
int resting_check_free(const char *name, struct err *e);
/** resting_log_size() - What --log-size says, or the default. Return: 0, -2 and @e */
int resting_log_size(const struct args *a, uint64_t *size, struct err *e);
/** resting_record() - What is written of a new box: its plan, and the words from which
 * start makes another. Return: 0, -1 and @e */
int resting_record(const struct run *run, struct rest_record *rec, struct err *e);
/** resting_same() - Whether a box was made by the options of @a and @profile, whatever
 * its command */
bool resting_same(const struct args *a, const char *profile,
		  const struct rest_record *rec);
/**
 * resting_plan() - Plan the box from its words, on the machine as it is now
 * @rest:	Held
 * @a:		The command line that is run now: its command, where it has one, counts
 *		instead of that of the words
 * @words:	Room for the words; args_release() and free() of @words->argv
 * @run:	Filled; run_release()
 *
 * Return: 0, -1 and @e
 */
int resting_plan(const struct rest *rest, const struct args *a, struct args *words,
		 struct run *run, struct err *e);
/** resting_await_end() - Wait a moment for a keeper whose box runs no more: it still
 * writes down how that ended, and who is refused now would be told that it runs */
void resting_await_end(struct rest *rest);
/** resting_clear_runs() - Clear away what killed keepers left of boxes that ran. Return:
 * 0, -1 and @e */
int resting_clear_runs(struct err *e);
/** resting_clear() - Clear away what a killed keeper left of a run of this box, which is
 * held, and write how it is */
int resting_clear(struct rest *rest, struct err *e);

#define EXIT_SETUP 125 /* nook(1): nook failed before the command ran */

#define STOP_OPTION                                                                  \
	{                                                                            \
		.letter = 't', .name = "time", .arg = "TIME",                        \
		.help = "time between TERM and KILL; 0 kills at once (default: the " \
			"profile's limits.grace)"                                    \
	}

/** resting_each() - @one for each word of @a, however the others end. Return: 0, or what
 * the first one that failed returned, with its @e; -1, -2 and @e */
int resting_each(const struct args *a,
		 int (*one)(const struct args *a, const struct rest_area *area,
			    const char *name, struct err *e),
		 struct err *e);
/** stop_box() - End a running box with time to end by itself; of one at rest, clear away
 * what its keeper left (stop.c). Return: 0; -1, -2 and @e */
int stop_box(const struct args *a, const struct rest_area *area, const char *name,
	     struct err *e);

/** logs_of_run() - Show what the command of a box in the background has written since it
 * was last started, each byte as it is, until it ends (logs.c). Return: exit code of the
 * box; 137 and @e: its keeper was killed; -1 and @e */
int logs_of_run(const struct args *a, const struct rest_area *area, const char *name,
		struct err *e);

/** keep_run() - run and shell with --keep or --detach (keep.c). Return: exit code; -1 or
 * -2 and @e */
int keep_run(const struct args *a, const char *preset, struct err *e);

#endif
