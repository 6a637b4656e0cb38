/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe.h - whether somebody answers: an echo request, a TCP connection
 *
 * Both are for a child that is in the network namespace to try it from (child_work). The
 * answer in words is its text. They take less than a second.
 */
#ifndef NOOK_LAB_PROBE_H
#define NOOK_LAB_PROBE_H

#include <stdint.h>

#include "base/nets.h"

struct err;
struct text;

/** struct probe - To whom; @port: of probe_tcp() */
struct probe {
	struct net_prefix to;
	uint16_t port;
};

/** probe_ping() - Send echo requests (RFC 792, RFC 4443); as nobody with the right to,
 * try a connection, which reaches a machine also where it is refused. @arg: struct probe.
 * Return: 1 = it answers, 0 = not, -1 and @e */
int probe_ping(void *arg, struct text *out, struct err *e);
/** probe_tcp() - Connect and read what the other sends, at most 4 KiB, without the head
 * of HTTP; who waits to be asked is asked for / by HTTP/1.0. @out gets it, or why there
 * is no connection. Return: 1 = connected, 0 = not, -1 and @e */
int probe_tcp(void *arg, struct text *out, struct err *e);

#endif
