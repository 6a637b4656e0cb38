/* SPDX-License-Identifier: GPL-3.0-or-later */
/* devices.h - the device nodes that every box may have */
#ifndef NOOK_LAYER_DEVICES_H
#define NOOK_LAYER_DEVICES_H

#include "layer/layer.h"

/** struct device - A node of the kernel's Documentation/admin-guide/devices.txt */
struct device {
	const char *name; /* below /dev */
	unsigned int major;
	unsigned int minor;
};

/** device_find() - By "null" or "/dev/null"; NULL when it is none of the standard ones */
const struct device *device_find(const char *name);

/** devices_plan() - Fresh /dev: nodes, links, mount points, read-only at the end. devpts
 * and shm come last of all mounts: devices_plan_last() */
int devices_plan(const struct profile *pf, struct host *h, struct plan *pl,
		 struct err *e);
void devices_plan_last(const struct profile *pf, struct plan *pl);

#endif
