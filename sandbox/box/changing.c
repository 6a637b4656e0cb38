// SPDX-License-Identifier: GPL-3.0-or-later
/* changing.c - the keeper's side of a change of its box; box/changing.h has the theory */
#include "box/changing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parcel.h"
#include "base/sealed.h"
#include "base/sys.h"
#include "box/control.h"
#include "box/keeper.h"
#include "box/links.h"
#include "box/rest.h"
#include "box/session.h"
#include "box/sync.h"
#include "layer/change.h"

#define DROP_TRIES 3 /* of a worker that is killed, or has no memory */

static const struct changing nothing = { .line = -1,
					 .alive = { -1, -1 },
					 .spots = { -1, -1 } };

static void tell(const struct changing *c, const struct sync_msg *msg)
{
	/* One who does not read it has gone */
	if (c->line >= 0)
		send(c->line, msg, sizeof(*msg), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void close_gone(struct changing *c)
{
	while (c->gone_count)
		close(c->gone[--c->gone_count]);
	free(ptr_take(c->gone));
}

static void forget(struct keeper *k)
{
	struct changing *c = &k->changing;

	if (c->line >= 0)
		close(c->line);
	if (c->note) {
		k->gone.rx += c->note->link.rx;
		k->gone.tx += c->note->link.tx;
		munmap(c->note, sizeof(*c->note));
	}
	free(c->spent);
	free(c->updates);
	close_gone(c);
	cleanup_fd(&c->alive[0]);
	cleanup_fd(&c->alive[1]);
	cleanup_fd(&c->spots[0]);
	cleanup_fd(&c->spots[1]);
	*c = nothing;
}

/* --- the box at rest ---------------------------------------------------------------- */

/* The words are on disk before anything is done: to take them back is one rename */
static int keep_words(struct keeper *k, int fd, struct err *e)
{
	struct changing *c = &k->changing;
	struct rest *r = k->wish->rest;
	struct rest_record *rec = r ? &r->rec : NULL;
	char *words;
	size_t size;
	int done;

	if (!r || fd < 0)
		return 0;
	c->updates = malloc(rec->updates_len + 1);
	if (!c->updates)
		return err_set(e, "out of memory");
	if (rec->updates_len)
		memcpy(c->updates, rec->updates, rec->updates_len);
	c->updates_len = rec->updates_len;
	words = sealed_map(fd, &size);
	if (!words)
		return err_set(e, "the keeper did not understand what is to be kept");
	done = rest_record_update(rec, words, size, e);
	munmap(words, size);
	if (done < 0)
		return -1;
	r->plan = c->next;
	return rest_write(r, e);
}

static void take_words_back(struct keeper *k)
{
	struct changing *c = &k->changing;
	struct rest *r = k->wish->rest;

	if (!c->updates)
		return;
	free(r->rec.updates);
	r->rec.updates = ptr_take(c->updates);
	r->rec.updates_len = c->updates_len;
	r->plan = k->plan;
	rest_write(r, NULL);
}

/* --- the end of a change ------------------------------------------------------------ */

/* It is in force. The file system of a mount that went is let go before, and a new limit
 * freezes nobody who is still to be asked */
static void say_done(struct keeper *k)
{
	const struct sync_msg msg = { .step = STEP_EXEC };

	close_gone(&k->changing);
	orders_set_limits(k, &k->changing.limits);
	tell(&k->changing, &msg);
	forget(k);
}

/* The keeper's own part of what is taken back */
static void restore(struct keeper *k)
{
	orders_reset_leaf(k, &k->changing.limits);
	if (k->changing.follows)
		links_follow(k, k->plan, &k->site.net.def, NULL);
	if (k->changing.forwards)
		forward_kill(&k->forward);
	store_forget(&k->store);
	take_words_back(k);
}

static void abandon(struct keeper *k)
{
	restore(k);
	forget(k);
}

static int replace_record(struct keeper *k, struct err *e)
{
	struct changing *c = &k->changing;
	const struct net_def *def = &c->note->link.def;

	if (!change_has_link(c->old, c->next))
		return store_replace(&k->store, c->next, e);
	links_name(k, c->next, def);
	c->follows = true;
	if (links_follow(k, c->next, def, e) == 0 &&
	    store_replace(&k->store, c->next, e) == 0)
		return 0;
	links_name(k, k->plan, &k->site.net.def);
	return -1;
}

/* What is new is in force by now but for what the keeper itself holds. From here on there
 * is no way back */
static int commit(struct keeper *k, struct err *e)
{
	struct changing *c = &k->changing;

	if (replace_record(k, e) < 0)
		return -1;
	c->spent = k->made;
	k->plan = k->made = c->next;
	if (change_has_link(c->old, c->next))
		links_turn(k, &c->note->link.def, &c->note->link.lease);
	return 0;
}

static void fail(struct keeper *k, const struct err *e)
{
	struct sync_msg msg = { .step = STEP_FAILED, .code = 125, .err = *e };

	restore(k);
	tell(&k->changing, &msg);
	forget(k);
}

/* --- its beginning ------------------------------------------------------------------ */

/* Return: a copy on the heap, NULL and @e */
static struct plan *take_plan(const struct keeper *k, const struct control_ask *ask,
			      int fd, struct err *e)
{
	size_t size;
	void *p = sealed_map(fd, &size);
	struct plan *copy = NULL;

	if (ask->changes != k->store.rec.changes) {
		err_set(e, "the box was changed by another command meanwhile");
		e->code = EAGAIN;
	} else if (!p || size > PLAN_MOST || !plan_check(p, size) ||
		   !change_is_fair(k->plan, p)) {
		err_set(e, "the keeper did not understand what is to be changed");
	} else {
		copy = malloc(size);
		if (copy)
			memcpy(copy, p, size);
		else
			err_set(e, "out of memory");
	}
	if (p)
		munmap(p, size);
	return copy;
}

bool changing_has_mounts(const struct plan *old, const struct plan *next)
{
	return change_next_new(old, next, NULL) || change_next_gone(old, next, NULL);
}

static int start_worker(struct keeper *k, struct err *e)
{
	struct changing *c = &k->changing;
	const struct worker w = {
		.old = c->old,
		.next = c->next,
		.keeper = getpid(),
		.init = k->sock,
		.userns = k->site.userns_fd,
		.alive = c->alive[c->phase == CHANGE_MAKES],
		.spots = c->spots[1],
		.gone = c->gone,
		.gone_count = c->gone_count,
		.store = k->store.dir,
		.box = k->store.rec.id,
		.name = k->store.rec.name,
		.forward = &k->forward,
		.forwards = c->forwards,
		.router = &k->router,
		.net = &k->site.net,
		.note = c->note,
	};
	struct clone_args args = { .exit_signal = SIGCHLD };

	/* for one that ends before it can say more */
	err_set(&c->note->why, "the process that is to change the box cannot begin");
	c->worker = sys_clone3(&args);
	if (c->worker < 0) {
		c->worker = 0;
		return err_sys(e, "cannot start a process");
	}
	if (c->worker) {
		cleanup_fd(&c->alive[1]);
		cleanup_fd(&c->spots[1]);
		c->alive[1] = c->spots[1] = -1;
		return 0;
	}
	if (c->phase == CHANGE_UNDOES)
		changing_undo(&w);
	if (c->phase == CHANGE_DROPS)
		changing_drop(&w);
	changing_work(&w);
}

static int prepare(struct keeper *k, const struct control_ask *ask, const int *fd,
		   struct err *e)
{
	struct changing *c = &k->changing;

	c->old = k->plan;
	c->next = c->spent = take_plan(k, ask, fd[CHANGE_PLAN], e);
	if (!c->next || (changing_has_mounts(k->plan, c->next) && session_may(k, e) < 0))
		return -1;
	/* who builds it still sets rates and ports as they were */
	if (!k->ran && changing_has_net(k->plan, c->next))
		return control_not_yet(e);
	if (change_has_link(k->plan, c->next) && links_ready(k, e) < 0)
		return -1;
	c->note = mmap(NULL, sizeof(*c->note), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->note == MAP_FAILED) {
		c->note = NULL;
		return err_set(e, "out of memory");
	}
	if (pipe2(c->alive, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, c->spots) < 0)
		return err_sys(e, "cannot make a socket pair");
	if (store_prepare(&k->store, c->next, e) < 0)
		return -1;
	return keep_words(k, fd[CHANGE_WORDS], e);
}

/* A box that publishes nothing has nobody who serves ports */
static int ready_forward(struct keeper *k, struct err *e)
{
	struct changing *c = &k->changing;

	if (k->forward.pid || !change_next_port(k->plan, c->next, NULL))
		return 0;
	c->forwards = links_forward(k, e) == 0;
	return c->forwards ? 0 : -1;
}

int changing_start(struct keeper *k, const struct limit_change *limits,
		   const struct control_ask *ask, int *fd, struct err *e)
{
	struct changing *c = &k->changing;
	bool works;
	int r;

	*c = nothing;
	c->limits = *limits;
	r = prepare(k, ask, fd, e);
	works = !r && (changing_has_mounts(k->plan, c->next) ||
		       changing_has_net(k->plan, c->next));
	if (!r)
		r = ready_forward(k, e);
	if (!r)
		c->line = fd_take(&fd[CHANGE_LINE]);
	if (!r)
		r = works ? start_worker(k, e) : commit(k, e);
	if (r < 0)
		abandon(k);
	else if (!works)
		say_done(k);
	return r;
}

/* --- while it is under way ---------------------------------------------------------- */

static void fail_undone(struct keeper *k, bool undone)
{
	struct changing *c = &k->changing;
	struct err e = c->why;

	if (!undone || !c->failed)
		err_set(&e, "%.560s, and %s", c->why.text,
			undone ? "what was done is taken back"
			       : "what was done could not all be taken back");
	fail(k, &e);
}

/* A box that is paused, or not as long as init has something to say */
static void stand_still(struct keeper *k, bool still)
{
	struct err none;

	if (k->paused_at)
		cgroup_freeze(&k->site.cgroup, still, &none);
}

/* A worker behind the first one, who has to ask init, too */
static int start_second(struct keeper *k, struct err *e)
{
	stand_still(k, false);
	if (start_worker(k, e) == 0)
		return 0;
	stand_still(k, true);
	return -1;
}

static void take_back(struct keeper *k)
{
	struct changing *c = &k->changing;
	struct err none;

	c->phase = CHANGE_UNDOES;
	if (!c->note->mounted && !c->note->wired)
		fail(k, &c->why);
	else if (start_second(k, &none) < 0)
		fail_undone(k, false);
}

/* What is to go, as the worker has opened it */
static int take_gone(struct changing *c, struct err *e)
{
	int n = 0;

	for (const struct plan_mount *m = NULL;
	     (m = change_next_gone(c->old, c->next, m));)
		n++;
	c->gone = n ? malloc((size_t)n * sizeof(*c->gone)) : NULL;
	if (n && !c->gone)
		return err_set(e, "out of memory");
	while (c->gone_count < n) {
		struct parcel p = { .count = PARCEL_FDS };
		struct sync_msg msg;

		if (sync_recv_all(c->spots[0], &msg, &p) != 1)
			return err_set(e, "cannot hear which mounts are to go");
		for (int i = 0; i < p.count && c->gone_count < n; i++)
			c->gone[c->gone_count++] = fd_take(&p.fd[i]);
		parcel_close(&p);
		if (p.cut)
			return err_set(e, "there are too many open files");
	}
	return 0;
}

/* What is still to go is left for the next change, once: then nobody listens any more */
static void leave(struct keeper *k)
{
	struct changing *c = &k->changing;
	struct sync_msg msg = { .step = STEP_FAILED, .code = 125 };

	if (c->line < 0) {
		forget(k);
		return;
	}
	err_set(&msg.err, "it is done, but what was to go is not all gone: %.560s",
		c->why.text);
	err_hint(&msg.err,
		 "the next 'nook update' of the box, and its end, take it away");
	orders_set_limits(k, &c->limits);
	tell(c, &msg);
	cleanup_fd(&c->line);
	c->line = -1;
}

static void drop(struct keeper *k)
{
	struct changing *c = &k->changing;

	c->phase = CHANGE_DROPS;
	while (c->tries++ < DROP_TRIES)
		if (start_second(k, &c->why) == 0)
			return;
	leave(k);
}

void changing_again(struct keeper *k)
{
	struct changing *c = &k->changing;

	if (!c->next || c->worker || c->phase != CHANGE_DROPS)
		return;
	c->tries = 0;
	drop(k);
}

static bool has_drops(const struct changing *c)
{
	return c->gone_count || changing_has_drops(c->old, c->next);
}

static void note_why(struct changing *c, int status)
{
	if (WIFEXITED(status))
		c->why = c->note->why;
	else
		err_set(&c->why, "the process that was to change the box was killed");
}

static void on_made(struct keeper *k, int status)
{
	struct changing *c = &k->changing;

	if (status) {
		c->failed = WIFEXITED(status) && !c->note->mounted;
		note_why(c, status);
		take_back(k);
	} else if (take_gone(c, &c->why) < 0 || commit(k, &c->why) < 0) {
		take_back(k);
	} else if (has_drops(c)) {
		drop(k);
	} else {
		say_done(k);
	}
}

static void on_dropped(struct keeper *k, int status)
{
	if (!status) {
		say_done(k);
		return;
	}
	note_why(&k->changing, status);
	drop(k);
}

static void on_end(struct keeper *k, int status)
{
	stand_still(k, true);
	switch (k->changing.phase) {
	case CHANGE_MAKES:
		on_made(k, status);
		break;
	case CHANGE_UNDOES:
		fail_undone(k, !status);
		break;
	case CHANGE_DROPS:
		on_dropped(k, status);
		break;
	}
}

void changing_look(struct keeper *k)
{
	struct changing *c = &k->changing;
	int status;

	if (!c->worker || waitpid(c->worker, &status, WNOHANG) != c->worker)
		return;
	c->worker = 0;
	on_end(k, status);
}

void changing_end(struct keeper *k)
{
	struct changing *c = &k->changing;

	if (c->worker) {
		kill(c->worker, SIGKILL);
		while (waitpid(c->worker, NULL, 0) < 0 && errno == EINTR)
			;
		c->worker = 0;
	}
	if (c->phase == CHANGE_DROPS)
		forget(k);
	else if (c->next)
		abandon(k);
}
