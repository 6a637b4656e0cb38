// SPDX-License-Identifier: GPL-3.0-or-later
/* cmds.c - the command table, and the way from argv to a command's exit code */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/text.h"
#include "box/program.h"
#include "cmd/cmd.h"
#include "cmd/pager.h"

extern const struct cmd cmd_run, cmd_shell, cmd_help_cmd, cmd_version, cmd_gc,
	cmd_explain, cmd_export, cmd_doctor, cmd_detect, cmd_compare;
extern const struct cmd cmd_profile_ls, cmd_profile_show, cmd_profile_check,
	cmd_profile_diff, cmd_profile_new;
extern const struct cmd cmd_tree_make, cmd_completion;
extern const struct cmd cmd_stats, cmd_top;
extern const struct cmd cmd_net_create, cmd_net_ls, cmd_net_rm,
	cmd_net_inspect, cmd_net_check, cmd_net_repair, cmd_net_matrix;
extern const struct cmd cmd_ps, cmd_exec, cmd_attach, cmd_update, cmd_pause, cmd_unpause,
	cmd_kill;
extern const struct cmd cmd_console, cmd_batch, cmd_batch_report;
extern const struct cmd cmd_create, cmd_start, cmd_stop, cmd_restart, cmd_rm, cmd_rename;
extern const struct cmd cmd_logs, cmd_inspect, cmd_view, cmd_events;
extern const struct cmd cmd_diff, cmd_apply, cmd_discard, cmd_snapshot, cmd_rollback;
extern const struct cmd cmd_cp;
extern const struct cmd cmd_lab, cmd_lab_list, cmd_lab_start, cmd_lab_check, cmd_lab_hint,
	cmd_lab_solution, cmd_lab_answer, cmd_lab_next, cmd_lab_skip, cmd_lab_goto,
	cmd_lab_reset, cmd_lab_stop, cmd_lab_undo, cmd_lab_status, cmd_lab_export,
	cmd_lab_test;
extern const struct cmd cmd_quiz, cmd_exam;

static const struct cmd *const table[] = {
	&cmd_run,
	&cmd_shell,
	&cmd_create,
	&cmd_start,
	&cmd_stop,
	&cmd_restart,
	&cmd_rename,
	&cmd_rm,
	&cmd_logs,
	&cmd_inspect,
	&cmd_diff,
	&cmd_apply,
	&cmd_discard,
	&cmd_snapshot,
	&cmd_rollback,
	&cmd_cp,
	&cmd_exec,
	&cmd_attach,
	&cmd_console,
	&cmd_batch,
	&cmd_batch_report,
	&cmd_lab,
	&cmd_lab_list,
	&cmd_lab_start,
	&cmd_lab_check,
	&cmd_lab_hint,
	&cmd_lab_solution,
	&cmd_lab_answer,
	&cmd_lab_next,
	&cmd_lab_skip,
	&cmd_lab_goto,
	&cmd_lab_reset,
	&cmd_lab_stop,
	&cmd_lab_undo,
	&cmd_lab_status,
	&cmd_lab_export,
	&cmd_lab_test,
	&cmd_quiz,
	&cmd_exam,
	&cmd_ps,
	&cmd_stats,
	&cmd_top,
	&cmd_view,
	&cmd_events,
	&cmd_update,
	&cmd_pause,
	&cmd_unpause,
	&cmd_kill,
	&cmd_explain,
	&cmd_export,
	&cmd_net_create,
	&cmd_net_ls,
	&cmd_net_inspect,
	&cmd_net_rm,
	&cmd_net_check,
	&cmd_net_repair,
	&cmd_net_matrix,
	&cmd_profile_ls,
	&cmd_profile_show,
	&cmd_profile_check,
	&cmd_profile_diff,
	&cmd_profile_new,
	&cmd_doctor,
	&cmd_detect,
	&cmd_compare,
	&cmd_tree_make,
	&cmd_gc,
	&cmd_completion,
	&cmd_version,
	&cmd_help_cmd,
	NULL,
};

const struct cmd *const *cmds(void)
{
	return table;
}

/* How many of @argv's first words are @name, word by word; 0 = it is another */
static size_t match(const char *name, const char *const *argv)
{
	size_t words = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (!argv[words] || strlen(argv[words]) != len ||
		    strncmp(argv[words], name, len))
			return 0;
		words++;
		name += len;
		name += strspn(name, " ");
	}
	return words;
}

bool cmd_in_group(const struct cmd *c, const char *first)
{
	size_t len = strlen(first);

	return !strncmp(c->name, first, len) && c->name[len] == ' ';
}

const struct cmd *cmd_lookup(const char *const *argv, size_t *used)
{
	const struct cmd *best = NULL;

	*used = 0;
	for (size_t i = 0; table[i]; i++) {
		size_t words = match(table[i]->name, argv);

		if (words > *used) {
			*used = words;
			best = table[i];
		}
	}
	return best;
}

int cmd_usage(const struct args *a, struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	e->code = 0;
	e->hint[0] = '\0';
	if (a && a->cmd)
		err_hint(e, "usage: nook %s%s%s; 'nook help %s' explains", a->cmd->name,
			 *a->cmd->usage ? " " : "", a->cmd->usage, a->cmd->name);
	else
		err_hint(e, "'nook help' lists the commands");
	return -2;
}

int cmd_print(const struct text *t, struct err *e)
{
	if (t->failed)
		return err_set(e, "out of memory");
	if (fd_write_all(STDOUT_FILENO, text_str(t), t->len) < 0)
		return err_sys(e, "cannot write to standard output");
	return 0;
}

void cmd_say_why(const struct err *e, struct text *out)
{
	text_safe(out, e->text);
	text_addc(out, '\n');
	if (e->hint[0]) {
		text_add(out, "hint: ");
		text_safe(out, e->hint);
		text_addc(out, '\n');
	}
}

void cmd_complain(const struct err *e)
{
	auto_text t = { 0 };

	text_add(&t, "nook: ");
	cmd_say_why(e, &t);
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

static const char *next_name(size_t i, const void *arg)
{
	(void)arg;
	return table[i] ? table[i]->name : NULL;
}

/* The second words that can follow the first one, "ls, show"; none = no such group */
static void second_words(const char *first, struct text *out)
{
	for (size_t i = 0; table[i]; i++)
		if (cmd_in_group(table[i], first))
			text_addf(out, "%s%s", out->len ? ", " : "",
				  table[i]->name + strlen(first) + 1);
}

/* First words of commands that have two, each once; a group over is no harm */
struct groups {
	char name[24][24];
};

static void list_groups(struct groups *g)
{
	size_t n = 0;

	for (size_t i = 0; table[i] && n + 1 < ARRAY_SIZE(g->name); i++) {
		size_t len = strcspn(table[i]->name, " ");

		if (!table[i]->name[len] || (n && cmd_in_group(table[i], g->name[n - 1])))
			continue;
		snprintf(g->name[n++], sizeof(g->name[0]), "%.*s", (int)len,
			 table[i]->name);
	}
}

static const char *next_group(size_t i, const void *arg)
{
	const struct groups *g = arg;

	return g->name[i][0] ? g->name[i] : NULL;
}

/* The nearest command to @argv; @words is what was compared. One of two words may be
 * mistyped in the second, or in the first. */
static const char *near_command(const char *const *argv, bool is_group,
				struct text *words, struct groups *g)
{
	bool second = argv[1] && *argv[1] != '-';
	const char *near;

	if (is_group && second)
		text_addf(words, " %s", argv[1]);
	near = name_near(text_str(words), next_name, NULL);
	if (near || is_group)
		return near;
	if (second) {
		text_addf(words, " %s", argv[1]);
		near = name_near(text_str(words), next_name, NULL);
		if (near)
			return near;
		text_cut(words, strlen(argv[0]));
	}
	list_groups(g);
	return name_near(argv[0], next_group, g);
}

/* What others have a command for and nook has in another place */
static const struct {
	const char *first, *second, *hint;
} elsewhere[] = {
	{ "net", "connect", "nook update BOX network=NAME" },
	{ "net", "disconnect", "nook update BOX network=none" },
	{ "network", "connect", "nook update BOX network=NAME" },
	{ "network", "disconnect", "nook update BOX network=none" },
};

static const char *find_elsewhere(const char *const *argv)
{
	for (size_t i = 0; argv[1] && i < ARRAY_SIZE(elsewhere); i++)
		if (!strcmp(argv[0], elsewhere[i].first) &&
		    !strcmp(argv[1], elsewhere[i].second))
			return elsewhere[i].hint;
	return NULL;
}

static int unknown_command(const char *const *argv)
{
	const char *hint = find_elsewhere(argv);
	auto_text seconds = { 0 }, words = { 0 };
	struct groups groups = { 0 };
	const char *near;
	struct err e;

	second_words(argv[0], &seconds);
	text_add(&words, argv[0]);
	near = near_command(argv, seconds.len, &words, &groups);
	if (hint)
		cmd_usage(NULL, &e, "unknown command '%s %s', it is '%s'", argv[0],
			  argv[1], hint);
	else if (seconds.len && words.len == strlen(argv[0]))
		cmd_usage(NULL, &e, "'%s' needs a second word: %s", argv[0],
			  text_str(&seconds));
	else if (near)
		cmd_usage(NULL, &e, "unknown command '%s', did you mean '%s'",
			  text_str(&words), near);
	else if (seconds.len)
		cmd_usage(NULL, &e, "unknown command '%s': expected %s", text_str(&words),
			  text_str(&seconds));
	else
		cmd_usage(NULL, &e, "unknown command '%s'", argv[0]);
	cmd_complain(&e);
	return 2;
}

static int run_command(const struct cmd *cmd, char **argv, char **rest)
{
	struct args a = { .cmd = cmd, .argv = argv };
	auto_text help = { 0 };
	struct err e = { 0 };
	int r = args_parse(cmd, rest, &a, &e);

	if (r == 1) {
		cmd_help(cmd, &help);
		r = cmd_show(&help, &e);
	} else if (r == 0) {
		r = cmd->full ? program_need_full(argv, &e) : 0;
		if (!r)
			r = cmd->run(&a, &e);
	}
	args_release(&a);
	if (e.text[0] && r != 0)
		cmd_complain(&e);
	/* Where codes are the payload's, 2 would be one of its */
	if (r == -2 && !cmd->fails)
		return 2;
	return r < 0 ? (cmd->fails ? cmd->fails : 1) : r;
}

static bool is_help(const char *word)
{
	return word && (!strcmp(word, "-h") || !strcmp(word, "--help"));
}

int cmd_main(int argc, char **argv)
{
	static const char *const help[] = { "help", NULL };
	static const char *const version[] = { "version", NULL };
	static const char *const console[] = { "console", NULL };
	const char *const *words = (const char *const *)argv + 1;
	char *group[] = { NULL, NULL };
	char **rest = argv + argc;
	auto_text seconds = { 0 };
	const struct cmd *cmd;
	size_t used;

	if (argc < 2 || !strcmp(argv[1], "-c") || strchr(argv[1], '/'))
		words = console;
	else if (is_help(argv[1]))
		words = help;
	else if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version"))
		words = version;
	cmd = cmd_lookup(words, &used);
	if (!cmd) { /* nook profile --help */
		second_words(words[0], &seconds);
		if (!seconds.len || !is_help(words[1]))
			return unknown_command(words);
		cmd = &cmd_help_cmd;
		group[0] = argv[1];
		rest = group;
	} else if (words == (const char *const *)argv + 1) {
		rest = argv + 1 + used;
	} else if (words == console && argc > 1) {
		rest = argv + 1;
	}
	return run_command(cmd, argv, rest);
}
