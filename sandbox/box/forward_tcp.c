// SPDX-License-Identifier: GPL-3.0-or-later
/* forward_tcp.c - connections to published ports, copied without a look at them
 *
 * Theory of operation. A flow has two ends, the client's and the box's, and two halves,
 * each a pipe through which splice(2) moves what one end sends to the other: the bytes
 * never come to us. A half reads only while its pipe is empty, and writes while it is
 * not; so a reader that stops makes its sender stop, and nothing piles up here. It has a
 * pipe only while bytes are on their way: a user has room for some hundred (pipe(7),
 * pipe-user-pages-soft), and connections that say nothing would take that from everybody.
 *
 * The end of a half is passed on (shutdown) when its pipe is empty: a client may close
 * its half and still read the answer. A flow is over when both halves are; when either
 * fails, both ends are reset: what was lost must not look like a proper end. So each
 * socket is made such that closing it resets it, whoever closes it, also the kernel when
 * we are killed, and only a proper end takes that back.
 *
 * splice(2) stops at urgent data and would do so for ever: that one byte is read and
 * goes on in its place, as most programs want it anyhow (RFC 6093, 6).
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/forward_inner.h"

#define PIPE_BYTES 65536 /* pipe(7): what a pipe takes unless told otherwise */
#define IDLE_S	   300	 /* of silence, before a peer is asked whether it is there */

enum { CLIENT, BOX };

/** struct end - One socket of a flow */
struct end {
	struct watch watch;
	struct flow *flow;
};

/**
 * struct half - One direction
 * @pipe:	What it holds is on its way; @held bytes; -1 = it has none
 * @eof:	Nothing more comes; @done: and that was passed on
 */
struct half {
	int pipe[2];
	size_t held;
	bool eof, done;
};

/** struct flow - A connection; @half[n] is what @end[n] sends */
struct flow {
	struct end end[2];
	struct half half[2];
	struct flow *next, *prev;
	struct dial dial;
	uint16_t box_port;
	bool connected;
};

static void set_reset(int fd, bool on)
{
	const struct linger linger = { .l_onoff = on };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Every end begins so. What comes in small pieces has waited for more once already */
static void prepare(int fd)
{
	const int yes = 1, idle = IDLE_S;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &yes, sizeof(yes));
	set_reset(fd, true);
}

/* Return: 0, -1 and errno: there is no room for another */
static int take_pipe(struct forwarder *f, struct half *h)
{
	if (h->pipe[0] >= 0)
		return 0;
	if (!f->pipes)
		return pipe2(h->pipe, O_CLOEXEC | O_NONBLOCK);
	memcpy(h->pipe, f->pipe[--f->pipes], sizeof(h->pipe));
	return 0;
}

/* One with something in it is of no use to anybody else */
static void give_pipe(struct forwarder *f, struct half *h)
{
	if (h->pipe[0] < 0)
		return;
	if (!h->held && f->pipes < FORWARD_PIPES) {
		memcpy(f->pipe[f->pipes++], h->pipe, sizeof(h->pipe));
	} else {
		close(h->pipe[0]);
		close(h->pipe[1]);
	}
	h->pipe[0] = h->pipe[1] = -1;
}

static void flow_end(struct forwarder *f, struct flow *w, bool failed)
{
	for (int i = 0; i < 2; i++) {
		if (!failed)
			set_reset(w->end[i].watch.fd, false);
		watch_close(&w->end[i].watch);
	}
	give_pipe(f, &w->half[CLIENT]);
	give_pipe(f, &w->half[BOX]);
	if (w->prev)
		w->prev->next = w->next;
	else
		f->flow = w->next;
	if (w->next)
		w->next->prev = w->prev;
	w->next = f->dead;
	f->dead = w;
	if (f->flows-- >= f->most)
		forward_listening(f);
}

/* What splice() does not read, and yet is there. Return: as splice() */
static ssize_t take_urgent(int from, int pipe)
{
	int at_mark = 0;
	char byte;

	if (ioctl(from, SIOCATMARK, &at_mark) < 0 || !at_mark ||
	    recv(from, &byte, 1, MSG_DONTWAIT) != 1) {
		errno = EAGAIN;
		return -1;
	}
	return write(pipe, &byte, 1);
}

/* Return: 0 when it can do no more for now, -1 when the flow is broken */
static int half_copy(struct flow *w, int i)
{
	const unsigned int flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
	int from = w->end[i].watch.fd, to = w->end[!i].watch.fd;
	struct half *h = &w->half[i];
	ssize_t n;

	for (int turn = 0; turn < FORWARD_BURST && !h->done; turn++) {
		if (!h->held && !h->eof) {
			n = splice(from, NULL, h->pipe[1], NULL, PIPE_BYTES, flags);
			if (n < 0 && errno == EAGAIN && !turn)
				n = take_urgent(from, h->pipe[1]);
			if (n < 0)
				return errno == EAGAIN || errno == EINTR ? 0 : -1;
			h->eof = !n;
			h->held = (size_t)n;
		}
		if (h->held) {
			n = splice(h->pipe[0], NULL, to, NULL, h->held, flags);
			if (n < 0)
				return errno == EAGAIN || errno == EINTR ? 0 : -1;
			h->held -= (size_t)n;
		}
		if (h->eof && !h->held) {
			h->done = true;
			/* an end that is gone by itself needs no word */
			shutdown(to, SHUT_WR);
		}
	}
	return 0;
}

/* Return: as half_copy() */
static int half_step(struct forwarder *f, struct flow *w, int i)
{
	struct half *h = &w->half[i];
	int r;

	if (h->done)
		return 0;
	if (take_pipe(f, h) < 0)
		return -1;
	r = half_copy(w, i);
	if (!h->held)
		give_pipe(f, h);
	return r;
}

static uint32_t half_wants(const struct flow *w, int i)
{
	const struct half *in = &w->half[i], *out = &w->half[!i];

	return (in->eof || in->held ? 0u : EPOLLIN) | (out->held ? EPOLLOUT : 0u);
}

static void flow_step(struct forwarder *f, struct flow *w)
{
	if (half_step(f, w, CLIENT) < 0 || half_step(f, w, BOX) < 0) {
		flow_end(f, w, true);
		return;
	}
	if (w->half[BOX].done && (w->half[CLIENT].done || f->ending)) {
		flow_end(f, w, false);
		return;
	}
	for (int i = 0; i < 2; i++)
		if (watch_set(f, &w->end[i].watch, half_wants(w, i)) < 0) {
			flow_end(f, w, true);
			return;
		}
}

static void on_end(struct forwarder *f, struct watch *watch, uint32_t events);

/* Return: 0 when a connection is on its way, -1 when the box has none for us */
static int flow_dial(struct forwarder *f, struct flow *w)
{
	struct watch *box = &w->end[BOX].watch;

	watch_close(box);
	box->fd = forward_dial(f, &w->dial, SOCK_STREAM, w->box_port);
	if (box->fd < 0)
		return -1;
	prepare(box->fd);
	return watch_set(f, box, EPOLLOUT);
}

/* The box's end has connected, or has failed to: then by another address */
static void on_connect(struct forwarder *f, struct flow *w)
{
	socklen_t len = sizeof(int);
	int code = 0;

	if (getsockopt(w->end[BOX].watch.fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	if (!code) {
		w->connected = true;
		flow_step(f, w);
	} else if (flow_dial(f, w) < 0) {
		flow_end(f, w, true);
	}
}

static void on_end(struct forwarder *f, struct watch *watch, uint32_t events)
{
	struct flow *w = ((struct end *)watch)->flow;

	(void)events; /* what the calls say is newer */
	if (w->connected)
		flow_step(f, w);
	else
		on_connect(f, w);
}

static struct flow *flow_new(void)
{
	struct flow *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	for (int i = 0; i < 2; i++) {
		w->end[i].watch = (struct watch){ .fd = -1, .on = on_end };
		w->end[i].flow = w;
		w->half[i].pipe[0] = w->half[i].pipe[1] = -1;
	}
	return w;
}

/* Return: 0, -1 where there is no room for it */
static int flow_start(struct forwarder *f, const struct forward_port *p, int client)
{
	struct flow *w = flow_new();

	if (!w)
		return -1;
	w->end[CLIENT].watch.fd = client;
	w->box_port = p->box_port;
	w->dial.is_v6 = p->is_v6;
	w->next = f->flow;
	if (w->next)
		w->next->prev = w;
	f->flow = w;
	f->flows++;
	if (flow_dial(f, w) < 0)
		flow_end(f, w, true);
	return 0;
}

/* Who cannot be served now waits in the socket's queue, and is served later */
void tcp_accept(struct forwarder *f, struct watch *w, uint32_t events)
{
	(void)events;
	for (int turn = 0; turn < FORWARD_BURST; turn++) {
		int fd;

		if (f->flows >= f->most) {
			forward_listening(f);
			return;
		}
		fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
		    errno != ENOMEM)
			continue; /* accept(2): that connection has failed by itself */
		if (fd >= 0) {
			prepare(fd);
			if (flow_start(f, (struct forward_port *)w, fd) == 0)
				continue;
			close(fd);
		}
		f->pause_until = f->now + 50000000;
		forward_listening(f);
		return;
	}
}

void tcp_ending(struct forwarder *f)
{
	for (struct flow *w = f->flow, *next; w; w = next) {
		next = w->next;
		if (!w->connected)
			flow_end(f, w, true);
		else
			flow_step(f, w);
	}
}

void tcp_free(struct forwarder *f)
{
	while (f->dead) {
		struct flow *w = f->dead;

		f->dead = w->next;
		free(w);
	}
}
