// SPDX-License-Identifier: GPL-3.0-or-later
/* gc.c - clear away what killed keepers left */
#include "base/err.h"
#include "base/text.h"
#include "box/store.h"
#include "cmd/cmd.h"

static int gc_run(const struct args *a, struct err *e)
{
	auto_text out = { 0 };
	struct store st;
	int n;

	if (a->word_count || a->rest)
		return cmd_usage(a, e, "gc takes no words");
	if (store_open(&st, e) < 0)
		return -1;
	n = store_gc(&st, 0);
	store_remove(&st);
	if (a->quiet)
		return 0;
	text_addf(&out,
		  n ? "cleared away after %d killed boxes\n" : "nothing to clear away\n",
		  n);
	return cmd_print(&out, e);
}

const struct cmd cmd_gc = {
	.name = "gc",
	.summary = "clear away what killed boxes left; every run does so a little",
	.usage = "",
	.run = gc_run,
};
