/* SPDX-License-Identifier: GPL-3.0-or-later */
/* idle_tree.h - the beginning of a tree that a slot keeps for its boxes
 *
 * Theory of operation. Jobs of one plan have trees that begin alike (layer/root_stay.h,
 * which says why no box can change what they share). A slot that gets the same plan a
 * second time makes that beginning, in a process that ends with it, and its boxes are
 * made of it as long as the plan stays the same.
 *
 * Each box is to see the host as it is when it begins. So what was mounted is looked at
 * before each: the list of this process's mounts, whose poll(2) tells of every change,
 * and each source of a bind, which may have been replaced by another file. Where
 * something differs the tree is made anew.
 */
#ifndef NOOK_JOB_IDLE_TREE_H
#define NOOK_JOB_IDLE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct plan;

#define IDLE_TREE_BINDS 64

/**
 * struct idle_tree - What is kept
 * @at:		Descriptor of the mount namespace, where it @is_there
 * @mounts:	The mounts of this process, for poll(2); -1 = none can be kept
 * @made:	Which plan the last box had; @failed: its tree cannot be kept
 * @from:	What its binds are of
 */
struct idle_tree {
	int at, mounts;
	uint64_t made;
	bool is_there, failed;
	struct {
		dev_t dev;
		ino_t ino;
	} from[IDLE_TREE_BINDS];
};

/** idle_tree_open() - @mounts, @at: where to put descriptors */
void idle_tree_open(struct idle_tree *k, int mounts, int at);
/** idle_tree_get() - Before a box. @made: number of the plan that @pl was made of, of
 * which the tree is; 0 = it has none. Return: for struct box_wish.tree */
int idle_tree_get(struct idle_tree *k, const struct plan *pl, uint64_t made);

#endif
