// SPDX-License-Identifier: GPL-3.0-or-later
/* bank.c - quiz files: nodes to questions */
#include "quiz/bank.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "profile/nodes.h"
#include "quiz/live.h"

#define FILE_MOST   (1u << 20)
#define WEIGHT_MOST 1000

/** struct reader - One file being read */
struct reader {
	struct loader ld;
	struct quiz_bank *b;
};

static void *take(const struct reader *r, size_t count, size_t size)
{
	void *p = arena_alloc(r->ld.arena, (count ? count : 1) * size);

	if (!p)
		no_memory(&r->ld);
	return p;
}

/* --- values ----------------------------------------------------------------------- */

static int read_text(const struct reader *r, const struct node *n, const char **out)
{
	if (n->kind != NODE_SCALAR || !*n->text)
		return wrong_value(&r->ld, n->key, n, "expected text");
	*out = n->text;
	return 0;
}

/* One text, or a list of them */
static int read_texts(const struct reader *r, const struct node *n, size_t most,
		      struct quiz_texts *out)
{
	const struct node *c = n->kind == NODE_LIST ? n->first : n;

	if ((n->kind != NODE_LIST && n->kind != NODE_SCALAR) || !c || n->count > most)
		return wrong(&r->ld, &n->at, "'%s': expected 1 to %zu texts", n->key,
			     most);
	out->v = take(r, n->count, sizeof(*out->v));
	for (; out->v && c; c = n->kind == NODE_LIST ? c->next : NULL) {
		if (c->kind != NODE_SCALAR || !*c->text)
			return wrong_value(&r->ld, n->key, c, "expected text");
		out->v[out->count++] = c->text;
	}
	return out->v ? 0 : -1;
}

static int unknown(const struct reader *r, const struct node *n, const char *group,
		   const struct name *known)
{
	const char *near = name_near_in(known, n->key);

	return wrong(&r->ld, &n->key_at, "unknown key '%s%s'%s%s%s", group,
		     shown(&r->ld, n->key), near ? ", did you mean '" : "",
		     near ? near : "", near ? "'" : "");
}

/* --- objectives ------------------------------------------------------------------- */

static int read_objective(const struct reader *r, const struct node *n,
			  struct quiz_objective *o)
{
	static const struct name known[] = { { "title", 0 }, { "weight", 1 }, { 0 } };

	*o = (struct quiz_objective){ .id = n->key, .weight = 1 };
	if (n->kind != NODE_MAP)
		return wrong_value(&r->ld, "objectives", n,
				   "expected a title and a weight");
	for (const struct node *c = n->first; c; c = c->next) {
		uint64_t weight;

		switch (name_find(known, c->key)) {
		case 0:
			if (read_text(r, c, &o->title))
				return -1;
			break;
		case 1:
			if (c->kind != NODE_SCALAR ||
			    parse_number_in(c->text, 1, WEIGHT_MOST, &weight))
				return wrong_value(&r->ld, "weight", c,
						   "expected a number from 1 to 1000");
			o->weight = (unsigned int)weight;
			break;
		default:
			return unknown(r, c, "objectives.", known);
		}
	}
	return o->title ? 0
			: wrong(&r->ld, &n->key_at, "objective '%s' has no title",
				shown(&r->ld, n->key));
}

static int read_objectives(struct reader *r, const struct node *n)
{
	struct quiz_bank *b = r->b;

	if (!n || n->kind != NODE_MAP || !n->count || n->count > QUIZ_OBJECTIVES)
		return wrong(&r->ld, &(n ? n : &(struct node){ 0 })->at,
			     "'objectives': expected 1 to %d of them", QUIZ_OBJECTIVES);
	b->objectives = take(r, n->count, sizeof(*b->objectives));
	if (!b->objectives)
		return -1;
	for (const struct node *c = n->first; c; c = c->next)
		if (read_objective(r, c, &b->objectives[b->objective_count++]))
			return -1;
	return 0;
}

static const char *next_objective(size_t i, const void *arg)
{
	const struct quiz_bank *b = arg;

	return i < b->objective_count ? b->objectives[i].id : NULL;
}

/* --- questions -------------------------------------------------------------------- */

enum question_key {
	KEY_ID,
	KEY_OBJECTIVES,
	KEY_CHAPTER,
	KEY_QUESTION,
	KEY_RIGHT,
	KEY_WRONG,
	KEY_ACCEPT,
	KEY_LIVE,
	KEY_WHY
};

static const struct name question_keys[] = {
	{ "id", KEY_ID },	    { "objectives", KEY_OBJECTIVES },
	{ "chapter", KEY_CHAPTER }, { "question", KEY_QUESTION },
	{ "right", KEY_RIGHT },	    { "wrong", KEY_WRONG },
	{ "accept", KEY_ACCEPT },   { "live", KEY_LIVE },
	{ "why", KEY_WHY },	    { NULL, 0 },
};

static int read_about(const struct reader *r, const struct node *n,
		      struct quiz_question *q)
{
	struct quiz_texts ids = { 0 };

	if (read_texts(r, n, QUIZ_OBJECTIVES, &ids))
		return -1;
	for (size_t i = 0; i < ids.count; i++) {
		int at = bank_objective(r->b, ids.v[i]);
		const char *near =
			at < 0 ? name_near(ids.v[i], next_objective, r->b) : NULL;

		if (at < 0)
			return wrong(&r->ld, &n->at, "no objective '%s'%s%s%s",
				     shown(&r->ld, ids.v[i]),
				     near ? ", did you mean '" : "", near ? near : "",
				     near ? "'" : "");
		q->objectives |= 1u << at;
	}
	return 0;
}

/* An id stands in a file, with blanks around it */
static int read_id(const struct reader *r, const struct node *n, struct quiz_question *q)
{
	if (n->kind != NODE_SCALAR || parse_name(n->text, NULL))
		return wrong_value(&r->ld, "id", n,
				   "expected up to 64 letters, digits and _ . -");
	if (bank_find(r->b, n->text) >= 0)
		return wrong(&r->ld, &n->at, "id '%s' stands twice", n->text);
	q->id = n->text;
	return 0;
}

static int read_live(const struct reader *r, const struct node *n,
		     struct quiz_question *q)
{
	const char *near;

	if (read_text(r, n, &q->live))
		return -1;
	if (live_exists(q->live))
		return 0;
	near = name_near(q->live, live_next, NULL);
	return wrong(&r->ld, &n->at, "'live' cannot be '%s'%s%s%s",
		     shown(&r->ld, q->live), near ? ", did you mean '" : "",
		     near ? near : "", near ? "'" : "");
}

/* "q" and "?" are what ends a quiz and what says that one does not know */
static int check_accept(const struct reader *r, const struct node *n,
			const struct quiz_texts *accept)
{
	for (size_t i = 0; i < accept->count; i++) {
		auto_text plain = { 0 };

		answer_plain(accept->v[i], &plain);
		if (!plain.len || !strcmp(text_str(&plain), "q") ||
		    !strcmp(text_str(&plain), "?"))
			return wrong(&r->ld, &n->at, "'accept' cannot have '%s'",
				     shown(&r->ld, accept->v[i]));
	}
	return 0;
}

static int read_key(const struct reader *r, const struct node *n, struct quiz_question *q)
{
	switch (name_find(question_keys, n->key)) {
	case KEY_ID:
		return read_id(r, n, q);
	case KEY_OBJECTIVES:
		return read_about(r, n, q);
	case KEY_CHAPTER:
		return read_text(r, n, &q->chapter);
	case KEY_QUESTION:
		return read_text(r, n, &q->text);
	case KEY_RIGHT:
		return read_texts(r, n, QUIZ_CHOICES, &q->right);
	case KEY_WRONG:
		return read_texts(r, n, QUIZ_CHOICES, &q->wrong);
	case KEY_ACCEPT:
		if (read_texts(r, n, 64, &q->accept))
			return -1;
		return check_accept(r, n, &q->accept);
	case KEY_LIVE:
		return read_live(r, n, q);
	case KEY_WHY:
		return read_text(r, n, &q->why);
	default:
		return unknown(r, n, "", question_keys);
	}
}

/* Return: what is the matter with it, or NULL */
static const char *lack(const struct quiz_question *q)
{
	size_t choices = q->right.count + q->wrong.count;

	if (!q->id)
		return "a question needs an 'id'";
	if (!q->text)
		return "a question needs a 'question'";
	if (!q->why)
		return "a question needs a 'why'";
	if (!q->objectives)
		return "a question needs 'objectives'";
	if ((choices > 0) + (q->accept.count > 0) + (q->live != NULL) != 1)
		return "a question has 'right' and 'wrong', or 'accept', or 'live'";
	if (choices && (!q->right.count || !q->wrong.count || choices > QUIZ_CHOICES))
		return "expected at least one 'right' and one 'wrong', and 8 in all";
	return NULL;
}

static int read_questions(struct reader *r, const struct node *list)
{
	struct quiz_bank *b = r->b;

	if (!list || list->kind != NODE_LIST || !list->count)
		return wrong(&r->ld, &(list ? list : &(struct node){ 0 })->at,
			     "'questions': expected a list");
	b->questions = take(r, list->count, sizeof(*b->questions));
	if (!b->questions)
		return -1;
	for (const struct node *n = list->first; n; n = n->next) {
		struct quiz_question *q = &b->questions[b->count];
		const char *why;

		if (n->kind != NODE_MAP)
			return wrong(&r->ld, &n->at, "a question is a map");
		for (const struct node *c = n->first; c; c = c->next)
			if (read_key(r, c, q))
				return -1;
		why = lack(q);
		if (why)
			return wrong(&r->ld, &n->at, "%s", why);
		b->count++;
	}
	return 0;
}

/* --- the file --------------------------------------------------------------------- */

static int read_root(struct reader *r, const struct node *root)
{
	static const struct name known[] = {
		{ "format", 0 }, { "objectives", 1 }, { "questions", 2 }, { 0 }
	};
	const struct node *format = node_find(root, "format");

	for (const struct node *n = root->first; n; n = n->next)
		if (name_find(known, n->key) < 0)
			return unknown(r, n, "", known);
	if (!format || format->kind != NODE_SCALAR || strcmp(format->text, "1") != 0)
		return wrong(&r->ld, &(format ? format : root)->at,
			     "expected 'format: 1'");
	if (read_objectives(r, node_find(root, "objectives")))
		return -1;
	return read_questions(r, node_find(root, "questions"));
}

int bank_parse(const char *file, const char *text, size_t len, struct quiz_bank *b,
	       struct err *e)
{
	struct source src = {
		.file = file, .buf = text, .len = len, .instead = "the text again"
	};
	struct reader r = { .ld = { .e = e }, .b = b };
	struct node *root = NULL;
	int rc = -1;

	*b = (struct quiz_bank){ .arena = arena_new() };
	if (!b->arena)
		return err_set(e, "out of memory");
	r.ld.arena = b->arena;
	src.file = b->path = arena_copy(b->arena, file, strlen(file));
	if (!src.file)
		err_set(e, "out of memory");
	else if (!yaml_parse(b->arena, &src, &root, e))
		rc = root && root->kind == NODE_MAP
			     ? read_root(&r, root)
			     : err_set(e,
				       "%s: expected 'format', 'objectives' and "
				       "'questions'",
				       file);
	if (rc)
		bank_release(b);
	return rc;
}

/* The caller's own, or the one that came with nook */
static const char *default_path(struct arena *a)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");
	const char *own = NULL, *root;

	if (config && *config == '/')
		own = arena_printf(a, "%s/nook/labs/quiz.yaml", config);
	else if (home && *home == '/')
		own = arena_printf(a, "%s/.config/nook/labs/quiz.yaml", home);
	if (own && !faccessat(AT_FDCWD, own, F_OK, 0))
		return own;
	root = shipped_root(a, "labs/quiz.yaml");
	return root ? arena_printf(a, "%s/labs/quiz.yaml", root) : NULL;
}

int bank_load(const char *path, struct quiz_bank *b, struct err *e)
{
	struct arena *a = arena_new();
	auto_text text = { 0 };
	int rc;

	if (a && !path)
		path = default_path(a);
	if (!a || !path)
		rc = err_set(e, "out of memory");
	else if (file_read(AT_FDCWD, path, &text, FILE_MOST) < 0)
		rc = err_sys(e, "cannot read the questions '%s'", path);
	else
		rc = bank_parse(path, text_str(&text), text.len, b, e);
	arena_free(a);
	return rc;
}

void bank_release(struct quiz_bank *b)
{
	arena_free(b->arena);
	*b = (struct quiz_bank){ 0 };
}

int bank_find(const struct quiz_bank *b, const char *id)
{
	for (size_t i = 0; i < b->count; i++)
		if (!strcmp(b->questions[i].id, id))
			return (int)i;
	return -1;
}

int bank_objective(const struct quiz_bank *b, const char *id)
{
	for (size_t i = 0; i < b->objective_count; i++)
		if (!strcmp(b->objectives[i].id, id))
			return (int)i;
	return -1;
}

bool bank_has_chapter(const struct quiz_bank *b, const char *chapter)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->questions[i].chapter && !strcmp(b->questions[i].chapter, chapter))
			return true;
	return false;
}
