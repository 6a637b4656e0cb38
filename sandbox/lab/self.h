/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self.h - nook's own commands, run as from a shell */
#ifndef NOOK_LAB_SELF_H
#define NOOK_LAB_SELF_H

#include <sys/types.h>

struct err;
struct text;

/**
 * self_start() - Start `nook @words...`, reading nothing
 * @words:	Without "nook", NULL at the end
 * @said:	Gets a descriptor of a file that takes what it prints; NULL: it prints
 *		where this process does
 *
 * It ends with this process. Return: pid; -1 and @e
 */
pid_t self_start(const char *const *words, int *said, struct err *e);
#define SELF_LATE 256 /* what no process ends with */

/** self_wait() - Wait for its end, and after @ms (-1: never) kill it. Return: exit code,
 * 128+n where signal n ended it, SELF_LATE where this did */
int self_wait(pid_t pid, int ms);
/** self_said() - All that it has printed so far, at most 64 KiB. Return: 0, -1 and
 * errno */
int self_said(int said, struct text *out);
/** self_run() - Start it and wait so long. @out: what it printed. Return: as self_wait();
 * -1 and @e */
int self_run(const char *const *words, int ms, struct text *out, struct err *e);
/** self_must() - The same, where only 0 is right. Return: 0; -1 and @e: the last line of
 * what it printed */
int self_must(const char *const *words, int ms, struct err *e);

#endif
