// SPDX-License-Identifier: GPL-3.0-or-later
/* load.c - find, parse and inherit: from files and options to one struct profile
 *
 * Parents are folded in before the file that extends them, left to right, so that later
 * wins. A profile that is reached on two ways is folded in once, where it is reached first:
 * in `extends: [strict, net]` the base of both does not undo what strict has set.
 */
#include <string.h>

#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "profile/internal.h"

/** struct level - A profile whose parents are being loaded, up to the one asked for */
struct level {
	const char *name;
	struct found file;
	const struct level *child;
	int depth;
};

/** struct done - A profile that was folded in */
struct done {
	dev_t dev;
	ino_t ino;
	const char *name; /* NULL: it was reached by path */
	struct done *next;
};

struct run {
	struct loader ld;
	struct search search;
	struct done *done;
};

/* --- keys ------------------------------------------------------------------------------ */

const char *field_name(enum field f)
{
	return field_info[f].key;
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
		    (group ? !strncmp(info->key, group, skip - 1) && info->key[skip - 1] == '.' :
			     !strchr(key, '.')))
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

static bool is_group(const char *key)
{
	size_t len = strlen(key);

	for (int f = 0; f < FIELD_COUNT; f++)
		if (!strncmp(field_info[f].key, key, len) && field_info[f].key[len] == '.')
			return true;
	return false;
}

static const char *field_next(size_t i, const void *arg)
{
	(void)arg;
	return i < FIELD_COUNT ? field_info[i].key : NULL;
}

/* The nearest key may stand in another group: the last words decide as well */
static const char *near_key(const struct loader *ld, const char *group, const char *key)
{
	const char *whole = group ? arena_printf(ld->arena, "%s.%s", group, key) : key;
	const char *near = whole ? name_near(whole, field_next, NULL) : NULL;

	for (int f = 0; !near && f < FIELD_COUNT; f++) {
		const char *dot = strrchr(field_info[f].key, '.');

		if (dot && !strcmp(dot + 1, key))
			near = field_info[f].key;
		else if (!group && !strchr(key, '.') && is_group(key))
			near = key;
	}
	return near;
}

static int unknown_key(const struct loader *ld, const struct origin *at, const char *group,
		       const char *key)
{
	const char *near = near_key(ld, group, key);

	return wrong(ld, at, "unknown key '%s%s%s'%s%s%s", group ? group : "",
		     group ? "." : "", shown(ld, key), near ? ", did you mean '" : "",
		     near ? near : "", near ? "'" : "");
}

/* --- folding one field in -------------------------------------------------------------- */

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
	return parent->count > ENTRIES_MOST ?
		       wrong(ld, &from->at, "more than 4096 entries with what is inherited") : 0;
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
 * fold() - One value of one file or option into the profile
 * @is_more: the key began with '+'
 */
static int fold(struct loader *ld, enum field f, struct node *n, bool is_more)
{
	const struct field_info *info = &field_info[f];
	struct origin at = n->kind == NODE_SCALAR || !n->key_at.file ? n->at : n->key_at;

	if (is_more && !(info->type->shapes & IS_LIST))
		return wrong(ld, &at, "'+%s': only a list can be appended to", info->key);
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
		return -1;
	ld->pf->value[f] = n;
	ld->pf->origin[f] = at;
	return 0;
}

/* --- one document ---------------------------------------------------------------------- */

static int apply_key(struct loader *ld, const char *group, struct node *n, bool *seen)
{
	bool is_more = *n->key == '+';
	int f = field_in(group, n->key + is_more);

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
		if (apply_key(ld, group->key, n, seen))
			return -1;
	return 0;
}

static int apply_document(struct loader *ld, const struct node *root)
{
	bool seen[FIELD_COUNT] = { false };

	for (struct node *n = root->first; n; n = n->next)
		/* `user` is a group, `proc` a field: a field's own name comes first */
		if (field_in(NULL, n->key) < 0 && is_group(n->key) ?
			    apply_group(ld, n, seen) : apply_key(ld, NULL, n, seen))
			return -1;
	return 0;
}

static int parse_document(struct loader *ld, const struct source *src, struct node **root)
{
	if (yaml_parse(ld->arena, src, root, ld->e))
		return -1;
	if (*root && (*root)->kind != NODE_MAP)
		return wrong(ld, &(*root)->at, "expected keys such as 'description: ...'");
	return 0;
}

/* --- inheritance ----------------------------------------------------------------------- */

static int load_file(struct run *r, const char *name, const struct origin *at,
		     const struct level *child);

/* "a -> b -> a", the one asked for first */
static void chain_text(const struct level *l, struct text *out)
{
	if (l->child)
		chain_text(l->child, out);
	if (out->len)
		text_add(out, " -> ");
	text_add(out, l->name);
}

/* In `extends` a path is one of a file beside this one: no way up, none elsewhere (IN-11) */
static const char *beside(struct run *r, const struct node *n, const struct level *me)
{
	const char *slash = strrchr(me->file.path, '/');
	const char *rest = n->text + 2;

	if (strncmp(n->text, "./", 2) != 0 || strchr(rest, '/') || !*rest ||
	    !strcmp(rest, "..") || !slash) {
		wrong_value(&r->ld, "extends", n, "expected a profile's name, or ./FILE beside "
			    "this one");
		return NULL;
	}
	return arena_printf(r->ld.arena, "%.*s/%s", (int)(slash - me->file.path),
			    me->file.path, rest);
}

static int load_parents(struct run *r, const struct node *root, const struct level *me)
{
	const struct node *extends = root ? node_find(root, "extends") : NULL;
	const struct type *type = field_info[FIELD_extends].type;
	struct items names;
	const struct node *n;

	if (!extends || extends->kind == NODE_NULL)
		return 0;
	if (read_list_of(&r->ld, "extends", extends, type, &names))
		return -1;
	n = extends->kind == NODE_LIST ? extends->first : extends;
	for (size_t i = 0; i < names.count; i++, n = n->next) {
		const char *name = names.v[i].text;

		if (strchr(name, '/') && !(name = beside(r, n, me)))
			return -1;
		if (load_file(r, name, &n->at, me))
			return -1;
	}
	if (!me->child) {
		r->ld.pf->extends = names;
		r->ld.pf->value[FIELD_extends] = extends;
		r->ld.pf->origin[FIELD_extends] = extends->at;
	}
	return 0;
}

static bool is_done(const struct run *r, const char *name, const struct found *file)
{
	for (const struct done *d = r->done; d; d = d->next)
		if (file ? d->dev == file->dev && d->ino == file->ino :
			   d->name && !strcmp(d->name, name))
			return true;
	return false;
}

static int mark_done(struct run *r, const char *name, const struct found *file)
{
	struct done *d = arena_alloc(r->ld.arena, sizeof(*d));

	if (!d)
		return no_memory(&r->ld);
	*d = (struct done){ file->dev, file->ino, strchr(name, '/') ? NULL : name, r->done };
	r->done = d;
	return 0;
}

static int refuse_chain(struct run *r, const struct level *me, const struct origin *at,
			const char *what)
{
	auto_text chain = { 0 };

	chain_text(me, &chain);
	return wrong(&r->ld, at, "%s: %.300s", what, text_str(&chain));
}

static int find(struct run *r, struct level *me, const struct origin *at)
{
	int rc = strchr(me->name, '/') ? search_path(&r->search, me->name, &me->file, r->ld.e) :
					 search_name(&r->search, me->name, &me->file, r->ld.e);

	if (rc && at)
		err_wrap(r->ld.e, "%s:%d:%d: ", at->file, at->line, at->column);
	return rc;
}

/*
 * load_file() - A profile and, before it, its parents
 * @at:		Where `extends` names it; NULL for the one asked for
 * @child:	Whose parent it is; NULL as above
 */
static int load_file(struct run *r, const char *name, const struct origin *at,
		     const struct level *child)
{
	struct level me = { .name = name, .child = child, .depth = child ? child->depth + 1 : 0 };
	struct node *root;

	if (me.depth > EXTENDS_MOST)
		return refuse_chain(r, &me, at, "extends is deeper than 16");
	if (is_done(r, name, NULL))
		return 0;
	if (find(r, &me, at))
		return -1;
	for (const struct level *l = child; l; l = l->child)
		if (l->file.dev == me.file.dev && l->file.ino == me.file.ino)
			return refuse_chain(r, &me, at, "extends goes in a circle");
	if (is_done(r, name, &me.file))
		return 0;
	if (!child)
		r->ld.pf->path = me.file.path;
	if (parse_document(&r->ld, &(struct source){ me.file.path, me.file.buf, me.file.len, false },
			   &root) ||
	    load_parents(r, root, &me) || (root && apply_document(&r->ld, root)))
		return -1;
	return mark_done(r, name, &me.file);
}

/* --- options --------------------------------------------------------------------------- */

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
static int option_node(struct loader *ld, const struct option_wish *o, const struct origin *at,
		       struct node **n)
{
	const char *value = o->value;
	struct source src = { at->file, value, value ? strlen(value) : 0, true };

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

/* A word or a map where the field is a list is a list of one, NAME=VALUE is a map of one */
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

static int apply_option(struct loader *ld, const struct option_wish *o)
{
	struct origin at = { .file = arena_copy(ld->arena, o->option, strlen(o->option)) };
	bool is_more = *o->key == '+';
	const char *entry;
	int f = option_field(o->key + is_more, &entry);
	struct node *n;

	if (!at.file)
		return no_memory(ld);
	if (f < 0)
		return unknown_key(ld, &at, NULL, o->key + is_more);
	if (f == FIELD_extends)
		return wrong(ld, &at, "'extends' can only stand in a profile");
	if (option_node(ld, o, &at, &n))
		return -1;
	if (entry) {
		entry = arena_copy(ld->arena, entry, strlen(entry));
		n = entry ? wrap_node(ld, n, entry) : NULL;
		return n ? fold(ld, (enum field)f, n, is_more) : no_memory(ld);
	}
	return option_shape(ld, (enum field)f, is_more, &n) ? -1 :
							      fold(ld, (enum field)f, n, is_more);
}

/* --- the whole ------------------------------------------------------------------------- */

static struct profile *profile_new(struct run *r, struct err *e)
{
	struct arena *a = arena_new();
	struct profile *pf = a ? arena_alloc(a, sizeof(*pf)) : NULL;

	if (!pf) {
		arena_free(a);
		err_set(e, "out of memory");
		return NULL;
	}
	*pf = profile_defaults;
	pf->arena = a;
	*r = (struct run){ .ld = { .arena = a, .pf = pf, .e = e } };
	return pf;
}

void profile_free(struct profile *pf)
{
	if (pf)
		arena_free(pf->arena);
}

/* A path's last part without .yaml, as a name: what does not belong in one becomes '_' */
static const char *name_of_path(struct arena *a, const char *path)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_.-";
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t len = strlen(base);
	char *name;

	if (len > 5 && !strcmp(base + len - 5, ".yaml"))
		len -= 5;
	name = arena_copy(a, base, len < 64 ? len : 64);
	for (char *c = name; c && *c; c++)
		if (!strchr(fine, *c) || (c == name && (*c == '.' || *c == '-')))
			*c = '_';
	return name;
}

int profile_load(const char *name, const struct option_wish *options, size_t count,
		 struct profile **out, struct err *e)
{
	struct run r;
	struct profile *pf = profile_new(&r, e);
	int rc;

	if (!pf)
		return -1;
	search_init(&r.search, pf->arena);
	pf->name = name_of_path(pf->arena, name);
	rc = load_file(&r, arena_copy(pf->arena, name, strlen(name)), NULL, NULL);
	for (size_t i = 0; !rc && i < count; i++)
		rc = apply_option(&r.ld, &options[i]);
	if (!rc)
		rc = profile_check(&r.ld);
	search_release(&r.search);
	if (rc) {
		profile_free(pf);
		return -1;
	}
	*out = pf;
	return 0;
}

int profile_parse_text(const char *buf, size_t len, const char *name, struct profile **out,
		       struct err *e)
{
	struct run r;
	struct profile *pf = profile_new(&r, e);
	struct node *root = NULL;
	const struct node *extends;
	int rc;

	if (!pf)
		return -1;
	pf->name = name_of_path(pf->arena, name);
	pf->path = arena_copy(pf->arena, name, strlen(name));
	rc = len > PROFILE_MOST ? err_set(e, "%s: larger than 1M", name) :
				  parse_document(&r.ld, &(struct source){ pf->path, buf, len, false },
						 &root);
	extends = !rc && root ? node_find(root, "extends") : NULL;
	if (extends && extends->kind != NODE_NULL)
		rc = wrong(&r.ld, &extends->at, "'extends' needs a profile in a file");
	if (!rc && root)
		rc = apply_document(&r.ld, root);
	if (!rc)
		rc = profile_check(&r.ld);
	if (rc) {
		profile_free(pf);
		return -1;
	}
	*out = pf;
	return 0;
}
