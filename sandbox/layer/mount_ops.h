/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mount_ops.h - what each step of building the tree does
 *
 * Theory of operation. The new root is the current directory while it is built. Two kinds
 * of targets need different care:
 *
 *	a place in a fresh tmpfs that only nook has written: a path relative to the
 *	current directory is safe, and one mount(2) does what takes five calls of the new
 *	mount API
 *
 *	a place reached through what others wrote (PM_WALK: a directory root, the user's
 *	binds): openat2(2) finds it below the new root, the mount is made detached and
 *	attached to that descriptor, so nobody can swap a component in between
 *
 * In a tree of the second kind /dev and /proc are our own file systems once they are
 * mounted; what lies in them is reached from descriptors of these mounts and not by path.
 */
#ifndef NOOK_LAYER_MOUNT_OPS_H
#define NOOK_LAYER_MOUNT_OPS_H

#include <stdint.h>

#include "layer/layer.h"

/**
 * struct mounting - The state of one build
 * @root_fd:	O_PATH of the new root, opened when a target has to be walked to;
 *		-1 before
 * @dev_fd:	/dev and /proc as mounted in a root of the second kind, else -1
 * @proc_fd:	as @dev_fd
 * @uid, @gid:	what the box's root-most id is for this process
 * @chown:	whether that differs from what new files get anyway
 */
struct mounting {
	const struct plan *pl;
	struct site *site;
	struct err *e;
	int root_fd;
	int dev_fd;
	int proc_fd;
	uint32_t uid;
	uint32_t gid;
	bool chown;
};

/**
 * struct mount_step - One row of the table of enum mount_op
 * @name:	As the plan's dump calls it
 * @apply:	Does it. Return: 0, or -1 and the error in @mk->e
 * @verb:	What it does, for mount_words(): "bind", "mount tmpfs"
 */
struct mount_step {
	const char *name;
	int (*apply)(struct mounting *mk, const struct plan_mount *m);
	const char *verb;
};

/**
 * struct spot - Where a step works: @path below @dirfd, or @dirfd itself where @path is
 * ""
 * @held:	Descriptor to close afterwards, or -1
 * @fresh:	The path is nook's own and relative to the current directory: mount(2)
 *		is safe
 */
struct spot {
	int dirfd;
	const char *path;
	int held;
	bool fresh;
};

/* An auto_spot closes what it holds */
#define auto_spot __attribute__((cleanup(spot_release))) struct spot


/** mounting_init() - The state at the beginning: no descriptor open, owners looked up */
void mounting_init(struct mounting *mk, const struct plan *pl, struct site *s,
		   struct err *e);
void spot_release(struct spot *sp);
/** spot_find() - Find (and with PM_MKTARGET make) the place a step works on. Return: 0,
 * or -1 with errno */
int spot_find(struct mounting *mk, const struct plan_mount *m, struct spot *sp);
/** spot_attach() - Attach a detached mount there. Return: 0, or -1 with errno */
int spot_attach(const struct spot *sp, int mount_fd);
/** mounting_root() - @mk->root_fd, opened when it is not yet. Return: it,
 * or -1 with errno */
int mounting_root(struct mounting *mk);
/** mounting_owner() - Give what a step made its owner. Return: 0, or -1 with errno */
int mounting_owner(const struct mounting *mk, const struct plan_mount *m, int dirfd,
		   const char *path);
/** mounting_failed() - Say which step failed, from errno: "cannot bind 'A' on 'B': why".
 * Return: -1 */
int mounting_failed(struct mounting *mk, const struct plan_mount *m, const char *what);
/** mounting_may_lack() - Whether errno is what an optional step may meet */
bool mounting_may_lack(const struct plan_mount *m);

/**
 * overlay_mount() - An overlay over the step's source
 * @where:	A path of nook's own in the stage
 *
 * The current directory is the lower one afterwards. Return: 0, or -1 and @mk->e
 */
int overlay_mount(struct mounting *mk, const struct plan_mount *m, const char *where);
/** overlay_apply(), filesystem_apply() - The steps MOP_OVERLAY and MOP_FILESYSTEM */
int overlay_apply(struct mounting *mk, const struct plan_mount *m);
int filesystem_apply(struct mounting *mk, const struct plan_mount *m);
/** text_apply(), hosts_apply() - The steps MOP_TEXT and MOP_HOSTS */
int text_apply(struct mounting *mk, const struct plan_mount *m);
int hosts_apply(struct mounting *mk, const struct plan_mount *m);
/** mount_steps() - Do the steps behind @behind (NULL: from the first) up to @last (NULL:
 * to the end). The new root is the current directory. Return: 0, -1 and @e */
int mount_steps(const struct plan *pl, struct site *s, const struct plan_mount *behind,
		const struct plan_mount *last, struct err *e);
/** mount_words() - One step as a line for people, without newline */
void mount_words(const struct plan *pl, const struct plan_mount *m, struct text *out);

#define MOUNT_OPTIONS 256
/** mount_tmpfs_options() - What a tmpfs is mounted with, into MOUNT_OPTIONS bytes */
void mount_tmpfs_options(const struct mounting *mk, const struct plan_mount *m,
			 char *options);
/** mount_step_of() - The row of an op, NULL for a number that is none */
const struct mount_step *mount_step_of(uint32_t op);
/** mount_origin_wrap() - Put "FILE:LINE: " in front of an error of a step. Return: -1 */
int mount_origin_wrap(const struct plan *pl, const struct plan_mount *m, struct err *e);

/** mount_flags_of() - MS_* flags of mount(2) for MOUNT_ATTR_* */
unsigned long mount_flags_of(uint64_t attr);
/** mount_escape() - @path as a value in an overlay's option string: , : and \ escaped */
void mount_escape(struct text *out, const char *path);

/**
 * struct tree_source - What is cloned, and how
 * @path:	Below @dirfd; "" for @dirfd itself
 * @flags:	PM_ONE, PM_IDMAP, PM_SOFT, PM_SLAVE
 * @attr:	MOUNT_ATTR_* set on it and, without PM_ONE, on all mounts below
 * @userns_fd:	For PM_IDMAP; -1 = owners stay as they are all the same
 * @name:	For messages; NULL = @path
 */
struct tree_source {
	int dirfd;
	const char *path;
	uint32_t flags;
	uint64_t attr;
	int userns_fd;
	const char *name;
};

/** tree_clone() - Detached clone of a directory, file or mount, with attributes set.
 * Return: mount descriptor, or -1 and @e */
int tree_clone(const struct tree_source *from, struct err *e);
/** tree_fs() - Detached new file system; @options as for mount(2), "a=b,c". Return: mount
 * descriptor, or -1 and @e */
int tree_fs(const char *fstype, const char *options, uint64_t attr, struct err *e);

/** mount_filesystem() - MOP_FILESYSTEM: any type, by libmount, on @spot (a path of nook's
 * own); only in nook-full, the light program says so. Return: 0, or -1 and @e */
int mount_filesystem(const struct plan *pl, const struct plan_mount *m, const char *spot,
		     struct err *e);

#endif
