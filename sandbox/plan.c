// SPDX-License-Identifier: GPL-3.0-or-later
/* plan.c - the plan as one relocatable block: allocation, chains and checks */
#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Behind the end of the area: where records go that did not fit. Never part of a plan. */
#define SCRATCH 4096u

void plan_clear(struct plan *pl)
{
	memset(pl, 0, pl->size);
	pl->magic = PLAN_MAGIC;
	pl->version = PLAN_VERSION;
	pl->size = (uint32_t)((sizeof(*pl) + 7) & ~7ul);
}

static struct plan *map_plan(int how)
{
	struct plan *pl = mmap(NULL, PLAN_MOST + SCRATCH, PROT_READ | PROT_WRITE,
			       how | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (pl == MAP_FAILED)
		return NULL;
	plan_clear(pl);
	return pl;
}

struct plan *plan_new(void)
{
	return map_plan(MAP_PRIVATE);
}

struct plan *plan_new_shared(void)
{
	return map_plan(MAP_SHARED);
}

void plan_free(struct plan *pl)
{
	if (pl)
		munmap(pl, PLAN_MOST + SCRATCH);
}

const void *plan_at(const struct plan *pl, plan_ref ref)
{
	return ref && ref < pl->size ? (const char *)pl + ref : NULL;
}

const char *plan_text(const struct plan *pl, plan_ref ref)
{
	const char *s = plan_at(pl, ref);

	return s ? s : "";
}

const char *plan_text_or_null(const struct plan *pl, plan_ref ref)
{
	return plan_at(pl, ref);
}

void *plan_alloc(struct plan *pl, size_t size)
{
	size_t whole = (size + 7) & ~(size_t)7;
	void *p;

	if (whole > PLAN_MOST || pl->size + whole > PLAN_MOST) {
		pl->size = PLAN_MOST;
		return NULL;
	}
	p = (char *)pl + pl->size;
	pl->size += (uint32_t)whole;
	return p;
}

plan_ref plan_ref_of(const struct plan *pl, const void *p)
{
	return p ? (plan_ref)((const char *)p - (const char *)pl) : 0;
}

plan_ref plan_put(struct plan *pl, const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0;
	void *p = text ? plan_alloc(pl, len) : NULL;

	if (!p)
		return 0;
	memcpy(p, text, len);
	return plan_ref_of(pl, p);
}

/* Written straight to where plan_alloc() will put it: measuring first would take as long
 * as writing, and a run does this a hundred times */
static plan_ref put_va(struct plan *pl, const char *fmt, va_list ap)
{
	size_t room = pl->size < PLAN_MOST ? PLAN_MOST - pl->size : 0;
	int n = vsnprintf((char *)pl + pl->size, room, fmt, ap);

	return n < 0 ? 0 : plan_ref_of(pl, plan_alloc(pl, (size_t)n + 1));
}

plan_ref plan_putf(struct plan *pl, const char *fmt, ...)
{
	plan_ref ref;
	va_list ap;

	va_start(ap, fmt);
	ref = put_va(pl, fmt, ap);
	va_end(ap);
	return ref;
}

bool plan_is_full(const struct plan *pl)
{
	return pl->size >= PLAN_MOST;
}

void *plan_append(struct plan *pl, struct plan_list *list, size_t size)
{
	plan_ref *rec = plan_alloc(pl, size);
	plan_ref *last;

	if (!rec)
		return memset((char *)pl + PLAN_MOST, 0, size);
	last = (plan_ref *)plan_at(pl, list->last);
	if (last)
		*last = plan_ref_of(pl, rec);
	else
		list->first = plan_ref_of(pl, rec);
	list->last = plan_ref_of(pl, rec);
	list->count++;
	return rec;
}

void plan_remove(struct plan *pl, struct plan_list *list, const void *rec)
{
	plan_ref *before = NULL;

	for (const void *r = NULL; (r = plan_each(pl, list, r)) && r != rec;)
		before = (plan_ref *)r;
	if (before)
		*before = *(const plan_ref *)rec;
	else
		list->first = *(const plan_ref *)rec;
	if (list->last == plan_ref_of(pl, rec))
		list->last = plan_ref_of(pl, before);
	list->count--;
}

void plan_add_word(struct plan *pl, struct plan_list *list, const char *text)
{
	struct plan_word *w = plan_append(pl, list, sizeof(*w));

	w->text = plan_put(pl, text);
}

const void *plan_each(const struct plan *pl, const struct plan_list *list,
		      const void *prev)
{
	return plan_at(pl, prev ? *(const plan_ref *)prev : list->first);
}

uint32_t plan_outside(const struct plan *pl, const struct plan_list *map, uint32_t inside)
{
	if (pl->user.order == USER_NONE)
		return inside;
	for (const struct plan_map *m = NULL; (m = plan_each(pl, map, m));)
		if (inside >= m->inside && inside - m->inside < m->count)
			return m->outside + (inside - m->inside);
	return UINT32_MAX;
}

uint32_t plan_builder_id(const struct plan *pl, const struct plan_list *map,
			 uint32_t inside)
{
	return pl->user.order == USER_FIRST ? inside : plan_outside(pl, map, inside);
}

void plan_fact(struct plan *pl, const char *layer, const char *key, const char *origin,
	       const char *fmt, ...)
{
	struct plan_fact *f = plan_append(pl, &pl->facts, sizeof(*f));
	va_list ap;

	f->layer = plan_put(pl, layer);
	f->weight = FACT_VALUE;
	f->key = plan_put(pl, key);
	f->origin = plan_put(pl, origin);
	va_start(ap, fmt);
	f->text = put_va(pl, fmt, ap);
	va_end(ap);
}

void plan_say(struct plan *pl, const char *layer, enum plan_weight weight,
	      const char *key, const char *fmt, ...)
{
	struct plan_fact *f = plan_append(pl, &pl->facts, sizeof(*f));
	va_list ap;

	f->layer = plan_put(pl, layer);
	f->weight = weight;
	f->key = plan_put(pl, key);
	va_start(ap, fmt);
	f->text = put_va(pl, fmt, ap);
	va_end(ap);
}
