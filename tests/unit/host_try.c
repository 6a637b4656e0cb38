// SPDX-License-Identifier: GPL-3.0-or-later
/* host_try.c - tried facts, the causes of refused user namespaces, and hints */
/* valgrind 3.19 knows neither clone3 nor openat2
 * as: root user
 * with: plain
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/err.h"
#include "host/try.h"
#include "tap.h"

/* What host_why_userns() says on a made-up host */
static void why(const char *name, const char *step, int code, const char *want)
{
	auto_text say = { 0 }, fix = { 0 };
	struct err e = { 0 };
	char path[256];
	struct host *h;

	snprintf(path, sizeof(path), "tests/plan/hosts/%s", name);
	h = host_open_fixture(path, &e);
	if (!h) {
		diag("%s", e.text);
		exit(1);
	}
	host_why_userns(h, step, code, &say, &fix);
	if (!ok(strstr(text_str(&say), want) && fix.len, "%s, %s, errno %d: %s", name,
		step, code, want))
		diag("said: %s", text_str(&say));
	host_explain_failure(h, step, code, &e);
	ok(strstr(e.hint, want), "the hint of a failed run says so too");
	host_free(h);
}

static void test_causes(void)
{
	why("rhel-like-nouserns", "user namespace", ENOSPC, "limited to 0 here");
	why("debian12-user", "user namespace", ENOSPC, "too many user namespaces");
	why("debian12-user", "user namespace", EUSERS, "too many user namespaces");
	why("hardened-debian", "user namespace", EPERM, "unprivileged_userns_clone=0");
	why("ubuntu2404-user", "uid_map", EPERM, "AppArmor");
	why("ubuntu2404-user", "mount", EACCES, "AppArmor");
	why("ubuntu2404-user", "loopback", EPERM, "AppArmor");
	why("container-root", "user namespace", EPERM, "a seccomp filter refuses it");
	why("container-root", "user namespace", ENOSYS, "a seccomp filter refuses it");
	why("container-bare-root", "uid_map", EPERM, "without CAP_SETFCAP");
	why("debian12-user", "uid_map", EPERM, "a security module");
	why("nested-box-closed", "user namespace", ENOSPC,
	    "allows no user namespaces inside");
	why("nested-box-closed", "namespaces", ENOSYS, "a box of nook");
	why("debian12-root", "user namespace", EPERM, "this is a chroot");
	why("debian12-user", "user namespace", EPERM, "a security module");
	why("debian12-user", "user namespace", EINVAL, "built without user namespaces");
	why("no-proc", "uid_map", ENOENT, "/proc is not mounted");
}

/* Refuses unshare(2) with EPERM, as the filters of containers do */
static void refuse_unshare(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int put(const char *path, const char *s)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, s, strlen(s));

	close(fd);
	return n < 0 ? -1 : 0;
}

/* A user namespace in which no other can be made; the host's limit stays as it is */
static void refuse_nesting(void)
{
	char map[64];

	snprintf(map, sizeof(map), "%u %u 1", geteuid(), geteuid());
	if (unshare(CLONE_NEWUSER) || put("/proc/self/uid_map", map) ||
	    put("/proc/sys/user/max_user_namespaces", "0"))
		_exit(9);
}

static const struct try_fact *fact(const char *id)
{
	const struct try_fact *f = try_facts();

	while (f->id && strcmp(f->id, id))
		f++;
	return f;
}

/* Runs in a child that did @first: exits 0 when the fact is missing and its words hold
 * @want */
static int refused(const char *want)
{
	struct host *h = host_new();
	struct try_found got;
	struct err e = { 0 };
	int bad;

	try_run(h, fact("userns"), &got);
	bad = got.verdict != TRY_MISSING || !strstr(text_str(&got.why), want) ||
	      !got.fix.len;
	if (bad)
		fprintf(stderr, "# %d: %s; %s\n", (int)got.verdict, text_str(&got.why),
			text_str(&got.fix));
	try_release(&got);
	host_explain_failure(h, "user namespace", EPERM, &e);
	bad |= !strstr(e.hint, want);
	try_run(h, fact("mountapi"), &got);
	bad |= got.verdict == TRY_OK || got.verdict == TRY_WEAKER;
	try_release(&got);
	host_free(h);
	return bad;
}

static void test_refused(void (*first)(void), const char *want)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		first();
		_exit(refused(want));
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 9)
		skip(1, "no user namespaces here");
	else
		ok(WIFEXITED(status) && !WEXITSTATUS(status), "refused: %s", want);
}

/* Whatever this machine allows: each fact has words, and nothing stays behind */
static void test_here(void)
{
	struct host *h = host_new();
	size_t n = 0;

	for (const struct try_fact *f = try_facts(); f->id; f++, n++) {
		struct try_found got;

		try_run(h, f, &got);
		if (got.verdict != TRY_ASIDE && !got.found.len)
			ok(false, "%s has words", f->id);
		diag("%-8s %-10s %s", f->id, try_verdict_name(got.verdict),
		     text_str(&got.found));
		try_release(&got);
	}
	ok(n > 10, "%zu facts were tried", n);
	ok(waitpid(-1, NULL, 0) < 0 && errno == ECHILD, "no child is left");
	host_free(h);
}

static void test_hints(void)
{
	struct host *h = host_new();
	struct try_found got;
	struct err e = { 0 };

	host_explain_failure(h, "no such step", EPERM, &e);
	is(e.hint, "", "no hint for an unknown step");
	host_explain_failure(h, "mount", ENOENT, &e);
	is(e.hint, "", "nor for a path that is not there");
	try_run(h, fact("userns"), &got);
	host_explain_failure(h, "mount", EPERM, &e);
	ok((got.verdict == TRY_OK) == !e.hint[0],
	   "nor where the machine is not to blame");
	try_release(&got);
	host_explain_failure(NULL, "mount", EPERM, &e);
	host_free(h);
}

int main(void)
{
	plan(0);
	test_causes();
	test_here();
	test_hints();
	test_refused(refuse_unshare, "a seccomp filter refuses it");
	test_refused(refuse_nesting, "allows no user namespaces inside");
	return done();
}
