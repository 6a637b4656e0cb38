// SPDX-License-Identifier: GPL-3.0-or-later
/* v2.c - cgroup version 2: one directory (Documentation/admin-guide/cgroup-v2.rst) */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup/inner.h"
#include "cgroup/stat.h"

/* The trees of a leaf on v2 are one: every file is in the first */
#define HERE CG_CPUACCT

static uint64_t to_ns(uint64_t us)
{
	uint64_t ns;

	return us == UINT64_MAX || __builtin_mul_overflow(us, 1000u, &ns) ? UINT64_MAX
									  : ns;
}

static bool is_some(uint64_t n)
{
	return n && n != UINT64_MAX;
}

static uint64_t v2_cpu_ns(const struct cgroup *cg)
{
	char buf[1024];

	return to_ns(stat_key(cgroup_file(cg, HERE, "cpu.stat", buf, sizeof(buf)),
			      "usage_usec"));
}

static void v2_count_last(const struct cgroup *cg, struct cgroup_counts *c)
{
	char buf[4096];
	const char *s = cgroup_file(cg, HERE, "cpu.stat", buf, sizeof(buf));

	c->cpu_ns = to_ns(stat_key(s, "usage_usec"));
	c->cpu_user_ns = to_ns(stat_key(s, "user_usec"));
	c->cpu_system_ns = to_ns(stat_key(s, "system_usec"));
	c->throttled_ns = to_ns(stat_key(s, "throttled_usec"));
	if (cg->controllers[0] & CG_MEMORY) {
		c->memory_peak = cgroup_value(cg, HERE, "memory.peak");
		s = cgroup_file(cg, HERE, "memory.events", buf, sizeof(buf));
		c->oom_kills = stat_key(s, "oom_kill");
		c->memory_refused = stat_key(s, "oom");
		c->memory_high = stat_key(s, "high");
		if (is_some(c->oom_kills) || is_some(c->memory_refused))
			c->memory_limit = cgroup_value(cg, HERE, "memory.max");
	}
	if (cg->controllers[0] & CG_PIDS) {
		c->pids_peak = cgroup_value(cg, HERE, "pids.peak");
		s = cgroup_file(cg, HERE, "pids.events", buf, sizeof(buf));
		c->pids_refused = stat_key(s, "max");
		if (is_some(c->pids_refused))
			c->pids_limit = cgroup_value(cg, HERE, "pids.max");
	}
	if (cg->controllers[0] & CG_IO) {
		s = cgroup_file(cg, HERE, "io.stat", buf, sizeof(buf));
		c->io_read = stat_io(s, "rbytes=");
		c->io_write = stat_io(s, "wbytes=");
	}
}

static void v2_count(const struct cgroup *cg, struct cgroup_counts *c)
{
	char buf[1024];

	c->memory_now = cgroup_value(cg, HERE, "memory.current");
	c->memory_limit = cgroup_value(cg, HERE, "memory.max");
	c->swap_now = cgroup_value(cg, HERE, "memory.swap.current");
	c->pids_now = cgroup_value(cg, HERE, "pids.current");
	c->pids_limit = cgroup_value(cg, HERE, "pids.max");
	c->pressure_cpu = stat_pressure(
		cgroup_file(cg, HERE, "cpu.pressure", buf, sizeof(buf)));
	c->pressure_memory = stat_pressure(
		cgroup_file(cg, HERE, "memory.pressure", buf, sizeof(buf)));
	c->pressure_io = stat_pressure(
		cgroup_file(cg, HERE, "io.pressure", buf, sizeof(buf)));
}

static bool says(const struct cgroup *cg, const char *key, uint64_t value)
{
	char buf[256];

	return stat_key(cgroup_file(cg, HERE, "cgroup.events", buf, sizeof(buf)), key) ==
	       value;
}

static bool is_frozen(const struct cgroup *cg)
{
	return says(cg, "frozen", 1);
}

static bool is_empty(const struct cgroup *cg)
{
	return says(cg, "populated", 0);
}

static bool v2_is_frozen(const struct cgroup *cg)
{
	return cgroup_value(cg, HERE, "cgroup.freeze") == 1;
}

static int v2_freeze(const struct cgroup *cg, bool frozen)
{
	if (file_write(cg->dir[0], "cgroup.freeze", frozen ? "1" : "0") < 0)
		return -1;
	if (!frozen || cgroup_wait(cg, is_frozen, PATIENCE_MS))
		return 0;
	file_write(cg->dir[0], "cgroup.freeze", "0");
	errno = EBUSY;
	return -1;
}

/* cgroup.kill (5.14) takes all at once, forks in the same moment and frozen ones too.
 * Before it: frozen, nothing can fork, and KILL ends what is frozen here */
static int v2_kill(const struct cgroup *cg)
{
	if (file_write(cg->dir[0], "cgroup.kill", "1") < 0) {
		file_write(cg->dir[0], "cgroup.freeze", "1");
		cgroup_wait(cg, is_frozen, PATIENCE_MS);
		cgroup_signal_all(cg, SIGKILL);
		if (file_write(cg->dir[0], "cgroup.freeze", "0") < 0)
			return -1;
	}
	if (cgroup_wait(cg, is_empty, PATIENCE_MS))
		return 0;
	errno = EBUSY;
	return -1;
}

const struct cgroup_ops cgroup_ops_v2 = {
	.count = v2_count,
	.count_last = v2_count_last,
	.cpu_ns = v2_cpu_ns,
	.set = cgroup_write,
	.freeze = v2_freeze,
	.is_frozen = v2_is_frozen,
	.kill = v2_kill,
};
