/* SPDX-License-Identifier: GPL-3.0-or-later */
/* take.h - files that are copied out of a box when it has ended
 *
 * Theory of operation. What a box wrote to its own tmpfs goes with its namespaces. So
 * before the command runs, inside opens for each wanted file the deepest directory on its
 * way that is there, without following a link, and sends it to the keeper: that holds the
 * mount. When the last process of the box has ended nothing changes there any more, and
 * the keeper goes the rest of the way, which is the box's word: below that directory, by
 * no link, to a regular file (openat2(2)). What is copied is what is there then.
 */
#ifndef NOOK_BOX_TAKE_H
#define NOOK_BOX_TAKE_H

#include "plan.h"

struct err;
struct result;

#define TAKES_MOST 8		 /* files of one box: each is a message of SYNC_MOST */
#define TAKE_SIZE  (1ull << 30) /* bytes of one */

/** struct takes - What the keeper has of them: directories, and how much of the path
 * leads there */
struct takes {
	int count;
	struct {
		int dir;
		int len;
	} v[TAKES_MOST];
};

/** takes_send() - Inside: open and send what the plan asks for. Return: 0, -1 and @e */
int takes_send(const struct plan *pl, int sock, struct err *e);
/** takes_heard() - Keeper: the next one has come; @dir is taken, -1 = it is none. What no
 * file of @pl needs and what is no directory is closed */
void takes_heard(struct takes *t, const struct plan *pl, int dir, int len);
/** takes_copy() - Copy them to names below @to, and note in @r what did not come out,
 * where it ran. All processes of the box have ended */
void takes_copy(struct takes *t, const struct plan *pl, int to, struct result *r);
/** takes_close() - Let go of the directories */
void takes_close(struct takes *t);

#endif
