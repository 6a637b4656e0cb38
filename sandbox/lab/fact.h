/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fact.h - what a lab asks of the kernel: one line, a verb and its words
 *
 * Theory of operation. A fact is looked at from outside of the box: through the files of
 * /proc/PID of the target's processes, through the files of its cgroups, and where only
 * a process in there can see it (links, routes, what a command prints) by a child of ours
 * that goes in. Nothing that the learner typed is looked at, and no file that he wrote,
 * but where the fact names one: so every way to the goal counts.
 *
 * A line is words parted by blanks, quoted as for sh(1). Outside of single quotes these
 * stand for what the scene says:
 *
 *	$LAB	the lab's directory, the same inside and outside
 *	$R	$LAB/R, the small root
 *	$TOKEN	the lab's random text
 *	$UID	the uid, and $GID the gid, of who runs nook
 *
 * `not` in front turns a fact round. What could not be looked at, because its target is
 * not there yet, does not hold either way: nobody has solved a lab by not starting it.
 *
 * A path begins with `/`, and is one of the machine, or with the name of a target and a
 * colon: `a:/etc/hostname` is what the target sees there, links followed as in there.
 */
#ifndef NOOK_LAB_FACT_H
#define NOOK_LAB_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

struct err;

#define FACT_RUN_MS 700 /* a check is to answer in a second */

/**
 * struct lab_scene - What facts are asked about
 * @id:		"L05"
 * @dir:	$LAB, absolute, no slash at the end
 * @token:	$TOKEN, "" where the lab has none
 * @init:	Host's pid of a process that lives as long as the playground and is in it,
 *		such as the command of its box, 0 = there is no playground. Its files in
 *		/proc must be open to the caller: nook's own init is not dumpable
 * @targets:	Names of the lab's targets; @target_count of them. With one of them alone
 *		$LAB/pid is enough for its name
 * @run_ms:	So long a command of a fact may run, 0 = FACT_RUN_MS
 * @answer:	What the learner answered to the question of that name, NULL = nothing
 *		yet; NULL where there are no answers at all
 * @arg:	For @answer
 */
struct lab_scene {
	const char *id, *dir, *token;
	pid_t init;
	const char *const *targets;
	size_t target_count;
	int run_ms;
	const char *(*answer)(void *arg, const char *name);
	void *arg;
};

/**
 * struct fact_found - What a look at a fact found
 * @holds:	The fact is true, with its `not`
 * @is_unknown:	Nothing to look at yet: neither it nor its opposite holds
 * @expected:	In words: "another uts namespace than the playground's"
 * @found:	In words: "uts:[4026531838], the playground's"
 * @source:	The file of the kernel that was read: "/proc/4711/ns/uts", or what else
 *		was asked
 *
 * All zero is empty. Texts may hold any bytes: show them by text_safe().
 */
struct fact_found {
	bool holds;
	bool is_unknown;
	struct text expected, found, source;
};

/** fact_release() - Free the texts; it is empty again */
void fact_release(struct fact_found *f);

/**
 * struct fact_verb - One verb
 * @usage:	Its words: "TARGET TYPE [OTHER]"
 * @help:	One line: what is true when it holds; lower case, no full stop
 * @min, @max:	How many words it takes
 * @check:	Whether the words can be understood; looks at nothing. NULL = any can.
 *		Return: 0, -1 and @e
 * @look:	Look, after @check; @words end with NULL, @out is empty. Return: 0, -1
 *		and @e
 */
struct fact_verb {
	const char *name, *usage, *help;
	size_t min, max;
	int (*check)(const char *const *words, size_t n, struct err *e);
	int (*look)(const struct lab_scene *s, const char *const *words, size_t n,
		    struct fact_found *out, struct err *e);
};

/** fact_verbs() - The @i-th verb; NULL behind the last */
const struct fact_verb *fact_verbs(size_t i);
/** fact_lookup() - A verb by its name, NULL = there is none */
const struct fact_verb *fact_lookup(const char *name);

/** fact_check() - Whether a line can be understood: known verb (the error has the nearest
 * one), as many words as it takes, quotes that end. Looks at nothing. Return: 0, -1 and
 * @e */
int fact_check(const char *line, struct err *e);

/**
 * fact_question() - The answer that a line asks for: that of the verb `answer`, or the
 * first file below $LAB/answer that it names
 * @name:	Empty; gets it
 *
 * Return: whether it asks for one
 */
bool fact_question(const char *line, struct text *name);

/**
 * fact_look() - Look whether a fact holds
 * @out:	Empty; free it with fact_release() either way
 *
 * Changes nothing. Takes milliseconds; a verb that waits for somebody waits for less than
 * a second.
 *
 * Return: 0, also when it does not hold; -1 and @e where the line makes no sense or this
 * process could not look (no memory, no process to be had)
 */
int fact_look(const struct lab_scene *s, const char *line, struct fact_found *out,
	      struct err *e);

/**
 * lab_target() - The process that a name means now
 * @name:	`host` is the caller's own process, `lab` is @s->init; else, the first
 *		that is there: the pid in $LAB/NAME.pid, or $LAB/pid where that is the
 *		lab's only target, as the playground counts; a living box of that name,
 *		its command or else its init; where that is the lab's only target and no
 *		file names a pid, the newest process in the playground that has
 *		NOOK_LAB=ID in its environment, a shell of a session only where there is
 *		no other
 * @how:	Where it was found: "/.../L05/a.pid", "box a", "NOOK_LAB=L05"; where there
 *		is none, why, and what to do. May be NULL
 *
 * Return: 1 and @pid, as the caller counts; 0 = there is none; -1 and @e
 */
int lab_target(const struct lab_scene *s, const char *name, pid_t *pid, struct text *how,
	       struct err *e);
/** lab_target_named() - The same without the newest process: only what a file or a box
 * names. For who asks whether it has ended */
int lab_target_named(const struct lab_scene *s, const char *name, pid_t *pid,
		     struct text *how, struct err *e);
/** lab_target_box() - The command of a living box, or else its init, as the caller
 * counts. Return: 0 = there is no such box */
pid_t lab_target_box(const char *name);
/** lab_target_check() - Whether @name can be one: a word as boxes are named. Return: 0,
 * -1 and @e */
int lab_target_check(const char *name, struct err *e);

#endif
