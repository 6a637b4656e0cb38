// SPDX-License-Identifier: GPL-3.0-or-later
/* rlimit.c - limits that are set, refused, and lowered where they are only defaults
 * as: root user
 * with: plain
 *
 * valgrind keeps the limit of descriptors to itself.
 */
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "forked.h"
#include "host/host.h"
#include "profile/profile.h"
#include "tap.h"

extern const struct layer layer_rlimit;

static struct plan *plan_of(struct rlimit_wish *v, size_t count, struct err *e)
{
	struct profile pf = { .rlimits = v, .rlimit_count = count };
	struct plan *pl = plan_new();
	struct host *h = host_new();
	int r;

	pl->user.order = USER_FIRST;
	r = layer_rlimit.plan(&pf, h, pl, e);
	host_free(h);
	if (r == 0)
		return pl;
	plan_free(pl);
	return NULL;
}

/* Every resource at half of what this process may have at most; 0 when all were set */
static int all_halved(void *arg)
{
	struct rlimit_wish v[RLIM_NLIMITS];
	struct rlimit now;
	struct plan *pl;

	(void)arg;
	for (int r = 0; r < RLIM_NLIMITS; r++) {
		getrlimit((__rlimit_resource_t)r, &now);
		v[r] = (struct rlimit_wish){ .resource = r, .at = { "t.yaml", 1, 1 } };
		v[r].hard = now.rlim_max == RLIM_INFINITY ? 1ull << 40 : now.rlim_max;
		v[r].soft = v[r].hard / 2;
	}
	pl = plan_of(v, RLIM_NLIMITS, NULL);
	if (!pl || apply_last(&layer_rlimit, pl) < 0)
		return FORKED_SETUP;
	for (int r = 0; r < RLIM_NLIMITS; r++)
		if (getrlimit((__rlimit_resource_t)r, &now) < 0 ||
		    now.rlim_cur != v[r].soft || now.rlim_max != v[r].hard)
			return 1 + r;
	return 0;
}

/* RS-07: descriptors until the limit. Return: errno of the one too many */
static int open_until(void *arg)
{
	struct rlimit_wish v = { .resource = RLIMIT_NOFILE,
				 .soft = 16,
				 .hard = 16,
				 .at = { "t.yaml", 1, 1 } };
	struct plan *pl = plan_of(&v, 1, NULL);

	if (arg && apply_last(&layer_rlimit, pl) < 0)
		return FORKED_SETUP;
	for (int i = 0; i < 64; i++)
		if (dup(1) < 0)
			return errno;
	return 0;
}

/* Ask for more than the caller may have, as wish or default, without the right to it */
static int too_high(void *arg)
{
	const bool *is_default = arg;
	struct rlimit_wish v = { .resource = RLIMIT_NOFILE, .soft = 64, .hard = 4096 };
	struct rlimit low = { 32, 32 }, now;
	struct site s = { .keep_fd = -1 };
	struct err e = { 0 };
	struct plan *pl;

	v.at.file = *is_default ? NULL : "t.yaml";
	pl = plan_of(&v, 1, NULL);
	/* a namespace of one's own has no right to raise what the host limits */
	if (setrlimit(RLIMIT_NOFILE, &low) < 0 || enter_userns(0) < 0)
		return FORKED_SETUP;
	if (layer_rlimit.apply[SIDE_LAST](pl, &s, &e) < 0)
		return strcmp(e.text,
			      "cannot set 'rlimits.nofile': its hard limit 4096 is above "
			      "the caller's, 32")
			       ? 1
			       : 2;
	getrlimit(RLIMIT_NOFILE, &now);
	return now.rlim_cur == 32 && now.rlim_max == 32 ? 0 : 3;
}

/* Root's order: the hard limit is raised before the user namespace, used behind it */
static int raised_before(void *arg)
{
	struct rlimit_wish v = { .resource = RLIMIT_NOFILE,
				 .soft = 64,
				 .hard = 4096,
				 .at = { "t.yaml", 1, 1 } };
	struct plan *pl = plan_of(&v, 1, NULL);
	struct rlimit low = { 32, 32 }, now;
	struct site s = { .keep_fd = -1 };

	(void)arg;
	pl->user.order = USER_LAST;
	if (setrlimit(RLIMIT_NOFILE, &low) < 0 ||
	    layer_rlimit.apply[SIDE_BOX](pl, &s, NULL) < 0 || enter_userns(0) < 0 ||
	    apply_last(&layer_rlimit, pl) < 0)
		return FORKED_SETUP;
	getrlimit(RLIMIT_NOFILE, &now);
	return now.rlim_cur == 64 && now.rlim_max == 4096 ? 0 : 1;
}

/* Root may lack CAP_SYS_RESOURCE: in containers, and where this is tested */
static int can_raise(void *arg)
{
	struct rlimit low = { 32, 32 }, high = { 64, 64 };

	(void)arg;
	return setrlimit(RLIMIT_NOFILE, &low) == 0 &&
	       setrlimit(RLIMIT_NOFILE, &high) == 0;
}

static int only_userns(void *arg)
{
	(void)arg;
	return enter_userns(0);
}

static void test_plans(void)
{
	struct rlimit_wish crossed = { .resource = RLIMIT_CORE, .soft = 2, .hard = 1 };
	struct rlimit_wish open_end = { .resource = RLIMIT_STACK,
					.soft = 1,
					.hard = WISH_MAX };
	struct err e = { 0 };
	auto_text t = { 0 };
	struct plan *pl;

	ok(!plan_of(&crossed, 1, &e), "a soft limit above the hard one is an error");
	is(e.text, "'rlimits.core': the soft limit is above the hard one",
	   "that names it");
	pl = plan_of(&open_end, 1, &e);
	layer_rlimit.explain(pl, &t);
	ok(strstr(text_str(&t), "prlimit --stack=1:unlimited COMMAND") != NULL,
	   "explain has the command for it");
	plan_free(pl);
}

int main(void)
{
	bool yes = true, no = false;

	plan(0);
	test_plans();
	is_num(forked(all_halved, NULL), 0, "every resource can be limited");
	is_num(forked(open_until, &yes), EMFILE, "RS-07: descriptors end at the limit");
	is_num(forked(open_until, NULL), 0, "control: without it they do not");
	if (forked(only_userns, NULL) < 0) {
		skip(3, "user namespaces cannot be made here");
		return done();
	}
	is_num(forked(too_high, &no), 2,
	       "CR-15: a hard limit out of reach is an error, with both");
	is_num(forked(too_high, &yes), 0, "a default out of reach is lowered");
	is_num(forked(raised_before, NULL), forked(can_raise, NULL) ? 0 : FORKED_SETUP,
	       "who may raise a hard limit does so before the user namespace");
	return done();
}
