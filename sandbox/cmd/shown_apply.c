// SPDX-License-Identifier: GPL-3.0-or-later
/* shown_apply.c - apply or discard those changes that a person wants */
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "cmd/shown.h"

/* --- what a person wants ------------------------------------------------------------ */

enum { ASKED_ENOUGH = -2, ASKED_NOTHING = -3 };

/* Walks before anything is done: who goes away at the last question has changed nothing.
 * Return: as walk_calls.each */
static int ask_each(const struct change *c, void *arg)
{
	struct applying *ap = arg;
	enum shown_fit fit = shown_fit(c->path, ap->paths, ap->count);
	enum answer a;

	if (fit == FIT_OUT)
		return 1;
	if (fit == FIT_WAY || c->kind == CHANGE_NONE)
		return 0;
	a = ap->ask(c, ap->arg);
	if (a == ANSWER_NONE)
		return ASKED_NOTHING;
	text_addc(&ap->answers, a == ANSWER_YES || a == ANSWER_ALL ? 'y' : 'n');
	text_addn(&ap->answers, c->path, strlen(c->path) + 1);
	ap->rest = a == ANSWER_ALL;
	return a == ANSWER_ALL || a == ANSWER_QUIT ? ASKED_ENOUGH : 1;
}

/* Return: 0, 1 = nothing is wanted, -1 and @e */
static int ask_all(int dir, struct manifest *m, struct applying *ap, struct err *e)
{
	const struct walk_calls calls = { .each = ask_each, .arg = ap };
	int r = walk_changes(dir, m, &calls, e);

	if (r == ASKED_NOTHING)
		return 1;
	if (ap->answers.failed)
		return err_set(e, "out of memory");
	return r == ASKED_ENOUGH ? 0 : r;
}

/* What was said to @path. The walks meet changes in one order, or almost: the answer is
 * looked for from the last one on, and then from the start */
static bool recall(struct applying *ap, const char *path)
{
	const char *all = text_str(&ap->answers);
	size_t len, from = ap->next, i = from;

	if (!ap->answers.len)
		return ap->rest;
	do {
		i = i < ap->answers.len ? i : 0;
		len = strlen(all + i) + 1;
		if (!strcmp(all + i + 1, path)) {
			ap->next = i + len;
			if (all[i] == 'y')
				ap->inside = i + 1;
			return all[i] == 'y';
		}
		i += len;
	} while (i != from && (from || i < ap->answers.len));
	return ap->rest;
}

/* Whether a change that lies where it is wanted is wanted itself, or else left out with
 * what is below it */
static bool is_wanted(struct applying *ap, const struct change *c)
{
	char *yes = ap->inside ? ap->answers.s + ap->inside : NULL;

	if (!ap->ask || c->kind == CHANGE_NONE)
		return true;
	if (yes && shown_fit(c->path, &yes, 1) == FIT_WANT)
		return true;
	return recall(ap, c->path);
}

/* --- doing it ----------------------------------------------------------------------- */

static int fail(struct applying *ap, const struct change *c, const struct err *why)
{
	ap->failed++;
	ap->apply.left++;
	text_add(&ap->say, "nook: not done: ");
	text_safe(&ap->say, c->path);
	text_add(&ap->say, ": ");
	text_safe(&ap->say, why->text);
	text_addc(&ap->say, '\n');
	if (why->hint[0])
		text_addf(&ap->say, "hint: %s\n", why->hint);
	return 1;
}

/* Return: as walk_calls.each */
static int forget(struct applying *ap, const struct change *c)
{
	struct err why = { 0 };

	/* A directory on the way that all is wanted of goes with what is in it */
	if (c->kind == CHANGE_NONE && !*c->name && !ap->count)
		return apply_discard(&ap->apply, c, &why) < 0 ? fail(ap, c, &why) : 1;
	if (c->kind == CHANGE_NONE)
		return 0;
	if (apply_discard(&ap->apply, c, &why) < 0)
		return fail(ap, c, &why);
	ap->done++;
	return 1;
}

/* Return: as walk_calls.each */
static int make_true(struct applying *ap, const struct change *c)
{
	struct err why = { 0 };

	if (apply_change(&ap->apply, c, &why) < 0)
		return fail(ap, c, &why);
	ap->done += c->kind != CHANGE_NONE;
	return 0;
}

static int each(const struct change *c, void *arg)
{
	struct applying *ap = arg;
	enum shown_fit fit = shown_fit(c->path, ap->paths, ap->count);

	if (fit == FIT_WANT && is_wanted(ap, c))
		return ap->discard ? forget(ap, c) : make_true(ap, c);
	ap->apply.left += fit != FIT_WAY || c->kind != CHANGE_NONE;
	if (fit != FIT_WAY)
		return 1;
	if (!ap->discard && S_ISDIR(c->upper.mode))
		apply_pass(&ap->apply);
	return 0;
}

static int leave(const struct change *c, void *arg)
{
	struct applying *ap = arg;
	struct err why = { 0 };
	bool own = shown_fit(c->path, ap->paths, ap->count) == FIT_WANT;

	if (!ap->discard && apply_leave(&ap->apply, c, own, &why) < 0) {
		ap->done -= c->kind != CHANGE_NONE;
		fail(ap, c, &why);
	}
	return 0;
}

int applying_run(int dir, struct manifest *m, struct applying *ap, struct err *e)
{
	const struct walk_calls calls = { .each = each, .leave = leave, .arg = ap };
	int r = ap->ask ? ask_all(dir, m, ap, e) : 0;

	if (r)
		return r;
	ap->apply.dir = dir;
	r = walk_changes(dir, m, &calls, e);
	apply_release(&ap->apply);
	if (!r && ap->apply.held)
		apply_sweep(&ap->apply, m);
	if (!r && !ap->apply.left && !ap->count &&
	    (manifest_stamp(dir, m, e) < 0 || manifest_write(dir, m, e) < 0))
		r = -1;
	return r;
}

void applying_release(struct applying *ap)
{
	text_release(&ap->say);
	text_release(&ap->answers);
}
