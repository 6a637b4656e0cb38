// SPDX-License-Identifier: GPL-3.0-or-later
/* change_net.c - what can be made of a box's network while it runs: ports and rates */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "base/err.h"
#include "layer/caps.h"
#include "layer/change.h"
#include "layer/net.h"
#include "layer/where.h"

static int need_link(const struct profile *pf, enum field f, struct err *e)
{
	char where[ORIGIN_SIZE];

	err_set(e, "'%s' (%s) has no effect with the network that the box has",
		field_name(f), origin_text(pf, f, where));
	e->code = EOPNOTSUPP;
	return -1;
}

/* --- ports -------------------------------------------------------------------------- */

/* Each port has its fact, in the same order */
static const struct plan_fact *next_fact(const struct plan *pl, const struct plan_fact *f)
{
	while ((f = plan_each(pl, &pl->facts, f)))
		if (f->key && !strcmp(plan_text(pl, f->key), "network.publish"))
			break;
	return f;
}

/* Return: the port that was published by these words, @fact says so; NULL = none */
static const struct plan_publish *find_port(const struct plan *pl, const char *words,
					    const struct plan_fact **fact)
{
	const struct plan_publish *p = plan_each(pl, &pl->net.publish, NULL);
	const struct plan_fact *f = next_fact(pl, NULL);

	while (p && f && strcmp(plan_text(pl, f->text), words) != 0) {
		p = plan_each(pl, &pl->net.publish, p);
		f = next_fact(pl, f);
	}
	*fact = f;
	return f ? p : NULL;
}

int change_drop_publish(struct plan *pl, const char *words, struct err *e)
{
	const struct plan_fact *fact;
	const struct plan_publish *p = find_port(pl, words, &fact);

	if (!p) {
		err_set(e, "'network.publish' of this box has no '%s'", words);
		return err_hint(e, "'nook explain BOX' lists what it has");
	}
	plan_remove(pl, &pl->net.publish, p);
	plan_remove(pl, &pl->facts, fact);
	return 0;
}

const struct plan_publish *change_next_port(const struct plan *old,
					    const struct plan *next,
					    const struct plan_publish *p)
{
	while ((p = plan_each(next, &next->net.publish, p))) {
		const struct plan_publish *had = NULL;

		while ((had = plan_each(old, &old->net.publish, had)))
			if (plan_ref_of(old, had) == plan_ref_of(next, p))
				break;
		if (!had)
			break;
	}
	return p;
}

/* An address is one of all of them */
static bool overlap(const struct plan *old, const struct plan_publish *had,
		    const struct plan *next, const struct plan_publish *p)
{
	return had->host_port == p->host_port && had->udp == p->udp &&
	       (!had->address || !p->address ||
		!strcmp(plan_text(old, had->address), plan_text(next, p->address)));
}

/* With the same words for the address too: then it is the same sockets */
static bool is_place(const struct plan *old, const struct plan_publish *had,
		     const struct plan *next, const struct plan_publish *p)
{
	return overlap(old, had, next, p) && !had->address == !p->address;
}

const struct plan_publish *change_replaced(const struct plan *old,
					   const struct plan *next,
					   const struct plan_publish *p)
{
	const struct plan_publish *had = NULL;

	while ((had = change_next_port(next, old, had)))
		if (is_place(old, had, next, p))
			break;
	return had;
}

static int say_taken(const struct plan_publish *had, const struct plan_publish *p,
		     const char *hint, struct err *e)
{
	err_set(e, "port %u/%s leads to port %u of the box already", p->host_port,
		p->udp ? "udp" : "tcp", had->box_port);
	return err_hint(e, "%s", hint);
}

int change_check_ports(const struct plan *old, const struct plan *next, struct err *e)
{
	const struct plan_publish *p = NULL, *other;

	while ((p = change_next_port(old, next, p))) {
		for (other = NULL; (other = plan_each(next, &next->net.publish, other));)
			if (other != p && overlap(next, other, next, p))
				return say_taken(other, p,
						 "-publish=... in the same command takes "
						 "it away",
						 e);
		for (other = NULL; (other = change_next_port(next, old, other));)
			if (overlap(old, other, next, p) &&
			    !is_place(old, other, next, p))
				return say_taken(other, p,
						 "by another address: take it away "
						 "first, by a command of its own",
						 e);
	}
	return 0;
}

static int plan_ports(const struct profile *pf, struct plan *pl, struct err *e)
{
	if (!pf->network.publish.count)
		return 0;
	if (pl->net.mode != PLAN_NET_VETH && pl->net.mode != PLAN_NET_USER)
		return need_link(pf, FIELD_network_publish, e);
	net_publish_plan(pf, pl);
	return 0;
}

/* --- rates -------------------------------------------------------------------------- */

/* Who has rights over the box's end of the link could take the limit away */
static int check_rate_out(const struct plan *pl, struct err *e)
{
	if (!pl->net.rate_out || pl->user.order != USER_NONE ||
	    !(pl->caps.keep & CAP_BIT(CAP_NET_ADMIN)))
		return 0;
	return err_set(e, "'network.rate_out' holds nobody who keeps 'CAP_NET_ADMIN' "
			  "without a user namespace, as this box does");
}

static int plan_rates(const struct profile *pf, struct plan *pl, struct err *e)
{
	const struct {
		enum field field;
		uint64_t rate;
		uint64_t *at;
	} ways[] = {
		{ FIELD_network_rate_in, pf->network.rate_in, &pl->net.rate_in },
		{ FIELD_network_rate_out, pf->network.rate_out, &pl->net.rate_out },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const char *key = field_name(ways[i].field);
		char where[ORIGIN_SIZE];

		if (!profile_is_set(pf, ways[i].field))
			continue;
		if (pl->net.mode != PLAN_NET_VETH)
			return need_link(pf, ways[i].field, e);
		*ways[i].at = ways[i].rate == WISH_MAX ? 0 : ways[i].rate;
		change_drop_facts(pl, key, NULL);
		if (*ways[i].at)
			plan_fact(pl, "net", key, origin_text(pf, ways[i].field, where),
				  "%llu bit/s", (unsigned long long)*ways[i].at);
	}
	return check_rate_out(pl, e);
}

int change_net(const struct profile *pf, struct plan *pl, struct err *e)
{
	return plan_ports(pf, pl, e) < 0 ? -1 : plan_rates(pf, pl, e);
}
