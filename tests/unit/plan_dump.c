// SPDX-License-Identifier: GPL-3.0-or-later
/* plan_dump.c - the dump of a plan shows every field of it */
#include <string.h>

#include "base/text.h"
#include "plan.h"
#include "tap.h"

/* Fields that no dump can show: the block's own description, which plan_check() judges,
 * and the chains' tails, which only plan_append() reads */
static bool is_bookkeeping(size_t at)
{
	static const size_t lists[] = {
		offsetof(struct plan, facts),
		offsetof(struct plan, user.uid_map),
		offsetof(struct plan, user.gid_map),
		offsetof(struct plan, cgroup.trees),
		offsetof(struct plan, cgroup.limits),
		offsetof(struct plan, cgroup.devices),
		offsetof(struct plan, net.publish),
		offsetof(struct plan, net.allow),
		offsetof(struct plan, net.hosts),
		offsetof(struct plan, net.link),
		offsetof(struct plan, net.router_uids),
		offsetof(struct plan, net.router_gids),
		offsetof(struct plan, net.sysctls),
		offsetof(struct plan, tree.mounts),
		offsetof(struct plan, rlimits),
		offsetof(struct plan, landlock.rules),
		offsetof(struct plan, env.env),
		offsetof(struct plan, env.argv),
		offsetof(struct plan, labels),
		offsetof(struct plan, takes),
	};

	if (at < offsetof(struct plan, version) ||
	    (at >= offsetof(struct plan, size) && at < offsetof(struct plan, profile)))
		return true;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (at >= lists[i] && at < lists[i] + offsetof(struct plan_list, count))
			return true;
	return false;
}

/* Every byte of the struct that is neither padding nor bookkeeping changes the text */
static void test_every_byte_shows(void)
{
	struct plan *pl = plan_new();
	struct plan used;
	unsigned char *bytes = (unsigned char *)pl, mask[sizeof(used)];
	auto_text before = { 0 };
	int forgotten = 0;

	memset(&used, 0xff, sizeof(used));
	__builtin_clear_padding(&used);
	memcpy(mask, &used, sizeof(used));
	plan_dump(pl, &before);
	for (size_t i = 0; i < sizeof(used); i++) {
		auto_text after = { 0 };

		if (!mask[i] || is_bookkeeping(i))
			continue;
		bytes[i] ^= 0x01;
		plan_dump(pl, &after);
		bytes[i] ^= 0x01;
		if (!strcmp(text_str(&before), text_str(&after))) {
			diag("byte %zu of struct plan is not in the dump", i);
			forgotten++;
		}
	}
	ok(!forgotten, "every byte of struct plan is in the dump");
	plan_free(pl);
}

static void test_records(void)
{
	struct plan *pl = plan_new();
	auto_text out = { 0 };
	struct plan_mount *m = plan_append(pl, &pl->tree.mounts, sizeof(*m));
	struct plan_rlimit *r = plan_append(pl, &pl->rlimits, sizeof(*r));

	m->op = 1;
	m->source = plan_put(pl, "/usr");
	m->target = plan_put(pl, "/a b");
	m->attr = 3;
	m->flags = PM_IDMAP | PM_USER;
	r->hard = UINT64_MAX;
	plan_add_word(pl, &pl->env.argv, "it's");
	plan_fact(pl, "root", "root.from", "p.yaml:3", "%s", "host");
	pl->limits.wall = 1500000000;
	pl->time.boottime = -5;
	plan_dump(pl, &out);
	ok(strstr(text_str(&out), "tree.mounts[0] = bind target=\"/a b\" source=/usr "
				  "attr=ro,nosuid flags=idmap,user\n") != NULL,
	   "a mount is one line");
	ok(strstr(text_str(&out), "rlimits[0] = cpu soft=0 hard=max\n") != NULL,
	   "infinity is max");
	ok(strstr(text_str(&out), "env.argv[0] = it's\n") != NULL, "a word stands alone");
	ok(strstr(text_str(&out), "facts[0] = value layer=root key=root.from text=host "
				  "origin=p.yaml:3\n") != NULL,
	   "a fact says its layer, key, value and origin");
	ok(strstr(text_str(&out), "limits.wall = 1500000000ns(1.5s)\n") != NULL,
	   "a duration is exact and readable");
	ok(strstr(text_str(&out), "time.boottime = -5ns\n") != NULL,
	   "offsets have a sign");
	plan_free(pl);
}

int main(void)
{
	plan(7);
	test_every_byte_shows();
	test_records();
	return done();
}
