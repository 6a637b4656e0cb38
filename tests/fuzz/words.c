// SPDX-License-Identifier: GPL-3.0-or-later
/* words.c - any words as a command line: options, the short forms (-v, --mount, --tmpfs,
 * -e, --ulimit), and the profile that they give
 *
 * A line of the input is a word. The first byte of the first line chooses the command;
 * for `run` what was asked for is parsed on top of the profile `base`. Nothing is run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/cmd.h"
#include "profile/profile.h"

#define MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cmd *choose(uint8_t byte)
{
	size_t n = 0;

	while (cmds()[n])
		n++;
	/* Half of them all are `run`: it has most of the grammar */
	for (size_t i = 0; byte < 128 && i < n; i++)
		if (!strcmp(cmds()[i]->name, "run"))
			return cmds()[i];
	return cmds()[byte % n];
}

static void parse(const struct cmd *cmd, char **argv)
{
	struct args a = { 0 };
	struct err e = { 0 };
	struct profile *pf = NULL;
	int r = args_parse(cmd, argv, &a, &e);

	/* A failure says why, and what it says ends */
	if (r < 0 && (!e.text[0] || !memchr(e.text, '\0', sizeof(e.text))))
		abort();
	if (!r && !strcmp(cmd->name, "run")) {
		if (!profile_load("base", a.wishes, a.wish_count, &pf, &e))
			profile_free(pf);
		else if (!e.text[0])
			abort();
	}
	args_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[MOST + 1] = { NULL };
	char *text = malloc(size + 1);
	char *p = text;

	if (!text)
		return 0;
	setenv("NOOK_PROFILE_PATH", "profiles", 1);
	memcpy(text, data, size);
	text[size] = '\0';
	for (int n = 0; size && *p && n < MOST; n++) {
		char *end = strchr(p, '\n');

		argv[n] = n ? p : p + 1;
		if (!end)
			break;
		*end = '\0';
		p = end + 1;
	}
	if (size && data[0] && data[0] != '\n')
		parse(choose(data[0]), argv);
	free(text);
	return 0;
}
