/* SPDX-License-Identifier: GPL-3.0-or-later */
/* room.h - how much of the machine the caller's processes may use together */
#ifndef NOOK_HOST_ROOM_H
#define NOOK_HOST_ROOM_H

#include "host/host.h"

/** struct host_room - Bytes, and thousandths of a CPU; UINT64_MAX = nothing says so */
struct host_room {
	uint64_t memory, cpus;
};

/** host_room() - The least of what the machine has (memory: MemTotal of proc_meminfo(5))
 * and of what the caller's cgroup and those above it, as far as they are to be seen, are
 * given (cgroups(7)). Which CPUs the caller may run on only the kernel knows */
void host_room(struct host *h, struct host_room *out);

/** host_room_cpus_v1() - The same of CPUs, for a cgroup of v1 that is made in @dir: the
 * kernel lets none have more than those above it (sched-bwc.rst) */
uint64_t host_room_cpus_v1(struct host *h, const char *dir);

/** host_room_cpuset() - Which CPUs a cgroup that is made in @dir can have ("0-3,8"), by
 * the controller cpuset of v1 (cpusets.rst) or v2 (cgroup-v2.rst). NULL = nothing says
 * so */
const char *host_room_cpuset(struct host *h, const char *dir, bool is_v1);

#endif
