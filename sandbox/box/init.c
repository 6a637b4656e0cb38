// SPDX-License-Identifier: GPL-3.0-or-later
/* init.c - pid 1 of the box: forwards signals, reaps orphans, reports the end
 *
 * Theory of operation. init holds two descriptors: the step socket and a signalfd (and
 * where there is no pid namespace the list of its children: box/orphans.c). It forwards
 * what comes from outside (its sender has no pid in here) to the payload's process group;
 * what the box itself sends to pid 1 is read and forgotten, so a payload cannot end its
 * own run by a signal to init (RS-15). It ends with the payload, and the kernel then ends
 * whatever else lives in the pid namespace. End of file on the socket means that the
 * keeper is dead: then it ends at once. The one thing that it is asked for there is its
 * namespaces, for a process that is to join the box (box/join.h).
 *
 * It is the running image, not a program in the box; it opens no file but these; it is
 * not dumpable, so nobody inside can trace it or look through its /proc entries.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "box/inside.h"
#include "box/join.h"
#include "box/orphans.h"
#include "box/sync.h"

enum { SOCK = 0, SIGNALS = 1, CHILDREN = 2 };

/* What it needs moves to 0, 1 and 2 and everything else is closed, stdio included: a
 * pipe that init kept open would keep its reader waiting */
static void keep_few_fds(const struct inside *in)
{
	sigset_t all;
	int keep = in->children >= 0 ? 3 : 2;
	int fd;

	sigfillset(&all);
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		_exit(125);
	if (fd <= CHILDREN)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (dup2(in->sock, SOCK) < 0 || dup2(fd, SIGNALS) < 0 ||
	    (in->children >= 0 && dup2(in->children, CHILDREN) < 0))
		_exit(125);
	if (sys_close_range((unsigned int)keep, ~0u, 0) < 0)
		for (fd = keep; fd < 65536; fd++)
			close(fd);
}

/* Without a pid namespace nothing ends with us */
static void end_orphans(const struct inside *in, pid_t payload)
{
	if (in->plan->clone_flags & CLONE_NEWPID)
		return;
	kill(-payload, SIGKILL);
	if (in->children >= 0)
		orphans_end(CHILDREN);
}

static void finish(const struct inside *in, pid_t payload, int status)
{
	struct sync_msg msg = { .step = STEP_EXIT, .value = status };

	end_orphans(in, payload);
	sync_send(SOCK, &msg, -1);
	_exit(0);
}

static void reap(const struct inside *in, pid_t payload)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == payload)
			finish(in, payload, status);
}

static void forward(const struct inside *in, pid_t payload)
{
	struct signalfd_siginfo si;

	while (read(SIGNALS, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		int sig = (int)si.ssi_signo;
		bool outside = !(in->plan->clone_flags & CLONE_NEWPID) || si.ssi_pid == 0;

		if (sig == SIGCHLD || !outside)
			continue;
		/* A stopped orphaned process group ignores the terminal's stop signals */
		if (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)
			sig = SIGSTOP;
		kill(-payload, sig);
	}
}

void init_main(struct inside *in, pid_t payload)
{
	struct pollfd p[] = {
		[SOCK] = { .fd = SOCK, .events = POLLIN },
		[SIGNALS] = { .fd = SIGNALS, .events = POLLIN },
	};

	keep_few_fds(in);
	for (;;) {
		/* first: it may have ended before the signalfd was made */
		reap(in, payload);
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			_exit(125);
		if (p[SOCK].revents && !join_show(SOCK)) {
			end_orphans(in, payload);
			_exit(125);
		}
		if (p[SIGNALS].revents)
			forward(in, payload);
	}
}
