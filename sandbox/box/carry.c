// SPDX-License-Identifier: GPL-3.0-or-later
/* carry.c - the client's side of a copy between the host and a box
 *
 * Theory of operation. The client makes the pipe, a child of its own for the host's end
 * and, for a box at rest, another that keeps the box; then it only waits: for what they
 * and the line of a box that runs say, and for signals.
 *
 *	who is killed		what becomes of the copy
 *	client			what reads the host (in) dies with it; the line of a box
 *				that runs, or the box at rest, ends what reads the box
 *				(out). The other end finds its stream cut
 *	host's end, or box's	the other end finds its stream cut, or nobody who reads it
 *
 * Who finds that takes away what it has half made; what is killed itself leaves it to the
 * next copy into that directory. An end that failed because the other
 * one did says so by EPIPE: then the other one's reason counts.
 */
#include "box/carry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/pack.h"
#include "archive/unpack.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sealed.h"
#include "box/box.h"
#include "box/control.h"
#include "box/rest.h"
#include "box/rights.h"
#include "box/session.h"
#include "box/sync.h"
#include "changes/manifest.h"

#define ROOM 65536

/** struct end - One end of the copy, a child, or the box: @pid 0 = it has ended, or is
 * none of ours; @said: descriptor of its reason, or the line; -1 = nothing more comes */
struct end {
	pid_t pid;
	int said;
	bool failed;
	struct err err;
};

/**
 * struct carrying - A copy under way
 * @data:	The pipe: what is read, what is written
 * @signals:	signalfd; @before: the mask of before
 * @host, @box:	The two ends
 */
struct carrying {
	struct carry *c;
	int data[2];
	int signals;
	sigset_t before;
	struct end host, box;
	int signal; /* that ended it, 0 = none */
};

static bool is_in(const struct carrying *k)
{
	return k->c->order.flags & COPY_IN;
}

static bool makes_files(const struct carrying *k)
{
	return !is_in(k) && k->c->path;
}

/* --- the host's end ----------------------------------------------------------------- */

static void take_ids(const struct plan *pl, const struct plan_list *map,
		     struct manifest_ids *ids)
{
	for (const struct plan_map *m = NULL;
	     (m = plan_each(pl, map, m)) && ids->count < MANIFEST_LINES;)
		ids->line[ids->count++] =
			(struct manifest_map){ m->inside, m->outside, m->count };
}

static int pass_on(int from, int to, struct err *e)
{
	auto_free char *room = malloc(ROOM);
	ssize_t n;

	if (!room)
		return err_set(e, "out of memory");
	while ((n = read(from, room, ROOM)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read the stream");
		if (fd_write_all(to, room, (size_t)n) < 0)
			return err_sys(e, "cannot write the stream");
	}
	return 0;
}

/*
 * As root the numbers of owners in a box are the host's (the trees are idmapped); an
 * ordinary user's are those of the map, in which he himself is somebody else.
 */
static int do_host(const struct carrying *k, int data, struct err *e)
{
	const struct carry *c = k->c;
	struct manifest_ids uids = { 0 }, gids = { 0 };
	const struct pack p = { .root = -1,
				.path = c->path,
				.name = c->name,
				.uids = &uids,
				.gids = &gids,
				.left = copier_say_left };
	const struct unpack u = { .root = -1,
				  .path = c->path,
				  .all = c->order.flags & COPY_ALL,
				  .uids = &uids,
				  .gids = &gids };

	if (!c->path)
		return is_in(k) ? pass_on(STDIN_FILENO, data, e)
				: pass_on(data, STDOUT_FILENO, e);
	if (c->plan->user.order == USER_FIRST) {
		take_ids(c->plan, &c->plan->user.uid_map, &uids);
		take_ids(c->plan, &c->plan->user.gid_map, &gids);
	}
	umask(0);
	return is_in(k) ? pack_to(&p, data, e) : unpack_from(&u, data, e);
}

/* Says why it failed, in one write */
static _Noreturn void end_child(int say, int r, struct err *e)
{
	if (r < 0 && !e->text[0])
		err_set(e, "it failed");
	if (r < 0)
		(void)!write(say, e, sizeof(*e));
	_exit(r < 0);
}

/* What makes files on the host is not ended by a key of the terminal: its stream ends */
static _Noreturn void host_main(struct carrying *k, pid_t parent, int say)
{
	int data = is_in(k) ? k->data[1] : k->data[0];
	int keep[] = { 0, 1, 2, data, say };
	struct err e = { 0 };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (!makes_files(k)) {
		rights_die_with(parent);
		sigprocmask(SIG_SETMASK, &k->before, NULL);
	}
	if (rights_keep_fds(keep, ARRAY_SIZE(keep)) < 0)
		_exit(1);
	end_child(say, do_host(k, data, &e), &e);
}

/* --- the box's end ------------------------------------------------------------------ */

static int ask_keeper(struct carrying *k, struct err *e)
{
	const struct copy_order *o = &k->c->order;
	const struct iovec bytes = { (void *)o, sizeof(*o) };
	struct control_ask ask = { .op = CONTROL_COPY,
				   .flags = is_in(k) ? CONTROL_KEEP : 0 };
	auto_fd packed = sealed_make("nook-copy", &bytes, 1);
	auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);
	auto_fd theirs = -1;
	int pair[2];

	if (packed < 0 || null < 0)
		return err_sys(e, "cannot hand the copy on");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	k->box.said = pair[0];
	theirs = pair[1];
	const int fd[SESSION_FDS] = { theirs, packed, is_in(k) ? k->data[0] : null,
				      is_in(k) ? null : k->data[1], STDERR_FILENO };

	return control_call_with(k->c->rec, &ask, fd, SESSION_FDS, e);
}

static _Noreturn void keeper_main(struct carrying *k, pid_t parent, int say)
{
	struct box_wish w = *k->c->wish;
	struct err e = { 0 };
	struct result res;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* What makes files in the box finds its stream cut, and takes its time to clear
	 * away: the profile may give a command none */
	if (!is_in(k) && prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0)
		_exit(1);
	sigprocmask(SIG_SETMASK, &k->before, NULL);
	if (getppid() != parent || null < 0 ||
	    dup2(is_in(k) ? k->data[0] : null, STDIN_FILENO) < 0 ||
	    dup2(is_in(k) ? null : k->data[1], STDOUT_FILENO) < 0)
		_exit(1);
	close(k->data[0]);
	close(k->data[1]);
	close(k->signals);
	if (k->host.said >= 0)
		close(k->host.said);
	w.copy = &k->c->order;
	rest_own(w.rest);
	box_run(&w, &res, &e);
	end_child(say, res.cause == CAUSE_EXITED && !res.exit_code ? 0 : -1, &e);
}

/* --- both --------------------------------------------------------------------------- */

static int start_child(struct carrying *k, struct end *end, bool is_box, struct err *e)
{
	pid_t self = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	end->pid = fork();
	if (!end->pid && is_box)
		keeper_main(k, self, ends[1]);
	if (!end->pid)
		host_main(k, self, ends[1]);
	close(ends[1]);
	end->said = ends[0];
	if (end->pid > 0)
		return 0;
	end->pid = 0;
	return err_sys(e, "cannot make a process");
}

static int start(struct carrying *k, struct err *e)
{
	if ((k->c->rec ? ask_keeper(k, e) : start_child(k, &k->box, true, e)) < 0)
		return -1;
	return start_child(k, &k->host, false, e);
}

static void hear_child(struct end *end)
{
	ssize_t n;

	do {
		n = read(end->said, &end->err, sizeof(end->err));
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(end->err)) {
		end->failed = true;
		end->err.text[sizeof(end->err.text) - 1] = '\0';
		end->err.hint[sizeof(end->err.hint) - 1] = '\0';
	}
	close(fd_take(&end->said));
}

static void hear_line(struct carrying *k)
{
	struct sync_msg msg;
	int r = sync_recv(k->box.said, &msg, NULL);

	if (r == 1 && msg.step != STEP_EXIT && msg.step != STEP_FAILED)
		return;
	k->box.failed = r != 1 || msg.step == STEP_FAILED || msg.value;
	if (r == 1 && msg.step == STEP_FAILED)
		k->box.err = msg.err;
	else if (k->box.failed)
		err_set(&k->box.err, "the box has ended");
	close(fd_take(&k->box.said));
}

/* Who reads is ended, and who passes on; who makes files finds that its stream is cut. On
 * the second signal nobody waits any more for the box's end to clear away: it may be
 * frozen */
static void cancel(struct carrying *k)
{
	struct signalfd_siginfo si;

	while (read(k->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		bool leave = !is_in(k) || k->signal;

		k->signal = (int)si.ssi_signo;
		if (!makes_files(k) && k->host.pid)
			kill(k->host.pid, SIGKILL);
		if (leave && k->box.pid)
			kill(k->box.pid, SIGTERM);
		if (leave && k->c->rec && k->box.said >= 0)
			close(fd_take(&k->box.said));
	}
}

/* Nobody takes the caller's stream any more: who reads that would find out when something
 * comes. The reason is the box's */
static void end_reader(struct carrying *k)
{
	if (!is_in(k) || k->c->path || !k->box.failed || k->host.said < 0)
		return;
	kill(k->host.pid, SIGKILL);
	k->host.failed = true;
	k->host.err.code = EPIPE;
}

static void watch(struct carrying *k)
{
	while (k->host.said >= 0 || k->box.said >= 0) {
		struct pollfd p[] = { { .fd = k->signals, .events = POLLIN },
				      { .fd = k->host.said, .events = POLLIN },
				      { .fd = k->box.said, .events = POLLIN } };

		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents)
			hear_child(&k->host);
		if (p[2].revents && k->c->rec)
			hear_line(k);
		else if (p[2].revents)
			hear_child(&k->box);
		end_reader(k);
		if (p[0].revents)
			cancel(k);
	}
}

static void reap(struct end *end)
{
	int status = 0;

	if (!end->pid)
		return;
	while (waitpid(end->pid, &status, 0) < 0 && errno == EINTR)
		;
	end->pid = 0;
	if (!status || end->failed)
		return;
	end->failed = true;
	err_set(&end->err, "the process that copies was killed");
}

/* A reason that came from the other end's is the other's */
static int judge(const struct carrying *k, struct err *e)
{
	const struct end *in_host = &k->host, *in_box = &k->box;

	if (k->signal)
		return 128 + k->signal;
	if (!in_host->failed && !in_box->failed)
		return 0;
	if (in_host->failed && !(in_box->failed && in_host->err.code == EPIPE)) {
		*e = in_host->err;
		return -1;
	}
	*e = in_box->err;
	return err_wrap(e, "box '%s': ", k->c->box);
}

int carry_files(struct carry *c, struct err *e)
{
	struct carrying k = { .c = c,
			      .data = { -1, -1 },
			      .signals = -1,
			      .host = { .said = -1 },
			      .box = { .said = -1 } };
	sigset_t all, ends;
	int r;

	c->order.magic = COPY_MAGIC;
	c->order.size = sizeof(c->order);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &k.before);
	sigemptyset(&ends);
	for (const int *s = (const int[]){ SIGHUP, SIGINT, SIGQUIT, SIGTERM, 0 }; *s; s++)
		if (*s != SIGHUP || box_minds_hangup())
			sigaddset(&ends, *s);
	k.signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k.signals < 0 || pipe2(k.data, O_CLOEXEC) < 0)
		r = err_sys(e, "cannot make a pipe");
	else
		r = start(&k, e);
	if (k.data[0] >= 0) {
		close(k.data[0]);
		close(k.data[1]);
	}
	if (r == 0)
		watch(&k);
	reap(&k.host);
	reap(&k.box);
	if (k.host.said >= 0)
		close(k.host.said);
	if (k.box.said >= 0)
		close(k.box.said);
	if (k.signals >= 0)
		close(k.signals);
	sigprocmask(SIG_SETMASK, &k.before, NULL);
	return r < 0 ? -1 : judge(&k, e);
}
