// SPDX-License-Identifier: GPL-3.0-or-later
/* tty.c - the keeper between the caller's descriptors and the box's
 *
 * A terminal of the caller's is never handed in. The box is in no session of the
 * terminal's, so no job control would hold it: in the background too it could read what
 * is typed at the shell, by any descriptor that is open on it, and leave it stopped,
 * closed to others or of another size. Where the box has no terminal of its own, what it
 * writes to the caller's goes through a pipe, and it has no input from there: somebody
 * else at the same terminal, such as a pager behind a pipe, reads that. There is one pipe
 * for both outputs where they are one terminal, or two would lose their order, unless a
 * log or digests tell them apart.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "box/keeper.h"
#include "box/log.h"

#define DRAIN_NS 1000000000ull

static void to_log(void *keeper, int stream, const char *data, size_t len)
{
	struct keeper *k = keeper;

	log_write(k->wish->log, stream, data, len);
	attach_output(k, stream, data, len);
}

/* A pipe whose other end the box gets as its descriptor @stream */
static int add_pipe(struct keeper *k, int stream, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe for the output");
	k->child_fd[stream] = ends[1];
	if ((k->wish->log ? relay_drain(&k->relay, ends[0], to_log, k, stream)
			  : relay_add(&k->relay, ends[0], relay_dup(stream, O_WRONLY),
				      true)) < 0)
		return err_set(e, "out of memory");
	return 0;
}

/* Where both come to one terminal, in the order in which they were written */
static bool is_one_pipe(const struct keeper *k)
{
	return k->lent.is_tty[1] && !k->wish->log && !k->relay.digests &&
	       relay_is_one_terminal(1, 2);
}

int keeper_open_output(struct keeper *k, struct err *e)
{
	bool one;

	k->relay.most = k->limits.output;
	k->relay.digests = k->wish->digests;
	if (!k->relay.most && k->wish->log)
		k->relay.most = UINT64_MAX; /* counted, and can be limited later */
	if (k->plan->session.terminal == PLAN_TTY_OWN)
		return 0;
	one = is_one_pipe(k);
	for (int stream = 1; stream < (one ? 2 : 3); stream++)
		if ((k->relay.most || k->lent.is_tty[stream]) &&
		    add_pipe(k, stream, e) < 0)
			return -1;
	if (one) {
		k->child_fd[2] = fcntl(k->child_fd[1], F_DUPFD_CLOEXEC, 3);
		if (k->child_fd[2] < 0)
			return err_sys(e, "cannot make a pipe for the output");
	}
	if (!k->lent.is_tty[0])
		return 0;
	k->child_fd[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return k->child_fd[0] < 0 ? err_sys(e, "cannot open '/dev/null'") : 0;
}

/*
 * The box has ended, and what it wrote before is in pipes still. Who reads it may take
 * his time, as with any command, unless somebody or a limit wants the end. From then on,
 * and for what others write into a pipe that has left the box, there is a second.
 */
static void write_out(struct keeper *k)
{
	struct pollfd p[SIGNALS_POLL + 2 * RELAY_STREAMS + CONTROL_POLL];
	uint64_t wall =
		k->limits.wall ? k->started + k->limits.wall + k->paused_ns : UINT64_MAX;
	uint64_t whole = relay_out(&k->relay) + relay_left(&k->relay), end = UINT64_MAX;

	k->hurried |= !k->exited || k->left || k->forwarded;
	while (!relay_is_done(&k->relay)) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		int n = keeper_poll_signals(k, p), timeout;

		if (end == UINT64_MAX && (k->hurried || k->cause_set || now >= wall ||
					  relay_out(&k->relay) >= whole))
			end = now + DRAIN_NS;
		if (now >= end)
			return;
		n += relay_poll(&k->relay, p + n);
		n += control_poll(&k->control, p + n);
		timeout = keeper_poll_timeout(end == UINT64_MAX ? wall : end);
		if (poll(p, (nfds_t)n, timeout) < 0 && errno != EINTR)
			return;
		keeper_take_late_signals(k, p);
		if (!relay_step(&k->relay) && !k->cause_set) {
			k->cause_set = true;
			k->cause = CAUSE_OUTPUT;
		}
		control_step(&k->control, keeper_order, k);
	}
}

void keeper_drain(struct keeper *k)
{
	struct result *r = k->result;

	relay_end_input(&k->relay);
	if (!relay_is_done(&k->relay))
		terminal_let_signals(&k->terminal);
	write_out(k);
	k->unread = relay_left(&k->relay);
	r->output = k->limits.output ? k->relay.counted : UINT64_MAX;
	if (r->output != UINT64_MAX && r->output > k->limits.output)
		r->output = k->limits.output;
	r->output_error = k->relay.error;
	for (int i = 0; k->relay.digests && i < RELAY_STREAMS; i++)
		r->digest = hash_bytes(r->digest, &k->relay.s[i].digest,
				       sizeof(k->relay.s[i].digest));
}

int keeper_child_fds(struct keeper *k)
{
	for (int fd = 0; fd < 3; fd++)
		if (k->child_fd[fd] >= 0 && dup2(k->child_fd[fd], fd) < 0)
			return -1;
	return 0;
}

void keeper_close_child_fds(struct keeper *k)
{
	for (int fd = 0; fd < 3; fd++)
		if (k->child_fd[fd] >= 0)
			close(fd_take(&k->child_fd[fd]));
}

void keeper_lend(struct keeper *k)
{
	k->lent.tty = -1;
	for (int fd = 0; fd < 3; fd++) {
		struct termios mode = { 0 };

		k->lent.flags[fd] = fcntl(fd, F_GETFL);
		k->lent.is_tty[fd] = !tcgetattr(fd, &mode);
		if (!k->lent.is_tty[fd] || k->lent.tty >= 0)
			continue;
		k->lent.tty = fd;
		k->lent.mode = mode;
	}
}

void keeper_take_back(struct keeper *k)
{
	struct termios now = k->lent.mode;
	int tty = k->lent.tty;

	for (int fd = 0; fd < 3; fd++)
		if (k->lent.flags[fd] >= 0 && fcntl(fd, F_GETFL) != k->lent.flags[fd])
			fcntl(fd, F_SETFL, k->lent.flags[fd]);
	/* What the struct has behind its members came with the copy */
	if (tty >= 0 && tcgetpgrp(tty) == getpgrp() && !tcgetattr(tty, &now) &&
	    memcmp(&now, &k->lent.mode, sizeof(now)) != 0)
		tcsetattr(tty, TCSANOW, &k->lent.mode);
}

void keeper_take_terminal(struct keeper *k, int master)
{
	if (!k->wish->log) {
		bool waits = terminal_is_behind();

		/* Nobody looks after the box while we are stopped for the terminal */
		if (waits)
			keeper_stop_box(k);
		terminal_take(&k->terminal, &k->relay, master);
		k->relay.s[0].watch = keeper_keys;
		if (waits)
			kill(k->pid, SIGCONT);
		return;
	}
	k->terminal.pty = master;
	fcntl(master, F_SETFL, O_NONBLOCK); /* ours alone: nobody else sees the flag */
	relay_drain(&k->relay, master, to_log, k, 1);
}
