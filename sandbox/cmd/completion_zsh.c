// SPDX-License-Identifier: GPL-3.0-or-later
/* completion_zsh.c - the completion script for zsh: one _arguments call a command */
#include <string.h>

#include "base/text.h"
#include "cmd/completion.h"
#include "completion_text.h"

/* Inside '...[HERE]...' of an option, or '...:HERE:...' of an argument */
static void add_escaped(struct text *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			text_add(out, "'\\'");
		else if (strchr("[]:\\", *s))
			text_addc(out, '\\');
		text_addc(out, *s);
	}
}

static void add_action(struct text *out, enum complete kind, const char *words)
{
	if (kind == COMPLETE_WORDS)
		text_addf(out, "(%s)", words);
	else if (kind != COMPLETE_NOTHING)
		text_addf(out, "_nook_%s%s%s", completion_kind(kind), words ? " " : "",
			  words ? words : "");
}

/* '(-m --memory)'{-m+,--memory=}'[limit ...]:SIZE:' */
static void add_option(struct text *out, const struct opt *o)
{
	/* What sets one entry of a list or map may be said again */
	const char *again = o->key && *o->key == '@' ? "*" : "";

	text_add(out, " \\\n\t\t\t");
	if (o->letter && !*again)
		text_addf(out, "'(-%c --%s)'", o->letter, o->name);
	if (o->letter)
		text_addf(out, o->arg ? "%s{-%c+,--%s=}'" : "%s{-%c,--%s}'",
			  *again ? "'*'" : "", o->letter, o->name);
	else
		text_addf(out, o->arg ? "'%s--%s=" : "'%s--%s", again, o->name);
	text_addc(out, '[');
	add_escaped(out, o->help);
	text_addc(out, ']');
	if (o->arg) {
		text_addc(out, ':');
		add_escaped(out, o->arg);
		text_addc(out, ':');
		add_action(out, o->complete, o->words);
	}
	text_addc(out, '\'');
}

static void add_command(struct text *out, const struct cmd *c)
{
	auto_text words = { 0 };

	text_addf(out, "\t'%s')\n\t\t_arguments -s -S", c->name);
	for (const struct opt *o = c->options; o && o->name; o++)
		add_option(out, o);
	for (const struct opt *o = options_common(); o->name; o++)
		add_option(out, o);
	if (c->complete == COMPLETE_INTO) {
		text_add(out, " \\\n\t\t\t'1:box:_nook_box' "
			      "'(-)*:::command:_normal'");
	} else if (c->complete != COMPLETE_NOTHING) {
		completion_words(c, &words);
		text_addf(out, " \\\n\t\t\t'*:%s:",
			  c->complete == COMPLETE_WORDS ? "word"
							: completion_kind(c->complete));
		add_action(out, c->complete, words.len ? text_str(&words) : NULL);
		text_addc(out, '\'');
	}
	text_add(out, "\n\t\t;;\n");
}

static void add_described(struct text *out, const char *name, const char *summary)
{
	text_add(out, "\t\t'");
	add_escaped(out, name);
	text_addc(out, ':');
	add_escaped(out, summary);
	text_add(out, "'\n");
}

/* Second words of `nook PARENT ...` */
static void add_children(struct text *out, const char *parent)
{
	text_addf(out, "\t%s) list=(\n", parent);
	for (size_t i = 0; cmds()[i]; i++)
		if (cmd_in_group(cmds()[i], parent))
			add_described(out, cmds()[i]->name + strlen(parent) + 1,
				      cmds()[i]->summary);
	text_add(out, "\t) ;;\n");
}

static void add_commands(struct text *out)
{
	auto_text children = { 0 };

	text_add(out, "# Commands, or the second words of one, into $list\n"
		      "_nook_list() {\n\tlist=()\n\tcase $1 in\n\t'') list=(\n");
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text parent = { 0 }, group = { 0 };

		if (!completion_parent(i, &parent))
			continue;
		if (!parent.len) {
			add_described(out, cmds()[i]->name, cmds()[i]->summary);
			continue;
		}
		for (size_t j = i; cmds()[j]; j++)
			if (cmd_in_group(cmds()[j], text_str(&parent)))
				text_addf(&group, "%s%s", group.len ? ", " : "",
					  cmds()[j]->name + parent.len + 1);
		if (!completion_is_command(text_str(&parent)))
			add_described(out, text_str(&parent), text_str(&group));
		add_children(&children, text_str(&parent));
	}
	text_addf(out, "\t) ;;\n%s\tesac\n}\n\n", text_str(&children));
}

static void add_keys(struct text *out)
{
	static const char *const helps[] = {
#define FIELD(id, key, member, type, preset, layer, help) help,
#include "profile/fields.def"
#undef FIELD
	};

	text_add(out, "_nook_keys=(\n");
	for (enum field f = 0; f < FIELD_COUNT; f++)
		add_described(out, field_name(f), helps[f]);
	text_add(out, ")\n\n# The words that a key takes, into $list\n"
		      "_nook_values() {\n\tlist=()\n\tcase $1 in\n");
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		auto_text words = { 0 };

		if (completion_values(f, &words))
			text_addf(out, "\t%s) list=(%s) ;;\n", field_name(f),
				  text_str(&words));
	}
	text_add(out, "\tesac\n}\n\n");
}

void completion_zsh(struct text *out)
{
	text_add(out, "#compdef nook\n# SPDX-License-Identifier: GPL-3.0-or-later\n"
		      "# _nook - completion for zsh, made by 'nook completion zsh'\n\n");
	add_commands(out);
	add_keys(out);
	text_add(out, "# The options and words of the command $1\n_nook_of() {\n\tcase "
		      "$1 in\n");
	for (size_t i = 0; cmds()[i]; i++)
		add_command(out, cmds()[i]);
	text_add(out, "\tesac\n}\n\n");
	text_add(out, completion_zsh_text);
}
