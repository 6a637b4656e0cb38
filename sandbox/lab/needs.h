/* SPDX-License-Identifier: GPL-3.0-or-later */
/* needs.h - what a lab needs of this machine and of its user */
#ifndef NOOK_LAB_NEEDS_H
#define NOOK_LAB_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/lab.h"

struct host;
struct need_found;

/** struct needs - What was found of them so far: each is tried once. All zero is none */
struct needs {
	struct host *host;
	struct need_found *first;
};

/** needs_is_known() - Whether a lab can have that need: one of needs_at(), the id of a
 * fact of `nook doctor`, or "program NAME" */
bool needs_is_known(const char *need);
/** needs_at() - The @i-th of those that are this file's own, NULL behind the last.
 * @means: one line, what it says */
const char *needs_at(size_t i, const char **means);
/** needs_lacking() - What is missing of these, the first; NULL = nothing. For people: "it
 * needs ...". The text is the same one for the same need, and stays as long as @n */
const char *needs_lacking(struct needs *n, const struct lab_words *these);
/** needs_choose() - Let each way by hand be the one for this machine's cgroups: what a
 * lab has for their version becomes its lines */
void needs_choose(struct needs *n, struct lab *l);
void needs_release(struct needs *n);

#endif
