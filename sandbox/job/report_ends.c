// SPDX-License-Identifier: GPL-3.0-or-later
/* report_ends.c - jobs of a journal that have more than one end (report.h) */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "job/report.h"

static struct one_end *place_of(const struct ends *es, uint64_t job)
{
	size_t i = job & (es->room - 1);

	while (es->v[i].line && es->v[i].job != job)
		i = (i + 1) & (es->room - 1);
	return &es->v[i];
}

static int grow(struct ends *es, struct err *e)
{
	struct ends more = { .room = es->room ? es->room * 2 : 256 };

	more.v = calloc(more.room, sizeof(*more.v));
	if (!more.v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < es->room; i++)
		if (es->v[i].line)
			*place_of(&more, es->v[i].job) = es->v[i];
	free(es->v);
	es->v = more.v;
	es->room = more.room;
	return 0;
}

static int add_old(struct ends *es, size_t line, struct err *e)
{
	size_t room = es->old_room ? es->old_room * 2 : 256;
	size_t *old;

	if (es->old_count == es->old_room) {
		old = realloc(es->old, room * sizeof(*old));
		if (!old)
			return err_set(e, "out of memory");
		es->old = old;
		es->old_room = room;
	}
	es->old[es->old_count++] = line;
	return 0;
}

int ends_add(struct ends *es, const struct journal_line *l, size_t line, struct err *e)
{
	uint64_t job = hash_bytes(HASH_START, l->job, strlen(l->job));
	struct one_end *end = es->room ? place_of(es, job) : NULL;

	if (end && end->line) {
		if (add_old(es, end->line, e))
			return -1;
		end->line = line;
		return 0;
	}
	if (l->passed)
		return 0;
	if (2 * es->count >= es->room && grow(es, e))
		return -1;
	*place_of(es, job) = (struct one_end){ .job = job, .line = line };
	es->count++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void ends_sort(struct ends *es)
{
	if (es->old_count)
		qsort(es->old, es->old_count, sizeof(*es->old), compare);
}

void ends_release(struct ends *es)
{
	free(es->v);
	free(es->old);
	*es = (struct ends){ 0 };
}
