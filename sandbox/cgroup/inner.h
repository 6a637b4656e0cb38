/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inner.h - what differs between the layouts: one struct of functions for each */
#ifndef NOOK_CGROUP_INNER_H
#define NOOK_CGROUP_INNER_H

#include "cgroup/cgroup.h"

#define CGROUP_PREFIX "nook-" /* every leaf's name begins with it */

/**
 * struct cgroup_ops - One layout
 * @count, @count_last, @cpu_ns, @freeze, @is_frozen, @kill: as in cgroup.h
 * @set:	Writes that need more than one file; the others go by the table
 */
struct cgroup_ops {
	void (*count)(const struct cgroup *cg, struct cgroup_counts *out);
	void (*count_last)(const struct cgroup *cg, struct cgroup_counts *out);
	uint64_t (*cpu_ns)(const struct cgroup *cg);
	int (*set)(const struct cgroup *cg, enum cgroup_limit which, uint64_t n,
		   const char *text);
	int (*freeze)(const struct cgroup *cg, bool frozen);
	bool (*is_frozen)(const struct cgroup *cg);
	int (*kill)(const struct cgroup *cg);
};

extern const struct cgroup_ops cgroup_ops_v1, cgroup_ops_v2;

/** cgroup_put() - Write a file of the tree @dir, and close it now or with the others.
 * Return: 0, -1 and errno */
int cgroup_put(const struct cgroup *cg, int dir, const char *file, const char *words);
/** cgroup_write() - Write a value that the table words for this leaf's layout. Return: 0,
 * -1 and errno; ENOTSUP = this layout has no such limit */
int cgroup_write(const struct cgroup *cg, enum cgroup_limit which, uint64_t n,
		 const char *text);
/** cgroup_file() - Read a file of the tree that has @controller into @buf. Return: @buf,
 * "" when it cannot be read */
const char *cgroup_file(const struct cgroup *cg, uint32_t controller, const char *file,
			char *buf, size_t size);
/** cgroup_value() - The number in such a file */
uint64_t cgroup_value(const struct cgroup *cg, uint32_t controller, const char *file);
/** cgroup_below() - Call @what for each cgroup below that of the descriptor @dir, deepest
 * first, with one of it; NULL: remove it */
void cgroup_below(int dir, void (*what)(int below));
/** cgroup_signal_all() - Send @sig to all processes there are now. Return: how many */
int cgroup_signal_all(const struct cgroup *cg, int sig);
#define PATIENCE_MS 1000 /* for the kernel to do what it was told */

/** cgroup_wait() - Call @done until it is true, at most @most ms. Return: whether it
 * was */
bool cgroup_wait(const struct cgroup *cg, bool (*done)(const struct cgroup *cg),
		 int most);

#endif
