/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netlink.h - how everything of this directory gets at libnl; several requests at once */
#ifndef NOOK_NETNS_NETLINK_H
#define NOOK_NETNS_NETLINK_H

#include <stdbool.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "base/err.h"

/** netlink_open() - A socket of netlink(7) in the network namespace of the caller;
 * @protocol: NETLINK_ROUTE, NETLINK_NETFILTER. libnl is ready to be used from the first
 * call on. Return: socket, or NULL and @e */
struct nl_sock *netlink_open(int protocol, struct err *e);

static inline void netlink_close_(struct nl_sock **s)
{
	nl_socket_free(*s);
}

#define auto_netlink __attribute__((cleanup(netlink_close_))) struct nl_sock *

#define BATCH_MOST 12

/**
 * struct batch - Requests that go to the kernel in one datagram
 * @what:	What each of them does, for the error: "cannot " + what; NULL: it may
 * @len:	Bytes of @buf used; what does not fit makes batch_send() fail
 *
 * The kernel does them in order and goes on behind one that fails, so no request may do
 * harm without the ones before it. Only the last one is acknowledged, and failures.
 */
struct batch {
	const char *what[BATCH_MOST];
	size_t count, len;
	_Alignas(struct nlmsghdr) char buf[4096];
};

/** batch_message() - A request to be filled: type, NLM_F_* besides NLM_F_REQUEST, and the
 * family's header. Return: message for batch_add(), NULL without memory */
struct nl_msg *batch_message(int type, int flags, const void *head, size_t size);
/** batch_add() - Take over a message; NULL is one that there was no memory for */
void batch_add(struct batch *b, struct nl_msg *msg, const char *what);
/** batch_send() - Send all and wait until they are done. Return: 0; -1 and @e, whose code
 * is the errno of the first one that failed */
int batch_send(struct nl_sock *s, struct batch *b, struct err *e);
/** net_pair_remove() - The same by its name. Return: whether that is free now; not where
 * the link is no pair */
bool net_pair_remove(struct nl_sock *s, const char *link);

#endif
