// SPDX-License-Identifier: GPL-3.0-or-later
/* net_check.c - `nook net check` and `nook net repair`: what is wrong with networks */
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "box/below.h"
#include "cmd/cmd.h"
#include "cmd/net_reach.h"
#include "host/host.h"
#include "host/try.h"

/**
 * struct findings - What was found; a line each, and what can be done below it
 * @links:	Of this network namespace, where it is the router
 */
struct findings {
	struct nets *n;
	struct ifaddrs *links;
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

static void check_network(struct findings *f, const struct net_def *d)
{
	struct members m = { 0 };
	struct err e = { 0 };
	size_t living = 0;

	check_route(f, d, &d->v4);
	check_route(f, d, &d->v6);
	if (d->v6.family && nets_are_here() &&
	    !is_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "0"))
		find(f, d->name, "sysctl net.ipv6.conf.default.disable_ipv6=0",
		     "IPv6 is switched off for new links: no box can start on it");
	if (nets_members(f->n, d, &m, &e) < 0)
		find_error(f, &e);
	for (size_t i = 0; i < m.count; i++)
		living += !store_is_dead(m.v[i].lease.box, &f->n->store.dir);
	if (living < m.count)
		find(f, d->name, "nook net repair",
		     "%zu of its addresses are of dead boxes", m.count - living);
	members_release(&m);
}

static int check_each(const struct net_def *d, void *arg)
{
	check_network(arg, d);
	return 0;
}

/* --- the router -------------------------------------------------------------------- */

/**
 * struct work - What is to be done in the router's network namespace: root's is the
 * host's, a user's is entered by a child
 * @run:	Return: 1 = something is wrong, 0, -1 and @e
 * @only:	The network that is meant; NULL = all
 */
struct work {
	struct nets *n;
	int (*run)(struct work *w, struct text *out, struct err *e);
	const struct net_def *only;
};

static int work_below(void *arg, struct text *out, struct err *e)
{
	struct work *w = arg;

	return w->run(w, out, e);
}

/* Boxes that lost a user's router do not get to the next one */
static int say_no_router(struct work *w, struct text *out)
{
	struct findings f = { .n = w->n };

	if (!nets_has_boxes(w->n, NULL)) {
		text_add(out, "no router runs: no box is on your networks\n");
		return 0;
	}
	find(&f, NULL, "start them again: the first one makes a new router",
	     "the router of your networks was killed: boxes on them reach nothing "
	     "beyond each other");
	text_add(out, text_str(&f.out));
	text_release(&f.out);
	return 1;
}

/* Return: what @w->run does; without a router 1 where boxes should have one, else 0 */
static int work_in_router(struct work *w, struct text *out, struct err *e)
{
	struct router r;
	int result;

	if (nets_are_here())
		return nets_has_boxes(w->n, NULL) ? w->run(w, out, e) : 0;
	result = router_find(&r, w->n->store.dir, e);
	if (result <= 0)
		return result < 0 ? -1 : say_no_router(w, out);
	result = below_do(&r, work_below, w, out, e);
	router_leave(&r);
	return result;
}

static int work_each(const struct work *w,
		     int (*each)(const struct net_def *d, void *arg), void *arg,
		     struct err *e)
{
	return w->only ? each(w->only, arg)
		       : net_def_each(w->n->places.state, each, arg, e);
}

static void check_link(struct findings *f, const struct net_def *d,
		       const struct member *m)
{
	static const char *const lacks[] = {
		[NET_LACK_LINK] = "is gone",
		[NET_LACK_UP] = "is down",
		[NET_LACK_ADDRESS] = "has lost the router's address",
		[NET_LACK_ROUTE] = "has lost its route",
	};
	enum net_lack lack = net_wire_look(d, &m->lease, f->links);

	if (lack)
		find(f, d->name,
		     lack == NET_LACK_LINK ? "start the box again" : "nook net repair",
		     "the link of box '%s' %s: it is cut off", member_name(m),
		     lacks[lack]);
}

/* What the router must have while boxes are on a network; a box that is just
 * starting may have no link yet */
static int check_in_router(const struct net_def *d, void *arg)
{
	struct findings *f = arg;
	struct members m = { 0 };
	struct err e = { 0 };
	int r;

	if (!nets_has_boxes(f->n, d->name))
		return 0;
	r = net_rules_present(d, &e);
	if (r < 0)
		find_error(f, &e);
	if (!r)
		find(f, d->name, "nook net repair; the next box on it does so too",
		     "its rules are not in the kernel: another firewall was loaded");
	if (d->v4.family && !is_setting("/proc/sys/net/ipv4/ip_forward", "1"))
		find(f, d->name, "nook net repair", "IPv4 is not forwarded (ip_forward)");
	if (d->v6.family && !is_setting("/proc/sys/net/ipv6/conf/all/forwarding", "1"))
		find(f, d->name, "nook net repair", "IPv6 is not forwarded");
	if (nets_members(f->n, d, &m, NULL) < 0)
		return 0;
	for (size_t i = 0; i < m.count; i++)
		if (m.v[i].box && m.v[i].box->rec.netns >= 0)
			check_link(f, d, &m.v[i]);
	members_release(&m);
	return 0;
}

static int check_router(struct work *w, struct text *out, struct err *e)
{
	struct findings f = { .n = w->n };
	struct err damaged = { 0 }; /* was found before */

	if (getifaddrs(&f.links) < 0)
		return err_sys(e, "cannot list links");
	work_each(w, check_in_router, &f, &damaged);
	freeifaddrs(f.links);
	text_add(out, text_str(&f.out));
	text_release(&f.out);
	return f.count > 0;
}

static void check_routers(struct findings *f, const struct net_def *only,
			  struct text *notes)
{
	struct work w = { .n = f->n, .run = check_router, .only = only };
	auto_text out = { 0 };
	struct err e = { 0 };
	int r = work_in_router(&w, &out, &e);

	if (r < 0)
		find_error(f, &e);
	f->count += r > 0;
	text_add(r > 0 ? &f->out : notes, text_str(&out));
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

/* Return: whether it has NAT; *@arg: there is a network */
static int has_nat(const struct net_def *d, void *arg)
{
	*(bool *)arg = true;
	return d->nat;
}

/* A network has NAT, or will have: `default` is made when it is first used */
static bool wants_world(const struct findings *f)
{
	bool any = false;
	struct err e;
	int r = net_def_each(f->n->places.state, has_nat, &any, &e);

	return r > 0 || (!r && !any);
}

/* A user's router reaches the world through pasta: as doctor finds it */
static void check_world(struct findings *f)
{
	const struct try_fact *fact = try_facts();
	struct try_found found = { 0 };
	struct host *h = host_new();

	while (fact->id && strcmp(fact->id, "networks") != 0)
		fact++;
	if (h && fact->id)
		try_run(h, fact, &found);
	if (found.verdict != TRY_OK)
		find(f, NULL, text_str(&found.fix),
		     "%s: networks with NAT cannot reach the world",
		     text_str(&found.found));
	try_release(&found);
	host_free(h);
}

static void check_host(struct findings *f)
{
	struct err e = { 0 };

	if (net_rules_can(&e) < 0)
		find_error(f, &e);
	else if (!nets_are_here() && wants_world(f))
		check_world(f);
	if (nets_are_here() && net_rules_others(find_other, f, &e) < 0)
		find_error(f, &e);
}

static int check_all(struct findings *f, const char *name, struct text *notes,
		     struct err *e)
{
	struct nets *n = f->n;
	struct net_def d;

	if (name) {
		if (net_def_read(n->places.state, name, &d, e) < 0)
			return -1;
		check_network(f, &d);
	} else if (net_def_each(n->places.state, check_each, f, e) < 0) {
		find_error(f, e);
	}
	check_routers(f, name ? &d : NULL, notes);
	check_host(f);
	return 0;
}

static int check_run(const struct args *a, struct err *e)
{
	const char *box = cmd_option(a, "from");
	auto_text notes = { 0 };
	struct findings f = { 0 };
	struct nets n;
	int r;

	if (a->word_count > 1)
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
	r = r ? r : check_all(&f, a->word_count ? a->words[0] : NULL, &notes, e);
	if (!f.count)
		text_add(&notes, "nothing is wrong\n");
	if (!r && !a->quiet)
		text_add(&f.out, text_str(&notes));
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
		"overlap a subnet, and what routing needs: libnftables, pasta and "
		"/dev/net/tun for an ordinary user, as root no firewall of others that "
		"drops what is forwarded; and, while boxes are on networks, forwarding, "
		"nook's rules and the boxes' links, for an ordinary user within the "
		"router of his networks. "
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

struct mending {
	const struct nets *n;
	struct err *e;
};

/* Return: 0, 1 and @e: net_def_each() has a -1 of its own */
static int mend_links(const struct net_def *d, void *arg)
{
	const struct mending *to = arg;
	struct members m = { 0 };
	int r = nets_members(to->n, d, &m, to->e);

	for (size_t i = 0; !r && i < m.count; i++) {
		struct net_wire wire = { .def = d, .lease = &m.v[i].lease };

		if (m.v[i].box && m.v[i].box->rec.netns >= 0)
			r = net_wire_mend(&wire, to->e);
	}
	members_release(&m);
	return r < 0;
}

/* Notes of what settings were before are for a host, a user's router ends */
static int mend_router(struct work *w, struct text *out, struct err *e)
{
	int notes = nets_are_here() ? w->n->places.run : -1;
	struct mending to = { w->n, e };

	(void)out;
	if (net_router_repair(w->n->places.state, notes, e) < 0)
		return -1;
	return work_each(w, mend_links, &to, e) ? -1 : 0;
}

static int repair_run(const struct args *a, struct err *e)
{
	struct work w = { .run = mend_router };
	auto_text out = { 0 };
	struct net_def d;
	struct nets n;
	int r;

	if (a->word_count > 1)
		return cmd_usage(a, e, "net repair takes one network, or none");
	r = nets_open(&n, false, e);
	w.n = &n;
	if (!r && a->word_count) {
		w.only = &d;
		r = net_def_read(n.places.state, a->words[0], &d, e) < 0
			    ? -1
			    : repair_each(&d, &n);
	} else if (!r) {
		r = net_def_each(n.places.state, repair_each, &n, e);
	}
	if (!r)
		r = work_in_router(&w, &out, e);
	nets_release(&n);
	if (r >= 0 && !a->quiet && cmd_print(&out, e) < 0)
		r = -1;
	return r;
}

const struct cmd cmd_net_repair = {
	.name = "net repair",
	.summary = "put right what 'nook net check' finds and nook can mend",
	.usage = "[NETWORK]",
	.help = "Takes back addresses of dead boxes, makes damaged tables of leases anew "
		"where "
		"no box is on the network and, while boxes are on networks, switches "
		"forwarding on, gives the kernel the rules again and sets up the boxes' "
		"links, for an ordinary user within his router. Other firewalls are "
		"never touched.",
	.complete = COMPLETE_NETWORK,
	FULL_ONLY(repair_run),
};
