// SPDX-License-Identifier: GPL-3.0-or-later
/* mount_overlay.c - mounts that are made in the stage and moved to their place */
#include "layer/mount_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "changes/manifest.h"
#include "changes/remove.h"

#define PLACE_SIZE 128

/*
 * The upper's own mode and owner are what the merged top directory shows: the lower's are
 * copied, as far as this user may give things away.
 */
static int make_upper(const struct stat *like, const char *upper, const char *work,
		      struct err *e)
{
	/* there is no umask here */
	bool is_new = mkdir(upper, like->st_mode & 07777) == 0;

	if (!is_new && errno != EEXIST) /* EEXIST: one that is kept */
		return err_sys(e, "cannot make the upper directory '%s'", upper);
	if (is_new && geteuid() == 0 && chown(upper, like->st_uid, like->st_gid) < 0 &&
	    errno != EPERM && errno != EINVAL)
		return err_sys(e, "cannot set the owner of '%s'", upper);
	if (mkdir(work, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make the work directory '%s'", work);
	return 0;
}

/* The lower directory as a descriptor: the host's own, or an idmapped clone of its mount,
 * which must be attached somewhere for an overlay to take it (kernels before 6.15) */
static int open_lower(struct mounting *mk, const struct plan_mount *m)
{
	const char *source = plan_text(mk->pl, m->source);
	const struct tree_source from = { AT_FDCWD, source, m->flags | PM_ONE, m->attr,
					  mk->site->userns_fd, NULL };
	char place[PLACE_SIZE];
	auto_fd fd = -1;

	if (!(m->flags & PM_IDMAP) || mk->site->userns_fd < 0) {
		fd = openat(AT_FDCWD, source, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? err_sys(mk->e, "cannot open '%s'", source) : fd_take(&fd);
	}
	fd = tree_clone(&from, mk->e);
	if (fd < 0)
		return -1;
	snprintf(place, sizeof(place), "%s/lower", plan_text(mk->pl, mk->pl->tree.stage));
	if (sys_move_mount(fd, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(mk->e, "cannot bind '%s' for an overlay", source);
	return fd_take(&fd);
}

/* Name of the upper: of those that are kept one that is the same at the next start, when
 * other steps may stand before this one */
static const char *upper_name(const struct plan *pl, const struct plan_mount *m,
			      char *buf)
{
	const char *target = m->target ? plan_text(pl, m->target) : "/";

	if (!pl->tree.keep_dir)
		return m->upper ? plan_text(pl, m->upper) : "top";
	manifest_name(target, plan_text(pl, m->source), buf);
	return buf;
}

/* The end of an overlay syncs the file system that its upper is on, unless it is
 * `volatile`. The mark that such a one leaves, against a use after a crash of the
 * machine, is in the way of the next (Documentation/filesystems/overlayfs.rst) */
static void forget_volatile(const char *work)
{
	auto_fd dir = open(work, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0)
		(void)remove_name(dir, "work");
}

/*
 * The lower directory is named "." after going there, and uppers lie in the stage: no
 * path of a person stands in the option string, whose commas and colons have a meaning
 * (ovl_next_opt() in the kernel), and mountinfo inside shows none.
 */
int overlay_mount(struct mounting *mk, const struct plan_mount *m, const char *where)
{
	const struct plan *pl = mk->pl;
	const char *stage = plan_text(pl, pl->tree.stage);
	const char *area = mk->site->upper_fd >= 0 ? "/disk" : "";
	char upper[PLACE_SIZE], work[PLACE_SIZE], options[3 * PLACE_SIZE];
	char kept[MANIFEST_NAME_SIZE];
	const char *name = upper_name(pl, m, kept);
	auto_fd lower = open_lower(mk, m);
	struct statfs fs;
	struct stat st;

	if (lower < 0)
		return -1;
	snprintf(upper, sizeof(upper), "%s%s/%s", stage, area, name);
	snprintf(work, sizeof(work), "%s%s/%s.work", stage, area, name);
	snprintf(options, sizeof(options), "lowerdir=.,upperdir=%s,workdir=%s%s%s", upper,
		 work, pl->tree.userxattr ? ",userxattr" : "",
		 mk->site->passing ? ",volatile" : "");
	if (fstat(lower, &st) < 0 || fchdir(lower) < 0)
		return err_sys(mk->e, "cannot enter '%s'", plan_text(pl, m->source));
	if (make_upper(&st, upper, work, mk->e) < 0)
		return -1;
	if (mk->site->passing)
		forget_volatile(work);
	if (mount("overlay", where, "overlay", mount_flags_of(m->attr), options) == 0)
		return 0;
	err_sys(mk->e, "cannot mount an overlay over '%s'", plan_text(pl, m->source));
	if (mk->e->code == EINVAL && fstatfs(lower, &fs) == 0 &&
	    fs.f_type == OVERLAYFS_SUPER_MAGIC)
		err_hint(mk->e, "overlays stand two deep at most; in a box in a box use "
				"root.changes: refuse");
	return -1;
}

/* Made in the stage and then moved, so that the target may be any place in the tree */
static int move_to(struct mounting *mk, const struct plan_mount *m, const struct spot *sp,
		   const char *place)
{
	if (fchdir(mk->root_fd) < 0)
		return err_sys(mk->e, "cannot go back to the new root");
	if (sys_move_mount(AT_FDCWD, place, sp->dirfd, sp->path,
			   *sp->path ? 0 : MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return mounting_failed(mk, m, "attach");
	return 0;
}

int overlay_apply(struct mounting *mk, const struct plan_mount *m)
{
	auto_spot sp = { .held = -1 };
	char place[PLACE_SIZE];

	if (mounting_root(mk) < 0 || spot_find(mk, m, &sp) < 0)
		return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "overlay");
	snprintf(place, sizeof(place), "%s/new", plan_text(mk->pl, mk->pl->tree.stage));
	if (overlay_mount(mk, m, place) < 0)
		return -1;
	return move_to(mk, m, &sp, place);
}

int filesystem_apply(struct mounting *mk, const struct plan_mount *m)
{
	auto_spot sp = { .held = -1 };
	char place[PLACE_SIZE];

	if (mounting_root(mk) < 0 || spot_find(mk, m, &sp) < 0)
		return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "mount");
	snprintf(place, sizeof(place), "%s/new", plan_text(mk->pl, mk->pl->tree.stage));
	if (mount_filesystem(mk->pl, m, place, mk->e) < 0)
		return -1;
	return move_to(mk, m, &sp, place);
}
