// SPDX-License-Identifier: GPL-3.0-or-later
/* keys.c - keys that ask a box to end or to stop, where its own terminal cannot
 *
 * Theory of operation. A box with a terminal of its own gets every key as a byte, and its
 * terminal makes the signals. Two of them come to nothing in there, and a person would
 * sit before a program that no key ends:
 *
 *	^C	pid 1 of a pid namespace gets no signal from inside that it has no handler
 *		for (pid_namespaces(7)), and with `init: none` the command is pid 1
 *	^Z	a session leader's process group is orphaned, and does not stop (that
 *		needs a shell beside it); a shell in the box stops its own jobs
 *
 * So the keeper watches for these bytes on their way, and does in their place what they
 * ask for, exactly where the terminal means them as such (ISIG, VINTR, VSUSP), the
 * program in front is the one that cannot, and it neither handles nor ignores the
 * signal: whoever does knows better. A box can change none of this but for itself: the
 * worst that it can have is its own end, or a keeper that stops as its caller's job.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "box/keeper.h"

#define CTRL_C 3
#define CTRL_Z 26

const char keeper_keys[] = { CTRL_C, CTRL_Z, '\0' };

/** struct front - The process in front of the terminal, as /proc tells anybody */
struct front {
	uint64_t handled; /* or ignored: bit n - 1 for signal n */
	int inner;	  /* its pid where it lives */
	bool leads;	  /* a session */
};

/* The number behind a line's name in status, the last one of it */
static bool last_number(const char *status, const char *key, int base, uint64_t *out)
{
	const char *p = strstr(status, key);
	char *end;

	if (!p)
		return false;
	for (p += strlen(key);; p = end) {
		uint64_t n = strtoull(p, &end, base);

		if (end == p || memchr(p, '\n', (size_t)(end - p)))
			return true;
		*out = n;
	}
}

static bool read_front(pid_t pid, struct front *f)
{
	char path[40], text[4096];
	uint64_t caught = 0, ignored = 0, inner = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (pid <= 0 || file_read_small(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    !last_number(text, "\nSigCgt:", 16, &caught) ||
	    !last_number(text, "\nSigIgn:", 16, &ignored) ||
	    !last_number(text, "\nNSpid:", 10, &inner))
		return false;
	f->handled = caught | ignored;
	f->inner = (int)inner;
	f->leads = getsid(pid) == pid;
	return true;
}

static bool minds(const struct front *f, int sig)
{
	return f->handled >> (sig - 1) & 1;
}

static bool end_deaf(struct keeper *k, const struct front *f, int sig)
{
	if (f->inner != 1 || minds(f, sig))
		return false;
	k->forwarded = sig;
	k->deaf = true;
	keeper_end(k, CAUSE_CANCELLED, false);
	return true;
}

bool keeper_end_deaf(struct keeper *k, int sig)
{
	struct front f;

	return k->plan->session.init_none && read_front(k->pid, &f) &&
	       end_deaf(k, &f, sig);
}

void keeper_take_keys(struct keeper *k)
{
	unsigned int seen = k->relay.s[0].seen;
	struct termios mode;
	struct front f;

	if (!seen)
		return;
	k->relay.s[0].seen = 0;
	if (tcgetattr(k->terminal.pty, &mode) < 0 || !(mode.c_lflag & ISIG) ||
	    !read_front(tcgetpgrp(k->terminal.pty), &f))
		return;
	if ((seen & 1) && mode.c_cc[VINTR] == CTRL_C && end_deaf(k, &f, SIGINT))
		return;
	if ((seen & 2) && mode.c_cc[VSUSP] == CTRL_Z && f.leads && !minds(&f, SIGTSTP))
		kill(getpid(), SIGTSTP); /* as from a terminal: signals.c */
}
