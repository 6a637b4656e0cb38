// SPDX-License-Identifier: GPL-3.0-or-later
/* tty.c - the keeper between the caller's descriptors and the box's */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/keeper.h"

#define CTRL_D 4

int keeper_open_output(struct keeper *k, struct err *e)
{
	int out[2], err[2];

	k->relay.most = k->limits.output;
	if (!k->relay.most || k->plan->session.terminal == PLAN_TTY_OWN)
		return 0;
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe for the output");
	k->child_out = out[1];
	if (relay_add(&k->relay, out[0], relay_dup(1, O_WRONLY), true) < 0 ||
	    pipe2(err, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe for the output");
	k->child_err = err[1];
	if (relay_add(&k->relay, err[0], relay_dup(2, O_WRONLY), true) < 0)
		return err_sys(e, "cannot make a pipe for the output");
	return 0;
}

int keeper_child_fds(struct keeper *k)
{
	if (k->child_out >= 0 && dup2(k->child_out, 1) < 0)
		return -1;
	return k->child_err >= 0 && dup2(k->child_err, 2) < 0 ? -1 : 0;
}

void keeper_close_child_fds(struct keeper *k)
{
	if (k->child_out >= 0)
		close(fd_take(&k->child_out));
	if (k->child_err >= 0)
		close(fd_take(&k->child_err));
}

void keeper_lend(struct keeper *k)
{
	k->lent.tty = -1;
	for (int fd = 0; fd < 3; fd++) {
		k->lent.flags[fd] = fcntl(fd, F_GETFL);
		if (k->lent.tty < 0 && !tcgetattr(fd, &k->lent.mode))
			k->lent.tty = fd;
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

void keeper_enter_raw(struct keeper *k)
{
	struct termios raw;

	if (k->pty < 0 || k->raw || tcgetattr(0, &k->old_tty) < 0)
		return;
	raw = k->old_tty;
	cfmakeraw(&raw);
	k->raw = !tcsetattr(0, TCSANOW, &raw);
	keeper_resize(k);
}

void keeper_leave_raw(struct keeper *k)
{
	if (k->raw)
		tcsetattr(0, TCSANOW, &k->old_tty);
	k->raw = false;
}

void keeper_resize(struct keeper *k)
{
	struct winsize size;

	if (k->pty >= 0 && !ioctl(0, TIOCGWINSZ, &size))
		ioctl(k->pty, TIOCSWINSZ, &size);
}

void keeper_take_terminal(struct keeper *k, int master)
{
	int out = relay_dup(1, O_WRONLY);

	k->pty = master;
	fcntl(master, F_SETFL, O_NONBLOCK); /* ours alone: nobody else sees the flag */
	relay_add(&k->relay, relay_dup(0, O_RDONLY), master, false);
	k->relay.s[0].eof_byte = CTRL_D;
	relay_add(&k->relay, master, out, true);
	keeper_enter_raw(k);
}
