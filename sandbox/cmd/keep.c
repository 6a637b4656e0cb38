// SPDX-License-Identifier: GPL-3.0-or-later
/* keep.c - run and shell of boxes that stay (--keep), or that go on behind (--detach) */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "box/living.h"
#include "box/program.h"
#include "box/store.h"
#include "cmd/resting.h"
#include "cmd/words.h"

/**
 * struct keep - One such run
 * @rest:	The box; @is_new: it is made by this run
 * @rec:	What the command line asks for
 * @words:	Of a box that is there, parsed
 */
struct keep {
	const struct args *args;
	const char *name;
	bool detach, keep, is_new;
	struct rest_area area;
	struct rest rest;
	struct rest_record rec;
	struct args words;
	struct run run;
};

static int check_options(const struct keep *k, struct err *e)
{
	static const char *const front[] = { "result", "preserve-fds" };
	const struct args *a = k->args;
	uint64_t log_size;

	if (!k->name)
		return cmd_usage(a, e, "--%s needs a --name",
				 k->detach ? "detach" : "keep");
	if (!rest_is_name(k->name))
		return cmd_usage(a, e,
				 "--name '%s': expected up to 64 of A-Z a-z 0-9 _ . -, "
				 "the first neither . nor -",
				 k->name);
	if (cmd_option(a, "review")) {
		cmd_usage(a, e, "--review is for a box that does not stay");
		e->hint[0] = '\0';
		err_hint(e, "afterwards: nook diff NAME, nook apply NAME");
		return -2;
	}
	if (k->keep && cmd_option(a, "rm"))
		return cmd_usage(a, e, "--keep and --rm");
	for (size_t i = 0; k->detach && i < ARRAY_SIZE(front); i++)
		if (cmd_option(a, front[i]))
			return cmd_usage(a, e, "--%s is for a run in the foreground",
					 front[i]);
	if (!k->detach && cmd_option(a, "log-size"))
		return cmd_usage(a, e, "--log-size is for a box in the background");
	return resting_log_size(a, &log_size, e);
}

/* Profile or options stand on the line, and not those that the box was made with */
static int check_same(const struct keep *k, const char *profile, struct err *e)
{
	bool given = k->args->word_count;

	for (size_t i = 0; i < k->args->given_count; i++)
		given = given || k->args->given[i].opt->key;
	if (!given || resting_same(k->args, profile, &k->rest.rec))
		return 0;
	err_set(e, "box '%s' was made with another profile or other options", k->name);
	return err_hint(e,
			"'nook inspect %s' shows them; without any the box is run as it "
			"is",
			k->name);
}

/* One that is there, or what is needed to make it. Nothing is changed */
static int look(struct keep *k, const char *profile, struct err *e)
{
	struct err none = { 0 };
	int r;

	if (resting_open(&k->area, true, e) < 0)
		return -1;
	if (!k->keep)
		rest_sweep(&k->area, k->name);
	if (rest_find(&k->area, k->name, &k->rest, &none) == 0) {
		if (!k->keep)
			return resting_check_free(k->name, e);
		return check_same(k, profile, e) < 0
			       ? -1
			       : resting_plan(&k->rest, k->args, &k->words, &k->run, e);
	}
	if (none.code != ENOENT) {
		*e = none;
		return -1;
	}
	k->is_new = true;
	r = run_begin(&k->run, k->args, profile, e);
	if (!r && (r = run_make_plan(&k->run, e)) < 0)
		words_guess(k->args, profile, e);
	return r ? r : resting_record(&k->run, &k->rec, e);
}

static int hold(struct keep *k, struct err *e)
{
	if (!k->is_new) {
		resting_await_end(&k->rest);
		if (rest_lock(&k->rest, e) < 0)
			return -1;
		k->rest.rec.passing = false;
		return 0;
	}
	if (store_check_name(k->name, e) < 0)
		return -1;
	return rest_create(&k->area, k->name, &k->rec, &k->rest, e);
}

static int start(struct keep *k, struct err *e)
{
	const struct args *a = k->args;
	struct box_wish w = {
		.plan = k->run.plan,
		.host = k->run.host,
		.name = k->rest.name,
		.counts = true,
		.rest = &k->rest,
		.argv_area = a->argv[0],
		.argv_size = run_start_area(a->argv),
	};

	int r;

	run_say_weaker(a, k->run.plan);
	run_hide_values(a);
	r = living_start(&w, e);
	if (!r)
		run_say_term(&k->run, a, w.name);
	return r;
}

static int go(struct keep *k, struct err *e)
{
	int r;

	if (run_needs_full(&k->run) && program_need_full(k->args->argv, e) < 0)
		return -1;
	if (cmd_option(k->args, "dry-run")) {
		auto_text dump = { 0 };

		plan_dump(k->run.plan, &dump);
		return cmd_print(&dump, e);
	}
	if (hold(k, e) < 0)
		return -1;
	r = k->detach ? start(k, e) : run_in_place(&k->run, &k->rest, e);
	/* Of a start that failed nothing is left; what ran stays */
	if (k->is_new && k->rest.rec.state == REST_CREATED && r)
		rest_remove(&k->rest, NULL);
	return r;
}

int keep_run(const struct args *a, const char *preset, struct err *e)
{
	struct keep k = {
		.args = a,
		.name = cmd_option(a, "name"),
		.detach = cmd_option(a, "detach"),
		.keep = cmd_option(a, "keep"),
		.area = { .dir = -1 },
		.rest = { .dir = -1, .lock = -1 },
	};
	const char *profile = NULL, *count = cmd_option(a, "preserve-fds");
	int r = check_options(&k, e);

	if (!r)
		r = run_profile(a, &profile, preset, e);
	if (!r)
		r = box_sanitize(count ? (int)strtol(count, NULL, 10) : 0, e);
	k.run.alone = k.detach;
	k.run.stays = !cmd_option(a, "rm");
	if (!r)
		r = look(&k, profile, e);
	if (!r)
		r = go(&k, e);
	run_release(&k.run);
	args_release(&k.words);
	free(k.words.argv);
	rest_record_release(&k.rec);
	rest_close(&k.rest);
	rest_area_close(&k.area);
	return r;
}
