/* SPDX-License-Identifier: GPL-3.0-or-later */
/* program.h - which of the two programs this is, and how to become the other */
#ifndef NOOK_BOX_PROGRAM_H
#define NOOK_BOX_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/**
 * program_need_full() - Go on in the program that has every library
 *
 * Return: 0 when this one is it. The light program replaces itself (execve with the same
 * words; the full one starts over, nothing was done yet) and returns only on failure, -1.
 */
int program_need_full(char **argv, struct err *e);
/** program_is_full() - Whether this is the one that has every library */
bool program_is_full(void);
/** program_full() - Become the program that has every library, whichever this one is.
 * Returns only on failure: -1 and @e */
int program_full(char **argv, struct err *e);
/** program_light() - In nook-full: become the program that a shell starts, which is up in
 * a tenth of the time. Returns only on failure: -1 and @e */
int program_light(char **argv, struct err *e);
/** program_dir() - Directory of the running program, without a slash at the end. Return:
 * 0, or -1 where /proc cannot tell */
int program_dir(char *buf, size_t size);

#endif
