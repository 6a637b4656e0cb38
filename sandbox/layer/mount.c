// SPDX-License-Identifier: GPL-3.0-or-later
/* mount.c - everything that is mounted in the new root: nook's own places, the user's
 * mounts
 *
 * Order (each later one may lie on an earlier one):
 *
 *	/dev		filled and read-only: its null and its empty pts hide things below
 *	/proc /sys	with masks and read-only places
 *	/tmp		and the other fresh writable places
 *	mounts		the user's, in the profile's order
 *	hidden paths	over whatever the mounts show of the host
 *	devpts, shm	last, see devices.c
 */
#include <sched.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/devices.h"
#include "layer/mount_ops.h"
#include "layer/mount_wish.h"
#include "layer/net.h"
#include "layer/root_stay.h"
#include "layer/script.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

#define TMP_SIZE   (64u << 20)
#define TMP_INODES 16384u
#define RUN_SIZE   (16u << 20)
#define CGROUPS	   "/sys/fs/cgroup"

/* In a directory root: a place that must be there, or that may be absent */
static void own_place(struct plan *pl, struct plan_mount *m, bool needed)
{
	if (!(m->flags & PM_WALK))
		return;
	if (needed)
		m->flags |= PM_NOLINK;
	if (tree_is_writable(pl))
		m->flags |= PM_MKTARGET;
	else if (!needed)
		m->flags |= PM_OPTIONAL;
}

/* A /proc that shows what is outside is never given to who asked for pids alone: that is
 * how `strict` refuses a foreign container */
static int refuse_proc(const struct profile *pf, struct host *h, struct err *e)
{
	char where[ORIGIN_SIZE];

	origin_text(pf, FIELD_proc, where);
	if (!(pf->namespaces & NS_PID))
		return err_set(e, "'proc: pids' (%s) needs a pid namespace of its own",
			       where);
	err_set(e,
		"'proc: pids' (%s) needs a fresh /proc, which the kernel refuses here: "
		"the visible one is partly hidden or shared",
		where);
	if (host_is_boxed(h))
		return err_hint(e, "this is a box of nook: leave it, or start it with "
				   "'--set nested_namespaces=true'");
	return err_hint(e, "a container's own /proc is masked; '--set proc=full' shows "
			   "it as it is, with the processes outside");
}

/* The payload's group, for whoever mounts */
static uint32_t payload_group(const struct plan *pl)
{
	const struct plan_user *u = &pl->user;

	if (u->order == USER_LAST)
		for (const struct plan_map *r = NULL;
		     (r = plan_each(pl, &u->gid_map, r));)
			if (u->gid - r->inside < r->count)
				return r->outside + (u->gid - r->inside);
	return u->gid;
}

/* Where ids differ each sees its own, and whom it may trace. Landlock lets no session of
 * a box trace another, so exec would see nobody: there, who has the payload's group sees
 * all, as where the ids are the same */
static plan_ref proc_options(const struct profile *pf, struct plan *pl)
{
	const char *pids = pf->proc == PROC_PIDS ? "subset=pid," : "";

	if (pl->user.init_uid == pl->user.uid)
		return plan_put(pl, *pids ? "subset=pid" : NULL);
	if (pf->landlock == LANDLOCK_OFF)
		return plan_putf(pl, "%shidepid=2", pids);
	return plan_putf(pl, "%shidepid=2,gid=%u", pids, payload_group(pl));
}

static int plan_proc(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	bool own = pf->namespaces & NS_PID;
	char where[ORIGIN_SIZE];
	struct plan_mount *m;

	if (tree_binds_proc(pf, h) && pf->proc == PROC_PIDS)
		return refuse_proc(pf, h, e);
	if (tree_binds_proc(pf, h)) {
		m = tree_bind(pl, "/proc", "/proc", TREE_SAFE | MOUNT_ATTR_NOEXEC);
		plan_say(pl, "mount", own ? FACT_UNENFORCED : FACT_WARNING, "proc",
			 own ? "a fresh /proc is refused here because the visible one is "
			       "partly hidden: /proc shows the processes outside"
			     : "no pid namespace: /proc shows the processes outside");
		m->attr |= own ? MOUNT_ATTR_RDONLY : 0;
	} else {
		m = tree_add(pl, MOP_PROC, "/proc");
		m->attr = TREE_SAFE | MOUNT_ATTR_NOEXEC;
		m->data = proc_options(pf, pl);
	}
	own_place(pl, m, true);
	plan_fact(pl, "mount", "proc", origin_text(pf, FIELD_proc, where), "%s",
		  pf->proc == PROC_PIDS ? "pids" : "full");
	if (m->op == MOP_PROC || !own)
		hide_plan_proc(pf, pl);
	return 0;
}

static void plan_sys(const struct profile *pf, struct host *h, struct plan *pl)
{
	struct plan_mount *m;

	/* Rootless it would be refused or show nothing of use;
	 * a fresh tree has no need */
	if (!host_is_root(h) || tree_wish(pf, "/sys") || pf->root.from == ROOT_SYSTEM ||
	    pf->root.from == ROOT_EMPTY)
		return;
	m = tree_add(pl, MOP_SYSFS, "/sys");
	m->attr = TREE_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
	own_place(pl, m, false);
	hide_plan_sys(h, pl);
}

/* A directory among the mounts of nook's own, which in a directory root are reached as
 * all of it is */
static void own_dir(struct plan *pl, const char *path)
{
	struct plan_mount *m = tree_dir(pl, path, 0555);

	m->flags |= m->flags & PM_WALK ? PM_MKTARGET : 0;
}

/* Whether /sys of a directory root is there to be mounted on, or can be made */
static bool can_have_sys(const struct profile *pf, struct host *h, const struct plan *pl)
{
	auto_text path = { 0 };
	struct host_path there;

	if (pf->root.from != ROOT_DIRECTORY || tree_is_writable(pl))
		return true;
	text_addf(&path, "%s/sys", pf->root.path);
	return host_stat(h, text_str(&path), &there) && there.kind == HOST_DIR;
}

/* v1 has a file system for each hierarchy, which its controllers name */
static void plan_cgroups_v1(struct plan *pl)
{
	const struct plan_list *trees = &pl->cgroup.trees;
	const uint32_t useful =
		CG_CPU | CG_CPUACCT | CG_CPUSET | CG_MEMORY | CG_PIDS | CG_IO;
	struct plan_mount *m = tree_tmpfs(pl, CGROUPS, 4096, 16, 0755);

	m->attr |= MOUNT_ATTR_NOEXEC;
	for (const struct plan_cgroup_tree *t = NULL; (t = plan_each(pl, trees, t));) {
		auto_text names = { 0 }, path = { 0 };

		if (!(t->controllers & useful))
			continue;
		cgroup_names(CGROUP_V1, t->controllers, ",", &names);
		text_addf(&path, CGROUPS "/%s", text_str(&names));
		own_dir(pl, text_str(&path));
		m = tree_add(pl, MOP_CGROUP, text_str(&path));
		m->attr = TREE_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
		m->fstype = plan_put(pl, "cgroup");
		m->data = plan_put(pl, text_str(&names));
	}
	m = tree_add(pl, MOP_READONLY, CGROUPS);
	m->attr = TREE_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
}

static bool has_cgroups(const struct profile *pf, const struct plan *pl)
{
	return pl->cgroup.kind != CGROUP_NONE &&
	       (pl->unshare_flags & CLONE_NEWCGROUP) && !tree_wish(pf, CGROUPS) &&
	       !tree_is_covered(pf, CGROUPS);
}

static void plan_cgroups_place(struct plan *pl)
{
	tree_parents(pl, CGROUPS);
	own_dir(pl, CGROUPS);
}

/*
 * Where the box has a leaf, its programs may read their limits there, as they look for
 * them. The namespace makes the leaf the root of what they see; read-only, since to its
 * owner the leaf's files are writable whatever the namespace shows (PS-08).
 */
static void plan_cgroups(const struct profile *pf, struct host *h, struct plan *pl)
{
	const uint64_t attr = TREE_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
	bool fresh = !tree_has(pl, "/sys") && pf->root.from == ROOT_DIRECTORY;
	struct plan_mount *m;

	if (!has_cgroups(pf, pl) || !can_have_sys(pf, h, pl))
		return;
	if (fresh) /* nothing is made in a tree only to be mounted on */
		own_place(pl, tree_tmpfs(pl, "/sys", 4096, 16, 0555), true);
	if (fresh || (pf->root.from == ROOT_HOST && !tree_has(pl, "/sys")))
		plan_cgroups_place(pl);
	if (pl->cgroup.kind == CGROUP_V1) {
		plan_cgroups_v1(pl);
	} else {
		m = tree_add(pl, MOP_CGROUP, CGROUPS);
		m->attr = attr;
		m->fstype = plan_put(pl, "cgroup2");
	}
	if (fresh)
		tree_add(pl, MOP_READONLY, "/sys")->attr = attr;
}

static void plan_tmp(const struct profile *pf, struct plan *pl)
{
	static const struct {
		const char *path;
		uint64_t size;
		uint32_t mode;
		/* in a fresh root too, where the others are plain directories */
		bool always;
		bool host; /* in the host's tree, where /run is a plain directory */
	} places[] = {
		{ "/tmp", TMP_SIZE, 01777, true, true },
		{ "/var/tmp", TMP_SIZE, 01777, false, true },
		{ "/run", RUN_SIZE, 0755, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct plan_mount *m;

		if (tree_is_covered(pf, places[i].path))
			continue;
		if (!places[i].always && pf->root.from != ROOT_DIRECTORY &&
		    !(places[i].host && pf->root.from == ROOT_HOST))
			continue;
		m = tree_tmpfs(pl, places[i].path, places[i].size, TMP_INODES,
			       places[i].mode);
		own_place(pl, m, false);
		/* A /var that is walked, because a mount lies below it, leaves it out */
		if (pf->root.from == ROOT_HOST && !places[i].always)
			m->flags |= tree_is_writable(pl) ? PM_MKTARGET : PM_OPTIONAL;
	}
}

/* Names can be looked up in a tree of a directory too: its own resolv.conf, if it has
 * one, is of another machine. Nothing is written through a link there (NE-08) */
static void plan_resolver(const struct profile *pf, struct host *h, struct plan *pl)
{
	static const char path[] = "/etc/resolv.conf";
	struct host_path there;
	struct plan_mount *m;

	if (pf->root.from != ROOT_DIRECTORY || pf->network.mode == NET_NONE ||
	    net_makes_names(pf) || tree_is_covered(pf, path) ||
	    !host_stat_follow(h, path, &there))
		return;
	m = tree_bind(pl, path, path, TREE_SAFE | MOUNT_ATTR_RDONLY);
	m->flags |= PM_FILE | PM_OPTIONAL;
	m->flags |= tree_is_writable(pl) ? PM_MKTARGET : 0;
}

static int mount_plan(const struct profile *pf, struct host *h, struct plan *pl,
		      struct err *e)
{
	char where[ORIGIN_SIZE];

	if (!(pf->namespaces & NS_MOUNT)) {
		if (pf->mount_count)
			return err_set(e, "%s: 'mounts' needs the mount namespace",
				       origin_text(pf, FIELD_mounts, where) ? where
									    : "mounts");
		plan_say(
			pl, "mount", FACT_WARNING, "namespaces",
			"no mount namespace: the box sees and changes the host's mounts");
		return 0;
	}
	/* Before the first mount, so that a slot can keep it (root_stay.h) */
	if ((pf->root.from == ROOT_SYSTEM || pf->root.from == ROOT_EMPTY) &&
	    has_cgroups(pf, pl))
		plan_cgroups_place(pl);
	if (devices_plan(pf, h, pl, e) < 0)
		return -1;
	if (plan_proc(pf, h, pl, e) < 0)
		return -1;
	plan_sys(pf, h, pl);
	plan_cgroups(pf, h, pl);
	plan_tmp(pf, pl);
	plan_resolver(pf, h, pl);
	if (net_names_plan(pf, h, pl, e) < 0)
		return -1;
	for (size_t i = 0; i < pf->mount_count; i++)
		if (mount_wish_plan(pf, &pf->mounts[i], h, pl, e) < 0)
			return -1;
	if (hide_plan(pf, h, pl, e) < 0)
		return -1;
	devices_plan_last(pf, pl);
	return 0;
}

/*
 * Runs every step in order, alone in the box's mount namespace, with CAP_SYS_ADMIN over
 * it. Every step that fails ends the run: a box never starts with less than its plan
 * says. Modes are exact: inside has cleared its umask.
 */
int mount_steps(const struct plan *pl, struct site *s, const struct plan_mount *behind,
		const struct plan_mount *last, struct err *e)
{
	struct mounting mk;
	int r = 0;

	mounting_init(&mk, pl, s, e);
	for (const struct plan_mount *m = behind;
	     r == 0 && (!m || m != last) && (m = plan_each(pl, &pl->tree.mounts, m));) {
		const struct mount_step *step = mount_step_of(m->op);

		r = step ? step->apply(&mk, m) : err_set(e, "unknown step %u", m->op);
		if (r < 0)
			mount_origin_wrap(pl, m, e);
	}
	cleanup_fd(&mk.root_fd);
	cleanup_fd(&mk.dev_fd);
	cleanup_fd(&mk.proc_fd);
	return r;
}

static int mount_box(const struct plan *pl, struct site *s, struct err *e)
{
	if (!(pl->clone_flags & CLONE_NEWNS))
		return 0;
	return mount_steps(pl, s, s->tree_fd >= 0 ? root_stay_last(pl) : NULL, NULL, e);
}

static void mount_explain(const struct plan *pl, struct text *out)
{
	if (!(pl->clone_flags & CLONE_NEWNS))
		return;
	text_add(out,
		 "clone3(CLONE_NEWNS), then in this order, by mount(2) where only nook "
		 "has "
		 "written to the tree, and by openat2(2), open_tree(2), move_mount(2) on "
		 "descriptors where others have, who could swap a path:\n");
	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		text_add(out, "  ");
		mount_words(pl, m, out);
		text_addc(out, '\n');
	}
	text_addf(out,
		  "  $ nook explain --script %s   # all of them as mount(8) commands\n",
		  plan_text(pl, pl->profile));
}

const struct layer layer_mount = {
	.name = "mount",
	.isolates = "the list of mounts: what is mounted inside is mounted nowhere else",
	.without = "the box sees this machine's mounts and, as root, can change them",
	.plan = mount_plan,
	.apply[SIDE_BOX] = mount_box,
	.explain = mount_explain,
	.script = script_mount,
};
