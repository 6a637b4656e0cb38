// SPDX-License-Identifier: GPL-3.0-or-later
/* change_mount.c - mounts that come into, or leave, a box while it runs
 *
 * What is to come in is made whole outside, in a mount namespace that is nobody else's:
 * there the masks over its hidden parts are put on it, so that the box never sees it
 * without them, and a clone of all that is what is attached.
 *
 * The place is made where it is absent and the file system there is the box's own; never
 * in what is the host's. A root that is read-only is no obstacle: it is so by a flag of
 * its mount, and a second mount of it, attached nowhere, has not got that flag.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/change.h"
#include "layer/mount_ops.h"
#include "layer/tree_plan.h"
#include "layer/walk.h"

#define MOUNTINFO_MOST (16u << 20)

static const char *target_of(const struct plan *pl, const struct plan_mount *m)
{
	return plan_text(pl, m->target);
}

/* --- outside: the tree -------------------------------------------------------------- */

/* What lies over a hidden path: an empty directory, or the null device */
static int make_cover(const struct plan_mount *mask, struct err *e)
{
	const struct tree_source null = {
		AT_FDCWD, "/dev/null",
		PM_ONE,	  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
		-1,	  NULL
	};
	struct stat st;
	auto_fd fd = -1;

	if (!(mask->flags & PM_FILE))
		return tree_fs("tmpfs", "mode=555,size=4096,nr_inodes=2",
			       TREE_SAFE | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC, e);
	fd = tree_clone(&null, e);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(e, "'/dev/null' is not character device 1:3");
	return fd_take(&fd);
}

static int attach_at(int place, int tree)
{
	return sys_move_mount(tree, "", place, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* Its mount is put on itself, with its options (mount_ops.c has the same for a start) */
static int make_readonly(int place, const struct plan_mount *m, struct err *e)
{
	const struct tree_source self = { place, "", 0, m->attr, -1, NULL };
	auto_fd fd = tree_clone(&self, e);

	if (fd < 0)
		return -1;
	return attach_at(place, fd) < 0 ? err_sys(e, "cannot bind it on itself") : 0;
}

static int hide_in_tree(const struct plan *pl, const struct plan_mount *m, int tree,
			size_t skip, struct err *e)
{
	bool is_mask = m->op == MOP_MASK;
	const char *below = target_of(pl, m) + skip;
	auto_fd place = walk_open(tree, below, WALK_MUST, !is_mask), cover = -1;

	if (place < 0 && mounting_may_lack(m))
		return 0;
	if (place < 0)
		return err_sys(e, "cannot hide '%s'", target_of(pl, m));
	if (!is_mask)
		return make_readonly(place, m, e);
	cover = make_cover(m, e);
	if (cover < 0)
		return -1;
	return attach_at(place, cover) < 0
		       ? err_sys(e, "cannot hide '%s'", target_of(pl, m))
		       : 0;
}

/* The new user's mount that @at lies in: of several the innermost */
static const struct plan_mount *holder_of(const struct plan *old, const struct plan *next,
					  const char *at)
{
	const struct plan_mount *found = NULL;

	for (const struct plan_mount *m = NULL; (m = change_next_new(old, next, m));)
		if (path_is_in(at, target_of(next, m)) &&
		    (!found || path_is_in(target_of(next, m), target_of(next, found))))
			found = m;
	return found;
}

static bool belongs_to(const struct plan *old, const struct plan *next,
		       const struct plan_mount *m, const struct plan_mount *hides)
{
	return (hides->op == MOP_MASK || hides->op == MOP_READONLY) &&
	       plan_ref_of(next, hides) >= old->size &&
	       holder_of(old, next, target_of(next, hides)) == m;
}

/*
 * The box may write where the source lies. A path of the plan has no symlink in it
 * (tree_real()): one that is there now leads to what no mask was planned for.
 */
static int open_source(const struct plan *pl, const struct plan_mount *m, struct err *e)
{
	const char *source = plan_text(pl, m->source);
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd fd = root < 0 ? -1 : walk_open(root, source, WALK_MUST, true);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "cannot bind '%s'", source);
	if (S_ISDIR(st.st_mode) != !(m->flags & PM_FILE))
		return err_set(e, "'%s' was replaced meanwhile", source);
	return fd_take(&fd);
}

/* Links in /proc are no paths, and nobody in a box can put another one there */
static int clone_source(const struct plan *pl, const struct plan_mount *m, int userns_fd,
			struct err *e)
{
	const char *source = plan_text(pl, m->source);
	struct tree_source from = {
		AT_FDCWD, source, m->flags, m->attr, userns_fd, source
	};
	auto_fd at = -1;

	if (!path_is_in(source, "/proc")) {
		at = open_source(pl, m, e);
		if (at < 0)
			return -1;
		from.dirfd = at;
		from.path = "";
	}
	return tree_clone(&from, e);
}

int change_text(const struct plan *pl, const struct plan_mount *m, struct err *e)
{
	static const char name[] = "text";
	const char *data = plan_text(pl, m->data);
	auto_fd fs = tree_fs("tmpfs", "size=65536,nr_inodes=4,mode=755", TREE_SAFE, e);
	auto_fd fd = -1;
	struct tree_source from = { fs, name, PM_ONE, m->attr, -1, NULL };

	if (fs < 0)
		return -1;
	/* before Linux 6.15 only a file of what is mounted somewhere can be cloned */
	if (sys_move_mount(fs, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, "cannot mount a tmpfs");
	fd = openat(fs, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || fchmod(fd, 0644) < 0 || fd_write_all(fd, data, strlen(data)) < 0)
		return err_sys(e, "cannot write what '%s' shows", target_of(pl, m));
	return tree_clone(&from, e);
}

int change_tree(const struct plan *old, const struct plan *next,
		const struct plan_mount *m, int userns_fd, struct err *e)
{
	const char *source = plan_text(next, m->source);
	size_t skip = strlen(target_of(next, m));
	bool attached = false;
	auto_fd tree = -1;

	if ((m->flags & PM_IDMAP) && !(m->flags & PM_SOFT) && userns_fd < 0)
		return err_set(e,
			       "'%s' cannot be mapped to the ids of a box that began "
			       "without such a mount",
			       source);
	tree = clone_source(next, m, userns_fd, e);
	for (const struct plan_mount *h = m;
	     tree >= 0 && (h = plan_each(next, &next->tree.mounts, h));) {
		if (!belongs_to(old, next, m, h))
			continue;
		if (!attached &&
		    sys_move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return err_sys(e, "cannot mount '%s'", source);
		attached = true;
		if (hide_in_tree(next, h, tree, skip, e) < 0)
			return -1;
	}
	if (!attached)
		return fd_take(&tree);
	return sys_open_tree(tree, "",
			     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
				     AT_EMPTY_PATH);
}

/* --- inside: the place -------------------------------------------------------------- */

/* statx(2), of which not every libc knows as much as the kernel has */
struct seen {
	uint32_t mask, blocks_size;
	uint64_t attributes;
	char other[128];
	uint64_t mount; /* id */
	char more[104];
};

_Static_assert(offsetof(struct seen, mount) == 0x90 && sizeof(struct seen) == 256,
	       "this is struct statx");

#define SEEN_MOUNT	0x1000u /* STATX_MNT_ID, Linux 5.8 */
#define SEEN_MOUNT_ROOT 0x2000u /* STATX_ATTR_MOUNT_ROOT */

static int look(int fd, struct seen *s)
{
	return (int)syscall(SYS_statx, fd, "", AT_EMPTY_PATH, SEEN_MOUNT, s);
}

int change_id(int tree_fd, uint64_t *id)
{
	struct seen seen;

	if (look(tree_fd, &seen) < 0)
		return -1;
	*id = seen.mount;
	return 0;
}

/* Whether nook may make something at @to: what lies there is not the host's */
static bool is_own_place(const struct plan *pl, const struct plan_mount *self)
{
	const char *to = target_of(pl, self), *best = "/";
	uint32_t op = MOP_TMPFS;

	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		const char *at = target_of(pl, m);

		if (m->op > MOP_FILESYSTEM || m == self || !path_is_below(to, at) ||
		    !path_is_in(at, best))
			continue;
		best = at;
		op = m->op;
	}
	return tree_is_writable(pl) && op != MOP_BIND && op != MOP_FILESYSTEM;
}

/* Return: descriptor of the place, -1 and errno */
static int make_in_readonly_root(int root, const char *to, enum walk_make make)
{
	const struct sys_mount_attr writable = { .attr_clr = MOUNT_ATTR_RDONLY };
	auto_fd twin = sys_open_tree(root, "",
				     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	auto_fd made = -1;

	if (twin < 0 || sys_mount_setattr(twin, "", AT_EMPTY_PATH,
					  (struct sys_mount_attr *)&writable) < 0)
		return -1;
	made = walk_open(twin, to, make, true);
	return made < 0 ? -1 : walk_open(root, to, WALK_MUST, true);
}

static int find_place(const struct plan *pl, const struct plan_mount *m, int root,
		      struct err *e)
{
	const char *to = target_of(pl, m);
	bool own = is_own_place(pl, m);
	enum walk_make make = m->flags & PM_FILE ? WALK_FILE : WALK_DIR;
	int fd = walk_open(root, to, own ? make : WALK_MUST, true);

	if (fd < 0 && errno == EROFS && own)
		fd = make_in_readonly_root(root, to, make);
	if (fd >= 0)
		return fd;
	err_sys(e, "cannot mount on '%s'", to);
	if (e->code == ELOOP)
		return err_hint(e, "a symlink is on the way: name the place that it "
				   "leads to");
	if (e->code == ENOENT && !own)
		return err_hint(e, "it is not there, and nothing is made in what is the "
				   "host's");
	return -1;
}

int change_tmpfs(const struct plan *pl, const struct plan_mount *m, struct err *e)
{
	struct site s = { .userns_fd = -1 };
	char options[MOUNT_OPTIONS];
	struct mounting mk;

	mounting_init(&mk, pl, &s, e);
	mount_tmpfs_options(&mk, m, options);
	return tree_fs("tmpfs", options, m->attr, e);
}

/* Whether a mount is anywhere in the box. Where that cannot be told it is */
static bool is_mounted(const struct change_site *s, uint64_t id)
{
	auto_text list = { 0 };
	char line[32];

	snprintf(line, sizeof(line), "\n%llu ", (unsigned long long)id);
	text_addc(&list, '\n');
	return file_read(s->proc_fd, "../mountinfo", &list, MOUNTINFO_MOST) < 0 ||
	       list.failed || strstr(text_str(&list), line);
}

/* By descriptor alone, a file's mount too: no name of the box's tree is looked up */
int change_detach(const struct change_site *s, int fd)
{
	char name[16];
	uint64_t id;
	int r, why;

	snprintf(name, sizeof(name), "%d", fd);
	r = fchdir(s->proc_fd) < 0 ? -1 : umount2(name, MNT_DETACH);
	why = errno;
	if (chdir("/") < 0)
		return -1;
	if (r < 0 && why == EINVAL && !change_id(fd, &id) && !is_mounted(s, id))
		return 0;
	errno = why;
	return r;
}

/* The place may have been renamed while it was mounted on. @tree is what was mounted */
static int check_place(const struct plan *pl, const struct plan_mount *m,
		       const struct change_site *s, int tree, struct err *e)
{
	auto_fd now = walk_open(s->root_fd, target_of(pl, m), WALK_MUST, true);
	struct seen a, b;

	if (now >= 0 && !look(now, &a) && !look(tree, &b) && a.mount == b.mount)
		return 0;
	change_detach(s, tree);
	return err_set(e, "'%s' was moved in the box meanwhile", target_of(pl, m));
}

int change_attach(const struct plan *pl, const struct plan_mount *m,
		  const struct change_site *s, int tree_fd, struct err *e)
{
	auto_fd place = find_place(pl, m, s->root_fd, e);

	if (place < 0)
		return -1;
	if (attach_at(place, tree_fd) < 0) {
		err_sys(e, "cannot mount on '%s'", target_of(pl, m));
		return e->code == ENOTDIR
			       ? err_hint(e, "a directory needs a directory, a file a "
					     "file")
			       : -1;
	}
	return check_place(pl, m, s, tree_fd, e);
}

int change_find(const struct plan *pl, const struct plan_mount *m,
		const struct change_site *s, struct err *e)
{
	const char *to = target_of(pl, m);
	auto_fd fd = walk_open(s->root_fd, to, WALK_MUST, true);
	struct seen seen;

	if (fd < 0 || look(fd, &seen) < 0)
		return err_sys(e, "cannot take the mount on '%s' away", to);
	if (!(seen.attributes & SEEN_MOUNT_ROOT))
		return err_set(e, "there is no mount on '%s' any more", to);
	return fd_take(&fd);
}

int change_detach_id(const struct plan *pl, const struct plan_mount *m,
		     const struct change_site *s, uint64_t id)
{
	auto_fd fd = walk_open(s->root_fd, target_of(pl, m), WALK_MUST, true);
	uint64_t there;

	if (fd >= 0 && !change_id(fd, &there) && there == id)
		return change_detach(s, fd);
	return is_mounted(s, id) ? -1 : 0;
}
