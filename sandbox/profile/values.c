// SPDX-License-Identifier: GPL-3.0-or-later
/* values.c - checks of single values: 0, or -1 and what was expected */
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "profile/internal.h"

static int because(const char **why, const char *reason)
{
	*why = reason;
	return -1;
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

int check_line(const char *s, const char **why)
{
	return has_control(s) ? because(why, "expected one line without control bytes")
			      : 0;
}

/* Words of a command: any text; the parser has refused NUL already */
int check_text(const char *s, const char **why)
{
	(void)s;
	(void)why;
	return 0;
}

int check_hostname(const char *s, const char **why)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789.-";
	size_t len = strlen(s);

	/* HOST_NAME_MAX (gethostname(2)) */
	if (!len || len > 64 || s[strspn(s, fine)] || *s == '.' || *s == '-')
		return because(why, "expected 1 to 64 letters, digits, '.' or '-'");
	return 0;
}

/* A component that is "..", anywhere in @s */
static bool goes_up(const char *s)
{
	for (const char *p = s; (p = strstr(p, "..")); p += 2)
		if ((p == s || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return true;
	return false;
}

int check_box_path(const char *s, const char **why)
{
	if (*s != '/' || goes_up(s) || has_control(s) || strlen(s) > 4095)
		return because(why, "expected an absolute path without '..'");
	return 0;
}

int check_hidden_path(const char *s, const char **why)
{
	if (*s == '~' && s[1] == '/')
		return check_box_path(s + 1, why);
	if (!s[strspn(s, "/")])
		return because(why, "expected a path below '/'");
	return check_box_path(s, why);
}

/* A number is never looked up as a name, however large (containerd CVE-2026-46680) */
int check_id_name(const char *s, const char **why)
{
	uint32_t id;

	if (*s >= '0' && *s <= '9')
		return parse_id(s, &id, why);
	if (!*s || *s == '-' || strlen(s) > 32 || strpbrk(s, ": /\\") || has_control(s))
		return because(why, "expected a number from 0 to 4294967294 or a name");
	return 0;
}

int check_env_name(const char *s, const char **why)
{
	if (*s < '!' || (*s >= '0' && *s <= '9'))
		return because(why, "expected a name such as PATH");
	for (; *s; s++)
		if (*s < '!' || *s > '~' || *s == '=')
			return because(
				why,
				"expected a name of printable characters without '='");
	return 0;
}

int check_env_value(const char *s, const char **why)
{
	/* MAX_ARG_STRLEN of execve(2) less room for the name */
	return strlen(s) > 128 * 1024 ? because(why, "expected at most 128K") : 0;
}

int check_device(const char *s, const char **why)
{
	static const char *const known[] = { "null",   "zero",	  "full",
					     "random", "urandom", "tty" };

	if (*s == '/')
		return !strncmp(s, "/dev/", 5) && s[5]
			       ? check_box_path(s, why)
			       : because(why, "expected a path below '/dev'");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(s, known[i]))
			return 0;
	return because(why, "expected null, zero, full, random, urandom, tty or a path "
			    "below '/dev'");
}

/* What belongs to a namespace and may be set for a box (sysctl(8) of namespaces(7)).
 * Everything else would be the host's: kernel.core_pattern, vm.* (IN-20). */
int check_sysctl(const char *s, const char **why)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	static const char *const known[] = { "net.", "fs.mqueue." };
	static const char *const exact[] = {
		"kernel.msgmax",      "kernel.msgmnb",		"kernel.msgmni",
		"kernel.sem",	      "kernel.shmall",		"kernel.shmmax",
		"kernel.shmmni",      "kernel.shm_rmid_forced", "kernel.msg_next_id",
		"kernel.sem_next_id", "kernel.shm_next_id",	"kernel.auto_msgmni",
	};

	if (s[strspn(s, fine)] || strstr(s, "..") || !*s || s[strlen(s) - 1] == '.')
		return because(why, "expected a name such as net.ipv4.ip_forward");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp(s, known[i], strlen(known[i])) && s[strlen(known[i])])
			return 0;
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		if (!strcmp(s, exact[i]))
			return 0;
	return because(why,
		       "expected one that belongs to a namespace: net.*, fs.mqueue.*, "
		       "kernel.msg*, kernel.sem or kernel.shm*");
}

int check_cidr(const char *s, const char **why)
{
	return strcmp(s, "auto") ? parse_cidr(s, 0, why) : 0;
}

int check_address(const char *s, const char **why)
{
	if (strchr(s, '/'))
		return because(why, "expected an address such as 10.0.0.1 or fd00::1");
	return parse_cidr(s, 1, why);
}

int check_mac(const char *s, const char **why)
{
	return strcmp(s, "auto") ? parse_mac(s, why) : 0;
}

/* Copies @len bytes as a text into @buf of @size; false when they do not fit */
static bool cut(char *buf, size_t size, const char *s, size_t len)
{
	if (len >= size)
		return false;
	memcpy(buf, s, len);
	buf[len] = '\0';
	return true;
}

/* "NUMBER" is a port; -1 also where @s is longer than any port */
static int check_port(const char *s, size_t len)
{
	char text[8];
	uint16_t port;

	return cut(text, sizeof(text), s, len) ? parse_port(text, &port, NULL) : -1;
}

/* An address that ends at @end, IPv6 in brackets */
static int check_address_part(const char *s, const char *end)
{
	char text[64];
	const char *why;

	if (*s == '[') {
		if (end[-1] != ']')
			return -1;
		s++;
		end--;
	}
	return cut(text, sizeof(text), s, (size_t)(end - s)) ? check_address(text, &why)
							     : -1;
}

int check_publish(const char *s, const char **why)
{
	static const char expects[] = "expected [IP:]HOST:BOX[/udp] such as 8080:80";
	const char *slash = strchr(s, '/');
	const char *end = slash ? slash : s + strlen(s);
	const char *box = memrchr(s, ':', (size_t)(end - s));
	const char *host = box ? memrchr(s, ':', (size_t)(box - s)) : NULL;

	if (slash && strcmp(slash, "/udp") != 0 && strcmp(slash, "/tcp") != 0)
		return because(why, expects);
	if (!box || check_port(box + 1, (size_t)(end - box - 1)))
		return because(why, expects);
	if (host && check_address_part(s, host))
		return because(why, expects);
	host = host ? host + 1 : s;
	return check_port(host, (size_t)(box - host)) ? because(why, expects) : 0;
}

static bool is_dns_name(const char *s)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789.-_";
	size_t len = strlen(s);

	return len && len < 254 && !s[strspn(s, fine)] && *s != '-' && *s != '.';
}

/* "10.1", "0x7f.1": inet_aton(3) and with it getaddrinfo(3) make addresses of such names,
 * which are not what a person thinks that they are */
static bool is_number(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	return !last[strspn(last, "0123456789")] || !strncmp(last, "0x", 2) ||
	       !strncmp(last, "0X", 2);
}

int check_allow(const char *s, const char **why)
{
	static const char expects[] = "expected CIDR, CIDR:PORT or NAME:PORT such as "
				      "10.0.0.0/8:443";
	const char *colon = strrchr(s, ':');
	const char *from = s;
	char text[256];
	size_t len;

	if (!parse_cidr(s, 1, why))
		return 0;
	if (strchr(s, '*'))
		return because(why, "a wildcard cannot be looked up: list each name");
	if (!colon || check_port(colon + 1, strlen(colon + 1)))
		return because(why, expects);
	len = (size_t)(colon - s);
	if (*s == '[' && len > 2 && colon[-1] == ']') {
		from = s + 1;
		len -= 2;
	}
	if (!cut(text, sizeof(text), from, len) ||
	    (parse_cidr(text, 1, why) &&
	     (*s == '[' || !is_dns_name(text) || is_number(text))))
		return because(why, expects);
	return 0;
}

int check_host_line(const char *s, const char **why)
{
	const char *colon = strchr(s, ':');
	char name[256];

	if (!colon || !cut(name, sizeof(name), s, (size_t)(colon - s)) ||
	    !is_dns_name(name) || check_address(colon + 1, why))
		return because(why, "expected NAME:ADDRESS such as db:10.0.0.3");
	return 0;
}

int check_label(const char *s, const char **why)
{
	return parse_name(s, NULL) ? because(why, "expected a name of 1 to 64 letters, "
						  "digits, '_', '.' or '-'")
				   : 0;
}
