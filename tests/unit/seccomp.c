// SPDX-License-Identifier: GPL-3.0-or-later
/* seccomp.c - what the filters refuse, asked of the kernel and of the program itself
 * as: root user
 * with: plain
 *
 * valgrind 3.19 has no seccomp(2).
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "forked.h"
#include "layer/bpf_run.h"
#include "layer/seccomp.h"
#include "profile/profile.h"
#include "tap.h"

extern const struct layer layer_seccomp;

#define NATIVE_AUDIT 0xc000003eu /* AUDIT_ARCH_X86_64 */

/* One filter: the profile words that make it */
struct wish {
	bool nested;
	bool wx;
	struct item allow[4];
	size_t allow_count;
	struct item deny[4];
	size_t deny_count;
	int error;
};

static const struct wish plain;
static const struct wish nested = { .nested = true };
static const struct wish debug = { .allow = { { .text = "@debug" } }, .allow_count = 1 };
static const struct wish wx = { .wx = true };

static struct plan *plan_of(const struct wish *w, struct err *e)
{
	static struct profile pf;
	struct plan *pl = plan_new();
	struct host *h = host_new();

	memset(&pf, 0, sizeof(pf));
	pf.nested_namespaces = w->nested;
	pf.seccomp.kind = w->wx || w->allow_count || w->deny_count ? SECCOMP_CUSTOM
								   : SECCOMP_DEFAULT;
	pf.seccomp.wx_deny = w->wx;
	pf.seccomp.allow.v = (struct item *)w->allow;
	pf.seccomp.allow.count = w->allow_count;
	pf.seccomp.deny.v = (struct item *)w->deny;
	pf.seccomp.deny.count = w->deny_count;
	pf.seccomp.error = w->error ? w->error : EPERM;
	if (layer_seccomp.plan(&pf, h, pl, e) < 0) {
		plan_free(pl);
		pl = NULL;
	}
	host_free(h);
	return pl;
}

/* --- on the kernel ------------------------------------------------------------------ */

struct probe {
	const struct wish *wish; /* NULL = no filter */
	int (*try)(void *arg);
	void *arg;
};

static int confined(void *arg)
{
	const struct probe *p = arg;
	struct err e = { 0 };
	struct plan *pl;

	if (p->wish) {
		pl = plan_of(p->wish, &e);
		if (!pl || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    apply_last(&layer_seccomp, pl) < 0)
			return FORKED_SETUP;
	}
	return p->try(p->arg);
}

static int under(const struct wish *w, int (*try)(void *arg), void *arg)
{
	struct probe p = { w, try, arg };

	return forked(confined, &p);
}

/* Arguments that no call accepts, so that nothing happens where there is no filter */
static int try_name(void *arg)
{
	int n = seccomp_number(arg);

	return n < 0 ? n : errno_of(n, -1, -1, -1, -1, -1, -1);
}

/* SC-01: every refused name answers just what its set says */
static void test_refused(const char *set, int want)
{
	const struct seccomp_set *s = seccomp_set_find(set);
	const char *at = s->calls;
	auto_text wrong = { 0 };
	char call[64];

	while (seccomp_each_call(&at, call)) {
		int got;

		/* the kernel lets no filter see uretprobe, since 6.14, and kills for it
		 * itself */
		if (seccomp_number(call) < 0 || !strcmp(call, "uretprobe"))
			continue;
		got = under(&plain, try_name, call);
		if (got != want)
			text_addf(&wrong, " %s (%d)", call, got);
	}
	is(text_str(&wrong), "", "nothing of a refused set gets through");
	diag("@%s: %s", set, s->help);
}

static int try_ioctl(void *arg)
{
	return errno_of(SYS_ioctl, -1, *(unsigned long *)arg, 0);
}

static int try_socket(void *arg)
{
	const int *a = arg;

	return errno_of(SYS_socket, (long)a[0] | (long)a[3] << 32, a[1], a[2]);
}

static int try_clone_new(void *arg)
{
	long pid = syscall(SYS_clone, *(unsigned long *)arg | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid < 0 ? errno : 0;
}

static int try_personality(void *arg)
{
	return errno_of(SYS_personality, *(unsigned long *)arg);
}

static int try_number(void *arg)
{
	return errno_of(*(long *)arg, 0, 0, 0, 0, 0, 0);
}

#ifdef __x86_64__
static int try_int80(void *arg)
{
	long n = 20; /* getpid of i386 */

	(void)arg;
	__asm__ volatile("int $0x80" : "+a"(n) : : "memory", "r8", "r9", "r10", "r11");
	return n > 0 ? 0 : (int)-n;
}
#endif

static int try_traceme(void *arg)
{
	(void)arg;
	return errno_of(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

static int try_keyctl(void *arg)
{
	return errno_of(SYS_keyctl, *(long *)arg, 0, 0, 0, 0);
}

static int try_vsock(void *arg)
{
	(void)arg;
	return errno_of(SYS_socket, AF_VSOCK, SOCK_STREAM, 0);
}

static void *thread_main(void *arg)
{
	return arg;
}

/* SC-03: what programs do every day, among it the ways that C libraries fall back on */
static int try_everyday(void *arg)
{
	char buf[16], path[] = "/tmp/nook-seccomp-XXXXXX";
	struct timespec ts;
	pthread_t t;
	int status, fd = mkstemp(path);
	pid_t pid;

	(void)arg;
	if (fd < 0 || write(fd, "x", 1) != 1 || fchmod(fd, 0600) < 0 || unlink(path) < 0)
		return 1;
	if (pthread_create(&t, NULL, thread_main, &ts) || pthread_join(t, NULL))
		return 2;
	pid = fork();
	if (pid == 0)
		_exit(syscall(SYS_getrandom, buf, sizeof(buf), 0) == (long)sizeof(buf)
			      ? 7
			      : 8);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7)
		return 3;
	if (clock_gettime(CLOCK_REALTIME, &ts) < 0 ||
	    socket(AF_UNIX, SOCK_STREAM, 0) < 0 || socket(AF_INET, SOCK_DGRAM, 0) < 0 ||
	    socket(AF_NETLINK, SOCK_RAW, 0) < 0)
		return 4;
	if (errno_of(452 /* fchmodat2 */, -1, "x", 0, 0) == EPERM)
		return 5;
	return 0;
}

static void test_arguments(void)
{
	unsigned long sti = 0x5412, linux_ioctl = 0x541c, winsz = 0x5413;
	unsigned long sti_high = 0x12300005412ul,
		      flags[] = { CLONE_NEWUSER,  CLONE_NEWNS,	CLONE_NEWNET,
				  CLONE_NEWPID,	  CLONE_NEWUTS, CLONE_NEWIPC,
				  CLONE_NEWCGROUP };
	unsigned long person[] = { 0, 8, 0x20000, 0x20008, 0xffffffff };
	unsigned long no_random = 0x40000, read_exec = 0x400000;
	int family[][4] = { { AF_VSOCK, SOCK_STREAM, 0, 0 },
			    { AF_ALG, SOCK_SEQPACKET, 0, 0 },
			    { AF_PACKET, SOCK_RAW, 0, 0 },
			    { 15 /* KEY */, SOCK_RAW, 2, 0 },
			    { 31 /* BLUETOOTH */, SOCK_RAW, 0, 0 },
			    { 44 /* XDP */, SOCK_RAW, 0, 0 },
			    { AF_NETLINK, SOCK_RAW, 9 /* AUDIT */, 0 },
			    { AF_NETLINK, SOCK_RAW, 12 /* NETFILTER */, 0 },
			    { AF_VSOCK, SOCK_STREAM, 0, 1 } };

	is_num(under(&plain, try_ioctl, &sti), EPERM, "TT-01: TIOCSTI is EPERM");
	is_num(under(NULL, try_ioctl, &sti), EBADF,
	       "control: it is EBADF without a filter");
	is_num(under(&plain, try_ioctl, &sti_high), EPERM,
	       "TT-02: with high bits set as well");
	is_num(under(&plain, try_ioctl, &linux_ioctl), EPERM,
	       "TT-03: TIOCLINUX is EPERM");
	is_num(under(&plain, try_ioctl, &winsz), EBADF,
	       "another ioctl reaches the kernel");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		is_num(under(&plain, try_clone_new, &flags[i]), EPERM,
		       "CR-12: clone with a new namespace is EPERM");
	flags[0] = 0;
	is_num(under(&plain, try_clone_new, &flags[0]), 0, "clone without one works");
	for (size_t i = 0; i < ARRAY_SIZE(family); i++)
		is_num(under(&plain, try_socket, family[i]), EAFNOSUPPORT,
		       "SC-11: a socket of an unlisted family is EAFNOSUPPORT");
	ok(under(NULL, try_vsock, NULL) != EPERM,
	   "control: without a filter it is the kernel's");
	for (size_t i = 0; i < ARRAY_SIZE(person); i++)
		is_num(under(&plain, try_personality, &person[i]), 0,
		       "a harmless personality works");
	is_num(under(&plain, try_personality, &no_random), EPERM, "0x40000 is EPERM");
	is_num(under(&debug, try_personality, &no_random), 0, "@debug allows it");
	is_num(under(&debug, try_personality, &read_exec), EPERM,
	       "SC-09: READ_IMPLIES_EXEC is EPERM even then");
}

static void test_numbers(void)
{
	long nobody[] = { 999, 4096, -1, 500 };

	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
		is_num(under(&plain, try_number, &nobody[i]), ENOSYS,
		       "SC-08: an unknown number is ENOSYS");
#ifdef __x86_64__
	long x32 = 0x40000000 | 39;

	is_num(under(&plain, try_number, &x32), -(1000 + SIGSYS), "SC-02: x32 is killed");
	is_num(under(&plain, try_int80, NULL), -(1000 + SIGSYS),
	       "SC-02: int $0x80 is killed");
#else
	skip(2, "x32 and int $0x80 are x86-64's");
#endif
	is_num(under(&plain, try_everyday, NULL), 0, "SC-03: everyday calls work");
	is_num(under(&nested, try_everyday, NULL), 0, "SC-03: nested too");
}

static void test_variants(void)
{
	unsigned long user = CLONE_NEWUSER;
	long join = 1, get = 0;

	is_num(under(&plain, try_name, (void *)"clone3"), ENOSYS,
	       "SC-03: clone3 is ENOSYS");
	ok(under(&nested, try_name, (void *)"clone3") != ENOSYS,
	   "nested: clone3 is the kernel's");
	is_num(under(&nested, try_clone_new, &user), under(NULL, try_clone_new, &user),
	       "nested: clone with a new user namespace is the kernel's");
	is_num(under(&nested, try_name, (void *)"unshare"), EINVAL,
	       "nested: unshare too");
	is_num(under(&nested, try_keyctl, &get), EPERM, "nested: keyctl is EPERM");
	is_num(under(&nested, try_keyctl, &join), under(NULL, try_keyctl, &join),
	       "nested: but a new session keyring can be had");
	is_num(under(&plain, try_keyctl, &join), EPERM, "KN-01: else not even that");
	is_num(under(&plain, try_traceme, NULL), EPERM, "ptrace is EPERM");
	is_num(under(NULL, try_traceme, NULL), 0, "control: without a filter it works");
	is_num(under(&debug, try_traceme, NULL), 0, "@debug allows ptrace");
}

/* --- custom filters ----------------------------------------------------------------- */

static int try_mmap_wx(void *arg)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | *(int *)arg,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int try_mprotect(void *arg)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return mprotect(p, 4096, *(int *)arg) < 0 ? errno : 0;
}

static int try_pkey_mprotect(void *arg)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return errno_of(SYS_pkey_mprotect, p, 4096, *(int *)arg, -1);
}

static int try_shmat(void *arg)
{
	return errno_of(SYS_shmat, -1, 0, *(int *)arg);
}

static int try_memfd(void *arg)
{
	return errno_of(SYS_memfd_create, "nook", *(int *)arg);
}

static void test_wx(void)
{
	int none = 0, exec = PROT_EXEC, shm_exec = SHM_EXEC, sealed = 8;

	is_num(under(&wx, try_mmap_wx, &exec), EPERM,
	       "SC-09: mmap writable and executable");
	is_num(under(&plain, try_mmap_wx, &exec), 0, "control: default lets it");
	is_num(under(&wx, try_mmap_wx, &none), 0, "writable alone works");
	is_num(under(&wx, try_mprotect, &exec), EPERM, "SC-09: mprotect to executable");
	is_num(under(&plain, try_mprotect, &exec), 0, "control: default lets it");
	is_num(under(&wx, try_pkey_mprotect, &exec), EPERM, "SC-09: pkey_mprotect");
	is_num(under(&wx, try_shmat, &shm_exec), EPERM, "SC-09: shmat SHM_EXEC");
	ok(under(&wx, try_shmat, &none) != EPERM, "shmat without it is the kernel's");
	is_num(under(&wx, try_memfd, &none), EPERM, "SC-09: memfd_create, executable");
	is_num(under(&wx, try_memfd, &sealed), under(NULL, try_memfd, &sealed),
	       "a sealed one is the kernel's");
}

/* The error text of a wish that cannot be planned, or the warnings of one that can */
static const char *said(const struct wish *w)
{
	static struct text out;
	struct err e = { 0 };
	struct plan *pl = plan_of(w, &e);

	text_release(&out);
	text_add(&out, pl ? "" : e.text);
	for (const struct plan_fact *f = NULL; pl && (f = plan_each(pl, &pl->facts, f));)
		if (f->weight == FACT_WARNING)
			text_add(&out, plan_text(pl, f->text));
	plan_free(pl);
	return text_str(&out);
}

static void test_custom(void)
{
	const struct wish no_chmod = { .deny = { { .text = "chmod" },
						 { .text = "fchmodat" } },
				       .deny_count = 2,
				       .error = EACCES };
	const struct wish no_net = { .deny = { { .text = "@network-io" } },
				     .deny_count = 1 };
	const struct wish both = { .allow = { { .text = "mount" } },
				   .allow_count = 1,
				   .deny = { { .text = "@mount" } },
				   .deny_count = 1 };
	const struct wish mount = { .allow = { { .text = "mount" } }, .allow_count = 1 };
	const struct wish socket_any = { .allow = { { .text = "socket" } },
					 .allow_count = 1 };
	const struct wish typo = { .deny = { { .text = "ptrase" } }, .deny_count = 1 };
	const struct wish no_set = { .deny = { { .text = "@mounts" } }, .deny_count = 1 };
	const struct wish unknown = { .allow = { { .text = "moutn" } },
				      .allow_count = 1 };
	const struct wish newer = { .deny = { { .text = "statmount" } },
				    .deny_count = 1 };
	const struct wish ioctls = { .allow = { { .text = "ioctl" } }, .allow_count = 1 };
	unsigned long sti = 0x5412;
	int unix_stream[4] = { AF_UNIX, SOCK_STREAM, 0, 0 };

	is_num(under(&no_chmod, try_name, (void *)"chmod"), EACCES, "deny takes errno");
	is_num(under(&no_net, try_socket, unix_stream), EPERM, "deny takes a set");
	is_num(under(&both, try_name, (void *)"mount"), EPERM, "deny wins over allow");
	is_num(under(&mount, try_name, (void *)"mount"), EFAULT,
	       "allow lets a call through");
	ok(under(&socket_any, try_vsock, NULL) != EAFNOSUPPORT ||
		   under(NULL, try_vsock, NULL) == EAFNOSUPPORT,
	   "allow: socket lifts its check");
	is_num(under(&ioctls, try_ioctl, &sti), EPERM, "allow: ioctl does not");
	is(said(&typo),
	   "'seccomp.deny': no system call or set is called 'ptrase', nearest is "
	   "'ptrace'",
	   "SC-12: an unknown name to deny is an error");
	is(said(&no_set),
	   "'seccomp.deny': no system call or set is called '@mounts', nearest is "
	   "'@mount'",
	   "an unknown set too");
	is(said(&unknown), "'moutn' is no known system call or set, nearest is 'mount'",
	   "an unknown name to allow is a warning");
	is_num(under(&newer, try_name, (void *)"statmount"), EPERM,
	       "SC-12: a name that libseccomp lacks is denied by number");
	is(said(&plain), "", "the default filter has no warning");
}

/* --- the program itself ------------------------------------------------------------- */

static uint32_t verdict(const struct plan *pl, long nr, uint64_t arg0, uint64_t arg1)
{
	struct seccomp_data d = { .nr = (int)nr,
				  .arch = NATIVE_AUDIT,
				  .args = { arg0, arg1 } };

	return bpf_run(plan_at(pl, pl->seccomp.program), pl->seccomp.count, &d);
}

/* A custom program that asks for nothing new must say the same as the one of the build */
static void test_same_as_built(void)
{
	struct wish nothing = { .allow = { { .text = "read" } }, .allow_count = 1 };
	struct err e = { 0 };
	struct plan *a = plan_of(&plain, &e), *b = plan_of(&nothing, &e);
	int differ = 0;

	for (long nr = 0; nr < 2000; nr++)
		for (uint64_t arg = 0; arg < 4; arg++)
			differ += verdict(a, nr, arg << 16, 0x5410 + arg) !=
				  verdict(b, nr, arg << 16, 0x5410 + arg);
	is_num(differ, 0, "the custom compiler and the build agree");
	plan_free(a);
	plan_free(b);
}

/* Every second call denied makes the most ranges there can be: jumps over 255 */
static void test_long_jumps(void)
{
	static struct sock_filter out[SECCOMP_MOST];
	struct verdicts v;
	int count, wrong = 0;

	for (int i = 0; i < SECCOMP_CALLS; i++)
		v.of[i] = (uint16_t)(i % 2 ? VERDICT_PASS : 1 + i % 100);
	count = seccomp_compile(&v, out, SECCOMP_MOST);
	ok(count > 2000, "a table of single calls makes a long program");
	for (int i = 0; i < SECCOMP_CALLS; i++) {
		struct seccomp_data d = { .nr = i, .arch = out[1].k };
		uint32_t want = i % 2 ? SECCOMP_RET_ALLOW
				      : SECCOMP_RET_ERRNO | (uint32_t)(1 + i % 100);

		wrong += bpf_run(out, (size_t)count, &d) != want;
	}
	is_num(wrong, 0, "and every verdict in it is right");
	is_num(seccomp_compile(&v, out, 100), -1, "too little room is said");
}

/* The sets as people see them, and what each variant changes, against the file in the
 * tree. NOOK_GOLDEN=write makes the file anew. */
static void test_golden(void)
{
	static const char path[] = "tests/unit/seccomp.golden";
	const char *write_it = getenv("NOOK_GOLDEN");
	auto_text now = { 0 }, then = { 0 };
	FILE *f;
	int c;

	seccomp_explain(&now);
	for (unsigned int flags = 0; flags < SECCOMP_VARIANTS; flags++) {
		const char *check;
		struct verdicts v;

		verdicts_default(&v, flags);
		text_addf(&now, "\nvariant %u:\n", flags);
		for (int i = 0; i < SECCOMP_CALLS; i++) {
			if (v.of[i] == ENOSYS)
				continue;
			check = verdicts_check_text(v.of[i]);
			text_addf(&now, "%d %s\n", i,
				  check			    ? check
				  : v.of[i] == VERDICT_PASS ? "allowed"
							    : "EPERM");
		}
	}
	if (write_it && !strcmp(write_it, "write") && (f = fopen(path, "w"))) {
		fputs(text_str(&now), f);
		fclose(f);
	}
	f = fopen(path, "r");
	while (f && (c = fgetc(f)) != EOF)
		text_addc(&then, (char)c);
	if (f)
		fclose(f);
#ifdef __x86_64__
	ok(!strcmp(text_str(&now), text_str(&then)),
	   "the sets and their verdicts are those of tests/unit/seccomp.golden");
#else
	skip(1, "the golden file has the numbers of x86-64");
#endif
}

int main(void)
{
	plan(0);
	for (const struct seccomp_set *s = seccomp_sets(); s->name; s++)
		if (s->verdict == SET_REFUSE || s->verdict == SET_ABSENT)
			test_refused(s->name, s->verdict == SET_REFUSE ? EPERM : ENOSYS);
	test_arguments();
	test_numbers();
	test_variants();
	test_wx();
	test_custom();
	test_same_as_built();
	test_long_jumps();
	test_golden();
	return done();
}
