// SPDX-License-Identifier: GPL-3.0-or-later
/* forward_udp.c - datagrams to published ports, and the answers
 *
 * Theory of operation. UDP has no connections, so a client is whoever sends from an
 * address of its own: each has a socket connected to the box, and what the box sends to
 * that goes back to it, from the address to which the client had sent (recvmsg(2) says
 * which, sendmsg(2) takes it). A client that was silent for as long as a NAT remembers
 * one is forgotten; where a port has too many, it is the one of them that was silent
 * longest: a flood at one port leaves the clients of another alone.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/forward_inner.h"

#define SILENCE_NS 180000000000ull /* what conntrack gives a stream of UDP */

/** union address - Whose a datagram is */
union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/** union local - Ancillary data that say which address of ours it came to */
union local {
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct cmsghdr align;
};

/**
 * struct client - Who sent a datagram
 * @watch:	Socket to the box; fd -1 = this place is free
 * @seen:	CLOCK_MONOTONIC ns of the last datagram of either direction
 */
struct client {
	struct watch watch;
	struct forward_port *port;
	union address from;
	socklen_t from_len;
	union local to;
	socklen_t to_len;
	struct dial dial;
	uint64_t seen;
};

struct clients {
	size_t count;
	struct client client[];
};

int udp_listen(int fd, bool is_v6)
{
	const int yes = 1;

	return is_v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes))
		     : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes));
}

/* The answer takes the way that the routes say. Only a link-local address is of one link
 * alone. */
static socklen_t answer_from(union local *to, struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	*to = (union local){ { 0 } };
	if (!c || c->cmsg_len > sizeof(to->bytes))
		return 0;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo *i = (struct in_pktinfo *)(void *)CMSG_DATA(c);

		i->ipi_ifindex = 0;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo *i = (struct in6_pktinfo *)(void *)CMSG_DATA(c);

		if (!IN6_IS_ADDR_LINKLOCAL(&i->ipi6_addr))
			i->ipi6_ifindex = 0;
	} else {
		return 0;
	}
	memcpy(to->bytes, c, c->cmsg_len);
	return (socklen_t)CMSG_SPACE(c->cmsg_len - CMSG_LEN(0));
}

/* Return: 0, -1 when the box is not to be had */
static int redial(struct forwarder *f, struct client *c)
{
	watch_close(&c->watch);
	c->watch.fd = forward_dial(f, &c->dial, SOCK_DGRAM, c->port->box_port);
	return c->watch.fd < 0 ? -1 : watch_set(f, &c->watch, EPOLLIN);
}

/* Nobody listens at that address of the box, as the kernel says after a datagram to it:
 * the next ones go to the other. Both are tried anew once neither was any good. */
static void refused(struct forwarder *f, struct client *c)
{
	if (redial(f, c) == 0)
		return;
	c->dial.tried = 0;
	redial(f, c);
}

static void on_answer(struct forwarder *f, struct watch *w, uint32_t events)
{
	struct client *c = (struct client *)w;

	(void)events;
	for (int turn = 0; turn < FORWARD_BURST; turn++) {
		struct iovec part = { .iov_base = f->room };
		struct msghdr msg = {
			.msg_name = &c->from,
			.msg_namelen = c->from_len,
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = c->to_len ? c->to.bytes : NULL,
			.msg_controllen = c->to_len,
		};
		ssize_t n = recv(c->watch.fd, f->room, sizeof(f->room), 0);

		if (n < 0) {
			if (errno == ECONNREFUSED)
				refused(f, c);
			return;
		}
		part.iov_len = (size_t)n;
		c->seen = f->now;
		/* One that there is no room for is lost, as on any other way */
		sendmsg(c->port->watch.fd, &msg, MSG_DONTWAIT);
	}
}

static bool is_client(const struct client *c, const struct client *like)
{
	return c->watch.fd >= 0 && c->from_len == like->from_len &&
	       c->to_len == like->to_len &&
	       !memcmp(&c->from, &like->from, like->from_len) &&
	       !memcmp(&c->to, &like->to, like->to_len);
}

static struct clients *clients_new(size_t count)
{
	struct clients *all = calloc(1, sizeof(*all) + count * sizeof(all->client[0]));

	if (!all)
		return NULL;
	all->count = count;
	for (size_t i = 0; i < count; i++)
		all->client[i].watch.fd = -1;
	return all;
}

/* Who sent this, a new one where it is nobody known. Return: NULL = no way to the box */
static struct client *find_client(struct forwarder *f, const struct client *like)
{
	struct forward_port *p = like->port;
	struct client *c, *oldest = NULL;

	if (!p->clients)
		p->clients = clients_new(f->clients);
	if (!p->clients)
		return NULL;
	for (size_t i = 0; i < p->clients->count; i++) {
		c = &p->clients->client[i];
		if (is_client(c, like))
			return c;
		if (!oldest || (oldest->watch.fd >= 0 &&
				(c->watch.fd < 0 || c->seen < oldest->seen)))
			oldest = c;
	}
	watch_close(&oldest->watch);
	*oldest = *like;
	return redial(f, oldest) < 0 ? NULL : oldest;
}

void udp_receive(struct forwarder *f, struct watch *w, uint32_t events)
{
	struct forward_port *p = (struct forward_port *)w;

	(void)events;
	for (int turn = 0; turn < FORWARD_BURST; turn++) {
		struct iovec part = { .iov_base = f->room, .iov_len = sizeof(f->room) };
		union local control;
		struct client like = {
			.watch = { .fd = -1, .on = on_answer },
			.port = p,
			.dial = { .is_v6 = p->is_v6 },
		};
		struct msghdr msg = {
			.msg_name = &like.from,
			.msg_namelen = sizeof(like.from),
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		struct client *c;
		ssize_t n = recvmsg(p->watch.fd, &msg, MSG_DONTWAIT);

		if (n < 0)
			return;
		like.from_len = msg.msg_namelen;
		like.to_len = answer_from(&like.to, &msg);
		c = find_client(f, &like);
		if (!c)
			continue;
		c->seen = f->now;
		if (send(c->watch.fd, f->room, (size_t)n, MSG_DONTWAIT) < 0 &&
		    errno == ECONNREFUSED) {
			/* said of an earlier one; this one is still to be sent */
			refused(f, c);
			send(c->watch.fd, f->room, (size_t)n, MSG_DONTWAIT);
		}
	}
}

static bool port_expire(const struct forwarder *f, struct clients *all)
{
	bool any = false;

	for (size_t i = 0; all && i < all->count; i++) {
		struct client *c = &all->client[i];

		if (c->watch.fd >= 0 && f->now - c->seen > SILENCE_NS)
			watch_close(&c->watch);
		any |= c->watch.fd >= 0;
	}
	return any;
}

bool udp_expire(struct forwarder *f)
{
	bool any = false;

	for (const struct forward_port *p = f->port; p; p = p->next)
		any |= port_expire(f, p->clients);
	return any;
}

void udp_forget(struct forward_port *p)
{
	for (size_t i = 0; p->clients && i < p->clients->count; i++)
		watch_close(&p->clients->client[i].watch);
}
