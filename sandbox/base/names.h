/* SPDX-License-Identifier: GPL-3.0-or-later */
/* names.h - enum <-> name tables and the nearest known name */
#ifndef NOOK_BASE_NAMES_H
#define NOOK_BASE_NAMES_H

#include <stddef.h>

struct err;

/**
 * struct name - One row of a table of names; a row with a NULL name ends it
 * @name:	As a person writes it
 * @value:	Its enum value or number
 */
struct name {
	const char *name;
	int value;
};

/** resource_names - Every RLIMIT_*, as prlimit(1) and podman write them */
extern const struct name resource_names[];

/** name_find() - The value of @name, or -1 */
int name_find(const struct name *table, const char *name);
/** name_of() - The name of @value, or "?" */
const char *name_of(const struct name *table, int value);

/**
 * name_near() - The known name a person most likely meant
 * @word:	What was written
 * @next:	Called with 0, 1, 2, ... and @arg; gives a known name, NULL at the end
 *
 * Return: a name at a Damerau-Levenshtein distance of at most a third of its length
 * (at least 1), or NULL
 */
const char *name_near(const char *word, const char *(*next)(size_t i, const void *arg),
		      const void *arg);
/** name_missing() - "no WHAT 'WORD', did you mean '...'", where one is near. Return: -1
 * always */
int name_missing(const char *what, const char *word,
		 const char *(*next)(size_t i, const void *arg), const void *arg,
		 struct err *e);
/** name_near_in() - name_near() over a table */
const char *name_near_in(const struct name *table, const char *word);

#endif
