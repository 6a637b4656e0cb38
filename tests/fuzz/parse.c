// SPDX-License-Identifier: GPL-3.0-or-later
/* parse.c - any text as a size, a duration, an id map: the promised limits hold */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What gives one number, and the most that it may give besides PARSE_MAX */
static const struct {
	int (*read)(const char *s, uint64_t *out, const char **why);
	uint64_t most;
} numbers[] = {
	{ parse_number, UINT64_MAX },  { parse_size, INT64_MAX }, { parse_cpus, 8192000 },
	{ parse_duration, INT64_MAX }, { parse_rate, INT64_MAX },
};

static void must(int good)
{
	if (!good)
		abort();
}

static void try_numbers(const char *s)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *why = NULL;
		uint64_t v;

		if (numbers[i].read(s, &v, &why))
			must(why != NULL);
		else
			must(v <= numbers[i].most ||
			     (v == PARSE_MAX && !strcmp(s, "max")));
	}
}

static void try_others(const char *s)
{
	struct parse_idmap m;
	uint64_t range[2];
	uint16_t port;
	uint32_t u;
	int64_t ns;
	int sig;

	if (!parse_idmap(s, &m, NULL))
		must(m.count && (uint64_t)m.inside + m.count <= UINT32_MAX &&
		     (uint64_t)m.outside + m.count <= UINT32_MAX);
	if (!parse_range(s, 3, 9, range))
		must(range[0] >= 3 && range[0] <= range[1] && range[1] <= 9);
	if (!parse_octal(s, &u, NULL))
		must(u <= 07777);
	if (!parse_id(s, &u, NULL))
		must(u != UINT32_MAX);
	if (!parse_signal(s, &sig, NULL))
		must(sig >= 1 && sig <= 64);
	if (!parse_port(s, &port, NULL))
		must(port != 0);
	if (!parse_name(s, NULL))
		must(*s != '.' && *s != '-' && strlen(s) <= 64 && !strchr(s, '/'));
	parse_offset(s, &ns, NULL);
	parse_cpuset(s, NULL);
	parse_cidr(s, 0, NULL);
	parse_cidr(s, 1, NULL);
	parse_mac(s, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	if (!s)
		return 0;
	memcpy(s, data, size);
	s[size] = '\0';
	try_numbers(s);
	try_others(s);
	free(s);
	return 0;
}
