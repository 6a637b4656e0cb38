// SPDX-License-Identifier: GPL-3.0-or-later
/* stat.c - the formats of the kernel's cgroup files */
#include "cgroup/stat.h"

#include <string.h>

/* Digits at @s as a number, with where they end. UINT64_MAX: none, or too many */
static uint64_t digits(const char *s, const char **end)
{
	uint64_t n = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n)) {
			*end = p;
			return UINT64_MAX;
		}
	*end = p;
	return p == s ? UINT64_MAX : n;
}

uint64_t stat_number(const char *text)
{
	const char *end;

	return digits(text, &end);
}

/* Start of the next line, or NULL */
static const char *next_line(const char *s)
{
	s = strchr(s, '\n');
	return s ? s + 1 : NULL;
}

uint64_t stat_key(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (; text; text = next_line(text))
		if (!strncmp(text, key, n) && text[n] == ' ')
			return stat_number(text + n + 1);
	return UINT64_MAX;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return b == UINT64_MAX || __builtin_add_overflow(a, b, &sum) ? a : sum;
}

uint64_t stat_io(const char *text, const char *word)
{
	size_t n = strlen(word);
	uint64_t sum = 0;

	for (const char *p = text; (p = strstr(p, word)); p += n)
		if (p > text && p[-1] == ' ')
			sum = add(sum, stat_number(p + n));
	return sum;
}

uint64_t stat_pressure(const char *text)
{
	static const char some[] = "some avg10=";
	const char *end;
	uint64_t whole, part = 0;

	if (strncmp(text, some, sizeof(some) - 1))
		return UINT64_MAX;
	whole = digits(text + sizeof(some) - 1, &end);
	if (whole > 100)
		return UINT64_MAX;
	if (*end == '.' && end[1] >= '0' && end[1] <= '9') {
		part = (uint64_t)(end[1] - '0') * 10;
		if (end[2] >= '0' && end[2] <= '9')
			part += (uint64_t)(end[2] - '0');
	}
	return whole * 100 + part;
}
