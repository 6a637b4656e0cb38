/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cgroup.h - which cgroup trees there are and which controllers the caller may use */
#ifndef NOOK_HOST_CGROUP_H
#define NOOK_HOST_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "host/host.h"
#include "host/slice.h"

/** enum host_cgroups - What people have (facts.md, "cgroups") */
enum host_cgroups {
	HOST_CGROUP_NONE,
	HOST_CGROUP_V1,
	HOST_CGROUP_HYBRID, /* controllers on v1, and a v2 tree without them */
	HOST_CGROUP_V2,
};

/**
 * struct host_cgroup_fact - The layout, and the place where the caller may make cgroups
 * @place:	v2: directory that is the caller's own, or NULL
 * @controllers: v2: cgroup.controllers of @place; v1: controllers whose tree the caller
 *		may write to; separated by blanks, "" when there are none
 * @has_manager: systemd's user manager of the caller runs
 */
struct host_cgroup_fact {
	enum host_cgroups layout;
	const char *place;
	const char *controllers;
	bool has_manager;
};

/** host_cgroup() - Find both out, from mountinfo, /proc/self/cgroup and who owns what */
void host_cgroup(struct host *h, struct host_cgroup_fact *out);

/** host_cgroup_own() - The caller's path in the v2 tree, from the line "0::/path" of
 * /proc/self/cgroup (cgroups(7)). Return: false when there is no such line */
bool host_cgroup_own(const char *buf, size_t len, struct slice *path);

/** host_has_word() - Whether @words, separated by blanks, hold @word */
bool host_has_word(const char *words, const char *word);

#endif
