/* SPDX-License-Identifier: GPL-3.0-or-later */
/* user_plan.h - the planning half of the user layer */
#ifndef NOOK_LAYER_USER_PLAN_H
#define NOOK_LAYER_USER_PLAN_H

#include "layer/layer.h"

/** user_plan() - Decide order, ids, id maps and groups */
int user_plan(const struct profile *pf, struct host *h, struct plan *pl, struct err *e);

/** USER_INOTIFY_MOST - inotify instances in one box */
#define USER_INOTIFY_MOST "64"

#endif
