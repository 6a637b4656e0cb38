// SPDX-License-Identifier: GPL-3.0-or-later
/* completion_fish.c - the completion script for fish: a `complete` line for each thing */
#include <string.h>

#include "base/text.h"
#include "cmd/completion.h"
#include "completion_text.h"

/* A word in single quotes, where fish knows \' and \\ */
static void add_quoted(struct text *out, const char *s)
{
	text_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			text_addc(out, '\\');
		text_addc(out, *s);
	}
	text_addc(out, '\'');
}

/* What an argument becomes: words that stand, or a function of the script */
static void add_action(struct text *out, enum complete kind, const char *words)
{
	if (kind == COMPLETE_WORDS)
		text_addf(out, " -a '%s'", words);
	else if (kind == COMPLETE_FILE)
		text_add(out, " -F");
	else if (kind != COMPLETE_NOTHING)
		text_addf(out, " -a '(__nook_%s%s%s)'", completion_kind(kind),
			  words ? " " : "", words ? words : "");
}

static void add_option(struct text *out, const char *when, const struct opt *o)
{
	text_add(out, "complete -c nook");
	text_addf(out, " -n \"%s\"", when);
	if (o->letter)
		text_addf(out, " -s %c", o->letter);
	text_addf(out, " -l %s", o->name);
	if (o->arg)
		text_add(out, o->complete == COMPLETE_FILE ? " -r" : " -x");
	if (o->arg)
		add_action(out, o->complete, o->words);
	text_add(out, " -d ");
	add_quoted(out, o->help);
	text_addc(out, '\n');
}

static void add_options(struct text *out)
{
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text who = { 0 };

		text_add(&who, "__nook_in ");
		if (!cmds()[i]->options || !completion_sharers(i, " ", &who))
			continue;
		for (const struct opt *o = cmds()[i]->options; o->name; o++)
			add_option(out, text_str(&who), o);
	}
	for (const struct opt *o = options_common(); o->name; o++)
		add_option(out, "not __nook_behind", o);
}

static void add_word(struct text *out, const char *when, const char *word,
		     const char *help)
{
	text_addf(out, "complete -c nook -n \"%s\" -a %s -d ", when, word);
	add_quoted(out, help);
	text_addc(out, '\n');
}

static void add_children(struct text *out, const char *parent)
{
	auto_text when = { 0 };

	text_addf(&when, "__nook_at %s", parent);
	for (size_t i = 0; cmds()[i]; i++)
		if (cmd_in_group(cmds()[i], parent))
			add_word(out, text_str(&when),
				 cmds()[i]->name + strlen(parent) + 1,
				 cmds()[i]->summary);
}

static void add_commands(struct text *out)
{
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text parent = { 0 }, group = { 0 };

		if (!completion_parent(i, &parent))
			continue;
		if (!parent.len) {
			add_word(out, "__nook_at", cmds()[i]->name, cmds()[i]->summary);
			continue;
		}
		for (size_t j = i; cmds()[j]; j++)
			if (cmd_in_group(cmds()[j], text_str(&parent)))
				text_addf(&group, "%s%s", group.len ? ", " : "",
					  cmds()[j]->name + parent.len + 1);
		if (!completion_is_command(text_str(&parent)))
			add_word(out, "__nook_at", text_str(&parent), text_str(&group));
		add_children(out, text_str(&parent));
	}
}

static void add_kinds(struct text *out)
{
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text who = { 0 }, more = { 0 };

		if (cmds()[i]->complete == COMPLETE_NOTHING)
			continue;
		text_shell(&who, cmds()[i]->name);
		completion_words(cmds()[i], &more);
		text_addf(out, "complete -c nook -n \"__nook_in %s\"", text_str(&who));
		add_action(out, cmds()[i]->complete,
			   more.len ? text_str(&more) : NULL);
		text_addc(out, '\n');
	}
}

static void add_keys(struct text *out)
{
	static const char *const helps[] = {
#define FIELD(id, key, member, type, preset, layer, help) help,
#include "profile/fields.def"
#undef FIELD
	};

	text_add(out, "# The keys of a profile, then the words that one takes\n"
		      "function __nook_field\n\tprintf '%s\\t%s\\n' \\\n");
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		text_addf(out, "\t\t%s ", field_name(f));
		add_quoted(out, helps[f]);
		text_add(out, f + 1 < FIELD_COUNT ? " \\\n" : "\n");
	}
	text_add(out, "end\n\nfunction __nook_values\n\tswitch $argv[1]\n");
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		auto_text words = { 0 };

		if (completion_values(f, &words))
			text_addf(out, "\t\tcase %s\n\t\t\tprintf '%%s\\n' %s\n",
				  field_name(f), text_str(&words));
	}
	text_add(out, "\tend\nend\n\n");
}

void completion_fish(struct text *out)
{
	text_add(out,
		 "# SPDX-License-Identifier: GPL-3.0-or-later\n"
		 "# nook.fish - completion for fish, made by 'nook completion fish'\n\n");
	add_keys(out);
	text_add(out, completion_fish_text);
	add_commands(out);
	add_kinds(out);
	add_options(out);
}
