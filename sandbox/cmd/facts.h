/* SPDX-License-Identifier: GPL-3.0-or-later */
/* facts.h - what is true of a box, inside and outside side by side
 *
 * Every value was read from the kernel: inside by box/look.h, outside through /proc and
 * the files of the cgroup. None comes from the plan. "Inside" is what a process sees that
 * is where the command would be, or what `nook exec` would start.
 */
#ifndef NOOK_CMD_FACTS_H
#define NOOK_CMD_FACTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "box/look.h"
#include "plan.h"

struct record;
struct text;

/**
 * struct facts - What was seen
 * @in:		By the process where the command would be
 * @host:	By this process
 * @pid, @uid, @gid: of the one inside, as the kernel tells them here
 * @init, @init_inside: Its pid 1, or what is that for it, here and inside; 0 = unknown
 * @cgroup:	Its path, from here
 * @uid_map:	"0-65535 is 100000-165535", "" where the user namespace is ours
 * @limit:	What the files of its cgroup hold, "" where there is none
 */
struct facts {
	struct look in, host;
	pid_t pid;
	uid_t uid;
	gid_t gid;
	pid_t init, init_inside;
	char cgroup[512];
	char uid_map[256];
	char limit[LIMIT_COUNT][64];
};

/** facts_outside() - Fill everything but @in, @pid, @uid and @gid, which are known.
 * @rec: the box's record, or NULL: then without limits */
void facts_outside(struct facts *f, const struct record *rec);
/** facts_table() - Two columns, inside and outside, of every fact */
void facts_table(const struct facts *f, struct text *out);
/** facts_changes() - The same of those that are other than in @before. Return: whether
 * there are any */
bool facts_changes(const struct facts *f, const struct facts *before, struct text *out);
/** facts_compare() - Two columns, inside @a and inside @b, of those that differ. Return:
 * whether there are any */
bool facts_compare(const struct facts *a, const struct facts *b, struct text *out);
/** facts_json() - {"pid":{"inside":2,"outside":4711},...}: numbers and lists where they
 * are that, null where there is nothing */
void facts_json(const struct facts *f, struct text *out);

#endif
