/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manifest.h - what the directory of a box's changes is about: which upper over which
 * tree
 *
 * A directory of changes holds, beside the file `manifest`, for each overlay of the box
 *
 *	NAME/		its upper: what the box changed, in the box's hands
 *	NAME.work/	the kernel's
 *
 * and the file `applied` (changes/applied.h) once something was applied.
 * Nothing in a box can reach the manifest or rename an upper; all below NAME/ is hostile.
 */
#ifndef NOOK_CHANGES_MANIFEST_H
#define NOOK_CHANGES_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct text;

#define MANIFEST_FILE  "manifest"
#define MANIFEST_MOST  (1u << 20) /* bytes */
#define MANIFEST_TREES 4096
#define MANIFEST_LINES 32 /* of an id map */
#define MANIFEST_NAME_SIZE 20 /* with the NUL */

/** struct manifest_map - One line of an id map, as in user_namespaces(7) */
struct manifest_map {
	uint32_t inside, outside, count;
};

/** struct manifest_ids - An id map; without lines ids are the same on both sides */
struct manifest_ids {
	uint32_t count;
	struct manifest_map line[MANIFEST_LINES];
};

/**
 * struct manifest_tree - One overlay of the box
 * @name:	Its upper in the directory of changes: 'u' and 16 hexadecimal digits
 * @target:	Where it is in the box, absolute
 * @lower:	The directory of the host below it, absolute and without symlinks
 * @idmap:	The lower was mounted through the id map: owners in the upper are those
 *		of the outside, owners in the lower those of the inside
 */
struct manifest_tree {
	char name[MANIFEST_NAME_SIZE];
	char *target;
	char *lower;
	bool idmap;
};

/**
 * struct manifest - All of it
 * @base_ns:	Time before the first box was built on this directory: what
 *		changed in a lower since then was not seen by the box
 * @userxattr:	The overlays keep their marks in user.overlay.*, not trusted.overlay.*
 * @uids, @gids:	Of the boxes
 */
struct manifest {
	uint64_t base_ns;
	bool userxattr;
	struct manifest_ids uids, gids;
	struct manifest_tree *trees;
	size_t count;
};

/** manifest_name() - The upper's name for a tree: the same for the same two paths, in
 * @buf of MANIFEST_NAME_SIZE */
void manifest_name(const char *target, const char *lower, char *buf);
/** manifest_add() - One more tree, unless it is there. Return: 0, -1 and @e */
int manifest_add(struct manifest *m, const char *target, const char *lower, bool idmap,
		 struct err *e);
/** manifest_parse() - Read the text of a manifest into an empty @m; any text is safe.
 * Return: 0, -1 and @e with the line; @m is empty then */
int manifest_parse(struct manifest *m, const char *text, size_t len, struct err *e);
/** manifest_print() - The text of a manifest */
void manifest_print(const struct manifest *m, struct text *out);
/** manifest_read() - Read it from the directory of changes @dir. Return: 0; 1 where there
 * is none; -1 and @e */
int manifest_read(int dir, struct manifest *m, struct err *e);
/** manifest_write() - Write it whole or not at all: temporary file, fsync, rename.
 * Return: 0, -1 and @e */
int manifest_write(int dir, const struct manifest *m, struct err *e);
/** manifest_stamp() - Set the base to now, by the clock that stamps files: of the time
 * that a file in @dir gets. Return: 0, -1 and @e */
int manifest_stamp(int dir, struct manifest *m, struct err *e);
/** manifest_release() - Free what it holds; it is empty again */
void manifest_release(struct manifest *m);

/** manifest_inside() - The id that a lower tree has for @outside; UINT32_MAX = none */
uint32_t manifest_inside(const struct manifest_ids *ids, uint32_t outside);

#endif
