// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_net.c - verbs about networks: links, addresses, routes, settings and flows of the
 * target's network namespace, and what answers from there
 *
 * A child goes into the namespace and asks the kernel by netlink(7); what is tried on the
 * way (an echo request, a connection) is nook's own and needs no program in there.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "lab/probe.h"
#include "lab/within.h"
#include "netns/net.h"

static int check_target(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	return lab_target_check(words[0], e);
}

/* --- lists ------------------------------------------------------------------------- */

static int list_work(void *arg, struct text *out, struct err *e)
{
	return net_list(*(const enum net_list *)arg, out, e);
}

/* Return: 1; 0 = it cannot be had, which is said; -1 and @e */
static int read_list(const struct aim *a, enum net_list what, struct text *list,
		     struct fact_found *out)
{
	static const char *const files[] = { "links", "addresses", "routes", "flows" };
	struct within w = { a, CLONE_NEWNET, list_work, &what };
	struct err why = { 0 };

	text_cut(&out->source, 0);
	text_addf(&out->source, "the %s of /proc/%d/ns/net, by netlink", files[what],
		  a->pid);
	return within_do(&w, list, &why) < 0 ? fact_nowhere(out, "%s", why.text) : 1;
}

/* Whether a line of @len bytes has the word */
static bool has_word(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = line; p < line + len; p += strcspn(p, " \n") + 1)
		if (strcspn(p, " \n") == n && !strncmp(p, word, n))
			return true;
	return false;
}

static bool has_words(const char *line, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!has_word(line, len, words[i]))
			return false;
	return true;
}

/* The line that has all of the words, and else those that have the first of them, which
 * says what it is about; @words end with a line of the list each */
static void find_line(const char *list, const char *const *words, size_t n,
		      struct fact_found *out)
{
	size_t len;

	for (const char *p = list; *p && !out->holds; p += len + 1) {
		len = strcspn(p, "\n");
		out->holds = has_words(p, len, words, n);
		if (out->holds)
			text_cut(&out->found, 0);
		if (out->holds || has_word(p, len, words[0]))
			text_addf(&out->found, "%s%.*s", out->found.len ? "; " : "",
				  (int)len, p);
	}
	if (!out->found.len)
		text_addf(&out->found, "none with %s", words[0]);
}

static int look_list(const struct lab_scene *s, enum net_list what,
		     const char *const *words, struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	auto_text list = { 0 };
	size_t n = 0;
	int rc = aim_at(s, words[0], &a, out, e);

	for (; words[1 + n]; n++)
		text_addf(&out->expected, "%s%s", n ? " " : "", words[1 + n]);
	if (rc == 1)
		rc = read_list(&a, what, &list, out);
	if (rc == 1)
		find_line(text_str(&list), words + 1, n, out);
	return rc < 0 ? -1 : 0;
}

static int look_link(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	(void)n;
	return look_list(s, NET_LINKS_LIST, words, out, e);
}

static int look_addr(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	(void)n;
	return look_list(s, NET_ADDRESSES_LIST, words, out, e);
}

static int look_route(const struct lab_scene *s, const char *const *words, size_t n,
		      struct fact_found *out, struct err *e)
{
	(void)n;
	return look_list(s, NET_ROUTES_LIST, words, out, e);
}

static int look_flow(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	(void)n;
	return look_list(s, NET_FLOWS_LIST, words, out, e);
}

/* --- ping, tcp-get ----------------------------------------------------------------- */

static int check_to(const char *word, struct err *e)
{
	struct net_prefix to;

	return net_prefix_read(word, &to) < 0 ? lab_target_check(word, e) : 0;
}

static int check_ping(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	return lab_target_check(words[0], e) < 0 ? -1 : check_to(words[1], e);
}

/* The first address of a target that others can send to. Return: 1; 0 = none, which is
 * said; -1 and @e */
static int address_of(const struct lab_scene *s, const char *name, struct net_prefix *to,
		      struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	auto_text list = { 0 };
	char link[32], address[80];
	int rc = aim_at(s, name, &a, out, e);

	if (rc == 1)
		rc = read_list(&a, NET_ADDRESSES_LIST, &list, out);
	if (rc <= 0)
		return rc;
	for (const char *p = text_str(&list); *p; p += strcspn(p, "\n") + 1) {
		if (sscanf(p, "%31s %79[^/ \n]", link, address) == 2 &&
		    strcmp(link, "lo") != 0 && strncmp(address, "fe80:", 5) != 0 &&
		    !net_prefix_read(address, to))
			return 1;
	}
	return fact_nowhere(out, "%s has no address", name);
}

/* The probe's answer, in out->found. Return: 1 and @got; 0 = it cannot be tried, which is
 * said; -1 and @e */
static int try_it(const struct lab_scene *s, const char *const *words, struct within *w,
		  struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	struct probe *p = w->arg;
	struct err why = { 0 };
	int rc = 1;

	if (net_prefix_read(words[1], &p->to) < 0)
		rc = address_of(s, words[1], &p->to, out, e);
	if (rc == 1)
		rc = aim_at(s, words[0], &a, out, e);
	if (rc <= 0)
		return rc;
	text_cut(&out->source, 0);
	text_addf(&out->source, "tried in /proc/%d/ns/net", a.pid);
	w->a = &a;
	w->flags = CLONE_NEWNET;
	rc = within_do(w, &out->found, &why);
	w->a = NULL;
	if (rc < 0)
		return fact_nowhere(out, "%s", why.text);
	out->holds = rc == 1;
	return 1;
}

static int look_ping(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	struct probe p = { 0 };
	struct within w = { .work = probe_ping, .arg = &p };

	(void)n;
	text_addf(&out->expected, "%s answers %s", words[1], words[0]);
	return try_it(s, words, &w, out, e) < 0 ? -1 : 0;
}

static int check_tcp(const char *const *words, size_t n, struct err *e)
{
	const char *why;
	uint16_t port;

	if (lab_target_check(words[0], e) < 0 || check_to(words[1], e) < 0)
		return -1;
	if (parse_port(words[2], &port, &why) < 0)
		return err_set(e, "'%s': %s", words[2], why);
	if (n == 3)
		return 0;
	if (n == 5 && !strcmp(words[3], "=~"))
		return match_check(words[4], e);
	return n == 5 && !strcmp(words[3], "=>")
		       ? 0
		       : err_set(e, "expected => TEXT or =~ REGEX behind the port");
}

static int look_tcp(const struct lab_scene *s, const char *const *words, size_t n,
		    struct fact_found *out, struct err *e)
{
	auto_text said = { 0 };
	struct probe p = { 0 };
	struct within w = { .work = probe_tcp, .arg = &p };
	int rc;

	parse_port(words[2], &p.port, &(const char *){ NULL });
	text_addf(&out->expected, "%s gets %s%s from %s port %s", words[0],
		  n == 3			 ? "a connection"
		  : n == 5 && words[3][1] == '~' ? "what matches "
						 : "",
		  n == 3 ? "" : words[4], words[1], words[2]);
	rc = try_it(s, words, &w, out, e);
	if (rc <= 0 || !out->holds)
		return rc < 0 ? -1 : 0;
	fact_trim(&out->found);
	text_add(&said, text_str(&out->found));
	rc = n == 3		  ? 1
	     : words[3][1] == '~' ? match_text(words[4], text_str(&said), e)
				  : !strcmp(text_str(&said), words[4]);
	out->holds = rc == 1;
	text_cut(&out->found, 0);
	fact_say_text(out, text_str(&said));
	return rc < 0 ? -1 : 0;
}

/* --- sysctl ------------------------------------------------------------------------ */

/* /proc/sys/net is that of the network namespace of who reads, and so on: a child in
 * there reads our own /proc */
static int sysctl_work(void *arg, struct text *out, struct err *e)
{
	if (file_read(AT_FDCWD, arg, out, 4096) < 0)
		return err_sys(e, "cannot read '%s'", (const char *)arg);
	return 0;
}

static int check_sysctl(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	if (lab_target_check(words[0], e) < 0)
		return -1;
	for (const char *p = words[1]; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-/", *p))
			return err_set(e, "'%s' is no name of sysctl(8)", words[1]);
	return strstr(words[1], "..")
		       ? err_set(e, "'%s' is no name of sysctl(8)", words[1])
		       : 0;
}

static int look_sysctl(const struct lab_scene *s, const char *const *words, size_t n,
		       struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	auto_text value = { 0 };
	struct err why = { 0 };
	char path[256];
	struct within w = { &a, CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC, sysctl_work,
			    path };
	int rc;

	(void)n;
	text_addf(&out->expected, "%s = %s", words[1], words[2]);
	rc = aim_at(s, words[0], &a, out, e);
	if (rc <= 0)
		return rc;
	snprintf(path, sizeof(path), "/proc/sys/%s", words[1]);
	if (!strchr(words[1], '/'))
		for (char *p = path; *p; p++)
			*p = *p == '.' ? '/' : *p;
	text_cut(&out->source, 0);
	text_addf(&out->source, "%s in the namespaces of process %d", path, a.pid);
	if (within_do(&w, &value, &why) < 0)
		return fact_nowhere(out, "%s", why.text);
	fact_trim(&value);
	out->holds = !strcmp(text_str(&value), words[2]);
	fact_say_text(out, text_str(&value));
	return 0;
}

const struct fact_verb facts_net[] = {
	{ "net-link", "TARGET LINK [WORD...]",
	  "its network namespace has that link, with all of the words: up, down, "
	  "carrier, "
	  "kind=veth, master=br0, mac=02:00:00:00:00:01, mtu=1500",
	  2, 10, check_target, look_link },
	{ "net-addr", "TARGET LINK ADDRESS/LEN", "the link has that address", 3, 3,
	  check_target, look_addr },
	{ "net-route", "TARGET DESTINATION [WORD...]",
	  "its main table has that route (default, or 10.0.0.0/24), with all of the "
	  "words: "
	  "via=10.0.0.1, dev=eth0",
	  2, 10, check_target, look_route },
	{ "ping", "TARGET ADDRESS|TARGET",
	  "the address, or the first one of the other target, answers to an echo request "
	  "from its network",
	  2, 2, check_ping, look_ping },
	{ "tcp-get", "TARGET ADDRESS|TARGET PORT [=> TEXT | =~ REGEX]",
	  "a TCP connection can be made from its network, and what comes over it, "
	  "without a "
	  "head of HTTP, is that text or has what matches",
	  3, 5, check_tcp, look_tcp },
	{ "conntrack", "TARGET WORD...",
	  "its connection tracker has a flow with all of the words: tcp udp icmp "
	  "orig-src=10.0.0.2 orig-dst= orig-sport= orig-dport= reply-src= reply-dst= "
	  "reply-sport= reply-dport=",
	  2, 10, check_target, look_flow },
	{ "sysctl", "TARGET NAME VALUE",
	  "the setting, net.ipv4.ip_forward or net/ipv4/ip_forward, has that value in "
	  "its "
	  "network, uts and ipc namespaces",
	  3, 3, check_sysctl, look_sysctl },
	{ 0 },
};
