/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wishes.h - from options in podman's words to profile keys */
#ifndef NOOK_CMD_WISHES_H
#define NOOK_CMD_WISHES_H

#include "cmd/cmd.h"

/**
 * wishes_add() - Turn one option into the profile keys that it sets
 * @a:		Where the wishes go
 * @o:		The option; its @key says how: a profile key takes the value as it is,
 *		"@name" names a rule of this file for values with a grammar of their own
 * @value:	Its argument, or NULL
 *
 * Return: 0, -1 and @e: what was expected
 */
int wishes_add(struct args *a, const struct opt *o, const char *value, struct err *e);

#endif
