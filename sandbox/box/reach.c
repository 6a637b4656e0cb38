// SPDX-License-Identifier: GPL-3.0-or-later
/* reach.c - try what a running box reaches, from within its network */
#include "box/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
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

/* What was asked for and is not decided is ETIMEDOUT; a socket in @p is still asked */
static void wait_all(struct reach *v, struct pollfd *p, size_t count)
{
	int64_t end = clock_ms() + REACH_MS;
	size_t open = count;

	while (open && clock_left_ms(end)) {
		if (poll(p, count, clock_left_ms(end)) < 0 && errno != EINTR)
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

/** struct errand - What is tried from where */
struct errand {
	const char *box;
	int netns;
	struct reach *v;
	size_t count;
};

static int try_all(void *arg, struct text *out, struct err *e)
{
	const struct errand *to_do = arg;
	struct reach *v = to_do->v;
	size_t count = to_do->count;
	auto_free struct pollfd *p = calloc(count, sizeof(*p));

	if (!p)
		return err_set(e, "out of memory");
	if (enter_netns(to_do->netns) < 0)
		return err_sys(e, "cannot enter the network of box '%s'", to_do->box);
	for (size_t i = 0; i < count; i++) {
		p[i] = (struct pollfd){ .fd = begin(&v[i]), .events = POLLOUT };
		v[i].why = p[i].fd < 0 ? errno : ETIMEDOUT;
	}
	wait_all(v, p, count);
	text_addn(out, (const char *)v, count * sizeof(*v));
	return 0;
}

/* --- the caller -------------------------------------------------------------------- */

int reach_from(const struct record *rec, struct reach *v, size_t count, struct err *e)
{
	auto_fd netns = links_netns(rec, e);
	auto_text out = { 0 };
	struct errand to_do = { rec->id, netns, v, count };

	if (netns < 0)
		return -1;
	if (child_do(try_all, &to_do, &out, e) < 0)
		return -1;
	if (out.len != count * sizeof(*v))
		return err_set(e, "out of memory");
	memcpy(v, out.s, out.len);
	return 0;
}
