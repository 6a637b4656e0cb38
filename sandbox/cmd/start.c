// SPDX-License-Identifier: GPL-3.0-or-later
/* start.c - `nook start` and `nook restart`: boxes at rest, in the background */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/living.h"
#include "box/program.h"
#include "cmd/boxes.h"
#include "cmd/resting.h"

/* In a process of its own: others of the line are still to be started by this one */
static int start_in_full(const struct args *a, const char *name, struct err *e)
{
	char *argv[] = { a->argv[0], (char *)"start", (char *)name,
			 a->quiet ? (char *)"-q" : NULL, NULL };
	int status = 0;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot make a process");
	if (!pid) {
		program_full(argv, e);
		_exit(EXIT_SETUP);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* It has said why */
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SETUP;
}

static int start_planned(const struct args *a, struct rest *rest, const struct run *run,
			 struct err *e)
{
	struct box_wish w = {
		.plan = run->plan,
		.host = run->host,
		.name = rest->name,
		.counts = true,
		.rest = rest,
		.argv_area = a->argv[0],
		.argv_size = run_start_area(a->argv),
	};
	int r;

	run_say_weaker(a, run->plan);
	r = living_start(&w, e);
	if (!r)
		run_say_term(run, a, rest->name);
	return r;
}

/* Planned before it is held: the program that can apply the plan may be the other one */
static int start_one(const struct args *a, struct rest *rest, struct err *e)
{
	struct run run = { .alone = true, .stays = true };
	struct args words = { 0 };
	int r = resting_plan(rest, a, &words, &run, e);

	if (!r && run_needs_full(&run) && !program_is_full()) {
		r = start_in_full(a, rest->name, e);
	} else if (!r) {
		resting_await_end(rest);
		r = rest_lock(rest, e) < 0 ? -1 : start_planned(a, rest, &run, e);
	}
	run_release(&run);
	plan_free(run.plan);
	args_release(&words);
	free(words.argv);
	return r < 0 ? EXIT_SETUP : r;
}

static int start_box(const struct args *a, const struct rest_area *area, const char *name,
		     struct err *e)
{
	struct rest rest;
	int r = rest_find(area, name, &rest, e);

	if (r < 0)
		return EXIT_SETUP;
	r = start_one(a, &rest, e);
	rest_close(&rest);
	if (r || !cmd_option(a, "attach"))
		return r;
	r = FULL_CALL(logs_of_run)(a, area, name, e);
	return r < 0 ? EXIT_SETUP : r;
}

static int start_run(const struct args *a, struct err *e)
{
	bool attach = cmd_option(a, "attach");

	if (attach && a->word_count > 1)
		return cmd_usage(a, e, "start --attach takes one box");
	if (attach && program_need_full(a->argv, e) < 0)
		return -1;
	return resting_each(a, start_box, e);
}

static int restart_box(const struct args *a, const struct rest_area *area,
		       const char *name, struct err *e)
{
	return stop_box(a, area, name, e) ? EXIT_SETUP : start_box(a, area, name, e);
}

static int restart_run(const struct args *a, struct err *e)
{
	return resting_each(a, restart_box, e);
}

static const struct opt start_options[] = {
	{ .letter = 'a',
	  .name = "attach",
	  .help = "show what it writes, until it ends, and end with its exit code" },
	{ 0 },
};

static const struct opt restart_options[] = { STOP_OPTION, { 0 } };

const struct cmd cmd_start = {
	.name = "start",
	.summary = "run boxes at rest in the background",
	.usage = "[OPTION...] NAME...",
	.help = "Each is planned anew from the profile and options that it was made "
		"with,\n"
		"and runs its command until that ends or 'nook stop'. Returns when the\n"
		"commands run. Their output is in 'nook logs'. Where systemd ends the\n"
		"processes of who logs out, a box of theirs ends as well: 'loginctl\n"
		"enable-linger' lets it live. Where the profile has limits.wall, a line "
		"says\n"
		"when the box will end.\n\n"
		"With --attach what this run writes is shown from its first byte on, as\n"
		"by 'nook logs -f', but every byte as it is. Nothing is typed into the\n"
		"box ('nook attach' does that). ^C leaves, and the box goes on.\n\n"
		"Exit code: as of 'nook run', 125, 126 and 127 when a box cannot be "
		"started; with --attach that of the box.\n",
	.options = start_options,
	.complete = COMPLETE_REST,
	.fails = EXIT_SETUP,
	.run = start_run,
};

const struct cmd cmd_restart = {
	.name = "restart",
	.summary = "stop boxes and start them again",
	.usage = "[OPTION...] NAME...",
	.help = "What 'nook stop' and 'nook start' do, one box after the other.\n",
	.options = restart_options,
	.complete = COMPLETE_REST,
	.fails = EXIT_SETUP,
	.run = restart_run,
};
