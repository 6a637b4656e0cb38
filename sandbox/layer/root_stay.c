// SPDX-License-Identifier: GPL-3.0-or-later
/* root_stay.c - the beginning of a tree, made once for many boxes; root_stay.h has the
 * theory */
#include "layer/root_stay.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "layer/layer.h"
#include "layer/mount_ops.h"
#include "layer/tree_plan.h"

extern const struct layer layer_root_make, layer_root_switch;

static bool is_of_beginning(const struct plan_mount *m)
{
	if (m->flags & (PM_USER | PM_WALK | PM_SLAVE))
		return false;
	return m->op == MOP_DIR || m->op == MOP_FILE || m->op == MOP_SYMLINK ||
	       (m->op == MOP_BIND && m->attr & MOUNT_ATTR_RDONLY);
}

const struct plan_mount *root_stay_last(const struct plan *pl)
{
	const struct plan_mount *last = NULL;

	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m)) && is_of_beginning(m);)
		last = m;
	return last;
}

/* Whether @m works in a file system that is the box's own by then */
static bool is_in_own(const struct plan *pl, const struct plan_mount *m)
{
	const char *target = plan_text(pl, m->target);
	const struct plan_mount *own = root_stay_last(pl);

	while ((own = plan_each(pl, &pl->tree.mounts, own)) && own != m)
		if (own->op == MOP_TMPFS &&
		    path_is_below(target, plan_text(pl, own->target)))
			return true;
	return false;
}

static bool needs_no_more(const struct plan *pl, const struct plan_mount *m)
{
	if (m->flags & (PM_WALK | PM_SLAVE))
		return false;
	switch (m->op) {
	case MOP_TMPFS:
	case MOP_PROC:
	case MOP_SYSFS:
	case MOP_MQUEUE:
	case MOP_CGROUP:
	case MOP_DEVPTS:
	case MOP_MASK:
	case MOP_READONLY:
		return !(m->flags & PM_MKTARGET) || is_in_own(pl, m);
	case MOP_DEVICE:
		return m->flags & PM_MKNOD && is_in_own(pl, m);
	case MOP_DIR:
	case MOP_FILE:
	case MOP_SYMLINK:
		return is_in_own(pl, m);
	default:
		return false;
	}
}

bool root_may_stay(const struct plan *pl)
{
	const struct plan_tree *t = &pl->tree;
	const struct plan_mount *m = root_stay_last(pl);

	if (!m || pl->user.order != USER_LAST || !pl->user.lock_nesting ||
	    !(pl->clone_flags & CLONE_NEWNS) || !(pl->clone_flags & CLONE_NEWPID) ||
	    t->root != PLAN_ROOT_TMPFS || !t->readonly || t->use_chroot || t->overlay ||
	    t->uppers || t->slaves || t->needs_full || t->upper_dir || t->keep_dir)
		return false;
	while ((m = plan_each(pl, &t->mounts, m)))
		if (!needs_no_more(pl, m))
			return false;
	return true;
}

/* Who may not make nodes binds the host's, which are not there any more */
static bool can_make_nodes(void)
{
	return !mknodat(AT_FDCWD, "node", S_IFCHR, makedev(1, 3)) &&
	       !unlinkat(AT_FDCWD, "node", 0);
}

int root_stay(const struct plan *pl, struct site *s, struct err *e)
{
	auto_fd fd = -1;

	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "cannot make a mount namespace");
	fd = openat(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open the mount namespace");
	if (layer_root_make.apply[SIDE_BOX](pl, s, e) < 0)
		return -1;
	if (!can_make_nodes())
		return err_sys(e, "cannot make nodes");
	if (mount_steps(pl, s, NULL, root_stay_last(pl), e) < 0 ||
	    layer_root_switch.apply[SIDE_BOX](pl, s, e) < 0)
		return -1;
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) <
	    0)
		return err_sys(e, "cannot make the tree read-only");
	/* what every box will do, and not all who are called root may */
	if (setns(fd, CLONE_NEWNS) < 0)
		return err_sys(e, "cannot enter the mount namespace");
	return fd_take(&fd);
}

int root_stay_enter(const struct site *s, struct err *e)
{
	if (setns(s->tree_fd, CLONE_NEWNS) < 0)
		return err_sys(e, "cannot enter the mount namespace");
	return unshare(CLONE_NEWNS) < 0 ? err_sys(e, "cannot copy its mounts") : 0;
}
