/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cgroup.h - pieces of layer cgroup that are too long for its file */
#ifndef NOOK_LAYER_CGROUP_H
#define NOOK_LAYER_CGROUP_H

#include "layer/layer.h"

struct script;
struct text;

/** cgroup_plan_limits() - Which limits, in which leaf, and which of them cannot be had */
int cgroup_plan_limits(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e);
/** cgroup_plan_devices() - Device rules for a leaf that has the controller */
void cgroup_plan_devices(const struct profile *pf, struct host *h, struct plan *pl);
/** cgroup_explain_limits() - The leaf and every file written there, as words and
 * commands */
void cgroup_explain_limits(const struct plan *pl, struct text *out);
/** cgroup_script_limits() - The same as a piece of script */
void cgroup_script_limits(const struct plan *pl, struct script *sc);

#endif
