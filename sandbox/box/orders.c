// SPDX-License-Identifier: GPL-3.0-or-later
/* orders.c - what the keeper does when a command asks it: status, kill, limits, pause
 *
 * An order is checked whole before anything of it is done, and done between two looks at
 * the clock and the box, so it is never half in force. What it changed stands in the
 * record too, for those who read that.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/keeper.h"

/* One limit of the keeper's own. Return: 0, or -1 and @e: nothing is set then */
struct limit_row {
	const char *key;
	size_t offset;
	bool must; /* max, no limit, makes no sense for it */
};

#define ROW(member) offsetof(struct plan_limits, member)

static const struct limit_row rows[] = {
	{ "limits.wall", ROW(wall), false },
	{ "limits.grace", ROW(grace), true },
	{ "limits.output", ROW(output), false },
};

static const struct limit_row *find_row(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].key, key))
			return &rows[i];
	return NULL;
}

/* What the box has not counted from its start cannot be counted now: its output goes
 * past the keeper */
static int check_output(const struct keeper *k, struct err *e)
{
	if (k->relay.most)
		return 0;
	err_set(e, "limits.output cannot be set now: this box began without it");
	return err_hint(e, "its output does not pass through nook; run it with "
			   "--set limits.output=SIZE");
}

static int set_limit(struct keeper *k, struct plan_limits *l,
		     const struct control_pair *p, struct err *e)
{
	const struct limit_row *row = find_row(p->key);
	uint64_t value = p->value == UINT64_MAX ? 0 : p->value;

	if (!row)
		return err_set(e, "'%s' cannot be changed while a box runs", p->key);
	if (row->must && p->value == UINT64_MAX)
		return err_set(e, "'%s' needs a value", p->key);
	if (value > INT64_MAX)
		return err_set(e, "'%s': %llu is too much", p->key,
			       (unsigned long long)value);
	if (row->offset == ROW(output) && check_output(k, e) < 0)
		return -1;
	memcpy((char *)l + row->offset, &value, sizeof(value));
	return 0;
}

/* The plan lies in the record behind its header; its limits are all that changes */
static void write_limits(struct keeper *k)
{
	off_t at = (off_t)(sizeof(struct record) + offsetof(struct plan, limits));

	/* Who reads it sees old values when this fails; they are in force all the same */
	if (pwrite(k->store.file, &k->limits, sizeof(k->limits), at) < 0)
		return;
}

static int order_update(struct keeper *k, const struct control_ask *ask, struct err *e)
{
	struct plan_limits l = k->limits;

	for (uint32_t i = 0; i < ask->pair_count; i++)
		if (set_limit(k, &l, &ask->pair[i], e) < 0)
			return -1;
	k->limits = l;
	/* no limit of the output: still counted, for the result and the next update */
	if (k->relay.most)
		k->relay.most = l.output ? l.output : UINT64_MAX;
	write_limits(k);
	return 0;
}

/* Signals by which a person asks a program to end: the result is `cancelled` then */
static bool asks_to_end(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT;
}

static int order_kill(struct keeper *k, const struct control_ask *ask, struct err *e)
{
	int sig = (int)ask->signal;

	if (ask->signal < 1 || ask->signal > 64)
		return err_set(e, "no signal has the number %u", ask->signal);
	if (sig == SIGKILL) {
		k->ordered = !k->cause_set;
		keeper_end(k, CAUSE_CANCELLED, false);
		keeper_kill(k); /* also where it had time to end */
		return 0;
	}
	if (asks_to_end(sig))
		k->forwarded = sig;
	/* To init the signal itself would be fatal: it stops the command on this one */
	if (kill(k->pid, sig == SIGSTOP ? SIGTSTP : sig) < 0)
		return err_sys(e, "cannot send signal %d", sig);
	return 0;
}

static int order_status(struct keeper *k, const struct control_ask *ask, struct err *e)
{
	(void)k, (void)ask, (void)e;
	return 0;
}

static int order_pause(struct keeper *k, const struct control_ask *ask, struct err *e)
{
	(void)k, (void)ask;
	err_set(e,
		"this box has no cgroup of its own, so nothing can stop it as a whole");
	return err_hint(e, "a box has one when it is run with a limit of memory, CPUs or "
			   "processes, such as --pids-limit 500");
}

static int (*const orders[])(struct keeper *k, const struct control_ask *ask,
			     struct err *e) = {
	[CONTROL_STATUS] = order_status, [CONTROL_KILL] = order_kill,
	[CONTROL_UPDATE] = order_update, [CONTROL_PAUSE] = order_pause,
	[CONTROL_UNPAUSE] = order_pause,
};

void keeper_order(void *keeper, const struct control_ask *ask, struct control_answer *out)
{
	struct keeper *k = keeper;

	if (k->pid <= 0 || k->exited)
		err_set(&out->err, "the box is ending already");
	else if (ask->op >= ARRAY_SIZE(orders) || !orders[ask->op])
		err_set(&out->err, "the keeper knows no order %u", ask->op);
	else
		out->done = !orders[ask->op](k, ask, &out->err);
	out->state = k->store.rec.state;
	out->init = k->pid;
	out->lived_ns = keeper_now(CLOCK_MONOTONIC) - k->started;
	out->output = k->relay.most ? k->relay.counted : UINT64_MAX;
	out->limits = k->limits;
}
