// SPDX-License-Identifier: GPL-3.0-or-later
/* probe_calls.c - single system calls that nook cannot or would not do without */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "host/probes.h"
#include "host/trial.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

bool probe_steps(struct host *h, const struct trial_step *steps,
		 enum try_verdict otherwise, struct try_found *out)
{
	struct trial_end end = trial_run(h, steps, NULL);

	out->verdict = end.step ? otherwise : TRY_OK;
	out->code = end.code;
	/* The row of user namespaces says that already; nothing of this one was tried. */
	if (end.step && !strcmp(end.step, TRIAL_ENTER)) {
		out->verdict = TRY_ASIDE;
		text_addf(&out->found, "not tried: no namespaces: %s",
			  strerror(end.code));
		return false;
	}
	if (end.step)
		text_addf(&out->found, "%s: %s", end.step, strerror(end.code));
	return !end.step;
}

/* The same with words for the good case */
static void probe_plain(struct host *h, const struct trial_step *steps,
			enum try_verdict otherwise, struct try_found *out)
{
	if (probe_steps(h, steps, otherwise, out))
		text_add(&out->found, "works");
}

static int open_tree_clone(struct trial *t)
{
	struct sys_mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	auto_fd fd = sys_open_tree(AT_FDCWD, "/usr",
				   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	(void)t;
	return fd < 0 ? -1
		      : sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);
}

static int fsopen_tmpfs(struct trial *t)
{
	auto_fd fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	auto_fd fd = -1;

	(void)t;
	if (fs < 0 || sys_fsconfig(fs, SYS_FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -1 : 0;
}

void probe_mount_api(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = {
		{ TRIAL_ENTER, trial_enter },
		{ "open_tree and mount_setattr", open_tree_clone },
		{ "fsopen", fsopen_tmpfs },
		{ NULL, NULL },
	};

	probe_plain(h, steps, TRY_MISSING, out);
}

static int openat2_in_root(struct trial *t)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	auto_fd root = open("/", O_PATH | O_CLOEXEC);
	auto_fd fd = sys_openat2(root, "../usr", &how);

	(void)t;
	return fd < 0 ? -1 : 0;
}

void probe_openat2(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { "openat2", openat2_in_root },
						   { NULL, NULL } };

	probe_plain(h, steps, TRY_MISSING, out);
}

static int unshare_time(struct trial *t)
{
	(void)t;
	return unshare(CLONE_NEWTIME);
}

void probe_timens(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { TRIAL_ENTER, trial_enter },
						   { "unshare", unshare_time },
						   { NULL, NULL } };

	probe_plain(h, steps, TRY_WEAKER, out);
}

static int no_new_privs(struct trial *t)
{
	(void)t;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Rights of ABI 1, so that every Landlock knows them */
static int landlock_restrict(struct trial *t)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs =
						      LANDLOCK_ACCESS_FS_WRITE_FILE };
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE
	};
	auto_fd set = sys_landlock_create(&attr, sizeof(attr.handled_access_fs), 0);
	auto_fd dir = open("/", O_PATH | O_CLOEXEC);

	(void)t;
	rule.parent_fd = dir;
	if (set < 0 || sys_landlock_add(set, LANDLOCK_RULE_PATH_BENEATH, &rule))
		return -1;
	return sys_landlock_restrict(set);
}

/* What each ABI added (landlock(7)); a plan masks off what the kernel does not know */
static const struct {
	int abi;
	const char *brings;
} landlock_abis[] = {
	{ 2, "moving files between directories" },
	{ 3, "truncation" },
	{ 4, "TCP ports" },
	{ 5, "ioctl on devices" },
	{ 6, "scopes for abstract sockets and signals" },
};

void probe_landlock(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { "no_new_privs", no_new_privs },
						   { "landlock", landlock_restrict },
						   { NULL, NULL } };
	int abi = host_landlock(h);
	const char *lacks = " without ";

	if (!probe_steps(h, steps, TRY_WEAKER, out)) {
		text_add(&out->fix,
			 "boot a kernel with CONFIG_SECURITY_LANDLOCK and 'landlock' in "
			 "its list of security modules (lsm= on its command line)");
		return;
	}
	text_addf(&out->found, "ABI %d", abi);
	for (size_t i = 0; i < ARRAY_SIZE(landlock_abis); i++) {
		if (abi >= landlock_abis[i].abi)
			continue;
		text_addf(&out->found, "%s%s", lacks, landlock_abis[i].brings);
		lacks = ", ";
	}
}

static int seccomp_load(struct trial *t)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &all };

	(void)t;
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);
}

void probe_seccomp(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { "no_new_privs", no_new_privs },
						   { "seccomp", seccomp_load },
						   { NULL, NULL } };

	probe_plain(h, steps, TRY_MISSING, out);
}

static int clone3_child(struct trial *t)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	int pid = sys_clone3(&args);

	(void)t;
	if (!pid)
		_exit(0);
	if (pid < 0)
		return -1;
	close(pidfd);
	return waitpid(pid, NULL, 0) < 0 ? -1 : 0;
}

void probe_clone3(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { "clone3", clone3_child },
						   { NULL, NULL } };

	probe_plain(h, steps, TRY_MISSING, out);
	if (out->verdict == TRY_OK && syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS)
		text_add(&out->found, ", by clone: clone3 is refused");
	if (out->verdict == TRY_MISSING)
		text_add(&out->fix,
			 "boot Linux 5.3 or newer; in a container, give it a filter "
			 "that allows clone3");
}

static int pidfd_signal(struct trial *t)
{
	auto_fd fd = sys_pidfd_open(getpid(), 0);

	(void)t;
	return fd < 0 ? -1 : sys_pidfd_send_signal(fd, 0);
}

void probe_pidfd(struct host *h, struct try_found *out)
{
	static const struct trial_step steps[] = { { "pidfd", pidfd_signal },
						   { NULL, NULL } };

	probe_plain(h, steps, TRY_MISSING, out);
}
