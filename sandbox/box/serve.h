/* SPDX-License-Identifier: GPL-3.0-or-later */
/* serve.h - the programs beside a box that serve its link */
#ifndef NOOK_BOX_SERVE_H
#define NOOK_BOX_SERVE_H

struct err;
struct keeper;

/** serve_start() - Start what the plan wants; the box is born and stands still: behind
 * its next step nobody may look into it any more. Return: 0, -1 and @e */
int serve_start(struct keeper *k, struct err *e);
/** serve_look() - After SIGCHLD: whether one of them has ended */
void serve_look(struct keeper *k);
/** serve_stop() - End them. The box has ended */
void serve_stop(struct keeper *k);

#endif
