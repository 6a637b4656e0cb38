// SPDX-License-Identifier: GPL-3.0-or-later
/* room.c - how much of the machine the caller's processes may use together */
#include "host/room.h"

#include <stdlib.h>
#include <string.h>

#include "host/cgroup.h"
#include "host/inner.h"

/* Return: the number at @s, UINT64_MAX for "max", -1 and whatever else is none */
static uint64_t number_at(const char *s)
{
	return s && *s >= '0' && *s <= '9' ? strtoull(s, NULL, 10) : UINT64_MAX;
}

static const char *file_of(struct host *h, const char *dir, const char *name)
{
	const char *path = host_keepf(h, "%s/%s", dir, name);

	return path ? host_read(h, path) : NULL;
}

static void take_less(uint64_t *least, uint64_t n)
{
	if (n < *least)
		*least = n;
}

/* So much time in each period of it */
static void take_cpus(struct host_room *out, const char *quota, const char *period)
{
	uint64_t q = number_at(quota), p = number_at(period);

	if (q < UINT64_MAX / 1000 && p && p != UINT64_MAX)
		take_less(&out->cpus, q * 1000 / p);
}

static void take_dir(struct host *h, const char *dir, uint32_t v1, struct host_room *out)
{
	const char *max;

	if (!v1) {
		max = file_of(h, dir, "cpu.max"); /* "50000 100000" */
		take_less(&out->memory, number_at(file_of(h, dir, "memory.max")));
		if (max && strchr(max, ' '))
			take_cpus(out, max, strchr(max, ' ') + 1);
	}
	if (v1 & CG_MEMORY)
		take_less(&out->memory,
			  number_at(file_of(h, dir, "memory.limit_in_bytes")));
	if (v1 & CG_CPU)
		take_cpus(out, file_of(h, dir, "cpu.cfs_quota_us"),
			  file_of(h, dir, "cpu.cfs_period_us"));
}

/* The caller's cgroup in one tree, and all above it. @v1: CG_*, none = the tree of v2 */
static void take_tree(struct host *h, const struct host_mount *m, uint32_t v1,
		      struct host_room *out)
{
	const char *text = host_read(h, "/proc/self/cgroup"), *dir = NULL;
	struct slice own;

	if (text && host_cgroup_own(text, strlen(text), v1 & -v1, &own))
		dir = host_cgroup_dir(h, m, own);
	while (dir) {
		take_dir(h, dir, v1, out);
		if (!strcmp(dir, m->target))
			break;
		dir = host_keep(h, dir, (size_t)(strrchr(dir, '/') - dir));
	}
}

uint64_t host_room_cpus_v1(struct host *h, const char *dir)
{
	struct host_room out = { UINT64_MAX, UINT64_MAX };

	for (; *dir; dir = host_keep(h, dir, (size_t)(strrchr(dir, '/') - dir)))
		take_dir(h, dir, CG_CPU, &out);
	return out.cpus;
}

const char *host_room_cpuset(struct host *h, const char *dir, bool is_v1)
{
	const char *name = is_v1 ? "cpuset.cpus" : "cpuset.cpus.effective", *list;

	for (; *dir; dir = host_keep(h, dir, (size_t)(strrchr(dir, '/') - dir))) {
		list = file_of(h, dir, name);
		if (list && *list >= '0' && *list <= '9')
			return host_keep(h, list, strcspn(list, "\n"));
	}
	return NULL;
}

void host_room(struct host *h, struct host_room *out)
{
	const char *text = host_read(h, "/proc/meminfo");
	const char *total = text ? strstr(text, "MemTotal:") : NULL;
	const struct host_mount *mounts;
	size_t n = host_mounts(h, &mounts);
	uint64_t kib;

	*out = (struct host_room){ UINT64_MAX, UINT64_MAX };
	kib = total ? number_at(total + strcspn(total, "0123456789")) : UINT64_MAX;
	if (kib != UINT64_MAX)
		out->memory = kib * 1024;
	for (size_t i = 0; i < n; i++) {
		uint32_t v1 = host_cgroup_controllers(&mounts[i]);

		if (v1 & (CG_MEMORY | CG_CPU) || !strcmp(mounts[i].fstype, "cgroup2"))
			take_tree(h, &mounts[i], v1, out);
	}
}
