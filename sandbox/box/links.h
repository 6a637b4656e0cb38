/* SPDX-License-Identifier: GPL-3.0-or-later */
/* links.h - what the keeper has to do with the links of its box */
#ifndef NOOK_BOX_LINKS_H
#define NOOK_BOX_LINKS_H

struct keeper;
struct record;

/** links_read() - What went through the box's link, into the result; the processes of the
 * box have ended, its network namespace is still held */
void links_read(struct keeper *k);
/** links_close() - Let go of the network namespace: the kernel takes the link away */
void links_close(struct keeper *k);
/** links_clear() - Give back the addresses of a box, from its record alone; @store: the
 * directory of records. Return: 0 when it has none any more, -1 */
int links_clear(int store, const struct record *rec);

#endif
