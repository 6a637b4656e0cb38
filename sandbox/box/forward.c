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

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/sys.h"
#include "box/enter.h"
#include "box/forward_inner.h"
#include "box/rights.h"
#include "box/sync.h"

#define FDS_PER_FLOW 6
#define FDS_BESIDE   128 /* ports, epoll */
#define CLIENTS_MOST 256 /* of UDP, for each port */
#define LINGER_NS    1000000000ull
#define EVENTS	     64

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
		union forward_address a;
		socklen_t len;

		if (!f->to[i].family || d->tried & 1u << i)
			continue;
		d->tried |= (uint8_t)(1u << i);
		fd = socket(i ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
			    0);
		if (fd < 0)
			return -1;
		len = forward_address(&a, i, f->to[i].addr, port);
		if (connect(fd, &a.any, len) == 0 || errno == EINPROGRESS)
			return fd_take(&fd);
	}
	errno = ECONNREFUSED;
	return -1;
}

/* Whether there is room for another connection */
static bool is_listening(const struct forwarder *f)
{
	return !f->pause_until && f->flows < f->most;
}

void forward_listening(struct forwarder *f)
{
	uint32_t events = is_listening(f) ? EPOLLIN : 0;

	for (struct forward_port *p = f->port; p; p = p->next)
		if (!p->udp && p->watch.fd >= 0)
			watch_set(f, &p->watch, events);
}

int forward_watch_ports(struct forwarder *f)
{
	for (struct forward_port *p = f->port; p; p = p->next)
		if ((p->udp || is_listening(f)) && watch_set(f, &p->watch, EPOLLIN) < 0)
			return -1;
	return 0;
}

static int close_others(const struct forwarder *f, int netns)
{
	auto_free int *keep = NULL;
	size_t n = 2;

	for (const struct forward_port *p = f->port; p; p = p->next)
		n++;
	keep = calloc(n, sizeof(*keep));
	n = 0;

	if (!keep)
		return -1;
	keep[n++] = f->sock;
	if (netns >= 0)
		keep[n++] = netns;
	for (const struct forward_port *p = f->port; p; p = p->next)
		keep[n++] = p->watch.fd;
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
 * nothing to be, have a quarter of it at most, and each port its own share; a port that
 * came before others keeps the one it had */
void forward_share(struct forwarder *f)
{
	size_t room = 0, udp = 0;
	struct rlimit r;

	for (const struct forward_port *p = f->port; p; p = p->next)
		udp += p->udp;
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
	if (forward_obey(f))
		return;
	watch_set(f, w, 0); /* not closed: that tells the keeper that we have ended */
	f->ending = true;
	f->end_at = f->now + LINGER_NS;
	for (struct forward_port *p = f->port; p; p = p->next)
		watch_close(&p->watch);
	tcp_ending(f);
}

/* Milliseconds until there is something to do that no descriptor tells of */
static int patience(struct forwarder *f)
{
	if (f->ending)
		return f->end_at > f->now ? (int)((f->end_at - f->now) / 1000000) + 1 : 0;
	if (f->pause_until && f->now >= f->pause_until) {
		f->pause_until = 0;
		forward_listening(f);
	}
	if (f->pause_until)
		return (int)((f->pause_until - f->now) / 1000000) + 1;
	return udp_expire(f) ? 10000 : -1;
}

static void serve(struct forwarder *f)
{
	struct epoll_event ev[EVENTS];

	f->now = clock_ns(CLOCK_MONOTONIC);
	while (!f->ending || (f->flows && f->now < f->end_at)) {
		int n = epoll_wait(f->epoll, ev, EVENTS, patience(f));

		f->now = clock_ns(CLOCK_MONOTONIC);
		for (int i = 0; i < n; i++) {
			struct watch *w = ev[i].data.ptr;

			if (w->fd >= 0)
				w->on(f, w, ev[i].events);
		}
		tcp_free(f);
		forward_free_ports(f);
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
	forward_share(f);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0 || watch_set(f, keeper, EPOLLIN) < 0)
		return err_sys(e, "cannot wait for connections");
	if (forward_watch_ports(f) < 0)
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
	return f->port ? forward_begin(f, to, e) : 0;
}

int forward_begin(struct forward *f, const struct forward_to *to, struct err *e)
{
	pid_t keeper = getpid();
	auto_fd ours = -1, theirs = -1;
	int pair[2];

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
	forward_close_ports(f);
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

void forward_kill(struct forward *f)
{
	if (!f->pid)
		return;
	kill(f->pid, SIGKILL);
	while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(fd_take(&f->sock));
	f->pid = 0;
}

int forward_end(struct forward *f)
{
	struct pollfd p = { .fd = f->sock, .events = POLLIN };
	int status = 0;
	bool gone;
	char byte;

	forward_close_ports(f);
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
