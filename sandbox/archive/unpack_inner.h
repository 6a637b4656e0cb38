/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unpack_inner.h - what the files of unpack share */
#ifndef NOOK_ARCHIVE_UNPACK_INNER_H
#define NOOK_ARCHIVE_UNPACK_INNER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "archive/pax.h"
#include "archive/unpack.h"

#define BESIDE	    ".nook-cp-" /* and 16 hexadecimal digits */
#define BESIDE_SIZE 32
#define OPEN_DIR    (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/** struct level - A directory on the way; @len: of its path. @made: and not left yet */
struct level {
	int fd;
	size_t len;
	bool made;
	mode_t mode;
	struct timespec mtime;
};

/**
 * struct unpacking - A stream under way
 * @strip:	How much of each path in the stream stands for the top
 * @parent, @name: Where the top goes when it is whole, if it was made as @beside; or the
 *		place of the only file
 * @held:	The top's lock while it is called @beside; -1 = none
 * @level:	From the top on, @depth of them; @path: of the last, below the top
 * @at:		Path of the entry, below the top
 * @made:	How many were made, or begun
 */
struct unpacking {
	const struct unpack *u;
	struct pax_in in;
	struct pax_entry en;
	size_t strip;
	int parent, held;
	char name[NAME_MAX + 1], beside[BESIDE_SIZE];
	bool is_file;
	size_t made;
	struct level *level;
	int depth;
	struct text path, at;
	char *room;
	struct err *e;
};

/** unpack_beside() - A name that nothing has, in @buf of BESIDE_SIZE */
void unpack_beside(char *buf);
/** unpack_hold() - Lock what was made beside its place. Return: false where it is taken
 * for a killed copy's, and another must be made */
bool unpack_hold(int fd);
/** unpack_sweep() - Clear away what killed copies left in a directory, where only we may
 * write */
void unpack_sweep(int dir);
/** unpack_mode() - Permission bits that the entry is to have */
mode_t unpack_mode(const struct unpacking *k);
/** unpack_times() - Set the time of the last change of content. Return: 0, -1 and errno
 */
int unpack_times(int fd, const struct timespec *mtime);
/** unpack_owner() - Give what was made to the entry's owner, and its attributes. Return:
 * 0, -1 and @e */
int unpack_owner(const struct unpacking *k, int fd);
/** unpack_dir() - Make a directory for us alone. Return: descriptor; -1 and @e */
int unpack_dir(struct unpacking *k, int dir, const char *name);
/** unpack_below() - The part of a path in the stream that is below the top, into @to.
 * Return: 0; -1 and @e where it leads elsewhere */
int unpack_below(const struct unpacking *k, const char *path, struct text *to);
/** unpack_make() - Make the entry, which is no directory, as @name in @dir, whole or not
 * at all. Return: 0, -1 and @e */
int unpack_make(struct unpacking *k, int dir, const char *name);

#endif
