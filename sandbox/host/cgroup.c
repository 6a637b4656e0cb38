// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup.c - where this caller can have a cgroup: layouts, and v1 */
#include "host/cgroup.h"

#include <string.h>

#include "host/inner.h"

const char *host_cgroup_layout(enum host_cgroups layout)
{
	static const char *const names[] = {
		[HOST_CGROUP_NONE] = "none mounted",
		[HOST_CGROUP_V1] = "v1",
		[HOST_CGROUP_HYBRID] = "v1 controllers beside a v2 tree",
		[HOST_CGROUP_V2] = "v2",
	};

	return names[layout];
}

bool host_cgroup_own(const char *buf, size_t len, uint32_t bit, struct slice *path)
{
	struct slice rest = { buf, len }, line, id, names, one;

	while (slice_cut(&rest, '\n', &line)) {
		bool is_it = false;

		if (!slice_cut(&line, ':', &id) || !slice_cut(&line, ':', &names) ||
		    !line.len || line.s[0] != '/')
			continue;
		if (!bit)
			is_it = slice_is(id, "0") && !names.len;
		while (bit && slice_cut(&names, ',', &one))
			is_it |= cgroup_bit(CGROUP_V1, one.s, one.len) == bit;
		if (is_it) {
			*path = line;
			return true;
		}
	}
	return false;
}

const char *host_cgroup_dir(struct host *h, const struct host_mount *m, struct slice path)
{
	size_t n = strcmp(m->root, "/") ? strlen(m->root) : 0;

	/* "/.." leads out of the cgroup namespace: nothing here shows it */
	if (path.len < n || memcmp(path.s, m->root, n) ||
	    (path.len > n && path.s[n] != '/') ||
	    (path.len >= 3 && !memcmp(path.s, "/..", 3)))
		return NULL;
	path.s += n;
	path.len -= n;
	if (path.len == 1 || !path.len)
		return m->target;
	return host_keepf(h, "%s%.*s", m->target, (int)path.len, path.s);
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

uint32_t host_cgroup_controllers(const struct host_mount *m)
{
	if (strcmp(m->fstype, "cgroup") || strstr(m->super, "name="))
		return 0;
	return cgroup_bits(CGROUP_V1, m->super, ',');
}

/* Root owns everything, others what was given to them with chown */
static bool may_make(struct host *h, const char *dir)
{
	struct host_path at;

	return dir && host_stat_follow(h, dir, &at) && at.kind == HOST_DIR &&
	       (host_is_root(h) || at.uid == host_uid(h));
}

/* One hierarchy: its leaf is made below the caller's own cgroup there */
static void add_v1(struct host *h, const struct host_mount *m, uint32_t bits,
		   struct host_cgroup *out)
{
	const char *text = host_read(h, "/proc/self/cgroup");
	uint32_t first = bits & -bits;
	struct slice own;
	const char *dir;

	if (!text || !host_cgroup_own(text, strlen(text), first, &own) ||
	    out->count == CGROUP_TREES)
		return;
	dir = host_cgroup_dir(h, m, own);
	if (!may_make(h, dir))
		return;
	out->tree[out->count].controllers = bits;
	out->tree[out->count++].parent = dir;
	out->had |= bits;
}

static void choose_v1(struct host *h, uint32_t wanted, uint32_t liked,
		      struct host_cgroup *out)
{
	const struct host_mount *mounts;
	size_t n = host_mounts(h, &mounts);
	uint32_t present = 0;
	bool writable = false;

	for (size_t i = 0; i < n; i++) {
		uint32_t bits = host_cgroup_controllers(&mounts[i]);

		present |= bits;
		if (bits && !is_readonly(&mounts[i]))
			writable = true;
		if ((bits & (wanted | liked)) && !(bits & out->had) &&
		    !is_readonly(&mounts[i]))
			add_v1(h, &mounts[i], bits, out);
	}
	out->missing = wanted & ~out->had;
	out->kind = out->count ? CGROUP_V1 : CGROUP_NONE;
	out->place = out->count ? PLACE_V1 : PLACE_NONE;
	out->why = "below the caller's own cgroup in each hierarchy of cgroup v1";
	if (!out->missing)
		return;
	if (out->missing & ~present) {
		out->lack = "the kernel has it on no hierarchy of cgroup v1 here";
		out->fix = "mount it, or boot with cgroup v2: systemd.unified_cgroup_"
			   "hierarchy=1 on the kernel's command line";
	} else if (!writable) {
		out->lack = "the cgroup file systems are mounted read-only";
		out->fix = "this is a container: give it a writable cgroup";
	} else {
		out->lack = "on cgroup v1 only root may make cgroups";
		out->fix = "run nook as root: v1 controllers are not given to users";
	}
}

void host_cgroup(struct host *h, uint32_t wanted, uint32_t liked, struct host_cgroup *out)
{
	const struct host_mount *mounts, *v2 = NULL;
	size_t n = host_mounts(h, &mounts);
	bool v1 = false;

	*out = (struct host_cgroup){ .layout = HOST_CGROUP_NONE, .missing = wanted };
	for (size_t i = 0; i < n; i++) {
		const struct host_mount *m = &mounts[i];

		v1 |= host_cgroup_controllers(m) != 0;
		if (!strcmp(m->fstype, "cgroup2") && (!v2 || is_readonly(v2)))
			v2 = m;
	}
	out->layout = v1   ? (v2 ? HOST_CGROUP_HYBRID : HOST_CGROUP_V1)
		      : v2 ? HOST_CGROUP_V2
			   : HOST_CGROUP_NONE;
	if (v1) {
		choose_v1(h, wanted, liked, out);
	} else if (!v2) {
		out->why = "no cgroup file system is mounted";
		out->lack = out->why;
		out->fix = "mount -t cgroup2 none /sys/fs/cgroup";
	} else if (is_readonly(v2)) {
		out->why = "the cgroup file system is mounted read-only";
		out->lack = out->why;
		out->fix = "this is a container: give it a writable cgroup";
	} else {
		host_cgroup_v2(h, v2, wanted, liked, out);
	}
}
