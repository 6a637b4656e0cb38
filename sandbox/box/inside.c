// SPDX-License-Identifier: GPL-3.0-or-later
/* inside.c - the child while it builds its own walls
 *
 * Theory of operation. inside is a clone of the keeper in new namespaces. It dies with
 * the keeper by two independent ways: the parent-death signal, armed
 * first and again after the last change of ids, which clears it; and the step socket,
 * whose end of file both inside and init take as the end. After each arming the socket is
 * polled, for a keeper that died before.
 *
 * It walks SIDE_BOX of all layers, starts the payload in a process that shares its memory
 * until exec (clone with CLONE_VM | CLONE_VFORK: no copy of page tables, and what failed
 * is read from memory), drops its own rights and is init from there on.
 */
#include "box/inside.h"

#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "box/again.h"
#include "box/box.h"
#include "box/copier.h"
#include "box/look.h"
#include "box/orphans.h"
#include "box/sync.h"
#include "box/take.h"

/* argv and envp lie on it; untouched pages cost nothing */
#define PAYLOAD_STACK (256u << 10)

void inside_fail(const struct inside *in, int cause, int code, const struct err *e)
{
	struct sync_msg msg = {
		.step = STEP_FAILED, .value = cause, .code = code, .err = *e
	};

	sync_send(in->sock, &msg, -1);
	_exit(125);
}

/* The keeper may have died before the signal was armed: then the socket has hung up */
static void arm_death_signal(const struct inside *in)
{
	struct pollfd p = { .fd = in->sock, .events = 0 };
	struct err e;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
		err_sys(&e, "cannot arm the parent-death signal");
		inside_fail(in, CAUSE_SETUP, 125, &e);
	}
	if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)))
		_exit(125);
}

/* FAILED or end of file: the keeper knows why, and it is over either way. Return: the
 * value that came along */
static int wait_for_step(const struct inside *in, enum step step)
{
	struct sync_msg msg;

	if (sync_recv(in->sock, &msg, NULL) != 1 || msg.step != (int)step)
		_exit(125);
	return msg.value;
}

/*
 * /proc/1/cmdline and /proc/1/environ show the process's own start-up area: what the
 * caller typed and had in the environment is not the payload's business (KN-06).
 */
static void scrub_start_area(const struct inside *in)
{
	static const char name[] = "nook-init";

	if (in->argv_area && in->argv_size > sizeof(name)) {
		memset(in->argv_area, 0, in->argv_size);
		memcpy(in->argv_area, name, sizeof(name));
	}
	prctl(PR_SET_NAME, name, 0, 0, 0);
}

static int payload_main(void *arg)
{
	payload_exec(arg);
	return 125; /* clone(3) ends the process with it */
}

/* Returns only when the payload's process has called exec or has ended. The stack is an
 * area of its own, so that a tiny RLIMIT_STACK of the caller cannot make it overflow. */
static pid_t start_payload(struct launch *l)
{
	char *stack = mmap(NULL, PAYLOAD_STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid;

	if (stack == MAP_FAILED)
		return -1;
	pid = clone(payload_main, stack + PAYLOAD_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD,
		    l);
	munmap(stack, PAYLOAD_STACK);
	return pid;
}

/* Init keeps what it needs to signal a payload of another id, and nothing else */
static void drop_own_rights(const struct inside *in)
{
	const struct plan_user *u = &in->plan->user;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	bool other = u->init_uid != u->uid;
	struct err e;

	if (u->order == USER_NONE && !in->plan->clone_flags)
		return;
	if (other && getuid() != u->init_uid) {
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		if (syscall(SYS_setresgid, u->init_gid, u->init_gid, u->init_gid) < 0 ||
		    syscall(SYS_setresuid, u->init_uid, u->init_uid, u->init_uid) < 0) {
			err_sys(&e, "init cannot become user %u", u->init_uid);
			inside_fail(in, CAUSE_SETUP, 125, &e);
		}
	}
	if (other || u->order == USER_NONE)
		data[0].effective = data[0].permitted = 1u << CAP_KILL;
	if (syscall(SYS_capset, &head, data) < 0) {
		err_sys(&e, "init cannot drop its capabilities");
		inside_fail(in, CAUSE_SETUP, 125, &e);
	}
	arm_death_signal(in);
}

static void close_site(struct site *s)
{
	int *const fds[] = { &s->userns_fd, &s->root_fd, &s->old_proc_fd,
			     &s->tree_fd,   &s->upper_fd,  &s->pty_fd,	 &s->tty_fd,
			     &s->net.netns_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			close(fd_take(fds[i]));
}

/* `init: none`: this process is pid 1 and the payload; the socket goes at exec, which is
 * how the keeper learns that it ran */
static void become_payload(struct inside *in, struct look *look)
{
	struct launch l = { .plan = in->plan, .site = &in->site, .look = look };

	in->site.keep_fd = in->sock;
	payload_exec(&l);
	inside_fail(in, l.cause, l.code, &l.err);
}

/* The terminal has its size before the command can ask for it: that of the caller's,
 * which descriptor 0 still is, or the usual one where nobody looks on
 */
static void say_ready(struct inside *in)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct sync_msg msg = { .step = STEP_READY };

	if (in->site.pty_fd < 0)
		return;
	ioctl(0, TIOCGWINSZ, &size);
	ioctl(in->site.pty_fd, TIOCSWINSZ, &size);
	if (sync_send(in->sock, &msg, in->site.pty_fd) < 0)
		_exit(125);
	close(fd_take(&in->site.pty_fd));
}

/* Without ids nothing can be done; and the file may be the box's to write */
static void be_born(struct inside *in)
{
	struct err e = { 0 };

	close(in->keeper_sock);
	arm_death_signal(in);
	if (layers_apply(SIDE_BORN, in->plan, &in->site, &e) < 0)
		inside_fail(in, CAUSE_SETUP, 125, &e);
	if (layers_need_maps(in->plan))
		wait_for_step(in, STEP_MAPPED);
	if (!in->copy && again_is_needed(in->plan) && again_exec(in, &e) < 0)
		inside_fail(in, CAUSE_SETUP, 125, &e);
}

/* No command runs, so nothing is there that could do something to this process */
static void copy_files(const struct inside *in)
{
	struct sync_msg done = { .step = STEP_EXIT };
	struct err e = { 0 };

	if (copier_become(in->plan, &e) < 0)
		inside_fail(in, CAUSE_SETUP, 125, &e);
	arm_death_signal(in);
	if (copier_run(in->plan, in->copy, &e) < 0)
		inside_fail(in, CAUSE_SETUP, 125, &e);
	sync_send(in->sock, &done, -1);
	_exit(0);
}

static void await_host(struct site *s)
{
	char *in = (char *)s - offsetof(struct inside, site);

	wait_for_step((struct inside *)in, STEP_MAPPED);
}

void inside_main(struct inside *in)
{
	struct launch l = { .plan = in->plan, .site = &in->site };
	struct sync_msg ran = { .step = STEP_EXEC };
	struct err e = { 0 };
	pid_t payload;
	int tell;

	if (!in->again)
		be_born(in);
	in->children = -1;
	if (!(in->plan->clone_flags & CLONE_NEWPID)) {
		in->children = orphans_adopt();
		l.parent = getpid();
	}
	umask(0);
	in->site.await_host = layers_need_maps(in->plan) ? NULL : await_host;
	if (layers_apply(SIDE_BOX, in->plan, &in->site, &e) < 0)
		inside_fail(in, CAUSE_SETUP, 125, &e);
	arm_death_signal(in);
	tell = wait_for_step(in, STEP_GO);
	say_ready(in);
	if (in->copy)
		copy_files(in);
	if (takes_send(in->plan, in->sock, &e) < 0)
		inside_fail(in, CAUSE_SETUP, 125, &e);
	if (in->site.look && !(l.look = look_new(in->site.old_proc_fd))) {
		err_set(&e, "out of memory");
		inside_fail(in, CAUSE_SETUP, 125, &e);
	}
	if (in->plan->session.init_none)
		become_payload(in, l.look);
	scrub_start_area(in);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* A payload that can signal init must not be able to forestall its report */
	if (in->children >= 0)
		in->site.keep_fd = in->sock;
	payload = start_payload(&l);
	if (payload < 0) {
		err_sys(&e, "cannot start the payload's process");
		inside_fail(in, CAUSE_SETUP, 125, &e);
	}
	if (l.failed)
		inside_fail(in, l.cause, l.code, &l.err);
	close_site(&in->site);
	drop_own_rights(in);
	/* Who has others to end must not be killed first:
	 * the socket tells of the keeper */
	if (in->children >= 0)
		prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	if ((in->children < 0 || tell) && sync_send(in->sock, &ran, -1) < 0 &&
	    in->children < 0)
		_exit(125);
	init_main(in, payload);
}
