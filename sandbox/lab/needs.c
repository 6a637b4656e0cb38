// SPDX-License-Identifier: GPL-3.0-or-later
/* needs.c - what a lab needs of this machine and of its user */
#include "lab/needs.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "host/cgroup.h"
#include "host/try.h"

#define PROGRAM	      "program "
#define LIMITS_WANTED (CG_CPU | CG_MEMORY | CG_PIDS)

static enum host_cgroups layout(struct host *h)
{
	struct host_cgroup cg;

	host_cgroup(h, 0, 0, &cg);
	return cg.layout;
}

static bool is_user(struct host *h)
{
	return !host_is_root(h);
}

static bool has_v1(struct host *h)
{
	return layout(h) == HOST_CGROUP_V1 || layout(h) == HOST_CGROUP_HYBRID;
}

static bool has_v2(struct host *h)
{
	return layout(h) == HOST_CGROUP_V2;
}

static bool has_limits(struct host *h)
{
	struct host_cgroup cg;

	host_cgroup(h, LIMITS_WANTED, 0, &cg);
	return !cg.missing;
}

static const struct need {
	const char *name;
	const char *means; /* "it needs ..." */
	bool (*met)(struct host *h);
} needs[] = {
	{ "root", "to be root of this machine", host_is_root },
	{ "user", "to be an ordinary user", is_user },
	{ "v1", "controllers of cgroup v1", has_v1 },
	{ "v2", "controllers of cgroup v2", has_v2 },
	{ "limits", "cgroups with CPU, memory and pids that are its user's to make",
	  has_limits },
};

const char *needs_at(size_t i, const char **means)
{
	if (i >= ARRAY_SIZE(needs))
		return NULL;
	*means = needs[i].means;
	return needs[i].name;
}

static const struct need *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (!strcmp(needs[i].name, name))
			return &needs[i];
	return NULL;
}

static const struct try_fact *find_tried(const char *name)
{
	for (const struct try_fact *f = try_facts(); f->id; f++)
		if (!strcmp(f->id, name))
			return f;
	return NULL;
}

static const char *program_of(const char *need)
{
	size_t len = strlen(PROGRAM);

	return strncmp(need, PROGRAM, len) || !need[len] ? NULL : need + len;
}

bool needs_is_known(const char *need)
{
	const char *program = program_of(need);

	if (program)
		return !parse_name(program, NULL);
	return find(need) || find_tried(need);
}

static void try_need(struct host *h, const struct try_fact *f, struct text *why)
{
	struct try_found got;

	try_run(h, f, &got);
	if (got.verdict == TRY_MISSING)
		text_addf(why, "%s: %s", f->title,
			  text_str(got.why.len ? &got.why : &got.found));
	try_release(&got);
}

/* @why: what is missing; nothing is added where the need is met */
static void look_for(struct host *h, const char *need, struct text *why)
{
	const char *program = program_of(need);
	const struct need *n = find(need);
	const struct try_fact *f = n ? NULL : find_tried(need);

	if (f)
		try_need(h, f, why);
	else if (!(program ? host_program(h, program) != NULL : n && n->met(h)))
		text_addf(why, "%s%s", program ? "the program " : "",
			  program ? program
			  : n	  ? n->means
				  : need);
}

/* --- what was found ---------------------------------------------------------------- */

/** struct need_found - One that was tried; @why: what is missing, empty = nothing */
struct need_found {
	struct need_found *next;
	char *need;
	struct text why;
};

/* Return: NULL = no memory */
static const struct need_found *found(struct needs *n, const char *need)
{
	struct need_found *f = n->first;

	while (f && strcmp(f->need, need) != 0)
		f = f->next;
	if (f)
		return f;
	n->host = n->host ? n->host : host_new();
	f = n->host ? calloc(1, sizeof(*f)) : NULL;
	if (f)
		f->need = strdup(need);
	if (!f || !f->need) {
		free(f);
		return NULL;
	}
	f->next = n->first;
	n->first = f;
	look_for(n->host, need, &f->why);
	return f;
}

const char *needs_lacking(struct needs *n, const struct lab_words *these)
{
	for (size_t i = 0; i < these->count; i++) {
		const struct need_found *f = found(n, these->v[i]);

		if (!f || f->why.failed)
			return "more memory";
		if (f->why.len)
			return text_str(&f->why);
	}
	return NULL;
}

static void choose(struct needs *n, struct lab_way *w)
{
	if (!w->v1 && !w->v2)
		return;
	n->host = n->host ? n->host : host_new();
	w->raw = n->host && has_v1(n->host) ? w->v1 : w->v2;
}

void needs_choose(struct needs *n, struct lab *l)
{
	choose(n, &l->solution);
	for (size_t i = 0; i < l->wrong_count; i++)
		choose(n, &l->wrong[i].way);
}

void needs_release(struct needs *n)
{
	while (n->first) {
		struct need_found *f = n->first;

		n->first = f->next;
		free(f->need);
		text_release(&f->why);
		free(f);
	}
	host_free(n->host);
	*n = (struct needs){ 0 };
}
