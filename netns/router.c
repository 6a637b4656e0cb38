// SPDX-License-Identifier: GPL-3.0-or-later
/* router.c - whether a network namespace routes for networks, and how to make it so
 *
 * Theory of operation. The rules are there before the first packet is forwarded: what
 * will be switched on is noted, which is what the rules are made from, then they are
 * applied, and only then the settings are written. Definitions are read and rules applied
 * under the lock of the directory of networks: else whoever read before a network was
 * made could apply after its first box had started, and take away its rules.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "netns/inner.h"

int net_router_ready(const struct net_def *d, struct err *e)
{
	int there = net_rules_present(d, e);

	return there == 1 ? net_forward_is_on(d) : there;
}

struct all {
	struct net_def *defs;
	size_t count;
};

static int add_def(const struct net_def *d, void *arg)
{
	struct all *all = arg;
	void *more = realloc(all->defs, (all->count + 1) * sizeof(*all->defs));

	if (!more)
		return 1;
	all->defs = more;
	all->defs[all->count++] = *d;
	return 0;
}

static int apply(const struct all *all, int notes, struct err *e)
{
	auto_free const struct net_def **defs = calloc(all->count + 1, sizeof(*defs));
	auto_text rules = { 0 };

	if (!defs)
		return err_set(e, "out of memory for the rules of networks");
	for (size_t i = 0; i < all->count; i++) {
		defs[i] = &all->defs[i];
		if (net_forward_note(notes, defs[i], e) < 0)
			return -1;
	}
	net_rules_text(defs, all->count, net_forward_ours(notes), &rules);
	if (rules.failed)
		return err_set(e, "out of memory for the rules of networks");
	if (net_rules_apply(text_str(&rules), e) < 0)
		return -1;
	for (size_t i = 0; i < all->count; i++)
		if (net_forward_on(notes, defs[i], e) < 0)
			return -1;
	return 0;
}

int net_router_repair(int state, int notes, struct err *e)
{
	auto_fd lock = state < 0 ? -1 : net_state_lock(state, e);
	struct all all = { 0 };
	int r;

	if (state >= 0 && lock < 0)
		return -1;
	r = net_def_each(state, add_def, &all, e);
	if (r > 0)
		r = err_set(e, "out of memory for the rules of networks");
	if (!r)
		r = apply(&all, notes, e);
	free(all.defs);
	if (!r && !all.count)
		r = net_forward_off(notes, e);
	return r;
}
