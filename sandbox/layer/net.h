/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net.h - what the files of the layer net share
 *
 *	net.c		the layer; lo and sysctls
 *	net_plan.c	which mode, and what goes with it
 *	net_names.c	how names are looked up: resolv.conf and hosts
 *	net_veth.c	a pair to the router of a network
 *	net_router.c	the same for an ordinary user
 *	net_allow.c	where the box may go
 *	net_join.c	a network namespace that is there already
 *	net_user.c	a link that pasta serves
 *	net_words.c	explain and script
 *	change_link.c	another network for a box that runs
 */
#ifndef NOOK_LAYER_NET_H
#define NOOK_LAYER_NET_H

#include "base/nets.h"
#include "layer/layer.h"

/** net_plan_mode() - Decide the mode and everything that belongs to it; what is set and
 * has no effect there is an error. Return: 0, -1 and @e */
int net_plan_mode(const struct profile *pf, struct host *h, struct plan *pl,
		  struct err *e);
/** net_publish_plan() - The ports that the profile publishes, behind those that the plan
 * has */
void net_publish_plan(const struct profile *pf, struct plan *pl);
/** net_plan_network() - The network of a box that has the mode for it, as it is defined
 * now. Return: 0, -1 and @e */
int net_plan_network(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e);
/** net_plan_sysctls() - The namespaced settings. Return: 0, -1 and @e */
int net_plan_sysctls(const struct profile *pf, struct plan *pl, struct err *e);

/** net_makes_names() - Whether nook itself writes resolv.conf and hosts of this box:
 * the host's would name what cannot be reached from there */
bool net_makes_names(const struct profile *pf);
/** net_names_plan() - Steps for resolv.conf and hosts of a box with links of its own.
 * Must come behind the tree and before the user's mounts. Return: 0, -1 and @e */
int net_names_plan(const struct profile *pf, struct host *h, struct plan *pl,
		   struct err *e);

/** net_resolver_text() - resolv.conf of such a box. Return: 0, -1 and @e */
int net_resolver_text(const struct profile *pf, struct host *h, struct plan *pl,
		      struct text *out, struct err *e);
/** net_binds_hosts() - Whether /etc/hosts of the box is bound to a file on the host that
 * goes on changing. The mode is decided */
bool net_binds_hosts(const struct plan *pl);

/** net_veth_definition() - The network that the plan has a copy of. Return: 0; 1 = it has
 * to be made first; -1 and @e */
int net_veth_definition(const struct plan *pl, struct net_def *d, struct err *e);
/** net_veth_before(), net_veth_host(), net_veth_box() - A pair, by sides of struct
 * layer */
int net_veth_before(const struct plan *pl, struct site *s, struct err *e);
int net_veth_host(const struct plan *pl, struct site *s, struct err *e);
int net_veth_box(const struct plan *pl, struct site *s, struct err *e);

/** net_user_plan() - What pasta is started with; nothing in other modes. Must come when
 * the plan's namespaces are decided. Return: 0, -1 and @e */
int net_user_plan(const struct profile *pf, struct host *h, struct plan *pl,
		  struct err *e);
void net_user_explain(const struct plan *pl, struct text *out);
void net_user_script(struct script *sc);

/** net_join_before(), net_join_box() - A network namespace that is there already */
int net_join_before(const struct plan *pl, struct site *s, struct err *e);
int net_join_box(const struct plan *pl, struct site *s, struct err *e);

/** net_veth_router() - Make the pair to site.net.netns_fd, in the network namespace of
 * the router. Return: 0, -1 and @e */
int net_veth_router(const struct plan *pl, struct site *s, struct err *e);

/** net_router_plan() - The ids of the user's router, and his pasta. Return: 0, -1 and
 * @e */
int net_router_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e);
/** net_router_check() - Whether the network can be had with what the router was planned
 * with. Return: 0, -1 and @e */
int net_router_check(const struct profile *pf, const struct plan *pl, struct err *e);
/** net_router_wire() - The pair and all else of the box's network, SIDE_ROUTER */
int net_router_wire(const struct plan *pl, struct site *s, struct err *e);

/** net_allow_plan() - The destinations that network.allow names; who could go past it is
 * refused. Must come when the mode is decided. Return: 0, -1 and @e */
int net_allow_plan(const struct profile *pf, struct plan *pl, struct err *e);
/** net_allow_apply() - Refuse all others. Must be called in the box's network namespace,
 * with CAP_NET_ADMIN over it, before its link is up. In nook-full only where there is a
 * list. Return: 0, -1 and @e */
int net_allow_apply(const struct plan *pl, struct err *e);
/** net_allow_rules() - The same as nft(8) reads it. Return: 0, -1 */
int net_allow_rules(const struct plan *pl, struct text *out);
void net_allow_explain(const struct plan *pl, struct text *out);

/** net_has_settings() - Whether a file below /proc/sys is written in the box's own
 * namespaces, for its network or as the plan's sysctls */
bool net_has_settings(const struct plan *pl);
#define ALL_GROUPS "0 2147483647"
/** net_open_ports() - Let everybody in this network namespace bind all ports, and those
 * of these groups ("FIRST LAST", as icmp(7) has it) ping. Return: 0, -1 and @e */
int net_open_ports(const struct site *s, const char *groups, struct err *e);
/** net_write_sysctls() - Write the plan's settings: those of the network namespace, or
 * all others. Return: 0, -1 and @e */
int net_write_sysctls(const struct plan *pl, const struct site *s, bool of_net,
		      struct err *e);

/** net_explain(), net_script() - As members of struct layer */
void net_explain(const struct plan *pl, struct text *out);
void net_script(const struct plan *pl, struct script *sc);

#endif
