// SPDX-License-Identifier: GPL-3.0-or-later
/* news_boxes.c - the boxes whose news are told; news.h has the theory */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/sys.h"
#include "box/box.h"
#include "box/news_inner.h"

static int no_memory(struct err *e)
{
	return err_set(e, "out of memory");
}

/* What cannot be watched for that reason may live all the same */
static bool is_shortage(int why)
{
	return why == EMFILE || why == ENFILE || why == ENOMEM;
}

static int cannot_watch(const char *id, struct err *e)
{
	err_sys(e, "cannot watch box '%s'", id);
	if (errno == EMFILE)
		err_hint(e, "each box that runs takes two descriptors: ulimit -n");
	return -1;
}

/* --- boxes that run ----------------------------------------------------------------- */

static struct runner *find_runner(const struct news *w, const char *id, size_t *at)
{
	for (size_t i = 0; i < w->runner_count; i++)
		if (!strcmp(w->runner[i]->rec.id, id)) {
			*at = i;
			return w->runner[i];
		}
	return NULL;
}

void news_forget(struct runner *r)
{
	if (r->file >= 0)
		close(r->file);
	if (r->keeper >= 0)
		close(r->keeper); /* that takes it out of the epoll */
	free(r->plan);
	free(r);
}

static int tell_runner(struct news *w, const struct runner *r, enum news_what what,
		       uint64_t at, struct err *e)
{
	const struct news_item n = {
		.what = what,
		.at_ns = at ? at : clock_ns(CLOCK_REALTIME),
		.id = r->rec.id,
		.name = r->rec.name,
		.rec = r->rec.magic ? &r->rec : NULL,
		.plan = r->plan,
		.end = what == NEWS_DIED && r->rec.end.finished_ns ? &r->rec.end : NULL,
		.keeper_killed = r->file >= 0,
	};

	return w->each(&n, w->arg, e);
}

static int tell_end(struct news *w, size_t at, struct err *e)
{
	struct runner *r = w->runner[at];
	const struct record_end *end = &r->rec.end;
	int n = 0;

	w->runner[at] = w->runner[--w->runner_count];
	if (end->finished_ns &&
	    (end->cause == CAUSE_OOM || (end->oom_kills && end->oom_kills != UINT64_MAX)))
		n = tell_runner(w, r, NEWS_OOM, end->finished_ns, e);
	if (!n)
		n = tell_runner(w, r, NEWS_DIED, end->finished_ns, e);
	news_forget(r);
	return n;
}

/* Pauses are counted in the record: also those are told that were over before they were
 * seen, and for each of them its end */
static int tell_pauses(struct news *w, const struct runner *r, const struct record *old,
		       struct err *e)
{
	const struct record *now = &r->rec;
	bool paused = old->state != BOX_RUNNING;
	uint32_t count = now->pauses - old->pauses;
	int n = 0;

	if (paused && (count || now->state == BOX_RUNNING))
		n = tell_runner(w, r, NEWS_UNPAUSE, 0, e);
	for (; !n && count; count--) {
		bool lasts = count == 1 && now->state != BOX_RUNNING;

		n = tell_runner(w, r,
				lasts && now->state == BOX_AT_LIMIT ? NEWS_LIMIT
								    : NEWS_PAUSE,
				0, e);
		if (!n && !lasts)
			n = tell_runner(w, r, NEWS_UNPAUSE, 0, e);
	}
	return n;
}

/* What the record says now that it did not say before, but for the end */
static int read_runner(struct news *w, struct runner *r, struct err *e)
{
	struct record old = r->rec, now;
	int n;

	if (r->file >= 0 && !store_peek_read(r->file, &now, NULL) &&
	    now.keeper == old.keeper)
		r->rec = now;
	n = tell_pauses(w, r, &old, e);
	for (uint32_t i = old.updates; !n && i != r->rec.updates; i++)
		n = tell_runner(w, r, NEWS_UPDATE, 0, e);
	return n;
}

/* And the end. @last: its keeper has ended */
static int look_at_runner(struct news *w, size_t at, bool last, struct err *e)
{
	struct runner *r = w->runner[at];
	int n = read_runner(w, r, e);

	if (!n && (last || r->rec.end.finished_ns))
		n = tell_end(w, at, e);
	return n;
}

/* The record is opened, then its keeper, then the lock shows whether that was the keeper:
 * so no other process is meant by its number. Return: whether it lives; -1 and @e */
static int open_runner(const struct news *w, struct runner *r, const char *id,
		       struct err *e)
{
	snprintf(r->rec.id, sizeof(r->rec.id), "%.15s", id);
	r->file = store_peek(w->store.dir, id);
	if (r->file < 0) /* its name is gone already: the queue will tell */
		return is_shortage(errno) ? cannot_watch(id, e) : 1;
	if (store_peek_read(r->file, &r->rec, &r->plan) < 0) {
		memset(&r->rec, 0, sizeof(r->rec));
		snprintf(r->rec.id, sizeof(r->rec.id), "%.15s", id);
		return store_is_held(r->file);
	}
	r->keeper = sys_pidfd_open(r->rec.keeper, 0);
	if (r->keeper < 0 && is_shortage(errno))
		return cannot_watch(id, e);
	return store_is_held(r->file) && r->keeper >= 0;
}

static int keep_runner(struct news *w, struct runner *r, struct err *e)
{
	struct runner **more =
		realloc(w->runner, (w->runner_count + 1) * sizeof(struct runner *));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = r };

	if (!more)
		return no_memory(e);
	w->runner = more;
	if (r->keeper >= 0 && epoll_ctl(w->epoll, EPOLL_CTL_ADD, r->keeper, &ev) < 0)
		return cannot_watch(r->rec.id, e);
	w->runner[w->runner_count++] = r;
	return 0;
}

/* What its record may say by now has not been told yet */
static void forget_news(struct record *rec)
{
	rec->state = BOX_RUNNING;
	rec->pauses = rec->updates = 0;
	rec->end.finished_ns = 0;
}

/* @what: NEWS_START, or NEWS_EXISTS where it was there before. What is over is told by
 * the queue alone: who looks at all may find what was told already */
static int add_runner(struct news *w, const char *id, enum news_what what, bool tell,
		      struct err *e)
{
	struct runner *r = calloc(1, sizeof(*r));
	int lives;

	if (!r)
		return no_memory(e);
	r->file = r->keeper = -1;
	r->found = true;
	lives = open_runner(w, r, id, e);
	if (w->scans && lives >= 0 && (!lives || r->file < 0 || r->rec.end.finished_ns)) {
		news_forget(r);
		return 0;
	}
	if (lives < 0 || keep_runner(w, r, e) < 0) {
		news_forget(r);
		return -1;
	}
	if (tell &&
	    tell_runner(w, r, what, what == NEWS_START ? r->rec.started_ns : 0, e) < 0)
		return -1;
	if (what == NEWS_START)
		forget_news(&r->rec);
	return w->scans ? read_runner(w, r, e)
			: look_at_runner(w, w->runner_count - 1, !lives, e);
}

/* A live change gives the record another file (store_replace()), which is followed */
static int on_replaced(struct news *w, size_t at, int *again, struct err *e)
{
	struct runner *r = w->runner[at];
	struct record now;

	if (*again >= 0) {
		if (r->file >= 0)
			close(r->file);
		r->file = fd_take(again);
		free(r->plan);
		r->plan = NULL;
		store_peek_read(r->file, &now, &r->plan);
	}
	return look_at_runner(w, at, false, e);
}

/* Its name is new. Of a box that is known that may be by a change of the box; a new start
 * has the end of the name before it, unless that was lost */
static int on_start(struct news *w, const char *id, struct err *e)
{
	size_t at;
	struct runner *r = find_runner(w, id, &at);
	struct record now;
	auto_fd again = -1;
	bool same;

	if (r) {
		again = store_peek(w->store.dir, id);
		if (again < 0 && is_shortage(errno))
			return cannot_watch(id, e);
		if (again >= 0 && !store_peek_read(again, &now, NULL))
			same = now.started_ns == r->rec.started_ns &&
			       now.keeper == r->rec.keeper;
		else
			same = !r->gone;
		if (same)
			return on_replaced(w, at, &again, e);
		if (look_at_runner(w, at, true, e) < 0)
			return -1;
	}
	return add_runner(w, id, NEWS_START, true, e);
}

/* The result is written behind that, unless it is there */
static int on_gone(struct news *w, const char *id, struct err *e)
{
	size_t at;
	struct runner *r = find_runner(w, id, &at);
	struct stat st;

	if (!r)
		return 0;
	/* Opened too late: the file is that of the next start */
	if (r->file < 0 || fstat(r->file, &st) < 0 || st.st_nlink) {
		r->rec.end.finished_ns = 0;
		if (r->file >= 0)
			close(fd_take(&r->file));
		return tell_end(w, at, e);
	}
	r->gone = true;
	return look_at_runner(w, at, r->keeper < 0, e);
}

int news_of_running(struct news *w, const struct inotify_event *ev, struct err *e)
{
	char id[BOX_ID_SIZE];
	size_t at;

	if (!ev->len || !store_id(ev->name, id))
		return 0;
	if (ev->mask & IN_MOVED_TO)
		return on_start(w, id, e);
	if (ev->mask & IN_DELETE)
		return on_gone(w, id, e);
	return find_runner(w, id, &at) ? look_at_runner(w, at, false, e) : 0;
}

/* --- boxes that stay ---------------------------------------------------------------- */

static struct stayer *find_stayer(const struct news *w, const char *name)
{
	for (size_t i = 0; i < w->stayer_count; i++)
		if (!strcmp(w->stayer[i].name, name))
			return &w->stayer[i];
	return NULL;
}

static int tell_stayer(struct news *w, const struct stayer *s, enum news_what what,
		       const char *old_name, struct err *e)
{
	const struct news_item n = { .what = what,
				     .at_ns = what == NEWS_CREATE && s->created_ns
						      ? s->created_ns
						      : clock_ns(CLOCK_REALTIME),
				     .id = s->id,
				     .name = s->name,
				     .old_name = old_name,
				     .state = s->state,
				     .exit_code = s->exit_code,
				     .cause = s->cause,
				     .plan = s->plan };

	return w->each(&n, w->arg, e);
}

static bool runs(const struct news *w, const char *id)
{
	size_t at;

	return find_runner(w, id, &at);
}

static int add_stayer(struct news *w, const char *name, enum news_what what, bool tell,
		      struct err *e)
{
	struct stayer *more = realloc(w->stayer, (w->stayer_count + 1) * sizeof(*more));
	struct stayer *s;
	struct rest rest;

	if (!more)
		return no_memory(e);
	w->stayer = more;
	s = &w->stayer[w->stayer_count++];
	*s = (struct stayer){ .found = true, .state = REST_BUSY, .exit_code = -1 };
	snprintf(s->name, sizeof(s->name), "%.64s", name);
	if (!rest_find(&w->area, name, &rest, NULL)) {
		memcpy(s->id, rest.rec.id, sizeof(s->id));
		s->id[sizeof(s->id) - 1] = '\0';
		s->plan = ptr_take(rest.rec.plan);
		s->created_ns = rest.rec.created_ns;
		s->state = rest_state(&rest);
		s->exit_code = rest.rec.result ? rest.rec.exit_code : -1;
		s->cause = rest.rec.cause;
		rest_close(&rest);
	}
	/* One that runs was told of as that */
	if (!tell || (what == NEWS_EXISTS && runs(w, s->id)))
		return 0;
	return tell_stayer(w, s, what, NULL, e);
}

static int drop_stayer(struct news *w, const char *name, struct err *e)
{
	struct stayer *s = find_stayer(w, name), gone;
	int r;

	if (!s)
		return 0;
	gone = *s;
	*s = w->stayer[--w->stayer_count];
	r = tell_stayer(w, &gone, NEWS_REMOVE, NULL, e);
	free(gone.plan);
	return r;
}

static int rename_stayer(struct news *w, const char *from, const char *to, struct err *e)
{
	struct stayer *s = find_stayer(w, from);

	if (!s || find_stayer(w, to))
		return 0;
	snprintf(s->name, sizeof(s->name), "%.64s", to);
	return tell_stayer(w, s, NEWS_RENAME, from, e);
}

int news_end_move(struct news *w, struct err *e)
{
	char name[REST_NAME_SIZE];

	if (!w->moving[0])
		return 0;
	memcpy(name, w->moving, sizeof(name));
	w->moving[0] = '\0';
	return drop_stayer(w, name, e);
}

int news_of_staying(struct news *w, const struct inotify_event *ev, struct err *e)
{
	bool is_box = ev->len && rest_is_name(ev->name);
	bool second = w->moving[0] && (ev->mask & IN_MOVED_TO) && ev->cookie == w->cookie;
	char from[REST_NAME_SIZE];

	memcpy(from, w->moving, sizeof(from));
	if (second)
		w->moving[0] = '\0';
	else if (news_end_move(w, e) < 0)
		return -1;
	if (second)
		return is_box ? rename_stayer(w, from, ev->name, e)
			      : drop_stayer(w, from, e);
	if (!is_box)
		return 0;
	if (ev->mask & IN_MOVED_FROM) {
		snprintf(w->moving, sizeof(w->moving), "%.64s", ev->name);
		w->cookie = ev->cookie;
		return 0;
	}
	if (ev->mask & IN_DELETE)
		return drop_stayer(w, ev->name, e);
	return find_stayer(w, ev->name) ? 0
					: add_stayer(w, ev->name, NEWS_CREATE, true, e);
}

/* --- all of them -------------------------------------------------------------------- */

static int scan_running(struct news *w, enum news_what what, bool tell, struct err *e)
{
	auto_dir d = store_list(w->store.dir);
	const struct dirent *de;
	char id[BOX_ID_SIZE];
	size_t at;

	if (!d)
		return err_sys(e, "cannot list the boxes that run");
	for (size_t i = 0; i < w->runner_count; i++)
		w->runner[i]->found = false;
	while ((de = readdir(d))) {
		if (!store_id(de->d_name, id))
			continue;
		if (find_runner(w, id, &at))
			w->runner[at]->found = true;
		if (what == NEWS_START && on_start(w, id, e) < 0)
			return -1;
		if (!find_runner(w, id, &at) && what == NEWS_EXISTS &&
		    add_runner(w, id, what, tell, e) < 0)
			return -1;
	}
	for (size_t i = w->runner_count; i--;)
		if (i < w->runner_count && !w->runner[i]->found &&
		    on_gone(w, w->runner[i]->rec.id, e) < 0)
			return -1;
	return 0;
}

int news_scan_running(struct news *w, enum news_what what, bool tell, struct err *e)
{
	int r;

	w->scans = true;
	r = scan_running(w, what, tell, e);
	w->scans = false;
	return r;
}

/** struct scan - The names of the boxes that stay, while they are looked at */
struct scan {
	struct news *w;
	enum news_what what;
	bool tell;
	int failed;
	struct err *e;
};

/* What has the id of one that was there under another name was renamed meanwhile */
static void scan_one(const struct rest *r, const struct err *why, void *arg)
{
	struct scan *sc = arg;
	struct stayer *s = find_stayer(sc->w, r->name);

	if (sc->failed)
		return;
	for (size_t i = 0; !s && !why && i < sc->w->stayer_count; i++) {
		struct stayer *old = &sc->w->stayer[i];
		char from[REST_NAME_SIZE];

		if (strcmp(old->id, r->rec.id) != 0)
			continue;
		memcpy(from, old->name, sizeof(from));
		sc->failed = rename_stayer(sc->w, from, r->name, sc->e);
		s = old;
	}
	if (s)
		s->found = true;
	else if (!sc->failed)
		sc->failed = add_stayer(sc->w, r->name, sc->what, sc->tell, sc->e);
}

int news_scan_staying(struct news *w, enum news_what what, bool tell, struct err *e)
{
	struct scan sc = { .w = w, .what = what, .tell = tell, .e = e };

	for (size_t i = 0; i < w->stayer_count; i++)
		w->stayer[i].found = false;
	if (rest_each(&w->area, scan_one, &sc, e) < 0 || sc.failed)
		return -1;
	for (size_t i = w->stayer_count; i--;) {
		char name[REST_NAME_SIZE];

		if (i >= w->stayer_count || w->stayer[i].found)
			continue;
		memcpy(name, w->stayer[i].name, sizeof(name));
		if (drop_stayer(w, name, e) < 0)
			return -1;
	}
	return 0;
}

/* The queue may have told of its end, and another may be in its place */
int news_of_keeper(struct news *w, const struct runner *r, struct err *e)
{
	for (size_t i = 0; i < w->runner_count; i++) {
		struct pollfd p = { .fd = w->runner[i]->keeper, .events = POLLIN };

		if (w->runner[i] == r && poll(&p, 1, 0) > 0)
			return look_at_runner(w, i, true, e);
	}
	return 0;
}
