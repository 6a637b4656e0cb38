// SPDX-License-Identifier: GPL-3.0-or-later
/* fold.c - keys, and folding what one file says into the profile
 *
 * Three states: a key that is absent inherits, a value sets, null goes back to the
 * built-in default. Maps merge by key, lists replace, `+key` appends. `-key`, which only
 * options have, takes entries of a list away.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "profile/internal.h"

/* --- keys -------------------------------------------------------------------------- */

const char *field_name(enum field f)
{
	return field_info[f].key;
}

const struct name *field_words(enum field f)
{
	return field_info[f].type->words;
}

const char *field_expects(enum field f)
{
	return field_info[f].type->expects;
}

bool profile_is_set(const struct profile *pf, enum field f)
{
	return pf->value[f] != NULL;
}

/* The field @group.@key, or @key when there is no group */
static int field_in(const char *group, const char *key)
{
	size_t skip = group ? strlen(group) + 1 : 0;
	size_t len = strlen(key) + skip;

	for (int f = 0; f < FIELD_COUNT; f++) {
		const struct field_info *info = &field_info[f];

		if (info->key_len == len && !strcmp(info->key + skip, key) &&
		    (group ? !strncmp(info->key, group, skip - 1) &&
				     info->key[skip - 1] == '.'
			   : !strchr(key, '.')))
			return f;
	}
	return -1;
}

int field_find(const char *key)
{
	for (int f = 0; f < FIELD_COUNT; f++)
		if (!strcmp(field_info[f].key, key))
			return f;
	return -1;
}

bool field_is_map(int f)
{
	return f >= 0 && (field_info[f].type->shapes & IS_MAP);
}

static bool is_group(const char *key)
{
	size_t len = strlen(key);

	for (int f = 0; f < FIELD_COUNT; f++)
		if (!strncmp(field_info[f].key, key, len) &&
		    field_info[f].key[len] == '.')
			return true;
	return false;
}

/* Every key, and the groups that a file writes above them */
static const char *field_next(size_t i, const void *arg)
{
	static const char *const groups[] = { "root", "time", "user", "network",
					      "limits" };

	(void)arg;
	if (i < FIELD_COUNT)
		return field_info[i].key;
	i -= FIELD_COUNT;
	return i < sizeof(groups) / sizeof(groups[0]) ? groups[i] : NULL;
}

/* What compose, podman, systemd and CI call it, where no spelling is near */
static const struct {
	const char *word;
	const char *key;
} elsewhere[] = {
	{ "env", "environment" },      { "cmd", "command" },
	{ "entrypoint", "command" },   { "cwd", "workdir" },
	{ "working_dir", "workdir" },  { "volumes", "mounts" },
	{ "binds", "mounts" },	       { "read_only", "root.changes" },
	{ "cap_add", "capabilities" }, { "ports", "network.publish" },
	{ "tty", "terminal" },	       { "timeout", "limits.wall" },
	{ "time", "limits.wall" },     { "cpu", "limits.cpus" },
	{ "mem", "limits.memory" },    { "mem_limit", "limits.memory" },
	{ "tasks", "limits.pids" },    { "pids_limit", "limits.pids" },
	{ "processes", "limits.pids" },
};

const char *key_of_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (!strcmp(elsewhere[i].word, word))
			return elsewhere[i].key;
	for (int f = 0; f < FIELD_COUNT; f++) {
		const char *dot = strrchr(field_info[f].key, '.');

		if (dot && !strcmp(dot + 1, word))
			return field_info[f].key;
	}
	return NULL;
}

/* The nearest key may stand in another group: the last words decide as well. Below
 * another group than its own a word of others means something else */
static const char *near_key(const struct loader *ld, const char *group, const char *key)
{
	const char *whole = group ? arena_printf(ld->arena, "%s.%s", group, key) : key;
	const char *dot = whole ? strrchr(whole, '.') : NULL;
	const char *near, *known;

	if (!whole)
		return NULL;
	known = key_of_word(dot ? dot + 1 : whole);
	if (known && (!dot || !strncmp(known, whole, (size_t)(dot - whole) + 1)))
		return known;
	near = name_near(whole, field_next, NULL);
	return near ? near : known;
}

int unknown_key(const struct loader *ld, const struct origin *at, const char *group,
		const char *key)
{
	const char *near = near_key(ld, group, key);

	if (!group && *key && is_group(key))
		return wrong(ld, at, "'%s' is a group of keys, set one of them", key);
	return wrong(ld, at, "unknown key '%s%s%s'%s%s%s", group ? group : "",
		     group ? "." : "", shown(ld, key), near ? ", did you mean '" : "",
		     near ? near : "", near ? "'" : "");
}

/* --- folding one field in ---------------------------------------------------------- */

static void field_reset(struct loader *ld, enum field f)
{
	const struct field_info *info = &field_info[f];

	memcpy(field_at(ld, info), (const char *)&profile_defaults + info->offset,
	       info->type->size);
	ld->pf->value[f] = NULL;
	ld->pf->origin[f] = (struct origin){ 0 };
}

static int copy_into(struct loader *ld, struct node *parent, const struct node *child)
{
	struct node *n = arena_alloc(ld->arena, sizeof(*n));

	if (!n)
		return no_memory(ld);
	*n = *child;
	n->next = NULL;
	node_append(parent, n);
	return 0;
}

static int copy_all(struct loader *ld, struct node *parent, const struct node *from)
{
	for (const struct node *c = from->first; c; c = c->next)
		if (copy_into(ld, parent, c))
			return -1;
	return parent->count > ENTRIES_MOST
		       ? wrong(ld, &from->at,
			       "more than 4096 entries with what is inherited")
		       : 0;
}

static int add_word(struct loader *ld, struct node *list, const char *text)
{
	struct node *n = node_new(ld->arena, NODE_SCALAR, (struct origin){ 0 });

	if (!n)
		return no_memory(ld);
	n->text = text;
	node_append(list, n);
	return 0;
}

/* What `+key` appends to where no file has set the key: the built-in default as a list */
static struct node *default_list(struct loader *ld, enum field f)
{
	const struct field_info *info = &field_info[f];
	const void *at = (const char *)&profile_defaults + info->offset;
	struct node *list = node_new(ld->arena, NODE_LIST, (struct origin){ 0 });

	if (!list)
		return NULL;
	if (f == FIELD_namespaces) {
		for (const struct name *w = info->type->words; w->name; w++)
			if ((*(const uint32_t *)at & (uint32_t)w->value) &&
			    add_word(ld, list, w->name))
				return NULL;
	} else if (f == FIELD_devices) {
		const struct items *it = at;

		for (size_t i = 0; i < it->count; i++)
			if (add_word(ld, list, it->v[i].text))
				return NULL;
	}
	return list;
}

static int fold_list(struct loader *ld, enum field f, struct node **n)
{
	const struct node *old = ld->pf->value[f];
	struct node *list = node_new(ld->arena, NODE_LIST, (*n)->at);

	if (!old)
		old = default_list(ld, f);
	if (!old || !list)
		return no_memory(ld);
	/* One word where a list may stand as well: `auto` gives way to the list */
	if ((old->kind == NODE_LIST && copy_all(ld, list, old)) || copy_all(ld, list, *n))
		return -1;
	*n = list;
	return 0;
}

static int fold_map(struct loader *ld, enum field f, struct node **n)
{
	const struct node *old = ld->pf->value[f];
	struct node *map;

	if (!old || old->kind != NODE_MAP)
		return 0;
	map = node_new(ld->arena, NODE_MAP, (*n)->at);
	if (!map)
		return no_memory(ld);
	for (const struct node *c = old->first; c; c = c->next)
		if (!node_find(*n, c->key) && copy_into(ld, map, c))
			return -1;
	if (copy_all(ld, map, *n))
		return -1;
	*n = map;
	return 0;
}

/*
 * @n cannot be read: which of its entries are wrong, each by itself? Where none is, the
 * error about the whole stays. What this writes into the profile is not used: the load
 * has failed.
 */
static int tell_entries(struct loader *ld, const struct field_info *info,
			const struct node *n)
{
	struct err whole = *ld->e;
	bool is_told = false;

	for (const struct node *c = n->first; c; c = c->next) {
		struct node *one = node_new(ld->arena, n->kind, n->at);

		if (!one || copy_into(ld, one, c))
			return no_memory(ld);
		if (info->type->read(ld, info, one)) {
			stops(ld);
			is_told = true;
		}
	}
	*ld->e = is_told ? (struct err){ 0 } : whole;
	return -1;
}

int fold(struct loader *ld, enum field f, struct node *n, bool is_more)
{
	const struct field_info *info = &field_info[f];
	const struct node *given = n;
	struct origin at = n->kind == NODE_SCALAR || !n->key_at.file ? n->at : n->key_at;

	if (is_more && !(info->type->shapes & IS_LIST))
		return wrong(ld, n->key_at.file ? &n->key_at : &at,
			     "'+%s': only a list can be appended to", info->key);
	if (n->kind == NODE_NULL && !is_more) {
		field_reset(ld, f);
		return 0;
	}
	if (!(info->type->shapes & 1u << n->kind) || (is_more && n->kind != NODE_LIST))
		return wrong_value(ld, info->key, n,
				   is_more ? "expected a list" : info->type->expects);
	if (is_more && fold_list(ld, f, &n))
		return -1;
	if (n->kind == NODE_MAP && fold_map(ld, f, &n))
		return -1;
	if (info->type->read(ld, info, n))
		return ld->tell ? tell_entries(ld, info, given) : -1;
	ld->pf->value[f] = n;
	ld->pf->origin[f] = at;
	return 0;
}

/* Of `mounts` an entry is known by its place, of other lists by its words. @i: its
 * number */
static bool is_entry(const struct loader *ld, enum field f, const struct node *entry,
		     size_t i, const char *text)
{
	const struct profile *pf = ld->pf;

	if (f == FIELD_mounts)
		return i < pf->mount_count && pf->mounts[i].to &&
		       !strcmp(pf->mounts[i].to, text);
	return entry->kind == NODE_SCALAR && !strcmp(entry->text, text);
}

/* Return: a list without the last entry that is @gone; NULL and the error */
static struct node *list_without(struct loader *ld, enum field f, const struct node *old,
				 const struct node *gone)
{
	struct node *list = node_new(ld->arena, NODE_LIST, gone->at);
	size_t i = 0, last = SIZE_MAX;

	for (const struct node *c = old ? old->first : NULL; c; c = c->next, i++)
		if (is_entry(ld, f, c, i, gone->text))
			last = i;
	if (last == SIZE_MAX) {
		wrong(ld, &gone->at, "'-%s': there is no entry '%s' to take away",
		      field_info[f].key, shown(ld, gone->text));
		return NULL;
	}
	i = 0;
	for (const struct node *c = old->first; list && c; c = c->next, i++)
		if (i != last && copy_into(ld, list, c))
			return NULL;
	if (!list)
		no_memory(ld);
	return list;
}

int fold_less(struct loader *ld, enum field f, const struct node *n)
{
	const struct field_info *info = &field_info[f];

	if (!(info->type->shapes & IS_LIST) || info->type->shapes & IS_MAP)
		return wrong(ld, &n->at, "'-%s': only a list has entries to take away",
			     info->key);
	if (n->kind != NODE_LIST)
		return wrong_value(ld, info->key, n, "expected an entry of the list");
	for (const struct node *c = n->first; c; c = c->next) {
		const struct node *old = ld->pf->value[f];
		struct node *list;

		if (c->kind != NODE_SCALAR)
			return wrong_value(ld, info->key, c,
					   f == FIELD_mounts
						   ? "expected the place of a mount"
						   : "expected an entry of the list");
		list = list_without(ld, f, old ? old : default_list(ld, f), c);
		if (!list || info->type->read(ld, info, list))
			return -1;
		ld->pf->value[f] = list;
		ld->pf->origin[f] = c->at;
	}
	return 0;
}

/* --- one document ------------------------------------------------------------------ */

static int apply_key(struct loader *ld, const char *group, struct node *n, bool *seen)
{
	bool is_more = *n->key == '+';
	int f = field_in(group, n->key + is_more);

	if (f < 0 && !group && (f = field_find(n->key + is_more)) >= 0)
		return wrong(ld, &n->key_at, "'%s' is written '%.*s: {%s: ...}'",
			     field_info[f].key, (int)strcspn(field_info[f].key, "."),
			     field_info[f].key, strchr(field_info[f].key, '.') + 1);
	if (f < 0)
		return unknown_key(ld, &n->key_at, group, n->key + is_more);
	if (seen[f])
		return wrong(ld, &n->key_at, "'%s' and '+%s' cannot stand in one file",
			     field_info[f].key, field_info[f].key);
	seen[f] = true;
	if (f == FIELD_extends)
		return is_more ? wrong(ld, &n->key_at, "'extends' takes no '+'") : 0;
	return fold(ld, (enum field)f, n, is_more);
}

static int apply_group(struct loader *ld, const struct node *group, bool *seen)
{
	if (group->kind == NODE_NULL) {
		size_t len = strlen(group->key);

		for (int f = 0; f < FIELD_COUNT; f++)
			if (!strncmp(field_info[f].key, group->key, len) &&
			    field_info[f].key[len] == '.')
				field_reset(ld, (enum field)f);
		return 0;
	}
	if (group->kind != NODE_MAP)
		return wrong_value(ld, group->key, group, "expected keys below it");
	for (struct node *n = group->first; n; n = n->next)
		if (apply_key(ld, group->key, n, seen) && stops(ld))
			return -1;
	return 0;
}

int apply_document(struct loader *ld, const struct node *root)
{
	bool seen[FIELD_COUNT] = { false };

	for (struct node *n = root->first; n; n = n->next)
		/* `user` is a group, `proc` a field: a field's own name comes first */
		if ((field_in(NULL, n->key) < 0 && is_group(n->key)
			     ? apply_group(ld, n, seen)
			     : apply_key(ld, NULL, n, seen)) &&
		    stops(ld))
			return -1;
	return 0;
}
