/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pager.h - text that does not fit on a person's screen, shown by a pager */
#ifndef NOOK_CMD_PAGER_H
#define NOOK_CMD_PAGER_H

struct err;
struct text;

/** cmd_show() - As cmd_print(), for what is there to be read: where stdout is a terminal
 * with fewer rows, by $NOOK_PAGER, $PAGER or less(1). Return: 0, or -1 and @e */
int cmd_show(const struct text *t, struct err *e);

#endif
