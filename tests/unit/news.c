// SPDX-License-Identifier: GPL-3.0-or-later
/* news.c - a pair for each run, whatever was lost, and no end of what lives */
/* valgrind 3.19 counts descriptors of its own
 * as: root user
 * with: plain
 */
#include "box/news.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "forked.h"
#include "tap.h"

#define BOX   "box000000001"
#define LEFT  "left00000001"
#define BOXES 8

static char state[] = "/tmp/nook-news-XXXXXX";
static struct store store;
static int told[NEWS_COUNT];

/* A record as a keeper has it, which is this process. Return: its lock, -1 */
static int put_record(const char *id, bool over)
{
	struct record rec = { .magic = RECORD_MAGIC,
			      .version = RECORD_VERSION,
			      .keeper = getpid(),
			      .started_ns = 1,
			      .end.finished_ns = over ? 2 : 0 };
	char name[32];
	int fd = openat(store.dir, "temp", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	snprintf(rec.id, sizeof(rec.id), "%s", id);
	snprintf(name, sizeof(name), "%s.box", id);
	if (fd < 0 || flock(fd, LOCK_EX) < 0 ||
	    write(fd, &rec, sizeof(rec)) != (ssize_t)sizeof(rec) ||
	    renameat(store.dir, "temp", store.dir, name) < 0)
		return -1;
	return fd;
}

static void take_record(const char *id, int lock)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.box", id);
	unlinkat(store.dir, name, 0);
	if (lock >= 0)
		close(lock);
}

static int count(const struct news_item *n, void *arg, struct err *e)
{
	int *lock = arg;

	(void)e;
	told[n->what]++;
	if (n->what == NEWS_OVERFLOW)
		*lock = put_record(BOX, true);
	else if (n->what == NEWS_DIED && lock && *lock >= 0)
		take_record(n->id, fd_take(lock));
	return 0;
}

/* --- the kernel's queue is full ----------------------------------------------------- */

/* More than it takes of what is not looked at; two of one kind in a row would be one */
static bool overflow(void)
{
	static const char *const names[] = { "a", "b" };
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	long most = 0;
	int fd[2];

	if (!f || fscanf(f, "%ld", &most) != 1)
		return false;
	fclose(f);
	for (int i = 0; i < 2; i++)
		fd[i] = openat(store.dir, names[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (long i = 0; i < most + 2; i++)
		if (pwrite(fd[i % 2], "", 1, 0) != 1)
			return false;
	for (int i = 0; i < 2; i++) {
		close(fd[i]);
		unlinkat(store.dir, names[i], 0);
	}
	return true;
}

static bool follow(struct news *w, struct err *e)
{
	struct pollfd p = { .fd = news_fd(w), .events = POLLIN };

	while (poll(&p, 1, 0) > 0)
		if (news_step(w, e) < 0)
			return false;
	return true;
}

/* It starts and ends behind the overflow and before all is looked at: both find it. What
 * a killed keeper left is there all the time */
static void test_overflow(void)
{
	int lock = -1, left = put_record(LEFT, false);
	struct err e = { 0 };
	struct news *w;

	close(left);
	w = news_open(state, false, count, &lock, &e);

	ok(w && overflow() && follow(w, &e), "a queue that was full: %s", e.text);
	ok(told[NEWS_OVERFLOW] == 1 && told[NEWS_START] == 1 && told[NEWS_DIED] == 1,
	   "a run that is found in two ways is told once: %d, %d", told[NEWS_START],
	   told[NEWS_DIED]);
	lock = put_record(BOX, true);
	take_record(LEFT, -1);
	ok(w && follow(w, &e) && told[NEWS_START] == 2 && told[NEWS_DIED] == 2,
	   "and its next one again");
	news_close(w);
}

/* --- no descriptor is left ---------------------------------------------------------- */

/* Return: how many ends were told of what lives, with any number of descriptors */
static int watch_with_few(void *arg)
{
	struct rlimit few;
	int wrong = 0;

	(void)arg;
	getrlimit(RLIMIT_NOFILE, &few);
	for (few.rlim_cur = 4; few.rlim_cur < 64; few.rlim_cur++) {
		struct err e = { 0 };
		struct news *w;

		memset(told, 0, sizeof(told));
		setrlimit(RLIMIT_NOFILE, &few);
		w = news_open(state, true, count, NULL, &e);
		wrong += told[NEWS_DIED] || (w ? told[NEWS_EXISTS] != BOXES : !e.text[0]);
		if (w)
			wrong += news_step(w, &e) < 0 || told[NEWS_DIED];
		news_close(w);
	}
	return wrong;
}

static void test_few_descriptors(void)
{
	char id[BOX_ID_SIZE];
	int lock[BOXES];

	for (int i = 0; i < BOXES; i++) {
		snprintf(id, sizeof(id), "box00000000%d", i);
		lock[i] = put_record(id, false);
	}
	is_num(forked(watch_with_few, NULL), 0,
	       "what cannot be watched for want of descriptors is not told as dead");
	for (int i = 0; i < BOXES; i++) {
		snprintf(id, sizeof(id), "box00000000%d", i);
		take_record(id, lock[i]);
	}
}

int main(void)
{
	struct err e = { 0 };
	char boxes[64];

	plan(4);
	if (!mkdtemp(state) || store_open(&store, &e) < 0)
		return 1;
	test_overflow();
	test_few_descriptors();
	store_remove(&store);
	snprintf(boxes, sizeof(boxes), "%s/boxes", state);
	rmdir(boxes);
	rmdir(state);
	return done();
}
