// SPDX-License-Identifier: GPL-3.0-or-later
/* sweep.c - take away links of boxes that are gone
 *
 * A link goes with the network namespace of its box, and that goes when its last process
 * has ended and its last connection: what a process had written before its end is still
 * sent, and where nobody answers the kernel tries for minutes. That is as it should be
 * for what is on its way, so nobody waits for it and nobody hurries it, but who asks to
 * have everything cleared away, and a box that is started again and needs the name.
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "netns/inner.h"
#include "netns/netlink.h"

/** struct names - Links of the boxes that have a lease */
struct names {
	const struct net_def *def;
	char (*name)[NET_LINK_SIZE];
	size_t count, room;
};

static int add_name(const struct net_lease *l, void *arg)
{
	struct names *all = arg;

	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		void *more = reallocarray(all->name, room, sizeof(*all->name));

		if (!more)
			return 1;
		all->name = more;
		all->room = room;
	}
	net_link_name(all->def, l->box, all->name[all->count++]);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_of(const struct net_def *d, const char *link)
{
	static const char box[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	size_t head = strlen(NET_LINKS);

	return !strncmp(link, NET_LINKS, head) && !strncmp(link + head, d->tag, 3) &&
	       strlen(link) == head + 12 && strspn(link + head, box) == 12;
}

static bool is_leased(const struct names *leased, const char name[NET_LINK_SIZE])
{
	return leased->count &&
	       bsearch(name, leased->name, leased->count, NET_LINK_SIZE, by_name);
}

static int sweep(const struct net_def *d, const struct if_nameindex *links,
		 const struct names *leased, struct err *e)
{
	auto_netlink s = netlink_open(NETLINK_ROUTE, e);
	int n = 0;

	if (!s)
		return -1;
	for (const struct if_nameindex *i = links; i->if_index; i++) {
		char name[NET_LINK_SIZE] = { 0 };

		if (!is_of(d, i->if_name))
			continue;
		strncpy(name, i->if_name, sizeof(name) - 1);
		n += !is_leased(leased, name) && net_pair_remove(s, name);
	}
	return n;
}

/* Links first, then leases: a box takes its address before it has a link, so one that
 * begins meanwhile is not meant */
int net_links_sweep(int run, const struct net_def *d, struct err *e)
{
	struct if_nameindex *links = if_nameindex();
	struct names leased = { .def = d };
	int r;

	if (!links)
		return err_sys(e, "cannot list links");
	r = net_lease_each(run, d, add_name, &leased, e);
	if (r > 0)
		r = err_set(e, "out of memory");
	if (leased.count)
		qsort(leased.name, leased.count, sizeof(*leased.name), by_name);
	if (!r)
		r = sweep(d, links, &leased, e);
	if_freenameindex(links);
	free(leased.name);
	return r;
}
