// SPDX-License-Identifier: GPL-3.0-or-later
/* systemd.c - a scope from systemd's manager */
#include <stddef.h>

#include "base/err.h"
#include "cgroup/place.h"

char *scope_enter(const struct plan *pl, struct err *e)
{
	err_set(e, "a scope from systemd is not on this build yet");
	err_hint(e, "start nook with 'systemd-run %s--scope -p Delegate=yes'",
		 pl->cgroup.place == PLACE_USER_SCOPE ? "--user " : "");
	return NULL;
}
