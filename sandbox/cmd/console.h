/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.h - where the command table ends and the console begins */
#ifndef NOOK_CMD_CONSOLE_H
#define NOOK_CMD_CONSOLE_H

struct args;
struct err;

/** console_main() - The console, from `nook console` or `nook` alone. It is in
 * sandbox/console, which only the full program has. Return: exit code of the last
 * command; -1 or -2 and @e */
int console_main(const struct args *a, struct err *e);

#endif
