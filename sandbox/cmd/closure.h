/* SPDX-License-Identifier: GPL-3.0-or-later */
/* closure.h - which files a program needs to run: interpreter, libraries,
 * links on the way */
#ifndef NOOK_CMD_CLOSURE_H
#define NOOK_CMD_CLOSURE_H

#include <stddef.h>

struct err;
struct text;

/**
 * struct closure - Absolute paths of the host, each once, in the order they were found
 * @path:	NULL-terminated texts on the heap
 * @count:	How many
 */
struct closure {
	char **path;
	size_t count;
};

/** closure_release() - Give back what a closure holds */
void closure_release(struct closure *c);
/**
 * closure_add() - Add a program with everything it needs
 * @name:	A path, or a name looked up in PATH
 *
 * A symlink is added and followed; a script brings its interpreter; of a dynamic program
 * its own loader says which libraries it takes (ld.so(8), --list). Return: 0, or -1 and
 * @e
 */
int closure_add(struct closure *c, const char *name, struct err *e);
/** closure_capture() - Run a program and read its stdout, at most 1 MiB. Return: its exit
 * code, or -1 and @e */
int closure_capture(const char *const *argv, struct text *out, struct err *e);

#endif
