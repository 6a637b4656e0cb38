/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pax_block.h - the block that each entry of a tar(1) stream begins with */
#ifndef NOOK_ARCHIVE_PAX_BLOCK_H
#define NOOK_ARCHIVE_PAX_BLOCK_H

#include <stddef.h>
#include <stdint.h>

/** struct pax_block - ustar Interchange Format, pax(1); numbers are octal digits */
struct pax_block {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char sum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char none[12];
};

_Static_assert(sizeof(struct pax_block) == 512, "as in pax(1)");

/** pax_block_sum() - Sum of all bytes, with blanks in the place of the sum itself */
static inline uint32_t pax_block_sum(const struct pax_block *b)
{
	const unsigned char *p = (const unsigned char *)b;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*b); i++)
		sum += i >= offsetof(struct pax_block, sum) &&
				       i < offsetof(struct pax_block, type)
			       ? ' '
			       : p[i];
	return sum;
}

#endif
