/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fortify.h - calls that fill memory, checked against the size that the compiler knows
 *
 * musl has no _FORTIFY_SOURCE. The build of the light program puts this file in front of
 * every source (-include), and the calls below then end the process with a trap where
 * they would write (or read) beyond an object whose size is known: at build time, or at
 * run time from the malloc() or the declaration that it came from
 * (__builtin_dynamic_object_size in GCC's manual, "Object Size Checking"). Where nothing
 * is known the size is SIZE_MAX and the check disappears; so it does where the compiler
 * can see that it holds. tests/lint/fortify.t proves that each of them traps.
 *
 * Contract: only functions whose extent follows from their arguments. A mode of 0 is the
 * rest of the whole object, 1 the rest of the member, which is right for text and for
 * buffers inside a struct.
 */
#ifndef NOOK_BASE_FORTIFY_H
#define NOOK_BASE_FORTIFY_H

#if !defined(__ASSEMBLER__) && defined(__OPTIMIZE__)

#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FORTIFY_INLINE \
	extern inline __attribute__((gnu_inline, always_inline, artificial))
#define FORTIFY_ROOM(p, mode) __builtin_dynamic_object_size(p, mode)
#define FORTIFY_CHECK(p, mode, n)                        \
	do {                                             \
		if ((size_t)(n) > FORTIFY_ROOM(p, mode)) \
			__builtin_trap();                \
	} while (0)
/* The function behind an inline one, under another name of the same symbol: a builtin
 * would lead back to the inline one */
#define FORTIFY_REAL(name) extern __typeof__(name) fortify_##name __asm__(#name)

FORTIFY_INLINE void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	FORTIFY_CHECK(to, 0, n);
	FORTIFY_CHECK(from, 0, n);
	return __builtin_memcpy(to, from, n);
}

FORTIFY_INLINE void *memmove(void *to, const void *from, size_t n)
{
	FORTIFY_CHECK(to, 0, n);
	FORTIFY_CHECK(from, 0, n);
	return __builtin_memmove(to, from, n);
}

FORTIFY_INLINE void *memset(void *to, int c, size_t n)
{
	FORTIFY_CHECK(to, 0, n);
	return __builtin_memset(to, c, n);
}

FORTIFY_INLINE char *strncpy(char *restrict to, const char *restrict from, size_t n)
{
	FORTIFY_CHECK(to, 1, n);
	return __builtin_strncpy(to, from, n);
}

FORTIFY_REAL(strlcpy);
FORTIFY_INLINE size_t strlcpy(char *to, const char *from, size_t n)
{
	FORTIFY_CHECK(to, 1, n);
	return fortify_strlcpy(to, from, n);
}

FORTIFY_INLINE char *stpcpy(char *restrict to, const char *restrict from)
{
	FORTIFY_CHECK(to, 1, __builtin_strlen(from) + 1);
	return __builtin_stpcpy(to, from);
}

/* Formats are checked where the callers write them: the declarations say how */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
FORTIFY_INLINE int vsnprintf(char *restrict to, size_t n, const char *restrict fmt,
			     va_list ap)
{
	FORTIFY_CHECK(to, 1, n);
	return __builtin_vsnprintf(to, n, fmt, ap);
}

FORTIFY_INLINE int snprintf(char *restrict to, size_t n, const char *restrict fmt, ...)
{
	FORTIFY_CHECK(to, 1, n);
	return __builtin_snprintf(to, n, fmt, __builtin_va_arg_pack());
}
#pragma GCC diagnostic pop

FORTIFY_REAL(read);
FORTIFY_INLINE ssize_t read(int fd, void *to, size_t n)
{
	FORTIFY_CHECK(to, 0, n);
	return fortify_read(fd, to, n);
}

FORTIFY_REAL(pread);
FORTIFY_INLINE ssize_t pread(int fd, void *to, size_t n, off_t at)
{
	FORTIFY_CHECK(to, 0, n);
	return fortify_pread(fd, to, n, at);
}

FORTIFY_REAL(write);
FORTIFY_INLINE ssize_t write(int fd, const void *from, size_t n)
{
	FORTIFY_CHECK(from, 0, n);
	return fortify_write(fd, from, n);
}

FORTIFY_REAL(pwrite);
FORTIFY_INLINE ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
	FORTIFY_CHECK(from, 0, n);
	return fortify_pwrite(fd, from, n, at);
}

FORTIFY_REAL(recv);
FORTIFY_INLINE ssize_t recv(int fd, void *to, size_t n, int flags)
{
	FORTIFY_CHECK(to, 0, n);
	return fortify_recv(fd, to, n, flags);
}

FORTIFY_REAL(send);
FORTIFY_INLINE ssize_t send(int fd, const void *from, size_t n, int flags)
{
	FORTIFY_CHECK(from, 0, n);
	return fortify_send(fd, from, n, flags);
}

FORTIFY_REAL(readlink);
FORTIFY_INLINE ssize_t readlink(const char *restrict path, char *restrict to, size_t n)
{
	FORTIFY_CHECK(to, 1, n);
	return fortify_readlink(path, to, n);
}

FORTIFY_REAL(readlinkat);
FORTIFY_INLINE ssize_t readlinkat(int dir, const char *restrict path, char *restrict to,
				  size_t n)
{
	FORTIFY_CHECK(to, 1, n);
	return fortify_readlinkat(dir, path, to, n);
}

FORTIFY_REAL(getcwd);
FORTIFY_INLINE char *getcwd(char *to, size_t n)
{
	FORTIFY_CHECK(to, 1, n);
	return fortify_getcwd(to, n);
}

FORTIFY_REAL(gethostname);
FORTIFY_INLINE int gethostname(char *to, size_t n)
{
	FORTIFY_CHECK(to, 1, n);
	return fortify_gethostname(to, n);
}

FORTIFY_REAL(getgroups);
FORTIFY_INLINE int getgroups(int count, gid_t *to)
{
	if (count > 0)
		FORTIFY_CHECK(to, 0, (size_t)count * sizeof(*to));
	return fortify_getgroups(count, to);
}

FORTIFY_REAL(poll);
FORTIFY_INLINE int poll(struct pollfd *fds, nfds_t count, int ms)
{
	if (count > FORTIFY_ROOM(fds, 0) / sizeof(*fds))
		__builtin_trap();
	return fortify_poll(fds, count, ms);
}

#endif
#endif
