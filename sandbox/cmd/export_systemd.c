// SPDX-License-Identifier: GPL-3.0-or-later
/* export_systemd.c - a plan as a transient service of systemd (systemd-run(1),
 * systemd.exec(5))
 *
 * systemd starts from the machine's own tree and takes away; a fresh root is its
 * TemporaryFileSystem=/ with binds in it. As an ordinary user --user is needed, and there
 * every property that makes a namespace brings a user namespace with it.
 */
#include <ctype.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "base/sys.h"
#include "cmd/export.h"
#include "cmd/summary.h"

static void add_property(struct export *x, const char *name, const char *value)
{
	export_optionf(x, "--property", "%s=%s", name, value);
}

static void add_namespaces(struct export *x)
{
	static const struct {
		uint64_t flag;
		const char *property, *missing;
	} rows[] = {
		{ CLONE_NEWNET, "PrivateNetwork", NULL },
		{ CLONE_NEWIPC, "PrivateIPC", NULL },
		{ CLONE_NEWUTS, "ProtectHostname",
		  "the host name '%s': the box keeps this machine's" },
		{ CLONE_NEWPID, NULL,
		  "a pid namespace%s (PrivatePIDs=yes from systemd 257 on)" },
		{ CLONE_NEWCGROUP, NULL,
		  "a cgroup namespace%s (ProtectControlGroups=private from "
		  "systemd 257 on)" },
		{ CLONE_NEWTIME, NULL, "a time namespace%s" },
	};
	const struct plan *pl = x->pl;
	uint64_t flags = pl->clone_flags | pl->unshare_flags;

	if (pl->user.order != USER_NONE) {
		add_property(x, "PrivateUsers", "yes");
		export_note(
			x,
			"user %u inside: PrivateUsers keeps the caller's number and root",
			pl->user.uid);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_text note = { 0 };
		const char *at = rows[i].missing ? strstr(rows[i].missing, "%s") : NULL;

		if (!(flags & rows[i].flag))
			continue;
		if (rows[i].property)
			add_property(x, rows[i].property, "yes");
		if (!at)
			continue;
		text_addn(&note, rows[i].missing, (size_t)(at - rows[i].missing));
		text_add(&note,
			 rows[i].flag == CLONE_NEWUTS ? plan_text(pl, pl->hostname) : "");
		text_add(&note, at + 2);
		export_note(x, "%s", text_str(&note));
	}
	if (pl->net.sysctls.count)
		export_note(x, "sysctls");
}

/* Colons and blanks separate words in these lists; a path that has one cannot be said */
static void add_bind(struct export *x, const struct plan_mount *m)
{
	bool ro = (m->attr & MOUNT_ATTR_RDONLY) != 0;
	const char *source = plan_text(x->pl, m->source),
		   *target = plan_text(x->pl, m->target);

	if (strpbrk(source, ": ") || strpbrk(target, ": ")) {
		export_note(x, "a bind of '%s': its name has a colon or a blank", source);
		return;
	}
	export_optionf(x, "--property", "%s=%s%s:%s%s",
		       ro ? "BindReadOnlyPaths" : "BindPaths",
		       m->flags & PM_OPTIONAL ? "-" : "", source, target,
		       m->flags & PM_ONE ? ":norbind" : "");
}

static void add_tmpfs(struct export *x, const struct plan_mount *m)
{
	auto_text o = { 0 };

	export_attrs(&o, m->attr);
	if (m->mode)
		text_addf(&o, ",mode=%04o", m->mode);
	if (m->size)
		text_addf(&o, ",size=%" PRIu64, m->size);
	if (m->inodes)
		text_addf(&o, ",nr_inodes=%" PRIu64, m->inodes);
	export_optionf(x, "--property", "TemporaryFileSystem=%s:%s",
		       plan_text(x->pl, m->target), text_str(&o));
}

static void add_mount(struct export *x, const struct plan_mount *m)
{
	const char *target = plan_text(x->pl, m->target);

	switch ((enum mount_op)m->op) {
	case MOP_TMPFS:
		add_tmpfs(x, m);
		break;
	case MOP_BIND:
		add_bind(x, m);
		break;
	case MOP_OVERLAY:
		export_lack(x, LACK_CHANGES, target);
		export_optionf(x, "--property", "BindReadOnlyPaths=%s:%s",
			       plan_text(x->pl, m->source), target);
		break;
	case MOP_MASK:
		export_optionf(x, "--property", "InaccessiblePaths=-%s", target);
		break;
	case MOP_READONLY:
		export_optionf(x, "--property", "ReadOnlyPaths=-%s", target);
		break;
	case MOP_FILE:
	case MOP_SYMLINK:
	case MOP_TEXT:
	case MOP_HOSTS:
		export_lack(x, LACK_MADE, target);
		break;
	case MOP_FILESYSTEM:
		export_lack(x, LACK_MOUNT, target);
		break;
	case MOP_DEVICE:
		export_optionf(x, "--property", "DeviceAllow=%s",
			       plan_text(x->pl, m->source));
		break;
	case MOP_PROC:
		if (m->data)
			add_property(x, "ProcSubset", "pid");
		break;
	case MOP_DIR:
	case MOP_SYSFS:
	case MOP_MQUEUE:
	case MOP_CGROUP:
	case MOP_DEVPTS:
	case MOP_COUNT:
		break;
	}
}

static void add_tree(struct export *x)
{
	const struct plan *pl = x->pl;
	const struct plan_tree *t = &pl->tree;
	bool ro = t->readonly || (t->attr & MOUNT_ATTR_RDONLY);

	if (t->root == PLAN_ROOT_NONE)
		return;
	add_property(x, "MountAPIVFS", "yes");
	add_property(x, "PrivateDevices", "yes");
	if (t->root == PLAN_ROOT_TMPFS) {
		add_property(x, "TemporaryFileSystem", ro ? "/:ro" : "/");
	} else {
		add_property(x, "RootDirectory", plan_text(pl, t->path));
		if (t->overlay)
			export_lack(x, LACK_CHANGES, "/");
		if (ro || t->overlay)
			add_property(x, "ReadOnlyPaths", "/");
	}
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &t->mounts, m));)
		if (!export_is_dev(x, m))
			add_mount(x, m);
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &t->mounts, m));)
		if (m->op == MOP_MASK &&
		    !strncmp(plan_text(pl, m->target), "/proc/", 6)) {
			add_property(x, "ProtectKernelTunables", "yes");
			add_property(x, "ProtectKernelLogs", "yes");
			break;
		}
}

static void add_rights(struct export *x)
{
	const struct plan *pl = x->pl;
	auto_text caps = { 0 };

	for (const struct name *n = capability_names; n->name; n++)
		if (pl->caps.keep >> n->value & 1)
			text_addf(&caps, "%sCAP_%s", caps.len ? " " : "", n->name);
	for (char *c = caps.s; c && *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	add_property(x, "CapabilityBoundingSet", text_str(&caps));
	if (caps.len)
		add_property(x, "AmbientCapabilities", text_str(&caps));
	if (pl->caps.no_new_privs)
		add_property(x, "NoNewPrivileges", "yes");
	if (pl->user.lock_nesting)
		add_property(x, "RestrictNamespaces", "yes");
	add_property(x, "KeyringMode", "private");
	if (pl->seccomp.program) {
		add_property(x, "SystemCallFilter", "@system-service");
		add_property(x, "SystemCallArchitectures", "native");
		export_note(
			x,
			"nook's filter of system calls '%s': @system-service is near it",
			plan_text(pl, pl->seccomp.name));
	}
	if (pl->landlock.abi)
		export_note(x, "Landlock");
}

static void add_limits(struct export *x)
{
	const struct plan *pl = x->pl;

	for (const struct plan_rlimit *r = NULL; (r = plan_each(pl, &pl->rlimits, r));) {
		auto_text t = { 0 };

		text_add(&t, "Limit");
		for (const char *p = name_of(resource_names, (int)r->resource); *p; p++)
			text_addc(&t, (char)toupper(*p));
		text_addc(&t, '=');
		if (r->soft == UINT64_MAX)
			text_add(&t, "infinity");
		else
			text_addf(&t, "%" PRIu64, r->soft);
		if (r->hard == UINT64_MAX)
			text_add(&t, ":infinity");
		else
			text_addf(&t, ":%" PRIu64, r->hard);
		export_option(x, "--property", text_str(&t), NULL);
	}
	if (pl->limits.wall)
		export_optionf(x, "--property", "RuntimeMaxSec=%" PRIu64 "ms",
			       pl->limits.wall / 1000000);
	if (pl->limits.wall)
		export_optionf(x, "--property", "TimeoutStopSec=%" PRIu64 "ms",
			       pl->limits.grace / 1000000);
	export_limits(x, EXPORT_SYSTEMD);
	if (pl->limits.output)
		export_note(x, "an end after so many bytes of output");
}

static void add_environment(struct export *x)
{
	const struct plan *pl = x->pl;

	export_optionf(x, "--property", "UMask=%04o", pl->env.umask);
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.env, w));)
		export_option(x, "--setenv", plan_text(pl, w->text), NULL);
	export_note(x, "an environment with nothing else: systemd adds some of its own");
	export_option(x, "--working-directory", workdir_seen(pl), NULL);
}

void export_systemd(struct export *x)
{
	static const char *const lacks[LACK_COUNT] = {
		[LACK_CHANGES] = "changes that are thrown away: read-only here",
		[LACK_MADE] = "files and symlinks that nook makes",
		[LACK_MOUNT] = "other file systems",
	};

	text_add(&x->words, "systemd-run");
	if (x->pl->user.order != USER_LAST)
		export_option(x, "--user", NULL);
	export_option(x, "--wait", NULL);
	export_option(x, "--collect", NULL);
	export_option(x, x->pl->session.terminal == PLAN_TTY_OWN ? "--pty" : "--pipe",
		      NULL);
	add_namespaces(x);
	add_tree(x);
	add_rights(x);
	add_limits(x);
	add_environment(x);
	export_notes(x, lacks);
	export_option(x, "--", NULL);
}
