// SPDX-License-Identifier: GPL-3.0-or-later
/* slot.c - one place in which boxes run, one after the other
 *
 * Theory of operation. The supervisor starts a slot's process before it reads any jobs
 * (of -j auto some only when they are needed), so that it stays small: the kernel copies
 * its page tables for every box. It is a keeper in a loop: nothing is parsed or allocated
 * between two boxes, and no box is a child of the supervisor, which only writes plans and
 * reads reports.
 *
 *	supervisor -> slot	an order, with the command's 0, 1 and 2; the plan lies in
 *				shared memory, written before and untouched until the
 *				report
 *	slot -> supervisor	a report
 *
 * A child inherits the shared memory of its own slot alone, and no process of a box any
 * of it (madvise(2), MADV_DONTFORK): so the slot copies the plan first.
 *
 * The socket is the lifeline of slot and box. End of file means that the supervisor is
 * gone: the box ends at once, is cleared away, and the slot ends (so a supervisor that is
 * killed leaves nothing, not even a cgroup). A death signal is the second way to hear of
 * it. The slot has a session of its own: what is typed at the terminal is the
 * supervisor's to obey.
 *
 * A slot keeps an empty network for its boxes (idle_net.h), root's the beginning of a
 * tree too (idle_tree.h), and nothing else.
 *
 * An order is cancelled by its serial in shared memory, then SIGTERM to wake the slot.
 * Before each box it forgets signals that came too late for the one before, then looks at
 * the serial: so a cancel neither is lost nor ends the next job.
 */
#include "job/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parcel.h"
#include "base/sys.h"
#include "host/host.h"
#include "job/idle_net.h"
#include "job/idle_tree.h"
#include "plan.h"

#define SOCK 3 /* the slot's own descriptors */
#define NONE 4 /* /dev/null */
#define TAKE 5 /* the directory for files of the job that runs */
#define HOME 6 /* the supervisor's network */
#define MOUNTS 7
#define TREE 8 /* where a beginning of trees is kept */

/** struct slot_order - @made: as in struct slot; @has: bit n: the descriptor for that
 * comes along */
struct slot_order {
	uint64_t serial, made;
	unsigned int has;
};

/** struct slot_keeps - What stays from one box to the next */
struct slot_keeps {
	struct idle_net net;
	struct idle_tree tree;
};

/* Whether children get the memory that supervisor and slot share: @advice */
static int share(const struct slot *s, int advice)
{
	return madvise(s->plan, PLAN_MOST, advice) < 0
		       ? -1
		       : madvise(s->cancelled, sizeof(*s->cancelled), advice);
}

/* --- the slot's process ------------------------------------------------------------- */

static void forget_signals(void)
{
	const struct timespec now = { 0 };
	sigset_t all;

	sigfillset(&all);
	while (sigtimedwait(&all, NULL, &now) > 0 || errno == EINTR)
		;
}

/* Return: false at end of file, or when what came is no order */
static bool take_order(struct slot_order *o)
{
	static const int at[SLOT_FDS] = { 0, 1, 2, TAKE };
	struct parcel p = { .data = o, .len = sizeof(*o), .count = SLOT_FDS };
	int n = 0;

	if (parcel_recv(SOCK, &p, 0) != (ssize_t)sizeof(*o))
		return false;
	for (int i = 0; i < SLOT_FDS; i++)
		if (dup3(o->has & 1u << i ? p.fd[n++] : NONE, at[i],
			 at[i] == TAKE ? O_CLOEXEC : 0) < 0)
			return false;
	parcel_close(&p);
	return true;
}

static void run_order(struct slot *s, struct plan *own, const struct slot_order *o,
		      struct slot_keeps *keeps, struct slot_report *r)
{
	struct box_wish w = { .plan = own,
			      .host = s->host,
			      .counts = true,
			      .digests = s->digests,
			      .lifeline = SOCK,
			      .take_to = TAKE };

	memcpy(own, s->plan, s->plan->size);
	forget_signals();
	if (__atomic_load_n(s->cancelled, __ATOMIC_SEQ_CST) == o->serial)
		raise(SIGTERM);
	r->serial = o->serial;
	r->err = (struct err){ 0 };
	w.net = idle_net_enter(&keeps->net, own);
	w.tree = idle_tree_get(&keeps->tree, own, o->made);
	box_run(&w, &r->result, &r->err);
	idle_net_look(&keeps->net);
	for (int fd = 0; fd < 3; fd++)
		dup2(NONE, fd);
	dup3(NONE, TAKE, O_CLOEXEC);
}

/* Return: whether the descriptors are where this process has them */
static bool keep_few_fds(int sock)
{
	int none = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (sock == NONE)
		sock = dup(sock);
	if (none == SOCK)
		none = dup(none);
	if (none < 0 || sock < 0 || (sock != SOCK && dup3(sock, SOCK, O_CLOEXEC) < 0) ||
	    (none != NONE && dup3(none, NONE, O_CLOEXEC) < 0))
		return false;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(NONE, fd) < 0)
			return false;
	return dup3(NONE, TAKE, O_CLOEXEC) >= 0 && !sys_close_range(TAKE + 1, ~0u, 0);
}

static int stay_on_cpu(const struct slot *s)
{
	cpu_set_t one;

	if (s->cpu < 0)
		return 0;
	CPU_ZERO(&one);
	CPU_SET((size_t)s->cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

static _Noreturn void slot_main(struct slot *s, int sock, pid_t supervisor)
{
	struct plan *own = plan_new();
	struct slot_report report;
	struct slot_order order;
	struct slot_keeps keeps;
	sigset_t all;

	sigfillset(&all);
	if (!own || sigprocmask(SIG_SETMASK, &all, NULL) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0 || getppid() != supervisor ||
	    setsid() < 0 || !keep_few_fds(sock) || share(s, MADV_DONTFORK) < 0 ||
	    stay_on_cpu(s) < 0)
		_exit(125);
	idle_net_open(&keeps.net, HOME);
	idle_tree_open(&keeps.tree, MOUNTS, TREE);
	while (take_order(&order)) {
		struct parcel p = { .data = &report, .len = sizeof(report) };

		run_order(s, own, &order, &keeps, &report);
		if (parcel_send(SOCK, &p, 0) < 0)
			break;
	}
	_exit(0);
}

/* --- as the supervisor sees it ------------------------------------------------------ */

int slot_open(struct slot *s, int number, struct err *e)
{
	*s = (struct slot){ .number = number, .pidfd = -1, .sock = -1, .cpu = -1 };
	s->plan = plan_new_shared();
	s->cancelled = mmap(NULL, sizeof(*s->cancelled), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s->host = host_new();
	if (s->cancelled == MAP_FAILED)
		s->cancelled = NULL;
	if (!s->plan || !s->cancelled || !s->host || share(s, MADV_DONTFORK) < 0)
		return err_set(e, "out of memory");
	return 0;
}

int slot_start(struct slot *s, struct err *e)
{
	pid_t supervisor = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "cannot make a socket pair");
	s->pid = share(s, MADV_DOFORK) < 0 ? -1 : fork();
	if (!s->pid)
		slot_main(s, ends[1], supervisor);
	share(s, MADV_DONTFORK);
	close(ends[1]);
	s->sock = ends[0];
	s->busy = false;
	if (s->pid < 0)
		err_sys(e, "cannot start a process for slot %d", s->number);
	else
		s->pidfd = sys_pidfd_open(s->pid, 0);
	if (s->pid > 0 && s->pidfd < 0)
		err_sys(e, "cannot watch the process of slot %d", s->number);
	if (s->pidfd >= 0)
		return 0;
	slot_reap(s);
	return -1;
}

int slot_order(struct slot *s, const int fds[SLOT_FDS])
{
	struct slot_order o = { .serial = s->serial + 1, .made = s->made };
	struct parcel p = { .data = &o, .len = sizeof(o) };

	for (int i = 0; i < SLOT_FDS; i++)
		if (fds[i] >= 0) {
			o.has |= 1u << i;
			p.fd[p.count++] = fds[i];
		}
	if (parcel_send(s->sock, &p, MSG_DONTWAIT) < 0)
		return -1;
	s->serial = o.serial;
	s->busy = true;
	return 0;
}

void slot_cancel(struct slot *s)
{
	if (!s->busy)
		return;
	__atomic_store_n(s->cancelled, s->serial, __ATOMIC_SEQ_CST);
	sys_pidfd_send_signal(s->pidfd, SIGTERM);
}

bool slot_was_cancelled(const struct slot *s, uint64_t serial)
{
	return serial && __atomic_load_n(s->cancelled, __ATOMIC_SEQ_CST) == serial;
}

int slot_report(struct slot *s, struct slot_report *out)
{
	struct parcel p = { .data = out, .len = sizeof(*out) };
	ssize_t n = parcel_recv(s->sock, &p, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n != (ssize_t)sizeof(*out) || out->serial != s->serial)
		return -1;
	s->busy = false;
	return 1;
}

int slot_reap(struct slot *s)
{
	int status = 0;

	if (s->sock >= 0)
		close(fd_take(&s->sock));
	if (s->pidfd >= 0)
		close(fd_take(&s->pidfd));
	while (s->pid > 0 && waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
	s->busy = false;
	return status;
}

void slot_close(struct slot *s)
{
	slot_reap(s);
	plan_free(s->plan);
	if (s->cancelled)
		munmap(s->cancelled, sizeof(*s->cancelled));
	host_free(s->host);
	*s = (struct slot){ .pidfd = -1, .sock = -1 };
}
