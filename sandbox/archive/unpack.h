/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unpack.h - a stream made files again, whoever wrote it and whoever is in the way */
#ifndef NOOK_ARCHIVE_UNPACK_H
#define NOOK_ARCHIVE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct manifest_ids;

/**
 * struct unpack - Where a stream goes, and how
 * @root:	The path is one below this directory and cannot lead out of it: that of a
 *		box; -1 = it is the process's own
 * @path:	Of the directory for a stream of somebody else's (@foreign), which must be
 *		there; else what cp(1) does: into a directory that is there, or as that
 *		path. A symbolic link to a directory at its end is followed, any other one
 *		is replaced
 * @foreign:	It is not from pack_to() and may hold many files
 * @all:	Owners, setuid and setgid bits and file capabilities too; else it is the
 *		process's, as all that it makes
 * @uids, @gids: Owners in the stream as they are here; NULL = the same
 * @check:	Asked whether the directory in which something is to be made may have it.
 *		Return: 0, -1 and @e; may be NULL
 */
struct unpack {
	int root;
	const char *path;
	bool foreign, all;
	const struct manifest_ids *uids, *gids;
	int (*check)(int dir, void *arg, struct err *e);
	void *arg;
};

/**
 * unpack_from() - Make what the stream at @fd holds
 *
 * A file is made under another name beside its place and renamed to it, so it is whole or
 * as it was; so is a directory that was not there before, with all in it. Where the
 * stream ends early or something fails, what is under such a name goes. What was already
 * put into a directory that was there stays.
 *
 * Return: 0, -1 and @e
 */
int unpack_from(const struct unpack *u, int fd, struct err *e);

#endif
