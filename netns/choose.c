// SPDX-License-Identifier: GPL-3.0-or-later
/* choose.c - what a definition leaves open: subnets nobody here uses, gateways, tag */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "netns/inner.h"

#define ROUTES_MOST ((size_t)16 << 20)

/* Addresses by themselves end here: the files of a network grow with the highest one */
#define SLOTS_MOST 8192

/* --- routes of this network namespace ---------------------------------------------- */

struct route {
	struct net_prefix to;
	char link[NET_LINK_SIZE];
};

/* proc(5): "Iface Destination Gateway Flags RefCnt Use Metric Mask ...", numbers as the
 * machine has them in memory */
static bool read_route4(const char *line, struct route *r)
{
	uint32_t to, mask;

	if (sscanf(line, "%15s %8x %*x %*x %*d %*d %*d %8x", r->link, &to, &mask) != 3)
		return false;
	r->to = (struct net_prefix){ .family = AF_INET,
				     .len = (uint8_t)__builtin_popcount(mask) };
	memcpy(r->to.addr, &to, sizeof(to));
	return true;
}

/* "DEST LEN SOURCE LEN NEXT METRIC REFS USE FLAGS LINK", all in hexadecimal
 * (rt6_info_route in net/ipv6/route.c) */
static bool read_route6(const char *line, struct route *r)
{
	unsigned int byte, len;

	r->to = (struct net_prefix){ .family = AF_INET6 };
	if (sscanf(line, "%*32x %2x %*32x %*2x %*32x %*8x %*8x %*8x %*8x %15s", &len,
		   r->link) != 2 ||
	    len > 128)
		return false;
	r->to.len = (uint8_t)len;
	for (size_t i = 0; i < sizeof(r->to.addr); i++) {
		if (sscanf(line + 2 * i, "%2x", &byte) != 1)
			return false;
		r->to.addr[i] = (uint8_t)byte;
	}
	return true;
}

/* The default route is no subnet, and every host has multicast ones */
static bool is_clash(const struct route *r, const struct net_prefix *subnet)
{
	return r->to.len && r->to.addr[0] != 0xff &&
	       strncmp(r->link, NET_LINKS, strlen(NET_LINKS)) &&
	       net_prefix_overlap(&r->to, subnet);
}

bool net_route_clash(const struct net_prefix *subnet, struct net_prefix *route,
		     char link[NET_LINK_SIZE])
{
	bool is_v4 = subnet->family == AF_INET;
	auto_text t = { 0 };

	if (file_read(-1, is_v4 ? "/proc/self/net/route" : "/proc/self/net/ipv6_route",
		      &t, ROUTES_MOST) < 0)
		return false;
	for (const char *s = text_str(&t), *end; (end = strchr(s, '\n')); s = end + 1) {
		struct route r;

		if (!(is_v4 ? read_route4(s, &r) : read_route6(s, &r)) ||
		    !is_clash(&r, subnet))
			continue;
		*route = r.to;
		memcpy(link, r.link, sizeof(r.link));
		return true;
	}
	return false;
}

/* "ADDRESS INDEX LEN SCOPE FLAGS LINK": scope 0 is global; not the private fc00::/7 */
bool net_host_has_v6(void)
{
	auto_text t = { 0 };

	if (file_read(-1, "/proc/self/net/if_inet6", &t, ROUTES_MOST) < 0)
		return false;
	for (const char *s = text_str(&t), *end; (end = strchr(s, '\n')); s = end + 1) {
		unsigned int first, scope;

		if (sscanf(s, "%2x%*30s %*x %*x %2x", &first, &scope) == 2 && !scope &&
		    (first & 0xfe) != 0xfc)
			return true;
	}
	return false;
}

/* --- what others have -------------------------------------------------------------- */

struct search {
	const struct net_def *d;
	const struct net_prefix *subnet;
	struct net_def found;
};

static int meets_subnet(const struct net_def *d, void *arg)
{
	struct search *s = arg;

	if (!net_prefix_overlap(s->subnet,
				s->subnet->family == AF_INET ? &d->v4 : &d->v6))
		return 0;
	s->found = *d;
	return 1;
}

static int meets_tag(const struct net_def *d, void *arg)
{
	struct search *s = arg;

	return !strcmp(d->tag, s->d->tag);
}

/* The same for the same name, so that links have the names they had. FNV-1a */
static int choose_tag(int state, struct net_def *d, struct err *e)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	const uint32_t most = 36 * 36 * 36;
	struct search s = { .d = d };
	uint32_t n = 2166136261u;
	int r = 1;

	for (const char *c = d->name; *c; c++)
		n = (n ^ (unsigned char)*c) * 16777619u;
	for (uint32_t tries = 0; r == 1 && tries < most; tries++, n++) {
		d->tag[0] = digits[n % most / (36 * 36)];
		d->tag[1] = digits[n / 36 % 36];
		d->tag[2] = digits[n % 36];
		r = net_def_each(state, meets_tag, &s, e);
	}
	return r == 1 ? err_set(e, "there are too many networks") : r;
}

/* --- subnets ----------------------------------------------------------------------- */

/* A pool and the size of the networks that are cut from it. The first ones are those that
 * other tools leave alone by default: not podman's 10.88.0.0/13, docker's 172.17.0.0/16,
 * flannel's 10.244.0.0/16, kubernetes' 10.96.0.0/12, libvirt's 192.168.122.0/24 */
static const struct pool {
	const char *from;
	uint8_t len;
} pools[] = {
	{ "10.144.0.0/12", 16 },
	{ "10.160.0.0/11", 16 },
	{ "172.24.0.0/13", 16 },
	{ "192.168.128.0/17", 24 },
};

static bool is_free(int state, const struct net_prefix *subnet, struct err *e, int *r)
{
	struct search s = { .subnet = subnet };
	char link[NET_LINK_SIZE];
	struct net_prefix route;

	*r = net_def_each(state, meets_subnet, &s, e);
	return !*r && !net_route_clash(subnet, &route, link);
}

static int choose_v4(int state, struct net_def *d, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(pools); i++) {
		struct net_prefix pool, at;
		uint32_t step, count;
		int r;

		if (net_prefix_read(pools[i].from, &pool))
			continue;
		step = 1u << (32 - pools[i].len);
		count = 1u << (pools[i].len - pool.len);
		for (uint32_t n = 0; n < count; n++) {
			at = net_prefix_nth(&pool, n * step);
			at.len = pools[i].len;
			if (is_free(state, &at, e, &r)) {
				d->v4 = at;
				return 0;
			}
			if (r < 0)
				return -1;
		}
	}
	err_set(e, "every subnet that nook would choose is in use here");
	return err_hint(e, "say which to use: nook net create %s 10.1.2.0/24", d->name);
}

/* RFC 4193: fd00::/8 and 40 random bits, so that networks of two hosts can meet */
static int choose_v6(int state, struct net_def *d, struct err *e)
{
	for (int tries = 0; tries < 64; tries++) {
		struct net_prefix at = { .family = AF_INET6, .len = 64 };
		int r;

		at.addr[0] = 0xfd;
		if (getrandom(at.addr + 1, 5, 0) != 5)
			return err_sys(e, "no random numbers for an IPv6 subnet");
		if (is_free(state, &at, e, &r)) {
			d->v6 = at;
			return 0;
		}
		if (r < 0)
			return -1;
	}
	return err_set(e, "no free IPv6 subnet below fd00::/8");
}

/* What is no subnet that a network can have, and why */
static const struct {
	const char *range, *what;
} reserved[] = {
	{ "0.0.0.0/8", "means this network" },
	{ "127.0.0.0/8", "is for loopback" },
	{ "169.254.0.0/16", "is link-local" },
	{ "224.0.0.0/3", "is for multicast or reserved" },
	{ "::/16", "is reserved" },
	{ "fe80::/10", "is link-local" },
	{ "ff00::/8", "is for multicast" },
};

/* Room for a gateway and a box; not a whole family */
static unsigned int least_len(const struct net_prefix *p)
{
	return p->family == AF_INET ? 8 : 16;
}

bool net_subnet_can(const struct net_prefix *p, uint8_t family)
{
	return !p->family || (p->family == family && p->len >= least_len(p) &&
			      p->len <= net_prefix_bits(p) - 2);
}

static int check_shape(const struct net_prefix *p, const char *text, struct err *e)
{
	struct net_prefix base = net_prefix_base(p);
	unsigned int bits = net_prefix_bits(p);
	char s[NET_TEXT_SIZE];

	if (!net_prefix_same(p, &base)) {
		err_set(e, "'%s' is an address within a subnet", text);
		return err_hint(e, "the subnet is %s", net_prefix_text(&base, s));
	}
	if (!net_subnet_can(p, p->family))
		return err_set(e, "'%s': expected a prefix length from %u to %u", text,
			       least_len(p), bits - 2);
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		struct net_prefix range;

		if (!net_prefix_read(reserved[i].range, &range) &&
		    net_prefix_overlap(p, &range))
			return err_set(e, "'%s': %s %s", text, reserved[i].range,
				       reserved[i].what);
	}
	return 0;
}

static int check_given(int state, const struct net_prefix *p, struct err *e)
{
	char text[NET_TEXT_SIZE], other[NET_TEXT_SIZE], link[NET_LINK_SIZE];
	struct search s = { .subnet = p };
	struct net_prefix route;
	int r;

	net_prefix_text(p, text);
	if (check_shape(p, text, e))
		return -1;
	r = net_def_each(state, meets_subnet, &s, e);
	if (r < 0)
		return -1;
	if (r)
		return err_set(
			e, "'%s' overlaps network '%s' (%s)", text, s.found.name,
			net_prefix_text(p->family == AF_INET ? &s.found.v4 : &s.found.v6,
					other));
	if (!net_route_clash(p, &route, link))
		return 0;
	err_set(e, "'%s' overlaps the route to %s through '%s'", text,
		net_prefix_text(&route, other), link);
	return err_hint(e, "leave the subnet out and nook chooses a free one");
}

static int choose_gateway(const struct net_prefix *net, struct net_prefix *gateway,
			  struct err *e)
{
	char text[NET_TEXT_SIZE], other[NET_TEXT_SIZE];
	uint32_t n;

	if (!gateway->family)
		*gateway = net_prefix_nth(net, 1);
	n = net_prefix_index(net, gateway);
	if (!net_prefix_overlap(net, gateway) || !n)
		return err_set(e, "gateway '%s' is no address of subnet '%s'",
			       net_prefix_text(gateway, text),
			       net_prefix_text(net, other));
	return 0;
}

static int choose_subnet(int state, struct net_def *d, struct net_prefix *net,
			 struct err *e)
{
	struct net_prefix *gateway = net->family == AF_INET ? &d->gateway4 : &d->gateway6;
	char text[NET_TEXT_SIZE];

	if (!net->family)
		return gateway->family ? err_set(e,
						 "gateway '%s' is of a family that "
						 "the network does not have",
						 net_prefix_text(gateway, text))
				       : 0;
	if (net->len		     ? check_given(state, net, e)
	    : net->family == AF_INET ? choose_v4(state, d, e)
				     : choose_v6(state, d, e))
		return -1;
	return choose_gateway(net, gateway, e);
}

int net_def_choose(int state, struct net_def *d, struct err *e)
{
	/* A gateway alone says which families there are no more than nothing does */
	if (!d->v4.family && !d->v6.family)
		return err_set(e, "network '%s' has neither IPv4 nor IPv6", d->name);
	if ((!d->tag[0] && choose_tag(state, d, e) < 0) ||
	    choose_subnet(state, d, &d->v4, e) < 0 ||
	    choose_subnet(state, d, &d->v6, e) < 0)
		return -1;
	return 0;
}

uint32_t net_slots(const struct net_def *d)
{
	uint32_t most = SLOTS_MOST;

	/* The last address of an IPv4 subnet is its broadcast address */
	if (d->v4.family && d->v4.len > 32 - 13)
		most = (1u << (32 - d->v4.len)) - 1;
	if (d->v6.family && d->v6.len > 128 - 13 && most > 1u << (128 - d->v6.len))
		most = 1u << (128 - d->v6.len);
	return most;
}
