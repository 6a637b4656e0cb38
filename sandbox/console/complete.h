/* SPDX-License-Identifier: GPL-3.0-or-later */
/* complete.h - what a word of the console can become, from the tables of words, layers,
 * keys and commands, and from the names of profiles, boxes, networks and drafts */
#ifndef NOOK_CONSOLE_COMPLETE_H
#define NOOK_CONSOLE_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

struct console;

/**
 * struct candidates - What the word can become
 * @v:		Those that begin as the word does; on the heap. @count of them
 * @files, @dirs: Paths too
 * @open:	More will follow: no blank behind it ("KEY=")
 */
struct candidates {
	char **v;
	size_t count;
	bool files, dirs, open;
};

/** complete_word() - @before: the words in front of it, @n of them; @word: what is there
 * of it. Free with candidates_release() */
void complete_word(const struct console *c, char *const *before, size_t n,
		   const char *word, struct candidates *out);
void candidates_release(struct candidates *c);

#endif
