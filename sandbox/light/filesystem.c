// SPDX-License-Identifier: GPL-3.0-or-later
/* filesystem.c - a mount of any type: not in this program */
#include "base/err.h"
#include "layer/mount_ops.h"

int mount_filesystem(const struct plan *pl, const struct plan_mount *m, const char *spot,
		     struct err *e)
{
	(void)spot;
	err_set(e, "cannot mount file system '%s'", plan_text(pl, m->fstype));
	return err_hint(e, "mounts of any type need nook-full, which was not found");
}
