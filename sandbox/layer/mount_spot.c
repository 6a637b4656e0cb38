// SPDX-License-Identifier: GPL-3.0-or-later
/* mount_spot.c - where a step works, whom it gives things to, and how it fails */
#include "layer/mount_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "layer/walk.h"

/* Whom the box's root-most id is for this process: the owner of what is built */
static void find_owner(struct mounting *mk)
{
	const struct plan_user *u = &mk->pl->user;

	if (u->order != USER_LAST)
		return;
	for (const struct plan_map *r = NULL; (r = plan_each(mk->pl, &u->uid_map, r));)
		if (!r->inside || u->uid - r->inside < r->count)
			mk->uid = r->outside + (r->inside ? u->uid - r->inside : 0);
	for (const struct plan_map *r = NULL; (r = plan_each(mk->pl, &u->gid_map, r));)
		if (!r->inside || u->gid - r->inside < r->count)
			mk->gid = r->outside + (r->inside ? u->gid - r->inside : 0);
	mk->chown = mk->uid || mk->gid;
}

void mounting_init(struct mounting *mk, const struct plan *pl, struct site *s,
		   struct err *e)
{
	*mk = (struct mounting){
		.pl = pl, .site = s, .e = e, .root_fd = -1, .dev_fd = -1, .proc_fd = -1,
	};
	find_owner(mk);
}

void spot_release(struct spot *sp)
{
	cleanup_fd(&sp->held);
}

static bool is_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && path[n] == '/';
}

int mounting_root(struct mounting *mk)
{
	if (mk->root_fd < 0)
		mk->root_fd = openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mk->root_fd;
}

/* Find (and with PM_MKTARGET make) the place a step works on. Return: 0,
 * or -1 with errno */
int spot_find(struct mounting *mk, const struct plan_mount *m, struct spot *sp)
{
	const char *target = plan_text(mk->pl, m->target);
	bool is_file = m->flags & PM_FILE;

	*sp = (struct spot){ .dirfd = AT_FDCWD, .path = target + 1, .held = -1 };
	if (mk->dev_fd >= 0 && is_in(target, "/dev")) {
		sp->dirfd = mk->dev_fd;
		sp->path = target + strlen("/dev/");
	} else if (mk->proc_fd >= 0 && is_in(target, "/proc")) {
		sp->dirfd = mk->proc_fd;
		sp->path = target + strlen("/proc/");
	} else if (m->flags & PM_WALK) {
		if (mounting_root(mk) < 0)
			return -1;
		sp->held = walk_open(mk->root_fd, target,
				     !(m->flags & PM_MKTARGET) ? WALK_MUST :
				     is_file		       ? WALK_FILE :
								 WALK_DIR,
				     m->flags & PM_NOLINK);
		sp->dirfd = sp->held;
		sp->path = "";
		return sp->held < 0 ? -1 : 0;
	} else {
		sp->fresh = true;
	}
	if (!(m->flags & PM_MKTARGET))
		return 0;
	if ((is_file ? mknodat(sp->dirfd, sp->path, S_IFREG | 0644, 0) :
		       mkdirat(sp->dirfd, sp->path, 0755)) < 0 &&
	    errno != EEXIST)
		return -1;
	return 0;
}

/* Attach a detached mount where the step works */
int spot_attach(const struct spot *sp, int mount_fd)
{
	return sys_move_mount(mount_fd, "", sp->dirfd, sp->path,
			      MOVE_MOUNT_F_EMPTY_PATH |
				      (*sp->path ? 0 : MOVE_MOUNT_T_EMPTY_PATH));
}

int mounting_owner(const struct mounting *mk, const struct plan_mount *m, int dirfd,
		      const char *path)
{
	const struct plan *pl = mk->pl;
	uint32_t uid = mk->uid, gid = mk->gid;

	if (!mk->chown && !m->uid && !m->gid)
		return 0;
	/* Without a namespace entered later, ids inside are this process's own */
	if (m->uid || m->gid) {
		uid = m->uid;
		gid = m->gid;
	}
	if ((m->uid || m->gid) && pl->user.order == USER_LAST) {
		for (const struct plan_map *r = NULL;
		     (r = plan_each(pl, &pl->user.uid_map, r));)
			if (m->uid - r->inside < r->count)
				uid = r->outside + (m->uid - r->inside);
		for (const struct plan_map *r = NULL;
		     (r = plan_each(pl, &pl->user.gid_map, r));)
			if (m->gid - r->inside < r->count)
				gid = r->outside + (m->gid - r->inside);
	}
	return fchownat(dirfd, path, uid, gid,
			AT_SYMLINK_NOFOLLOW | (*path ? 0 : AT_EMPTY_PATH));
}

int mounting_failed(struct mounting *mk, const struct plan_mount *m, const char *what)
{
	const char *target = plan_text(mk->pl, m->target);
	const char *source = plan_text(mk->pl, m->source);

	if (errno == ELOOP && (m->flags & PM_NOLINK)) {
		err_sys(mk->e, "cannot %s on '%s': it is a symlink in this tree", what,
			target);
		return err_hint(mk->e, "make '%s' a directory of the tree", target);
	}
	if (*source)
		err_sys(mk->e, "cannot %s '%s' on '%s'", what, source, target);
	else
		err_sys(mk->e, "cannot %s on '%s'", what, target);
	if (errno == ENOENT && (m->flags & PM_WALK))
		err_hint(mk->e, "the tree has no '%s', and nothing is written to it",
			 target);
	if (errno == EROFS)
		err_hint(
			mk->e,
			"'%s' is absent and the tree is read-only: make it there, or use "
			"root.changes: discard",
			target);
	return -1;
}

bool mounting_may_lack(const struct plan_mount *m)
{
	return (m->flags & PM_OPTIONAL) &&
	       (errno == ENOENT || errno == ENOTDIR || errno == EROFS ||
		(errno == ELOOP && !(m->flags & PM_NOLINK)));
}
