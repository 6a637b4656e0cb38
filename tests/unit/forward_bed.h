/* SPDX-License-Identifier: GPL-3.0-or-later */
/* forward_bed.h - a forwarder to try, servers behind it and clients before it
 *
 * The "box" is this network namespace too, by its loopback addresses: the forwarder does
 * not know the difference. Servers are children; every wait has an end.
 */
#ifndef NOOK_TEST_FORWARD_BED_H
#define NOOK_TEST_FORWARD_BED_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "box/forward.h"
#include "plan.h"
#include "tap.h"

#define PATIENCE 20 /* seconds */
#define BOX4	 "127.0.0.2"
#define BOX6	 "::1"

struct place {
	struct sockaddr_storage at;
	socklen_t len;
};

static inline struct place place(const char *address, int port)
{
	struct place p = { 0 };
	struct sockaddr_in *v4 = (void *)&p.at;
	struct sockaddr_in6 *v6 = (void *)&p.at;

	if (strchr(address, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		inet_pton(AF_INET6, address, &v6->sin6_addr);
		p.len = sizeof(*v6);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		inet_pton(AF_INET, address, &v4->sin_addr);
		p.len = sizeof(*v4);
	}
	return p;
}

static inline int new_socket(const struct place *p, int type)
{
	const struct timeval most = { .tv_sec = PATIENCE };
	int fd = socket(p->at.ss_family, type | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	return fd;
}

/* A server's socket on a free port, or on @port */
static inline int listener(const char *address, int type, int *port)
{
	struct place p = place(address, *port);
	int fd = new_socket(&p, type), yes = 1;

	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (void *)&p.at, p.len) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0))
		return -1;
	getsockname(fd, (void *)&p.at, &p.len);
	*port = ntohs(
		((struct sockaddr_in *)&p.at)->sin_port); /* the same place in both */
	return fd;
}

static inline int free_port(int type)
{
	int port = 0;

	close(listener("127.0.0.1", type, &port));
	return port;
}

static inline int client(const char *address, int type, int port)
{
	struct place p = place(address, port);
	int fd = new_socket(&p, type);

	if (connect(fd, (void *)&p.at, p.len) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A child that is gone when nobody can be waiting for it any more */
static inline pid_t fork_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		alarm(PATIENCE);
	return pid;
}

struct bed {
	struct forward f;
	struct err e;
	int port; /* on the host */
	int box;  /* in the box */
};

static inline struct plan *publish(const char *address, int type, int port, int box)
{
	struct plan *pl = plan_new();
	struct plan_publish *p = plan_append(pl, &pl->net.publish, sizeof(*p));

	p->address = address ? plan_put(pl, address) : 0;
	p->host_port = (uint32_t)port;
	p->box_port = (uint32_t)box;
	p->udp = type == SOCK_DGRAM;
	p->origin = plan_put(pl, "--publish");
	return pl;
}

/* Return: a running forwarder, 0, or -1 and the reason; the plan is freed */
static inline int start_plan(struct bed *b, struct plan *pl)
{
	struct forward_to to = { .netns = -1 };
	int r;

	net_prefix_read(BOX4, &to.v4);
	net_prefix_read(BOX6, &to.v6);
	fflush(stdout);
	r = forward_listen(&b->f, pl, &b->e) < 0 ||
			    forward_start(&b->f, &to, &b->e) < 0 ||
			    forward_ready(&b->f, &b->e) < 0
		    ? -1
		    : 0;
	plan_free(pl);
	return r;
}

/* Return: a running forwarder to that port of the box, 0, or -1 and the reason */
static inline int start(struct bed *b, const char *address, int type, int box)
{
	*b = (struct bed){ .port = free_port(type), .box = box };
	return start_plan(b, publish(address, type, b->port, box));
}

static inline void finish(struct bed *b, int fd, pid_t server)
{
	close(fd);
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	forward_end(&b->f);
}

#endif
