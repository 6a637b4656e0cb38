// SPDX-License-Identifier: GPL-3.0-or-later
/* try.c - the table of facts that are found out by trying, and the hints made from it */
#include "host/try.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "host/inner.h"
#include "host/probes.h"

static const struct name verdicts[] = {
	{ "ok", TRY_OK },
	{ "weaker", TRY_WEAKER },
	{ "missing", TRY_MISSING },
	{ "aside", TRY_ASIDE },
	{ NULL, 0 },
};

/* In the order in which a box is built; what stops everything comes first. */
static const struct try_fact facts[] = {
	{ "kernel", "kernel", "uname(2)",
	  "nook is tested from Linux 6.1 on; older kernels may lack what a profile asks "
	  "for",
	  probe_kernel },
	{ "userns", "user namespace",
	  "unshare, uid_map and gid_map, a tmpfs, lo up, all in a new user namespace",
	  "no box without root, and as root no payload that owns nothing; what is left "
	  "is `nook shell thin`: Landlock and seccomp only",
	  probe_userns },
	{ "subids", "id ranges", "newuidmap and newgidmap for a child",
	  "boxes have a single id: supplementary groups stay in force, and a profile "
	  "that needs more ids (user.map: subids) does not run",
	  probe_subids },
	{ "mountapi", "mount API",
	  "open_tree, mount_setattr and fsopen in a mount namespace",
	  "no tree can be built: nook mounts by descriptor, never by a path that may "
	  "change",
	  probe_mount_api },
	{ "openat2", "openat2", "openat2(2) with RESOLVE_IN_ROOT",
	  "mount points cannot be looked up safely inside a tree that others write",
	  probe_openat2 },
	{ "proc", "fresh /proc", "mount proc in a new pid namespace",
	  "boxes show the /proc that is visible here, read-only, with the outer "
	  "processes' numbers; the profile strict refuses that",
	  probe_proc },
	{ "devpts", "own terminals", "mount devpts with newinstance",
	  "no terminal of its own in a box: job control and full-screen programs fail",
	  probe_devpts },
	{ "overlay", "overlay",
	  "mount overlay, remove and remake a directory of the lower tree",
	  "changes cannot be discarded: profiles need 'root.changes: refuse'",
	  probe_overlay },
	{ "idmap", "idmapped mounts",
	  "mount_setattr of a clone of / with MOUNT_ATTR_IDMAP",
	  "as root a box shows host files as owned by nobody; set 'user.map: none' or "
	  "take another file system",
	  probe_idmap },
	{ "timens", "time namespace", "unshare with CLONE_NEWTIME",
	  "profiles with 'time' do not run", probe_timens },
	{ "landlock", "Landlock", "a ruleset with one rule, in force in a child",
	  "no second wall behind the mounts; 'landlock: required' does not run",
	  probe_landlock },
	{ "seccomp", "seccomp", "load a filter of one instruction in a child",
	  "the kernel's whole surface stays open to the payload", probe_seccomp },
	{ "clone3", "clone3", "clone3(2) of a child with a pidfd",
	  "nook cannot start a box", probe_clone3 },
	{ "pidfd", "pidfd", "pidfd_open, and a signal through it",
	  "nook cannot address processes without the risk of hitting another",
	  probe_pidfd },
	{ "cgroup", "cgroups", "read the layout and who may write where",
	  "limits.memory, cpus and pids cannot be set without root", probe_cgroup },
	{ "networks", "networks",
	  "a netlink socket for nf_tables; look for libnftables and, without root, for "
	  "pasta and open /dev/net/tun",
	  "boxes on a network (network.mode: veth) do not start, or without pasta reach "
	  "nobody but each other",
	  probe_networks },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct try_fact *try_facts(void)
{
	return facts;
}

const char *try_verdict_name(enum try_verdict v)
{
	return name_of(verdicts, (int)v);
}

void try_run(struct host *h, const struct try_fact *f, struct try_found *out)
{
	*out = (struct try_found){ .verdict = TRY_ASIDE };
	f->run(h, out);
}

void try_release(struct try_found *out)
{
	text_release(&out->found);
	text_release(&out->why);
	text_release(&out->fix);
}

/*
 * Steps and layers of a real run, and the fact that explains each. A layer that does
 * several things has several rows; then a fact explains the failure only when it fails
 * in the same way.
 */
static const struct {
	const char *step;
	const char *fact;
} steps[] = {
	{ "user", "userns" },
	{ "user namespace", "userns" },
	{ "clone3", "userns" },
	{ "uid_map", "userns" },
	{ "gid_map", "userns" },
	{ "namespaces", "userns" },
	{ "loopback", "userns" },
	{ "net", "userns" },
	{ "uts", "userns" },
	{ "ipc", "userns" },
	{ "pid", "userns" },
	{ "user_make", "userns" },
	{ "user_enter", "userns" },
	{ "newuidmap", "subids" },
	{ "newgidmap", "subids" },
	{ "user", "subids" },
	{ "time", "timens" },
	{ "session", "devpts" },
	{ "root", "userns" },
	{ "root_make", "userns" },
	{ "root_make", "overlay" },
	{ "root_make", "mountapi" },
	{ "root_make", "idmap" },
	{ "mount", "userns" },
	{ "mount", "proc" },
	{ "mount", "overlay" },
	{ "mount", "mountapi" },
	{ "mount", "devpts" },
	{ "mount", "idmap" },
};

static const struct try_fact *fact_find(const char *id)
{
	for (const struct try_fact *f = facts; f->id; f++)
		if (!strcmp(f->id, id))
			return f;
	return NULL;
}

/* The kernel's no, as opposed to a path of the profile that is not there; a map file
 * that is not there means that /proc is not */
static bool is_denial(const char *step, int code)
{
	static const int denials[] = { EPERM,  EACCES, ENOSPC,	   EUSERS, ENOSYS,
				       EINVAL, ENODEV, EOPNOTSUPP, EIO };

	for (size_t i = 0; i < ARRAY_SIZE(denials); i++)
		if (denials[i] == code)
			return true;
	return code == ENOENT && (!strcmp(step, "uid_map") || !strcmp(step, "gid_map"));
}

/* What a namespace refused leaves: the profile that needs none */
static void hint_from(const struct try_fact *f, const struct try_found *got,
		      struct err *e)
{
	const struct text *say = got->why.len ? &got->why : &got->found;
	const char *thin =
		strcmp(f->id, "userns") ? "" : "; `nook shell thin` needs none";

	err_hint(e, "%s%s%s%s", text_str(say), got->fix.len ? "; " : "",
		 text_str(&got->fix), thin);
}

/* Try one fact, and give the hint when it explains @code */
static void explain_by(struct host *h, const struct try_fact *f, int code,
		       struct err *e)
{
	bool is_userns = !strcmp(f->id, "userns");
	struct try_found got;

	try_run(h, f, &got);
	if ((got.verdict == TRY_MISSING || got.verdict == TRY_WEAKER) &&
	    (is_userns || !got.code || got.code == code))
		hint_from(f, &got, e);
	try_release(&got);
}

/* Nothing can be tried on a made-up host, but its files tell as much */
static void explain_made(struct host *h, const char *step, int code, struct err *e)
{
	struct try_found got = { .verdict = TRY_MISSING };

	host_why_userns(h, step, code, &got.why, &got.fix);
	if (got.why.len)
		hint_from(fact_find("userns"), &got, e);
	try_release(&got);
}

void host_explain_failure(struct host *h, const char *step, int code, struct err *e)
{
	const struct try_fact *f = fact_find(step);

	if (!h || !e || !is_denial(step, code))
		return;
	if (h->made)
		explain_made(h, step, code, e);
	else if (f)
		explain_by(h, f, code, e);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && !e->hint[0] && !h->made; i++)
		if (!strcmp(steps[i].step, step))
			explain_by(h, fact_find(steps[i].fact), code, e);
}

void host_explain(struct host *h, struct err *e)
{
	char layer[32];
	size_t n = e ? strcspn(e->text, ":") : 0;

	if (!n || n >= sizeof(layer) || e->hint[0])
		return;
	memcpy(layer, e->text, n);
	layer[n] = '\0';
	host_explain_failure(h, layer, e->code, e);
}
