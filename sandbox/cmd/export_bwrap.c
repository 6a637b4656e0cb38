// SPDX-License-Identifier: GPL-3.0-or-later
/* export_bwrap.c - a plan as a command line of bubblewrap 0.8 (bwrap(1))
 *
 * bwrap builds the tree from its options in their order, as nook does, with nosuid on
 * every mount and nodev on all but /dev.
 */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/capname.h"
#include "base/sys.h"
#include "cmd/export.h"
#include "cmd/summary.h"

static void add_namespaces(struct export *x)
{
	static const struct {
		uint64_t flag;
		const char *option;
	} options[] = {
		{ CLONE_NEWPID, "--unshare-pid" },
		{ CLONE_NEWNET, "--unshare-net" },
		{ CLONE_NEWUTS, "--unshare-uts" },
		{ CLONE_NEWIPC, "--unshare-ipc" },
		{ CLONE_NEWCGROUP, "--unshare-cgroup" },
	};
	const struct plan *pl = x->pl;
	uint64_t flags = pl->clone_flags | pl->unshare_flags;
	char id[12];

	if (pl->user.order != USER_NONE) {
		export_option(x, "--unshare-user", NULL);
		snprintf(id, sizeof(id), "%u", pl->user.uid);
		export_option(x, "--uid", id, NULL);
		snprintf(id, sizeof(id), "%u", pl->user.gid);
		export_option(x, "--gid", id, NULL);
		if (pl->user.writer != MAP_BY_INSIDE)
			export_note(x, "more than one mapped id");
		if (pl->user.lock_nesting)
			export_option(x, "--disable-userns", NULL);
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (flags & options[i].flag)
			export_option(x, options[i].option, NULL);
	if (flags & CLONE_NEWTIME)
		export_note(x, "a time namespace");
	if (pl->hostname)
		export_option(x, "--hostname", plan_text(pl, pl->hostname), NULL);
	if (pl->net.sysctls.count)
		export_note(x, "sysctls");
}

static void add_root(struct export *x)
{
	const struct plan_tree *t = &x->pl->tree;
	const char *path = plan_text(x->pl, t->path);

	if (t->root == PLAN_ROOT_NONE) {
		export_option(x, "--dev-bind", "/", "/", NULL);
		return;
	}
	if (t->root == PLAN_ROOT_TMPFS)
		return; /* what bwrap starts with */
	if (t->overlay)
		export_lack(x, LACK_CHANGES, "/");
	export_option(
		x, t->overlay || (t->attr & MOUNT_ATTR_RDONLY) ? "--ro-bind" : "--bind",
		path, "/", NULL);
}

static void add_tmpfs(struct export *x, const struct plan_mount *m, const char *target)
{
	char number[24];

	if (m->mode) {
		snprintf(number, sizeof(number), "%04o", m->mode);
		export_option(x, "--perms", number, NULL);
	}
	if (m->size) {
		snprintf(number, sizeof(number), "%" PRIu64, m->size);
		export_option(x, "--size", number, NULL);
	}
	export_option(x, "--tmpfs", target, NULL);
	if (m->attr & MOUNT_ATTR_RDONLY)
		export_option(x, "--remount-ro", target, NULL);
}

static void add_file(struct export *x, const struct plan_mount *m, const char *target)
{
	char fd[12], mode[12];

	snprintf(mode, sizeof(mode), "%04o", m->mode ? m->mode : 0644);
	export_data(x, plan_text(x->pl, m->data), fd);
	if (!*fd) {
		export_lack(x, LACK_MADE, target);
		return;
	}
	export_option(x, "--perms", mode, NULL);
	export_option(x, "--file", fd, target, NULL);
}

/* bwrap fails where a file of /proc that this kernel does not have is to be covered */
static bool is_missing(const struct export *x, const char *target)
{
	return (!strncmp(target, "/proc/", 6) || !strncmp(target, "/sys/", 5)) &&
	       !export_exists(x, target);
}

static void add_mask(struct export *x, const struct plan_mount *m, const char *target)
{
	if (is_missing(x, target))
		return;
	if (m->flags & PM_FILE) {
		export_option(x, "--ro-bind", "/dev/null", target, NULL);
		return;
	}
	export_option(x, "--tmpfs", target, NULL);
	export_option(x, "--remount-ro", target, NULL);
}

static void add_bind(struct export *x, const struct plan_mount *m, const char *target)
{
	bool ro = (m->attr & MOUNT_ATTR_RDONLY) != 0;
	const char *option = m->flags & PM_OPTIONAL ? ro ? "--ro-bind-try" : "--bind-try"
			     : ro		    ? "--ro-bind"
						    : "--bind";

	export_option(x, option, plan_text(x->pl, m->source), target, NULL);
	if (m->flags & PM_IDMAP)
		export_lack(x, LACK_OWNERS, target);
}

static void add_mount(struct export *x, const struct plan_mount *m)
{
	const char *target = plan_text(x->pl, m->target);
	const char *source = plan_text(x->pl, m->source);

	switch ((enum mount_op)m->op) {
	case MOP_TMPFS:
		add_tmpfs(x, m, target);
		break;
	case MOP_BIND:
		add_bind(x, m, target);
		break;
	case MOP_OVERLAY:
		export_lack(x, LACK_CHANGES, target);
		export_option(x, "--ro-bind", source, target, NULL);
		break;
	case MOP_PROC:
		if (m->data)
			export_note(x, "options of proc: %s", plan_text(x->pl, m->data));
		export_option(x, "--proc", target, NULL);
		break;
	case MOP_SYSFS:
		export_note(x,
			    "a sysfs of its own network namespace: this is the host's");
		export_option(x, "--ro-bind", "/sys", target, NULL);
		break;
	case MOP_CGROUP:
		export_note(x, "a cgroup file system at %s", target);
		break;
	case MOP_MQUEUE:
		export_option(x, "--mqueue", target, NULL);
		break;
	case MOP_DIR:
		export_option(x, "--dir", target, NULL);
		break;
	case MOP_FILE:
	case MOP_TEXT:
		add_file(x, m, target);
		break;
	case MOP_HOSTS:
		export_note(x, "the names of the other boxes in %s", target);
		break;
	case MOP_SYMLINK:
		export_option(x, "--symlink", source, target, NULL);
		break;
	case MOP_DEVICE:
		export_option(x, "--dev-bind", source, target, NULL);
		break;
	case MOP_MASK:
		add_mask(x, m, target);
		break;
	case MOP_READONLY:
		if (is_missing(x, target))
			break;
		if (m->flags & PM_SELF)
			export_option(x, "--ro-bind", target, target, NULL);
		else
			export_option(x, "--remount-ro", target, NULL);
		break;
	case MOP_FILESYSTEM:
		export_lack(x, LACK_MOUNT, target);
		break;
	case MOP_DEVPTS:
	case MOP_COUNT:
		break;
	}
}

static void add_tree(struct export *x)
{
	const struct plan *pl = x->pl;
	bool dev = false;

	add_root(x);
	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		if (!export_is_dev(x, m)) {
			add_mount(x, m);
		} else if (!dev) {
			export_option(x, "--dev", "/dev", NULL);
			dev = true;
		}
	}
	if (pl->tree.root != PLAN_ROOT_NONE &&
	    (pl->tree.readonly || (pl->tree.attr & MOUNT_ATTR_RDONLY)))
		export_option(x, "--remount-ro", "/", NULL);
}

static void add_rights(struct export *x)
{
	const struct plan *pl = x->pl;

	export_option(x, "--cap-drop", "ALL", NULL);
	for (const struct name *n = capability_names; n->name; n++) {
		char name[32] = "CAP_";
		size_t i;

		if (!(pl->caps.keep >> n->value & 1))
			continue;
		for (i = 0; n->name[i] && i + 5 < sizeof(name); i++)
			name[4 + i] =
				n->name[i] == '_' ? '_' : (char)(n->name[i] - 'a' + 'A');
		name[4 + i] = '\0';
		export_option(x, "--cap-add", name, NULL);
	}
	if (!pl->caps.no_new_privs)
		export_note(x,
			    "setuid programs that work: bwrap always sets no_new_privs");
	if (export_filter(x))
		export_option(x, "--seccomp", "9", NULL);
	if (pl->landlock.abi)
		export_note(x, "Landlock");
}

static void add_environment(struct export *x)
{
	const struct plan *pl = x->pl;

	export_option(x, "--clearenv", NULL);
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.env, w));) {
		const char *pair = plan_text(pl, w->text);
		const char *sign = strchr(pair, '=');
		char name[256];

		if (!sign || (size_t)(sign - pair) >= sizeof(name))
			continue;
		memcpy(name, pair, (size_t)(sign - pair));
		name[sign - pair] = '\0';
		export_option(x, "--setenv", name, sign + 1, NULL);
	}
	export_option(x, "--chdir", workdir_seen(pl), NULL);
}

void export_bwrap(struct export *x)
{
	static const char *const lacks[LACK_COUNT] = {
		[LACK_CHANGES] =
			"changes that are thrown away: read-only here (bwrap 0.11 has "
			"--overlay-src and --tmp-overlay)",
		[LACK_OWNERS] = "owners as the box would see them (idmapped mounts)",
		[LACK_MADE] = "more files than a shell has descriptors",
		[LACK_MOUNT] = "other file systems",
	};
	const struct plan *pl = x->pl;

	export_common(x);
	text_add(&x->words, "bwrap");
	add_namespaces(x);
	add_tree(x);
	add_rights(x);
	add_environment(x);
	export_option(x, "--die-with-parent", NULL);
	export_option(x, "--new-session", NULL);
	if (pl->session.init_none)
		export_option(x, "--as-pid-1", NULL);
	export_limits(x, EXPORT_BWRAP);
	if (pl->limits.output)
		export_note(x, "an end after so many bytes of output");
	export_note(x,
		    "a terminal of its own: --new-session only takes the caller's away");
	export_notes(x, lacks);
	export_option(x, "--", NULL);
}
