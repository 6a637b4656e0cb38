/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seccomp.h - from named sets of system calls to a filter program
 *
 * Theory of operation. A filter is first a table: one verdict for every call number. The
 * default table comes from gen/sets.def, a profile changes single numbers of it, and
 * seccomp_compile() turns the table into instructions: neighbours with the same verdict
 * become one range, ranges become a binary tree, and the ends of the tree jump to what a
 * verdict is: one return, or a few instructions that look at arguments, shared by all.
 *
 * libseccomp names the calls. It also compiles the default table at build time, as the
 * reference that mkseccomp compares with ours number by number; its own program is not
 * used, because it has four times as many instructions and the kernel translates each one
 * and walks the program once for every number when it is loaded: 117 us against 45.
 *
 * An argument that the kernel takes as an int is compared by its low 32 bits alone: a
 * rule that looks at all 64 is passed by setting bit 32 (CVE-2019-10063).
 */
#ifndef NOOK_LAYER_SECCOMP_H
#define NOOK_LAYER_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct profile;
struct text;

/* What changes the default table; the four combinations of the first two are
 * precompiled */
enum {
	SECCOMP_NESTED = 1 << 0, /* nested_namespaces: @sandbox and clone with any flag */
	SECCOMP_DEBUG =
		1 << 1, /* @debug: ptrace, process_vm_readv, personality 0x40000 */
	SECCOMP_WX =
		1 << 2, /* wx: deny: no memory that is writable and then executable */
	SECCOMP_VARIANTS = 4,
};

#define SECCOMP_CALLS 1024 /* numbers in a table; no 64-bit architecture is near it */
#define SECCOMP_MOST  4096 /* BPF_MAXINSNS */

/* A verdict is an errno value (1 to 4095), VERDICT_PASS, or VERDICT_CHECK + n: what the
 * n-th argument check says */
enum {
	VERDICT_CHECK = 0x4000,
	VERDICT_KILL = 0x7ffe,
	VERDICT_PASS = 0x7fff,
};

struct verdicts {
	uint16_t of[SECCOMP_CALLS];
};

/** enum set_verdict - What the default filter answers to the calls of a set */
enum set_verdict { SET_PASS, SET_REFUSE, SET_ABSENT, SET_GROUP };

/** struct seccomp_set - One set of gen/sets.def */
struct seccomp_set {
	const char *name; /* without @ */
	enum set_verdict verdict;
	const char *help;
	const char *calls; /* separated by blanks */
};

/** seccomp_sets() - All sets, a NULL name at the end */
const struct seccomp_set *seccomp_sets(void);
/** seccomp_set_find() - A set by its name without @, or NULL */
const struct seccomp_set *seccomp_set_find(const char *name);

#define CALL_UNKNOWN   (-1) /* nobody knows the name */
#define CALL_ELSEWHERE (-2) /* a call of another architecture */
/** seccomp_number() - Number of a call here, CALL_UNKNOWN or CALL_ELSEWHERE */
int seccomp_number(const char *name);

/** seccomp_each_call() - Walk a list of calls: `const char *at = set->calls;
 * while (seccomp_each_call(&at, word))`; @word holds the next one. Return: false at the
 * end */
bool seccomp_each_call(const char **at, char word[64]);

/**
 * verdicts_default() - The table of the default filter
 * @flags:	SECCOMP_NESTED, SECCOMP_DEBUG, SECCOMP_WX
 *
 * Return: NULL, or a name in sets.def that nobody knows: the build stops there
 */
const char *verdicts_default(struct verdicts *v, unsigned int flags);

/** verdicts_check_text() - What the argument check of a verdict lets through, or NULL for
 * a verdict that is none */
const char *verdicts_check_text(uint16_t verdict);
/** verdicts_check_call() - Name of the call that it is for, or NULL */
const char *verdicts_check_call(uint16_t verdict);

/**
 * seccomp_compile() - A table to a filter program
 * @out:	Room for @most instructions
 *
 * Calls of a foreign architecture and, on x86-64, x32 numbers kill the process.
 *
 * Return: instructions, or -1 when @most are too few
 */
int seccomp_compile(const struct verdicts *v, struct sock_filter *out, size_t most);

/**
 * seccomp_custom() - The table of a profile's `seccomp: {allow, deny, errno, wx}`
 *
 * Deny wins over allow. An unknown name to deny is an error with the nearest known one;
 * an unknown name to allow is put into @warning.
 *
 * Return: 0, or -1 and @e
 */
int seccomp_custom(const struct profile *pf, struct verdicts *v, struct text *warning,
		   struct err *e);

/** seccomp_check_names() - @tell each name of a profile's `allow` and `deny` that nobody
 * knows, as seccomp_custom() does. Return: 0; -1: one to deny is among them */
int seccomp_check_names(const struct profile *pf, void (*tell)(const struct err *e));

/** seccomp_explain() - All sets with what they are for and what the default filter
 * answers, and the argument checks: `nook explain seccomp` */
void seccomp_explain(struct text *out);

#endif
