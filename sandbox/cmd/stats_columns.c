// SPDX-License-Identifier: GPL-3.0-or-later
/* stats_columns.c - the columns of `stats`: for a person, for a program, to sort by */
#include "cmd/stats_columns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/sample.h"

static const struct sample *at(const void *row)
{
	return row;
}

/* --- what a person reads ------------------------------------------------------------ */

static void add_size(const void *row, uint64_t n, struct text *out)
{
	(void)row;
	if (n != UINT64_MAX)
		text_size(out, n);
}

static void add_count(const void *row, uint64_t n, struct text *out)
{
	(void)row;
	if (n != UINT64_MAX)
		text_addf(out, "%" PRIu64, n);
}

/* A sum over processes is no counter of the kernel's: it says so */
static void add_mark(const void *row, struct text *out)
{
	if (at(row)->is_summed)
		text_addc(out, '~');
}

static void add_seconds(const void *row, uint64_t ns, struct text *out)
{
	(void)row;
	if (ns != UINT64_MAX)
		text_addf(out, "%" PRIu64 ".%02" PRIu64 "s", ns / 1000000000,
			  ns / 10000000 % 100);
}

/* Hundredths of a per cent */
static void add_share(const void *row, uint64_t n, struct text *out)
{
	(void)row;
	if (n != UINT64_MAX)
		text_addf(out, "%" PRIu64 ".%02" PRIu64, n / 100, n % 100);
}

/* Cells and JSON values of a counter; the cell with the mark where @mark says so */
#define COUNTER(name, value, add, json)                            \
	static void name##_cell(const void *row, struct text *out) \
	{                                                          \
		add(row, at(row)->value, out);                     \
	}                                                          \
	static void name##_json(const void *row, struct text *out) \
	{                                                          \
		json(out, at(row)->value);                         \
	}

/* Hundredths of a per cent as a number */
static void json_share(struct text *out, uint64_t n)
{
	if (n == UINT64_MAX)
		text_add(out, "null");
	else
		text_addf(out, "%" PRIu64 ".%02" PRIu64, n / 100, n % 100);
}

COUNTER(time, c.cpu_ns, add_seconds, json_seconds)
COUNTER(user, c.cpu_user_ns, add_seconds, json_seconds)
COUNTER(system, c.cpu_system_ns, add_seconds, json_seconds)
COUNTER(throttled, c.throttled_ns, add_seconds, json_seconds)
COUNTER(memory, c.memory_now, add_size, json_number)
COUNTER(peak, c.memory_peak, add_size, json_number)
COUNTER(limit, c.memory_limit, add_size, json_number)
COUNTER(swap, c.swap_now, add_size, json_number)
COUNTER(oom, c.oom_kills, add_count, json_number)
COUNTER(pids, c.pids_now, add_count, json_number)
COUNTER(pids_peak, c.pids_peak, add_count, json_number)
COUNTER(pids_limit, c.pids_limit, add_count, json_number)
COUNTER(refused, c.pids_refused, add_count, json_number)
COUNTER(read, c.io_read, add_size, json_number)
COUNTER(write, c.io_write, add_size, json_number)
COUNTER(rx, net_rx, add_size, json_number)
COUNTER(tx, net_tx, add_size, json_number)
COUNTER(read_rate, read_rate, add_size, json_number)
COUNTER(write_rate, write_rate, add_size, json_number)
COUNTER(psi_cpu, c.pressure_cpu, add_share, json_share)
COUNTER(psi_memory, c.pressure_memory, add_share, json_share)
COUNTER(psi_io, c.pressure_io, add_share, json_share)

static void marked_time_cell(const void *row, struct text *out)
{
	add_mark(row, out);
	time_cell(row, out);
}

static void marked_memory_cell(const void *row, struct text *out)
{
	add_mark(row, out);
	memory_cell(row, out);
}

static void marked_pids_cell(const void *row, struct text *out)
{
	add_mark(row, out);
	pids_cell(row, out);
}

/* Thousandths of a CPU as per cent of one */
static void cpu_cell(const void *row, struct text *out)
{
	uint64_t milli = at(row)->cpu_rate;

	if (milli != UINT64_MAX)
		text_addf(out, "%" PRIu64 ".%" PRIu64, milli / 10, milli % 10);
}

static void cpu_json(const void *row, struct text *out)
{
	uint64_t milli = at(row)->cpu_rate;

	if (milli == UINT64_MAX)
		text_add(out, "null");
	else
		cpu_cell(row, out);
}

static double cpu_part(const void *row)
{
	const struct sample *s = row;

	return s->cpu_rate == UINT64_MAX || !s->cpu_limit
		       ? -1
		       : (double)s->cpu_rate / (double)s->cpu_limit;
}

static double memory_part(const void *row)
{
	const struct cgroup_counts *c = &at(row)->c;

	return c->memory_now == UINT64_MAX || c->memory_limit == UINT64_MAX ||
			       !c->memory_limit
		       ? -1
		       : (double)c->memory_now / (double)c->memory_limit;
}

static double pids_part(const void *row)
{
	const struct cgroup_counts *c = &at(row)->c;

	return c->pids_now == UINT64_MAX || c->pids_limit == UINT64_MAX || !c->pids_limit
		       ? -1
		       : (double)c->pids_now / (double)c->pids_limit;
}

static void share_cell(const void *row, struct text *out)
{
	if (memory_part(row) >= 0)
		text_addf(out, "%.1f", 100 * memory_part(row));
}

static void share_json(const void *row, struct text *out)
{
	if (memory_part(row) >= 0)
		text_addf(out, "%.1f", 100 * memory_part(row));
	else
		text_add(out, "null");
}

static void id_cell(const void *row, struct text *out)
{
	text_add(out, at(row)->box.rec.id);
}

static void name_cell(const void *row, struct text *out)
{
	text_add(out, at(row)->box.rec.name);
}

static void status_cell(const void *row, struct text *out)
{
	text_add(out, box_status(&at(row)->box.rec));
}

static void profile_cell(const void *row, struct text *out)
{
	text_add(out, plan_text(at(row)->box.plan, at(row)->box.plan->profile));
}

static void command_cell(const void *row, struct text *out)
{
	box_command(at(row)->box.plan, out);
}

static void metered_cell(const void *row, struct text *out)
{
	text_add(out, at(row)->is_summed ? "processes" : "cgroup");
}

/* --- the columns -------------------------------------------------------------------- */

#define NUMBER(name_, key_, flags_, cell_, json_)                                 \
	{                                                                         \
		.name = (name_), .key = (key_), .flags = COLUMN_RIGHT | (flags_), \
		.cell = (cell_), .json = (json_)                                  \
	}
#define EXTRA(name, key, what) NUMBER(name, key, COLUMN_EXTRA, what##_cell, what##_json)

const struct column stats_columns[] = {
	{ .name = "ID", .key = "id", .cell = id_cell },
	{ .name = "NAME", .key = "name", .flags = COLUMN_HIDE, .cell = name_cell },
	{ .name = "STATUS", .key = "status", .flags = COLUMN_EXTRA, .cell = status_cell },
	{ .name = "CPU%",
	  .key = "cpu_percent",
	  .flags = COLUMN_RIGHT,
	  .cell = cpu_cell,
	  .json = cpu_json,
	  .part = cpu_part },
	NUMBER("TIME", "cpu_s", COLUMN_EXTRA, marked_time_cell, time_json),
	EXTRA("USER", "cpu_user_s", user),
	EXTRA("SYSTEM", "cpu_system_s", system),
	EXTRA("THROTTLED", "throttled_s", throttled),
	NUMBER("MEMORY", "memory_bytes", 0, marked_memory_cell, memory_json),
	EXTRA("PEAK", "memory_peak_bytes", peak),
	NUMBER("LIMIT", "memory_limit_bytes", COLUMN_HIDE, limit_cell, limit_json),
	{ .name = "MEM%",
	  .key = "memory_percent",
	  .flags = COLUMN_RIGHT | COLUMN_HIDE,
	  .cell = share_cell,
	  .json = share_json,
	  .part = memory_part },
	EXTRA("SWAP", "swap_bytes", swap),
	EXTRA("OOM", "oom_kills", oom),
	{ .name = "PIDS",
	  .key = "pids",
	  .flags = COLUMN_RIGHT,
	  .cell = marked_pids_cell,
	  .json = pids_json,
	  .part = pids_part },
	EXTRA("PIDSPEAK", "pids_peak", pids_peak),
	EXTRA("PIDSMAX", "pids_limit", pids_limit),
	EXTRA("REFUSED", "pids_refused", refused),
	EXTRA("READ", "io_read_bytes", read),
	EXTRA("WRITE", "io_write_bytes", write),
	EXTRA("RX", "net_rx_bytes", rx),
	EXTRA("TX", "net_tx_bytes", tx),
	NUMBER("READ/S", "io_read_bps", COLUMN_HIDE, read_rate_cell, read_rate_json),
	NUMBER("WRITE/S", "io_write_bps", COLUMN_HIDE, write_rate_cell, write_rate_json),
	NUMBER("PSI-CPU", "pressure_cpu_percent", COLUMN_HIDE, psi_cpu_cell,
	       psi_cpu_json),
	NUMBER("PSI-MEM", "pressure_memory_percent", COLUMN_HIDE, psi_memory_cell,
	       psi_memory_json),
	NUMBER("PSI-IO", "pressure_io_percent", COLUMN_HIDE, psi_io_cell, psi_io_json),
	{ .name = "METERED",
	  .key = "metered",
	  .flags = COLUMN_EXTRA,
	  .cell = metered_cell },
	{ .name = "PROFILE",
	  .key = "profile",
	  .flags = COLUMN_EXTRA,
	  .cell = profile_cell },
	{ .name = "COMMAND",
	  .key = "command",
	  .flags = COLUMN_CUT,
	  .cell = command_cell },
	{ .name = NULL },
};

/* --- the order ---------------------------------------------------------------------- */

static uint64_t known(uint64_t n)
{
	return n == UINT64_MAX ? 0 : n;
}

static uint64_t order_cpu(const struct sample *s)
{
	return known(s->cpu_rate);
}

static uint64_t order_memory(const struct sample *s)
{
	return known(s->c.memory_now);
}

static uint64_t order_pids(const struct sample *s)
{
	return known(s->c.pids_now);
}

static uint64_t order_io(const struct sample *s)
{
	return known(s->read_rate) + known(s->write_rate);
}

static uint64_t order_time(const struct sample *s)
{
	return known(s->c.cpu_ns);
}

/* The oldest first */
static uint64_t order_age(const struct sample *s)
{
	return UINT64_MAX - s->box.rec.started_ns;
}

static const struct {
	const char *name;
	int key;
	uint64_t (*value)(const struct sample *s); /* NULL: by name */
} orders[ORDER_COUNT] = {
	[ORDER_CPU] = { "CPU", 'c', order_cpu },
	[ORDER_MEMORY] = { "memory", 'm', order_memory },
	[ORDER_PIDS] = { "pids", 'p', order_pids },
	[ORDER_IO] = { "I/O", 'i', order_io },
	[ORDER_TIME] = { "CPU time", 't', order_time },
	[ORDER_AGE] = { "age", 'a', order_age },
	[ORDER_NAME] = { "name", 'n', NULL },
};

const char *stats_order_name(size_t order)
{
	return orders[order].name;
}

size_t stats_order_of(int key, size_t now)
{
	for (size_t i = 0; i < ORDER_COUNT; i++)
		if (orders[i].key == key)
			return i;
	return now;
}

static int compare(const struct sample *a, const struct sample *b, size_t order)
{
	uint64_t x, y;

	if (!orders[order].value)
		return strcmp(a->box.rec.name, b->box.rec.name);
	x = orders[order].value(a);
	y = orders[order].value(b);
	return x == y ? 0 : x > y ? -1 : 1;
}

/* By insertion: rows are few, mostly in order since the last look, and those that are
 * equal must not change places on the screen */
void stats_sort(const void **rows, size_t count, size_t order, bool reverse)
{
	for (size_t i = 1; i < count; i++) {
		const void *row = rows[i];
		size_t j = i;

		for (; j; j--) {
			int c = compare(rows[j - 1], row, order);

			if ((reverse ? -c : c) <= 0)
				break;
			rows[j] = rows[j - 1];
		}
		rows[j] = row;
	}
}
