/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lab.h - where the command table ends and the labs begin: sandbox/lab, which only the
 * full program has */
#ifndef NOOK_CMD_LAB_H
#define NOOK_CMD_LAB_H

struct args;
struct err;

/* Each is `nook lab` and the word of its name. Return: exit code; -1 or -2 and @e */
int lab_main(const struct args *a, struct err *e);
int lab_list(const struct args *a, struct err *e);
int lab_start(const struct args *a, struct err *e);
int lab_check(const struct args *a, struct err *e);
int lab_hint(const struct args *a, struct err *e);
int lab_solution(const struct args *a, struct err *e);
int lab_answer(const struct args *a, struct err *e);
int lab_next(const struct args *a, struct err *e);
int lab_skip(const struct args *a, struct err *e);
int lab_goto(const struct args *a, struct err *e);
int lab_reset(const struct args *a, struct err *e);
int lab_stop(const struct args *a, struct err *e);
int lab_undo(const struct args *a, struct err *e);
int lab_status(const struct args *a, struct err *e);
int lab_export(const struct args *a, struct err *e);
int lab_test(const struct args *a, struct err *e);

#endif
