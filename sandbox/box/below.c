// SPDX-License-Identifier: GPL-3.0-or-later
/* below.c - clone inside below the user's router, or in a network that is there
 *
 * Theory of operation. A box's links must belong to the router's user namespace: then no
 * payload has a right to them, whatever it becomes in its own. So its network namespace
 * is made by a process in there, and so is its user namespace, which is thereby the
 * router's child. The keeper itself cannot go there, it could not come back. It starts a
 * helper:
 *
 *	joins the router's user and network namespace, where it has every capability
 *	gives the packet filter its rules where they are missing (box/rules.h)
 *	unshares a network namespace and connects it (SIDE_ROUTER)
 *	clones inside as the keeper's child (CLONE_PARENT), with the plan's flags less
 *	CLONE_NEWNET
 *	writes its maps, where the plan's map is not the one that it may write itself
 *	says its pid, with the box's network namespace, and ends
 *
 * A box that joins another network is cloned in that one in the same way, without the
 * second step and the third: only below the user namespace that owns it an ordinary user
 * may be in it with a user namespace of his own (layer/net_join.c). There the caller's
 * ids may have other numbers, which the helper sees. A batch of his has its boxes so too,
 * in an empty network that a slot keeps.
 *
 * What the helper cannot do it says instead. One that was killed says nothing: an inside
 * that was cloned by then sees the end of its socket.
 */
#include "box/below.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "box/enter.h"
#include "box/helper.h"
#include "box/pasta.h"
#include "box/rules.h"
#include "box/sync.h"
#include "netns/net.h"

/* Must not be called in a process that has to come back */
static int enter_router(const struct router *r, struct err *e)
{
	if (setns(r->user, CLONE_NEWUSER) < 0 || setns(r->net, CLONE_NEWNET) < 0)
		return err_sys(e, "cannot enter the router's namespaces");
	return 0;
}

/* A network namespace that the router's user namespace owns; the layers connect it, and
 * leave the caller in it */
static int connect_box(const struct router *r, const struct plan *pl, struct site *s,
		       struct err *e)
{
	if (unshare(CLONE_NEWNET) < 0)
		return err_sys(e, "cannot make the network namespace of the box");
	s->net.netns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (s->net.netns_fd < 0)
		return err_sys(e, "cannot open '/proc/self/ns/net'");
	if (setns(r->net, CLONE_NEWNET) < 0)
		return err_sys(e, "cannot enter the router's network namespace");
	return layers_apply(SIDE_ROUTER, pl, s, e);
}

static bool is_router(const struct router *r)
{
	return r->use >= 0;
}

static int go_to_router(const struct router *r, const struct plan *pl, struct site *s,
			struct err *e)
{
	if (enter_router(r, e) < 0 ||
	    rules_ready(&s->net.def, plan_text(pl, pl->net.state), NULL, e) < 0)
		return -1;
	return connect_box(r, pl, s, e);
}

/* The network belongs to another, or to root */
static int say_not_ours(const struct plan *pl, struct err *e)
{
	err_sys(e, "net: cannot join '%s'", plan_text(pl, pl->net.join));
	if (e->code == EPERM)
		err_hint(e, "without root a box joins what a user namespace of yours "
			    "owns: that of a box on one of your networks, or of "
			    "'unshare -Urn'");
	return -1;
}

static int go_to_network(const struct plan *pl, struct site *s, struct err *e)
{
	if (enter_netns(s->net.netns_fd) < 0)
		return say_not_ours(pl, e);
	s->own_uid = geteuid();
	s->own_gid = getegid();
	return 0;
}

/* ENOSPC is what the limit of user namespaces says that the other box has */
static int say_no_clone(const struct plan *pl, struct err *e)
{
	const char *join = plan_text(pl, pl->net.join);

	if (pl->net.mode != PLAN_NET_JOIN)
		return err_sys(e, "cannot make the namespaces of the box");
	err_sys(e, "net: cannot make a user namespace below that of '%s'", join);
	if (e->code == ENOSPC)
		err_hint(e, "it lets none be made; boxes on the same network reach each "
			    "other, and can be joined: --network NAME for both");
	return -1;
}

static int say_no_maps(const struct plan *pl, struct err *e)
{
	if (pl->net.mode == PLAN_NET_JOIN)
		err_hint(e,
			 "the user namespace that owns the network of '%s' does not have "
			 "these ids: --userns single",
			 plan_text(pl, pl->net.join));
	return -1;
}

/* Return: as clone3() does, in the helper; -1 and @e */
static pid_t clone_child(const struct plan *pl, struct clone_args *args, struct err *e)
{
	pid_t pid;

	args->flags = (args->flags & ~(uint64_t)CLONE_NEWNET) | CLONE_PARENT;
	args->exit_signal = 0; /* the helper's own */
	pid = sys_clone3(args);
	if (pid < 0)
		return say_no_clone(pl, e);
	if (pid && pl->user.writer != MAP_BY_INSIDE && helper_write_maps(pl, pid, e) < 0)
		return say_no_maps(pl, e);
	return pid;
}

/* Return: only in inside, 0 */
static pid_t helper_main(const struct router *r, const struct plan *pl, struct site *s,
			 struct clone_args *args, int say)
{
	struct sync_msg msg = { .step = STEP_MAPPED, .value = -1 };
	int at;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		at = err_sys(&msg.err, "cannot arm the parent-death signal");
	else
		at = is_router(r) ? go_to_router(r, pl, s, &msg.err)
				  : go_to_network(pl, s, &msg.err);
	if (!at)
		msg.value = clone_child(pl, args, &msg.err);
	if (!msg.value) {
		close(fd_take(&s->net.netns_fd));
		return 0;
	}
	if (msg.value < 0)
		msg.step = STEP_FAILED;
	_exit(sync_send(say, &msg, msg.value < 0 ? -1 : s->net.netns_fd) < 0);
}

/* Boxes that are to reach the world must have one to reach */
int below_check_world(const struct router *r, const struct net_def *d, struct err *e)
{
	if (!is_router(r) || !d->nat || r->has_world)
		return 0;
	err_set(e, "network '%s' has no way out: %s", d->name, r->why);
	if (pasta_hint(r->why, e))
		return -1;
	return err_hint(e,
			"'nook doctor' looks at what it needs; a network without a way "
			"out: nook net create NAME --no-nat");
}

pid_t below_clone(const struct router *r, const struct plan *pl, struct site *s,
		  struct clone_args *args, struct err *e)
{
	struct clone_args plain = { .exit_signal = SIGCHLD };
	auto_fd hear = -1, say = -1;
	struct sync_msg msg;
	int pair[2], got, netns = -1;
	pid_t helper;

	if (below_check_world(r, &s->net.def, e) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	hear = pair[0];
	say = pair[1];
	helper = sys_clone3(&plain);
	if (helper < 0)
		return err_sys(e, "cannot start the process that makes the box");
	if (helper == 0)
		return helper_main(r, pl, s, args, say);
	close(fd_take(&say));
	got = sync_recv(hear, &msg, &netns);
	if (netns >= 0 && s->net.netns_fd >= 0)
		close(s->net.netns_fd);
	if (netns >= 0)
		s->net.netns_fd = netns;
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (got != 1)
		return err_set(e, "the process that makes the box died");
	if (msg.step == STEP_MAPPED)
		return msg.value;
	*e = msg.err;
	return -1;
}

/* --- other work in the router ------------------------------------------------------ */

/** struct errand - Work for a child that is in the router */
struct errand {
	const struct router *r;
	child_work *work;
	void *arg;
};

/* Only what belongs to the router is different in there: files are the caller's */
static int in_router(void *arg, struct text *out, struct err *e)
{
	const struct errand *to_do = arg;

	return enter_router(to_do->r, e) < 0 ? -1 : to_do->work(to_do->arg, out, e);
}

int below_do(const struct router *r, child_work *work, void *arg, struct text *out,
	     struct err *e)
{
	struct errand to_do = { r, work, arg };

	return child_do(in_router, &to_do, out, e);
}

static int count(void *link, struct text *out, struct err *e)
{
	struct net_counts c;

	if (net_wire_count(link, &c) < 0)
		return err_set(e, "cannot count what went through a link");
	text_addn(out, (const char *)&c, sizeof(c));
	return 0;
}

int below_count(const struct router *r, const char *link, struct net_counts *c)
{
	auto_text out = { 0 };
	struct err e;

	if (below_do(r, count, (void *)link, &out, &e) < 0 || out.len != sizeof(*c))
		return -1;
	memcpy(c, out.s, sizeof(*c));
	return 0;
}
