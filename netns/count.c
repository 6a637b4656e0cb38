// SPDX-License-Identifier: GPL-3.0-or-later
/* count.c - what went through a link */
#include "netns/net.h"

#include <netlink/route/link.h>

#include "netns/netlink.h"

static inline void put_link(struct rtnl_link **l)
{
	rtnl_link_put(*l);
}

int net_wire_count(const char *link, struct net_counts *c)
{
	auto_netlink s = netlink_open(NETLINK_ROUTE, NULL);
	__attribute__((cleanup(put_link))) struct rtnl_link *l = NULL;

	if (!s || rtnl_link_get_kernel(s, 0, link, &l) < 0)
		return -1;
	*c = (struct net_counts){
		.rx_bytes = rtnl_link_get_stat(l, RTNL_LINK_RX_BYTES),
		.tx_bytes = rtnl_link_get_stat(l, RTNL_LINK_TX_BYTES),
		.rx_packets = rtnl_link_get_stat(l, RTNL_LINK_RX_PACKETS),
		.tx_packets = rtnl_link_get_stat(l, RTNL_LINK_TX_PACKETS),
	};
	return 0;
}
