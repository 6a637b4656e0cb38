/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words.h - a line of the console into words, quoted as in a shell
 *
 * Blanks part words, `;` and the end of the line end a command, `#` where a word would
 * begin starts a comment. Single quotes hold everything, in double quotes a backslash
 * holds `"`, `\`, `$` and a backquote, outside it holds the next byte. A line may go on
 * behind a backslash or within quotes. `!` in front of a command is the word `run`, `&`
 * behind one ends it and leaves it in the background. What else means something to a
 * shell (| < > ( ) $ and the backquote, and two &) means nothing here and must be quoted,
 * so that nobody waits for a pipe that is none.
 */
#ifndef NOOK_CONSOLE_WORDS_H
#define NOOK_CONSOLE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct err;

/**
 * struct words - One command
 * @v:		Its words, NULL at the end
 * @lines:	How many newlines were read; @lines_before: those in front of it
 * @background:	A `&` was behind it
 * @bytes:	What @v points into
 */
struct words {
	char **v;
	size_t count;
	int lines, lines_before;
	bool background;
	struct text bytes;
};

/**
 * words_next() - Read one command
 * @at:		Where to read; moved behind what was read
 * @out:	Empty or used before; free with words_release()
 *
 * Return: 1; 0 at the end of the text; 2 when the text ends within quotes or behind a
 * backslash, so that more of it could complete the command; -1 and @e
 */
int words_next(const char **at, struct words *out, struct err *e);
void words_release(struct words *w);

#endif
