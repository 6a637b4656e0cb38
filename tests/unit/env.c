// SPDX-License-Identifier: GPL-3.0-or-later
/* env.c - what the command starts with, and which descriptors it must not get
 * as: root user
 * with: plain
 *
 * valgrind has descriptors of its own, and no seccomp(2).
 */
#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "base/text.h"
#include "forked.h"
#include "profile/profile.h"
#include "tap.h"

extern const struct layer layer_env;

/* --- plans -------------------------------------------------------------------------- */

static struct plan *plan_of(struct profile *pf, struct err *e)
{
	struct host *h = host_new();
	struct plan *pl = plan_new();
	int rc;

	pl->user.uid = 1000;
	pl->tree.user_name = plan_put(pl, "user");
	pl->tree.home = plan_put(pl, "/home/user");
	rc = layer_env.plan(pf, h, pl, e);
	host_free(h);
	if (rc == 0)
		return pl;
	plan_free(pl);
	return NULL;
}

/* A variable in a plan's environment, or NULL */
static const char *var(const struct plan *pl, const char *name)
{
	size_t len = strlen(name);

	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.env, w));) {
		const char *text = plan_text(pl, w->text);

		if (!strncmp(text, name, len) && text[len] == '=')
			return text + len + 1;
	}
	return NULL;
}

static void test_usual(void)
{
	struct item words[] = { { .text = "true" } };
	struct profile pf = { .command = { words, 1 }, .umask = 027 };
	struct err e = { 0 };
	struct plan *pl = plan_of(&pf, &e);

	is(var(pl, "TERM"), "xterm-test", "TERM passes");
	is(var(pl, "LC_TIME"), "C", "LC_* passes");
	is(var(pl, "SECRET"), NULL, "KN-06: what is not named does not");
	is(var(pl, "LD_PRELOAD"), NULL, "LD_* does not");
	is(var(pl, "NOOK_PROFILE_PATH"), NULL, "NOOK_* does not");
	is(var(pl, "HOME"), "/home/user", "HOME is the box's");
	is(var(pl, "USER"), "user", "USER too");
	is(var(pl, "PATH"),
	   "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
	   "PATH is fixed");
	is(plan_text(pl, pl->env.path), var(pl, "PATH"),
	   "and is where the command is looked up");
	is(var(pl, "PS1"), NULL, "a command gets no prompt");
	is_num(pl->env.umask, 027, "umask");
	is(plan_text(pl, pl->env.workdir), "/",
	   "the directory is / where the box has no other");
	is_num(pl->env.argv.count, 1, "the command");
	plan_free(pl);
}

static void test_wishes(void)
{
	struct item set[] = { { "PATH", "/opt/bin", { 0 } },
			      { "TERM", NULL, { 0 } },
			      { "HOME", "", { 0 } },
			      { "A", "1", { 0 } },
			      { "A", "2", { 0 } } };
	struct item pass[] = { { .text = "SECRET" }, { .text = "NOT_SET_AT_ALL" } };
	struct item loader[] = { { .text = "LD_PRELOAD" } };
	struct profile pf = { .environment = { set, 5 },
			      .environment_pass = { pass, 2 },
			      .name = "x",
			      .workdir = "/srv" };
	struct err e = { 0 };
	struct plan *pl = plan_of(&pf, &e);
	const struct plan_word *w = plan_each(pl, &pl->env.argv, NULL);

	is(var(pl, "PATH"), "/opt/bin", "environment replaces");
	is(plan_text(pl, pl->env.path), "/opt/bin", "the search path follows");
	is(var(pl, "TERM"), NULL, "null removes");
	is(var(pl, "HOME"), "", "empty is a value");
	is(var(pl, "A"), "2", "the last one counts");
	is(var(pl, "SECRET"), "s3cret", "environment_pass lets one through");
	is(var(pl, "NOT_SET_AT_ALL"), NULL, "if it is set");
	is(var(pl, "PS1"), "(nook:x) $PWD $ ", "a shell shows the box");
	is(plan_text(pl, pl->env.workdir), "/srv", "workdir");
	ok(w && plan_text(pl, w->text)[0] == '/', "no command is a shell");
	plan_free(pl);
	pf.environment_pass = (struct items){ loader, 1 };
	ok(!plan_of(&pf, &e), "environment_pass: LD_PRELOAD is an error");
	is(e.text, "'environment_pass': 'LD_PRELOAD' never passes", "that says so");
}

/* --- applying ----------------------------------------------------------------------- */

struct attempt {
	const char *workdir; /* NULL = "/" */
	bool required;
	int zero; /* a descriptor to put on 0, or -1 */
	int keep; /* keep_fd */
	int preserve;
	bool no_close_range; /* as before Linux 5.9 */
	bool no_proc;
};

static int said_fd = -1; /* where a child leaves its error */

static void no_close_range(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { ARRAY_SIZE(f), f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p);
}

/* Which descriptors are open, one bit for each of the first 60, bit 63 for any above */
static long long open_fds(void)
{
	long long seen = 0;

	for (int fd = 0; fd < 70000; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			seen |= 1ll << (fd < 60 ? fd : 62);
	return seen;
}

/* FD-01: whatever the caller left open, with a limit that was lowered afterwards. The
 * pipe that forked() reports through must survive: it is moved to 50 and is the kept
 * one. */
static int attempt(void *arg)
{
	const struct attempt *a = arg;
	static const int planted[] = { 9, 30, 251, 1023, 1500, 60000 };
	struct site s = { .userns_fd = -1, .root_fd = -1,
			  .old_proc_fd = -1, .upper_fd = -1,
			  .pty_fd = -1, .tty_fd = -1,
			  .keep_fd = a->keep, .preserve = a->preserve };
	struct rlimit low = { 64, 64 };
	struct plan *pl = plan_new();
	struct err e = { 0 };
	int root = open("/", O_RDONLY | O_DIRECTORY);

	for (size_t i = 0; i < ARRAY_SIZE(planted); i++)
		dup2(root, planted[i]);
	for (int i = 3; i < 3 + a->preserve; i++)
		dup2(1, i);
	if (a->zero >= 0)
		dup2(root, 0);
	if (a->keep >= 0)
		dup2(1, a->keep);
	setrlimit(RLIMIT_NOFILE, &low);
	if (a->no_close_range)
		no_close_range();
	if (a->no_proc)
		s.old_proc_fd = root;
	pl->env.workdir = plan_put(pl, a->workdir ? a->workdir : "/");
	pl->env.workdir_required = a->required;
	pl->env.umask = 0137;
	if (layer_env.apply[SIDE_LAST](pl, &s, &e) < 0) {
		if (pwrite(said_fd, e.text, sizeof(e.text), 0) < 0)
			return FORKED_SETUP;
		return -1;
	}
	return umask(0) == 0137 ? 0 : 1;
}

/* forked() reports through a pipe that the layer closes, as it must: so what was open
 * comes back as an exit status, 0 when exactly @want was */
static int left_open(struct attempt a, long long want)
{
	int status, rc;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		rc = attempt(&a);
		_exit(rc < 0 ? 9 : rc ? 8 : open_fds() == want ? 0 : 7);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *said(struct attempt a)
{
	static char text[640];

	memset(text, 0, sizeof(text));
	if (left_open(a, 0) != 9)
		return "no error";
	return pread(said_fd, text, sizeof(text) - 1, 0) < 0 ? "?" : text;
}

static void test_descriptors(void)
{
	const struct attempt usual = { .zero = -1, .keep = -1 };
	struct attempt a = usual;

	is_num(left_open(usual, 7), 0, "FD-01: 0 to 2 are open, nothing else, to 60000");
	a.keep = 40;
	is_num(left_open(a, 7 | 1ll << 40), 0, "and the one that is kept for a while");
	a.keep = 3;
	is_num(left_open(a, 15), 0, "also right behind them");
	a = usual;
	a.preserve = 2;
	is_num(left_open(a, 31), 0, "FD-11: preserved ones stay");
	a.keep = 20;
	a.no_close_range = true;
	is_num(left_open(a, 31 | 1ll << 20), 0, "FD-01: the same without close_range");
	a.no_proc = true;
	is(said(a), "cannot close descriptors: no close_range, and no /proc to find them",
	   "FD-01: and with neither it is an error");
	a = usual;
	a.zero = 1;
	is(said(a), "descriptor 0 is a directory: a way out of the box",
	   "a directory on a descriptor is an error");
}

static int where_am_i(struct attempt a)
{
	char cwd[64];
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(attempt(&a)					 ? 9
		      : getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/usr") ? 1
									 : 0);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void test_directories(void)
{
	struct attempt a = { .zero = -1, .keep = -1, .required = true };
	char link[] = "/tmp/nook-env-link-XXXXXX";

	a.workdir = "/usr";
	is_num(where_am_i(a), 1, "workdir is entered");
	a.workdir = "/proc/self/fd/9";
	is(said(a), "workdir '/proc/self/fd/9' goes through a magic link of /proc",
	   "FD-08: not through a descriptor that was left open");
	a.workdir = "/proc/self/cwd/usr";
	is(said(a), "workdir '/proc/self/cwd/usr' goes through a magic link of /proc",
	   "FD-08: nor through another link of the kernel's");
	close(mkstemp(link));
	unlink(link);
	if (symlink("/proc/self/fd/9", link) < 0)
		diag("cannot make a symlink");
	a.workdir = link;
	ok(strstr(said(a), "goes through a magic link") != NULL,
	   "FD-08: nor through a symlink to one");
	unlink(link);
	a.workdir = "/nowhere";
	is(said(a), "cannot change to workdir '/nowhere': No such file or directory",
	   "a directory that is asked for must be there");
	a.required = false;
	is_num(where_am_i(a), 0, "one that nobody asked for is /");
	a.workdir = "/proc/self/fd/9/usr";
	is_num(where_am_i(a), 0, "FD-08: and never by a descriptor");
}

int main(void)
{
	char path[] = "/tmp/nook-env-XXXXXX";

	plan(0);
	/* above what the tests put on descriptors themselves */
	said_fd = fcntl(mkstemp(path), F_DUPFD_CLOEXEC, 55);
	unlink(path);
	setenv("TERM", "xterm-test", 1);
	setenv("LC_TIME", "C", 1);
	setenv("SECRET", "s3cret", 1);
	setenv("LD_PRELOAD", "", 1);
	setenv("NOOK_PROFILE_PATH", "/x", 1);
	test_usual();
	test_wishes();
	test_descriptors();
	test_directories();
	return done();
}
