/* SPDX-License-Identifier: GPL-3.0-or-later */
/* where.h - where a value came from, as text for facts and messages */
#ifndef NOOK_LAYER_WHERE_H
#define NOOK_LAYER_WHERE_H

#include <stdio.h>

#include "profile/profile.h"

#define ORIGIN_SIZE 512

/** origin_format() - "FILE:LINE", "--memory", or NULL for a built-in default; @buf holds
 * ORIGIN_SIZE bytes */
static inline const char *origin_format(const struct origin *at, char *buf)
{
	if (!at->file)
		return NULL;
	if (at->line)
		snprintf(buf, ORIGIN_SIZE, "%s:%d", at->file, at->line);
	else
		snprintf(buf, ORIGIN_SIZE, "%s", at->file);
	return buf;
}

/** origin_text() - The same for a field of a profile */
static inline const char *origin_text(const struct profile *pf, enum field f, char *buf)
{
	return origin_format(&pf->origin[f], buf);
}

#endif
