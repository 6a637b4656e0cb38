// SPDX-License-Identifier: GPL-3.0-or-later
/* meter.c - what the keeper sees of the box's cgroup: limits that it watches, counters
 *
 * Theory of operation. The kernel holds the box to memory, pids, CPUs and disk by itself.
 * The keeper does what the kernel does not: it ends the whole box when part of it was
 * taken by the out-of-memory killer (v1; on v2 memory.oom.group does), when its clock has
 * passed limits.cpu_time, when forks are refused without pause and on_pids says kill; or
 * freezes it, where on_limit says so, by cpu_time and on v2 by memory_high. It is told by
 * a descriptor that it polls (an eventfd on v1's memory.oom_control, POLLPRI on v2's
 * memory.events), and looks at the box's clock when the limit could have been reached:
 * with N CPUs no sooner than an Nth of what is left. Of refused forks v1 does not tell
 * (since 6.11): with on_pids: kill it looks ten times a second.
 *
 * The counters are read once more when the last process is gone: then they are whole;
 * all of them only where somebody wants to know them.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fdio.h"
#include "box/keeper.h"
#include "cgroup/place.h"
#include "cgroup/stat.h"

/* The end is to come within a second: seeing the first refusal and killing take some */
#define PIDS_STREAK_NS 600000000ull
#define PIDS_LOOK_NS   100000000ull
#define PIDS_PAUSE_NS  350000000ull
/* Nobody needs limits.cpu_time to a microsecond; and CPUs can be added meanwhile */
#define CPU_LOOK_LEAST_NS 2000000ull
#define CPU_LOOK_MOST_NS  250000000ull

static bool has(const struct keeper *k, uint32_t controller)
{
	return cgroup_dir(&k->site.cgroup, controller) >= 0;
}

/* "EVENTFD FD-OF-THE-FILE" (cgroup-v1/memory.rst, "OOM Control") */
static int watch_oom_v1(struct keeper *k, struct err *e)
{
	int dir = cgroup_dir(&k->site.cgroup, CG_MEMORY);
	auto_fd control = openat(dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	char line[32];

	k->meter.memory_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	snprintf(line, sizeof(line), "%d %d", k->meter.memory_fd, control);
	if (control < 0 || k->meter.memory_fd < 0 ||
	    file_write(dir, "cgroup.event_control", line) < 0)
		return err_sys(e, "cannot watch 'memory.oom_control'");
	return 0;
}

static int watch_high(struct keeper *k, struct err *e)
{
	k->meter.memory_fd = openat(cgroup_dir(&k->site.cgroup, CG_MEMORY),
				    "memory.events", O_RDONLY | O_CLOEXEC);
	return k->meter.memory_fd < 0 ? err_sys(e, "cannot watch 'memory.events'") : 0;
}

int meter_open(struct keeper *k, struct err *e)
{
	bool v1 = k->site.cgroup.kind == CGROUP_V1;

	if (!k->site.cgroup.count)
		return 0;
	if (v1 && cgroup_has_limit(k->plan, LIMIT_MEMORY) && watch_oom_v1(k, e) < 0)
		return -1;
	if (!v1 && k->limits.freeze && cgroup_has_limit(k->plan, LIMIT_MEMORY_HIGH) &&
	    watch_high(k, e) < 0)
		return -1;
	if (k->limits.pids_kill && has(k, CG_PIDS))
		k->meter.pids_at = k->started + PIDS_LOOK_NS;
	if (k->limits.cpu_time)
		k->meter.cpu_at = k->started + CPU_LOOK_LEAST_NS;
	return 0;
}

void meter_close(struct keeper *k)
{
	if (k->meter.memory_fd >= 0)
		close(fd_take(&k->meter.memory_fd));
}

int meter_poll(const struct keeper *k, struct pollfd *p)
{
	const struct meter *m = &k->meter;
	int n = 0;

	/* A box that is ending, or is paused, has nothing to tell */
	if (m->memory_fd >= 0 && !k->cause_set && !k->paused_at)
		p[n++] = (struct pollfd){ .fd = m->memory_fd,
					  .events = k->site.cgroup.kind == CGROUP_V1
							    ? POLLIN
							    : POLLPRI };
	return n;
}

uint64_t meter_deadline(const struct keeper *k)
{
	uint64_t at = UINT64_MAX;

	if (k->cause_set || k->paused_at)
		return at;
	if (k->limits.cpu_time && k->site.cgroup.count)
		at = k->meter.cpu_at;
	if (k->meter.pids_at && k->meter.pids_at < at)
		at = k->meter.pids_at;
	return at;
}

void meter_limit(struct keeper *k, enum cause why, const char *key)
{
	const char *id = k->store.rec.name[0] ? k->store.rec.name : k->store.rec.id;
	struct err e = { 0 };

	if (!k->limits.freeze || keeper_pause(k, BOX_AT_LIMIT, &e) < 0) {
		keeper_end(k, why, true);
		return;
	}
	k->at_limit = key;
	dprintf(STDERR_FILENO,
		"nook: box %s has reached %s and is frozen\n"
		"hint: raise it with 'nook update %s %s=VALUE', then 'nook unpause %s'; "
		"or end it with 'nook kill %s'\n",
		id, key, id, key + strlen("limits."), id, id);
}

/* CPUs that can count at once: those that are on, and no more than limits.cpus */
static uint64_t cpus(const struct keeper *k)
{
	const struct plan_limit *l = cgroup_has_limit(k->plan, LIMIT_CPUS);
	long n = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t most = l ? (l->n + 999) / 1000 : UINT64_MAX;

	return n < 1 ? 1 : (uint64_t)n < most ? (uint64_t)n : most;
}

static void look_at_cpu(struct keeper *k, uint64_t now)
{
	uint64_t used = cgroup_cpu_ns(&k->site.cgroup), wait;

	if (used == UINT64_MAX)
		return;
	if (used >= k->limits.cpu_time) {
		meter_limit(k, CAUSE_CPU, "limits.cpu_time");
		return;
	}
	wait = (k->limits.cpu_time - used) / cpus(k);
	if (wait < CPU_LOOK_LEAST_NS)
		wait = CPU_LOOK_LEAST_NS;
	k->meter.cpu_at = now + (wait > CPU_LOOK_MOST_NS ? CPU_LOOK_MOST_NS : wait);
}

/* Refusals without pause: a bomb of many processes gets little of the CPU itself, so a
 * few looks may see none */
static void look_at_pids(struct keeper *k, uint64_t now)
{
	struct meter *m = &k->meter;
	uint64_t n = cgroup_refused(&k->site.cgroup);

	m->pids_at = now + PIDS_LOOK_NS;
	if (n == UINT64_MAX || n == m->refused)
		return;
	if (now - m->refused_at > PIDS_PAUSE_NS)
		m->since = now;
	m->refused = n;
	m->refused_at = now;
	if (now - m->since >= PIDS_STREAK_NS)
		keeper_end(k, CAUSE_PIDS, false);
}

/* How often memory.high was passed; reading it arms the descriptor again */
static uint64_t passed_high(const struct keeper *k)
{
	char buf[256];
	ssize_t n = pread(k->meter.memory_fd, buf, sizeof(buf) - 1, 0);
	uint64_t high;

	buf[n < 0 ? 0 : n] = '\0';
	high = stat_key(buf, "high");
	return high == UINT64_MAX ? k->meter.high : high;
}

/* v1: a process was taken, or will be at once. v2: memory.high was passed */
static void look_at_memory(struct keeper *k)
{
	uint64_t n;

	if (k->site.cgroup.kind == CGROUP_V1) {
		if (read(k->meter.memory_fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
			keeper_end(k, CAUSE_OOM, false);
		return;
	}
	n = passed_high(k);
	if (n > k->meter.high) {
		k->meter.high = n;
		meter_limit(k, CAUSE_OOM, "limits.memory_high");
	}
}

void meter_step(struct keeper *k, const struct pollfd *p, int n)
{
	uint64_t now;

	if (k->cause_set || !k->site.cgroup.count)
		return;
	for (int i = 0; i < n; i++) {
		if (p[i].revents)
			look_at_memory(k);
	}
	if (meter_deadline(k) == UINT64_MAX)
		return;
	now = clock_ns(CLOCK_MONOTONIC);
	if (k->limits.cpu_time && now >= k->meter.cpu_at)
		look_at_cpu(k, now);
	if (k->meter.pids_at && now >= k->meter.pids_at)
		look_at_pids(k, now);
}

/* Until all of it was frozen it went on passing memory.high: that is not anew */
void meter_thaw(struct keeper *k)
{
	k->meter.cpu_at = 0;
	if (k->meter.memory_fd >= 0 && k->site.cgroup.kind == CGROUP_V2)
		k->meter.high = passed_high(k);
}

/* An end that needs no explanation, in a box that nobody asks for its numbers; but the
 * killer may have taken a process of it, and the rest have gone on */
static bool is_plain(const struct keeper *k)
{
	uint64_t kills;

	if (k->wish->counts || k->cause_set || !k->exited || !WIFEXITED(k->status))
		return false;
	kills = cgroup_oom_kills(&k->site.cgroup);
	return !kills || kills == UINT64_MAX;
}

void meter_read(struct keeper *k)
{
	struct cgroup_counts *c = &k->meter.counts;
	struct result *r = k->result;

	memset(c, 0xff, sizeof(*c));
	if (is_plain(k))
		return;
	cgroup_count_last(&k->site.cgroup, c);
	if (c->cpu_ns != UINT64_MAX) {
		r->cpu_user_ns = c->cpu_user_ns;
		r->cpu_system_ns = c->cpu_system_ns;
	}
	r->memory_peak = c->memory_peak;
	r->pids_peak = c->pids_peak;
	r->oom_kills = c->oom_kills;
	r->throttled_ns = c->throttled_ns;
	r->io_read = c->io_read;
	r->io_write = c->io_write;
}
