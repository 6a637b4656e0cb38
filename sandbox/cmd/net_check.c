// SPDX-License-Identifier: GPL-3.0-or-later
/* net_check.c - `nook net check` and `nook net repair`: what is wrong with networks */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "cmd/cmd.h"
#include "cmd/net_reach.h"
#include "host/host.h"

/** struct findings - What was found; a line each, and what can be done below it */
struct findings {
	struct nets *n;
	struct text out;
	size_t count;
};

__attribute__((format(printf, 4, 5))) static void
find(struct findings *f, const char *network, const char *hint, const char *fmt, ...)
{
	auto_text line = { 0 };
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	f->count++;
	if (network)
		text_addf(&line, "network '%s': ", network);
	text_add(&line, what);
	text_safe(&f->out, text_str(&line));
	text_addc(&f->out, '\n');
	if (hint && *hint)
		text_addf(&f->out, "  hint: %s\n", hint);
}

static void find_error(struct findings *f, const struct err *e)
{
	find(f, NULL, e->hint, "%s", e->text);
}

/* --- one network ------------------------------------------------------------------- */

static void check_route(struct findings *f, const struct net_def *d,
			const struct net_prefix *subnet)
{
	char s[NET_TEXT_SIZE], other[NET_TEXT_SIZE], link[NET_LINK_SIZE];
	struct net_prefix route;

	if (!subnet->family || !net_route_clash(subnet, &route, link))
		return;
	find(f, d->name, "remove it and create it again without a subnet",
	     "%s overlaps the route to %s through '%s', which came later",
	     net_prefix_text(subnet, s), net_prefix_text(&route, other), link);
}

static bool is_setting(const char *path, const char *value)
{
	char now[16];

	return file_read_small(AT_FDCWD, path, now, sizeof(now)) < 0 ||
	       !strcmp(now, value);
}

/* What a router of root's must have while boxes are on it */
static void check_router(struct findings *f, const struct net_def *d)
{
	struct err e = { 0 };
	int r = net_rules_present(d, &e);

	if (r < 0)
		find_error(f, &e);
	if (!r)
		find(f, d->name, "nook net repair; the next box on it does so too",
		     "its rules are not in the kernel: another firewall was loaded");
	if (d->v4.family && !is_setting("/proc/sys/net/ipv4/ip_forward", "1"))
		find(f, d->name, "nook net repair", "IPv4 is not forwarded (ip_forward)");
	if (d->v6.family && !is_setting("/proc/sys/net/ipv6/conf/all/forwarding", "1"))
		find(f, d->name, "nook net repair", "IPv6 is not forwarded");
}

static void check_network(struct findings *f, const struct net_def *d)
{
	struct members m = { 0 };
	struct err e = { 0 };
	size_t living = 0;

	check_route(f, d, &d->v4);
	check_route(f, d, &d->v6);
	if (nets_members(f->n, d, &m, &e) < 0)
		find_error(f, &e);
	for (size_t i = 0; i < m.count; i++)
		living += !store_is_dead(m.v[i].lease.box, &f->n->store.dir);
	if (living < m.count)
		find(f, d->name, "nook net repair",
		     "%zu of its addresses are of dead boxes", m.count - living);
	if (living && nets_are_here())
		check_router(f, d);
	members_release(&m);
}

static int check_each(const struct net_def *d, void *arg)
{
	check_network(arg, d);
	return 0;
}

/* --- what all share ---------------------------------------------------------------- */

static void find_other(const char *family, const char *table, const char *chain,
		       void *arg)
{
	struct findings *f = arg;
	auto_text hint = { 0 };

	for (const char *const *way = (const char *const[]){ "iifname", "oifname", NULL };
	     *way; way++)
		text_addf(&hint, "%snft insert rule %s %s %s %s 'nk*' accept",
			  hint.len ? "; " : "", family, table, chain, *way);
	find(f, NULL, text_str(&hint),
	     "table '%s %s', chain '%s' drops what is forwarded and none of its rules "
	     "takes: "
	     "boxes may reach nothing",
	     family, table, chain);
}

static int has_nat(const struct net_def *d, void *arg)
{
	(void)arg;
	return d->nat;
}

/* A user's router reaches the world through it */
static void check_pasta(struct findings *f)
{
	struct host *h = host_new();
	struct err e;

	if (h && !host_program(h, "pasta") &&
	    net_def_each(f->n->places.state, has_nat, NULL, &e) > 0)
		find(f, NULL, "as root: apt-get install passt",
		     "'pasta' is not installed: networks with NAT cannot reach the "
		     "world");
	host_free(h);
}

static void check_host(struct findings *f)
{
	struct err e = { 0 };

	if (net_rules_can(&e) < 0)
		find_error(f, &e);
	if (!nets_are_here())
		check_pasta(f);
	else if (net_rules_others(find_other, f, &e) < 0)
		find_error(f, &e);
}

static int check_run(const struct args *a, struct err *e)
{
	const char *box = cmd_option(a, "from");
	struct findings f = { 0 };
	struct net_def d;
	struct nets n;
	int r;

	if (a->word_count > 1 || a->rest)
		return cmd_usage(a, e, "net check takes one network, or none");
	if (box && !a->word_count)
		return cmd_usage(a, e, "--from wants to know what to reach: HOST:PORT");
	if (!box && a->word_count && strchr(a->words[0], ':'))
		return cmd_usage(a, e, "from which box? --from BOX");
	r = nets_open(&n, false, e);
	f.n = &n;
	if (box) {
		r = r ? r : reach_check(&n, a->words[0], box, e);
		nets_release(&n);
		return r;
	}
	if (!r && a->word_count) {
		r = net_def_read(n.places.state, a->words[0], &d, e);
		if (!r)
			check_network(&f, &d);
	} else if (!r && net_def_each(n.places.state, check_each, &f, e) < 0) {
		find_error(&f, e);
	}
	if (!r)
		check_host(&f);
	if (!r && !f.count && !a->quiet)
		text_add(&f.out, "nothing is wrong\n");
	if (!r)
		r = cmd_print(&f.out, e);
	text_release(&f.out);
	nets_release(&n);
	return r ? r : f.count ? 1 : 0;
}

static const struct opt check_options[] = {
	{ .name = "from",
	  .arg = "BOX",
	  .help = "try whether this box reaches HOST:PORT, by TCP",
	  .complete = COMPLETE_BOX },
	{ 0 },
};

const struct cmd cmd_net_check = {
	.name = "net check",
	.summary = "say what keeps networks from working here",
	.usage = "[NETWORK | --from BOX HOST:PORT]",
	.options = check_options,
	.help = "Looks for definitions and leases that are damaged, routes that came to "
		"overlap a subnet, and what routing needs: libnftables, pasta for an "
		"ordinary user, and as root forwarding, nook's rules in the kernel and "
		"no firewall of others that drops what is forwarded. "
		"The exit code is 1 where something is wrong.\n\n"
		"With --from it tries one connection from within a running box, and says "
		"why "
		"it is not made. HOST is a box on the same network, an address, or a "
		"name "
		"that this machine knows.",
	.complete = COMPLETE_NETWORK,
	FULL_ONLY(check_run),
};

/* --- net repair -------------------------------------------------------------------- */

static int repair_each(const struct net_def *d, void *arg)
{
	struct nets *n = arg;
	struct err e = { 0 };

	/* A damaged table says nothing of anybody: without one it is made anew */
	if (nets_sweep(n, d, &e) < 0 && !nets_has_boxes(n, d->name))
		net_lease_reset(n->places.run, d->name);
	return 0;
}

static int repair_run(const struct args *a, struct err *e)
{
	struct net_def d;
	struct nets n;
	int r;

	if (a->word_count > 1 || a->rest)
		return cmd_usage(a, e, "net repair takes one network, or none");
	r = nets_open(&n, false, e);
	if (!r && a->word_count)
		r = net_def_read(n.places.state, a->words[0], &d, e) < 0
			    ? -1
			    : repair_each(&d, &n);
	else if (!r)
		r = net_def_each(n.places.state, repair_each, &n, e);
	if (!r && nets_are_here() && nets_has_boxes(&n, NULL))
		r = net_router_repair(n.places.state, n.places.run, e);
	nets_release(&n);
	return r;
}

const struct cmd cmd_net_repair = {
	.name = "net repair",
	.summary = "put right what 'nook net check' finds and nook can mend",
	.usage = "[NETWORK]",
	.help = "Takes back addresses of dead boxes, makes damaged tables of leases anew "
		"where "
		"no box is on the network and, as root while boxes are on networks, "
		"switches forwarding on and gives the kernel the rules again. Other "
		"firewalls are never touched.",
	.complete = COMPLETE_NETWORK,
	FULL_ONLY(repair_run),
};
