// SPDX-License-Identifier: GPL-3.0-or-later
/* parse.c - strict readers: every input of IN-08 and IN-25, and sums against 128 bits */
/* checks: IN-08 IN-09 IN-15 IN-24 IN-25 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "tap.h"

#define BAD \
	(UINT64_MAX - 1) /* no reader gives this: they end below 2^63, or at PARSE_MAX */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND	 1000000000ull

struct number {
	const char *text;
	uint64_t want;
};

typedef int reader(const char *s, uint64_t *out, const char **why);

/* One row a test: the value, or a refusal that gives a reason and leaves *out alone */
static void table(const char *what, reader *read, const struct number *v, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t got = BAD;
		const char *why = NULL;
		int rc = read(v[i].text, &got, &why);
		bool good = v[i].want == BAD ? rc == -1 && why && got == BAD
					     : rc == 0 && got == v[i].want;

		if (!ok(good, "%s '%.40s'", what, v[i].text))
			diag("rc %d, got %llu", rc, (unsigned long long)got);
	}
}

static const struct number sizes[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "37B", 37 },
	{ "512M", 512ull << 20 },
	{ "512MiB", 512ull << 20 },
	{ "1KiB", 1024 },
	{ "1b", 1 },
	{ "5k", 5 << 10 },
	{ "512m", 512ull << 20 },
	{ "2giB", 2ull << 30 },
	{ "7t", 7ull << 40 },
	{ "16G", 16ull << 30 },
	{ "7T", 7ull << 40 },
	{ "max", PARSE_MAX },
	{ "9223372036854775807", INT64_MAX },
	{ "8388607T", 8388607ull << 40 },
	/* IN-08 */
	{ "-1", BAD },
	{ "", BAD },
	{ " 5M", BAD },
	{ "5 M", BAD },
	{ "5M ", BAD },
	{ "1.5G", BAD },
	{ "5X", BAD },
	{ "5Mi", BAD },
	{ "5MB", BAD },
	{ "5x", BAD },
	{ "5mb", BAD },
	{ "5mib", BAD },
	{ "5{", BAD },
	{ "5BiB", BAD },
	{ "M", BAD },
	{ "+5M", BAD },
	{ "99999999999G", BAD },
	{ "9223372036854775808", BAD },
	{ "9223372036854775809", BAD },
	{ "18446744073709551615", BAD },
	{ "18446744073709551616", BAD },
	{ "8388608T", BAD },
	{ "9007199254740992K", BAD },
	{ "18014398509481984K", BAD }, /* 1K x 2^54: 2^64, which wraps to 0 */
	{ "\xd9\xa5", BAD },	       /* ARABIC-INDIC DIGIT FIVE */
	{ "010", BAD },
	{ "0x10", BAD },
	{ "1_000", BAD },
	{ "1e3", BAD },
	{ "MAX", BAD },
	{ "5M\t", BAD },
};

static const struct number durations[] = {
	{ "10", 10 * SECOND },
	{ "10s", 10 * SECOND },
	{ "0", 0 },
	{ "2m30s", 150 * SECOND },
	{ "1.5s", 1500000000 },
	{ "1.5", 1500000000 },
	{ "1h", 3600 * SECOND },
	{ "0.5h", 1800 * SECOND },
	{ "1h1m1s1ms", 3661 * SECOND + 1000000 },
	{ "250ms", 250000000 },
	{ "0.000001ms", 1 },
	{ "0.000000001s", 1 },
	{ "max", PARSE_MAX },
	{ "9223372036s", 9223372036ull * SECOND },
	/* IN-25 */
	{ "1000000000000", BAD },
	{ "1000000000000s", BAD },
	{ "9223372037s", BAD },
	{ "2562048h", BAD },
	{ "-1", BAD },
	{ "-1s", BAD },
	{ "", BAD },
	{ "s", BAD },
	{ "1 s", BAD },
	{ "1:30", BAD },
	{ "30s2m", BAD },
	{ "1s1s", BAD },
	{ "2m30", BAD },
	{ "1.5m30s", BAD },
	{ "1.s", BAD },
	{ ".5s", BAD },
	{ "1.0000000001s", BAD },
	{ "1.0000001ms", BAD },
	{ "1d", BAD },
	{ "1us", BAD },
	{ "1sm", BAD },
	{ "01s", BAD },
	{ "1e3", BAD },
	{ ".inf", BAD },
	{ ".nan", BAD },
	{ "10S", BAD },
};

static const struct number cpus[] = {
	{ "1", 1000 },
	{ "1.5", 1500 },
	{ "0.001", 1 },
	{ "150%", 1500 },
	{ "12.5%", 125 },
	{ "0.1%", 1 },
	{ "8192", 8192000 },
	{ "max", PARSE_MAX },
	/* IN-25 */
	{ "0", BAD },
	{ "0%", BAD },
	{ "0.000", BAD },
	{ "1e-9", BAD },
	{ "0.0001", BAD },
	{ "0.01%", BAD },
	{ "1000000", BAD },
	{ "8192.001", BAD },
	{ "99999999999999999999%", BAD },
	{ "-1", BAD },
	{ "1.5.5", BAD },
	{ "%", BAD },
	{ "1%%", BAD },
	{ "", BAD },
};

static const struct number numbers[] = {
	{ "0", 0 },
	{ "64", 64 },
	{ "18446744073709551615", UINT64_MAX },
	{ "18446744073709551616", BAD },
	{ "-1", BAD },
	{ "010", BAD },
	{ "0x10", BAD },
	{ "1_000", BAD },
	{ "1e3", BAD },
	{ "", BAD },
	{ " 1", BAD },
	{ "1 ", BAD },
	{ "max", BAD },
	{ "00", BAD },
};

static const struct number rates[] = {
	{ "1bit", 1 },
	{ "10mbit", 10000000 },
	{ "5kbit", 5000 },
	{ "9223372tbit", 9223372000000000000ull },
	{ "max", PARSE_MAX },
	{ "0mbit", BAD },
	{ "10", BAD },
	{ "10mbps", BAD },
	{ "10Mbit", BAD },
	{ "9223373tbit", BAD },
	{ "18446744073709551615gbit", BAD },
	{ "-1mbit", BAD },
	{ "1.5mbit", BAD },
};

static void small_ones(void)
{
	uint32_t n = 7;
	uint16_t port;
	int64_t ns;
	int sig;
	const char *why;
	struct parse_idmap map;
	uint64_t range[2];

	ok(!parse_octal("022", &n, &why) && n == 022, "octal 022");
	ok(!parse_octal("1777", &n, &why) && n == 01777, "octal 1777");
	ok(!parse_octal("01777", &n, &why) && n == 01777, "octal 01777");
	ok(parse_octal("8", &n, &why) && parse_octal("", &n, &why) &&
		   parse_octal("0o22", &n, &why) && parse_octal("77777", &n, &why) &&
		   parse_octal("-1", &n, &why),
	   "octal refuses");
	ok(!parse_offset("-2h", &ns, &why) && ns == -7200 * (int64_t)SECOND,
	   "offset -2h");
	ok(!parse_offset("+1.5s", &ns, &why) && ns == 1500000000, "offset +1.5s");
	ok(parse_offset("--1", &ns, &why) && parse_offset("-", &ns, &why) &&
		   parse_offset("max", &ns, &why) && parse_offset("- 1", &ns, &why),
	   "offset refuses");
	ok(!parse_id("4294967294", &n, &why) && n == 4294967294u, "the largest id");
	ok(parse_id("4294967295", &n, &why) && parse_id("4294967296", &n, &why) &&
		   parse_id("18446744073709551616", &n, &why) &&
		   parse_id("-1", &n, &why) && parse_id("2147483648x", &n, &why),
	   "no id is 4294967295 or more");
	ok(!parse_idmap("0:100000:65536", &map, &why) && map.outside == 100000 &&
		   map.count == 65536,
	   "id map");
	ok(!parse_idmap("4294967294:0:1", &map, &why), "id map up to the last id");
	ok(parse_idmap("0:0:0", &map, &why) &&
		   parse_idmap("4294967294:0:2", &map, &why) &&
		   parse_idmap("0:4294967295:1", &map, &why) &&
		   parse_idmap("0:0", &map, &why) && parse_idmap("0:0:1:", &map, &why) &&
		   parse_idmap("0:0:4294967296", &map, &why) &&
		   parse_idmap("0 0 1", &map, &why),
	   "id map refuses (IN-15)");
	ok(!parse_range("3-8", 0, 10, range) && range[0] == 3 && range[1] == 8, "range");
	ok(!parse_range("4", 0, 10, range) && range[1] == 4, "range of one");
	ok(parse_range("8-3", 0, 10, range) && parse_range("3-", 0, 10, range) &&
		   parse_range("3-11", 0, 10, range) && parse_range("-3", 0, 10, range),
	   "range refuses");
	ok(!parse_cpuset("0-3,8", &why) && !parse_cpuset("8191", &why), "cpuset");
	ok(parse_cpuset("", &why) && parse_cpuset("3-0", &why) &&
		   parse_cpuset("0,", &why) && parse_cpuset("8192", &why) &&
		   parse_cpuset("0-", &why) && parse_cpuset("0 1", &why) &&
		   parse_cpuset("a", &why) && parse_cpuset("-1", &why),
	   "cpuset refuses");
	ok(!parse_port("65535", &port, &why) && port == 65535 &&
		   parse_port("0", &port, &why) && parse_port("65536", &port, &why) &&
		   parse_port("http", &port, &why),
	   "port");
	ok(!parse_signal("TERM", &sig, &why) && sig == 15 &&
		   !parse_signal("SIGKILL", &sig, &why) && sig == 9 &&
		   !parse_signal("64", &sig, &why) && sig == 64 &&
		   !parse_signal("RTMIN+1", &sig, &why) && sig == 35,
	   "signals");
	ok(parse_signal("SIGFOO", &sig, &why) && parse_signal("0", &sig, &why) &&
		   parse_signal("-1", &sig, &why) && parse_signal("65", &sig, &why) &&
		   parse_signal("RTMIN+99", &sig, &why) &&
		   parse_signal("term", &sig, &why) && parse_signal("", &sig, &why),
	   "signals refuse (IN-24)");
}

static void addresses(void)
{
	const char *why;

	ok(!parse_cidr("10.0.0.2/24", 0, &why) && !parse_cidr("fd00::2/64", 0, &why) &&
		   !parse_cidr("::/0", 0, &why) && !parse_cidr("10.0.0.2", 1, &why),
	   "addresses");
	ok(parse_cidr("10.0.0.2", 0, &why) && parse_cidr("10.0.0.2/33", 0, &why) &&
		   parse_cidr("10.0.0/24", 0, &why) &&
		   parse_cidr("10.0.0.256/8", 0, &why) &&
		   parse_cidr("fd00::2/129", 0, &why) &&
		   parse_cidr("fe80::1%eth0/64", 0, &why) &&
		   parse_cidr("10.0.0.2/", 1, &why) && parse_cidr("", 1, &why) &&
		   parse_cidr("010.0.0.2/8", 0, &why) &&
		   parse_cidr("10.0.0.2/-1", 0, &why),
	   "addresses refuse");
	ok(!parse_mac("02:00:00:00:00:01", &why) &&
		   parse_mac("01:00:00:00:00:01", &why) &&
		   parse_mac("02:00:00:00:00", &why) &&
		   parse_mac("02:00:00:00:00:1", &why) &&
		   parse_mac("02:00:00:00:00:01:", &why) && parse_mac("", &why) &&
		   parse_mac("02-00-00-00-00-01", &why),
	   "hardware addresses");
}

/* IN-09 */
static void names(void)
{
	static const char *const bad[] = {
		"",    ".",	  "..",	      "a/b",	       "/abs",
		"-rf", "--help",  "a\nb",     "a\033b",	       "a\tb",
		"a b", ".hidden", "\xc3\xa9", "a\xe2\x80\xae", NULL,
	};
	char longest[80];
	const char *why;

	memset(longest, 'a', sizeof(longest));
	longest[64] = '\0';
	ok(!parse_name(longest, &why), "a name of 64");
	longest[64] = 'a';
	longest[65] = '\0';
	ok(parse_name(longest, &why), "no name of 65");
	ok(!parse_name("a", &why) && !parse_name("_x-1.y", &why) &&
		   !parse_name("9", &why) && !parse_name("a.", &why),
	   "names");
	for (size_t i = 0; bad[i]; i++)
		ok(parse_name(bad[i], &why), "no name: row %zu", i);
}

/* Whatever is read must be what 128-bit arithmetic gives, or be refused when it is too
 * much */
static void size_property(void)
{
	static const char units[] = "BKMGTbkmgt";
	int wrong = 0;

	srandom(1);
	for (int i = 0; i < 200000; i++) {
		uint64_t n = ((uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^
			      (uint64_t)random()) >>
			     (random() % 64);
		int u = (int)(random() % 5);
		unsigned __int128 want = (unsigned __int128)n << (10 * u);
		uint64_t got = 0;
		char text[64];
		int rc;

		snprintf(text, sizeof(text), "%llu%c%s", (unsigned long long)n,
			 units[i % 3 ? u : u + 5], u && i % 2 ? "iB" : "");
		rc = parse_size(text, &got, NULL);
		wrong += want > INT64_MAX ? rc == 0 : rc != 0 || got != (uint64_t)want;
	}
	is_num(wrong, 0, "200000 sizes agree with 128-bit arithmetic");
}

static void duration_property(void)
{
	int wrong = 0;

	for (int i = 0; i < 200000; i++) {
		uint64_t s = ((uint64_t)random() << 31 | (uint64_t)random()) >>
			     (random() % 62);
		uint64_t ns = (uint64_t)random() % SECOND,
			 m = (uint64_t)random() % 100000;
		unsigned __int128 want = (unsigned __int128)s * SECOND + ns +
					 (unsigned __int128)m * 60 * SECOND;
		uint64_t got = 0;
		char text[96];
		int rc;

		snprintf(text, sizeof(text), "%llum%llu.%09llus", (unsigned long long)m,
			 (unsigned long long)s, (unsigned long long)ns);
		rc = parse_duration(text, &got, NULL);
		wrong += want > INT64_MAX ? rc == 0 : rc != 0 || got != (uint64_t)want;
	}
	is_num(wrong, 0, "200000 durations agree with 128-bit arithmetic");
}

static void idmap_property(void)
{
	int wrong = 0;

	for (int i = 0; i < 100000; i++) {
		uint64_t v[3];
		struct parse_idmap m;
		char text[96];
		bool fits;

		for (int k = 0; k < 3; k++)
			v[k] = ((uint64_t)random() << 2 ^ (uint64_t)random()) >>
			       (random() % 33);
		snprintf(text, sizeof(text), "%llu:%llu:%llu", (unsigned long long)v[0],
			 (unsigned long long)v[1], (unsigned long long)v[2]);
		fits = v[2] && v[0] + v[2] <= 4294967295u && v[1] + v[2] <= 4294967295u;
		wrong += fits != !parse_idmap(text, &m, NULL);
	}
	is_num(wrong, 0, "100000 id maps end before 4294967295 or are refused");
}

int main(void)
{
	plan(0);
	table("size", parse_size, sizes, COUNT(sizes));
	table("duration", parse_duration, durations, COUNT(durations));
	table("cpus", parse_cpus, cpus, COUNT(cpus));
	table("number", parse_number, numbers, COUNT(numbers));
	table("rate", parse_rate, rates, COUNT(rates));
	small_ones();
	addresses();
	names();
	size_property();
	duration_property();
	idmap_property();
	return done();
}
