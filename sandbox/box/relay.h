/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relay.h - copies bytes between the caller's descriptors and the box's
 *
 * Used where nook stands between: a terminal of the box's own, and limits.output. Never
 * blocks: the keeper must see signals and the clock while a reader is stopped (TT-07).
 * Descriptors that are not ours are never switched to non-blocking (that would outlive
 * us, FD-05): they are opened anew through /proc/self/fd where that works.
 */
#ifndef NOOK_BOX_RELAY_H
#define NOOK_BOX_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RELAY_STREAMS 2
#define RELAY_ROOM    16384

/** relay_sink() - Takes what was read, at once and whole: for what never blocks */
typedef void relay_sink(void *arg, int which, const char *data, size_t len);

/**
 * struct stream - One direction
 * @from, @to:	Descriptors; -1 = not in use. @to may be the next stream's @from
 * @sink:	Takes the bytes instead of @to, with @arg and @which; or NULL
 * @counted:	Its bytes count for limits.output
 * @eof:	@from has ended; @hangup: @to takes no more
 * @blocks:	@to is a terminal that could not be opened anew
 * @watch:	Bytes to look for, or NULL; bit n of @seen: the n-th of them went by
 * @digest:	Of what it has copied (base/hash.h), where the relay @digests
 * @eof_byte:	Written once when @from ends (a terminal's ^D), 0 = none
 */
struct stream {
	int from, to;
	bool counted, eof, hangup, blocks;
	char eof_byte;
	const char *watch;
	unsigned int seen;
	uint64_t digest;
	size_t start, len;
	char *room; /* RELAY_ROOM bytes */
	relay_sink *sink;
	void *arg;
	int which;
};

/** struct relay - @most: bytes that may be counted, 0 = no limit; @error: errno with
 * which something could not be written (but that nobody reads it any more), 0 = none */
struct relay {
	struct stream s[RELAY_STREAMS];
	uint64_t counted;
	uint64_t most;
	bool digests;
	int error;
};

/** relay_dup() - An own, non-blocking open file of @fd; a plain duplicate where there is
 * no way to have one. Return: descriptor, -1 */
int relay_dup(int fd, int flags);
/** relay_is_one_terminal() - Whether both descriptors are: what is written to them is
 * then to come there in order, by one stream */
bool relay_is_one_terminal(int a, int b);
/** relay_add() - Copy from @from to @to. Return: 0, -1 when memory ran out */
int relay_add(struct relay *r, int from, int to, bool counted);
/** relay_drain() - Have @sink take what comes from @from, counted. Return: as above */
int relay_drain(struct relay *r, int from, relay_sink *sink, void *arg, int which);
/** relay_poll() - Fill at most 2 * RELAY_STREAMS poll entries. Return: how many */
int relay_poll(const struct relay *r, struct pollfd *p);
/** relay_step() - Move what can be moved. Return: false when limits.output was exceeded:
 * what is over is not copied */
bool relay_step(struct relay *r);
/** relay_is_done() - Whether every counted stream has ended and was written out */
bool relay_is_done(const struct relay *r);
/** relay_end_input() - Nobody in the box reads any more what is not counted */
void relay_end_input(struct relay *r);
/** relay_out() - Bytes of counted streams that were written out, or that nobody wants */
uint64_t relay_out(const struct relay *r);
/** relay_left() - Bytes of counted streams that were not written out, though somebody
 * could still read them */
uint64_t relay_left(const struct relay *r);
void relay_release(struct relay *r);

#endif
