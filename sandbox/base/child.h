/* SPDX-License-Identifier: GPL-3.0-or-later */
/* child.h - work that changes the process that does it, done in a child */
#ifndef NOOK_BASE_CHILD_H
#define NOOK_BASE_CHILD_H

#include "base/err.h"
#include "base/text.h"

/** child_work - What the child does: enter a namespace, load a library, read. Its answer
 * is what it writes to @out. Return: what child_do() returns, below 0 with @e */
typedef int child_work(void *arg, struct text *out, struct err *e);

/** child_do() - Do @work in a child that ends with it, and with the caller. @out gets its
 * answer, at most 16 MiB. Return: what the work returned; -1 and @e, also when it died */
int child_do(child_work *work, void *arg, struct text *out, struct err *e);

#endif
