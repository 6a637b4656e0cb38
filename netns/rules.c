// SPDX-License-Identifier: GPL-3.0-or-later
/* rules.c - the firewall of all networks as text for nft(8), and whether it is there
 *
 * Theory of operation. One table of our own, `inet nook`, replaced as a whole in one
 * transaction when a network comes or goes, never when a box does: a box is known by the
 * name of its link, and its address by the route to it. What a packet must pass:
 *
 *	prerouting	its source address is that of the box at that link
 *	input		for the router itself: echo requests to the gateway's address,
 *			neighbour discovery of the link, answers; nothing else, no
 *			router advertisement, no redirect
 *	forward		a box of the same network, if that is not isolated; the world, if
 *			there is NAT; never another network, an address of its own that
 *			no box has, or where clouds keep the secrets of a machine
 *	postrouting	what goes to the world has the router's address
 *
 * A box that may not is told so at once (reject); what lies about its address is dropped.
 * Chains of other tables are asked as well: what one of them drops stays dropped.
 *
 * Firewalls that are loaded anew take our table away with everything else. So each
 * network has an empty chain, whose name holds a sum over its rules; every start of a box
 * asks for it, which is one message.
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "netns/inner.h"
#include "netns/netlink.h"

#define STAMP_SIZE 32
#define INET	   1 /* NFPROTO_INET; linux/netfilter.h clashes with headers of musl */

#define REJECT "reject with icmpx type admin-prohibited"

/*
 * Where clouds keep the secrets of a machine (their own documentation). AZURE is its
 * server of names too: there it is two ports of TCP.
 */
#define AZURE "168.63.129.16"
static const char *const clouds4[] = {
	"169.254.0.0/16",  /* nearly all of them */
	"100.100.100.200", /* Alibaba */
	"192.0.0.192",	   /* Oracle, the older one */
};
static const char *const clouds6[] = {
	"fd00:ec2::/32",      /* Amazon */
	"fd20:ce::254",	      /* Google */
	"fd00:42::42",	      /* Scaleway */
	"fd00:100::100:200",  /* Alibaba */
	"fd00:a9fe:a9fe::1",  /* Linode */
	"fd00:c1::a9fe:a9fe", /* Oracle */
};

/* What all networks share */
static const char shared[] = "\tchain box {\n"
			     "\t\tfib saddr . iif oif missing counter drop\n"
			     "\t}\n";

/*
 * From boxes to the router itself. Its address is named: which of the links that all have
 * it the kernel finds first is nobody's to know (fib daddr . iif).
 */
static void add_router(const struct net_def *d, struct text *out)
{
	char s[NET_TEXT_SIZE];

	text_addf(out,
		  "\tchain router_%s {\n"
		  "\t\tct state established,related accept\n",
		  d->tag);
	if (d->v4.family)
		text_addf(out, "\t\tip daddr %s icmp type echo-request accept\n",
			  net_prefix_text(&d->gateway4, s));
	if (d->v6.family)
		text_addf(out,
			  "\t\tip6 daddr { %s, fe80::1 } icmpv6 type echo-request "
			  "accept\n",
			  net_prefix_text(&d->gateway6, s));
	text_add(out, "\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } "
		      "accept\n\t\t" REJECT "\n\t}\n");
}

static void add_clouds(const char *family, const char *const *clouds, size_t count,
		       struct text *out)
{
	text_addf(out, "\t\t%s daddr {", family);
	for (size_t i = 0; i < count; i++)
		text_addf(out, "%s %s", i ? "," : "", clouds[i]);
	text_add(out, " } " REJECT "\n");
}

static bool is_one_of(const char *const *ranges, size_t count,
		      const struct net_prefix *at)
{
	struct net_prefix p;

	for (size_t i = 0; i < count; i++)
		if (!net_prefix_read(ranges[i], &p) && net_prefix_overlap(&p, at))
			return true;
	return false;
}

bool net_is_cloud(const struct net_prefix *at)
{
	static const char *const azure[] = { AZURE };

	return is_one_of(clouds4, ARRAY_SIZE(clouds4), at) ||
	       is_one_of(clouds6, ARRAY_SIZE(clouds6), at) || is_one_of(azure, 1, at);
}

/* An address of the network's that no box has: it must not be looked for in the world */
static void add_absent(const struct net_prefix *net, const char *family, struct text *out)
{
	char s[NET_TEXT_SIZE];

	if (net->family)
		text_addf(out, "\t\t%s daddr %s " REJECT "\n", family,
			  net_prefix_text(net, s));
}

/* From boxes of one network to anywhere, and from elsewhere to them */
static void add_ways(const struct net_def *d, struct text *out)
{
	add_router(d, out);
	text_addf(out,
		  "\tchain from_%s {\n"
		  "\t\tct state established,related accept\n"
		  "\t\toifname \"nk%s*\" %s\n"
		  "\t\toifname \"nk*\" " REJECT "\n",
		  d->tag, d->tag, d->isolated ? REJECT : "accept");
	add_clouds("ip", clouds4, ARRAY_SIZE(clouds4), out);
	add_clouds("ip6", clouds6, ARRAY_SIZE(clouds6), out);
	text_add(out, "\t\tip daddr " AZURE " tcp dport { 80, 32526 } " REJECT "\n");
	if (d->nat) {
		add_absent(&d->v4, "ip", out);
		add_absent(&d->v6, "ip6", out);
	}
	text_addf(out, "\t\t%s\n\t}\n", d->nat ? "accept" : REJECT);
	text_addf(out,
		  "\tchain to_%s {\n"
		  "\t\tct state established,related accept\n"
		  "\t\tdrop\n"
		  "\t}\n",
		  d->tag);
}

static void add_masquerade(const struct net_prefix *net, const char *family,
			   struct text *out)
{
	char s[NET_TEXT_SIZE];

	if (net->family)
		text_addf(out, "\t\t%s saddr %s oifname != \"nk*\" masquerade\n", family,
			  net_prefix_text(net, s));
}

static void add_nat(const struct net_def *d, struct text *out)
{
	if (!d->nat)
		return;
	add_masquerade(&d->v4, "ip", out);
	add_masquerade(&d->v6, "ip6", out);
}

/* The name of the chain that stands for a network's rules: FNV-1a of their text, so that
 * another subnet, or a nook with other rules, is another name */
static void make_stamp(const struct net_def *d, char stamp[STAMP_SIZE])
{
	uint32_t sum = 2166136261u;
	auto_text t = { 0 };

	text_add(&t, shared);
	add_ways(d, &t);
	add_nat(d, &t);
	for (const char *c = text_str(&t); *c; c++)
		sum = (sum ^ (unsigned char)*c) * 16777619u;
	snprintf(stamp, STAMP_SIZE, "stamp_%s_%08x", d->tag, sum);
}

/* Base chains, and where they jump by the name of a link; a target that ends in '_' is
 * one of each network */
static const struct hook {
	const char *name, *type, *from, *to;
} hooks[] = {
	{ "prerouting", "type filter hook prerouting priority raw", "box", NULL },
	{ "input", "type filter hook input priority filter", "router_", NULL },
	{ "forward", "type filter hook forward priority filter", "from_", "to_" },
};

static void add_jump(const char *what, const char *to, const struct net_def *d,
		     struct text *out)
{
	bool is_own = to && to[strlen(to) - 1] == '_';

	if (to)
		text_addf(out, "\t\t%s \"nk%s*\" jump %s%s\n", what, d->tag, to,
			  is_own ? d->tag : "");
}

void net_rules_text(const struct net_def *const *defs, size_t count, unsigned int ours,
		    struct text *out)
{
	text_add(out, "add table inet nook\ndelete table inet nook\n");
	if (!count)
		return;
	text_addf(out, "table inet nook {\n%s", shared);
	for (size_t i = 0; i < count; i++) {
		char stamp[STAMP_SIZE];

		make_stamp(defs[i], stamp);
		text_addf(out, "\t# %s\n", defs[i]->name);
		add_ways(defs[i], out);
		text_addf(out, "\tchain %s {\n\t}\n", stamp);
	}
	for (size_t h = 0; h < ARRAY_SIZE(hooks); h++) {
		text_addf(out, "\tchain %s {\n\t\t%s; policy accept;\n", hooks[h].name,
			  hooks[h].type);
		/* All that boxes send first: from one network to another is theirs to
		 * refuse, and to say so */
		for (size_t i = 0; i < count; i++)
			add_jump("iifname", hooks[h].from, defs[i], out);
		for (size_t i = 0; i < count; i++)
			add_jump("oifname", hooks[h].to, defs[i], out);
		/* Behind the jumps of "forward": nobody else wanted packets forwarded */
		if (ours & NET_FORWARD4 && hooks[h].to)
			text_add(out, "\t\tmeta nfproto ipv4 drop\n");
		if (ours & NET_FORWARD6 && hooks[h].to)
			text_add(out, "\t\tmeta nfproto ipv6 drop\n");
		text_add(out, "\t}\n");
	}
	text_add(out, "\tchain postrouting {\n"
		      "\t\ttype nat hook postrouting priority srcnat; policy accept;\n");
	for (size_t i = 0; i < count; i++)
		add_nat(defs[i], out);
	text_add(out, "\t}\n}\n");
}

/* --- is it there ------------------------------------------------------------------- */

int net_rules_present(const struct net_def *d, struct err *e)
{
	static const struct nfgenmsg head = { .nfgen_family = INET,
					      .version = NFNETLINK_V0 };
	auto_netlink s = netlink_open(NETLINK_NETFILTER, e);
	struct batch b = { 0 };
	char stamp[STAMP_SIZE];
	struct nl_msg *msg;

	if (!s)
		return -1;
	make_stamp(d, stamp);
	msg = batch_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, 0, &head,
			    sizeof(head));
	if (msg) {
		nla_put_string(msg, NFTA_CHAIN_TABLE, "nook");
		nla_put_string(msg, NFTA_CHAIN_NAME, stamp);
	}
	batch_add(&b, msg, "ask for the rules of networks (nf_tables)");
	if (!batch_send(s, &b, e))
		return 1;
	return e->code == ENOENT ? 0 : -1;
}
