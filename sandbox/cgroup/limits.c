// SPDX-License-Identifier: GPL-3.0-or-later
/* limits.c - the table of limits: which file of which layout, and what goes there */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "cgroup/inner.h"

static const struct cgroup_row rows[LIMIT_COUNT] = {
	[LIMIT_CPUSET] = { "limits.cpuset", "cpuset", UNIT_TEXT, CG_CPUSET, "cpuset.cpus",
			   "cpuset.cpus" },
	[LIMIT_CPUS] = { "limits.cpus", "cpus", UNIT_MILLI, CG_CPU, "cpu.cfs_quota_us",
			 "cpu.max" },
	[LIMIT_CPU_WEIGHT] = { "limits.cpu_weight", "cpu_weight", UNIT_COUNT, CG_CPU,
			       "cpu.shares", "cpu.weight" },
	[LIMIT_MEMORY] = { "limits.memory", "memory_bytes", UNIT_BYTES, CG_MEMORY,
			   "memory.limit_in_bytes", "memory.max" },
	/* v1's soft limit is another thing: nothing is slowed by it */
	[LIMIT_MEMORY_HIGH] = { "limits.memory_high", "memory_high_bytes", UNIT_BYTES,
				CG_MEMORY, NULL, "memory.high" },
	[LIMIT_SWAP] = { "limits.swap", "swap_bytes", UNIT_BYTES, CG_MEMORY,
			 "memory.memsw.limit_in_bytes", "memory.swap.max" },
	[LIMIT_PIDS] = { "limits.pids", "pids", UNIT_COUNT, CG_PIDS, "pids.max",
			 "pids.max" },
	[LIMIT_IO_READ_BPS] = { "limits.io", "read_bps", UNIT_RATE, CG_IO,
				"blkio.throttle.read_bps_device", "io.max" },
	[LIMIT_IO_WRITE_BPS] = { "limits.io", "write_bps", UNIT_RATE, CG_IO,
				 "blkio.throttle.write_bps_device", "io.max" },
	[LIMIT_IO_READ_IOPS] = { "limits.io", "read_iops", UNIT_RATE, CG_IO,
				 "blkio.throttle.read_iops_device", "io.max" },
	[LIMIT_IO_WRITE_IOPS] = { "limits.io", "write_iops", UNIT_RATE, CG_IO,
				  "blkio.throttle.write_iops_device", "io.max" },
	[LIMIT_IO_WEIGHT] = { "limits.io_weight", "io_weight", UNIT_COUNT, CG_IO,
			      "blkio.bfq.weight", "io.weight" },
};

/* io.max's own words for the four rates */
static const char *const io_words[LIMIT_COUNT] = {
	[LIMIT_IO_READ_BPS] = "rbps",
	[LIMIT_IO_WRITE_BPS] = "wbps",
	[LIMIT_IO_READ_IOPS] = "riops",
	[LIMIT_IO_WRITE_IOPS] = "wiops",
};

const struct cgroup_row *cgroup_row(enum cgroup_limit which)
{
	return &rows[which];
}

int cgroup_find_limit(const char *key)
{
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (!strcmp(rows[i].key, key))
			return i;
	return -1;
}

/*
 * The share of a period (sched-bwc.rst). A tenth of a second, as the kernel has it by
 * default; a second where the share would be less than the kernel's least quota of 1 ms.
 */
#define CPU_PERIOD	100000u /* us */
#define CPU_PERIOD_MOST 1000000u

static uint64_t period_of(uint64_t milli)
{
	return milli < 10 ? CPU_PERIOD_MOST : CPU_PERIOD;
}

static void word_cpus(uint32_t kind, uint64_t n, char *out)
{
	uint64_t period = period_of(n);
	uint64_t quota = n * (period / 1000);

	if (n == UINT64_MAX)
		snprintf(out, CGROUP_WORDS, kind == CGROUP_V1 ? "-1" : "max");
	else if (kind == CGROUP_V1)
		snprintf(out, CGROUP_WORDS, "%" PRIu64, quota);
	else
		snprintf(out, CGROUP_WORDS, "%" PRIu64 " %" PRIu64, quota, period);
}

/* v1's shares count from 1024 where a weight counts from 100 */
static void word_weight(uint32_t kind, enum cgroup_limit which, uint64_t n, char *out)
{
	if (n == UINT64_MAX)
		n = 100;
	if (which == LIMIT_CPU_WEIGHT && kind == CGROUP_V1)
		n = n * 1024 / 100;
	/* bfq has 1 to 1000 on both (bfq-iosched.rst) */
	if (which == LIMIT_IO_WEIGHT && kind == CGROUP_V1)
		n = n > 1000 ? 1000 : n;
	if (which == LIMIT_IO_WEIGHT && kind == CGROUP_V2)
		snprintf(out, CGROUP_WORDS, "default %" PRIu64, n);
	else
		snprintf(out, CGROUP_WORDS, "%" PRIu64,
			 n < 2 && kind == CGROUP_V1 ? 2 : n);
}

static void word_io(uint32_t kind, enum cgroup_limit which, uint64_t n, const char *text,
		    char *out)
{
	/* v1: 0 takes the limit away (blkio-controller.rst) */
	if (kind == CGROUP_V1)
		snprintf(out, CGROUP_WORDS, "%s %" PRIu64, text, n == UINT64_MAX ? 0 : n);
	else if (n == UINT64_MAX)
		snprintf(out, CGROUP_WORDS, "%s %s=max", text, io_words[which]);
	else
		snprintf(out, CGROUP_WORDS, "%s %s=%" PRIu64, text, io_words[which], n);
}

const char *cgroup_words(uint32_t kind, enum cgroup_limit which, uint64_t n,
			 const char *text, char *out)
{
	const struct cgroup_row *row = &rows[which];
	bool is_v1 = kind == CGROUP_V1;

	if (which == LIMIT_CPUS)
		word_cpus(kind, n, out);
	else if (which == LIMIT_CPU_WEIGHT || which == LIMIT_IO_WEIGHT)
		word_weight(kind, which, n, out);
	else if (row->unit == UNIT_RATE)
		word_io(kind, which, n, text ? text : "", out);
	else if (row->unit == UNIT_TEXT)
		snprintf(out, CGROUP_WORDS, "%s", text ? text : "");
	else if (n == UINT64_MAX)
		snprintf(out, CGROUP_WORDS,
			 is_v1 && row->unit == UNIT_BYTES ? "-1" : "max");
	else
		snprintf(out, CGROUP_WORDS, "%" PRIu64, n);
	return is_v1 ? row->v1 : row->v2;
}

int cgroup_put(const struct cgroup *cg, int dir, const char *file, const char *words)
{
	int fd = file_put(dir, file, words);

	if (fd < 0)
		return -1;
	if (cg->written)
		fd_run_add(cg->written, fd);
	else
		close(fd);
	return 0;
}

int cgroup_write(const struct cgroup *cg, enum cgroup_limit which, uint64_t n,
		 const char *text)
{
	char words[CGROUP_WORDS];
	const char *file = cgroup_words(cg->kind, which, n, text, words);
	int dir = cgroup_dir(cg, rows[which].controller);

	if (!file || dir < 0) {
		errno = ENOTSUP;
		return -1;
	}
	return cgroup_put(cg, dir, file, words);
}

int cgroup_set(const struct cgroup *cg, enum cgroup_limit which, uint64_t n,
	       const char *text, struct err *e)
{
	const struct cgroup_ops *ops =
		cg->kind == CGROUP_V1 ? &cgroup_ops_v1 : &cgroup_ops_v2;
	const char *file = cg->kind == CGROUP_V1 ? rows[which].v1 : rows[which].v2;
	char words[CGROUP_WORDS];

	if (!file)
		return err_set(e, "cgroup v1 has nothing like '%s'", rows[which].key);
	if (cgroup_dir(cg, rows[which].controller) < 0)
		return err_set(e, "the box has no cgroup with a controller for '%s'",
			       rows[which].key);
	if (!ops->set(cg, which, n, text))
		return 0;
	cgroup_words(cg->kind, which, n, text, words);
	err_sys(e, "cannot write '%s' to '%s'", words, file);
	if (e && e->code == EBUSY)
		err_hint(e, "the box uses more than that now");
	else if (which == LIMIT_CPUSET)
		err_hint(e, "CPUs of a machine: /sys/devices/system/cpu/possible; of the "
			    "box, those that its parent cgroup has");
	return -1;
}
