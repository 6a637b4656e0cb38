/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nets.h - what the commands of networks share: where they lie, and the boxes on them */
#ifndef NOOK_CMD_NETS_H
#define NOOK_CMD_NETS_H

#include "base/text.h"
#include "cmd/boxes.h"
#include "netns/net.h"

/**
 * struct nets - The networks of the caller
 * @state:	Directory of definitions and of all that lasts
 * @store:	Records of boxes; what dead ones left was cleared away
 * @boxes:	Those that live
 */
struct nets {
	char state[512];
	struct store store;
	struct net_places places;
	struct boxes boxes;
};

/** nets_open() - Open it all; @make: the directory of definitions, where it is missing.
 * Return: 0, -1 and @e */
int nets_open(struct nets *n, bool make, struct err *e);
void nets_release(struct nets *n);
/** nets_sweep() - Give back the leases on a network whose boxes are dead. Return: 0, -1
 * and @e */
int nets_sweep(struct nets *n, const struct net_def *d, struct err *e);
/** nets_is_on() - Whether a plan is of a box on a network; @name NULL = on any */
bool nets_is_on(const struct plan *pl, const char *name);
/** nets_has_boxes() - Whether a living box is on a network; @name NULL = on any */
bool nets_has_boxes(const struct nets *n, const char *name);
/** nets_mode() - What links a plan gives: "none", "host", "veth", "user", "join" */
const char *nets_mode(const struct plan *pl);
/** nets_json() - A network's members of a JSON object: "name":"lab","subnet":... */
void nets_json(const struct net_def *d, struct text *out);
/** nets_are_here() - Whether the caller's network namespace is the router: root's is,
 * another user has one of his own */
bool nets_are_here(void);

/** struct member - A box on a network: its lease, and what its record says */
struct member {
	struct net_lease lease;
	const struct living *box; /* NULL: it is just starting or just ending */
};

/** struct members - The boxes on a network, by address */
struct members {
	struct member *v;
	size_t count;
};

/** nets_lease() - The addresses that a box has on a network, by its id; of neither family
 * where it has none, or nobody can tell */
void nets_lease(const char *network, const char *box, struct net_lease *l);
/** nets_members() - Who is on a network. Return: 0, -1 and @e */
int nets_members(const struct nets *n, const struct net_def *d, struct members *m,
		 struct err *e);
/** members_add() - One more, all 0. Return: NULL when memory ran out */
struct member *members_add(struct members *m);
void members_release(struct members *m);
/** member_name() - What people know it by: its name, or its id */
const char *member_name(const struct member *m);
/** member_publishes() - "8080->80 127.0.0.1:53->53/udp", "" for nothing */
void member_publishes(const struct member *m, struct text *out);
/** nets_pair() - "10.144.0.0/16, fd12::/64": both of a pair that are there */
void nets_pair(const struct net_prefix *v4, const struct net_prefix *v6,
	       struct text *out);

#endif
