/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pax.h - streams of files as tar(1) writes and reads them
 *
 * What is written is POSIX.1-2001's format, `pax`: a block of 512 bytes as in ustar for
 * each file, and before it, where that has no room, an extended header of records
 * "LENGTH KEY=VALUE\n" (pax(1), "pax Extended Header"). Attributes are SCHILY.xattr.NAME,
 * as GNU tar, bsdtar and star have them; holes are GNU's format 1.0 of sparse files.
 * Read are also plain ustar, the older format without magic, and GNU tar's long names
 * and numbers. Two blocks of zeroes are the end, and what ends without is cut.
 *
 * Everything that is read may have been made by an enemy: lengths are checked where they
 * are read, memory is bounded by PAX_EXTRA and PAX_EXTENTS, and names are only texts
 * here.
 *
 * A stream that is cut, and one that nobody reads any more, is an error with the code
 * EPIPE: whoever has the other end knows why.
 */
#ifndef NOOK_ARCHIVE_PAX_H
#define NOOK_ARCHIVE_PAX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

struct err;

#define PAX_BLOCK   512
#define PAX_EXTRA   (1u << 20) /* bytes of extended headers of an entry */
#define PAX_ROOM    65536      /* bytes that are read or written at once */
#define PAX_EXTENTS (1u << 18) /* pieces of a sparse file */

/** enum pax_type - What an entry is: typeflag of ustar */
enum pax_type {
	PAX_FILE = '0',
	PAX_LINK = '1', /* another name of an entry before it */
	PAX_SYMLINK = '2',
	PAX_CHAR = '3',
	PAX_BLOCKDEV = '4',
	PAX_DIR = '5',
	PAX_FIFO = '6',
};

/** struct pax_extent - Bytes of a sparse file between two holes */
struct pax_extent {
	uint64_t at, len;
};

/**
 * struct pax_entry - One file; pax_entry_release()
 * @size:	Bytes of content as the file has them; 0 for all but PAX_FILE
 * @extent:	@extents of them are all of its bytes that are no hole, in order; NULL =
 *		it has no holes
 * @path, @link: As in the stream, which may be anything
 * @attrs:	One behind the other: name, NUL, length (uint32_t, not aligned), value
 */
struct pax_entry {
	enum pax_type type;
	mode_t mode; /* permission bits, 07777 */
	uint32_t uid, gid;
	struct timespec mtime;
	uint64_t size;
	struct pax_extent *extent;
	size_t extents;
	struct text path, link, attrs;
};

/** pax_entry_release() - Free what it holds; it is an empty one again */
void pax_entry_release(struct pax_entry *en);
/** pax_add_attr() - One more attribute; what is too much for a header is an error of
 * pax_put() */
void pax_add_attr(struct pax_entry *en, const char *name, const void *value, size_t len);
/** pax_each_attr() - The attribute behind @at, 0 = the first. Return: what @at is for the
 * next; 0 at the end */
size_t pax_each_attr(const struct pax_entry *en, size_t at, const char **name,
		     const void **value, size_t *len);

/** struct pax_out - A stream that is written to @fd */
struct pax_out {
	int fd;
	char *room; /* PAX_ROOM, of the caller's */
	size_t used;
	uint64_t left; /* of the content of an entry */
	uint64_t pad;
};

/** pax_put() - Begin an entry: its header. Its content follows, as much as @en->size or
 * its extents say. Return: 0, -1 and @e */
int pax_put(struct pax_out *out, const struct pax_entry *en, struct err *e);
/** pax_write() - Bytes of the content; the last of them end the entry. Return: 0, -1 and
 * @e */
int pax_write(struct pax_out *out, const void *buf, size_t len, struct err *e);
/** pax_finish() - End the stream. Return: 0, -1 and @e */
int pax_finish(struct pax_out *out, struct err *e);

/** struct pax_in - A stream that is read from @fd */
struct pax_in {
	int fd;
	char *room; /* PAX_ROOM, of the caller's */
	size_t at, end;
	uint64_t left; /* of the content of an entry, and its padding */
	uint64_t pad;
};

/** pax_next() - The next entry; what was not read of the last one is passed over.
 * Return: 1; 0 at the end of the stream; -1 and @e */
int pax_next(struct pax_in *in, struct pax_entry *en, struct err *e);
/** pax_read() - At most @len bytes of the content. Return: how many, 0 when there are no
 * more; -1 and @e */
ssize_t pax_read(struct pax_in *in, void *buf, size_t len, struct err *e);

#endif
