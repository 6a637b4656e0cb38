// SPDX-License-Identifier: GPL-3.0-or-later
/* mount_ops.c - the table of steps that build a tree */
#include "layer/mount_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/devices.h"

static const char *target_of(const struct mounting *mk, const struct plan_mount *m)
{
	return plan_text(mk->pl, m->target);
}

static const char *source_of(const struct mounting *mk, const struct plan_mount *m)
{
	return plan_text(mk->pl, m->source);
}

/* A new file system: one call where the place is our own,
 * detached and attached elsewhere */
static int mount_new(struct mounting *mk, const struct plan_mount *m, const char *fstype,
		     const char *options)
{
	const char *target = target_of(mk, m);
	auto_spot sp = { .held = -1 };
	auto_fd fd = -1;

	if (spot_find(mk, m, &sp) < 0)
		return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "mount");
	if (sp.fresh) {
		if (mount(fstype, sp.path, fstype, mount_flags_of(m->attr), options) < 0)
			return err_sys(mk->e, "cannot mount %s on '%s'", fstype, target);
		return 0;
	}
	fd = tree_fs(fstype, options, m->attr, mk->e);
	if (fd < 0)
		return -1;
	if (spot_attach(&sp, fd) < 0)
		return err_sys(mk->e, "cannot mount %s on '%s'", fstype, target);
	if (!strcmp(target, "/dev"))
		mk->dev_fd = fd_take(&fd);
	else if (!strcmp(target, "/proc"))
		mk->proc_fd = fd_take(&fd);
	return 0;
}

void mount_tmpfs_options(const struct mounting *mk, const struct plan_mount *m,
			 char *options)
{
	size_t n = (size_t)snprintf(options, MOUNT_OPTIONS, "mode=%o", m->mode);

	if (m->size)
		n += (size_t)snprintf(options + n, MOUNT_OPTIONS - n, ",size=%llu",
				      (unsigned long long)m->size);
	if (m->inodes)
		n += (size_t)snprintf(options + n, MOUNT_OPTIONS - n, ",nr_inodes=%llu",
				      (unsigned long long)m->inodes);
	if (mk->chown)
		snprintf(options + n, MOUNT_OPTIONS - n, ",uid=%u,gid=%u", mk->uid,
			 mk->gid);
}

static int apply_tmpfs(struct mounting *mk, const struct plan_mount *m)
{
	char options[MOUNT_OPTIONS];

	mount_tmpfs_options(mk, m, options);
	return mount_new(mk, m, "tmpfs", options);
}

static int apply_proc(struct mounting *mk, const struct plan_mount *m)
{
	return mount_new(mk, m, "proc", plan_text_or_null(mk->pl, m->data));
}

static int apply_sysfs(struct mounting *mk, const struct plan_mount *m)
{
	return mount_new(mk, m, "sysfs", NULL);
}

static int apply_mqueue(struct mounting *mk, const struct plan_mount *m)
{
	return mount_new(mk, m, "mqueue", NULL);
}

static int apply_cgroup(struct mounting *mk, const struct plan_mount *m)
{
	return mount_new(mk, m, plan_text(mk->pl, m->fstype),
			 plan_text_or_null(mk->pl, m->data));
}

static int apply_devpts(struct mounting *mk, const struct plan_mount *m)
{
	char options[MOUNT_OPTIONS];

	/* newinstance has been the only way since 4.7 and says so to older readers */
	snprintf(options, sizeof(options), "newinstance,ptmxmode=0666,mode=0620,max=%llu",
		 (unsigned long long)m->inodes);
	return mount_new(mk, m, "devpts", options);
}

static int apply_bind(struct mounting *mk, const struct plan_mount *m)
{
	const char *source = source_of(mk, m);
	struct sys_mount_attr set = { .attr_set = m->attr };
	unsigned int below = m->flags & PM_ONE ? 0 : AT_RECURSIVE;
	const struct tree_source from = { AT_FDCWD, source, m->flags, m->attr,
					  mk->site->userns_fd, NULL };
	auto_spot sp = { .held = -1 };
	auto_fd fd = -1;

	if (spot_find(mk, m, &sp) < 0)
		return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "bind");
	if (sp.fresh && !(m->flags & (PM_IDMAP | PM_SLAVE)) && !mk->pl->tree.slaves &&
	    !(m->attr & MOUNT_ATTR_NOATIME)) {
		if (mount(source, sp.path, NULL, MS_BIND | (below ? MS_REC : 0), NULL) <
		    0)
			return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "bind");
		if (m->attr && sys_mount_setattr(AT_FDCWD, sp.path, below, &set) < 0)
			return mounting_failed(mk, m, "set the mount options of");
		return 0;
	}
	fd = tree_clone(&from, mk->e);
	if (fd < 0)
		return mounting_may_lack(m) ? 0 : -1;
	return spot_attach(&sp, fd) < 0 ? mounting_failed(mk, m, "bind") : 0;
}

static int apply_dir(struct mounting *mk, const struct plan_mount *m)
{
	auto_spot sp = { .held = -1 };

	if (spot_find(mk, m, &sp) < 0)
		return mounting_may_lack(m) ? 0
					    : mounting_failed(mk, m, "make a directory");
	if (!*sp.path)
		return 0;
	if (mkdirat(sp.dirfd, sp.path, m->mode) < 0)
		return errno == EEXIST ? 0 : mounting_failed(mk, m, "make a directory");
	if (mounting_owner(mk, m, sp.dirfd, sp.path) < 0)
		return mounting_failed(mk, m, "change the owner");
	return 0;
}

static int apply_file(struct mounting *mk, const struct plan_mount *m)
{
	const char *data = plan_text(mk->pl, m->data);
	auto_spot sp = { .held = -1 };
	auto_fd fd = -1;

	if (spot_find(mk, m, &sp) < 0)
		return mounting_failed(mk, m, "make a file");
	if (!*data && !m->uid && !mk->chown) /* one call for a mount point or a marker */
		return mknodat(sp.dirfd, sp.path, S_IFREG | m->mode, 0) < 0 &&
				       errno != EEXIST
			       ? mounting_failed(mk, m, "make a file")
			       : 0;
	fd = openat(sp.dirfd, sp.path,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, m->mode);
	if (fd < 0 || fd_write_all(fd, data, strlen(data)) < 0 ||
	    mounting_owner(mk, m, fd, "") < 0) {
		bool is_full = errno == ENOSPC && mk->pl->tree.size;
		auto_text size = { 0 };

		mounting_failed(mk, m, "make a file");
		text_size(&size, mk->pl->tree.size);
		if (is_full)
			err_hint(mk->e,
				 "root.size is %s: the files that nook itself makes need "
				 "more, 64K are enough",
				 text_str(&size));
		return -1;
	}
	return 0;
}

static int apply_symlink(struct mounting *mk, const struct plan_mount *m)
{
	auto_spot sp = { .held = -1 };

	if (spot_find(mk, m, &sp) < 0 ||
	    (symlinkat(source_of(mk, m), sp.dirfd, sp.path) < 0 && errno != EEXIST))
		return mounting_failed(mk, m, "make a symlink");
	if (mk->chown && mounting_owner(mk, m, sp.dirfd, sp.path) < 0)
		return mounting_failed(mk, m, "change the owner");
	return 0;
}

/*
 * Real root makes the six standard nodes itself: /dev is a tmpfs without nodev then, but
 * read-only before the payload comes, which has no right to make nodes. Everybody
 * else binds the host's node, and says what it must be.
 */
static int apply_device(struct mounting *mk, const struct plan_mount *m)
{
	const char *source = source_of(mk, m);
	const struct device *d = device_find(source);
	const struct tree_source from = { AT_FDCWD, source, PM_ONE,
					  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, -1,
					  NULL };
	struct stat st;
	auto_spot sp = { .held = -1 };
	auto_fd fd = -1;

	if (spot_find(mk, m, &sp) < 0)
		return mounting_failed(mk, m, "bind");
	/* a container may lack the right: then a bind */
	if ((m->flags & PM_MKNOD) && d) {
		if (mknodat(sp.dirfd, sp.path, S_IFCHR | 0666,
			    makedev(d->major, d->minor)) == 0)
			return 0;
		if (errno != EPERM)
			return mounting_failed(mk, m, "make device");
	}
	if (mknodat(sp.dirfd, sp.path, S_IFREG | 0644, 0) < 0)
		return mounting_failed(mk, m, "make a mount point for");
	if (sp.fresh) {
		if (mount(source, sp.path, NULL, MS_BIND, NULL) < 0)
			return mounting_failed(mk, m, "bind");
	} else {
		fd = tree_clone(&from, mk->e);
		if (fd < 0)
			return -1;
		if (spot_attach(&sp, fd) < 0)
			return mounting_failed(mk, m, "bind");
	}
	/* What masks files must be the real null (runc's CVE-2025-31133) */
	if (d && d->minor == 3 &&
	    (fstatat(sp.dirfd, sp.path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	     !S_ISCHR(st.st_mode) || st.st_rdev != makedev(d->major, d->minor)))
		return err_set(mk->e, "'%s' is not character device %u:%u", source,
			       d->major, d->minor);
	return 0;
}

/*
 * What hides is our own: /dev is read-only by now and its null was made or checked by us,
 * and its directory pts is still empty (devpts is mounted on it last). Binds inherit the
 * read-only flag, so one mount(2) hides one thing.
 */
static int apply_mask(struct mounting *mk, const struct plan_mount *m)
{
	const char *cover = m->flags & PM_FILE ? "dev/null" : "dev/pts";
	auto_spot sp = { .held = -1 };
	auto_fd fd = -1;

	if (spot_find(mk, m, &sp) < 0)
		return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "hide");
	if (sp.fresh) {
		if (mount(cover, sp.path, NULL, MS_BIND, NULL) < 0)
			return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "hide");
		return 0;
	}
	fd = mk->dev_fd >= 0 ? sys_open_tree(mk->dev_fd, cover + strlen("dev/"),
					     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC) :
			       sys_open_tree(AT_FDCWD, cover,
					     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return mounting_failed(mk, m, "hide");
	if (spot_attach(&sp, fd) < 0)
		return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "hide");
	return 0;
}

static int apply_readonly(struct mounting *mk, const struct plan_mount *m)
{
	struct sys_mount_attr set = { .attr_set = m->attr };
	auto_spot sp = { .held = -1 };
	auto_fd fd = -1;
	int dirfd;
	const char *path;

	if (mk->dev_fd >= 0 && !strcmp(target_of(mk, m), "/dev"))
		return sys_mount_setattr(mk->dev_fd, "", AT_EMPTY_PATH | AT_RECURSIVE,
					 &set) < 0
			       ? mounting_failed(mk, m, "set the mount options")
			       : 0;
	if (spot_find(mk, m, &sp) < 0)
		return mounting_may_lack(m) ? 0
					    : mounting_failed(mk, m, "make read-only");
	dirfd = sp.dirfd;
	path = sp.path;
	if (m->flags & PM_SELF && sp.fresh) {
		if (mount(sp.path, sp.path, NULL, MS_BIND | MS_REC, NULL) < 0)
			return mounting_may_lack(m)
				       ? 0
				       : mounting_failed(mk, m, "bind on itself");
	} else if (m->flags & PM_SELF) {
		fd = sys_open_tree(sp.dirfd, sp.path,
				   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
					   (*sp.path ? 0 : AT_EMPTY_PATH));
		if (fd < 0)
			return mounting_may_lack(m)
				       ? 0
				       : mounting_failed(mk, m, "bind on itself");
		dirfd = fd;
		path = "";
	}
	if (m->attr && sys_mount_setattr(dirfd, path,
					 AT_RECURSIVE | AT_SYMLINK_NOFOLLOW |
						 (*path ? 0 : AT_EMPTY_PATH),
					 &set) < 0)
		return mounting_failed(mk, m, "set the mount options");
	if (fd >= 0 && spot_attach(&sp, fd) < 0)
		return mounting_failed(mk, m, "bind on itself");
	return 0;
}

static const struct mount_step steps[MOP_COUNT] = {
	[MOP_TMPFS] = { "tmpfs", apply_tmpfs, "mount tmpfs" },
	[MOP_BIND] = { "bind", apply_bind, "bind" },
	[MOP_OVERLAY] = { "overlay", overlay_apply, "overlay" },
	[MOP_PROC] = { "proc", apply_proc, "mount proc" },
	[MOP_SYSFS] = { "sysfs", apply_sysfs, "mount sysfs" },
	[MOP_MQUEUE] = { "mqueue", apply_mqueue, "mount mqueue" },
	[MOP_CGROUP] = { "cgroup", apply_cgroup, "mount" },
	[MOP_DEVPTS] = { "devpts", apply_devpts, "mount devpts" },
	[MOP_FILESYSTEM] = { "filesystem", filesystem_apply, "mount" },
	[MOP_DIR] = { "dir", apply_dir, "make directory" },
	[MOP_FILE] = { "file", apply_file, "make file" },
	[MOP_SYMLINK] = { "symlink", apply_symlink, "make symlink" },
	[MOP_DEVICE] = { "device", apply_device, "make device" },
	[MOP_TEXT] = { "text", text_apply, "put a file of its own on" },
	[MOP_HOSTS] = { "hosts", hosts_apply, "bind the names of the network's boxes" },
	[MOP_MASK] = { "mask", apply_mask, "hide" },
	[MOP_READONLY] = { "readonly", apply_readonly, "set options of" },
};

const struct mount_step *mount_step_of(uint32_t op)
{
	return op < MOP_COUNT ? &steps[op] : NULL;
}

int mount_origin_wrap(const struct plan *pl, const struct plan_mount *m, struct err *e)
{
	return m->origin ? err_wrap(e, "%s: ", plan_text(pl, m->origin)) : -1;
}
