/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helper.h - processes and programs that the keeper uses to make id maps */
#ifndef NOOK_BOX_HELPER_H
#define NOOK_BOX_HELPER_H

#include <sys/types.h>

#include "plan.h"

struct err;

/** helper_needs_userns() - Whether the plan wants its user namespace before clone3:
 * entered late with a range, or used for idmapped mounts */
bool helper_needs_userns(const struct plan *pl);
/** helper_userns() - Make the mapped user namespace of USER_LAST. It lives by the
 * descriptor alone. Return: descriptor, or -1 and @e */
int helper_userns(const struct plan *pl, struct err *e);
/** helper_map() - Write the id maps of a child of clone3(CLONE_NEWUSER) with newuidmap
 * and newgidmap. Return: 0, or -1 and @e */
int helper_map(const struct plan *pl, pid_t child, struct err *e);
/** helper_run_mapper() - Have a map of a child's written: @program PID INSIDE OUTSIDE
 * COUNT ..., newuidmap or newgidmap. Return: 0, or -1 and @e */
int helper_run_mapper(const struct plan *pl, plan_ref program,
		      const struct plan_list *map, pid_t child, struct err *e);
/** helper_write_maps() - Write the plan's maps for a process with the rights of the user
 * namespace above its own. Return: 0, or -1 and @e */
int helper_write_maps(const struct plan *pl, pid_t pid, struct err *e);
/** helper_in_map() - Call @work(@arg) in a process of a new user namespace that has the
 * ids of the plan, as the owner of all of them. Return: what @work does, or -1 and @e */
int helper_in_map(const struct plan *pl, int (*work)(const char *arg), const char *arg,
		  struct err *e);

#endif
