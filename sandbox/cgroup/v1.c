// SPDX-License-Identifier: GPL-3.0-or-later
/* v1.c - cgroup version 1: a directory in every hierarchy
 *
 * Documentation/admin-guide/cgroup-v1/ of the kernel: memory.rst, cpuacct.rst,
 * freezer-subsystem.rst, pids.rst, blkio-controller.rst, cpusets.rst.
 */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "cgroup/inner.h"
#include "cgroup/stat.h"

#define ROUNDS 20 /* of freezing, within PATIENCE_MS */
#define TICK_NS (1000000000u / 100u) /* USER_HZ, the unit of cpuacct.stat */
/* "no limit" of memory.limit_in_bytes: LONG_MAX in whole pages, whatever a page is */
#define NO_LIMIT (UINT64_C(1) << 62)

static uint64_t v1_cpu_ns(const struct cgroup *cg)
{
	return cgroup_value(cg, CG_CPUACCT, "cpuacct.usage");
}

/* usage_user and usage_sys are exact (since 4.8), .stat counts ticks */
static void count_cpu(const struct cgroup *cg, struct cgroup_counts *c)
{
	char buf[512];

	c->cpu_ns = v1_cpu_ns(cg);
	if (c->cpu_ns == UINT64_MAX)
		return;
	c->cpu_user_ns = cgroup_value(cg, CG_CPUACCT, "cpuacct.usage_user");
	if (c->cpu_user_ns == UINT64_MAX) {
		uint64_t ticks = stat_key(
			cgroup_file(cg, CG_CPUACCT, "cpuacct.stat", buf, sizeof(buf)),
			"user");

		c->cpu_user_ns = ticks == UINT64_MAX ? 0 : ticks * TICK_NS;
	}
	/* The three files are read one after the other: the sum is what counts */
	if (c->cpu_user_ns > c->cpu_ns)
		c->cpu_user_ns = c->cpu_ns;
	c->cpu_system_ns = c->cpu_ns - c->cpu_user_ns;
}

static uint64_t memory_limit(const struct cgroup *cg)
{
	uint64_t n = cgroup_value(cg, CG_MEMORY, "memory.limit_in_bytes");

	return n >= NO_LIMIT ? UINT64_MAX : n;
}

static void v1_count_last(const struct cgroup *cg, struct cgroup_counts *c)
{
	char buf[4096];
	const char *s;

	count_cpu(cg, c);
	if (cgroup_dir(cg, CG_CPU) >= 0) {
		s = cgroup_file(cg, CG_CPU, "cpu.stat", buf, sizeof(buf));
		c->throttled_ns = stat_key(s, "throttled_time");
	}
	if (cgroup_dir(cg, CG_MEMORY) >= 0) {
		c->memory_peak = cgroup_value(cg, CG_MEMORY, "memory.max_usage_in_bytes");
		s = cgroup_file(cg, CG_MEMORY, "memory.oom_control", buf, sizeof(buf));
		c->oom_kills = stat_key(s, "oom_kill");
		/* the eventfd may have told of what is not counted yet */
		c->memory_limit = memory_limit(cg);
	}
	if (cgroup_dir(cg, CG_PIDS) >= 0) {
		c->pids_peak = cgroup_value(cg, CG_PIDS, "pids.peak");
		s = cgroup_file(cg, CG_PIDS, "pids.events", buf, sizeof(buf));
		c->pids_refused = stat_key(s, "max");
		if (c->pids_refused && c->pids_refused != UINT64_MAX)
			c->pids_limit = cgroup_value(cg, CG_PIDS, "pids.max");
	}
	if (cgroup_dir(cg, CG_IO) >= 0) {
		s = cgroup_file(cg, CG_IO, "blkio.throttle.io_service_bytes_recursive",
				buf, sizeof(buf));
		c->io_read = stat_io(s, "Read ");
		c->io_write = stat_io(s, "Write ");
	}
}

static void v1_count(const struct cgroup *cg, struct cgroup_counts *c)
{
	uint64_t both;

	c->memory_now = cgroup_value(cg, CG_MEMORY, "memory.usage_in_bytes");
	both = cgroup_value(cg, CG_MEMORY, "memory.memsw.usage_in_bytes");
	if (both != UINT64_MAX && c->memory_now != UINT64_MAX)
		c->swap_now = both > c->memory_now ? both - c->memory_now : 0;
	c->pids_now = cgroup_value(cg, CG_PIDS, "pids.current");
	c->pids_limit = cgroup_value(cg, CG_PIDS, "pids.max");
}

/* Buffers of TCP are counted apart, and limited by nothing where this is not set: they
 * may have as much again, and then no more than each connection's least. The newest
 * kernels have it not */
static int set_tcp(const struct cgroup *cg, uint64_t memory)
{
	char words[CGROUP_WORDS];
	int r;

	cgroup_words(CGROUP_V1, LIMIT_MEMORY, memory, NULL, words);
	r = cgroup_put(cg, cgroup_dir(cg, CG_MEMORY), "memory.kmem.tcp.limit_in_bytes",
		       words);
	return r < 0 && errno != ENOENT ? -1 : 0;
}

/* memsw counts memory and swap together and is never below memory's own limit: so the two
 * are written in the order that keeps it so */
static int set_memory(const struct cgroup *cg, uint64_t memory, uint64_t swap)
{
	uint64_t old = cgroup_value(cg, CG_MEMORY, "memory.limit_in_bytes");
	uint64_t both;

	if (memory == UINT64_MAX || swap == UINT64_MAX ||
	    __builtin_add_overflow(memory, swap, &both))
		both = UINT64_MAX;
	if (memory <= old)
		return cgroup_write(cg, LIMIT_MEMORY, memory, NULL) ||
				       cgroup_write(cg, LIMIT_SWAP, both, NULL)
			       ? -1
			       : 0;
	return cgroup_write(cg, LIMIT_SWAP, both, NULL) ||
			       cgroup_write(cg, LIMIT_MEMORY, memory, NULL)
		       ? -1
		       : 0;
}

/* Swap that is allowed now; UINT64_MAX where it is not limited */
static uint64_t swap_limit(const struct cgroup *cg)
{
	uint64_t memory = cgroup_value(cg, CG_MEMORY, "memory.limit_in_bytes");
	uint64_t both = cgroup_value(cg, CG_MEMORY, "memory.memsw.limit_in_bytes");

	return both >= NO_LIMIT || memory >= NO_LIMIT ? UINT64_MAX : both - memory;
}

static int v1_set(const struct cgroup *cg, enum cgroup_limit which, uint64_t n,
		  const char *text)
{
	char buf[256];
	int dir = cgroup_dir(cg, cgroup_row(which)->controller);
	uint64_t swap;

	switch ((int)which) {
	case LIMIT_CPUSET:
		/* A new cpuset has neither nodes nor CPUs, and takes no process */
		if (file_read_small(dir, "../cpuset.mems", buf, sizeof(buf)) <= 0 ||
		    file_write(dir, "cpuset.mems", buf) < 0)
			return -1;
		break;
	case LIMIT_CPUS:
		if (n < 10 && file_write(dir, "cpu.cfs_period_us", "1000000") < 0)
			return -1;
		break;
	case LIMIT_MEMORY:
		if (set_tcp(cg, n) < 0)
			return -1;
		swap = swap_limit(cg);
		/* without swap accounting, and in a new leaf: the one file */
		if (swap != UINT64_MAX)
			return set_memory(cg, n, swap);
		break;
	case LIMIT_SWAP:
		return set_memory(
			cg, cgroup_value(cg, CG_MEMORY, "memory.limit_in_bytes"), n);
	default:
		break;
	}
	return cgroup_write(cg, which, n, text);
}

static bool is_state(const struct cgroup *cg, const char *state)
{
	char buf[64];

	return !strncmp(cgroup_file(cg, CG_FREEZER, "freezer.state", buf, sizeof(buf)),
			state, strlen(state));
}

static bool is_frozen(const struct cgroup *cg)
{
	return is_state(cg, "FROZEN");
}

static bool v1_is_frozen(const struct cgroup *cg)
{
	char buf[64];

	return stat_number(cgroup_file(cg, CG_FREEZER, "freezer.self_freezing", buf,
				       sizeof(buf))) == 1;
}

static int v1_freeze(const struct cgroup *cg, bool frozen)
{
	int dir = cgroup_dir(cg, CG_FREEZER);

	if (dir < 0) {
		errno = ENOTSUP;
		return -1;
	}
	if (!frozen)
		return file_write(dir, "freezer.state", "THAWED");
	/* A process that forks and ends at that moment can leave it FREEZING for ever:
	 * thawed and frozen again it gets there */
	for (int round = 0; round < ROUNDS; round++) {
		if (file_write(dir, "freezer.state", "FROZEN") < 0)
			return -1;
		if (cgroup_wait(cg, is_frozen, PATIENCE_MS / ROUNDS))
			return 0;
		file_write(dir, "freezer.state", "THAWED");
	}
	errno = EBUSY;
	return -1;
}

static void kill_in(int dir)
{
	const struct cgroup cg = { .count = 1, .dir = { dir } };

	cgroup_signal_all(&cg, SIGKILL);
}

/*
 * Frozen, nothing in there can fork, so one walk meets all, those below too; a killed
 * task that is frozen keeps the signal until it is thawed. Without a freezer round by
 * round, until a round meets nobody.
 */
static int v1_kill(const struct cgroup *cg)
{
	int dir = cgroup_dir(cg, CG_FREEZER);
	int left = 0;

	if (dir >= 0) {
		file_write(dir, "freezer.state", "FROZEN");
		cgroup_wait(cg, is_frozen, PATIENCE_MS / ROUNDS);
		kill_in(dir);
		cgroup_below(dir, kill_in);
		cgroup_thaw_below(cg);
		if (file_write(dir, "freezer.state", "THAWED") < 0 && errno != ENODEV)
			return -1;
	}
	for (int round = 0; round < 1000; round++) {
		left = cgroup_signal_all(cg, SIGKILL);
		if (left <= 0)
			return 0;
		usleep(1000);
	}
	errno = EBUSY;
	return -1;
}

const struct cgroup_ops cgroup_ops_v1 = {
	.count = v1_count,
	.count_last = v1_count_last,
	.cpu_ns = v1_cpu_ns,
	.set = v1_set,
	.freeze = v1_freeze,
	.is_frozen = v1_is_frozen,
	.kill = v1_kill,
};
