// SPDX-License-Identifier: GPL-3.0-or-later
/* look.c - whether the router's end of a box's link is still as wire.c made it
 *
 * Somebody may take down a link or take away its address; with either the kernel drops
 * the routes through it, and does not put them back. Whether a route is there is asked as
 * any program would: a datagram socket that is connected sends nothing, and has the
 * address from which it would, the gateway's where the box's link is the way.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "netns/inner.h"

static const void *bytes_of(const struct sockaddr *a)
{
	return a->sa_family == AF_INET
		       ? (const void *)&((const struct sockaddr_in *)a)->sin_addr
		       : &((const struct sockaddr_in6 *)a)->sin6_addr;
}

static bool is_address(const struct sockaddr *a, const struct net_prefix *p)
{
	return a && a->sa_family == p->family &&
	       !memcmp(bytes_of(a), p->addr, net_prefix_bits(p) / 8);
}

static const struct ifaddrs *find(const struct ifaddrs *i, const char *link,
				  const struct net_prefix *address)
{
	for (; i; i = i->ifa_next)
		if (!strcmp(i->ifa_name, link) &&
		    (!address || is_address(i->ifa_addr, address)))
			return i;
	return NULL;
}

/* Whether what goes to a box goes from the gateway's address */
static bool is_routed(const struct net_prefix *gateway, const struct net_prefix *box)
{
	auto_fd s = socket(box->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9) };
	bool is_v4 = box->family == AF_INET;
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);

	memcpy(&in.sin_addr, box->addr, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, box->addr, sizeof(in6.sin6_addr));
	return s >= 0 &&
	       !connect(s, is_v4 ? (void *)&in : (void *)&in6,
			is_v4 ? sizeof(in) : sizeof(in6)) &&
	       !getsockname(s, (void *)&from, &size) &&
	       is_address((void *)&from, gateway);
}

enum net_lack net_wire_look(const struct net_def *d, const struct net_lease *l,
			    const struct ifaddrs *links)
{
	const struct net_prefix *gateway[] = { &d->gateway4, &d->gateway6 };
	const struct net_prefix *box[] = { &l->v4, &l->v6 };
	const struct ifaddrs *at;
	char link[NET_LINK_SIZE];

	net_link_name(d, l->box, link);
	at = find(links, link, NULL);
	if (!at)
		return NET_LACK_LINK;
	if (!(at->ifa_flags & IFF_UP))
		return NET_LACK_UP;
	for (size_t i = 0; i < ARRAY_SIZE(box); i++)
		if (box[i]->family && !find(at, link, gateway[i]))
			return NET_LACK_ADDRESS;
	for (size_t i = 0; i < ARRAY_SIZE(box); i++)
		if (box[i]->family && !is_routed(gateway[i], box[i]))
			return NET_LACK_ROUTE;
	return NET_LACK_NOTHING;
}
