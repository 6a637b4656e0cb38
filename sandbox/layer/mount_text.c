// SPDX-License-Identifier: GPL-3.0-or-later
/* mount_text.c - files of nook's own over files of a tree that others made
 *
 * Nothing is written to such a tree, not even to its upper, which may be kept: what the
 * box reads there is a mount. A text needs a file to be mounted, and before Linux 6.15 a
 * file of a detached file system cannot be cloned: so a small tmpfs lies over the new
 * root for a moment, in which the file is made and cloned. Nobody else is in this mount
 * namespace, and the tmpfs goes on as long as the clone.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "layer/mount_ops.h"

#define FILE_NAME "text"

/* Return: descriptor of the whole file system, attached over the current directory */
static int cover(struct err *e)
{
	auto_fd fs = tree_fs("tmpfs", "size=65536,nr_inodes=4,mode=755",
			     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, e);

	if (fs < 0)
		return -1;
	if (sys_move_mount(fs, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, "cannot mount tmpfs over the new root");
	return fd_take(&fs);
}

/* Back where cover() was called, whose root mounting_root() has kept */
static int uncover(struct mounting *mk, int fs)
{
	if (fchdir(fs) < 0 || umount2(".", MNT_DETACH) < 0 || fchdir(mk->root_fd) < 0)
		return err_sys(mk->e, "cannot take a tmpfs off the new root");
	return 0;
}

static int write_text(struct mounting *mk, const struct plan_mount *m, int fs)
{
	const char *data = plan_text(mk->pl, m->data);
	auto_fd fd = openat(fs, FILE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, data, strlen(data)) < 0 ||
	    mounting_owner(mk, m, fd, "") < 0)
		return err_sys(mk->e, "cannot write what '%s' shows",
			       plan_text(mk->pl, m->target));
	return 0;
}

static int attach(struct mounting *mk, const struct plan_mount *m, int fd)
{
	auto_spot sp = { .held = -1 };

	if (spot_find(mk, m, &sp) < 0 || spot_attach(&sp, fd) < 0)
		return mounting_may_lack(m) ? 0 : mounting_failed(mk, m, "put a file");
	return 0;
}

int text_apply(struct mounting *mk, const struct plan_mount *m)
{
	struct tree_source from = { -1, FILE_NAME, PM_ONE, m->attr, -1, NULL };
	auto_fd fs = -1, fd = -1;

	if (mounting_root(mk) < 0)
		return err_sys(mk->e, "cannot open the new root");
	fs = cover(mk->e);
	if (fs < 0 || write_text(mk, m, fs) < 0)
		return -1;
	from.dirfd = fs;
	fd = tree_clone(&from, mk->e);
	if (fd < 0 || uncover(mk, fs) < 0)
		return -1;
	return attach(mk, m, fd);
}

int hosts_apply(struct mounting *mk, const struct plan_mount *m)
{
	const struct tree_source from = { AT_FDCWD, mk->site->net.hosts, PM_ONE, m->attr,
					  -1, NULL };
	auto_fd fd = -1;

	fd = tree_clone(&from, mk->e);
	return fd < 0 ? -1 : attach(mk, m, fd);
}
