// SPDX-License-Identifier: GPL-3.0-or-later
/* completion_bash.c - the completion script for bash
 *
 * First what the tables say, as functions that print words; then one function that finds
 * out which of them is wanted. It needs no bash-completion package, but asks it to
 * complete the command behind `--` where it is there.
 */
#include "base/text.h"
#include "cmd/completion.h"
#include "completion_text.h"

/* Lists what the words of a case are: "case $1 in run | shell) echo ... ;; esac" */
static void add_case(struct text *out, const char *pattern, const char *words)
{
	text_addf(out, "\t%s) echo ", pattern);
	text_shell(out, words);
	text_add(out, " ;;\n");
}

static void add_commands(struct text *out)
{
	auto_text parents = { 0 };

	text_add(out, "# The words that may follow; a command of two words has its "
		      "second one there\n"
		      "_nook_commands() {\n\tcase $1 in\n\t'') echo '");
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text parent = { 0 };

		if (!completion_parent(i, &parent))
			continue;
		if (!parent.len || !completion_is_command(text_str(&parent)))
			text_addf(out, i ? " %s" : "%s",
				  parent.len ? text_str(&parent) : cmds()[i]->name);
		if (!parent.len)
			continue;
		text_addf(&parents, "\t%s) echo '", text_str(&parent));
		for (size_t j = i; cmds()[j]; j++)
			if (cmd_in_group(cmds()[j], text_str(&parent)))
				text_addf(&parents, j == i ? "%s" : " %s",
					  cmds()[j]->name + parent.len + 1);
		text_add(&parents, "' ;;\n");
	}
	text_addf(out, "' ;;\n%s\tesac\n}\n", text_str(&parents));
}

static void add_option_words(struct text *out, const struct opt *o)
{
	for (; o && o->name; o++) {
		if (o->letter)
			text_addf(out, out->len ? " -%c" : "-%c", o->letter);
		text_addf(out, out->len ? " --%s" : "--%s", o->name);
	}
}

static void add_options(struct text *out)
{
	auto_text all = { 0 };

	text_add(out, "# The options of a command\n_nook_options() {\n\tcase $1 in\n");
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text who = { 0 }, words = { 0 };

		if (!cmds()[i]->options || !completion_sharers(i, " | ", &who))
			continue;
		add_option_words(&words, cmds()[i]->options);
		add_case(out, text_str(&who), text_str(&words));
	}
	add_option_words(&all, options_common());
	text_addf(out, "\tesac\n\techo '%s'\n}\n", text_str(&all));
}

static void add_arguments_of(struct text *out, const struct opt *o)
{
	for (; o->name; o++) {
		auto_text words = { 0 };

		if (!o->arg)
			continue;
		text_addf(&words, "%s", completion_kind(o->complete));
		if (o->complete == COMPLETE_WORDS)
			text_addf(&words, " %s", o->words);
		text_addf(out, "\t\t--%s", o->name);
		if (o->letter)
			text_addf(out, " | -%c", o->letter);
		text_add(out, ") echo ");
		text_shell(out, text_str(&words));
		text_add(out, " ;;\n");
	}
}

static void add_arguments(struct text *out)
{
	text_add(out, "# What the argument of an option is; nothing where it takes none\n"
		      "_nook_argument() {\n\tcase $1 in\n");
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text who = { 0 }, cases = { 0 };

		if (!cmds()[i]->options || !completion_sharers(i, " | ", &who))
			continue;
		add_arguments_of(&cases, cmds()[i]->options);
		if (cases.len)
			text_addf(out, "\t%s)\n\t\tcase $2 in\n%s\t\tesac\n\t\t;;\n",
				  text_str(&who), text_str(&cases));
	}
	text_add(out, "\tesac\n}\n");
}

static void add_kinds(struct text *out)
{
	text_add(out,
		 "# What the words of a command are\n_nook_kind() {\n\tcase $1 in\n");
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text who = { 0 }, words = { 0 }, more = { 0 };

		if (cmds()[i]->complete == COMPLETE_NOTHING)
			continue;
		text_shell(&who, cmds()[i]->name);
		text_add(&words, completion_kind(cmds()[i]->complete));
		completion_words(cmds()[i], &more);
		if (more.len)
			text_addf(&words, " %s", text_str(&more));
		add_case(out, text_str(&who), text_str(&words));
	}
	text_add(out, "\tesac\n}\n");
}

static void add_keys(struct text *out)
{
	text_add(out, "# The keys of a profile, and the words that one takes\n"
		      "_nook_keys() {\n\techo '");
	for (enum field f = 0; f < FIELD_COUNT; f++)
		text_addf(out, f ? " %s" : "%s", field_name(f));
	text_add(out, "'\n}\n_nook_values() {\n\tcase $1 in\n");
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		auto_text words = { 0 };

		if (completion_values(f, &words))
			add_case(out, field_name(f), text_str(&words));
	}
	text_add(out, "\tesac\n}\n");
}

void completion_bash(struct text *out)
{
	text_add(out,
		 "# SPDX-License-Identifier: GPL-3.0-or-later\n"
		 "# nook.bash - completion for bash, made by 'nook completion bash'\n\n");
	add_commands(out);
	add_options(out);
	add_arguments(out);
	add_kinds(out);
	add_keys(out);
	text_addc(out, '\n');
	text_add(out, completion_bash_text);
}
