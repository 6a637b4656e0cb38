// SPDX-License-Identifier: GPL-3.0-or-later
/* caps.c - which capabilities the payload ends with, and behind execve
 * as: root user
 * with: plain
 *
 * valgrind 3.19 has no seccomp(2).
 */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "forked.h"
#include "layer/caps.h"
#include "profile/profile.h"
#include "tap.h"

extern const struct layer layer_caps, layer_seccomp;

/* What a test starts from and asks for; what the child saw comes back as one number */
struct wish {
	uint64_t keep;
	uint32_t uid;	 /* inside */
	bool privileges; /* no_new_privileges: false */
	bool filter;	 /* load a filter behind it */
	bool no_userns;	 /* as a thin box of an ordinary user */
	int (*look)(const struct wish *w);
};

/* The hexadecimal number behind "@field:" in /proc/self/status; all ones when absent */
static uint64_t status(const char *field)
{
	auto_text t = { 0 };
	const char *p;

	if (file_read(AT_FDCWD, "/proc/self/status", &t, 1 << 16) < 0)
		return UINT64_MAX;
	p = strstr(text_str(&t), field);
	return p ? strtoull(p + strlen(field) + 1, NULL, 16) : UINT64_MAX;
}

static int applied(void *arg)
{
	const struct wish *w = arg;
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct plan *pl = plan_new();
	void *p;

	if (!w->no_userns && enter_userns(w->uid) < 0)
		return FORKED_SETUP;
	pl->user.order = w->no_userns ? USER_NONE : USER_FIRST;
	pl->user.uid = w->uid;
	pl->caps.keep = w->keep;
	pl->caps.no_new_privs = !w->privileges;
	pl->caps.lock_securebits = !w->no_userns;
	if (w->filter && (p = plan_alloc(pl, sizeof(pass)))) {
		memcpy(p, &pass, sizeof(pass));
		pl->seccomp.program = plan_ref_of(pl, p);
		pl->seccomp.count = 1;
	}
	if (apply_last(&layer_caps, pl) < 0 || apply_last(&layer_seccomp, pl) < 0)
		return FORKED_SETUP + 1;
	return w->look(w);
}

/* --- what the child looks at: 0 is as it should be, else what was wrong ------------- */

static int look_empty(const struct wish *w)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd",
					    "CapAmb" };

	(void)w;
	for (int i = 0; i < 5; i++)
		if (status(sets[i]) != 0)
			return 1 + i;
	return status("NoNewPrivs") == 1 ? 0 : 6;
}

static int look_locked(const struct wish *w)
{
	(void)w;
	if (prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) == 0 || errno != EPERM)
		return 1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0)
		return 2;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0)
		return 3;
	return 0;
}

static int look_chroot(const struct wish *w)
{
	(void)w;
	return errno_of(SYS_chroot, "/");
}

static int look_kept(const struct wish *w)
{
	uint64_t ambient = w->uid ? w->keep : 0;

	if (status("CapPrm") != w->keep || status("CapEff") != w->keep)
		return 1;
	if (status("CapBnd") != w->keep)
		return 2;
	return status("CapInh") == ambient && status("CapAmb") == ambient ? 0 : 3;
}

/* The same, seen by a program that was executed: the real test of what is kept */
static int look_kept_behind_exec(const struct wish *w)
{
	char want[64], line[256] = "", *now;
	int out[2];
	pid_t pid;
	FILE *f;

	if (pipe(out) < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		dup2(out[1], 1);
		execl("/bin/grep", "grep", "CapEff", "/proc/self/status", NULL);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	if (!f || !fgets(line, sizeof(line), f))
		return 2;
	fclose(f);
	waitpid(pid, NULL, 0);
	snprintf(want, sizeof(want), "CapEff:\t%016llx\n", (unsigned long long)w->keep);
	now = line;
	return strcmp(now, want) ? 3 : 0;
}

static int look_no_admin(const struct wish *w)
{
	if (status("Seccomp") != 2)
		return 1;
	if (status("NoNewPrivs") != 0)
		return 2;
	return look_kept(w);
}

static int look_thin(const struct wish *w)
{
	(void)w;
	if (status("CapPrm") || status("CapEff") || status("CapInh") || status("CapAmb"))
		return 1;
	return status("NoNewPrivs") == 1 ? 0 : 2;
}

/* Root that gives up being root in a box with kept capabilities gives those up as well */
static int look_setuid_drops(const struct wish *w)
{
	(void)w;
	return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) &
	       (SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP);
}

static int control(void *arg)
{
	(void)arg;
	return enter_userns(0) < 0 ? FORKED_SETUP : errno_of(SYS_chroot, "/");
}

static int try(struct wish w)
{
	return forked(applied, &w);
}

/* --- plans -------------------------------------------------------------------------- */

static const char *planned(const char *name, uint64_t *keep)
{
	static struct err e;
	struct item it = { .text = name };
	struct profile pf = { .no_new_privileges = true, .capabilities = { &it, 1 } };
	struct plan *pl = plan_new();
	struct host *h = host_new();
	int rc;

	memset(&e, 0, sizeof(e));
	pl->user.order = USER_FIRST;
	rc = layer_caps.plan(&pf, h, pl, &e);
	*keep = pl->caps.keep;
	host_free(h);
	plan_free(pl);
	return rc < 0 ? e.text : "";
}

static void test_plans(void)
{
	uint64_t keep;

	is(planned("CAP_KILL", &keep), "", "a capability by name");
	ok(keep == CAP_BIT(CAP_KILL), "is its bit");
	is(planned("box-root", &keep), "", "a set by name");
	is_num(__builtin_popcountll(keep), 11, "box-root is podman's eleven");
	ok(!(keep & (CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_MKNOD))),
	   "and no more than that");
	is(planned("CAP_KILLL", &keep), "'capabilities': unknown name 'CAP_KILLL'",
	   "an unknown name is an error");
}

int main(void)
{
	const uint64_t two = CAP_BIT(CAP_KILL) | CAP_BIT(CAP_NET_BIND_SERVICE);

	plan(0);
	test_plans();
	if (forked(control, NULL) == FORKED_SETUP) {
		skip(11, "user namespaces cannot be made here");
		return done();
	}
	is_num(forked(control, NULL), 0, "control: in a new user namespace chroot works");
	is_num(try((struct wish){ .look = look_empty }), 0,
	       "CR-01: five empty sets and no_new_privs, as uid 0");
	is_num(try((struct wish){ .uid = 1000, .look = look_empty }), 0,
	       "CR-01: and as another");
	is_num(try((struct wish){ .look = look_chroot }), EPERM, "then chroot is EPERM");
	is_num(try((struct wish){ .look = look_locked }), 0,
	       "CR-04: securebits, keepcaps and ambient are locked");
	is_num(try((struct wish){ .keep = two, .look = look_kept }), 0,
	       "uid 0 keeps two, nothing inheritable");
	is_num(try((struct wish){ .keep = two, .uid = 1000, .look = look_kept }), 0,
	       "another uid keeps them, ambient");
	is_num(try((struct wish){ .keep = two, .look = look_kept_behind_exec }), 0,
	       "behind execve uid 0 has just these");
	is_num(try((struct wish){
		       .keep = two, .uid = 1000, .look = look_kept_behind_exec }),
	       0, "and another uid too");
	is_num(try((struct wish){ .uid = 0, .look = look_kept_behind_exec }), 0,
	       "behind execve uid 0 that keeps nothing has nothing");
	is_num(try((struct wish){ .keep = two, .look = look_setuid_drops }), 0,
	       "uid 0 that keeps something loses it with its id");
	is_num(try((struct wish){ .keep = two,
				  .privileges = true,
				  .filter = true,
				  .look = look_no_admin }),
	       0,
	       "without no_new_privs the filter loads, and CAP_SYS_ADMIN is gone behind "
	       "it");
	if (geteuid())
		is_num(try((struct wish){
			       .no_userns = true, .uid = geteuid(), .look = look_thin }),
		       0, "an ordinary user without a user namespace ends with nothing");
	return done();
}
