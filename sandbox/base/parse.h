/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parse.h - strict readers of the values people write: sizes, durations, ids, lists of
 * CPUs
 *
 * All of them take the whole text or nothing: no blanks, no sign where none is said,
 * digits of ASCII only, no leading zeros (`010` is eight to some and ten to others), no
 * overflow. They are pure. On failure they return -1 and, where @why is not NULL, set it
 * to a constant text such as "expected a size such as 512M".
 */
#ifndef NOOK_BASE_PARSE_H
#define NOOK_BASE_PARSE_H

#include <stdint.h>

/* What `max` gives where a reader knows that word */
#define PARSE_MAX UINT64_MAX

/** parse_number() - A plain decimal number, at most 2^64-1 */
int parse_number(const char *s, uint64_t *out, const char **why);
/** parse_number_in() - The same from @lo to @hi; the caller words the range */
int parse_number_in(const char *s, uint64_t lo, uint64_t hi, uint64_t *out);
/** parse_size() - Bytes: a number and one of B K M G T or b k m g t, all but the first
 * also with iB (512MiB), in powers of 1024, below 2^63; `max` gives PARSE_MAX */
int parse_size(const char *s, uint64_t *out, const char **why);
/** parse_swap() - The same, 0 or a page at least: the kernel counts whole ones, and would
 * take less for none */
int parse_swap(const char *s, uint64_t *out, const char **why);
/** parse_duration() - Nanoseconds: `10` and `10s` are seconds, also `2m30s`, `1.5s`,
 * `1h`, `250ms`; units fall, only the last part has a fraction; below 2^63; `max` gives
 * PARSE_MAX */
int parse_duration(const char *s, uint64_t *ns, const char **why);
/** parse_offset() - A duration with an optional sign; no `max` */
int parse_offset(const char *s, int64_t *ns, const char **why);
/** parse_octal() - One to four octal digits, 0 to 07777 */
int parse_octal(const char *s, uint32_t *out, const char **why);
/** parse_cpus() - Thousandths of a CPU: `1.5` or `150%`, 0.001 to 8192; `max` gives
 * PARSE_MAX */
int parse_cpus(const char *s, uint64_t *milli, const char **why);
/** parse_cpuset() - Checks a list of CPUs such as `0-3,8` (cpuset(7), List format) */
int parse_cpuset(const char *s, const char **why);
/** parse_rate() - Bits per second: a number and bit, kbit, mbit, gbit or tbit in powers
 *
 * of 1000, at least 1; `max` gives PARSE_MAX */
int parse_rate(const char *s, uint64_t *bits, const char **why);
/** parse_id() - A user or group number: 0 to 4294967294. The last one is (uid_t)-1, which
 * means "leave it" to setresuid(2) */
int parse_id(const char *s, uint32_t *out, const char **why);

/** struct parse_idmap - One line of an id map, `inside:outside:count` */
struct parse_idmap {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/** parse_idmap() - `inside:outside:count`; neither range reaches 4294967295 */
int parse_idmap(const char *s, struct parse_idmap *out, const char **why);
/** parse_range() - `N` or `N-M` with N <= M, both from @lo to @hi, into out[0] and
 * out[1] */
int parse_range(const char *s, uint64_t lo, uint64_t hi, uint64_t out[2]);
/** parse_cidr() - Checks an IPv4 or IPv6 address with a prefix length, `10.0.0.2/24`; the
 * length may be left out when @bare */
int parse_cidr(const char *s, int bare, const char **why);
/** parse_port() - 1 to 65535 */
int parse_port(const char *s, uint16_t *out, const char **why);
/** parse_mac() - Checks a unicast hardware address, aa:bb:cc:dd:ee:ff */
int parse_mac(const char *s, const char **why);
/** parse_name() - Checks a name of a profile, box or network:
 * [A-Za-z0-9_][A-Za-z0-9_.-]{0,63} */
int parse_name(const char *s, const char **why);
/** parse_signal() - A signal: TERM, SIGTERM, RTMIN+3 or a number the kernel has */
int parse_signal(const char *s, int *out, const char **why);

#endif
