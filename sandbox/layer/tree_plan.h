/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree_plan.h - how the planning halves of root and mount write steps into the plan */
#ifndef NOOK_LAYER_TREE_PLAN_H
#define NOOK_LAYER_TREE_PLAN_H

#include "layer/layer.h"

/* What every mount has */
#define TREE_SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
/* Files in a tmpfs: as many as would fill it with one page each (RS-05) */
#define TREE_BYTES_PER_INODE 4096u

/** path_is_in() - Whether @path is @dir or lies below it; both absolute and normal */
bool path_is_in(const char *path, const char *dir);
/** path_is_below() - Whether @path lies below @dir and is not @dir */
bool path_is_below(const char *path, const char *dir);

/** tree_add() - A step at the end of the plan. The flags that the place asks for are set:
 * PM_WALK in a directory root and below what others wrote. Return: never NULL */
struct plan_mount *tree_add(struct plan *pl, enum mount_op op, const char *target);
struct plan_mount *tree_dir(struct plan *pl, const char *target, uint32_t mode);
struct plan_mount *tree_file(struct plan *pl, const char *target, const char *data);
struct plan_mount *tree_link(struct plan *pl, const char *target, const char *text);
struct plan_mount *tree_bind(struct plan *pl, const char *source, const char *target,
			     uint64_t attr);
struct plan_mount *tree_tmpfs(struct plan *pl, const char *target, uint64_t size,
			      uint64_t inodes, uint32_t mode);
/** tree_inodes() - How many files the tmpfs behind the tree may have: those that go with
 * root.size, and beside them all that nook makes in it */
uint64_t tree_inodes(const struct plan *pl);
/** tree_parents() - Directories above @target that no step makes yet, in a fresh root */
void tree_parents(struct plan *pl, const char *target);

/** tree_has() - Whether a step makes, or mounts on, exactly @target already */
bool tree_has(const struct plan *pl, const char *target);

/** tree_wish() - The wish that mounts something on exactly @target, or NULL */
const struct mount_wish *tree_wish(const struct profile *pf, const char *target);
/** tree_cwd_refused() - Why the current directory may not be handed in without being
 * asked for, or NULL when it may */
const char *tree_cwd_refused(const struct profile *pf, struct host *h, const char *cwd);
/** git_plan() - The current directory @cwd is writable at @to: what git runs on the host
 * stays as it is, and where the repository is not kept, the plan says so */
void git_plan(const struct profile *pf, struct host *h, struct plan *pl, const char *cwd,
	      const char *to);
/** tree_is_covered() - Whether a wish mounts over @target or a directory above it */
bool tree_is_covered(const struct profile *pf, const char *target);
/** tree_idmap() - PM_IDMAP where root's clones map owners by default, else 0 */
uint32_t tree_idmap(const struct plan *pl);
/** tree_binds_proc() - Whether the box gets the visible /proc: it has no pid namespace
 * of its own, or a fresh one is refused here */
bool tree_binds_proc(const struct profile *pf, struct host *h);
/** tree_real() - @path of the host without symlinks, dots and double slashes, into @buf
 * of 4096 bytes, so that paths can be compared; as it is where that cannot be told */
void tree_real(struct host *h, const char *path, char *buf);
/** tree_is_writable() - Whether nook may make mount points in the tree: they go to a
 * tmpfs or an upper, never to the host */
bool tree_is_writable(const struct plan *pl);
/** tree_resolver_in_run() - Whether the resolv.conf of the tree at @root ("" = the
 * host's) is a link into /run, which is fresh in a box; its target is then in @path */
bool tree_resolver_in_run(struct host *h, const char *root, char *path, size_t size);

/** root_host_plan() - The walk of root_host.c over the host's tree */
int root_host_plan(const struct profile *pf, struct host *h, struct plan *pl,
		   struct err *e);
/** root_system_plan() - /usr and what a shell needs of /etc; @system false:
 * an empty root */
int root_system_plan(const struct profile *pf, struct host *h, struct plan *pl,
		     bool system);

/** hide_plan() - Masks over hidden paths wherever a mount shows them */
int hide_plan(const struct profile *pf, struct host *h, struct plan *pl, struct err *e);
/** hide_plan_since() - The same over what the steps behind the first @since show */
void hide_plan_since(const struct profile *pf, struct host *h, struct plan *pl,
		     uint32_t since);
/** hide_plan_proc(), hide_plan_sys() - Masks and read-only places of /proc
 * and /sys */
void hide_plan_proc(const struct profile *pf, struct plan *pl);
void hide_plan_sys(struct host *h, struct plan *pl);
/** hide_covers() - Whether a path is, or lies above, something hidden by default: for
 * tree_cwd_refused(). It and @home are without symlinks */
bool hide_covers(const struct profile *pf, struct host *h, const char *home,
		 const char *path);

#endif
