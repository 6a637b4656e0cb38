/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words.h - what was meant where the words of run, shell and create name no profile */
#ifndef NOOK_CMD_WORDS_H
#define NOOK_CMD_WORDS_H

struct args;
struct err;
struct plan;

/** words_say_two() - Two words without a `--` between: what the first one is. Return: -2
 * and @e */
int words_say_two(const struct args *a, struct err *e);
/** words_guess() - No plan was made: where that is because @word, which names the
 * profile, is none, a hint in @e for who thinks of programs or images */
void words_guess(const struct args *a, const char *word, struct err *e);
/** words_say_path() - The command of @wish was not found in @box: where it is in the
 * caller's PATH, a hint in @e. Where both are one, the box is still to be made, and can
 * be given more to show */
void words_say_path(const struct plan *box, const struct plan *wish, struct err *e);

#endif
