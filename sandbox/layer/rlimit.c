// SPDX-License-Identifier: GPL-3.0-or-later
/* rlimit.c - resource limits of each process (getrlimit(2))
 *
 * They are set on the process that becomes the payload, never on init: a CPU or data
 * limit there would end the box. Only what raises a hard limit is done while the
 * process still has the host's rights, because the box's own user namespace has none
 * for that.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>

#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

static void add_value(struct text *t, uint64_t v)
{
	if (v == UINT64_MAX)
		text_add(t, "unlimited");
	else
		text_addf(t, "%" PRIu64, v);
}

static int out_of_reach(const char *name, uint64_t hard, uint64_t most, struct err *e)
{
	err_set(e,
		"cannot set 'rlimits.%s': its hard limit %" PRIu64
		" is above the caller's, %" PRIu64,
		name, hard, most);
	return err_hint(e,
			"only root can raise a hard limit (ulimit -H); or have less: "
			"--set rlimits.%s=%" PRIu64,
			name, most);
}

static int rlimit_plan(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e)
{
	char where[ORIGIN_SIZE], key[64];

	for (size_t i = 0; i < pf->rlimit_count; i++) {
		const struct rlimit_wish *w = &pf->rlimits[i];
		const char *name = name_of(resource_names, w->resource);
		auto_text value = { 0 };
		struct plan_rlimit *r;
		uint64_t most;

		if (w->soft > w->hard)
			return err_set(
				e, "'rlimits.%s': the soft limit is above the hard one",
				name);
		/* Whether root may raise them is known when it is tried */
		most = w->at.file && !host_is_root(h) ? host_rlimit(h, w->resource)
						      : UINT64_MAX;
		if (w->hard > most)
			return out_of_reach(name, w->hard, most, e);
		r = plan_append(pl, &pl->rlimits, sizeof(*r));
		r->resource = (uint32_t)w->resource;
		r->soft = w->soft;
		r->hard = w->hard;
		r->is_default = !w->at.file;
		add_value(&value, r->soft);
		text_addc(&value, ':');
		add_value(&value, r->hard);
		snprintf(key, sizeof(key), "rlimits.%s", name);
		plan_fact(pl, "rlimit", key, origin_format(&w->at, where), "%s",
			  text_str(&value));
		if (w->resource == RLIMIT_NPROC && pl->user.order == USER_NONE)
			plan_say(pl, "rlimit", FACT_NOTE, "rlimits.nproc",
				 "without a user namespace this counts every process of "
				 "the user "
				 "on this host, not of the box");
	}
	return 0;
}

/* RLIM_INFINITY is all ones in 64 bits, as the plan's */
static struct rlimit limit_of(const struct plan_rlimit *r)
{
	return (struct rlimit){ .rlim_cur = r->soft, .rlim_max = r->hard };
}

/* With the host's rights: hard limits that are above the caller's. What cannot be
 * raised is found, and said, by rlimit_last(). */
static int rlimit_box(const struct plan *pl, struct site *s, struct err *e)
{
	(void)s;
	(void)e;
	if (pl->user.order == USER_FIRST)
		return 0;
	for (const struct plan_rlimit *r = NULL; (r = plan_each(pl, &pl->rlimits, r));) {
		struct rlimit now;

		if (getrlimit((int)r->resource, &now) < 0 || now.rlim_max >= r->hard)
			continue;
		now.rlim_max = r->hard;
		setrlimit((int)r->resource, &now);
	}
	return 0;
}

/* A default may be out of reach for this caller, who then has less anyway */
static int set_lower(const struct plan_rlimit *r, struct err *e)
{
	const char *name = name_of(resource_names, (int)r->resource);
	struct rlimit now, want = limit_of(r);

	if (errno != EPERM)
		return err_sys(e, "cannot set the limit '%s'", name);
	if (getrlimit((int)r->resource, &now) < 0)
		return err_sys(e, "cannot read the limit '%s'", name);
	if (!r->is_default && now.rlim_max < r->hard)
		return out_of_reach(name, r->hard, (uint64_t)now.rlim_max, e);
	/* it was within reach, so that is not why */
	if (now.rlim_max >= r->hard) {
		errno = EPERM;
		return err_sys(e, "cannot set the limit '%s'", name);
	}
	want.rlim_max = now.rlim_max;
	if (want.rlim_cur > want.rlim_max)
		want.rlim_cur = want.rlim_max;
	if (setrlimit((int)r->resource, &want) < 0)
		return err_sys(e, "cannot set the limit '%s'", name);
	return 0;
}

static int rlimit_last(const struct plan *pl, struct site *s, struct err *e)
{
	(void)s;
	for (const struct plan_rlimit *r = NULL; (r = plan_each(pl, &pl->rlimits, r));) {
		struct rlimit want = limit_of(r);

		if (setrlimit((int)r->resource, &want) < 0 && set_lower(r, e) < 0)
			return -1;
	}
	return 0;
}

static void rlimit_explain(const struct plan *pl, struct text *out)
{
	if (!pl->rlimits.count)
		return;
	text_add(out, "prlimit() in the process that becomes the command, soft:hard; "
		      "each process "
		      "that it starts inherits them, and none can raise a hard one.\n"
		      "  $ prlimit");
	for (const struct plan_rlimit *r = NULL; (r = plan_each(pl, &pl->rlimits, r));) {
		text_addf(out, " --%s=", name_of(resource_names, (int)r->resource));
		add_value(out, r->soft);
		text_addc(out, ':');
		add_value(out, r->hard);
	}
	text_add(out, " COMMAND\n");
}

static void rlimit_script(const struct plan *pl, struct script *sc)
{
	if (!pl->rlimits.count)
		return;
	script_words(sc, SCRIPT_EXEC, "\\\n\tprlimit");
	for (const struct plan_rlimit *r = NULL; (r = plan_each(pl, &pl->rlimits, r));) {
		auto_text value = { 0 };

		add_value(&value, r->soft);
		text_addc(&value, ':');
		add_value(&value, r->hard);
		script_words(sc, SCRIPT_EXEC, "--%s=%s",
			     name_of(resource_names, (int)r->resource), text_str(&value));
	}
}

const struct layer layer_rlimit = {
	.name = "rlimit",
	.isolates = "what each process may use up",
	.without = "each process may use what the caller's may",
	.plan = rlimit_plan,
	.apply[SIDE_BOX] = rlimit_box,
	.apply[SIDE_JOIN] = rlimit_box,
	.apply[SIDE_LAST] = rlimit_last,
	.explain = rlimit_explain,
	.script = rlimit_script,
};
