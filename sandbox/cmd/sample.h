/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample.h - what running boxes use: two looks, and the rates between them */
#ifndef NOOK_CMD_SAMPLE_H
#define NOOK_CMD_SAMPLE_H

#include "cgroup/cgroup.h"
#include "cmd/boxes.h"

/**
 * struct sample - One box at one moment
 * @at_ns:	CLOCK_MONOTONIC
 * @is_summed:	It has no cgroup of its own: CPU, memory and pids are the sums of its
 *		processes, everything else is unknown
 * @cpu_limit:	Thousandths of a CPU that it may use
 * @cpu_rate:	Thousandths of a CPU, since the sample before, else since the start
 * @read_rate, @write_rate: Bytes a second
 * @net_rx, @net_tx: Bytes that came in and went out by its link
 *
 * UINT64_MAX = unknown, in all of them.
 */
struct sample {
	struct living box;
	uint64_t at_ns;
	bool is_summed;
	struct cgroup_counts c;
	uint64_t cpu_limit;
	uint64_t cpu_rate, read_rate, write_rate;
	uint64_t net_rx, net_tx;
};

/** struct samples - Boxes at one moment */
struct samples {
	struct sample *v;
	size_t count;
};

/** samples_take() - Look at every box of @b, which is emptied. Return: 0, -1 and @e */
int samples_take(struct boxes *b, struct samples *out, struct err *e);
/** samples_rates() - Fill the rates of @now: against @before, or where that is NULL or
 * has not the box, from its start on */
void samples_rates(struct samples *now, const struct samples *before);
void samples_release(struct samples *s);

#endif
