// SPDX-License-Identifier: GPL-3.0-or-later
/* onlooker.c - a client that looks on at the command of a box in the background
 *
 * Theory of operation. What the command writes comes as datagrams (box/attach.h) and goes
 * to descriptors 1 and 2. Where the command has a terminal the client has its master too:
 * what is typed goes in there, and the size. The keys that detach are taken out; the
 * beginning of them that did not become the whole goes in behind. The box takes no notice
 * of any of it: an onlooker that is stopped, or killed, misses something and no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parcel.h"
#include "box/attach.h"
#include "box/box.h"
#include "box/control.h"
#include "box/store.h"
#include "box/sync.h"
#include "box/terminal.h"

#define HEAD offsetof(struct attach_msg, data)

/**
 * struct onlooker - A client while it looks on
 * @keys, @matched: What detaches, and how much of it was typed last
 * @typed, @typed_len: On its way to the terminal
 * @over:	@code is known
 */
struct onlooker {
	const struct record *rec;
	const char *keys;
	size_t matched, typed_len;
	int line, signals;
	struct terminal terminal;
	char typed[4096 + ATTACH_KEYS];
	bool no_input, over;
	int code;
};

/* Waits for @fd, and gives up on a signal: then nothing more is shown */
static void show(struct onlooker *o, int fd, const char *data, size_t len)
{
	while (len && !o->over) {
		struct pollfd p[] = { { .fd = fd, .events = POLLOUT },
				      { .fd = o->signals, .events = POLLIN } };
		ssize_t n;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents && !(p[0].revents & POLLOUT))
			return;
		n = write(fd, data, len < 4096 ? len : 4096);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

static void say_lost(struct onlooker *o, int lost)
{
	static const char words[] = "\r\n[nook: too slow, some output is left out]\r\n";

	if (lost)
		show(o, STDERR_FILENO, words, sizeof(words) - 1);
}

static void read_line(struct onlooker *o, struct err *e)
{
	struct attach_msg msg;
	struct parcel p = { .data = &msg, .len = sizeof(msg), .count = 1 };
	ssize_t n = parcel_recv(o->line, &p, 0);

	if (n < (ssize_t)HEAD || n > (ssize_t)sizeof(msg)) {
		o->over = true;
		o->code = 137; /* it ran, and was killed with its keeper */
		err_set(e, "the keeper of box '%s' has ended", store_name(o->rec));
	} else if (msg.step == STEP_READY && p.fd[0] >= 0 && o->terminal.pty < 0) {
		o->terminal.pty = fd_take(&p.fd[0]);
		terminal_enter_raw(&o->terminal);
	} else if (msg.step == STEP_OUTPUT) {
		say_lost(o, msg.code);
		show(o, msg.value == 2 ? STDERR_FILENO : STDOUT_FILENO, msg.data,
		     (size_t)n - HEAD);
	} else if (msg.step == STEP_EXIT) {
		say_lost(o, msg.code);
		o->over = true;
		o->code = msg.value;
	}
	parcel_close(&p);
}

/* The keys are looked for byte by byte; @typed has room for those that were held back */
static void take_keys(struct onlooker *o, const char *data, size_t len)
{
	size_t whole = strlen(o->keys);

	for (size_t i = 0; i < len && !o->over; i++) {
		if (whole && data[i] != o->keys[o->matched] && o->matched) {
			memcpy(o->typed + o->typed_len, o->keys, o->matched);
			o->typed_len += o->matched;
			o->matched = 0;
		}
		if (whole && data[i] == o->keys[o->matched])
			o->over = ++o->matched == whole;
		else
			o->typed[o->typed_len++] = data[i];
	}
}

/* At most as much as leaves room for keys that were held back, and one each */
static void read_input(struct onlooker *o)
{
	char data[2048];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));

	if (n > 0)
		take_keys(o, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		o->no_input = true;
}

static void write_input(struct onlooker *o)
{
	ssize_t n = write(o->terminal.pty, o->typed, o->typed_len);

	if (n > 0) {
		o->typed_len -= (size_t)n;
		memmove(o->typed, o->typed + n, o->typed_len);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		o->typed_len = 0;
		o->no_input = true;
	}
}

static void take_signals(struct onlooker *o)
{
	struct signalfd_siginfo si;

	while (read(o->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGWINCH) {
			terminal_resize(&o->terminal);
		} else {
			o->over = true;
			o->code = 128 + sig;
		}
	}
}

static void watch(struct onlooker *o, struct err *e)
{
	while (!o->over) {
		bool tty = o->terminal.pty >= 0;
		struct pollfd p[] = {
			{ .fd = o->line, .events = POLLIN },
			{ .fd = o->signals, .events = POLLIN },
			{ .fd = tty && !o->no_input && !o->typed_len ? 0 : -1,
			  .events = POLLIN },
			{ .fd = o->typed_len ? o->terminal.pty : -1, .events = POLLOUT },
		};

		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents)
			take_signals(o);
		if (p[0].revents && !o->over)
			read_line(o, e);
		if (p[2].revents)
			read_input(o);
		if (p[3].revents)
			write_input(o);
	}
}

static int ask(struct onlooker *o, struct err *e)
{
	struct control_ask ask = { .op = CONTROL_ATTACH };
	auto_fd theirs = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	o->line = pair[0];
	theirs = pair[1];
	return control_call_with(o->rec, &ask, &theirs, 1, e);
}

/* What asks a program to end, and what tells of the size; ^Z stops us as any other */
static void fill_signals(sigset_t *set)
{
	static const int taken[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH };

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (taken[i] != SIGHUP || box_minds_hangup())
			sigaddset(set, taken[i]);
}

int onlooker_run(const struct record *rec, const char *keys, struct err *e)
{
	struct onlooker o = {
		.rec = rec, .keys = keys, .line = -1, .terminal = { .pty = -1 }
	};
	auto_fd line = -1, signals = -1, pty = -1;
	sigset_t taken, before;

	fill_signals(&taken);
	sigprocmask(SIG_BLOCK, &taken, &before);
	signals = o.signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	o.code = signals < 0 ? err_sys(e, "cannot open a signalfd") : ask(&o, e);
	line = o.line;
	if (!o.code)
		watch(&o, e);
	pty = o.terminal.pty;
	terminal_leave_raw(&o.terminal);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return o.code;
}
