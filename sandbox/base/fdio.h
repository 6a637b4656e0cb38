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

#endif
