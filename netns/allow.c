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
 * All else is refused here, so that the caller is told at once: TCP by a reset, because
 * connect(2) of the machine that sends takes an ICMP error of its own for one that may
 * pass, and tries again after a second. What comes in is not touched. Where a router or
 * a server redirects to does not matter: each packet is looked at for its own address.
 */
#include <string.h>

#include "base/text.h"
#include "netns/inner.h"

#define REJECT "reject with icmpx type admin-prohibited\n"

static void add_destination(const struct net_allow *a, struct text *out)
{
	char to[NET_TEXT_SIZE];
	struct net_prefix base = net_prefix_base(&a->to);

	text_addf(out, "\t\t%s daddr %s ", a->to.family == AF_INET ? "ip" : "ip6",
		  net_prefix_text(&base, to));
	if (a->port)
		text_addf(out, "meta l4proto { tcp, udp } th dport %u ", a->port);
	text_add(out, "accept\n");
}

void net_allow_text(const struct net_allow *list, size_t count, struct text *out)
{
	text_add(out,
		 "table inet nook_allow {\n"
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
