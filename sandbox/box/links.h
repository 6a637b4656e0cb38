/* SPDX-License-Identifier: GPL-3.0-or-later */
/* links.h - what the keeper has to do with the links of its box */
#ifndef NOOK_BOX_LINKS_H
#define NOOK_BOX_LINKS_H

#include <stdbool.h>

struct err;
struct keeper;
struct net_def;
struct net_lease;
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
/** links_forward() - Start who serves ports, of which there are none yet, of a box that
 * runs. Return: 0, -1 and @e */
int links_forward(struct keeper *k, struct err *e);
/** links_enter() - The child is born, and stands still: open its network namespace for
 * who has to go in there, now or later. Return: 0, -1 and @e */
int links_enter(struct keeper *k, struct err *e);
/** links_is_durable() - Whether something of the network outlives a killed keeper */
bool links_is_durable(const struct plan *pl);
/** links_name() - Note in the record, not yet on disk, which link the box has by a plan;
 * @def: its network */
void links_name(struct keeper *k, const struct plan *pl, const struct net_def *def);
/** links_ready() - Before a box that runs is put on another network, or none: whether it
 * can be, with all of it in the record that outlives the keeper. Return: 0, -1 and @e */
int links_ready(struct keeper *k, struct err *e);
/** links_follow() - Have its names follow the network of a plan, @def, or none, as soon
 * as it is there. Return: 0; -1 and @e: they follow none */
int links_follow(struct keeper *k, const struct plan *pl, const struct net_def *def,
		 struct err *e);
/** links_turn() - The change is in force. @def, @lease: what it has now, or zero */
void links_turn(struct keeper *k, const struct net_def *def,
		const struct net_lease *lease);
/** links_read() - What went through the box's link, into the result; the processes of the
 * box have ended, its network namespace is still held */
void links_read(struct keeper *k);
/** links_close() - Let go of the network namespace: the kernel takes the link away */
void links_close(struct keeper *k);
/** links_clear() - Give back the addresses of a box, from its record alone; @store: the
 * directory of records. Return: 0 when it has none any more, -1 */
int links_clear(int store, const struct record *rec);

#endif
