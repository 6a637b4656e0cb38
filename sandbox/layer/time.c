// SPDX-License-Identifier: GPL-3.0-or-later
/* time.c - offsets of CLOCK_MONOTONIC and CLOCK_BOOTTIME (time_namespaces(7)) */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define NS_PER_S INT64_C(1000000000)
#define OFFSETS	 "/proc/self/timens_offsets"

static int time_plan(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	char where[ORIGIN_SIZE];

	if (!(pf->namespaces & NS_TIME))
		return 0;
	if (!host_has_ns(h, "time"))
		return err_set(e, "this kernel has no time namespaces");
	pl->unshare_flags |= CLONE_NEWTIME;
	pl->time.boottime = pf->time.boottime;
	pl->time.monotonic = pf->time.monotonic;
	pl->time.from_zero = pf->reproducible;
	plan_fact(pl, "time", "time.boottime",
		  origin_text(pf, FIELD_time_boottime, where), "%+.3fs",
		  (double)pl->time.boottime / 1e9);
	plan_fact(pl, "time", "time.monotonic",
		  origin_text(pf, FIELD_time_monotonic, where), "%+.3fs",
		  (double)pl->time.monotonic / 1e9);
	if (pl->time.from_zero)
		plan_fact(pl, "time", "reproducible",
			  origin_text(pf, FIELD_reproducible, where),
			  "these clocks begin at 0, and offsets count from there");
	return 0;
}

/* The file takes seconds and a nanosecond part that is never negative */
static void offset_line(const char *clock, int64_t ns, char *buf, size_t size)
{
	int64_t s = ns / NS_PER_S;
	int64_t rest = ns % NS_PER_S;

	if (rest < 0) {
		rest += NS_PER_S;
		s--;
	}
	snprintf(buf, size, "%s %" PRId64 " %" PRId64 "\n", clock, s, rest);
}

/* The offset at which a clock would show 0 now. The kernel counts offsets from its own
 * clock, and this process may see another: @shown has its offsets, which a new namespace
 * begins with */
static int64_t offset_of_zero(clockid_t clock, const char *name, const char *shown)
{
	const char *at = strstr(shown, name);
	struct timespec now;
	int64_t ns = 0;
	char *rest;

	if (at) {
		ns = strtoll(at + strlen(name), &rest, 10) * NS_PER_S;
		ns += strtoll(rest, NULL, 10);
	}
	clock_gettime(clock, &now);
	return ns - (now.tv_sec * NS_PER_S + now.tv_nsec);
}

/*
 * unshare() makes a namespace for children only, so that offsets can be written while no
 * process is in it; setns() then takes this process there too.
 */
static int time_box(const struct plan *pl, struct site *s, struct err *e)
{
	int64_t monotonic = pl->time.monotonic, boottime = pl->time.boottime;
	char lines[160], one[80];
	auto_fd ns = -1;

	(void)s;
	if (!(pl->unshare_flags & CLONE_NEWTIME))
		return 0;
	if (unshare(CLONE_NEWTIME) < 0)
		return err_sys(e, "cannot make a time namespace");
	if (pl->time.from_zero) {
		if (file_read_small(AT_FDCWD, OFFSETS, lines, sizeof(lines)) < 0)
			return err_sys(e, "cannot read '" OFFSETS "'");
		monotonic += offset_of_zero(CLOCK_MONOTONIC, "monotonic", lines);
		boottime += offset_of_zero(CLOCK_BOOTTIME, "boottime", lines);
	}
	offset_line("monotonic", monotonic, lines, sizeof(one));
	offset_line("boottime", boottime, one, sizeof(one));
	snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s", one);
	if (file_write(AT_FDCWD, OFFSETS, lines) < 0)
		return err_sys(e, "cannot write '" OFFSETS "'");
	ns = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWTIME) < 0)
		return err_sys(e, "cannot enter the time namespace");
	return 0;
}

static void time_explain(const struct plan *pl, struct text *out)
{
	if (pl->time.from_zero)
		text_add(out,
			 "clock_gettime(), read from " OFFSETS ": what is taken off, so "
			 "that the clocks begin at 0.\n");
	if (pl->unshare_flags & CLONE_NEWTIME)
		text_addf(out,
			  "unshare(CLONE_NEWTIME), /proc/self/timens_offsets, setns(): "
			  "uptime and "
			  "CLOCK_MONOTONIC are shifted; the time of day is not.\n"
			  "  $ unshare --time --boottime %" PRId64 " --monotonic %" PRId64
			  " --fork COMMAND\n",
			  pl->time.boottime / NS_PER_S, pl->time.monotonic / NS_PER_S);
}

/* unshare(1) takes whole seconds; it needs a child, which --fork makes */
static void time_script(const struct plan *pl, struct script *sc)
{
	if (!(pl->unshare_flags & CLONE_NEWTIME))
		return;
	script_words(sc, SCRIPT_UNSHARE,
		     "--time --boottime %" PRId64 " --monotonic %" PRId64 "%s",
		     pl->time.boottime / NS_PER_S, pl->time.monotonic / NS_PER_S,
		     pl->clone_flags & CLONE_NEWPID ? "" : " --fork");
	if (pl->time.boottime % NS_PER_S || pl->time.monotonic % NS_PER_S)
		script_line(sc, SCRIPT_NOTE, "parts of a second in the clocks' offsets");
	if (pl->time.from_zero)
		script_line(sc, SCRIPT_NOTE, "clocks that begin at 0");
}

const struct layer layer_time = {
	.name = "time",
	.isolates = "offsets of the boot-time and monotonic clocks",
	.without = "uptime and monotonic clocks are this machine's",
	.plan = time_plan,
	.apply[SIDE_BOX] = time_box,
	.explain = time_explain,
	.script = time_script,
};
