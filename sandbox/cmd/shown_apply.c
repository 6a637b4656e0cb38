// SPDX-License-Identifier: GPL-3.0-or-later
/* shown_apply.c - apply or discard those changes that a person wants */
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "cmd/shown.h"

/* Whether a change that lies where it is wanted is wanted itself. Return: 1, 0 = not,
 * with what is below it; negative = stop */
static int is_wanted(struct applying *ap, const struct change *c)
{
	int r;

	if (!ap->ask || c->kind == CHANGE_NONE)
		return 1;
	if (ap->inside && strlen(c->path) > ap->inside && c->path[ap->inside] == '/')
		return 1;
	r = ap->ask(c, ap->arg);
	ap->inside = r > 0 ? strlen(c->path) : 0;
	return r;
}

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
	int wanted = fit == FIT_WANT ? is_wanted(ap, c) : 0;

	if (wanted > 0)
		return ap->discard ? forget(ap, c) : make_true(ap, c);
	ap->apply.left += fit != FIT_WAY || c->kind != CHANGE_NONE;
	if (wanted < 0)
		return -2;
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
	int r;

	ap->apply.dir = dir;
	r = walk_changes(dir, m, &calls, e);
	apply_release(&ap->apply);
	if (r == -2)
		r = 0; /* the person has had enough */
	if (!r && !ap->apply.left && !ap->count &&
	    (manifest_stamp(dir, m, e) < 0 || manifest_write(dir, m, e) < 0))
		r = -1;
	return r;
}
