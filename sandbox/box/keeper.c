// SPDX-License-Identifier: GPL-3.0-or-later
/* keeper.c - the process on the host that builds a box, waits for it and clears it away
 *
 * Theory of operation. box_run() makes a record, clones inside into its namespaces, does
 * the host's side of the layers and then only watches: the step socket, signals, the
 * clock, and what it copies for the box (a terminal, counted output). It believes the
 * kernel and its own clock; of init it takes the raw wait status and nothing else.
 *
 *	build   record, user namespace, socket, clone3, SIDE_HOST, STEP_MAPPED
 *	watch   until STEP_EXIT, STEP_FAILED or end of file; limits end it by TERM,
 *		grace, KILL, but not for the time in which nobody read its last word;
 *		signals are forwarded to init, which forwards them
 *	end     KILL init whatever it said, wait for it (the kernel returns from that when
 *		the pid namespace is empty; without one see box/orphans.c), write out what
 *		was copied, undo, remove the record
 *
 * All signals are blocked from the first file to the end, so none is lost: what comes
 * while the box is built waits at init until it can be forwarded.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "box/below.h"
#include "box/box.h"
#include "box/helper.h"
#include "box/inside.h"
#include "box/keeper.h"
#include "box/kept.h"
#include "box/links.h"
#include "box/orphans.h"
#include "box/rest.h"
#include "box/serve.h"
#include "box/sync.h"
#include "box/upper.h"
#include "cgroup/place.h"
#include "host/host.h"

#define GC_PER_RUN 16 /* records looked at before a run: keeps the cost flat */

/* --- build -------------------------------------------------------------------------- */

static bool has_router(const struct keeper *k)
{
	return k->plan->net.mode == PLAN_NET_VETH &&
	       k->plan->net.router == PLAN_ROUTER_USER;
}

/* Whether inside is cloned in namespaces that the keeper itself cannot go to */
static bool is_below(const struct keeper *k)
{
	return has_router(k) || ((k->wish->net || k->plan->net.mode == PLAN_NET_JOIN) &&
				 k->plan->clone_flags & CLONE_NEWUSER);
}

static int open_site(struct keeper *k, struct err *e)
{
	k->site = (struct site){ .userns_fd = -1,
				 .root_fd = -1,
				 .old_proc_fd = -1,
				 .tree_fd = k->wish->tree ? k->wish->tree : -1,
				 .upper_fd = -1,
				 .pty_fd = -1,
				 .tty_fd = -1,
				 .keep_fd = -1,
				 .preserve = k->wish->preserve, .look = k->wish->look,
				 .attempt = k->wish->attempt,
				 .passing = k->wish->passing && !k->wish->copy,
				 .store = k->store.dir,
				 .box = k->store.rec.id,
				 .name = k->store.rec.name,
				 .is_dead = store_is_dead,
				 .ignores_hangup = !box_minds_hangup(),
				 .own_uid = geteuid(),
				 .own_gid = getegid(),
				 .net = { .netns_fd = -1 },
				 .cgroup_at = &k->store.rec.cgroup };
	if (helper_needs_userns(k->plan)) {
		k->site.userns_fd = helper_userns(k->plan, e);
		if (k->site.userns_fd < 0)
			return -1;
	}
	if (k->plan->tree.upper_dir) {
		k->site.upper_fd = k->wish->rest && k->plan->tree.keep_dir
					   ? rest_subdir(k->wish->rest, "changes", e)
					   : upper_make(k->plan, &k->store, e);
		if (k->site.upper_fd < 0 ||
		    (k->plan->tree.keep_dir &&
		     kept_begin(k->plan, k->site.upper_fd, e) < 0))
			return -1;
	}
	if (has_router(k) && router_join(&k->router, k->plan, k->store.dir, e) < 0)
		return -1;
	if (links_find(k, e) < 0 ||
	    layers_apply(SIDE_BEFORE, k->plan, &k->site, e) < 0 || allow_open(k, e) < 0 ||
	    names_open(k, e) < 0)
		return -1;
	return meter_open(k, e);
}

static bool has_pid_namespace(const struct keeper *k)
{
	return k->plan->clone_flags & CLONE_NEWPID;
}

/* Whether this run makes something that outlives a killed keeper:
 * its record comes first */
static bool is_durable(const struct keeper *k)
{
	return k->plan->tree.upper_dir || k->plan->tree.keep_dir ||
	       k->plan->cgroup.kind != CGROUP_NONE || links_is_durable(k->plan) ||
	       k->turned;
}

static int open_record(struct keeper *k, struct err *e)
{
	if (store_open(&k->store, e) < 0)
		return -1;
	if (k->plan->cgroup.needs_full) {
		k->scope = scope_enter(k->plan, e);
		if (!k->scope)
			return -1;
		k->store.scope = k->scope;
	}
	return is_durable(k) ? store_add(&k->store, k->wish, k->pid, e)
			     : store_check(&k->store, e);
}

static pid_t clone_beside(const struct keeper *k, struct clone_args *args, struct err *e)
{
	pid_t pid = sys_clone3(args);

	if (pid >= 0)
		return pid;
	err_sys(e, "cannot make the namespaces of the box");
	if (k->wish->host)
		host_explain_failure(k->wish->host, "namespaces", e->code, e);
	return -1;
}

/* The pid inside is new and stays ours until it is waited for: no other can be meant */
static int clone_inside(struct keeper *k, struct err *e)
{
	struct clone_args args = {
		.flags = k->plan->clone_flags,
		.exit_signal = SIGCHLD,
	};
	int pair[2];

	/* It unshares a smaller one */
	if (k->site.tree_fd >= 0)
		args.flags &= ~(uint64_t)CLONE_NEWNS;
	if (k->site.cgroup.kind == CGROUP_V2) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned int)k->site.cgroup.dir[0];
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	k->sock = pair[0];
	if (is_below(k))
		k->pid = below_clone(&k->router, k->plan, &k->site, &args, e);
	else
		k->pid = clone_beside(k, &args, e);
	if (k->pid == 0) {
		struct inside in = {
			.plan = k->plan,
			.site = k->site,
			.sock = pair[1],
			.keeper_sock = pair[0],
			.copy = k->wish->copy,
			.argv_area = k->wish->argv_area,
			.argv_size = k->wish->argv_size,
		};

		router_leave(&k->router);
		if (k->wish->rest)
			close(k->wish->rest->lock);
		if (keeper_child_fds(k) < 0) {
			err_sys(e, "cannot put its descriptors in place");
			inside_fail(&in, CAUSE_SETUP, 125, e);
		}
		inside_main(&in);
	}
	close(pair[1]);
	if (k->pid > 0)
		return 0;
	k->pid = 0;
	return -1;
}

static void close_join(struct keeper *k)
{
	fd_close_all(k->site.join, k->site.join_count);
	k->site.join_count = 0;
}

static int attach_host(struct keeper *k, struct err *e)
{
	struct sync_msg msg = { .step = STEP_MAPPED };
	bool waits = layers_need_host(k->plan);

	k->site.child = k->pid;
	if ((waits && ((!is_below(k) && helper_map(k->plan, k->pid, e) < 0) ||
		       layers_apply(SIDE_HOST, k->plan, &k->site, e) < 0)) ||
	    links_enter(k, e) < 0 || allow_put(k, e) < 0 || serve_start(k, e) < 0)
		return -1;
	if (waits && sync_send(k->sock, &msg, -1) < 0)
		return err_sys(e, "the box died while it was built");
	return forward_ready(&k->forward, e);
}

/* A child that has failed may be why what was done for it did. Return: -1 */
static int hear_why(const struct keeper *k, struct err *e)
{
	struct pollfd p = { .fd = k->sock, .events = POLLIN };
	struct sync_msg msg;

	if (poll(&p, 1, 0) > 0 && sync_recv(k->sock, &msg, NULL) == 1 &&
	    msg.step == STEP_FAILED) {
		*e = msg.err;
		host_explain(k->wish->host, e);
	}
	return -1;
}

static int build(struct keeper *k, struct err *e)
{
	struct sync_msg go = { .step = STEP_GO, .value = k->wish->tell != 0 };
	sigset_t all;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &k->old_mask) < 0)
		return err_sys(e, "cannot block signals");
	k->masked = true;
	keeper_lend(k);
	if (open_record(k, e) < 0 || forward_listen(&k->forward, k->plan, e) < 0 ||
	    open_site(k, e) < 0 || keeper_open_output(k, e) < 0)
		return -1;
	if (!has_pid_namespace(k))
		k->children = orphans_adopt();
	if (links_publish(k, e) < 0 || clone_inside(k, e) < 0)
		return -1;
	keeper_close_child_fds(k);
	close_join(k);
	if (attach_host(k, e) < 0)
		return hear_why(k, e);
	if (keeper_open_signals(k) < 0)
		return err_sys(e, "cannot open a signalfd");
	/* While the child builds its walls on another CPU: the record, without which the
	 * payload does not run, and what others left */
	if (!is_durable(k) && store_add(&k->store, k->wish, k->pid, e) < 0)
		return -1;
	if (links_hold(k, e) < 0 ||
	    (k->wish->rest && !k->wish->passing &&
	     rest_began(k->wish->rest, k->plan, e) < 0))
		return -1;
	if (sync_send(k->sock, &go, -1) < 0 && errno != EPIPE && errno != ECONNRESET)
		return err_sys(e, "cannot tell the box to go on");
	store_gc(&k->store, GC_PER_RUN);
	return 0;
}

/* --- watch -------------------------------------------------------------------------- */

void keeper_kill(struct keeper *k)
{
	if (has_pid_namespace(k))
		kill(k->pid, SIGKILL);
	else
		k->over = true;
	/* What is frozen does not die on v1 */
	keeper_unpause(k, NULL);
	cgroup_thaw_below(&k->site.cgroup);
}

void keeper_end(struct keeper *k, enum cause why, bool gently)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (k->cause_set)
		return;
	k->cause_set = true;
	k->cause = why;
	if (gently && k->limits.grace) {
		keeper_unpause(k, NULL);
		kill(k->pid, SIGTERM);
		k->kill_at = now + k->limits.grace;
	} else {
		keeper_kill(k);
	}
}

/* Without a pid namespace a first STEP_EXEC comes before exec, where that may still fail;
 * with `init: none` the end of the socket tells */
static bool is_sure_to_run(const struct keeper *k)
{
	return k->ran || (has_pid_namespace(k) && !k->plan->session.init_none);
}

static void tell_ran(struct keeper *k)
{
	const struct box_told told = { 0 };

	if (!k->told && k->wish->tell)
		(void)!write(k->wish->tell, &told, sizeof(told));
	k->told = true;
}

static void on_failed(struct keeper *k, const struct sync_msg *msg, struct err *e)
{
	bool exec = msg->value == CAUSE_EXEC && (msg->code == 126 || msg->code == 127);

	k->result->cause = exec ? CAUSE_EXEC : CAUSE_SETUP;
	k->result->exit_code = exec ? msg->code : 125;
	*e = msg->err;
	k->over = true;
	k->ran = false;
	if (!exec)
		host_explain(k->wish->host, e);
}

/* Return: 0 to go on; the box is over when k->over is set */
static void read_step(struct keeper *k, struct err *e)
{
	struct sync_msg msg;
	int fd = -1;
	int r = k->messages++ < SYNC_MOST ? sync_recv(k->sock, &msg, &fd) : -1;

	if (r <= 0) {
		k->over = true;
		/* init: none: exec closes the socket; the wait status tells the rest */
		return;
	}
	switch (msg.step) {
	case STEP_READY:
		if (fd >= 0 && k->plan->session.terminal == PLAN_TTY_OWN &&
		    k->terminal.pty < 0)
			keeper_take_terminal(k, fd_take(&fd));
		break;
	case STEP_PLACE:
		takes_heard(&k->takes, k->plan, k->ran ? -1 : fd_take(&fd), msg.value);
		break;
	case STEP_EXEC:
		if (is_sure_to_run(k))
			tell_ran(k);
		k->ran = true;
		break;
	case STEP_EXIT:
		k->status = msg.value;
		k->exited = k->ran = k->over = true;
		tell_ran(k);
		break;
	case STEP_FAILED:
		on_failed(k, &msg, e);
		break;
	default:
		break; /* init is the payload's neighbour: what it makes up is ignored */
	}
	if (fd >= 0)
		close(fd);
}

static uint64_t next_deadline(const struct keeper *k)
{
	uint64_t at = UINT64_MAX, meter = meter_deadline(k);

	if (k->limits.wall && !k->cause_set && !k->paused_at)
		at = k->started + k->limits.wall + k->paused_ns;
	if (meter < at)
		at = meter;
	if (k->kill_at && k->kill_at < at)
		at = k->kill_at;
	return at;
}

/* A command that ended in time is not late because we were: what was said, at most
 * SYNC_MOST times, is read before any limit ends the box */
static bool is_told_more(const struct keeper *k)
{
	struct pollfd p = { .fd = k->sock, .events = POLLIN };

	return k->plan->session.init_none ? keeper_has_ended(k) : poll(&p, 1, 0) > 0;
}

static void check_clock(struct keeper *k)
{
	uint64_t now, at = next_deadline(k);

	if (at == UINT64_MAX)
		return;
	now = clock_ns(CLOCK_MONOTONIC);
	if (now < at || is_told_more(k))
		return;
	if (k->kill_at && now >= k->kill_at) {
		if (!k->cause_set) {
			k->cause_set = true;
			k->cause = CAUSE_CANCELLED;
		}
		keeper_kill(k);
		k->kill_at = UINT64_MAX;
	}
	if (k->limits.wall && !k->cause_set && !k->paused_at &&
	    now >= k->started + k->limits.wall + k->paused_ns)
		meter_limit(k, CAUSE_WALL, "limits.wall");
}

int keeper_poll_timeout(uint64_t at)
{
	uint64_t now, ms;

	if (at == UINT64_MAX)
		return -1;
	now = clock_ns(CLOCK_MONOTONIC);
	ms = at > now ? (at - now + 999999) / 1000000 : 0;
	return ms > 60000 ? 60000 : (int)ms;
}

/* Want of memory passes. Ending the box for it could end one whose command has just
 * begun, which it has not told yet. After a signal the clock is to be looked at. Return:
 * false = there can be no more waiting */
static bool wait_news(struct pollfd *p, int n, int timeout)
{
	int ready;

	do
		ready = poll(p, (nfds_t)n, timeout);
	while (ready < 0 && errno == ENOMEM);
	return ready >= 0 || errno == EINTR;
}

static void watch(struct keeper *k, struct err *e)
{
	struct pollfd p[1 + SIGNALS_POLL + 2 * RELAY_STREAMS + CONTROL_POLL + NAMES_POLL +
			METER_POLL + SESSIONS_MOST];

	while (!k->over) {
		int n = 1 + keeper_poll_signals(k, p + 1), m, h, s;
		/* what it said before its end is in the socket by now */
		bool last = k->ended;

		p[0] = (struct pollfd){ .fd = k->sock, .events = POLLIN };
		n += relay_poll(&k->relay, p + n);
		n += control_poll(&k->control, p + n);
		h = n;
		n += names_poll(k, p + n);
		m = n;
		n += meter_poll(k, p + n);
		s = n;
		n += session_poll(k, p + n);
		if (!wait_news(p, n,
			       last ? 0 : keeper_poll_timeout(next_deadline(k))))
			break;
		check_clock(k);
		names_step(k, p + h, m - h);
		meter_step(k, p + m, s - m);
		session_step(k, p + s, n - s);
		keeper_take_signals(k, p + 1);
		if (!relay_step(&k->relay)) {
			/* Who wrote it runs, though init may not have said so yet */
			tell_ran(k);
			k->ran = true;
			keeper_end(k, CAUSE_OUTPUT, false);
		}
		keeper_take_keys(k);
		control_step(&k->control, keeper_order, k);
		if (p[0].revents)
			read_step(k, e);
		else if (last)
			k->over = true;
	}
}

/*
 * `init: none`: the payload itself is our child, and the socket is gone. The same watch,
 * with the child's end as the news, of which SIGCHLD tells.
 */
static void watch_child(struct keeper *k)
{
	struct pollfd p[SIGNALS_POLL + 2 * RELAY_STREAMS + CONTROL_POLL + NAMES_POLL +
			METER_POLL];

	while (!keeper_has_ended(k)) {
		int n = keeper_poll_signals(k, p), m, h;

		n += relay_poll(&k->relay, p + n);
		n += control_poll(&k->control, p + n);
		h = n;
		n += names_poll(k, p + n);
		m = n;
		n += meter_poll(k, p + n);
		if (!wait_news(p, n, keeper_poll_timeout(next_deadline(k))))
			break;
		check_clock(k);
		names_step(k, p + h, m - h);
		meter_step(k, p + m, n - m);
		keeper_take_signals(k, p);
		if (!relay_step(&k->relay))
			keeper_end(k, CAUSE_OUTPUT, false);
		keeper_take_keys(k);
		control_step(&k->control, keeper_order, k);
	}
}

/* --- end ---------------------------------------------------------------------------- */

/* Without a pid namespace init must end its orphans before it ends itself: it is asked
 * to, by the end of the socket, and given a second. */
static void end_init(struct keeper *k)
{
	struct pollfd p = { .fd = k->sock };

	if (!has_pid_namespace(k) && k->sock >= 0 && !shutdown(k->sock, SHUT_WR))
		while (poll(&p, 1, 1000) < 0 && errno == EINTR)
			;
	/* It ends at the end of the socket too: then the wait has an end in any case */
	if (kill(k->pid, SIGKILL) < 0 && k->sock >= 0)
		close(fd_take(&k->sock));
}

/* wait4() of init returns when its pid namespace is empty: nothing of the box lives then.
 * Without one, what init could not end any more has become ours. */
static void wait_for_init(struct keeper *k, bool end_it)
{
	int status = 0;

	if (!k->pid)
		return;
	if (!k->exited)
		keeper_unpause(k, NULL);
	cgroup_thaw_below(&k->site.cgroup);
	if (end_it)
		end_init(k);
	session_end(k);
	changing_end(k);
	while (wait4(k->pid, &status, 0, &k->usage) < 0 && errno == EINTR)
		;
	if (k->plan->session.init_none && k->ran) {
		k->status = status;
		k->exited = true;
	}
	timeradd(&k->usage.ru_utime, &k->sessions.user, &k->usage.ru_utime);
	timeradd(&k->usage.ru_stime, &k->sessions.system, &k->usage.ru_stime);
	k->init_status = status;
	k->pid = 0;
	k->unpublished = forward_end(&k->forward);
	serve_stop(k);
	if (k->children >= 0)
		k->left = !orphans_end(k->children);
}

static uint64_t timeval_ns(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000000u + (uint64_t)tv->tv_usec * 1000u;
}

static void fill_result(struct keeper *k)
{
	struct result *r = k->result;

	snprintf(r->id, sizeof(r->id), "%s", k->store.rec.id);
	snprintf(r->name, sizeof(r->name), "%s", k->store.rec.name);
	r->started_ns = k->store.rec.started_ns;
	r->finished_ns = clock_ns(CLOCK_REALTIME);
	r->limits = k->limits;
	r->ran = k->ran;
	r->paused_ns = keeper_paused_ns(k);
	if (!k->store.rec.magic) /* it failed before there was one */
		store_note_limits(&k->store.rec, k->plan);
	memcpy(r->limit, k->store.rec.limit, sizeof(r->limit));
	memcpy(r->cpuset, k->store.rec.cpuset, sizeof(r->cpuset));
	r->wall_ns = clock_ns(CLOCK_MONOTONIC) - k->started;
	r->cpu_user_ns = timeval_ns(&k->usage.ru_utime);
	r->cpu_system_ns = timeval_ns(&k->usage.ru_stime);
	r->memory_peak = r->pids_peak = r->oom_kills = r->throttled_ns = UINT64_MAX;
	r->io_read = r->io_write = r->net_rx = r->net_tx = UINT64_MAX;
	if (k->site.cgroup.count)
		meter_read(k);
	links_read(k);
}

/* The terminal is the caller's again: somebody may be asked */
static void show_changes(struct keeper *k)
{
	const struct box_end end = { k->site.upper_fd, k->result, &k->old_mask };

	terminal_leave_raw(&k->terminal);
	keeper_take_back(k);
	k->wish->at_end(&end, k->wish->arg);
}

static void clear_away(struct keeper *k)
{
	wait_for_init(k, true);
	forward_end(&k->forward);
	control_close(&k->control, k->store.dir, k->store.rec.id);
	terminal_leave_raw(&k->terminal);
	relay_release(&k->relay);
	keeper_close_child_fds(k);
	if (k->sock >= 0)
		close(k->sock);
	if (k->signals >= 0)
		close(k->signals);
	if (k->children >= 0)
		close(k->children);
	if (k->stops >= 0)
		close(k->stops);
	if (k->site.userns_fd >= 0)
		close(k->site.userns_fd);
	if (k->site.upper_fd >= 0)
		close(k->site.upper_fd);
	meter_close(k);
	links_close(k);
	names_close(k);
	allow_close(k);
	close_join(k);
	takes_close(&k->takes);
	cgroup_close(&k->site.cgroup);
	if (k->store.file >= 0 && !k->store.gone) {
		layers_undo(&k->store.rec);
		if (cgroup_remove(&k->store.rec.cgroup) |
		    upper_clear(k->store.rec.upper, k->plan) |
		    links_clear(k->store.dir, &k->store.rec))
			store_leave(&k->store);
	}
	/* Its end may be the router's: no address of ours is left there */
	router_leave(&k->router);
	free(k->scope);
	store_remove(&k->store);
	if (k->masked) {
		/* a job in the background may do so only while SIGTTOU is blocked */
		keeper_take_back(k);
		sigprocmask(SIG_SETMASK, &k->old_mask, NULL);
	}
}

int box_run(const struct box_wish *w, struct result *res, struct err *e)
{
	struct keeper k = {
		.wish = w,
		.plan = w->plan,
		.limits = w->plan->limits,
		.result = res,
		.sock = -1,
		.signals = -1,
		.stops = -1,
		.terminal = { .pty = -1 },
		.store = { .dir = -1, .file = -1, .other = -1 },
		.router = { .use = -1, .user = -1, .net = -1 },
		.meter = { .memory_fd = -1 },
		.names = { -1, -1, -1, -1 },
		.allow = { .sock = -1 },
		.child_fd = { -1, -1, -1 },
		.children = -1,
		.started = clock_ns(CLOCK_MONOTONIC),
	};

	*res = (struct result){ .cause = CAUSE_SETUP, .exit_code = 125 };
	k.site.userns_fd = k.site.upper_fd = k.site.net.netns_fd = -1;
	if (build(&k, e) < 0) {
		k.over = k.failed = true;
	} else {
		watch(&k, e);
		if (k.ran && !k.exited && k.plan->session.init_none) {
			tell_ran(&k);
			watch_child(&k);
		}
		k.failed = !k.ran;
	}
	/* The kernel takes 0.2 ms to end init: time to forget a
	 * box that made nothing durable */
	if (k.exited && !is_durable(&k)) {
		control_close(&k.control, k.store.dir, k.store.rec.id);
		store_unlink(&k.store);
	}
	wait_for_init(&k, !k.plan->session.init_none || !k.ran);
	fill_result(&k); /* what follows is no time of the box */
	keeper_drain(&k);
	keeper_judge(&k, e);
	takes_copy(&k.takes, k.plan, w->take_to, res);
	keeper_note_end(&k);
	attach_end(&k, res->exit_code);
	if (w->at_end && k.ran && k.site.upper_fd >= 0)
		show_changes(&k);
	clear_away(&k);
	return 0;
}
