/* SPDX-License-Identifier: GPL-3.0-or-later */
/* forward.h - ports of the host that lead to ports of the box (network.publish) */
#ifndef NOOK_BOX_FORWARD_H
#define NOOK_BOX_FORWARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/nets.h"
#include "plan.h"

struct err;
struct forward_port;

/**
 * struct forward - The keeper's side: the ports, and the process that serves them
 * @port:	Listening sockets, until there is a process that has them
 * @pid:	0 = none
 * @sock:	To the process; its end is the process's
 */
struct forward {
	struct forward_port *port;
	pid_t pid;
	int sock;
};

/**
 * struct forward_to - Where the box is
 * @v4, @v6:	Its addresses, family 0 = none
 * @netns:	The network namespace from which they are reached; -1 = the caller's
 * @later:	It is the box's own, which is not there yet: forward_enter() tells
 */
struct forward_to {
	struct net_prefix v4, v6;
	int netns;
	bool later;
};

/** forward_listen() - Open all ports that the plan publishes, in this network namespace.
 * A port in use, or one that this user may not have, is an error. Return: 0, -1 and @e */
int forward_listen(struct forward *f, const struct plan *pl, struct err *e);
/** forward_start() - Make the process, and give it the ports; nothing where there are
 * none. It gets ready by itself. Return: 0, -1 and @e */
int forward_start(struct forward *f, const struct forward_to *to, struct err *e);
/** forward_begin() - The same without any port yet, for a box that runs */
int forward_begin(struct forward *f, const struct forward_to *to, struct err *e);
/** forward_enter() - The network namespace is there; harmless where there is no process.
 * Return: 0, -1 and @e */
int forward_enter(struct forward *f, int netns, struct err *e);
/** forward_ready() - Wait until it serves. Return: 0, -1 and @e */
int forward_ready(struct forward *f, struct err *e);
/** forward_close_ports() - Close what forward_listen() has opened (forward_ports.c) */
void forward_close_ports(struct forward *f);
/** forward_kill() - End a process that serves nothing yet; harmless where there is
 * none */
void forward_kill(struct forward *f);

/*
 * For who changes a box that runs (box/changing.h), with a copy of the keeper's @sock, in
 * the keeper's network namespace. They wait for the process, some seconds at most.
 */

/** forward_add() - Open a port of @pl and have it served. @from: the port that is served
 * in the same place of the host and whose sockets it has too, by its plan_ref_of(); 0 =
 * none. Return: 0, -1 and @e */
int forward_add(int sock, const struct plan *pl, const struct plan_publish *p,
		plan_ref from, struct err *e);
/** forward_lead() - The box has other addresses: connections to come go there. Return: 0,
 * -1 and @e, with EPIPE where the process has ended */
int forward_lead(int sock, const struct net_prefix *v4, const struct net_prefix *v6,
		 struct err *e);
/** forward_drop() - Serve a port no more, by its plan_ref_of(); connections that are open
 * go on. Harmless where it is not served. Return: 0, -1 and @e, with EPIPE where the
 * process has ended */
int forward_drop(int sock, plan_ref which, struct err *e);

/**
 * forward_end() - The box has ended: what it wrote still goes to the clients, for at most
 * a second; then end the process. Harmless where there is none, and in any state
 *
 * Return: the raw wait status of a process that had ended before it was to, else 0
 */
int forward_end(struct forward *f);

#endif
