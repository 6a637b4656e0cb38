// SPDX-License-Identifier: GPL-3.0-or-later
/* help.c - help and version, printed from the table */
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/pager.h"
#include "cmd/summary.h"

#define COLUMN 28

static void add_option(struct text *out, const struct opt *o)
{
	size_t start = out->len;

	if (o->letter)
		text_addf(out, "  -%c, --%s", o->letter, o->name);
	else
		text_addf(out, "      --%s", o->name);
	if (o->arg)
		text_addf(out, " %s", o->arg);
	if (out->len - start > COLUMN - 2) {
		text_addc(out, '\n');
		start = out->len;
	}
	while (out->len - start < COLUMN)
		text_addc(out, ' ');
	words_wrap(out, o->help, COLUMN, COLUMN);
}

/* An empty line ends a paragraph, a line with blanks in front stands as it is, all others
 * are wrapped */
static void add_paragraphs(struct text *out, const char *s)
{
	auto_text words = { 0 };

	for (; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		size_t n = strcspn(s, "\n");
		bool literal = *s == ' ';

		if (n && !literal) {
			text_add(&words, words.len ? " " : "");
			text_addn(&words, s, n);
			continue;
		}
		words_wrap(out, text_str(&words), 0, 0);
		text_cut(&words, 0);
		text_addn(out, s, n);
		text_addc(out, '\n');
	}
	words_wrap(out, text_str(&words), 0, 0);
}

void cmd_help(const struct cmd *cmd, struct text *out)
{
	auto_text further = { 0 };

	text_addf(out, "Usage: nook %s %s\n\n%c%s.\n\nOptions:\n", cmd->name, cmd->usage,
		  cmd->summary[0] >= 'a' && cmd->summary[0] <= 'z' ? cmd->summary[0] - 32
								   : cmd->summary[0],
		  cmd->summary + 1);
	for (const struct opt *o = cmd->options; o && o->name; o++)
		add_option(out, o);
	for (const struct opt *o = options_common(); o->name; o++)
		add_option(out, o);
	if (cmd->help) {
		text_addc(out, '\n');
		add_paragraphs(out, cmd->help);
	}
	if (cmd_help_group(cmd->name, &further))
		text_addf(out, "\nCommands:\n%s", text_str(&further));
}

bool cmd_help_group(const char *first, struct text *out)
{
	size_t before = out->len;

	for (const struct cmd *const *c = cmds(); *c; c++)
		if (cmd_in_group(*c, first))
			text_addf(out, "  %-16s %s\n", (*c)->name, (*c)->summary);
	return out->len > before;
}

static void list_commands(struct text *out)
{
	text_add(
		out,
		"nook: isolated shells and jobs from a profile, explained and checked\n\n"
		"Usage: nook COMMAND [OPTION...] [WORD...]\n\nCommands:\n");
	for (const struct cmd *const *c = cmds(); *c; c++)
		text_addf(out, "  %-16s %s\n", (*c)->name, (*c)->summary);
	text_add(out,
		 "\nStart here:\n"
		 "  nook shell dev            a shell on your own files, changes thrown "
		 "away\n"
		 "  nook run strict -- CMD    a command that can reach nothing\n"
		 "  nook explain dev          what separates that box from this machine\n"
		 "  nook doctor               what this machine allows, and how to allow "
		 "more\n"
		 "\n'nook help COMMAND' explains one.\n");
}

static int help_run(const struct args *a, struct err *e)
{
	auto_text out = { 0 };
	const struct cmd *cmd;
	size_t used;
	const char *words[] = { a->word_count ? a->words[0] : NULL,
				a->word_count > 1 ? a->words[1] : NULL, NULL };

	if (!a->word_count) {
		list_commands(&out);
		return cmd_show(&out, e);
	}
	cmd = cmd_lookup(words, &used);
	if (cmd)
		cmd_help(cmd, &out);
	else if (a->word_count > 1 || !cmd_help_group(words[0], &out))
		return cmd_usage(a, e, "no command '%s%s%s'", words[0],
				 words[1] ? " " : "", words[1] ? words[1] : "");
	return cmd_show(&out, e);
}

static int version_run(const struct args *a, struct err *e)
{
	auto_text out = { 0 };

	if (a->word_count)
		return cmd_usage(a, e, "version takes no words");
	text_add(&out, "nook " NOOK_VERSION "\n");
	return cmd_print(&out, e);
}

const struct cmd cmd_help_cmd = {
	.name = "help",
	.summary = "list the commands, or explain one",
	.usage = "[COMMAND]",
	.complete = COMPLETE_COMMAND,
	.run = help_run,
};

const struct cmd cmd_version = {
	.name = "version",
	.summary = "show the version",
	.usage = "",
	.run = version_run,
};
