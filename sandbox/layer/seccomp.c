// SPDX-License-Identifier: GPL-3.0-or-later
/* seccomp.c - which system calls the payload may make
 *
 * The filter is instructions in the plan: the default ones come from the build
 * (gen/mkseccomp), those of a profile are made when it is planned (seccomp_custom.c).
 * Loading is one call, and the last one before exec.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/bpf_run.h"
#include "layer/caps.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/seccomp.h"
#include "layer/where.h"

#define WANT_SECCOMP_FILTERS
#include "seccomp_tables.h"

static const char *const variant_names[SECCOMP_VARIANTS] = {
	[0] = "default",
	[SECCOMP_NESTED] = "default with @sandbox",
	[SECCOMP_DEBUG] = "default with @debug",
	[SECCOMP_NESTED | SECCOMP_DEBUG] = "default with @sandbox and @debug",
};

/* Capabilities that are worth nothing while the filter refuses the calls they are for */
static const struct {
	int cap;
	const char *call;
	const char *allow;
} needed[] = {
	{ CAP_SYS_CHROOT, "chroot", "chroot" },
	{ CAP_SYS_ADMIN, "mount", "@sandbox" },
	{ CAP_SYS_PTRACE, "ptrace", "@debug" },
	{ CAP_SYS_TIME, "clock_settime", "@clock" },
	{ CAP_SYS_BOOT, "reboot", "@reboot" },
	{ CAP_SYS_MODULE, "init_module", "@module" },
	{ CAP_BPF, "bpf", "bpf" },
	{ CAP_PERFMON, "perf_event_open", "perf_event_open" },
	{ CAP_SYSLOG, "syslog", "syslog" },
	{ CAP_SYS_RAWIO, "iopl", "@raw-io" },
	{ CAP_SYS_PACCT, "acct", "acct" },
};

static int put_program(struct plan *pl, const struct sock_filter *v, size_t count,
		       const char *name, struct err *e)
{
	void *p = plan_alloc(pl, count * sizeof(*v));

	if (!p)
		return err_set(e, "the plan has no room for the filter");
	memcpy(p, v, count * sizeof(*v));
	pl->seccomp.program = plan_ref_of(pl, p);
	pl->seccomp.count = (uint32_t)count;
	pl->seccomp.name = plan_put(pl, name);
	return 0;
}

/* The flags of a profile's default filter; @whole: nothing else is asked for */
static unsigned int flags_of(const struct profile *pf, bool *whole)
{
	unsigned int flags = pf->nested_namespaces ? SECCOMP_NESTED : 0;

	*whole = pf->seccomp.kind != SECCOMP_CUSTOM ||
		 (!pf->seccomp.deny.count && !pf->seccomp.wx_deny);
	for (size_t i = 0;
	     pf->seccomp.kind == SECCOMP_CUSTOM && i < pf->seccomp.allow.count; i++) {
		const char *word = pf->seccomp.allow.v[i].text;

		if (!strcmp(word, "@debug"))
			flags |= SECCOMP_DEBUG;
		else if (!strcmp(word, "@sandbox"))
			flags |= SECCOMP_NESTED;
		else
			*whole = false;
	}
	return flags;
}

static int plan_custom(const struct profile *pf, unsigned int flags, struct plan *pl,
		       struct err *e)
{
	struct sock_filter program[SECCOMP_MOST];
	auto_text warning = { 0 };
	struct verdicts v;
	int count;

	if (verdicts_default(&v, flags | (pf->seccomp.wx_deny ? SECCOMP_WX : 0)) ||
	    seccomp_custom(pf, &v, &warning, e) < 0)
		return -1;
	if (warning.len)
		plan_say(pl, "seccomp", FACT_WARNING, "seccomp.allow", "%s",
			 text_str(&warning));
	count = seccomp_compile(&v, program, SECCOMP_MOST);
	if (count < 0)
		return err_set(e, "'seccomp': the filter has more than %d instructions",
			       SECCOMP_MOST);
	return put_program(pl, program, (size_t)count, "custom", e);
}

static void say_unused_caps(struct plan *pl)
{
	const struct sock_filter *p = plan_at(pl, pl->seccomp.program);

	for (size_t i = 0; p && i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct seccomp_data call = { .nr = seccomp_number(needed[i].call),
					     .arch = p[1].k }; /* the native one */

		if (!(pl->caps.keep & CAP_BIT(needed[i].cap)) || call.nr < 0)
			continue;
		if (bpf_run(p, pl->seccomp.count, &call) != SECCOMP_RET_ALLOW)
			plan_say(pl, "seccomp", FACT_NOTE, NULL,
				 "the filter refuses %s, although a kept capability is "
				 "for it: "
				 "'seccomp: {allow: [\"%s\"]}'",
				 needed[i].call, needed[i].allow);
	}
}

static int seccomp_plan(const struct profile *pf, struct host *h, struct plan *pl,
			struct err *e)
{
	char where[ORIGIN_SIZE];
	const char *origin = origin_text(pf, FIELD_seccomp, where);
	unsigned int flags;
	bool whole;
	int rc;

	(void)h;
	if (pf->seccomp.kind == SECCOMP_OFF) {
		plan_fact(pl, "seccomp", "seccomp", origin, "off");
		plan_say(pl, "seccomp", FACT_WARNING, "seccomp",
			 "no system call is refused by a filter");
		return 0;
	}
	flags = flags_of(pf, &whole);
	rc = whole ? put_program(pl, seccomp_filters[flags].v,
				 seccomp_filters[flags].count, variant_names[flags], e)
		   : plan_custom(pf, flags, pl, e);
	if (rc < 0)
		return -1;
	plan_fact(pl, "seccomp", "seccomp", origin, "%s (%u instructions)",
		  plan_text(pl, pl->seccomp.name), pl->seccomp.count);
	if (pl->caps.keep)
		say_unused_caps(pl);
	return 0;
}

/*
 * The last wall: behind it only execve(2) follows. One thread, so no TSYNC; what exec
 * makes of it inherits the filter. Gives back the right that a plan without
 * no_new_privs needed.
 */
static int seccomp_last(const struct plan *pl, struct site *s, struct err *e)
{
	struct sock_fprog prog = {
		.len = (unsigned short)pl->seccomp.count,
		.filter = (struct sock_filter *)plan_at(pl, pl->seccomp.program),
	};

	(void)s;
	if (!prog.filter)
		return 0;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		return err_sys(e, "cannot load the filter");
	if (caps_held(pl) && caps_set(pl->caps.keep, caps_inheritable(pl)) < 0)
		return err_sys(e, "cannot give up CAP_SYS_ADMIN behind the filter");
	return 0;
}

static void explain_layer(const struct plan *pl, struct text *out)
{
	if (!pl->seccomp.program)
		return;
	text_addf(
		out,
		"seccomp(SECCOMP_SET_MODE_FILTER): filter '%s', %u instructions.\n"
		"Calls that no set allows answer ENOSYS, known and refused ones EPERM; "
		"calls of other architectures kill the process. The kernel runs it "
		"before "
		"every system call of the command and of all its children, for ever.\n"
		"  $ nook explain seccomp   # all sets of calls, and what is answered\n",
		plan_text(pl, pl->seccomp.name), pl->seccomp.count);
}

static void seccomp_script(const struct plan *pl, struct script *sc)
{
	if (pl->seccomp.program)
		script_line(sc, SCRIPT_NOTE, "seccomp: filter '%s' of %u instructions",
			    plan_text(pl, pl->seccomp.name), pl->seccomp.count);
}

const struct layer layer_seccomp = {
	.name = "seccomp",
	.isolates = "the kernel itself: which system calls can be made",
	.without = "every system call reaches the kernel, also what few programs need",
	.about = seccomp_explain,
	.plan = seccomp_plan,
	.apply[SIDE_LAST] = seccomp_last,
	.explain = explain_layer,
	.script = seccomp_script,
};
