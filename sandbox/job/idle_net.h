/* SPDX-License-Identifier: GPL-3.0-or-later */
/* idle_net.h - the empty network that a slot keeps for its boxes
 *
 * Theory of operation. Four fifths of the time to make the namespaces of a box go to its
 * network: tables of sysctls, a loopback device, and all of it taken down again. A box
 * without links (network.mode: none) changes nothing there that lasts, as long as it has
 * no rights over it: as root's box, whose user namespace does not own its network. So the
 * slot makes one, goes there, and its boxes are born in it.
 *
 * An ordinary user's box owns its network. So his slot has one made by a process that
 * makes a user namespace for it and ends, in which nobody is from then on, and holds the
 * network alone. A box is cloned in it, and its user namespace below that one, as that of
 * a box that joins another's network (box/below.h): what it can become there gives it no
 * right above. That is for boxes with one id, which need nobody to write their maps, and
 * without capabilities: with some a box could do things to a network of its own.
 *
 * What a job could leave are sockets (one that waits for its end, one that was handed to
 * a process outside), addresses that were talked to, counters. So what the kernel tells
 * of the network is noted when it is new and compared after each box, byte by byte:
 * devices and what went through them, sockets in use, counters of every protocol, flow
 * labels, users of a route of IPv6. Where anything differs the network goes, and the next
 * box gets another: who uses the network pays for it.
 *
 * That is all that a job without rights can leave. Bindings, listeners and memberships
 * end with their sockets, which are counted. Neighbours, path MTUs, TCP's metrics and
 * cookies, fragments, connections tracked come of packets: lo counts each, snmp those
 * without a route. Settings, rules, packet sockets need rights, and so does reading the
 * key of TCP Fast Open. IP ids and hash secrets are the machine's. What is sent after a
 * multicast group was left comes too late to be seen, so a new network is set up not to
 * send it (use_old_groups()).
 *
 * Left out are three numbers that the kernel tells of all networks together wherever it
 * is asked (sockstat_seq_show() in net/ipv4/proc.c): they are no trace of a job, and any
 * process of the machine changes them. The files are opened once for each network, and
 * hold it: going home closes them. */
#ifndef NOOK_JOB_IDLE_NET_H
#define NOOK_JOB_IDLE_NET_H

#include <stdbool.h>

struct plan;

#define IDLE_NET_ROOM 16384
#define IDLE_NET_FILES 8

/**
 * struct idle_net - The network that this process is in, or holds
 * @home:	Descriptor of the one that it came from; -1 = this process stays in that
 * @is_there:	There is one; @net: its descriptor where this process is not in it, or -1
 * @files:	What tells of it; -1 = not there
 * @was:	What they told when it was new
 */
struct idle_net {
	int home;
	bool is_there;
	int net;
	int files[IDLE_NET_FILES];
	char was[IDLE_NET_ROOM];
};

/** idle_net_open() - @home: where to put that descriptor */
void idle_net_open(struct idle_net *k, int home);
/** idle_net_enter() - Before a box: where its plan wants an empty network and may have
 * this one, @pl is changed to be born in it; else this process goes home. Return: for
 * struct box_wish.net */
int idle_net_enter(struct idle_net *k, struct plan *pl);
/** idle_net_look() - After a box: let go of the network unless it is as if new */
void idle_net_look(struct idle_net *k);

#endif
