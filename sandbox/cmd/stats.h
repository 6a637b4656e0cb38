/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats.h - what `stats` and `top` share: boxes sampled again and again */
#ifndef NOOK_CMD_STATS_H
#define NOOK_CMD_STATS_H

#include "cmd/listing.h"
#include "cmd/sample.h"
#include "cmd/screen.h"

/**
 * struct stats - A listing of samples that goes on
 * @a:		Words are boxes; none = all
 * @named:	The boxes that the words meant when we began
 * @now:	The last look
 * @order:	Index of the column that it is sorted by; @reverse: the other way round
 */
struct stats {
	const struct args *a;
	struct listing listing;
	struct boxes named;
	struct samples now;
	int every_ms;
	size_t order;
	bool reverse;
};

/** stats_open() - Find the boxes and read the options. Return: 0; -1, -2 and @e */
int stats_open(struct stats *s, const struct args *a, struct err *e);
void stats_release(struct stats *s);
/** stats_print() - One table, after two looks. Return: 0, -1 and @e */
int stats_print(struct stats *s, struct err *e);
/** stats_screen() - Show it on the whole screen until q. Return: 0, -1 and @e */
int stats_screen(struct stats *s, struct err *e);

/** interval_option() - --interval in milliseconds, @preset without it. Return: 0; -2 and
 * @e */
int interval_option(const struct args *a, int preset, int *ms, struct err *e);
/** screen_head() - The line on top of a full screen: what, how many, sorted by what */
void screen_head(struct text *out, struct screen_size size, const char *what,
		 const char *sorted);

/** The columns of `stats`, separated by blanks (tests/cli/stats.bats compares) */
#define STATS_COLUMNS                                                                \
	"ID NAME STATUS CPU% TIME USER SYSTEM THROTTLED MEMORY PEAK LIMIT MEM% SWAP " \
	"OOM PIDS PIDSPEAK PIDSMAX REFUSED READ WRITE RX TX READ/S WRITE/S "           \
	"PSI-CPU PSI-MEM PSI-IO METERED PROFILE COMMAND"

#endif
