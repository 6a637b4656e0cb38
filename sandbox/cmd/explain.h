/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain.h - a plan in words, for `nook explain` and the console */
#ifndef NOOK_CMD_EXPLAIN_H
#define NOOK_CMD_EXPLAIN_H

struct plan;
struct text;

/** explain_plan() - What a plan separates, then each layer with its values, system calls
 * and commands; of one layer alone where @layer is not NULL */
void explain_plan(const struct plan *pl, const char *layer, struct text *out);

#endif
