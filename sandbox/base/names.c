// SPDX-License-Identifier: GPL-3.0-or-later
/* names.c - enum <-> name tables and the nearest known name */
#include "base/names.h"

#include <string.h>
#include <sys/resource.h>

#include "base/err.h"

const struct name resource_names[] = {
	{ "as", RLIMIT_AS },
	{ "core", RLIMIT_CORE },
	{ "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },
	{ "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },
	{ "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE },
	{ "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },
	{ "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },
	{ "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },
	{ "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
	{ NULL, 0 },
};

int name_find(const struct name *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table->value;
	return -1;
}

const char *name_of(const struct name *table, int value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return "?";
}

#define LONGEST 63

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Damerau-Levenshtein distance (optimal string alignment), three rows at a time */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][LONGEST + 1];
	unsigned int *before = rows[0], *prev = rows[1], *row = rows[2], *spare;
	size_t la = strlen(a), lb = strlen(b);

	if (la > LONGEST || lb > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= lb; j++)
		prev[j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int same = a[i - 1] != b[j - 1];

			row[j] = least(least(prev[j], row[j - 1]) + 1,
				       prev[j - 1] + same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = prev;
		prev = row;
		row = spare;
	}
	return prev[lb];
}

const char *name_near(const char *word, const char *(*next)(size_t i, const void *arg),
		      const void *arg)
{
	const char *best = NULL, *name;
	unsigned int best_far = LONGEST;

	for (size_t i = 0; (name = next(i, arg)); i++) {
		unsigned int far = distance(word, name);
		unsigned int most = (unsigned int)strlen(name) / 3;

		if (far <= (most ? most : 1) && far < best_far) {
			best_far = far;
			best = name;
		}
	}
	return best;
}

static const char *table_next(size_t i, const void *arg)
{
	const struct name *table = arg;

	return table[i].name;
}

int name_missing(const char *what, const char *word,
		 const char *(*next)(size_t i, const void *arg), const void *arg,
		 struct err *e)
{
	const char *near = name_near(word, next, arg);

	return err_set(e, "no %s '%s'%s%s%s", what, word, near ? ", did you mean '" : "",
		       near ? near : "", near ? "'" : "");
}

const char *name_near_in(const struct name *table, const char *word)
{
	return name_near(word, table_next, table);
}
