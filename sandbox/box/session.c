// SPDX-License-Identifier: GPL-3.0-or-later
/* session.c - the keeper's side of commands that were brought into its box */
#include "box/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parcel.h"
#include "base/sys.h"
#include "box/control.h"
#include "box/join.h"
#include "box/keeper.h"
#include "box/look.h"
#include "box/sync.h"

#define SIGNAL_MOST	64
#define SIGNAL_BIT(sig) (UINT64_C(1) << ((sig) - 1))

/* --- start -------------------------------------------------------------------------- */

int session_may(const struct keeper *k, struct err *e)
{
	if (k->plan->session.init_none) {
		err_set(e, "this box has no init, so nothing can come into it");
		return err_hint(e, "run it without '--init none'");
	}
	if (k->over || k->cause_set)
		return err_set(e, "the box is ending already");
	if (!k->ran)
		return control_not_yet(e);
	if (k->paused_at) {
		err_set(e, "the box is paused");
		return err_hint(e, "let it go on first: nook unpause %s",
				store_name(&k->store.rec));
	}
	return 0;
}

static int check(const struct keeper *k, const struct control_ask *ask, const int *fd,
		 struct err *e)
{
	bool stdio = fd[SESSION_STDIN] >= 0;
	uint32_t look = ask->flags & CONTROL_LOOK;

	for (int i = SESSION_STDIN; i < SESSION_FDS; i++)
		if ((fd[i] >= 0) != stdio)
			return err_set(e, "not all of descriptors 0 to 2 came along");
	if (fd[SESSION_LINE] < 0 || fd[SESSION_WISH] < 0 ||
	    (ask->flags & ~(look ? look : CONTROL_KEEP)) ||
	    ((look || ask->op == CONTROL_COPY) && !stdio))
		return err_set(e, "the keeper did not understand what is to be run");
	if (session_may(k, e) < 0)
		return -1;
	if (k->sessions.count == SESSIONS_MOST)
		return err_set(e, "%d commands were brought into this box already",
			       SESSIONS_MOST);
	return 0;
}

/* Return: its descriptor, with @s->note; -1 and @e */
static int make_note(struct session *s, struct err *e)
{
	auto_fd fd = (int)syscall(SYS_memfd_create, "nook-note", 1u /* MFD_CLOEXEC */);

	if (fd < 0 || ftruncate(fd, sizeof(*s->note)) < 0)
		return err_sys(e, "cannot make a file in memory");
	s->note = mmap(NULL, sizeof(*s->note), PROT_READ, MAP_SHARED, fd, 0);
	if (s->note == MAP_FAILED)
		return err_sys(e, "cannot map a file in memory");
	return fd_take(&fd);
}

/* v1: by these the joiner enters the leaf itself; on v2 clone3() puts it there */
static int open_tasks(const struct keeper *k, struct join *j, struct err *e)
{
	const struct cgroup *cg = &k->site.cgroup;

	for (uint32_t i = 0; cg->kind != CGROUP_V2 && i < cg->count; i++) {
		j->tasks[i] = openat(cg->dir[i], "tasks", O_WRONLY | O_CLOEXEC);
		if (j->tasks[i] < 0)
			return err_sys(e, "cannot open the 'tasks' of the box's cgroup");
		j->task_count = i + 1;
	}
	return 0;
}

/* v2: the cgroup below the leaf that init is in. Return: a descriptor, -1 = init is in
 * the leaf itself, or has ended */
static int open_group_of_init(const struct keeper *k)
{
	const char *leaf = strrchr(cgroup_path(&k->store.rec.cgroup, 0), '/');
	char path[32], own[4096], *below;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", k->pid);
	if (file_read_small(AT_FDCWD, path, own, sizeof(own)) <= 0)
		return -1;
	below = strstr(own, leaf);
	if (!below || below[strlen(leaf)] != '/')
		return -1;
	below += strlen(leaf) + 1;
	below[strcspn(below, "\n")] = '\0';
	return openat(k->site.cgroup.dir[0], below, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A box whose leaf hands controllers on to cgroups in it, as systemd does, has no process
 * in the leaf itself, and none can begin there (cgroups(7), no internal processes): who
 * joins goes where init is */
static pid_t clone_joiner(const struct keeper *k, struct err *e)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	bool has_v2 = k->site.cgroup.count && k->site.cgroup.kind == CGROUP_V2;
	auto_fd group = -1;
	pid_t pid;

	if (has_v2) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned int)k->site.cgroup.dir[0];
	}
	pid = sys_clone3(&args);
	if (pid < 0 && has_v2 && (errno == EBUSY || errno == EOPNOTSUPP)) {
		group = open_group_of_init(k);
		args.cgroup = (unsigned int)group;
		if (group >= 0)
			pid = sys_clone3(&args);
		else
			errno = EBUSY;
	}
	if (pid >= 0)
		return pid;
	err_sys(e, "cannot start a process in the box");
	if (errno == EAGAIN)
		err_hint(e, "the box may have as many processes as it is allowed: 'nook "
			    "top BOX' lists them");
	return -1;
}

/* The socket for the answer becomes LOOK_FD; what lies there makes room */
static void put_look(struct join *j)
{
	int *fd[JOIN_FDS + CGROUP_TREES];
	size_t n = 0;

	for (int i = 0; i < JOIN_FDS; i++)
		fd[n++] = &j->fd[i];
	for (uint32_t i = 0; i < j->task_count; i++)
		fd[n++] = &j->tasks[i];
	for (size_t i = 0; i < n; i++)
		if (*fd[i] == LOOK_FD)
			*fd[i] = fcntl(LOOK_FD, F_DUPFD_CLOEXEC, LOOK_FD + 1);
	j->fd[JOIN_LOOK] = dup2(STDIN_FILENO, LOOK_FD);
	if (j->fd[JOIN_LOOK] < 0)
		_exit(125);
}

/* In the joiner */
static void go(struct join *j, const int *fd)
{
	for (int i = SESSION_STDIN; i < SESSION_FDS; i++)
		if (fd[i] >= 0 && dup2(fd[i], i - SESSION_STDIN) < 0)
			_exit(125);
	if (j->look)
		put_look(j);
	join_main(j);
}

static int start(struct keeper *k, struct session *s, const struct control_ask *ask,
		 int *fd, struct err *e)
{
	struct join j = {
		.plan = k->plan,
		.keeper = getpid(),
		.copies = ask->op == CONTROL_COPY,
		.fd = { [JOIN_INIT] = k->sock,
			[JOIN_LINE] = fd[SESSION_LINE],
			[JOIN_WISH] = fd[SESSION_WISH],
			[JOIN_LOOK] = -1 },
		.look = ask->flags & CONTROL_LOOK,
		.rows = ask->rows,
		.columns = ask->columns,
	};
	auto_fd note = make_note(s, e);

	j.fd[JOIN_NOTE] = note;
	if (note >= 0 && open_tasks(k, &j, e) == 0) {
		s->joiner = clone_joiner(k, e);
		if (s->joiner == 0)
			go(&j, fd);
	}
	fd_close_all(j.tasks, j.task_count);
	return s->joiner > 0 ? 0 : -1;
}

static void forget(struct session *s)
{
	if (s->line >= 0)
		close(s->line);
	if (s->note && s->note != MAP_FAILED)
		munmap(s->note, sizeof(*s->note));
}

int session_start(struct keeper *k, const struct control_ask *ask, int *fd, struct err *e)
{
	struct sessions *all = &k->sessions;
	struct session s = { .line = -1, .kept = ask->flags & CONTROL_KEEP };

	if (check(k, ask, fd, e) < 0)
		return -1;
	if (!all->v)
		all->v = calloc(SESSIONS_MOST, sizeof(*all->v));
	if (!all->v)
		return err_set(e, "out of memory");
	if (start(k, &s, ask, fd, e) < 0) {
		forget(&s);
		return -1;
	}
	s.line = fd_take(&fd[SESSION_LINE]);
	all->v[all->count++] = s;
	return 0;
}

/* --- watch -------------------------------------------------------------------------- */

int session_poll(const struct keeper *k, struct pollfd *p)
{
	int n = 0;

	for (int i = 0; i < k->sessions.count; i++)
		if (k->sessions.v[i].line >= 0)
			p[n++] = (struct pollfd){ .fd = k->sessions.v[i].line,
						  .events = POLLIN };
	return n;
}

/* The command is ours until it was waited for, so its number means no other. It has a
 * group of its own as soon as it runs */
static void signal_command(const struct session *s, int sig)
{
	pid_t pid = s->note->command;

	if (pid > 0 && kill(-pid, sig) < 0)
		kill(pid, sig);
}

/* The command is on its way: it gets it when it runs, not behind its last wall, where it
 * would end without a word. A stop and what lets go on take each other back, as in the
 * kernel (signal(7)) */
static void keep_signal(struct session *s, int sig)
{
	const uint64_t stops = SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) |
			       SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU);

	if (SIGNAL_BIT(sig) & stops)
		s->early &= ~SIGNAL_BIT(SIGCONT);
	else if (sig == SIGCONT)
		s->early &= ~stops;
	s->early |= SIGNAL_BIT(sig);
}

static void send_early(struct session *s)
{
	for (int sig = 1; sig <= SIGNAL_MOST; sig++)
		if (s->early & SIGNAL_BIT(sig))
			signal_command(s, sig);
	s->early = 0;
}

static void kill_session(const struct session *s)
{
	if (s->joiner)
		kill(s->joiner, SIGKILL);
	signal_command(s, SIGKILL);
	if (s->note->command > 0)
		kill(s->note->command, SIGKILL); /* its group may be another by now */
}

static void hear(struct session *s)
{
	struct sync_msg msg;
	struct parcel p = { .data = &msg, .len = sizeof(msg) };
	ssize_t n = parcel_recv(s->line, &p, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n >= (ssize_t)sizeof(int) * 2 && msg.step == STEP_SIGNAL && msg.value > 0 &&
	    msg.value <= SIGNAL_MOST) {
		/* one that comes again is not kept: execve(2) itself may hang */
		if (s->joiner && !(s->early & SIGNAL_BIT(msg.value)))
			keep_signal(s, msg.value);
		else
			signal_command(s, msg.value);
		return;
	}
	close(fd_take(&s->line));
	if (!s->kept)
		kill_session(s);
}

void session_step(struct keeper *k, const struct pollfd *p, int n)
{
	for (int i = 0; i < n; i++)
		for (int j = 0; p[i].revents && j < k->sessions.count; j++)
			if (k->sessions.v[j].line == p[i].fd)
				hear(&k->sessions.v[j]);
}

static void tell(const struct session *s, const struct sync_msg *msg)
{
	struct parcel p = { .data = (void *)msg, .len = sizeof(*msg) };

	if (s->line >= 0)
		parcel_send(s->line, &p, MSG_DONTWAIT);
}

static void tell_exit(const struct session *s, int status, bool box_ended)
{
	struct sync_msg msg = { .step = STEP_EXIT, .value = status, .code = box_ended };

	tell(s, &msg);
}

/* Init's last word is there before it ends what lives in the box, and may wait to be read
 * while that end is heard of */
static bool box_ends(const struct keeper *k)
{
	struct sync_msg msg = { 0 };

	if (k->over || k->cause_set)
		return true;
	return recv(k->sock, &msg, sizeof(msg), MSG_PEEK | MSG_DONTWAIT) > 0 &&
	       msg.step == STEP_EXIT;
}

/* One that ended by itself has said why */
static void tell_lost(const struct session *s, int status, bool box_ended)
{
	struct sync_msg msg = { .step = STEP_FAILED, .value = CAUSE_SETUP, .code = 125 };

	if (WIFEXITED(status))
		return;
	err_set(&msg.err, box_ended ? "the box has ended"
				    : "the process that was to join the box was killed");
	tell(s, &msg);
}

static void count_usage(struct sessions *all, const struct rusage *ru)
{
	timeradd(&all->user, &ru->ru_utime, &all->user);
	timeradd(&all->system, &ru->ru_stime, &all->system);
}

/* @how: WNOHANG or 0. Return: whether nothing of it lives */
static bool is_over(struct keeper *k, struct session *s, int how)
{
	struct rusage ru;
	int status;
	pid_t pid;

	if (s->joiner) {
		while ((pid = wait4(s->joiner, &status, how, &ru)) < 0 && errno == EINTR)
			;
		if (!pid)
			return false;
		s->joiner = 0;
		if (s->note->command)
			send_early(s);
		else
			tell_lost(s, status, box_ends(k));
	}
	if (!s->note->command)
		return true;
	while ((pid = wait4(s->note->command, &status, how, &ru)) < 0 && errno == EINTR)
		;
	if (pid > 0) {
		count_usage(&k->sessions, &ru);
		tell_exit(s, status, box_ends(k));
	}
	return pid != 0;
}

void session_look(struct keeper *k)
{
	struct sessions *all = &k->sessions;

	for (int i = all->count - 1; i >= 0; i--) {
		if (!is_over(k, &all->v[i], WNOHANG))
			continue;
		forget(&all->v[i]);
		all->v[i] = all->v[--all->count];
	}
}

void session_end(struct keeper *k)
{
	struct sessions *all = &k->sessions;

	k->over = true;
	for (int i = 0; i < all->count; i++)
		kill_session(&all->v[i]);
	while (all->count) {
		struct session *s = &all->v[all->count - 1];

		/* the joiner may have made it after that */
		if (s->joiner)
			while (waitid(P_PID, (id_t)s->joiner, NULL, WEXITED | WNOWAIT) <
				       0 &&
			       errno == EINTR)
				;
		kill_session(s);
		is_over(k, s, 0);
		forget(s);
		all->count--;
	}
	free(all->v);
	all->v = NULL;
}
