// SPDX-License-Identifier: GPL-3.0-or-later
/* export_limits.c - the limits of a cgroup in the words of other tools */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "cgroup/place.h"
#include "cmd/export.h"

/* How a tool takes a number; what it counts in */
enum form {
	FORM_NONE, /* it cannot say this */
	FORM_NUMBER,
	FORM_TEXT,
	FORM_CPUS,	   /* 1.500 */
	FORM_PERCENT,	   /* 150% */
	FORM_SHARES,	   /* 1024 where a weight is 100 */
	FORM_TASKS,	   /* without nook's init */
	FORM_BOTH,	   /* swap and memory together */
	FORM_DEVICE,	   /* /dev/block/8:0:NUMBER */
	FORM_DEVICE_BLANK, /* the same with a blank between */
};

static const struct {
	const char *podman, *systemd;
	enum form podman_form, systemd_form;
} rows[LIMIT_COUNT] = {
	[LIMIT_CPUSET] = { "--cpuset-cpus", "AllowedCPUs", FORM_TEXT, FORM_TEXT },
	[LIMIT_CPUS] = { "--cpus", "CPUQuota", FORM_CPUS, FORM_PERCENT },
	[LIMIT_CPU_WEIGHT] = { "--cpu-shares", "CPUWeight", FORM_SHARES, FORM_NUMBER },
	[LIMIT_MEMORY] = { "--memory", "MemoryMax", FORM_NUMBER, FORM_NUMBER },
	[LIMIT_MEMORY_HIGH] = { NULL, "MemoryHigh", FORM_NONE, FORM_NUMBER },
	[LIMIT_SWAP] = { "--memory-swap", "MemorySwapMax", FORM_BOTH, FORM_NUMBER },
	[LIMIT_PIDS] = { "--pids-limit", "TasksMax", FORM_TASKS, FORM_TASKS },
	[LIMIT_IO_READ_BPS] = { "--device-read-bps", "IOReadBandwidthMax", FORM_DEVICE,
				FORM_DEVICE_BLANK },
	[LIMIT_IO_WRITE_BPS] = { "--device-write-bps", "IOWriteBandwidthMax", FORM_DEVICE,
				 FORM_DEVICE_BLANK },
	[LIMIT_IO_READ_IOPS] = { "--device-read-iops", "IOReadIOPSMax", FORM_DEVICE,
				 FORM_DEVICE_BLANK },
	[LIMIT_IO_WRITE_IOPS] = { "--device-write-iops", "IOWriteIOPSMax", FORM_DEVICE,
				  FORM_DEVICE_BLANK },
	[LIMIT_IO_WEIGHT] = { NULL, "IOWeight", FORM_NONE, FORM_NUMBER },
};

static void add_value(const struct plan *pl, const struct plan_limit *l, enum form form,
		      struct text *out)
{
	const struct plan_limit *memory = cgroup_has_limit(pl, LIMIT_MEMORY);
	const char *text = plan_text(pl, l->text);

	if (form == FORM_TEXT)
		text_add(out, text);
	else if (form == FORM_CPUS)
		text_addf(out, "%.3f", (double)l->n / 1000);
	else if (form == FORM_PERCENT)
		text_addf(out, "%g%%", (double)l->n / 10);
	else if (form == FORM_DEVICE || form == FORM_DEVICE_BLANK)
		text_addf(out, "/dev/block/%s%c%" PRIu64, text,
			  form == FORM_DEVICE ? ':' : ' ', l->n);
	else if (form == FORM_SHARES)
		text_addf(out, "%" PRIu64, l->n * 1024 / 100);
	else if (form == FORM_TASKS)
		text_addf(out, "%" PRIu64, l->n - !pl->session.init_none);
	else if (form == FORM_BOTH)
		text_addf(out, "%" PRIu64, l->n + (memory ? memory->n : 0));
	else
		text_addf(out, "%" PRIu64, l->n);
}

void export_limits(struct export *x, enum export_tool tool)
{
	const struct plan *pl = x->pl;

	for (const struct plan_limit *l = NULL;
	     (l = plan_each(pl, &pl->cgroup.limits, l));) {
		bool podman = tool == EXPORT_PODMAN;
		enum form form =
			podman ? rows[l->which].podman_form : rows[l->which].systemd_form;
		const char *key = cgroup_row((enum cgroup_limit)l->which)->key;
		auto_text t = { 0 };

		if (tool == EXPORT_BWRAP || form == FORM_NONE) {
			export_note(x, "%s", key);
			continue;
		}
		add_value(pl, l, form, &t);
		if (podman)
			export_option(x, rows[l->which].podman, text_str(&t), NULL);
		else
			export_optionf(x, "--property", "%s=%s", rows[l->which].systemd,
				       text_str(&t));
	}
	if (pl->limits.cpu_time)
		export_note(x, "limits.cpu_time");
	if (pl->limits.pids_kill)
		export_note(x, "limits.on_pids: kill");
}
