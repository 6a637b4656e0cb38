// SPDX-License-Identifier: GPL-3.0-or-later
/* proc.c - the proc that nook writes a box's settings through
 *
 * Theory of operation. What nook reads and writes in procfs while it builds a box goes
 * through one descriptor, which no tree of the box can fake (FS-12).
 *
 * Settings of a user or network namespace have the same names for all namespaces, and a
 * proc keeps a dentry of a name for each one that it was ever opened for, all in one hash
 * chain that every later open walks (proc_sys_compare() in fs/proc/proc_sysctl.c). In the
 * host's proc the thousandth living box would pay 4 ms for that. So a box whose settings
 * are written has a proc of its own for it, which is mounted nowhere and goes when the
 * box stands; it costs no more than two opens in the host's. Where the kernel refuses one
 * (without rights over the pid namespace, in a container that hides parts of its own
 * proc) the host's does as well.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "layer/mount_ops.h"
#include "layer/net.h"
#include "layer/tree_plan.h"

/* Before anything is mounted over it */
static int take_hosts(struct err *e)
{
	auto_fd fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return err_sys(e, "cannot open '/proc'");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return err_set(e, "'/proc' is not the proc file system");
	return fd_take(&fd);
}

int proc_take(const struct plan *pl, struct site *s, struct err *e)
{
	bool writes = pl->user.lock_nesting || net_has_settings(pl);

	if (s->old_proc_fd >= 0)
		return 0;
	if (writes)
		s->old_proc_fd =
			tree_fs("proc", NULL, TREE_SAFE | MOUNT_ATTR_NOEXEC, NULL);
	if (s->old_proc_fd < 0)
		s->old_proc_fd = take_hosts(e);
	return s->old_proc_fd < 0 ? -1 : 0;
}

int proc_write(const struct site *s, const char *path, const char *value)
{
	return s->old_proc_fd >= 0
		       ? file_write(s->old_proc_fd, path + strlen("/proc/"), value)
		       : file_write(AT_FDCWD, path, value);
}
