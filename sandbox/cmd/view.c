// SPDX-License-Identifier: GPL-3.0-or-later
/* view.c - `nook view`: a box that runs, seen from inside and from the host, or all */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "box/visit.h"
#include "cmd/boxes.h"
#include "cmd/cmd.h"
#include "cmd/facts.h"
#include "cmd/pager.h"
#include "cmd/view_tree.h"

static void print_json(const struct record *rec, const struct facts *f, struct text *out)
{
	text_add(out, "{\"schema\":1,\"id\":");
	text_json(out, rec->id);
	text_add(out, ",\"name\":");
	text_json(out, rec->name[0] ? rec->name : NULL);
	text_add(out, ",\"facts\":");
	facts_json(f, out);
	text_add(out, "}\n");
}

/* Who looked stays in the box until its outside was looked at, too. The keeper of a young
 * box writes the number of its init when it is first asked for something */
static int look(struct record *rec, const struct plan *plan, struct facts *f,
		struct err *e)
{
	struct record now;
	struct plan *again;
	struct sight s;

	if (visit_look(rec, plan, &s, e) < 0)
		return -1;
	again = rec->init ? NULL : store_find(rec->id, &now, NULL);
	if (again)
		*rec = now;
	free(again);
	*f = (struct facts){ .in = s.look, .pid = s.pid, .uid = s.uid, .gid = s.gid };
	facts_outside(f, rec);
	visit_look_end(&s);
	return 0;
}

static int view_box(const char *word, bool json, struct text *out, struct err *e)
{
	auto_free struct plan *plan = NULL;
	struct record rec;
	struct facts f;

	plan = box_pick(word, &rec, e);
	if (!plan || look(&rec, plan, &f, e) < 0)
		return -1;
	if (json)
		print_json(&rec, &f, out);
	else
		facts_table(&f, out);
	return 0;
}

static int view_run(const struct args *a, struct err *e)
{
	bool json = cmd_option(a, "json"), tree = cmd_option(a, "tree");
	auto_text out = { 0 };
	int r;

	if (tree && a->word_count)
		return cmd_usage(a, e, "view --tree takes no box: it draws all of them");
	if (!tree && a->word_count != 1)
		return cmd_usage(a, e, "view takes a box");
	r = tree ? view_tree(json, &out, e) : view_box(a->words[0], json, &out, e);
	if (r && !out.len)
		return r;
	return cmd_show(&out, e) < 0 ? -1 : r;
}

static const struct opt view_options[] = {
	{ .name = "tree", .help = "draw this machine, its networks and all boxes" },
	{ .name = "json", .help = "print JSON" },
	{ 0 },
};

const struct cmd cmd_view = {
	.name = "view",
	.summary = "show a running box, inside and outside, or draw all boxes",
	.usage = "[OPTION...] [BOX]",
	.help = "BOX is a name, an id or the beginning of one. Every fact was read from\n"
		"the kernel, the left column by a process that came into the box as a\n"
		"command of 'nook exec' does and ran nothing: pid, ids, capabilities,\n"
		"filter, limits, links, addresses, routes, mounts, clock, namespaces.\n"
		"'pid' is that process, 'init' the first one of the box.\n\n"
		"With --tree, and no BOX: below this machine its networks, and below\n"
		"each the boxes that are on it or will be; behind them those on none.\n"
		"Of a box: status as in 'nook ps --all', profile, pid of its init,\n"
		"addresses, published ports, and on the next line the layers that\n"
		"separate it, by their names for 'add' of the console, and its limits.\n",
	.options = view_options,
	.complete = COMPLETE_BOX,
	FULL_ONLY(view_run),
};
