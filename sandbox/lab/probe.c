// SPDX-License-Identifier: GPL-3.0-or-later
/* probe.c - whether somebody answers: an echo request, a TCP connection */
#include "lab/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"

#define TRIES	  3
#define TRY_MS	  200
#define GREET_MS  60 /* for a server that speaks first */
#define ANSWER_MS 500
#define MOST_READ ((size_t)4096)

/* Types of RFC 792 and RFC 4443; linux/icmp.h clashes with headers of musl */
enum { ECHO4 = 8, REPLY4 = 0, ECHO6 = 128, REPLY6 = 129 };

/** struct echo - The head of a request and its reply */
struct echo {
	uint8_t type, code;
	uint16_t sum, id, seq;
	char text[16];
};

/* What this machine or a limit of ours lacks says nothing of who was asked */
static bool is_our_own(int why)
{
	return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

static socklen_t address_of(const struct probe *p, struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(p->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(p->port) };

	if (p->to.family == AF_INET) {
		memcpy(&in.sin_addr, p->to.addr, sizeof(in.sin_addr));
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, p->to.addr, sizeof(in6.sin6_addr));
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

static bool wait_for(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, ms) == 1;
}

/* For something to read, until @end, however often it is called */
static bool wait_until(int fd, int64_t end)
{
	int ms = clock_left_ms(end);

	return ms && wait_for(fd, POLLIN, ms);
}

/* --- connections ------------------------------------------------------------------- */

/* Return: a socket; -1 and errno */
static int connect_to(const struct probe *p, int ms)
{
	auto_fd s = socket(p->to.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage to = { 0 };
	socklen_t len = address_of(p, &to), size = sizeof(int);
	int why = 0;

	if (s < 0)
		return -1;
	if (connect(s, (void *)&to, len) < 0) {
		if (errno != EINPROGRESS)
			return -1;
		if (!wait_for(s, POLLOUT, ms))
			why = ETIMEDOUT;
		else if (getsockopt(s, SOL_SOCKET, SO_ERROR, &why, &size) < 0)
			return -1;
	}
	errno = why;
	return why ? -1 : fd_take(&s);
}

static void cut_head(struct text *out)
{
	const char *s = text_str(out), *end;
	auto_text body = { 0 };

	if (strncmp(s, "HTTP/1.", 7) != 0)
		return;
	end = strstr(s, "\r\n\r\n");
	if (!end)
		return;
	text_add(&body, end + 4);
	text_cut(out, 0);
	text_add(out, text_str(&body));
}

int probe_tcp(void *arg, struct text *out, struct err *e)
{
	static const char ask[] = "GET / HTTP/1.0\r\n\r\n";
	auto_fd s = connect_to(arg, ANSWER_MS);
	char buf[1024];
	int64_t end;
	ssize_t n;

	if (s < 0) {
		if (is_our_own(errno))
			return err_sys(e, "cannot try it");
		text_add(out, strerror(errno));
		return 0;
	}
	if (!wait_for(s, POLLIN, GREET_MS) && send(s, ask, strlen(ask), MSG_NOSIGNAL) < 0)
		text_cut(out, 0); /* it has closed: what it said can be read */
	end = clock_ms() + ANSWER_MS;
	while (out->len < MOST_READ && wait_until(s, end)) {
		n = recv(s, buf, sizeof(buf), 0);
		if (n <= 0)
			break;
		text_addn(out, buf, (size_t)n);
	}
	cut_head(out);
	return 1;
}

/* --- echo -------------------------------------------------------------------------- */

/* RFC 1071; of IPv6 the kernel makes it */
static uint16_t checksum(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* A raw socket has packets of everybody, in front of which is the head of IPv4 */
static bool is_reply(const struct probe *p, const char *buf, ssize_t n, bool raw,
		     const struct echo *sent)
{
	bool is_v4 = p->to.family == AF_INET;
	size_t head = raw && is_v4 && n > 0 ? (size_t)(buf[0] & 15) * 4 : 0;
	struct echo got;

	if (n < 0 || (size_t)n < head + sizeof(got))
		return false;
	memcpy(&got, buf + head, sizeof(got));
	return got.type == (is_v4 ? REPLY4 : REPLY6) && got.seq == sent->seq &&
	       (!raw || got.id == sent->id);
}

/* One request. Return: 1 = answered, 0 = not in time; -1 and errno */
static int ask_once(int s, const struct probe *p, bool raw, int seq)
{
	bool is_v4 = p->to.family == AF_INET;
	struct echo echo = { .type = is_v4 ? ECHO4 : ECHO6,
			     .id = htons((uint16_t)getpid()),
			     .seq = htons((uint16_t)seq),
			     .text = "nook" };
	struct sockaddr_storage to = { 0 };
	struct probe at = { p->to, 0 };
	socklen_t len = address_of(&at, &to);
	char buf[256];
	int64_t end;

	if (is_v4)
		echo.sum = checksum(&echo, sizeof(echo));
	if (sendto(s, &echo, sizeof(echo), 0, (void *)&to, len) < 0)
		return -1;
	end = clock_ms() + TRY_MS;
	while (wait_until(s, end)) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);

		if (is_reply(p, buf, n, raw, &echo))
			return 1;
	}
	return 0;
}

static int ping(int s, const struct probe *p, bool raw, struct text *out, struct err *e)
{
	int got = 0;

	for (int i = 0; i < TRIES && !got; i++)
		got = ask_once(s, p, raw, i + 1);
	if (got < 0 && is_our_own(errno))
		return err_sys(e, "cannot try it");
	if (got > 0)
		text_add(out, "it answers");
	else
		text_addf(out, "%d requests, no answer%s%s", TRIES, got ? ": " : "",
			  got ? strerror(errno) : "");
	return got > 0;
}

/* Where no echo request may be sent. A machine that refuses is there */
static int ping_by_tcp(const struct probe *p, struct text *out, struct err *e)
{
	struct probe echo = { p->to, 7 };
	auto_fd s = connect_to(&echo, TRIES * TRY_MS);

	if (s >= 0 || errno == ECONNREFUSED) {
		text_add(out, "it answers, by TCP");
		return 1;
	}
	if (is_our_own(errno))
		return err_sys(e, "cannot try it");
	text_addf(out, "no answer, by TCP: %s", strerror(errno));
	return 0;
}

int probe_ping(void *arg, struct text *out, struct err *e)
{
	const struct probe *p = arg;
	int protocol = p->to.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	auto_fd raw = socket(p->to.family, SOCK_RAW | SOCK_CLOEXEC, protocol);
	auto_fd dgram = -1;

	if (raw >= 0)
		return ping(raw, p, true, out, e);
	dgram = socket(p->to.family, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
	if (dgram >= 0)
		return ping(dgram, p, false, out, e);
	return ping_by_tcp(p, out, e);
}
