// SPDX-License-Identifier: GPL-3.0-or-later
/* rights.c - processes beside a box that need no rights, and have none */
#include "box/rights.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/sys.h"

#define NOBODY 65534

void rights_die_with(pid_t keeper)
{
	if (child_die_with(keeper) < 0)
		_exit(1);
}

static int by_number(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return *x - *y;
}

int rights_keep_fds(int *fds, size_t count)
{
	unsigned int from = 0;

	qsort(fds, count, sizeof(*fds), by_number);
	for (size_t i = 0; i < count; i++) {
		unsigned int fd = (unsigned int)fds[i];

		if (fd > from && sys_close_range(from, fd - 1, 0) < 0)
			return -1;
		from = fd + 1;
	}
	return sys_close_range(from, ~0u, 0);
}

/* A second wall: a kernel that has no Landlock does without */
static void shut_files(bool reads)
{
	struct landlock_ruleset_attr all = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, /* ABI 1 */
	};
	auto_fd fd = -1;

	if (reads)
		all.handled_access_fs &= ~(uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE |
						     LANDLOCK_ACCESS_FS_READ_DIR);
	fd = sys_landlock_create(&all, sizeof(all), 0);
	if (fd >= 0)
		sys_landlock_restrict(fd);
}

int rights_drop(bool reads)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (geteuid() == 0 && setgroups(0, NULL) == 0 &&
	    syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) == 0 &&
	    syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0 && errno != EINVAL)
		return -1;
	if (syscall(SYS_capset, &head, data) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -1;
	shut_files(reads);
	return 0;
}
