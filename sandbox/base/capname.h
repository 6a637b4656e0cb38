/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capname.h - capabilities by name */
#ifndef NOOK_BASE_CAPNAME_H
#define NOOK_BASE_CAPNAME_H

#include <stdint.h>

#include "base/names.h"

struct text;

/** capability_names - Number of each capability by its name without CAP_, in lower case
 * (linux/capability.h); ends with a NULL name */
extern const struct name capability_names[];

/** capability_list() - Add the names of a set, separated by blanks, "none" for an empty
 * set and "all" where @set holds every capability of @known. Bits without a name are
 * numbers. */
void capability_list(struct text *out, uint64_t set, uint64_t known);

#endif
