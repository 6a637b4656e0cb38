// SPDX-License-Identifier: GPL-3.0-or-later
/* create.c - `nook create`: a box at rest, for start */
#include "base/err.h"
#include "box/store.h"
#include "cmd/resting.h"
#include "cmd/words.h"

/* Planned once here, so that what cannot be is said now */
static int make(const struct args *a, const char *name, struct run *run, struct err *e)
{
	struct rest_area area = { .dir = -1 };
	struct rest_record rec;
	struct rest rest;
	int r = resting_record(run, &rec, e);

	if (r < 0)
		return r;
	run_say_weaker(a, run->plan);
	r = resting_open(&area, true, e);
	rest_sweep(&area, NULL);
	if (!r)
		r = rest_create(&area, name, &rec, &rest, e);
	if (!r)
		rest_close(&rest);
	rest_record_release(&rec);
	rest_area_close(&area);
	return r;
}

static int check_name(const struct args *a, const char *name, struct err *e)
{
	if (!rest_is_name(name))
		return cmd_usage(a, e,
				 "'%s' can be no name of a box: expected up to 64 of A-Z "
				 "a-z 0-9 _ . -, the first neither . nor -",
				 name);
	return store_check_name(name, e);
}

static int create_run(const struct args *a, struct err *e)
{
	struct args own = *a;
	const char *profile;
	struct run run = { 0 };
	uint64_t log_size;
	int r;

	if (!a->word_count)
		return cmd_usage(a, e, "create takes the name of a new box");
	own.words++;
	own.word_count--;
	r = resting_log_size(a, &log_size, e);
	if (!r)
		r = check_name(a, a->words[0], e);
	if (!r)
		r = run_profile(&own, &profile, "base", e);
	if (!r)
		r = run_begin(&run, &own, profile, e);
	run.alone = run.stays = true;
	if (!r && (r = run_make_plan(&run, e)) < 0)
		words_guess(a, profile, e);
	if (!r)
		r = make(a, a->words[0], &run, e);
	run_release(&run);
	return r;
}

const struct cmd cmd_create = {
	.name = "create",
	.summary = "make a box that stays, for 'nook start'",
	.usage = "[OPTION...] NAME [PROFILE] [-- COMMAND [ARGUMENT...]]",
	.takes_command = true,
	.help = "The box is known by NAME from then on: 'nook ps -a' lists it, 'nook "
		"start'\n"
		"runs its command in the background, 'nook rm' removes it. Profile and\n"
		"options are planned anew at each start, as seen from the current\n"
		"directory. Without a PROFILE it is base; without a command, of the\n"
		"profile or here, it is 'sleep infinity', for 'nook exec'.\n",
	.options = create_options,
	.complete = COMPLETE_PROFILE,
	.run = create_run,
};
