// SPDX-License-Identifier: GPL-3.0-or-later
/* detect_container.c - which box this process is in: what the kernel says, and what files
 * say
 *
 * The kernel's first namespaces have fixed numbers (include/linux/proc_ns.h), so one look
 * at /proc/self/ns says whether this process is in any other. Only then a manager is
 * looked for: in the roots of mounts, the path of the cgroup, the environment of pid 1,
 * which the kernel or the manager wrote, and last in marker files, which can be left
 * over from an image (systemd's container interface; docker's and podman's own files).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/detect_inner.h"
#include "host/slice.h"

#define END                                             \
	{                                               \
		NULL, PRODUCT_NONE, DETECT_SILENT, NULL \
	}

static const struct first {
	const char *name, *target;
} firsts[] = {
	{ "pid", "pid:[4026531836]" },	     { "uts", "uts:[4026531838]" },
	{ "ipc", "ipc:[4026531839]" },	     { "user", "user:[4026531837]" },
	{ "cgroup", "cgroup:[4026531835]" },
};

static void add_namespaces(struct detect *d)
{
	struct detect_clue c = { .layer = DETECT_CONTAINER,
				 .kind = KIND_NAMESPACE,
				 .name = "namespaces",
				 .source = "/proc/self/ns" };
	auto_text own = { 0 };
	bool pid = false;
	size_t known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		const char *to = host_readlink(
			d->host, detect_keepf(d, "/proc/self/ns/%s", firsts[i].name));

		known += to != NULL;
		if (!to || !strcmp(to, firsts[i].target))
			continue;
		text_addf(&own, "%s %s", own.len ? "" : "own:", firsts[i].name);
		pid |= !i;
	}
	if (own.len) {
		c.product = PRODUCT_CONTAINER;
		c.strength = pid ? DETECT_STRONG : DETECT_MEDIUM;
		c.says = pid ? "in a container or box" : "in some namespaces of its own";
		c.reading = detect_keepf(d, "%s", text_str(&own));
	} else if (known >= 4) { /* before Linux 4.6 there was none of cgroups */
		c.product = PRODUCT_HOST;
		c.strength = DETECT_STRONG;
		c.says = "in no container";
		c.reading = "the kernel's first";
	} else {
		c.reading = detect_missing(d, "/proc/self/ns/pid");
	}
	detect_add(d, &c);
}

/* Where the root or the files of an engine come from, as mountinfo has it */
static const struct detect_rule mount_texts[] = {
	{ "*/docker/overlay2/", PRODUCT_DOCKER, DETECT_MEDIUM, NULL },
	{ "*/docker/containers/", PRODUCT_DOCKER, DETECT_MEDIUM, NULL },
	{ "*/containers/storage/overlay", PRODUCT_PODMAN, DETECT_MEDIUM, NULL },
	{ "*/overlay-containers/", PRODUCT_PODMAN, DETECT_MEDIUM, NULL },
	{ "*/io.containerd.snapshotter", PRODUCT_CONTAINER, DETECT_MEDIUM, "containerd" },
	{ "*/nspawn/propagate/", PRODUCT_NSPAWN, DETECT_MEDIUM, NULL },
	{ "*/kubelet/pods/", PRODUCT_KUBERNETES, DETECT_MEDIUM, NULL },
	END,
};

/* nook's overlays have their uppers in a directory that is /proc later */
static bool is_nooks_overlay(const struct host_mount *m)
{
	const char *upper = strcmp(m->fstype, "overlay")
				    ? NULL
				    : strstr(m->super, "upperdir=/proc/u");

	return upper && isdigit((unsigned char)upper[16]);
}

/* Return: false where the mount says nothing */
static bool judge_mount(struct detect *d, const struct host_mount *m,
			struct detect_clue *c)
{
	static const char *const given[] = { "/", "/etc/hosts", "/etc/hostname",
					     "/etc/resolv.conf", "/run/host/incoming" };
	const struct detect_rule *r = NULL;
	bool looked_at = false;

	c->strength = DETECT_MEDIUM;
	c->reading = m->fstype;
	if (!strcmp(m->target, "/proc") && strstr(m->super, "hidepid=invisible")) {
		c->product = PRODUCT_NOOK;
		c->strength = DETECT_WEAK;
		c->reading = "hidepid=invisible";
		c->says = "processes of others are hidden, as in a box of nook";
		return true;
	}
	if (is_nooks_overlay(m)) {
		c->product = PRODUCT_NOOK;
		c->reading = "upperdir=/proc/u...";
		return true;
	}
	if (!strcmp(m->fstype, "fuse.lxcfs") && !strncmp(m->target, "/proc/", 6)) {
		c->product = PRODUCT_LXC;
		return true;
	}
	if (!strcmp(m->fstype, "9p") && strstr(m->super, "aname=drvfs")) {
		c->product = PRODUCT_WSL;
		c->reading = "9p, aname=drvfs";
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(given); i++)
		looked_at |= !strcmp(m->target, given[i]);
	if (!looked_at)
		return false;
	r = detect_rule(mount_texts, m->root);
	c->reading = detect_keepf(d, "from %s", m->root);
	if (!r && !strcmp(m->fstype, "overlay")) {
		r = detect_rule(mount_texts, m->super);
		c->reading = detect_keepf(d, "overlay, %s", m->super);
	}
	if (!r)
		return false;
	detect_follow(c, r);
	return true;
}

/* One clue for a product: the first mount of each strength that speaks for it */
static void add_mounts(struct detect *d)
{
	bool seen[PRODUCT_COUNT][DETECT_STRONG + 1] = { { false } };
	const struct host_mount *mounts;
	size_t n = host_mounts(d->host, &mounts);

	for (size_t i = 0; i < n; i++) {
		struct detect_clue c = { .kind = KIND_MOUNT };

		if (!judge_mount(d, &mounts[i], &c) || seen[c.product][c.strength])
			continue;
		seen[c.product][c.strength] = true;
		c.name = detect_keepf(d, "mount %s", mounts[i].target);
		c.source = "/proc/self/mountinfo";
		detect_add(d, &c);
	}
}

static const struct detect_rule cgroup_texts[] = {
	{ "*/kubepods", PRODUCT_KUBERNETES, DETECT_MEDIUM, NULL },
	{ "*/docker/", PRODUCT_DOCKER, DETECT_MEDIUM, NULL },
	{ "*/docker-", PRODUCT_DOCKER, DETECT_MEDIUM, NULL },
	{ "*/libpod-", PRODUCT_PODMAN, DETECT_MEDIUM, NULL },
	{ "*/lxc/", PRODUCT_LXC, DETECT_MEDIUM, NULL },
	{ "*/lxc.payload", PRODUCT_LXC, DETECT_MEDIUM, NULL },
	{ "*/systemd-nspawn@", PRODUCT_NSPAWN, DETECT_MEDIUM, NULL },
	END,
};

static void add_cgroup(struct detect *d)
{
	struct detect_clue c = { .layer = DETECT_CONTAINER,
				 .kind = KIND_CGROUP,
				 .name = "cgroup",
				 .source = "/proc/self/cgroup" };
	char text[8192];
	const struct detect_rule *r = NULL;
	struct slice rest, line;

	if (detect_head(d, c.source, text, sizeof(text)) < 0) {
		c.reading = detect_missing(d, c.source);
		detect_add(d, &c);
		return;
	}
	c.reading = "";
	rest = (struct slice){ text, strlen(text) };
	while (!r && slice_cut(&rest, '\n', &line)) {
		c.reading = detect_keepf(d, "%.*s", (int)line.len, line.s);
		r = detect_rule(cgroup_texts, c.reading);
	}
	if (r)
		detect_follow(&c, r);
	detect_add(d, &c);
}

/* What stands behind `container=`, and in the marker files that hold a name */
static const struct detect_rule managers[] = {
	{ "nook", PRODUCT_NOOK, DETECT_MEDIUM, NULL },
	{ "docker", PRODUCT_DOCKER, DETECT_MEDIUM, NULL },
	{ "podman", PRODUCT_PODMAN, DETECT_MEDIUM, NULL },
	{ "lxc", PRODUCT_LXC, DETECT_MEDIUM, NULL },
	{ "systemd-nspawn", PRODUCT_NSPAWN, DETECT_MEDIUM, NULL },
	{ "wsl", PRODUCT_WSL, DETECT_MEDIUM, NULL },
	{ "", PRODUCT_CONTAINER, DETECT_MEDIUM, "a manager that nook does not know" },
	END,
};

static void add_manager(struct detect *d, struct detect_clue c, enum detect_strength most)
{
	const struct detect_rule *r = detect_rule(managers, c.reading);

	detect_follow(&c, r);
	if (c.strength > most)
		c.strength = most;
	detect_add(d, &c);
}

static void add_init(struct detect *d)
{
	struct detect_clue c = { .layer = DETECT_CONTAINER,
				 .kind = KIND_INIT,
				 .name = "environment of pid 1",
				 .source = "/proc/1/environ" };
	static const struct detect_rule inits[] = {
		{ "nook-init", PRODUCT_NOOK, DETECT_MEDIUM, "nook's init" },
		END,
	};
	const char *own = host_env(d->host, "container");
	const char *value = NULL;
	char text[16384];
	ssize_t n = detect_head(d, c.source, text, sizeof(text));
	struct host_path at;
	bool is_hidden = !host_stat(d->host, "/proc/1", &at) &&
			 host_stat(d->host, "/proc/self", &at);

	for (ssize_t i = 0; i < n && !value; i += (ssize_t)strlen(text + i) + 1)
		if (!strncmp(text + i, "container=", 10))
			value = text + i + 10;
	if (value && *value) {
		c.reading = detect_keepf(d, "%s", value);
		add_manager(d, c, DETECT_MEDIUM);
	} else {
		/* A process that cannot be looked into has an empty one for others */
		c.reading = n > 0 ? "no 'container='" : detect_missing(d, c.source);
		detect_add(d, &c);
	}
	c.name = "pid 1";
	c.source = "/proc/1/comm";
	if (is_hidden) {
		c.reading = "hidden";
		c.product = PRODUCT_NOOK;
		c.strength = DETECT_WEAK;
		c.says = "nook's init hides, where its ids are others";
		detect_add(d, &c);
	} else {
		detect_judge(d, c, inits);
	}
	if (!own || !*own)
		return;
	/* Handed down by whoever started this process */
	c.kind = KIND_MARKER;
	c.name = "own environment";
	c.source = "container=";
	c.reading = own;
	add_manager(d, c, DETECT_WEAK);
}

/** struct marker - A file that says something by being there, or by the name in it */
struct marker {
	const char *path;
	enum detect_product product; /* PRODUCT_NONE: the name in it tells */
};

static const struct marker markers[] = {
	{ "/.dockerenv", PRODUCT_DOCKER },
	{ "/run/.containerenv", PRODUCT_PODMAN },
	{ "/run/host/container-manager", PRODUCT_NONE },
	{ "/run/systemd/container", PRODUCT_NONE },
	{ "/run/WSL", PRODUCT_WSL },
	{ "/proc/sys/fs/binfmt_misc/WSLInterop", PRODUCT_WSL },
	{ "/var/run/secrets/kubernetes.io", PRODUCT_KUBERNETES },
};

static void add_markers(struct detect *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(markers); i++) {
		struct detect_clue c = { .layer = DETECT_CONTAINER,
					 .kind = KIND_MARKER,
					 .name = "marker",
					 .source = markers[i].path,
					 .reading = "absent" };
		const char *name = NULL;
		struct host_path at;

		if (host_stat_follow(d->host, c.source, &at)) {
			c.reading = "there";
			if (!markers[i].product)
				name = detect_line(d, c.source);
			if (name && *name) {
				c.reading = name;
				add_manager(d, c, DETECT_WEAK);
				continue;
			}
			c.product = markers[i].product;
			c.strength = c.product ? DETECT_WEAK : DETECT_SILENT;
		}
		detect_add(d, &c);
	}
}

static void add_kernel(struct detect *d)
{
	static const struct detect_rule releases[] = {
		{ "*icrosoft", PRODUCT_WSL, DETECT_MEDIUM, "Microsoft's kernel" },
		{ "*WSL", PRODUCT_WSL, DETECT_MEDIUM, NULL },
		END,
	};
	struct host_path at;

	detect_judge(d,
		     (struct detect_clue){ .layer = DETECT_CONTAINER,
					   .kind = KIND_KERNEL,
					   .name = "kernel",
					   .source = "/proc/sys/kernel/osrelease" },
		     releases);
	/* The directory for hardware nodes stands beside it on the machine itself */
	if (host_stat_follow(d->host, "/proc/vz", &at) &&
	    !host_stat_follow(d->host, "/proc/bc", &at))
		detect_add(d, &(struct detect_clue){ .kind = KIND_KERNEL,
						     .name = "OpenVZ",
						     .source = "/proc/vz",
						     .reading = "there, without /proc/bc",
						     .product = PRODUCT_OPENVZ,
						     .strength = DETECT_STRONG });
}

void detect_container(struct detect *d)
{
	add_namespaces(d);
	add_kernel(d);
	add_mounts(d);
	add_cgroup(d);
	add_init(d);
	add_markers(d);
}
