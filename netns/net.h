/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net.h - named networks: definitions, leases, links and rules; knows no profile, no box
 *
 * A network is routed, not bridged: each box has a veth pair of its own to the router
 * (the host as root, a namespace of the user's else), which has a route to its address.
 * So a box has no neighbour but the router, and a thousand boxes cost each what ten do.
 *
 * What outlives a process:
 *	<state>/networks/NAME		definition (def.c), on disk
 *	<run>/net/NAME/leases		who has which address (lease.c); gone at reboot
 *	<run>/net/NAME/hosts		what their /etc/hosts is bound to (hosts.c)
 *	table `inet nook`		rules of all networks (rules.c), in the router
 * Links, addresses, routes and qdiscs go with the box's network namespace.
 *
 * All of it is in both programs, but net_rules_apply(), which loads libnftables: that is
 * in nook-full.
 */
#ifndef NOOK_NETNS_NET_H
#define NOOK_NETNS_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nets.h"

struct err;
struct ifaddrs;
struct net_counts;
struct text;

#define NET_DEFAULT   "default" /* the network that is made when first used */
#define NET_BOX_SIZE  16	/* id of a box: 12 of [0-9a-z] */
#define NET_LINK_SIZE 16	/* IFNAMSIZ */
#define NET_LINKS     "nk"	/* what names of the router's links begin with */
#define NET_MTU_LEAST 1280	/* what IPv6 asks of every link (RFC 8200, 5) */
#define NET_MTU_MOST  65535
#define NET_BOX_LINK  "eth0" /* the box's end */

/**
 * struct net_places - Directories, as descriptors
 * @state:	<state>/networks, of net_state_open(); -1 = there are no definitions yet
 * @run:	<run>/net, of net_run_open(); -1 = no box was ever on a network
 */
struct net_places {
	int state, run;
};

/* --- definitions (def.c) ----------------------------------------------------------- */

/** net_state_open() - <state>/networks, made with its parents where @make says so; 0700
 * and ours, checked on the descriptor. Return: descriptor; -1 and @e; -2 = not there */
int net_state_open(const char *state, bool make, struct err *e);
/** net_run_open() - The same for "net" below the directory of records */
int net_run_open(int run, bool make, struct err *e);

/** net_def_read() - A definition by its name; @state may be -1. Return: 0, -1 and @e,
 * whose code is ENOENT where there is none of that name (the hint has the nearest) */
int net_def_read(int state, const char *name, struct net_def *d, struct err *e);
/** net_def_parse() - A definition from a copy of its file's text. Pure. Return: 0, -1 and
 * @e */
int net_def_parse(const char *name, const char *text, struct net_def *d, struct err *e);
/**
 * net_def_choose() - Fill in what a definition leaves open; writes nothing
 * @d:	In: name; for each subnet family 0 = none, len 0 with a family = choose one;
 *	gateways with family 0 = the subnet's first address. Out: complete
 *
 * What was given is checked: base of a prefix, room for boxes, no overlap with another
 * network or with a route of this network namespace, gateway inside.
 *
 * Return: 0, -1 and @e
 */
int net_def_choose(int state, struct net_def *d, struct err *e);
/** net_def_make() - net_def_choose() and write it, durably, under a lock. Return: 0, -1
 * and @e, whose code is EEXIST where the name is taken */
int net_def_make(int state, struct net_def *d, struct err *e);
/** net_def_default() - The wish for `default`: NAT, IPv4, and IPv6 where this host has a
 * global address of it; still open, for net_def_choose() or net_def_make() */
struct net_def net_def_default(void);
/** net_def_remove() - Forget a definition, and its leases where none is taken. Return: 0,
 * -1 and @e, whose code is EBUSY where a lease is taken and not @force */
int net_def_remove(const struct net_places *p, const char *name, bool force,
		   struct err *e);
/** net_def_each() - Call @each for every definition, by name; a result other than 0 ends
 * it. A file that cannot be read is an error, behind all others; @state may be -1.
 * Return: the last result, -1 and @e, which tells of the first such file */
int net_def_each(int state, int (*each)(const struct net_def *d, void *arg), void *arg,
		 struct err *e);
/** net_route_clash() - The route of this network namespace that overlaps a subnet and is
 * not of a link of nook. Return: whether there is one; @route and @link say which */
bool net_route_clash(const struct net_prefix *subnet, struct net_prefix *route,
		     char link[NET_LINK_SIZE]);

/* --- leases (lease.c) -------------------------------------------------------------- */

/**
 * struct net_lease - An address that a box has
 * @slot:	Number in the table of leases and of its addresses in their subnets
 * @v4:		One address; in: the wanted one, or family 0; so @v6, whose number must be
 *		the same
 * @box:	Id of its box; names of links are made of it
 * @name:	What other boxes find it by in their /etc/hosts; "" = nothing. Out:
 *		@box where another box has the name
 * @mac:	All 0 = net_lease_take() makes one, random and locally administered
 */
struct net_lease {
	uint32_t slot;
	struct net_prefix v4, v6;
	char box[NET_BOX_SIZE], name[NET_NAME_SIZE];
	uint8_t mac[6];
};

/**
 * net_lease_take() - Take an address, and enter the box into the network's hosts file
 * @p:	Both directories, open
 * @l:	In: box, name, wanted addresses and mac; out: all of it
 *
 * The record of the box must be there before: a lease whose box has none is anybody's.
 * An address is used again as late as possible, because the kernel takes down the links
 * of dead boxes at its leisure.
 *
 * Return: 0, -1 and @e; its code is EADDRINUSE where a wanted address is taken and ENOSPC
 * where all are: net_lease_sweep() may help, then try again. ENOENT: the network is gone
 */
int net_lease_take(const struct net_places *p, const struct net_def *d,
		   struct net_lease *l, struct err *e);
/** net_lease_give() - Give back what was taken, knowing which one it is: one slot and one
 * line are written. Harmless where it is another box's by now. Return: 0, -1 */
int net_lease_give(int run, const struct net_def *d, const struct net_lease *l);
/** net_lease_drop_in() - Give back what a box has in one network, by their names alone.
 * Return: 0 = it has nothing there, -1 */
int net_lease_drop_in(int run, const char *network, const char *box);
/** net_lease_drop() - Give back every lease of a box, in every network, from its id
 * alone; @run may be -1. Return: 0 = nothing of it is left, -1 */
int net_lease_drop(int run, const char *box);
/** net_lease_sweep() - Give back the leases in one network that @is_dead says are of no
 * box. Return: how many, -1 and @e */
int net_lease_sweep(int run, const struct net_def *d,
		    bool (*is_dead)(const char *box, void *arg), void *arg,
		    struct err *e);
/** net_lease_reset() - Remove the files of a network's leases, when no box is on it */
void net_lease_reset(int run, const char *name);
/** net_lease_each() - Call @each for every lease; a result other than 0 ends it; @run may
 * be -1. Return: the last result, -1 and @e */
int net_lease_each(int run, const struct net_def *d,
		   int (*each)(const struct net_lease *l, void *arg), void *arg,
		   struct err *e);
/** net_link_name() - Name of the router's side of a box's pair: "nk", tag, 9 characters
 * of the box's id */
void net_link_name(const struct net_def *d, const char *box, char link[NET_LINK_SIZE]);

/* --- links (wire.c) ---------------------------------------------------------------- */

/**
 * struct net_wire - A veth pair to be
 * @rate_in:	Bits a second towards the box, @rate_out: from it; 0 = no limit
 */
struct net_wire {
	const struct net_def *def;
	const struct net_lease *lease;
	uint64_t rate_in, rate_out;
};

/**
 * net_wire_router() - Make the pair, one end in the box's network namespace, and set up
 * this end: address, route to the box, kernel settings, rate, up
 *
 * The caller is in the router's network namespace, whose lo is up, with CAP_NET_ADMIN
 * over both. Nothing is left where it fails.
 */
int net_wire_router(const struct net_wire *w, int box_netns, struct err *e);
/** enum net_lack - What the router's end of a pair has not got any more */
enum net_lack {
	NET_LACK_NOTHING,
	NET_LACK_LINK,
	NET_LACK_UP,
	NET_LACK_ADDRESS,
	NET_LACK_ROUTE
};

/** net_wire_look() - Whether the router's end of a box's pair is as net_wire_router()
 * made it; @links: those of this network namespace, the router's, by getifaddrs(3).
 * Return: the first that is missing */
enum net_lack net_wire_look(const struct net_def *d, const struct net_lease *l,
			    const struct ifaddrs *links);
/** net_wire_mend() - Set up the router's end of a pair again, all that net_wire_look()
 * looks at but the link itself, where that is there; a rate that is 0 stays as it is.
 * Return: 0, -1 and @e */
int net_wire_mend(const struct net_wire *w, struct err *e);
/** net_wire_box() - Set up the other end: lo, eth0, address, routes, rate, up. The caller
 * is in the box's network namespace with CAP_NET_ADMIN over it */
int net_wire_box(const struct net_wire *w, struct err *e);

/** net_wire_remove() - Take the pair of @box on a network away, by the router's end,
 * where it is there. @c: what went through that, 0 without one. Return: 0, -1 and @e */
int net_wire_remove(const struct net_def *d, const char *box, struct net_counts *c,
		    struct err *e);
/** net_wire_rate_in(), net_wire_rate_out() - Another rate for a pair that is there, 0 =
 * none; by who may make the router's end, or the box's. Return: 0, -1 and @e */
int net_wire_rate_in(const struct net_wire *w, struct err *e);
int net_wire_rate_out(const struct net_wire *w, struct err *e);

/** net_pair_make() - A veth pair without addresses: @near in the caller's network
 * namespace, @far in another, over which it has CAP_NET_ADMIN too; both are down
 * (pair.c). Return: 0, -1 and @e */
int net_pair_make(const char *near, const char *far, int far_netns, struct err *e);

/** net_lo_up() - Bring up lo of the caller's network namespace, by one call and without
 * libnl: for who has no other link. Return: 0, -1 and @e */
int net_lo_up(struct err *e);

/** struct net_counts - What a link counted, as seen from its own side */
struct net_counts {
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets;
};

/** net_links_sweep() - Take away links of a network, in this network namespace, that are
 * of no box with a lease: the kernel keeps one for minutes where a dead box had written
 * to somebody who does not answer (sweep.c). Return: how many, -1 and @e */
int net_links_sweep(int run, const struct net_def *d, struct err *e);
/** net_wire_count() - What went through a link of this network namespace. Return: 0,
 * -1 */
int net_wire_count(const char *link, struct net_counts *c);

/* --- forwarding (forward.c) -------------------------------------------------------- */

enum { NET_FORWARD4 = 1, NET_FORWARD6 = 2 };

/**
 * net_forward_on() - Let this network namespace forward what a network needs
 * @run:	Where is noted what it was before, so that net_forward_off() can put it
 *		back; -1 = nowhere, in a router of one's own
 *
 * Writes below /proc/sys/net only what is not as it must be. Where IPv6 begins to be
 * forwarded, links that believe router advertisements go on to do so.
 *
 * Return: 0, -1 and @e
 */
int net_forward_on(int run, const struct net_def *d, struct err *e);
/** net_forward_note() - Only note what net_forward_on() will change: then the rules that
 * hold everybody else's packets back can be there first. Return: 0, -1 and @e */
int net_forward_note(int run, const struct net_def *d, struct err *e);
/** net_forward_is_on() - Whether net_forward_on() has nothing to do */
bool net_forward_is_on(const struct net_def *d);
/** net_forward_ours() - Which families are forwarded only because nook switched that on,
 * NET_FORWARD*: of those nothing is but what its networks need */
unsigned int net_forward_ours(int run);
/** net_forward_off() - Put back what net_forward_on() changed, when the last network is
 * gone. Return: 0, -1 and @e */
int net_forward_off(int run, struct err *e);

/* --- rules (rules.c) --------------------------------------------------------------- */

/** net_rules_text() - The table `inet nook` for these networks, as nft(8) reads it: it
 * replaces the one that is there in one transaction. @ours: families of which nobody
 * else's packets are to be forwarded (net_forward_ours()). Pure */
void net_rules_text(const struct net_def *const *defs, size_t count, unsigned int ours,
		    struct text *out);
/**
 * struct net_allow - Where a box may go
 * @to:		Addresses; of no meaning where there is a @set
 * @port:	Of TCP and UDP; 0 = all of every protocol
 * @set:	What net_allow_set_text() puts in there by this number; 0 = none
 */
struct net_allow {
	struct net_prefix to;
	uint16_t port;
	uint16_t set;
};

/** struct net_found - An address that a name led to, and for how many seconds it may be
 * gone to from now on */
struct net_found {
	struct net_prefix at;
	uint32_t seconds;
};

/** net_allow_text() - The table `inet nook_allow` for a box's own network namespace, as
 * nft(8) reads it: it may go there and nowhere else (allow.c). Pure */
void net_allow_text(const struct net_allow *list, size_t count, struct text *out);
/** net_allow_set_text() - What is in a set of that table, by its number in struct
 * net_allow: these and no others. The set is made where it is not there yet. Pure */
void net_allow_set_text(uint16_t set, const struct net_found *found, size_t count,
			struct text *out);
/** net_is_cloud() - Whether clouds keep the secrets of a machine there: no box on a
 * network reaches it (168.63.129.16 answers for names as well: that part it does) */
bool net_is_cloud(const struct net_prefix *at);
/** net_name_may() - Whether a name may lead a box to this address: not to itself, its
 * link, a group, nobody, or where clouds keep the secrets of a machine */
bool net_name_may(const struct net_prefix *at);
/** net_lookup() - The addresses of a name, as this machine finds them (nsswitch.conf(5)),
 * without those that it must not lead to. In nook-full only. Return: how many of @at were
 * filled in; -1 and *@why, one line */
int net_lookup(const char *name, struct net_prefix *at, size_t most, const char **why);
/** net_rules_apply() - Give rules to the kernel, by libnftables, which is loaded now. In
 * nook-full only. Return: 0, -1 and @e */
int net_rules_apply(const char *text, struct err *e);
/** net_rules_can() - Whether libnftables can be loaded. Return: 0, -1 and @e */
int net_rules_can(struct err *e);
/** net_rules_present() - Whether the rules of this very definition are in the kernel; one
 * netlink message, no library. Return: 1, 0, -1 and @e */
int net_rules_present(const struct net_def *d, struct err *e);

/** net_rules_others() - Chains of other tables that drop what is forwarded where no rule
 * of theirs takes it: @each gets family, table and chain. Return: how many, -1 and @e */
int net_rules_others(void (*each)(const char *family, const char *table,
				  const char *chain, void *arg),
		     void *arg, struct err *e);

/* --- what a network namespace has (list.c) ----------------------------------------- */

/** enum net_list - What net_list() lists, a line each:
 * links	"eth0 up carrier kind=veth master=br0 mac=02:... mtu=1500"
 * addresses	"eth0 10.0.0.2/24"
 * routes	of the main table, "default via=10.0.0.1 dev=eth0"
 * flows	of the connection tracker, "tcp orig-src=... orig-dst=... orig-sport=...
 *		orig-dport=... reply-src=..." and so on
 */
enum net_list { NET_LINKS_LIST, NET_ADDRESSES_LIST, NET_ROUTES_LIST, NET_FLOWS_LIST };

/** net_list() - Add to @out what the caller's network namespace has; flows need
 * CAP_NET_ADMIN over it. Return: 0, -1 and @e */
int net_list(enum net_list what, struct text *out, struct err *e);

/* --- the router (router.c) --------------------------------------------------------- */

/** net_router_ready() - Whether the rules of a network are in this network namespace, and
 * it forwards. Cheap, and changes nothing: for every start. Return: 1; 0 =
 * net_router_repair() is needed; -1 and @e */
int net_router_ready(const struct net_def *d, struct err *e);
/** net_router_repair() - Rules for all networks of @state anew, then forwarding; without
 * any network, no table and the settings of before. @notes as @run of net_forward_on().
 * In nook-full only. Return: 0, -1 and @e */
int net_router_repair(int state, int notes, struct err *e);

#endif
