// SPDX-License-Identifier: GPL-3.0-or-later
/* net.c - links, addresses and ports: the layer; lo and namespaced sysctls */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "layer/net.h"
#include "netns/net.h"

static int net_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	if (net_plan_mode(pf, h, pl, e) < 0 || net_allow_plan(pf, pl, e) < 0)
		return -1;
	return net_plan_sysctls(pf, pl, e);
}

/* What only the owner of a network namespace could do in it otherwise, and harms nobody
 * outside: ports below 1024, echo requests without a raw socket (icmp(7)) */
int net_open_ports(const struct site *s, const char *groups, struct err *e)
{
	const char *const settings[][2] = {
		{ "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0" },
		{ "/proc/sys/net/ipv4/ping_group_range", groups },
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (proc_write(s, settings[i][0], settings[i][1]) < 0)
			return err_sys(e, "cannot write '%s'", settings[i][0]);
	return 0;
}

/* Both ends of the range must be mapped; rootless that is sure for the payload's own */
static int open_ports(const struct plan *pl, const struct site *s, struct err *e)
{
	char groups[32] = ALL_GROUPS;

	if (pl->clone_flags & CLONE_NEWUSER)
		snprintf(groups, sizeof(groups), "%u %u", pl->user.gid, pl->user.gid);
	return net_open_ports(s, groups, e);
}

int net_write_sysctls(const struct plan *pl, const struct site *s, bool of_net,
		      struct err *e)
{
	for (const struct plan_sysctl *sc = NULL;
	     (sc = plan_each(pl, &pl->net.sysctls, sc));) {
		const char *key = plan_text(pl, sc->key);
		char path[256];
		int n = snprintf(path, sizeof(path), "/proc/sys/%s", key);

		if (of_net != !strncmp(key, "net.", 4))
			continue;
		if ((size_t)n >= sizeof(path))
			return err_set(e, "sysctl name '%s' is too long", key);
		for (char *at = path; (at = strchr(at, '.'));)
			*at = '/';
		if (proc_write(s, path, plan_text(pl, sc->value)) < 0)
			return err_sys(e, "cannot set sysctl '%s' to '%s'", key,
				       plan_text(pl, sc->value));
	}
	return 0;
}

static bool is_routed(const struct plan *pl)
{
	return pl->net.mode == PLAN_NET_VETH && pl->net.router == PLAN_ROUTER_HOST;
}

static bool net_has_router(const struct plan *pl)
{
	return pl->net.mode == PLAN_NET_VETH && pl->net.router == PLAN_ROUTER_USER;
}

static int net_router(const struct plan *pl, struct site *s, struct err *e)
{
	return net_has_router(pl) ? net_router_wire(pl, s, e) : 0;
}

/* pasta is the keeper's (box/serve.c); the box waits for it all the same */
static bool net_needs_host(const struct plan *pl)
{
	return pl->net.mode == PLAN_NET_USER || is_routed(pl);
}

/* The keeper gives the box's rules what names lead to, and its own come behind that */
static bool net_rules_need_host(const struct plan *pl)
{
	return net_needs_host(pl) && pl->net.allow.count;
}

bool net_has_settings(const struct plan *pl)
{
	return net_needs_host(pl) || pl->net.sysctls.count;
}

static int net_before(const struct plan *pl, struct site *s, struct err *e)
{
	if (pl->net.mode == PLAN_NET_VETH)
		return net_veth_before(pl, s, e);
	return pl->net.mode == PLAN_NET_JOIN ? net_join_before(pl, s, e) : 0;
}

static int net_host(const struct plan *pl, struct site *s, struct err *e)
{
	return is_routed(pl) ? net_veth_host(pl, s, e) : 0;
}

static int net_box(const struct plan *pl, struct site *s, struct err *e)
{
	if (!net_has_router(pl) && net_allow_apply(pl, e) < 0)
		return -1;
	if (pl->net.mode == PLAN_NET_JOIN && net_join_box(pl, s, e) < 0)
		return -1;
	if (pl->net.lo_up && net_lo_up(e) < 0)
		return -1;
	return net_has_settings(pl) ? proc_take(pl, s, e) : 0;
}

static int net_link_box(const struct plan *pl, struct site *s, struct err *e)
{
	if (is_routed(pl) && net_veth_box(pl, s, e) < 0)
		return -1;
	if (!net_has_settings(pl))
		return 0;
	if (net_needs_host(pl) && open_ports(pl, s, e) < 0)
		return -1;
	if (!net_has_router(pl) && net_write_sysctls(pl, s, true, e) < 0)
		return -1;
	return net_write_sysctls(pl, s, false, e);
}

const struct layer layer_net = {
	.name = "net",
	.isolates = "links, addresses, routes, ports, firewall rules, abstract sockets",
	.without = "the box uses this machine's links, addresses and ports, can talk to "
		   "services that listen on localhost, and to abstract unix sockets",
	.plan = net_plan,
	.needs_host = net_rules_need_host,
	.apply[SIDE_BEFORE] = net_before,
	.apply[SIDE_ROUTER] = net_router,
	.apply[SIDE_HOST] = net_host,
	.apply[SIDE_BOX] = net_box,
	.explain = net_explain,
	.script = net_script,
};

/* The second entry of the same wall: see layers.c for its place */
const struct layer layer_net_link = {
	.name = "net",
	.needs_host = net_needs_host,
	.apply[SIDE_BOX] = net_link_box,
};
