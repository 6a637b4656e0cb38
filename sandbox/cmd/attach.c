// SPDX-License-Identifier: GPL-3.0-or-later
/* attach.c - `nook attach`: look on at the command of a box in the background */
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/attach.h"
#include "box/box.h"
#include "cmd/boxes.h"
#include "cmd/cmd.h"

#define KEYS "ctrl-p,ctrl-q"

/* One key: a character, or ctrl- and a letter or one of @[\]^_. Return: 0, -1 */
static int read_key(const char *s, size_t len, char *key)
{
	char c = len ? s[len - 1] : '\0';

	*key = c;
	if (len == 1)
		return 0;
	if (len != 6 || strncmp(s, "ctrl-", 5))
		return -1;
	if (c >= 'a' && c <= 'z')
		*key = (char)(c - 'a' + 1);
	else if (c >= '[' && c <= '_')
		*key = (char)(c - '@');
	else
		return -1;
	return 0;
}

/* "ctrl-p,ctrl-q" to bytes; "" is none. Return: 0, -1 */
static int read_keys(const char *s, char keys[ATTACH_KEYS + 1])
{
	size_t n = 0;

	while (*s) {
		size_t len = strcspn(s, ",");

		if (n == ATTACH_KEYS || read_key(s, len, &keys[n++]) < 0)
			return -1;
		s += len;
		if (*s && !*++s)
			return -1;
	}
	keys[n] = '\0';
	return 0;
}

static int attach_run(const struct args *a, struct err *e)
{
	auto_free struct plan *plan = NULL;
	const char *given = cmd_option(a, "detach-keys");
	char keys[ATTACH_KEYS + 1];
	struct record rec;

	if (a->word_count != 1)
		return cmd_usage(a, e, "attach takes one box");
	if (read_keys(given ? given : KEYS, keys) < 0)
		return cmd_usage(a, e,
				 "--detach-keys '%s': expected keys such as " KEYS
				 " or a,b, at most %d, or nothing",
				 given, ATTACH_KEYS);
	if (box_sanitize(0, e) < 0)
		return -1;
	plan = box_pick(a->words[0], &rec, e);
	return plan ? onlooker_run(&rec, keys, e) : -1;
}

static const struct opt attach_options[] = {
	{ .name = "detach-keys",
	  .arg = "KEYS",
	  .help = "what to type to leave, " KEYS " unless given" },
	{ 0 },
};

const struct cmd cmd_attach = {
	.name = "attach",
	.summary = "look on at the command of a box in the background",
	.usage = "[OPTION...] BOX",
	.help = "Shows what the command writes from now on, and where it has a\n"
		"terminal (nook run -d -t) sends it what is typed and the size of this\n"
		"one. Several may look on at once. ctrl-p ctrl-q leaves, and the box\n"
		"goes on; without a terminal ^C does. Who is too slow is told that\n"
		"something was left out; the log of the box has it. The exit code is\n"
		"that of the box, 0 for who left by the keys.\n",
	.options = attach_options,
	.complete = COMPLETE_BOX,
	.fails = 125,
	.run = attach_run,
};
