/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netlink.h - how everything of this directory gets at libnl */
#ifndef NOOK_NETNS_NETLINK_H
#define NOOK_NETNS_NETLINK_H

#include <netlink/netlink.h>

#include "base/err.h"

/** netlink_open() - A socket of rtnetlink(7) in the network namespace of the caller.
 * libnl is ready to be used from the first call on. Return: socket, or NULL and @e */
struct nl_sock *netlink_open(struct err *e);

static inline void netlink_close_(struct nl_sock **s)
{
	nl_socket_free(*s);
}

#define auto_netlink __attribute__((cleanup(netlink_close_))) struct nl_sock *

#endif
