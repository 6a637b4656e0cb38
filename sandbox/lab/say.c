// SPDX-License-Identifier: GPL-3.0-or-later
/* say.c - what people read of a lab */
#include <string.h>

#include "base/err.h"
#include "cmd/summary.h"
#include "lab/lesson.h"

void say_lines(struct text *out, const char *text, int indent)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		auto_text line = { 0 };

		text_addn(&line, text, n);
		if (n)
			text_addf(out, "%*s", indent, "");
		text_safe(out, text_str(&line));
		text_addc(out, '\n');
		text += n + (text[n] == '\n');
	}
}

/* Not lists, and not what stands apart because of its form: "$ " is a prompt, and $LAB a
 * word */
static bool is_prose(const char *line)
{
	return *line && !strchr(" \t\n-*", *line) && strncmp(line, "$ ", 2) != 0;
}

void say_prose(struct text *out, const char *text, int indent)
{
	while (*text) {
		auto_text paragraph = { 0 }, safe = { 0 };
		bool prose = is_prose(text);
		size_t n;

		do {
			n = strcspn(text, "\n");
			text_addn(&paragraph, text, n);
			text += n + (text[n] == '\n');
			if (prose && is_prose(text))
				text_addc(&paragraph, ' ');
		} while (prose && is_prose(text));
		text_safe(&safe, text_str(&paragraph));
		if (prose)
			words_wrap(out, text_str(&safe), indent, 0);
		else
			say_lines(out, safe.len ? text_str(&safe) : "\n", indent);
	}
}

static void say_list(struct text *out, const char *label, const struct lab_words *w)
{
	for (size_t i = 0; i < w->count; i++)
		text_addf(out, "%s%s", i ? ", " : label, w->v[i]);
	if (w->count)
		text_addc(out, '\n');
}

static void say_head(const struct lab *l, struct text *out)
{
	text_addf(out, "%s  ", l->id);
	text_safe(out, l->title);
	text_addf(out, "\n     %s, level %u, about %u minute%s\n", l->chapter, l->level,
		  l->minutes, l->minutes == 1 ? "" : "s");
}

void say_statement(const struct lab *l, const char *dir, struct text *out)
{
	say_head(l, out);
	text_addc(out, '\n');
	say_prose(out, l->statement, 2);
	text_add(out, "\nby hand    nook exec -t " PLAY_BOX
		      "   a shell in the playground, where you are root\n");
	text_addf(out, "           $LAB there is ");
	text_safe(out, dir);
	text_addf(out, "%s\n", l->root ? ", $R a small root in it" : "");
	if (l->solution.nook) {
		text_add(out, "by nook    words in its console ('nook' opens it), "
			      "commands");
		say_list(out,
			 l->targets.count == 1 ? "; the box: " : "; the boxes: ",
			 &l->targets);
		if (!l->targets.count)
			text_addc(out, '\n');
	}
	text_add(out, "then       out here: nook lab check, or nook lab hint; "
		      "nook lab stop ends it\n");
}

/* One word of the console, or a part of one, also behind @quote, which goes on behind it:
 * NUL where there is none */
static void put_path(struct text *out, const char *path, char quote)
{
	if (!quote) {
		text_shell(out, path);
		return;
	}
	for (; *path; path++) {
		if (quote == '\'' && *path == '\'')
			text_add(out, "'\\'");
		else if (quote == '"' && strchr("\"\\", *path))
			text_addc(out, '\\');
		text_addc(out, *path);
	}
}

void put_words(struct text *out, const char *words, const char *dir)
{
	auto_text r = { 0 };
	char quote = '\0';

	text_addf(&r, "%s/R", dir);
	for (const char *s = words; *s;) {
		bool is_lab = !strncmp(s, "$LAB", 4), is_r = !strncmp(s, "$R", 2);

		if (is_lab || is_r) {
			put_path(out, is_lab ? dir : text_str(&r), quote);
			s += is_lab ? 4 : 2;
			continue;
		}
		if (*s == '\\' && quote != '\'' && s[1])
			text_addc(out, *s++);
		else if (*s == quote)
			quote = '\0';
		else if (!quote && strchr("'\"", *s))
			quote = *s;
		text_addc(out, *s++);
	}
}

static void say_way(struct text *out, const char *label, const char *lines)
{
	if (!lines)
		return;
	text_addf(out, "\n%s\n", label);
	say_lines(out, lines, 4);
}

void say_ending(const struct lab *l, const char *dir, struct text *out)
{
	auto_text words = { 0 };

	if (l->solution.nook)
		put_words(&words, l->solution.nook, dir);
	text_addc(out, '\n');
	say_prose(out, l->why, 2);
	say_way(out, "  by nook", words.len ? text_str(&words) : NULL);
	say_way(out, "  by hand", l->solution.raw);
	if (l->equivalent.count)
		text_add(out, "\n  elsewhere\n");
	for (size_t i = 0; i < l->equivalent.count; i++) {
		const struct item *with = &l->equivalent.v[i];
		auto_text line = { 0 };

		text_safe(&line, with->key);
		text_add(&line, ": ");
		text_safe(&line, with->text);
		/* Further lines stand below, two columns in */
		text_add(out, "    ");
		words_wrap(out, text_str(&line), 6, 6);
	}
	say_list(out, "\n  objectives: ", &l->objectives);
	text_add(out, "\nnook lab next goes on\n");
}

void say_progress(struct text *out)
{
	struct err none = { 0 };
	auto_lesson s;
	size_t solved = 0;

	if (lesson_open(&s, false, &none) < 0 || !s.is_on ||
	    lab_find_all(NULL, &s.set, &none) < 0)
		return;
	for (size_t i = 0; i < s.set.count; i++)
		solved += diary_of(&s.diary, s.set.v[i].id).state >= LAB_SOLVED;
	text_addf(out, "%s %zu/%zu", s.now.id, solved, s.set.count);
}

void say_goes_on(struct text *out)
{
	struct err none = { 0 };
	auto_lesson s;

	if (lesson_open(&s, false, &none) == 0 && s.is_on)
		text_addf(out, "%s goes on: nook lab; nook lab stop ends it\n", s.now.id);
}
