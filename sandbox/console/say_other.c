// SPDX-License-Identifier: GPL-3.0-or-later
/* say_other.c - directories, jobs, help, the end */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/pager.h"
#include "cmd/summary.h"
#include "console/say.h"
#include "console/sayings.h"
#include "console/stack.h"

#define LIST_COLUMN 28

int say_cd(struct console *c, char **argv, struct err *e)
{
	const char *to = argv[1] ? argv[1] : getenv("HOME");
	int r = saying_usage(argv, 0, 1, e);

	(void)c;
	if (r < 0)
		return r;
	if (!to)
		return err_set(e, "HOME is not set: where to?");
	if (chdir(to) < 0)
		return err_sys(e, "cannot go to '%s'", to);
	return 0;
}

int say_jobs(struct console *c, char **argv, struct err *e)
{
	auto_text out = { 0 };
	int r = saying_usage(argv, 0, 0, e);

	if (r < 0)
		return r;
	job_look(c);
	job_list(c, &out);
	return cmd_print(&out, e);
}

/* "fg [JOB]" */
static int job_meant(struct console *c, char **argv, struct job **j, struct err *e)
{
	int r = saying_usage(argv, 0, 1, e);

	return r < 0 ? r : job_find(c, argv[1], j, e);
}

int say_fg(struct console *c, char **argv, struct err *e)
{
	struct job *j;
	int r = job_meant(c, argv, &j, e);

	return r < 0 ? r : job_continue(c, j);
}

int say_bg(struct console *c, char **argv, struct err *e)
{
	struct job *j;
	int r = job_meant(c, argv, &j, e);

	if (!r)
		job_leave(j);
	return r;
}

int say_kill(struct console *c, char **argv, struct err *e)
{
	size_t words = 1, jobs = 0;
	struct job *j;

	for (; argv[words]; words++)
		jobs += *argv[words] == '%';
	if (!jobs)
		return job_exec(c, argv, e);
	if (jobs < words - 1) {
		err_set(e, "a job is ended by its number alone: kill %%1");
		err_hint(e, "'nook help kill' has what there is for boxes");
		return -2;
	}
	for (size_t i = 1; i < words; i++) {
		int r = job_find(c, argv[i], &j, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 1; i < words; i++)
		if (job_find(c, argv[i], &j, e) == 0)
			job_end(j);
	return 0;
}

static void list_words(struct text *out)
{
	text_add(out, "Words of the console:\n");
	for (size_t i = 0; word_at(i); i++) {
		const struct word *w = word_at(i);
		size_t start = out->len;

		text_addf(out, "  %s%s%s", w->name, *w->usage ? " " : "", w->usage);
		if (out->len - start < LIST_COLUMN)
			text_addf(out, "%*s", LIST_COLUMN - (int)(out->len - start), "");
		words_wrap(out, w->summary, LIST_COLUMN, (int)(out->len - start));
	}
	text_add(out,
		 "\nCommands of nook, as from a shell; 'nook run' and 'nook explain' "
		 "where a\ndraft has the word:\n");
	for (size_t i = 0; cmds()[i]; i++) {
		if (word_find(cmds()[i]->name))
			continue;
		text_addf(out, "  %-14s ", cmds()[i]->name);
		words_wrap(out, cmds()[i]->summary, 17, 17);
	}
	text_add(out, "\n'help WORD' explains one of them, 'help LAYER' a layer.\n");
}

static void help_layer(const struct brick *b, struct text *out)
{
	text_addf(out, "add %s%s%s - %s\n\n  'explain %s' has its system calls.\n",
		  b->name, *b->usage ? " " : "", b->usage, b->help, b->name);
}

int say_help(struct console *c, char **argv, struct err *e)
{
	const struct word *w = argv[1] ? word_find(argv[1]) : NULL;
	const char *meant = argv[1] ? brick_meant(argv[1]) : NULL;
	const struct brick *b =
		argv[1] && !w ? brick_find(meant ? meant : argv[1], NULL) : NULL;
	auto_text out = { 0 };

	if (!argv[1])
		list_words(&out);
	else if (w && !argv[2])
		word_help(w, &out);
	else if (b && !argv[2])
		help_layer(b, &out);
	else
		return job_exec(c, argv, e);
	return cmd_show(&out, e);
}

int say_quit(struct console *c, char **argv, struct err *e)
{
	int r = saying_usage(argv, 0, 0, e);

	if (r < 0)
		return r;
	c->quit = true;
	return 0;
}
