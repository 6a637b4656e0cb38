/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attach.h - who looks on at the command of a box in the background
 *
 * The keeper reads what the command writes, for the log (box/log.h); who is attached gets
 * the same bytes as datagrams on a line of his own (CONTROL_ATTACH):
 *
 *	keeper -> client	STEP_READY	carries the terminal's master, where the
 *						command has one
 *	keeper -> client	STEP_OUTPUT	@value: stream, 1 or 2; @code: how many
 *						bytes were left out before these, which
 *						stand behind the header
 *	keeper -> client	STEP_EXIT	@value: the exit code of the box; @code:
 *						how many were left out at the end
 *
 * What is typed, and the size, the client puts into the terminal itself. So the keeper
 * has nothing to wait for and nothing to keep: what does not go into the socket at once
 * is left out, and the log has it. For STEP_EXIT room is made in one that is full.
 */
#ifndef NOOK_BOX_ATTACH_H
#define NOOK_BOX_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#include "box/relay.h"

struct control_ask;
struct err;
struct keeper;
struct record;

#define ATTACH_MOST 16
#define ATTACH_KEYS 8 /* of the sequence that detaches */

/** struct attach_msg - STEP_OUTPUT: the first members of struct sync_msg, and bytes */
struct attach_msg {
	int step, value, code;
	char data[RELAY_ROOM];
};

/** struct attached - One who looks on; @lost: bytes left out since the last that went */
struct attached {
	int line;
	uint64_t lost;
};

struct attaches {
	struct attached v[ATTACH_MOST];
	int count;
};

/** attach_start() - One more. @fd: SESSION_LINE alone. Return: 0, -1 and @e */
int attach_start(struct keeper *k, const struct control_ask *ask, int *fd, struct err *e);
/** attach_output() - The command wrote something on its descriptor @stream */
void attach_output(struct keeper *k, int stream, const char *data, size_t len);
/** attach_end() - The box has ended, with this exit code */
void attach_end(struct keeper *k, int code);

/**
 * onlooker_run() - In a client: show what the command of a box writes, until it ends or
 * the keys are typed (onlooker.c)
 * @keys:	The bytes that detach, at most ATTACH_KEYS, ended by NUL; "" = none do
 *
 * Return: exit code of the box; 0 when detached; 137 and @e: its keeper was killed; -1
 * and @e
 */
int onlooker_run(const struct record *rec, const char *keys, struct err *e);

#endif
