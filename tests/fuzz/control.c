// SPDX-License-Identifier: GPL-3.0-or-later
/* control.c - any datagrams from a client of the control socket to the keeper
 *
 * The input is messages: a byte of length in units of 8 (255 = a whole question with its
 * magic and version in front, so that what is behind them is reached), and the bytes.
 * Each sends a descriptor along. The keeper, whose box has ended, must answer whole or
 * hang up, keep no descriptor but the client's, and have limits that make sense. One bit
 * of the first byte has all of it said on the line of a session instead, whose command
 * has ended: nothing is answered there.
 */
#include "../../sandbox/box/control.c"

#include <stdlib.h>

#include "box/join.h"
#include "box/keeper.h"
#include "box/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static void send_with_fd(int sock, const void *buf, size_t len)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl = { 0 };
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &ctl,
			     .msg_controllen = sizeof(ctl.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &sock, sizeof(int));
	sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* One message of the input goes out. Return: bytes used */
static size_t send_one(int sock, const uint8_t *data, size_t size)
{
	struct control_ask ask = { .magic = CONTROL_MAGIC, .version = CONTROL_VERSION };
	const size_t head = offsetof(struct control_ask, op);
	size_t len = data[0] == 255 ? sizeof(ask) - head : data[0] * 8u;
	size_t have = size - 1 < len ? size - 1 : len;
	char room[2048] = { 0 };

	if (data[0] == 255) {
		memcpy((char *)&ask + head, data + 1, have);
		send_with_fd(sock, &ask, sizeof(ask));
	} else {
		memcpy(room, data + 1, have);
		send_with_fd(sock, room, len);
	}
	return 1 + have;
}

/* Every answer that came is whole and says yes or why not */
static void read_answers(int sock)
{
	struct control_answer out;
	ssize_t n;

	while ((n = recv(sock, &out, sizeof(out), MSG_DONTWAIT | MSG_TRUNC)) > 0) {
		must(n == (ssize_t)sizeof(out) && out.magic == CONTROL_MAGIC);
		must(memchr(out.err.text, '\0', sizeof(out.err.text)));
		must(memchr(out.err.hint, '\0', sizeof(out.err.hint)));
		must(out.done ? !out.err.text[0] : out.err.text[0] != '\0');
		must(out.limits.wall <= INT64_MAX && out.limits.grace <= INT64_MAX);
	}
}

/* What the keeper does when something has come */
static void hear(struct keeper *k)
{
	struct pollfd p[1 + SESSIONS_MOST];
	int n = session_poll(k, p);

	for (int i = 0; i < n; i++)
		p[i].revents = POLLIN;
	session_step(k, p, n);
	control_step(&k->control, keeper_order, k);
}

/* A child that has ended and that nobody waits for: signals to its pid reach nobody */
static pid_t make_zombie(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	must(pid > 0);
	return pid;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan *pl;
	static pid_t zombie;
	struct result res = { 0 };
	struct keeper k = { .sock = -1, .terminal = { .pty = -1 }, .signals = -1 };
	struct box_wish wish = { 0 };
	struct log log = { .dir = -1, .fd = -1 };
	struct join_note note = { 0 };
	struct session session = { .note = &note, .line = -1 };
	int sv[2], probe;
	bool on_line;

	if (!pl) {
		pl = plan_new();
		zombie = make_zombie();
	}
	if (size < 1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return 0;
	k.plan = pl;
	k.result = &res;
	k.store = (struct store){ .dir = -1, .file = -1 };
	k.pid = data[0] & 1 ? 0 : zombie;
	k.relay.most = data[0] & 2 ? 4096 : 0;
	on_line = data[0] & 4;
	wish.log = data[0] & 16 ? &log : NULL;
	k.wish = &wish;
	k.control = (struct control){ .is_open = true, .listen = -1, .count = !on_line };
	k.control.client[0] = sv[0];
	session.line = sv[0];
	session.kept = data[0] & 8;
	k.sessions = (struct sessions){ .v = &session, .count = on_line };
	probe = dup(sv[0]);
	close(probe);
	data++, size--;
	for (int n = 0; size > 1 && n < 8; n++) {
		size_t used = send_one(sv[1], data, size);

		data += used;
		size -= used;
		hear(&k);
		read_answers(sv[1]);
	}
	must(k.control.count <= 1);
	if (k.control.count)
		close(k.control.client[0]);
	attach_output(&k, 1, "last", 4);
	attach_end(&k, 0);
	if (on_line && session.line >= 0)
		close(session.line);
	sv[0] = dup(sv[1]);
	must(sv[0] <= probe); /* the lowest free descriptor: none was kept */
	close(sv[0]);
	close(sv[1]);
	return 0;
}
