// SPDX-License-Identifier: GPL-3.0-or-later
/* wire.c - a box's veth pair: made, addressed and routed at both ends
 *
 * Theory of operation. The pair is born with everything that creation can carry: the
 * names, the box's hardware address, and the other end in the box's network namespace
 * already. The router's end then gets the gateway's address, a route to the box's, and
 * who has that; the box's end the reverse, and its default route. That is two datagrams
 * to the kernel at the router and one in the box.
 *
 * The number of the router's end is chosen here, so that nothing must be asked; what goes
 * to a link by its number is sent when that link is known to be ours. All of it goes
 * when the box's network namespace goes.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "netns/inner.h"
#include "netns/netlink.h"

/* In a network namespace that is fresh. The first numbers behind lo's belong to sit0,
 * tunl0 and their like where the host has such a module: each namespace gets one */
enum { LO_INDEX = 1, BOX_INDEX = 1000 };

/* Of the queue that holds a rate: 1: of tc(8) */
#define RATE_HANDLE 0x10000

/* One address into an attribute */
static void put_address(struct nl_msg *msg, int type, const struct net_prefix *p)
{
	nla_put(msg, type, (int)net_prefix_bits(p) / 8, p->addr);
}

/* --- requests ---------------------------------------------------------------------- */

static struct nl_msg *pair_message(const struct net_wire *w, int box_netns, int index)
{
	const struct ifinfomsg near = { .ifi_index = index };
	const struct ifinfomsg far = { .ifi_index = BOX_INDEX };
	struct nl_msg *msg = batch_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &near,
					   sizeof(near));
	struct nlattr *info, *data, *peer;
	char link[NET_LINK_SIZE];

	if (!msg)
		return NULL;
	net_link_name(w->def, w->lease->box, link);
	nla_put_string(msg, IFLA_IFNAME, link);
	if (w->def->mtu)
		nla_put_u32(msg, IFLA_MTU, w->def->mtu);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	peer = nla_nest_start(msg, VETH_INFO_PEER);
	nlmsg_append(msg, (void *)&far, sizeof(far), NLMSG_ALIGNTO);
	nla_put_string(msg, IFLA_IFNAME, NET_BOX_LINK);
	nla_put(msg, IFLA_ADDRESS, sizeof(w->lease->mac), w->lease->mac);
	nla_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)box_netns);
	if (w->def->mtu)
		nla_put_u32(msg, IFLA_MTU, w->def->mtu);
	nla_nest_end(msg, peer);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return msg;
}

static struct nl_msg *up_message(int index)
{
	const struct ifinfomsg up = { .ifi_index = index,
				      .ifi_flags = IFF_UP,
				      .ifi_change = IFF_UP };

	return batch_message(RTM_NEWLINK, 0, &up, sizeof(up));
}

/* No link-local address by itself: with it come searches for duplicates, which take a
 * second before a neighbour can be asked for, and for routers */
static struct nl_msg *quiet_message(int index)
{
	const struct ifinfomsg head = { .ifi_index = index };
	struct nl_msg *msg = batch_message(RTM_NEWLINK, 0, &head, sizeof(head));
	struct nlattr *all, *inet6;

	if (!msg)
		return NULL;
	all = nla_nest_start(msg, IFLA_AF_SPEC);
	inet6 = nla_nest_start(msg, AF_INET6);
	nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nla_nest_end(msg, inet6);
	nla_nest_end(msg, all);
	return msg;
}

/*
 * The router's end: what comes from an address that is not routed to this link is dropped
 * (rp_filter), and ARP tells nobody of addresses that the machine has elsewhere. The
 * rules say the first as well; this stays where another firewall has taken them away.
 * As inet_set_link_af() in net/ipv4/devinet.c takes it: numbers of linux/ip.h.
 */
static struct nl_msg *strict_message(int index)
{
	static const struct {
		int number;
		uint32_t value;
	} conf[] = {
		{ IPV4_DEVCONF_RP_FILTER, 1 },
		{ IPV4_DEVCONF_ARP_IGNORE, 1 },
		{ IPV4_DEVCONF_ARP_ANNOUNCE, 2 },
	};
	const struct ifinfomsg head = { .ifi_index = index };
	struct nl_msg *msg = batch_message(RTM_NEWLINK, 0, &head, sizeof(head));
	struct nlattr *all, *inet, *list;

	if (!msg)
		return NULL;
	all = nla_nest_start(msg, IFLA_AF_SPEC);
	inet = nla_nest_start(msg, AF_INET);
	list = nla_nest_start(msg, IFLA_INET_CONF);
	for (size_t i = 0; i < ARRAY_SIZE(conf); i++)
		nla_put_u32(msg, conf[i].number, conf[i].value);
	nla_nest_end(msg, list);
	nla_nest_end(msg, inet);
	nla_nest_end(msg, all);
	return msg;
}

static struct nl_msg *address_message(int index, const struct net_prefix *own,
				      const struct net_prefix *far)
{
	const struct ifaddrmsg head = {
		.ifa_family = own->family,
		.ifa_prefixlen = own->len,
		.ifa_index = (uint32_t)index,
	};
	struct nl_msg *msg = batch_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
					   &head, sizeof(head));

	if (!msg)
		return NULL;
	put_address(msg, IFA_LOCAL, own);
	put_address(msg, IFA_ADDRESS, far ? far : own);
	/* Nobody else can have it on a link of two */
	nla_put_u32(msg, IFA_FLAGS,
		    IFA_F_NOPREFIXROUTE | (own->family == AF_INET6 ? IFA_F_NODAD : 0u));
	return msg;
}

/* @to behind @gateway, or at the link itself where that is NULL; @to NULL = anywhere */
static struct nl_msg *route_message(int index, const struct net_prefix *to,
				    const struct net_prefix *gateway)
{
	const struct rtmsg head = {
		.rtm_family = gateway ? gateway->family : to->family,
		.rtm_dst_len = to ? to->len : 0,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	struct nl_msg *msg = batch_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
					   &head, sizeof(head));

	if (!msg)
		return NULL;
	if (to)
		put_address(msg, RTA_DST, to);
	if (gateway)
		put_address(msg, RTA_GATEWAY, gateway);
	nla_put_u32(msg, RTA_OIF, (uint32_t)index);
	return msg;
}

/* Bring a link up; a kernel without IPv6 has nothing to be quiet about */
static void add_up(struct batch *b, int index)
{
	batch_add(b, quiet_message(index), NULL);
	batch_add(b, up_message(index), "bring a link up");
}

/* Who is at the other end, for good: nothing has to be asked, no answer can be forged,
 * and the table of neighbours has no bound for such entries (gc_thresh3 of arp(7)) */
static struct nl_msg *neighbour_message(int index, const struct net_prefix *p,
					const uint8_t mac[6])
{
	const struct ndmsg head = { .ndm_family = p->family,
				    .ndm_ifindex = index,
				    .ndm_state = NUD_PERMANENT };
	struct nl_msg *msg = batch_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
					   &head, sizeof(head));

	if (!msg)
		return NULL;
	put_address(msg, NDA_DST, p);
	nla_put(msg, NDA_LLADDR, 6, mac);
	return msg;
}

/*
 * @own address on the link, and @far at its other end; @peer: the same, or NULL where
 * that is no part of an IPv4 address. There is no subnet on a link of
 * two, and the route to the peer is said: IPv6 makes it some time later, and IPv4 behind
 * that of a box which had the address before and whose link is still being taken down;
 * said, it takes that one's place.
 */
static void add_address(struct batch *b, int index, const struct net_prefix *own,
			const struct net_prefix *far, const struct net_prefix *peer)
{
	bool is_v4 = own->family == AF_INET;

	batch_add(b, address_message(index, own, is_v4 ? peer : NULL),
		  is_v4 ? "set an IPv4 address" : "set an IPv6 address");
	batch_add(b, route_message(index, far, NULL),
		  is_v4 ? "set an IPv4 route" : "set an IPv6 route");
}

/* The router's end: all of these have the gateway's address, so each must cost the kernel
 * the same however many there are. No link-local address, for its routes are in one list
 * with those of all others; no peer, for an address with one is not the link's own to
 * arp_ignore (confirm_addr_indev() in net/ipv4/devinet.c) */
static void add_router_address(struct batch *b, int index, const struct net_prefix *own,
			       const struct net_prefix *far, const uint8_t mac[6])
{
	add_address(b, index, own, far, NULL);
	batch_add(b, neighbour_message(index, far, mac), "set a neighbour");
}

/*
 * A token bucket: 10 ms of data at once, a queue of 50 ms (tc-tbf(8)). The kernel reckons
 * by TCA_TBF_BURST and by the 64-bit rate, and needs no table of times where the link
 * layer is named (net/sched/sch_tbf.c).
 */
static struct nl_msg *rate_message(int index, uint64_t bits)
{
	const struct tcmsg head = { .tcm_ifindex = index,
				    .tcm_parent = TC_H_ROOT,
				    .tcm_handle = RATE_HANDLE };
	uint64_t bytes = bits / 8 ? bits / 8 : 1, burst = bytes / 100;
	struct tc_tbf_qopt opt = { .rate.linklayer = TC_LINKLAYER_ETHERNET };
	struct nl_msg *msg = batch_message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
					   &head, sizeof(head));
	struct nlattr *options;

	if (!msg)
		return NULL;
	burst = burst < 16384 ? 16384 : burst > 1u << 30 ? 1u << 30 : burst;
	opt.rate.rate = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
	opt.limit = (uint32_t)(burst + (bytes / 20 > 1u << 30 ? 1u << 30 : bytes / 20));
	nla_put_string(msg, TCA_KIND, "tbf");
	options = nla_nest_start(msg, TCA_OPTIONS);
	nla_put(msg, TCA_TBF_PARMS, sizeof(opt), &opt);
	nla_put_u32(msg, TCA_TBF_BURST, (uint32_t)burst);
	if (bytes > UINT32_MAX)
		nla_put_u64(msg, TCA_TBF_RATE64, bytes);
	nla_nest_end(msg, options);
	return msg;
}

/* --- both ends --------------------------------------------------------------------- */

int net_lo_up(struct err *e)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	auto_fd s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &ifr) < 0)
		return err_sys(e, "cannot bring 'lo' up");
	return 0;
}

/* EACCES: inet6_addr_add() in net/ipv6/addrconf.c has it for nothing else */
static int say_failed(uint64_t rate, struct err *e)
{
	if (rate && e && e->code == ENOENT)
		err_hint(e,
			 "this kernel has no tbf (CONFIG_NET_SCH_TBF, module sch_tbf)");
	else if (e && e->code == EACCES)
		err_hint(e, "IPv6 is switched off for new links: sysctl "
			    "net.ipv6.conf.default.disable_ipv6=0");
	return -1;
}

/* Remove a link, of a pair both ends */
static void net_link_remove(struct nl_sock *s, int index)
{
	const struct ifinfomsg head = { .ifi_index = index };
	struct batch b = { 0 };

	batch_add(&b, batch_message(RTM_DELLINK, 0, &head, sizeof(head)),
		  "remove a link");
	batch_send(s, &b, NULL);
}

bool net_pair_remove(struct nl_sock *s, const char *link)
{
	struct rtnl_link *l = NULL;
	const char *type;
	bool is_free;

	if (rtnl_link_get_kernel(s, 0, link, &l))
		return true; /* it has gone by itself meanwhile */
	type = rtnl_link_get_type(l);
	is_free = type && !strcmp(type, "veth");
	if (is_free)
		net_link_remove(s, rtnl_link_get_ifindex(l));
	rtnl_link_put(l);
	return is_free;
}

/* Make the pair. Return: number of the router's end, -1 and @e */
static int make_pair(struct nl_sock *s, const struct net_wire *w, int box_netns,
		     struct err *e)
{
	for (int tries = 0; tries < 8; tries++) {
		struct batch b = { 0 };
		char link[NET_LINK_SIZE];
		int index;

		if (getrandom(&index, sizeof(index), 0) != sizeof(index))
			return err_sys(e, "no random numbers for a link");
		index = (index & 0x3fffffff) | 0x40000000; /* not where others count */
		batch_add(&b, pair_message(w, box_netns, index),
			  "make a pair of links (veth)");
		if (!batch_send(s, &b, e))
			return index;
		net_link_name(w->def, w->lease->box, link);
		/* A box that was stopped just now has one that goes (sweep.c) */
		if (e->code == EBUSY || (e->code == EEXIST && net_pair_remove(s, link)))
			continue;
		if (e->code == EEXIST)
			err_set(e, "there is a link '%s' already, which is not ours",
				link);
		else if (e->code == EOPNOTSUPP)
			err_hint(e, "this kernel has no veth (CONFIG_VETH)");
		return -1;
	}
	return -1;
}

/* All requests here may be sent again for a link that has some of it */
static int set_up_router(struct nl_sock *s, const struct net_wire *w, int index,
			 struct err *e)
{
	const struct net_def *d = w->def;
	const struct net_lease *l = w->lease;
	struct batch b = { 0 };

	batch_add(&b, strict_message(index), "have a link filter by its route");
	add_up(&b, index);
	if (d->v4.family)
		add_router_address(&b, index, &d->gateway4, &l->v4, l->mac);
	if (d->v6.family)
		add_router_address(&b, index, &d->gateway6, &l->v6, l->mac);
	if (w->rate_in)
		batch_add(&b, rate_message(index, w->rate_in),
			  "limit the rate towards the box (tbf)");
	return batch_send(s, &b, e) < 0 ? say_failed(w->rate_in, e) : 0;
}

int net_wire_router(const struct net_wire *w, int box_netns, struct err *e)
{
	auto_netlink s = netlink_open(NETLINK_ROUTE, e);
	int index, r;

	if (!s)
		return -1;
	index = make_pair(s, w, box_netns, e);
	if (index < 0)
		return -1;
	r = set_up_router(s, w, index, e);
	if (r < 0)
		net_link_remove(s, index);
	return r;
}

int net_wire_mend(const struct net_wire *w, struct err *e)
{
	auto_netlink s = netlink_open(NETLINK_ROUTE, e);
	char link[NET_LINK_SIZE];
	unsigned int index;

	if (!s)
		return -1;
	net_link_name(w->def, w->lease->box, link);
	index = if_nametoindex(link);
	return index ? set_up_router(s, w, (int)index, e) : 0;
}

int net_wire_box(const struct net_wire *w, struct err *e)
{
	const struct net_prefix *own[2] = { &w->lease->v4, &w->lease->v6 };
	const struct net_prefix *gateway[2] = { &w->def->gateway4, &w->def->gateway6 };
	auto_netlink s = netlink_open(NETLINK_ROUTE, e);
	struct batch b = { 0 };

	if (!s)
		return -1;
	batch_add(&b, up_message(LO_INDEX), "bring 'lo' up");
	add_up(&b, BOX_INDEX);
	for (size_t i = 0; i < 2; i++) {
		if (!own[i]->family)
			continue;
		add_address(&b, BOX_INDEX, own[i], gateway[i], gateway[i]);
		batch_add(&b, route_message(BOX_INDEX, NULL, gateway[i]),
			  "set the default route");
	}
	if (w->rate_out)
		batch_add(&b, rate_message(BOX_INDEX, w->rate_out),
			  "limit the rate from the box (tbf)");
	return batch_send(s, &b, e) < 0 ? say_failed(w->rate_out, e) : 0;
}

int net_wire_remove(const struct net_def *d, const char *box, struct net_counts *c,
		    struct err *e)
{
	auto_netlink s = netlink_open(NETLINK_ROUTE, e);
	char link[NET_LINK_SIZE];

	*c = (struct net_counts){ 0 };
	if (!s)
		return -1;
	net_link_name(d, box, link);
	if (!if_nametoindex(link))
		return 0;
	net_wire_count(link, c);
	net_pair_remove(s, link);
	return if_nametoindex(link) ? err_set(e, "cannot take the link '%s' away", link)
				    : 0;
}

/* --- another rate ------------------------------------------------------------------- */

/* Only the queue that rate_message() makes; where there is none, that was the aim */
static int take_rate(struct nl_sock *s, int index, struct err *e)
{
	const struct tcmsg head = { .tcm_ifindex = index,
				    .tcm_parent = TC_H_ROOT,
				    .tcm_handle = RATE_HANDLE };
	struct batch b = { 0 };
	struct err why = { 0 };

	batch_add(&b, batch_message(RTM_DELQDISC, 0, &head, sizeof(head)),
		  "take away the limit of a rate");
	if (!batch_send(s, &b, &why) || why.code == ENOENT || why.code == EINVAL)
		return 0;
	*e = why;
	return -1;
}

static int set_rate(int index, uint64_t bits, struct err *e)
{
	auto_netlink s = netlink_open(NETLINK_ROUTE, e);
	struct batch b = { 0 };

	if (!s)
		return -1;
	if (!bits)
		return take_rate(s, index, e);
	batch_add(&b, rate_message(index, bits), "limit the rate of a link (tbf)");
	return batch_send(s, &b, e) < 0 ? say_failed(bits, e) : 0;
}

int net_wire_rate_in(const struct net_wire *w, struct err *e)
{
	char link[NET_LINK_SIZE];
	unsigned int index;

	net_link_name(w->def, w->lease->box, link);
	index = if_nametoindex(link);
	return index ? set_rate((int)index, w->rate_in, e)
		     : err_set(e, "the link '%s' of the box is gone", link);
}

int net_wire_rate_out(const struct net_wire *w, struct err *e)
{
	return set_rate(BOX_INDEX, w->rate_out, e);
}
