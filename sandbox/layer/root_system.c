// SPDX-License-Identifier: GPL-3.0-or-later
/* root_system.c - a fresh tree: /usr and what a shell needs of /etc, or nothing at all
 *
 * Only what is named here comes from the host: /etc as a whole holds shadow, host keys
 * and the machine's name. A symlink is copied when it leads into /usr, which is there;
 * anything else is bound, which costs less than copying it.
 */
#include "layer/tree_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "layer/net.h"

/* only where the box has a network to use, and for RESOLVER the host's own */
#define NET	 1u
#define RESOLVER 2u

static const struct {
	const char *path;
	uint32_t when;
} of_etc[] = {
	{ "/etc/alternatives", 0 },	/* Debian's awk, vi, java are links into it */
	{ "/etc/bash.bashrc", 0 },
	{ "/etc/inputrc", 0 },
	{ "/etc/ld.so.cache", 0 },	/* the loader's index: without it libraries of
					   /usr/local and ld.so.conf are not found */
	{ "/etc/ld.so.conf", 0 },
	{ "/etc/ld.so.conf.d", 0 },
	{ "/etc/ld-musl-x86_64.path", 0 },
	{ "/etc/localtime", 0 },
	{ "/etc/nsswitch.conf", 0 },
	{ "/etc/os-release", 0 },
	{ "/etc/profile", 0 },
	{ "/etc/profile.d", 0 },
	{ "/etc/protocols", 0 },
	{ "/etc/services", 0 },
	{ "/etc/shells", 0 },
	{ "/etc/terminfo", 0 },
	{ "/etc/ca-certificates", NET },
	{ "/etc/ca-certificates.conf", NET },
	{ "/etc/crypto-policies", NET },
	{ "/etc/gai.conf", NET },
	{ "/etc/host.conf", NET },
	{ "/etc/pki/ca-trust", NET },
	{ "/etc/pki/tls/certs", NET },
	{ "/etc/resolv.conf", RESOLVER },
	{ "/etc/ssl/certs", NET },
	{ "/etc/ssl/openssl.cnf", NET },
};

/* In the root: links where /usr is merged, else directories of their own */
static const char *const of_root[] = { "/bin",	 "/sbin",  "/lib",
				       "/lib64", "/lib32", "/libx32" };

/* The text of a symlink that leads to a place below /usr, else NULL */
static const char *link_into_usr(struct host *h, const char *path)
{
	const char *text = host_readlink(h, path);
	const char *to = text;

	while (to && !strncmp(to, "../", 3))
		to += 3;
	if (!to || (to != text && !strncmp(to, "usr/", 4)) || !strncmp(to, "/usr/", 5))
		return text;
	return NULL;
}

static void take_from_host(struct host *h, struct plan *pl, const char *path)
{
	struct host_path there;
	const char *text = NULL;
	struct plan_mount *m;

	if (!host_stat(h, path, &there))
		return;
	if (there.kind == HOST_SYMLINK)
		text = link_into_usr(h, path);
	if (text) {
		tree_parents(pl, path);
		tree_link(pl, path, text);
		return;
	}
	if (there.kind == HOST_SYMLINK && !host_stat_follow(h, path, &there))
		return; /* dangling on the host too */
	tree_parents(pl, path);
	m = tree_bind(pl, path, path, TREE_SAFE | MOUNT_ATTR_RDONLY);
	m->flags |= PM_MKTARGET | (there.kind == HOST_DIR ? 0 : (uint32_t)PM_FILE);
}

static void plan_usr(struct host *h, struct plan *pl)
{
	struct plan_mount *m = tree_bind(pl, "/usr", "/usr",
					 TREE_SAFE | MOUNT_ATTR_RDONLY);
	struct host_path there;

	m->flags |= PM_MKTARGET | (tree_idmap(pl) ? PM_IDMAP | PM_SOFT : 0);
	for (size_t i = 0; i < ARRAY_SIZE(of_root); i++) {
		const char *text = host_readlink(h, of_root[i]);

		if (text) {
			tree_link(pl, of_root[i], text);
		} else if (host_stat(h, of_root[i], &there) && there.kind == HOST_DIR) {
			m = tree_bind(pl, of_root[i], of_root[i],
				      TREE_SAFE | MOUNT_ATTR_RDONLY);
			m->flags |= PM_MKTARGET |
				    (tree_idmap(pl) ? PM_IDMAP | PM_SOFT : 0);
		}
	}
}

/* Who the payload is, for programs that ask: two lines or one,
 * where root is the payload */
static void plan_names(const struct profile *pf, struct plan *pl)
{
	const struct plan_user *u = &pl->user;
	const char *name = pf->user.id;
	char text[1024], home[256];

	if (!name || (*name >= '0' && *name <= '9'))
		name = u->uid ? "user" : "root";
	snprintf(home, sizeof(home), u->uid ? "/home/%s" : "/root", name);
	pl->tree.user_name = plan_put(pl, name);
	pl->tree.home = plan_put(pl, home);
	snprintf(text, sizeof(text), "root:x:0:0:root:/root:/bin/sh\n");
	if (u->uid)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s:x:%u:%u:%s:%s:/bin/sh\n", name, u->uid, u->gid, name, home);
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		 "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
	tree_file(pl, "/etc/passwd", text);
	snprintf(text, sizeof(text), "root:x:0:\ntty:x:5:\n");
	if (u->gid)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s:x:%u:\n",
			 name, u->gid);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "nogroup:x:65534:\n");
	tree_file(pl, "/etc/group", text);
	snprintf(text, sizeof(text),
		 "127.0.0.1\tlocalhost %s\n::1\tlocalhost ip6-localhost\n",
		 plan_text(pl, pl->hostname));
	if (!net_binds_hosts(pl))
		tree_file(pl, "/etc/hosts", text);
	if (pl->hostname) {
		snprintf(text, sizeof(text), "%s\n", plan_text(pl, pl->hostname));
		tree_file(pl, "/etc/hostname", text);
	}
}

int root_system_plan(const struct profile *pf, struct host *h, struct plan *pl,
		     bool system)
{
	bool own_etc = !tree_is_covered(pf, "/etc");
	struct plan_mount *m;

	tree_dir(pl, "/proc", 0555);
	tree_dir(pl, "/dev", 0755);
	tree_dir(pl, "/tmp", 01777);
	tree_dir(pl, "/run", 0755);
	tree_dir(pl, "/var", 0755);
	if (pl->tree.readonly) /* one writable place, as strict promises: /tmp */
		tree_link(pl, "/var/tmp", "../tmp");
	else
		tree_dir(pl, "/var/tmp", 01777);
	tree_dir(pl, "/etc", 0755);
	if (own_etc)
		plan_names(pf, pl);
	if (pl->tree.home) {
		tree_parents(pl, plan_text(pl, pl->tree.home));
		m = tree_dir(pl, plan_text(pl, pl->tree.home),
			     pl->user.uid ? 0755 : 0700);
		m->uid = pl->user.uid;
		m->gid = pl->user.gid;
	}
	if (!system)
		return 0;
	if (!tree_is_covered(pf, "/usr"))
		plan_usr(h, pl);
	if (!own_etc)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(of_etc); i++)
		if (!(of_etc[i].when & (NET | RESOLVER)) ||
		    (pf->network.mode != NET_NONE &&
		     !(of_etc[i].when & RESOLVER && net_makes_names(pf))))
			take_from_host(h, pl, of_etc[i].path);
	return 0;
}
