// SPDX-License-Identifier: GPL-3.0-or-later
/* pair.c - a plain veth pair between two network namespaces, without addresses */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netlink/attr.h>

#include "base/cleanup.h"
#include "netns/inner.h"
#include "netns/netlink.h"

int net_pair_make(const char *near, const char *far, int far_netns, struct err *e)
{
	const struct ifinfomsg head = { 0 };
	struct nl_msg *msg = batch_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head,
					   sizeof(head));
	struct nlattr *info, *data, *peer;
	auto_netlink s = netlink_open(NETLINK_ROUTE, e);
	struct batch b = { 0 };

	if (msg && s) {
		nla_put_string(msg, IFLA_IFNAME, near);
		info = nla_nest_start(msg, IFLA_LINKINFO);
		nla_put_string(msg, IFLA_INFO_KIND, "veth");
		data = nla_nest_start(msg, IFLA_INFO_DATA);
		peer = nla_nest_start(msg, VETH_INFO_PEER);
		nlmsg_append(msg, (void *)&head, sizeof(head), NLMSG_ALIGNTO);
		nla_put_string(msg, IFLA_IFNAME, far);
		nla_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)far_netns);
		nla_nest_end(msg, peer);
		nla_nest_end(msg, data);
		nla_nest_end(msg, info);
	}
	batch_add(&b, msg, "make a pair of links");
	return s ? batch_send(s, &b, e) : -1;
}
