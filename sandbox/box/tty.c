// SPDX-License-Identifier: GPL-3.0-or-later
/* tty.c - the keeper between the caller's descriptors and the box's */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/keeper.h"

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
