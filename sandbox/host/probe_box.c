// SPDX-License-Identifier: GPL-3.0-or-later
/* probe_box.c - what a box is made of: namespaces, id ranges, mounts, cgroups */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/cgroup.h"
#include "host/inner.h"
#include "host/probes.h"
#include "host/trial.h"

#define KERNEL_TESTED 0x60100u

void probe_kernel(struct host *h, struct try_found *out)
{
	out->verdict = host_kernel(h) < KERNEL_TESTED ? TRY_WEAKER : TRY_OK;
	text_add(&out->found, host_release(h));
	if (host_is_root(h))
		text_add(&out->found, ", as root");
	else if (!host_in_first_userns(h))
		text_add(&out->found, ", inside a box or container");
}

/* In the order of a real run: a step that fails names its cause (host/why.c) */
void probe_userns(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = {
		{ "user namespace", trial_userns },
		{ "uid_map", trial_map },
		{ "namespaces", trial_namespaces },
		{ "mount", trial_mount },
		{ "loopback", trial_loopback },
		{ NULL, NULL },
	};
	struct trial_end end = trial_run(h, steps, NULL);

	if (!end.step) {
		out->verdict = TRY_OK;
		text_add(&out->found, "works");
		return;
	}
	out->verdict = TRY_MISSING;
	out->code = end.code;
	host_why_userns(h, end.step, end.code, &out->why, &out->fix);
	text_addf(&out->found, "%s: %s", end.step, strerror(end.code));
}

/* The first id above all ranges of both files, and at least where usermod begins */
static unsigned long long free_range(struct host *h)
{
	static const char *const files[] = { "/etc/subuid", "/etc/subgid" };
	uint64_t first = 100000;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_text file = { 0 };
		uint64_t end = 0;

		if (!host_read_text(h, files[i], 1u << 20, &file))
			end = host_subid_end(text_str(&file), file.len);
		first = end > first ? end : first;
	}
	return first;
}

static void fix_subids(struct host *h, struct text *fix)
{
	unsigned long long first = free_range(h), last = first + 65535;
	const char *user = host_user(h);

	/* Lines in files would not help: the ids are not there. */
	if (!host_is_mapped(h, 65534, false) && !host_in_first_userns(h)) {
		text_add(fix,
			 "this user namespace has no ids to give away: let the outer box "
			 "or container map a range (nook: 'user.map: subids')");
		return;
	}
	if (*user >= '0' && *user <= '9') {
		text_addf(fix,
			  "uid %s has no line in /etc/passwd; newuidmap asks for one",
			  user);
		return;
	}
	text_addf(fix,
		  "as root: `usermod --add-subuids %llu-%llu --add-subgids %llu-%llu %s`",
		  first, last, first, last, user);
}

void probe_subids(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { "newuidmap", trial_subids },
						   { NULL, NULL } };
	const struct host_range *ids;
	bool has_ids = host_subids(h, false, &ids) && host_subids(h, true, &ids);
	bool has_helpers = host_program(h, "newuidmap") && host_program(h, "newgidmap");

	/* Root writes maps of any length itself. */
	if (host_is_root(h)) {
		out->verdict = TRY_OK;
		text_add(&out->found, "root maps any range");
		return;
	}
	out->verdict = TRY_WEAKER;
	if (!has_ids) {
		text_add(&out->found,
			 "none for this user in /etc/subuid and /etc/subgid");
		fix_subids(h, &out->fix);
	}
	if (!has_helpers) {
		text_addf(&out->found, "%snewuidmap and newgidmap are not installed",
			  has_ids ? "" : "; ");
		text_addf(&out->fix,
			  "%sinstall the package uidmap (shadow-utils on Fedora)",
			  has_ids ? "" : "; ");
	}
	if (!has_ids || !has_helpers)
		return;
	if (!probe_steps(h, steps, TRY_WEAKER, out)) {
		text_addf(&out->fix,
			  "`ls -l %s`: it must be setuid root or have cap_setuid, and "
			  "its file system must not be mounted nosuid",
			  host_program(h, "newuidmap"));
		return;
	}
	host_subids(h, false, &ids);
	text_addf(&out->found, "%u from %u", ids[0].count, ids[0].first);
}

void probe_proc(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { TRIAL_ENTER, trial_enter },
						   { "proc", trial_proc },
						   { NULL, NULL } };

	if (probe_steps(h, steps, TRY_WEAKER, out)) {
		text_add(&out->found, "works");
		return;
	}
	if (out->verdict == TRY_ASIDE || !host_proc_masked(h))
		return;
	text_add(&out->why, "parts of the visible /proc are masked");
	text_add(
		&out->fix,
		"run nook outside the container, or start the container with an unmasked "
		"/proc (podman, docker: --security-opt unmask=ALL or "
		"systempaths=unconfined)");
}

void probe_devpts(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { TRIAL_ENTER, trial_enter },
						   { "devpts", trial_devpts },
						   { NULL, NULL } };

	if (probe_steps(h, steps, TRY_WEAKER, out))
		text_add(&out->found, "works");
}

/* The kernel's own directory: mode 0, and whiteouts in it that it keeps for the next
 * time */
static void clear_work(int top)
{
	auto_dir dir = NULL;
	struct dirent *d;
	int fd;

	/* Not there, or not the caller's: then it cannot be opened either. */
	if (fchmodat(top, "w/work", 0700, 0))
		return;
	fd = openat(top, "w/work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			unlinkat(fd, d->d_name, 0);
	if (!dir && fd >= 0)
		close(fd);
	unlinkat(top, "w/work", AT_REMOVEDIR);
}

/* Everything that a trial of an overlay leaves in its directory, innermost first */
static void clear_overlay(const char *dir)
{
	static const char *const files[] = { "u/d/g", "u/d", "l/d/f" };
	static const char *const dirs[] = { "u/d", "u", "w", "l/d", "l", "m" };
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	clear_work(fd);
	/* "u/d" is a whiteout where the trial stopped half way, else a directory. */
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(fd, files[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		unlinkat(fd, dirs[i], AT_REMOVEDIR);
	rmdir(dir);
}

/* The file system that uppers on disk would lie on: that of the state directory, which
 * may not be there yet. Return: a new directory in @dir, or false */
static bool make_near_state(struct host *h, char *dir, size_t size)
{
	struct host_path at;

	snprintf(dir, size, "%s", host_state_dir(h));
	while (!host_stat_follow(h, dir, &at) && strrchr(dir, '/') > dir)
		*strrchr(dir, '/') = '\0';
	if (strlen(dir) + sizeof("/.nook-XXXXXX") > size)
		return false;
	memcpy(dir + strlen(dir), "/.nook-XXXXXX", sizeof("/.nook-XXXXXX"));
	return mkdtemp(dir);
}

void probe_overlay(struct host *h, struct try_found *out)
{
	static const struct trial_step tmpfs[] = { { TRIAL_ENTER, trial_enter },
						   { "overlay", trial_overlay_tmpfs },
						   { NULL, NULL } };
	static const struct trial_step disk[] = { { TRIAL_ENTER, trial_enter },
						  { "overlay", trial_overlay_dir },
						  { NULL, NULL } };
	struct trial_end end;
	char dir[256];

	if (probe_steps(h, tmpfs, TRY_WEAKER, out)) {
		text_add(&out->found, "works, with its changes on a tmpfs");
		return;
	}
	if (out->verdict == TRY_ASIDE)
		return;
	if (!make_near_state(h, dir, sizeof(dir))) {
		text_addf(&out->found, "; no directory to try on disk near '%s'",
			  host_state_dir(h));
		out->verdict = TRY_MISSING;
		return;
	}
	end = trial_run(h, disk, dir);
	clear_overlay(dir);
	if (end.step) {
		text_addf(&out->found, "; beside '%s' too: %s", host_state_dir(h),
			  strerror(end.code));
		text_add(&out->fix, "boot Linux 6.6 or newer, or set XDG_STATE_HOME to a "
				    "directory on ext4, xfs or btrfs");
		out->verdict = TRY_MISSING;
		return;
	}
	text_cut(&out->found, 0);
	text_add(&out->found,
		 "works with changes on disk only; root.size is not enforced");
	text_add(&out->fix, "boot Linux 6.6 or newer, or run nook as root");
}

void probe_idmap(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { "idmap", trial_idmap },
						   { NULL, NULL } };

	if (!host_is_root(h))
		return;
	if (probe_steps(h, steps, TRY_WEAKER, out))
		text_add(&out->found, "works for /");
}

/* A user's wish list; with all of it every shipped profile is enforced */
#define CG_USUAL (CG_CPU | CG_MEMORY | CG_PIDS)

void probe_cgroup(struct host *h, struct try_found *out)
{
	struct host_cgroup c;

	host_cgroup(h, CG_USUAL, CG_CPUSET | CG_IO | CG_CPUACCT | CG_FREEZER, &c);
	text_addf(&out->found, "%s; for this user: ", host_cgroup_layout(c.layout));
	if (c.kind == CGROUP_NONE || !(c.had & CG_USUAL)) {
		text_add(&out->found, "no controllers");
	} else {
		cgroup_names(c.kind, c.had, " ", &out->found);
		text_addf(&out->found, ", %s", c.why);
	}
	out->verdict = c.missing ? TRY_WEAKER : TRY_OK;
	if (!c.missing)
		return;
	if (c.kind != CGROUP_NONE && (c.had & CG_USUAL)) {
		cgroup_names(c.kind, c.missing, " and ", &out->why);
		text_add(&out->why, ": ");
	}
	text_add(&out->why, c.lack ? c.lack : "");
	text_add(&out->fix, c.fix ? c.fix : "");
}
