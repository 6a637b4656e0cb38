// SPDX-License-Identifier: GPL-3.0-or-later
/* enter.c - go into a network namespace, with the rights that there are to it */
#include "box/enter.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static bool is_same(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

int enter_netns(int netns)
{
	auto_fd owner = ioctl(netns, NS_GET_USERNS);
	auto_fd own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);

	if (owner < 0 || own < 0 || (!is_same(owner, own) && setns(owner, CLONE_NEWUSER)))
		return -1;
	return setns(netns, CLONE_NEWNET);
}
