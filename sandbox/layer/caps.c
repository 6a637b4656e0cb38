// SPDX-License-Identifier: GPL-3.0-or-later
/* caps.c - the payload's capabilities: none, or those that the profile names
 *
 * Theory of operation (capabilities(7)). The layer runs in the process that becomes the
 * payload, behind the change of user, which kept the permitted set. The order matters:
 *
 *	bounding	one prctl(2) for each capability; needs CAP_SETPCAP
 *	ambient		only for an id other than 0 that keeps something
 *	securebits	set and locked: no set*id call, no execve as root gives anything
 *			back; needs CAP_SETPCAP, so before the last
 *	no_new_privs	setuid bits and file capabilities give nothing
 *	capset		permitted, effective, inheritable, which cut the ambient set
 *
 * Raw calls: libcap reads and writes each set for each change (104 to 137 us against 20).
 */
#include <errno.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "layer/caps.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

#define WANT_CAP_NAMES
#include "seccomp_tables.h"

/* Everything is locked; what is on by itself is what makes uid 0 a plain number */
#define BITS_LOCKED                                              \
	(SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |  \
	 SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | \
	 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)
#define BITS_NO_ROOT (BITS_LOCKED | SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP)

/* What podman gives a container by default, and so what distribution tools expect of
 * root */
static const int box_root[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE,	   CAP_FOWNER,	   CAP_FSETID,
	CAP_KILL,    CAP_NET_BIND_SERVICE, CAP_SETFCAP,	   CAP_SETGID,
	CAP_SETPCAP, CAP_SETUID,	   CAP_SYS_CHROOT,
};

static int add_named(struct plan *pl, const struct item *it, struct err *e)
{
	const char *near;
	int cap;

	if (!strcmp(it->text, "box-root")) {
		for (size_t i = 0; i < sizeof(box_root) / sizeof(box_root[0]); i++)
			pl->caps.keep |= CAP_BIT(box_root[i]);
		return 0;
	}
	cap = name_find(cap_names, it->text);
	if (cap >= 0) {
		pl->caps.keep |= CAP_BIT(cap);
		return 0;
	}
	near = name_near_in(cap_names, it->text);
	err_set(e, "'capabilities': unknown name '%s'", it->text);
	if (near)
		err_hint(e, "nearest is '%s'", near);
	return -1;
}

static void add_kept_names(const struct plan *pl, struct text *out)
{
	const char *gap = "";

	for (const struct name *n = cap_names; n->name; n++) {
		if (!(pl->caps.keep & CAP_BIT(n->value)))
			continue;
		text_addf(out, "%s%s", gap, n->name);
		gap = " ";
	}
}

static void say_caps(const struct profile *pf, struct plan *pl)
{
	char where[ORIGIN_SIZE];
	auto_text kept = { 0 };

	add_kept_names(pl, &kept);
	plan_fact(pl, "caps", "capabilities", origin_text(pf, FIELD_capabilities, where),
		  "%s", kept.len ? text_str(&kept) : "none");
	plan_fact(pl, "caps", "no_new_privileges",
		  origin_text(pf, FIELD_no_new_privileges, where), "%s",
		  pl->caps.no_new_privs ? "true" : "false");
	if (kept.len && pl->user.order == USER_NONE)
		plan_say(pl, "caps", FACT_WARNING, "capabilities",
			 "without a user namespace these are rights over the whole host");
	if (!pl->caps.no_new_privs)
		plan_say(pl, "caps", FACT_WARNING, "no_new_privileges",
			 "setuid programs and file capabilities work inside");
	if (!pl->caps.lock_securebits)
		plan_say(pl, "caps", FACT_NOTE, NULL,
			 "the bounding set stays: without a user namespace only root may "
			 "drop "
			 "it; no_new_privs makes it worthless");
}

static int caps_plan(const struct profile *pf, struct host *h, struct plan *pl,
		     struct err *e)
{
	for (size_t i = 0; i < pf->capabilities.count; i++)
		if (add_named(pl, &pf->capabilities.v[i], e) < 0)
			return -1;
	pl->caps.no_new_privs = pf->no_new_privileges;
	pl->caps.lock_securebits = pl->user.order != USER_NONE || host_is_root(h);
	if (!pf->no_new_privileges && !host_is_root(h)) {
		err_set(e, "'no_new_privileges: false' is for root alone");
		return err_hint(
			e,
			"without it an ordinary user may load neither a seccomp filter "
			"nor Landlock");
	}
	if (pl->caps.keep && !pl->caps.lock_securebits)
		return err_set(e,
			       "'capabilities': an ordinary user has none without a user "
			       "namespace");
	say_caps(pf, pl);
	return 0;
}

/* Until the kernel knows no more: a newer one has capabilities that have no name here
 * yet. A capability that went before is dropped again in vain, which is cheaper than
 * asking. */
static int drop_bounding(uint64_t keep, struct err *e)
{
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (keep & CAP_BIT(cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		/* the end, where the kernel says so twice */
		if (errno == EINVAL && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) < 0)
			return errno == EINVAL
				       ? 0
				       : err_sys(e, "cannot read the bounding set");
		return err_sys(e, "cannot drop capability %lu from the bounding set",
			       cap);
	}
	return 0;
}

static int raise_ambient(uint64_t keep, struct err *e)
{
	if (!keep)
		return 0;
	if (caps_set(keep | CAP_BIT(CAP_SETPCAP), keep) < 0)
		return err_sys(e, "cannot make the kept capabilities inheritable");
	for (unsigned long cap = 0; cap < 64; cap++)
		if ((keep & CAP_BIT(cap)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_sys(e, "cannot keep capability %lu over execve", cap);
	return 0;
}

static int lock(const struct plan *pl, struct err *e)
{
	uint64_t keep = pl->caps.keep, permitted, effective;
	/* uid 0 that keeps something is root as people know it: what it runs keeps it
	 * too, and changing to another user gives it up */
	unsigned long bits = keep && !pl->user.uid ? BITS_LOCKED : BITS_NO_ROOT;

	if (caps_get(&permitted, &effective) < 0)
		return err_sys(e, "cannot read the capabilities");
	/* a change of user clears the effective set even where the permitted one is
	 * kept */
	if (!(effective & CAP_BIT(CAP_SETPCAP)) && caps_set(permitted, 0) < 0)
		return err_sys(e, "cannot make the permitted capabilities effective");
	if (drop_bounding(keep, e) < 0 || raise_ambient(caps_inheritable(pl), e) < 0)
		return -1;
	if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
		return err_sys(e, "cannot lock the securebits");
	return 0;
}

/*
 * Contract: ends with exactly the plan's sets (and caps_held(), for the next two layers),
 * or fails. Must not leave anything in the bounding, inheritable or ambient set that the
 * plan does not keep (CVE-2022-24769).
 */
static int caps_last(const struct plan *pl, struct site *s, struct err *e)
{
	(void)s;
	if (pl->caps.lock_securebits && lock(pl, e) < 0)
		return -1;
	if (pl->caps.no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "cannot set no_new_privs");
	if (caps_set(pl->caps.keep | caps_held(pl), caps_inheritable(pl)) < 0)
		return err_sys(e, "cannot set the capabilities");
	return 0;
}

/* "-all,+chown": setpriv(1)'s way to name a set */
static void add_setpriv(const struct plan *pl, bool keep, struct text *out)
{
	text_add(out, "-all");
	for (const struct name *n = cap_names; keep && n->name; n++) {
		if (!(pl->caps.keep & CAP_BIT(n->value)))
			continue;
		text_add(out, ",+");
		for (const char *c = n->name + strlen("CAP_"); *c; c++)
			text_addc(out,
				  *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
	}
}

static void caps_explain(const struct plan *pl, struct text *out)
{
	text_add(out,
		 pl->caps.keep
			 ? "capset(): of root's rights the command keeps, over what its "
			   "user namespace owns,"
			 : "capset(): permitted, effective, inheritable, ambient: none");
	add_kept_names(pl, out);
	text_add(out, ".\n");
	if (pl->caps.lock_securebits)
		text_add(out,
			 "prctl(PR_CAPBSET_DROP) for every other one: nothing that is "
			 "executed can get them.\nprctl(PR_SET_SECUREBITS), locked: "
			 "becoming uid 0 gives no capability.\n");
	if (pl->caps.no_new_privs)
		text_add(out,
			 "prctl(PR_SET_NO_NEW_PRIVS): su, sudo and other setuid programs "
			 "run as the user who started them.\n");
	text_add(out, "  $ setpriv");
	if (pl->caps.no_new_privs)
		text_add(out, " --no-new-privs");
	if (pl->caps.lock_securebits) {
		text_add(out, " --inh-caps=-all --bounding-set=");
		add_setpriv(pl, true, out);
	}
	text_add(out, " COMMAND\n");
}

static void caps_script(const struct plan *pl, struct script *sc)
{
	bool ambient = caps_inheritable(pl) != 0;
	auto_text bound = { 0 }, inherit = { 0 };

	add_setpriv(pl, true, &bound);
	add_setpriv(pl, ambient, &inherit);
	script_words(sc, SCRIPT_EXEC, "\\\n\tsetpriv%s",
		     pl->caps.no_new_privs ? " --no-new-privs" : "");
	script_ids(pl, sc);
	if (!pl->caps.lock_securebits)
		return;
	script_words(sc, SCRIPT_EXEC, "--inh-caps=%s --ambient-caps=%s --bounding-set=%s",
		     text_str(&inherit), text_str(&inherit), text_str(&bound));
	if (!pl->caps.keep)
		script_words(sc, SCRIPT_EXEC,
			     "--securebits=+noroot,+noroot_locked,"
			     "+no_setuid_fixup,+no_setuid_fixup_locked,"
			     "+keep_caps_locked");
}

const struct layer layer_caps = {
	.name = "caps",
	.isolates = "root's rights, one by one",
	.without = "the command keeps every right over what the box owns",
	.plan = caps_plan,
	.apply[SIDE_LAST] = caps_last,
	.explain = caps_explain,
	.script = caps_script,
};
