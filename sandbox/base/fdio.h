/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fdio.h - whole reads, whole writes, and files opened with care */
#ifndef NOOK_BASE_FDIO_H
#define NOOK_BASE_FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct text;
struct err;

/** fd_write_all() - Write every byte; EINTR is retried. Return: 0, or -1 with errno */
int fd_write_all(int fd, const void *buf, size_t len);
/** fd_read_all() - Read to end of file into @t, at most @most bytes (more: EFBIG).
 * Return: 0, or -1 with errno */
int fd_read_all(int fd, struct text *t, size_t most);
/** file_read() - Read a whole file below @dirfd (AT_FDCWD too), at most @most bytes.
 * Return: 0, or -1 with errno */
int file_read(int dirfd, const char *path, struct text *t, size_t most);
/** file_read_small() - Read a small file (a /proc value) into @buf with its last newline
 * cut. Return: bytes, or -1 with errno */
ssize_t file_read_small(int dirfd, const char *path, char *buf, size_t size);
/** file_write() - One open(O_WRONLY|O_CLOEXEC) and one write of @s, for /proc and cgroup
 * files, which take a value in one write. Return: 0, or -1 with errno */
int file_write(int dirfd, const char *path, const char *s);
/** file_put() - The same, but the file stays open, for who closes many at once (struct
 * fd_run). Return: its descriptor, or -1 with errno */
int file_put(int dirfd, const char *path, const char *s);

/** fd_path() - The path by which a directory is known now, and @name below it. Return: 0,
 * or -1 with errno, ENAMETOOLONG where @out has no room */
int fd_path(int dir, const char *name, char *out, size_t size);

/**
 * struct fd_run - Descriptors whose numbers follow one another, as those of files that
 * are opened in a row do: one close_range() closes them. All zero = none
 */
struct fd_run {
	int first, count;
};

/** fd_run_add() - One more; where it does not follow the others these are closed first */
void fd_run_add(struct fd_run *r, int fd);
void fd_run_close(struct fd_run *r);
/** fd_close_all() - Close @n descriptors by as few calls as their numbers allow */
void fd_close_all(const int *fds, size_t n);

#endif
