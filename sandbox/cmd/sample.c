// SPDX-License-Identifier: GPL-3.0-or-later
/* sample.c - what running boxes use: from their cgroups, else from their processes */
#include "cmd/sample.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "cmd/processes.h"
#include "netns/net.h"

static void sum_up(struct sample *s)
{
	struct processes list;

	memset(&s->c, 0xff, sizeof(s->c)); /* unknown */
	if (processes_of(&s->box.rec, &list) < 0 || !list.count)
		return;
	s->is_summed = true;
	s->c.cpu_ns = s->c.memory_now = s->c.pids_now = 0;
	for (size_t i = 0; i < list.count; i++) {
		s->c.cpu_ns += list.v[i].cpu_ns + list.v[i].waited_ns;
		s->c.memory_now += list.v[i].anon;
		s->c.pids_now += list.v[i].threads;
	}
	processes_release(&list);
}

static uint64_t cpu_limit(const struct record *rec)
{
	uint64_t limit = rec->limit[LIMIT_CPUS];

	return limit != UINT64_MAX ? limit
				   : 1000u * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
}

/* The end of the pair that is counted is the router's: what it sends, the box gets */
static void take_link(struct sample *s)
{
	const char *link = s->box.rec.link;
	struct net_counts c;

	s->net_rx = s->net_tx = UINT64_MAX;
	if (!*link || net_wire_count(link, &c) < 0)
		return;
	s->net_rx = c.tx_bytes;
	s->net_tx = c.rx_bytes;
}

static void take(struct sample *s)
{
	struct cgroup cg;

	take_link(s);
	s->at_ns = clock_ns(CLOCK_MONOTONIC);
	s->cpu_limit = cpu_limit(&s->box.rec);
	if (!s->box.rec.cgroup.kind || cgroup_open(&s->box.rec.cgroup, &cg, NULL) < 0) {
		sum_up(s);
		return;
	}
	cgroup_count(&cg, &s->c);
	cgroup_close(&cg);
}

int samples_take(struct boxes *b, struct samples *out, struct err *e)
{
	*out = (struct samples){ .v = calloc(b->count + 1, sizeof(*out->v)) };
	if (!out->v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < b->count; i++) {
		out->v[out->count].box = b->v[i];
		take(&out->v[out->count++]);
	}
	b->count = 0; /* the plans are the samples' now */
	boxes_release(b);
	return 0;
}

void samples_release(struct samples *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->v[i].box.plan);
	free(s->v);
	*s = (struct samples){ 0 };
}

/* @unit a second; a sum may go down when a process ends that nobody waits for */
static uint64_t rate(uint64_t now, uint64_t before, uint64_t ns, uint64_t unit)
{
	if (now == UINT64_MAX || before == UINT64_MAX || !ns)
		return UINT64_MAX;
	if (now < before)
		return 0;
	return (uint64_t)((double)(now - before) * (double)unit / (double)ns);
}

static const struct sample *find(const struct samples *s, const char *id)
{
	for (size_t i = 0; s && i < s->count; i++)
		if (!strcmp(s->v[i].box.rec.id, id))
			return &s->v[i];
	return NULL;
}

void samples_rates(struct samples *now, const struct samples *before)
{
	static const struct sample nothing;

	for (size_t i = 0; i < now->count; i++) {
		struct sample *s = &now->v[i];
		const struct sample *b = find(before, s->box.rec.id);
		uint64_t wall = clock_ns(CLOCK_REALTIME), ns;

		ns = b ? s->at_ns - b->at_ns : wall - s->box.rec.started_ns;
		b = b ? b : &nothing;
		s->cpu_rate = rate(s->c.cpu_ns, b->c.cpu_ns, ns, 1000);
		s->read_rate = rate(s->c.io_read, b->c.io_read, ns, 1000000000);
		s->write_rate = rate(s->c.io_write, b->c.io_write, ns, 1000000000);
	}
}
