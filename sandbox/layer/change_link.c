// SPDX-License-Identifier: GPL-3.0-or-later
/* change_link.c - another network for a box that runs, or none
 *
 * Theory of operation. A box is on one network at most, so there are three changes: from
 * none to one, from one to another, from one to none. What the box has of its own goes
 * along: its ports, rates and allow list. What it has of the network is new: addresses
 * and the hardware address, which may be another box's there.
 *
 * The pair of links ends in two network namespaces, and who makes it needs rights over
 * both. Root has them. To an ordinary user the kernel gives them in the user namespace
 * that owns both alone, which is his router's where the box was begun on a network
 * (box/below.h), and nobody's where it was not: the two are beside each other then, and
 * a process is in one of them. Such a box has to be begun anew.
 *
 * A box that was begun without a link has no resolv.conf for one, and no /etc/hosts that
 * follows a network; one that was begun with it has that network's. So /etc/hosts becomes
 * a mount of the file that the keeper writes for this box (box/names.h), once, and
 * resolv.conf one with the text that a start would make. Where the tree has no place for
 * them nothing is made in what is the host's: that is said as unenforced.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/change.h"
#include "layer/net.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

#define RESOLV "/etc/resolv.conf"
#define HOSTS  "/etc/hosts"

#define ORIGIN "nook update"

/* --- what may be changed ------------------------------------------------------------ */

static int say_other_kind(const struct plan *pl, struct err *e)
{
	static const char *const kinds[] = {
		[PLAN_NET_HOST] = "it has the host's",
		[PLAN_NET_USER] = "it has a link that pasta serves",
		[PLAN_NET_JOIN] = "it has joined another's",
	};

	err_set(e, "the network of this box cannot be changed while it runs: %s",
		kinds[pl->net.mode]);
	e->code = EOPNOTSUPP;
	return -1;
}

/* @h: of the user that has the box */
static int check_old(struct host *h, const struct plan *pl, struct err *e)
{
	if (pl->net.mode == PLAN_NET_VETH)
		return 0;
	if (pl->net.mode != PLAN_NET_NONE)
		return say_other_kind(pl, e);
	if (!(pl->clone_flags & CLONE_NEWNET))
		return err_set(e, "this box has no network namespace of its own");
	if (host_is_root(h) || pl->net.router == PLAN_ROUTER_USER)
		return 0;
	err_set(e, "a box that an ordinary user has begun on no network cannot get one "
		   "while it runs: the kernel lets no link be put into its network "
		   "namespace from the user's router");
	e->code = EOPNOTSUPP;
	return -1;
}

static int check_new(const struct profile *pf, const struct plan *pl, struct err *e)
{
	bool has = pl->net.mode == PLAN_NET_VETH;
	const char *name = pf->network.name ? pf->network.name : NET_DEFAULT;

	if (pf->network.mode == NET_NONE && !has)
		return err_set(e, "the box is on no network already");
	if (pf->network.mode == NET_VETH && has &&
	    !strcmp(plan_text(pl, pl->net.network), name))
		return err_set(e, "the box is on network '%s' already", name);
	if (pf->network.mode != NET_NONE || !pl->net.allow.count)
		return 0;
	err_set(e,
		"a box with 'network.allow' cannot lose its network while it runs: the "
		"list goes with it, and would not hold for the next one");
	return err_hint(e, "network=NAME puts it on another, with the list");
}

bool change_has_link(const struct plan *old, const struct plan *next)
{
	bool has = next->net.mode == PLAN_NET_VETH;

	return old->net.mode != next->net.mode ||
	       (has && strcmp(plan_text(old, old->net.network),
			      plan_text(next, next->net.network)) != 0);
}

/* --- names -------------------------------------------------------------------------- */

/* What a start lays over a file, where there is one */
static bool lies_over(const struct plan_mount *m)
{
	return m->op == MOP_MASK || m->op == MOP_READONLY ||
	       ((m->op == MOP_HOSTS || m->op == MOP_TEXT) && !(m->flags & PM_USER));
}

/* The step that made what lies at @path, or what that lies in */
static const struct plan_mount *find_maker(const struct plan *pl, const char *path)
{
	const struct plan_mount *best = NULL;

	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (!lies_over(m) && path_is_in(path, plan_text(pl, m->target)) &&
		    (!best || path_is_in(plan_text(pl, m->target),
					 plan_text(pl, best->target))))
			best = m;
	return best;
}

/* Whether a file can be mounted there. Where there is none nook makes one, as a start
 * does, but not in what is the host's */
static bool has_place(struct host *h, const struct plan *pl, const char *path)
{
	const struct plan_mount *m = find_maker(pl, path);
	const char *root = "", *rest = path;
	struct host_path there;
	char at[4096];

	if (m && (m->op == MOP_BIND || m->op == MOP_OVERLAY) && m->source) {
		root = plan_text(pl, m->source);
		rest += strlen(plan_text(pl, m->target));
	} else if (!m && pl->tree.root == PLAN_ROOT_DIRECTORY) {
		root = plan_text(pl, pl->tree.path);
	} else {
		return true;
	}
	snprintf(at, sizeof(at), "%s%s", root, rest);
	if (host_stat(h, at, &there))
		return there.kind == HOST_FILE;
	return tree_is_writable(pl) && !(m && m->op == MOP_BIND);
}

static bool has_mounts(const struct plan *pl)
{
	return (pl->clone_flags & CLONE_NEWNS) && pl->tree.root != PLAN_ROOT_NONE &&
	       !pl->session.init_none;
}

static void say_unenforced(struct plan *pl, const char *key, const char *path,
			   const char *why)
{
	change_drop_facts(pl, key, NULL);
	plan_say(pl, "net", FACT_UNENFORCED, key, "'%s' of the box stays as it was: %s",
		 path, why);
}

static const char no_place[] = "nothing can be mounted there while it runs";

static struct plan_mount *add_file(struct plan *pl, enum mount_op op, const char *target)
{
	struct plan_mount *m = tree_add(pl, op, target);

	m->attr = TREE_SAFE | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
	m->flags |= PM_USER | PM_FILE;
	m->origin = plan_put(pl, ORIGIN);
	return m;
}

/* A file of its own is bound to it from the start where it has lines of its own */
static void plan_hosts(struct host *h, struct plan *pl, const char *hosts)
{
	const struct plan_mount *m = find_maker(pl, HOSTS);
	bool is_users = m && m->flags & PM_USER &&
			!strcmp(plan_text(pl, m->target), HOSTS);

	if (is_users || layer_net_own_hosts(pl))
		return;
	if (has_mounts(pl) && has_place(h, pl, HOSTS))
		add_file(pl, MOP_BIND, HOSTS)->source = plan_put(pl, hosts);
	else
		say_unenforced(pl, "network.hosts", HOSTS, no_place);
}

static void plan_resolver(const struct profile *pf, struct host *h, struct plan *pl)
{
	auto_text servers = { 0 };
	struct err e = { 0 };

	if (!has_mounts(pl) || !has_place(h, pl, RESOLV))
		say_unenforced(pl, "network.dns", RESOLV, no_place);
	else if (net_resolver_text(pf, h, pl, &servers, &e) < 0)
		say_unenforced(pl, "network.dns", RESOLV, e.text);
	else
		add_file(pl, MOP_TEXT, RESOLV)->data = plan_put(pl, text_str(&servers));
}

/* Whether nook or the user has put something there already, or where it leads to */
static bool has_resolver(const struct plan *pl)
{
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (m->op == MOP_TEXT || !strcmp(plan_text(pl, m->target), RESOLV))
			return true;
	return false;
}

/* --- the plan ----------------------------------------------------------------------- */

/* What belongs to the network that goes; without another one all that needs one */
static void forget_network(struct plan *pl, bool all)
{
	static const char *const of_network[] = { "network.mode", "network.name",
						  "network.address", "network.mac" };
	static const char *const of_link[] = { "network.publish", "network.rate_in",
					       "network.rate_out", "network.hosts",
					       "network.dns" };

	for (size_t i = 0; i < ARRAY_SIZE(of_network); i++)
		change_drop_facts(pl, of_network[i], NULL);
	pl->net.network = pl->net.definition = 0;
	pl->net.address4 = pl->net.address6 = pl->net.mac = 0;
	if (!all)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(of_link); i++)
		change_drop_facts(pl, of_link[i], NULL);
	pl->net.publish = pl->net.hosts = (struct plan_list){ 0 };
	pl->net.rate_in = pl->net.rate_out = 0;
	pl->net.mode = PLAN_NET_NONE;
}

int change_link(const struct profile *pf, struct host *h, struct plan *pl,
		const char *hosts, struct err *e)
{
	bool none = pf->network.mode == NET_NONE, had_own = layer_net_own_hosts(pl);
	char where[ORIGIN_SIZE];

	if (check_old(h, pl, e) < 0 || check_new(pf, pl, e) < 0)
		return -1;
	if (!had_own)
		plan_hosts(h, pl, hosts);
	if (!none && pl->net.mode == PLAN_NET_NONE && !has_resolver(pl))
		plan_resolver(pf, h, pl);
	forget_network(pl, none);
	plan_fact(pl, "net", "network.mode", origin_text(pf, FIELD_network_mode, where),
		  "%s", none ? "none" : "veth");
	if (none)
		return 0;
	pl->net.mode = PLAN_NET_VETH;
	if (net_plan_network(pf, h, pl, e) < 0)
		return -1;
	return pl->net.router == PLAN_ROUTER_USER ? net_router_check(pf, pl, e) : 0;
}

/* --- done --------------------------------------------------------------------------- */

int change_link_before(const struct plan *pl, struct site *s, struct err *e)
{
	return net_veth_before(pl, s, e);
}

int change_link_make(const struct plan *pl, struct site *s, struct err *e)
{
	if (net_veth_router(pl, s, e) < 0)
		return -1;
	if (setns(s->net.netns_fd, CLONE_NEWNET) < 0)
		return err_sys(e, "cannot enter the network namespace of the box");
	if (net_veth_box(pl, s, e) < 0)
		return -1;
	/* root's box that began without a link has not got these yet */
	if (pl->net.router == PLAN_ROUTER_HOST && net_open_ports(s, ALL_GROUPS, e) < 0)
		return -1;
	return net_write_sysctls(pl, s, true, e);
}
