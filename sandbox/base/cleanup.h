/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cleanup.h - the declaration shows who cleans up, X_take()
 * shows where ownership leaves */
#ifndef NOOK_BASE_CLEANUP_H
#define NOOK_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define auto_fd __attribute__((cleanup(cleanup_fd))) int
#define auto_free __attribute__((cleanup(cleanup_free)))
#define auto_dir __attribute__((cleanup(cleanup_dir))) DIR *

/* Never retried on EINTR: Linux has closed the descriptor by then (close(2)). */
static inline void cleanup_fd(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_dir(DIR **d)
{
	int saved = errno;

	if (*d)
		closedir(*d);
	errno = saved;
}

/** fd_take() - Hand a descriptor on; the auto_fd it came from closes nothing any more */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/** ptr_take() - Hand memory on; the auto_free variable it
 * came from frees nothing any more */
#define ptr_take(p)                              \
	__extension__({                          \
		__typeof__(p) *where_ = &(p);    \
		__typeof__(p) taken_ = *where_;  \
		*where_ = NULL;                  \
		taken_;                          \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
