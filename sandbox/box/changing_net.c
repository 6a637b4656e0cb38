// SPDX-License-Identifier: GPL-3.0-or-later
/* changing_net.c - the worker's part of a change of the network; box/changing.h has the
 * theory
 *
 * The router's end of the link is in this network namespace as root, and in that of the
 * user's router else, where a child goes: there it has every right to the box's end too,
 * since the router's user namespace owns both.
 */
#include <errno.h>
#include <sched.h>
#include <stddef.h>

#include "base/child.h"
#include "base/err.h"
#include "base/text.h"
#include "box/below.h"
#include "box/changing.h"
#include "box/forward.h"
#include "layer/change.h"
#include "layer/layer.h"
#include "netns/net.h"

/** struct rates - A rate that is to be another one; @from: as it was */
struct rates {
	const struct site_net *net;
	const struct plan_net *from, *to;
};

static bool has_rates(const struct plan *old, const struct plan *next)
{
	return old->net.rate_in != next->net.rate_in ||
	       old->net.rate_out != next->net.rate_out;
}

bool changing_has_net(const struct plan *old, const struct plan *next)
{
	return change_has_link(old, next) || has_rates(old, next) ||
	       change_next_port(old, next, NULL) || change_next_port(next, old, NULL);
}

bool changing_has_drops(const struct plan *old, const struct plan *next)
{
	return change_has_link(old, next) || change_next_port(next, old, NULL);
}

/* In a child, where the router is. Must not: touch another box's link */
static int set_rates(void *arg, struct text *out, struct err *e)
{
	const struct rates *r = arg;
	const struct net_wire w = { &r->net->def, &r->net->lease, r->to->rate_in,
				    r->to->rate_out };

	(void)out;
	if (r->from->rate_in != r->to->rate_in && net_wire_rate_in(&w, e) < 0)
		return -1;
	if (r->from->rate_out == r->to->rate_out)
		return 0;
	if (setns(r->net->netns_fd, CLONE_NEWNET) < 0)
		return err_sys(e, "cannot enter the network namespace of the box");
	return net_wire_rate_out(&w, e);
}

static int change_rates(const struct worker *w, const struct plan *from,
			const struct plan *to, struct err *e)
{
	struct rates r = { w->net, &from->net, &to->net };
	auto_text out = { 0 };

	return w->router->use >= 0 ? below_do(w->router, set_rates, &r, &out, e)
				   : child_do(set_rates, &r, &out, e);
}

/* Another link has its rates from the start */
static bool keeps_link(const struct worker *w)
{
	return has_rates(w->old, w->next) && !change_has_link(w->old, w->next);
}

/* Who has ended serves nothing any more */
static int drop(const struct worker *w, plan_ref which, struct err *e)
{
	return forward_drop(w->forward->sock, which, e) < 0 && e->code != EPIPE ? -1 : 0;
}

static int add(const struct worker *w, const struct plan_publish *p, struct err *e)
{
	const struct plan_publish *had = change_replaced(w->old, w->next, p);

	return forward_add(w->forward->sock, w->next, p,
			   had ? plan_ref_of(w->old, had) : 0, e);
}

int changing_net(const struct worker *w, struct err *e)
{
	const struct plan *next = w->next;

	/* ports go last of all: who does not answer then could not do so before */
	if (change_next_port(next, w->old, NULL) && drop(w, 0, e) < 0)
		return -1;
	w->note->wired = changing_has_net(w->old, next);
	if (changing_link(w, e) < 0)
		return -1;
	if (keeps_link(w) && change_rates(w, w->old, next, e) < 0)
		return -1;
	if (w->forwards && forward_ready(w->forward, e) < 0)
		return -1;
	if (changing_link_lead(w, e) < 0)
		return -1;
	for (const struct plan_publish *p = NULL;
	     (p = change_next_port(w->old, next, p));)
		if (add(w, p, e) < 0)
			return -1;
	return 0;
}

int changing_net_drop(const struct worker *w, struct err *e)
{
	struct err none;
	int failed = 0;

	for (const struct plan_publish *p = NULL;
	     (p = change_next_port(w->next, w->old, p));)
		if (drop(w, plan_ref_of(w->old, p), failed ? &none : e) < 0)
			failed = -1;
	if (changing_link_drop(w, failed ? &none : e) < 0)
		failed = -1;
	return failed;
}

/* One that was not set is the same as before */
int changing_net_back(const struct worker *w)
{
	struct err e;
	int r = 0;

	if (keeps_link(w) && change_rates(w, w->next, w->old, &e) < 0)
		r = -1;
	if (changing_link_back(w) < 0)
		r = -1;
	if (w->forwards)
		return r; /* the keeper ends the process */
	for (const struct plan_publish *p = NULL;
	     (p = change_next_port(w->old, w->next, p));)
		if (drop(w, plan_ref_of(w->next, p), &e) < 0)
			r = -1;
	return r;
}
