// SPDX-License-Identifier: GPL-3.0-or-later
/* parse_net.c - strict readers of addresses, ports, names and signals */
#include <arpa/inet.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/parse.h"

static int because(const char **why, const char *reason)
{
	if (why)
		*why = reason;
	return -1;
}

/* inet_pton takes no zone and no short form, which is what we want; 0 = no address */
static unsigned int address_bits(const char *s)
{
	unsigned char raw[16];

	if (inet_pton(AF_INET, s, raw) == 1)
		return 32;
	return inet_pton(AF_INET6, s, raw) == 1 ? 128 : 0;
}

int parse_cidr(const char *s, int bare, const char **why)
{
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);
	char address[INET6_ADDRSTRLEN];
	unsigned int bits;
	uint64_t prefix;

	if (len >= sizeof(address) || (!slash && !bare))
		goto bad;
	memcpy(address, s, len);
	address[len] = '\0';
	bits = address_bits(address);
	if (bits && (!slash || !parse_number_in(slash + 1, 0, bits, &prefix)))
		return 0;
bad:
	return because(why,
		       bare ? "expected an address such as 10.0.0.2 or fd00::2"
			    : "expected an address such as 10.0.0.2/24 or fd00::2/64");
}

int parse_port(const char *s, uint16_t *out, const char **why)
{
	uint64_t n;

	if (parse_number_in(s, 1, 65535, &n))
		return because(why, "expected a port from 1 to 65535");
	*out = (uint16_t)n;
	return 0;
}

int parse_mac(const char *s, const char **why)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	for (size_t i = 0; i < 6; i++, s += 3)
		if (strspn(s, hex) != 2 || s[2] != (i < 5 ? ':' : '\0') ||
		    (!i && strchr("13579bdfBDF", s[1])))
			return because(why, "expected a unicast hardware address such as "
					    "02:00:00:00:00:01");
	return 0;
}

int parse_name(const char *s, const char **why)
{
	static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_.-";
	size_t len = strspn(s, rest);

	if (!len || len > 64 || s[len] || *s == '.' || *s == '-')
		return because(why,
			       "expected a name of 1 to 64 letters, digits, '_', '.' or "
			       "'-', not beginning with '.' or '-'");
	return 0;
}

static const struct name signals[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },
	{ "QUIT", SIGQUIT }, { "ILL", SIGILL },
	{ "TRAP", SIGTRAP }, { "ABRT", SIGABRT },
	{ "BUS", SIGBUS },   { "FPE", SIGFPE },
	{ "KILL", SIGKILL }, { "USR1", SIGUSR1 },
	{ "SEGV", SIGSEGV }, { "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE }, { "ALRM", SIGALRM },
	{ "TERM", SIGTERM }, { "STKFLT", SIGSTKFLT },
	{ "CHLD", SIGCHLD }, { "CONT", SIGCONT },
	{ "STOP", SIGSTOP }, { "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN }, { "TTOU", SIGTTOU },
	{ "URG", SIGURG },   { "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ }, { "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF }, { "WINCH", SIGWINCH },
	{ "IO", SIGIO },     { "PWR", SIGPWR },
	{ "SYS", SIGSYS },   { NULL, 0 },
};

int parse_signal(const char *s, int *out, const char **why)
{
	/* The kernel's own numbers (signal(7)): a libc's SIGRTMIN hides some for
	 * itself */
	const int kernel_most = 64, rt_first = 34;
	uint64_t n;
	int found;

	if (!strncmp(s, "SIG", 3))
		s += 3;
	if (!parse_number_in(s, 1, (uint64_t)kernel_most, &n)) {
		*out = (int)n;
		return 0;
	}
	if (!strncmp(s, "RTMIN+", 6) &&
	    !parse_number_in(s + 6, 0, (uint64_t)(kernel_most - rt_first), &n)) {
		*out = rt_first + (int)n;
		return 0;
	}
	found = name_find(signals, s);
	if (found < 0)
		return because(why, "expected a signal such as TERM, 15 or RTMIN+1");
	*out = found;
	return 0;
}
