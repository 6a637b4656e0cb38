// SPDX-License-Identifier: GPL-3.0-or-later
/* changing_link.c - the worker's part of another network: one link goes, another comes
 *
 * Theory of operation. A box has one link, and both ends of two of them would have the
 * same names and routes in it; so the old one goes before the new one comes, by one child
 * where the router is. All that may fail for other reasons comes before:
 *
 *	worker	takes an address on the new network, under the box's record, which says
 *		that there are some: those of a killed keeper are given back from it
 *	child	in the router (box/below.h), or here as root: the rules of the network are
 *		looked for; the old link is counted and taken away; the new one is made
 *	worker	tells the process that serves ports where they lead now
 *	keeper	follows the hosts of the other network (box/names.h), replaces the record
 *	worker	another one: gives the old address back
 *
 * To no network there is nothing to make. The link goes no later then, for who has
 * entered the box cannot go to the router any more. The child writes into the note what
 * it does before it does it. What another worker has to take back: the new link, where
 * there is one, then the old one is made as it was, by the lease that the box has all the
 * while. Connections of the box outlive that, for its addresses are the same. A child of
 * a killed worker is killed with it; the other one waits until it is, by the pipe that
 * both had open (struct worker.alive), or each could undo the other.
 */
#include <errno.h>
#include <net/if.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "box/below.h"
#include "box/changing.h"
#include "box/forward.h"
#include "box/rules.h"
#include "box/store.h"
#include "layer/change.h"

/**
 * struct turn - From one link to another
 * @gone:	What goes, NULL = nothing
 * @plan:	By what the new one is made, at @site; NULL = there is none to come
 * @only_lost:	Only where it is not there
 * @note:	What went through the one that goes
 */
struct turn {
	const struct worker *w;
	const struct site_net *gone;
	const struct plan *plan;
	struct site *site;
	bool only_lost;
	struct changing_link *note;
};

static bool has_link(const struct plan *pl)
{
	return pl->net.mode == PLAN_NET_VETH;
}

static struct site site_of(const struct worker *w)
{
	return (struct site){ .userns_fd = -1,
			      .root_fd = -1,
			      .old_proc_fd = -1,
			      .upper_fd = -1,
			      .pty_fd = -1,
			      .tty_fd = -1,
			      .keep_fd = -1,
			      .store = w->store,
			      .box = w->box,
			      .name = w->name,
			      .is_dead = store_is_dead,
			      .net = { .netns_fd = w->net->netns_fd } };
}

/* --- in the child ------------------------------------------------------------------- */

static int ready_rules(const struct turn *t, struct err *e)
{
	const char *state = plan_text(t->plan, t->plan->net.state);
	char store[256];

	if (t->w->router->use >= 0)
		return rules_ready(&t->site->net.def, state, NULL, e);
	if (fd_path(t->w->store, "", store, sizeof(store)) < 0)
		return err_sys(e, "cannot tell where the records are");
	return rules_ready(&t->site->net.def, state, store, e);
}

static int take_away(const struct turn *t, struct err *e)
{
	struct net_counts c;

	if (net_wire_remove(&t->gone->def, t->w->box, &c, e) < 0)
		return -1;
	t->note->rx += c.tx_bytes; /* the router's end counts the other way round */
	t->note->tx += c.rx_bytes;
	return 0;
}

static bool is_there(const struct turn *t)
{
	char link[NET_LINK_SIZE];

	net_link_name(&t->site->net.def, t->w->box, link);
	return if_nametoindex(link) != 0;
}

/* Must not: touch another box's link, or this one's before the note says so */
static int turn_link(void *arg, struct text *out, struct err *e)
{
	const struct turn *t = arg;

	(void)out;
	if (t->plan && ready_rules(t, e) < 0)
		return -1;
	t->note->turned = true;
	if (t->gone && take_away(t, e) < 0)
		return -1;
	if (!t->plan || (t->only_lost && is_there(t)))
		return 0;
	return change_link_make(t->plan, t->site, e);
}

static int turn(const struct turn *t, struct err *e)
{
	const struct router *r = t->w->router;
	auto_text out = { 0 };

	return r->use >= 0 ? below_do(r, turn_link, (void *)t, &out, e)
			   : child_do(turn_link, (void *)t, &out, e);
}

/* --- the worker --------------------------------------------------------------------- */

static int check_router(const struct worker *w, const struct net_def *d, struct err *e)
{
	if (w->router->use < 0)
		return 0;
	if (!router_lives(w->router))
		return err_set(e, "the router that the box was begun in has ended: it "
				  "needs a new start");
	return below_check_world(w->router, d, e);
}

static int take_lease(const struct worker *w, struct site *s, struct err *e)
{
	struct changing_link *note = &w->note->link;

	note->leased = true;
	if (change_link_before(w->next, s, e) < 0)
		return -1;
	note->def = s->net.def;
	note->lease = s->net.lease;
	return check_router(w, &s->net.def, e);
}

int changing_link(const struct worker *w, struct err *e)
{
	struct site s = site_of(w);
	struct turn t = { .w = w, .site = &s, .note = &w->note->link };

	if (!change_has_link(w->old, w->next))
		return 0;
	if (has_link(w->next) && take_lease(w, &s, e) < 0)
		return -1;
	t.plan = has_link(w->next) ? w->next : NULL;
	t.gone = has_link(w->old) ? w->net : NULL;
	return turn(&t, e);
}

int changing_link_lead(const struct worker *w, struct err *e)
{
	const struct net_lease *l = &w->note->link.lease;

	if (!change_has_link(w->old, w->next) || !has_link(w->next) || !w->forward->pid)
		return 0;
	return forward_lead(w->forward->sock, &l->v4, &l->v6, e) < 0 && e->code != EPIPE
		       ? -1
		       : 0;
}

/* The new link and the old one have names of their own: what is not there does no harm */
static int turn_back(const struct worker *w)
{
	const struct changing_link *note = &w->note->link;
	struct site_net made = { .def = note->def, .lease = note->lease };
	struct site s = site_of(w);
	struct turn t = { .w = w, .site = &s, .only_lost = true, .note = &w->note->link };
	struct err e;

	s.net.def = w->net->def;
	s.net.lease = w->net->lease;
	t.gone = has_link(w->next) ? &made : NULL;
	t.plan = has_link(w->old) ? w->old : NULL;
	if (turn(&t, &e) < 0)
		return -1;
	if (!has_link(w->old) || !w->forward->pid || w->forwards)
		return 0;
	return forward_lead(w->forward->sock, &w->net->lease.v4, &w->net->lease.v6, &e) <
				       0 &&
			       e.code != EPIPE
		       ? -1
		       : 0;
}

/* What the box has on the network of a plan. Return: 0 = nothing any more, -1 */
static int drop_lease(const struct worker *w, const struct plan *pl, struct err *e)
{
	const char *network = plan_text(pl, pl->net.network);
	auto_fd run = net_run_open(w->store, false, e);

	if (run < 0)
		return run == -2 ? 0 : -1;
	if (net_lease_drop_in(run, network, w->box) == 0)
		return 0;
	return err_sys(e, "network '%s': cannot give the address back", network);
}

int changing_link_drop(const struct worker *w, struct err *e)
{
	return change_has_link(w->old, w->next) && has_link(w->old)
		       ? drop_lease(w, w->old, e)
		       : 0;
}

int changing_link_back(const struct worker *w)
{
	const struct changing_link *note = &w->note->link;
	int r = note->turned ? turn_back(w) : 0;

	return note->leased && drop_lease(w, w->next, NULL) < 0 ? -1 : r;
}
