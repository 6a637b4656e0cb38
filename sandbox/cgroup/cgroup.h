/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cgroup.h - a box's place in the cgroup trees: make, limit, count, freeze, remove
 *
 * Theory of operation. A run that has a limit gets a fresh leaf, never a used one: old
 * cache and old counters would be charged to it. On v2 (cgroups(7)) the leaf is one
 * directory in one tree; on v1, and on hybrid hosts whose controllers are on v1, it is a
 * directory of the same name in every hierarchy that is needed. Where the leaf is stands
 * in the box's record before it is made (struct cgroup_at), so that whoever finds the
 * record of a dead keeper can empty and remove it without knowing more.
 *
 * What differs between the layouts stands in two tables behind these calls: a row for
 * every limit (limits.c) and one struct of functions for each layout (v1.c, v2.c).
 * Everything that reads the text of a kernel's file is a pure function on that text
 * (stat.c).
 *
 * Nothing here allocates: it is part of every run that has limits.
 */
#ifndef NOOK_CGROUP_CGROUP_H
#define NOOK_CGROUP_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan.h"

struct err;
struct fd_run;

#define CGROUP_WORDS 256
#define CGROUP_TEXT  2048 /* bytes for all paths of one box */

/**
 * struct cgroup_at - Where the leaf of a box is: plain data, in its record
 * @kind:	enum cgroup_kind; CGROUP_NONE is all zero
 * @count:	Trees in use
 * @tree:	Controllers (CG_*), and where the path begins in @text
 * @text:	Absolute paths of the leaf's directories, each with its NUL
 */
struct cgroup_at {
	uint32_t kind;
	uint32_t count;
	uint32_t used;
	struct {
		uint32_t controllers;
		uint32_t path;
	} tree[CGROUP_TREES];
	char text[CGROUP_TEXT];
};

/**
 * struct cgroup - An open leaf
 * @dir:	Of each tree: O_PATH | O_DIRECTORY | O_CLOEXEC
 * @written:	While the limits of a new leaf are set: files that are closed together
 *		when all are written; else NULL
 */
struct cgroup {
	uint32_t kind;
	uint32_t count;
	uint32_t controllers[CGROUP_TREES];
	int dir[CGROUP_TREES];
	struct fd_run *written;
};

/** struct cgroup_counts - What the kernel counted. UINT64_MAX: this host cannot say, or
 * (a limit) there is none; never 0 for that */
struct cgroup_counts {
	uint64_t cpu_ns, cpu_user_ns, cpu_system_ns, throttled_ns;
	uint64_t memory_now, memory_peak, memory_limit, swap_now;
	uint64_t oom_kills;	 /* processes that any OOM killer took in here */
	uint64_t memory_refused; /* v2: times that the leaf's own limit meant the end */
	uint64_t memory_high;	 /* v2: times that memory.high was passed */
	uint64_t pids_now, pids_peak, pids_limit;
	uint64_t pids_refused;	    /* forks */
	uint64_t io_read, io_write; /* bytes */
	/* share of the last 10 s in which something waited, 1/100 % (PSI) */
	uint64_t pressure_cpu, pressure_memory, pressure_io;
};

/** enum cgroup_unit - What the number of a limit is */
enum cgroup_unit { UNIT_TEXT, UNIT_MILLI, UNIT_COUNT, UNIT_BYTES, UNIT_RATE };

/**
 * struct cgroup_row - One limit: explain, script, apply and update all read this
 * @key:	As in profiles: "limits.memory"
 * @name:	As the result record calls it: "memory_bytes"
 * @unit:	What the number is
 * @controller:	CG_*: whose tree on v1
 * @v1, @v2:	The file; NULL: this layout has no such limit
 */
struct cgroup_row {
	const char *key;
	const char *name;
	enum cgroup_unit unit;
	uint32_t controller;
	const char *v1, *v2;
};

/** cgroup_row() - The row of a limit */
const struct cgroup_row *cgroup_row(enum cgroup_limit which);
/** cgroup_find_limit() - By "limits.memory"; -1 = none. A limit of a device has one key,
 * "limits.io", with four rows: the first of them */
int cgroup_find_limit(const char *key);
/** cgroup_words() - What is written into the limit's file, into @out of CGROUP_WORDS
 * bytes; @n UINT64_MAX = no limit. Return: the file, or NULL where this layout has no
 * such limit */
const char *cgroup_words(uint32_t kind, enum cgroup_limit which, uint64_t n,
			 const char *text, char *out);

/** cgroup_at_add() - Add a tree: the leaf is @parent/nook-@id. Return: 0, -1 and @e when
 * the paths are too long */
int cgroup_at_add(struct cgroup_at *at, uint32_t controllers, const char *parent,
		  const char *id, struct err *e);
/** cgroup_at_check() - Whether what was read from a file can be followed, and names
 * leaves of nook's alone */
bool cgroup_at_check(const struct cgroup_at *at);
/** cgroup_path() - Directory of a tree's leaf */
const char *cgroup_path(const struct cgroup_at *at, unsigned int tree);
/** cgroup_path_of() - Directory of the tree that has the controller; NULL = none */
const char *cgroup_path_of(const struct cgroup_at *at, uint32_t controller);

/** cgroup_make() - Make the leaf's directories, which must be new, and open them.
 * Return: 0, -1 and @e; then what was made is for cgroup_remove() */
int cgroup_make(const struct cgroup_at *at, struct cgroup *cg, struct err *e);
/** cgroup_open() - Open a leaf that is there. Return: 0, -1 and @e */
int cgroup_open(const struct cgroup_at *at, struct cgroup *cg, struct err *e);
void cgroup_close(struct cgroup *cg);
/** cgroup_dir() - Descriptor of the tree that has the controller; -1 = none */
int cgroup_dir(const struct cgroup *cg, uint32_t controller);

/** cgroup_set() - Set one limit of an open leaf, also of one in which processes run
 * @n:		The number in the table's unit; UINT64_MAX = no limit
 * @text:	LIMIT_CPUSET: the CPUs; LIMIT_IO_*: the device as "MAJOR:MINOR"; else NULL
 *
 * Return: 0, -1 and @e, which names the file */
int cgroup_set(const struct cgroup *cg, enum cgroup_limit which, uint64_t n,
	       const char *text, struct err *e);
/** cgroup_count() - Read every counter. Cannot fail: what cannot be read is UINT64_MAX */
void cgroup_count(const struct cgroup *cg, struct cgroup_counts *out);
/** cgroup_count_last() - The same when nothing lives in the leaf any more, by a third of
 * the calls: what is now and the pressure are left unknown, a limit too unless it was
 * reached */
void cgroup_count_last(const struct cgroup *cg, struct cgroup_counts *out);
/** cgroup_oom_kills() - How many processes of the leaf any OOM killer took: what the
 * cause of a death hangs on, by one file; UINT64_MAX = unknown */
uint64_t cgroup_oom_kills(const struct cgroup *cg);
/** cgroup_cpu_ns() - CPU time of everything that ever ran in the leaf; UINT64_MAX =
 * unknown */
uint64_t cgroup_cpu_ns(const struct cgroup *cg);

/** cgroup_refused() - Forks that the limit of processes refused; UINT64_MAX = unknown */
uint64_t cgroup_refused(const struct cgroup *cg);

/** cgroup_freeze() - Stop every process of the leaf, or let all go on; waits until it is
 * so, at most a second. Return: 0, -1 and @e; then it is thawed */
int cgroup_freeze(const struct cgroup *cg, bool frozen, struct err *e);
/** cgroup_thaw_below() - Before the end of what is in the leaf: let go on what somebody
 * has frozen in a cgroup of his below it. v1 alone needs it, where nothing frozen dies */
void cgroup_thaw_below(const struct cgroup *cg);
/** cgroup_is_frozen() - Whether it was frozen by cgroup_freeze() or a person */
bool cgroup_is_frozen(const struct cgroup *cg);
/** cgroup_pids() - The processes of the leaf, as this pid namespace numbers them. Return:
 * how many there are, of which at most @most stand in @pids; -1 and errno */
ssize_t cgroup_pids(const struct cgroup *cg, pid_t *pids, size_t most);
/** cgroup_remove() - Kill what is in there and remove the leaf, with cgroups that the box
 * made below it; accepts half-made and half-removed ones. Return: 0 = it is gone, -1 */
int cgroup_remove(const struct cgroup_at *at);

#endif
