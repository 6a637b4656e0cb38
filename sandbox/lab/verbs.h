/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verbs.h - what the files of verbs (facts_*.c) share: tables, targets, paths, texts
 *
 * A verb finds its target, reads, compares, and says what it expected, what it found and
 * where. Everything here that returns 0 for "there is none" has said so in the fact by
 * then, and the verb returns 0 as well.
 */
#ifndef NOOK_LAB_VERBS_H
#define NOOK_LAB_VERBS_H

#include <stdint.h>

#include "base/err.h"
#include "lab/fact.h"

/* Tables of verbs, a row without a name ends each */
extern const struct fact_verb facts_ns[], facts_process[], facts_file[], facts_mount[],
	facts_cgroup[], facts_net[], facts_run[], facts_answer[];

/**
 * struct aim - A process that a fact is about
 * @pid:	Host's
 * @dir:	/proc/PID, O_PATH; all that is read below it is of this one process
 * @init:	Of the playground, 0 = there is none
 */
struct aim {
	pid_t pid;
	int dir;
	pid_t init;
};

#define auto_aim __attribute__((cleanup(aim_close))) struct aim

/** aim_close() - Let go of it; harmless where nothing is open (-1) */
void aim_close(struct aim *a);
/** aim_at() - Find a target and open it; what is open is the target still. Return: 1; 0 =
 * there is none; -1 and @e */
int aim_at(const struct lab_scene *s, const char *name, struct aim *a,
	   struct fact_found *out, struct err *e);
/** aim_read() - Read /proc/PID/FILE, which becomes the source. Return: 1; 0 = it cannot
 * be read; -1 and @e */
int aim_read(const struct aim *a, const char *file, struct text *text,
	     struct fact_found *out, struct err *e);

/** fact_nowhere() - There is nothing to look at: neither the fact nor its opposite holds.
 * Return: 0 always */
int fact_nowhere(struct fact_found *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * path_open() - Open the path of a fact, O_PATH | O_CLOEXEC besides @flags
 * @path:	"/..." of the machine, or "TARGET:/..." as the target sees it: links lead
 *		where they lead in there, and never out of its root. Below $LAB, which is
 *		the learner's, links that lead out of it lead nowhere
 *
 * The path is the source. Return: a descriptor; -2 = there is no target, or no such file,
 * which errno says (ESRCH = no target); -1 and @e
 */
int path_open(const struct lab_scene *s, const char *path, int flags,
	      struct fact_found *out, struct err *e);
/** path_missing() - Say why path_open() found nothing, by errno; for no reason other than
 * a missing target the fact does not hold. Return: 0 always */
int path_missing(struct fact_found *out);
/** path_reopen() - Open for reading what path_open() found. Return: descriptor, -1 and
 * errno */
int path_reopen(int fd);
/** path_read() - A plain file as text without the newlines at its end, at most 1 MiB.
 * Return: 1; 0 = it is not there or no such file, which is said; -1 and @e */
int path_read(const struct lab_scene *s, const char *path, struct text *text,
	      struct fact_found *out, struct err *e);
/** path_check() - Whether it is one */
int path_check(const char *path, struct err *e);

/** processes_each() - Call @each with every process that there is, until it returns true.
 * Return: 0, -1 and @e */
int processes_each(bool (*each)(pid_t pid, void *arg), void *arg, struct err *e);
/** process_is_in() - Whether a process is in the pid namespace of that inode, or in one
 * below it; false where the kernel does not tell */
bool process_is_in(pid_t pid, ino_t pid_ns);

/** enum unit - What numbers of a fact are, and how people write them */
enum unit {
	IN_NUMBERS, /* 20 */
	IN_BYTES,   /* 32M */
	IN_TIME,    /* 600ms, in ns */
	IN_CPUS,    /* 20% or 0.2, in thousandths */
};

/** struct bound - "<= 32M" of a fact; UINT64_MAX is `max`, no limit */
struct bound {
	char op[3]; /* = != < <= > >= */
	enum unit unit;
	uint64_t value;
};

/** bound_read() - Its two words. Return: 0, -1 and @e */
int bound_read(const char *op, const char *value, enum unit unit, struct bound *b,
	       struct err *e);
bool bound_holds(const struct bound *b, uint64_t value);
/** unit_text() - A number as people read it */
void unit_text(enum unit unit, uint64_t value, struct text *out);

/** group_value_check() - Whether the two words "TARGET|/CGROUP NAME" name a value of a
 * cgroup. Return: 0, -1 and @e */
int group_value_check(const char *const *words, struct err *e);
/** group_value_unit() - What the value of that name, which was checked, counts */
enum unit group_value_unit(const char *name);
/** group_value() - Read it, on v1 and v2; the file is the source. Return: 1; 0 = it
 * cannot be had, which is said; -1 and @e */
int group_value(const struct lab_scene *s, const char *const *words, uint64_t *value,
		struct fact_found *out, struct err *e);

/** match_check() - Whether @s is a POSIX extended regular expression (regex(7)) */
int match_check(const char *s, struct err *e);
/** match_text() - Whether it is found in @text; @s was checked. Return: 1, 0; -1 and @e
 * */
int match_text(const char *s, const char *text, struct err *e);
/** fact_trim() - Without the newlines at its end */
void fact_trim(struct text *text);
/** fact_say_text() - What was found where that is a text: its beginning, in quotes */
void fact_say_text(struct fact_found *out, const char *text);

/** struct ns_type - A kind of namespace: @file as /proc/PID/ns has it, @name as profiles
 * write it, @flag for setns(2) */
struct ns_type {
	const char *file, *name;
	int flag;
};

extern const struct ns_type ns_types[]; /* a row without a name ends it */

/** ns_type_find() - By either name. Return: NULL and @e, which has the nearest */
const struct ns_type *ns_type_find(const char *name, struct err *e);
/** ns_inode() - Which namespace a process is in; 0 = the kernel does not tell */
unsigned long long ns_inode(const struct aim *a, const struct ns_type *t);

#endif
