/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cgroup.h - where this caller can have a cgroup, with which controllers, and why there
 *
 * One routine chooses, for runs, `explain` and `doctor` alike; it reads and never tries,
 * so it is tested with made-up hosts.
 */
#ifndef NOOK_HOST_CGROUP_H
#define NOOK_HOST_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cgroups.h"
#include "host/host.h"
#include "host/slice.h"

/** enum host_cgroups - What people have */
enum host_cgroups {
	HOST_CGROUP_NONE,
	HOST_CGROUP_V1,
	HOST_CGROUP_HYBRID, /* controllers on v1, and a v2 tree without them */
	HOST_CGROUP_V2,
};

/**
 * struct host_cgroup - What was chosen
 * @kind, @place: How a leaf would be made; CGROUP_NONE where none can be
 * @had:	CG_* that can be had there, at least all of those that were asked for
 * @missing:	CG_* wanted and not to be had
 * @enable:	v2: CG_* to switch on in the parent's cgroup.subtree_control
 * @tree:	The trees of the leaf and the directories that it is made in; NULL = of a
 *		scope that is still to be made
 * @why:	What was chosen, one line for people
 * @lack:	Why something is missing; NULL when nothing is
 * @fix:	What a person can do about it
 */
struct host_cgroup {
	enum host_cgroups layout;
	uint32_t kind;
	uint32_t place;
	uint32_t had;
	uint32_t missing;
	uint32_t enable;
	uint32_t count;
	struct {
		uint32_t controllers;
		const char *parent;
	} tree[CGROUP_TREES];
	const char *why;
	const char *lack;
	const char *fix;
};

/**
 * host_cgroup() - Choose
 * @wanted:	CG_* without which a limit could not be set
 * @liked:	CG_* that are taken where they cost nothing but a directory (v1); on v2
 *		only said in @had
 *
 * In this order, the first that has all of @wanted, else the first that has most:
 * the caller's hierarchies of v1; on v2 the nearest cgroup above the caller that was
 * delegated to it and has no processes; a scope from systemd; the caller's own cgroup
 * with its processes moved to a leaf (cgroups(7), "no internal processes").
 */
void host_cgroup(struct host *h, uint32_t wanted, uint32_t liked,
		 struct host_cgroup *out);

/** host_cgroup_layout() - "v1", "v2", "v1 controllers beside a v2 tree", "none
 * mounted" */
const char *host_cgroup_layout(enum host_cgroups layout);

/** host_cgroup_own() - The caller's path in a tree, from its line of /proc/self/cgroup
 * (cgroups(7)): "0::/path" for @bit 0, else "4:cpu,cpuacct:/path" of the v1 controller.
 * Return: false when there is no such line */
bool host_cgroup_own(const char *buf, size_t len, uint32_t bit, struct slice *path);

/** host_cgroup_controllers() - CG_* of a hierarchy of v1, which names them in the super
 * block's options: "rw,cpu,cpuacct"; 0 for any other mount, and for a named hierarchy
 * ("name=systemd"), which holds none */
uint32_t host_cgroup_controllers(const struct host_mount *m);
/** host_cgroup_dir() - Where a cgroup's directory is: @path as /proc/self/cgroup says,
 * through the mount @m. Return: kept by the host; NULL where the mount has it not */
const char *host_cgroup_dir(struct host *h, const struct host_mount *m,
			    struct slice path);
/** host_cgroup_v2() - host_cgroup() for the v2 tree that @m mounts (cgroup_v2.c) */
void host_cgroup_v2(struct host *h, const struct host_mount *m, uint32_t wanted,
		    uint32_t liked, struct host_cgroup *out);
#endif
