/* SPDX-License-Identifier: GPL-3.0-or-later */
/* root_stay.h - the beginning of a tree, made once for many boxes
 *
 * Theory of operation. A tree begins with a tmpfs of names and read-only binds, which is
 * alike for all boxes of a plan; behind it come file systems that are each box's own:
 * /dev, /proc, /tmp. Where a payload cannot change the first part, it is made once, as
 * the whole tree of a mount namespace that nobody is in (site.tree_fd). A box then is not
 * cloned with a copy of the host's mounts: it goes there, unshares, has a copy of those
 * few, mounts what is its own, and has no host's tree to leave.
 *
 * Why nothing of one box reaches the next by it: what they share are super blocks, and no
 * box its mounts or their list. The binds are of the host and read-only, as without. The
 * tmpfs is read-only three times: by its mount, by that of each copy, and as a super
 * block, so that not even an access time is written. To change that takes CAP_SYS_ADMIN
 * in the user namespace of the slot, which owns the mount namespaces: the payload is in
 * another below it, and may make none (lock_nesting).
 */
#ifndef NOOK_LAYER_ROOT_STAY_H
#define NOOK_LAYER_ROOT_STAY_H

#include <stdbool.h>

#include "plan.h"

struct err;
struct site;

/** root_may_stay() - Whether the tree of the plan has such a beginning, and nothing
 * behind it needs the host's tree or another name in its root */
bool root_may_stay(const struct plan *pl);
/** root_stay_last() - The last step of the beginning; NULL = there is none */
const struct plan_mount *root_stay_last(const struct plan *pl);
/** root_stay() - Make it; must be called in a process of its own, which is there
 * afterwards. @s: with userns_fd where the plan needs one. Return: descriptor of the
 * mount namespace, or -1 and @e */
int root_stay(const struct plan *pl, struct site *s, struct err *e);
/** root_stay_enter() - Go to @s->tree_fd, and have a copy. Return: 0, -1 and @e */
int root_stay_enter(const struct site *s, struct err *e);

#endif
