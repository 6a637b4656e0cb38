/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask.h - a dialogue in lines: on a terminal, or from a pipe that feeds the answers */
#ifndef NOOK_QUIZ_ASK_H
#define NOOK_QUIZ_ASK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct err;

/** enum asked - What came instead of a line */
enum asked {
	ASKED_LINE,
	ASKED_END,    /* end of file: ^D */
	ASKED_TIME,   /* the deadline has passed */
	ASKED_SIGNAL, /* ^C, SIGTERM, SIGHUP unless it is ignored: @signal */
	ASKED_FAILED
};

/**
 * struct asker - Where questions go and answers come from
 * @out:	Descriptor of what is said: stdout, or stderr where stdout has the report
 * @deadline:	CLOCK_BOOTTIME in ns, 0 = none: it goes on while the machine sleeps
 * @signal:	Which one ended it, 0 = none
 */
struct asker {
	int out;
	bool is_tty;
	uint64_t deadline;
	int signal;
	int signals;
	sigset_t before;
	struct text buf;
	size_t used;
};

/** asker_open() - Begin; the signals above are blocked until asker_close(). Return: 0, -1
 * and @e */
int asker_open(struct asker *a, int out, struct err *e);
void asker_close(struct asker *a);
/** asker_now() - The clock of deadlines */
uint64_t asker_now(void);
/** asker_say() - Say something. Return: 0, -1 and @e */
int asker_say(const struct asker *a, const struct text *t, struct err *e);
/** asker_wait() - Wait until @fd can be read from. Return: ASKED_LINE then; ASKED_TIME or
 * ASKED_SIGNAL */
enum asked asker_wait(struct asker *a, int fd);
/** asker_line() - The next line from stdin, without its newline; blanks at its ends go.
 * The last may have none. Return: what came; ASKED_FAILED and @e */
enum asked asker_line(struct asker *a, struct text *line, struct err *e);
/** asker_ask() - Say @prompt, then asker_line(); its line has an end in any case */
enum asked asker_ask(struct asker *a, const struct text *prompt, struct text *line,
		     struct err *e);

/** say_wrapped() - Add text for a person's screen, wrapped at 78 columns, each line
 * behind @indent; newlines of the text stay */
void say_wrapped(struct text *out, const char *text, const char *indent);

#endif
