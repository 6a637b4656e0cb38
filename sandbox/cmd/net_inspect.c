// SPDX-License-Identifier: GPL-3.0-or-later
/* net_inspect.c - `nook net inspect`: a network and who is on it */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/listing.h"
#include "cmd/nets.h"

/** struct seen - One network, looked at */
struct seen {
	struct net_def def;
	struct members members;
};

/** struct spot - A row: a box and its network, which names its link */
struct spot {
	const struct member *m;
	const struct net_def *def;
};

/* --- the table --------------------------------------------------------------------- */

static const struct spot *spot_of(const void *row)
{
	return row;
}

static void add_address(const struct net_prefix *p, struct text *out)
{
	char s[NET_TEXT_SIZE];

	text_add(out, net_prefix_text(p, s));
}

static void box_cell(const void *row, struct text *out)
{
	text_add(out, spot_of(row)->m->lease.box);
}

static void name_cell(const void *row, struct text *out)
{
	text_add(out, spot_of(row)->m->lease.name);
}

static void address_cell(const void *row, struct text *out)
{
	add_address(&spot_of(row)->m->lease.v4, out);
}

static void address6_cell(const void *row, struct text *out)
{
	add_address(&spot_of(row)->m->lease.v6, out);
}

static void mac_cell(const void *row, struct text *out)
{
	char s[18];

	net_mac_text(spot_of(row)->m->lease.mac, s);
	text_add(out, s);
}

static void link_cell(const void *row, struct text *out)
{
	char s[NET_LINK_SIZE];

	net_link_name(spot_of(row)->def, spot_of(row)->m->lease.box, s);
	text_add(out, s);
}

static void publish_cell(const void *row, struct text *out)
{
	auto_text s = { 0 };

	member_publishes(spot_of(row)->m, &s);
	text_add(out, text_str(&s));
}

static const struct column columns[] = {
	{ .name = "BOX", .key = "box", .cell = box_cell },
	{ .name = "NAME", .key = "name", .cell = name_cell },
	{ .name = "ADDRESS",
	  .key = "address",
	  .flags = COLUMN_HIDE,
	  .cell = address_cell },
	{ .name = "ADDRESS6",
	  .key = "address6",
	  .flags = COLUMN_HIDE,
	  .cell = address6_cell },
	{ .name = "MAC", .key = "mac", .cell = mac_cell },
	{ .name = "LINK", .key = "link", .cell = link_cell },
	{ .name = "PUBLISH",
	  .key = "publish",
	  .flags = COLUMN_HIDE,
	  .cell = publish_cell },
	{ .name = NULL },
};

static void add_fact(struct text *out, const char *name, const char *value)
{
	text_addf(out, "%-11s %s\n", name, value);
}

static int add_table(const struct listing *l, const struct seen *s, struct text *out,
		     struct err *e)
{
	auto_free struct spot *spots = calloc(s->members.count + 1, sizeof(*spots));
	auto_free const void **rows = calloc(s->members.count + 1, sizeof(*rows));

	if (!spots || !rows)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < s->members.count; i++) {
		spots[i] = (struct spot){ &s->members.v[i], &s->def };
		rows[i] = &spots[i];
	}
	return listing_text(l, rows, s->members.count, out, e);
}

static int add_facts(const struct listing *l, const struct seen *s, struct text *out,
		     struct err *e)
{
	const struct net_def *d = &s->def;
	auto_text subnet = { 0 }, gateway = { 0 };

	nets_pair(&d->v4, &d->v6, &subnet);
	nets_pair(&d->gateway4, &d->gateway6, &gateway);
	add_fact(out, "network", d->name);
	add_fact(out, "subnet", text_str(&subnet));
	add_fact(out, "gateway", text_str(&gateway));
	add_fact(out, "world", d->nat ? "by NAT" : "not reached");
	add_fact(out, "each other", d->isolated ? "not reached" : "reached");
	if (d->mtu)
		text_addf(out, "%-11s %u\n", "mtu", d->mtu);
	if (!s->members.count) {
		add_fact(out, "boxes", "none");
		return 0;
	}
	text_addc(out, '\n');
	return add_table(l, s, out, e);
}

/* --- the drawing ------------------------------------------------------------------- */

/** struct lines - The pieces that lines are drawn with */
struct lines {
	const char *tee, *end, *down, *pair, *arrow;
};

static const struct lines plain = { "|--", "`--", "|", "====", "<--" };
static const struct lines boxed = { "├──", "└──", "│", "════", "◀──" };

static void draw_member(const struct seen *s, size_t i, const struct lines *with,
			struct text *out)
{
	const struct member *m = &s->members.v[i];
	bool is_last = i + 1 == s->members.count;
	auto_text addresses = { 0 }, publishes = { 0 };
	char link[NET_LINK_SIZE];

	net_link_name(&s->def, m->lease.box, link);
	nets_pair(&m->lease.v4, &m->lease.v6, &addresses);
	member_publishes(m, &publishes);
	text_addf(out, "  %s %s %s " NET_BOX_LINK "  %s  %s\n",
		  is_last ? with->end : with->tee, link, with->pair, text_str(&addresses),
		  member_name(m));
	if (publishes.len)
		text_addf(out, "  %s   %s published %s\n", is_last ? " " : with->down,
			  with->arrow, text_str(&publishes));
}

/*
 *	world
 *	  | NAT
 *	10.144.0.1  router of lab
 *	  |-- nklab0123456789 ==== eth0  10.144.0.2  web
 *	  |   <-- published 8080->80
 *	  `-- nklababcdefghij ==== eth0  10.144.0.3  db
 */
static void draw(const struct seen *s, struct text *out)
{
	const struct lines *with = table_has_blocks() ? &boxed : &plain;

	if (s->def.nat)
		text_addf(out, "world\n  %s NAT\n", with->down);
	nets_pair(&s->def.gateway4, &s->def.gateway6, out);
	text_addf(out, "  router of %s\n", s->def.name);
	for (size_t i = 0; i < s->members.count; i++)
		draw_member(s, i, with, out);
}

/* --- for programs ------------------------------------------------------------------ */

/* Names and addresses have no character that dot(1) reads as anything else */
static void dot_member(const struct seen *s, const struct member *m, struct text *out)
{
	auto_text publishes = { 0 };
	char link[NET_LINK_SIZE];

	net_link_name(&s->def, m->lease.box, link);
	text_addf(out, "\t\"%s\" [label=\"%s\\n", m->lease.box, member_name(m));
	nets_pair(&m->lease.v4, &m->lease.v6, out);
	text_addf(out, "\"];\n\trouter -- \"%s\" [label=\"%s\"];\n", m->lease.box, link);
	member_publishes(m, &publishes);
	if (publishes.len)
		text_addf(out, "\tworld -- \"%s\" [style=dashed, label=\"%s\"];\n",
			  m->lease.box, text_str(&publishes));
}

static void dot(const struct seen *s, struct text *out)
{
	text_addf(out, "graph \"%s\" {\n\tnode [shape=box];\n", s->def.name);
	text_addf(out, "\trouter [label=\"router\\n%s\\n", s->def.name);
	nets_pair(&s->def.gateway4, &s->def.gateway6, out);
	text_add(out, "\"];\n");
	if (s->def.nat)
		text_add(out, "\tworld [shape=ellipse];\n"
			      "\tworld -- router [label=\"NAT\"];\n");
	for (size_t i = 0; i < s->members.count; i++)
		dot_member(s, &s->members.v[i], out);
	text_add(out, "}\n");
}

/* The definition, and the boxes as the listing writes them */
static int json(const struct listing *l, const struct seen *s, struct text *out,
		struct err *e)
{
	auto_text boxes = { 0 };

	if (add_table(l, s, &boxes, e) < 0)
		return -1;
	text_add(out, "{\"schema\":1,");
	nets_json(&s->def, out);
	/* {"schema":1,"boxes":[...]}: what is behind the first comma */
	text_add(out, strchr(text_str(&boxes), ','));
	return 0;
}

/* --- the command ------------------------------------------------------------------- */

static int show(const struct args *a, const struct seen *s, struct err *e)
{
	auto_text out = { 0 };
	struct listing l;
	int r = listing_open(&l, a, columns, "boxes", e);

	if (r)
		return r;
	if (l.json)
		r = json(&l, s, &out, e);
	else if (cmd_option(a, "dot"))
		dot(s, &out);
	else if (cmd_option(a, "draw"))
		draw(s, &out);
	else
		r = add_facts(&l, s, &out, e);
	return r ? r : cmd_print(&out, e);
}

static int inspect_run(const struct args *a, struct err *e)
{
	struct seen s = { 0 };
	struct nets n;
	int r;

	if (a->word_count != 1)
		return cmd_usage(a, e, "net inspect takes one network");
	if (!!cmd_option(a, "json") + !!cmd_option(a, "dot") + !!cmd_option(a, "draw") >
	    1)
		return cmd_usage(a, e, "--json, --dot and --draw exclude each other");
	r = nets_open(&n, false, e);
	if (!r)
		r = net_def_read(n.places.state, a->words[0], &s.def, e);
	if (!r)
		r = nets_members(&n, &s.def, &s.members, e);
	if (!r)
		r = show(a, &s, e);
	members_release(&s.members);
	nets_release(&n);
	return r;
}

static const struct opt inspect_options[] = {
	{ .name = "draw", .help = "draw the router, the links and the boxes" },
	{ .name = "dot",
	  .help = "the same for graphviz: nook net inspect --dot NAME | dot -Tsvg" },
	LISTING_OPTIONS("BOX NAME ADDRESS ADDRESS6 MAC LINK PUBLISH"),
	{ 0 },
};

const struct cmd cmd_net_inspect = {
	.name = "net inspect",
	.summary = "show a network and the boxes on it",
	.usage = "[OPTION...] NAME",
	.options = inspect_options,
	.complete = COMPLETE_NETWORK,
	FULL_ONLY(inspect_run),
};
