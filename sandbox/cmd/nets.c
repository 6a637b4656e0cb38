// SPDX-License-Identifier: GPL-3.0-or-later
/* nets.c - where networks lie, and who is on them */
#include "cmd/nets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "cmd/listing.h"
#include "host/host.h"

static int find_state(char *out, size_t size, struct err *e)
{
	struct host *h = host_new();
	int n = h ? snprintf(out, size, "%s", host_state_dir(h)) : -1;

	host_free(h);
	return n < 0 || (size_t)n >= size
		       ? err_set(e, "no directory for networks can be named")
		       : 0;
}

static int open_places(struct nets *n, bool make, struct err *e)
{
	*n = (struct nets){ .store = { .dir = -1, .file = -1 }, .places = { -1, -1 } };
	if (find_state(n->state, sizeof(n->state), e) < 0 || store_open(&n->store, e) < 0)
		return -1;
	n->places.state = net_state_open(n->state, make, e);
	if (n->places.state == -1)
		return -1;
	n->places.run = net_run_open(n->store.dir, false, e);
	return n->places.run == -1 ? -1 : 0;
}

int nets_open(struct nets *n, bool make, struct err *e)
{
	if (open_places(n, make, e) < 0)
		return -1;
	store_gc(&n->store, 0);
	return boxes_all(&n->boxes, e);
}

void nets_release(struct nets *n)
{
	boxes_release(&n->boxes);
	if (n->places.state >= 0)
		close(fd_take(&n->places.state));
	if (n->places.run >= 0)
		close(fd_take(&n->places.run));
	store_remove(&n->store);
}

int nets_sweep(struct nets *n, const struct net_def *d, struct err *e)
{
	return net_lease_sweep(n->places.run, d, store_is_dead, &n->store.dir, e) < 0 ? -1
										      : 0;
}

bool nets_has_boxes(const struct nets *n, const char *name)
{
	for (size_t i = 0; i < n->boxes.count; i++)
		if (nets_is_on(n->boxes.v[i].plan, name))
			return true;
	return false;
}

bool nets_is_on(const struct plan *pl, const char *name)
{
	return pl->net.mode == PLAN_NET_VETH &&
	       (!name || !strcmp(plan_text(pl, pl->net.network), name));
}

const char *nets_mode(const struct plan *pl)
{
	static const char *const names[] = {
		[PLAN_NET_NONE] = "none", [PLAN_NET_HOST] = "host",
		[PLAN_NET_VETH] = "veth", [PLAN_NET_USER] = "user",
		[PLAN_NET_JOIN] = "join",
	};

	return pl->net.mode < ARRAY_SIZE(names) ? names[pl->net.mode] : NULL;
}

static void json_prefix(struct text *out, const char *key, const struct net_prefix *p)
{
	char s[NET_TEXT_SIZE];

	text_addf(out, ",\"%s\":", key);
	text_json(out, p->family ? net_prefix_text(p, s) : NULL);
}

void nets_json(const struct net_def *d, struct text *out)
{
	text_add(out, "\"name\":");
	text_json(out, d->name);
	json_prefix(out, "subnet", &d->v4);
	json_prefix(out, "gateway", &d->gateway4);
	json_prefix(out, "subnet6", &d->v6);
	json_prefix(out, "gateway6", &d->gateway6);
	text_addf(out, ",\"nat\":%s,\"isolated\":%s,\"mtu\":", d->nat ? "true" : "false",
		  d->isolated ? "true" : "false");
	json_number(out, d->mtu ? d->mtu : UINT64_MAX);
}

bool nets_are_here(void)
{
	return geteuid() == 0;
}

/* --- who is on it ------------------------------------------------------------------ */

struct gather {
	const struct nets *n;
	struct members *m;
};

struct member *members_add(struct members *m)
{
	struct member *more = realloc(m->v, (m->count + 1) * sizeof(*more));

	if (!more)
		return NULL;
	m->v = more;
	more += m->count++;
	*more = (struct member){ 0 };
	return more;
}

static int add_member(const struct net_lease *l, void *arg)
{
	const struct gather *g = arg;
	struct member *m = members_add(g->m);

	if (!m)
		return 1;
	m->lease = *l;
	for (size_t i = 0; i < g->n->boxes.count && !m->box; i++)
		if (!strcmp(g->n->boxes.v[i].rec.id, l->box))
			m->box = &g->n->boxes.v[i];
	return 0;
}

static int take_lease(const struct net_lease *l, void *arg)
{
	struct net_lease *found = arg;

	if (strcmp(l->box, found->box) != 0)
		return 0;
	*found = *l;
	return 1;
}

void nets_lease(const char *network, const char *box, struct net_lease *l)
{
	struct net_def d;
	struct nets n;

	*l = (struct net_lease){ 0 };
	snprintf(l->box, sizeof(l->box), "%s", box);
	if (open_places(&n, false, NULL) == 0 &&
	    net_def_read(n.places.state, network, &d, NULL) == 0)
		net_lease_each(n.places.run, &d, take_lease, l, NULL);
	nets_release(&n);
}

int nets_members(const struct nets *n, const struct net_def *d, struct members *m,
		 struct err *e)
{
	struct gather g = { n, m };
	int r;

	*m = (struct members){ 0 };
	r = net_lease_each(n->places.run, d, add_member, &g, e);
	return r > 0 ? err_set(e, "out of memory") : r;
}

void members_release(struct members *m)
{
	free(m->v);
	*m = (struct members){ 0 };
}

const char *member_name(const struct member *m)
{
	return m->box && m->box->rec.name[0] ? m->box->rec.name : m->lease.box;
}

void member_publishes(const struct member *m, struct text *out)
{
	const struct plan *pl = m->box ? m->box->plan : NULL;

	for (const struct plan_publish *p = NULL;
	     pl && (p = plan_each(pl, &pl->net.publish, p));) {
		const char *at = p->address ? plan_text(pl, p->address) : "";
		bool is_v6 = strchr(at, ':');

		text_addf(out, "%s%s%s%s%s%u->%u%s", out->len ? " " : "",
			  is_v6 ? "[" : "", at, is_v6 ? "]" : "", *at ? ":" : "",
			  p->host_port, p->box_port, p->udp ? "/udp" : "");
	}
}

void nets_pair(const struct net_prefix *v4, const struct net_prefix *v6, struct text *out)
{
	char s[NET_TEXT_SIZE];

	text_add(out, net_prefix_text(v4, s));
	if (v4->family && v6->family)
		text_add(out, ", ");
	text_add(out, net_prefix_text(v6, s));
}
