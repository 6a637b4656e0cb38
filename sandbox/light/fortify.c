// SPDX-License-Identifier: GPL-3.0-or-later
/* fortify.c - names that static archives built for glibc want from libc
 *
 * Debian builds libyaml.a, libseccomp.a and libnl's with _FORTIFY_SOURCE; musl has no
 * checked variants. The check that they make is a bound that is known: it is kept.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int __sprintf_chk(char *s, int flag, size_t size, const char *fmt, ...);
int __snprintf_chk(char *s, size_t n, int flag, size_t size, const char *fmt, ...);
int __asprintf_chk(char **s, int flag, const char *fmt, ...);
int __vasprintf_chk(char **s, int flag, const char *fmt, va_list ap);
int __fprintf_chk(FILE *f, int flag, const char *fmt, ...);
int __vfprintf_chk(FILE *f, int flag, const char *fmt, va_list ap);
void *__memcpy_chk(void *to, const void *from, size_t n, size_t size);

int __sprintf_chk(char *s, int flag, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, fmt);
	n = vsnprintf(s, size, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= size)
		__builtin_trap();
	return n;
}

int __snprintf_chk(char *s, size_t n, int flag, size_t size, const char *fmt, ...)
{
	va_list ap;
	int r;

	(void)flag;
	if (n > size)
		__builtin_trap();
	va_start(ap, fmt);
	r = vsnprintf(s, n, fmt, ap);
	va_end(ap);
	return r;
}

int __vasprintf_chk(char **s, int flag, const char *fmt, va_list ap)
{
	(void)flag;
	return vasprintf(s, fmt, ap);
}

int __asprintf_chk(char **s, int flag, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, fmt);
	n = vasprintf(s, fmt, ap);
	va_end(ap);
	return n;
}

int __vfprintf_chk(FILE *f, int flag, const char *fmt, va_list ap)
{
	(void)flag;
	return vfprintf(f, fmt, ap);
}

void *__memcpy_chk(void *to, const void *from, size_t n, size_t size)
{
	if (n > size)
		__builtin_trap();
	return memcpy(to, from, n);
}

int __fprintf_chk(FILE *f, int flag, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, fmt);
	n = vfprintf(f, fmt, ap);
	va_end(ap);
	return n;
}
