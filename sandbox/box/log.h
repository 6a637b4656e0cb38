/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log.h - what the command of a box in the background wrote
 *
 * One line each, as Kubernetes' container runtimes write theirs:
 *
 *	2026-11-21T15:36:08.123456Z stdout F the text of the line
 *
 * The tag is F where the line ended there, P where the command wrote no newline yet: the
 * next line of that stream goes on with it. So a reader gets every byte back, when it was
 * written and to which of the two. `log` grows to the size that was asked for, then it
 * becomes `log.1` in place of the one before.
 */
#ifndef NOOK_BOX_LOG_H
#define NOOK_BOX_LOG_H

#include <stddef.h>
#include <stdint.h>

struct err;

#define LOG_NAME "log"
#define LOG_OLD	 "log.1"
#define LOG_SIZE (10u << 20) /* bytes of each, unless something else is asked for */
#define LOG_HEAD 37	     /* bytes before the text: time, stream, tag, blanks */

/** struct log - One being written; @fd -1 = it could not be made anew, nothing is kept */
struct log {
	int dir, fd;
	uint64_t size, most;
};

/** log_open() - Go on with the log in @dir. @most: bytes that a file may have. Return: 0,
 * -1 and @e */
int log_open(struct log *l, int dir, uint64_t most, struct err *e);
/** log_write() - Add what came from descriptor @stream, 1 or 2, of the command. What
 * cannot be written is lost: a full disk does not stop a box */
void log_write(struct log *l, int stream, const char *data, size_t len);
void log_close(struct log *l);

#endif
