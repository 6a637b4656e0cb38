// SPDX-License-Identifier: GPL-3.0-or-later
/* defaults.c - what a profile means where it says nothing
 *
 * fields.def has the same in words for people; tests/unit/profile.c compares the two.
 */
#include "profile/internal.h"

static struct item default_devices[] = {
	{ .text = "null" },   { .text = "zero" },    { .text = "full" },
	{ .text = "random" }, { .text = "urandom" }, { .text = "tty" },
};

static const struct rlimit_wish default_rlimits[] = {
	{ .resource = RLIMIT_CORE, .soft = 0, .hard = 0 },
	{ .resource = RLIMIT_NOFILE, .soft = 1024, .hard = 4096 },
	{ .resource = RLIMIT_MEMLOCK, .soft = 65536, .hard = 65536 },
};

const struct profile profile_defaults = {
	.root = { .from = ROOT_SYSTEM, .changes = CHANGES_DISCARD, .how = SWITCH_PIVOT },
	.proc = PROC_FULL,
	.namespaces = NS_USER | NS_MOUNT | NS_PID | NS_NET | NS_UTS | NS_IPC | NS_CGROUP,
	.user = { .map = MAP_AUTO, .groups = GROUPS_AUTO },
	.devices = { default_devices, 6 },
	.init = INIT_REAPER,
	.terminal = TERMINAL_AUTO,
	.umask = 022,
	.network = { .mode = NET_NONE, .refresh = 60000000000u },
	.limits = { .cpu_weight = 100,
		    .io_weight = 100,
		    .on_pids = ON_PIDS_REFUSE,
		    .grace = 2000000000u,
		    .enforce = ENFORCE_STRICT,
		    .on_limit = ON_LIMIT_KILL },
	/* Nobody writes to them: a profile with its own has them in its arena */
	.rlimits = (struct rlimit_wish *)default_rlimits,
	.rlimit_count = 3,
	.seccomp = { .kind = SECCOMP_DEFAULT, .error = 1 /* EPERM */ },
	.landlock = LANDLOCK_OFF,
	.no_new_privileges = true,
};
