// SPDX-License-Identifier: GPL-3.0-or-later
/* change.c - where that goes which `nook update` asks for besides limits
 *
 * A change of a box that runs is planned here, where the person is who wrote the words,
 * from the plan in its record; the keeper takes it as a whole or not at all
 * (box/changing.h). When another command was faster it is planned once more.
 */
#include "cmd/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sealed.h"
#include "box/changing.h"
#include "box/names.h"
#include "box/sync.h"
#include "cmd/resting.h"
#include "host/host.h"
#include "layer/change.h"

#define TRIES	 200
#define PAUSE_NS 10000000 /* between two */

/* The profile of what is to come. The command's name is in front of an error already */
static int make_profile(const struct args *own, struct profile **pf, struct err *e)
{
	int r = profile_make(CHANGE_OPTION, own->wishes, own->wish_count, pf, e);
	size_t len = strlen(CHANGE_OPTION ": ");

	if (r && !strncmp(e->text, CHANGE_OPTION ": ", len))
		memmove(e->text, e->text + len, strlen(e->text + len) + 1);
	return r;
}

/* The words of a box that stays are kept as they are, and mean what they mean in @cwd,
 * its directory */
static int check_sources(const struct change *c, const char *cwd, struct err *e)
{
	auto_free char *here = getcwd(NULL, 0);
	struct profile *pf = NULL;
	struct args own = { 0 };
	int r = 0;

	if (here && !strcmp(here, cwd))
		return 0;
	for (size_t i = 0; i < c->own.wish_count && !r; i++) {
		const struct option_wish *w = &c->own.wishes[i];

		if (*w->key != '-' && !strcmp(w->key + (*w->key == '+'), "mounts") &&
		    args_wish(&own, CHANGE_OPTION, w->key, w->value) < 0)
			r = err_set(e, "out of memory");
	}
	if (!r && own.wish_count)
		r = make_profile(&own, &pf, e);
	for (size_t i = 0; !r && pf && i < pf->mount_count; i++) {
		if (!pf->mounts[i].is_relative)
			continue;
		r = err_set(e, "'%s' would be another directory at the next start",
			    pf->mounts[i].to);
		err_hint(e, "name what is mounted there by its whole path");
	}
	profile_free(pf);
	args_release(&own);
	return r;
}

/* --- a box that runs ---------------------------------------------------------------- */

/* What the box hides and shows is in force for what is mounted now, too */
static int add_context(const struct plan *pl, struct args *own)
{
	static const char *const hiding[] = { "root.hide", "root.show" };

	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));)
		for (size_t i = 0; i < 2; i++) {
			auto_text key = { 0 }, text = { 0 };

			if (f->weight != FACT_VALUE || !f->key ||
			    strcmp(plan_text(pl, f->key), hiding[i]) != 0)
				continue;
			text_addf(&key, "+%s", hiding[i]);
			text_json(&text, plan_text(pl, f->text));
			if (args_wish(own, CHANGE_OPTION, text_str(&key),
				      text_str(&text)) < 0)
				return -1;
		}
	return 0;
}

/* @value: of a port in quotes, as text_json() wrote it, without anything to escape */
static int drop(struct plan *next, const char *key, const char *value, struct err *e)
{
	auto_text port = { 0 };

	if (!strcmp(key, field_name(FIELD_mounts)))
		return change_drop_mount(next, value, e);
	text_addn(&port, value + 1, strlen(value) - 2);
	return change_drop_publish(next, text_str(&port), e);
}

/* Entries go before new ones come. The profile has what is to come alone */
static int drop_and_list(const struct change *c, struct plan *next, struct args *own,
			 struct err *e)
{
	for (size_t i = 0; i < c->own.wish_count; i++) {
		const struct option_wish *w = &c->own.wishes[i];

		if (*w->key == '-') {
			if (drop(next, w->key + 1, w->value, e) < 0)
				return -1;
		} else if (args_wish(own, CHANGE_OPTION, w->key, w->value) < 0) {
			return err_set(e, "out of memory");
		}
	}
	return add_context(next, own) < 0 ? err_set(e, "out of memory") : 0;
}

/* @next: a copy of @old */
static int plan_next(const struct change *c, const char *id, const struct plan *old,
		     struct plan *next, struct err *e)
{
	char hosts[256] = "";
	struct host *h = host_new();
	struct profile *pf = NULL;
	struct args own = { 0 };
	int r = h ? drop_and_list(c, next, &own, e) : err_set(e, "out of memory");

	if (!r)
		r = make_profile(&own, &pf, e);
	if (!r)
		r = change_check_gone(pf, h, old, next, e);
	if (!r && c->network)
		r = names_path(id, hosts, sizeof(hosts), e);
	if (!r)
		r = change_plan(pf, h, next, hosts, e);
	if (!r)
		r = change_check_ports(old, next, e);
	profile_free(pf);
	host_free(h);
	args_release(&own);
	return r;
}

static int hear(int line, const char *box, struct err *e)
{
	struct sync_msg msg;
	int r;

	do
		r = sync_recv(line, &msg, NULL);
	while (r < 0 && errno == EINTR);
	if (r == 1 && msg.step == STEP_EXEC)
		return 0;
	if (r == 1 && msg.step == STEP_FAILED) {
		*e = msg.err;
	} else {
		err_set(e, "box '%s' has ended meanwhile", box);
		e->code = ESRCH;
	}
	return -1;
}

static int ask(struct change *c, const struct record *rec, const struct plan *next,
	       struct err *e)
{
	const struct iovec plan = { (void *)next, next->size };
	const struct iovec words = { c->words.s, c->words.len };
	auto_fd packed = sealed_make("nook-change", &plan, 1);
	auto_fd list = sealed_make("nook-words", &words, 1);
	auto_fd ours = -1, theirs = -1;
	int pair[2];

	if (packed < 0 || list < 0)
		return err_sys(e, "cannot hand the change on");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	const int fd[CHANGE_FDS] = { theirs, packed, list };

	c->ask.changes = rec->changes;
	if (control_call_with(rec, &c->ask, fd, CHANGE_FDS, e) < 0)
		return -1;
	close(fd_take(&theirs));
	return hear(ours, store_name(rec), e);
}

/* Whether a box that stays is this one. @cwd: NULL, or where its directory goes (heap);
 * @passing: NULL, or whether it goes with its command */
static bool stays(const struct record *rec, char **cwd, bool *passing)
{
	struct rest_area area = { .dir = -1 };
	struct rest rest;
	bool is = false;

	if (!rec->name[0] || resting_open(&area, false, NULL) < 0)
		return false;
	if (rest_find(&area, rec->name, &rest, NULL) == 0) {
		is = !strcmp(rest.rec.id, rec->id);
		if (is && cwd)
			*cwd = ptr_take(rest.rec.cwd);
		if (is && passing)
			*passing = rest.rec.passing;
		rest_close(&rest);
	}
	rest_area_close(&area);
	return is;
}

/* @word is what can be set for another start only */
static int say_restart(const struct record *rec, const char *word, struct err *e)
{
	const char *name = rec->name;
	bool passing = false;

	if (stays(rec, NULL, &passing) && !passing)
		return err_hint(e,
				"it needs a restart: nook stop %s && nook update %s "
				"%s && nook start %s",
				name, name, word, name);
	if (!strncmp(word, CHANGE_NETWORK "=", strlen(CHANGE_NETWORK "=")))
		return err_hint(e, "it needs a new start: nook run --network %s ...",
				word + strlen(CHANGE_NETWORK "="));
	return err_hint(e, "it needs a new start: nook run --set %s ...", word);
}

/* The box has no link for what is wanted, or cannot have one */
static void say_no_link(const struct change *c, const struct record *rec, struct err *e)
{
	auto_text word = { 0 };

	if (c->network)
		text_addf(&word, CHANGE_NETWORK "=%s", c->network);
	else
		text_add(&word, CHANGE_NETWORK "=default");
	say_restart(rec, text_str(&word), e);
}

static int say_frozen(const struct change *c, const struct record *rec, struct err *e)
{
	const char *word = c->frozen;
	int len = (int)strcspn(word, "=");

	if (!strncmp(word, CHANGE_NETWORK "=", strlen(CHANGE_NETWORK "="))) {
		err_set(e, "'%s' cannot be had while a box runs", word);
		return say_restart(rec, word, e);
	}
	err_set(e, "'%.*s' cannot be changed while a box runs", len, word);
	if (!strncmp(word, "network.mode=", 13) || !strncmp(word, "network.name=", 13))
		return err_hint(e, "network=NAME puts the box on another network, "
				   "network=none on none");
	if (*word != '+' && *word != '-' && change_is_live(word, (size_t)len, '+'))
		return err_hint(e, "+%s adds to it, -%.*s=... takes away", word, len,
				word);
	return say_restart(rec, word, e);
}

static int try_once(struct change *c, const struct record *rec, const struct plan *plan,
		    struct err *e)
{
	struct control_answer out;
	auto_free char *cwd = NULL;
	struct plan *next;
	bool passing = false, is_kept = stays(rec, &cwd, &passing);
	int r;

	if (is_kept && check_sources(c, cwd, e) < 0)
		return -1;
	if (!c->own.wish_count && !is_kept)
		return control_call(rec, &c->ask, &out, e);
	next = plan_new();
	if (!next)
		return err_set(e, "out of memory");
	memcpy(next, plan, plan->size);
	r = plan_next(c, rec->id, plan, next, e);
	if (r < 0 && e->code == EOPNOTSUPP)
		say_no_link(c, rec, e);
	if (!r)
		r = ask(c, rec, next, e);
	if (r < 0 && e->code == ESRCH && is_kept && !passing)
		err_hint(e, "nook inspect %s shows whether its next start has the change",
			 rec->name);
	plan_free(next);
	return r;
}

int change_running(struct change *c, const char *box, struct record *rec,
		   struct plan *plan, struct err *e)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int r = c->frozen ? say_frozen(c, rec, e) : try_once(c, rec, plan, e);

	for (int i = 0; r < 0 && e->code == EAGAIN && i < TRIES; i++) {
		nanosleep(&pause, NULL);
		free(plan);
		*e = (struct err){ 0 };
		plan = store_pick(box, rec, e);
		r = plan ? try_once(c, rec, plan, e) : -1;
	}
	free(plan);
	return r;
}

/* --- a box at rest ------------------------------------------------------------------ */

/* Planned once, so that what cannot be is said now */
static int write_words(const struct args *a, const struct change *c, struct rest *rest,
		       struct err *e)
{
	struct run run = { .alone = true, .stays = true };
	struct args words = { 0 }, own = *a;
	struct plan *copy = NULL;
	int r = check_sources(c, rest->rec.cwd, e);

	if (!r)
		r = rest_record_update(&rest->rec, c->words.s, c->words.len, e);
	own.rest = NULL;
	own.rest_count = 0;
	if (!r)
		r = resting_plan(rest, &own, &words, &run, e);
	if (!r) {
		copy = malloc(run.plan->size);
		r = copy ? 0 : err_set(e, "out of memory");
	}
	if (!r) {
		memcpy(copy, run.plan, run.plan->size);
		free(rest->rec.plan);
		rest->rec.plan = copy;
		r = rest_write(rest, e);
	}
	run_release(&run);
	plan_free(run.plan);
	args_release(&words);
	free(words.argv);
	return r;
}

int change_resting(const struct args *a, const struct change *c, const char *name,
		   struct err *e)
{
	struct rest_area area = { .dir = -1 };
	struct rest rest;
	int r = 1;

	if (resting_open(&area, false, e) < 0)
		return -1;
	if (rest_find(&area, name, &rest, NULL) == 0) {
		r = rest_lock(&rest, e) < 0 ? -1 : write_words(a, c, &rest, e);
		rest_close(&rest);
	}
	rest_area_close(&area);
	return r;
}
