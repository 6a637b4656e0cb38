/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk.h - what a box changed: its upper directories compared with the trees below them
 * */
#ifndef NOOK_CHANGES_WALK_H
#define NOOK_CHANGES_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "changes/manifest.h"

#define WALK_DEEPEST 256 /* directories below one another */

/** enum change_kind - What happened to a path */
enum change_kind {
	CHANGE_NONE = 0, /* a directory on the way to changes */
	CHANGE_ADDED = 'A',
	CHANGE_MODIFIED = 'M',
	CHANGE_DELETED = 'D',
	CHANGE_UNKNOWN = '?', /* could not be looked at: @why says why */
};

/* In what a modified path differs */
enum {
	DIFFERS_TYPE = 1 << 0,
	DIFFERS_CONTENT =
		1 << 1, /* of a file by size, time or bytes; of a link its text */
	DIFFERS_MODE = 1 << 2,
	DIFFERS_OWNER = 1 << 3,
	DIFFERS_ATTRS = 1 << 4,
};

/* What a person should look at twice */
enum {
	FLAG_SETUID = 1 << 0,
	FLAG_SETGID = 1 << 1, /* of a program, not of a directory */
	FLAG_CAPS = 1 << 2,   /* file capabilities */
	FLAG_DEVICE = 1 << 3,
	FLAG_SOCKET = 1 << 4,
	FLAG_FIFO = 1 << 5,
	FLAG_HARDLINK = 1 << 6, /* it has other names, changed or not */
	FLAG_OPAQUE = 1 << 7,	/* a directory made anew in the place of another */
	FLAG_NO_OWNER = 1 << 8, /* its owner has no id in the lower tree */
};

/* Those for which `apply` asks */
#define FLAGS_TRUST (FLAG_SETUID | FLAG_SETGID | FLAG_CAPS | FLAG_DEVICE)

/** struct change_file - One side of a change; @mode 0 = it is not there. The owner is as
 * in the lower tree on both sides */
struct change_file {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t dev, rdev;
	ino_t ino;
	nlink_t nlink;
	uint64_t size, blocks; /* bytes, both */
	struct timespec mtime, ctime;
};

/**
 * struct change - One path that differs, or a directory on the way
 * @kind:	enum change_kind
 * @path:	As the box has it, absolute; good until the callback returns
 * @name:	Its last part; "" for the top of a tree
 * @upper_dir, @lower_dir: Directories that it lies in; -1 where there is none. Both are
 *		reached step by step without following a link
 * @upper, @lower: What is there; a whiteout is not
 * @differs:	DIFFERS_*
 * @flags:	FLAG_* of the upper's file
 * @hidden:	Its directory hides the lower one: taken out of the upper, it would count
 *		as deleted
 * @why:	CHANGE_UNKNOWN: the reason
 * @tree, @manifest: Where it belongs to
 */
struct change {
	int kind;
	const char *path;
	const char *name;
	int upper_dir, lower_dir;
	struct change_file upper, lower;
	uint32_t differs, flags;
	bool hidden;
	const char *why;
	const struct manifest_tree *tree;
	const struct manifest *manifest;
};

/**
 * struct walk_calls - What a walk calls
 * @each:	Every change, and every directory of the upper before what is in it.
 *		Return: 0; 1 = leave out what is below this directory; negative = stop
 * @leave:	A directory for which @each returned 0, after what is in it, with the same
 *		@c, also where that could not be looked at; may be NULL. Return: 0;
 *		negative = stop
 * @links:	Only directories and files with several names: no others are looked into
 */
struct walk_calls {
	int (*each)(const struct change *c, void *arg);
	int (*leave)(const struct change *c, void *arg);
	void *arg;
	bool links;
};

/**
 * walk_changes() - Walk every tree of a directory of changes
 * @dir:	The directory of changes
 *
 * Names of a directory come in order, as far as 64 KiB of them are held at a time. While
 * the box runs this is a picture of the moment: what goes away meanwhile is left out.
 * Memory does not grow with the number of changes.
 *
 * Return: 0; -1 and @e; what a callback stopped with
 */
int walk_changes(int dir, const struct manifest *m, const struct walk_calls *calls,
		 struct err *e);

/** walk_open_dir() - Open a directory by one name below another: no symlink, no other
 * file system. @name "" opens @dir itself anew. Return: descriptor to read names from,
 * -1 and errno */
int walk_open_dir(int dir, const char *name);
/** walk_open_lower() - The top of a lower tree, reached without a symlink. Return:
 * descriptor, -1 and @e */
int walk_open_lower(const struct manifest_tree *t, struct err *e);
/** walk_stat() - What lies at @name; owners as they are. Return: 0, -1 and errno */
int walk_stat(int dir, const char *name, struct change_file *f);

#endif
