/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inner.h - what the files of netns/ share among themselves */
#ifndef NOOK_NETNS_INNER_H
#define NOOK_NETNS_INNER_H

#include <stdbool.h>

#include "base/err.h"
#include "netns/net.h"

/** net_code() - Set the code of an error that nook worded itself. Return: -1 always */
static inline int net_code(struct err *e, int code)
{
	if (e)
		e->code = code;
	return -1;
}

/** net_dir_open() - Directory @name below @dir, made where @make says so; 0700 and ours.
 * Return: descriptor; -1 and errno */
int net_dir_open(int dir, const char *name, bool make);
/** net_def_exists() - Whether there is a definition of that name */
bool net_def_exists(int state, const char *name);
/** net_state_lock() - Keep others from making, removing or applying definitions for as
 * long as the descriptor is open. Return: it, -1 and @e */
int net_state_lock(int state, struct err *e);
/** net_host_has_v6() - Whether this network namespace has a global IPv6 address */
bool net_host_has_v6(void);
/** net_subnet_can() - Whether a prefix is of this family and of a length that a network
 * can have, or none at all */
bool net_subnet_can(const struct net_prefix *p, uint8_t family);
/** net_slots() - How many addresses a network gives out by itself: those with numbers
 * from 1 up to, not including, this one */
uint32_t net_slots(const struct net_def *d);
#define NET_HOSTS "hosts" /* in the directory of a network */

/** net_hosts_write() - Write the line of a slot; @l NULL = it is free. Return: 0, -1 and
 * errno */
int net_hosts_write(int dir, const struct net_def *d, uint32_t slot,
		    const struct net_lease *l);
/**
 * net_lease_forget() - Remove a network's leases and hosts file and its definition, while
 * nobody can take one
 *
 * Return: 0, -1 and errno; EBUSY = a lease is taken and not @force
 */
int net_lease_forget(const struct net_places *p, const char *name, bool force);

#endif
