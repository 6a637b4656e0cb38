/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sayings.h - what the words of the console share */
#ifndef NOOK_CONSOLE_SAYINGS_H
#define NOOK_CONSOLE_SAYINGS_H

#include "console/console.h"

/** saying_needs_draft() - Return: 0; -1 and @e where there is no draft at hand */
int saying_needs_draft(const struct console *c, struct err *e);
/** saying_usage() - Whether @least to @most words follow the first. Return: 0; -2 and @e:
 * how it is used */
int saying_usage(char **argv, size_t least, size_t most, struct err *e);
/** saying_begin() - The same, and whether there is a draft at hand. Return: 0; -2, -1 */
int saying_begin(const struct console *c, char **argv, size_t least, size_t most,
		 struct err *e);
/** saying_draft() - A draft by name. Return: NULL and @e, which names the nearest */
struct draft *saying_draft(const struct console *c, const char *name, struct err *e);
/** saying_limit() - The @i-th limit, "memory"; NULL behind the last */
const char *saying_limit(size_t i);

#endif
