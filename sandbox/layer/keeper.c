// SPDX-License-Identifier: GPL-3.0-or-later
/* keeper.c - what the keeper on the host watches: time, output, and how the box is ended
 *
 * No wall of the kernel's: the keeper measures these itself, on CLOCK_MONOTONIC and by
 * the bytes that it copies, so they hold on every kernel and without a cgroup.
 */
#include <inttypes.h>

#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

static void say_duration(const struct profile *pf, struct plan *pl, enum field f,
			 uint64_t ns)
{
	char where[ORIGIN_SIZE];
	auto_text t = { 0 };

	text_duration(&t, ns);
	plan_fact(pl, "keeper", field_name(f), origin_text(pf, f, where), "%s",
		  text_str(&t));
}

static int keeper_plan(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e)
{
	char where[ORIGIN_SIZE];

	(void)h, (void)e;
	pl->limits.wall = pf->limits.wall == WISH_MAX ? 0 : pf->limits.wall;
	pl->limits.grace = pf->limits.grace;
	pl->limits.output = pf->limits.output == WISH_MAX ? 0 : pf->limits.output;
	pl->limits.freeze = pf->limits.on_limit == ON_LIMIT_FREEZE;
	for (size_t i = 0; i < pf->labels.count; i++) {
		const struct item *it = &pf->labels.v[i];
		struct plan_word *w;

		if (!it->text)
			continue;
		w = plan_append(pl, &pl->labels, sizeof(*w));
		w->text = plan_putf(pl, "%s=%s", it->key, it->text);
	}
	if (pl->limits.wall)
		say_duration(pf, pl, FIELD_limits_wall, pl->limits.wall);
	if (pl->limits.output) {
		auto_text t = { 0 };

		text_size(&t, pl->limits.output);
		plan_fact(pl, "keeper", "limits.output",
			  origin_text(pf, FIELD_limits_output, where), "%s",
			  text_str(&t));
	}
	say_duration(pf, pl, FIELD_limits_grace, pl->limits.grace);
	return 0;
}

static void keeper_explain(const struct plan *pl, struct text *out)
{
	if (pl->limits.wall) {
		text_add(out, "After ");
		text_duration(out, pl->limits.wall);
		text_add(out, " the box gets TERM, and KILL ");
		text_duration(out, pl->limits.grace);
		text_add(out, " later; nook then exits with 124.\n");
	}
	if (pl->limits.output) {
		text_add(out, "stdout and stderr go through pipes of the keeper; after ");
		text_size(out, pl->limits.output);
		text_add(out, " of both together the box is killed. What 'nook exec' "
			      "prints is not counted.\n");
	}
	text_add(out, "poll() on a pidfd of pid 1: when the command ends, or the keeper "
		      "itself dies "
		      "by any means, everything in the box is killed.\n");
	if (pl->limits.wall)
		text_addf(out, "  $ timeout --kill-after=%.1f %.1f COMMAND\n",
			  (double)pl->limits.grace / 1e9, (double)pl->limits.wall / 1e9);
}

static void keeper_script(const struct plan *pl, struct script *sc)
{
	if (pl->limits.wall)
		script_words(sc, SCRIPT_ENTER, "timeout --kill-after=%.3f %.3f",
			     (double)pl->limits.grace / 1e9,
			     (double)pl->limits.wall / 1e9);
	if (pl->limits.output)
		script_line(sc, SCRIPT_NOTE, "an end after %" PRIu64 " bytes of output",
			    pl->limits.output);
}

const struct layer layer_keeper = {
	.name = "keeper",
	.isolates = "time: how long the box lives, how much it says, how it is ended",
	.without = "the box may run and print for ever",
	.plan = keeper_plan,
	.explain = keeper_explain,
	.script = keeper_script,
};
