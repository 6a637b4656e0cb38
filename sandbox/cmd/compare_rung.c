// SPDX-License-Identifier: GPL-3.0-or-later
/* compare_rung.c - the ladder: what each rung has more than the one before it */
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "cmd/compare.h"
#include "profile/profile.h"

#define WANT_CAP_NAMES
#include "seccomp_tables.h"

#define WISHES_MOST (RUNGS_MOST * RUNG_SETS)

/* User comes first: without root every other layer needs it. The rights are the caller's
 * until the layer that takes them; so a chroot can be left as root's can. */
static const struct rung table[] = {
	{ .name = "process", .adds = "nothing: as a shell starts it" },
	{ .name = "chroot",
	  .adds = "/ is a directory with the program and its libraries",
	  .set = { { "root.from", "directory" },
		   { "root.changes", "through" },
		   { "root.switch", "chroot" },
		   { "network.mode", "host" },
		   { "user.map", "none" },
		   { "user.id", "0" },
		   { "seccomp", "off" },
		   { "terminal", "never" } },
	  .no_user = "a user may chroot only in a user namespace: see user",
	  .hint = "unshare --map-root-user chroot DIR is what the rung user does" },
	{ .name = "user",
	  .adds = "user namespace: ids and rights of its own",
	  .ns = NS_USER,
	  .set = { { "user.map", "auto" } } },
	{ .name = "mount",
	  .adds = "mount namespace: a root that cannot be left, read-only",
	  .ns = NS_MOUNT,
	  .set = { { "root.switch", "pivot" }, { "root.changes", "refuse" } } },
	{ .name = "pid",
	  .adds = "pid namespace: its own processes, with an init",
	  .ns = NS_PID },
	{ .name = "net",
	  .adds = "net namespace: a loopback of its own, no other link",
	  .ns = NS_NET,
	  .set = { { "network.mode", "none" } } },
	{ .name = "uts", .adds = "uts namespace: its own host name", .ns = NS_UTS },
	{ .name = "ipc",
	  .adds = "ipc namespace: its own shared memory and queues",
	  .ns = NS_IPC },
	{ .name = "cgroup",
	  .adds = "cgroup namespace: the tree above it is hidden",
	  .ns = NS_CGROUP },
	{ .name = "time",
	  .adds = "time namespace: its own clock since boot",
	  .ns = NS_TIME },
	{ .name = "caps", .adds = "no capability", .set = { { "capabilities", "[]" } } },
	{ .name = "landlock",
	  .adds = "Landlock: a second wall around files",
	  .set = { { "landlock", "required" } } },
	{ .name = "seccomp",
	  .adds = "a filter that refuses dangerous system calls",
	  .set = { { "seccomp", "default" } } },
	{ .name = "limits",
	  .adds = "a cgroup: memory and processes are limited",
	  .set = { { "limits.memory", "256M" }, { "limits.pids", "64" } } },
	{ .name = "full", .adds = "the profile strict", .profile = "strict" },
	{ .name = NULL },
};

const struct rung *rungs(void)
{
	return table;
}

/** struct wishing - Options for one rung while they are put together */
struct wishing {
	struct option_wish v[WISHES_MOST];
	size_t count;
};

static void wish(struct wishing *w, const char *key, const char *value)
{
	if (w->count < WISHES_MOST)
		w->v[w->count++] = (struct option_wish){ .option = "this rung",
							 .key = key,
							 .value = value };
}

static void wish_command(struct wishing *w, char *const *command)
{
	size_t n = 0;

	while (command[n])
		n++;
	wish(w, "command", NULL);
	w->v[w->count - 1].words = (const char *const *)command;
	w->v[w->count - 1].word_count = n;
}

/* All that the caller could hand on: root's own, or what a user namespace gives */
static void add_caps(struct text *out)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	uint64_t own = UINT64_MAX;
	const char *gap = "[";

	if (!geteuid() && !syscall(SYS_capget, &head, data))
		own = (uint64_t)data[1].effective << 32 | data[0].effective;
	for (const struct name *n = cap_names; n->name; n++) {
		if (!(own >> n->value & 1) || prctl(PR_CAPBSET_READ, n->value) != 1)
			continue;
		text_addf(out, "%s%s", gap, n->name);
		gap = ", ";
	}
	text_add(out, *gap == '[' ? "[]" : "]");
}

static void add_namespaces(uint32_t ns, struct text *out)
{
	static const struct name names[] = {
		{ "user", NS_USER },	 { "mount", NS_MOUNT }, { "pid", NS_PID },
		{ "net", NS_NET },	 { "uts", NS_UTS },	{ "ipc", NS_IPC },
		{ "cgroup", NS_CGROUP }, { "time", NS_TIME },
	};
	const char *gap = "[";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(ns & (uint32_t)names[i].value))
			continue;
		text_addf(out, "%s%s", gap, names[i].name);
		gap = ", ";
	}
	text_add(out, *gap == '[' ? "[]" : "]");
}

static void wish_sets(struct wishing *w, const struct rung *r)
{
	for (size_t i = 0; i < RUNG_SETS && r->set[i].key; i++)
		wish(w, r->set[i].key, r->set[i].value);
}

int rung_profile(const struct comparison *c, size_t n, struct profile **out,
		 struct err *e)
{
	auto_free struct wishing *w = calloc(1, sizeof(*w));
	auto_text caps = { 0 }, spaces = { 0 }, path = { 0 };
	uint32_t ns = 0;

	if (!w)
		return err_set(e, "out of memory");
	text_json(&path, c->tree);
	wish(w, "root.path", text_str(&path));
	wish_command(w, c->command);
	if (table[n].profile) {
		wish(w, "root.from", "directory");
		return profile_load(table[n].profile, w->v, w->count, out, e);
	}
	add_caps(&caps);
	wish(w, "capabilities", text_str(&caps));
	for (size_t i = 1; i <= n; i++) {
		/* The tree stays, also where chroot(2) alone is refused */
		if (i > 1 && i < n && (c->left_out >> i & 1))
			continue;
		ns |= table[i].ns;
		wish_sets(w, &table[i]);
	}
	add_namespaces(ns, &spaces);
	wish(w, "namespaces", text_str(&spaces));
	return profile_make(table[n].name, w->v, w->count, out, e);
}
