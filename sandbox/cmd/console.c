// SPDX-License-Identifier: GPL-3.0-or-later
/* console.c - `nook console`, which is also `nook` alone, `nook -c` and `nook FILE` */
#include "cmd/console.h"

#include "cmd/cmd.h"

static const struct opt console_options[] = {
	{ .letter = 'c',
	  .name = "command",
	  .arg = "WORDS",
	  .help = "do these words, with ';' between, and end" },
	{ 0 },
};

const struct cmd cmd_console = {
	.name = "console",
	.summary = "put a box together layer by layer, and look at it",
	.usage = "[-c WORDS|FILE]",
	.help = "Also 'nook' alone, 'nook -c WORDS', 'nook FILE' where FILE has a slash, "
		"'nook < FILE', and '#!/usr/bin/env nook' in the first line of a "
		"script.\n\n"
		"In the console 'help' lists the words. A new draft is a process "
		"without any wall; each word adds a layer, takes one off or changes a "
		"value, and nook prints what the kernel then says inside such a box "
		"and outside of it. Every command of nook works there too.\n\n"
		"A script is the same words, a command on each line; '#' starts a "
		"comment. It ends at the first command that fails, with the file and "
		"line, and its exit code is that command's.\n",
	.options = console_options,
	.complete = COMPLETE_FILE,
	FULL_ONLY(console_main),
};
