/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tap.h - tests in the Test Anything Protocol (testanything.org), for one C file each
 *
 *	int main(void) { plan(2); ok(1 + 1 == 2, "sums"); is("a", "a", "texts"); return
 *	done(); }
 *
 * A forked child that falls through to done() says nothing and fails loudly instead: only
 * the process that called plan() reports. NOOK_MUST_WORK=1 turns every skip into a
 * failure.
 */
#ifndef NOOK_TAP_H
#define NOOK_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int tap_planned, tap_run, tap_failed;
static pid_t tap_owner;

static inline void plan(int tests)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	tap_owner = getpid();
	tap_planned = tests;
	if (tests > 0)
		printf("1..%d\n", tests);
}

__attribute__((format(printf, 1, 2))) static inline void diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

__attribute__((format(printf, 2, 3))) static inline bool ok(bool good, const char *fmt,
							    ...)
{
	va_list ap;

	if (getpid() != tap_owner) {
		fprintf(stderr, "tap: a forked child called ok()\n");
		_exit(99);
	}
	tap_run++;
	tap_failed += !good;
	printf("%sok %d - ", good ? "" : "not ", tap_run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return good;
}

static inline bool is(const char *got, const char *want, const char *what)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	ok(same, "%s", what);
	if (!same) {
		diag("got:    %s", got ? got : "(null)");
		diag("wanted: %s", want ? want : "(null)");
	}
	return same;
}

static inline bool is_num(long long got, long long want, const char *what)
{
	bool same = got == want;

	ok(same, "%s", what);
	if (!same)
		diag("got %lld, wanted %lld", got, want);
	return same;
}

/* Say @count tests could not run here; a failure where NOOK_MUST_WORK=1 */
static inline void skip(int count, const char *why)
{
	const char *must = getenv("NOOK_MUST_WORK");

	for (int i = 0; i < count; i++) {
		if (must && *must == '1')
			ok(false, "skipped: %s", why);
		else
			printf("ok %d # SKIP %s\n", ++tap_run, why);
	}
}

static inline int done(void)
{
	if (getpid() != tap_owner) {
		fprintf(stderr, "tap: a forked child reached done()\n");
		_exit(99);
	}
	if (!tap_planned)
		printf("1..%d\n", tap_run);
	else if (tap_run != tap_planned)
		diag("planned %d tests, ran %d", tap_planned, tap_run);
	return tap_failed || (tap_planned && tap_run != tap_planned);
}

#endif
