/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mount_wish.h - one entry of a profile's `mounts`, decided */
#ifndef NOOK_LAYER_MOUNT_WISH_H
#define NOOK_LAYER_MOUNT_WISH_H

#include "layer/layer.h"

/** mount_wish_plan() - The steps of one entry. Return: 0,
 * or -1 and @e with file and line */
int mount_wish_plan(const struct profile *pf, const struct mount_wish *w, struct host *h,
		    struct plan *pl, struct err *e);

#endif
