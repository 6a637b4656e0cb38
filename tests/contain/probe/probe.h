/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe.h - what every file of the probe uses: the table of checks, and how results
 * are said
 *
 * The probe is the attacker: one static program that a box gets as /probe. `probe ID
 * ARG...` tries what containment check ID is about and prints one line for each try:
 *
 *	FS-01.chroot EPERM
 *	FS-02.leftovers none
 *
 * the id, the part, and `ok`, the name of an errno, or a word that the check's own
 * comment explains. It judges nothing: the same line is the proof inside a box and the
 * defect outside, and tests/contain/golden says which is which. It does no harm where
 * it succeeds: what it opens for writing it does not write, what it changes it puts back.
 */
#ifndef NOOK_CONTAIN_PROBE_H
#define NOOK_CONTAIN_PROBE_H

#include <stdbool.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * struct probe - One check while it runs
 * @id:		As in the table and in front of each line
 * @argc:	Number of arguments behind the id
 * @argv:	Those, ended by NULL
 */
struct probe {
	const char *id;
	int argc;
	char **argv;
};

/**
 * struct check - One line of a table of checks; tables end with an empty one
 * @id:		"FS-01"; several checks may try parts of one id: "FS-05"
 * @run:	Tries, and says what came of it
 * @args:	The arguments that it needs, in words; NULL where there are none
 */
struct check {
	const char *id;
	void (*run)(const struct probe *p);
	const char *args;
};

/* One table per file; a new file adds its line here and in main.c */
extern const struct check fs_checks[], mount_checks[], ps_checks[], fd_checks[],
	cr_checks[], sc_checks[], tt_checks[], ne_checks[], kn_checks[], rs_checks[],
	end_checks[], quota_checks[], join_checks[];

/* Says what a system call returned: `ok`, or the name of errno where @ret is negative.
 * @part may be NULL, and may be a path. */
void say(const struct probe *p, const char *part, long ret);

/* The same for an errno that was kept: 0 is `ok` */
void say_errno(const struct probe *p, const char *part, int code);

/* Any other word or words */
void say_text(const struct probe *p, const char *part, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* EPERM to "EPERM"; a number that has no name to "E<number>". The text is static. */
const char *errno_name(int code);

/* The I-th argument, or @otherwise where there is none */
const char *probe_arg(const struct probe *p, int i, const char *otherwise);

/* Ends the program with a sentence and code 2: a check that cannot even be tried must
 * never pass for one that was withstood */
void probe_die(const struct probe *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* In a child of fork(): @tried says things itself. Waits for its end, which is the
 * result: 0 and above an exit code, -n a signal. */
int probe_in_child(const struct probe *p, void (*tried)(const struct probe *p));

/* A user and a mount namespace of its own, with the caller as uid 0 in them. errno. */
int probe_nest(void);

#endif
