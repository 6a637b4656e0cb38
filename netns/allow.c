// SPDX-License-Identifier: GPL-3.0-or-later
/* allow.c - the only destinations that a box may reach, as rules for nft(8)
 *
 * Theory of operation. A table of its own, `inet nook_allow`, in the box's own network
 * namespace: it stands before the box's link is up, and goes with the namespace. The
 * payload has no rights over it. What the box sends must pass, in this order:
 *
 *	lo		to itself
 *	source routes	never: they name a destination behind the one that is looked at
 *			(RFC 791, 3.1; RFC 8754; any user may set them: ip(7), ipv6(7))
 *	answers		of connections that were let through, or that others made to it
 *	neighbours	the router's hardware address (RFC 4861), from the kernel alone
 *	the list	one rule for each destination
 *
 * A name of the list has two sets, one a family. What it leads to is put there by who
 * looks it up (box/allow.h), for a time; the rules stay as they are. A connection that
 * was let through goes on when its address has left the set: it is an answer by then.
 *
 * All else is refused here, so that the caller is told at once: TCP by a reset, because
 * connect(2) of the machine that sends takes an ICMP error of its own for one that may
 * pass, and tries again after a second. What comes in is not touched. Where a router or
 * a server redirects to does not matter: each packet is looked at for its own address.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "netns/inner.h"

#define REJECT "reject with icmpx type admin-prohibited\n"

/* Words of nft(8) for a family */
static const struct family {
	uint8_t family;
	const char *match, *type, *suffix;
} families[] = {
	{ AF_INET, "ip", "ipv4_addr", "v4" },
	{ AF_INET6, "ip6", "ipv6_addr", "v6" },
};

static void add_accept(const struct net_allow *a, struct text *out)
{
	if (a->port)
		text_addf(out, "meta l4proto { tcp, udp } th dport %u ", a->port);
	text_add(out, "accept\n");
}

static void add_destination(const struct net_allow *a, struct text *out)
{
	char to[NET_TEXT_SIZE];
	struct net_prefix base = net_prefix_base(&a->to);

	if (!a->set) {
		text_addf(out, "\t\t%s daddr %s ", a->to.family == AF_INET ? "ip" : "ip6",
			  net_prefix_text(&base, to));
		add_accept(a, out);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		text_addf(out, "\t\t%s daddr @name%u%s ", families[i].match, a->set,
			  families[i].suffix);
		add_accept(a, out);
	}
}

static void add_sets(uint16_t set, struct text *out)
{
	for (size_t i = 0; set && i < ARRAY_SIZE(families); i++)
		text_addf(out,
			  "\tset name%u%s {\n"
			  "\t\ttype %s\n"
			  "\t\tflags timeout\n"
			  "\t}\n",
			  set, families[i].suffix, families[i].type);
}

bool net_name_may(const struct net_prefix *at)
{
	static const char *const never[] = {
		"0.0.0.0/8", "127.0.0.0/8",   "169.254.0.0/16", "224.0.0.0/3",
		"::/127",    "::ffff:0:0/96", "fe80::/10",	"ff00::/8",
	};
	struct net_prefix p;

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (!net_prefix_read(never[i], &p) && net_prefix_overlap(&p, at))
			return false;
	return !net_is_cloud(at);
}

static void add_found(uint16_t set, const struct family *f, const struct net_found *found,
		      size_t count, struct text *out)
{
	char at[NET_TEXT_SIZE];

	text_addf(out, "flush set inet nook_allow name%u%s\n", set, f->suffix);
	for (size_t i = 0; i < count; i++)
		if (found[i].at.family == f->family)
			text_addf(out,
				  "add element inet nook_allow name%u%s { %s timeout %us "
				  "}\n",
				  set, f->suffix, net_prefix_text(&found[i].at, at),
				  found[i].seconds);
}

void net_allow_set_text(uint16_t set, const struct net_found *found, size_t count,
			struct text *out)
{
	text_add(out, "table inet nook_allow {\n");
	add_sets(set, out);
	text_add(out, "}\n");
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		add_found(set, &families[i], found, count, out);
}

void net_allow_text(const struct net_allow *list, size_t count, struct text *out)
{
	text_add(out, "table inet nook_allow {\n");
	for (size_t i = 0; i < count; i++)
		add_sets(list[i].set, out);
	text_add(out,
		 "\tchain output {\n"
		 "\t\ttype filter hook output priority filter; policy drop;\n"
		 "\t\toifname \"lo\" accept\n"
		 "\t\tip option lsrr exists " REJECT "\t\tip option ssrr exists " REJECT
		 "\t\texthdr rt exists " REJECT
		 "\t\tct state established,related accept\n"
		 "\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n");
	for (size_t i = 0; i < count; i++)
		add_destination(&list[i], out);
	text_add(out, "\t\tmeta l4proto tcp reject with tcp reset\n"
		      "\t\t" REJECT "\t}\n"
		      "\tchain forward {\n"
		      "\t\ttype filter hook forward priority filter; policy drop;\n"
		      "\t}\n"
		      "}\n");
}
