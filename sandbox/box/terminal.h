/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terminal.h - the caller's terminal while one of a box is shown on it */
#ifndef NOOK_BOX_TERMINAL_H
#define NOOK_BOX_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

struct relay;

/**
 * struct terminal - A terminal of a box, shown on descriptors 0 and 1
 * @pty:	Its master, -1 = none
 * @raw:	Descriptor 0 is in raw mode, and was in @old
 */
struct terminal {
	int pty;
	bool raw;
	struct termios old;
};

/** terminal_take() - Copy between @master, which becomes non-blocking and is closed with
 * @r, and descriptors 0 and 1; raw mode and the size where 0 is a terminal */
void terminal_take(struct terminal *t, struct relay *r, int master);
/** terminal_resize() - Give it the size of descriptor 0 */
void terminal_resize(const struct terminal *t);
/** terminal_enter_raw() - Raw mode; in the background it stops until the foreground */
void terminal_enter_raw(struct terminal *t);
/** terminal_is_behind() - Whether descriptor 0 is a terminal, and we in its background */
bool terminal_is_behind(void);
/** terminal_let_signals() - Nobody types for the box any more: ^C and ^Z are for us */
void terminal_let_signals(const struct terminal *t);
/** terminal_leave_raw() - Give the caller's terminal back as it was */
void terminal_leave_raw(struct terminal *t);

#endif
