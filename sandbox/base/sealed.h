/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sealed.h - bytes handed to another process that nobody can change any more
 * (memfd_create(2), F_ADD_SEALS) */
#ifndef NOOK_BASE_SEALED_H
#define NOOK_BASE_SEALED_H

#include <stddef.h>
#include <sys/uio.h>

/** sealed_make() - A sealed file of these bytes; not closed on exec. Return: descriptor,
 * -1 with errno */
int sealed_make(const char *name, const struct iovec *iov, int count);
/** sealed_map() - Its bytes: writable, and a copy of one's own as soon as they are.
 * Return: NULL where @fd is not such a file; else @size of them */
void *sealed_map(int fd, size_t *size);
/** sealed_add() - Seal a memfd that was made with MFD_ALLOW_SEALING. Return: 0, -1 */
int sealed_add(int fd);

#endif
