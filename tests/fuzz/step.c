// SPDX-License-Identifier: GPL-3.0-or-later
/* step.c - any datagrams from a hostile init to the keeper (FD-12)
 *
 * The input is messages: a byte of length in units of 8 (255 = a whole struct), a byte
 * whose lowest bits ask for one or two descriptors to come along (the sender's own end,
 * whose end of file must come all the same), and the bytes. The keeper must come to an
 * end after SYNC_MOST of them, know an exit code, and keep no descriptor.
 */
#include "../../sandbox/box/keeper.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

/* One message of the input goes out. Return: bytes used */
static size_t send_one(int sock, const uint8_t *data, size_t size)
{
	struct sync_msg msg = { 0 };
	size_t len = data[0] == 255 ? sizeof(msg) : data[0] * 8u;
	size_t have = size - 2 < len ? size - 2 : len;
	union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} ctl = { 0 };
	struct iovec iov = { .iov_base = &msg, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	char more[2048] = { 0 };
	int fds[2] = { sock, sock };

	memcpy(len > sizeof(msg) ? more : (char *)&msg, data + 2, have);
	if (len > sizeof(msg))
		iov.iov_base = more;
	if (data[1] & 3) {
		size_t bytes = sizeof(int) * (data[1] & 1 ? 1 : 2);
		struct cmsghdr *c;

		mh.msg_control = &ctl;
		mh.msg_controllen = CMSG_SPACE(bytes);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(c), fds, bytes);
	}
	sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
	return 2 + have;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan *pl;
	static struct host *host;
	struct box_wish wish = { 0 };
	struct result res = { 0 };
	struct err e = { 0 };
	struct keeper k = { 0 };
	int sv[2], probe;

	if (!pl) {
		pl = plan_new();
		host = host_open_fixture("tests/plan/hosts/debian12-user", &e);
	}
	if (size < 1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return 0;
	pl->session.init_none = data[0] & 1;
	/* a terminal is taken by its own tests: here one that comes unasked is closed */
	pl->session.terminal = PLAN_TTY_NEVER;
	wish.plan = pl;
	wish.host = host;
	k = (struct keeper){ .wish = &wish, .plan = pl, .result = &res, .sock = sv[0],
			     .terminal = { .pty = -1 }, .signals = -1,
			     .child_fd = { -1, -1, -1 } };
	probe = dup(sv[0]);
	close(probe);
	data++, size--;
	for (int n = 0; size > 2 && n < 2 * SYNC_MOST; n++) {
		size_t used = send_one(sv[1], data, size);

		data += used;
		size -= used;
	}
	close(sv[1]);
	for (int n = 0; !k.over; n++) {
		must(n <= SYNC_MOST);
		read_step(&k, &e);
	}
	must(memchr(e.text, '\0', sizeof(e.text)));
	must(memchr(e.hint, '\0', sizeof(e.hint)));
	must(!k.exited || k.ran);
	keeper_judge(&k, &e);
	must(res.exit_code >= 0 && res.exit_code <= 255);
	sv[1] = dup(sv[0]);
	must(sv[1] <= probe); /* the lowest free descriptor: none was kept */
	close(sv[1]);
	close(sv[0]);
	return 0;
}
