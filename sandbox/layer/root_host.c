// SPDX-License-Identifier: GPL-3.0-or-later
/* root_host.c - the host's tree as a box's own
 *
 * An overlay of '/' as a whole is refused in a user namespace, because '/' has mounts
 * below it that must not come off. So every directory without mounts below gets an
 * overlay of its own, one with mounts below is walked one level deeper, and what no
 * overlay can take is bound read-only and said so. A home that lies deeper gets one, too
 * (take_home()). What a box makes right in a directory that was walked lies in its own
 * tmpfs: where changes are kept, nook says of which that is (say_lost()).
 */
#include "layer/tree_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/net.h"

#define DEEPEST 8 /* levels walked below '/' in search of mounts */

/* Made fresh, or left out: nothing of the host shows there */
static const char *const fresh[] = { "/proc", "/dev", "/run",
				     "/tmp",  "/sys", "/lost+found" };

/* File systems that cannot be the lower layer of an overlay, or make no sense as one */
static const char *const not_lower[] = {
	"proc",	 "sysfs",   "devtmpfs", "devpts",  "cgroup", "cgroup2",	  "mqueue",
	"fuse",	 "fuseblk", "autofs",	"debugfs", "bpf",    "securityfs", "vfat",
	"9p",	 "efivarfs", "hugetlbfs", "nsfs",  "binfmt_misc", "exfat",
};

/** struct walk - What does not change while '/' is walked */
struct walk {
	const struct profile *pf;
	struct host *h;
	struct plan *pl;
	int depth;
	struct text walked; /* right below '/' */
};

static bool is_fresh(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(fresh); i++)
		if (!strcmp(path, fresh[i]))
			return true;
	return !strcmp(path, "/var/tmp");
}

/* The mount that @path lies on */
static const struct host_mount *mount_of(struct host *h, const char *path)
{
	const struct host_mount *all, *best = NULL;
	size_t n = host_mounts(h, &all), longest = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(all[i].target);

		if (path_is_in(path, all[i].target) && len >= longest) {
			best = &all[i];
			longest = len;
		}
	}
	return best;
}

static bool can_be_lower(struct host *h, const char *path)
{
	const struct host_mount *m = mount_of(h, path);

	for (size_t i = 0; m && i < ARRAY_SIZE(not_lower); i++)
		if (!strcmp(m->fstype, not_lower[i]) || !strncmp(m->fstype, "fuse.", 5))
			return false;
	return true;
}

/* Whether the caller may look into a directory; real root may into each */
static bool can_enter(struct host *h, const struct host_path *d)
{
	const gid_t *groups;
	size_t n = host_groups(h, &groups);

	if (host_is_root(h) || (d->mode & 01))
		return true;
	if (d->uid == host_uid(h))
		return d->mode & 0100;
	if (d->gid == host_gid(h))
		return d->mode & 010;
	for (size_t i = 0; i < n; i++)
		if (groups[i] == d->gid)
			return d->mode & 010;
	return false;
}

static void bind_readonly(struct walk *w, const char *path, bool is_file, const char *why)
{
	struct plan_mount *m = tree_bind(w->pl, path, path,
					 TREE_SAFE | MOUNT_ATTR_RDONLY);

	m->flags |= PM_MKTARGET | PM_OPTIONAL | (is_file ? (uint32_t)PM_FILE : 0);
	m->flags |= tree_idmap(w->pl) ? PM_IDMAP | PM_SOFT : 0;
	if (why)
		plan_say(w->pl, "root", FACT_NOTE, "root.changes",
			 "'%s' is read-only: %s", path, why);
}

/* An empty directory needs no overlay: a fresh one is the same,
 * for a twentieth of the time */
static bool is_empty(struct walk *w, const char *path)
{
	static const char *const often[] = { "/boot", "/media", "/mnt", "/opt", "/srv" };
	const char *const *names;

	if (w->pf->root.changes != CHANGES_DISCARD)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(often); i++)
		if (!strcmp(path, often[i]))
			return host_list(w->h, path, &names) == 0;
	return false;
}

static void take_whole(struct walk *w, const char *path)
{
	enum root_changes ch = w->pf->root.changes;
	struct plan_mount *m;

	if (ch == CHANGES_REFUSE) {
		bind_readonly(w, path, false, NULL);
		return;
	}
	if (ch == CHANGES_THROUGH) {
		m = tree_bind(w->pl, path, path, TREE_SAFE);
		m->flags |= PM_MKTARGET | tree_idmap(w->pl);
		return;
	}
	if (!can_be_lower(w->h, path)) {
		bind_readonly(w, path, false,
			      "its file system cannot be below an overlay");
		return;
	}
	m = tree_add(w->pl, MOP_OVERLAY, path);
	m->source = plan_put(w->pl, path);
	m->attr = TREE_SAFE;
	m->upper = plan_putf(w->pl, "u%u", w->pl->tree.mounts.count);
	m->flags |= PM_MKTARGET | tree_idmap(w->pl);
	w->pl->tree.uppers = 1;
}

static void walk_dir(struct walk *w, const char *dir);

static void take(struct walk *w, const char *path)
{
	struct host_path there;

	if (!host_stat(w->h, path, &there))
		return;
	switch (there.kind) {
	case HOST_SYMLINK:
		tree_link(w->pl, path, host_readlink(w->h, path));
		return;
	case HOST_FILE:
		bind_readonly(w, path, true, NULL);
		return;
	case HOST_DIR:
		break;
	case HOST_ABSENT:
	case HOST_DEVICE:
	case HOST_OTHER: /* a socket or pipe at this level leads out of the box */
		return;
	}
	if (!can_enter(w->h, &there) || is_empty(w, path)) {
		tree_dir(w->pl, path, there.mode & 07777);
	} else if (!host_has_mount_below(w->h, path, false)) {
		take_whole(w, path);
	} else if (w->depth >= DEEPEST) {
		bind_readonly(w, path, false, "its mounts lie too deep to be walked");
	} else {
		tree_dir(w->pl, path, there.mode & 07777);
		if (w->depth == 1)
			text_addf(&w->walked, "%s'%s'", w->walked.len ? ", " : "", path);
		walk_dir(w, path);
	}
}

static void walk_dir(struct walk *w, const char *dir)
{
	const char *const *names;
	size_t n = host_list(w->h, dir, &names);
	char path[4096];

	w->depth++;
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", strcmp(dir, "/") ? dir : "",
			 names[i]);
		if (!is_fresh(path))
			take(w, path);
	}
	w->depth--;
}

/*
 * What changes below a directory is written where a copy of that directory is. An
 * overlay makes it with its owner, and without root a box has no id for another's
 * (EOVERFLOW): what is ours in /home/team/ada could not be written in one of /home.
 */
static void take_home(struct walk *w)
{
	struct plan *pl = w->pl;
	const struct plan_mount *m = NULL;
	struct host_path there;
	char home[4096];
	size_t below = 0;

	tree_real(w->h, host_home(w->h), home);
	if (host_is_root(w->h) || !host_stat(w->h, home, &there) ||
	    there.kind != HOST_DIR || there.uid != host_uid(w->h))
		return;
	while ((m = plan_each(pl, &pl->tree.mounts, m)))
		if (m->op == MOP_OVERLAY && path_is_below(home, plan_text(pl, m->target)))
			below = strlen(plan_text(pl, m->target));
	for (char *end = home + below + 1; below && (end = strchr(end, '/')); end++) {
		*end = '\0';
		if (host_stat(w->h, home, &there) && there.uid != host_uid(w->h))
			below = 0;
		*end = '/';
		if (!below)
			take_whole(w, home);
	}
}

/* An ordinary user cannot make anything there in the first place. New names in '/'
 * itself are rare, and every host has mounts below it: that is a note of `explain` */
static void say_lost(struct walk *w)
{
	if (w->pf->root.changes != CHANGES_KEEP)
		return;
	plan_say(w->pl, "root", FACT_NOTE, "root.changes",
		 "what is new right in '/' is not kept: mounts lie below it");
	if (host_is_root(w->h) && w->walked.len)
		plan_say(w->pl, "root", FACT_WARNING, "root.changes",
			 "what is new right in %s, or in what has mounts below there, is "
			 "not kept",
			 text_str(&w->walked));
}

bool tree_resolver_in_run(struct host *h, const char *root, char *path, size_t size)
{
	const char *text;
	int n = snprintf(path, size, "%s/etc/resolv.conf", root);

	text = n > 0 && (size_t)n < size ? host_readlink(h, path) : NULL;
	if (!text)
		return false;
	n = strncmp(text, "../", 3) ? snprintf(path, size, "%s%s",
					       *text == '/' ? "" : "/etc/", text)
				    : snprintf(path, size, "%s", text + 2);
	return n > 0 && (size_t)n < size && path_is_below(path, "/run");
}

/* resolv.conf is often a link into /run, which is fresh: its target is brought back */
static void take_resolver(struct walk *w)
{
	struct host_path there;
	char path[4096];
	struct plan_mount *m;

	if (w->pf->network.mode == NET_NONE || net_makes_names(w->pf) ||
	    !tree_resolver_in_run(w->h, "", path, sizeof(path)) ||
	    !host_stat_follow(w->h, path, &there) || there.kind != HOST_FILE)
		return;
	tree_parents(w->pl, path);
	m = tree_bind(w->pl, path, path, TREE_SAFE | MOUNT_ATTR_RDONLY);
	m->flags |= PM_MKTARGET | PM_FILE;
}

int root_host_plan(const struct profile *pf, struct host *h, struct plan *pl,
		   struct err *e)
{
	struct walk w = { .pf = pf, .h = h, .pl = pl };

	(void)e;
	tree_dir(pl, "/proc", 0555);
	tree_dir(pl, "/dev", 0755);
	tree_dir(pl, "/tmp", 01777);
	tree_dir(pl, "/run", 0755);
	if (host_is_root(h))
		tree_dir(pl, "/sys", 0555);
	walk_dir(&w, "/");
	take_home(&w);
	say_lost(&w);
	text_release(&w.walked);
	take_resolver(&w);
	return 0;
}
