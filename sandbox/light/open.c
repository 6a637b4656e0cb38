// SPDX-License-Identifier: GPL-3.0-or-later
/* open.c - the light program's open(): one system call
 *
 * musl's open() repeats O_CLOEXEC by fcntl(2), for kernels before Linux 2.6.23; nook
 * needs 6.1 (docs/speed.md counts what a run calls). Here the kernel's word is enough.
 * musl's own callers of open(), opendir(3) for one, get this one too.
 *
 * The full program, all variants with sanitizers and a light one on glibc keep the C
 * library's own.
 */
#include <fcntl.h>

#ifndef __GLIBC__

#include <stdarg.h>

/* openat() asks once in musl too, and takes a mode where there is none to take */
int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) {
		va_list ap;

		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return openat(AT_FDCWD, path, flags, mode);
}

#endif
