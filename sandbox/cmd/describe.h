/* SPDX-License-Identifier: GPL-3.0-or-later */
/* describe.h - any process in words: `nook explain --pid N` */
#ifndef NOOK_CMD_DESCRIBE_H
#define NOOK_CMD_DESCRIBE_H

struct seen;
struct text;

/** describe_words() - What separates a process from the caller, as a table for people */
void describe_words(const struct seen *s, struct text *out);
/** describe_json() - The same as one JSON object; what is unknown is null */
void describe_json(const struct seen *s, struct text *out);

#endif
