// SPDX-License-Identifier: GPL-3.0-or-later
/* mount_wish.c - one entry of a profile's `mounts`, decided */
#include "layer/mount_wish.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/mount_ops.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

static const struct {
	uint32_t option;
	uint64_t attr;
} attrs[] = {
	{ MO_RO, MOUNT_ATTR_RDONLY },	    { MO_NOSUID, MOUNT_ATTR_NOSUID },
	{ MO_NODEV, MOUNT_ATTR_NODEV },	    { MO_NOEXEC, MOUNT_ATTR_NOEXEC },
	{ MO_NOATIME, MOUNT_ATTR_NOATIME }, { MO_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW },
};

static const char *where_of(const struct mount_wish *w, char *buf)
{
	const char *at = origin_format(&w->at, buf);

	return at ? at : "mounts";
}

/* Defaults nosuid,nodev; binds ro; what the kernel fills noexec too (nook-profile(5)) */
static uint64_t attr_of(const struct mount_wish *w)
{
	uint64_t attr = TREE_SAFE;

	if (w->kind == MOUNT_BIND || w->kind == MOUNT_SYSFS)
		attr |= MOUNT_ATTR_RDONLY;
	if (w->kind == MOUNT_PROC || w->kind == MOUNT_SYSFS || w->kind == MOUNT_MQUEUE ||
	    w->kind == MOUNT_DEVPTS)
		attr |= MOUNT_ATTR_NOEXEC;
	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
		if (w->set & attrs[i].option)
			attr |= attrs[i].attr;
		if (w->clear & attrs[i].option)
			attr &= ~attrs[i].attr;
	}
	return attr;
}

/* nook's own places: what is mounted there would take a wall away */
static int check_target(const struct mount_wish *w, const char *to, struct err *e)
{
	static const char *const owned[] = { "/proc", "/sys" };
	char where[ORIGIN_SIZE];

	if (!strcmp(to, "/"))
		return err_set(e, "%s: nothing can be mounted on '/': use root.from",
			       where_of(w, where));
	if (!strcmp(to, "/dev"))
		return err_set(e, "%s: '/dev' is the box's own: use devices",
			       where_of(w, where));
	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		if (path_is_below(to, owned[i]) ||
		    (!strcmp(to, owned[i]) && w->kind != MOUNT_PROC &&
		     w->kind != MOUNT_SYSFS))
			return err_set(e, "%s: '%s' lies in '%s', which is the box's own",
				       where_of(w, where), to, owned[i]);
	if (path_is_below(to, "/dev") && strchr(to + strlen("/dev/"), '/'))
		return err_set(e, "%s: '%s' lies too deep in '/dev'", where_of(w, where),
			       to);
	return 0;
}

static struct plan_mount *add(const struct mount_wish *w, struct plan *pl,
			      enum mount_op op, const char *to)
{
	char where[ORIGIN_SIZE];
	struct plan_mount *m;
	bool is_there;

	tree_parents(pl, to);
	is_there = tree_has(pl, to);
	m = tree_add(pl, op, to);
	m->flags |= PM_USER;
	if (tree_is_writable(pl) && !is_there && !path_is_below(to, "/dev"))
		m->flags |= PM_MKTARGET;
	m->attr = attr_of(w);
	m->origin = plan_put(pl, origin_format(&w->at, where));
	return m;
}

static int plan_idmap(const struct mount_wish *w, struct plan *pl, struct plan_mount *m,
		      struct err *e)
{
	char where[ORIGIN_SIZE];

	if (w->clear & MO_IDMAP)
		return 0;
	if (!(w->set & MO_IDMAP)) {
		m->flags |= tree_idmap(pl);
		if (m->flags & PM_IDMAP && m->attr & MOUNT_ATTR_RDONLY)
			m->flags |= PM_SOFT;
		return 0;
	}
	if (pl->user.order != USER_LAST) {
		err_set(e, "%s: 'idmap' needs root", where_of(w, where));
		return err_hint(
			e,
			"without root the files keep their owners, and the caller's own "
			"are the command's own");
	}
	m->flags |= PM_IDMAP;
	return 0;
}

const char *tree_cwd_refused(const struct profile *pf, struct host *h, const char *cwd)
{
	const char *const *own;
	size_t n = host_own_dirs(h, &own);
	char home[4096], real[4096]; /* as @cwd is: without symlinks */
	struct host_path there;

	tree_real(h, host_home(h), home);
	if (!strcmp(cwd, "/"))
		return "it is '/'";
	if (path_is_in(home, cwd))
		return "it is the home directory or lies above it";
	for (size_t i = 0; i < n; i++) {
		tree_real(h, own[i], real);
		if (path_is_in(cwd, real) || path_is_in(real, cwd))
			return "it holds nook's own files";
	}
	if (hide_covers(pf, h, home, cwd))
		return "it holds files that boxes must not see";
	if (!host_stat_follow(h, cwd, &there) || there.uid != host_uid(h))
		return "it belongs to somebody else";
	return NULL;
}

static int plan_cwd(const struct profile *pf, const struct mount_wish *w, struct host *h,
		    struct plan *pl, struct err *e)
{
	const char *cwd = host_cwd(h), *to, *why;
	char where[ORIGIN_SIZE];
	struct plan_mount *m;

	if (!cwd)
		return w->optional ? 0 :
				     err_set(e, "%s: the current directory is gone",
					     where_of(w, where));
	why = w->optional ? tree_cwd_refused(pf, h, cwd) : NULL;
	if (why && w->kind == MOUNT_OVERLAY) /* what is around it has an overlay */
		return 0;
	if (why) {
		plan_say(pl, "mount", FACT_NOTE, "mounts",
			 "the current directory '%s' is not handed in: %s; '-v .' does "
			 "it all the same",
			 cwd, why);
		return 0;
	}
	to = strcmp(w->to, ".") ? w->to : cwd;
	if (check_target(w, to, e) < 0)
		return -1;
	m = add(w, pl, w->kind == MOUNT_OVERLAY ? MOP_OVERLAY : MOP_BIND, to);
	m->source = plan_put(pl, cwd);
	if (!(w->set & MO_RO))
		m->attr &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	if (plan_idmap(w, pl, m, e) < 0)
		return -1;
	if (w->kind == MOUNT_OVERLAY) {
		m->upper = plan_put(pl, "cwd");
		plan_fact(pl, "mount", "mounts", origin_format(&w->at, where),
			  "the current directory '%s' on '%s', its changes kept apart",
			  cwd, to);
		return 0;
	}
	plan_fact(pl, "mount", "mounts", origin_format(&w->at, where),
		  "the current directory '%s' on '%s'%s", cwd, to,
		  m->attr & MOUNT_ATTR_RDONLY ? ", read-only" : ", writable");
	if (!(m->attr & MOUNT_ATTR_RDONLY))
		git_plan(pf, h, pl, cwd, to);
	return 0;
}

static int plan_bind(const struct mount_wish *w, struct host *h, struct plan *pl,
		     struct err *e)
{
	struct host_path there;
	char source[4096];
	char where[ORIGIN_SIZE];
	struct plan_mount *m;

	if (!host_stat_follow(h, w->source, &there)) {
		if (!w->optional)
			return err_set(e, "%s: there is no '%s' to bind",
				       where_of(w, where), w->source);
		plan_say(pl, "mount", FACT_NOTE, "mounts", "'%s' is not there: left out",
			 w->source);
		return 0;
	}
	m = add(w, pl, w->kind == MOUNT_OVERLAY ? MOP_OVERLAY : MOP_BIND, w->to);
	tree_real(h, w->source, source);
	m->source = plan_put(pl, source);
	m->flags |= w->optional ? PM_OPTIONAL : 0;
	m->flags |= w->set & MO_RSLAVE ? PM_SLAVE : 0;
	m->flags |= there.kind != HOST_DIR ? PM_FILE : 0;
	if (w->kind == MOUNT_OVERLAY) {
		if (there.kind != HOST_DIR)
			return err_set(e,
				       "%s: '%s' is no directory: an overlay needs one",
				       where_of(w, where), w->source);
		m->upper = plan_putf(pl, "user%u", pl->tree.mounts.count);
	}
	return plan_idmap(w, pl, m, e);
}

/* Without numbers the kernel lets a tmpfs take half of the memory, and as much again of
 * its own for names of empty files (RS-04, RS-05) */
static void bound_tmpfs(const struct plan *pl, struct plan_mount *m)
{
	if (!m->size)
		m->size = pl->tree.size;
	if (!m->inodes && m->size)
		m->inodes = m->size / TREE_BYTES_PER_INODE + 1;
}

int mount_wish_plan(const struct profile *pf, const struct mount_wish *w, struct host *h,
		    struct plan *pl, struct err *e)
{
	static const enum mount_op ops[] = {
		[MOUNT_BIND] = MOP_BIND,     [MOUNT_TMPFS] = MOP_TMPFS,
		[MOUNT_OVERLAY] = MOP_OVERLAY, [MOUNT_MQUEUE] = MOP_MQUEUE,
		[MOUNT_DEVPTS] = MOP_DEVPTS, [MOUNT_PROC] = MOP_PROC,
		[MOUNT_SYSFS] = MOP_SYSFS,   [MOUNT_FILESYSTEM] = MOP_FILESYSTEM,
	};
	const uint32_t before = pl->tree.mounts.count;
	char where[ORIGIN_SIZE];
	struct plan_mount *m;
	auto_text line = { 0 };

	if (w->is_cwd)
		return plan_cwd(pf, w, h, pl, e);
	if (check_target(w, w->to, e) < 0)
		return -1;
	if (w->kind == MOUNT_BIND || w->kind == MOUNT_OVERLAY) {
		if (plan_bind(w, h, pl, e) < 0)
			return -1;
	} else {
		m = add(w, pl, ops[w->kind], w->to);
		m->source = plan_put(pl, w->source);
		m->fstype = plan_put(pl, w->fstype);
		m->data = plan_put(pl, w->data);
		m->size = w->size;
		m->inodes = w->kind == MOUNT_DEVPTS && !w->inodes ? 256 : w->inodes;
		if (w->kind == MOUNT_TMPFS)
			bound_tmpfs(pl, m);
		m->mode = w->mode >= 0 ? (uint32_t)w->mode : 0755;
		m->flags |= w->optional ? PM_OPTIONAL : 0;
	}
	if (pl->tree.mounts.count == before) /* left out, and said so */
		return 0;
	m = (struct plan_mount *)plan_at(pl, pl->tree.mounts.last);
	if (m && (m->flags & PM_USER))
		mount_words(pl, m, &line);
	plan_fact(pl, "mount", "mounts", origin_format(&w->at, where), "%s",
		  text_str(&line));
	return 0;
}
