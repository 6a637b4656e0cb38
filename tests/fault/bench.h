/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench.h - where the fault tests run: directories, what may be left, what was said */
#ifndef NOOK_TESTS_BENCH_H
#define NOOK_TESTS_BENCH_H

#include <stdbool.h>

#include "fault/trace.h"

#define MOST_WORDS 24
#define MARKER	   "t/marker"

struct run_case;

/**
 * struct bench - What is the same for all runs of one test
 * @nook, @walls: programs: the one under test, and its payload (walls.c)
 * @kernel:	what uname(2) is to say, or NULL
 * @top:	a directory of its own, with t (bound writable), work, home, run
 * @var:	/var/lib, locked while root's state directory is one of this test's own
 * @hosts:	the host's namespaces, as walls.c wants them; @source: the checkout
 * @who:	r(oot), u(ser), s(ubids)
 * @mark:	the marker of a run that was left alone, @ref what it did
 * @mounts:	the host's mountinfo before
 * @every:	each how manieth place; @each: of a call not only first and last
 * @bad, @runs, @missed: complaints, runs, and those that came to no harm
 */
struct bench {
	const char *nook, *walls, *kernel;
	char top[64], hosts[512], source[4096], who;
	const struct run_case *c;
	char *argv[MOST_WORDS];
	char *mark;
	char *mounts;
	int var;
	struct trace ref;
	int every, bad, runs, missed;
	bool each;
};

/** bench_start() - Programs, directories and environment; @every by default.
 * @walls has room for 512 bytes. Return: false, with a failed line of TAP */
bool bench_start(struct bench *b, const char *own_path, char *walls, int every);
void bench_tear_down(struct bench *b);
/** bench_warm_up() - Run it once: what the first run makes for all is there then */
void bench_warm_up(struct bench *b);
/** bench_path() - A name below @b->top; four of them stay valid */
const char *bench_path(const struct bench *b, const char *name);
/** bench_read() - A whole file (heap), NULL without one */
char *bench_read(const char *path);
/** bench_complain() - Count a failure; the first few are shown */
void bench_complain(struct bench *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** bench_check_left() - The next command must clear away whatever a run left: records,
 * upper directories, mounts, files */
void bench_check_left(struct bench *b, const char *when);
/** bench_difference() - Show the first line in which two markers differ */
void bench_difference(struct bench *b, const char *want, const char *got);
/** bench_has_reason() - Whether nook said why: "nook: WHAT: WHY" */
bool bench_has_reason(const struct trace *t);
/** bench_trace() - A run of b->argv with nothing set yet */
struct trace bench_trace(const struct bench *b);

#endif
