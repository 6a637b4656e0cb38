/* SPDX-License-Identifier: GPL-3.0-or-later */
/* within.h - do something where a target is: in its namespaces, at its root, by its ids
 *
 * For what only a process in there can see. Contract: all of it happens in a child of the
 * caller that ends with it. The child enters the target's namespaces, but for those that
 * are the caller's own: each as soon as there are the rights to, on the way down through
 * the user namespaces from the caller's to the target's. It is not in the target's
 * cgroups and has none of its walls that are no namespace: not its filter, and of
 * capabilities all that its user namespace gives, or where that is the caller's own what
 * the playground can have.
 *
 * A command in there can make this process execute nook's own file (`#!/proc/self/exe`),
 * and root of the playground could then write to that through /proc/PID/exe. So what runs
 * one is started over before it enters anything, from a file that nobody can write to
 * (box/again.h).
 */
#ifndef NOOK_LAB_WITHIN_H
#define NOOK_LAB_WITHIN_H

#include "base/child.h"
#include "lab/verbs.h"

#define WITHIN_LATE 256
#define WITHIN_NAME "nook-within" /* argv[0] of what was started over */

/** struct within - What is to be done where: in the namespaces of the types @flags
 * (CLONE_NEW*), with the rights that the target's user namespace gives */
struct within {
	const struct aim *a;
	int flags;
	child_work *work;
	void *arg;
};

/** within_do() - Do it in a child. Return: as child_do() */
int within_do(const struct within *w, struct text *out, struct err *e);

/** within_read() - Read a file in all of the target's namespaces, at its root, without a
 * newline at the end. Return: 0; -1 and @e */
int within_read(const struct aim *a, const char *path, struct text *out, struct err *e);

/**
 * within_run() - Run a command in all of the target's namespaces, at its root, with its
 * uid and gid: as nobody else, and without the caller's groups where he may leave them
 * @argv:	Looked up in the usual directories of the target's tree; NULL at the end
 * @ms:		So long it may run
 * @out:	What it writes to stdout and stderr, at most 64 KiB
 *
 * Return: its exit code, 128 + signal where one ended it; WITHIN_LATE = it was ended
 * after @ms; -1 and @e: nothing ran
 */
int within_run(const struct aim *a, const char *const *argv, int ms, struct text *out,
	       struct err *e);
/** within_main() - What was started over: @argv is main's own */
void within_main(char **argv) __attribute__((noreturn));

#endif
