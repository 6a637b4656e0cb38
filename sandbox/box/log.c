// SPDX-License-Identifier: GPL-3.0-or-later
/* log.c - writes what the command of a box in the background says, with a bound */
#include "box/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

#define LINES 16 /* that one writev(2) takes */

/* What lies there may be no file of ours: a fifo would wait for its reader */
static int open_file(int dir)
{
	const int how = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
			O_NOCTTY | O_CLOEXEC;
	auto_fd fd = openat(dir, LOG_NAME, how, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return fd_take(&fd);
	errno = EINVAL;
	return -1;
}

int log_open(struct log *l, int dir, uint64_t most, struct err *e)
{
	struct stat st;

	*l = (struct log){ .dir = dir, .fd = open_file(dir), .most = most };
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		return err_sys(e, "cannot write the log of the box");
	l->size = (uint64_t)st.st_size;
	return 0;
}

void log_close(struct log *l)
{
	if (l->fd >= 0)
		close(fd_take(&l->fd));
}

static void rotate(struct log *l)
{
	log_close(l);
	/* Else it is full, and no more is kept */
	if (renameat(l->dir, LOG_NAME, l->dir, LOG_OLD) == 0)
		l->fd = open_file(l->dir);
	l->size = 0;
}

static void make_head(char *buf, int stream)
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(buf, LOG_HEAD, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + 19, LOG_HEAD + 1 - 19, ".%06uZ std%s",
		 (unsigned int)ts.tv_nsec / 1000, stream == 2 ? "err" : "out");
}

static void write_lines(struct log *l, const struct iovec *v, int count)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += v[i].iov_len;
	if (l->size && l->size + len > l->most)
		rotate(l);
	if (l->fd >= 0 && writev(l->fd, v, count) > 0)
		l->size += len;
}

void log_write(struct log *l, int stream, const char *data, size_t len)
{
	static const char whole[] = " F ", part[] = " P ", end[] = "\n";
	char head[LOG_HEAD + 1];
	struct iovec v[4 * LINES];
	int n = 0;

	make_head(head, stream);
	while (len) {
		const char *newline = memchr(data, '\n', len);
		size_t text = newline ? (size_t)(newline - data) : len;

		v[n++] = (struct iovec){ head, LOG_HEAD - 3 };
		v[n++] = (struct iovec){ (char *)(newline ? whole : part), 3 };
		v[n++] = (struct iovec){ (char *)data, text };
		v[n++] = (struct iovec){ (char *)end, 1 };
		text += newline != NULL;
		data += text;
		len -= text;
		if (n == 4 * LINES || !len) {
			write_lines(l, v, n);
			n = 0;
		}
	}
}
