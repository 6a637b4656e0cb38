// SPDX-License-Identifier: GPL-3.0-or-later
/* changing_work.c - the processes that change the mounts of a box; box/changing.h has the
 * theory */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parcel.h"
#include "base/sys.h"
#include "box/box.h"
#include "box/changing.h"
#include "box/forward.h"
#include "box/join.h"
#include "box/rights.h"
#include "box/router.h"
#include "box/sync.h"
#include "layer/change.h"

static void fail(const struct worker *w, const struct err *e)
{
	w->note->why = *e;
	_exit(125);
}

/* --- the maker ---------------------------------------------------------------------- */

/* An id map that every process may write for itself: files keep the owners they have */
static int map_own_ids(uid_t uid, gid_t gid)
{
	char line[64];

	if (file_write(AT_FDCWD, "/proc/self/setgroups", "deny") < 0)
		return -1;
	snprintf(line, sizeof(line), "%u %u 1", uid, uid);
	if (file_write(AT_FDCWD, "/proc/self/uid_map", line) < 0)
		return -1;
	snprintf(line, sizeof(line), "%u %u 1", gid, gid);
	return file_write(AT_FDCWD, "/proc/self/gid_map", line);
}

/* Must: leave nothing outside of its own namespaces changed */
static int be_alone(const struct worker *w, struct err *e)
{
	bool own_user = w->next->user.order == USER_FIRST;
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (own_user) {
		/* files of /proc/self belong to root while one is not dumpable */
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		if (unshare(CLONE_NEWUSER) < 0 || map_own_ids(uid, gid) < 0)
			return err_sys(e, "cannot make a user namespace");
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	}
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, "cannot make a mount namespace");
	return 0;
}

static bool is_made_outside(const struct plan_mount *m)
{
	return m->op == MOP_BIND || m->op == MOP_TEXT;
}

static void maker_main(const struct worker *w, int say) __attribute__((noreturn));

static void maker_main(const struct worker *w, int say)
{
	struct sync_msg msg = { .step = STEP_READY };
	int failed = be_alone(w, &msg.err);

	for (const struct plan_mount *m = NULL;
	     !failed && (m = change_next_new(w->old, w->next, m));) {
		auto_fd tree = -1;

		if (!is_made_outside(m))
			continue;
		tree = m->op == MOP_TEXT
			       ? change_text(w->next, m, &msg.err)
			       : change_tree(w->old, w->next, m, w->userns, &msg.err);
		failed = tree < 0;
		if (!failed && sync_send(say, &msg, tree) < 0)
			failed = err_sys(&msg.err, "cannot hand a mount on");
	}
	if (failed) {
		msg.step = STEP_FAILED;
		sync_send(say, &msg, -1);
	}
	_exit(failed);
}

/* Return: how many trees; -1 and @e */
static int make_trees(const struct worker *w, int *tree, struct err *e)
{
	auto_fd hear = -1, say = -1;
	int pair[2], n = 0, r = 1;
	struct sync_msg msg = { 0 };
	pid_t pid, self = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	hear = pair[0];
	say = pair[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start a process");
	if (!pid) {
		rights_die_with(self);
		maker_main(w, say);
	}
	close(fd_take(&say));
	for (const struct plan_mount *m = NULL;
	     r == 1 && (m = change_next_new(w->old, w->next, m));) {
		if (n == CHANGE_MOUNTS_MOST) {
			r = err_set(e, "more than %d mounts at once", CHANGE_MOUNTS_MOST);
			break;
		}
		tree[n] = -1;
		if (is_made_outside(m))
			r = sync_recv(hear, &msg, &tree[n]);
		if (r == 1 && is_made_outside(m) && tree[n] < 0)
			r = 0;
		n++;
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == 1)
		return n;
	if (msg.step == STEP_FAILED)
		*e = msg.err;
	else if (r == 0)
		err_set(e, "the process that makes the mounts died");
	else if (n < CHANGE_MOUNTS_MOST)
		err_sys(e, "cannot take the mounts that were made");
	return -1;
}

/* --- the worker --------------------------------------------------------------------- */

static void be_bound(const struct worker *w)
{
	const int fd[] = { w->init,	     w->userns,	      w->forward->sock,
			   w->router->use,   w->router->user, w->router->net,
			   w->net->netns_fd, w->store,	      w->alive,
			   w->spots };
	int keep[ARRAY_SIZE(fd) + CHANGE_MOUNTS_MOST];
	size_t n = 0;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	rights_die_with(w->keeper);
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++)
		if (fd[i] >= 0)
			keep[n++] = fd[i];
	for (int i = 0; i < w->gone_count; i++)
		keep[n++] = w->gone[i];
	if (rights_keep_fds(keep, n) < 0) {
		struct err e;

		err_sys(&e, "cannot close descriptors");
		fail(w, &e);
	}
}

static int enter(const struct worker *w, struct change_site *at, struct err *e)
{
	struct join j = { .plan = w->old, .keeper = w->keeper };
	struct site s = { .userns_fd = -1, .root_fd = -1, .tree_fd = -1 };

	for (int i = 0; i < JOIN_FDS; i++)
		j.fd[i] = -1;
	j.fd[JOIN_INIT] = w->init;
	at->proc_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at->proc_fd < 0)
		return err_sys(e, "cannot open '/proc/self/fd'");
	if (join_visit(&j, &s, e) < 0)
		return -1;
	rights_die_with(w->keeper); /* a change of ids clears it */
	at->root_fd = s.root_fd;
	return 0;
}

/* The last one first; the note has what is left */
static void take_back(const struct worker *w, const struct change_site *at,
		      const int *tree)
{
	uint32_t *n = &w->note->mounted;

	while (*n && change_detach(at, tree[*n - 1]) == 0)
		--*n;
}

static int mount_new(const struct worker *w, const struct change_site *at, int *tree,
		     struct err *e)
{
	struct change_note *note = w->note;

	for (const struct plan_mount *m = NULL; (m = change_next_new(w->old, w->next, m));
	     tree++) {
		if (*tree < 0)
			*tree = change_tmpfs(w->next, m, e);
		if (*tree < 0)
			return -1;
		if (change_id(*tree, &note->mount[note->mounted]) < 0)
			return err_sys(e, "cannot look at a mount");
		note->mounted++;
		if (change_attach(w->next, m, at, *tree, e) < 0) {
			note->mounted--;
			return -1;
		}
	}
	return 0;
}

/* Return: how many mounts are to go, open in @gone; -1 and @e */
static int find_gone(const struct worker *w, const struct change_site *at, int *gone,
		     struct err *e)
{
	int n = 0;

	for (const struct plan_mount *m = NULL;
	     (m = change_next_gone(w->old, w->next, m)); n++) {
		if (n == CHANGE_MOUNTS_MOST)
			return err_set(e, "more than %d mounts at once", n);
		gone[n] = change_find(w->old, m, at, e);
		if (gone[n] < 0)
			return -1;
	}
	return n;
}

/* Nobody hears it before this process has ended: many at a time fill no buffer */
static int send_gone(const struct worker *w, const int *gone, int n, struct err *e)
{
	const struct sync_msg msg = { .step = STEP_SHOWN };

	for (int i = 0; i < n; i += PARCEL_FDS) {
		int some = n - i < PARCEL_FDS ? n - i : PARCEL_FDS;

		if (sync_send_all(w->spots, &msg, gone + i, some) < 0)
			return err_sys(e, "cannot hand on the mounts that are to go");
	}
	return 0;
}

/* Return: 0; -1 and @e: the note has what of it is in the box still */
static int change_mounts(const struct worker *w, struct err *e)
{
	int tree[CHANGE_MOUNTS_MOST], gone[CHANGE_MOUNTS_MOST], n = -1;
	struct change_site at = { -1, -1 };

	if (!changing_has_mounts(w->old, w->next))
		return 0;
	if (make_trees(w, tree, e) >= 0 && enter(w, &at, e) >= 0)
		n = find_gone(w, &at, gone, e);
	if (n < 0)
		return -1;
	if (send_gone(w, gone, n, e) < 0)
		return -1;
	if (mount_new(w, &at, tree, e) == 0)
		return 0;
	take_back(w, &at, tree);
	return -1;
}

void changing_work(const struct worker *w)
{
	struct err e = { 0 };

	be_bound(w);
	if (changing_net(w, &e) < 0 || change_mounts(w, &e) < 0)
		fail(w, &e);
	_exit(0);
}

/* The innermost is behind the one that it lies in: the last comes first */
static int drop_mounts(const struct worker *w, struct err *e)
{
	struct change_site at = { -1, -1 };
	int failed = 0;

	if (w->gone_count && enter(w, &at, e) < 0)
		return -1;
	for (int n = w->gone_count; n; n--)
		if (change_detach(&at, w->gone[n - 1]) < 0)
			failed = err_sys(e, "cannot take a mount away");
	return failed;
}

void changing_drop(const struct worker *w)
{
	struct err e = { 0 }, none;
	int failed;

	be_bound(w);
	/* Each by itself: what cannot go holds up nothing else */
	failed = changing_net_drop(w, &e);
	if (drop_mounts(w, failed ? &none : &e) < 0 || failed)
		fail(w, &e);
	_exit(0);
}

void changing_undo(const struct worker *w)
{
	struct change_site at = { -1, -1 };
	struct err e = { 0 };
	int failed = 0;
	char none;

	be_bound(w);
	while (read(w->alive, &none, 1) < 0 && errno == EINTR)
		;
	if (w->note->wired && changing_net_back(w) < 0)
		failed = 125;
	if (w->note->mounted && enter(w, &at, &e) < 0)
		_exit(125);
	for (uint32_t n = w->note->mounted; n; n--) {
		const struct plan_mount *m = NULL;

		for (uint32_t i = 0; i < n; i++)
			m = change_next_new(w->old, w->next, m);
		if (!m || change_detach_id(w->next, m, &at, w->note->mount[n - 1]) < 0)
			failed = 125;
	}
	_exit(failed);
}
