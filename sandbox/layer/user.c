// SPDX-License-Identifier: GPL-3.0-or-later
/* user.c - the user namespace: made first without rights, entered last by root
 *
 * Theory of operation. Rootless, the namespace is made by clone3 and
 * owns everything that follows: `user_make` gives it ids. As root an overlay of '/' would
 * fail in there, so everything is built in the first namespace and `user_enter` goes in
 * afterwards, into a namespace that owns nothing of the box: mount(2) or sethostname(2)
 * fail inside whatever the payload becomes.
 *
 * The namespace of USER_LAST is a descriptor that the keeper made before clone3
 * (box/helper.c) where a range or an idmapped mount needs one; with a single id inside
 * makes it itself by unshare(2), which saves a process.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/user_plan.h"

/* Raw: a libc's own calls go through all threads and keep state,
 * and SIDE_LAST shares memory */
static int set_ids(uint32_t uid, uint32_t gid, struct err *e)
{
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return err_sys(e, "cannot become group %u", gid);
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		return err_sys(e, "cannot become user %u", uid);
	return 0;
}

static int write_map(const char *path, uint32_t inside, uint32_t outside, struct err *e)
{
	char line[64];

	snprintf(line, sizeof(line), "%u %u 1", inside, outside);
	if (file_write(AT_FDCWD, path, line) < 0)
		return err_sys(e, "cannot write '%s' to '%s'", line, path);
	return 0;
}

/*
 * One id each: the only map that a process may write for itself (user_namespaces(7)).
 * setgroups is denied before, which the kernel asks of everybody without CAP_SETGID
 * outside: otherwise groups that deny access could be dropped (CVE-2014-8989).
 */
static int write_own_maps(const struct plan *pl, const struct site *s, struct err *e)
{
	const struct plan_map *u = plan_each(pl, &pl->user.uid_map, NULL);
	const struct plan_map *g = plan_each(pl, &pl->user.gid_map, NULL);
	bool first = pl->user.order == USER_FIRST;

	if (file_write(AT_FDCWD, "/proc/self/setgroups", "deny") < 0)
		return err_sys(e, "cannot deny setgroups in '/proc/self/setgroups'");
	if (write_map("/proc/self/uid_map", u->inside, first ? s->own_uid : u->outside,
		      e) < 0)
		return -1;
	return write_map("/proc/self/gid_map", g->inside, first ? s->own_gid : g->outside,
			 e);
}

/* Into our own namespace's counters: the host's are others, and count on (CR-12) */
static int write_counter(const struct site *s, const char *name, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/sys/user/%s", name);
	return proc_write(s, path, value);
}

/*
 * No nested user namespaces; and of the inotify instances of the caller, 128 as a rule,
 * no more than half: without any his other programs could watch nothing (RS-07).
 */
static int lock_nesting(const struct plan *pl, const struct site *s, struct err *e)
{
	if (!pl->user.lock_nesting)
		return 0;
	if (write_counter(s, "max_user_namespaces", "0") < 0)
		return err_sys(e, "cannot forbid nested user namespaces in "
				  "'/proc/sys/user/max_user_namespaces'");
	if (write_counter(s, "max_inotify_instances", USER_INOTIFY_MOST) < 0 &&
	    errno != ENOENT)
		return err_sys(e, "cannot limit '/proc/sys/user/max_inotify_instances'");
	return 0;
}

static bool user_needs_host(const struct plan *pl)
{
	return pl->user.order == USER_FIRST && pl->user.writer != MAP_BY_INSIDE;
}

/* With a range mapped, what is built belongs to root inside, not to the caller */
static int take_first_ids(const struct plan *pl, struct err *e)
{
	if (syscall(SYS_setgroups, 0, NULL) < 0)
		return err_sys(e, "cannot drop supplementary groups");
	for (const struct plan_map *m = NULL; (m = plan_each(pl, &pl->user.uid_map, m));)
		if (!m->inside)
			return set_ids(0, 0, e);
	return set_ids(pl->user.uid, pl->user.gid, e);
}

static int make_box(const struct plan *pl, struct site *s, struct err *e)
{
	if (pl->user.order != USER_FIRST)
		return 0;
	return pl->user.writer == MAP_BY_INSIDE ? write_own_maps(pl, s, e)
						: take_first_ids(pl, e);
}

/* With one id mapped, who comes in is the same user, and has it already */
static int make_join(const struct plan *pl, struct site *s, struct err *e)
{
	(void)s;
	return user_needs_host(pl) ? take_first_ids(pl, e) : 0;
}

/*
 * Entering a user namespace gives every capability in it and takes those outside. Groups
 * go first: afterwards the host's can not be named any more.
 */
static int enter(const struct plan *pl, struct site *s, struct err *e)
{
	if (pl->user.order != USER_LAST)
		return 0;
	if (syscall(SYS_setgroups, 0, NULL) < 0)
		return err_sys(e, "cannot drop supplementary groups");
	if (s->userns_fd >= 0) {
		if (setns(s->userns_fd, CLONE_NEWUSER) < 0)
			return err_sys(e, "cannot enter the user namespace");
		return set_ids(pl->user.init_uid, pl->user.init_gid, e);
	}
	if (unshare(CLONE_NEWUSER) < 0)
		return err_sys(e, "cannot make a user namespace");
	return write_own_maps(pl, s, e);
}

static int enter_box(const struct plan *pl, struct site *s, struct err *e)
{
	return enter(pl, s, e) < 0 ? -1 : lock_nesting(pl, s, e);
}

/*
 * `init: none`: this process becomes the payload, and nobody but the parent-death signal
 * ends it with its keeper. The change of ids has cleared that; and a keeper that died
 * meanwhile has hung up.
 */
static int stay_bound(const struct site *s, struct err *e)
{
	struct pollfd p = { .fd = s->keep_fd, .events = 0 };

	if (s->keep_fd < 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_sys(e, "cannot arm the parent-death signal");
	return poll(&p, 1, 0) > 0 ? err_set(e, "the keeper died") : 0;
}

/*
 * Must keep the permitted set over the change of uid (the caps layer decides what is left
 * of it), must not leave a supplementary group that the plan does not name.
 */
static int enter_last(const struct plan *pl, struct site *s, struct err *e)
{
	const struct plan_user *u = &pl->user;

	/* With one id they were dropped before it was mapped:
	 * here the kernel forbids it */
	if (u->groups == PLAN_GROUPS_SET &&
	    (u->writer != MAP_BY_INSIDE || u->order == USER_NONE) &&
	    syscall(SYS_setgroups, (size_t)u->group_count, u->group) < 0)
		return err_sys(e, "cannot set supplementary groups");
	if (getuid() == u->uid && getgid() == u->gid && geteuid() == u->uid)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(e, "cannot keep capabilities over the change of user");
	return set_ids(u->uid, u->gid, e) < 0 ? -1 : stay_bound(s, e);
}

/* "0 100000 65536": the lines of a map as newuidmap(1) and the kernel take them */
static void add_lines(const struct plan *pl, const struct plan_list *map,
		      struct text *out)
{
	for (const struct plan_map *m = NULL; (m = plan_each(pl, map, m));)
		text_addf(out, " %u %u %u", m->inside, m->outside, m->count);
}

static void add_commands(const struct plan *pl, struct text *out)
{
	const struct plan_user *u = &pl->user;

	if (u->writer == MAP_BY_INSIDE) {
		text_addf(out,
			  "  $ unshare --user --map-user=%u --map-group=%u COMMAND\n",
			  u->uid, u->gid);
		return;
	}
	text_add(out, "  $ unshare --user COMMAND &\n  $ ");
	text_add(out, u->writer == MAP_BY_HELPERS ? "newuidmap $!" : "echo");
	add_lines(pl, &u->uid_map, out);
	text_add(out, u->writer == MAP_BY_HELPERS ? "\n" : " > /proc/$!/uid_map\n");
}

static void user_explain(const struct plan *pl, struct text *out)
{
	static const char *const writers[] = {
		[MAP_BY_INSIDE] =
			"write(/proc/self/uid_map): one id, the only map that the "
			"kernel lets a process write for itself. All other owners "
			"show as 65534, nobody.\n",
		[MAP_BY_KEEPER] =
			"write(/proc/PID/uid_map): a range of ids that are nobody's on "
			"this machine, so root inside is not root outside.\n",
		[MAP_BY_HELPERS] =
			"newuidmap(1), newgidmap(1): a range out of /etc/subuid and "
			"/etc/subgid, written by two setuid programs.\n",
	};
	const struct plan_user *u = &pl->user;

	if (u->order == USER_NONE)
		return;
	if (u->order == USER_FIRST)
		text_add(out,
			 "clone3(CLONE_NEWUSER): made first. In it nook has every "
			 "capability, over what it builds and nothing else; every later "
			 "wall is built with these.\n");
	else
		text_add(out, "setns(CLONE_NEWUSER), after everything else is built: the "
			      "namespace that the command is in owns nothing of the box, "
			      "so that "
			      "even uid 0 inside cannot mount or set the host name.\n");
	text_add(out, writers[u->writer]);
	text_add(
		out,
		u->groups == PLAN_GROUPS_SET
			? "setgroups(): the caller's supplementary groups are dropped.\n"
			: "Supplementary groups stay as they are: one mapped id gives no "
			  "right to drop them.\n");
	if (u->lock_nesting)
		text_add(out,
			 "/proc/sys/user/max_user_namespaces = 0 inside: no user "
			 "namespace "
			 "can be made in the box, so none of its rights can be had.\n"
			 "max_inotify_instances = " USER_INOTIFY_MOST
			 " there: the box leaves some to the caller's other programs.\n");
	add_commands(pl, out);
}

const struct layer layer_user_make = {
	.name = "user",
	.isolates = "user and group ids, and with them every right outside",
	.without = "ids inside are this machine's ids; only root can make the other "
		   "namespaces",
	.plan = user_plan,
	.needs_host = user_needs_host,
	.apply[SIDE_BOX] = make_box,
	.apply[SIDE_JOIN] = make_join,
	.explain = user_explain,
	.script = script_user_make,
};

/* The second entry of the same wall: see layers.c for its place */
const struct layer layer_user_enter = {
	.name = "user",
	.apply[SIDE_BOX] = enter_box,
	.apply[SIDE_JOIN] = enter,
	.apply[SIDE_LAST] = enter_last,
	.script = script_user_enter,
};
