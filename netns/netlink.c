// SPDX-License-Identifier: GPL-3.0-or-later
/* netlink.c - how everything of this directory gets at libnl
 *
 * libnl keeps tables and defaults, which constructors fill. The light program has those
 * in a section of their own (Makefile), so that a run without a network does not pay for
 * them. In nook-full, which loads libnl as a shared library, they have run and there is
 * no such section.
 */
#include "netns/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

typedef void constructor(void);

extern constructor *const __start_netlink_init[] __attribute__((weak));
extern constructor *const __stop_netlink_init[] __attribute__((weak));

struct nl_sock *netlink_open(int protocol, struct err *e)
{
	struct nl_sock *s;
	int r;

	/* They can run again: each fills in what it filled in before */
	for (constructor *const *c = __start_netlink_init; c < __stop_netlink_init; c++)
		(*c)();
	s = nl_socket_alloc();
	r = s ? nl_connect(s, protocol) : -NLE_NOMEM;
	if (!r)
		return s;
	nl_socket_free(s);
	err_set(e, "cannot open a netlink socket: %s", nl_geterror(r));
	if (r == -NLE_PROTO_MISMATCH && protocol == NETLINK_NETFILTER)
		err_hint(e, "this kernel has no nf_tables (CONFIG_NF_TABLES, module "
			    "nf_tables), which networks need");
	return NULL;
}

struct nl_msg *batch_message(int type, int flags, const void *head, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

	if (msg && nlmsg_append(msg, (void *)head, size, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

void batch_add(struct batch *b, struct nl_msg *msg, const char *what)
{
	struct nlmsghdr *h = msg ? nlmsg_hdr(msg) : NULL;

	if (h && b->count < BATCH_MOST && h->nlmsg_len <= sizeof(b->buf) - b->len) {
		h->nlmsg_seq = (uint32_t)b->count;
		memcpy(b->buf + b->len, h, h->nlmsg_len);
		b->len += NLMSG_ALIGN(h->nlmsg_len);
		b->what[b->count++] = what;
	} else {
		b->len = sizeof(b->buf) + 1;
	}
	nlmsg_free(msg);
}

/* Read answers until the last request's. Return: 0, -1 and @e */
static int read_answers(int fd, const struct batch *b, struct err *e)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	int failed = 0;

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read what netlink answers");
		for (struct nlmsghdr *h = (void *)buf; nlmsg_ok(h, left);
		     h = nlmsg_next(h, &left)) {
			const struct nlmsgerr *answer = nlmsg_data(h);

			if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq >= b->count)
				continue;
			if (answer->error && b->what[h->nlmsg_seq] && !failed) {
				errno = -answer->error;
				failed = err_sys(e, "cannot %s", b->what[h->nlmsg_seq]);
			}
			if (h->nlmsg_seq == b->count - 1)
				return failed;
		}
	}
}

int batch_send(struct nl_sock *s, struct batch *b, struct err *e)
{
	size_t at = 0;

	if (b->len > sizeof(b->buf))
		return err_set(e, "requests to netlink are too long");
	for (size_t i = 0; i < b->count; i++) {
		struct nlmsghdr *h = (void *)(b->buf + at);

		if (i == b->count - 1)
			h->nlmsg_flags |= NLM_F_ACK;
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	if (send(nl_socket_get_fd(s), b->buf, b->len, 0) < 0)
		return err_sys(e, "cannot ask netlink");
	return read_answers(nl_socket_get_fd(s), b, e);
}
