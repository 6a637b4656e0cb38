// SPDX-License-Identifier: GPL-3.0-or-later
/* applied.c - which files of the lower trees are as `apply` made them */
#include "changes/applied.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "changes/copy.h"
#include "changes/walk.h"

#define CHUNK	  512 /* pairs that are read at once */
#define TICK_NAPS 50  /* of 1 ms */

static struct applied_pair pair_of(const struct change_file *f)
{
	return (struct applied_pair){
		f->ino,
		(uint64_t)f->ctime.tv_sec * 1000000000u + (uint64_t)f->ctime.tv_nsec,
	};
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Its place, or the free one where it belongs */
static size_t place_of(const struct applied *a, const struct applied_pair *p)
{
	uint64_t h = (p->ino ^ p->ctime_ns << 20) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 20) & (a->room - 1);

	while (a->v[i].ino && (a->v[i].ino != p->ino || a->v[i].ctime_ns != p->ctime_ns))
		i = (i + 1) & (a->room - 1);
	return i;
}

static int grow(struct applied *a)
{
	struct applied more = { .room = a->room ? 2 * a->room : 64 };

	more.v = calloc(more.room, sizeof(*more.v));
	if (!more.v)
		return -1;
	for (size_t i = 0; i < a->room; i++)
		if (a->v[i].ino)
			more.v[place_of(&more, &a->v[i])] = a->v[i];
	free(a->v);
	a->v = more.v;
	a->room = more.room;
	return 0;
}

/* Return: whether it is a new one */
static bool put(struct applied *a, const struct applied_pair *p)
{
	size_t i;

	if (!p->ino || (2 * (a->count + 1) > a->room && grow(a) < 0))
		return false;
	i = place_of(a, p);
	if (a->v[i].ino)
		return false;
	a->v[i] = *p;
	a->count++;
	return true;
}

/* A last pair of which a kill left only a part goes */
static void read_all(struct applied *a)
{
	struct applied_pair p[CHUNK];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(a->file, p, sizeof(p), at)) >= (ssize_t)sizeof(*p)) {
		size_t whole = (size_t)n / sizeof(*p);

		for (size_t i = 0; i < whole; i++)
			put(a, &p[i]);
		at += (off_t)(whole * sizeof(*p));
	}
	if (at / (off_t)sizeof(*p) >= APPLIED_MOST)
		at = 0;
	if (ftruncate(a->file, at) < 0)
		close(fd_take(&a->file));
}

void applied_open(struct applied *a, int dir)
{
	struct stat st;

	*a = (struct applied){
		.file = openat(dir, APPLIED_FILE,
			       O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
				       O_NOCTTY | O_CLOEXEC,
			       0600),
	};
	if (a->file >= 0 && (fstat(a->file, &st) < 0 || !S_ISREG(st.st_mode)))
		close(fd_take(&a->file));
	if (a->file >= 0)
		read_all(a);
}

bool applied_has(const struct applied *a, const struct change_file *f)
{
	const struct applied_pair p = pair_of(f);

	return a->room && a->v[place_of(a, &p)].ino;
}

void applied_add(struct applied *a, const struct change_file *f)
{
	const struct applied_pair p = pair_of(f);

	if (!f->ctime.tv_nsec)
		return; /* of whole seconds: a later change may have the same */
	if (is_before(&a->last, &f->ctime))
		a->last = f->ctime;
	if (put(a, &p) && a->file >= 0 && fd_write_all(a->file, &p, sizeof(p)) < 0)
		close(fd_take(&a->file));
}

/* A tick is 10 ms at most. A clock that was set back is not waited for */
static void wait_tick(const struct timespec *last)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	struct timespec now;

	for (int i = 0; i < TICK_NAPS; i++) {
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		if (is_before(last, &now))
			return;
		nanosleep(&nap, NULL);
	}
}

void applied_release(struct applied *a)
{
	if (a->last.tv_sec)
		wait_tick(&a->last);
	free(a->v);
	if (a->file >= 0)
		close(a->file);
	*a = (struct applied){ .file = -1 };
}

void applied_copy(int from, int to)
{
	auto_fd in = openat(from, APPLIED_FILE,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_fd out =
		in < 0 ? -1
		       : openat(to, APPLIED_FILE,
				O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
				0600);

	if (out >= 0)
		(void)copy_bytes(in, out);
}
