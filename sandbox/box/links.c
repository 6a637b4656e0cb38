// SPDX-License-Identifier: GPL-3.0-or-later
/* links.c - what the keeper has to do with the links of its box
 *
 * A link, its addresses and its routes go with the network namespace of the box. Two
 * things do not: the counters, which the keeper reads before it lets go, and the address
 * on the network, which its record tells of.
 */
#include "box/links.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "box/keeper.h"
#include "netns/net.h"

/* The router's end counts the same bytes the other way round */
void links_read(struct keeper *k)
{
	const struct site_net *net = &k->site.net;
	char link[NET_LINK_SIZE];
	struct net_counts c;

	if (net->netns_fd < 0 || k->plan->net.mode != PLAN_NET_VETH)
		return;
	net_link_name(&net->def, net->lease.box, link);
	if (net_wire_count(link, &c) < 0)
		return;
	k->result->net_rx = c.tx_bytes;
	k->result->net_tx = c.rx_bytes;
}

void links_close(struct keeper *k)
{
	if (k->site.net.netns_fd >= 0)
		close(fd_take(&k->site.net.netns_fd));
}

int links_clear(int store, const struct record *rec)
{
	auto_fd run = -1;

	if (!rec->net)
		return 0;
	run = net_run_open(store, false, NULL);
	return run == -2 ? 0 : run < 0 ? -1 : net_lease_drop(run, rec->id);
}
