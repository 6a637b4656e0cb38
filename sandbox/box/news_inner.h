/* SPDX-License-Identifier: GPL-3.0-or-later */
/* news_inner.h - what the files of news.h share */
#ifndef NOOK_BOX_NEWS_INNER_H
#define NOOK_BOX_NEWS_INNER_H

#include "box/news.h"

struct inotify_event;

/**
 * struct runner - A box between its start and its end
 * @file:	Its record, -1 = it could not be opened in time
 * @keeper:	pidfd, -1 = none
 * @gone:	The record has no name any more; the result is waited for
 * @rec:	as it was last read; of one whose record was not had only the id
 * @found:	while all is looked at anew: its record is there
 */
struct runner {
	int file, keeper;
	bool gone, found;
	struct record rec;
	struct plan *plan;
};

/** struct stayer - A box that stays; @state and how it ended: when it was found */
struct stayer {
	char name[REST_NAME_SIZE];
	char id[BOX_ID_SIZE];
	uint64_t created_ns;
	enum rest_state state;
	int exit_code;
	enum cause cause;
	struct plan *plan; /* on the heap, as it was when the box was found; or NULL */
	bool found;
};

/**
 * struct news - All that is watched
 * @epoll:	has @inotify and the keepers
 * @run, @rest:	inotify's numbers of the two directories, -1 = not watched; @run_above,
 *		@rest_above: of the nearest ones above them
 * @scans:	All records are looked at, besides the queue
 * @moving:	first half of a rename, of @cookie; "" = none
 */
struct news {
	int epoll, inotify;
	int run, rest, run_above, rest_above;
	struct store store;
	struct rest_area area;
	char state[512], run_path[512];
	bool scans;
	char moving[REST_NAME_SIZE];
	uint32_t cookie;
	struct runner **runner;
	size_t runner_count;
	struct stayer *stayer;
	size_t stayer_count;
	news_each *each;
	void *arg;
};

/** news_of_running() - One event of the runtime directory. Return of all these: 0, -1 and
 * @e */
int news_of_running(struct news *w, const struct inotify_event *ev, struct err *e);
/** news_of_staying() - One of the directory of boxes at rest */
int news_of_staying(struct news *w, const struct inotify_event *ev, struct err *e);
/** news_end_move() - The other half of a rename has not come: it went elsewhere */
int news_end_move(struct news *w, struct err *e);
/** news_of_keeper() - The keeper of @r may have ended */
int news_of_keeper(struct news *w, const struct runner *r, struct err *e);
/** news_scan_running() - Look at all records. @what: of those that are not known:
 * NEWS_EXISTS or NEWS_START; @tell: say so */
int news_scan_running(struct news *w, enum news_what what, bool tell, struct err *e);
/** news_scan_staying() - The same for boxes that stay; NEWS_EXISTS or NEWS_CREATE */
int news_scan_staying(struct news *w, enum news_what what, bool tell, struct err *e);
/** news_forget() - Free one */
void news_forget(struct runner *r);

#endif
