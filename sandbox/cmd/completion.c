// SPDX-License-Identifier: GPL-3.0-or-later
/* completion.c - `nook completion`: scripts for bash, zsh and fish, from the tables
 *
 * The scripts hold the commands, options and keys that this nook has; only the names of
 * profiles, boxes and networks are asked for while a person types. completions/ has them
 * as files, and tests/lint/generated.t compares.
 */
#include "cmd/completion.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "layer/layer.h"

const char *completion_kind(enum complete c)
{
	static const char *const kinds[] = {
		[COMPLETE_NOTHING] = "nothing", [COMPLETE_PROFILE] = "profile",
		[COMPLETE_BOX] = "box",		[COMPLETE_FILE] = "file",
		[COMPLETE_DIR] = "dir",		[COMPLETE_KEY] = "key",
		[COMPLETE_FIELD] = "field",	[COMPLETE_COMMAND] = "command",
		[COMPLETE_WORDS] = "words",	[COMPLETE_PROGRAM] = "program",
		[COMPLETE_LIMIT] = "limit",	[COMPLETE_NETWORK] = "network",
		[COMPLETE_REST] = "resting",	[COMPLETE_INTO] = "into",
		[COMPLETE_LAB] = "lab",		[COMPLETE_EXPLAIN] = "explain",
		[COMPLETE_COPY] = "copy",
	};

	return kinds[c];
}

bool completion_sharers(size_t i, const char *gap, struct text *out)
{
	const struct cmd *const *table = cmds();
	size_t first = 0;

	while (table[first]->options != table[i]->options)
		first++;
	if (first != i)
		return false;
	for (size_t j = i; table[j]; j++) {
		if (table[j]->options != table[i]->options)
			continue;
		text_add(out, j == i ? "" : gap);
		text_shell(out, table[j]->name);
	}
	return true;
}

bool completion_parent(size_t i, struct text *out)
{
	const struct cmd *const *table = cmds();
	size_t len = strcspn(table[i]->name, " ");

	if (!table[i]->name[len])
		return true;
	for (size_t j = 0; j < i; j++)
		if (!strncmp(table[j]->name, table[i]->name, len + 1))
			return false;
	text_addn(out, table[i]->name, len);
	return true;
}

bool completion_is_command(const char *word)
{
	for (size_t i = 0; cmds()[i]; i++)
		if (!strcmp(cmds()[i]->name, word))
			return true;
	return false;
}

/* What is made and entered at two places of the table has one name */
static bool is_first_of_name(const struct layer *const *table, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(table[j]->name, table[i]->name))
			return false;
	return true;
}

void completion_words(const struct cmd *c, struct text *out)
{
	if (c->words)
		text_add(out, c->words);
	for (size_t i = 0; c->complete == COMPLETE_EXPLAIN && layers()[i]; i++)
		if (is_first_of_name(layers(), i))
			text_addf(out, i ? " %s" : "%s", layers()[i]->name);
	for (const struct opt *o = c->options; c->bare_after && o->name; o++) {
		if (!o->arg)
			continue;
		text_add(out, out->len ? " " : "");
		if (o->letter)
			text_addf(out, "-%c ", o->letter);
		text_addf(out, "--%s", o->name);
	}
}

bool completion_values(enum field f, struct text *out)
{
	const struct name *words = field_words(f);

	for (size_t i = 0; words && words[i].name; i++)
		text_addf(out, i ? " %s" : "%s", words[i].name);
	return words != NULL;
}

static const struct {
	const char *shell;
	void (*write)(struct text *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

static const char *next_shell(size_t i, const void *arg)
{
	(void)arg;
	return i < sizeof(shells) / sizeof(shells[0]) ? shells[i].shell : NULL;
}

static int completion_run(const struct args *a, struct err *e)
{
	auto_text out = { 0 };
	const char *near;

	if (a->word_count != 1)
		return cmd_usage(a, e, "completion takes one shell: bash, zsh or fish");
	for (size_t i = 0; next_shell(i, NULL); i++) {
		if (strcmp(shells[i].shell, a->words[0]))
			continue;
		shells[i].write(&out);
		return cmd_print(&out, e);
	}
	near = name_near(a->words[0], next_shell, NULL);
	return cmd_usage(a, e, "no completion for '%s': expected %s", a->words[0],
			 near ? near : "bash, zsh or fish");
}

const struct cmd cmd_completion = {
	.name = "completion",
	.summary = "print the completion script for bash, zsh or fish",
	.usage = "bash|zsh|fish",
	.help = "'make install' puts the scripts where the shells look for them. By "
		"hand:\n\n"
		"  bash   nook completion bash > "
		"~/.local/share/bash-completion/completions/nook\n"
		"  zsh    nook completion zsh > DIR/_nook, with DIR in $fpath\n"
		"  fish   nook completion fish > ~/.config/fish/completions/nook.fish\n",
	.complete = COMPLETE_WORDS,
	.words = "bash zsh fish",
	.run = completion_run,
};
