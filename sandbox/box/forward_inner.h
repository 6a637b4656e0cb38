/* SPDX-License-Identifier: GPL-3.0-or-later */
/* forward_inner.h - what the files of the forwarder share */
#ifndef NOOK_BOX_FORWARD_INNER_H
#define NOOK_BOX_FORWARD_INNER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/nets.h"

#define FORWARD_BURST 32 /* of the same before others have their turn */
#define FORWARD_ROOM  65536
#define FORWARD_PIPES 8 /* that wait for the next who needs one */

struct forwarder;
struct flow;
struct clients;

/**
 * struct watch - A descriptor in the epoll set; the first member of what it belongs to
 * @fd:		-1 = it is closed: an event that was on its way means nothing
 * @events:	EPOLL* waited for; 0 = it is not in the set, so that no end of a
 *		connection that we cannot act on yet comes again and again
 */
struct watch {
	int fd;
	uint32_t events;
	void (*on)(struct forwarder *f, struct watch *w, uint32_t events);
};

/** struct forward_port - One listening socket; @clients: of UDP, NULL = none yet; @id: of
 * the port that was published, which may have one for each family */
struct forward_port {
	struct watch watch;
	struct forward_port *next;
	struct clients *clients;
	int id;
	uint16_t box_port;
	bool udp;
	bool is_v6;
};

/**
 * struct forwarder - The process
 * @to:		The box's IPv4 and IPv6 address; family 0 = none
 * @gone:	Ports that are published no more: freed as @dead are
 * @flow:	Connections that are open; @most of them at once, which may become fewer
 *		than there are
 * @dead:	Closed ones: freed when no event can name them any more
 * @pipe:	Empty ones, @pipes of them
 * @clients:	So many clients of UDP each port may have at once
 * @pause_until: CLOCK_MONOTONIC ns until which no connection is taken: the machine has
 *		no room; 0 = none
 * @ending:	The box has ended, and we do at @end_at
 * @room:	One datagram
 */
struct forwarder {
	int epoll, sock;
	struct net_prefix to[2];
	struct forward_port *port, *gone;
	struct flow *flow, *dead;
	size_t flows, most;
	int pipe[FORWARD_PIPES][2];
	size_t pipes;
	size_t clients;
	uint64_t now, pause_until, end_at;
	bool ending;
	char room[FORWARD_ROOM];
};

/** watch_set() - Wait for these events of a descriptor. Return: 0, -1 and errno */
int watch_set(struct forwarder *f, struct watch *w, uint32_t events);
/** watch_close() - Close its descriptor, once */
void watch_close(struct watch *w);

/** struct dial - What was tried to reach the box: a bit for each of struct forwarder.to;
 * @is_v6: begin with that family, which is the client's */
struct dial {
	bool is_v6;
	uint8_t tried;
};

/**
 * forward_dial() - A socket connected to the box, or about to be, by an address that was
 * not tried yet: of the client's own family, then of the other one, since many a program
 * listens on one alone
 *
 * Return: descriptor; -1 and errno, ECONNREFUSED where nothing is left to try
 */
int forward_dial(const struct forwarder *f, struct dial *d, int type, uint16_t port);

/** forward_listening() - Take connections where there is room, else leave them waiting:
 * after @flows, @most or @pause_until have changed */
void forward_listening(struct forwarder *f);

/** forward_watch_ports() - Wait for who comes to a port, where there is room. Return: 0,
 * -1 and errno */
int forward_watch_ports(struct forwarder *f);
/** forward_share() - Reckon how much there is room for, as the ports are now */
void forward_share(struct forwarder *f);

/* forward_ports.c */

union forward_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/** forward_address() - An address of 4 or 16 bytes and a port. Return: its length */
socklen_t forward_address(union forward_address *a, bool is_v6, const void *raw,
			  uint16_t port);
/** forward_obey() - There is word on the keeper's socket: do what it orders. Return:
 * false where it was the end */
bool forward_obey(struct forwarder *f);
/** forward_free_ports() - Free those that are gone; no event is left to look at */
void forward_free_ports(struct forwarder *f);

/* forward_tcp.c */

/** tcp_accept() - A TCP port has connections */
void tcp_accept(struct forwarder *f, struct watch *w, uint32_t events);
/** tcp_ending() - The box has ended: connections end with what it had sent */
void tcp_ending(struct forwarder *f);
/** tcp_free() - Free what was closed; no event of epoll_wait(2) is left to look at */
void tcp_free(struct forwarder *f);

/* forward_udp.c */

/** udp_receive() - A UDP port has datagrams */
void udp_receive(struct forwarder *f, struct watch *w, uint32_t events);
/** udp_listen() - Have the kernel tell to which address of ours a datagram came: answers
 * come from there. Return: 0, -1 and errno */
int udp_listen(int fd, bool is_v6);
/** udp_expire() - Forget clients that were silent for long. Return: whether there are any
 * left */
bool udp_expire(struct forwarder *f);
/** udp_forget() - Nobody is a client of a port any more */
void udp_forget(struct forward_port *p);

#endif
