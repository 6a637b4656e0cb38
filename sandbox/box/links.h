/* SPDX-License-Identifier: GPL-3.0-or-later */
/* links.h - what the keeper has to do with the links of its box */
#ifndef NOOK_BOX_LINKS_H
#define NOOK_BOX_LINKS_H

#include <stdbool.h>

struct err;
struct keeper;
struct plan;
struct record;

/** links_netns() - The network namespace of a living box, which its keeper holds. Return:
 * descriptor, -1 and @e */
int links_netns(const struct record *rec, struct err *e);
/** links_find() - Open the network namespace of the box that the plan wants to join,
 * where it names one. Return: 0, -1 and @e */
int links_find(struct keeper *k, struct err *e);
/** links_hold() - Once there are a child and a record: hold its network namespace where
 * it has a link or the box a name, by which others may ask for it, and note that in the
 * record. Must come before STEP_GO. Return: 0, -1 and @e */
int links_hold(struct keeper *k, struct err *e);
/** links_publish() - Have them served: the address of the box is known, and there is no
 * child yet that would inherit them. Return: 0, -1 and @e */
int links_publish(struct keeper *k, struct err *e);
/** links_enter() - The child is born, and stands still: open its network namespace for
 * who has to go in there. Return: 0, -1 and @e */
int links_enter(struct keeper *k, struct err *e);
/** links_is_durable() - Whether something of the network outlives a killed keeper */
bool links_is_durable(const struct plan *pl);
/** links_read() - What went through the box's link, into the result; the processes of the
 * box have ended, its network namespace is still held */
void links_read(struct keeper *k);
/** links_close() - Let go of the network namespace: the kernel takes the link away */
void links_close(struct keeper *k);
/** links_clear() - Give back the addresses of a box, from its record alone; @store: the
 * directory of records. Return: 0 when it has none any more, -1 */
int links_clear(int store, const struct record *rec);

#endif
