// SPDX-License-Identifier: GPL-3.0-or-later
/* fdio.c - whole reads, whole writes, and files opened with care */
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "base/text.h"

int fd_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_read_all(int fd, struct text *t, size_t most)
{
	char buf[4096];
	ssize_t n;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (t->len + (size_t)n > most) {
			errno = EFBIG;
			return -1;
		}
		text_addn(t, buf, (size_t)n);
		if (t->failed) {
			errno = ENOMEM;
			return -1;
		}
	}
	return n < 0 ? -1 : 0;
}

int file_read(int dirfd, const char *path, struct text *t, size_t most)
{
	auto_fd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -1 : fd_read_all(fd, t, most);
}

ssize_t file_read_small(int dirfd, const char *path, char *buf, size_t size)
{
	auto_fd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -1;
	do {
		n = read(fd, buf, size - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

int file_put(int dirfd, const char *path, const char *s)
{
	auto_fd fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, s, strlen(s));
	if (n >= 0 && (size_t)n != strlen(s)) {
		errno = EIO;
		return -1;
	}
	return n < 0 ? -1 : fd_take(&fd);
}

int file_write(int dirfd, const char *path, const char *s)
{
	auto_fd fd = file_put(dirfd, path, s);

	return fd < 0 ? -1 : 0;
}

int fd_path(int dir, const char *name, char *out, size_t size)
{
	char link[32];
	ssize_t n;
	int more;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, out, size);
	if (n < 0)
		return -1;
	more = snprintf(out + n, size - (size_t)n, "/%s", name);
	if ((size_t)n < size && more > 0 && (size_t)more < size - (size_t)n)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

void fd_run_add(struct fd_run *r, int fd)
{
	if (r->count && fd != r->first + r->count)
		fd_run_close(r);
	if (!r->count)
		r->first = fd;
	r->count++;
}

/* A single one, and Linux before 5.9, by close() */
void fd_run_close(struct fd_run *r)
{
	unsigned int first = (unsigned int)r->first;
	unsigned int last = first + (unsigned int)r->count - 1;

	if (r->count < 2 || sys_close_range(first, last, 0) < 0)
		for (int i = 0; i < r->count; i++)
			close(r->first + i);
	r->count = 0;
}

void fd_close_all(const int *fds, size_t n)
{
	struct fd_run run = { 0 };

	for (size_t i = 0; i < n; i++)
		fd_run_add(&run, fds[i]);
	fd_run_close(&run);
}
