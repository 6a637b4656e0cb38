/* SPDX-License-Identifier: GPL-3.0-or-later */
/* again.c - when inside starts over from a read-only mount, and when it need not */
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "box/again.h"
#include "plan.h"
#include "tap.h"

#define USUAL "/usr/local/bin:/usr/bin:/bin:/sbin"

/* What a case changes about a box of the host's /usr in which nook's owner has an id */
struct change {
	const char *command;
	const char *path; /* NULL: the usual one */
	const char *source, *target; /* a mount of the user's, or NULL */
	uint64_t attr;
	uint32_t root;
	bool no_usr;
};

static bool needed(const struct change *c)
{
	struct plan *pl = plan_new();
	struct plan_mount *m;
	struct plan_map *map;
	struct stat st;
	bool yes;

	if (!pl || stat("/proc/self/exe", &st) < 0)
		return false;
	pl->clone_flags = CLONE_NEWNS;
	pl->user.order = USER_LAST;
	map = plan_append(pl, &pl->user.uid_map, sizeof(*map));
	map->outside = st.st_uid;
	map->count = 1;
	pl->tree.root = c->root;
	if (!c->no_usr) {
		m = plan_append(pl, &pl->tree.mounts, sizeof(*m));
		m->op = MOP_BIND;
		m->source = m->target = plan_put(pl, "/usr");
	}
	if (c->target) {
		m = plan_append(pl, &pl->tree.mounts, sizeof(*m));
		m->op = c->source ? MOP_BIND : MOP_TMPFS;
		m->flags = PM_USER;
		m->source = plan_put(pl, c->source);
		m->target = plan_put(pl, c->target);
		m->attr = c->attr;
	}
	plan_add_word(pl, &pl->env.argv, c->command);
	pl->env.path = plan_put(pl, c->path ? c->path : USUAL);
	yes = again_is_needed(pl);
	plan_free(pl);
	return yes;
}

int main(void)
{
	static const struct {
		const char *what;
		bool needed;
		struct change c;
	} cases[] = {
		{ "a name in the usual PATH", false, { .command = "true" } },
		{ "a path in /usr", false, { .command = "/usr/bin/true" } },
		{ "a path in /bin", false, { .command = "/bin/true", .path = "/opt" } },
		{ "a path elsewhere", true, { .command = "/opt/x" } },
		{ "a path that only begins like it", true, { .command = "/usrx/y" } },
		{ "a path that leads out", true, { .command = "/usr/../opt/x" } },
		{ "a relative path", true, { .command = "./x" } },
		{ "no command", true, { .command = "" } },
		{ "no PATH", true, { .command = "true", .path = "" } },
		{ "PATH with a place elsewhere", true,
		  { .command = "true", .path = "/opt/bin:/usr/bin" } },
		{ "PATH with one behind", true,
		  { .command = "true", .path = "/usr/bin:/opt/bin" } },
		{ "PATH with an empty place", true,
		  { .command = "true", .path = "/usr/bin::/bin" } },
		{ "the user's directory in /usr", true,
		  { .command = "true", .source = "/home/u", .target = "/usr/local/bin",
		    .attr = MOUNT_ATTR_RDONLY } },
		{ "a fresh tmpfs in /usr", true,
		  { .command = "true", .target = "/usr/local" } },
		{ "the user's directory over the libraries", true,
		  { .command = "true", .source = "/home/u", .target = "/lib",
		    .attr = MOUNT_ATTR_RDONLY } },
		{ "the user's directory over all", true,
		  { .command = "true", .source = "/home/u", .target = "/" } },
		{ "the host's own /etc, read-only", false,
		  { .command = "true", .source = "/etc", .target = "/etc",
		    .attr = MOUNT_ATTR_RDONLY } },
		{ "the host's own /etc, writable", true,
		  { .command = "true", .source = "/etc", .target = "/etc" } },
		{ "the user's directory beside", false,
		  { .command = "true", .source = "/home/u", .target = "/work" } },
		{ "a directory as the root", true,
		  { .command = "true", .root = PLAN_ROOT_DIRECTORY } },
		{ "a tree without the host's /usr", true,
		  { .command = "true", .no_usr = true } },
	};

	plan(sizeof(cases) / sizeof(cases[0]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(needed(&cases[i].c) == cases[i].needed, "%s: %s", cases[i].what,
		   cases[i].needed ? "starts over" : "does not");
	return done();
}
