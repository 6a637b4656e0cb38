// SPDX-License-Identifier: GPL-3.0-or-later
/* root.c - the box's '/': made by one entry of the table, switched to by another
 *
 * Theory of operation. The new root is built over a directory of the host that no source
 * lies in (the stage, /proc as a rule): in the box's own mount namespace, so the host
 * sees nothing of it. It is the current directory from root_make to root_switch, and
 * every step between names its places relative to that.
 *
 * Where there are overlays, the stage is one tmpfs with
 *
 *	root/	bound on itself: the new root, or the place of the overlay that is
 *	NAME/ NAME.work/	upper and work directory of each overlay
 *	disk/	the uppers' directory on disk, where they are not on this tmpfs
 *	new/ lower/	where an overlay and an idmapped lower tree are mounted first
 *
 * so that root.size bounds all changes together. The box sees root/ alone.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/mount_ops.h"
#include "layer/root_stay.h"
#include "layer/script.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

#define ROOT_SIZE (256u << 20)

static const struct name from_names[] = {
	{ "system", ROOT_SYSTEM }, { "host", ROOT_HOST }, { "directory", ROOT_DIRECTORY },
	{ "empty", ROOT_EMPTY },   { NULL, 0 },
};

static const struct name changes_names[] = {
	{ "discard", CHANGES_DISCARD }, { "keep", CHANGES_KEEP },
	{ "refuse", CHANGES_REFUSE },	{ "through", CHANGES_THROUGH },
	{ NULL, 0 },
};

/* --- planning ----------------------------------------------------------------------- */

static bool is_source(const struct profile *pf, const char *dir)
{
	if (pf->root.path && path_is_in(pf->root.path, dir))
		return true;
	for (size_t i = 0; i < pf->mount_count; i++)
		if (pf->mounts[i].source && path_is_in(pf->mounts[i].source, dir))
			return true;
	return false;
}

/* A directory that may be covered while the tree is built: nothing is taken from there */
static int plan_stage(const struct profile *pf, struct host *h, struct plan *pl,
		      struct err *e)
{
	static const char *const places[] = { "/proc", "/sys", "/mnt",
					      "/run",  "/tmp", "/srv" };
	struct host_path there;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (is_source(pf, places[i]) || (i == 0 && tree_binds_proc(pf, h)))
			continue;
		if (i == 0 ||
		    (host_stat(h, places[i], &there) && there.kind == HOST_DIR)) {
			pl->tree.stage = plan_put(pl, places[i]);
			return 0;
		}
	}
	return err_set(
		e, "no directory is left to build the tree over: mounts take from /proc, "
		   "/sys, /mnt, /run, /tmp and /srv");
}

static int plan_directory(const struct profile *pf, struct host *h, struct plan *pl,
			  struct err *e)
{
	struct host_path there;
	char where[ORIGIN_SIZE];
	const char *origin = origin_text(pf, FIELD_root_path, where);

	if (!pf->root.path)
		return err_set(e, "'root.from: directory' needs 'root.path'");
	if (!strcmp(pf->root.path, "/"))
		return err_set(e,
			       "%s: 'root.path' is '/': for the host's tree use "
			       "'root.from: host'",
			       origin ? origin : "root.path");
	if (!host_stat_follow(h, pf->root.path, &there)) {
		err_set(e, "%s: there is no directory '%s'",
			origin ? origin : "root.path", pf->root.path);
		return err_hint(e, "a tree that is there: --set root.path=DIR");
	}
	if (there.kind != HOST_DIR)
		return err_set(e, "%s: '%s' is not a directory",
			       origin ? origin : "root.path", pf->root.path);
	pl->tree.root = PLAN_ROOT_DIRECTORY;
	pl->tree.path = plan_put(pl, pf->root.path);
	if (pf->root.changes == CHANGES_KEEP) {
		char real[4096]; /* what is kept is for this directory, not for a link */

		tree_real(h, pf->root.path, real);
		pl->tree.path = plan_put(pl, real);
	}
	pl->tree.overlay = pf->root.changes == CHANGES_DISCARD ||
			   pf->root.changes == CHANGES_KEEP;
	pl->tree.uppers = pl->tree.overlay;
	pl->tree.idmap = tree_idmap(pl);
	if (pf->root.changes == CHANGES_REFUSE && pl->tree.idmap)
		pl->tree.idmap |= PM_SOFT;
	plan_fact(pl, "root", "root.path", origin, "%s", pf->root.path);
	return 0;
}

static bool has_overlays(const struct profile *pf)
{
	for (size_t i = 0; i < pf->mount_count; i++)
		if (pf->mounts[i].kind == MOUNT_OVERLAY)
			return true;
	return false;
}

/* What is kept lies on disk: of a living box in its own directory, else in one that goes
 * with the box when its changes were looked at */
static void plan_keep(const struct profile *pf, struct host *h, struct plan *pl)
{
	pl->tree.keep_dir = plan_putf(pl, "%s/boxes", host_state_dir(h));
	pl->tree.upper_dir = plan_putf(pl, "%s/uppers", host_state_dir(h));
	if (profile_is_set(pf, FIELD_root_size))
		plan_say(pl, "root", FACT_UNENFORCED, "root.size",
			 "changes that are kept lie on disk, without a bound");
}

/* Where changes go, for trees that have any; box/upper.c for kernels before 6.6 */
static int plan_changes(const struct profile *pf, struct host *h, struct plan *pl,
			struct err *e)
{
	bool takes = pf->root.from == ROOT_HOST || pf->root.from == ROOT_DIRECTORY;
	bool overlays = has_overlays(pf);
	char where[ORIGIN_SIZE];
	const char *origin = origin_text(pf, FIELD_root_changes, where);
	enum root_changes ch = pf->root.changes;

	if (!takes && (ch == CHANGES_THROUGH || (ch == CHANGES_KEEP && !overlays)))
		return err_set(
			e,
			"%s: 'root.changes: %s' needs 'root.from: host' or 'directory'",
			origin ? origin : "root.changes",
			name_of(changes_names, (int)ch));
	pl->tree.readonly = ch == CHANGES_REFUSE;
	pl->tree.userxattr = !host_is_root(h);
	if (takes && ch == CHANGES_THROUGH)
		plan_say(pl, "root", FACT_WARNING, "root.changes",
			 "through: what the command changes in its tree is changed for "
			 "real");
	if (ch == CHANGES_KEEP)
		plan_keep(pf, h, pl);
	overlays |= takes && ch == CHANGES_DISCARD;
	if (overlays && !pl->tree.keep_dir && pl->tree.userxattr &&
	    host_kernel(h) < 0x60600) {
		pl->tree.upper_dir = plan_putf(pl, "%s/uppers", host_state_dir(h));
		plan_say(pl, "root", FACT_UNENFORCED, "root.size",
			 "before kernel 6.6 changes go to '%s', removed afterwards, "
			 "without a bound",
			 plan_text(pl, pl->tree.upper_dir));
	}
	plan_fact(pl, "root", "root.changes", origin, "%s",
		  name_of(changes_names, (int)ch));
	return 0;
}

static void plan_size(const struct profile *pf, struct plan *pl)
{
	char where[ORIGIN_SIZE];
	auto_text size = { 0 };

	pl->tree.size = pf->root.size;
	if (!pl->tree.size)
		pl->tree.size = pf->limits.memory && pf->limits.memory != WISH_MAX ?
					pf->limits.memory / 2 :
					ROOT_SIZE;
	pl->tree.inodes = pl->tree.size / TREE_BYTES_PER_INODE;
	text_size(&size, pl->tree.size);
	plan_fact(pl, "root", "root.size", origin_text(pf, FIELD_root_size, where), "%s",
		  text_str(&size));
}

/* Without a mount namespace nothing may be mounted:
 * a directory can be the root by chroot */
static int plan_without(const struct profile *pf, struct host *h, struct plan *pl,
			struct err *e)
{
	char where[ORIGIN_SIZE];

	pl->tree.root = PLAN_ROOT_NONE;
	if (!profile_is_set(pf, FIELD_root_from))
		return 0;
	if (pf->root.from == ROOT_HOST)
		return 0;
	if (pf->root.from != ROOT_DIRECTORY)
		return err_set(e, "'root.from: %s' needs the mount namespace",
			       name_of(from_names, (int)pf->root.from));
	if (pf->root.how != SWITCH_CHROOT)
		return err_set(e, "'root.switch: pivot' needs the mount namespace");
	if (!host_is_root(h) && pl->user.order == USER_NONE) {
		err_set(e, "%s: only root may chroot",
			origin_text(pf, FIELD_root_switch, where) ? where
								  : "root.switch");
		return err_hint(e, "as an ordinary user: --set 'namespaces=[user]' --set "
				   "user.map=single");
	}
	if (plan_directory(pf, h, pl, e) < 0)
		return -1;
	pl->tree.use_chroot = 1;
	pl->tree.overlay = pl->tree.uppers = pl->tree.idmap = 0;
	return 0;
}

static int root_plan(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	char where[ORIGIN_SIZE];

	plan_fact(pl, "root", "root.from", origin_text(pf, FIELD_root_from, where), "%s",
		  name_of(from_names, (int)pf->root.from));
	if (!(pf->namespaces & NS_MOUNT))
		return plan_without(pf, h, pl, e);
	pl->clone_flags |= CLONE_NEWNS;
	pl->tree.attr = TREE_SAFE;
	if (plan_stage(pf, h, pl, e) < 0 || plan_changes(pf, h, pl, e) < 0)
		return -1;
	plan_size(pf, pl);
	for (size_t i = 0; i < pf->mount_count; i++) {
		pl->tree.slaves |= pf->mounts[i].set & MO_RSLAVE ? 1 : 0;
		pl->tree.needs_full |= pf->mounts[i].kind == MOUNT_FILESYSTEM;
		pl->tree.uppers |= pf->mounts[i].kind == MOUNT_FILESYSTEM ||
				   pf->mounts[i].kind == MOUNT_OVERLAY;
	}
	switch (pf->root.from) {
	case ROOT_DIRECTORY:
		return plan_directory(pf, h, pl, e);
	case ROOT_HOST:
		return root_host_plan(pf, h, pl, e);
	case ROOT_SYSTEM:
	case ROOT_EMPTY:
		break;
	}
	return root_system_plan(pf, h, pl, pf->root.from == ROOT_SYSTEM);
}

static int switch_plan(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e)
{
	char where[ORIGIN_SIZE];

	(void)h, (void)e;
	if (pl->tree.root == PLAN_ROOT_NONE)
		return 0;
	pl->tree.use_chroot = pf->root.how == SWITCH_CHROOT;
	if (pl->tree.use_chroot)
		plan_say(pl, "root", FACT_WARNING, "root.switch",
			 "chroot is no boundary: a process that may call chroot walks "
			 "out of it");
	plan_fact(pl, "root", "root.switch", origin_text(pf, FIELD_root_switch, where),
		  "%s", pl->tree.use_chroot ? "chroot" : "pivot");
	return 0;
}

/* --- making ------------------------------------------------------------------------- */

/* A tmpfs of the size of root.size over the stage */
static int stage_tmpfs(const struct plan *pl, struct site *s, struct err *e)
{
	const char *stage = plan_text(pl, pl->tree.stage);
	char options[160];
	struct mounting mk;
	int n;

	mounting_init(&mk, pl, s, e);
	n = snprintf(options, sizeof(options), "mode=755,size=%llu,nr_inodes=%llu",
		     (unsigned long long)pl->tree.size,
		     (unsigned long long)tree_inodes(pl));
	if (mk.chown)
		snprintf(options + n, sizeof(options) - (size_t)n, ",uid=%u,gid=%u",
			 mk.uid, mk.gid);
	if (mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return err_sys(e, "cannot mount a tmpfs over '%s'", stage);
	if (chdir(stage) < 0)
		return err_sys(e, "cannot enter '%s'", stage);
	return 0;
}

/*
 * The keeper's directory of changes, in this mount namespace: its descriptor belongs to
 * the one we were cloned out of, whose mounts cannot be cloned here. The path is looked
 * up again and must lead to the same directory.
 */
static int clone_upper(const struct site *s, struct err *e)
{
	char link[32], path[4096];
	struct tree_source from = { AT_FDCWD, path, PM_ONE, TREE_SAFE, -1, NULL };
	struct stat known, found;
	auto_fd fd = -1;
	ssize_t n;

	snprintf(link, sizeof(link), "self/fd/%d", s->upper_fd);
	n = readlinkat(s->old_proc_fd, link, path, sizeof(path) - 1);
	if (n < 0)
		return err_sys(e, "cannot find the directory of changes");
	path[n] = '\0';
	fd = tree_clone(&from, e);
	if (fd < 0)
		return -1;
	if (fstat(s->upper_fd, &known) < 0 || fstat(fd, &found) < 0 ||
	    known.st_dev != found.st_dev || known.st_ino != found.st_ino)
		return err_set(e, "'%s' is not the directory of changes any more", path);
	return fd_take(&fd);
}

/* The layout of a stage that holds uppers; leaves the current directory on the stage */
static int stage_uppers(const struct plan *pl, struct site *s, struct err *e)
{
	static const char *const dirs[] = { "root", "new", "lower", "disk" };
	auto_fd disk = s->upper_fd < 0 ? -1 : clone_upper(s, e);

	if (s->upper_fd >= 0 && disk < 0)
		return -1;
	if (stage_tmpfs(pl, s, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) < 0)
			return err_sys(e, "cannot make '%s' in the stage", dirs[i]);
	if (disk >= 0 &&
	    sys_move_mount(disk, "", AT_FDCWD, "disk", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, "cannot bind the directory of changes");
	return 0;
}

static int make_tmpfs_root(const struct plan *pl, struct site *s, struct err *e)
{
	struct mounting mk;

	if (!pl->tree.uppers)
		return stage_tmpfs(pl, s, e);
	if (stage_uppers(pl, s, e) < 0)
		return -1;
	mounting_init(&mk, pl, s, e);
	if (mk.chown && chown("root", mk.uid, mk.gid) < 0)
		return err_sys(e, "cannot give the new root its owner");
	if (mount("root", "root", NULL, MS_BIND, NULL) < 0 || chdir("root") < 0)
		return err_sys(e, "cannot bind the new root on itself");
	return 0;
}

static int make_overlay_root(const struct plan *pl, struct site *s, struct err *e)
{
	struct plan_mount m = {
		.op = MOP_OVERLAY,
		.flags = pl->tree.idmap,
		.source = pl->tree.path,
		.attr = pl->tree.attr,
	};
	struct mounting mk;
	char root[128];

	mounting_init(&mk, pl, s, e);
	if (stage_uppers(pl, s, e) < 0)
		return -1;
	snprintf(root, sizeof(root), "%s/root", plan_text(pl, pl->tree.stage));
	if (overlay_mount(&mk, &m, root) < 0)
		return -1;
	if (chdir(root) < 0)
		return err_sys(e, "cannot enter the new root");
	return 0;
}

static int make_bound_root(const struct plan *pl, const struct site *s, struct err *e)
{
	const char *path = plan_text(pl, pl->tree.path);
	uint64_t attr = pl->tree.attr | (pl->tree.readonly ? MOUNT_ATTR_RDONLY : 0);
	const struct tree_source from = { AT_FDCWD, path, pl->tree.idmap, attr,
					  s->userns_fd, NULL };
	auto_fd fd = tree_clone(&from, e);
	const char *stage = plan_text(pl, pl->tree.stage);

	if (fd < 0)
		return -1;
	if (sys_move_mount(fd, "", AT_FDCWD, stage, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, "cannot bind '%s'", path);
	if (fchdir(fd) < 0)
		return err_sys(e, "cannot enter '%s'", path);
	return 0;
}

/*
 * Should leave the current directory on the new root, and nothing of it visible to the
 * host: propagation is cut first, because a shared mount would show it everywhere.
 */
static int make_box(const struct plan *pl, struct site *s, struct err *e)
{
	unsigned long cut = pl->tree.slaves ? MS_SLAVE : MS_PRIVATE;

	/* chroot alone: the new tree may lack /proc */
	if (!(pl->clone_flags & CLONE_NEWNS))
		return pl->tree.root == PLAN_ROOT_NONE ? 0 : proc_take(pl, s, e);
	if (s->tree_fd >= 0)
		return proc_take(pl, s, e) < 0 ? -1 : root_stay_enter(s, e);
	if (mount(NULL, "/", NULL, MS_REC | cut, NULL) < 0)
		return err_sys(e, "cannot cut mount propagation");
	if (proc_take(pl, s, e) < 0)
		return -1;
	if (pl->tree.root == PLAN_ROOT_TMPFS)
		return make_tmpfs_root(pl, s, e);
	return pl->tree.overlay ? make_overlay_root(pl, s, e) : make_bound_root(pl, s, e);
}

/* --- switching ---------------------------------------------------------------------- */

/*
 * pivot_root(".", ".") stacks the old root on the new one, and the detached umount of "."
 * takes it off again: no directory of the new tree is needed, none is left behind.
 */
static int pivot(struct err *e)
{
	if (sys_pivot_root(".", ".") < 0)
		return err_sys(e, "cannot make the new tree the root");
	if (umount2(".", MNT_DETACH) < 0)
		return err_sys(e, "cannot detach the host's tree");
	return 0;
}

static int switch_chroot(const struct plan *pl, struct err *e)
{
	const char *path = plan_text(pl, pl->tree.path);

	if (!(pl->clone_flags & CLONE_NEWNS) && chdir(path) < 0)
		return err_sys(e, "cannot enter '%s'", path);
	if (chroot(".") < 0)
		return err_sys(e, "cannot change the root");
	return 0;
}

static int switch_box(const struct plan *pl, struct site *s, struct err *e)
{
	struct sys_mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	char here[8];

	if (pl->tree.root == PLAN_ROOT_NONE)
		return 0;
	if (s->tree_fd < 0 && pl->tree.readonly && pl->tree.root == PLAN_ROOT_TMPFS &&
	    sys_mount_setattr(AT_FDCWD, ".", 0, &ro) < 0)
		return err_sys(e, "cannot make the root read-only");
	if (s->tree_fd < 0 &&
	    (pl->tree.use_chroot ? switch_chroot(pl, e) : pivot(e)) < 0)
		return -1;
	/* The current directory was the new root before and is so now; the kernel
	 * prefixes what lies outside with "(unreachable)", getcwd(3) */
	if (syscall(SYS_getcwd, here, sizeof(here)) < 0 || strcmp(here, "/"))
		return err_set(e, "the new root is not where it should be");
	s->root_fd = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->root_fd < 0 ? err_sys(e, "cannot open the new root") : 0;
}

/* The root as init has it: entering a mount namespace leads to what is mounted on top of
 * it by now, and nowhere where the root was changed by chroot(2) alone */
static int switch_join(const struct plan *pl, struct site *s, struct err *e)
{
	if (pl->tree.root == PLAN_ROOT_NONE)
		return 0;
	if (fchdir(s->root_fd) < 0 || chroot(".") < 0)
		return err_sys(e, "cannot enter the root of the box");
	return 0;
}

static void make_explain(const struct plan *pl, struct text *out)
{
	if (pl->tree.root == PLAN_ROOT_NONE)
		return;
	if (pl->tree.root == PLAN_ROOT_TMPFS)
		text_add(out, "A fresh tmpfs becomes '/'; only what is listed under "
			      "'mount' is in it.\n");
	else if (pl->tree.overlay)
		text_addf(out,
			  "'/' is an overlay over '%s': changes go to an upper "
			  "directory.\n",
			  plan_text(pl, pl->tree.path));
	else
		text_addf(out, "'/' is a bind of '%s'%s.\n", plan_text(pl, pl->tree.path),
			  pl->tree.readonly ? ", read-only" : "");
}

static void switch_explain(const struct plan *pl, struct text *out)
{
	if (pl->tree.root == PLAN_ROOT_NONE)
		return;
	if (pl->tree.use_chroot)
		text_addf(
			out,
			"chroot(\".\"): '/' is another directory, the host's tree stays "
			"mounted behind it; whoever may call chroot(2) again climbs "
			"out.\n  $ chroot %s COMMAND\n",
			pl->tree.path ? plan_text(pl, pl->tree.path) : "DIR");
	else
		text_add(out, "pivot_root(\".\", \".\"), umount2(\".\", MNT_DETACH): the "
			      "host's "
			      "tree is gone from this mount namespace; there is nothing "
			      "left to climb out to.\n"
			      "  $ cd DIR; pivot_root . .; umount -n -c -l .\n");
}

const struct layer layer_root_make = {
	.name = "root",
	.isolates = "what '/' is, and with it every file the profile does not name",
	.without = "the box sees the caller's files, with the caller's rights",
	.plan = root_plan,
	.apply[SIDE_BOX] = make_box,
	.explain = make_explain,
	.script = script_root_make,
};

/* The second entry of the same wall: behind the mounts, see layers.c */
const struct layer layer_root_switch = {
	.name = "root",
	.plan = switch_plan,
	.apply[SIDE_BOX] = switch_box,
	.apply[SIDE_JOIN] = switch_join,
	.explain = switch_explain,
	.script = script_root_switch,
};
