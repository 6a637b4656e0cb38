// SPDX-License-Identifier: GPL-3.0-or-later
/* devices.c - the box's own /dev: filled, then read-only
 *
 * A payload with uid 0 but without capabilities could otherwise replace /dev/ptmx. What
 * is mounted on it (devpts, shm, mqueue) comes after the flag is set, and devpts as the
 * very last mount: until then /dev/pts is the empty directory that hides directories.
 */
#include "layer/devices.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

#define DEV_SIZE (1u << 20)
#define DEV_INODES 64u
#define SHM_SIZE (64u << 20)
#define PTS_MOST 256u /* terminals in one box (RS-18) */

static const struct device standard[] = {
	{ "null", 1, 3 },    { "zero", 1, 5 },	  { "full", 1, 7 },
	{ "random", 1, 8 },  { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	const char *name;
	const char *text;
} links[] = {
	{ "/dev/fd", "/proc/self/fd" },	      { "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" }, { "/dev/stderr", "/proc/self/fd/2" },
	{ "/dev/core", "/proc/kcore" },	      { "/dev/ptmx", "pts/ptmx" },
};

const struct device *device_find(const char *name)
{
	if (!strncmp(name, "/dev/", 5))
		name += 5;
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		if (!strcmp(standard[i].name, name))
			return &standard[i];
	return NULL;
}

static void add_node(struct plan *pl, const char *name, const char *origin, bool mknod)
{
	char path[4096];
	struct plan_mount *m;

	snprintf(path, sizeof(path), "%s%s", *name == '/' ? "" : "/dev/", name);
	m = tree_add(pl, MOP_DEVICE, path);
	m->source = m->target;
	m->flags |= PM_FILE | (mknod && device_find(name) ? (uint32_t)PM_MKNOD : 0);
	m->origin = plan_put(pl, origin);
}

/* The directories of /dev that a device lies in: /dev/net of /dev/net/tun */
static void add_directories(struct plan *pl, const char *path)
{
	char part[4096];

	for (const char *p = path + strlen("/dev/"); (p = strchr(p, '/')); p++) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if (!tree_has(pl, part))
			tree_dir(pl, part, 0755);
	}
}

/* A device the profile names: it must be there, be a device, and lie in /dev */
static int plan_named(struct host *h, struct plan *pl, const struct item *it, bool mknod,
		      struct err *e)
{
	char path[4096], where[ORIGIN_SIZE];
	const char *origin = origin_format(&it->at, where);
	struct host_path there;

	snprintf(path, sizeof(path), "%s%s", *it->text == '/' ? "" : "/dev/", it->text);
	if (!path_is_below(path, "/dev"))
		return err_set(e, "%s: device '%s' does not lie in /dev",
			       origin ? origin : "devices", it->text);
	if (path_is_below(path, "/dev/pts") || path_is_below(path, "/dev/shm"))
		return err_set(e,
			       "%s: '%.8s' is the box's own: no '%s' of the host there",
			       origin ? origin : "devices", path, path);
	if (!strcmp(path, "/dev/null"))
		return 0;
	if (!host_stat(h, path, &there) || there.kind != HOST_DEVICE)
		return err_set(e, "%s: '%s' is no device of this host",
			       origin ? origin : "devices", path);
	add_directories(pl, path);
	add_node(pl, path, origin, mknod);
	return 0;
}

static int plan_nodes(const struct profile *pf, struct host *h, struct plan *pl,
		      struct err *e)
{
	bool mknod = host_is_root(h);

	/* null is always there: it is what hides files */
	add_node(pl, "null", NULL, mknod);
	if (!profile_is_set(pf, FIELD_devices)) {
		for (size_t i = 1; i < ARRAY_SIZE(standard); i++)
			add_node(pl, standard[i].name, NULL, mknod);
		return 0;
	}
	for (size_t i = 0; i < pf->devices.count; i++)
		if (plan_named(h, pl, &pf->devices.v[i], mknod, e) < 0)
			return -1;
	return 0;
}

int devices_plan(const struct profile *pf, struct host *h, struct plan *pl, struct err *e)
{
	struct plan_mount *m;
	char where[ORIGIN_SIZE];

	m = tree_tmpfs(pl, "/dev", DEV_SIZE, DEV_INODES, 0755);
	/* Real root makes nodes in it, so no nodev;
	 * the right to make more is gone later */
	m->attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
		  (host_is_root(h) ? 0 : MOUNT_ATTR_NODEV);
	m->flags |= m->flags & PM_WALK ? PM_NOLINK : 0;
	m->flags |= m->flags & PM_WALK && tree_is_writable(pl) ? PM_MKTARGET : 0;
	tree_dir(pl, "/dev/pts", 0755);
	tree_dir(pl, "/dev/shm", 0755);
	for (size_t i = 0; i < pf->mount_count; i++) {
		const struct mount_wish *w = &pf->mounts[i];

		if (w->to && path_is_below(w->to, "/dev") && strcmp(w->to, "/dev/shm") &&
		    strcmp(w->to, "/dev/pts") && !strchr(w->to + strlen("/dev/"), '/'))
			tree_dir(pl, w->to, 0755);
	}
	if (plan_nodes(pf, h, pl, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		tree_link(pl, links[i].name, links[i].text);
	m = tree_add(pl, MOP_READONLY, "/dev");
	m->attr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	plan_fact(pl, "mount", "devices", origin_text(pf, FIELD_devices, where), "%s",
		  profile_is_set(pf, FIELD_devices)
			  ? "as the profile lists them, and null"
			  : "null zero full random urandom tty");
	return 0;
}

void devices_plan_last(const struct profile *pf, struct plan *pl)
{
	struct plan_mount *m;

	if (!tree_wish(pf, "/dev/shm")) {
		m = tree_tmpfs(pl, "/dev/shm", SHM_SIZE,
			       SHM_SIZE / TREE_BYTES_PER_INODE, 01777);
		m->attr |= MOUNT_ATTR_NOEXEC;
	}
	if (!tree_wish(pf, "/dev/pts")) {
		m = tree_add(pl, MOP_DEVPTS, "/dev/pts");
		m->attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
		m->inodes = PTS_MOST;
	}
}
