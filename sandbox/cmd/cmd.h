/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd.h - the command table: argv, console, --help, man pages and completions read it
 *
 * Each file of this directory exports `const struct cmd`s and nothing else; cmds.c holds
 * the table. A command returns its exit code, or -1 with @e filled (main prints it, code
 * 125 for run-like commands, else 1; wrong usage is 2 where failure is 1).
 */
#ifndef NOOK_CMD_CMD_H
#define NOOK_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/profile.h"

struct err;
struct text;

/** enum complete - What a word completes to; drives completions/ and later the console */
enum complete {
	COMPLETE_NOTHING,
	COMPLETE_PROFILE,
	COMPLETE_BOX,
	COMPLETE_FILE,
	COMPLETE_DIR,
	COMPLETE_KEY,	/* KEY=VALUE of fields.def */
	COMPLETE_FIELD, /* a key alone */
	COMPLETE_COMMAND,
	COMPLETE_WORDS, /* one of @words */
	COMPLETE_PROGRAM,
	COMPLETE_NETWORK,
	COMPLETE_LIMIT,	/* first a box, then one of @words= */
	COMPLETE_REST,	/* a box at rest */
	COMPLETE_INTO,	/* first a box, then a command in it */
	COMPLETE_LAB,
	COMPLETE_EXPLAIN, /* first a profile or a layer, then a layer */
	COMPLETE_COPY,	  /* a file, or BOX: */
};

/**
 * struct opt - One option of a command; a row without a long name ends the list
 * @letter:	Short name, or 0
 * @name:	Long name
 * @arg:	Name of its argument in help ("SIZE"), NULL = takes none
 * @help:	One line, lower case, no full stop
 * @key:	The profile key it sets ("limits.memory"), or NULL:
 *		the command reads it with cmd_option()
 * @fixed:	Value set where the option takes no argument: `--read-only` sets
 *		root.changes to "refuse"
 * @complete:	What the argument completes to
 * @words:	COMPLETE_WORDS: "none host pasta", separated by blanks
 */
struct opt {
	char letter;
	const char *name;
	const char *arg;
	const char *help;
	const char *key;
	const char *fixed;
	enum complete complete;
	const char *words;
};

/** SET_OPTION - Of every command that takes keys of a profile */
#define SET_OPTION                                                                      \
	{                                                                                \
		.name = "set", .arg = "KEY=VALUE", .key = "@set",                        \
		.complete = COMPLETE_KEY,                                                \
		.help = "set any profile key; +KEY=VALUE appends, -KEY=VALUE takes away" \
	}

/** struct given - One option as it stood on the command line, in order */
struct given {
	const struct opt *opt;
	const char *value; /* NULL where it takes none */
};

/**
 * struct args - A parsed command line
 * @given:	Options in order; @given_count of them
 * @words:	What is no option
 * @rest:	Where the usage has a command: what stood behind `--`, or the command of
 *		@bare_after; NULL when there was neither; NULL-terminated
 * @wishes:	The options that set profile keys, as profile_load() takes them
 * @argv:	The command line of the process, whole
 * @arena:	Text made for @wishes, freed with args_release()
 */
struct args {
	const struct cmd *cmd;
	struct given *given;
	size_t given_count;
	char **words;
	size_t word_count;
	char **rest;
	size_t rest_count;
	struct option_wish *wishes;
	size_t wish_count;
	bool quiet;
	bool verbose;
	char **argv;
	struct {
		char **v;
		size_t count;
	} arena;
};

/**
 * struct cmd - One command
 * @name:	"run"; a second word is part of it: "profile show"
 * @summary:	One line for lists, lower case, no full stop
 * @usage:	"[OPTION...] [PROFILE] [-- COMMAND...]"
 * @help:	Paragraphs below the options, or NULL; plain text, wrapped at 80 columns
 * @options:	Its options, besides -h -q --verbose which all have
 * @complete:	What its words complete to
 * @words:	COMPLETE_WORDS: "bash zsh fish", separated by blanks; COMPLETE_LIMIT: keys
 * @takes_command: What stands behind `--` is the box's, not more words
 * @bare_after:	A command behind so many words needs no `--`: it begins with the next one,
 *		and what follows is its own, options too. 0 = it needs one
 * @signs:	A word may begin with '-' where it has a '=': -KEY=VALUE
 * @full:	Needs a library that only the full program links (docs/architecture.md)
 * @fails:	Exit code when @run fails, 0 = 1; 125 for what runs boxes (nook(1))
 * @run:	Does it. Return: exit code, or -1 and @e
 */
struct cmd {
	const char *name;
	const char *summary;
	const char *usage;
	const char *help;
	const struct opt *options;
	enum complete complete;
	const char *words;
	bool takes_command;
	size_t bare_after;
	bool signs;
	bool full;
	int fails;
	int (*run)(const struct args *a, struct err *e);
};

/** FULL_CALL() - A function that only the full program calls: in the light one, whose
 * size is a part of the time of every run, nothing of it is linked. FULL_ONLY(): the
 * members of a command that only the full program runs */
#ifdef NOOK_FULL
#define FULL_CALL(function) (function)
#else
#define FULL_CALL(function) (0 ? (function) : NULL)
#endif
#define FULL_ONLY(function) .full = true, .run = FULL_CALL(function)

/** cmds() - The table, in the order of `nook help`, NULL at the end */
const struct cmd *const *cmds(void);
/** cmd_option() - Value of the last use of a long option; "" where it takes none; NULL
 * when it was not given */
const char *cmd_option(const struct args *a, const char *name);
/** cmd_lookup() - The command that the first words of @argv name; "profile show" is two.
 * @used: how many words it took. Return: NULL when there is none */
const struct cmd *cmd_lookup(const char *const *argv, size_t *used);
/** cmd_in_group() - @c is "@first something", a command of two words */
bool cmd_in_group(const struct cmd *c, const char *first);
/** cmd_help_group() - List the commands that begin with the word @first. Return: whether
 * there are any */
bool cmd_help_group(const char *first, struct text *out);
/** args_take_command() - Whether a command of the box's stands behind `--`, not words */
bool args_take_command(const struct cmd *cmd);
/** args_parse() - Parse what follows the command's words. Return: 0; 1 when help was
 * asked for; -2 and @e for wrong usage */
int args_parse(const struct cmd *cmd, char **argv, struct args *out, struct err *e);
void args_release(struct args *a);
/** args_wish() - Add a wish with text that lives as long as @a. Return: 0, -1 */
int args_wish(struct args *a, const char *option, const char *key, const char *value);
/** cmd_help() - The help text of a command */
void cmd_help(const struct cmd *cmd, struct text *out);
/** options_common() - -h, -q and --verbose, which every command has */
const struct opt *options_common(void);
/** cmd_usage() - Wrong usage: fills @e with a hint at `nook help CMD`. Return: -2 */
int cmd_usage(const struct args *a, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** cmd_print() - Write text to stdout whole. Return: 0,
 * or -1 and @e (a closed pipe too) */
int cmd_print(const struct text *t, struct err *e);
/** cmd_say_why() - Add what failed, and the hint in a line of its own, escaped */
void cmd_say_why(const struct err *e, struct text *out);
/** cmd_complain() - An error to stderr, "nook: what failed: why" in one line and the hint
 * in one of its own, escaped: for what goes on behind it. Others return theirs */
void cmd_complain(const struct err *e);
/** cmd_main() - Find the command, parse its line, run it, print its error. Return: exit
 * code */
int cmd_main(int argc, char **argv);

#endif
