// SPDX-License-Identifier: GPL-3.0-or-later
/* matrix.c - one entry with a matrix becomes a job for each choice of its values
 *
 * The first name is the outer loop, as in a nest of loops in that order. `exclude` leaves
 * out each choice that has all of its values, `include` adds choices. ${NAME} is replaced
 * where NAME is of the matrix, and only there: what else looks like it may be the
 * shell's. $${NAME} is ${NAME} for the command itself.
 */
#include <string.h>

#include "base/names.h"
#include "base/text.h"
#include "job/entry.h"

struct axis {
	const char *name;
	const struct node *values; /* a list, or one scalar */
	const struct node *now;
};

struct matrix {
	const struct entry_kit *k;
	const struct entry *en;
	struct axis axis[AXES_MOST];
	size_t count;
	const struct node *lists; /* itself, which no job needs */
	const struct node *include, *exclude;
	bool id_tells; /* the id has a ${NAME} of the matrix */
	int (*each)(const struct entry *en, void *arg);
	void *arg;
};

static const struct axis *find_axis(const struct matrix *m, const char *name, size_t len)
{
	for (size_t i = 0; i < m->count; i++)
		if (strlen(m->axis[i].name) == len && !memcmp(m->axis[i].name, name, len))
			return &m->axis[i];
	return NULL;
}

/* --- putting values in ------------------------------------------------------------- */

/* The axis that "${NAME}" at @s names; @len: of all of it */
static const struct axis *reference(const struct matrix *m, const char *s, size_t *len)
{
	const char *end = s[0] == '$' && s[1] == '{' ? strchr(s, '}') : NULL;

	if (!end)
		return NULL;
	*len = (size_t)(end - s) + 1;
	return find_axis(m, s + 2, *len - 3);
}

static bool has_reference(const struct matrix *m, const char *s)
{
	size_t len;

	while ((s = strstr(s, "${")))
		if (reference(m, s++, &len))
			return true;
	return false;
}

static const char *put_values(const struct matrix *m, const char *s)
{
	struct arena *a = m->k->ld.arena;
	auto_text out = { 0 };
	const struct axis *axis;
	size_t len;

	if (!strstr(s, "${"))
		return s;
	while (*s) {
		if (s[0] == '$' && reference(m, s + 1, &len)) {
			text_addn(&out, s + 1, len);
			s += len + 1;
		} else if ((axis = reference(m, s, &len))) {
			text_add(&out, axis->now->text);
			s += len;
		} else {
			text_addc(&out, *s++);
		}
		if (out.len > WORD_MOST)
			break;
	}
	return out.failed ? NULL : arena_copy(a, text_str(&out), out.len);
}

static struct node *copy_node(const struct matrix *m, const struct node *n)
{
	struct node *copy = arena_alloc(m->k->ld.arena, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *n;
	copy->first = copy->last = copy->next = NULL;
	copy->count = 0;
	if (n->kind == NODE_SCALAR && !(copy->text = put_values(m, n->text)))
		return NULL;
	for (const struct node *c = n->first; c; c = c->next) {
		struct node *child;

		if (c == m->lists)
			continue;
		child = copy_node(m, c);
		if (!child)
			return NULL;
		node_append(copy, child);
	}
	return copy;
}

/* An id without a value in it gets all of them behind it, so that ids differ */
static int name_job(const struct matrix *m, struct node *entry)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_.-";
	struct node *id = node_find(entry, "id");
	auto_text name = { 0 };

	if (m->id_tells)
		return 0;
	if (!id) {
		id = node_new(m->k->ld.arena, NODE_SCALAR, m->en->node->at);
		if (!id)
			return no_memory(&m->k->ld);
		id->key = "id";
		id->hash = key_hash("id");
		id->key_at = id->at;
		node_append(entry, id);
		text_addf(&name, "%zu", m->en->number);
	} else if (id->kind != NODE_SCALAR) {
		return 0;
	} else {
		text_add(&name, id->text);
	}
	for (size_t i = 0; i < m->count; i++) {
		text_addc(&name, '-');
		for (const char *s = m->axis[i].now->text; *s; s++)
			text_addc(&name, strchr(fine, *s) ? *s : '_');
	}
	id->text = arena_copy(m->k->ld.arena, text_str(&name), name.len);
	return id->text && !name.failed ? 0 : no_memory(&m->k->ld);
}

/* One job of the values chosen now */
static int make_job(const struct matrix *m)
{
	struct entry en = { .number = m->en->number, .of_matrix = true };
	struct node *copy;

	arena_reset(m->k->ld.arena);
	copy = copy_node(m, m->en->node);
	en.node = copy;
	if (m->en->defaults)
		en.defaults = copy_node(m, m->en->defaults);
	if (!copy || (m->en->defaults && !en.defaults))
		return no_memory(&m->k->ld);
	return name_job(m, copy) ? -1 : m->each(&en, m->arg);
}

/* --- which values ------------------------------------------------------------------ */

static bool is_excluded(const struct matrix *m)
{
	const struct node *x = m->exclude ? m->exclude->first : NULL;

	for (; x; x = x->next) {
		const struct node *pair = x->first;

		while (pair &&
		       !strcmp(find_axis(m, pair->key, strlen(pair->key))->now->text,
			       pair->text))
			pair = pair->next;
		if (!pair)
			return true;
	}
	return false;
}

static const struct node *first_value(const struct axis *a)
{
	return a->values->kind == NODE_LIST ? a->values->first : a->values;
}

/* The next choice, the last name first. Return: whether there is one */
static bool step(struct matrix *m)
{
	for (size_t i = m->count; i-- > 0;) {
		struct axis *a = &m->axis[i];

		if (a->values->kind == NODE_LIST && a->now->next) {
			a->now = a->now->next;
			return true;
		}
		a->now = first_value(a);
	}
	return false;
}

static int make_all(struct matrix *m)
{
	for (size_t i = 0; i < m->count; i++)
		m->axis[i].now = first_value(&m->axis[i]);
	if (m->count) {
		do
			if (!is_excluded(m) && make_job(m))
				return -1;
		while (step(m));
	}
	for (const struct node *x = m->include ? m->include->first : NULL; x;
	     x = x->next) {
		for (size_t i = 0; i < m->count; i++)
			m->axis[i].now = node_find(x, m->axis[i].name);
		if (make_job(m))
			return -1;
	}
	return 0;
}

/* --- reading it -------------------------------------------------------------------- */

static bool is_axis_name(const char *s)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_";

	return *s && !s[strspn(s, fine)] && (*s < '0' || *s > '9') && strlen(s) <= 64;
}

static int read_axis(struct matrix *m, const struct node *n)
{
	const struct loader *ld = &m->k->ld;
	const struct node *v = n->kind == NODE_LIST ? n->first : n;

	if (!is_axis_name(n->key))
		return wrong(ld, &n->key_at,
			     "a name in 'matrix' cannot be '%s': expected letters, "
			     "digits and _",
			     shown(ld, n->key));
	if (m->count == AXES_MOST)
		return wrong(ld, &n->key_at, "more than %d names in a matrix", AXES_MOST);
	if ((n->kind != NODE_LIST && n->kind != NODE_SCALAR) || !v)
		return wrong(ld, &n->at, "'matrix.%s': expected a list of values",
			     n->key);
	for (; v; v = n->kind == NODE_LIST ? v->next : NULL)
		if (v->kind != NODE_SCALAR)
			return wrong_value(ld, "matrix", v,
					   "expected a text or a number");
	m->axis[m->count++] = (struct axis){ .name = n->key, .values = n };
	return 0;
}

static const char *next_axis(size_t i, const void *arg)
{
	const struct matrix *m = arg;

	return i < m->count ? m->axis[i].name : NULL;
}

/* The maps of `include` and `exclude`; @whole: each names all axes */
static int check_choices(const struct matrix *m, const struct node *list, bool whole)
{
	const struct loader *ld = &m->k->ld;

	if (list && list->kind != NODE_LIST)
		return wrong_value(ld, list->key, list, "expected a list of maps");
	for (const struct node *x = list ? list->first : NULL; x; x = x->next) {
		if (x->kind != NODE_MAP || !x->count)
			return wrong_value(ld, list->key, x, "expected NAME: VALUE");
		for (const struct node *pair = x->first; pair; pair = pair->next) {
			const char *near = name_near(pair->key, next_axis, m);

			if (!find_axis(m, pair->key, strlen(pair->key)))
				return wrong(ld, &pair->key_at,
					     "'%s' is no name of the matrix%s%s%s",
					     shown(ld, pair->key),
					     near ? ", did you mean '" : "",
					     near ? near : "", near ? "'" : "");
			if (pair->kind != NODE_SCALAR)
				return wrong_value(ld, pair->key, pair,
						   "expected a text or a number");
		}
		if (whole && x->count != m->count)
			return wrong(ld, &x->at,
				     "'include' gives %zu of the %zu values of a job",
				     x->count, m->count);
	}
	return 0;
}

static int read_matrix(struct matrix *m, const struct node *n)
{
	const struct loader *ld = &m->k->ld;
	size_t jobs = 1;

	if (n->kind != NODE_MAP || !n->count)
		return wrong_value(ld, "matrix", n,
				   "expected lists such as 'seed: [1, 2, 3]'");
	for (const struct node *c = n->first; c; c = c->next) {
		if (!strcmp(c->key, "include"))
			m->include = c;
		else if (!strcmp(c->key, "exclude"))
			m->exclude = c;
		else if (read_axis(m, c))
			return -1;
	}
	if (!m->count)
		return wrong(ld, &n->at, "'matrix' has no list of values");
	for (size_t i = 0; i < m->count; i++)
		if (m->axis[i].values->kind == NODE_LIST &&
		    (jobs *= m->axis[i].values->count) > m->k->most)
			return wrong(ld, &n->at, "'matrix' makes more than %zu jobs",
				     m->k->most);
	if (check_choices(m, m->include, true))
		return -1;
	return check_choices(m, m->exclude, false);
}

int matrix_each(const struct entry_kit *k, const struct entry *en,
		int (*each)(const struct entry *en, void *arg), void *arg)
{
	const struct node *n =
		en->node->kind == NODE_MAP ? node_find(en->node, "matrix") : NULL;
	struct matrix m = { .k = k, .en = en, .lists = n, .each = each, .arg = arg };
	const struct node *id;

	if (!n) {
		arena_reset(k->ld.arena);
		return each(en, arg);
	}
	if (read_matrix(&m, n))
		return -1;
	id = node_find(en->node, "id");
	m.id_tells = id && id->kind == NODE_SCALAR && has_reference(&m, id->text);
	return make_all(&m);
}
