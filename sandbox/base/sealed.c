// SPDX-License-Identifier: GPL-3.0-or-later
/* sealed.c - bytes handed to another process that nobody can change any more */
#include "base/sealed.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#ifndef F_ADD_SEALS
#define F_ADD_SEALS   1033
#define F_GET_SEALS   1034
#define F_SEAL_SEAL   0x0001
#define F_SEAL_SHRINK 0x0002
#define F_SEAL_GROW   0x0004
#define F_SEAL_WRITE  0x0008
#endif
#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

#define ALLOW_SEALING 2u /* MFD_ALLOW_SEALING */

int sealed_add(int fd)
{
	return fcntl(fd, F_ADD_SEALS, ALL_SEALS);
}

int sealed_make(const char *name, const struct iovec *iov, int count)
{
	auto_fd fd = (int)syscall(SYS_memfd_create, name, ALLOW_SEALING);
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += iov[i].iov_len;
	if (fd < 0 || writev(fd, iov, count) != (ssize_t)size || sealed_add(fd) < 0)
		return -1;
	return fd_take(&fd);
}

void *sealed_map(int fd, size_t *size)
{
	struct stat st;
	void *p;

	if (fcntl(fd, F_GET_SEALS) != ALL_SEALS || fstat(fd, &st) < 0 ||
	    st.st_size <= 0 || st.st_size > INT32_MAX)
		return NULL;
	*size = (size_t)st.st_size;
	p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}
