// SPDX-License-Identifier: GPL-3.0-or-later
/* asan.c - what AddressSanitizer is told where no ASAN_OPTIONS reach it: in a box */

/* A file of its own without the sanitizer holds nothing, which ISO C does not allow */
extern const char *__asan_default_options(void);

#ifdef __SANITIZE_ADDRESS__
/**
 * __asan_default_options() - Called by the runtime before main()
 *
 * LeakSanitizer traces the process it looks at, and nook makes itself untraceable. Leaks
 * are looked for in the unit tests, under valgrind. What is undefined traps (Makefile).
 */
const char *__asan_default_options(void)
{
	return "detect_leaks=0:abort_on_error=1:handle_sigill=1";
}
#endif
