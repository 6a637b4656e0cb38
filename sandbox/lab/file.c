// SPDX-License-Identifier: GPL-3.0-or-later
/* file.c - a lab's file: nodes to struct lab
 *
 * Facts are tried here already (fact_check()), so that a verb that is misspelt is an
 * error with its line, and not one in the middle of a lesson.
 */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "lab/fact.h"
#include "lab/lab.h"
#include "lab/needs.h"
#include "profile/nodes.h"

static const char *const chapters[] = { "chroot",   "namespaces", "cgroups",
					"networks", "images",	  "practice" };

/** struct reading - One file while it is read */
struct reading {
	struct loader ld;
	struct lab *lab;
};

/**
 * struct lab_key - One key of a lab's file; a row without a name ends the table
 * @expects:	How errors end
 * @must:	Every lab has it
 * @read:	Return: 0, -1
 * @offset:	In struct lab, for readers of plain values
 * @most:	For a number, which is 1 at least
 * @is_good:	For a list of words, NULL = any
 */
struct lab_key {
	const char *name, *expects;
	bool must;
	int (*read)(const struct reading *r, const struct lab_key *k,
		    const struct node *n);
	size_t offset;
	uint64_t most;
	bool (*is_good)(const char *s);
};

const char *lab_chapter(size_t i)
{
	return i < ARRAY_SIZE(chapters) ? chapters[i] : NULL;
}

bool lab_is_id(const char *id)
{
	size_t letters = 0, digits = 0;

	while (isalpha((unsigned char)id[letters]))
		letters++;
	while (isdigit((unsigned char)id[letters + digits]))
		digits++;
	return letters && digits && !id[letters + digits] &&
	       letters + digits <= LAB_ID_MOST;
}

static void *take(const struct reading *r, size_t count, size_t size)
{
	void *p = arena_alloc(r->ld.arena, (count ? count : 1) * size);

	if (!p)
		no_memory(&r->ld);
	return p;
}

/* --- values ------------------------------------------------------------------------ */

static int read_text(const struct reading *r, const struct node *n, const char *expects,
		     const char **out)
{
	if (n->kind != NODE_SCALAR || !*n->text)
		return wrong_value(&r->ld, n->key ? n->key : "a list", n, expects);
	*out = n->text;
	return 0;
}

/* A list of texts; @is_good: NULL = any */
static int read_words(const struct reading *r, const struct node *n, const char *expects,
		      bool (*is_good)(const char *s), struct lab_words *out)
{
	out->v = n->kind == NODE_LIST ? take(r, n->count, sizeof(*out->v)) : NULL;
	if (!out->v)
		return n->kind == NODE_LIST ? -1
					    : wrong_value(&r->ld, n->key, n, expects);
	for (const struct node *c = n->first; c; c = c->next) {
		if (c->kind != NODE_SCALAR || !*c->text || (is_good && !is_good(c->text)))
			return wrong_value(&r->ld, n->key, c, expects);
		out->v[out->count++] = c->text;
	}
	return 0;
}

static const char *next_near(size_t i, const void *arg)
{
	const char *const *names = arg;

	return names[i];
}

static int unknown_key(const struct reading *r, const struct node *n, const char *in,
		       const char *const *known)
{
	const char *near = name_near(n->key, next_near, known);
	auto_text all = { 0 };

	for (size_t i = 0; known[i]; i++)
		text_addf(&all, "%s%s", i ? ", " : ": expected ", known[i]);
	return wrong(&r->ld, &n->key_at, "unknown key '%s%s'%s%s%s", in,
		     shown(&r->ld, n->key), near ? ", did you mean '" : "",
		     near ? near : text_str(&all), near ? "'" : "");
}

/* --- facts ------------------------------------------------------------------------- */

static int read_line(const struct reading *r, const struct node *n, const char **out)
{
	struct err why = { 0 };

	if (n->kind != NODE_SCALAR || !*n->text)
		return wrong_value(&r->ld, "fact", n,
				   "expected a line such as 'ns-differs a uts'");
	if (fact_check(n->text, &why) < 0)
		return wrong(&r->ld, &n->at, "%s", why.text);
	*out = n->text;
	return 0;
}

/* A line, or {fact: LINE, says: TEXT} */
static int read_fact(const struct reading *r, const struct node *n, struct lab_fact *out)
{
	static const char *const known[] = { "fact", "says", NULL };
	int rc = 0;

	if (n->kind != NODE_MAP)
		return read_line(r, n, &out->line);
	for (const struct node *c = n->first; c && !rc; c = c->next) {
		if (!strcmp(c->key, "fact"))
			rc = read_line(r, c, &out->line);
		else if (!strcmp(c->key, "says"))
			rc = read_text(r, c, "expected a line for people", &out->says);
		else
			rc = unknown_key(r, c, "", known);
	}
	if (!rc && !out->line)
		rc = wrong(&r->ld, &n->at, "a map in the place of a fact needs 'fact'");
	return rc;
}

static int read_facts(const struct reading *r, const struct node *n,
		      struct lab_facts *out)
{
	if (n->kind != NODE_LIST || !n->first)
		return wrong_value(&r->ld, n->key, n, "expected a list of facts");
	out->v = take(r, n->count, sizeof(*out->v));
	if (!out->v)
		return -1;
	for (const struct node *c = n->first; c; c = c->next)
		if (read_fact(r, c, &out->v[out->count++]))
			return -1;
	return 0;
}

/* --- maps and lists of maps -------------------------------------------------------- */

/* Return: which lines of a way a key names; NULL = none */
static const char **way_of(struct lab_way *w, const char *key)
{
	const struct {
		const char *key, **text;
	} keys[] = { { "nook", &w->nook },
		     { "raw", &w->raw },
		     { "v1", &w->v1 },
		     { "v2", &w->v2 } };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].key, key))
			return keys[i].text;
	return NULL;
}

static bool is_by_hand(const struct lab_way *w)
{
	return w->raw || w->v1 || w->v2;
}

/* What is right for one version is wrong for the other */
static int check_way(const struct reading *r, const struct node *n,
		     const struct lab_way *w)
{
	if (w->raw && (w->v1 || w->v2))
		return wrong(&r->ld, &n->at, "expected 'raw', or 'v1' and 'v2' instead");
	return 0;
}

static int read_solution(const struct reading *r, const struct lab_key *k,
			 const struct node *n)
{
	static const char *const known[] = { "nook", "raw", "v1", "v2", NULL };
	struct lab_way *way = &r->lab->solution;
	const char **text;

	if (n->kind != NODE_MAP)
		return wrong_value(&r->ld, n->key, n, k->expects);
	for (const struct node *c = n->first; c; c = c->next) {
		text = way_of(way, c->key);
		if (text ? read_text(r, c, "expected lines of words", text)
			 : unknown_key(r, c, "solution.", known))
			return -1;
	}
	return way->nook || is_by_hand(way)
		       ? check_way(r, n, way)
		       : wrong(&r->ld, &n->at, "'solution' needs 'nook', 'raw' or both");
}

static int read_diagnosis(const struct reading *r, const struct node *n,
			  struct lab_diagnosis *out)
{
	static const char *const known[] = { "id", "when", "says", NULL };
	int rc = 0;

	if (n->kind != NODE_MAP)
		return wrong_value(&r->ld, "diagnose", n,
				   "expected {id: NAME, when: [FACT...], says: TEXT}");
	for (const struct node *c = n->first; c && !rc; c = c->next) {
		if (!strcmp(c->key, "id"))
			rc = read_text(r, c, "expected a name", &out->id);
		else if (!strcmp(c->key, "when"))
			rc = read_facts(r, c, &out->when);
		else if (!strcmp(c->key, "says"))
			rc = read_text(r, c, "expected what is wrong, and why",
				       &out->says);
		else
			rc = unknown_key(r, c, "diagnose.", known);
	}
	if (!rc && (!out->id || !out->when.count || !out->says))
		rc = wrong(&r->ld, &n->at, "a diagnosis needs 'id', 'when' and 'says'");
	return rc;
}

static int read_diagnose(const struct reading *r, const struct lab_key *k,
			 const struct node *n)
{
	struct lab *l = r->lab;

	if (n->kind != NODE_LIST)
		return wrong_value(&r->ld, n->key, n, k->expects);
	if (n->count > LAB_DIAGNOSES)
		return wrong(&r->ld, &n->at, "more than %d diagnoses", LAB_DIAGNOSES);
	l->diagnose = take(r, n->count, sizeof(*l->diagnose));
	if (!l->diagnose)
		return -1;
	for (const struct node *c = n->first; c; c = c->next)
		if (read_diagnosis(r, c, &l->diagnose[l->diagnose_count++]))
			return -1;
	return 0;
}

static int read_wrong_one(const struct reading *r, const struct node *n,
			  struct lab_wrong *out)
{
	static const char *const known[] = {
		"nook", "raw", "v1", "v2", "diagnosis", NULL
	};
	const char **text;
	int rc = 0;

	if (n->kind != NODE_MAP)
		return wrong_value(&r->ld, "wrong", n,
				   "expected {raw: LINES, diagnosis: ID}");
	for (const struct node *c = n->first; c && !rc; c = c->next) {
		text = way_of(&out->way, c->key);
		if (!strcmp(c->key, "diagnosis"))
			rc = read_text(r, c, "expected the id of a diagnosis",
				       &out->diagnosis);
		else if (text)
			rc = read_text(r, c, "expected lines of words", text);
		else
			rc = unknown_key(r, c, "wrong.", known);
	}
	if (!rc && (!out->diagnosis || !out->way.nook == !is_by_hand(&out->way)))
		rc = wrong(&r->ld, &n->at,
			   "a wrong way needs 'diagnosis', and one of 'nook' and 'raw'");
	return rc ? rc : check_way(r, n, &out->way);
}

static int read_wrong(const struct reading *r, const struct lab_key *k,
		      const struct node *n)
{
	struct lab *l = r->lab;

	if (n->kind != NODE_LIST)
		return wrong_value(&r->ld, n->key, n, k->expects);
	l->wrong = take(r, n->count, sizeof(*l->wrong));
	if (!l->wrong)
		return -1;
	for (const struct node *c = n->first; c; c = c->next)
		if (read_wrong_one(r, c, &l->wrong[l->wrong_count++]))
			return -1;
	return 0;
}

static int read_equivalent(const struct reading *r, const struct lab_key *k,
			   const struct node *n)
{
	struct items *to = &r->lab->equivalent;

	if (n->kind != NODE_MAP)
		return wrong_value(&r->ld, n->key, n, k->expects);
	to->v = take(r, n->count, sizeof(*to->v));
	if (!to->v)
		return -1;
	for (const struct node *c = n->first; c; c = c->next, to->count++) {
		to->v[to->count].key = c->key;
		if (read_text(r, c, "expected a command", &to->v[to->count].text))
			return -1;
	}
	return 0;
}

/* --- the keys ---------------------------------------------------------------------- */

static void *member(const struct reading *r, const struct lab_key *k)
{
	return (char *)r->lab + k->offset;
}

static int read_string(const struct reading *r, const struct lab_key *k,
		       const struct node *n)
{
	return read_text(r, n, k->expects, member(r, k));
}

static int read_number(const struct reading *r, const struct lab_key *k,
		       const struct node *n)
{
	uint64_t v;

	if (n->kind != NODE_SCALAR || parse_number_in(n->text, 1, k->most, &v))
		return wrong_value(&r->ld, n->key, n, k->expects);
	*(unsigned int *)member(r, k) = (unsigned int)v;
	return 0;
}

static int read_bool(const struct reading *r, const struct lab_key *k,
		     const struct node *n)
{
	bool yes = n->kind == NODE_SCALAR && !strcmp(n->text, "true");

	if (!yes && (n->kind != NODE_SCALAR || strcmp(n->text, "false") != 0))
		return wrong_value(&r->ld, n->key, n, k->expects);
	*(bool *)member(r, k) = yes;
	return 0;
}

static int read_list(const struct reading *r, const struct lab_key *k,
		     const struct node *n)
{
	return read_words(r, n, k->expects, k->is_good, member(r, k));
}

static int read_check(const struct reading *r, const struct lab_key *k,
		      const struct node *n)
{
	return read_facts(r, n, member(r, k));
}

static int read_id(const struct reading *r, const struct lab_key *k, const struct node *n)
{
	if (n->kind != NODE_SCALAR || !lab_is_id(n->text))
		return wrong_value(&r->ld, n->key, n, k->expects);
	r->lab->id = n->text;
	return 0;
}

static int read_chapter(const struct reading *r, const struct lab_key *k,
			const struct node *n)
{
	for (size_t i = 0; n->kind == NODE_SCALAR && lab_chapter(i); i++)
		if (!strcmp(n->text, lab_chapter(i)))
			r->lab->chapter = lab_chapter(i);
	return r->lab->chapter ? 0 : wrong_value(&r->ld, n->key, n, k->expects);
}

static int read_hints(const struct reading *r, const struct lab_key *k,
		      const struct node *n)
{
	struct lab_words w = { 0 };

	if (n->kind == NODE_LIST && n->count != LAB_HINTS)
		return wrong(&r->ld, &n->at, "'hints' has %zu of %s", n->count,
			     k->expects + strlen("expected "));
	if (read_words(r, n, k->expects, NULL, &w))
		return -1;
	for (size_t i = 0; i < LAB_HINTS; i++)
		r->lab->hints[i] = w.v[i];
	return 0;
}

static bool is_name(const char *s)
{
	return !parse_name(s, NULL);
}

static bool is_target(const char *s)
{
	return is_name(s) && strcmp(s, "lab") != 0 && strcmp(s, "host") != 0;
}

#define AT(member) .offset = offsetof(struct lab, member)

/* In the order of the manual page */
static const struct lab_key keys[] = {
	{ "format", "expected 1, the format of this version", true, read_number,
	  AT(format), .most = LAB_FORMAT },
	{ "id", "expected letters, then digits, as L05", true, read_id, AT(id) },
	{ "title", "expected a line", true, read_string, AT(title) },
	{ "chapter", "expected chroot, namespaces, cgroups, networks, images or practice",
	  true, read_chapter, AT(chapter) },
	{ "minutes", "expected how long it takes, 1 to 120", true, read_number,
	  AT(minutes), .most = 120 },
	{ "level", "expected 1, 2 or 3", true, read_number, AT(level), .most = 3 },
	{ "objectives", "expected a list such as [K3, C]", false, read_list,
	  AT(objectives) },
	{ "needs", "expected a list such as [userns, program busybox]", false, read_list,
	  AT(needs), .is_good = needs_is_known },
	{ "fallback", "expected what to do where something is missing", false,
	  read_string, AT(fallback) },
	{ "targets", "expected a list of names of boxes, neither 'lab' nor 'host'", false,
	  read_list, AT(targets), .is_good = is_target },
	{ "networks", "expected a list of names of networks", false, read_list,
	  AT(networks), .is_good = is_name },
	{ "root", "expected true or false", false, read_bool, AT(root) },
	{ "setup", "expected lines for sh", false, read_string, AT(setup) },
	{ "statement", "expected what is to be done", true, read_string, AT(statement) },
	{ "check", "expected a list of facts", true, read_check, AT(check) },
	{ "diagnose", "expected a list of {id: NAME, when: [FACT...], says: TEXT}", false,
	  read_diagnose, AT(diagnose) },
	{ "hints", "expected three: the idea, where to look, the shape of the command",
	  true, read_hints, AT(hints) },
	{ "solution", "expected {nook: WORDS, raw: LINES}, or v1 and v2 for raw", true,
	  read_solution, AT(solution) },
	{ "wrong", "expected a list of {nook: WORDS, raw: LINES, diagnosis: ID}", false,
	  read_wrong, AT(wrong) },
	{ "why", "expected a line or two", true, read_string, AT(why) },
	{ "equivalent", "expected a map of TOOL: COMMAND", false, read_equivalent,
	  AT(equivalent) },
};

const char *lab_keys(size_t i, const char **expects, bool *must)
{
	if (i >= ARRAY_SIZE(keys))
		return NULL;
	*expects = keys[i].expects;
	*must = keys[i].must;
	return keys[i].name;
}

static int read_key(const struct reading *r, const struct node *n)
{
	const char *known[ARRAY_SIZE(keys) + 1] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!strcmp(keys[i].name, n->key))
			return keys[i].read(r, &keys[i], n);
		known[i] = keys[i].name;
	}
	return unknown_key(r, n, "", known);
}

/* A wrong way names a diagnosis that there is */
static int check_wrong(const struct reading *r, const struct node *root)
{
	const struct lab *l = r->lab;
	const struct node *n = node_find(root, "wrong");
	const char *known[LAB_DIAGNOSES + 1] = { NULL };

	n = n ? n->first : NULL;
	for (size_t i = 0; i < l->diagnose_count; i++)
		known[i] = l->diagnose[i].id;
	for (size_t i = 0; i < l->wrong_count; i++, n = n->next) {
		const char *id = l->wrong[i].diagnosis, *near;
		size_t d = 0;

		while (known[d] && strcmp(known[d], id) != 0)
			d++;
		if (known[d])
			continue;
		near = name_near(id, next_near, known);
		return wrong(&r->ld, &n->at, "there is no diagnosis '%s'%s%s%s",
			     shown(&r->ld, id), near ? ", did you mean '" : "",
			     near ? near : "", near ? "'" : "");
	}
	return 0;
}

static int read_lab(const struct reading *r, const struct node *root)
{
	if (!root || root->kind != NODE_MAP) {
		const struct origin at = { .file = r->lab->path };

		return wrong(&r->ld, root ? &root->at : &at,
			     "a lab is a map with 'format', 'id' and 'title'");
	}
	for (const struct node *n = root->first; n; n = n->next)
		if (read_key(r, n))
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].must && !node_find(root, keys[i].name))
			return wrong(&r->ld, &root->at, "a lab needs '%s': %s",
				     keys[i].name, keys[i].expects);
	return check_wrong(r, root);
}

int lab_parse(const char *buf, size_t len, const char *path, struct lab **out,
	      struct err *e)
{
	struct arena *a = arena_new();
	struct reading r = { .ld = { .arena = a, .e = e } };
	struct source src = { .buf = buf, .len = len, .instead = "the text itself" };
	struct node *root = NULL;
	int rc = -1;

	r.lab = a ? arena_alloc(a, sizeof(*r.lab)) : NULL;
	src.file = r.lab ? arena_copy(a, path, strlen(path)) : NULL;
	if (!src.file) {
		err_set(e, "out of memory");
	} else {
		*r.lab = (struct lab){ .path = src.file, .arena = a };
		rc = yaml_parse(a, &src, &root, e) ? -1 : read_lab(&r, root);
	}
	if (rc)
		arena_free(a);
	else
		*out = r.lab;
	return rc ? -1 : 0;
}

void lab_free(struct lab *l)
{
	if (l)
		arena_free(l->arena);
}
