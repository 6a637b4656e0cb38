// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroups.c - names of controllers */
#include "base/cgroups.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* "" = this layout has no controller for it */
static const struct {
	uint32_t bit;
	const char *v1, *v2;
} controllers[] = {
	{ CG_CPU, "cpu", "cpu" },	   { CG_CPUACCT, "cpuacct", "" },
	{ CG_CPUSET, "cpuset", "cpuset" }, { CG_MEMORY, "memory", "memory" },
	{ CG_PIDS, "pids", "pids" },	   { CG_IO, "blkio", "io" },
	{ CG_DEVICES, "devices", "" },	   { CG_FREEZER, "freezer", "" },
};

static const char *name_at(uint32_t kind, size_t i)
{
	return kind == CGROUP_V1 ? controllers[i].v1 : controllers[i].v2;
}

uint32_t cgroup_bit(uint32_t kind, const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		const char *own = name_at(kind, i);

		if (len && strlen(own) == len && !memcmp(own, name, len))
			return controllers[i].bit;
	}
	return 0;
}

uint32_t cgroup_bits(uint32_t kind, const char *names, char sep)
{
	const char separators[] = { sep, '\n', '\0' };
	uint32_t bits = 0;

	while (*names) {
		size_t len = strcspn(names, separators);

		bits |= cgroup_bit(kind, names, len);
		names += len + (names[len] != '\0');
	}
	return bits;
}

void cgroup_names(uint32_t kind, uint32_t bits, const char *between, struct text *out)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (!(bits & controllers[i].bit) || !*name_at(kind, i))
			continue;
		text_add(out, first ? "" : between);
		text_add(out, name_at(kind, i));
		first = false;
	}
}
