// SPDX-License-Identifier: GPL-3.0-or-later
/* options.c - what the command line sets on top of a profile
 */
#include <string.h>

#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "profile/internal.h"

/* --- options ----------------------------------------------------------------------- */

/* The field of an option's key; for "environment.FOO" also the entry "FOO" */
static int option_field(const char *key, const char **entry)
{
	int f = field_find(key);

	*entry = NULL;
	for (int i = 0; f < 0 && i < FIELD_COUNT; i++)
		if ((field_info[i].type->shapes & IS_MAP) &&
		    !strncmp(key, field_info[i].key, field_info[i].key_len) &&
		    key[field_info[i].key_len] == '.') {
			*entry = key + field_info[i].key_len + 1;
			f = i;
		}
	return f;
}

/* A parent for @child: a list of one, or with @key a map of one */
static struct node *wrap_node(struct loader *ld, struct node *child, const char *key)
{
	struct node *parent = node_new(ld->arena, key ? NODE_MAP : NODE_LIST, child->at);

	if (!parent)
		return NULL;
	if (key) {
		child->key = key;
		child->hash = key_hash(key);
		child->key_at = child->at;
	}
	node_append(parent, child);
	return parent;
}

static struct node *option_scalar(struct loader *ld, const char *value,
				  const struct origin *at)
{
	bool is_null = !strcmp(value, "null") || !strcmp(value, "~");
	struct node *n = node_new(ld->arena, is_null ? NODE_NULL : NODE_SCALAR, *at);

	if (n && !is_null)
		n->text = arena_copy(ld->arena, value, strlen(value));
	return n && (is_null || n->text) ? n : NULL;
}

/* NAME=VALUE for a field that is a map */
static int option_pair(struct loader *ld, const char *key, struct node **n)
{
	const char *equals = strchr((*n)->text, '=');
	const char *name;

	if (!equals)
		return wrong_value(ld, key, *n, "expected NAME=VALUE");
	name = arena_copy(ld->arena, (*n)->text, (size_t)(equals - (*n)->text));
	(*n)->text = equals + 1;
	*n = name ? wrap_node(ld, *n, name) : NULL;
	return *n ? 0 : no_memory(ld);
}

static struct node *option_words(struct loader *ld, const struct option_wish *o,
				 const struct origin *at)
{
	struct node *list = node_new(ld->arena, NODE_LIST, *at);

	for (size_t i = 0; list && i < o->word_count; i++) {
		struct node *n = node_new(ld->arena, NODE_SCALAR, *at);

		if (!n)
			return NULL;
		n->text = arena_copy(ld->arena, o->words[i], strlen(o->words[i]));
		if (!n->text)
			return NULL;
		node_append(list, n);
	}
	return list;
}

/* What begins with a quote or a bracket is YAML; anything else is a word as it stands, so
 * that a colon or a hash in it means nothing */
static int option_node(struct loader *ld, const struct option_wish *o,
		       const struct origin *at, struct node **n)
{
	const char *value = o->value;
	struct source src = { .file = at->file,
			      .buf = value,
			      .len = value ? strlen(value) : 0,
			      .is_option = true };

	if (o->words) {
		*n = option_words(ld, o, at);
		return *n ? 0 : no_memory(ld);
	}
	if (*value && strchr("[{\"'", *value)) {
		if (yaml_parse(ld->arena, &src, n, ld->e))
			return -1;
		return 0;
	}
	*n = option_scalar(ld, value, at);
	return *n ? 0 : no_memory(ld);
}

/* A word or a map where the field is a list is a list of one, NAME=VALUE is a map of
 * one */
static int option_shape(struct loader *ld, enum field f, bool is_more, struct node **n)
{
	unsigned int shapes = field_info[f].type->shapes;
	bool is_word = (*n)->kind == NODE_SCALAR && (is_more || !(shapes & IS_SCALAR));

	if (is_word && (shapes & IS_MAP) && !(shapes & IS_LIST))
		return option_pair(ld, field_info[f].key, n);
	if ((is_word || (*n)->kind == NODE_MAP) && (shapes & IS_LIST))
		*n = wrap_node(ld, *n, NULL);
	return *n ? 0 : no_memory(ld);
}

int apply_option(struct loader *ld, const struct option_wish *o)
{
	struct origin at = { .file = arena_copy(ld->arena, o->option,
						strlen(o->option)) };
	bool is_more = *o->key == '+', is_less = *o->key == '-';
	const char *key = o->key + (is_more || is_less), *entry;
	int f = option_field(key, &entry);
	struct node *n;

	if (!at.file)
		return no_memory(ld);
	if (f < 0)
		return unknown_key(ld, &at, NULL, key);
	if (f == FIELD_extends)
		return wrong(ld, &at, "'extends' can only stand in a profile");
	if (option_node(ld, o, &at, &n))
		return -1;
	if (is_less && entry)
		return wrong(ld, &at, "'%s': write '%s=null' to take it away", o->key,
			     key);
	if (is_less)
		return option_shape(ld, (enum field)f, true, &n)
			       ? -1
			       : fold_less(ld, (enum field)f, n);
	if (entry) {
		entry = arena_copy(ld->arena, entry, strlen(entry));
		n = entry ? wrap_node(ld, n, entry) : NULL;
		return n ? fold(ld, (enum field)f, n, is_more) : no_memory(ld);
	}
	return option_shape(ld, (enum field)f, is_more, &n)
		       ? -1
		       : fold(ld, (enum field)f, n, is_more);
}

int profile_try(struct arena *a, const struct option_wish *o, struct err *e)
{
	struct profile *pf = arena_alloc(a, sizeof(*pf));
	struct loader ld = { .arena = a, .pf = pf, .e = e };

	if (!pf)
		return no_memory(&ld);
	*pf = profile_defaults;
	pf->arena = a;
	return apply_option(&ld, o);
}
