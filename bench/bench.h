/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench.h - what the files of the bench share: rows, bars, and how a program is started
 *
 * Theory of operation. A *row* is one command. All rows of one user are run in turn, A B
 * C A B C, so that whatever else the machine does falls on all of them alike; a row's
 * time is the wall time from posix_spawn(3) to waitid(2), and what is reported is its
 * median and its 95th percentile. Only ratios between rows of one run are judged
 * (*bars*): absolute times belong to a machine and an hour. A row that fails once is not
 * reported as fast: it is taken out with its message, and bars that need it are not
 * judged.
 */
#ifndef NOOK_BENCH_H
#define NOOK_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARGS_MOST    64
#define ROWS_MOST    24
#define SPACE_SIZE   4096
#define MESSAGE_SIZE 200

/**
 * struct row - One command that is measured
 * @name:	For the table, `--rows` and JSON
 * @what:	What it is, for people
 * @command:	Its words, separated by blanks. "@D" is the bench directory, "@U" the uid,
 *		"@N" the number of the run (for names that must differ)
 */
struct row {
	const char *name;
	const char *what;
	const char *command;
};

/** struct bar - A ratio that must not be exceeded: median of @row over median of @base */
struct bar {
	const char *row;
	const char *base;
	double most;
};

/**
 * struct times - What came out for one row; plain data in memory that the measuring child
 * of each user shares with the driver
 */
struct times {
	bool found;
	bool failed;
	bool wanted;
	char message[MESSAGE_SIZE];
	double median, p95, least; /* seconds */
};

/**
 * struct bench - What the command line asked for
 * @dir:	Directory with nook, floor, profiles and bundles that every user can read
 * @only:	Names of rows, separated by commas or blanks; NULL = all
 */
struct bench {
	const char *dir;
	const char *only;
	int runs;
	bool json;
	bool fifo;
};

/** rows() - The table of rows, NULL name at the end */
const struct row *rows(void);
/** living_row() - The box that the row of its name goes into; it runs all the time */
const struct row *living_row(void);
/** bars() - The table of bars, NULL row at the end */
const struct bar *bars(void);
/** costs() - The table of differences: milliseconds that @row may take more than @base */
const struct bar *costs(void);
/** row_argv() - Split a row into words and fill in what @ stands for. @words and @space
 * receive the result */
void row_argv(const struct bench *b, const struct row *r, int n, char *words[ARGS_MOST],
	      char space[SPACE_SIZE]);
/** row_is_found() - Whether the row's program is there */
bool row_is_found(const struct bench *b, const struct row *r);

/** bundle_make() - Write DIR/bundle-UID: config.json and a skeleton of the same layers,
 * for the runtimes that take one. Return: 0, or -1 with errno */
int bundle_make(const char *dir, uid_t uid);

/** user_become() - Drop to @uid for good, groups included. Return: 0, or -1 with errno */
int user_become(uid_t uid);
/** program_start() - posix_spawn() with stdin and stdout on /dev/null and stderr on
 * @errfd
 * (-1: /dev/null too). Return: pid, or -1 with errno */
pid_t program_start(char *const argv[], int errfd);
/** program_wait() - Return: exit status, or 128 + signal */
int program_wait(pid_t pid);

/**
 * struct memory - What one running box keeps in memory
 * @keeper:	VmHWM of nook less its file-backed pages, KiB
 * @init:	private pages of init by smaps_rollup, KiB
 */
struct memory {
	long keeper;
	long init;
};

/** memory_measure() - Start a box that sleeps as @uid, look, end it. Needs root to see
 * init. Return: 0, or -1 and a reason in @why */
int memory_measure(const struct bench *b, uid_t uid, struct memory *m,
		   char why[MESSAGE_SIZE]);
/** calls_count() - System calls of one run of a row, all processes, by strace(1).
 * Return: count, or -1 (no strace, or the run failed) */
long calls_count(const struct bench *b, const char *row, uid_t uid);

#endif
