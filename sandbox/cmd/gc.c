// SPDX-License-Identifier: GPL-3.0-or-later
/* gc.c - clear away what killed keepers left */
#include "base/err.h"
#include "base/text.h"
#include "box/store.h"
#include "cmd/cmd.h"
#include "cmd/nets.h"
#include "cmd/resting.h"

struct swept {
	struct nets nets;
	int links;
};

static int sweep_network(const struct net_def *d, void *arg)
{
	struct swept *s = arg;
	int n = net_links_sweep(s->nets.places.run, d, NULL);

	s->links += n > 0 ? n : 0;
	return 0;
}

/* A network that is damaged is for 'nook net check' to tell of */
static int sweep_links(void)
{
	struct swept s = { .links = 0 };

	if (!nets_are_here())
		return 0;
	if (!nets_open(&s.nets, false, NULL))
		net_def_each(s.nets.places.state, sweep_network, &s, NULL);
	nets_release(&s.nets);
	return s.links;
}

static int sweep_passing(void)
{
	struct rest_area area = { .dir = -1 };
	int n = 0;

	if (resting_open_passing(&area, false) == 0) {
		n = rest_sweep(&area, NULL);
		resting_close_passing(&area);
	}
	return n;
}

static int gc_run(const struct args *a, struct err *e)
{
	auto_text out = { 0 };
	struct store st;
	int n, links;

	if (a->word_count)
		return cmd_usage(a, e, "gc takes no words");
	if (store_open(&st, e) < 0)
		return -1;
	n = store_gc(&st, 0);
	store_remove(&st);
	n += resting_sweep() + sweep_passing();
	links = sweep_links();
	if (a->quiet)
		return 0;
	text_addf(&out,
		  n ? "cleared away after %d killed boxes\n" : "nothing to clear away\n",
		  n);
	if (links)
		text_addf(&out, "took away %d links of boxes that had ended\n", links);
	return cmd_print(&out, e);
}

const struct cmd cmd_gc = {
	.name = "gc",
	.summary = "clear away what killed boxes left; every run does so a little",
	.usage = "",
	.run = gc_run,
};
