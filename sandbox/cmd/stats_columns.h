/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats_columns.h - the columns of `stats`, and what it can be sorted by */
#ifndef NOOK_CMD_STATS_COLUMNS_H
#define NOOK_CMD_STATS_COLUMNS_H

#include "cmd/listing.h"

/* Rows are struct sample */
extern const struct column stats_columns[];

/** enum order - What rows are sorted by: the largest first, and names from A to Z */
enum order {
	ORDER_CPU,
	ORDER_MEMORY,
	ORDER_PIDS,
	ORDER_IO,
	ORDER_TIME,
	ORDER_AGE,
	ORDER_NAME,
	ORDER_COUNT
};

/** What the keys of the full screen do, for its second line */
#define ORDER_KEYS                                                             \
	"q quit  r reverse  sort by: c CPU  m memory  p pids  i I/O  t time  " \
	"a age  n name"

/** stats_sort() - Rows (struct sample) by an order; equal ones keep their places */
void stats_sort(const void **rows, size_t count, size_t order, bool reverse);
/** stats_order_name() - "CPU", "memory", ... */
const char *stats_order_name(size_t order);
/** stats_order_of() - The order of a key, @now where it has none */
size_t stats_order_of(int key, size_t now);

#endif
