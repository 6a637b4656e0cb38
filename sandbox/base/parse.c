// SPDX-License-Identifier: GPL-3.0-or-later
/* parse.c - strict readers of the values people write: sizes, durations, ids, lists of
 * CPUs */
#include "base/parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

#define NS_PER_S 1000000000u
#define CPU_MOST 8192u /* CONFIG_NR_CPUS is never larger on any architecture */
#define ID_MOST	 4294967294u

static int because(const char **why, const char *reason)
{
	if (why)
		*why = reason;
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at *s, without a leading zero and without overflow; *s moves behind them */
static int take_digits(const char **s, uint64_t *out)
{
	const char *p = *s;
	uint64_t n = 0;

	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return -1;
	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return -1;
	*s = p;
	*out = n;
	return 0;
}

/* One to @most digits behind a point at *s, as a number of 10^-@most; *s moves behind */
static int take_fraction(const char **s, unsigned int most, uint64_t *out)
{
	const char *p = *s + 1;
	uint64_t n = 0;

	for (unsigned int i = 0; i < most; i++) {
		n *= 10;
		if (is_digit(*p))
			n += (uint64_t)(*p++ - '0');
	}
	if (p == *s + 1 || is_digit(*p))
		return -1;
	*s = p;
	*out = n;
	return 0;
}

int parse_number_in(const char *s, uint64_t lo, uint64_t hi, uint64_t *out)
{
	uint64_t n;

	if (take_digits(&s, &n) || *s || n < lo || n > hi)
		return -1;
	*out = n;
	return 0;
}

int parse_number(const char *s, uint64_t *out, const char **why)
{
	if (parse_number_in(s, 0, UINT64_MAX, out))
		return because(why, "expected a plain decimal number such as 64");
	return 0;
}

int parse_size(const char *s, uint64_t *out, const char **why)
{
	static const char units[] = "BKMGT";
	const char *unit;
	char letter;
	uint64_t n;

	if (!strcmp(s, "max")) {
		*out = PARSE_MAX;
		return 0;
	}
	if (take_digits(&s, &n))
		goto bad;
	if (*s) {
		/* podman(1), mount(8) and the kernel read small letters as well */
		letter = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
		unit = strchr(units, letter);
		if (!unit)
			goto bad;
		s++;
		/* "iB" says what the letter means here anyway; there is no "BiB" */
		if (unit != units && !strcmp(s, "iB"))
			s += 2;
		if (*s || n > (uint64_t)INT64_MAX >> (10 * (unit - units)))
			goto bad;
		n <<= 10 * (unit - units);
	}
	if (n > INT64_MAX)
		goto bad;
	*out = n;
	return 0;
bad:
	return because(why, "expected a size such as 512M");
}

int parse_swap(const char *s, uint64_t *out, const char **why)
{
	if (parse_size(s, out, why))
		return -1;
	return *out && *out < 4096 ? because(why, "expected 0, or 4K at least") : 0;
}

/* Units of durations, in the order in which they may follow each other */
static const struct unit {
	const char *name;
	uint64_t ns;
	unsigned int digits; /* behind a point: down to one nanosecond at most */
} units[] = {
	{ "h", 3600ull * NS_PER_S, 9 },
	{ "m", 60ull * NS_PER_S, 9 },
	{ "s", NS_PER_S, 9 },
	{ "ms", 1000000u, 6 },
};

/* The unit at *s from row @from on; a bare number is seconds where @bare */
static const struct unit *take_unit(const char **s, size_t from, bool bare)
{
	size_t len = strspn(*s, "hms");

	if (!len)
		return bare && !**s ? &units[2] : NULL;
	for (size_t i = from; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == len && !strncmp(units[i].name, *s, len)) {
			*s += len;
			return &units[i];
		}
	return NULL;
}

/* "1.5s" at *s: whole, fraction and unit, added to *total */
static int take_part(const char **s, size_t *next, bool first, uint64_t *total)
{
	const char *point = NULL;
	const struct unit *unit;
	uint64_t n, part, fraction = 0, scale = 1;

	if (take_digits(s, &n))
		return -1;
	if (**s == '.') {
		point = *s;
		*s += 1 + strspn(*s + 1, "0123456789");
	}
	unit = take_unit(s, *next, first);
	if (!unit || (point && **s))
		return -1;
	if (point && take_fraction(&point, unit->digits, &fraction))
		return -1;
	for (unsigned int i = 0; i < unit->digits; i++)
		scale *= 10;
	/* Every unit is a whole multiple of its scale, so nothing is rounded */
	if (__builtin_mul_overflow(n, unit->ns, &part) ||
	    __builtin_add_overflow(part, fraction * (unit->ns / scale), &part) ||
	    __builtin_add_overflow(*total, part, total) || *total > INT64_MAX)
		return -1;
	*next = (size_t)(unit - units) + 1;
	return 0;
}

static int take_duration(const char *s, uint64_t *ns)
{
	uint64_t total = 0;
	size_t next = 0;
	bool first = true;

	do {
		if (take_part(&s, &next, first, &total))
			return -1;
		first = false;
	} while (*s);
	*ns = total;
	return 0;
}

int parse_duration(const char *s, uint64_t *ns, const char **why)
{
	if (!strcmp(s, "max")) {
		*ns = PARSE_MAX;
		return 0;
	}
	if (take_duration(s, ns))
		return because(why,
			       "expected a duration such as 10s, 1.5s, 2m30s or 250ms");
	return 0;
}

int parse_offset(const char *s, int64_t *ns, const char **why)
{
	bool minus = *s == '-';
	uint64_t n;

	if (take_duration(s + (minus || *s == '+'), &n))
		return because(why, "expected an offset such as 10s, -2h or 1h30m");
	*ns = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

int parse_octal(const char *s, uint32_t *out, const char **why)
{
	size_t len = strspn(s, "01234567");
	uint32_t n = 0;

	if (!len || len > 5 || s[len] || (len == 5 && *s != '0'))
		return because(why, "expected an octal number such as 022");
	for (; *s; s++)
		n = n << 3 | (uint32_t)(*s - '0');
	*out = n;
	return 0;
}

int parse_cpus(const char *s, uint64_t *milli, const char **why)
{
	size_t len = strlen(s);
	bool percent = len && s[len - 1] == '%';
	uint64_t n, fraction = 0;

	if (!strcmp(s, "max")) {
		*milli = PARSE_MAX;
		return 0;
	}
	/* A hundredth of a CPU has one digit less behind its point */
	if (take_digits(&s, &n) || n > CPU_MOST * 100u ||
	    (*s == '.' && take_fraction(&s, percent ? 1 : 3, &fraction)) ||
	    strcmp(s, percent ? "%" : "") != 0)
		goto bad;
	n = n * (percent ? 10 : 1000) + fraction;
	if (!n || n > CPU_MOST * 1000u)
		goto bad;
	*milli = n;
	return 0;
bad:
	return because(why, "expected CPUs such as 1.5 or 150%, from 0.001 to 8192");
}

int parse_cpuset(const char *s, const char **why)
{
	uint64_t first, last;

	do {
		if (take_digits(&s, &first))
			goto bad;
		last = first;
		if (*s == '-' && (s++, take_digits(&s, &last)))
			goto bad;
		if (first > last || last >= CPU_MOST)
			goto bad;
	} while (*s == ',' && s++);
	if (!*s)
		return 0;
bad:
	return because(why, "expected a list of CPUs such as 0-3,8");
}

int parse_rate(const char *s, uint64_t *bits, const char **why)
{
	static const char *const names[] = { "bit", "kbit", "mbit", "gbit", "tbit" };
	uint64_t n, factor = 1;

	if (!strcmp(s, "max")) {
		*bits = PARSE_MAX;
		return 0;
	}
	if (take_digits(&s, &n) || !n)
		goto bad;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++, factor *= 1000)
		if (!strcmp(s, names[i]) && !__builtin_mul_overflow(n, factor, &n) &&
		    n <= INT64_MAX) {
			*bits = n;
			return 0;
		}
bad:
	return because(why, "expected a rate such as 10mbit");
}

int parse_id(const char *s, uint32_t *out, const char **why)
{
	uint64_t n;

	if (parse_number_in(s, 0, ID_MOST, &n))
		return because(why, "expected a number from 0 to 4294967294");
	*out = (uint32_t)n;
	return 0;
}

int parse_idmap(const char *s, struct parse_idmap *out, const char **why)
{
	uint64_t n[3];

	for (size_t i = 0; i < 3; i++) {
		if (take_digits(&s, &n[i]) || n[i] > ID_MOST)
			goto bad;
		if (i < 2 && *s++ != ':')
			goto bad;
	}
	/* The last id of each range must be one a process can have */
	if (*s || !n[2] || n[0] + n[2] - 1 > ID_MOST || n[1] + n[2] - 1 > ID_MOST)
		goto bad;
	*out = (struct parse_idmap){ (uint32_t)n[0], (uint32_t)n[1], (uint32_t)n[2] };
	return 0;
bad:
	return because(why, "expected inside:outside:count such as 0:100000:65536, "
			    "no id above 4294967294");
}

int parse_range(const char *s, uint64_t lo, uint64_t hi, uint64_t out[2])
{
	if (take_digits(&s, &out[0]))
		return -1;
	out[1] = out[0];
	if (*s == '-' && (s++, take_digits(&s, &out[1])))
		return -1;
	return *s || out[0] > out[1] || out[0] < lo || out[1] > hi ? -1 : 0;
}
