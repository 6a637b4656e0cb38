// SPDX-License-Identifier: GPL-3.0-or-later
/* net_router.c - a box on a network of an ordinary user: his router, and the pair to it
 *
 * The pair is made by a process in the router's namespaces (SIDE_ROUTER), and both of its
 * ends are set up there: the box's network namespace is the router's too, and inside has
 * no right to it any more. That is also where its settings are written. box/router.h has
 * the rest.
 */
#include <sched.h>
#include <stdio.h>

#include "base/err.h"
#include "layer/net.h"
#include "layer/where.h"
#include "netns/net.h"

#define RANGES_MOST 16 /* of each kind; newuidmap's words are counted too */

static void add_ids(struct plan *pl, struct plan_list *list, uint32_t first,
		    uint32_t count)
{
	struct plan_map *m = plan_append(pl, list, sizeof(*m));

	m->inside = m->outside = first;
	m->count = count;
}

static bool has_id(const struct host_range *ranges, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= ranges[i].first && id - ranges[i].first < ranges[i].count)
			return true;
	return false;
}

/* Every id that the user has, at its own number: so a map below it says what it would
 * without a router */
static void plan_ids(struct plan *pl, struct plan_list *list, uint32_t own,
		     const struct host_range *ranges, size_t n)
{
	if (!has_id(ranges, n, own))
		add_ids(pl, list, own, 1);
	for (size_t i = 0; i < n && i < RANGES_MOST; i++)
		add_ids(pl, list, ranges[i].first, ranges[i].count);
}

int net_router_check(const struct profile *pf, const struct plan *pl, struct err *e)
{
	char where[ORIGIN_SIZE];
	struct net_def d;
	int r = pl->net.pasta ? 0 : net_veth_definition(pl, &d, e);

	if (r < 0 || pl->net.pasta || (!r && !d.nat))
		return r;
	err_set(e,
		"'network.mode' (%s): veth without root needs pasta, for network '%s' "
		"to reach the world",
		origin_text(pf, FIELD_network_mode, where),
		plan_text(pl, pl->net.network));
	return err_hint(e, "as root: apt-get install passt; or a network that reaches "
			   "nobody else: nook net create NAME --no-nat");
}

int net_router_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	const char *newuidmap = host_program(h, "newuidmap");
	const char *newgidmap = host_program(h, "newgidmap");
	const char *pasta = host_program(h, "pasta");
	const struct host_range *uids, *gids;
	size_t nu = host_subids(h, false, &uids), ng = host_subids(h, true, &gids);

	if (!nu || !ng || !newuidmap || !newgidmap) {
		nu = ng = 0;
	} else {
		pl->net.newuidmap = plan_put(pl, newuidmap);
		pl->net.newgidmap = plan_put(pl, newgidmap);
	}
	plan_ids(pl, &pl->net.router_uids, host_uid(h), uids, nu);
	plan_ids(pl, &pl->net.router_gids, host_gid(h), gids, ng);
	pl->net.pasta = plan_put(pl, pasta);
	return net_router_check(pf, pl, e);
}

/* Groups that are none in the router cannot be named in it: from the first that is one to
 * the last */
static void group_range(const struct plan *pl, char *out, size_t size)
{
	uint32_t first = UINT32_MAX, last = 0;

	for (const struct plan_map *m = NULL;
	     (m = plan_each(pl, &pl->net.router_gids, m));) {
		uint32_t end = m->outside + m->count - 1;

		first = m->outside < first ? m->outside : first;
		last = end > last ? end : last;
	}
	snprintf(out, size, "%u %u", first, last);
}

/*
 * In the router's namespaces, with every capability there. Must leave the caller in the
 * box's network namespace; must not touch a link of another box.
 */
int net_router_wire(const struct plan *pl, struct site *s, struct err *e)
{
	char groups[32];

	if (net_veth_router(pl, s, e) < 0)
		return -1;
	if (setns(s->net.netns_fd, CLONE_NEWNET) < 0)
		return err_sys(e, "cannot enter the network namespace of the box");
	group_range(pl, groups, sizeof(groups));
	if (net_allow_apply(pl, e) < 0 || net_veth_box(pl, s, e) < 0 ||
	    net_open_ports(s, groups, e) < 0)
		return -1;
	return net_write_sysctls(pl, s, true, e);
}
