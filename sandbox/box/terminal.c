// SPDX-License-Identifier: GPL-3.0-or-later
/* terminal.c - the caller's terminal while one of a box is shown on it */
#include "box/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "box/relay.h"

#define CTRL_D 4

/* In the background the terminal is somebody else's: the first call that would change it
 * stops us there, as it does any program, until the shell puts us before it */
void terminal_enter_raw(struct terminal *t)
{
	sigset_t stop, before;
	struct termios raw;

	if (t->pty < 0 || t->raw || !isatty(0))
		return;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_UNBLOCK, &stop, &before);
	tcdrain(0);
	if (!tcgetattr(0, &t->old)) {
		raw = t->old;
		cfmakeraw(&raw);
		t->raw = !tcsetattr(0, TCSANOW, &raw);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	terminal_resize(t);
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
