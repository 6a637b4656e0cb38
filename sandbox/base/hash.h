/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hash.h - FNV-1a, 64 bits (RFC 9923): the same tomorrow, and no secret */
#ifndef NOOK_BASE_HASH_H
#define NOOK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u
#define HASH_PRIME 0x100000001b3u

/** hash_bytes() - @h, HASH_START at first, and @len bytes more */
static inline uint64_t hash_bytes(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * HASH_PRIME;
	return h;
}

#endif
