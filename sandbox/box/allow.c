// SPDX-License-Identifier: GPL-3.0-or-later
/* allow.c - names of network.allow: where they lead, in the box's rules and its hosts */
#include "box/allow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "box/enter.h"
#include "box/keeper.h"
#include "box/lookup.h"
#include "netns/net.h"

#define FIRST_MS   5000 /* for each name, before the box starts */
#define HOSTS_MOST 8	/* lines of a name */
#define FOUND_MOST (LOOKUP_MOST * (ALLOW_LIVES + 1))

/**
 * struct found - An address of a name
 * @until:	CLOCK_MONOTONIC ns up to which the box may go there
 * @now:	The name led there when it was last looked up
 */
struct found {
	struct net_prefix at;
	uint64_t until;
	bool now;
};

/** struct allow_name - @silent: that it leads nowhere any more was said */
struct allow_name {
	const struct plan_allow *want;
	struct found found[FOUND_MOST];
	size_t count;
	bool silent;
};

/* --- what was found ---------------------------------------------------------------- */

/* A family that the box has; and again what net_lookup() leaves out: this is the word of
 * another process */
static bool is_of_use(const struct keeper *k, const struct net_prefix *at)
{
	const struct net_def *d = &k->site.net.def;
	bool is_v4 = at->family == AF_INET;

	if ((!is_v4 && at->family != AF_INET6) || at->len != net_prefix_bits(at) ||
	    !net_name_may(at))
		return false;
	if (k->plan->net.mode != PLAN_NET_VETH)
		return true;
	return is_v4 ? d->v4.family : d->v6.family;
}

/* A place for an address: its own, a new one, else that of who has to go first */
static struct found *find_place(struct allow_name *n, const struct net_prefix *at)
{
	struct found *first = &n->found[0];

	for (size_t i = 0; i < n->count; i++) {
		if (net_prefix_same(&n->found[i].at, at))
			return &n->found[i];
		if (n->found[i].until < first->until)
			first = &n->found[i];
	}
	return n->count < FOUND_MOST ? &n->found[n->count++] : first;
}

/* Return: how many addresses of use there were. None, and all stays as it was */
static size_t take_addresses(const struct keeper *k, struct allow_name *n,
			     const struct lookup_answer *a, uint64_t now)
{
	size_t used = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		if (!is_of_use(k, &a->at[i]))
			continue;
		for (size_t f = 0; !used && f < n->count; f++)
			n->found[f].now = false;
		*find_place(n, &a->at[i]) = (struct found){
			.at = a->at[i],
			.until = now + ALLOW_LIVES * k->plan->net.refresh,
			.now = true,
		};
		used++;
	}
	return used;
}

static void forget_old(struct allow_name *n, uint64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->count; i++)
		if (n->found[i].until > now)
			n->found[kept++] = n->found[i];
	n->count = kept;
}

/* Return: 1 and a whole answer; 0 = the process has ended; -1 = there is none now */
static int receive(const struct keeper *k, struct lookup_answer *a)
{
	ssize_t n;

	do {
		n = recv(k->allow.sock, a, sizeof(*a), MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -1;
	if (n != (ssize_t)sizeof(*a) || a->name >= k->allow.count ||
	    a->count > LOOKUP_MOST)
		return 0;
	a->why[sizeof(a->why) - 1] = '\0';
	return 1;
}

/* --- before the box starts --------------------------------------------------------- */

static int say_unknown(const struct keeper *k, const struct allow_name *n,
		       const char *why, struct err *e)
{
	const struct plan *pl = k->plan;
	const char *name = plan_text(pl, n->want->name);

	err_set(e, "net: 'network.allow' (%s): '%s' cannot be looked up: %s",
		plan_text(pl, n->want->origin), name, why);
	return err_hint(e, "'getent ahosts %s' must find it here; or give its address",
			name);
}

static int first_word(struct keeper *k, struct allow_name *n, struct err *e)
{
	struct pollfd p = { .fd = k->allow.sock, .events = POLLIN };
	struct lookup_answer a;
	int ready;

	do {
		ready = poll(&p, 1, FIRST_MS);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return say_unknown(k, n, "no answer within 5 s", e);
	if (receive(k, &a) != 1 || &k->allow.name[a.name] != n)
		return err_set(e, "net: the process that looks up names died");
	if (!a.count)
		return say_unknown(k, n, a.why, e);
	if (take_addresses(k, n, &a, clock_ns(CLOCK_MONOTONIC)))
		return 0;
	return say_unknown(k, n, "it leads to no address that this network could reach",
			   e);
}

static int make_names(struct keeper *k)
{
	const struct plan *pl = k->plan;

	k->allow.name = calloc(pl->net.allow.count, sizeof(*k->allow.name));
	if (!k->allow.name)
		return -1;
	for (const struct plan_allow *w = NULL; (w = plan_each(pl, &pl->net.allow, w));)
		if (w->name)
			k->allow.name[k->allow.count++].want = w;
	return 0;
}

int allow_open(struct keeper *k, struct err *e)
{
	if (!k->plan->net.refresh)
		return 0;
	if (make_names(k) < 0)
		return err_set(e, "out of memory");
	k->allow.sock = lookup_start(k->plan, &k->allow.pid, e);
	if (k->allow.sock < 0)
		return -1;
	for (size_t i = 0; i < k->allow.count; i++)
		if (first_word(k, &k->allow.name[i], e) < 0)
			return -1;
	return 0;
}

/* --- into the rules ---------------------------------------------------------------- */

static void add_set(const struct allow_name *n, uint16_t set, uint64_t now,
		    struct text *out)
{
	struct net_found found[FOUND_MOST];

	for (size_t i = 0; i < n->count; i++) {
		uint64_t left = n->found[i].until > now ? n->found[i].until - now : 0;

		found[i] = (struct net_found){
			.at = n->found[i].at,
			.seconds = (uint32_t)(left / 1000000000u) + 1,
		};
	}
	net_allow_set_text(set, found, n->count, out);
}

/** struct load - A text of nftables, and the network it is for */
struct load {
	int netns;
	const char *text;
};

static int load(void *arg, struct text *out, struct err *e)
{
	const struct load *l = arg;

	(void)out;
	if (enter_netns(l->netns) < 0)
		return err_sys(e, "cannot enter the network of the box");
	return net_rules_apply(l->text, e);
}

int allow_put(const struct keeper *k, struct err *e)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct load l = { .netns = k->site.net.netns_fd };
	auto_text text = { 0 }, nothing = { 0 };

	if (!k->allow.count)
		return 0;
	for (size_t i = 0; i < k->allow.count; i++)
		add_set(&k->allow.name[i], (uint16_t)(i + 1), now, &text);
	if (text.failed)
		return err_set(e, "out of memory");
	l.text = text_str(&text);
	if (!child_do(load, &l, &nothing, e))
		return 0;
	return err_wrap(e, "net: cannot let the box go where names lead: ");
}

/* --- into /etc/hosts --------------------------------------------------------------- */

/* Always as many lines, as long as the longest address makes them: who reads the file
 * while it is written finds no half of one */
void allow_hosts(const struct keeper *k, struct text *out)
{
	for (size_t i = 0; i < k->allow.count; i++) {
		const struct allow_name *n = &k->allow.name[i];
		const char *name = plan_text(k->plan, n->want->name);
		int lines = HOSTS_MOST, width = NET_TEXT_SIZE + (int)strlen(name);
		char at[NET_TEXT_SIZE], line[NET_TEXT_SIZE + 256];

		for (size_t f = 0; f < n->count && lines; f++) {
			if (!n->found[f].now)
				continue;
			snprintf(line, sizeof(line), "%s %s",
				 net_prefix_text(&n->found[f].at, at), name);
			text_addf(out, "%-*s\n", width, line);
			lines--;
		}
		while (lines--)
			text_addf(out, "%-*s\n", width, "");
	}
}

/* --- while it runs ----------------------------------------------------------------- */

static void say_silent(const struct keeper *k, struct allow_name *n, const char *why)
{
	const char *id = k->store.rec.name[0] ? k->store.rec.name : k->store.rec.id;

	if (n->silent)
		return;
	n->silent = true;
	dprintf(STDERR_FILENO,
		"nook: box %s: '%s' (network.allow) cannot be looked up any more: %s\n"
		"hint: where it led to before stays allowed for %u times "
		"network.refresh\n",
		id, plan_text(k->plan, n->want->name), why, (unsigned int)ALLOW_LIVES);
}

static void on_end(struct keeper *k)
{
	struct allow *a = &k->allow;

	a->lost = true;
	close(fd_take(&a->sock));
	kill(a->pid, SIGKILL); /* where it has only said what nobody understands */
	while (waitpid(a->pid, &a->status, 0) < 0 && errno == EINTR)
		;
	a->pid = 0;
}

/* The last name of a round has come. What fails now is tried again with the next */
static void end_round(struct keeper *k)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct err e = { 0 };

	for (size_t i = 0; i < k->allow.count; i++)
		forget_old(&k->allow.name[i], now);
	if (!allow_put(k, &e) || k->allow.said)
		return;
	k->allow.said = true;
	dprintf(STDERR_FILENO, "nook: %s\n", e.text);
}

bool allow_step(struct keeper *k)
{
	struct lookup_answer a;
	bool any = false;
	int r;

	while ((r = receive(k, &a)) == 1) {
		struct allow_name *n = &k->allow.name[a.name];

		if (!a.count)
			say_silent(k, n, a.why);
		else if (take_addresses(k, n, &a, clock_ns(CLOCK_MONOTONIC)))
			any = true;
		else
			say_silent(k, n, "it leads to no address of use");
		if (a.name == k->allow.count - 1)
			end_round(k);
	}
	if (!r)
		on_end(k);
	return any;
}

void allow_close(struct keeper *k)
{
	struct allow *a = &k->allow;

	if (a->pid && !kill(a->pid, SIGKILL))
		while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
			;
	a->pid = 0;
	if (a->sock >= 0)
		close(fd_take(&a->sock));
	free(a->name);
	a->name = NULL;
	a->count = 0;
}
