// SPDX-License-Identifier: GPL-3.0-or-later
/* visit.c - the client's side of a command that is brought into a box that runs
 *
 * Theory of operation. What is said on the line stands in box/session.h. The client
 * believes the keeper, which is of the same user; it waits for three things at once: the
 * line, signals, and the terminal that it shows. Signals are blocked from before the
 * first word to the keeper, so none is lost: those that come while the command is still
 * on its way are sent behind it. A keeper that ends behind the question, or is silent,
 * may have made a joiner: the line tells, and without an answer its word counts.
 */
#include "box/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sealed.h"
#include "box/box.h"
#include "box/control.h"
#include "box/keeper.h"
#include "box/relay.h"
#include "box/session.h"
#include "box/store.h"
#include "box/sync.h"
#include "box/terminal.h"

#define BEGUN_MS      1000  /* for the first word of a joiner that nobody answers for */
#define QUIET_MS      50    /* of a terminal whose command has ended: it has said all */
#define HURRY_MS      1000  /* for a reader, where somebody wants the end */
#define TERMINAL_ROOM 65536 /* a pipe (pipe(7)); a pty: 8 KiB and 4 (pty.c, n_tty.c) */

/**
 * struct visit - One command while it is waited for
 * @line, @signals: Descriptors
 * @may_run:	STEP_GO has come
 * @hurried:	Somebody wants the end, and does not wait for who reads the output
 * @over:	Nothing more will come; @code is known
 * @code:	As visit_exec() returns it
 */
struct visit {
	const struct record *rec;
	int line, signals;
	struct relay relay;
	struct terminal terminal;
	bool keep, may_run, over, hurried;
	int code;
};

/* --- the question ------------------------------------------------------------------- */

/* What the command gets in the place of a terminal of the caller's (tty.c), or for good.
 * Return: a descriptor, -1 and @e */
static int stand_in(struct visit *v, int fd, struct err *e)
{
	int ends[2];

	if (v->keep || !fd) {
		ends[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
		return ends[1] < 0 ? err_sys(e, "cannot open '/dev/null'") : ends[1];
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe for the output");
	if (relay_add(&v->relay, ends[0], relay_dup(fd, O_WRONLY), true) == 0)
		return ends[1];
	close(ends[0]);
	close(ends[1]);
	return err_set(e, "out of memory");
}

static int ask_with(struct visit *v, struct control_ask *ask, const int *fd,
		    struct err *e)
{
	int with[SESSION_FDS], made[3] = { -1, -1, -1 }, r = 0;

	memcpy(with, fd, sizeof(with));
	for (int i = 0; !r && i < 3; i++) {
		/* what goes on alone must not hold the caller's pipes */
		if (!v->keep && !isatty(i))
			continue;
		/* one pipe, or both outputs would lose their order */
		if (i == 2 && made[1] >= 0 && relay_is_one_terminal(1, 2)) {
			with[SESSION_STDIN + 2] = made[1];
			continue;
		}
		with[SESSION_STDIN + i] = made[i] = stand_in(v, i, e);
		r = made[i] < 0 ? -1 : 0;
	}
	if (!r)
		r = control_call_with(v->rec, ask, with, SESSION_FDS, e);
	for (int i = 0; i < 3; i++)
		if (made[i] >= 0)
			close(made[i]);
	return r;
}

static int ask(struct visit *v, const struct plan *wish, struct err *e)
{
	const struct iovec bytes = { .iov_base = (void *)wish, .iov_len = wish->size };
	struct control_ask ask = { .op = CONTROL_EXEC,
				   .flags = v->keep ? CONTROL_KEEP : 0 };
	bool stdio = wish->session.terminal != PLAN_TTY_OWN;
	auto_fd packed = sealed_make("nook-wish", &bytes, 1);
	auto_fd theirs = -1;
	struct winsize size;
	int pair[2];

	if (!stdio && !ioctl(0, TIOCGWINSZ, &size)) {
		ask.rows = size.ws_row;
		ask.columns = size.ws_col;
	}
	if (packed < 0)
		return err_sys(e, "cannot hand the command on");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	v->line = pair[0];
	theirs = pair[1];
	const int fd[SESSION_FDS] = { theirs, packed, 0, 1, 2 };

	return stdio ? ask_with(v, &ask, fd, e)
		     : control_call_with(v->rec, &ask, fd, SESSION_STDIN, e);
}

/* Nobody has answered. Its first word comes before the command can run; where there is no
 * joiner the line ends, because all its other ends are closed with the question: only a
 * keeper that was stopped has them still */
static bool has_begun(const struct visit *v)
{
	struct pollfd p = { .fd = v->line, .events = POLLIN };
	char byte;

	return v->line >= 0 && poll(&p, 1, BEGUN_MS) > 0 &&
	       recv(v->line, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) > 0;
}

static int begin(struct visit *v, const struct plan *wish, struct err *e)
{
	if (ask(v, wish, e) == 0)
		return 0;
	if (!has_begun(v))
		return -1;
	*e = (struct err){ 0 };
	return 0;
}

/* --- while it runs ------------------------------------------------------------------ */

static void send_signal(const struct visit *v, int sig)
{
	struct sync_msg msg = { .step = STEP_SIGNAL, .value = sig };

	sync_send(v->line, &msg, -1);
}

/* The command stops, then we do: a shell waits for that. The terminal is the shell's
 * meanwhile */
static void stop_both(struct visit *v)
{
	send_signal(v, SIGSTOP);
	terminal_leave_raw(&v->terminal);
	raise(SIGSTOP);
	terminal_enter_raw(&v->terminal);
	send_signal(v, SIGCONT);
}

static void take_signals(struct visit *v)
{
	struct signalfd_siginfo si;

	while (read(v->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGWINCH)
			terminal_resize(&v->terminal);
		else if (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)
			stop_both(v);
		else if (sig != SIGCHLD && sig != SIGCONT)
			send_signal(v, sig);
		v->hurried |= keeper_asks_to_end(sig);
	}
}

static void on_exit_status(struct visit *v, const struct sync_msg *msg, struct err *e)
{
	v->over = true;
	v->code = WIFEXITED(msg->value) ? WEXITSTATUS(msg->value)
					: 128 + WTERMSIG(msg->value);
	if (msg->code)
		err_set(e, "box '%s' has ended, and the command with it",
			store_name(v->rec));
}

static void on_failed(struct visit *v, const struct sync_msg *msg, struct err *e)
{
	bool exec = msg->value == CAUSE_EXEC && (msg->code == 126 || msg->code == 127);

	v->over = true;
	v->code = exec ? msg->code : -1;
	*e = msg->err;
}

static void read_line(struct visit *v, struct err *e)
{
	struct sync_msg msg;
	auto_fd fd = -1;

	if (sync_recv(v->line, &msg, &fd) != 1) {
		v->over = true;
		v->code = v->may_run ? 137 : -1;
		err_set(e, "the keeper of box '%s' has ended", store_name(v->rec));
		return;
	}
	switch (msg.step) {
	case STEP_READY:
		if (fd >= 0 && v->terminal.pty < 0)
			terminal_take(&v->terminal, &v->relay, fd_take(&fd));
		break;
	case STEP_GO:
		v->may_run = true;
		break;
	case STEP_EXEC:
		v->over = v->keep;
		v->code = 0;
		break;
	case STEP_EXIT:
		on_exit_status(v, &msg, e);
		break;
	case STEP_FAILED:
		on_failed(v, &msg, e);
		break;
	default:
		break; /* of a later version */
	}
}

static void watch(struct visit *v, struct err *e)
{
	struct pollfd p[2 + 2 * RELAY_STREAMS];

	while (!v->over) {
		int n = 2;

		p[0] = (struct pollfd){ .fd = v->line, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = v->signals, .events = POLLIN };
		n += relay_poll(&v->relay, p + n);
		if (poll(p, (nfds_t)n, -1) < 0 && errno != EINTR)
			break;
		relay_step(&v->relay);
		if (p[1].revents)
			take_signals(v);
		if (p[0].revents)
			read_line(v, e);
	}
}

/* There is no command any more that would stop with us */
static void stop_alone(struct visit *v)
{
	terminal_leave_raw(&v->terminal);
	raise(SIGSTOP);
	terminal_enter_raw(&v->terminal);
	terminal_let_signals(&v->terminal);
}

static void take_late_signals(struct visit *v)
{
	struct signalfd_siginfo si;

	while (read(v->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)
			stop_alone(v);
		v->hurried |= keeper_asks_to_end(sig);
	}
}

/*
 * What it wrote before it ended is still on its way through terminal or pipes. Who reads
 * it may take his time, as of a box's own output (tty.c), unless somebody wants the end.
 * Others in the box may hold the terminal open, and go on writing: the end has come when
 * it was silent, or when so much was written out that all of the command's is among it.
 */
static void drain(struct visit *v)
{
	struct pollfd p[1 + 2 * RELAY_STREAMS];
	uint64_t most = relay_out(&v->relay) +
			RELAY_STREAMS * (RELAY_ROOM + TERMINAL_ROOM);

	relay_end_input(&v->relay);
	if (!relay_is_done(&v->relay))
		terminal_let_signals(&v->terminal);
	while (!relay_is_done(&v->relay) && relay_out(&v->relay) < most) {
		int n = 1 + relay_poll(&v->relay, p + 1), r;
		int patience = v->hurried ? HURRY_MS : -1;

		p[0] = (struct pollfd){ .fd = v->signals, .events = POLLIN };
		r = poll(p, (nfds_t)n, relay_left(&v->relay) ? patience : QUIET_MS);
		if (!r || (r < 0 && errno != EINTR))
			break;
		take_late_signals(v);
		relay_step(&v->relay);
	}
}

int visit_exec(const struct record *rec, const struct plan *wish, bool keep,
	       struct err *e)
{
	struct visit v = { .rec = rec,
			   .line = -1,
			   .terminal = { .pty = -1 },
			   .keep = keep,
			   .code = -1 };
	auto_fd line = -1, signals = -1;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	if (!box_minds_hangup())
		sigdelset(&all, SIGHUP);
	signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	v.signals = signals;
	if (signals < 0)
		err_sys(e, "cannot open a signalfd");
	else if (begin(&v, wish, e) == 0)
		watch(&v, e);
	line = v.line;
	drain(&v);
	terminal_leave_raw(&v.terminal);
	relay_release(&v.relay);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return v.code;
}
