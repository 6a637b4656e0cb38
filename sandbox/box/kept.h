/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kept.h - the directory of changes of a box whose changes are kept */
#ifndef NOOK_BOX_KEPT_H
#define NOOK_BOX_KEPT_H

struct err;
struct plan;

/**
 * kept_begin() - Say in the directory of changes what is about to be changed
 * @dir:	The directory, empty or with the changes of earlier runs
 *
 * Before the box is built: what it writes is never without a manifest. Changes that were
 * made under other ids are refused, since their owners would mean somebody else. Return:
 * 0, -1 and @e
 */
int kept_begin(const struct plan *pl, int dir, struct err *e);

#endif
