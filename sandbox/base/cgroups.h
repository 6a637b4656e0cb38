/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cgroups.h - the kernel's words for cgroups, which host, plan and cgroup share */
#ifndef NOOK_BASE_CGROUPS_H
#define NOOK_BASE_CGROUPS_H

#include <stddef.h>
#include <stdint.h>

/** enum cgroup_kind - How the leaf of a box is made; in records: the numbers stay */
enum cgroup_kind { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

/** enum cgroup_place - Below which cgroup the leaf is made, and what that takes */
enum cgroup_place {
	PLACE_NONE,
	PLACE_V1, /* v1, hybrid: the caller's own in each hierarchy */
	/* v2: a cgroup without processes, or the tree's root */
	PLACE_READY,
	/* v2: the caller's own, whose processes move to a leaf first */
	PLACE_EMPTIED,
	/* v2: a scope that systemd's user manager makes for the keeper */
	PLACE_USER_SCOPE,
	PLACE_SYSTEM_SCOPE, /* v2: the same of the system's manager, for root */
};

/* Bits of a tree's controllers: what v1 calls them; on v2 one tree has all of them */
enum {
	CG_CPU = 1 << 0,
	CG_CPUACCT = 1 << 1, /* v2: the clock of cpu.stat, which needs no controller */
	CG_CPUSET = 1 << 2,
	CG_MEMORY = 1 << 3,
	CG_PIDS = 1 << 4,
	CG_IO = 1 << 5,	     /* v1: blkio */
	CG_DEVICES = 1 << 6, /* v2: a BPF program, which needs no controller */
	CG_FREEZER = 1 << 7, /* v2: cgroup.freeze, which needs no controller */
	CG_ALL = (1 << 8) - 1,
};

/* What every v2 cgroup can do, whatever controllers it has */
#define CG_V2_ALWAYS ((uint32_t)(CG_CPUACCT | CG_DEVICES | CG_FREEZER))

#define CGROUP_TREES 8 /* as many as there are controllers */

struct text;

/** cgroup_bit() - CG_* of a name as in cgroup.controllers (v2) and /proc/self/cgroup
 * (v1); 0 = another one */
uint32_t cgroup_bit(uint32_t kind, const char *name, size_t len);
/** cgroup_bits() - The bits of names that @sep separates */
uint32_t cgroup_bits(uint32_t kind, const char *names, char sep);
/** cgroup_names() - Add the names of bits, @between them */
void cgroup_names(uint32_t kind, uint32_t bits, const char *between, struct text *out);

#endif
