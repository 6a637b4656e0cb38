// SPDX-License-Identifier: GPL-3.0-or-later
/* news.c - the directories and processes that are watched; news.h has the theory */
#include "box/news.h"

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
#include "base/fdio.h"
#include "box/news_inner.h"

#define RUN_MASK  (IN_MOVED_TO | IN_MODIFY | IN_DELETE | IN_ONLYDIR | IN_MASK_ADD)
#define REST_MASK (IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR | IN_MASK_ADD)
#define ABOVE_MASK                                                                     \
	(IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | \
	 IN_ONLYDIR | IN_MASK_ADD)
#define PAIR_MS 50 /* between the two halves of a rename, which follow one another */

static int no_memory(struct err *e)
{
	return err_set(e, "out of memory");
}

/* --- directories -------------------------------------------------------------------- */

static int watch_dir(const struct news *w, int dir, uint32_t mask)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	return inotify_add_watch(w->inotify, path, mask);
}

static bool is_there(const char *path, int dir)
{
	struct stat named, open;

	return dir >= 0 && !lstat(path, &named) && !fstat(dir, &open) &&
	       named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

/* Watch the deepest directory above @path. That one itself does not tell of its end while
 * it is open here. @wd: what was watched before, -1 = nothing */
static int aim_above(const struct news *w, const char *path, int *wd, struct err *e)
{
	char part[sizeof(w->area.path)];
	size_t len = strlen(path);
	int new = -1;

	while (new < 0 && len > 1) {
		while (len > 1 && path[len - 1] != '/')
			len--;
		len -= len > 1;
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		new = inotify_add_watch(w->inotify, part, ABOVE_MASK);
	}
	if (new < 0)
		return err_sys(e, "cannot watch for '%s'", path);
	*wd = new;
	return 0;
}

/* It can be removed, at a logout, and is made anew then. As long as another is watched
 * above it the first look was too early */
static int aim_run(struct news *w, struct err *e)
{
	int above;

	do {
		above = w->run_above;
		store_remove(&w->store);
		if (store_open(&w->store, e) < 0)
			return -1;
		if (fd_path(w->store.dir, "", w->run_path, sizeof(w->run_path)) < 0)
			return err_sys(e, "the directory of running boxes has no name");
		w->run_path[strlen(w->run_path) - 1] = '\0';
		if (aim_above(w, w->run_path, &w->run_above, e) < 0)
			return -1;
	} while (w->run_above != above);
	w->run = watch_dir(w, w->store.dir, RUN_MASK);
	return w->run < 0 ? err_sys(e, "cannot watch '%s'", w->run_path) : 0;
}

/* The same. Return: 0, also where the directory is waited for; -1 and @e. What cannot be
 * used is an error only at the beginning: @first */
static int aim_rest(struct news *w, bool first, struct err *e)
{
	int above;

	w->rest = -1;
	/* Made at the beginning: no box is over before its directory is watched then */
	if (first && rest_area_open(&w->area, w->state, true, NULL) < 0)
		rest_area_close(&w->area);
	do {
		above = w->rest_above;
		rest_area_close(&w->area);
		if (rest_area_open(&w->area, w->state, false, first ? e : NULL) < 0 &&
		    first)
			return -1;
		if (aim_above(w, w->area.path, &w->rest_above, e) < 0)
			return -1;
	} while (w->rest_above != above);
	if (w->area.dir < 0)
		return 0;
	w->rest = watch_dir(w, w->area.dir, REST_MASK);
	return w->rest < 0 ? err_sys(e, "cannot watch '%s'", w->area.path) : 0;
}

/* Something happened above one of the directories: another may have its name */
static int on_above(struct news *w, struct err *e)
{
	if (!is_there(w->run_path, w->store.dir) &&
	    (aim_run(w, e) < 0 || news_scan_running(w, NEWS_START, true, e) < 0))
		return -1;
	if (is_there(w->area.path, w->area.dir))
		return 0;
	return aim_rest(w, false, e) < 0 ? -1
					 : news_scan_staying(w, NEWS_CREATE, true, e);
}

/* What does not begin with a queue overflow is of a directory */
static int on_event(struct news *w, const struct inotify_event *ev, struct err *e)
{
	const struct news_item overflow = {
		.what = NEWS_OVERFLOW,
		.at_ns = clock_ns(CLOCK_REALTIME),
		.id = "",
		.name = "",
	};

	if (ev->mask & IN_Q_OVERFLOW) {
		if (w->each(&overflow, w->arg, e) < 0 || on_above(w, e) < 0 ||
		    news_scan_staying(w, NEWS_CREATE, true, e) < 0)
			return -1;
		return news_scan_running(w, NEWS_START, true, e);
	}
	if (ev->mask & IN_IGNORED)
		return 0;
	/* One directory may be several of these, and has one number then */
	if ((ev->wd == w->run && news_of_running(w, ev, e) < 0) ||
	    (ev->wd == w->rest && news_of_staying(w, ev, e) < 0))
		return -1;
	return ev->wd == w->run_above || ev->wd == w->rest_above ? on_above(w, e) : 0;
}

/* --- steps -------------------------------------------------------------------------- */

static int on_events(struct news *w, const char *buf, ssize_t n, struct err *e)
{
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *ev = (const void *)(buf + at);

		at += (ssize_t)(sizeof(*ev) + ev->len);
		if (on_event(w, ev, e) < 0)
			return -1;
	}
	return 0;
}

static int read_events(struct news *w, struct err *e)
{
	char buf[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct pollfd p = { .fd = w->inotify, .events = POLLIN };
	ssize_t n;

	do {
		while ((n = read(w->inotify, buf, sizeof(buf))) > 0)
			if (on_events(w, buf, n, e) < 0)
				return -1;
	} while (w->moving[0] && poll(&p, 1, PAIR_MS) > 0);
	return news_end_move(w, e);
}

/* What stands in the queue is told before the ends that only the pidfds tell of */
int news_step(struct news *w, struct err *e)
{
	struct epoll_event ev[32];
	int n = epoll_wait(w->epoll, ev, 32, 0);

	if (read_events(w, e) < 0)
		return -1;
	for (int i = 0; i < n; i++)
		if (ev[i].data.ptr && news_of_keeper(w, ev[i].data.ptr, e) < 0)
			return -1;
	return 0;
}

int news_fd(const struct news *w)
{
	return w->epoll;
}

void news_counts(const struct news *w, size_t *running, size_t *staying)
{
	*running = w->runner_count;
	*staying = w->stayer_count;
}

static int begin(struct news *w, bool all, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN };

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->inotify < 0 && errno == EMFILE) {
		err_sys(e, "cannot watch boxes");
		return err_hint(e, "sysctl fs.inotify.max_user_instances");
	}
	if (w->epoll < 0 || w->inotify < 0 ||
	    epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->inotify, &ev) < 0)
		return err_sys(e, "cannot watch boxes");
	if (aim_run(w, e) < 0 || aim_rest(w, true, e) < 0)
		return -1;
	return news_scan_running(w, NEWS_EXISTS, all, e) < 0
		       ? -1
		       : news_scan_staying(w, NEWS_EXISTS, all, e);
}

struct news *news_open(const char *state, bool all, news_each *each, void *arg,
		       struct err *e)
{
	struct news *w = calloc(1, sizeof(*w));

	if (!w) {
		no_memory(e);
		return NULL;
	}
	w->epoll = w->inotify = -1;
	w->run = w->rest = w->run_above = w->rest_above = -1;
	w->store = (struct store){ .dir = -1, .file = -1, .other = -1 };
	w->area.dir = -1;
	w->each = each;
	w->arg = arg;
	snprintf(w->state, sizeof(w->state), "%s", state);
	if (begin(w, all, e) == 0)
		return w;
	news_close(w);
	return NULL;
}

void news_close(struct news *w)
{
	if (!w)
		return;
	while (w->runner_count)
		news_forget(w->runner[--w->runner_count]);
	while (w->stayer_count)
		free(w->stayer[--w->stayer_count].plan);
	free(w->runner);
	free(w->stayer);
	store_remove(&w->store);
	rest_area_close(&w->area);
	if (w->inotify >= 0)
		close(w->inotify);
	if (w->epoll >= 0)
		close(w->epoll);
	free(w);
}
