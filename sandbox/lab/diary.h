/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diary.h - what was done of the labs, as a text file; and the lab at hand
 *
 * Below nook's state directory is `lab`, closed to others, with two files:
 *
 *	progress	a line for each thing that was done, oldest first:
 *			"2026-11-22T01:30:05Z L05 start", or in the place of start reset,
 *			failed and solved (a check), hint, solution, skip, done,
 *			"answer NAME", or "skip placement" where a quiz has said so.
 *			Lines that begin with # are comments. What became of a lab
 *			follows from its lines
 *	current		the lab at hand: its id, its file, its token, then "box NAME" and
 *			"network NAME" of what is the lab's, and "begun" last, a line
 *			each. It is there before anything is made; without the last line
 *			the start goes on still, or nobody holds the lock and it was
 *			broken off
 *
 * Both are replaced by a rename or appended to by one write, and whoever writes holds a
 * lock on the directory.
 */
#ifndef NOOK_LAB_DIARY_H
#define NOOK_LAB_DIARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/lab.h"
#include "lab/play.h"

struct err;
struct text;

/** enum deed - What a line says; those from DEED_SKIP on can be taken back */
enum deed {
	DEED_START,
	DEED_RESET,
	DEED_FAILED,
	DEED_SOLVED,
	DEED_HINT,
	DEED_SOLUTION,
	DEED_SKIP,
	DEED_DONE,
	DEED_ANSWER,
	DEEDS
};

/** struct deed_line - One line; @what: the name of an answer, why it was
 * skipped, else "" */
struct deed_line {
	int64_t time; /* seconds since 1970, UTC */
	char id[LAB_ID_MOST + 1];
	enum deed deed;
	char what[65];
};

/** struct diary - All of them; @dir: the directory, -1 = there is none */
struct diary {
	int dir;
	struct deed_line *v;
	size_t count;
	struct text path; /* of the directory */
};

/** enum lab_state - What became of a lab; by the last start where it was tried again */
enum lab_state {
	LAB_NEW,
	LAB_TRIED,
	LAB_SOLVED,
	LAB_ASSISTED, /* solved behind its solution: to come back to */
	LAB_SKIPPED,
	LAB_DONE, /* says who did it; nothing was checked */
	LAB_STATES
};

/** struct lab_record - One lab's part of it; @seconds: from its start to its end, 0 =
 * none; @hints: shown since the start; @is_over: solved since the start or reset */
struct lab_record {
	enum lab_state state;
	unsigned int tries, hints;
	bool has_solution; /* was shown since the start */
	bool is_over;
	int64_t seconds;
};

/** diary_open() - Read it. @write: make the directory, and hold its lock. Return: 0,
 * diary_close(); -1 and @e, which names the line that is damaged */
int diary_open(struct diary *p, bool write, struct err *e);
/** diary_try_lock() - Hold the lock of one that was opened to be read. Return: false =
 * somebody has it */
bool diary_try_lock(const struct diary *p);
/** diary_unlock() - Let go of it before the end */
void diary_unlock(const struct diary *p);
void diary_close(struct diary *p);
/** diary_parse() - The @len bytes of a file into @p; @path for errors. Return: 0, -1
 * and @e */
int diary_parse(struct diary *p, const char *buf, size_t len, const char *path,
		struct err *e);
/** diary_add() - One more line, of now. Return: 0, -1 and @e */
int diary_add(struct diary *p, const char *id, enum deed deed, const char *what,
	      struct err *e);
/** diary_take_back() - Take the last line away that can be: of a skip, a done, an answer,
 * where no lab was solved since. What was shown stays shown. @out: that line. Return: 0,
 * -1 and @e */
int diary_take_back(struct diary *p, struct deed_line *out, struct err *e);
/** diary_of() - What became of one lab */
struct lab_record diary_of(const struct diary *p, const char *id);
/** diary_print() - The lines, as in the file */
void diary_print(const struct diary *p, struct text *out);
/** lab_state_name() - "new", "tried", "solved", "assisted", "skipped", "done" */
const char *lab_state_name(enum lab_state s);
/** deed_name() - "start", "failed", ... */
const char *deed_name(enum deed d);

/**
 * struct current - The lab at hand
 * @boxes, @networks: Names of what is the lab's, which its file may say no more
 * @has_begun:	It has a playground; else only a part of one, and nothing by those names
 * @text:	What they point into
 */
struct current {
	char id[LAB_ID_MOST + 1];
	char path[4096];
	char token[TOKEN_SIZE];
	struct lab_words boxes, networks;
	bool has_begun;
	char *text;
};

/** current_read() - Return: 1; 0 = there is none; -1 and @e. current_release() it */
int current_read(const struct diary *p, struct current *c, struct err *e);
void current_release(struct current *c);
/** current_write() - A lab that is about to begin. Return: 0, -1 and @e */
int current_write(const struct diary *p, const struct lab *l, const char *token,
		  struct err *e);
/** current_begun() - It has begun. Return: 0, -1 and @e */
int current_begun(const struct diary *p, struct err *e);
/** current_end() - There is none any more. Return: 0, -1 and @e */
int current_end(const struct diary *p, struct err *e);

#endif
