// SPDX-License-Identifier: GPL-3.0-or-later
/* control.c - the keeper's end of the control socket: made on a knock, never waits */
#include "box/control.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parcel.h"

static void socket_name(const char *id, char *buf, size_t size)
{
	snprintf(buf, size, "%s.sock", id);
}

bool control_is_knock(const struct signalfd_siginfo *si)
{
	return si->ssi_signo == SIGURG && si->ssi_code == SI_QUEUE &&
	       si->ssi_int == CONTROL_KNOCK;
}

/* A directory's path may be longer than sun_path (108 bytes): its descriptor's is not.
 * The mode of a socket's name is that of its descriptor less the umask (unix(7)), so it
 * is right from the first moment. */
static int make_socket(int dir, const char *id)
{
	auto_fd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char name[32];

	socket_name(id, name, sizeof(name));
	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/%s", dir, name);
	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	if (listen(fd, 2 * CONTROL_CLIENTS) < 0) {
		unlinkat(dir, name, 0);
		return -1;
	}
	return fd_take(&fd);
}

int control_open(struct control *c, int dir, const char *id)
{
	int fd;

	if (c->is_open)
		return 0;
	fd = make_socket(dir, id);
	if (fd < 0)
		return -1;
	*c = (struct control){ .is_open = true, .listen = fd };
	return 0;
}

int control_not_yet(struct err *e)
{
	err_set(e, "the box is still being built");
	e->code = EINPROGRESS;
	return -1;
}

void control_remove(int dir, const char *id)
{
	char name[32];

	socket_name(id, name, sizeof(name));
	unlinkat(dir, name, 0);
}

void control_close(struct control *c, int dir, const char *id)
{
	if (!c->is_open)
		return;
	control_remove(dir, id);
	for (int i = 0; i < c->count; i++)
		close(c->client[i]);
	close(c->listen);
	*c = (struct control){ 0 };
}

int control_poll(const struct control *c, struct pollfd *p)
{
	int n = 0;

	if (!c->is_open)
		return 0;
	p[n++] = (struct pollfd){ .fd = c->listen, .events = POLLIN };
	for (int i = 0; i < c->count; i++)
		p[n++] = (struct pollfd){ .fd = c->client[i], .events = POLLIN };
	return n;
}

/* The directory is closed to others already; this is the second look */
static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void drop(struct control *c, int i)
{
	close(c->client[i]);
	c->count--;
	memmove(c->client + i, c->client + i + 1,
		(size_t)(c->count - i) * sizeof(c->client[0]));
}

static bool say(int fd, const struct control_answer *out)
{
	return send(fd, out, sizeof(*out), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(*out);
}

/* The oldest, who has not asked anything that is not answered: it is told to try again,
 * and whoever has his answer takes no other */
static void make_room(struct control *c)
{
	struct control_answer out = { .magic = CONTROL_MAGIC,
				      .version = CONTROL_VERSION };

	if (c->count < CONTROL_CLIENTS)
		return;
	err_set(&out.err, "too many commands ask the keeper at once");
	out.err.code = EINPROGRESS;
	say(c->client[0], &out);
	drop(c, 0);
}

/* Return: whether there is a new client, the last one */
static bool let_in(struct control *c)
{
	int fd = accept4(c->listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return false;
	if (!is_allowed(fd)) {
		close(fd);
		return false;
	}
	make_room(c);
	c->client[c->count++] = fd;
	return true;
}

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* Whether @len bytes are a whole question in every part: texts end, counts fit */
static bool control_check(const struct control_ask *ask, size_t len)
{
	if (len != sizeof(*ask) || ask->magic != CONTROL_MAGIC ||
	    ask->version != CONTROL_VERSION || ask->pair_count > CONTROL_PAIRS)
		return false;
	for (uint32_t i = 0; i < ask->pair_count; i++)
		if (!ends(ask->pair[i].key, sizeof(ask->pair[i].key)) ||
		    !ends(ask->pair[i].text, sizeof(ask->pair[i].text)))
			return false;
	return true;
}

/* Who goes behind his question has given up, and said that it failed */
static bool has_gone(int fd)
{
	char byte;

	return recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* One question, if there is one. Return: whether the client stays */
static bool serve(int fd, control_handler *handler, void *arg)
{
	struct control_answer out = { .magic = CONTROL_MAGIC,
				      .version = CONTROL_VERSION };
	struct control_ask ask;
	struct parcel p = { .data = &ask, .len = sizeof(ask), .count = CONTROL_FDS };
	ssize_t n = parcel_recv(fd, &p, MSG_DONTWAIT);
	bool good = n > 0 && control_check(&ask, (size_t)n);

	if (n < 0)
		return errno == EAGAIN;
	good = good && !has_gone(fd);
	if (good)
		handler(arg, &ask, p.fd, &out);
	parcel_close(&p);
	return good && say(fd, &out);
}

void control_step(struct control *c, control_handler *handler, void *arg)
{
	if (!c->is_open)
		return;
	/* Before anybody has to make room */
	for (int i = c->count - 1; i >= 0; i--)
		if (!serve(c->client[i], handler, arg))
			drop(c, i);
	if (let_in(c) && !serve(c->client[c->count - 1], handler, arg))
		drop(c, c->count - 1);
}
