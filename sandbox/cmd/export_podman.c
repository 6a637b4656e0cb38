// SPDX-License-Identifier: GPL-3.0-or-later
/* export_podman.c - a plan as a command line of podman (podman-run(1))
 *
 * podman starts from an image or from a root directory. A box that takes its tree from
 * this machine becomes an empty directory with binds in it, or the machine's own '/'
 * under an overlay (--rootfs DIR:O).
 */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "base/sys.h"
#include "cmd/export.h"
#include "cmd/summary.h"

static const char *network_of(const struct plan *pl)
{
	switch ((enum plan_net_mode)pl->net.mode) {
	case PLAN_NET_NONE:
		return "none";
	case PLAN_NET_VETH:
		return "bridge";
	case PLAN_NET_USER:
		return "pasta";
	case PLAN_NET_JOIN: /* of a box of nook podman knows nothing */
		if (strchr(plan_text(pl, pl->net.join), '/'))
			return plan_text(pl, pl->net.join);
		break;
	case PLAN_NET_HOST:
		break;
	}
	return "host";
}

static void add_namespaces(struct export *x)
{
	static const struct {
		uint64_t flag;
		const char *option, *own, *shared;
	} options[] = {
		{ CLONE_NEWPID, "--pid", "private", "host" },
		{ CLONE_NEWNET, "--network", NULL, NULL },
		{ CLONE_NEWUTS, "--uts", "private", "host" },
		{ CLONE_NEWIPC, "--ipc", "private", "host" },
		{ CLONE_NEWCGROUP, "--cgroupns", "private", "host" },
	};
	const struct plan *pl = x->pl;
	uint64_t flags = pl->clone_flags | pl->unshare_flags;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		export_optionf(x, options[i].option, "%s%s",
			       options[i].flag == CLONE_NEWNET && *network_of(pl) == '/'
				       ? "ns:"
				       : "",
			       options[i].flag == CLONE_NEWNET ? network_of(pl)
			       : flags & options[i].flag       ? options[i].own
							       : options[i].shared);
	if (flags & CLONE_NEWTIME)
		export_note(x, "a time namespace");
	if (pl->hostname)
		export_option(x, "--hostname", plan_text(pl, pl->hostname), NULL);
	for (const struct plan_sysctl *k = NULL;
	     (k = plan_each(pl, &pl->net.sysctls, k));)
		export_optionf(x, "--sysctl", "%s=%s", plan_text(pl, k->key),
			       plan_text(pl, k->value));
}

/* Rootless podman has a map of its own for all containers: keep-id places the caller in
 * it */
static void add_ids(struct export *x)
{
	const struct plan_user *u = &x->pl->user;

	if (u->order == USER_NONE) {
		export_option(x, "--userns", "host", NULL);
	} else if (u->order == USER_FIRST) {
		export_optionf(x, "--userns", "keep-id:uid=%u,gid=%u", u->uid, u->gid);
	} else {
		for (const struct plan_map *m = NULL;
		     (m = plan_each(x->pl, &u->uid_map, m));)
			export_optionf(x, "--uidmap", "%u:%u:%u", m->inside, m->outside,
				       m->count);
		for (const struct plan_map *m = NULL;
		     (m = plan_each(x->pl, &u->gid_map, m));)
			export_optionf(x, "--gidmap", "%u:%u:%u", m->inside, m->outside,
				       m->count);
	}
	export_optionf(x, "--user", "%u:%u", u->uid, u->gid);
	for (uint32_t i = 1; i < u->group_count; i++)
		export_optionf(x, "--group-add", "%u", u->group[i]);
}

static void add_volume(struct export *x, const struct plan_mount *m)
{
	auto_text o = { 0 };

	export_attrs(&o, m->attr);
	text_add(&o, m->flags & PM_ONE ? ",bind" : ",rbind");
	text_add(&o, m->flags & PM_SLAVE ? ",rslave" : ",rprivate");
	if (m->flags & PM_IDMAP)
		text_add(&o, ",idmap");
	export_optionf(x, "--volume", "%s:%s:%s", plan_text(x->pl, m->source),
		       plan_text(x->pl, m->target), text_str(&o));
}

static void add_tmpfs(struct export *x, const struct plan_mount *m)
{
	auto_text o = { 0 };

	export_attrs(&o, m->attr);
	if (m->size)
		text_addf(&o, ",size=%" PRIu64, m->size);
	if (m->inodes)
		text_addf(&o, ",nr_inodes=%" PRIu64, m->inodes);
	if (m->mode)
		text_addf(&o, ",mode=%04o", m->mode);
	export_optionf(x, "--tmpfs", "%s:%s", plan_text(x->pl, m->target), text_str(&o));
}

/* What nook makes itself goes into the root directory before */
static void add_made(struct export *x, const struct plan_mount *m)
{
	struct text *t = &x->setup;

	if (x->pl->tree.root != PLAN_ROOT_TMPFS) {
		if (m->op != MOP_DIR)
			export_lack(x, LACK_MADE, plan_text(x->pl, m->target));
		return;
	}
	if (m->op == MOP_DIR)
		text_addf(t, "mkdir -p -m %04o ", m->mode);
	else if (m->op == MOP_SYMLINK)
		text_add(t, "ln -s ");
	else
		text_add(t, "printf %s ");
	if (m->op == MOP_SYMLINK)
		text_shell(t, plan_text(x->pl, m->source));
	if (m->op == MOP_FILE)
		text_shell(t, plan_text(x->pl, m->data));
	text_add(t, m->op == MOP_DIR	? "\"$root\""
		    : m->op == MOP_FILE ? " >\"$root\""
					: " \"$root\"");
	text_shell(t, plan_text(x->pl, m->target));
	text_addc(t, '\n');
}

static void add_mount(struct export *x, const struct plan_mount *m)
{
	const char *target = plan_text(x->pl, m->target);

	switch ((enum mount_op)m->op) {
	case MOP_TMPFS:
		add_tmpfs(x, m);
		break;
	case MOP_BIND:
		add_volume(x, m);
		break;
	case MOP_OVERLAY: /* :O is podman's word for an overlay that is thrown away */
		export_optionf(x, "--volume", "%s:%s:O", plan_text(x->pl, m->source),
			       target);
		break;
	case MOP_DEVICE:
		export_option(x, "--device", plan_text(x->pl, m->source), NULL);
		break;
	case MOP_MASK:
		export_optionf(x, "--security-opt", "mask=%s", target);
		break;
	case MOP_FILE:
	case MOP_SYMLINK:
	case MOP_DIR:
		add_made(x, m);
		break;
	case MOP_FILESYSTEM:
		export_lack(x, LACK_MOUNT, target);
		break;
	case MOP_READONLY:
	case MOP_PROC:
	case MOP_SYSFS:
	case MOP_MQUEUE:
	case MOP_CGROUP:
	case MOP_DEVPTS:
	case MOP_TEXT: /* resolv.conf and hosts */
	case MOP_HOSTS:
	case MOP_COUNT:
		break; /* podman does these by itself, its own way */
	}
}

static void add_tree(struct export *x)
{
	const struct plan *pl = x->pl;

	if (pl->tree.root != PLAN_ROOT_NONE &&
	    (pl->tree.readonly || (pl->tree.attr & MOUNT_ATTR_RDONLY)))
		export_option(x, "--read-only", NULL);
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (!export_is_dev(x, m))
			add_mount(x, m);
}

static void add_root(struct export *x)
{
	const struct plan_tree *t = &x->pl->tree;

	if (t->root == PLAN_ROOT_DIRECTORY)
		export_optionf(x, "--rootfs", "%s%s", plan_text(x->pl, t->path),
			       t->overlay ? ":O" : "");
	else if (t->root == PLAN_ROOT_NONE)
		export_option(x, "--rootfs", "/:O", NULL);
	else
		text_add(&x->words, " \\\n\t--rootfs \"$root\"");
}

static void add_rights(struct export *x)
{
	const struct plan *pl = x->pl;

	export_option(x, "--cap-drop", "all", NULL);
	for (const struct name *n = capability_names; n->name; n++)
		if (pl->caps.keep >> n->value & 1)
			export_option(x, "--cap-add", n->name, NULL);
	if (pl->caps.no_new_privs)
		export_option(x, "--security-opt", "no-new-privileges", NULL);
	if (!pl->seccomp.program)
		export_option(x, "--security-opt", "seccomp=unconfined", NULL);
	else
		export_note(
			x, "nook's filter of system calls '%s': podman's own is in force",
			plan_text(pl, pl->seccomp.name));
	if (pl->user.lock_nesting)
		export_note(x, "no user namespaces inside");
	if (pl->landlock.abi)
		export_note(x, "Landlock");
	if (pl->net.allow.count)
		export_note(x, "network.allow: the box may go everywhere");
}

static void add_limits(struct export *x)
{
	const struct plan *pl = x->pl;

	for (const struct plan_rlimit *r = NULL; (r = plan_each(pl, &pl->rlimits, r));)
		export_optionf(x, "--ulimit", "%s=%lld:%lld",
			       name_of(resource_names, (int)r->resource),
			       /* -1 = unlimited */
			       (long long)r->soft, (long long)r->hard);
	if (pl->limits.wall) {
		export_optionf(x, "--timeout", "%" PRIu64,
			       (pl->limits.wall + 999999999) / 1000000000);
		export_optionf(x, "--stop-timeout", "%" PRIu64,
			       (pl->limits.grace + 999999999) / 1000000000);
	}
	export_limits(x, EXPORT_PODMAN);
	if (pl->limits.output)
		export_note(x, "an end after so many bytes of output");
}

static void add_environment(struct export *x)
{
	const struct plan *pl = x->pl;

	export_option(x, "--unsetenv-all", NULL);
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.env, w));)
		export_option(x, "--env", plan_text(pl, w->text), NULL);
	export_option(x, "--workdir", workdir_seen(pl), NULL);
	export_optionf(x, "--umask", "%04o", pl->env.umask);
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->labels, w));)
		export_option(x, "--label", plan_text(pl, w->text), NULL);
}

void export_podman(struct export *x)
{
	static const char *const lacks[LACK_COUNT] = {
		[LACK_MADE] = "files that nook makes",
		[LACK_MOUNT] = "other file systems",
	};

	if (x->pl->tree.root == PLAN_ROOT_TMPFS)
		text_add(&x->setup, "root=$(mktemp -d) # stays: remove it afterwards\n");
	text_add(&x->words, "podman run --rm --interactive");
	if (x->pl->session.terminal == PLAN_TTY_OWN)
		export_option(x, "--tty", NULL);
	if (!x->pl->session.init_none)
		export_option(x, "--init", NULL);
	add_namespaces(x);
	add_ids(x);
	add_tree(x);
	add_rights(x);
	add_limits(x);
	add_environment(x);
	add_root(x);
	export_notes(x, lacks);
}
