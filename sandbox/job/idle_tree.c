// SPDX-License-Identifier: GPL-3.0-or-later
/* idle_tree.c - the beginning of a tree that a slot keeps for its boxes */
#include "job/idle_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parcel.h"
#include "box/helper.h"
#include "layer/layer.h"
#include "layer/root_stay.h"

void idle_tree_open(struct idle_tree *k, int mounts, int at)
{
	int fd = geteuid() ? -1 : open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);

	*k = (struct idle_tree){ .at = at, .mounts = -1 };
	/* @at is taken from now on, so that nothing else is opened there */
	if (fd >= 0 && (fd == mounts || dup3(fd, mounts, O_CLOEXEC) >= 0) &&
	    dup3(mounts, at, O_CLOEXEC) >= 0)
		k->mounts = mounts;
	if (fd >= 0 && fd != mounts && fd != at)
		close(fd);
}

/* Since this was asked last */
static bool mounts_changed(const struct idle_tree *k)
{
	struct pollfd p = { .fd = k->mounts, .events = POLLPRI };

	return poll(&p, 1, 0) != 0;
}

/* Whether the sources are those of @k->from, or could be noted there (@note) */
static bool have_sources(struct idle_tree *k, const struct plan *pl, bool note)
{
	const struct plan_mount *last = root_stay_last(pl);
	size_t n = 0;

	for (const struct plan_mount *m = NULL;
	     m != last && (m = plan_each(pl, &pl->tree.mounts, m));) {
		struct stat st;

		if (m->op != MOP_BIND)
			continue;
		if (n == IDLE_TREE_BINDS || stat(plan_text(pl, m->source), &st) < 0)
			return false;
		if (note) {
			k->from[n].dev = st.st_dev;
			k->from[n].ino = st.st_ino;
		}
		if (k->from[n].dev != st.st_dev || k->from[n].ino != st.st_ino)
			return false;
		n++;
	}
	return true;
}

static _Noreturn void make_main(const struct plan *pl, int sock)
{
	struct site s = { .userns_fd = -1,
			  .root_fd = -1,
			  .old_proc_fd = -1,
			  .tree_fd = -1,
			  .upper_fd = -1 };
	struct parcel p = { .data = &(char){ 0 }, .len = 1, .count = 1 };
	struct err e;

	umask(0);
	if (helper_needs_userns(pl) && (s.userns_fd = helper_userns(pl, &e)) < 0)
		_exit(1);
	p.fd[0] = root_stay(pl, &s, &e);
	_exit(p.fd[0] < 0 || parcel_send(sock, &p, 0) < 0);
}

/* Where the process fails each box makes its own tree, and has the words for it */
static bool make(struct idle_tree *k, const struct plan *pl)
{
	struct parcel p = { .data = &(char){ 0 }, .len = 1, .count = 1 };
	int ends[2];
	pid_t pid;

	if (!have_sources(k, pl, true) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	pid = fork();
	if (!pid)
		make_main(pl, ends[1]);
	close(ends[1]);
	if (pid > 0 && parcel_recv(ends[0], &p, 0) == 1 && p.count == 1)
		k->is_there = dup3(p.fd[0], k->at, O_CLOEXEC) >= 0;
	parcel_close(&p);
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return k->is_there;
}

static void drop(struct idle_tree *k)
{
	if (k->is_there)
		dup3(k->mounts, k->at, O_CLOEXEC);
	k->is_there = k->failed = false;
}

int idle_tree_get(struct idle_tree *k, const struct plan *pl, uint64_t made)
{
	bool again = made && made == k->made;

	k->made = made;
	if (k->mounts < 0)
		return 0;
	if (mounts_changed(k) || !again || (k->is_there && !have_sources(k, pl, false)))
		drop(k);
	if (again && !k->is_there && !k->failed)
		k->failed = !root_may_stay(pl) || !make(k, pl);
	return k->is_there ? k->at : 0;
}
