// SPDX-License-Identifier: GPL-3.0-or-later
/* console.c - the console: where its words come from, and what becomes of them
 *
 * A command is a word of the console (table.c), or a command of nook's as from a shell. A
 * word that belongs to a draft (`run`, `explain`) is the draft's while there is one;
 * `nook run ...` is always the command.
 */
#include "console/console.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/text.h"
#include "box/box.h"
#include "cmd/console.h"
#include "cmd/listing.h"
#include "cmd/run.h"
#include "console/files.h"
#include "console/words.h"
#include "lab/self.h"

#define SCRIPT_MOST (4u << 20)

void console_complain(const struct err *e, const char *name, int line)
{
	auto_text t = { 0 };

	if (name)
		text_safe(&t, name);
	if (name)
		text_addf(&t, ":%d: ", line);
	else
		text_add(&t, "nook: ");
	cmd_say_why(e, &t);
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

struct draft *console_draft(const struct console *c, const char *name)
{
	struct draft *d = c->drafts;

	while (d && strcmp(d->name, name) != 0)
		d = d->next;
	return d;
}

/* --- one command ------------------------------------------------------------------- */

static const char *next_name(size_t i, const void *arg)
{
	size_t words = 0;

	(void)arg;
	while (word_at(words))
		words++;
	if (i < words)
		return word_at(i)->name;
	return cmds()[i - words] ? cmds()[i - words]->name : NULL;
}

/* "net": the first of two words, where help and errors know more */
static bool is_group(const char *first)
{
	for (size_t i = 0; cmds()[i]; i++)
		if (cmd_in_group(cmds()[i], first))
			return true;
	return false;
}

static int unknown(const char *word, struct err *e)
{
	const char *near = name_near(word, next_name, NULL);

	if (near)
		err_set(e, "unknown word '%s', did you mean '%s'", word, near);
	else
		err_set(e, "unknown word '%s'", word);
	err_hint(e, "'help' lists the words; 'run %s' runs a program in the draft", word);
	return -2;
}

/* `lab solution` of a person: that by nook stands in the line to be typed. Return: 0; 1
 * where it is to be printed instead, as everywhere else */
static int type_solution(struct console *c, char **argv)
{
	static const char *const words[] = { "lab", "solution", "--nook", NULL };
	auto_text said = { 0 }, line = { 0 };
	struct err none;

	if (!c->is_interactive || strcmp(argv[0], "lab") != 0 || !argv[1] ||
	    strcmp(argv[1], "solution") != 0 ||
	    (argv[2] && (strcmp(argv[2], "--nook") != 0 || argv[3])) ||
	    self_run(words, -1, &said, &none) != 0)
		return 1;
	for (char *p = said.s, *next; p && *p; p = next) {
		next = p + strcspn(p, "\n");
		next += *next ? (*next = '\0', 1) : 0;
		text_addf(&line, "%s%s", line.len && *p ? "; " : "", p);
	}
	free(c->typed);
	c->typed = text_take(&line);
	return 0;
}

/* What a `&` is behind must be something that goes on by itself: no word that this
 * process does */
static int check_background(const struct console *c, const struct word *w,
			    const char *const *argv, struct err *e)
{
	bool own = w && !w->is_job && (c->draft || !w->only_draft);
	size_t used;

	if (!c->background || (c->is_interactive && !own))
		return 0;
	if (c->is_interactive) {
		err_set(e, "'%s' cannot go on in the background", w->name);
		if (cmd_lookup(argv, &used))
			err_hint(e, "the command can: nook %s ... &", w->name);
	} else {
		err_set(e, "'&' is for who sits at the console");
		err_hint(e, "'start' makes a box that lives on, so does 'nook run -d'");
	}
	return -2;
}

int console_run(struct console *c, char **argv, struct err *e)
{
	const struct word *w = word_find(argv[0]);
	size_t used;

	if (check_background(c, w, (const char *const *)argv, e) < 0)
		return -2;
	if (!strcmp(argv[0], "nook") && argv[1])
		return job_exec(c, argv + 1, e);
	if (w &&
	    (c->draft || !w->only_draft || !cmd_lookup((const char *const *)argv, &used)))
		return w->run(c, argv, e);
	if (type_solution(c, argv) == 0)
		return 0;
	if (cmd_lookup((const char *const *)argv, &used) || is_group(argv[0]))
		return job_exec(c, argv, e);
	return unknown(argv[0], e);
}

/* --- scripts ------------------------------------------------------------------------ */

/* What is printed by this process must be there before what a child prints */
static int do_words(struct console *c, char **argv, const char *name, int line)
{
	struct err e = { 0 };
	int r = console_run(c, argv, &e);

	if (r < 0)
		console_complain(&e, name, line);
	return r == -2 ? 2 : r < 0 ? 1 : r;
}

int console_text(struct console *c, const char *text, const char *name)
{
	struct words w = { 0 };
	struct err e = { 0 };
	int line = 1, first, r = 1;

	while (!c->quit && (r = words_next(&text, &w, &e)) == 1) {
		first = line + w.lines_before;
		line += w.lines;
		c->background = w.background;
		c->status = do_words(c, w.v, name, first);
		if (c->status && !c->is_interactive)
			break;
	}
	if (r == 2)
		err_set(&e, "the text ends within quotes");
	if (r < 0 || r == 2) {
		console_complain(&e, name, line + w.lines_before);
		c->status = 2;
	}
	words_release(&w);
	return c->status;
}

static int read_script(const char *path, struct text *out, struct err *e)
{
	auto_fd fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
	int from = path ? fd : STDIN_FILENO;

	if (from < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fd_read_all(from, out, SCRIPT_MOST) < 0)
		return err_sys(e, "cannot read '%s'", path ? path : "standard input");
	if (strlen(text_str(out)) != out->len)
		return err_set(e, "'%s' is no text", path ? path : "standard input");
	return 0;
}

/* --- the whole ---------------------------------------------------------------------- */

static void release(struct console *c)
{
	job_end_all(c);
	while (c->drafts) {
		struct draft *next = c->drafts->next;

		files_forget(c->drafts);
		draft_free(c->drafts);
		c->drafts = next;
	}
	free(c->typed);
}

static int run_text(struct console *c, const char *text, const char *name)
{
	signal(SIGPIPE, SIG_DFL);
	return console_text(c, text, name);
}

int console_main(const struct args *a, struct err *e)
{
	const char *said = cmd_option(a, "command");
	const char *file = a->word_count ? a->words[0] : NULL;
	struct console c = { .colours = screen_has_colours(), .area = a->argv[0] };
	auto_text script = { 0 };
	int r;

	if (a->word_count > 1 || (said && file))
		return cmd_usage(a, e, "the console takes one file, or -c and words");
	if (box_sanitize(0, e) < 0)
		return -1;
	c.area_size = run_start_area(a->argv);
	if (said) {
		r = run_text(&c, said, "-c");
	} else if (!file && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		r = line_loop(&c);
	} else {
		if (read_script(file, &script, e) < 0)
			return -1;
		r = run_text(&c, text_str(&script), file ? file : "stdin");
	}
	release(&c);
	return r;
}
