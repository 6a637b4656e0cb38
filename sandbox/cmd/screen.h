/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen.h - a full screen that is drawn again and again, by ECMA-48 alone
 *
 * Theory of operation. The terminal goes to its alternate screen with raw keys and comes
 * back on every way out: `q`, an error, a signal. So that a signal cannot come between,
 * all that end a program are blocked and read from a signalfd beside the keys; the
 * terminal is put back first and the signal then takes its effect. ^Z does the same with
 * a stop. What is drawn goes out without blocking: on a terminal that takes nothing (^S,
 * a stopped ssh) a signal is seen all the same, and the frame is left out.
 */
#ifndef NOOK_CMD_SCREEN_H
#define NOOK_CMD_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct text;

/* Keys that are no character */
enum { KEY_NONE = 0, KEY_LEFT = 256, KEY_RIGHT, KEY_UP, KEY_DOWN };

struct screen_size {
	size_t rows, columns;
};

/**
 * struct show - What is on the screen
 * @every_ms:	Drawn again after this time, and after each key and resize
 * @look:	Look at the world again; not called after a key. Return: 0; 1 = nothing is
 *		left to be shown; -1 and @e
 * @draw:	The frame, lines ended by newlines; longer ones are cut. Return: 0, -1, @e
 * @key:	A key that is not q, ^C, ^Z or ^L
 */
struct show {
	int every_ms;
	int (*look)(void *arg, struct err *e);
	int (*draw)(void *arg, struct screen_size size, struct text *out, struct err *e);
	void (*key)(void *arg, int key);
};

/** screen_can() - Whether stdin and stdout are a terminal that can do this */
bool screen_can(void);
/** screen_run() - Show it until a person or @show ends it. A signal that ends programs
 * ends this one. Return: 0, -1 and @e */
int screen_run(const struct show *show, void *arg, struct err *e);
/** screen_key() - The next key in @len bytes of input. @used: how many it took */
int screen_key(const char *input, size_t len, size_t *used);

#endif
