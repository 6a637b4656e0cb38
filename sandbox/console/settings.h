/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.h - $XDG_CONFIG_HOME/nook/console: how the console looks
 *
 * The same words and comments as in a script, a setting on each line:
 *
 *	prompt full|short	with the layers of the draft, or its name alone
 *	colour auto|never	as the terminal has it and NO_COLOR says, or none
 *	history COUNT		lines that are kept; 0 = none are written
 */
#ifndef NOOK_CONSOLE_SETTINGS_H
#define NOOK_CONSOLE_SETTINGS_H

#include <stdbool.h>

struct err;
struct text;

/** struct settings - @history: lines */
struct settings {
	bool short_prompt, no_colour;
	int history;
};

/** settings_parse() - Of this text; @name for errors. Return: 0, -1 and @e, with what
 * came before the wrong line */
int settings_parse(const char *text, const char *name, struct settings *out,
		   struct err *e);
/** settings_load() - Those of the caller; none at all where there is no file. Return: 0,
 * -1 and @e */
int settings_load(struct settings *out, struct err *e);

#endif
