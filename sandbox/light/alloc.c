// SPDX-License-Identifier: GPL-3.0-or-later
/* alloc.c - the light program's malloc: made for a process that lives for milliseconds
 *
 * Theory of operation. musl's allocator is made to save memory in programs that live
 * long: it asks the kernel for every group of blocks and gives each back at once. A run
 * of nook paid 0.12 ms of 2.9 for that, most of it for mmap(2), munmap(2) and the page
 * faults behind them (docs/speed.md). Here blocks have sizes of powers of two, come from
 * an area that is part of the program, and wait in a list of their size when they are
 * freed. Nothing that the payload writes is ever kept in this heap: the keeper holds its
 * messages and signals on the stack. A header that is not what it was ends the process.
 *
 * The full program, all variants with sanitizers and a light one on glibc keep the C
 * library's own.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef __GLIBC__

#define CLASS_LEAST 5  /* 32 bytes, half of them header */
#define CLASS_MOST 17  /* 128 KiB; larger blocks are mappings of their own */
#define AREA_SIZE (256u << 10)
#define MARK_USED 0x6e6f6f6bu
#define MARK_FREE 0x6b6f6f6eu

/**
 * struct block - What stands before the memory that a caller gets
 * @class:	Size with this header as a power of two; above CLASS_MOST a mapping
 * @mark:	MARK_* ^ class: a block that is freed twice or written over is found
 * @next:	Next free block of this class; @size: bytes of a mapping
 */
struct block {
	uint32_t class;
	uint32_t mark;
	union {
		struct block *next;
		size_t size;
	};
} __attribute__((aligned(16)));

/* The one state: pages of the first area that are not touched cost nothing */
static struct {
	struct block *free[CLASS_MOST + 1];
	char *at, *end;
	char area[AREA_SIZE] __attribute__((aligned(16)));
} heap;

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The smallest class that holds @n bytes and the header */
static uint32_t class_of(size_t n)
{
	uint32_t class = 64 - (uint32_t)__builtin_clzl(n + sizeof(struct block) - 1);

	return class < CLASS_LEAST ? CLASS_LEAST : class;
}

/* Memory that never was anybody's: all zero */
static struct block *take_new(size_t size)
{
	if (!heap.at) {
		heap.at = heap.area;
		heap.end = heap.area + AREA_SIZE;
	}
	if ((size_t)(heap.end - heap.at) < size) {
		char *more = map(AREA_SIZE);

		if (!more)
			return NULL;
		heap.at = more;
		heap.end = more + AREA_SIZE;
	}
	heap.at += size;
	return (struct block *)(void *)(heap.at - size);
}

static void *take(size_t n, bool *is_zero)
{
	uint32_t class = n < PTRDIFF_MAX / 2 ? class_of(n) : 64;
	struct block *b;

	*is_zero = true;
	if (class > CLASS_MOST) {
		b = class < 64 ? map(n + sizeof(*b)) : NULL;
		if (b)
			b->size = n + sizeof(*b);
	} else if (heap.free[class]) {
		b = heap.free[class];
		if (b->mark != (MARK_FREE ^ class))
			__builtin_trap();
		heap.free[class] = b->next;
		*is_zero = false;
	} else {
		b = take_new((size_t)1 << class);
	}
	if (!b) {
		errno = ENOMEM;
		return NULL;
	}
	b->class = class;
	b->mark = MARK_USED ^ class;
	return b + 1;
}

static struct block *block_of(void *p)
{
	struct block *b = (struct block *)p - 1;

	if (b->mark != (MARK_USED ^ b->class))
		__builtin_trap();
	return b;
}

/* Bytes that the caller of a block may use */
static size_t room_of(const struct block *b)
{
	return (b->class > CLASS_MOST ? b->size : (size_t)1 << b->class) - sizeof(*b);
}

void *malloc(size_t n)
{
	bool is_zero;

	return take(n, &is_zero);
}

void *calloc(size_t count, size_t size)
{
	bool is_zero = false;
	size_t n;
	void *p;

	if (__builtin_mul_overflow(count, size, &n)) {
		errno = ENOMEM;
		return NULL;
	}
	p = take(n, &is_zero);
	return p && !is_zero ? memset(p, 0, n) : p;
}

void free(void *p)
{
	struct block *b = p ? block_of(p) : NULL;
	int saved = errno;

	if (!b)
		return;
	if (b->class > CLASS_MOST) {
		munmap(b, b->size);
		errno = saved;
		return;
	}
	b->mark = MARK_FREE ^ b->class;
	b->next = heap.free[b->class];
	heap.free[b->class] = b;
}

void *realloc(void *p, size_t n)
{
	size_t room = p ? room_of(block_of(p)) : 0;
	void *q;

	if (p && n <= room)
		return p;
	q = malloc(n);
	if (q && p) {
		memcpy(q, p, room);
		free(p);
	}
	return q;
}

#endif
