// SPDX-License-Identifier: GPL-3.0-or-later
/* join.c - the process that joins a box that runs; box/join.h has the theory */
#include "box/join.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parcel.h"
#include "base/sealed.h"
#include "base/sys.h"
#include "box/again.h"
#include "box/box.h"
#include "box/copier.h"
#include "box/enter.h"
#include "box/inside.h"
#include "box/look.h"
#include "box/sync.h"

#define STACK	    (256u << 10) /* argv and envp lie on it */
#define PATIENCE_MS 5000	 /* for init */

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* The order in which they are entered behind the user namespace. It does not matter to
 * the kernel; the mount namespace changes root and directory, so it comes first */
static const struct kind {
	const char *name;
	int flag;
} kinds[] = {
	{ "user", CLONE_NEWUSER },     { "mnt", CLONE_NEWNS },	  { "net", CLONE_NEWNET },
	{ "uts", CLONE_NEWUTS },       { "ipc", CLONE_NEWIPC },	  { "pid", CLONE_NEWPID },
	{ "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
};

enum { USER = 0, NET = 2, KINDS = 8, ROOT = KINDS, SHOWN };

_Static_assert(SHOWN <= PARCEL_FDS, "one datagram has room for all that is shown");

/* --- in init ------------------------------------------------------------------------ */

/* The /proc of the box is nook's own mount. Who could mount another over it has every
 * right over the box that there is; what it leads to is at most that one's */
static int open_kinds(void)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	auto_fd proc = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (proc < 0 || fstatfs(proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return -1;
	return sys_openat2(proc, "self/ns", &how);
}

bool join_show(int sock)
{
	struct sync_msg msg, shown = { .step = STEP_SHOWN };
	auto_fd answer = -1, dir = -1;
	int fd[SHOWN], n = 0;

	if (sync_recv(sock, &msg, &answer) != 1 || msg.step != STEP_SHOW || answer < 0)
		return false;
	dir = open_kinds();
	for (int i = 0; i < SHOWN; i++) {
		fd[n] = i == ROOT ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)
				  : openat(dir, kinds[i].name, O_RDONLY | O_CLOEXEC);
		if (fd[n] < 0)
			continue;
		shown.value |= 1 << i;
		n++;
	}
	sync_send_all(answer, &shown, fd, n);
	while (n)
		close(fd[--n]);
	return true;
}

/* --- the joiner --------------------------------------------------------------------- */

static void fail(const struct join *j, int cause, int code, const struct err *e)
{
	struct sync_msg msg = {
		.step = STEP_FAILED, .value = cause, .code = code, .err = *e
	};

	sync_send(j->fd[JOIN_LINE], &msg, -1);
	_exit(125);
}

/* Its keeper may have died before the signal was armed */
static void be_bound(const struct join *j)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (child_die_with(j->keeper) < 0)
		_exit(125);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Everything of the keeper's goes that is not ours: its record's lock, its sockets */
static void keep_few_fds(const struct join *j)
{
	int keep[JOIN_FDS + CGROUP_TREES + 1];
	unsigned int from = 3;
	size_t n = 0;

	for (int i = 0; i < JOIN_FDS; i++)
		keep[n++] = j->fd[i];
	for (uint32_t i = 0; i < j->task_count; i++)
		keep[n++] = j->tasks[i];
	qsort(keep, n, sizeof(*keep), compare);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			sys_close_range(from, (unsigned int)keep[i] - 1, 0);
		from = (unsigned int)keep[i] + 1;
	}
	sys_close_range(from, ~0u, 0);
}

static const struct plan *map_wish(int fd)
{
	size_t size;
	const void *p = sealed_map(fd, &size);

	return p && size <= PLAN_MOST && plan_check(p, size) ? p : NULL;
}

static void copy_words(struct plan *to, struct plan_list *list, const struct plan *from,
		       const struct plan_list *words)
{
	*list = (struct plan_list){ 0 };
	for (const struct plan_word *w = NULL; (w = plan_each(from, words, w));)
		plan_add_word(to, list, plan_text(from, w->text));
}

/* Another user is one that the box has ids for, with one group */
static int take_user(struct plan *pl, const struct plan *wish, struct err *e)
{
	struct plan_user *u = &pl->user;

	if (wish->user.uid == u->uid && wish->user.gid == u->gid)
		return 0;
	if (plan_outside(pl, &u->uid_map, wish->user.uid) == UINT32_MAX ||
	    plan_outside(pl, &u->gid_map, wish->user.gid) == UINT32_MAX) {
		err_set(e, "user: the box has no ids for %u:%u", wish->user.uid,
			wish->user.gid);
		return err_hint(e, "it has those that its user namespace maps: nook "
				   "exec BOX -- cat /proc/self/uid_map");
	}
	u->uid = wish->user.uid;
	u->gid = wish->user.gid;
	u->group_count = 1;
	u->group[0] = u->gid;
	return 0;
}

/* A copy needs no command, and no terminal of one */
static int take_order(struct join *j, struct err *e)
{
	struct plan *pl = plan_new();

	j->order = copier_order(j->fd[JOIN_WISH]);
	if (!j->order || !pl)
		return err_set(e, "the keeper did not understand what is to be copied");
	memcpy(pl, j->plan, j->plan->size);
	pl->session.terminal = PLAN_TTY_NEVER;
	j->plan = pl;
	return 0;
}

/* The walls are the box's own; what a client may say is what runs behind them */
static int take_wish(struct join *j, struct err *e)
{
	const struct plan *wish = map_wish(j->fd[JOIN_WISH]);
	struct plan *pl = plan_new();

	if (!wish || !pl)
		return err_set(e, "the keeper did not understand what is to be run");
	memcpy(pl, j->plan, j->plan->size);
	copy_words(pl, &pl->env.argv, wish, &wish->env.argv);
	copy_words(pl, &pl->env.env, wish, &wish->env.env);
	pl->env.path = plan_put(pl, plan_text_or_null(wish, wish->env.path));
	pl->env.workdir = plan_put(pl, plan_text_or_null(wish, wish->env.workdir));
	pl->env.workdir_required = wish->env.workdir_required;
	pl->session.terminal = wish->session.terminal;
	if (plan_is_full(pl))
		return err_set(e, "the command and its variables are too long");
	j->plan = pl;
	return take_user(pl, wish, e);
}

/* The rights of outside, which the way in takes away, are needed for this */
static int enter_cgroup(const struct join *j, struct site *s, struct err *e)
{
	memcpy(s->join, j->tasks, sizeof(s->join));
	s->join_count = j->task_count;
	if (layers_apply(SIDE_BORN, j->plan, s, e) < 0)
		return -1;
	fd_close_all(j->tasks, j->task_count);
	return 0;
}

void join_main(struct join *j)
{
	struct site s = { .pty_fd = -1 };
	struct err e = { 0 };

	be_bound(j);
	keep_few_fds(j);
	if ((j->copies ? take_order(j, &e) : take_wish(j, &e)) < 0 ||
	    enter_cgroup(j, &s, &e) < 0)
		fail(j, CAUSE_SETUP, 125, &e);
	j->task_count = 0;
	if (!j->copies && again_is_mapped(j->plan) && again_join(j, &e) < 0)
		fail(j, CAUSE_SETUP, 125, &e);
	join_enter(j);
}

static int no_answer(struct err *e)
{
	err_set(e, "pid 1 of the box does not answer");
	return err_hint(e, "it may be stopped, or the box may be ending");
}

/* @fd: KINDS and the root, -1 where the box has none of its own. Return: 0, -1 and @e */
static int ask_init(const struct join *j, int *fd, struct err *e)
{
	struct sync_msg ask = { .step = STEP_SHOW }, shown;
	struct parcel p = { .count = SHOWN };
	auto_fd hear = -1, say = -1;
	struct pollfd poll_hear;
	int pair[2], n = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	hear = pair[0];
	say = pair[1];
	if (sync_send(j->fd[JOIN_INIT], &ask, say) < 0)
		return err_sys(e, "the box has ended");
	close(fd_take(&say));
	poll_hear = (struct pollfd){ .fd = hear, .events = POLLIN };
	if (poll(&poll_hear, 1, PATIENCE_MS) != 1 ||
	    sync_recv_all(hear, &shown, &p) != 1 || shown.step != STEP_SHOWN)
		return no_answer(e);
	for (int i = 0; i < SHOWN; i++)
		fd[i] = shown.value & 1 << i ? p.fd[n++] : -1;
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_own(const char *kind, int fd)
{
	struct stat own, theirs;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	return !stat(path, &own) && !fstat(fd, &theirs) && is_same(&own, &theirs);
}

/* Every namespace that the plan has made must have come */
static int check_kinds(const struct join *j, int *fd, struct err *e)
{
	uint64_t made = j->plan->clone_flags | j->plan->unshare_flags;

	if (j->plan->user.order != USER_NONE)
		made |= CLONE_NEWUSER;
	for (int i = 0; i < KINDS; i++) {
		if (fd[i] >= 0 && is_own(kinds[i].name, fd[i]))
			close(fd_take(&fd[i]));
		if (fd[i] < 0 && (made & (uint64_t)kinds[i].flag)) {
			err_set(e, "pid 1 of the box did not show its %s namespace",
				kinds[i].name);
			return err_hint(e, "it finds them in the box's own /proc");
		}
	}
	if (fd[ROOT] < 0)
		return no_answer(e);
	return 0;
}

static int enter_one(int *fd, int kind, struct err *e)
{
	if (fd[kind] < 0)
		return 0;
	if (setns(fd[kind], kinds[kind].flag) < 0)
		return err_sys(e, "cannot enter the %s namespace of the box",
			       kinds[kind].name);
	close(fd_take(&fd[kind]));
	return 0;
}

/*
 * The network of an ordinary user's box may belong to a user namespace above the box's,
 * that of his router or of another box: it is entered from there, on the way to the
 * box's, which has no right to it.
 */
static int enter_from_above(int *fd, struct err *e)
{
	auto_fd owner = fd[NET] < 0 ? -1 : ioctl(fd[NET], NS_GET_USERNS);
	struct stat above, user;

	if (fd[NET] < 0 || fd[USER] < 0)
		return 0;
	if (owner < 0 || fstat(owner, &above) < 0 || fstat(fd[USER], &user) < 0)
		return err_sys(e, "cannot tell whose the net namespace of the box is");
	if (is_same(&above, &user))
		return 0;
	if (enter_netns(fd[NET]) < 0)
		return err_sys(e, "cannot enter the net namespace of the box");
	close(fd_take(&fd[NET]));
	return 0;
}

/* The user namespace of USER_LAST waits for SIDE_JOIN */
static int enter_kinds(const struct join *j, int *fd, struct site *s, struct err *e)
{
	if (j->plan->user.order == USER_FIRST &&
	    (enter_from_above(fd, e) < 0 || enter_one(fd, USER, e) < 0))
		return -1;
	for (int i = USER + 1; i < KINDS; i++)
		if (enter_one(fd, i, e) < 0)
			return -1;
	s->userns_fd = fd[USER];
	s->root_fd = fd[ROOT];
	return 0;
}

int join_visit(const struct join *j, struct site *s, struct err *e)
{
	int fd[SHOWN];

	return ask_init(j, fd, e) < 0 || check_kinds(j, fd, e) < 0 ||
			       enter_kinds(j, fd, s, e) < 0
		       ? -1
		       : 0;
}

static int command_main(void *arg)
{
	payload_exec(arg);
	return 125; /* clone(3) ends the process with it */
}

/* Here and not in the joiner, which is in no pid namespace of the box's and finds itself
 * in no proc of it. It has every right in the box that the last walls take */
static int look_main(void *arg)
{
	struct launch *l = arg;

	l->look = look_new(-1);
	if (!l->look) {
		l->failed = true;
		l->cause = CAUSE_SETUP;
		l->code = 125;
		err_set(&l->err, "out of memory");
		return 125;
	}
	return command_main(l);
}

/* As start_payload() of inside.c; the keeper is the parent */
static int start_command(const struct join *j, struct launch *l)
{
	struct join_note *note = mmap(NULL, sizeof(*note), PROT_READ | PROT_WRITE,
				      MAP_SHARED, j->fd[JOIN_NOTE], 0);
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (note == MAP_FAILED || stack == MAP_FAILED)
		return -1;
	return clone(j->look ? look_main : command_main, stack + STACK,
		     CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_PARENT_SETTID |
			     SIGCHLD,
		     l, &note->command);
}

/* The terminal has its size before the command can ask for it */
static void say_ready(const struct join *j, struct site *s)
{
	const struct winsize size = { .ws_row = j->rows, .ws_col = j->columns };
	struct sync_msg msg = { .step = STEP_READY };

	if (s->pty_fd < 0)
		return;
	ioctl(s->pty_fd, TIOCSWINSZ, &size);
	if (sync_send(j->fd[JOIN_LINE], &msg, s->pty_fd) < 0)
		_exit(125);
	close(fd_take(&s->pty_fd));
}

static int no_process(const struct join *j, struct err *e)
{
	struct pollfd init = { .fd = j->fd[JOIN_INIT] };
	int code = errno;

	/* A pid namespace whose init has ended says that it has no memory (fork(2)) */
	if (code == ENOMEM && poll(&init, 1, 0) > 0 && init.revents & POLLHUP)
		return err_set(e, "the box has ended");
	errno = code;
	err_sys(e, "cannot start a process in the box");
	return errno == EAGAIN ? err_hint(e, "the box may have as many processes as it "
					     "is allowed: 'nook top BOX' lists them")
			       : -1;
}

static void copy(const struct join *j)
{
	struct sync_msg done = { .step = STEP_EXIT };
	struct err e = { 0 };

	if (copier_become(j->plan, &e) < 0)
		fail(j, CAUSE_SETUP, 125, &e);
	be_bound(j);
	if (copier_run(j->plan, j->order, &e) < 0)
		fail(j, CAUSE_SETUP, 125, &e);
	sync_send(j->fd[JOIN_LINE], &done, -1);
	_exit(0);
}

void join_enter(struct join *j)
{
	struct site s = { .ignores_hangup = !box_minds_hangup(),
			  .userns_fd = -1,
			  .root_fd = -1,
			  .old_proc_fd = -1,
			  .tree_fd = -1,
			  .upper_fd = -1,
			  .pty_fd = -1,
			  .tty_fd = -1,
			  .keep_fd = -1,
			  .preserve = j->look,
			  .look = j->look,
			  .net = { .netns_fd = -1 } };
	struct launch l = { .plan = j->plan, .site = &s, .parent = j->keeper };
	struct sync_msg go = { .step = STEP_GO }, ran = { .step = STEP_EXEC };
	struct err e = { 0 };

	be_bound(j);
	if (join_visit(j, &s, &e) < 0 || layers_apply(SIDE_JOIN, j->plan, &s, &e) < 0)
		fail(j, CAUSE_SETUP, 125, &e);
	be_bound(j); /* a change of ids clears both */
	if (j->copies)
		copy(j);
	say_ready(j, &s);
	if (!j->look)
		sync_send(j->fd[JOIN_LINE], &go, -1);
	if (start_command(j, &l) < 0) {
		no_process(j, &e);
		fail(j, CAUSE_SETUP, 125, &e);
	}
	if (l.failed)
		fail(j, l.cause, l.code, &l.err);
	sync_send(j->fd[JOIN_LINE], &ran, -1);
	_exit(0);
}
