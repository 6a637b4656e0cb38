// SPDX-License-Identifier: GPL-3.0-or-later
/* reach.c - try what a running box reaches, from within its network */
#include "box/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "box/enter.h"
#include "box/links.h"
#include "box/store.h"

/* --- the child --------------------------------------------------------------------- */

static int begin(const struct reach *r)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(r->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(r->port) };
	bool is_v4 = r->to.family == AF_INET;
	int s = socket(r->to.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(&in.sin_addr, r->to.addr, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, r->to.addr, sizeof(in6.sin6_addr));
	if (s >= 0 &&
	    connect(s, is_v4 ? (void *)&in : (void *)&in6,
		    is_v4 ? sizeof(in) : sizeof(in6)) < 0 &&
	    errno != EINPROGRESS) {
		close(s);
		return -1;
	}
	return s;
}

static int left_ms(const struct timespec *start)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - start->tv_sec) * 1000 +
	     (now.tv_nsec - start->tv_nsec) / 1000000;
	return ms >= REACH_MS ? 0 : (int)(REACH_MS - ms);
}

/* What was asked for and is not decided is ETIMEDOUT; a socket in @p is still asked */
static void wait_all(struct reach *v, struct pollfd *p, size_t count)
{
	size_t open = count;
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (open && left_ms(&start)) {
		if (poll(p, count, left_ms(&start)) < 0 && errno != EINTR)
			return;
		open = 0;
		for (size_t i = 0; i < count; i++) {
			socklen_t size = sizeof(v[i].why);

			if (p[i].fd >= 0 && p[i].revents) {
				getsockopt(p[i].fd, SOL_SOCKET, SO_ERROR, &v[i].why,
					   &size);
				close(p[i].fd);
				p[i].fd = -1;
			}
			open += p[i].fd >= 0;
		}
	}
}

static int try_all(int netns, struct reach *v, size_t count)
{
	auto_free struct pollfd *p = calloc(count, sizeof(*p));

	if (!p || enter_netns(netns) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		p[i] = (struct pollfd){ .fd = begin(&v[i]), .events = POLLOUT };
		v[i].why = p[i].fd < 0 ? errno : ETIMEDOUT;
	}
	wait_all(v, p, count);
	return 0;
}

/* --- the caller -------------------------------------------------------------------- */

static int read_results(int fd, struct reach *v, size_t count)
{
	char *at = (char *)v;
	size_t left = count * sizeof(*v);

	while (left) {
		ssize_t n = read(fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		left -= (size_t)n;
	}
	return 0;
}

int reach_from(const struct record *rec, struct reach *v, size_t count, struct err *e)
{
	auto_fd netns = links_netns(rec, e);
	auto_fd in = -1, out = -1;
	int pipes[2], status, r;
	pid_t child;

	if (netns < 0)
		return -1;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	in = pipes[0];
	out = pipes[1];
	child = fork();
	if (child < 0)
		return err_sys(e, "cannot make a process");
	if (!child) {
		if (try_all(netns, v, count) < 0)
			_exit(errno ? errno : 1);
		_exit(fd_write_all(out, v, count * sizeof(*v)) < 0);
	}
	close(fd_take(&out));
	r = read_results(in, v, count);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!r)
		return 0;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return err_sys(e, "cannot enter the network of box '%s'", rec->id);
}
