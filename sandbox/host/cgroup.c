// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup.c - which cgroup trees there are and which controllers the caller may use */
#include "host/cgroup.h"

#include <string.h>

#include "host/inner.h"

bool host_cgroup_own(const char *buf, size_t len, struct slice *path)
{
	struct slice rest = { buf, len }, line;

	while (slice_cut(&rest, '\n', &line)) {
		if (line.len < 4 || memcmp(line.s, "0::/", 4))
			continue;
		path->s = line.s + 3;
		path->len = line.len - 3;
		return true;
	}
	return false;
}

bool host_has_word(const char *words, const char *word)
{
	struct slice rest = { words, strlen(words) }, one;

	while (slice_word(&rest, &one))
		if (slice_is(one, word))
			return true;
	return false;
}

/* The first line of a file, without its newline; "" when it cannot be read */
static const char *first_line(struct host *h, const char *path)
{
	const char *s = path ? host_read(h, path) : NULL;
	const char *line = s ? host_keep(h, s, strcspn(s, "\n")) : NULL;

	return line ? line : "";
}

/* Own as in "delegated": root owns everything, others what was given to them (chown) */
static bool is_own(struct host *h, const char *dir)
{
	struct host_path at;

	return dir && host_stat_follow(h, dir, &at) && at.kind == HOST_DIR &&
	       (host_is_root(h) || at.uid == host_uid(h));
}

/* Where the caller may make cgroups: where it is, else below its user manager */
static void find_place(struct host *h, const char *top, struct host_cgroup_fact *out)
{
	const char *text = host_read(h, "/proc/self/cgroup");
	unsigned int uid = host_uid(h);
	const char *tries[3] = { 0 };
	struct slice own;

	if (host_is_root(h))
		tries[0] = top;
	else if (text && host_cgroup_own(text, strlen(text), &own))
		tries[0] = host_keepf(h, "%s%.*s", top, (int)own.len, own.s);
	tries[1] = host_keepf(h, "%s/user.slice/user-%u.slice/user@%u.service", top, uid,
			      uid);
	for (size_t i = 0; i < 2 && !out->place; i++)
		if (is_own(h, tries[i]))
			out->place = tries[i];
	if (out->place)
		out->controllers =
			first_line(h, host_keepf(h, "%s/cgroup.controllers", out->place));
}

/* v1 names its controllers in the super block's options: "rw,cpu,cpuacct" */
static void add_v1(struct host *h, const struct host_mount *m,
		   struct host_cgroup_fact *out)
{
	static const char *const used[] = { "cpu",  "cpuset", "memory",
					    "pids", "blkio",  "freezer" };
	struct slice rest = { m->super, strlen(m->super) }, one;

	if (!is_own(h, m->target))
		return;
	while (slice_cut(&rest, ',', &one))
		for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
			if (slice_is(one, used[i]))
				out->controllers = host_keepf(
					h, "%s%s%s",
					out->controllers ? out->controllers : "",
					out->controllers ? " " : "", used[i]);
}

/* Containers show their cgroups read-only */
static bool is_readonly(const struct host_mount *m)
{
	struct slice rest = { m->options, strlen(m->options) }, one;

	while (slice_cut(&rest, ',', &one))
		if (slice_is(one, "ro"))
			return true;
	return false;
}

/* Notes one mount: the v2 tree in @v2, and what is to use of a v1 tree. Return: whether
 * it is a v1 tree with controllers; a named hierarchy ("name=systemd") holds none */
static bool look_at(struct host *h, const struct host_mount *m, const char **v2,
		    struct host_cgroup_fact *out)
{
	if (!strcmp(m->fstype, "cgroup2") && (!*v2 || !is_readonly(m)))
		*v2 = is_readonly(m) ? "" : m->target;
	if (strcmp(m->fstype, "cgroup") || strstr(m->super, "name="))
		return false;
	if (!is_readonly(m))
		add_v1(h, m, out);
	return true;
}

void host_cgroup(struct host *h, struct host_cgroup_fact *out)
{
	const struct host_mount *mounts;
	size_t n = host_mounts(h, &mounts);
	const char *v2 = NULL, *socket;
	struct host_path at;
	bool v1 = false;

	*out = (struct host_cgroup_fact){ .layout = HOST_CGROUP_NONE };
	for (size_t i = 0; i < n; i++)
		v1 |= look_at(h, &mounts[i], &v2, out);
	if (v2 && *v2 && !v1)
		find_place(h, v2, out);
	out->layout = v1   ? (v2 ? HOST_CGROUP_HYBRID : HOST_CGROUP_V1)
		      : v2 ? HOST_CGROUP_V2
			   : HOST_CGROUP_NONE;
	if (!out->controllers)
		out->controllers = "";
	socket = host_keepf(h, "/run/user/%u/systemd/private", host_uid(h));
	out->has_manager = socket && host_stat(h, socket, &at);
}
