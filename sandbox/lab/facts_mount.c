// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_mount.c - verbs about mounts, read from the target's mountinfo */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/mountinfo.h"
#include "lab/verbs.h"

/** struct mounts - A target's mounts; @text holds what they point into */
struct mounts {
	struct text text;
	struct host_mount *v;
	size_t count;
};

static void mounts_release(struct mounts *m)
{
	text_release(&m->text);
	free(m->v);
}

/* Return: 1; 0 = they cannot be read, which is said; -1 and @e */
static int mounts_read(const struct aim *a, struct mounts *m, struct fact_found *out,
		       struct err *e)
{
	size_t lines = 0;
	ssize_t n;
	int rc = aim_read(a, "mountinfo", &m->text, out, e);

	if (rc <= 0)
		return rc;
	for (const char *p = text_str(&m->text); (p = strchr(p, '\n')); p++)
		lines++;
	m->v = calloc(lines + 1, sizeof(*m->v));
	if (!m->v)
		return err_set(e, "out of memory");
	n = lines ? host_mountinfo_parse(m->text.s, m->text.len, m->v, lines) : 0;
	if (n < 0)
		return err_set(e, "cannot understand %s", text_str(&out->source));
	m->count = (size_t)n;
	return 1;
}

static int check_mount(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	if (lab_target_check(words[0], e) < 0)
		return -1;
	if (words[1][0] != '/')
		return err_set(e, "'%s' is no absolute path", words[1]);
	return 0;
}

static bool has_option(const char *options, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = options; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, word, len) && (!p[len] || p[len] == ','))
			return true;
	}
	return false;
}

/* Whether a mount is what the words behind the path say */
static bool is_as(const struct host_mount *m, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(m->fstype, words[i]) != 0 &&
		    !has_option(m->options, words[i]) && !has_option(m->super, words[i]))
			return false;
	return true;
}

/* Of several on one path the last one is on top and counts */
static int look_has(const struct lab_scene *s, const char *const *words, size_t n,
		    struct fact_found *out, struct err *e)
{
	const struct host_mount *top = NULL;
	auto_aim a = { .dir = -1 };
	struct mounts m = { 0 };
	int rc;

	text_addf(&out->expected, "a mount at %s", words[1]);
	for (size_t i = 2; i < n; i++)
		text_addf(&out->expected, " %s", words[i]);
	rc = aim_at(s, words[0], &a, out, e);
	if (rc == 1)
		rc = mounts_read(&a, &m, out, e);
	for (size_t i = 0; rc == 1 && i < m.count; i++)
		if (!strcmp(m.v[i].target, words[1]))
			top = &m.v[i];
	out->holds = top && is_as(top, words + 2, n - 2);
	if (rc == 1 && top)
		text_addf(&out->found, "%s at %s, %s, of %s", top->fstype, top->target,
			  top->options, top->source);
	else if (rc == 1)
		text_addf(&out->found, "none at %s, %zu elsewhere", words[1], m.count);
	mounts_release(&m);
	return rc < 0 ? -1 : 0;
}

static int look_lacks(const struct lab_scene *s, const char *const *words, size_t n,
		      struct fact_found *out, struct err *e)
{
	int rc = look_has(s, words, n, out, e);
	auto_text wanted = { 0 };

	text_addf(&wanted, "no %s", text_str(&out->expected) + strlen("a "));
	text_cut(&out->expected, 0);
	text_add(&out->expected, text_str(&wanted));
	out->holds = !out->holds && !out->is_unknown;
	return rc;
}

const struct fact_verb facts_mount[] = {
	{ "mount-has", "TARGET PATH [TYPE | OPTION]...",
	  "it sees a mount at that path, of that type of file system and with those "
	  "options",
	  2, 8, check_mount, look_has },
	{ "mount-lacks", "TARGET PATH [TYPE | OPTION]...", "it sees no such mount", 2, 8,
	  check_mount, look_lacks },
	{ 0 },
};
