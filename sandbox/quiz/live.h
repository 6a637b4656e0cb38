/* SPDX-License-Identifier: GPL-3.0-or-later */
/* live.h - questions whose answer is computed from this host when they are asked
 *
 * Some only read. Others make what they ask about, in namespaces of their own: processes
 * that wait to be looked at from another terminal and end with the question, and with
 * nook. Nothing of the host is changed.
 */
#ifndef NOOK_QUIZ_LIVE_H
#define NOOK_QUIZ_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

struct err;
struct host;

#define LIVE_VARS 4
#define LIVE_PIDS 3

/**
 * struct live - One such question, made
 * @answer:	As a person would type it
 * @also:	The same in other words, each in a line; may be empty
 * @is_set:	The answer is a set of words: any order
 * @vars:	What ${NAME} in the texts of the question stands for
 * @pids:	Processes that were made for it, children of the caller
 */
struct live {
	struct text answer, also;
	bool is_set;
	struct live_var {
		const char *name;
		struct text value;
	} vars[LIVE_VARS];
	pid_t pids[LIVE_PIDS];
	size_t pid_count;
};

/** live_exists() - Whether there is one of that name */
bool live_exists(const char *name);
/** live_next() - Their names by number, NULL at the end (name_near()) */
const char *live_next(size_t i, const void *arg);
/**
 * live_make() - Compute the answer, and make what is asked about
 *
 * Return: 0, release @l; 1: this host has no such thing, @e says why; -1 and @e. Nothing
 * to release but after 0
 */
int live_make(const char *name, struct host *h, struct live *l, struct err *e);
void live_release(struct live *l);
/** live_fill() - Add @text with what its ${NAME}s stand for */
void live_fill(const struct live *l, const char *text, struct text *out);
/** live_fits() - Whether what was typed is the answer */
bool live_fits(const struct live *l, const char *typed);
/** live_var() - The value of a variable, to be filled; they are as many as LIVE_VARS */
struct text *live_var(struct live *l, const char *name);

/* --- live_made.c: what is made to be asked about ---------------------------------- */

/** live_namespaces() - Two processes that share some namespaces and others not.
 * live_layers(): an overlay of three layers in a mount namespace. live_veth(): a process
 * with a pair of links to each of two others. Return: as live_make() */
int live_namespaces(struct host *h, struct live *l, struct err *e);
int live_layers(struct host *h, struct live *l, struct err *e);
int live_veth(struct host *h, struct live *l, struct err *e);

#endif
