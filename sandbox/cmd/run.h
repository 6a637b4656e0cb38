/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.h - what run, shell, create and start share: from a command line to a plan */
#ifndef NOOK_CMD_RUN_H
#define NOOK_CMD_RUN_H

#include "cmd/cmd.h"
#include "plan.h"

struct err;
struct host;
struct rest;
struct result;

/**
 * struct run - A command line on its way to a box; all zero = nothing to release
 * @args:	With the command among its wishes
 * @profile:	Name or path
 * @alone:	The box has nobody's terminal: `terminal: auto` is never
 * @stays:	The box stays at rest afterwards: what it changes is kept
 * @bare:	Only its tree is wanted: no command, no network, no limits
 * @has_term:	The plan's limits.wall is the profile's: no option or update of the box
 * @room:	Of the wishes
 */
struct run {
	struct args args;
	const char *profile;
	bool alone;
	bool stays, bare, has_term;
	struct host *host;
	struct plan *plan;
	struct option_wish *room;
};

/** run_begin() - Fill what is zero but for @alone and @stays, with @profile and the
 * command behind "--". @a must live as long. Return: 0, -1 and @e */
int run_begin(struct run *r, const struct args *a, const char *profile, struct err *e);
/** run_profile() - The profile that the words of @a name, @preset where they name none.
 * Return: 0; -2 and @e */
int run_profile(const struct args *a, const char **profile, const char *preset,
		struct err *e);
/** run_make_plan() - Profile and options to plan. Return: 0; -1, or -2 where an option is
 * wrong, and @e */
int run_make_plan(struct run *r, struct err *e);
/** run_needs_full() - Whether only nook-full can apply the plan */
bool run_needs_full(const struct run *r);
/** run_say_weaker() - Say on stderr what of the plan a person should know now */
void run_say_weaker(const struct args *a, const struct plan *pl);
/** run_say_term() - Say on stderr when the box, which went to the background, will end by
 * a limit that only its profile names */
void run_say_term(const struct run *r, const struct args *a, const char *name);
/** run_in_place() - Run the plan in the foreground; of @rest, which is held, or NULL.
 * Return: exit code; -1 and @e */
int run_in_place(const struct run *r, struct rest *rest, struct err *e);
/** run_hide_values() - Blot values of the environment out of the process's words */
void run_hide_values(const struct args *a);
/** run_start_area() - Bytes from argv[0] on that hold words and environment */
size_t run_start_area(char **argv);
/** run_release() - Give back all but the plan: the process ends now, and the kernel gives
 * back everything at once in less time than munmap(2) takes for this one area */
void run_release(struct run *r);

/** create_options - What create takes, and of which the words of a box at rest are */
extern const struct opt create_options[];
extern const struct cmd cmd_create;

#endif
