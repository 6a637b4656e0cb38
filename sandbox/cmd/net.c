// SPDX-License-Identifier: GPL-3.0-or-later
/* net.c - `nook net create|ls|rm`: networks that boxes share */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"
#include "cmd/listing.h"
#include "cmd/nets.h"

/* --- net create -------------------------------------------------------------------- */

/* An address into the half of a pair that it belongs to */
static int set_half(struct net_prefix *v4, struct net_prefix *v6, const char *word,
		    const char *what, struct err *e)
{
	struct net_prefix p, *half;

	if (net_prefix_read(word, &p) || !p.len)
		return err_set(e, "'%s' is no %s", word, what);
	half = p.family == AF_INET ? v4 : v6;
	if (half->family)
		return err_set(e, "'%s' is the second %s of its family", word, what);
	*half = p;
	return 0;
}

static int read_wish(const struct args *a, struct net_def *d, struct err *e)
{
	const char *mtu = cmd_option(a, "mtu");
	uint64_t n = 0;

	d->nat = !cmd_option(a, "no-nat");
	d->isolated = cmd_option(a, "isolated");
	for (size_t i = 1; i < a->word_count; i++)
		if (set_half(&d->v4, &d->v6, a->words[i], "subnet such as 10.1.2.0/24",
			     e))
			return -1;
	for (size_t i = 0; i < a->given_count; i++)
		if (!strcmp(a->given[i].opt->name, "gateway") &&
		    set_half(&d->gateway4, &d->gateway6, a->given[i].value,
			     "address of a gateway", e))
			return -1;
	/* Without a word about it: IPv4, in a subnet that is free */
	if (a->word_count == 1)
		d->v4.family = AF_INET;
	if (cmd_option(a, "ipv6"))
		d->v6.family = AF_INET6;
	if (mtu && parse_number_in(mtu, NET_MTU_LEAST, NET_MTU_MOST, &n))
		return err_set(e, "'%s': expected an MTU from %d to %d", mtu,
			       NET_MTU_LEAST, NET_MTU_MOST);
	d->mtu = (uint32_t)n;
	return 0;
}

static int create_run(const struct args *a, struct err *e)
{
	struct net_def d = { 0 };
	auto_text out = { 0 };
	struct nets n;
	const char *why;
	int r;

	if (!a->word_count)
		return cmd_usage(a, e, "net create takes a name");
	if (parse_name(a->words[0], &why))
		return err_set(e, "network '%s': %s", a->words[0], why);
	memcpy(d.name, a->words[0], strlen(a->words[0]));
	if (read_wish(a, &d, e) < 0)
		return -2;
	r = nets_open(&n, true, e);
	if (!r)
		r = net_def_make(n.places.state, &d, e);
	if (!r && !a->quiet) {
		text_addf(&out, "network '%s': ", d.name);
		nets_pair(&d.v4, &d.v6, &out);
		text_addc(&out, '\n');
		r = cmd_print(&out, e);
	}
	nets_release(&n);
	return r;
}

static const struct opt create_options[] = {
	{ .name = "no-nat", .help = "its boxes reach each other and not the world" },
	{ .name = "isolated", .help = "its boxes reach the world and not each other" },
	{ .name = "gateway",
	  .arg = "ADDRESS",
	  .help = "the router's address, else the first of the subnet" },
	{ .name = "mtu", .arg = "BYTES", .help = "of its links, 1280 to 65535" },
	{ .name = "ipv6", .help = "an IPv6 subnet too, where none is given" },
	{ 0 },
};

const struct cmd cmd_net_create = {
	.name = "net create",
	.summary = "make a network that boxes can share",
	.usage = "[OPTION...] NAME [SUBNET...]",
	.help = "A subnet is 10.1.2.0/24 or fd12:3456::/64, at most one of each family. "
		"Without one nook takes a private IPv4 subnet that no route of this "
		"machine "
		"and no other network uses. Boxes join it with '--network NAME', or "
		"'network: {mode: veth, name: NAME}' in a profile; the network 'default' "
		"is "
		"made when it is first used.\n\n"
		"Nothing is changed in the kernel before the first box joins.",
	.options = create_options,
	.run = create_run,
};

/* --- net ls ------------------------------------------------------------------------ */

/** struct net_row - A network in the list */
struct net_row {
	struct net_def def;
	size_t boxes;
};

static const struct net_row *row_of(const void *row)
{
	return row;
}

static void name_cell(const void *row, struct text *out)
{
	text_add(out, row_of(row)->def.name);
}

static void subnet_cell(const void *row, struct text *out)
{
	nets_pair(&row_of(row)->def.v4, &row_of(row)->def.v6, out);
}

static void gateway_cell(const void *row, struct text *out)
{
	nets_pair(&row_of(row)->def.gateway4, &row_of(row)->def.gateway6, out);
}

static void nat_cell(const void *row, struct text *out)
{
	text_add(out, row_of(row)->def.nat ? "yes" : "no");
}

static void nat_json(const void *row, struct text *out)
{
	text_add(out, row_of(row)->def.nat ? "true" : "false");
}

static void isolated_cell(const void *row, struct text *out)
{
	text_add(out, row_of(row)->def.isolated ? "yes" : "no");
}

static void isolated_json(const void *row, struct text *out)
{
	text_add(out, row_of(row)->def.isolated ? "true" : "false");
}

static void mtu_cell(const void *row, struct text *out)
{
	if (row_of(row)->def.mtu)
		text_addf(out, "%u", row_of(row)->def.mtu);
}

static void mtu_json(const void *row, struct text *out)
{
	json_number(out, row_of(row)->def.mtu ? row_of(row)->def.mtu : UINT64_MAX);
}

static void boxes_cell(const void *row, struct text *out)
{
	text_addf(out, "%zu", row_of(row)->boxes);
}

static const struct column columns[] = {
	{ .name = "NAME", .key = "name", .cell = name_cell },
	{ .name = "SUBNET", .key = "subnet", .cell = subnet_cell },
	{ .name = "GATEWAY", .key = "gateway", .cell = gateway_cell },
	{ .name = "NAT", .key = "nat", .cell = nat_cell, .json = nat_json },
	{ .name = "ISOLATED",
	  .key = "isolated",
	  .cell = isolated_cell,
	  .json = isolated_json },
	{ .name = "MTU",
	  .key = "mtu",
	  .flags = COLUMN_RIGHT | COLUMN_HIDE,
	  .cell = mtu_cell,
	  .json = mtu_json },
	{ .name = "BOXES",
	  .key = "boxes",
	  .flags = COLUMN_RIGHT,
	  .cell = boxes_cell,
	  .json = boxes_cell },
	{ .name = NULL },
};

/** struct net_rows - The list while it is gathered */
struct net_rows {
	const struct nets *n;
	struct net_row *v;
	size_t count;
	struct err *e;
};

static int add_row(const struct net_def *d, void *arg)
{
	struct net_rows *rows = arg;
	struct members m = { 0 };
	struct net_row *more = realloc(rows->v, (rows->count + 1) * sizeof(*more));

	if (!more)
		return err_set(rows->e, "out of memory");
	rows->v = more;
	if (nets_members(rows->n, d, &m, rows->e) < 0)
		return -1;
	rows->v[rows->count++] = (struct net_row){ .def = *d, .boxes = m.count };
	members_release(&m);
	return 0;
}

static int print_rows(const struct args *a, const struct net_rows *rows, struct err *e)
{
	auto_free const void **list = calloc(rows->count + 1, sizeof(*list));
	auto_text out = { 0 };
	struct listing l;
	int r = listing_open(&l, a, columns, "networks", e);

	if (r)
		return r;
	if (!list)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < rows->count; i++) {
		list[i] = &rows->v[i];
		if (cmd_option(a, "names"))
			text_addf(&out, "%s\n", rows->v[i].def.name);
	}
	if (!cmd_option(a, "names") && listing_text(&l, list, rows->count, &out, e) < 0)
		return -1;
	return cmd_print(&out, e);
}

static int ls_run(const struct args *a, struct err *e)
{
	struct net_rows rows = { .e = e };
	struct nets n;
	int r, damaged = 0;

	if (a->word_count)
		return cmd_usage(a, e, "net ls takes no words");
	r = nets_open(&n, false, e);
	rows.n = &n;
	if (!r)
		damaged = net_def_each(n.places.state, add_row, &rows, e);
	if (!r)
		r = print_rows(a, &rows, e);
	if (!r)
		r = damaged;
	free(rows.v);
	nets_release(&n);
	return r;
}

static const struct opt ls_options[] = {
	{ .name = "names", .help = "print only the names, one on each line" },
	LISTING_OPTIONS("NAME SUBNET GATEWAY NAT ISOLATED MTU BOXES"),
	{ 0 },
};

const struct cmd cmd_net_ls = {
	.name = "net ls",
	.summary = "list the networks",
	.usage = "[OPTION...]",
	.options = ls_options,
	FULL_ONLY(ls_run),
};

/* --- net rm ------------------------------------------------------------------------ */

/* Boxes that are on it, or that a damaged table of leases says nothing of */
static void say_users(const struct nets *n, const char *name, struct text *out)
{
	for (size_t i = 0; i < n->boxes.count; i++) {
		const struct plan *pl = n->boxes.v[i].plan;
		const struct record *rec = &n->boxes.v[i].rec;

		if (nets_is_on(pl, name))
			text_addf(out, " %s", store_name(rec));
	}
}

static int rm_one(struct nets *n, const char *name, bool force, struct err *e)
{
	struct net_def d;
	auto_text users = { 0 };
	int known = net_def_read(n->places.state, name, &d, e), had_rules = -1;
	struct err other;

	if (known < 0 && (!force || e->code == ENOENT))
		return -1;
	say_users(n, name, &users);
	if (!users.len && known == 0 && nets_sweep(n, &d, e) < 0 && !force)
		return -1;
	if (nets_are_here() && known == 0)
		had_rules = net_rules_present(&d, &other);
	if (users.len || net_def_remove(&n->places, name, force, e) < 0) {
		if (!users.len && e->code != EBUSY)
			return -1;
		err_set(e, "network '%s' is in use", name);
		return users.len ? err_hint(e, "nook kill%s", text_str(&users))
				 : err_hint(e, "a box is just starting on it: try again");
	}
	/* A user's router ends with its last box, root's is this machine */
	if (had_rules > 0 || (known < 0 && nets_are_here()))
		return net_router_repair(n->places.state, n->places.run, e);
	return 0;
}

/* One that cannot go is no reason for the others to stay */
static int rm_run(const struct args *a, struct err *e)
{
	struct nets n;
	int failed = 0;

	if (!a->word_count)
		return cmd_usage(a, e, "net rm takes names of networks");
	if (nets_open(&n, false, e) < 0)
		return -1;
	for (size_t i = 0; i < a->word_count; i++) {
		struct err why = { 0 };

		if (rm_one(&n, a->words[i], cmd_option(a, "force"), &why) < 0) {
			cmd_complain(&why);
			failed = 1;
		}
	}
	nets_release(&n);
	return failed;
}

static const struct opt rm_options[] = {
	{ .letter = 'f',
	  .name = "force",
	  .help = "also one whose files are damaged; never one that a box is on" },
	{ 0 },
};

const struct cmd cmd_net_rm = {
	.name = "net rm",
	.summary = "remove networks that no box is on",
	.usage = "[OPTION...] NAME...",
	.help = "Every network is tried; the exit code is 1 where one could not go. "
		"With the last one nook's firewall rules go, and forwarding is as it was "
		"before the first.",
	.options = rm_options,
	.complete = COMPLETE_NETWORK,
	FULL_ONLY(rm_run),
};
