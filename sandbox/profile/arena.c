// SPDX-License-Identifier: GPL-3.0-or-later
/* arena.c - memory that is taken in pieces and given back as a whole */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/nodes.h"

#define CHUNK (32u * 1024u)

struct chunk {
	struct chunk *before;
	size_t used;
	size_t size;
	char bytes[] __attribute__((aligned(16)));
};

/* Lies in its own first chunk: one allocation less for every profile */
struct arena {
	struct chunk *now;
};

static struct chunk *chunk_new(struct chunk *before, size_t size)
{
	struct chunk *c = malloc(sizeof(*c) + size);

	if (c)
		*c = (struct chunk){ .before = before, .size = size };
	return c;
}

struct arena *arena_new(void)
{
	struct chunk *c = chunk_new(NULL, CHUNK - sizeof(struct chunk));
	struct arena *a;

	if (!c)
		return NULL;
	a = (struct arena *)c->bytes;
	c->used = (sizeof(*a) + 15) & ~(size_t)15;
	a->now = c;
	return a;
}

void arena_free(struct arena *a)
{
	struct chunk *before;

	for (struct chunk *c = a ? a->now : NULL; c; c = before) {
		before = c->before;
		free(c);
	}
}

void arena_reset(struct arena *a)
{
	struct chunk *before;

	for (struct chunk *c = a->now; (before = c->before); c = before) {
		free(c);
		a->now = before;
	}
	a->now->used = (sizeof(*a) + 15) & ~(size_t)15;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t whole = (size + 15) & ~(size_t)15;
	struct chunk *c = a->now;
	void *p;

	if (c->size - c->used < whole) {
		c = chunk_new(a->now, whole > CHUNK / 2 ? whole : CHUNK - sizeof(*c));
		if (!c)
			return NULL;
		a->now = c;
	}
	p = c->bytes + c->used;
	c->used += whole;
	return memset(p, 0, size);
}

char *arena_copy(struct arena *a, const char *s, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	return p ? memcpy(p, s, len) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
