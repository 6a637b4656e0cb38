// SPDX-License-Identifier: GPL-3.0-or-later
/* net_join.c - a box in a network namespace that is there already
 *
 * Theory of operation. setns(2) wants CAP_SYS_ADMIN in the user namespace that owns the
 * other, and in the caller's own. Root has both: inside joins before it enters that of
 * the payload. An ordinary user has both only where one of the two is above the
 * other: so a helper joins the owner and then the network namespace, and clones inside
 * below there (box/below.h), which thereby is in it. So a user joins what a user
 * namespace of his own owns: boxes on his networks, which his router has, and what
 * `unshare -Urn` makes; not a box without a network, whose own user namespace lets none
 * be made below it.
 *
 * What a path leads to is looked at before it is opened: a FIFO or a device must not be,
 * and a plain file is no namespace. O_PATH opens nothing; ioctl_ns(2) tells what it is.
 */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "layer/net.h"

#define NSFS 0x6e736673 /* linux/magic.h: NSFS_MAGIC */

static int is_no_netns(const char *path, struct err *e)
{
	err_set(e, "'%s' is no network namespace", path);
	return err_hint(e, "'ip netns add NAME' makes '/run/netns/NAME'; a process has "
			   "'/proc/PID/ns/net'");
}

static int open_netns(const char *path, struct err *e)
{
	auto_fd there = open(path, O_PATH | O_CLOEXEC);
	auto_fd fd = -1;
	struct statfs fs;
	char again[64];

	if (there < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fstatfs(there, &fs) < 0 || fs.f_type != NSFS)
		return is_no_netns(path, e);
	snprintf(again, sizeof(again), "/proc/self/fd/%d", there);
	fd = open(again, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	return ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET ? fd_take(&fd)
							: is_no_netns(path, e);
}

/* That of a box was opened by the keeper, which knows the boxes */
int net_join_before(const struct plan *pl, struct site *s, struct err *e)
{
	if (s->net.netns_fd < 0)
		s->net.netns_fd = open_netns(plan_text(pl, pl->net.join), e);
	return s->net.netns_fd < 0 ? -1 : 0;
}

/* Must be in the user namespace that the kernel checks for both: the caller's own */
int net_join_box(const struct plan *pl, struct site *s, struct err *e)
{
	if (pl->clone_flags & CLONE_NEWUSER)
		return 0; /* it was cloned in there */
	if (setns(s->net.netns_fd, CLONE_NEWNET) < 0)
		return err_sys(e, "cannot join '%s'", plan_text(pl, pl->net.join));
	close(fd_take(&s->net.netns_fd));
	return 0;
}
