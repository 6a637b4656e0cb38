// SPDX-License-Identifier: GPL-3.0-or-later
/* net_allow.c - the only destinations that the box may reach
 *
 * The rules (netns/allow.c) stand in the box's own network namespace before its link
 * is up, so nothing passes before them, and stay as long as it: the payload must have no
 * right to change them, nor to send past them.
 *
 * A name becomes addresses only when the box starts, and others while it runs
 * (box/allow.h). One that network.hosts gives an address is that address: it is where the
 * box itself finds it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/text.h"
#include "layer/net.h"
#include "layer/where.h"
#include "netns/net.h"

static int check_rights(const struct profile *pf, struct err *e)
{
	static const char *const past[] = { "CAP_NET_ADMIN", "CAP_NET_RAW" };
	char where[ORIGIN_SIZE], own[ORIGIN_SIZE];

	for (size_t i = 0; i < pf->capabilities.count; i++) {
		const struct item *it = &pf->capabilities.v[i];

		for (size_t p = 0; p < ARRAY_SIZE(past); p++) {
			if (strcmp(it->text, past[p]) != 0)
				continue;
			err_set(e,
				"'network.allow' (%s) holds nobody who keeps '%s' (%s)",
				origin_text(pf, FIELD_network_allow, where), past[p],
				origin_format(&it->at, own));
			return err_hint(e, "leave the capability out, or "
					   "'--set network.allow=null'");
		}
	}
	return 0;
}

/* "TO", "TO:PORT" or "[TO]:PORT", which the profile has checked, into its parts.
 * Return: 0, -1 = TO is a name, and always has a port */
static int split(const char *text, char *to, size_t size, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	bool brackets = *text == '[';
	struct net_prefix p;

	*port = 0;
	if (!net_prefix_read(text, &p)) {
		snprintf(to, size, "%s", text);
		return 0;
	}
	if (!colon || parse_port(colon + 1, port, NULL))
		return -1;
	snprintf(to, size, "%.*s", (int)(colon - text) - 2 * brackets, text + brackets);
	return net_prefix_read(to, &p);
}

static struct plan_allow *add_allow(struct plan *pl, uint16_t port, const char *where)
{
	struct plan_allow *a = plan_append(pl, &pl->net.allow, sizeof(*a));

	a->port = port;
	a->origin = plan_put(pl, where);
	return a;
}

/* "NAME:ADDRESS". Return: how many addresses it has there */
static unsigned int add_known(const struct profile *pf, struct plan *pl, const char *name,
			      uint16_t port, const char *where)
{
	unsigned int n = 0;

	for (size_t i = 0; i < pf->network.hosts.count; i++) {
		const char *line = pf->network.hosts.v[i].text;
		const char *colon = strchr(line, ':');

		if (strncasecmp(line, name, (size_t)(colon - line)) != 0 ||
		    name[colon - line])
			continue;
		add_allow(pl, port, where)->to = plan_put(pl, colon + 1);
		n++;
	}
	return n;
}

int net_allow_plan(const struct profile *pf, struct plan *pl, struct err *e)
{
	char where[ORIGIN_SIZE], to[256];

	if (!pf->network.allow.count)
		return 0;
	if (check_rights(pf, e) < 0)
		return -1;
	for (size_t i = 0; i < pf->network.allow.count; i++) {
		const struct item *it = &pf->network.allow.v[i];
		uint16_t port;

		origin_format(&it->at, where);
		if (!split(it->text, to, sizeof(to), &port)) {
			add_allow(pl, port, where)->to = plan_put(pl, to);
		} else if (!add_known(pf, pl, to, port, where)) {
			add_allow(pl, port, where)->name = plan_put(pl, to);
			pl->net.refresh = pf->network.refresh;
		}
		plan_fact(pl, "net", "network.allow", where, "%s", it->text);
	}
	return 0;
}

int net_allow_rules(const struct plan *pl, struct text *out)
{
	auto_free struct net_allow *list = calloc(pl->net.allow.count, sizeof(*list));
	uint16_t sets = 0;
	size_t n = 0;

	if (!list)
		return -1;
	for (const struct plan_allow *a = NULL; (a = plan_each(pl, &pl->net.allow, a));) {
		if (a->name)
			list[n].set = ++sets;
		else if (net_prefix_read(plan_text(pl, a->to), &list[n].to) < 0)
			return -1;
		list[n++].port = (uint16_t)a->port;
	}
	net_allow_text(list, n, out);
	return out->failed ? -1 : 0;
}

int net_allow_apply(const struct plan *pl, struct err *e)
{
	auto_text rules = { 0 };

	if (!pl->net.allow.count)
		return 0;
	if (net_allow_rules(pl, &rules) < 0)
		return err_set(e, "cannot write the rules of 'network.allow'");
	return net_rules_apply(text_str(&rules), e);
}

void net_allow_explain(const struct plan *pl, struct text *out)
{
	auto_text rules = { 0 };

	if (!pl->net.allow.count || net_allow_rules(pl, &rules) < 0)
		return;
	text_addf(out,
		  "In the box's network namespace, before its link is up; all that is "
		  "not listed is refused:\n"
		  "  $ ip netns exec BOX nft -f - <<'END'\n%sEND\n",
		  text_str(&rules));
	if (!pl->net.refresh)
		return;
	text_add(out, "getaddrinfo(3): a process beside the box looks the names up, "
		      "before it starts and then every ");
	text_duration(out, pl->net.refresh);
	text_add(out, ". What they lead to goes into the sets, and into /etc/hosts of "
		      "the box.\n"
		      "  $ getent ahosts NAME\n"
		      "  $ ip netns exec BOX nft add element inet nook_allow name1v4 "
		      "'{ ADDRESS timeout ");
	text_duration(out, ALLOW_LIVES * pl->net.refresh);
	text_add(out, " }'\n");
}
