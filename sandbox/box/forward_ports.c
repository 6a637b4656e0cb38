// SPDX-License-Identifier: GPL-3.0-or-later
/* forward_ports.c - listening sockets of published ports: opened, added, taken away
 *
 * Theory of operation. The keeper opens those of the plan, and the forwarder inherits
 * them. While the box runs a worker (box/changing.h) opens more, where an error still
 * costs nothing, and hands them to the forwarder on the keeper's end of its socket. Each
 * order brings an end of a pair for its answer, so that no answer can be taken for that
 * to another, and none is left over from a worker that was killed:
 *
 *	worker				forwarder
 *	STEP_PUBLISH		->	which, the port of the box, and the sockets
 *	STEP_UNPUBLISH		->	which: no new connections; open ones go on
 *	STEP_LEND		->	which: its sockets, for one in its place
 *	STEP_LEAD		->	the addresses that the box has from now on
 *				<-	STEP_READY, or STEP_FAILED and why
 *
 * Which is the place of the record in the plan: what is new in a plan lies behind all
 * that was ever in it, so no other port has it. A port that takes another's place on the
 * host has the same sockets, so that the place is never free between the two: nobody else
 * can have it then, and to take the change back is to take the new port away.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parcel.h"
#include "base/sealed.h"
#include "box/forward.h"
#include "box/forward_inner.h"
#include "box/store.h"
#include "box/sync.h"

#define BACKLOG	    1024
#define PATIENCE_MS 5000 /* for the forwarder */

/* One address, or both families where the plan names none */
enum { ANSWER, SOCKETS, ORDER_FDS = SOCKETS + 2 };

/* --- sockets ------------------------------------------------------------------------ */

/** struct taker - Which other box publishes a port already; name "" = none */
struct taker {
	const struct plan *plan;
	const struct plan_publish *port;
	char name[sizeof(((struct record *)0)->name)];
};

static bool is_taken_in(const struct plan *pl, const struct taker *t)
{
	const struct plan_publish *mine = t->port;

	for (const struct plan_publish *p = NULL;
	     (p = plan_each(pl, &pl->net.publish, p)) && p != mine;)
		if (p->host_port == mine->host_port && !p->udp == !mine->udp &&
		    (!p->address || !mine->address ||
		     !strcmp(plan_text(pl, p->address),
			     plan_text(t->plan, mine->address))))
			return true;
	return false;
}

static void find_taker(const struct record *rec, const struct plan *pl, void *arg)
{
	struct taker *t = arg;

	if (rec->keeper != getpid() && is_taken_in(pl, t))
		snprintf(t->name, sizeof(t->name), "%s", store_name(rec));
}

static void say_taken(const struct plan *pl, const struct plan_publish *p, struct err *e)
{
	struct taker t = { .plan = pl, .port = p };

	if (is_taken_in(pl, &t))
		err_hint(e, "this box publishes it twice");
	else if (store_each(find_taker, &t, NULL) > 0 && t.name[0])
		err_hint(e, "box '%s' publishes it", t.name);
	else
		err_hint(e, "another program has it: 'ss -%slnp' shows which",
			 p->udp ? "u" : "t");
}

static void say_port(const struct plan *pl, const struct plan_publish *p, struct err *e)
{
	int code = errno;

	err_sys(e, "cannot publish port %u/%s on '%s' (%s)", p->host_port,
		p->udp ? "udp" : "tcp", p->address ? plan_text(pl, p->address) : "*",
		plan_text(pl, p->origin));
	if (code == EADDRINUSE)
		say_taken(pl, p, e);
	else if (code == EADDRNOTAVAIL)
		err_hint(e,
			 "it must be an address of this host: 'ip address' shows them");
	else if (code == EACCES)
		err_hint(e, "ports below net.ipv4.ip_unprivileged_port_start are root's: "
			    "publish on a higher one");
}

socklen_t forward_address(union forward_address *a, bool is_v6, const void *raw,
			  uint16_t port)
{
	*a = (union forward_address){ .any = { .sa_family =
						       is_v6 ? AF_INET6 : AF_INET } };
	if (is_v6) {
		memcpy(&a->v6.sin6_addr, raw, sizeof(a->v6.sin6_addr));
		a->v6.sin6_port = htons(port);
		return sizeof(a->v6);
	}
	memcpy(&a->v4.sin_addr, raw, sizeof(a->v4.sin_addr));
	a->v4.sin_port = htons(port);
	return sizeof(a->v4);
}

/* Each family has sockets of its own, so that the answer to "who has this port" is the
 * same for both. Return: descriptor, -1 and errno */
static int open_port(const struct plan_publish *p, bool is_v6, const void *raw)
{
	int family = is_v6 ? AF_INET6 : AF_INET, type = p->udp ? SOCK_DGRAM : SOCK_STREAM;
	auto_fd fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int yes = 1;
	union forward_address a;
	socklen_t len = forward_address(&a, is_v6, raw, (uint16_t)p->host_port);

	if (fd < 0)
		return -1;
	if (is_v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) < 0)
		return -1;
	/* TCP: connections of an earlier box that are not forgotten yet are no reason */
	if (!p->udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
		return -1;
	if (p->udp && udp_listen(fd, is_v6) < 0)
		return -1;
	if (bind(fd, &a.any, len) < 0 || (!p->udp && listen(fd, BACKLOG) < 0))
		return -1;
	return fd_take(&fd);
}

/* @p's own address, or all of both families. Return: how many are in @fd; -1 and errno */
static int open_all(const struct plan *pl, const struct plan_publish *p, int fd[2])
{
	const char *text = plan_text(pl, p->address);
	unsigned char raw[sizeof(struct in6_addr)] = { 0 };
	bool is_v6 = strchr(text, ':');

	if (p->address && inet_pton(is_v6 ? AF_INET6 : AF_INET, text, raw) != 1) {
		errno = EINVAL;
		return -1;
	}
	fd[0] = open_port(p, is_v6, raw);
	if (fd[0] < 0 || p->address)
		return fd[0] < 0 ? -1 : 1;
	fd[1] = open_port(p, true, raw);
	if (fd[1] >= 0)
		return 2;
	/* A host without IPv6 has nobody who asks by it */
	if (errno == EAFNOSUPPORT)
		return 1;
	close(fd_take(&fd[0]));
	return -1;
}

/* Take over a socket. Return: 0, -1: no memory */
static int add_port(struct forward_port **list, int fd, int id, int box_port)
{
	struct forward_port *port = calloc(1, sizeof(*port));
	int type = 0, family = 0;
	socklen_t len = sizeof(int);

	if (!port) {
		close(fd);
		return -1;
	}
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len);
	*port = (struct forward_port){
		.watch = { .fd = fd,
			   .on = type == SOCK_DGRAM ? udp_receive : tcp_accept },
		.next = *list,
		.id = id,
		.box_port = (uint16_t)box_port,
		.udp = type == SOCK_DGRAM,
		.is_v6 = family == AF_INET6,
	};
	*list = port;
	return 0;
}

/* --- in the keeper ------------------------------------------------------------------ */

void forward_close_ports(struct forward *f)
{
	while (f->port) {
		struct forward_port *p = f->port;

		f->port = p->next;
		watch_close(&p->watch);
		free(p);
	}
}

static int listen_one(struct forward *f, const struct plan *pl,
		      const struct plan_publish *p, struct err *e)
{
	int fd[2], n = open_all(pl, p, fd), failed = 0;

	if (n < 0) {
		say_port(pl, p, e);
		return -1;
	}
	for (int i = 0; i < n; i++)
		failed |= add_port(&f->port, fd[i], (int)plan_ref_of(pl, p),
				   (int)p->box_port);
	return failed ? err_set(e, "out of memory") : 0;
}

int forward_listen(struct forward *f, const struct plan *pl, struct err *e)
{
	*f = (struct forward){ .sock = -1 };
	for (const struct plan_publish *p = NULL;
	     (p = plan_each(pl, &pl->net.publish, p));)
		if (listen_one(f, pl, p, e) < 0) {
			forward_close_ports(f);
			return -1;
		}
	return 0;
}

/* --- in a worker -------------------------------------------------------------------- */

/* @lent: what comes along, or NULL */
static int hear(int sock, struct parcel *lent, struct err *e)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct parcel none = { .count = 0 };
	struct sync_msg msg;
	int r;

	do
		r = poll(&p, 1, PATIENCE_MS);
	while (r < 0 && errno == EINTR);
	if (!r)
		return err_set(e, "the process that publishes ports does not answer");
	if (sync_recv_all(sock, &msg, lent ? lent : &none) != 1)
		return err_set(e, "the process that publishes ports did not take it");
	if (msg.step != STEP_FAILED)
		return 0;
	*e = msg.err;
	return -1;
}

/** struct order - @fd: ORDER_FDS of them, @count with ANSWER, for which there is room;
 * @lent: as hear() */
struct order {
	struct sync_msg msg;
	int fd[ORDER_FDS], count;
	struct parcel *lent;
};

static int say_unsent(struct err *e)
{
	if (errno != EPIPE && errno != ECONNRESET && errno != ENOTCONN)
		return err_sys(e, "cannot tell the process that publishes ports");
	err_set(e, "the process that publishes ports has ended");
	e->code = EPIPE;
	return -1;
}

static int order(int sock, struct order *o, struct err *e)
{
	auto_fd ours = -1, theirs = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	o->fd[ANSWER] = theirs;
	if (sync_send_all(sock, &o->msg, o->fd, o->count) < 0)
		return say_unsent(e);
	close(fd_take(&theirs));
	return hear(ours, o->lent, e);
}

/* Return: how many sockets of a port that is there are in @fd; -1 and @e */
static int borrow(int sock, plan_ref from, int *fd, struct err *e)
{
	struct parcel lent = { .count = ORDER_FDS - SOCKETS };
	struct order o = { .msg = { .step = STEP_LEND, .value = (int)from },
			   .count = SOCKETS,
			   .lent = &lent };

	if (order(sock, &o, e) < 0)
		return -1;
	for (int i = 0; i < lent.count; i++)
		fd[i] = fd_take(&lent.fd[i]);
	return lent.count;
}

int forward_add(int sock, const struct plan *pl, const struct plan_publish *p,
		plan_ref from, struct err *e)
{
	struct order o = { .msg = { .step = STEP_PUBLISH,
				    .value = (int)plan_ref_of(pl, p),
				    .code = (int)p->box_port } };
	int n = from ? borrow(sock, from, o.fd + SOCKETS, e) : 0, r;

	if (n < 0)
		return err_wrap(e, "cannot publish a port: ");
	if (!n)
		n = open_all(pl, p, o.fd + SOCKETS);
	if (n < 0) {
		say_port(pl, p, e);
		return -1;
	}
	o.count = SOCKETS + n;
	r = order(sock, &o, e);
	fd_close_all(o.fd + SOCKETS, (size_t)n);
	return r < 0 ? err_wrap(e, "cannot publish a port: ") : 0;
}

/* They are more than a message holds */
int forward_lead(int sock, const struct net_prefix *v4, const struct net_prefix *v6,
		 struct err *e)
{
	const struct net_prefix to[2] = { *v4, *v6 };
	const struct iovec both = { (void *)to, sizeof(to) };
	struct order o = { .msg = { .step = STEP_LEAD }, .count = SOCKETS + 1 };
	auto_fd packed = sealed_make("nook-lead", &both, 1);

	if (packed < 0)
		return err_sys(e, "cannot tell where ports lead");
	o.fd[SOCKETS] = packed;
	return order(sock, &o, e);
}

int forward_drop(int sock, plan_ref which, struct err *e)
{
	struct order o = { .msg = { .step = STEP_UNPUBLISH, .value = (int)which },
			   .count = SOCKETS };

	return order(sock, &o, e);
}

/* --- in the forwarder --------------------------------------------------------------- */

/* Events that are on their way may still name it. Another port may have the same socket:
 * then it does not leave the epoll set by being closed */
static void drop_ports(struct forwarder *f, int id)
{
	for (struct forward_port **at = &f->port; *at;) {
		struct forward_port *p = *at;

		if (p->id != id) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		watch_set(f, &p->watch, 0);
		watch_close(&p->watch);
		udp_forget(p);
		p->next = f->gone;
		f->gone = p;
	}
}

static int take_ports(struct forwarder *f, const struct sync_msg *msg, struct parcel *p,
		      struct err *e)
{
	int failed = 0;

	if (p->cut)
		return err_set(e, "there are too many open files");
	for (int i = SOCKETS; i < p->count; i++)
		failed |= add_port(&f->port, fd_take(&p->fd[i]), msg->value, msg->code);
	if (!failed && forward_watch_ports(f) == 0)
		return 0;
	drop_ports(f, msg->value);
	return err_set(e, "out of memory");
}

/* Return: how many sockets of a port are in @fd */
static int find_sockets(const struct forwarder *f, int id, int fd[2])
{
	int n = 0;

	for (const struct forward_port *p = f->port; p && n < 2; p = p->next)
		if (p->id == id && p->watch.fd >= 0)
			fd[n++] = p->watch.fd;
	return n;
}

/* Who is a client of UDP has sockets to where the box was */
static int take_addresses(struct forwarder *f, int fd, struct err *e)
{
	size_t size;
	void *to = sealed_map(fd, &size);

	if (!to || size != sizeof(f->to))
		return err_set(e, "cannot tell where ports lead");
	memcpy(f->to, to, sizeof(f->to));
	munmap(to, size);
	for (struct forward_port *p = f->port; p; p = p->next)
		udp_forget(p);
	return 0;
}

bool forward_obey(struct forwarder *f)
{
	struct parcel p = { .count = ORDER_FDS };
	struct sync_msg msg, answer = { .step = STEP_READY };
	int lent[2], n = 0;

	if (sync_recv_all(f->sock, &msg, &p) != 1)
		return false;
	if (msg.step == STEP_LEND)
		n = find_sockets(f, msg.value, lent);
	if (msg.step == STEP_UNPUBLISH)
		drop_ports(f, msg.value);
	else if (msg.step == STEP_PUBLISH && take_ports(f, &msg, &p, &answer.err) < 0)
		answer.step = STEP_FAILED;
	else if (msg.step == STEP_LEAD &&
		 take_addresses(f, p.fd[SOCKETS], &answer.err) < 0)
		answer.step = STEP_FAILED;
	forward_share(f);
	forward_listening(f);
	if (p.fd[ANSWER] >= 0)
		sync_send_all(p.fd[ANSWER], &answer, lent, n);
	parcel_close(&p);
	return true;
}

void forward_free_ports(struct forwarder *f)
{
	while (f->gone) {
		struct forward_port *p = f->gone;

		f->gone = p->next;
		free(p->clients);
		free(p);
	}
}
