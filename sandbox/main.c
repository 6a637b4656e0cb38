// SPDX-License-Identifier: GPL-3.0-or-later
/* main.c - the program: argv to the command table */
#include <signal.h>
#include <string.h>

#include "box/again.h"
#include "box/box.h"
#include "box/program.h"
#include "box/rules.h"
#include "cmd/cmd.h"
#include "lab/within.h"

int main(int argc, char **argv)
{
	/* Who ignores it hands that on, and nobody can be waited for then (waitpid(2)) */
	signal(SIGCHLD, SIG_DFL);
	box_outlive_file_limit();
	if (argc == 2 && !strcmp(argv[0], AGAIN_NAME))
		again_main(argv);
	if ((argc == 2 || argc == 3) && !strcmp(argv[0], RULES_NAME))
		rules_main(argv);
	if (program_is_full() && argc == 2 && !strcmp(argv[0], WITHIN_NAME))
		FULL_CALL(within_main)(argv);
	return cmd_main(argc, argv);
}
