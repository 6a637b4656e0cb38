// SPDX-License-Identifier: GPL-3.0-or-later
/* words.c - what was meant where the words of run, shell and create name no profile */
#include "cmd/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/summary.h"
#include "profile/profile.h"

static bool is_profile(const char *word)
{
	struct profile *pf;

	if (profile_load(word, NULL, 0, &pf, &(struct err){ 0 }))
		return false;
	profile_free(pf);
	return true;
}

/* The part of @dirs, a list like PATH, that has the program @word; its length is in @len.
 * Return: NULL without one */
static const char *find_program(const char *dirs, const char *word, int *len)
{
	char path[4096];

	for (const char *p = dirs; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		*len = (int)strcspn(p, ":");
		snprintf(path, sizeof(path), "%.*s%s%s", *len, p, *len ? "/" : "", word);
		if (!access(path, X_OK))
			return p;
	}
	return NULL;
}

static bool is_program(const char *word)
{
	int len;

	return find_program(strchr(word, '/') ? "" : getenv("PATH"), word, &len);
}

int words_say_two(const struct args *a, struct err *e)
{
	const char *verb = a->cmd->name, *first = a->words[0], *next = a->words[1];

	cmd_usage(a, e, "one profile, not '%s %s'", first, next);
	e->hint[0] = '\0';
	if (is_profile(first))
		err_hint(e, "write -- before the command: nook %s %s -- %s ...", verb,
			 first, next);
	else if (is_program(first))
		err_hint(e, "'%s' is a program: nook %s [PROFILE] -- %s %s ...", first,
			 verb, first, next);
	else
		err_hint(e,
			 "there is no profile '%s'; nook runs profiles, not images: "
			 "nook %s [PROFILE] -- %s ..., 'nook profile ls' lists them",
			 first, verb, next);
	return -2;
}

static bool is_in_list(const char *dirs, const char *dir, int len)
{
	for (const char *p = dirs; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL)
		if ((int)strcspn(p, ":") == len && !strncmp(p, dir, (size_t)len))
			return true;
	return false;
}

/* Where the box has that directory too, something else is missing; and in a tree of its
 * own one of the host's would cover what is there */
void words_say_path(const struct plan *box, const struct plan *wish, struct err *e)
{
	const struct plan_word *w = plan_each(wish, &wish->env.argv, NULL);
	const char *command = w ? plan_text(wish, w->text) : "/", *found;
	auto_text dir = { 0 }, bind = { 0 }, word = { 0 };
	bool shown, passes;
	int len;

	if (strchr(command, '/') || box->tree.root == PLAN_ROOT_DIRECTORY)
		return;
	found = find_program(getenv("PATH"), command, &len);
	if (!found || *found != '/')
		return;
	text_addn(&dir, found, (size_t)len);
	shown = summary_shows(box, text_str(&dir));
	passes = is_in_list(plan_text(wish, wish->env.path), found, len);
	text_addf(&bind, "%s:%s", text_str(&dir), text_str(&dir));
	text_shell(&word, text_str(&bind));
	if (!shown && wish != box)
		err_hint(e, "it is in '%s', of your PATH, which the box does not show",
			 text_str(&dir));
	else if (!shown)
		err_hint(e,
			 "it is in '%s', of your PATH, which the box does not show: try "
			 "-v %s%s",
			 text_str(&dir), text_str(&word), passes ? "" : " -e PATH");
	else if (!passes)
		err_hint(e, "it is in '%s', of your PATH: try -e PATH", text_str(&dir));
}

/* Names of profiles, each with its NUL, an empty one ends them */
static void collect(const char *name, const char *path, void *arg)
{
	(void)path;
	text_addn(arg, name, strlen(name) + 1);
}

static const char *next_name(size_t i, const void *arg)
{
	const char *p = text_str(arg);

	while (*p && i--)
		p += strlen(p) + 1;
	return *p ? p : NULL;
}

static bool has_name(const struct text *names, const char *word)
{
	const char *name;

	for (size_t i = 0; (name = next_name(i, names)); i++)
		if (!strcmp(name, word))
			return true;
	return false;
}

/* A profile in the current directory, which is not searched: that is hinted at already */
static bool is_file(const char *word)
{
	char path[300];

	snprintf(path, sizeof(path), "%.250s.yaml", word);
	return !access(word, F_OK) || !access(path, F_OK);
}

void words_guess(const struct args *a, const char *word, struct err *e)
{
	bool is_create = !strcmp(a->cmd->name, "create");
	const char *verb = is_create ? "create NAME" : a->cmd->name;
	auto_text names = { 0 };

	if (strchr(word, '/') || profile_each(collect, &names, NULL) < 0)
		return;
	text_addc(&names, '\0');
	if (names.failed || has_name(&names, word))
		return;
	if (is_program(word)) {
		e->hint[0] = '\0';
		err_hint(e, "'%s' is a program: nook %s [PROFILE] -- %s", word, verb,
			 word);
	} else if (!is_file(word) && !name_near(word, next_name, &names)) {
		e->hint[0] = '\0';
		err_hint(e,
			 "nook runs profiles, not images: 'nook profile ls' lists them; "
			 "with a tree of your own: nook %s --set root.path=DIR machine",
			 verb);
	}
}
