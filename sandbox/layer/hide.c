// SPDX-License-Identifier: GPL-3.0-or-later
/* hide.c - what a box must not see: constant tables, and where masks go
 *
 * A hidden path is hidden wherever a mount shows it: at its own place in a host root, and
 * at every other place where a bind of a directory above it puts it (FS-16). What mounts
 * show is known by paths without symlinks, so it is looked for by such a one, of a home
 * that is a symlink, too. A bind of a hidden path itself is a person's clear word and
 * shows it, except for nook's own directories, which are hidden always: whoever can write
 * there can write profiles.
 */
#include "layer/tree_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "layer/where.h"

/*
 * Below the home directory: keys, tokens, browsers' passwords, and what
 * was typed, which has passwords in it. Configuration of package tools is in it where
 * their tokens stand there: a script of a package that is being installed is what reads
 * them. Each costs one look where the home is shown, and a mount only where it exists.
 */
static const char *const in_home[] = {
	".ssh",
	".gnupg",
	".netrc",
	".password-store",
	".local/share/keyrings",
	".config/sops/age",
	".config/op",
	".Xauthority",
	/* git and forges */
	".git-credentials",
	".config/git/credentials",
	".config/gh",
	".config/glab-cli",
	".config/hub",
	/* packages and images */
	".npmrc",
	".yarnrc.yml",
	".pypirc",
	".pip/pip.conf",
	".config/pip/pip.conf",
	".cargo/credentials",
	".cargo/credentials.toml",
	".gem/credentials",
	".local/share/gem/credentials",
	".m2/settings.xml",
	".m2/settings-security.xml",
	".gradle/gradle.properties",
	".docker",
	".config/containers/auth.json",
	/* clouds and data bases */
	".aws",
	".azure",
	".boto",
	".s3cfg",
	".kube",
	".config/doctl",
	".config/gcloud",
	".config/rclone",
	".terraformrc",
	".terraform.d/credentials.tfrc.json",
	".vault-token",
	".my.cnf",
	".mylogin.cnf",
	".pgpass",
	/* browsers and mail */
	".mozilla",
	".thunderbird",
	".config/google-chrome",
	".config/chromium",
	".config/BraveSoftware",
	".config/microsoft-edge",
	".config/vivaldi",
	"snap/firefox",
	/* what was typed */
	".bash_history",
	".zsh_history",
	".local/share/fish/fish_history",
	".python_history",
	".node_repl_history",
	".irb_history",
	".psql_history",
	".mysql_history",
	".sqlite_history",
	".rediscli_history",
};

/* In /proc: read-only empty covers (docker's, podman's and nspawn's lists together,
 * without what kernels that have mount_setattr have no more: timer_stats, sched_debug) */
static const struct {
	const char *path;
	bool is_file;
} proc_masks[] = {
	{ "/proc/acpi", false },
	{ "/proc/asound", false },
	{ "/proc/scsi", false },
	{ "/proc/interrupts", true },
	{ "/proc/kallsyms", true },
	{ "/proc/kcore", true },
	{ "/proc/keys", true },
	{ "/proc/latency_stats", true },
	{ "/proc/timer_list", true },
};

static const char *const proc_readonly[] = {
	"/proc/bus",	       "/proc/fs",  "/proc/irq", "/proc/sys",
	"/proc/sysrq-trigger", "/proc/apm",
};

static const char *const sys_masks[] = {
	"/sys/firmware",
	"/sys/devices/virtual/powercap",
	"/sys/fs/selinux",
	"/sys/kernel/security",
	"/sys/kernel/debug",
	"/sys/kernel/tracing",
};

static void add_mask(struct plan *pl, const char *target, bool is_file,
		     const char *origin)
{
	struct plan_mount *m = tree_add(pl, MOP_MASK, target);

	m->flags |= PM_OPTIONAL | (is_file ? (uint32_t)PM_FILE : 0);
	m->origin = plan_put(pl, origin);
}

void hide_plan_proc(const struct profile *pf, struct plan *pl)
{
	struct plan_mount *m;

	if (pf->nested_namespaces) {
		plan_say(pl, "mount", FACT_WARNING, "nested_namespaces",
			 "nothing in /proc is hidden: a masked one could not be mounted "
			 "inside");
		return;
	}
	/* subset=pid shows none of them */
	if (pf->proc == PROC_PIDS)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(proc_masks); i++)
		add_mask(pl, proc_masks[i].path, proc_masks[i].is_file, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(proc_readonly); i++) {
		m = tree_add(pl, MOP_READONLY, proc_readonly[i]);
		m->flags |= PM_SELF | PM_OPTIONAL;
		m->attr = MOUNT_ATTR_RDONLY;
	}
}

/* One for each CPU, on hosts that have any: they tell how hot the neighbours run */
static void hide_throttles(struct host *h, struct plan *pl)
{
	static const char cpus[] = "/sys/devices/system/cpu";
	const char *const *names;
	char path[256];
	struct host_path there;
	size_t n;

	if (!host_stat(h, "/sys/devices/system/cpu/cpu0/thermal_throttle", &there))
		return;
	n = host_list(h, cpus, &names);
	for (size_t i = 0; i < n; i++) {
		if (strncmp(names[i], "cpu", 3) || names[i][3] < '0' || names[i][3] > '9')
			continue;
		snprintf(path, sizeof(path), "%s/%s/thermal_throttle", cpus, names[i]);
		add_mask(pl, path, false, NULL);
	}
}

void hide_plan_sys(struct host *h, struct plan *pl)
{
	for (size_t i = 0; i < ARRAY_SIZE(sys_masks); i++)
		add_mask(pl, sys_masks[i], false, NULL);
	hide_throttles(h, pl);
}

/** struct hiding - The steps of @pl from number @since on are looked at, and those that
 * hide are put behind them. @far: more than the system is shown, so a place that no mount
 * shows by its name may be shown by where its symlinks lead */
struct hiding {
	struct host *h;
	struct plan *pl;
	uint32_t since;
	bool far;
};

enum hidden { HIDDEN_NOWHERE, HIDDEN_ABSENT, HIDDEN_THERE };

/* Whether it may be absent now, and is made for what is kept before the tree is built */
static bool is_made(const struct hiding *hi, const char *path)
{
	const char *keep = plan_text(hi->pl, hi->pl->tree.keep_dir);
	char real[4096];

	if (!hi->pl->tree.keep_dir)
		return false;
	tree_real(hi->h, keep, real);
	return path_is_in(keep, path) || path_is_in(real, path);
}

static bool can_show(const struct plan_mount *m)
{
	return m->op == MOP_BIND || m->op == MOP_OVERLAY;
}

/* A mask at every place where @path of the host shows; @always: binds of it too */
static enum hidden hide_path(const struct hiding *hi, const char *path, bool always,
		      const char *origin)
{
	struct plan *pl = hi->pl;
	char target[4096];
	struct host_path there;
	uint32_t count = pl->tree.mounts.count;
	bool known = false;
	const struct plan_mount *m = NULL;

	/* Masks are appended while the chain is walked:
	 * only what stands there now counts */
	for (uint32_t i = 0; i < count && (m = plan_each(pl, &pl->tree.mounts, m)); i++) {
		const char *source = plan_text(pl, m->source);
		const char *at = plan_text(pl, m->target);

		if (i < hi->since || !can_show(m))
			continue;
		if (path_is_below(path, source))
			snprintf(target, sizeof(target), "%s%s",
				 strcmp(at, "/") ? at : "",
				 path + (strcmp(source, "/") ? strlen(source) : 0));
		else if (always && path_is_in(source, path))
			snprintf(target, sizeof(target), "%s", at);
		else
			continue;
		if (!known && !host_stat_follow(hi->h, path, &there)) {
			if (!always || !is_made(hi, path))
				return HIDDEN_ABSENT;
			there.kind = HOST_DIR;
		}
		known = true;
		add_mask(pl, target, there.kind != HOST_DIR, origin);
	}
	return known ? HIDDEN_THERE : HIDDEN_NOWHERE;
}

/*
 * And where its symlinks lead: in another place than its own an absolute one leads out
 * of what is mounted, and the other place may be all that is shown.
 */
static void hide_all_of(const struct hiding *hi, const char *path, bool always,
			const char *origin)
{
	enum hidden there = hide_path(hi, path, always, origin);
	char real[4096];

	if (there == HIDDEN_ABSENT || (there == HIDDEN_NOWHERE && !hi->far))
		return;
	tree_real(hi->h, path, real);
	if (strcmp(real, path) != 0)
		hide_path(hi, real, always, origin);
}

static void home_path(const char *home, size_t i, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s", strcmp(home, "/") ? home : "", in_home[i]);
}

/* @path is number @i of in_home; a person names it by the home that he knows */
static bool is_shown(const struct profile *pf, struct host *h, size_t i, const char *path)
{
	char known[4096];

	home_path(host_home(h), i, known, sizeof(known));
	for (size_t s = 0; s < pf->root.show.count; s++)
		if (!strcmp(pf->root.show.v[s].text, path) ||
		    !strcmp(pf->root.show.v[s].text, known))
			return true;
	return false;
}

bool hide_covers(const struct profile *pf, struct host *h, const char *home,
		 const char *path)
{
	char hidden[4096];

	for (size_t i = 0; i < ARRAY_SIZE(in_home); i++) {
		home_path(home, i, hidden, sizeof(hidden));
		if (!is_shown(pf, h, i, hidden) &&
		    (path_is_in(path, hidden) || path_is_below(hidden, path)))
			return true;
	}
	return false;
}

static bool shows_host(const struct plan *pl)
{
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (can_show(m) && m->source)
			return true;
	return false;
}

/* Whether more is shown than directories of the system, where nobody's files are */
static bool shows_more(const struct plan *pl)
{
	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		const char *source = plan_text(pl, m->source);

		if (can_show(m) && m->source && !path_is_in(source, "/usr") &&
		    !path_is_in(source, "/etc"))
			return true;
	}
	return false;
}

/* Whether a bind shows the home directory or a part of it:
 * most boxes have none that does */
static bool shows_home(const struct plan *pl, const char *home)
{
	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		const char *source = plan_text(pl, m->source);

		if (can_show(m) && m->source &&
		    (path_is_in(home, source) || path_is_in(source, home)))
			return true;
	}
	return false;
}

/* Whether a step that is looked at covers @path of the box: what was hidden there is not
 * any more */
static bool is_covered_anew(const struct hiding *hi, const char *path)
{
	const struct plan_mount *m = NULL;

	for (uint32_t i = 0; (m = plan_each(hi->pl, &hi->pl->tree.mounts, m)); i++)
		if (i >= hi->since && can_show(m) &&
		    path_is_below(path, plan_text(hi->pl, m->target)))
			return true;
	return !hi->since;
}

/* Whether a path of `root.hide` is one inside the box alone; in @real of 4096: of the
 * host then */
static bool is_inside(const struct plan *pl, const char *path, char *real)
{
	bool own = path_is_in(path, "/proc") || path_is_in(path, "/sys");
	bool inside = own || pl->tree.root == PLAN_ROOT_DIRECTORY;

	snprintf(real, 4096, "%s%s",
		 own || !inside ? "" : plan_text(pl, pl->tree.path), path);
	return inside;
}

/* A path of `root.hide`: inside the box, and with a host's tree wherever that shows it */
static void hide_wished(const struct hiding *hi, const struct item *it)
{
	const char *path = it->text;
	char where[ORIGIN_SIZE], real[4096];
	const char *origin = origin_format(&it->at, where);
	struct host_path there;

	if (is_inside(hi->pl, path, real)) {
		if (is_covered_anew(hi, path) && host_stat_follow(hi->h, real, &there))
			add_mask(hi->pl, path, there.kind != HOST_DIR, origin);
		return;
	}
	hide_all_of(hi, path, true, origin);
}

static void say_items(struct plan *pl, const char *key, const struct items *items)
{
	char where[ORIGIN_SIZE];

	for (size_t i = 0; i < items->count; i++)
		plan_fact(pl, "root", key, origin_format(&items->v[i].at, where), "%s",
			  items->v[i].text);
}

static int check_items(const struct profile *pf, struct err *e)
{
	char where[ORIGIN_SIZE];

	for (size_t i = 0; i < pf->root.hide.count; i++) {
		const struct item *it = &pf->root.hide.v[i];

		if (it->text[0] != '/')
			return err_set(e, "%s: '%s' is not an absolute path",
				       origin_format(&it->at, where) ? where
								     : "root.hide",
				       it->text);
	}
	return 0;
}

/* Whether nothing lies at @path: in a directory that the caller must not search there may
 * be something */
static bool is_absent(struct host *h, const char *path)
{
	char above[4096];
	struct host_path there;

	if (host_stat(h, path, &there))
		return false;
	snprintf(above, sizeof(above), "%s", path);
	do
		*strrchr(above, '/') = '\0';
	while (above[0] && !host_stat_follow(h, above, &there));
	return !above[0] || !host_uid(h) || there.uid == host_uid(h) ||
	       (there.mode & 0001);
}

static bool is_default(struct host *h, const char *path)
{
	char home[4096], known[4096], real[4096];
	bool is = false;

	tree_real(h, host_home(h), home);
	for (size_t i = 0; i < ARRAY_SIZE(in_home) && !is; i++) {
		home_path(host_home(h), i, known, sizeof(known));
		home_path(home, i, real, sizeof(real));
		is = !strcmp(path, known) || !strcmp(path, real);
	}
	return is;
}

/* A misspelt path would leave a secret to be seen */
static void warn_items(const struct profile *pf, struct host *h, struct plan *pl)
{
	const struct hiding hi = { .h = h, .pl = pl };
	const struct items *hide = &pf->root.hide, *show = &pf->root.show;
	char where[ORIGIN_SIZE], real[4096];
	const char *at;

	for (size_t i = 0; i < hide->count; i++) {
		is_inside(pl, hide->v[i].text, real);
		if (!is_absent(h, real) || is_made(&hi, real))
			continue;
		at = origin_format(&hide->v[i].at, where);
		plan_say(pl, "root", FACT_WARNING, "root.hide",
			 "%s: there is no '%s' to hide", at ? at : "root.hide", real);
	}
	for (size_t i = 0; i < show->count; i++) {
		if (is_default(h, show->v[i].text))
			continue;
		at = origin_format(&show->v[i].at, where);
		plan_say(pl, "root", FACT_WARNING, "root.show",
			 "%s: '%s' is none of the paths that are hidden by default",
			 at ? at : "root.show", show->v[i].text);
	}
}

void hide_plan_since(const struct profile *pf, struct host *h, struct plan *pl,
		     uint32_t since)
{
	const bool far = since || shows_more(pl);
	const struct hiding hi = { h, pl, since, far };
	const char *const *own;
	char hidden[4096], home[4096];
	bool look;
	size_t n;

	if (!shows_host(pl) && !pf->root.hide.count)
		return;
	tree_real(h, host_home(h), home);
	look = far || shows_home(pl, home);
	for (size_t i = 0; look && i < ARRAY_SIZE(in_home); i++) {
		home_path(home, i, hidden, sizeof(hidden));
		if (!is_shown(pf, h, i, hidden))
			hide_all_of(&hi, hidden, false, NULL);
	}
	n = host_own_dirs(h, &own);
	for (size_t i = 0; i < n; i++)
		hide_all_of(&hi, own[i], true, NULL);
	for (size_t i = 0; i < pf->root.hide.count; i++)
		hide_wished(&hi, &pf->root.hide.v[i]);
}

int hide_plan(const struct profile *pf, struct host *h, struct plan *pl, struct err *e)
{
	if (check_items(pf, e) < 0)
		return -1;
	say_items(pl, "root.hide", &pf->root.hide);
	say_items(pl, "root.show", &pf->root.show);
	warn_items(pf, h, pl);
	hide_plan_since(pf, h, pl, 0);
	return 0;
}
