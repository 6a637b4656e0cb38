/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quiz.h - where the command table ends and quizzes begin */
#ifndef NOOK_CMD_QUIZ_H
#define NOOK_CMD_QUIZ_H

struct args;
struct err;

/** quiz_main() - `nook quiz`, and with labs behind the questions `nook exam`; it is in
 * sandbox/quiz. Return: exit code; -1 or -2 and @e */
int quiz_main(const struct args *a, struct err *e);

#endif
