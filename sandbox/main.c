// SPDX-License-Identifier: GPL-3.0-or-later
/* main.c - the program: argv to the command table */
#include "cmd/cmd.h"

int main(int argc, char **argv)
{
	return cmd_main(argc, argv);
}
