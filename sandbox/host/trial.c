// SPDX-License-Identifier: GPL-3.0-or-later
/* trial.c - one thing done step by step in a child that reports where it stopped
 *
 * Theory of operation. The child does the steps, writes one datagram of plain data into a
 * pipe and ends. It must leave nothing behind: what it makes lives in its own namespaces,
 * or in a directory that the caller of trial_run() made and removes. It dies with its
 * parent and after ten seconds at the latest; so do its own children.
 */
#include "host/trial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/sys.h"

#define DEADLINE 10 /* s */

/* What crosses the pipe */
struct report {
	int step; /* -1: all went well */
	int code;
};

/* Every process of a trial begins with this. The first one of a new pid namespace sees
 * no parent, by which to know whether that has ended: then the deadline ends it */
static void arm(pid_t parent)
{
	sigset_t none;

	if (child_die_with(getppid() ? parent : 0) < 0)
		_exit(errno);
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(DEADLINE);
}

/* The child. Never returns; must not flush the parent's stdio buffers, so _exit. */
static void do_steps(struct trial *t, const struct trial_step *steps, pid_t parent,
		     int fd)
{
	struct report r = { .step = -1 };

	arm(parent);
	for (int i = 0; steps[i].name && r.step < 0; i++) {
		if (steps[i].run(t)) {
			r.step = i;
			r.code = errno;
		}
	}
	_exit(write(fd, &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1);
}

static int wait_for(pid_t pid, int *status)
{
	int n;

	do {
		n = waitpid(pid, status, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

struct trial_end trial_run(struct host *h, const struct trial_step *steps,
			   const char *dir)
{
	struct trial t = { .h = h, .uid = host_uid(h), .gid = host_gid(h) };
	struct trial_end end = { .step = "fork" };
	struct report r;
	int pipefd[2], status;
	ssize_t n;
	pid_t pid, self = getpid();

	t.root = host_is_root(h);
	snprintf(t.dir, sizeof(t.dir), "%s", dir ? dir : "");
	if (pipe2(pipefd, O_CLOEXEC)) {
		end.code = errno;
		return end;
	}
	pid = fork();
	if (!pid) {
		close(pipefd[0]);
		do_steps(&t, steps, self, pipefd[1]);
	}
	end.code = errno;
	close(pipefd[1]);
	do {
		n = pid < 0 ? 0 : read(pipefd[0], &r, sizeof(r));
	} while (n < 0 && errno == EINTR);
	close(pipefd[0]);
	if (pid < 0)
		return end;
	wait_for(pid, &status);
	if (n != (ssize_t)sizeof(r)) {
		/* Ended by itself, unarmed; or killed by a filter of seccomp, by the
		 * deadline, or by somebody */
		end.step = "the trial itself";
		end.code = WIFEXITED(status)		 ? WEXITSTATUS(status)
			   : WTERMSIG(status) == SIGSYS ? ENOSYS
							 : ETIME;
		return end;
	}
	end.step = r.step < 0 ? NULL : steps[r.step].name;
	end.code = r.step < 0 ? 0 : r.code;
	return end;
}

int trial_fork(struct trial *t, int (*step)(struct trial *t))
{
	pid_t self = getpid(), pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (!pid) {
		arm(self);
		/* errno values are below 256 on every architecture */
		_exit(step(t) ? errno : 0);
	}
	if (wait_for(pid, &status))
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno ? -1 : 0;
}
