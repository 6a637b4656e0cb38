// SPDX-License-Identifier: GPL-3.0-or-later
/* args.c - one command line, parsed by the command's own table
 *
 * As getopt_long(3) does it for GNU programs (options and words may mix, long options
 * take `=` or a blank, short ones may be joined), but by the table that help, completions
 * and man pages are made from, and with the nearest name in errors. `--` ends the
 * options: what is behind it is a command of the box's where one is taken
 * (cmd.takes_command), else more words. So does the first word of a command that needs
 * none (cmd.bare_after).
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "cmd/cmd.h"
#include "cmd/wishes.h"

static const struct opt common[] = {
	{ .letter = 'h', .name = "help", .help = "show this help" },
	{ .letter = 'q', .name = "quiet", .help = "say nothing but errors" },
	{ .name = "verbose", .help = "say more: notes about the box" },
	{ 0 },
};

const struct opt *options_common(void)
{
	return common;
}

static const struct opt *next_option(const struct cmd *cmd, size_t i)
{
	const struct opt *own = cmd->options;
	size_t n = 0;

	for (; own && own->name; own++, n++)
		if (n == i)
			return own;
	return i - n < sizeof(common) / sizeof(common[0]) - 1 ? &common[i - n] : NULL;
}

static const char *next_name(size_t i, const void *arg)
{
	const struct opt *o = next_option(arg, i);

	return o ? o->name : NULL;
}

static const struct opt *find_long(const struct cmd *cmd, const char *name, size_t len)
{
	const struct opt *o;

	for (size_t i = 0; (o = next_option(cmd, i)); i++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct opt *find_short(const struct cmd *cmd, char letter)
{
	const struct opt *o;

	for (size_t i = 0; (o = next_option(cmd, i)); i++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static int grow(void **v, size_t count, size_t size)
{
	void *bigger;

	if (count & (count - 1))
		return 0; /* room for the next power of two was made before */
	bigger = realloc(*v, (count ? 2 * count : 1) * size);
	if (!bigger)
		return -1;
	*v = bigger;
	return 0;
}

static int no_memory(struct err *e)
{
	return err_set(e, "out of memory");
}

static int add_given(struct args *a, const struct opt *o, const char *value,
		     struct err *e)
{
	if (grow((void **)&a->given, a->given_count, sizeof(*a->given)) < 0)
		return no_memory(e);
	a->given[a->given_count++] = (struct given){ .opt = o, .value = value };
	if (!strcmp(o->name, "quiet"))
		a->quiet = true;
	if (!strcmp(o->name, "verbose"))
		a->verbose = true;
	if (!o->key)
		return 0;
	return wishes_add(a, o, value, e) < 0 ? -2 : 0;
}

int args_wish(struct args *a, const char *option, const char *key, const char *value)
{
	char *copies[3] = { strdup(key), strdup(value), strdup(option) };

	for (int i = 0; i < 3; i++) {
		if (!copies[i] ||
		    grow((void **)&a->arena.v, a->arena.count, sizeof(char *)) < 0)
			return -1;
		a->arena.v[a->arena.count++] = copies[i];
	}
	if (grow((void **)&a->wishes, a->wish_count, sizeof(*a->wishes)) < 0)
		return -1;
	a->wishes[a->wish_count++] = (struct option_wish){ .option = copies[2],
							   .key = copies[0],
							   .value = copies[1] };
	return 0;
}

void args_release(struct args *a)
{
	for (size_t i = 0; i < a->arena.count; i++)
		free(a->arena.v[i]);
	free(a->arena.v);
	free(a->given);
	free(a->words);
	free(a->wishes);
}

/* What bwrap, podman and docker have, and the words for it here */
static const struct {
	const char *option;
	const char *here;
} foreign[] = {
	{ "bind", "--volume SRC:DST:rw" },
	{ "dev-bind", "--volume SRC:DST:rw,dev" },
	{ "ro-bind", "--volume SRC:DST" },
	{ "chdir", "--workdir DIR" },
	{ "setenv", "--env NAME=VALUE" },
	{ "unshare-all", "a box has namespaces of its own without being told" },
	{ "unshare-net", "a box has no network unless --network gives it one" },
	{ "share-net", "--network host" },
	{ "die-with-parent", "without --detach a box ends with nook" },
	{ "privileged", "--cap-add CAP keeps one capability, --volume binds one path" },
	{ "cap-drop", "a box has no capability but those of --cap-add and its profile" },
	{ "security-opt", "keys of a profile, such as --set +seccomp.allow=[CALL]" },
	{ "entrypoint", "the command is behind --: nook run PROFILE -- COMMAND" },
	{ "net", "--network MODE" },
};

static const char *find_foreign(const struct args *a, const char *word)
{
	size_t len = strcspn(word + 2, "=");

	for (size_t i = 0; find_long(a->cmd, "set", 3) && i < ARRAY_SIZE(foreign); i++)
		if (strlen(foreign[i].option) == len &&
		    !strncmp(foreign[i].option, word + 2, len))
			return foreign[i].here;
	return NULL;
}

static int unknown_option(struct args *a, const char *word, struct err *e)
{
	const char *here = word[1] == '-' ? find_foreign(a, word) : NULL;
	const char *near = word[1] == '-' ? name_near(word + 2, next_name, a->cmd) : NULL;

	if (here) {
		cmd_usage(a, e, "unknown option '%s'", word);
		e->hint[0] = '\0';
		err_hint(e, "%s", here);
		return -2;
	}
	if (near)
		return cmd_usage(a, e, "unknown option '%s', did you mean '--%s'", word,
				 near);
	return cmd_usage(a, e, "unknown option '%s'", word);
}

/* "--name", "--name=value" or "--name value". Return: words used; -2 and @e */
static int parse_long(struct args *a, char **argv, struct err *e)
{
	const char *name = argv[0] + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct opt *o = find_long(a->cmd, name, len);

	if (!o)
		return unknown_option(a, argv[0], e);
	if (!o->arg && equals)
		return cmd_usage(a, e, "option '--%s' takes no argument", o->name);
	if (!o->arg)
		return add_given(a, o, NULL, e) < 0 ? -2 : 1;
	if (!equals && !argv[1])
		return cmd_usage(a, e, "option '--%s' needs an argument: %s", o->name,
				 o->arg);
	if (add_given(a, o, equals ? equals + 1 : argv[1], e) < 0)
		return -2;
	return equals ? 1 : 2;
}

/* "-a", "-abc", "-n value" or "-nvalue". Return: words used; -2 and @e */
static int parse_short(struct args *a, char **argv, struct err *e)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		const struct opt *o = find_short(a->cmd, *p);
		char letter[3] = { '-', *p, '\0' };

		if (!o)
			return unknown_option(a, letter, e);
		if (!o->arg) {
			if (add_given(a, o, NULL, e) < 0)
				return -2;
			continue;
		}
		if (!p[1] && !argv[1])
			return cmd_usage(a, e, "option '-%c' needs an argument: %s", *p,
					 o->arg);
		if (add_given(a, o, p[1] ? p + 1 : argv[1], e) < 0)
			return -2;
		return p[1] ? 1 : 2;
	}
	return 1;
}

/* From here on the words are a command's own */
static void take_rest(struct args *a, char **argv)
{
	a->rest = argv;
	while (a->rest[a->rest_count])
		a->rest_count++;
}

bool args_take_command(const struct cmd *cmd)
{
	return cmd->bare_after || cmd->takes_command;
}

/* A word where the command has all of its own: what it runs, without a `--` */
static bool begins_command(const struct args *a, const char *word)
{
	return a->cmd->bare_after && a->word_count == a->cmd->bare_after &&
	       (word[0] != '-' || !word[1]);
}

/* "-KEY=VALUE", where a word may be that */
static bool is_signed(const struct cmd *cmd, const char *word)
{
	return cmd->signs && word[0] == '-' && word[1] != '-' && strchr(word, '=');
}

static int add_word(struct args *a, char *word, struct err *e)
{
	if (grow((void **)&a->words, a->word_count, sizeof(char *)) < 0)
		return no_memory(e);
	a->words[a->word_count++] = word;
	return 1;
}

/* Return: words used; -2 and @e */
static int parse_one(struct args *a, char **argv, struct err *e)
{
	const char *word = argv[0];

	if (word[0] == '-' && word[1] == '-')
		return parse_long(a, argv, e);
	if (word[0] == '-' && word[1] && !is_signed(a->cmd, word))
		return parse_short(a, argv, e);
	return add_word(a, argv[0], e);
}

int args_parse(const struct cmd *cmd, char **argv, struct args *out, struct err *e)
{
	bool plain = false; /* no options any more */
	int used;

	out->cmd = cmd;
	for (; *argv; argv += used) {
		used = 1;
		if (!plain && !strcmp(*argv, "--")) {
			plain = !args_take_command(cmd);
			if (plain)
				continue;
			take_rest(out, argv + 1);
			break;
		}
		if (begins_command(out, *argv)) {
			take_rest(out, argv);
			break;
		}
		used = plain ? add_word(out, *argv, e) : parse_one(out, argv, e);
		if (used < 0)
			return -2;
	}
	return cmd_option(out, "help") ? 1 : 0;
}

const char *cmd_option(const struct args *a, const char *name)
{
	for (size_t i = a->given_count; i--;)
		if (!strcmp(a->given[i].opt->name, name))
			return a->given[i].value ? a->given[i].value : "";
	return NULL;
}
