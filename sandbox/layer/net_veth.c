// SPDX-License-Identifier: GPL-3.0-or-later
/* net_veth.c - a box on a network: an address, and a pair of links to its router
 *
 * Theory of operation. Before there is a child the keeper looks that the router is ready
 * (rules, forwarding) and takes an address; the record of the box stands by then, so that
 * a lease without a living keeper is anybody's to clear. Once the child is born, the
 * keeper makes the pair and sets up the router's end, and inside sets up its own. All of
 * this but the lease dies with the box's network namespace. The keeper holds that one
 * open until it has read what went through the link.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "layer/net.h"
#include "netns/net.h"

/*
 * The rules are asked for once a start, where the router is this very network namespace:
 * other firewalls may have wiped them since the last box. The program that can load rules
 * asks when it needs them; the other one before it begins, to become that program where
 * they are missing, or where the plan has no definition yet or rules of the box's own:
 * rare, and slow.
 */
#ifdef NOOK_FULL
bool layer_net_needs_full(const struct plan *pl)
{
	(void)pl;
	return false;
}

static int ready_router(const struct net_places *p, const struct net_def *d,
			struct err *e)
{
	int ready = net_router_ready(d, e);

	if (ready)
		return ready < 0 ? -1 : 0;
	*e = (struct err){ 0 };
	return net_router_repair(p->state, p->run, e);
}
#else
bool layer_net_needs_full(const struct plan *pl)
{
	struct net_def d;
	struct err e;

	if (pl->net.allow.count)
		return true;
	if (pl->net.mode != PLAN_NET_VETH || pl->net.router != PLAN_ROUTER_HOST)
		return false;
	return net_veth_definition(pl, &d, &e) != 0 || net_router_ready(&d, &e) < 1;
}

static int ready_router(const struct net_places *p, const struct net_def *d,
			struct err *e)
{
	(void)p, (void)d, (void)e;
	return 0;
}
#endif

/* The network of the plan; `default` is made when it is first used, by who comes first */
static int find_network(const struct plan *pl, struct net_places *p, struct net_def *d,
			struct err *e)
{
	const char *state = plan_text(pl, pl->net.state);
	int r = net_veth_definition(pl, d, e);

	p->state = net_state_open(state, r == 1, e);
	if (p->state == -2)
		return err_set(e, "network '%s' is gone", plan_text(pl, pl->net.network));
	if (p->state < 0 || r < 0)
		return -1;
	if (!r)
		return 0;
	*d = net_def_default();
	if (!net_def_make(p->state, d, e))
		return 0;
	if (e->code != EEXIST)
		return -1;
	*e = (struct err){ 0 };
	return net_def_read(p->state, plan_text(pl, pl->net.network), d, e);
}

static int wish_address(const struct plan *pl, plan_ref wanted, struct net_prefix *at,
			struct err *e)
{
	const char *text = plan_text(pl, wanted);

	if (!wanted)
		return 0;
	if (net_prefix_read(text, at) < 0)
		return err_set(e, "'%s' is no address", text);
	at->len = (uint8_t)net_prefix_bits(at);
	return 0;
}

/* What is every machine's own name for itself */
static bool is_loopback_name(const char *name)
{
	return !strcasecmp(name, "localhost") || !strcasecmp(name, "ip6-localhost") ||
	       !strcasecmp(name, "ip6-loopback");
}

/* The name that the other boxes find: the box's own, else the one it calls itself */
static int wish_lease(const struct plan *pl, const struct site *s, struct net_lease *l,
		      struct err *e)
{
	const char *name = *s->name ? s->name : plan_text(pl, pl->hostname);

	*l = (struct net_lease){ 0 };
	snprintf(l->box, sizeof(l->box), "%s", s->box);
	if (!is_loopback_name(name))
		snprintf(l->name, sizeof(l->name), "%s", name);
	if (pl->net.mac && net_mac_read(plan_text(pl, pl->net.mac), l->mac) < 0)
		return err_set(e, "'%s' is no hardware address",
			       plan_text(pl, pl->net.mac));
	if (wish_address(pl, pl->net.address4, &l->v4, e) < 0 ||
	    wish_address(pl, pl->net.address6, &l->v6, e) < 0)
		return -1;
	return 0;
}

/* Boxes of killed keepers may have what is missing: theirs is given back, and then once
 * more */
static int take_lease(const struct plan *pl, struct site *s, const struct net_places *p,
		      struct err *e)
{
	struct net_lease *l = &s->net.lease;

	if (wish_lease(pl, s, l, e) < 0)
		return -1;
	if (!net_lease_take(p, &s->net.def, l, e))
		return 0;
	if (e->code != ENOSPC && e->code != EADDRINUSE)
		return -1;
	if (net_lease_sweep(p->run, &s->net.def, s->is_dead, &s->store, NULL) < 1 ||
	    wish_lease(pl, s, l, e) < 0)
		return -1;
	return net_lease_take(p, &s->net.def, l, e);
}

/* The box binds it by its path: mounts of the keeper's cannot be cloned inside */
static int find_hosts(struct site *s, int run, struct err *e)
{
	char name[NET_NAME_SIZE + sizeof("/hosts")];

	snprintf(name, sizeof(name), "%s/hosts", s->net.def.name);
	if (fd_path(run, name, s->net.hosts, sizeof(s->net.hosts)) < 0)
		return err_sys(e, "cannot tell where the leases are");
	return 0;
}

int net_veth_before(const struct plan *pl, struct site *s, struct err *e)
{
	auto_fd state = -1, run = -1;
	struct net_places p = { -1, -1 };
	int r = find_network(pl, &p, &s->net.def, e);

	state = p.state;
	if (r < 0)
		return -1;
	run = p.run = net_run_open(s->store, true, e);
	if (run < 0)
		return -1;
	if (pl->net.router == PLAN_ROUTER_HOST && ready_router(&p, &s->net.def, e) < 0)
		return -1;
	if (take_lease(pl, s, &p, e) < 0)
		return -1;
	return find_hosts(s, run, e);
}

static struct net_wire wire_of(const struct plan *pl, const struct site *s)
{
	return (struct net_wire){
		.def = &s->net.def,
		.lease = &s->net.lease,
		.rate_in = pl->net.rate_in,
		.rate_out = pl->net.rate_out,
	};
}

/* Must not: touch a link that is not this box's. Should: leave nothing where it fails;
 * the pair goes with the namespace of the child */
int net_veth_router(const struct plan *pl, struct site *s, struct err *e)
{
	struct net_wire w = wire_of(pl, s);

	return net_wire_router(&w, s->net.netns_fd, e);
}

int net_veth_host(const struct plan *pl, struct site *s, struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", s->child);
	s->net.netns_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->net.netns_fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	return net_veth_router(pl, s, e);
}

int net_veth_box(const struct plan *pl, struct site *s, struct err *e)
{
	struct net_wire w = wire_of(pl, s);

	return net_wire_box(&w, e);
}
