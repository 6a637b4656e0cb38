// SPDX-License-Identifier: GPL-3.0-or-later
/* session.c - session, keyring and terminal of its own
 *
 * The terminal is opened from the box's own devpts, so that ttyname(3) works inside, and
 * its slave side by TIOCGPTPEER, never by a path that the tree could fake (FS-15). The
 * master goes to the keeper with STEP_READY. The payload never holds the caller's
 * terminal: TIOCSTI and its like reach only its own (CVE-2017-5226).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static int session_plan(const struct profile *pf, struct host *h, struct plan *pl,
			struct err *e)
{
	bool tty = host_is_tty(h, 0) && host_is_tty(h, 1);
	char where[ORIGIN_SIZE];

	(void)e;
	if (pf->terminal == TERMINAL_ALWAYS || (pf->terminal == TERMINAL_AUTO && tty))
		pl->session.terminal = PLAN_TTY_OWN;
	pl->session.new_keyring = 1;
	plan_fact(pl, "session", "terminal", origin_text(pf, FIELD_terminal, where), "%s",
		  pl->session.terminal == PLAN_TTY_OWN
			  ? "its own pseudo-terminal"
			  : "none: the caller's descriptors");
	return 0;
}

/*
 * A box that runs may have been changed: neither a magic link nor a FIFO in the place of
 * the device must do harm. What it is the ioctls on it tell.
 */
static int open_ptmx(void)
{
	static const char *const places[] = { "/dev/pts/ptmx", "/dev/ptmx" };
	struct open_how how = {
		.flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	for (size_t i = 0; i < ARRAY_SIZE(places) && fd < 0; i++) {
		/* closed: the host's own devpts (ptmxmode=000), without mounts of its
		 * own */
		if (i && errno != ENOENT && errno != EACCES)
			break;
		fd = sys_openat2(AT_FDCWD, places[i], &how);
		/* before 5.6, or refused by a filter outside */
		if (fd < 0 && (errno == ENOSYS || errno == EPERM))
			fd = open(places[i], (int)how.flags);
	}
	return fd;
}

static int open_pty(const struct plan *pl, struct site *s, struct err *e)
{
	int unlock = 0;

	s->pty_fd = open_ptmx();
	if (s->pty_fd < 0) {
		err_sys(e, "cannot open a pseudo-terminal");
		return err_hint(
			e, "the box's /dev has no devpts; 'terminal: never' needs none");
	}
	if (ioctl(s->pty_fd, TIOCSPTLCK, &unlock) < 0)
		return err_sys(e, "cannot unlock the pseudo-terminal");
	s->tty_fd = ioctl(s->pty_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (s->tty_fd < 0)
		return err_sys(e, "cannot open the other side of the pseudo-terminal");
	/* The payload may open it again by name (tty(1), tmux);
	 * with one id it is its own */
	if (fchown(s->tty_fd, plan_builder_id(pl, &pl->user.uid_map, pl->user.uid),
		   (gid_t)-1) < 0)
		return err_sys(e, "cannot give the pseudo-terminal to user %u",
			       pl->user.uid);
	return 0;
}

/*
 * init leaves the caller's session as well: a ^C there is for the keeper, which forwards
 * it once. The child of clone3 is never a group leader, so setsid cannot fail unless
 * something is wrong; then nothing runs (TT-04).
 */
static int session_box(const struct plan *pl, struct site *s, struct err *e)
{
	if (setsid() < 0)
		return err_sys(e, "cannot start a session");
	if (pl->session.new_keyring &&
	    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return err_sys(e, "cannot start a session keyring");
	return pl->session.terminal == PLAN_TTY_OWN ? open_pty(pl, s, e) : 0;
}

/*
 * A session of the payload's own is needed to hold a terminal. Without one the session
 * that init has started is as far from the caller's, and a process group is enough: each
 * setsid also makes a scheduling group (sched(7), autogroup), which on a busy CPU waits
 * behind what runs there, 3 ms as a rule.
 */
static int session_last(const struct plan *pl, struct site *s, struct err *e)
{
	bool of_init = (pl->clone_flags & CLONE_NEWPID) && getsid(0) == 1;

	if (!pl->session.init_none && s->tty_fd < 0 && of_init) {
		if (setpgid(0, 0) < 0)
			return err_sys(e, "cannot start a process group");
	} else if (!pl->session.init_none && setsid() < 0) {
		return err_sys(e, "cannot start a session");
	}
	if (s->tty_fd < 0)
		return 0;
	if (ioctl(s->tty_fd, TIOCSCTTY, 0) < 0)
		return err_sys(e, "cannot make the pseudo-terminal the controlling one");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(s->tty_fd, fd) < 0)
			return err_sys(
				e, "cannot put the pseudo-terminal on descriptor %d", fd);
	return 0;
}

static void session_explain(const struct plan *pl, struct text *out)
{
	text_add(out,
		 "setsid(), keyctl(KEYCTL_JOIN_SESSION_KEYRING): the command is in a "
		 "session "
		 "of its own and can neither read the caller's keys nor type into the "
		 "caller's terminal.\n");
	if (pl->session.terminal == PLAN_TTY_OWN)
		text_add(out, "open(\"/dev/pts/ptmx\"), TIOCGPTPEER, TIOCSCTTY: its "
			      "terminal is a "
			      "new one; nook copies what is typed and shown.\n");
	text_add(out, "  $ keyctl session - setsid --ctty COMMAND\n");
}

/* A new session has no terminal: a shell works, its job control does not */
static void session_script(const struct plan *pl, struct script *sc)
{
	script_words(sc, SCRIPT_EXEC, "\\\n\tsetsid%s",
		     pl->session.init_none ? "" : " --wait");
	script_line(sc, SCRIPT_NOTE,
		    "a pseudo-terminal of its own (script(1) makes one)");
	if (pl->session.new_keyring)
		script_line(sc, SCRIPT_NOTE,
			    "a session keyring of its own ('keyctl session -' of "
			    "keyutils makes one)");
}

const struct layer layer_session = {
	.name = "session",
	.isolates = "session, controlling terminal, session keyring",
	.without = "the command could type into the caller's terminal and read the "
		   "caller's keys",
	.plan = session_plan,
	.apply[SIDE_BOX] = session_box,
	.apply[SIDE_JOIN] = session_box,
	.apply[SIDE_LAST] = session_last,
	.explain = session_explain,
	.script = session_script,
};
