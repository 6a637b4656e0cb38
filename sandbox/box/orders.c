// SPDX-License-Identifier: GPL-3.0-or-later
/* orders.c - what the keeper does when a command asks it: status, kill, limits, pause
 *
 * An order is checked whole before anything of it is done, and done between two looks at
 * the clock and the box, so it is never half in force. What it changed stands in the
 * record too, for those who read that.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "box/keeper.h"
#include "cgroup/cgroup.h"

/* Its output goes past the keeper: nobody has counted it from the start */
static int check_output(const struct keeper *k, struct err *e)
{
	if (k->relay.most)
		return 0;
	err_set(e, "limits.output cannot be set now: this box began without it");
	return err_hint(e, "its output does not pass through nook; run it with "
			   "--set limits.output=SIZE");
}

static int check_controller(const struct keeper *k, const char *key, uint32_t bit,
			    struct err *e)
{
	auto_text name = { 0 };

	if (cgroup_dir(&k->site.cgroup, bit) >= 0)
		return 0;
	cgroup_names(k->site.cgroup.kind, bit, "", &name);
	err_set(e, "'%s' cannot be set now: this box has no cgroup of its own%s%s", key,
		k->site.cgroup.count ? " with the controller " : "",
		k->site.cgroup.count ? text_str(&name) : "");
	return err_hint(e, "it would have, run with --set %s=VALUE", key);
}

static int check_clock(const struct keeper *k, struct err *e)
{
	return check_controller(k, "limits.cpu_time", CG_CPUACCT, e);
}

static int check_freezer(const struct keeper *k, struct err *e)
{
	return check_controller(k, "limits.on_limit", CG_FREEZER, e);
}

/**
 * struct own_row - A limit that the keeper watches
 * @must:	max, no limit, makes no sense for it
 * @is_word:	It is a uint32_t, 0 or 1
 */
struct own_row {
	const char *key;
	size_t offset;
	bool must, is_word;
	int (*check)(const struct keeper *k, struct err *e);
};

#define ROW(member) offsetof(struct plan_limits, member)

static const struct own_row rows[] = {
	{ "limits.wall", ROW(wall), false, false, NULL },
	{ "limits.grace", ROW(grace), true, false, NULL },
	{ "limits.output", ROW(output), false, false, check_output },
	{ "limits.cpu_time", ROW(cpu_time), false, false, check_clock },
	{ "limits.on_limit", ROW(freeze), true, true, check_freezer },
};

static int change_own(const struct own_row *row, const struct control_pair *p,
		      struct limit_change *c, struct err *e)
{
	uint64_t value = p->value == UINT64_MAX ? 0 : p->value;
	char *to = (char *)&c->own + row->offset;
	uint32_t word = value != 0;

	if (row->must && p->value == UINT64_MAX)
		return err_set(e, "'%s' needs a value", p->key);
	if (value > INT64_MAX)
		return err_set(e, "'%s': %" PRIu64 " is too much", p->key, value);
	memcpy(to, row->is_word ? (void *)&word : (void *)&value,
	       row->is_word ? sizeof(word) : sizeof(value));
	return 0;
}

static int change_leaf(const struct keeper *k, const struct control_pair *p,
		       struct limit_change *c, struct err *e)
{
	int which = cgroup_find_limit(p->key);
	const struct cgroup_row *row;
	uint64_t n = p->value;

	if (which < 0 || cgroup_row((enum cgroup_limit)which)->unit == UNIT_RATE)
		return err_set(e, "'%s' cannot be changed while a box runs", p->key);
	row = cgroup_row((enum cgroup_limit)which);
	if (check_controller(k, p->key, row->controller, e) < 0)
		return -1;
	/* nook's init is in the leaf too, and not of the profile's count */
	if (which == LIMIT_PIDS && n != UINT64_MAX && !k->plan->session.init_none)
		n++;
	if (row->unit == UNIT_TEXT)
		snprintf(c->cpuset, sizeof(c->cpuset), "%s", p->text);
	c->limit[which] = n;
	c->is_new[which] = true;
	return 0;
}

static int read_change(const struct keeper *k, const struct control_ask *ask,
		       struct limit_change *c, struct err *e)
{
	for (uint32_t i = 0; i < ask->pair_count; i++) {
		const struct control_pair *p = &ask->pair[i];
		size_t row = 0;

		while (row < ARRAY_SIZE(rows) && strcmp(rows[row].key, p->key) != 0)
			row++;
		if (row == ARRAY_SIZE(rows)
			    ? change_leaf(k, p, c, e) < 0
			    : (rows[row].check && rows[row].check(k, e) < 0) ||
				      change_own(&rows[row], p, c, e) < 0)
			return -1;
	}
	return 0;
}

void orders_reset_leaf(struct keeper *k, const struct limit_change *c)
{
	const struct record *old = &k->store.rec;

	for (int i = LIMIT_COUNT - 1; i >= 0; i--)
		if (c->is_new[i])
			cgroup_set(&k->site.cgroup, (enum cgroup_limit)i, old->limit[i],
				   old->cpuset, NULL);
}

/* In the order of the table, which is the one that the kernel can take them in */
static int set_leaf(struct keeper *k, const struct limit_change *c, struct err *e)
{
	struct limit_change done = { .is_new = { false } };

	for (int i = 0; i < LIMIT_COUNT; i++) {
		if (c->is_new[i] && cgroup_set(&k->site.cgroup, (enum cgroup_limit)i,
					       c->limit[i], c->cpuset, e) < 0) {
			orders_reset_leaf(k, &done);
			return -1;
		}
		done.is_new[i] = c->is_new[i];
	}
	return 0;
}

/* The plan lies in the record behind its header; the keeper's limits are all of it that
 * changes. Who reads it sees old values when this fails; the new ones are in force */
static void write_record(struct keeper *k)
{
	off_t at = (off_t)(sizeof(struct record) + offsetof(struct plan, limits));

	if (pwrite(k->store.file, &k->limits, sizeof(k->limits), at) > 0)
		store_update(&k->store, NULL);
}

void orders_set_limits(struct keeper *k, const struct limit_change *c)
{
	struct record *rec = &k->store.rec;

	k->limits = c->own;
	memcpy(rec->limit, c->limit, sizeof(c->limit));
	memcpy(rec->cpuset, c->cpuset, sizeof(c->cpuset));
	/* no limit of the output: still counted, for the result and the next update */
	if (k->relay.most)
		k->relay.most = c->own.output ? c->own.output : UINT64_MAX;
	k->meter.cpu_at = 0; /* look at the clock at once */
	rec->updates++;
	write_record(k);
}

static int order_update(struct keeper *k, const struct control_ask *ask, int *fd,
			struct err *e)
{
	const struct record *rec = &k->store.rec;
	struct limit_change c = { .own = k->limits };

	if (k->changing.next) {
		changing_again(k);
		err_set(e, "another change of this box is under way");
		e->code = EAGAIN; /* for who tries again */
		return -1;
	}
	memcpy(c.limit, rec->limit, sizeof(c.limit));
	memcpy(c.cpuset, rec->cpuset, sizeof(c.cpuset));
	if (read_change(k, ask, &c, e) < 0 || set_leaf(k, &c, e) < 0)
		return -1;
	if (fd[CHANGE_PLAN] < 0) {
		orders_set_limits(k, &c);
		return 0;
	}
	return changing_start(k, &c, ask, fd, e); /* resets the leaf when it fails */
}

static int order_kill(struct keeper *k, const struct control_ask *ask, int *fd,
			struct err *e)
{
	int sig = (int)ask->signal;

	(void)fd;
	if (ask->signal < 1 || ask->signal > 64)
		return err_set(e, "no signal has the number %u", ask->signal);
	if (sig == SIGKILL) {
		k->ordered = !k->cause_set;
		keeper_end(k, CAUSE_CANCELLED, false);
		keeper_kill(k); /* also where it had time to end */
		return 0;
	}
	if (keeper_asks_to_end(sig)) /* the result is `cancelled` then */
		k->forwarded = sig;
	/* To init the signal itself would be fatal: it stops the command on this one */
	if (kill(k->pid, sig == SIGSTOP ? SIGTSTP : sig) < 0)
		return err_sys(e, "cannot send signal %d", sig);
	return 0;
}

/* Asked again, it takes the shorter time; what is paused goes on, to hear it */
static int term_first(struct keeper *k, struct err *e)
{
	if (keeper_unpause(k, e) < 0)
		return -1;
	k->ordered = true;
	k->forwarded = SIGTERM;
	return kill(k->pid, SIGTERM) < 0 ? err_sys(e, "cannot send signal %d", SIGTERM)
					 : 0;
}

static int order_stop(struct keeper *k, const struct control_ask *ask, int *fd,
		      struct err *e)
{
	uint64_t grace = ask->pair_count ? ask->pair[0].value : k->limits.grace;
	uint64_t at = clock_ns(CLOCK_MONOTONIC) + grace;

	(void)fd;
	if (grace > INT64_MAX)
		return err_set(e, "%" PRIu64 " is no time to wait", grace);
	/* One that is ending for another reason may have to do so sooner */
	if (!k->cause_set && term_first(k, e) < 0)
		return -1;
	if (!k->kill_at || at < k->kill_at)
		k->kill_at = at;
	return 0;
}

static int order_status(struct keeper *k, const struct control_ask *ask, int *fd,
			struct err *e)
{
	(void)k, (void)ask, (void)fd, (void)e;
	return 0;
}

static int order_pause(struct keeper *k, const struct control_ask *ask, int *fd,
			struct err *e)
{
	(void)ask, (void)fd;
	if (k->cause_set)
		return err_set(e, "the box is ending already");
	if (!k->ran)
		return control_not_yet(e); /* frozen it could never say so */
	return keeper_pause(k, BOX_PAUSED, e);
}

/* Whether it would be stopped again at once. Return: 0, -1 and @e */
static int check_limit(const struct keeper *k, struct err *e)
{
	auto_text used = { 0 }, limit = { 0 };
	uint64_t now;

	if (k->at_limit && !strcmp(k->at_limit, "limits.wall")) {
		now = k->paused_at - k->started - k->paused_ns;
		if (!k->limits.wall || now < k->limits.wall)
			return 0;
		text_duration(&limit, k->limits.wall);
	} else if (k->at_limit && !strcmp(k->at_limit, "limits.cpu_time")) {
		now = cgroup_cpu_ns(&k->site.cgroup);
		if (!k->limits.cpu_time || now < k->limits.cpu_time)
			return 0;
		text_duration(&limit, k->limits.cpu_time);
	} else {
		return 0; /* of memory_high the kernel tells when it is passed anew */
	}
	text_duration(&used, now);
	err_set(e, "%s %s is used up: the box has had %s", k->at_limit, text_str(&limit),
		text_str(&used));
	return err_hint(e, "raise it first: nook update %s %s=VALUE",
			store_name(&k->store.rec), k->at_limit + strlen("limits."));
}

static int order_unpause(struct keeper *k, const struct control_ask *ask, int *fd,
			struct err *e)
{
	(void)ask, (void)fd;
	if (!k->paused_at)
		return err_set(e, "the box is not paused");
	return check_limit(k, e) < 0 ? -1 : keeper_unpause(k, e);
}

static int (*const orders[])(struct keeper *k, const struct control_ask *ask, int *fd,
			     struct err *e) = {
	[CONTROL_STATUS] = order_status,   [CONTROL_KILL] = order_kill,
	[CONTROL_UPDATE] = order_update,   [CONTROL_PAUSE] = order_pause,
	[CONTROL_UNPAUSE] = order_unpause, [CONTROL_EXEC] = session_start,
	[CONTROL_ATTACH] = attach_start,   [CONTROL_STOP] = order_stop,
	[CONTROL_COPY] = session_start,
};

static bool wants_end(const struct control_ask *ask)
{
	return ask->op == CONTROL_STOP ||
	       (ask->op == CONTROL_KILL &&
		(ask->signal == SIGKILL || keeper_asks_to_end((int)ask->signal)));
}

void keeper_order(void *keeper, const struct control_ask *ask, int *fd,
		  struct control_answer *out)
{
	struct keeper *k = keeper;

	if ((k->pid <= 0 || k->exited) && wants_end(ask))
		out->done = k->hurried = true;
	else if (k->pid <= 0 || k->exited)
		err_set(&out->err, "the box is ending already");
	else if (ask->op >= ARRAY_SIZE(orders) || !orders[ask->op])
		err_set(&out->err, "the keeper knows no order %u", ask->op);
	else
		out->done = !orders[ask->op](k, ask, fd, &out->err);
	out->state = k->store.rec.state;
	out->init = k->pid;
	out->paused_ns = keeper_paused_ns(k);
	out->lived_ns = clock_ns(CLOCK_MONOTONIC) - k->started - out->paused_ns;
	out->output = k->relay.most ? k->relay.counted : UINT64_MAX;
	out->limits = k->limits;
}
