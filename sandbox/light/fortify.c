// SPDX-License-Identifier: GPL-3.0-or-later
/* fortify.c - two names that static archives built for glibc want from libc
 *
 * Debian builds libyaml.a and libseccomp.a with _FORTIFY_SOURCE; musl has no checked
 * variants. The check that they make is a bound that is known: it is kept.
 */
#include <stdarg.h>
#include <stdio.h>

int __sprintf_chk(char *s, int flag, size_t size, const char *fmt, ...);
int __fprintf_chk(FILE *f, int flag, const char *fmt, ...);

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
