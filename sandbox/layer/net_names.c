// SPDX-License-Identifier: GPL-3.0-or-later
/* net_names.c - how names are looked up in a box with links of its own
 *
 * The host's resolv.conf often names a resolver on a loopback address, which in the box
 * is the box itself: its own list of servers is taken then, or the run is refused. Of
 * hosts the box gets the network's: one file for all boxes on it, written as they come
 * and go, so it is bound and not copied. A box with lines of its own gets a file of its
 * own (box/names.h), which is bound too.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/nets.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/net.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

#define RESOLV "/etc/resolv.conf"
#define HOSTS  "/etc/hosts"

/* Where a stub's real servers stand: systemd-resolved(8), NetworkManager(8) */
static const char *const behind_stubs[] = {
	"/run/systemd/resolve/resolv.conf",
	"/run/NetworkManager/no-stub-resolv.conf",
};

bool net_makes_names(const struct profile *pf)
{
	return (pf->namespaces & NS_NET) &&
	       (pf->network.mode == NET_VETH || pf->network.mode == NET_USER);
}

/* "nameserver ADDRESS" (resolv.conf(5)): whether the line is one, and its address */
static bool is_server(const char *line, size_t len, char *address, size_t size)
{
	static const char word[] = "nameserver";
	size_t n = sizeof(word) - 1;

	if (len <= n || strncmp(line, word, n) || !strchr(" \t", line[n]))
		return false;
	while (n < len && strchr(" \t", line[n]))
		n++;
	len = strcspn(line + n, " \t\r\n#;%");
	if (len >= size)
		return false;
	memcpy(address, line + n, len);
	address[len] = '\0';
	return true;
}

/* Whether a server answers only who asks from its own machine; a zone (%eth0) makes an
 * address one of a link that the box does not have */
static bool is_near(const char *address)
{
	static const uint8_t loopback6[16] = { [15] = 1 };
	struct net_prefix p;

	if (net_prefix_read(address, &p) < 0)
		return true;
	if (p.family == AF_INET)
		return p.addr[0] == 127 || p.addr[0] == 0;
	return !memcmp(p.addr, loopback6, sizeof(loopback6)) ||
	       (p.addr[0] == 0xfe && (p.addr[1] & 0xc0) == 0x80);
}

/* What of a resolv.conf is of use in the box, into @out. Return: servers taken; @near
 * counts those that were not */
static unsigned int take_servers(const char *text, struct text *out, unsigned int *near)
{
	unsigned int taken = 0;
	char address[64];

	for (size_t len; *text; text += len) {
		len = strcspn(text, "\n");
		len += text[len] == '\n';
		if (is_server(text, len, address, sizeof(address))) {
			if (is_near(address)) {
				++*near;
				continue;
			}
			taken++;
		} else if (strchr("#;\n", *text)) {
			continue;
		}
		text_addn(out, text, len);
	}
	return taken;
}

/* A network that leads nowhere has no server to ask anyway */
static bool has_way_out(const struct plan *pl)
{
	struct net_def d;

	return pl->net.mode != PLAN_NET_VETH || net_veth_definition(pl, &d, NULL) ||
	       d.nat;
}

/* Return: 0, or -1 and @e: the host has servers, and none that the box could ask */
static int find_servers(const struct profile *pf, struct host *h, const struct plan *pl,
			struct text *out, struct err *e)
{
	const char *text = host_read(h, RESOLV);
	unsigned int near = 0;
	char where[ORIGIN_SIZE];

	if (!text || take_servers(text, out, &near) || !near)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(behind_stubs); i++) {
		text = host_read(h, behind_stubs[i]);
		text_cut(out, 0);
		if (text && take_servers(text, out, &near))
			return 0;
	}
	text_cut(out, 0);
	if (!has_way_out(pl))
		return 0;
	err_set(e,
		"'network.mode' (%s): every name server of this host listens on a "
		"loopback address, which a box cannot reach",
		origin_text(pf, FIELD_network_mode, where));
	return err_hint(e, "name one that it can: --set network.dns=ADDRESS");
}

int net_resolver_text(const struct profile *pf, struct host *h, struct plan *pl,
		      struct text *out, struct err *e)
{
	char where[ORIGIN_SIZE];

	if (!profile_is_set(pf, FIELD_network_dns))
		return find_servers(pf, h, pl, out, e);
	for (size_t i = 0; i < pf->network.dns.count; i++) {
		const struct item *it = &pf->network.dns.v[i];

		text_addf(out, "nameserver %s\n", it->text);
		plan_fact(pl, "net", "network.dns", origin_format(&it->at, where), "%s",
			  it->text);
	}
	return 0;
}

bool layer_net_own_hosts(const struct plan *pl)
{
	return pl->net.hosts.count || pl->net.refresh;
}

bool net_binds_hosts(const struct plan *pl)
{
	return pl->net.mode == PLAN_NET_VETH || layer_net_own_hosts(pl);
}

/* In a fresh tree a file; in others' trees something over what is there, which is never
 * written to (NE-08), made where a fresh layer takes it */
static void put_over(const struct profile *pf, struct plan *pl, enum mount_op op,
		     const char *target, const char *content)
{
	bool fresh = pf->root.from == ROOT_SYSTEM || pf->root.from == ROOT_EMPTY;
	struct plan_mount *m;

	if (op == MOP_TEXT && fresh) {
		tree_file(pl, target, content);
		return;
	}
	m = tree_add(pl, op, target);
	m->attr = TREE_SAFE | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
	m->data = plan_put(pl, content);
	m->flags |= PM_FILE | (fresh ? 0 : PM_OPTIONAL);
	m->flags |= tree_is_writable(pl) ? PM_MKTARGET : 0;
}

/* Directories above @path, below /run: a tmpfs that the box has fresh */
static void make_parents(struct plan *pl, const char *path)
{
	char part[4096];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if (!tree_has(pl, part))
			tree_dir(pl, part, 0755)->flags |= PM_MKTARGET;
	}
}

/* It is often a link into /run */
static void put_resolver(const struct profile *pf, struct host *h, struct plan *pl,
			 const char *content)
{
	const char *root = pf->root.from == ROOT_DIRECTORY ? pf->root.path : "";
	bool others = pf->root.from == ROOT_DIRECTORY || pf->root.from == ROOT_HOST;
	char path[4096];

	if (!others || !tree_resolver_in_run(h, root, path, sizeof(path)) ||
	    tree_is_covered(pf, path)) {
		put_over(pf, pl, MOP_TEXT, RESOLV, content);
		return;
	}
	make_parents(pl, path);
	put_over(pf, pl, MOP_TEXT, path, content);
}

int net_names_plan(const struct profile *pf, struct host *h, struct plan *pl,
		   struct err *e)
{
	auto_text servers = { 0 };

	if (!net_makes_names(pf))
		return 0;
	if (net_resolver_text(pf, h, pl, &servers, e) < 0)
		return -1;
	if (!tree_is_covered(pf, RESOLV))
		put_resolver(pf, h, pl, text_str(&servers));
	if (!tree_is_covered(pf, HOSTS) && net_binds_hosts(pl))
		put_over(pf, pl, MOP_HOSTS, HOSTS, NULL);
	return 0;
}
