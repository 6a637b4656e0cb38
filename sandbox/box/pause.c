// SPDX-License-Identifier: GPL-3.0-or-later
/* pause.c - a box that is stopped as a whole: by a person, or at a limit
 *
 * Theory of operation. The freezer of the box's cgroup stops every process in it, init
 * too; the keeper is outside and goes on. Meanwhile none of its clocks run: limits.wall
 * counts the time that the box was not paused, and nothing is watched in a leaf where
 * nothing happens. Whatever ends the box lets it go on first, because what is frozen
 * takes no signal on v1, not even KILL.
 */
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "box/keeper.h"
#include "cgroup/cgroup.h"

uint64_t keeper_paused_ns(const struct keeper *k)
{
	uint64_t now = k->paused_at ? clock_ns(CLOCK_MONOTONIC) : 0;

	return k->paused_ns + (k->paused_at ? now - k->paused_at : 0);
}

static void set_state(struct keeper *k, enum box_state state)
{
	k->store.rec.state = state;
	/* Who reads it sees the old one when this fails; the box is as it is */
	store_update(&k->store, NULL);
}

int keeper_pause(struct keeper *k, enum box_state why, struct err *e)
{
	if (!k->site.cgroup.count || cgroup_dir(&k->site.cgroup, CG_FREEZER) < 0) {
		err_set(e, "this box has no cgroup of its own, so nothing can stop it "
			   "as a whole");
		return err_hint(e, "a box has one when it is run with a limit of memory, "
				   "CPUs or processes, such as --pids-limit 500");
	}
	if (k->paused_at)
		return 0;
	if (cgroup_freeze(&k->site.cgroup, true, e) < 0)
		return -1;
	k->paused_at = clock_ns(CLOCK_MONOTONIC);
	k->store.rec.pauses++;
	set_state(k, why);
	return 0;
}

int keeper_unpause(struct keeper *k, struct err *e)
{
	if (k->paused_at)
		meter_thaw(k);
	/* Also what somebody else has frozen through the cgroup's own file */
	if ((k->paused_at || cgroup_is_frozen(&k->site.cgroup)) &&
	    cgroup_freeze(&k->site.cgroup, false, e) < 0)
		return -1;
	if (!k->paused_at)
		return 0;
	k->paused_ns = keeper_paused_ns(k);
	k->paused_at = 0;
	k->at_limit = NULL;
	if (k->store.file >= 0)
		set_state(k, BOX_RUNNING);
	return 0;
}
