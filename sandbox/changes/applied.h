/* SPDX-License-Identifier: GPL-3.0-or-later */
/* applied.h - which files of the lower trees are as `apply` made them
 *
 * What changed in a lower tree since the base (changes/manifest.h) is not overwritten,
 * because the box has not seen it. What was applied changed it too, and came from the
 * box. So the directory of changes has a file `applied`, with the inode and the time of
 * change (ctime) of each file as it was right after it was applied. Nobody can set that
 * time back, but it moves by the clock's ticks (before Linux 6.13), and on some file
 * systems by seconds. So applied_release() waits until the tick of the last pair is over,
 * and a time of whole seconds is not put into the list: a pair in it is a file that
 * nobody has touched since.
 *
 * A pair never becomes wrong, so the list is only added to, is not synced, and may be
 * lost: then the host's file counts as changed, as it would without a list.
 */
#ifndef NOOK_CHANGES_APPLIED_H
#define NOOK_CHANGES_APPLIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct change_file;

#define APPLIED_FILE "applied"
#define APPLIED_MOST (1u << 20) /* pairs: 16 MiB; behind that it begins anew */

/** struct applied_pair - One file, as it lies in the list: bytes in this machine's order
 */
struct applied_pair {
	uint64_t ino, ctime_ns;
};

/**
 * struct applied - The list of one directory of changes
 * @file:	Is added to; -1 = it cannot be written
 * @last:	The latest ctime that was added
 * @v:		A table of @room, a power of 2; a free place is zero
 */
struct applied {
	int file;
	struct timespec last;
	struct applied_pair *v;
	size_t count, room;
};

/** applied_open() - Read the list in the directory @dir, whatever it is: what cannot be
 * read is not in it */
void applied_open(struct applied *a, int dir);
bool applied_has(const struct applied *a, const struct change_file *f);
/** applied_add() - Remember a file of the lower as it is now */
void applied_add(struct applied *a, const struct change_file *f);
/** applied_release() - Be done with it; from then on a change of what was added shows */
void applied_release(struct applied *a);
/** applied_copy() - Give the directory @to the list of @from; where that fails it has
 * none, or a part */
void applied_copy(int from, int to);

#endif
