// SPDX-License-Identifier: GPL-3.0-or-later
/* nets.c - addresses and prefixes: text, sums and comparisons */
#include "base/nets.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

unsigned int net_prefix_bits(const struct net_prefix *p)
{
	return p->family == AF_INET ? 32 : p->family == AF_INET6 ? 128 : 0;
}

int net_prefix_read(const char *s, struct net_prefix *p)
{
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);
	struct net_prefix got = { .family = AF_INET };
	char address[INET6_ADDRSTRLEN];
	uint64_t bits;

	if (len >= sizeof(address))
		return -1;
	memcpy(address, s, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, got.addr) != 1) {
		got.family = AF_INET6;
		if (inet_pton(AF_INET6, address, got.addr) != 1)
			return -1;
	}
	bits = net_prefix_bits(&got);
	if (slash && parse_number_in(slash + 1, 0, bits, &bits))
		return -1;
	got.len = (uint8_t)bits;
	*p = got;
	return 0;
}

const char *net_prefix_text(const struct net_prefix *p, char out[NET_TEXT_SIZE])
{
	char address[INET6_ADDRSTRLEN];

	out[0] = '\0';
	if (!p->family || !inet_ntop(p->family, p->addr, address, sizeof(address)))
		return out;
	if (p->len == net_prefix_bits(p))
		snprintf(out, NET_TEXT_SIZE, "%s", address);
	else
		snprintf(out, NET_TEXT_SIZE, "%s/%u", address, p->len);
	return out;
}

struct net_prefix net_prefix_base(const struct net_prefix *p)
{
	struct net_prefix base = *p;

	for (unsigned int i = 0; i < sizeof(base.addr); i++) {
		unsigned int keep = base.len > i * 8 ? base.len - i * 8 : 0;

		if (keep < 8)
			base.addr[i] &= (uint8_t)(0xff00 >> keep);
	}
	return base;
}

struct net_prefix net_prefix_nth(const struct net_prefix *subnet, uint32_t n)
{
	struct net_prefix p = net_prefix_base(subnet);
	size_t last = net_prefix_bits(subnet) / 8;
	uint64_t sum = n;

	for (size_t i = last; i-- > 0; sum >>= 8) {
		sum += p.addr[i];
		p.addr[i] = (uint8_t)sum;
	}
	p.len = (uint8_t)net_prefix_bits(subnet);
	return p;
}

/* The first @bits of both addresses are equal */
static bool is_equal_to(const struct net_prefix *a, const struct net_prefix *b,
			unsigned int bits)
{
	uint8_t rest = (uint8_t)(0xff00 >> bits % 8);

	return a->family == b->family && !memcmp(a->addr, b->addr, bits / 8) &&
	       (bits % 8 == 0 || !((a->addr[bits / 8] ^ b->addr[bits / 8]) & rest));
}

uint32_t net_prefix_index(const struct net_prefix *subnet, const struct net_prefix *p)
{
	struct net_prefix base = net_prefix_base(subnet);
	size_t last = net_prefix_bits(subnet) / 8;
	uint64_t n = 0;

	if (!p->family || !is_equal_to(subnet, p, subnet->len))
		return UINT32_MAX;
	for (size_t i = 0; i < last; i++) {
		if (n >> 24)
			return UINT32_MAX;
		n = n << 8 | (p->addr[i] ^ base.addr[i]);
	}
	return (uint32_t)n;
}

bool net_prefix_overlap(const struct net_prefix *a, const struct net_prefix *b)
{
	return a->family && is_equal_to(a, b, a->len < b->len ? a->len : b->len);
}

bool net_prefix_same(const struct net_prefix *a, const struct net_prefix *b)
{
	return a->family == b->family &&
	       (!a->family ||
		(a->len == b->len && is_equal_to(a, b, net_prefix_bits(a))));
}

void net_mac_text(const uint8_t mac[6], char out[18])
{
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}

int net_mac_read(const char *s, uint8_t mac[6])
{
	unsigned int b[6];

	if (parse_mac(s, NULL) || sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1],
					 &b[2], &b[3], &b[4], &b[5]) != 6)
		return -1;
	for (size_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return 0;
}
