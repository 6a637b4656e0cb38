/* SPDX-License-Identifier: GPL-3.0-or-later */
/* news.h - what becomes of a user's boxes, as it happens
 *
 * Theory of operation. There is no daemon and no journal: who watches sees the traces
 * that keepers and commands leave anyway, and they leave none for his sake but one,
 * the result in a record that is about to go (struct record_end).
 *
 *	runtime directory	ID.box appears by rename	start
 *				it is written			pause, unpause, limit,
 *								update; the result
 *				its name goes			the end has begun
 *	state directory		NAME appears, from .new.ID	create
 *				NAME becomes another		rename
 *				it becomes .gone.ID.NAME	remove
 *	pidfd of each keeper	it has ended			died
 *
 * The directories are watched by one inotify(7), so their news come in the order in
 * which they happened. The record of a box that starts is opened at once and stays
 * open: it can be read when its name has gone, and so it is known how a run ended that
 * left nothing.
 *
 * Pairs. A box is in a table from its start to its end. A start is told when it gets
 * in, an end when it gets out, once, by the first of: a result in its record; its name
 * is gone and nobody keeps it; its keeper has ended. So for each start there is one
 * end, behind it, also of a box whose keeper was killed (at once, by the pidfd: nobody
 * has to clear it away first), and also of one that was over before it could be looked
 * at (by the names in the queue: then nothing is known of it but its id).
 *
 * What can be lost. (1) The result of a run that was over before its record could be
 * opened: a matter of microseconds after its start, and of the machine's load. Pauses
 * and updates are counted, so those are told that were over before they were seen. (2)
 * What happened while the kernel's queue was full (fs.inotify.max_queued_events,
 * 16384): this is told (NEWS_OVERFLOW), then all is looked at anew, and starts and ends
 * that are found are told; a box of which both fell into the gap is never seen. (3)
 * What happened before: only what is there now can be told (NEWS_EXISTS).
 *
 * What cannot be watched, for want of descriptors, is an error: it would be told as dead.
 *
 * The directories are made where they are missing. One that cannot be, or that is removed
 * meanwhile, is waited for: the nearest one above it is watched as well. What is over
 * before that has come back is not seen.
 */
#ifndef NOOK_BOX_NEWS_H
#define NOOK_BOX_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "box/rest.h"
#include "box/store.h"

struct err;

/** enum news_what - What has happened */
enum news_what {
	NEWS_EXISTS, /* it is there, as watching begins */
	NEWS_CREATE,
	NEWS_START,
	NEWS_PAUSE,
	NEWS_UNPAUSE,
	NEWS_LIMIT, /* limits.on_limit: freeze has stopped it */
	NEWS_UPDATE,
	NEWS_OOM, /* the kernel killed processes of it for memory; told with its end */
	NEWS_DIED,
	NEWS_RENAME,
	NEWS_REMOVE,
	NEWS_OVERFLOW, /* of no box: some news were lost */
	NEWS_COUNT
};

/**
 * struct news_item - One thing that has happened. What is a pointer is gone afterwards
 * @at_ns:	CLOCK_REALTIME: when, where a record says it, else when it was seen
 * @id, @name:	"" = unknown, or none
 * @old_name:	NEWS_RENAME
 * @rec:	Of a box that runs, or NULL
 * @state:	NEWS_EXISTS: of one at rest; @exit_code, @cause: of its last run, -1 =
 *		unknown
 * @plan:	Of one that runs or rests, or NULL
 * @end:	NEWS_DIED: how; NULL = the keeper was killed, or nobody could read it
 * @keeper_killed: NEWS_DIED: which of the two, where @end is NULL
 */
struct news_item {
	enum news_what what;
	uint64_t at_ns;
	const char *id, *name, *old_name;
	const struct record *rec;
	enum rest_state state;
	int exit_code;
	enum cause cause;
	const struct plan *plan;
	const struct record_end *end;
	bool keeper_killed;
};

/** struct news - All that is watched; made by news_open() */
struct news;

/** news_each - Gets each of the news. Return: 0; -1 and @e end it */
typedef int news_each(const struct news_item *n, void *arg, struct err *e);

/**
 * news_open() - Begin. Whatever happens from its return on is seen
 * @state:	host_state_dir()
 * @all:	Tell of the boxes that are there already, too
 *
 * Return: heap, news_close(); NULL and @e
 */
struct news *news_open(const char *state, bool all, news_each *each, void *arg,
		       struct err *e);
void news_close(struct news *w);
/** news_fd() - Readable when there are news */
int news_fd(const struct news *w);
/** news_step() - Tell of what has happened. Return: 0, -1 and @e */
int news_step(struct news *w, struct err *e);
/** news_counts() - How many boxes run, and how many rest or run and stay */
void news_counts(const struct news *w, size_t *running, size_t *staying);

#endif
