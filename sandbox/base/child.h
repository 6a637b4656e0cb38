/* SPDX-License-Identifier: GPL-3.0-or-later */
/* child.h - work that changes the process that does it, done in a child */
#ifndef NOOK_BASE_CHILD_H
#define NOOK_BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"

/** child_die_with() - Be killed when @parent ends, whose child the caller is. Must be
 * called again after a change of ids, which clears the signal. Who cannot be bound to its
 * parent must end, for nobody else may end it. Return: 0; -1 and errno, ESRCH: @parent
 * ended before */
int child_die_with(pid_t parent);

/** pidfd_ends() - Whether that process ends within so many ms, -1: wait for its end */
bool pidfd_ends(int pidfd, int ms);

/** child_work - What the child does: enter a namespace, load a library, read. Its answer
 * is what it writes to @out. Return: what child_do() returns, below 0 with @e */
typedef int child_work(void *arg, struct text *out, struct err *e);

/** child_do() - Do @work in a child that ends with it, and with the caller. @out gets its
 * answer, at most 16 MiB. Return: what the work returned; -1 and @e, also when it died */
int child_do(child_work *work, void *arg, struct text *out, struct err *e);

/** struct child - One whose work is under way; @pid: 0 = there is none */
struct child {
	pid_t pid;
	int hear;
};

/** child_begin() - Begin child_do(), and go on beside it. Return: 0, then child_end() or
 * child_drop(); -1 and @e */
int child_begin(child_work *work, void *arg, struct child *out, struct err *e);
/** child_end() - Wait for it. Return: as child_do() */
int child_end(struct child *c, struct text *out, struct err *e);
/** child_drop() - End it, whatever it does; harmless where there is none */
void child_drop(struct child *c);

/** child_become - Execute the program that does it instead, and ends with child_say() on
 * the descriptor @say, which must stay open. Return: only where it cannot, -1 and @e */
typedef int child_become(void *arg, int say, struct err *e);

/** child_do_by() - child_do() by another program */
int child_do_by(child_become *become, void *arg, struct text *out, struct err *e);
/** child_say() - The end of that program, with what child_do_by() returns */
void child_say(int say, int result, const struct text *out, const struct err *e)
	__attribute__((noreturn));

#endif
