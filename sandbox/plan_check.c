// SPDX-License-Identifier: GPL-3.0-or-later
/* plan_check.c - whether bytes that came from elsewhere are a plan that can be read
 *
 * Theory of operation. A plan that was made here is right by the way it is made; one from
 * a record on disk may be cut, damaged or meant to do harm. Readers (explain, export,
 * dump) follow references and index tables without a further look, so all of it is
 * checked here once, by the rows that also print it: texts end within the block, records
 * lie within it whole and aligned, a chain only goes forward (plan_append() can make no
 * other, and so none is a ring) and is as long as it says, enums have a name, and what
 * has a count of its own fits.
 */
#include <string.h>

#include "base/cleanup.h"
#include "plan.h"
#include "plan_rows.h"

static uint32_t u32_at(const char *base, size_t offset)
{
	uint32_t n;

	memcpy(&n, base + offset, sizeof(n));
	return n;
}

static bool is_text(const struct plan *pl, plan_ref ref)
{
	return !ref || (ref < pl->size && memchr((const char *)pl + ref, '\0',
						 (size_t)pl->size - ref));
}

static bool has_name(const struct name *names, uint32_t value)
{
	for (; names->name; names++)
		if ((uint32_t)names->value == value)
			return true;
	return false;
}

static bool is_program(const struct plan *pl, plan_ref ref)
{
	uint64_t len = (uint64_t)pl->seccomp.count * 8;

	if (!ref)
		return !pl->seccomp.count;
	return ref % 8 == 0 && len && ref < pl->size && len <= pl->size - ref;
}

/* Bytes of a record up to the end of its last field that has a row */
static size_t extent(const struct dump_row *rows)
{
	size_t most = sizeof(plan_ref);

	for (; rows->name; rows++) {
		bool wide = rows->kind == DUMP_BITS64 ||
			    (rows->kind >= DUMP_U64 && rows->kind <= DUMP_OFFSET);
		size_t end = rows->offset + (wide ? sizeof(uint64_t) : sizeof(uint32_t));

		most = end > most ? end : most;
	}
	return most;
}

static bool is_field(const struct plan *pl, const struct dump_row *row, const char *base)
{
	uint32_t n = u32_at(base, row->offset);

	if (row->kind == DUMP_TEXT)
		return is_text(pl, n);
	if (row->kind == DUMP_ENUM)
		return has_name(row->names, n);
	if (row->kind == DUMP_BOOL)
		return n <= 1;
	if (row->kind == DUMP_GROUPS)
		return pl->user.group_count <= ARRAY_SIZE(pl->user.group);
	return row->kind != DUMP_PROGRAM || is_program(pl, n);
}

static bool is_list(const struct plan *pl, const struct dump_row *row)
{
	const struct plan_list *list = (const void *)((const char *)pl + row->offset);
	size_t size = extent(row->rows);
	plan_ref before = 0;
	uint32_t count = 0;

	for (plan_ref ref = list->first; ref; count++) {
		const char *rec = (const char *)pl + ref;

		if (ref <= before || ref < sizeof(*pl) || ref % 8 || ref >= pl->size ||
		    size > pl->size - ref)
			return false;
		for (const struct dump_row *r = row->rows; r->name; r++)
			if (!is_field(pl, r, rec))
				return false;
		before = ref;
		ref = u32_at(rec, 0);
	}
	return count == list->count && before == list->last;
}

bool plan_check(const void *block, size_t len)
{
	const struct plan *pl = block;

	if (len < sizeof(*pl) || len > PLAN_MOST || pl->magic != PLAN_MAGIC ||
	    pl->version != PLAN_VERSION || pl->size != len)
		return false;
	for (const struct dump_row *row = plan_rows; row->name; row++)
		if (!(row->kind == DUMP_LIST ? is_list(pl, row)
					     : is_field(pl, row, (const char *)pl)))
			return false;
	return true;
}
