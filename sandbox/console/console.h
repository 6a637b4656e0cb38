/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.h - the console: what its words work on */
#ifndef NOOK_CONSOLE_CONSOLE_H
#define NOOK_CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "cmd/cmd.h"
#include "console/draft.h"

struct err;
struct text;

/**
 * struct job - Something that was started
 * @pid:	Also its process group, where a person sits at the console
 * @number:	As long as it is there
 * @words:	What it is
 * @draft:	Whose files it has, or NULL
 * @stopped:	By ^Z; else it runs
 * @mode:	The terminal as it left it, where @has_mode
 */
struct job {
	pid_t pid;
	int number;
	char *words;
	const struct draft *draft;
	bool stopped, has_mode;
	struct termios mode;
	struct job *next;
};

/**
 * struct console - One session
 * @drafts:	All of them, newest first; @draft: the one at hand, or NULL
 * @jobs:	Stopped ones and those in the background, newest first
 * @is_interactive: A person sits at it: errors do not end it, jobs have the terminal
 * @colours:	The screen shows them, and nobody said NO_COLOR
 * @background:	A `&` was behind the command at hand
 * @status:	Exit code of the last command
 * @typed:	What stands in the next line to begin with, on the heap, or NULL
 * @area:	The program's own words and environment, for init to scrub
 */
struct console {
	struct draft *drafts, *draft;
	struct job *jobs;
	bool is_interactive, colours, quit, background;
	int status;
	char *typed;
	struct termios mode;
	char *area;
	size_t area_size;
};

/**
 * struct word - One word of the console; a row without a name ends the table
 * @name:	As it is typed
 * @usage:	What follows, "" = nothing
 * @summary:	One line for lists, lower case, no full stop
 * @help:	Paragraphs, as in struct cmd
 * @example:	Lines as they would be typed
 * @complete:	What its words complete to; @words as in struct cmd
 * @only_draft:	Without a draft the command of that name is meant, where there is one
 * @is_job:	It may be left in the background
 * @run:	Return: exit code; -1, or -2 for wrong usage, and @e
 */
struct word {
	const char *name;
	const char *usage;
	const char *summary;
	const char *help;
	const char *example;
	int complete; /* enum complete, or enum word_complete */
	const char *words;
	bool only_draft, is_job;
	int (*run)(struct console *c, char **argv, struct err *e);
};

/** enum word_complete - What only words of the console complete to */
enum word_complete {
	COMPLETE_LAYER = 100, /* of a draft */
	COMPLETE_DRAFT,
	COMPLETE_LIMIT_NAME,
	COMPLETE_JOB, /* %1 */
	COMPLETE_WORD, /* of the console, or a command */
};

/** word_at() - The @i-th word, NULL behind the last */
const struct word *word_at(size_t i);
/** word_find() - By name, NULL = none */
const struct word *word_find(const char *name);
/** word_help() - The text of `help WORD` */
void word_help(const struct word *w, struct text *out);

/** console_run() - Do one command. Return: its exit code; -1, or -2 for wrong usage, and
 * @e */
int console_run(struct console *c, char **argv, struct err *e);
/** console_text() - Do all commands of a text; ends at the first that fails where nobody
 * sits at it. @name: for messages, "FILE" or NULL. Return: exit code of the last */
int console_text(struct console *c, const char *text, const char *name);
/** console_complain() - Print why: "nook: ", or "FILE:LINE: " where @name is not NULL */
void console_complain(const struct err *e, const char *name, int line);
/** console_draft() - A draft by name; NULL = none */
struct draft *console_draft(const struct console *c, const char *name);

/* --- job.c: other processes, and who has the terminal ------------------------------- */

/** struct task - What a child of the console does. It ends with what @run returns;
 * @draft: whose files it has, or NULL */
struct task {
	int (*run)(void *arg);
	void *arg;
	const struct draft *draft;
};

/** job_run() - Do it in a child that has the terminal, and wait until it ends or stops;
 * with console.background it is left alone, with nothing to read. Return: its exit code,
 * 128+n where signal n ended it; -1 and @e */
int job_run(struct console *c, char *const *words, const struct task *t, struct err *e);
/** job_exec() - The same for a command of the table, as from a shell */
int job_exec(struct console *c, char **argv, struct err *e);
/** job_find() - By "2" or "%2"; the newest for NULL, "%%" and "%+". Return: 0; -1, or -2
 * where that is no number, and @e */
int job_find(const struct console *c, const char *word, struct job **out, struct err *e);
/** job_continue() - Let one go on that has the terminal again. Return: as job_run() */
int job_continue(struct console *c, struct job *j);
/** job_leave() - Let one go on in the background */
void job_leave(struct job *j);
/** job_end() - Ask one to end, by SIGTERM */
void job_end(const struct job *j);
/** job_look() - Tell of those that ended or stopped in the background meanwhile */
void job_look(struct console *c);
/** job_has_files() - Whether one that has not ended has the files of this draft */
bool job_has_files(struct console *c, const struct draft *d);
void job_list(const struct console *c, struct text *out);
/** job_end_all() - Ask those that are there to end, and wait for it */
void job_end_all(struct console *c);

/* --- sketch.c: boxes from drafts
 * -------------------------------------------------------- */

/** sketch_look() - Make a box from the profile, look at it, let it end. Return: 0, -1,
 * @e */
int sketch_look(struct console *c, const struct profile *pf, struct facts *out,
		struct err *e);
/** sketch_run() - Run the profile's command in a box with the files of the draft at hand.
 * Return: its exit code; -1 and @e */
int sketch_run(struct console *c, char *const *words, struct profile *pf, struct err *e);
/** sketch_plan() - The plan of a profile on this machine. Return: NULL and @e; else
 * plan_free() it */
struct plan *sketch_plan(const struct profile *pf, struct err *e);

/* --- line.c: a person at a terminal; the only user of readline -----------------------
 * */

/** line_loop() - Read lines and do them until the end. Return: exit code of the last */
int line_loop(struct console *c);

#endif
