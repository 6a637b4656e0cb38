// SPDX-License-Identifier: GPL-3.0-or-later
/* terminal.c - the caller's terminal while one of a box is shown on it */
#include "box/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/box.h"
#include "box/relay.h"

#define CTRL_D 4

static bool asks_to_end(const sigset_t *pending)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	bool does = false;

	/* One that is blocked is pending even where it is ignored */
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
		does |= sigismember(pending, sigs[i]) == 1 &&
			(sigs[i] != SIGHUP || box_minds_hangup());
	return does;
}

/*
 * Whether the terminal is ours to change. In the background it is somebody else's, and
 * who wants to is stopped until the shell gives it to him. The kernel does that in
 * tcsetattr(3), but as often as we go on, and a signal that asks to end waits in a
 * signalfd meanwhile: so it is looked for here.
 */
static bool comes_forward(void)
{
	sigset_t cont, stop, before, pending;
	bool is = true;

	sigemptyset(&cont);
	sigaddset(&cont, SIGCONT);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &cont, &before);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	while (is && tcgetpgrp(0) >= 0 && tcgetpgrp(0) != getpgrp()) {
		is = !sigpending(&pending) && !asks_to_end(&pending);
		if (!is)
			break;
		kill(0, SIGTTOU);
		/* Where no shell looks after us, nothing has stopped us */
		is = !sigpending(&pending) && sigismember(&pending, SIGCONT);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return is;
}

void terminal_enter_raw(struct terminal *t)
{
	struct termios raw;

	if (t->pty < 0 || t->raw || !isatty(0) || !comes_forward() ||
	    tcgetattr(0, &t->old) < 0)
		return;
	raw = t->old;
	cfmakeraw(&raw);
	t->raw = !tcsetattr(0, TCSANOW, &raw);
	terminal_resize(t);
}

bool terminal_is_behind(void)
{
	return isatty(0) && tcgetpgrp(0) >= 0 && tcgetpgrp(0) != getpgrp();
}

void terminal_let_signals(const struct terminal *t)
{
	struct termios mode;

	if (!t->raw || tcgetattr(0, &mode) < 0)
		return;
	mode.c_lflag |= ISIG;
	tcsetattr(0, TCSANOW, &mode);
}

void terminal_leave_raw(struct terminal *t)
{
	if (t->raw)
		tcsetattr(0, TCSANOW, &t->old);
	t->raw = false;
}

void terminal_resize(const struct terminal *t)
{
	struct winsize size;

	if (t->pty >= 0 && !ioctl(0, TIOCGWINSZ, &size))
		ioctl(t->pty, TIOCSWINSZ, &size);
}

void terminal_take(struct terminal *t, struct relay *r, int master)
{
	int out = relay_dup(1, O_WRONLY);

	t->pty = master;
	fcntl(master, F_SETFL, O_NONBLOCK); /* ours alone: nobody else sees the flag */
	relay_add(r, relay_dup(0, O_RDONLY), master, false);
	r->s[0].eof_byte = CTRL_D;
	relay_add(r, master, out, true);
	terminal_enter_raw(t);
}
