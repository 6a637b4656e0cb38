/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seen.h - what can be seen of any process from outside, through /proc
 *
 * Reads only. What the kernel refuses to tell (a process of another user, or one that
 * made itself non-dumpable) is unknown, which is another thing than "none".
 */
#ifndef NOOK_CMD_SEEN_H
#define NOOK_CMD_SEEN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

struct err;

#define SEEN_NS	     8
#define SEEN_UNKNOWN UINT64_MAX /* a number that /proc did not tell */

/** struct seen_ns - One namespace of the process against the caller's own */
struct seen_ns {
	const char *name; /* as profiles write it: "mount" */
	const char *file; /* as /proc/PID/ns writes it: "mnt" */
	const char *what; /* what is separate when it differs */
	ino_t theirs;	  /* 0 = unknown */
	ino_t mine;
};

/** struct seen_mount - One line of its mountinfo, unescaped; points into struct seen */
struct seen_mount {
	const char *root;
	const char *target;
	const char *options;
	const char *fstype;
	const char *source;
};

/**
 * struct seen - What /proc tells of one process
 * @status, @uid_map, @gid_map, @cgroup:	The files as they are; empty = unknown
 * @root, @cwd, @exe:	Targets of the links; empty = unknown
 * @same_root:		Whether its root directory is the caller's: 1, 0, or -1 = unknown
 * @dumpable:		1, 0, or -1 = unknown, by the owner of /proc/PID
 * @mountinfo:		Storage that @mounts points into
 */
struct seen {
	pid_t pid;
	struct text status;
	struct text uid_map;
	struct text gid_map;
	struct text cgroup;
	struct text mountinfo;
	char root[PATH_MAX];
	char cwd[PATH_MAX];
	char exe[PATH_MAX];
	int same_root;
	int dumpable;
	struct seen_ns ns[SEEN_NS];
	struct seen_mount *mounts;
	size_t mount_count;
	bool mounts_known;
};

/** seen_read() - Look at process @pid. Return: 0; -1 and @e when there is no such
 * process. Free with seen_release() either way */
int seen_read(pid_t pid, struct seen *s, struct err *e);
void seen_release(struct seen *s);
/** seen_status() - Value of a line of status ("CapEff") copied to @buf without its
 * leading blanks. Return: false and "" when it is not there */
bool seen_status(const struct seen *s, const char *key, char *buf, size_t size);
/** seen_number() - The first number of a line of status. Return: SEEN_UNKNOWN without one
 */
uint64_t seen_number(const struct seen *s, const char *key, int base);

#endif
