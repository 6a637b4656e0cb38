// SPDX-License-Identifier: GPL-3.0-or-later
/* links.c - what the keeper has to do with the links of its box
 *
 * A link, its addresses and its routes go with the network namespace of the box. Two
 * things do not: the counters, which the keeper reads before it lets go, and the address
 * on the network, which its record tells of. Ports of the host that lead to the box are
 * served by a process of their own (box/forward.h).
 */
#include "box/links.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/below.h"
#include "box/keeper.h"
#include "netns/net.h"

/* The keeper of the other box is held by a pidfd that was opened before its record was
 * found locked, so the number in there is its own descriptor */
int links_netns(const struct record *rec, struct err *e)
{
	const char *name = store_name(rec);
	auto_fd keeper = store_pidfd(rec, e), fd = -1;
	char path[64];

	if (keeper < 0)
		return -1;
	if (rec->netns < 0)
		return err_set(e, "box '%s' has no network that can be joined", name);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", rec->keeper, rec->netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open the network of box '%s'", name);
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return err_set(e, "box '%s' has ended meanwhile", name);
	return fd_take(&fd);
}

int links_find(struct keeper *k, struct err *e)
{
	const char *name = plan_text(k->plan, k->plan->net.join);
	auto_free struct plan *plan = NULL;
	struct record rec;

	if (k->wish->net) {
		k->site.net.netns_fd = fcntl(k->wish->net, F_DUPFD_CLOEXEC, 3);
		return k->site.net.netns_fd < 0
			       ? err_sys(e, "cannot hold the network of the box")
			       : 0;
	}
	if (k->plan->net.mode != PLAN_NET_JOIN || strchr(name, '/'))
		return 0;
	plan = store_pick(name, &rec, e);
	if (plan)
		k->site.net.netns_fd = links_netns(&rec, e);
	if (k->site.net.netns_fd >= 0)
		return 0;
	err_wrap(e, "net: ");
	if (plan && rec.netns < 0)
		err_hint(e, plan->net.mode == PLAN_NET_HOST
				    ? "it has the host's: --network host"
				    : "a box that others join needs a name: --name");
	return -1;
}

/* Before the payload runs: then init cannot be looked into any more, by nobody */
int links_hold(struct keeper *k, struct err *e)
{
	struct site_net *net = &k->site.net;
	char path[64];

	if (k->plan->net.mode == PLAN_NET_JOIN)
		links_close(k);
	if (!(k->plan->clone_flags & CLONE_NEWNET))
		return 0;
	if (net->netns_fd < 0 && k->wish->name) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", k->pid);
		net->netns_fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (net->netns_fd < 0)
		return 0;
	k->store.rec.netns = net->netns_fd;
	links_name(k, k->plan, &net->def);
	return store_update(&k->store, e);
}

void links_name(struct keeper *k, const struct plan *pl, const struct net_def *def)
{
	struct record *rec = &k->store.rec;

	rec->link[0] = '\0';
	if (pl->net.mode == PLAN_NET_VETH && pl->net.router == PLAN_ROUTER_HOST)
		net_link_name(def, rec->id, rec->link);
}

int links_ready(struct keeper *k, struct err *e)
{
	if (k->site.net.netns_fd < 0) {
		err_set(e, "nobody can put a link into a box without a name, which was "
			   "begun on no network");
		return err_hint(e, "--name gives it one");
	}
	/* what another command clears away if this keeper is killed, and this one else */
	k->store.rec.net = 1;
	k->turned = true;
	return store_update(&k->store, e) < 0 ? -1 : names_ready(k, e);
}

int links_follow(struct keeper *k, const struct plan *pl, const struct net_def *def,
		 struct err *e)
{
	auto_fd run = -1;

	if (pl->net.mode == PLAN_NET_VETH) {
		run = net_run_open(k->store.dir, false, e);
		if (run < 0)
			return -1;
	}
	return names_turn(k, pl, run < 0 ? NULL : def->name, run, e);
}

void links_turn(struct keeper *k, const struct net_def *def,
		const struct net_lease *lease)
{
	k->site.net.def = *def;
	k->site.net.lease = *lease;
}

static bool is_served(const struct keeper *k)
{
	return k->plan->net.mode == PLAN_NET_USER;
}

/* Where the ports of the box lead. Return: 0, -1 and @e */
static int find_box(const struct keeper *k, struct forward_to *to, struct err *e)
{
	const struct plan_net *net = &k->plan->net;

	*to = (struct forward_to){
		.v4 = k->site.net.lease.v4,
		.v6 = k->site.net.lease.v6,
		.netns = k->router.net,
	};
	if (is_served(k) &&
	    (net_prefix_read(plan_text(k->plan, net->address4), &to->v4) ||
	     net_prefix_read(plan_text(k->plan, net->address6), &to->v6)))
		return err_set(e, "net: the plan has no address to publish");
	return 0;
}

int links_publish(struct keeper *k, struct err *e)
{
	struct forward_to to;

	if (find_box(k, &to, e) < 0)
		return -1;
	to.later = is_served(k);
	return forward_start(&k->forward, &to, e);
}

int links_forward(struct keeper *k, struct err *e)
{
	struct forward_to to;

	if (find_box(k, &to, e) < 0)
		return -1;
	if (is_served(k))
		to.netns = k->site.net.netns_fd;
	return forward_begin(&k->forward, &to, e);
}

int links_enter(struct keeper *k, struct err *e)
{
	struct site_net *net = &k->site.net;
	char path[64];

	if (!is_served(k))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", k->pid);
	net->netns_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (net->netns_fd < 0)
		return err_sys(e, "net: cannot open '%s'", path);
	return forward_enter(&k->forward, net->netns_fd, e);
}

bool links_is_durable(const struct plan *pl)
{
	return pl->net.mode == PLAN_NET_VETH || layer_net_own_hosts(pl);
}

/* The router's end counts the same bytes the other way round. A user's keeper needs a
 * process in the router to ask: only for who wants to know */
void links_read(struct keeper *k)
{
	const struct site_net *net = &k->site.net;
	char link[NET_LINK_SIZE];
	bool has = k->plan->net.mode == PLAN_NET_VETH;
	struct net_counts c = { 0 };
	int r;

	if (net->netns_fd < 0 || (!has && !k->turned) || !k->wish->counts)
		return;
	net_link_name(&net->def, net->lease.box, link);
	if (!has)
		r = 0;
	else if (k->router.use < 0)
		r = net_wire_count(link, &c);
	else
		r = below_count(&k->router, link, &c);
	if (r < 0)
		return;
	k->result->net_rx = k->gone.rx + c.tx_bytes;
	k->result->net_tx = k->gone.tx + c.rx_bytes;
}

void links_close(struct keeper *k)
{
	if (k->site.net.netns_fd >= 0)
		close(fd_take(&k->site.net.netns_fd));
}

int links_clear(int store, const struct record *rec)
{
	auto_fd run = -1;

	if (!rec->net)
		return 0;
	if (names_remove(store, rec->id) < 0)
		return -1;
	run = net_run_open(store, false, NULL);
	return run == -2 ? 0 : run < 0 ? -1 : net_lease_drop(run, rec->id);
}
