// SPDX-License-Identifier: GPL-3.0-or-later
/* tree_plan.c - how the planning halves of root and mount write steps into the plan */
#include "layer/tree_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/sys.h"

#define OVERLAY_INODES 5 /* its place, its upper and work directory, what is in that */

bool path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1) /* "/" */
		return path[1] != '\0';
	return !strncmp(path, dir, n) && path[n] == '/';
}

bool path_is_in(const char *path, const char *dir)
{
	return !strcmp(path, dir) || path_is_below(path, dir);
}

/* Whether something that others wrote lies between the new root and @target */
static bool is_foreign(const struct plan *pl, const char *target)
{
	if (pl->tree.root == PLAN_ROOT_DIRECTORY)
		return true;
	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		const char *at = plan_text(pl, m->target);

		switch ((enum mount_op)m->op) {
		case MOP_SYMLINK:
			if (path_is_in(target, at))
				return true;
			break;
		case MOP_BIND:
		case MOP_OVERLAY:
		case MOP_FILESYSTEM:
			if (path_is_below(target, at))
				return true;
			break;
		case MOP_TMPFS:
		case MOP_PROC:
		case MOP_SYSFS:
		case MOP_MQUEUE:
		case MOP_CGROUP:
		case MOP_DEVPTS:
		case MOP_DIR:
		case MOP_FILE:
		case MOP_DEVICE:
		case MOP_TEXT:
		case MOP_HOSTS:
		case MOP_MASK:
		case MOP_READONLY:
		case MOP_COUNT:
		default:
			break;
		}
	}
	return false;
}

struct plan_mount *tree_add(struct plan *pl, enum mount_op op, const char *target)
{
	bool foreign = is_foreign(pl, target);
	struct plan_mount *m = plan_append(pl, &pl->tree.mounts, sizeof(*m));

	m->op = op;
	m->target = plan_put(pl, target);
	m->flags = foreign ? PM_WALK : 0;
	if (op == MOP_OVERLAY && (pl->tree.upper_dir || pl->tree.keep_dir))
		m->flags |= PM_ON_DISK;
	return m;
}

struct plan_mount *tree_dir(struct plan *pl, const char *target, uint32_t mode)
{
	struct plan_mount *m = tree_add(pl, MOP_DIR, target);

	m->mode = mode;
	return m;
}

struct plan_mount *tree_file(struct plan *pl, const char *target, const char *data)
{
	struct plan_mount *m = tree_add(pl, MOP_FILE, target);

	m->mode = 0644;
	m->data = plan_put(pl, data);
	return m;
}

struct plan_mount *tree_link(struct plan *pl, const char *target, const char *text)
{
	struct plan_mount *m = tree_add(pl, MOP_SYMLINK, target);

	m->source = plan_put(pl, text);
	return m;
}

struct plan_mount *tree_bind(struct plan *pl, const char *source, const char *target,
			     uint64_t attr)
{
	struct plan_mount *m = tree_add(pl, MOP_BIND, target);

	m->source = plan_put(pl, source);
	m->attr = attr;
	return m;
}

struct plan_mount *tree_tmpfs(struct plan *pl, const char *target, uint64_t size,
			      uint64_t inodes, uint32_t mode)
{
	struct plan_mount *m = tree_add(pl, MOP_TMPFS, target);

	m->attr = TREE_SAFE;
	m->size = size;
	m->inodes = inodes;
	m->mode = mode;
	return m;
}

/* Directories above @target at most, and itself */
static uint64_t depth(const char *target)
{
	uint64_t n = 0;

	for (const char *p = target; (p = strchr(p, '/')); p++)
		n++;
	return n;
}

uint64_t tree_inodes(const struct plan *pl)
{
	/* the stage with its directories, and what the kernel makes to try an upper */
	uint64_t n = pl->tree.inodes + 16 + OVERLAY_INODES;

	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		bool makes = m->flags & (PM_MKTARGET | PM_USER);

		n += m->op == MOP_OVERLAY ? OVERLAY_INODES : 1;
		n += makes ? depth(plan_text(pl, m->target)) : 0;
	}
	return n;
}

bool tree_has(const struct plan *pl, const char *target)
{
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (!strcmp(plan_text(pl, m->target), target))
			return true;
	return false;
}

void tree_parents(struct plan *pl, const char *target)
{
	char part[4096];

	if (pl->tree.root != PLAN_ROOT_TMPFS)
		return;
	for (const char *p = strchr(target + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - target), target);
		if (!tree_has(pl, part) && !is_foreign(pl, part))
			tree_dir(pl, part, 0755);
	}
}

const struct mount_wish *tree_wish(const struct profile *pf, const char *target)
{
	for (size_t i = 0; i < pf->mount_count; i++)
		if (pf->mounts[i].to && !strcmp(pf->mounts[i].to, target))
			return &pf->mounts[i];
	return NULL;
}

bool tree_is_covered(const struct profile *pf, const char *target)
{
	for (size_t i = 0; i < pf->mount_count; i++) {
		const struct mount_wish *w = &pf->mounts[i];

		if (w->to && *w->to == '/' && !w->optional && path_is_in(target, w->to))
			return true;
	}
	return false;
}

uint32_t tree_idmap(const struct plan *pl)
{
	return pl->user.order == USER_LAST && pl->user.writer != MAP_BY_INSIDE ? PM_IDMAP
									       : 0;
}

bool tree_binds_proc(const struct profile *pf, struct host *h)
{
	return !(pf->namespaces & NS_PID) || (!host_is_root(h) && host_proc_masked(h));
}

#define REAL_SIZE 4096
#define LINKS_MOST 40 /* as the kernel has it: path_resolution(7) */

/* Put @text in front of @rest, both relative to what is resolved so far */
static bool put_front(char *rest, const char *text)
{
	char whole[REAL_SIZE];
	int n = snprintf(whole, sizeof(whole), "%s/%s", text, rest);

	if (n < 0 || n >= REAL_SIZE)
		return false;
	memcpy(rest, whole, (size_t)n + 1);
	return true;
}

void tree_real(struct host *h, const char *path, char *buf)
{
	char rest[REAL_SIZE], done[REAL_SIZE] = "";
	size_t len = 0, n;
	int links = 0;

	snprintf(buf, REAL_SIZE, "%s", path);
	snprintf(rest, sizeof(rest), "%s", path);
	if (path_is_in(path, "/proc")) /* links there are no paths */
		return;
	for (char *p = rest; *(p += strspn(p, "/")); p += n) {
		const char *link;

		n = strcspn(p, "/");
		if (n == 1 && *p == '.')
			continue;
		if (n == 2 && !strncmp(p, "..", 2)) {
			while (len && done[--len] != '/')
				;
			done[len] = '\0';
			continue;
		}
		if (len + n + 2 > sizeof(done))
			return;
		done[len] = '/';
		memcpy(done + len + 1, p, n);
		done[len + 1 + n] = '\0';
		link = host_readlink(h, done);
		if (!link) {
			len += n + 1;
			continue;
		}
		if (++links > LINKS_MOST)
			return;
		memmove(rest, p + n, strlen(p + n) + 1);
		if (!put_front(rest, link))
			return;
		if (*link == '/')
			len = 0;
		done[len] = '\0';
		p = rest;
		n = 0;
	}
	snprintf(buf, REAL_SIZE, "%s", len ? done : "/");
}

bool tree_is_writable(const struct plan *pl)
{
	return pl->tree.root == PLAN_ROOT_TMPFS || pl->tree.overlay;
}
