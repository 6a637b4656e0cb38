/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pack.h - a file or a directory as a stream, whoever may change it meanwhile */
#ifndef NOOK_ARCHIVE_PACK_H
#define NOOK_ARCHIVE_PACK_H

#include <stdbool.h>

struct err;
struct manifest_ids;

/**
 * struct pack - What to pack, and how
 * @root:	The path is one below this directory and cannot lead out of it: that of a
 *		box; -1 = it is the process's own
 * @path:	Of what to pack. A symbolic link at its end is packed itself, one with a
 *		slash behind it is followed
 * @name:	That it has in the stream; NULL = it is a directory of which only the
 *		content is wanted, and "." is its name
 * @uids, @gids: Owners as others have them; NULL = as they are here
 * @left:	Told of what is left out: sockets, devices, and trees of the kernel's
 */
struct pack {
	int root;
	const char *path, *name;
	const struct manifest_ids *uids, *gids;
	void (*left)(const char *path, const char *why, void *arg);
	void *arg;
};

/** pack_to() - Write the stream to @fd, whole or without its end. Return: 0, -1 and @e */
int pack_to(const struct pack *p, int fd, struct err *e);

#endif
