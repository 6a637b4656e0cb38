/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nets.h - addresses, prefixes and what a network is: words that netns, plan and layers
 * share */
#ifndef NOOK_BASE_NETS_H
#define NOOK_BASE_NETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h> /* AF_INET */

/**
 * struct net_prefix - An address with a prefix length
 * @family:	AF_INET, AF_INET6; 0 = none
 * @len:	Bits of the prefix; 32 or 128 for one address
 * @addr:	In network order; an IPv4 address is the first four bytes
 */
struct net_prefix {
	uint8_t family;
	uint8_t len;
	uint8_t addr[16];
};

#define NET_TEXT_SIZE 52 /* INET6_ADDRSTRLEN, a slash, three digits */
#define NET_NAME_SIZE 65 /* parse_name() */

/**
 * struct net_def - A network: boxes with addresses of one subnet, and a router
 * @tag:	Three of [0-9a-z], no two networks of a user alike: links are "nk" TAG ...
 * @v4:		Its subnet, family 0 = no IPv4; at least one of the two is there
 * @gateway4:	The router's address, a /32
 * @nat:	Boxes reach the world under the router's addresses
 * @isolated:	Boxes do not reach each other
 * @mtu:	Of its links; 0 = what the kernel takes, 1500
 *
 * Plain data: it is copied into plans.
 */
struct net_def {
	char name[NET_NAME_SIZE];
	char tag[4];
	struct net_prefix v4, v6;
	struct net_prefix gateway4, gateway6;
	bool nat, isolated;
	uint32_t mtu;
};

/** net_prefix_read() - An address, or an address with a prefix length: "10.0.0.2",
 * "fd00::/64". Return: 0, -1 and @p as it was */
int net_prefix_read(const char *s, struct net_prefix *p);
/** net_prefix_text() - As people write it, without a length where it is one address;
 * "" for none. Return: @out */
const char *net_prefix_text(const struct net_prefix *p, char out[NET_TEXT_SIZE]);
/** net_prefix_bits() - How many bits an address of this family has: 32, 128, 0 */
unsigned int net_prefix_bits(const struct net_prefix *p);
/** net_prefix_base() - The prefix with all bits behind its length 0 */
struct net_prefix net_prefix_base(const struct net_prefix *p);
/** net_prefix_nth() - The @n-th address of a subnet; the 0th is its base */
struct net_prefix net_prefix_nth(const struct net_prefix *subnet, uint32_t n);
/** net_prefix_index() - Which address of @subnet @p is, the reverse of
 * net_prefix_nth(). Return: UINT32_MAX where it is another subnet's, or one beyond */
uint32_t net_prefix_index(const struct net_prefix *subnet, const struct net_prefix *p);
/** net_prefix_overlap() - Whether any address is in both; families that differ have none
 * in common */
bool net_prefix_overlap(const struct net_prefix *a, const struct net_prefix *b);
/** net_prefix_same() - Whether both are the same prefix, or both none */
bool net_prefix_same(const struct net_prefix *a, const struct net_prefix *b);
/** net_mac_text() - As ip(8) writes it */
void net_mac_text(const uint8_t mac[6], char out[18]);
/** net_mac_read() - What parse_mac() accepts. Return: 0, -1 */
int net_mac_read(const char *s, uint8_t mac[6]);

#endif
