// SPDX-License-Identifier: GPL-3.0-or-later
/* list.c - links, addresses, routes and flows of a network namespace, as lines of words
 *
 * For who looks at a namespace in a child of his: a text goes home through a pipe. Links,
 * addresses and routes come from libnl's caches, which are rtnetlink(7)'s dumps; flows
 * from the connection tracker by nfnetlink, which libnl's core knows no objects for.
 */
#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/cache.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "netns/inner.h"
#include "netns/netlink.h"

static void put_cache(struct nl_cache **c)
{
	nl_cache_put(*c);
}

#define auto_cache __attribute__((cleanup(put_cache))) struct nl_cache

/* --- links ------------------------------------------------------------------------- */

static void add_link(struct nl_cache *all, struct rtnl_link *l, struct text *out)
{
	char *kind = rtnl_link_get_type(l);
	struct nl_addr *mac = rtnl_link_get_addr(l);
	int master = rtnl_link_get_master(l);
	char buf[64];

	text_addf(out, "%s %s", rtnl_link_get_name(l),
		  rtnl_link_get_flags(l) & IFF_UP ? "up" : "down");
	if (rtnl_link_get_flags(l) & IFF_RUNNING)
		text_add(out, " carrier");
	if (kind)
		text_addf(out, " kind=%s", kind);
	if (master)
		text_addf(out, " master=%s",
			  rtnl_link_i2name(all, master, buf, sizeof(buf)) ? buf : "?");
	if (mac && nl_addr_get_len(mac) == 6)
		text_addf(out, " mac=%s", nl_addr2str(mac, buf, sizeof(buf)));
	text_addf(out, " mtu=%u\n", rtnl_link_get_mtu(l));
}

static int list_links(struct nl_sock *s, struct text *out)
{
	auto_cache *all = NULL;
	int r = rtnl_link_alloc_cache(s, AF_UNSPEC, &all);

	for (struct nl_object *o = r ? NULL : nl_cache_get_first(all); o;
	     o = nl_cache_get_next(o))
		add_link(all, (struct rtnl_link *)(void *)o, out);
	return r;
}

/* --- addresses --------------------------------------------------------------------- */

static int list_addresses(struct nl_sock *s, struct text *out)
{
	auto_cache *links = NULL;
	auto_cache *all = NULL;
	char link[IF_NAMESIZE], buf[64];
	int r = rtnl_link_alloc_cache(s, AF_UNSPEC, &links);

	if (!r)
		r = rtnl_addr_alloc_cache(s, &all);
	for (struct nl_object *o = r ? NULL : nl_cache_get_first(all); o;
	     o = nl_cache_get_next(o)) {
		struct rtnl_addr *a = (struct rtnl_addr *)(void *)o;
		struct nl_addr *local = rtnl_addr_get_local(a);

		if (!local || !rtnl_link_i2name(links, rtnl_addr_get_ifindex(a), link,
						sizeof(link)))
			continue;
		nl_addr2str(local, buf, sizeof(buf));
		buf[strcspn(buf, "/")] = '\0';
		text_addf(out, "%s %s/%d\n", link, buf, rtnl_addr_get_prefixlen(a));
	}
	return r;
}

/* --- routes ------------------------------------------------------------------------ */

static void add_route(struct nl_cache *links, struct rtnl_route *r, struct text *out)
{
	struct nl_addr *to = rtnl_route_get_dst(r);
	char buf[64];

	if (rtnl_route_get_table(r) != RT_TABLE_MAIN)
		return;
	nl_addr2str(to, buf, sizeof(buf));
	text_add(out, !to || !nl_addr_get_prefixlen(to) ? "default" : buf);
	for (int i = 0; i < rtnl_route_get_nnexthops(r); i++) {
		struct rtnl_nexthop *hop = rtnl_route_nexthop_n(r, i);
		struct nl_addr *via = rtnl_route_nh_get_gateway(hop);
		int link = rtnl_route_nh_get_ifindex(hop);

		if (via)
			text_addf(out, " via=%s", nl_addr2str(via, buf, sizeof(buf)));
		if (rtnl_link_i2name(links, link, buf, sizeof(buf)))
			text_addf(out, " dev=%s", buf);
	}
	text_add(out, "\n");
}

static int list_routes(struct nl_sock *s, struct text *out)
{
	auto_cache *links = NULL;
	auto_cache *all = NULL;
	int r = rtnl_link_alloc_cache(s, AF_UNSPEC, &links);

	if (!r)
		r = rtnl_route_alloc_cache(s, AF_UNSPEC, 0, &all);
	for (struct nl_object *o = r ? NULL : nl_cache_get_first(all); o;
	     o = nl_cache_get_next(o))
		add_route(links, (struct rtnl_route *)(void *)o, out);
	return r;
}

/* --- flows ------------------------------------------------------------------------- */

static void add_address(struct nlattr *at, const char *side, const char *end,
			struct text *out)
{
	char buf[INET6_ADDRSTRLEN];
	int family = !at ? 0 : nla_len(at) == 4 ? AF_INET : AF_INET6;

	if (family && inet_ntop(family, nla_data(at), buf, sizeof(buf)))
		text_addf(out, " %s-%s=%s", side, end, buf);
}

/* " orig-src=10.0.0.1 orig-dst=... orig-sport=1 orig-dport=80" */
static void add_tuple(struct nlattr *tuple, const char *side, struct text *out)
{
	struct nlattr *t[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1],
		*proto[CTA_PROTO_MAX + 1];

	if (!tuple || nla_parse_nested(t, CTA_TUPLE_MAX, tuple, NULL) ||
	    !t[CTA_TUPLE_IP] || nla_parse_nested(ip, CTA_IP_MAX, t[CTA_TUPLE_IP], NULL))
		return;
	add_address(ip[ip[CTA_IP_V4_SRC] ? CTA_IP_V4_SRC : CTA_IP_V6_SRC], side, "src",
		    out);
	add_address(ip[ip[CTA_IP_V4_DST] ? CTA_IP_V4_DST : CTA_IP_V6_DST], side, "dst",
		    out);
	if (!t[CTA_TUPLE_PROTO] ||
	    nla_parse_nested(proto, CTA_PROTO_MAX, t[CTA_TUPLE_PROTO], NULL))
		return;
	if (proto[CTA_PROTO_SRC_PORT])
		text_addf(out, " %s-sport=%u", side,
			  ntohs(nla_get_u16(proto[CTA_PROTO_SRC_PORT])));
	if (proto[CTA_PROTO_DST_PORT])
		text_addf(out, " %s-dport=%u", side,
			  ntohs(nla_get_u16(proto[CTA_PROTO_DST_PORT])));
}

static const char *protocol_of(struct nlattr *tuple)
{
	struct nlattr *t[CTA_TUPLE_MAX + 1], *proto[CTA_PROTO_MAX + 1];

	if (nla_parse_nested(t, CTA_TUPLE_MAX, tuple, NULL) || !t[CTA_TUPLE_PROTO] ||
	    nla_parse_nested(proto, CTA_PROTO_MAX, t[CTA_TUPLE_PROTO], NULL) ||
	    !proto[CTA_PROTO_NUM])
		return "?";
	switch (nla_get_u8(proto[CTA_PROTO_NUM])) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return "icmp";
	default:
		return "other";
	}
}

static int add_flow(struct nl_msg *msg, void *arg)
{
	struct nlattr *in[CTA_MAX + 1];
	struct text *out = arg;

	if (nlmsg_parse(nlmsg_hdr(msg), sizeof(struct nfgenmsg), in, CTA_MAX, NULL) < 0 ||
	    !in[CTA_TUPLE_ORIG])
		return NL_SKIP;
	text_add(out, protocol_of(in[CTA_TUPLE_ORIG]));
	add_tuple(in[CTA_TUPLE_ORIG], "orig", out);
	add_tuple(in[CTA_TUPLE_REPLY], "reply", out);
	text_add(out, "\n");
	return NL_OK;
}

static int list_flows(struct nl_sock *s, struct text *out)
{
	struct nfgenmsg head = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };
	int r = nl_send_simple(s, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
			       NLM_F_DUMP, &head, sizeof(head));

	if (r >= 0)
		r = nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, add_flow, out);
	return r < 0 ? r : nl_recvmsgs_default(s);
}

/* --- what others call -------------------------------------------------------------- */

int net_list(enum net_list what, struct text *out, struct err *e)
{
	static int (*const lists[])(struct nl_sock * s, struct text * out) = {
		[NET_LINKS_LIST] = list_links,
		[NET_ADDRESSES_LIST] = list_addresses,
		[NET_ROUTES_LIST] = list_routes,
		[NET_FLOWS_LIST] = list_flows,
	};
	auto_netlink s = netlink_open(
		what == NET_FLOWS_LIST ? NETLINK_NETFILTER : NETLINK_ROUTE, e);
	int r = s ? lists[what](s, out) : 0;

	if (!s)
		return -1;
	return r < 0 ? err_set(e, "cannot list what the kernel has: %s", nl_geterror(r))
		     : 0;
}
