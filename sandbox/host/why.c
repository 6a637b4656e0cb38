// SPDX-License-Identifier: GPL-3.0-or-later
/* why.c - why a user namespace was refused, and what a person can do
 *
 * A table of causes, from the certain to the vague; the first that fits wins. It only
 * reads, so that it can be tested for hosts that are not this one.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "host/inner.h"
#include "host/try.h"

/**
 * struct why - One cause
 * @step:	Step it can stop, NULL = any
 * @is:		Whether it is this one
 * @say:	What is the matter
 * @fix:	What to do: the narrow way first, the system-wide one last; an @ stands
 *		for the path of nook's AppArmor profile
 */
struct why {
	const char *step;
	bool (*is)(struct host *h, int code);
	const char *say;
	const char *fix;
};

#define USERNS "user namespace"

static bool is_refused(int code)
{
	return code == EPERM || code == EACCES;
}

/* Over a limit: EUSERS was the errno before Linux 4.9 and is that of some patched
 * kernels */
static bool is_full(int code)
{
	return code == ENOSPC || code == EUSERS;
}

static bool is_zero_inside(struct host *h, int code)
{
	return is_full(code) && !host_sysctl(h, "user/max_user_namespaces") &&
	       !host_in_first_userns(h);
}

static bool is_zero(struct host *h, int code)
{
	return is_full(code) && !host_sysctl(h, "user/max_user_namespaces");
}

static bool is_full_elsewhere(struct host *h, int code)
{
	(void)h;
	return is_full(code);
}

static bool is_debian_switch(struct host *h, int code)
{
	return is_refused(code) && !host_sysctl(h, "kernel/unprivileged_userns_clone");
}

static bool is_apparmor(struct host *h, int code)
{
	return is_refused(code) &&
	       host_sysctl(h, "kernel/apparmor_restrict_unprivileged_userns") > 0;
}

/* In a chroot the root is no mount point, so no mount has the target "/" */
static bool is_chroot(struct host *h, int code)
{
	const struct host_mount *m;
	size_t n = host_mounts(h, &m);

	if (!is_refused(code) || !n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(m[i].target, "/"))
			return false;
	return true;
}

static bool is_unmapped(struct host *h, int code)
{
	return code == EPERM && (!host_is_mapped(h, host_uid(h), false) ||
				 !host_is_mapped(h, host_gid(h), true));
}

/*
 * Since Linux 5.12 an uid 0 that maps itself must have had CAP_SETFCAP when it made the
 * user namespace (verify_root_map() in the kernel's user_namespace.c).
 */
static bool is_bare_root(struct host *h, int code)
{
	const char *status = host_read(h, "/proc/self/status");
	const char *caps = status ? strstr(status, "\nCapEff:\t") : NULL;

	return code == EPERM && caps && host_uid(h) == 0 &&
	       !(strtoull(caps + 9, NULL, 16) & 1ull << CAP_SETFCAP);
}

/* "Seccomp:\t2" of /proc/self/status: a filter stands before us, a container's or a
 * box's */
static bool is_filtered(struct host *h, int code)
{
	const char *status = host_read(h, "/proc/self/status");

	return (is_refused(code) || code == ENOSYS) && status &&
	       strstr(status, "\nSeccomp:\t2\n");
}

bool host_is_boxed(struct host *h)
{
	const char *init = host_read(h, "/proc/1/comm");

	return (!init || !strcmp(init, "nook-init\n")) && is_filtered(h, EPERM);
}

static bool is_nooks_box(struct host *h, int code)
{
	return is_filtered(h, code) && host_is_boxed(h);
}

/* Root in the first namespace has every right; only a chroot is in the way */
static bool is_root_refused(struct host *h, int code)
{
	return is_refused(code) && host_is_root(h);
}

static bool is_policy(struct host *h, int code)
{
	(void)h;
	return is_refused(code);
}

static bool is_not_built(struct host *h, int code)
{
	(void)h;
	return code == EINVAL || code == ENOSYS;
}

static bool has_no_proc(struct host *h, int code)
{
	(void)h;
	return code == ENOENT;
}

static const struct why causes[] = {
	{ "uid_map", is_bare_root,
	  "an uid 0 without CAP_SETFCAP may not map itself",
	  "run nook as another user, or let the outer box or container keep SETFCAP "
	  "(nook: 'capabilities: [SETFCAP]'; podman, docker: --cap-add SETFCAP)" },
	{ NULL, is_nooks_box, "this is a box of nook that allows no boxes inside it",
	  "leave it, or start it with '--set nested_namespaces=true'" },
	{ USERNS, is_zero_inside,
	  "this box or container allows no user namespaces inside it",
	  "where the outer one is nook's, set 'nested_namespaces: true' in its profile" },
	{ USERNS, is_zero,
	  "user namespaces are limited to 0 here (user.max_user_namespaces)",
	  "ask the administrator for `sysctl -w user.max_user_namespaces=15000`, and for "
	  "a line in /etc/sysctl.d that keeps it; or run nook as root with a profile "
	  "that leaves out the user namespace" },
	{ USERNS, is_full_elsewhere,
	  "too many user namespaces: the limit is reached, an outer box or container "
	  "sets a lower one, or 32 lie one inside the other",
	  "end boxes that are not needed, or run nook outside the container" },
	{ USERNS, is_debian_switch,
	  "user namespaces are switched off for users "
	  "(kernel.unprivileged_userns_clone=0)",
	  "ask the administrator for `sysctl -w kernel.unprivileged_userns_clone=1`, and "
	  "for a line in /etc/sysctl.d that keeps it" },
	{ USERNS, is_chroot,
	  "this is a chroot, and the kernel refuses user namespaces there",
	  "start nook outside, with 'root.from: directory' for this tree" },
	{ USERNS, is_unmapped,
	  "the own user or group id is not mapped in this user namespace",
	  "map it in the outer namespace, or change to an id that is mapped" },
	{ NULL, is_apparmor,
	  "AppArmor takes the rights of user namespaces away from programs without a "
	  "profile",
	  "install nook's: `install -m 644 @ /etc/apparmor.d/nook && "
	  "apparmor_parser -r /etc/apparmor.d/nook` as root (it names /usr/bin/nook and "
	  "/usr/local/bin/nook); weaker and for every program: "
	  "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`" },
	{ "uid_map", is_policy, "a security module or a policy of this system refuses it",
	  "see /sys/kernel/security/lsm for the modules, and their logs for the reason" },
	{ NULL, is_filtered, "a seccomp filter refuses it, as those of containers do",
	  "run nook outside the container, or give the container a filter that allows "
	  "clone, unshare and mount with user namespaces (podman, docker: --security-opt "
	  "seccomp=FILE)" },
	{ "uid_map", has_no_proc, "/proc is not mounted, so no ids can be mapped",
	  "mount it: `mount -t proc proc /proc`" },
	{ USERNS, is_root_refused,
	  "this is a chroot, where the kernel refuses user namespaces, or a security "
	  "module refuses it",
	  "start nook outside, with 'root.from: directory' for this tree" },
	{ NULL, is_policy,
	  "a chroot, a security module or a policy of this system refuses it",
	  "see /sys/kernel/security/lsm for the modules, and their logs for the reason" },
	{ USERNS, is_not_built, "this kernel is built without user namespaces",
	  "boot a kernel with CONFIG_USER_NS" },
	{ "namespaces", is_not_built, "this kernel lacks one of the namespaces",
	  "boot a kernel with all CONFIG_*_NS switched on, or leave the missing one out "
	  "of 'namespaces' (`ls /proc/self/ns` shows those there are)" },
};

/* Where the profile lies: installed, or in the source tree from which nook was built */
static void add_fix(struct host *h, const char *fix, struct text *out)
{
	const char *installed = NOOK_DATADIR "/apparmor/nook";
	const char *at = strchr(fix, '@');
	struct host_path found;

	if (!at) {
		text_add(out, fix);
		return;
	}
	text_addn(out, fix, (size_t)(at - fix));
	text_add(out,
		 host_stat(h, installed, &found) ? installed : "contrib/apparmor/nook");
	text_add(out, at + 1);
}

void host_why_userns(struct host *h, const char *step, int code, struct text *say,
		     struct text *fix)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		const struct why *w = &causes[i];

		if ((w->step && strcmp(w->step, step)) || !w->is(h, code))
			continue;
		text_add(say, w->say);
		add_fix(h, w->fix, fix);
		return;
	}
}
