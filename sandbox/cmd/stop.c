// SPDX-License-Identifier: GPL-3.0-or-later
/* stop.c - `nook stop`, `nook rm` and `nook rename`: boxes that stay */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"
#include "box/control.h"
#include "cmd/boxes.h"
#include "cmd/resting.h"

#define END_MS 10000 /* behind the time that the box has: for its keeper to clear away */

#define AS_PROFILE UINT64_MAX /* no --time: limits.grace */

/* Return: 0, -2 and @e */
static int read_time(const struct args *a, uint64_t *ns, struct err *e)
{
	const char *time = cmd_option(a, "time"), *why;

	*ns = AS_PROFILE;
	if (time && (parse_duration(time, ns, &why) < 0 || *ns > INT64_MAX))
		return cmd_usage(a, e, "--time '%s': expected a duration such as 10s",
				 time);
	return 0;
}

/* It is over, and its keeper may have yet to write down how it ended */
static int await_end(const struct rest_area *area, const char *name)
{
	struct err none = { 0 };
	struct rest rest;

	if (rest_find(area, name, &rest, &none) == 0) {
		resting_await_end(&rest);
		rest_close(&rest);
	}
	return 0;
}

static int stop_running(const struct rest_area *area, const struct living *box,
			uint64_t ns, struct err *e)
{
	struct control_ask ask = { .op = CONTROL_STOP };
	auto_fd keeper = store_pidfd(&box->rec, e);
	struct control_answer out;

	if (ns != AS_PROFILE) {
		ask.pair[0].value = ns;
		ask.pair_count = 1;
	} else {
		ns = box->plan->limits.grace;
	}
	if (keeper < 0)
		return e->code == ESRCH ? await_end(area, box->rec.name) : -1;
	if (box_is_stopped(&box->rec))
		return box_kill(box, SIGKILL, e);
	if (control_call(&box->rec, &ask, &out, e) < 0)
		return pidfd_ends(keeper, END_MS) ? 0 : -1;
	ns /= 1000000;
	if (pidfd_ends(keeper, ns > INT32_MAX - END_MS ? INT32_MAX : (int)ns + END_MS))
		return 0;
	return err_set(e, "box '%s' was told to stop and has not ended yet",
		       store_name(&box->rec));
}

/* Nobody runs it: what a killed keeper left is cleared away, and written down */
static int stop_resting(struct rest *rest, struct err *e)
{
	if (rest->rec.state != REST_RUNNING)
		return 0;
	rest_await(rest);
	return rest_lock(rest, e) < 0 ? -1 : resting_clear(rest, e);
}

static int find_running(const char *word, struct living *box, struct err *e)
{
	box->plan = store_pick(word, &box->rec, e);
	return box->plan ? 0 : -1;
}

int stop_box(const struct args *a, const struct rest_area *area, const char *name,
	     struct err *e)
{
	struct err none = { 0 };
	struct living box;
	struct rest rest;
	uint64_t ns;
	int r;

	/* Before the box is looked for: what was typed wrong is wrong without it, too */
	if (read_time(a, &ns, e) < 0)
		return -2;
	if (find_running(name, &box, e) == 0) {
		r = stop_running(area, &box, ns, e);
		free(box.plan);
		return r;
	}
	if (rest_find(area, name, &rest, &none) < 0)
		return -1;
	*e = (struct err){ 0 };
	r = stop_resting(&rest, e);
	rest_close(&rest);
	return r;
}

static int stop_run(const struct args *a, struct err *e)
{
	return resting_each(a, stop_box, e);
}

static const struct opt stop_options[] = { STOP_OPTION, { 0 } };

const struct cmd cmd_stop = {
	.name = "stop",
	.summary = "end running boxes, with time to end by themselves",
	.usage = "[OPTION...] NAME...",
	.help = "NAME is a name, an id or the beginning of one. The command gets TERM, "
		"and\n"
		"what still runs after --time is killed. Returns when the box is gone. "
		"A\n"
		"box that stays is at rest then; one whose keeper was killed is cleared "
		"up.\n",
	.options = stop_options,
	.complete = COMPLETE_BOX,
	.run = stop_run,
};

/* --- rm ----------------------------------------------------------------------------- */

static int kill_first(const char *name, struct err *e)
{
	struct living box;
	int r;

	if (find_running(name, &box, NULL) < 0)
		return 0;
	/* Not another one whose id only begins so */
	r = strcmp(box.rec.name, name) ? 0 : box_kill(&box, SIGKILL, e);
	free(box.plan);
	return r;
}

/* A damaged record is no reason to keep a box; nor is a disk that it has filled: nothing
 * is written down any more */
static int remove_held(struct rest *rest, struct err *e)
{
	if (rest_hold(rest, e) < 0)
		return -1;
	if (rest_read(rest, NULL) == 0 && resting_clear_runs(e) < 0)
		return -1;
	return rest_remove(rest, e);
}

static int rm_box(const struct args *a, const struct rest_area *area, const char *name,
		  struct err *e)
{
	bool force = cmd_option(a, "force");
	struct rest rest;
	int r;

	/* One that a killed `rm` has half removed is gone for everybody else */
	if (rest_open(area, name, &rest, e) < 0)
		return e->code == ENOENT && (rest_sweep(area, name) || force) ? 0 : -1;
	r = force ? kill_first(name, e) : 0;
	if (force)
		rest_await(&rest);
	else
		resting_await_end(&rest);
	if (!r || (force && !rest_is_held(&rest)))
		r = remove_held(&rest, e);
	/* One that was started with --rm has removed itself */
	if (r < 0 && force && e->code == ENOENT)
		r = 0;
	if (!r)
		rest_sweep(area, name);
	rest_close(&rest);
	return r;
}

static int rm_run(const struct args *a, struct err *e)
{
	return resting_each(a, rm_box, e);
}

static const struct opt rm_options[] = {
	{ .letter = 'f',
	  .name = "force",
	  .help = "kill it first where it runs; a box that is not there is no error" },
	{ 0 },
};

const struct cmd cmd_rm = {
	.name = "rm",
	.summary = "remove boxes at rest, with all that they keep",
	.usage = "[OPTION...] NAME...",
	.help = "Its changed files, snapshots and log go, too.\n",
	.options = rm_options,
	.complete = COMPLETE_REST,
	.run = rm_run,
};

/* --- rename ------------------------------------------------------------------------- */

static int rename_to(struct rest *rest, const char *name, struct err *e)
{
	if (store_check_name(name, e) < 0)
		return -1;
	return rest_lock(rest, e) < 0 ? -1 : rest_rename(rest, name, e);
}

static int rename_run(const struct args *a, struct err *e)
{
	struct rest_area area = { .dir = -1 };
	struct rest rest;
	int r;

	if (a->word_count != 2)
		return cmd_usage(a, e, "rename takes a box and its new name");
	if (!rest_is_name(a->words[1]))
		return cmd_usage(a, e,
				 "'%s' can be no name of a box: expected up to 64 of A-Z "
				 "a-z 0-9 _ . -, the first neither . nor -",
				 a->words[1]);
	if (resting_open(&area, false, e) < 0)
		return -1;
	r = rest_find(&area, a->words[0], &rest, e);
	if (!r) {
		r = rename_to(&rest, a->words[1], e);
		rest_close(&rest);
	}
	rest_area_close(&area);
	return r;
}

const struct cmd cmd_rename = {
	.name = "rename",
	.summary = "give a box at rest another name",
	.usage = "NAME NEW",
	.complete = COMPLETE_REST,
	.run = rename_run,
};
