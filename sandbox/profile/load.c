// SPDX-License-Identifier: GPL-3.0-or-later
/* load.c - find, parse and inherit: from files and options to one struct profile
 *
 * Parents are folded in before the file that extends them, left to right, so that later
 * wins. A profile that is reached on two ways is folded in once, where it is reached
 * first: in `extends: [strict, net]` the base of both does not undo what strict has set.
 */
#include <string.h>

#include "base/err.h"
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

/* --- one document ------------------------------------------------------------------ */

static int parse_document(struct loader *ld, const struct source *src, struct node **root)
{
	if (yaml_parse(ld->arena, src, root, ld->e))
		return -1;
	if (*root && (*root)->kind != NODE_MAP)
		return wrong(ld, &(*root)->at,
			     "expected keys such as 'description: ...'");
	return 0;
}

/* --- inheritance ------------------------------------------------------------------- */

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

/* In `extends` a path is one of a file beside this one: no way up, none elsewhere
 * (IN-11) */
static const char *beside(struct run *r, const struct node *n, const struct level *me)
{
	const char *slash = strrchr(me->file.path, '/');
	const char *rest = n->text + 2;

	if (strncmp(n->text, "./", 2) != 0 || strchr(rest, '/') || !*rest ||
	    !strcmp(rest, "..") || !slash) {
		wrong_value(&r->ld, "extends", n,
			    "expected a profile's name, or ./FILE beside "
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
		return stops(&r->ld) ? -1 : 0;
	n = extends->kind == NODE_LIST ? extends->first : extends;
	for (size_t i = 0; i < names.count; i++, n = n->next) {
		const char *name = names.v[i].text;

		if (strchr(name, '/'))
			name = beside(r, n, me);
		if ((!name || load_file(r, name, &n->at, me)) && stops(&r->ld))
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
		if (file ? d->dev == file->dev && d->ino == file->ino
			 : d->name && !strcmp(d->name, name))
			return true;
	return false;
}

static int mark_done(struct run *r, const char *name, const struct found *file)
{
	struct done *d = arena_alloc(r->ld.arena, sizeof(*d));

	if (!d)
		return no_memory(&r->ld);
	*d = (struct done){ file->dev, file->ino, strchr(name, '/') ? NULL : name,
			    r->done };
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
	int rc = strchr(me->name, '/')
			 ? search_path(&r->search, me->name, &me->file, r->ld.e)
			 : search_name(&r->search, me->name, &me->file, r->ld.e);

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
	struct level me = { .name = name,
			    .child = child,
			    .depth = child ? child->depth + 1 : 0 };
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
	if (parse_document(&r->ld,
			   &(struct source){ .file = me.file.path,
					     .buf = me.file.buf,
					     .len = me.file.len },
			   &root)) {
		if (stops(&r->ld))
			return -1;
		root = NULL;
	}
	if (load_parents(r, root, &me) || (root && apply_document(&r->ld, root)))
		return -1;
	return mark_done(r, name, &me.file);
}

/* --- the whole --------------------------------------------------------------------- */

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

/* What the options set, on top of all files; then the whole is checked */
static int finish(struct run *r, const struct option_wish *options, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		if (apply_option(&r->ld, &options[i]))
			return -2;
	if (!r->ld.is_wrong)
		rc = profile_check(&r->ld);
	return rc || r->ld.is_wrong ? -1 : 0;
}

/* @r: begun with profile_new(); the profile is given back where it is no good */
static int load(struct run *r, const char *name, const struct option_wish *options,
		size_t count, struct profile **out)
{
	struct profile *pf = r->ld.pf;
	int rc;

	search_init(&r->search, pf->arena);
	pf->name = name_of_path(pf->arena, name);
	rc = load_file(r, arena_copy(pf->arena, name, strlen(name)), NULL, NULL);
	if (!rc)
		rc = finish(r, options, count);
	search_release(&r->search);
	if (rc) {
		profile_free(pf);
		return rc;
	}
	*out = pf;
	return 0;
}

int profile_load(const char *name, const struct option_wish *options, size_t count,
		 struct profile **out, struct err *e)
{
	struct run r;

	return profile_new(&r, e) ? load(&r, name, options, count, out) : -1;
}

int profile_examine(const char *name, void (*tell)(const struct err *e),
		    struct profile **out)
{
	struct err e = { 0 };
	struct run r;
	int rc = -1;

	if (profile_new(&r, &e)) {
		r.ld.tell = tell;
		rc = load(&r, name, NULL, 0, out);
	}
	if (*e.text)
		tell(&e);
	return rc;
}

int profile_make(const char *name, const struct option_wish *options, size_t count,
		 struct profile **out, struct err *e)
{
	struct run r;
	struct profile *pf = profile_new(&r, e);
	int rc;

	if (!pf)
		return -1;
	pf->name = name_of_path(pf->arena, name);
	rc = finish(&r, options, count);
	if (rc) {
		profile_free(pf);
		return rc;
	}
	*out = pf;
	return 0;
}

int profile_parse_text(const char *buf, size_t len, const char *name,
		       struct profile **out, struct err *e)
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
	rc = len > PROFILE_MOST
		     ? err_set(e, "%s: larger than 1M", name)
		     : parse_document(&r.ld,
				      &(struct source){
					      .file = pf->path, .buf = buf, .len = len },
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
