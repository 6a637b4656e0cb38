// SPDX-License-Identifier: GPL-3.0-or-later
/* relay.c - copies bytes between the caller's descriptors and the box's,
 * never blocking */
#include "box/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"

int relay_dup(int fd, int flags)
{
	struct stat st;
	char path[32];
	int own;

	/* A file opened anew begins at its start and would write over what is there; and
	 * a file never blocks */
	if (fstat(fd, &st) < 0 || (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode)))
		return fcntl(fd, F_DUPFD_CLOEXEC, 3);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

bool relay_is_one_terminal(int a, int b)
{
	struct stat x, y;

	/* Numbers of pseudo-terminals are those of a mount of devpts */
	return isatty(a) && !fstat(a, &x) && !fstat(b, &y) && S_ISCHR(y.st_mode) &&
	       x.st_dev == y.st_dev && x.st_rdev == y.st_rdev;
}

int relay_add(struct relay *r, int from, int to, bool counted)
{
	for (int i = 0; i < RELAY_STREAMS; i++) {
		struct stream *s = &r->s[i];

		if (s->room)
			continue;
		*s = (struct stream){ .from = from, .to = to, .counted = counted };
		s->digest = HASH_START;
		s->blocks = !(fcntl(to, F_GETFL) & O_NONBLOCK) && isatty(to);
		s->room = malloc(RELAY_ROOM);
		return s->room ? 0 : -1;
	}
	return -1;
}

int relay_drain(struct relay *r, int from, relay_sink *sink, void *arg, int which)
{
	for (int i = 0; i < RELAY_STREAMS; i++) {
		struct stream *s = &r->s[i];

		if (s->room)
			continue;
		*s = (struct stream){ .from = from, .to = -1, .counted = true };
		s->digest = HASH_START;
		s->sink = sink;
		s->arg = arg;
		s->which = which;
		s->room = malloc(RELAY_ROOM);
		return s->room ? 0 : -1;
	}
	return -1;
}

static bool wants_read(const struct stream *s)
{
	return s->room && !s->eof && !s->len;
}

static bool wants_write(const struct stream *s)
{
	return s->room && !s->hangup && s->len;
}

int relay_poll(const struct relay *r, struct pollfd *p)
{
	int n = 0;

	for (int i = 0; i < RELAY_STREAMS; i++) {
		if (wants_read(&r->s[i]))
			p[n++] = (struct pollfd){ .fd = r->s[i].from, .events = POLLIN };
		else if (wants_write(&r->s[i]))
			p[n++] = (struct pollfd){ .fd = r->s[i].to, .events = POLLOUT };
	}
	return n;
}

static bool is_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) > 0;
}

/* A pty's master says EIO when the last slave is closed: that is its end of file */
static void step_read(struct relay *r, struct stream *s)
{
	ssize_t n = read(s->from, s->room, RELAY_ROOM);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		s->eof = true;
		if (s->eof_byte && !s->hangup) {
			s->room[0] = s->eof_byte;
			s->start = 0;
			s->len = 1;
		}
		return;
	}
	s->start = 0;
	s->len = (size_t)n;
	for (unsigned int i = 0; s->watch && s->watch[i]; i++)
		if (memchr(s->room, s->watch[i], s->len))
			s->seen |= 1u << i;
	if (s->counted) {
		uint64_t left = r->most > r->counted ? r->most - r->counted : 0;

		r->counted += (uint64_t)n;
		if (r->most && (uint64_t)n > left)
			s->len = (size_t)left;
	}
	if (r->digests)
		s->digest = hash_bytes(s->digest, s->room, s->len);
	if (s->sink)
		s->sink(s->arg, s->which, s->room, s->len);
	if (s->hangup || s->sink)
		/* nobody reads it any more; the payload must not block on it */
		s->len = 0;
}

static void wake_up(int sig)
{
	(void)sig;
}

/*
 * A terminal that belongs to somebody else (su) cannot be opened anew, so a write that it
 * has no room for blocks, and POLLOUT only says that it has some. An alarm that comes
 * again and again ends such a write with what it has written. Between two it is off, and
 * the signal blocked as the keeper has it.
 */
static ssize_t write_impatiently(int fd, const char *data, size_t len)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	const struct itimerval never = { 0 };
	struct sigaction sa = { .sa_handler = wake_up }; /* no SA_RESTART */
	sigset_t alarm, before;
	ssize_t n;
	int code;

	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, &before);
	setitimer(ITIMER_REAL, &often, NULL);
	n = write(fd, data, len);
	code = errno;
	setitimer(ITIMER_REAL, &never, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = code;
	return n;
}

static void step_write(struct relay *r, struct stream *s)
{
	/* At most PIPE_BUF: a blocking pipe that says POLLOUT takes that much at once */
	size_t most = s->len < 4096 ? s->len : 4096;
	ssize_t n = s->blocks ? write_impatiently(s->to, s->room + s->start, most)
			      : write(s->to, s->room + s->start, most);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		if (!r->error && errno != EPIPE)
			r->error = errno;
		s->hangup = true;
		s->len = 0;
		return;
	}
	s->start += (size_t)n;
	s->len -= (size_t)n;
}

bool relay_step(struct relay *r)
{
	for (int i = 0; i < RELAY_STREAMS; i++) {
		struct stream *s = &r->s[i];

		if (wants_read(s) && is_ready(s->from, POLLIN))
			step_read(r, s);
		if (wants_write(s) && is_ready(s->to, POLLOUT))
			step_write(r, s);
	}
	return !r->most || r->counted <= r->most;
}

bool relay_is_done(const struct relay *r)
{
	for (int i = 0; i < RELAY_STREAMS; i++) {
		const struct stream *s = &r->s[i];

		if (s->room && s->counted && (!s->eof || (s->len && !s->hangup)))
			return false;
	}
	return true;
}

void relay_end_input(struct relay *r)
{
	for (int i = 0; i < RELAY_STREAMS; i++)
		if (!r->s[i].counted)
			r->s[i].eof = r->s[i].hangup = true;
}

uint64_t relay_out(const struct relay *r)
{
	uint64_t out = r->counted;

	for (int i = 0; i < RELAY_STREAMS; i++)
		if (r->s[i].counted)
			out -= r->s[i].len;
	return out;
}

uint64_t relay_left(const struct relay *r)
{
	uint64_t left = 0;

	for (int i = 0; i < RELAY_STREAMS; i++) {
		const struct stream *s = &r->s[i];
		int behind = 0;

		if (!s->room || !s->counted || s->hangup)
			continue;
		if (!s->eof)
			ioctl(s->from, FIONREAD, &behind);
		left += s->len + (uint64_t)behind;
	}
	return left;
}

void relay_release(struct relay *r)
{
	for (int i = 0; i < RELAY_STREAMS; i++) {
		struct stream *s = &r->s[i];

		if (!s->room)
			continue;
		if (s->from > 2)
			close(s->from);
		/* a terminal is the end of one stream and the start of the next */
		if (s->to > 2 && (i + 1 == RELAY_STREAMS || s->to != s[1].from))
			close(s->to);
		free(s->room);
		*s = (struct stream){ .from = -1, .to = -1 };
	}
}
