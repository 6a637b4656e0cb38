// SPDX-License-Identifier: GPL-3.0-or-later
/* fact.c - a line into words, the verb that they begin with, and `not` */
#include "lab/fact.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "lab/verbs.h"

#define MOST_WORDS 32

static const struct fact_verb *const tables[] = {
	facts_ns,     facts_process, facts_file, facts_mount,
	facts_cgroup, facts_net,     facts_run,	 facts_answer,
};

/* --- words ------------------------------------------------------------------------- */

/** struct line - A line taken apart: @v point into @bytes */
struct line {
	const char *v[MOST_WORDS + 1]; /* NULL at the end */
	size_t count;
	struct text bytes;
	bool open; /* a word has begun */
};

static void end_word(struct line *l)
{
	if (!l->open)
		return;
	text_addc(&l->bytes, '\0');
	l->count++;
	l->open = false;
}

static void add_variable(const struct lab_scene *s, const char *name, size_t len,
			 struct text *out, bool *known)
{
	*known = true;
	if (len == 3 && !strncmp(name, "LAB", len))
		text_add(out, s->dir);
	else if (len == 1 && *name == 'R')
		text_addf(out, "%s/R", s->dir);
	else if (len == 5 && !strncmp(name, "TOKEN", len))
		text_add(out, s->token);
	else if (len == 3 && !strncmp(name, "UID", len))
		text_addf(out, "%u", geteuid());
	else if (len == 3 && !strncmp(name, "GID", len))
		text_addf(out, "%u", getegid());
	else
		*known = false;
}

/* From the `$` on; one that no name follows means itself. Return: behind it, NULL and
 * @e */
static const char *expand(const struct lab_scene *s, const char *p, struct line *l,
			  struct err *e)
{
	size_t len = 0;
	bool known;

	l->open = true;
	while (isalnum((unsigned char)p[1 + len]) || p[1 + len] == '_')
		len++;
	if (!len) {
		text_addc(&l->bytes, '$');
		return p + 1;
	}
	add_variable(s, p + 1, len, &l->bytes, &known);
	if (!known) {
		err_set(e, "unknown '$%.*s'", (int)len, p + 1);
		err_hint(e, "there are $LAB, $R, $TOKEN, $UID and $GID; in single quotes "
			    "a $ means itself");
		return NULL;
	}
	return p + 1 + len;
}

/* From the quote on. Return: behind the other one, NULL and @e */
static const char *read_quoted(const struct lab_scene *s, const char *p, struct line *l,
			       struct err *e)
{
	char quote = *p++;

	l->open = true;
	while (p && *p && *p != quote) {
		if (quote == '"' && *p == '$') {
			p = expand(s, p, l, e);
			continue;
		}
		if (quote == '"' && *p == '\\' && p[1] && strchr("\"\\$", p[1]))
			p++;
		text_addc(&l->bytes, *p++);
	}
	if (!p)
		return NULL;
	if (*p == quote)
		return p + 1;
	err_set(e, "the line ends within quotes");
	return NULL;
}

/* Return: behind what was read, NULL and @e */
static const char *read_byte(const struct lab_scene *s, const char *p, struct line *l,
			     struct err *e)
{
	if (*p == '\'' || *p == '"')
		return read_quoted(s, p, l, e);
	if (*p == '$')
		return expand(s, p, l, e);
	if (isspace((unsigned char)*p)) {
		end_word(l);
		return p + 1;
	}
	if (*p == '\\' && p[1])
		p++;
	l->open = true;
	text_addc(&l->bytes, *p);
	return p + 1;
}

/* Return: 0, -1 and @e */
static int split(const struct lab_scene *s, const char *line, struct line *l,
		 struct err *e)
{
	const char *p = line;

	while (p && *p && l->count < MOST_WORDS)
		p = read_byte(s, p, l, e);
	if (!p)
		return -1;
	end_word(l);
	if (*p || l->count > MOST_WORDS)
		return err_set(e, "more than %d words", MOST_WORDS);
	if (l->bytes.failed)
		return err_set(e, "out of memory");
	p = text_str(&l->bytes);
	for (size_t i = 0; i < l->count; i++, p += strlen(p) + 1)
		l->v[i] = p;
	return 0;
}

/* --- verbs ------------------------------------------------------------------------- */

const struct fact_verb *fact_verbs(size_t i)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct fact_verb *v = tables[t]; v->name; v++)
			if (!i--)
				return v;
	return NULL;
}

const struct fact_verb *fact_lookup(const char *name)
{
	const struct fact_verb *v;

	for (size_t i = 0; (v = fact_verbs(i)); i++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

static const char *next_verb(size_t i, const void *arg)
{
	const struct fact_verb *v = fact_verbs(i);

	(void)arg;
	return v ? v->name : NULL;
}

/**
 * struct asked - A line that was understood
 * @words:	Behind the verb
 */
struct asked {
	struct line line;
	const struct fact_verb *verb;
	const char *const *words;
	size_t count;
	bool is_not;
};

static int count_words(const struct asked *a, struct err *e)
{
	const struct fact_verb *v = a->verb;

	if (a->count >= v->min && a->count <= v->max)
		return 0;
	err_set(e, "'%s' %s", v->name,
		a->count < v->min ? "needs more words" : "takes fewer words");
	return err_hint(e, "%s %s: %s", v->name, v->usage, v->help);
}

/* Return: 0, -1 and @e; a->line.bytes is to be released either way */
static int understand(const struct lab_scene *s, const char *line, struct asked *a,
		      struct err *e)
{
	const char *near;
	size_t verb;

	if (split(s, line, &a->line, e) < 0)
		return -1;
	a->is_not = a->line.count && !strcmp(a->line.v[0], "not");
	verb = a->is_not;
	if (a->line.count <= verb)
		return err_set(e, "a fact begins with a verb");
	a->verb = fact_lookup(a->line.v[verb]);
	if (!a->verb) {
		near = name_near(a->line.v[verb], next_verb, NULL);
		return err_set(e, "unknown verb '%s'%s%s%s", a->line.v[verb],
			       near ? ", did you mean '" : "", near ? near : "",
			       near ? "'" : "");
	}
	a->words = a->line.v + verb + 1;
	a->count = a->line.count - verb - 1;
	if (count_words(a, e) < 0)
		return -1;
	return a->verb->check ? a->verb->check(a->words, a->count, e) : 0;
}

/* --- what others call -------------------------------------------------------------- */

/* Where nothing is looked at a name stands for what it could stand for */
static const struct lab_scene any = { .id = "L00", .dir = "/lab", .token = "token" };

int fact_check(const char *line, struct err *e)
{
	struct asked a = { 0 };
	int rc = understand(&any, line, &a, e);

	text_release(&a.line.bytes);
	return rc;
}

bool fact_question(const char *line, struct text *name)
{
	static const char answers[] = "/lab/answer/";
	struct asked a = { 0 };
	const char *at = NULL;
	struct err none;
	bool known = understand(&any, line, &a, &none) == 0;

	if (known && !strcmp(a.verb->name, "answer"))
		at = a.words[0];
	for (size_t i = 0; known && !at && i < a.count; i++) {
		at = strstr(a.words[i], answers);
		at = at ? at + strlen(answers) : NULL;
	}
	while (at && (isalnum((unsigned char)*at) || (*at && strchr("_.-", *at))))
		text_addc(name, *at++);
	text_release(&a.line.bytes);
	return name->len > 0;
}

static int look(const struct lab_scene *s, const struct asked *a, struct fact_found *out,
		struct err *e)
{
	if (a->verb->look(s, a->words, a->count, out, e) < 0)
		return -1;
	if (out->expected.failed || out->found.failed || out->source.failed)
		return err_set(e, "out of memory");
	out->holds = !out->is_unknown && out->holds != a->is_not;
	return 0;
}

int fact_look(const struct lab_scene *s, const char *line, struct fact_found *out,
	      struct err *e)
{
	struct asked a = { 0 };
	int rc = understand(s, line, &a, e);

	/* The verb words what is expected as if it stood alone */
	if (!rc && a.is_not)
		text_add(&out->expected, "not: ");
	if (!rc)
		rc = look(s, &a, out, e);
	text_release(&a.line.bytes);
	return rc;
}

void fact_release(struct fact_found *f)
{
	text_release(&f->expected);
	text_release(&f->found);
	text_release(&f->source);
	*f = (struct fact_found){ 0 };
}
