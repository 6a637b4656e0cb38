/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes.h - a text of YAML or JSON as a tree of nodes that know their line: what readers
 * of profiles, of job files and of journals begin with
 *
 * Every scalar stays text, and who reads a node decides what it is. All memory belongs to
 * an arena: nothing here is freed one by one.
 */
#ifndef NOOK_PROFILE_NODES_H
#define NOOK_PROFILE_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

struct arena;
struct err;
struct node;

#define NESTING_MOST 16
#define ENTRIES_MOST 4096 /* of one list or map; a list of JSON is as long as its text */

/* --- arena.c ----------------------------------------------------------------------- */

/** arena_new() - An empty arena; NULL when memory ran out */
struct arena *arena_new(void);
/** arena_free() - Give all of it back; takes NULL */
void arena_free(struct arena *a);
/** arena_reset() - Forget all that was taken; the memory stays for what comes */
void arena_reset(struct arena *a);
/** arena_alloc() - @size zeroed bytes; NULL only when memory ran out */
void *arena_alloc(struct arena *a, size_t size);
/** arena_copy() - @len bytes of @s and a NUL behind them; NULL when memory ran out */
char *arena_copy(struct arena *a, const char *s, size_t len);
/** arena_printf() - A text made by a format; NULL when memory ran out */
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* --- search.c ---------------------------------------------------------------------- */

/** shipped_root() - The directory of what came with this program: its source tree when it
 * lies in build/VARIANT/ of one (tests lie in build/VARIANT/tests/) that has @probe, such
 * as "profiles/base.yaml", else where it was installed. NULL when memory ran out */
const char *shipped_root(struct arena *a, const char *probe);

/* --- types.c: what readers of nodes say
 * ---------------------------------------------- */

/**
 * struct loader - What readers of nodes share
 * @pf:		NULL where they read no profile
 * @e:		The error that ends the reading
 * @tell:	Takes every error, and the reading goes on (stops()); NULL: the first one
 *		ends it
 * @is_wrong:	@tell was called
 */
struct loader {
	struct arena *arena;
	struct profile *pf;
	struct err *e;
	void (*tell)(const struct err *e);
	bool is_wrong;
};

/** wrong() - "FILE:LINE:COL: reason" into the loader's error. Return: -1 */
int wrong(const struct loader *ld, const struct origin *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** shown() - A value as errors show it: escaped, cut */
const char *shown(const struct loader *ld, const char *s);
/** wrong_value() - "'KEY' cannot be 'VALUE': expected ..." */
int wrong_value(const struct loader *ld, const char *key, const struct node *n,
		const char *expects);
/** stops() - Whether the error that the loader has is the end: a check tells it, forgets
 * it and goes on with what does not depend on it */
bool stops(struct loader *ld);
/** no_memory() - The error that has no place. Return: -1 */
int no_memory(const struct loader *ld);

/* --- yaml.c, json.c ---------------------------------------------------------------- */

enum node_kind { NODE_NULL, NODE_SCALAR, NODE_LIST, NODE_MAP };

/**
 * struct node - One value, all text
 * @key:	In a map: its key; NULL in a list
 * @hash:	Of the key, so that looking for twins stays cheap
 * @text:	NODE_SCALAR: without quotes, no NUL inside
 * @at:		Where the value stands; @key_at where its key stands
 */
struct node {
	enum node_kind kind;
	uint32_t hash;
	const char *key;
	const char *text;
	struct origin at;
	struct origin key_at;
	struct node *first;
	struct node *last;
	struct node *next;
	size_t count;
};

/**
 * struct source - A text to parse
 * @file:	Its name in errors and origins
 * @is_option:	Errors and origins carry no line
 * @first_line:	Lines before the text: a line of JSON that is not the first one
 * @instead:	What errors offer instead of aliases and merge keys; NULL = "extends"
 * @each_key:	Where not NULL, the list at this key of the document's map is not kept:
 *		every entry goes to @each as soon as it was read, in memory that is used
 *		again for the next one. For lists that are longer than a tree of nodes
 *		should be
 * @each_most:	Entries of that list
 * @each:	Return: 0; -1 and @e: the reading ends
 */
struct source {
	const char *file;
	const char *buf;
	size_t len;
	bool is_option;
	size_t first_line;
	const char *instead;
	const char *each_key;
	size_t each_most;
	int (*each)(const struct node *entry, const struct node *root, void *arg,
		    struct err *e);
	void *arg;
};

/** yaml_parse() - The one document of @src as nodes; *root is NULL when it is empty */
int yaml_parse(struct arena *a, const struct source *src, struct node **root,
	       struct err *e);
/**
 * json_parse() - The one value of @src as nodes: RFC 8259 to the letter, and no key
 * twice, no NUL, no half of a surrogate pair
 *
 * Numbers, true and false are scalars with their own text. libyaml would read JSON too,
 * but takes far more than that; json-c and its like know no columns, and of two equal
 * keys they keep one. Takes no @each.
 *
 * Return: 0; -1 and @e, "FILE:LINE:COLUMN: ..."
 */
int json_parse(struct arena *a, const struct source *src, struct node **root,
	       struct err *e);
/** utf8_sequence() - Bytes of the UTF-8 sequence at @p with @left bytes, 0 when it is
 * none (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF) or a control
 * that YAML does not take */
size_t utf8_sequence(const unsigned char *p, size_t left);
/** node_new() - An empty node; NULL when memory ran out */
struct node *node_new(struct arena *a, enum node_kind kind, struct origin at);
/** node_append() - One more child at the end; it belongs to one parent only */
void node_append(struct node *parent, struct node *child);
/** key_hash() - What struct node keeps beside its key */
uint32_t key_hash(const char *key);
/** node_find() - Child of a map by its key, or NULL */
struct node *node_find(const struct node *map, const char *key);

#endif
