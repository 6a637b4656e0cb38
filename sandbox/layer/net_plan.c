// SPDX-License-Identifier: GPL-3.0-or-later
/* net_plan.c - which network the box gets, and what of the profile belongs to it */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "layer/net.h"
#include "layer/where.h"
#include "netns/net.h"

/* Sets of modes: bit n = enum net_mode n */
#define IN(mode) (1u << (mode))
#define OWN_LINK (IN(NET_VETH) | IN(NET_USER))

static const struct name mode_names[] = {
	{ "none", NET_NONE }, { "host", NET_HOST }, { "veth", NET_VETH },
	{ "user", NET_USER }, { "join", NET_JOIN }, { NULL, 0 },
};

/* Where each key means something: elsewhere it would be dropped without a word */
static const struct {
	enum field field;
	uint32_t modes;
	const char *needs;
} effects[] = {
	{ FIELD_network_name, IN(NET_VETH), "veth" },
	{ FIELD_network_address, IN(NET_VETH), "veth" },
	{ FIELD_network_mac, IN(NET_VETH), "veth" },
	{ FIELD_network_publish, OWN_LINK, "veth or user" },
	{ FIELD_network_allow, OWN_LINK, "veth or user" },
	{ FIELD_network_refresh, OWN_LINK, "veth or user" },
	{ FIELD_network_dns, OWN_LINK, "veth or user" },
	{ FIELD_network_hosts, OWN_LINK, "veth or user" },
	{ FIELD_network_rate, IN(NET_VETH), "veth" },
	{ FIELD_network_rate_in, IN(NET_VETH), "veth" },
	{ FIELD_network_rate_out, IN(NET_VETH), "veth" },
	{ FIELD_network_join, IN(NET_JOIN), "join" },
};

static int check_effects(const struct profile *pf, struct err *e)
{
	const char *mode = name_of(mode_names, (int)pf->network.mode);
	char where[ORIGIN_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(effects); i++) {
		enum field f = effects[i].field;

		if (!profile_is_set(pf, f) || (effects[i].modes & IN(pf->network.mode)))
			continue;
		err_set(e, "'%s' (%s) has no effect with 'network.mode: %s'",
			field_name(f), origin_text(pf, f, where), mode);
		return err_hint(
			e, "it needs 'network.mode: %s'; '--set %s=null' takes it back",
			effects[i].needs, field_name(f));
	}
	return 0;
}

/* "[IP:]HOST:BOX[/udp]", which the profile has checked */
void net_publish_plan(const struct profile *pf, struct plan *pl)
{
	for (size_t i = 0; i < pf->network.publish.count; i++) {
		const struct item *it = &pf->network.publish.v[i];
		struct plan_publish *p = plan_append(pl, &pl->net.publish, sizeof(*p));
		const char *end = it->text + strcspn(it->text, "/");
		const char *box = memrchr(it->text, ':', (size_t)(end - it->text));
		const char *host = memrchr(it->text, ':', (size_t)(box - it->text));
		char where[ORIGIN_SIZE], address[64];

		if (host) {
			bool brackets = *it->text == '[';

			snprintf(address, sizeof(address), "%.*s",
				 (int)(host - it->text) - 2 * brackets,
				 it->text + brackets);
			p->address = plan_put(pl, address);
		}
		p->host_port = (uint32_t)strtoul(host ? host + 1 : it->text, NULL, 10);
		p->box_port = (uint32_t)strtoul(box + 1, NULL, 10);
		p->udp = !strcmp(end, "/udp");
		p->origin = plan_put(pl, origin_format(&it->at, where));
		plan_fact(pl, "net", "network.publish", origin_format(&it->at, where),
			  "%s", it->text);
	}
}

/* "NAME:ADDRESS" as /etc/hosts has it */
static void plan_hosts(const struct profile *pf, struct plan *pl)
{
	for (size_t i = 0; i < pf->network.hosts.count; i++) {
		const struct item *it = &pf->network.hosts.v[i];
		const char *colon = strchr(it->text, ':');
		struct plan_word *w = plan_append(pl, &pl->net.hosts, sizeof(*w));
		char where[ORIGIN_SIZE];

		w->text = plan_putf(pl, "%s %.*s", colon + 1, (int)(colon - it->text),
				    it->text);
		plan_fact(pl, "net", "network.hosts", origin_format(&it->at, where), "%s",
			  it->text);
	}
}

/* One of each family at most; auto is neither */
static int plan_addresses(const struct profile *pf, struct plan *pl, struct err *e)
{
	for (size_t i = 0; i < pf->network.address.count; i++) {
		const struct item *it = &pf->network.address.v[i];
		bool is_v6 = strchr(it->text, ':');
		plan_ref *at = is_v6 ? &pl->net.address6 : &pl->net.address4;
		char where[ORIGIN_SIZE];

		if (!strcmp(it->text, "auto"))
			continue;
		if (*at)
			return err_set(e, "'network.address' (%s): two %s addresses",
				       origin_format(&it->at, where),
				       is_v6 ? "IPv6" : "IPv4");
		*at = plan_put(pl, it->text);
		plan_fact(pl, "net", "network.address", origin_format(&it->at, where),
			  "%s", it->text);
	}
	return 0;
}

/* What leaves the box is held back at its own end, where nothing that waits takes room in
 * the router. Who has rights over that end could take the limit away */
static int check_rate_out(const struct profile *pf, const struct plan *pl, struct err *e)
{
	bool own = profile_is_set(pf, FIELD_network_rate_out);
	char where[ORIGIN_SIZE], keeps[ORIGIN_SIZE];

	for (size_t i = 0; i < pf->capabilities.count; i++) {
		const struct item *it = &pf->capabilities.v[i];

		if (!pl->net.rate_out || pl->user.order != USER_NONE ||
		    strcmp(it->text, "CAP_NET_ADMIN") != 0)
			continue;
		err_set(e,
			"'%s' (%s) holds nobody who keeps '%s' (%s) without a user "
			"namespace",
			field_name(own ? FIELD_network_rate_out : FIELD_network_rate),
			origin_text(pf, own ? FIELD_network_rate_out : FIELD_network_rate,
				    where),
			it->text, origin_format(&it->at, keeps));
		return err_hint(e, "leave the capability out, or "
				   "'--set network.rate_out=max'");
	}
	return 0;
}

static int plan_rate(const struct profile *pf, struct plan *pl, struct err *e)
{
	uint64_t both = pf->network.rate == WISH_MAX ? 0 : pf->network.rate;
	const struct {
		enum field field;
		uint64_t rate;
		uint64_t *at;
	} ways[] = {
		{ FIELD_network_rate_in, pf->network.rate_in, &pl->net.rate_in },
		{ FIELD_network_rate_out, pf->network.rate_out, &pl->net.rate_out },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		bool own = profile_is_set(pf, ways[i].field);
		enum field f = own ? ways[i].field : FIELD_network_rate;
		char where[ORIGIN_SIZE];

		*ways[i].at = !own ? both : ways[i].rate == WISH_MAX ? 0 : ways[i].rate;
		if (*ways[i].at)
			plan_fact(pl, "net", field_name(ways[i].field),
				  origin_text(pf, f, where), "%llu bit/s",
				  (unsigned long long)*ways[i].at);
	}
	return check_rate_out(pf, pl, e);
}

/** struct known - Names of the networks that are there */
struct known {
	const char *const *name;
	size_t count;
};

static const char *known_next(size_t i, const void *arg)
{
	const struct known *k = arg;

	return i < k->count ? k->name[i] : NULL;
}

static int say_absent(struct host *h, const char *name, const char *where, struct err *e)
{
	char path[4096];
	struct known k;
	const char *near;

	snprintf(path, sizeof(path), "%s/networks", host_state_dir(h));
	k.count = host_list(h, path, &k.name);
	near = name_near(name, known_next, &k);
	err_set(e, "'network.name' (%s): there is no network '%s'", where, name);
	if (near)
		return err_hint(e,
				"did you mean '%s'? 'nook net create %s' makes another",
				near, name);
	return err_hint(e,
			"'nook net create %s' makes it, 'nook net ls' lists those that "
			"are there",
			name);
}

/* The definition is read as every fact of the machine is, and copied: what explain shows
 * is what a run takes. Only `default` may still have to be made */
int net_plan_network(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	const char *name = pf->network.name ? pf->network.name : NET_DEFAULT;
	char where[ORIGIN_SIZE], path[4096];
	const char *text;

	pl->net.network = plan_put(pl, name);
	pl->net.state = plan_put(pl, host_state_dir(h));
	snprintf(path, sizeof(path), "%s/networks/%s", host_state_dir(h), name);
	text = host_read(h, path);
	pl->net.definition = plan_put(pl, text);
	if (!text && strcmp(name, NET_DEFAULT) != 0)
		return say_absent(h, name, origin_text(pf, FIELD_network_name, where), e);
	plan_fact(pl, "net", "network.name", origin_text(pf, FIELD_network_name, where),
		  text ? "%s" : "%s, which is made when the box starts", name);
	return 0;
}

static int plan_veth(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	pl->net.router = host_is_root(h) ? PLAN_ROUTER_HOST : PLAN_ROUTER_USER;
	pl->net.lo_up = 0; /* with the other link, in the same message */
	if (net_plan_network(pf, h, pl, e) < 0 || plan_addresses(pf, pl, e) < 0)
		return -1;
	if (pf->network.mac && strcmp(pf->network.mac, "auto") != 0) {
		char where[ORIGIN_SIZE];

		pl->net.mac = plan_put(pl, pf->network.mac);
		plan_fact(pl, "net", "network.mac",
			  origin_text(pf, FIELD_network_mac, where), "%s",
			  pf->network.mac);
	}
	if (plan_rate(pf, pl, e) < 0)
		return -1;
	net_publish_plan(pf, pl);
	plan_hosts(pf, pl);
	return pl->net.router == PLAN_ROUTER_USER ? net_router_plan(pf, h, pl, e) : 0;
}

static int plan_none(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	(void)pf, (void)h, (void)pl, (void)e;
	return 0;
}

static int plan_user(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	net_publish_plan(pf, pl);
	plan_hosts(pf, pl);
	return net_user_plan(pf, h, pl, e);
}

static int plan_join(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	char where[ORIGIN_SIZE];

	(void)h, (void)e;
	pl->net.join = plan_put(pl, pf->network.join);
	plan_fact(pl, "net", "network.join", origin_text(pf, FIELD_network_join, where),
		  "%s", pf->network.join);
	return 0;
}

int net_veth_definition(const struct plan *pl, struct net_def *d, struct err *e)
{
	if (!pl->net.definition)
		return 1;
	return net_def_parse(plan_text(pl, pl->net.network),
			     plan_text(pl, pl->net.definition), d, e);
}

int net_plan_mode(const struct profile *pf, struct host *h, struct plan *pl,
		  struct err *e)
{
	static int (*const modes[])(const struct profile *pf, struct host *h,
				    struct plan *pl, struct err *e) = {
		[NET_NONE] = plan_none, [NET_HOST] = plan_none, [NET_VETH] = plan_veth,
		[NET_USER] = plan_user, [NET_JOIN] = plan_join,
	};
	static const uint32_t planned[] = {
		[NET_NONE] = PLAN_NET_NONE, [NET_HOST] = PLAN_NET_HOST,
		[NET_VETH] = PLAN_NET_VETH, [NET_USER] = PLAN_NET_USER,
		[NET_JOIN] = PLAN_NET_JOIN,
	};
	bool own = pf->namespaces & NS_NET;
	char where[ORIGIN_SIZE];

	if (check_effects(pf, e) < 0)
		return -1;
	pl->net.mode = own ? planned[pf->network.mode] : (uint32_t)PLAN_NET_HOST;
	if (pl->net.mode == PLAN_NET_HOST && pf->network.mode != NET_HOST)
		plan_say(pl, "net", FACT_WARNING, "namespaces",
			 "no net namespace: the box shares the host's network");
	if (pl->net.mode != PLAN_NET_HOST && pl->net.mode != PLAN_NET_JOIN) {
		pl->clone_flags |= CLONE_NEWNET;
		pl->net.lo_up = 1;
	}
	plan_fact(pl, "net", "network.mode", origin_text(pf, FIELD_network_mode, where),
		  "%s",
		  pl->net.mode == PLAN_NET_HOST
			  ? "host"
			  : name_of(mode_names, (int)pf->network.mode));
	return modes[pf->network.mode](pf, h, pl, e);
}

/* Which namespace a sysctl belongs to decides whether the
 * box may have a value of its own */
int net_plan_sysctls(const struct profile *pf, struct plan *pl, struct err *e)
{
	static const struct {
		const char *prefix;
		uint32_t ns;
		const char *name;
	} owners[] = {
		{ "net.", NS_NET, "net" },
		{ "kernel.shm", NS_IPC, "ipc" },
		{ "kernel.msg", NS_IPC, "ipc" },
		{ "kernel.sem", NS_IPC, "ipc" },
		{ "fs.mqueue.", NS_IPC, "ipc" },
		{ "kernel.hostname", NS_UTS, "uts" },
		{ "kernel.domainname", NS_UTS, "uts" },
	};
	char where[ORIGIN_SIZE];

	for (size_t i = 0; i < pf->sysctls.count; i++) {
		const struct item *it = &pf->sysctls.v[i];
		struct plan_sysctl *sc;
		size_t o = 0;

		if (!it->text)
			continue;
		while (o < ARRAY_SIZE(owners) &&
		       strncmp(it->key, owners[o].prefix, strlen(owners[o].prefix)))
			o++;
		origin_format(&it->at, where);
		if (o == ARRAY_SIZE(owners))
			return err_set(
				e, "sysctl '%s' (%s) belongs to no namespace of a box",
				it->key, where);
		if (!(pf->namespaces & owners[o].ns) ||
		    (owners[o].ns == NS_NET && !(pl->clone_flags & CLONE_NEWNET)))
			return err_set(e,
				       "sysctl '%s' (%s) needs a %s namespace of its own",
				       it->key, where, owners[o].name);
		sc = plan_append(pl, &pl->net.sysctls, sizeof(*sc));
		sc->key = plan_put(pl, it->key);
		sc->value = plan_put(pl, it->text);
		plan_fact(pl, "net", it->key, where, "%s", it->text);
	}
	return 0;
}
