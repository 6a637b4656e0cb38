// SPDX-License-Identifier: GPL-3.0-or-later
/* exec.c - `nook exec`: a command, or a shell, in a box that runs
 *
 * What the command starts with is what the box's own started with, changed by the
 * options: the plan in the record has it. The walls are not asked for here; the keeper
 * has them (box/join.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/text.h"
#include "box/box.h"
#include "box/visit.h"
#include "cmd/boxes.h"
#include "cmd/cmd.h"
#include "cmd/words.h"

#define EXIT_SETUP 125

/* Of "NAME=VALUE" the name, or the whole of it */
static size_t name_length(const char *pair)
{
	return strcspn(pair, "=");
}

/** struct vars - The environment while it is put together: what comes later wins */
struct vars {
	struct text *v;
	size_t count;
};

static void vars_release(struct vars *vs)
{
	for (size_t i = 0; i < vs->count; i++)
		text_release(&vs->v[i]);
	free(vs->v);
}

/* @pair: NAME=VALUE */
static int vars_put(struct vars *vs, const char *pair, struct err *e)
{
	size_t len = name_length(pair) + 1;
	struct text *more;

	for (size_t i = 0; i < vs->count; i++) {
		if (strncmp(text_str(&vs->v[i]), pair, len))
			continue;
		text_cut(&vs->v[i], 0);
		text_add(&vs->v[i], pair);
		return 0;
	}
	more = realloc(vs->v, (vs->count + 1) * sizeof(*more));
	if (!more)
		return err_set(e, "out of memory");
	vs->v = more;
	vs->v[vs->count] = (struct text){ 0 };
	text_add(&vs->v[vs->count++], pair);
	return 0;
}

static const char *vars_get(const struct vars *vs, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < vs->count; i++) {
		const char *pair = text_str(&vs->v[i]);

		if (!strncmp(pair, name, len) && pair[len] == '=')
			return pair + len + 1;
	}
	return NULL;
}

/* NAME=VALUE sets, NAME alone passes the caller's, if there is one */
static int put_option(struct vars *vs, const char *v, struct err *e)
{
	auto_text pair = { 0 };
	const char *own;

	if (strchr(v, '='))
		return vars_put(vs, v, e);
	own = getenv(v);
	if (!own)
		return 0;
	text_addf(&pair, "%s=%s", v, own);
	return vars_put(vs, text_str(&pair), e);
}

/* A shell says where it is, as that of `nook run` does */
static int put_prompt(struct vars *vs, const struct record *rec, struct err *e)
{
	auto_text prompt = { 0 }, chroot = { 0 };
	const char *name = store_name(rec);

	text_addf(&prompt, "PS1=(nook:%s) $PWD $ ", name);
	text_addf(&chroot, "debian_chroot=%s", name);
	return vars_put(vs, text_str(&prompt), e) < 0
		       ? -1
		       : vars_put(vs, text_str(&chroot), e);
}

static int wish_vars(const struct args *a, const struct plan *box,
		     const struct record *rec, struct plan *wish, struct err *e)
{
	__attribute__((cleanup(vars_release))) struct vars vs = { 0 };
	const char *term = getenv("TERM"), *path;
	auto_text own = { 0 };
	int r = 0;

	for (const struct plan_word *w = NULL;
	     !r && (w = plan_each(box, &box->env.env, w));)
		r = vars_put(&vs, plan_text(box, w->text), e);
	text_addf(&own, "TERM=%s", term ? term : "");
	if (!r && term && wish->session.terminal == PLAN_TTY_OWN)
		r = vars_put(&vs, text_str(&own), e);
	if (!r && !a->rest_count)
		r = put_prompt(&vs, rec, e);
	for (size_t i = 0; !r && i < a->given_count; i++)
		if (!strcmp(a->given[i].opt->name, "env"))
			r = put_option(&vs, a->given[i].value, e);
	for (size_t i = 0; !r && i < vs.count; i++)
		plan_add_word(wish, &wish->env.env, text_str(&vs.v[i]));
	path = vars_get(&vs, "PATH");
	wish->env.path = plan_put(wish, path ? path : plan_text(box, box->env.path));
	for (size_t i = 0; i < a->rest_count; i++)
		plan_add_word(wish, &wish->env.argv, a->rest[i]);
	if (!a->rest_count)
		plan_add_word(wish, &wish->env.argv,
			      vars_get(&vs, "SHELL") ? vars_get(&vs, "SHELL")
						     : "/bin/sh");
	return r;
}

static int read_id(const char *s, size_t len, uint32_t *id)
{
	char word[16];
	uint64_t n;
	const char *why;

	if (!len || len >= sizeof(word))
		return -1;
	memcpy(word, s, len);
	word[len] = '\0';
	if (parse_number(word, &n, &why) < 0 || n >= UINT32_MAX)
		return -1;
	*id = (uint32_t)n;
	return 0;
}

/* UID[:GID], as numbers inside. Names are of files that the box can write */
static int wish_user(const struct args *a, const struct plan *box, struct plan *wish,
		     struct err *e)
{
	const char *v = cmd_option(a, "user");
	size_t len = v ? strcspn(v, ":") : 0;
	const char *name = plan_text(box, box->tree.user_name);

	wish->user.uid = box->user.uid;
	wish->user.gid = box->user.gid;
	if (!v)
		return 0;
	if (len == 4 && !strncmp(v, "root", len))
		wish->user.uid = wish->user.gid = 0;
	else if (len && len == strlen(name) && !strncmp(v, name, len))
		;
	else if (len && read_id(v, len, &wish->user.uid) < 0)
		return cmd_usage(a, e, "--user '%s': expected UID[:GID], numbers inside",
				 v);
	else if (len && wish->user.uid != box->user.uid)
		wish->user.gid = wish->user.uid;
	if (v[len] && read_id(v + len + 1, strlen(v + len + 1), &wish->user.gid) < 0)
		return cmd_usage(a, e, "--user '%s': expected UID[:GID], numbers inside",
				 v);
	return 0;
}

static int make_wish(const struct args *a, const struct plan *box,
		     const struct record *rec, struct plan *wish, struct err *e)
{
	const char *dir = cmd_option(a, "workdir");
	bool tty = isatty(0) && isatty(1) && !cmd_option(a, "detach");

	if (cmd_option(a, "tty") || tty)
		wish->session.terminal = PLAN_TTY_OWN;
	wish->env.workdir = plan_put(wish, dir ? dir : plan_text(box, box->env.workdir));
	wish->env.workdir_required = dir || box->env.workdir_required;
	if (wish_user(a, box, wish, e) < 0 || wish_vars(a, box, rec, wish, e) < 0)
		return -1;
	return plan_is_full(wish) ? err_set(e, "the command and its variables are too "
					       "long")
				  : 0;
}

/* The words of a process are for everybody to read (/proc/PID/cmdline) */
static void hide_values(const struct args *a)
{
	for (size_t i = 0; i < a->given_count; i++) {
		char *equals = a->given[i].value ? strchr(a->given[i].value, '=') : NULL;

		if (equals && !strcmp(a->given[i].opt->name, "env"))
			memset(equals + 1, '*', strlen(equals + 1));
	}
}

/* What can be told without the box */
static int check_options(const struct args *a, struct err *e)
{
	const char *dir = cmd_option(a, "workdir");

	if (cmd_option(a, "detach") && cmd_option(a, "tty"))
		return cmd_usage(a, e, "--detach: there is nobody to show a terminal to");
	if (dir && *dir != '/')
		return cmd_usage(a, e, "--workdir '%s': expected an absolute path", dir);
	for (size_t i = 0; i < a->given_count; i++)
		if (!strcmp(a->given[i].opt->name, "env") &&
		    !name_length(a->given[i].value))
			return cmd_usage(a, e, "--env '%s': expected NAME=VALUE or NAME",
					 a->given[i].value);
	return 0;
}

static int exec_run(const struct args *a, struct err *e)
{
	auto_free struct plan *box = NULL;
	struct plan *wish = plan_new();
	struct record rec;
	int r;

	if (!a->word_count)
		return cmd_usage(a, e, "exec needs a box");
	if (check_options(a, e) < 0)
		return -2;
	if (!wish)
		return err_set(e, "out of memory");
	if (box_sanitize(0, e) < 0)
		return -1;
	box = box_pick(a->words[0], &rec, e);
	if (!box)
		return -1;
	r = make_wish(a, box, &rec, wish, e);
	if (r < 0)
		return r;
	hide_values(a);
	r = visit_exec(&rec, wish, cmd_option(a, "detach"), e);
	if (r == 127 && e->text[0])
		words_say_path(box, wish, e);
	return r;
}

static const struct opt exec_options[] = {
	{ .letter = 'e',
	  .name = "env",
	  .arg = "NAME[=VALUE]",
	  .help = "set a variable, or pass the caller's" },
	{ .letter = 'w',
	  .name = "workdir",
	  .arg = "DIR",
	  .help = "directory inside that the command starts in" },
	{ .letter = 'u',
	  .name = "user",
	  .arg = "UID[:GID]",
	  .help = "user and group inside, of those that the box has" },
	{ .letter = 'd',
	  .name = "detach",
	  .help = "do not wait for its end; its 0 to 2 are /dev/null" },
	{ .letter = 't',
	  .name = "tty",
	  .help = "a terminal of its own even where stdin is none" },
	{ .letter = 'i',
	  .name = "interactive",
	  .help = "stdin stays open (it always does)" },
	{ 0 },
};

const struct cmd cmd_exec = {
	.name = "exec",
	.summary = "run a command in a box that runs",
	.usage = "[OPTION...] BOX [[--] COMMAND [ARGUMENT...]]",
	.help = "BOX is a name, an id or the beginning of one. Without a command it is\n"
		"the box's shell. Options stand in front of the command: what follows\n"
		"its first word is its own. It starts with what the box's own command\n"
		"started with, behind the same walls, and what it uses counts for the\n"
		"limits of the box; only limits.output does not count what it says. It\n"
		"ends with the box, and when 'nook exec' is killed.\n\n"
		"Exit code: as of 'nook run': the command's, 125 when nook failed\n"
		"before it ran (or cannot tell whether it did, and says so), 126 and\n"
		"127 when it cannot be run or was not found, 128+n when signal n ended\n"
		"it.\n",
	.options = exec_options,
	.complete = COMPLETE_INTO,
	.bare_after = 1,
	.fails = EXIT_SETUP,
	.run = exec_run,
};
