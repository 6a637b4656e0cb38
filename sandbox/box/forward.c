// SPDX-License-Identifier: GPL-3.0-or-later
/* forward.c - the process that serves published ports: who it is, and its loop
 *
 * Theory of operation. The keeper opens the ports before anything of the box is made: one
 * that is taken is an error while an error costs nothing. It then forks the forwarder,
 * one for each box that publishes, and keeps no port itself: inside inherits none.
 *
 *	keeper				forwarder
 *	forward_listen()
 *	forward_start()		fork
 *	forward_enter()		->	STEP_MAPPED with the box's network namespace,
 *					where that is to be joined
 *	  (builds the box)		joins that, or the router's; drops all rights
 *				<-	STEP_READY or STEP_FAILED
 *	forward_ready()			copies (forward_tcp.c, forward_udp.c)
 *	  (the box has ended)
 *	forward_end()		->	end of file: takes no more, lets what the box has
 *					sent arrive at the clients, ends
 *
 * It dies with its keeper: by the parent-death signal, armed first and after its ids and
 * namespaces are the last, and by end of file. What it has left by then are its sockets:
 * no other descriptor, no capability, root's user id neither, no file where the kernel
 * has Landlock. It reads nothing of what it copies.
 *
 * A box on a network is reached from its router, one whose link pasta serves from its own
 * network namespace, as no port of it leads out. There it is the address of that link as
 * well: what listens on the box's loopback alone is not published.
 *
 * A client's address is not seen in the box: connections come from the router. In return
 * the host's loopback works like any other address, IPv6 leads to a box that has none,
 * and nothing of the host's packet filter is touched.
 */
#include "box/forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "box/enter.h"
#include "box/forward_inner.h"
#include "box/rights.h"
#include "box/sync.h"

#define BACKLOG	     1024
#define FDS_PER_FLOW 6
#define FDS_BESIDE   128 /* ports, epoll */
#define CLIENTS_MOST 256 /* of UDP, for each port */
#define LINGER_NS    1000000000ull
#define EVENTS	     64

/* --- ports ------------------------------------------------------------------------- */

static void say_port(const struct plan *pl, const struct plan_publish *p, struct err *e)
{
	int code = errno;

	err_sys(e, "cannot publish port %u/%s on '%s' (%s)", p->host_port,
		p->udp ? "udp" : "tcp", p->address ? plan_text(pl, p->address) : "*",
		plan_text(pl, p->origin));
	if (code == EADDRINUSE)
		err_hint(e,
			 "another program has it, or another box: 'ss -%slnp' shows "
			 "which",
			 p->udp ? "u" : "t");
	else if (code == EADDRNOTAVAIL)
		err_hint(e,
			 "it must be an address of this host: 'ip address' shows them");
	else if (code == EACCES)
		err_hint(e, "ports below net.ipv4.ip_unprivileged_port_start are root's: "
			    "publish on a higher one");
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t fill_address(union address *a, bool is_v6, const void *raw,
			      uint16_t port)
{
	*a = (union address){ .any = { .sa_family = is_v6 ? AF_INET6 : AF_INET } };
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
	union address a;
	socklen_t len = fill_address(&a, is_v6, raw, (uint16_t)p->host_port);

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

static int add_port(struct forward *f, const struct plan_publish *p, bool is_v6,
		    const void *raw)
{
	int fd = open_port(p, is_v6, raw);

	if (fd < 0)
		return -1;
	f->port[f->count++] = (struct forward_port){
		.watch = { .fd = fd, .on = p->udp ? udp_receive : tcp_accept },
		.box_port = (uint16_t)p->box_port,
		.udp = p->udp,
		.is_v6 = is_v6,
	};
	return 0;
}

static int add_publish(struct forward *f, const struct plan *pl,
		       const struct plan_publish *p)
{
	const char *text = plan_text(pl, p->address);
	unsigned char raw[sizeof(struct in6_addr)] = { 0 };
	bool is_v6 = strchr(text, ':');

	if (!p->address) {
		if (add_port(f, p, false, raw) < 0)
			return -1;
		/* A host without IPv6 has nobody who asks by it */
		return add_port(f, p, true, raw) < 0 && errno != EAFNOSUPPORT ? -1 : 0;
	}
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, text, raw) != 1) {
		errno = EINVAL;
		return -1;
	}
	return add_port(f, p, is_v6, raw);
}

static void close_ports(struct forward *f)
{
	for (size_t i = 0; i < f->count; i++)
		watch_close(&f->port[i].watch);
	free(f->port);
	f->port = NULL;
	f->count = 0;
}

int forward_listen(struct forward *f, const struct plan *pl, struct err *e)
{
	*f = (struct forward){ .sock = -1 };
	if (!pl->net.publish.count)
		return 0;
	f->port = calloc(pl->net.publish.count, 2 * sizeof(*f->port));
	if (!f->port)
		return err_set(e, "out of memory");
	for (const struct plan_publish *p = NULL;
	     (p = plan_each(pl, &pl->net.publish, p));)
		if (add_publish(f, pl, p) < 0) {
			say_port(pl, p, e);
			close_ports(f);
			return -1;
		}
	return 0;
}

/* --- the process ------------------------------------------------------------------- */

int watch_set(struct forwarder *f, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };
	int op = !w->events ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

	if (w->events == events)
		return 0;
	if (epoll_ctl(f->epoll, op, w->fd, &ev) < 0)
		return -1;
	w->events = events;
	return 0;
}

void watch_close(struct watch *w)
{
	if (w->fd >= 0)
		close(fd_take(&w->fd)); /* and so it leaves the epoll set */
	w->events = 0;
}

int forward_dial(const struct forwarder *f, struct dial *d, int type, uint16_t port)
{
	for (int n = 0; n < 2; n++) {
		int i = n ? !d->is_v6 : d->is_v6;
		auto_fd fd = -1;
		union address a;
		socklen_t len;

		if (!f->to[i].family || d->tried & 1u << i)
			continue;
		d->tried |= (uint8_t)(1u << i);
		fd = socket(i ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
			    0);
		if (fd < 0)
			return -1;
		len = fill_address(&a, i, f->to[i].addr, port);
		if (connect(fd, &a.any, len) == 0 || errno == EINPROGRESS)
			return fd_take(&fd);
	}
	errno = ECONNREFUSED;
	return -1;
}

void forward_listening(struct forwarder *f, bool on)
{
	for (size_t i = 0; i < f->count; i++)
		if (!f->port[i].udp && f->port[i].watch.fd >= 0)
			watch_set(f, &f->port[i].watch, on ? EPOLLIN : 0);
}

static int close_others(const struct forwarder *f, int netns)
{
	auto_free int *keep = calloc(f->count + 2, sizeof(*keep));
	size_t n = 0;

	if (!keep)
		return -1;
	keep[n++] = f->sock;
	if (netns >= 0)
		keep[n++] = netns;
	for (size_t i = 0; i < f->count; i++)
		keep[n++] = f->port[i].watch.fd;
	return rights_keep_fds(keep, n);
}

static int join(const struct forwarder *f, const struct forward_to *to, struct err *e)
{
	auto_fd netns = to->netns;
	struct sync_msg msg;

	if (to->later && (sync_recv(f->sock, &msg, &netns) != 1 || netns < 0))
		return err_set(e, "the keeper died");
	if (netns >= 0 && enter_netns(netns) < 0)
		return err_sys(e, "cannot join the network that the box is reached from");
	return 0;
}

/* As many connections as there is room for descriptors. Clients of UDP, which cost
 * nothing to be, have a quarter of it at most, and each port its own share */
static void raise_limit(struct forwarder *f)
{
	size_t room = 0, udp = 0;
	struct rlimit r;

	for (size_t i = 0; i < f->count; i++)
		udp += f->port[i].udp;
	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
		room = r.rlim_cur > FDS_BESIDE ? r.rlim_cur - FDS_BESIDE : 0;
	}
	f->clients = udp && room / 4 / udp ? room / 4 / udp : 1;
	if (f->clients > CLIENTS_MOST)
		f->clients = CLIENTS_MOST;
	room -= room > udp * f->clients ? udp * f->clients : room;
	f->most = room > FDS_PER_FLOW ? room / FDS_PER_FLOW : 1;
}

static void on_keeper(struct forwarder *f, struct watch *w, uint32_t events)
{
	(void)events;
	watch_set(f, w, 0); /* not closed: that tells the keeper that we have ended */
	f->ending = true;
	f->end_at = f->now + LINGER_NS;
	for (size_t i = 0; i < f->count; i++)
		watch_close(&f->port[i].watch);
	tcp_ending(f);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Milliseconds until there is something to do that no descriptor tells of */
static int patience(struct forwarder *f)
{
	if (f->ending)
		return f->end_at > f->now ? (int)((f->end_at - f->now) / 1000000) + 1 : 0;
	if (f->pause_until && f->now >= f->pause_until) {
		f->pause_until = 0;
		forward_listening(f, true);
	}
	if (f->pause_until)
		return (int)((f->pause_until - f->now) / 1000000) + 1;
	return udp_expire(f) ? 10000 : -1;
}

static void serve(struct forwarder *f)
{
	struct epoll_event ev[EVENTS];

	f->now = now_ns();
	while (!f->ending || (f->flows && f->now < f->end_at)) {
		int n = epoll_wait(f->epoll, ev, EVENTS, patience(f));

		f->now = now_ns();
		for (int i = 0; i < n; i++) {
			struct watch *w = ev[i].data.ptr;

			if (w->fd >= 0)
				w->on(f, w, ev[i].events);
		}
		tcp_free(f);
	}
}

static int get_ready(struct forwarder *f, struct watch *keeper,
		     const struct forward_to *to, struct err *e)
{
	if (close_others(f, to->netns) < 0)
		return err_sys(e, "cannot close descriptors");
	if (join(f, to, e) < 0)
		return -1;
	if (rights_drop(false) < 0)
		return err_sys(e, "cannot drop rights");
	raise_limit(f);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0 || watch_set(f, keeper, EPOLLIN) < 0)
		return err_sys(e, "cannot wait for connections");
	for (size_t i = 0; i < f->count; i++)
		if (watch_set(f, &f->port[i].watch, EPOLLIN) < 0)
			return err_sys(e, "cannot wait for connections");
	return 0;
}

/* Everything from here on is the forwarder's own process, which shares nothing but its
 * sockets with anybody */
static void forwarder_main(const struct forward *from, const struct forward_to *to,
			   int sock, pid_t keeper)
{
	struct forwarder *f = calloc(1, sizeof(*f));
	struct watch alive = { .fd = sock, .on = on_keeper };
	struct sync_msg msg = { .step = STEP_READY };

	rights_die_with(keeper);
	if (!f)
		_exit(1);
	prctl(PR_SET_NAME, "nook-forward", 0, 0, 0);
	f->sock = sock;
	f->to[0] = to->v4;
	f->to[1] = to->v6;
	f->port = from->port;
	f->count = from->count;
	if (get_ready(f, &alive, to, &msg.err) < 0)
		msg.step = STEP_FAILED;
	rights_die_with(keeper);
	if (sync_send(sock, &msg, -1) == 0 && msg.step == STEP_READY)
		serve(f);
	_exit(0);
}

/* --- the keeper's side -------------------------------------------------------------- */

int forward_start(struct forward *f, const struct forward_to *to, struct err *e)
{
	pid_t keeper = getpid();
	auto_fd ours = -1, theirs = -1;
	int pair[2];

	if (!f->count)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	f->pid = fork();
	if (f->pid < 0) {
		f->pid = 0;
		return err_sys(e, "cannot make the process that publishes ports");
	}
	if (!f->pid)
		forwarder_main(f, to, theirs, keeper);
	f->sock = fd_take(&ours);
	close_ports(f);
	return 0;
}

int forward_enter(struct forward *f, int netns, struct err *e)
{
	const struct sync_msg msg = { .step = STEP_MAPPED };

	if (!f->pid || !sync_send(f->sock, &msg, netns))
		return 0;
	return err_sys(e, "cannot publish ports: the process died");
}

int forward_ready(struct forward *f, struct err *e)
{
	struct sync_msg msg;
	int r;

	if (!f->pid)
		return 0;
	do
		r = sync_recv(f->sock, &msg, NULL);
	while (r < 0 && errno == EINTR);
	if (r == 1 && msg.step == STEP_READY)
		return 0;
	if (r == 1 && msg.step == STEP_FAILED)
		*e = msg.err;
	else
		err_set(e, "the process died");
	return err_wrap(e, "cannot publish ports: ");
}

int forward_end(struct forward *f)
{
	struct pollfd p = { .fd = f->sock, .events = POLLIN };
	int status = 0;
	bool gone;
	char byte;

	close_ports(f);
	if (!f->pid)
		return 0;
	/* Its end of the socket goes a moment before it can be waited for */
	gone = recv(f->sock, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
	shutdown(f->sock, SHUT_WR);
	while (poll(&p, 1, 2 * (int)(LINGER_NS / 1000000)) < 0 && errno == EINTR)
		;
	kill(f->pid, SIGKILL);
	while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(fd_take(&f->sock));
	f->pid = 0;
	return gone ? status : 0;
}
