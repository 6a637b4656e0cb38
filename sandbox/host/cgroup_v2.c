// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup_v2.c - where this caller can have a cgroup: v2
 *
 * Theory (cgroups(7); Documentation/admin-guide/cgroup-v2.rst, "Delegation"; systemd's
 * docs/CGROUP_DELEGATION.md). A process may be put into a cgroup by who may write to the
 * cgroup.procs of the two's common ancestor: so the leaf has to lie below a cgroup above
 * the caller that is the caller's. Controllers can be switched on only where no process
 * sits in the cgroup itself. And below a manager's tree nothing may be made that it did
 * not hand out: it marks what it did with an extended attribute.
 */
#include <fnmatch.h>
#include <string.h>

#include "host/cgroup.h"
#include "host/inner.h"

#define DROP_IN                                                                     \
	"as root: `mkdir -p /etc/systemd/system/user@.service.d && printf "         \
	"'[Service]\\nDelegate=cpu cpuset io memory pids\\n' >/etc/systemd/system/" \
	"user@.service.d/delegate.conf && systemctl daemon-reload`, then log in again"

/** struct asked - As host_cgroup() was asked */
struct asked {
	uint32_t wanted, liked;
};

static bool has_manager(struct host *h)
{
	struct host_path at;

	return host_stat(h, "/run/systemd/system", &at);
}

/* Whether the caller's manager can be reached: itself, or by its bus */
static bool has_bus(struct host *h)
{
	static const char *const sockets[] = { "systemd/private", "bus" };
	const char *dir = host_env(h, "XDG_RUNTIME_DIR");
	struct host_path at;

	if (!host_uid(h))
		return host_stat(h, "/run/systemd/private", &at) ||
		       host_stat(h, "/run/dbus/system_bus_socket", &at);
	if (!dir || *dir != '/')
		dir = host_keepf(h, "/run/user/%u", host_uid(h));
	for (size_t i = 0; dir && i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		const char *path = host_keepf(h, "%s/%s", dir, sockets[i]);

		if (path && host_stat(h, path, &at))
			return true;
	}
	return false;
}

static const char *file_of(struct host *h, const char *dir, const char *name)
{
	const char *path = host_keepf(h, "%s/%s", dir, name);
	const char *s = path ? host_read(h, path) : NULL;

	return s ? s : "";
}

static bool is_own(struct host *h, const char *dir, const char *name)
{
	const char *path = host_keepf(h, "%s/%s", dir, name);
	struct host_path at;

	return path && host_stat(h, path, &at) && at.uid == host_uid(h);
}

/* The user's manager and what root's manager keeps for itself: theirs, whoever owns it */
static bool is_managed(const char *dir)
{
	static const char *const theirs[] = { "*/user@*.service*", "*/init.scope*",
					      "*.slice", "*.slice/*" };

	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		if (!fnmatch(theirs[i], dir, 0))
			return true;
	return false;
}

static bool is_delegated(struct host *h, const char *dir)
{
	const char *last = strrchr(dir, '/');

	/* Handed to the manager, not to what it starts */
	if (!fnmatch("/user@*.service", last, 0) || !strcmp(last, "/init.scope"))
		return false;
	if (!is_own(h, dir, "cgroup.procs"))
		return false;
	if ((host_uid(h) && !is_managed(dir)) || !has_manager(h))
		return true;
	return host_has_xattr(h, dir, "user.delegate") ||
	       host_has_xattr(h, dir, "trusted.delegate");
}

/* The tree's own root has no cgroup.events, and takes children beside processes */
static bool is_root_cgroup(struct host *h, const char *dir)
{
	const char *path = host_keepf(h, "%s/cgroup.events", dir);
	struct host_path at;

	return path && !host_stat(h, path, &at);
}

/* Where memory or io is handed on, nothing can be threaded: need not be asked */
static bool is_threaded(struct host *h, const char *dir, uint32_t on)
{
	const char *type;

	if (on & (CG_MEMORY | CG_IO))
		return false;
	type = file_of(h, dir, "cgroup.type");
	return !strncmp(type, "threaded", 8) || !strncmp(type, "domain t", 8) ||
	       !strncmp(type, "domain i", 8);
}

/* Take what was found where it has more than @out. Return: whether nothing is missing */
static bool put(struct host_cgroup *out, const struct host_cgroup *from)
{
	if (out->kind == CGROUP_NONE ||
	    __builtin_popcount(from->missing) < __builtin_popcount(out->missing)) {
		enum host_cgroups layout = out->layout;

		*out = *from;
		out->layout = layout;
	}
	return !out->missing;
}

/* What a leaf below @dir would have. @on is what is handed on there already: mostly all
 * that is asked for, and then what could be is not read */
static struct host_cgroup below(struct host *h, const char *dir, uint32_t on,
				const struct asked *a)
{
	uint32_t all = CG_V2_ALWAYS | on;
	struct host_cgroup c = { .kind = CGROUP_V2, .place = PLACE_READY, .count = 1 };

	if ((a->wanted | a->liked) & ~all)
		all |= cgroup_bits(CGROUP_V2, file_of(h, dir, "cgroup.controllers"), ' ');
	c.had = all;
	c.missing = a->wanted & ~all;
	c.enable = a->wanted & all & ~on & ~CG_V2_ALWAYS;
	/* only what is on, or will be, is there in the leaf */
	c.tree[0].controllers = CG_V2_ALWAYS | on | c.enable;
	c.tree[0].parent = dir;
	c.why = host_keepf(h, "below '%s', which is the caller's", dir);
	if (c.missing)
		c.lack = host_keepf(h, "'%s' was not given it", dir);
	return c;
}

/* One cgroup above the caller. @own: filled where the caller's processes sit in it, which
 * would have to move away. Return: whether it has all */
static bool try_dir(struct host *h, const char *dir, const struct asked *a,
		    struct host_cgroup *out, struct host_cgroup *own)
{
	struct host_cgroup c;
	uint32_t on;

	if (!is_delegated(h, dir))
		return false;
	on = cgroup_bits(CGROUP_V2, file_of(h, dir, "cgroup.subtree_control"), ' ');
	if (is_threaded(h, dir, on)) {
		out->lack = host_keepf(h, "'%s' is part of a threaded subtree", dir);
		return false;
	}
	c = below(h, dir, on, a);
	if (c.enable && !is_own(h, dir, "cgroup.subtree_control"))
		return false;
	/* without a controller to switch on, processes do not matter */
	if (!c.enable || is_root_cgroup(h, dir) || !*file_of(h, dir, "cgroup.procs"))
		return put(out, &c);
	if (!own)
		return false;
	*own = c;
	own->place = PLACE_EMPTIED;
	own->why = host_keepf(h,
			      "below '%s', whose processes move to a leaf of their own "
			      "first: a cgroup with processes cannot hand controllers on",
			      dir);
	return false;
}

/* The cgroups above the caller's, nearest first; its own, in which at least the caller
 * sits, comes last, but for the root, where that is allowed */
static bool try_above(struct host *h, const struct host_mount *m, const struct asked *a,
		      struct host_cgroup *out, struct host_cgroup *own)
{
	const char *text = host_read(h, "/proc/self/cgroup");
	struct slice path;
	const char *dir, *mine;

	if (!text || !host_cgroup_own(text, strlen(text), 0, &path))
		return false;
	dir = mine = host_cgroup_dir(h, m, path);
	while (dir) {
		const char *cut = strrchr(dir, '/');
		bool top = !strcmp(dir, m->target);

		if ((dir != mine || (top && is_root_cgroup(h, dir))) &&
		    try_dir(h, dir, a, out, NULL))
			return true;
		if (top || cut == dir)
			break;
		dir = host_keep(h, dir, (size_t)(cut - dir));
	}
	return mine && try_dir(h, mine, a, out, own);
}

/* A scope gets what the manager itself was given */
static bool try_scope(struct host *h, const struct host_mount *m, const struct asked *a,
		      struct host_cgroup *out)
{
	unsigned int uid = host_uid(h);
	const char *dir =
		uid ? host_keepf(h, "%s/user.slice/user-%u.slice/user@%u.service",
				 m->target, uid, uid)
		    : m->target;
	struct host_cgroup c;

	if (!has_manager(h) || !has_bus(h) || !dir)
		return false;
	c = below(h, dir, 0, a);
	c.place = uid ? PLACE_USER_SCOPE : PLACE_SYSTEM_SCOPE;
	c.tree[0].parent = NULL;
	c.tree[0].controllers = CG_V2_ALWAYS | c.enable;
	c.why = uid ? "in a scope from systemd's user manager"
		    : "in a scope from systemd's system manager";
	if (c.missing && uid) {
		c.lack = "systemd did not delegate it to this user's manager";
		c.fix = DROP_IN;
	} else if (c.missing) {
		c.lack = "the kernel does not have it on cgroup v2";
	}
	return put(out, &c);
}

void host_cgroup_v2(struct host *h, const struct host_mount *m, uint32_t wanted,
		    uint32_t liked, struct host_cgroup *out)
{
	struct host_cgroup own = { .kind = CGROUP_NONE };
	const struct asked a = { wanted, liked };

	if (try_above(h, m, &a, out, &own) || try_scope(h, m, &a, out))
		return;
	if (own.kind != CGROUP_NONE && put(out, &own))
		return;
	if (out->kind != CGROUP_NONE && out->fix)
		return;
	if (out->kind == CGROUP_NONE) {
		out->why = "no cgroup of the tree is the caller's";
		out->lack = out->lack ? out->lack : out->why;
	}
	out->fix = !has_manager(h) ? "let root make a cgroup, give it to this user with "
				     "chown, and start nook in a cgroup below it"
		   : host_uid(h)
			   ? "log in with a systemd user session "
			     "(loginctl enable-linger, or pam_systemd)"
			   : "start nook with 'systemd-run --scope -p Delegate=yes'";
}
