/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copy.h - files made anew somewhere else: bytes with their holes, names for one file */
#ifndef NOOK_CHANGES_COPY_H
#define NOOK_CHANGES_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "changes/attrs.h"

struct err;
struct change_file;

/** copy_bytes() - All bytes of @from to the empty file @to: shared by the file system
 * where it can (ioctl_ficlone(2)), holes stay holes. Return: 0, -1 and errno */
int copy_bytes(int from, int to);

/**
 * struct twins - Files with several names, each with one that was made already
 *
 * Only files with more than one link are in it. All zero = empty.
 */
struct twins {
	struct twin *v;
	size_t count, room; /* room is a power of 2 */
};

/** struct twin - One file: as it was copied from, and what was made of it */
struct twin {
	dev_t dev, made_dev;
	ino_t ino, made_ino;
	char *path; /* below a top that the caller knows; NULL = a free place */
	struct timespec made_ctime; /* when the caller last looked */
};

/** twins_find() - What was made of a file already, or NULL */
struct twin *twins_find(const struct twins *t, const struct change_file *f);
/** twins_add() - Remember that @f is @made at @path. What was remembered of it before is
 * forgotten. Return: 0, -1 when memory ran out */
int twins_add(struct twins *t, const struct change_file *f,
	      const struct change_file *made, const char *path);
void twins_release(struct twins *t);
/** twin_open() - What is there already, below the directory @top: no link is followed on
 * the way, and another file that lies there now is refused. Return: descriptor of O_PATH,
 * -1 and @e */
int twin_open(int top, const struct twin *t, struct err *e);
/** copy_link() - Make @to another name of the file @fd, as from twin_open(). Return: 0,
 * -1 and @e */
int copy_link(int fd, const struct twin *t, struct attr_file to, struct err *e);

/*
 * What was made is changed by its descriptor alone: somebody who may write in that
 * directory could have put a link in the place of the name meanwhile.
 */

/** copy_node() - Make @to, which is not there, as what @from is, which is no directory:
 * type, bytes, target or device; for us alone. Return: descriptor of it, which may be one
 * of O_PATH; -1 and @e, nothing is left then */
int copy_node(struct attr_file from, const struct change_file *f, struct attr_file to,
	      struct err *e);
/** copy_dir() - Make the directory @to, for us alone. Return: as copy_node() */
int copy_dir(struct attr_file to, struct err *e);
/** copy_owner() - Owner, then mode. @fd: may be of O_PATH. Return: 0, -1 and @e */
int copy_owner(const struct change_file *f, int fd, struct err *e);
/** copy_times() - Time of the last change of content. Return: 0, -1 and @e */
int copy_times(const struct change_file *f, int fd, struct err *e);

/** copy_tree() - Copy all of a directory into the empty directory @to as it is: owners,
 * attributes of overlays, devices, names for one file. For an upper at rest. Return: 0,
 * -1 and @e; a part of it may be there then */
int copy_tree(int from, int to, struct err *e);

#endif
