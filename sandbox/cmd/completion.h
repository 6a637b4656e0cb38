/* SPDX-License-Identifier: GPL-3.0-or-later */
/* completion.h - what the completions of the three shells have in common */
#ifndef NOOK_CMD_COMPLETION_H
#define NOOK_CMD_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cmd.h"

struct text;

/** completion_kind() - "profile" for COMPLETE_PROFILE: the scripts have a case or a
 * function of this name for each kind */
const char *completion_kind(enum complete c);
/**
 * completion_sharers() - Who has the options of table entry @i: "run", "shell", each as a
 * word for a shell, joined by @gap
 *
 * Return: false when an earlier entry has the same ones and has spoken for this one
 */
bool completion_sharers(size_t i, const char *gap, struct text *out);
/** completion_parent() - The first word of a command of two words ("profile"), "" for the
 * others. Return: false when an earlier entry of the table has the same */
bool completion_parent(size_t i, struct text *out);
/** completion_is_command() - Whether the first word of others is a command itself, as
 * `batch` of `batch report`, and so is offered anyway */
bool completion_is_command(const char *word);
/** completion_words() - What a script must know of the words of @c beside their
 * kind: those that they are, or the options whose argument is the next word */
void completion_words(const struct cmd *c, struct text *out);
/** completion_values() - The words a key takes, joined by blanks, nothing where it takes
 * more than words. Return: whether there are any */
bool completion_values(enum field f, struct text *out);

/** completion_bash(), completion_zsh(), completion_fish() - The whole script */
void completion_bash(struct text *out);
void completion_zsh(struct text *out);
void completion_fish(struct text *out);

#endif
