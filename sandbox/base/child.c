// SPDX-License-Identifier: GPL-3.0-or-later
/* child.c - work that changes the process that does it, done in a child */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"

#define ANSWER_MOST ((size_t)1 << 24)

/** struct said - What a child says first; its answer follows */
struct said {
	int result;
	struct err err;
};

int child_die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -1;
	if (getppid() == parent)
		return 0;
	errno = ESRCH;
	return -1;
}

bool pidfd_ends(int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, ms);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

/** struct task - One of both */
struct task {
	child_work *work;
	child_become *become;
	void *arg;
};

void child_say(int say, int result, const struct text *out, const struct err *e)
{
	const struct said s = { .result = result, .err = *e };

	_exit(out->failed || fd_write_all(say, &s, sizeof(s)) < 0 ||
	      fd_write_all(say, out->s, out->len) < 0);
}

static void child_main(pid_t parent, const struct task *t, int say)
	__attribute__((noreturn));

static void child_main(pid_t parent, const struct task *t, int say)
{
	struct text out = { 0 };
	struct err e = { 0 };
	int result;

	if (child_die_with(parent) < 0)
		_exit(1);
	result = t->work ? t->work(t->arg, &out, &e) : t->become(t->arg, say, &e);
	child_say(say, result, &out, &e);
}

static int begin(const struct task *t, struct child *out, struct err *e)
{
	auto_fd hear = -1, say = -1;
	pid_t pid, self = getpid();
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	hear = pipes[0];
	say = pipes[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot make a process");
	if (pid == 0)
		child_main(self, t, say);
	*out = (struct child){ pid, fd_take(&hear) };
	return 0;
}

/* Return: as waitpid(2) gives it */
static int reap(struct child *c)
{
	int status = -1;

	close(c->hear); /* who still writes ends */
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	return status;
}

int child_end(struct child *c, struct text *out, struct err *e)
{
	auto_text all = { 0 };
	struct said s;
	int status;

	if (fd_read_all(c->hear, &all, ANSWER_MOST) < 0)
		text_release(&all);
	status = reap(c);
	if (status || all.len < sizeof(s))
		return err_set(e, "the process for it died");
	memcpy(&s, all.s, sizeof(s));
	if (s.result < 0)
		*e = s.err;
	else
		text_addn(out, all.s + sizeof(s), all.len - sizeof(s));
	return s.result;
}

int child_begin(child_work *work, void *arg, struct child *out, struct err *e)
{
	return begin(&(struct task){ .work = work, .arg = arg }, out, e);
}

void child_drop(struct child *c)
{
	if (!c->pid)
		return;
	kill(c->pid, SIGKILL);
	reap(c);
}

static int have_done(const struct task *t, struct text *out, struct err *e)
{
	struct child c;

	return begin(t, &c, e) < 0 ? -1 : child_end(&c, out, e);
}

int child_do(child_work *work, void *arg, struct text *out, struct err *e)
{
	return have_done(&(struct task){ .work = work, .arg = arg }, out, e);
}

int child_do_by(child_become *become, void *arg, struct text *out, struct err *e)
{
	return have_done(&(struct task){ .become = become, .arg = arg }, out, e);
}
