/* SPDX-License-Identifier: GPL-3.0-or-later */
/* names.h - /etc/hosts of a box that has lines of its own besides those of its network
 *
 * The network's file is bound into its boxes as it is and changes as they come and go. A
 * box with lines of its own (network.hosts, names of network.allow) gets a copy with
 * these in front, beside its record. Its keeper writes it anew whenever the network's
 * file changes (inotify(7)), or where a name leads to. Where pasta serves the box's link
 * there is no network, and the copy is of two lines. A box that is put on another network
 * while it runs has such a copy from then on, which follows that one; on none it is of
 * two lines again.
 */
#ifndef NOOK_BOX_NAMES_H
#define NOOK_BOX_NAMES_H

#include <poll.h>
#include <stddef.h>

struct err;
struct keeper;
struct plan;

#define NAMES_POLL 2 /* entries that names_poll() fills */

/** struct names - The network's file, if any, the box's own, and what tells of changes;
 * -1. @watched: the network's file, as inotify(7) knows it */
struct names {
	int from, to, watch, watched;
};

/** names_open() - Make the file, where the plan has such lines, and let the box be bound
 * to it. Must come behind SIDE_BEFORE and allow_open(). Return: 0, -1 and @e */
int names_open(struct keeper *k, struct err *e);
/** names_path() - Where the file of a box is, or would be. Return: 0, -1 and @e */
int names_path(const char *id, char *out, size_t size, struct err *e);
/** names_ready() - Have such a file for a box that runs and that is to be put on another
 * network, and all that is needed to follow that. Return: 0, -1 and @e */
int names_ready(struct keeper *k, struct err *e);
/** names_turn() - Follow another network, or none. @pl: the plan with it, @network: its
 * name, or NULL; @run: "net" below the directory of records. Return: 0; -1 and @e: the
 * file may be as before */
int names_turn(struct keeper *k, const struct plan *pl, const char *network, int run,
	       struct err *e);
void names_close(struct keeper *k);
/** names_poll() - Fill at most NAMES_POLL entries. Return: how many */
int names_poll(const struct keeper *k, struct pollfd *p);
/** names_step() - Bring the file up to date where the entries say so */
void names_step(struct keeper *k, const struct pollfd *p, int n);
/** names_remove() - Remove the file of a box, whether its keeper lives or not; @store:
 * the directory of records. Return: 0 = it is gone, -1 */
int names_remove(int store, const char *id);

#endif
