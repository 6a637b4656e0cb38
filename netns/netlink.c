// SPDX-License-Identifier: GPL-3.0-or-later
/* netlink.c - how everything of this directory gets at libnl
 *
 * libnl keeps a table of what it can read and write, and each of its files enters itself
 * there in a constructor. The light program has those in a section of their own
 * (Makefile), so that a run without a network does not pay for them. In nook-full, which
 * loads libnl as a shared library, they have run and there is no such section.
 */
#include "netns/netlink.h"

#include <netlink/cache.h>

typedef void constructor(void);

extern constructor *const __start_netlink_init[] __attribute__((weak));
extern constructor *const __stop_netlink_init[] __attribute__((weak));

struct nl_sock *netlink_open(struct err *e)
{
	struct nl_sock *s;
	int r;

	if (!nl_cache_ops_lookup("route/link"))
		for (constructor *const *c = __start_netlink_init;
		     c < __stop_netlink_init; c++)
			(*c)();
	s = nl_socket_alloc();
	r = s ? nl_connect(s, NETLINK_ROUTE) : -NLE_NOMEM;
	if (!r)
		return s;
	nl_socket_free(s);
	err_set(e, "cannot open a netlink socket: %s", nl_geterror(r));
	return NULL;
}
