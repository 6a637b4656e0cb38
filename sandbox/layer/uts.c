// SPDX-License-Identifier: GPL-3.0-or-later
/* uts.c - host name of its own */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

static int uts_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	char where[ORIGIN_SIZE];

	(void)h;
	if (!(pf->namespaces & NS_UTS)) {
		if (profile_is_set(pf, FIELD_hostname))
			return err_set(e, "'hostname' needs the uts namespace (%s)",
				       origin_text(pf, FIELD_hostname, where));
		plan_say(pl, "uts", FACT_WARNING, "namespaces",
			 "no uts namespace: the box shows the host's name");
		return 0;
	}
	pl->clone_flags |= CLONE_NEWUTS;
	pl->hostname = plan_put(pl, pf->hostname ? pf->hostname : pf->name);
	plan_fact(pl, "uts", "hostname", origin_text(pf, FIELD_hostname, where), "%s",
		  plan_text(pl, pl->hostname));
	return 0;
}

static int uts_box(const struct plan *pl, struct site *s, struct err *e)
{
	const char *name = plan_text(pl, pl->hostname);

	(void)s;
	if (pl->hostname && sethostname(name, strlen(name)) < 0)
		return err_sys(e, "cannot set host name '%s'", name);
	return 0;
}

static void uts_explain(const struct plan *pl, struct text *out)
{
	if (!(pl->clone_flags & CLONE_NEWUTS))
		return;
	text_addf(out,
		  "clone3(CLONE_NEWUTS), sethostname(\"%s\"): uname(2) inside shows this "
		  "name; the host keeps its own.\n  $ unshare --uts sh -c 'hostname ",
		  plan_text(pl, pl->hostname));
	text_shell(out, plan_text(pl, pl->hostname));
	text_add(out, "; exec COMMAND'\n");
}

static void uts_script(const struct plan *pl, struct script *sc)
{
	if (!(pl->clone_flags & CLONE_NEWUTS))
		return;
	script_words(sc, SCRIPT_UNSHARE, "--uts");
	if (pl->hostname)
		script_command(sc, SCRIPT_INSIDE, "hostname", plan_text(pl, pl->hostname),
			       NULL);
}

const struct layer layer_uts = {
	.name = "uts",
	.isolates = "host name and domain name",
	.without = "uname(2) shows this machine's name",
	.plan = uts_plan,
	.apply[SIDE_BOX] = uts_box,
	.explain = uts_explain,
	.script = uts_script,
};
