/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filter.h - `--filter KEY=VALUE` of ps and events */
#ifndef NOOK_CMD_FILTER_H
#define NOOK_CMD_FILTER_H

#include <stdbool.h>

struct given;
struct plan;

/** filter_value() - What stands behind KEY= in a --filter; NULL where it is of another
 * key, or another option */
const char *filter_value(const struct given *g, const char *key);
/** filter_label() - Whether a plan has the label NAME or NAME=VALUE; it may be NULL */
bool filter_label(const struct plan *pl, const char *label);

#endif
