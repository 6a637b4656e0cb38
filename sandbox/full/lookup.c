// SPDX-License-Identifier: GPL-3.0-or-later
/* lookup.c - addresses of names, as the programs of this machine find them */
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "netns/net.h"

/* Return: false = it is of a family that no box has */
static bool take(const struct addrinfo *a, struct net_prefix *at)
{
	*at = (struct net_prefix){ .family = (uint8_t)a->ai_family };
	if (a->ai_family == AF_INET)
		memcpy(at->addr, &((struct sockaddr_in *)(void *)a->ai_addr)->sin_addr,
		       4);
	else if (a->ai_family == AF_INET6)
		memcpy(at->addr, &((struct sockaddr_in6 *)(void *)a->ai_addr)->sin6_addr,
		       16);
	at->len = (uint8_t)net_prefix_bits(at);
	return at->len;
}

int net_lookup(const char *name, struct net_prefix *at, size_t most, const char **why)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int r = getaddrinfo(name, NULL, &want, &list);
	size_t n = 0;

	if (r) {
		*why = gai_strerror(r);
		return -1;
	}
	for (const struct addrinfo *a = list; a && n < most; a = a->ai_next)
		if (take(a, &at[n]) && net_name_may(&at[n]))
			n++;
	freeaddrinfo(list);
	if (n)
		return (int)n;
	*why = "it leads to no address that a box may go to";
	return -1;
}
