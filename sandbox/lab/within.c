// SPDX-License-Identifier: GPL-3.0-or-later
/* within.c - a child goes where a target is; within.h has the contract */
#include "lab/within.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/sealed.h"
#include "base/sys.h"
#include "box/again.h"

#define MOST_OUTPUT   ((size_t)64 << 10)
#define MOST_TYPES    8
#define MOST_WORDS    64
#define MOST_USERS    33 /* the kernel nests no deeper, user_namespaces(7) */
#define NOT_RUN	      127
#define KILL_GRACE_MS 300 /* so long a process may take to die */

static const char *const environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/",
	"LC_ALL=C",
	NULL,
};

/* --- in the child ------------------------------------------------------------------ */

/** struct gate - Namespaces that are still to be entered, none of which is ours */
struct gate {
	int fd[MOST_TYPES];
	int flag[MOST_TYPES];
	size_t count;
};

/* Return: whether it is the caller's own too; false where the kernel does not tell */
static bool is_own(int fd, const char *file)
{
	struct stat here, there;
	char own[48];

	snprintf(own, sizeof(own), "/proc/self/ns/%s", file);
	return !stat(own, &here) && !fstat(fd, &there) && here.st_ino == there.st_ino;
}

/* Return: 0, -1 and @e */
static int open_gates(const struct aim *a, int flags, struct gate *g, struct err *e)
{
	char path[32];

	for (const struct ns_type *t = ns_types; t->file; t++) {
		int fd;

		if (!(t->flag & flags) || t->flag == CLONE_NEWUSER)
			continue;
		snprintf(path, sizeof(path), "ns/%s", t->file);
		fd = openat(a->dir, path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue; /* this kernel has no such namespace */
		if (fd < 0)
			return err_sys(e, "cannot open /proc/%d/%s", a->pid, path);
		if (is_own(fd, t->file)) {
			close(fd);
			continue;
		}
		g->fd[g->count] = fd;
		g->flag[g->count++] = t->flag;
	}
	return 0;
}

/* Enter what may be entered now */
static void pass(struct gate *g)
{
	size_t left = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (!setns(g->fd[i], g->flag[i])) {
			close(g->fd[i]);
			continue;
		}
		g->fd[left] = g->fd[i];
		g->flag[left++] = g->flag[i];
	}
	g->count = left;
}

/* The user namespaces from the target's up to, not including, ours. Return: how many */
static size_t open_users(const struct aim *a, int users[MOST_USERS])
{
	int fd = openat(a->dir, "ns/user", O_RDONLY | O_CLOEXEC);
	size_t n = 0;

	while (fd >= 0 && n < MOST_USERS && !is_own(fd, "user")) {
		users[n++] = fd;
		fd = ioctl(fd, NS_GET_PARENT);
	}
	if (fd >= 0)
		close(fd);
	return n;
}

/* Down the user namespaces, from ours to the target's: each of its namespaces belongs to
 * one of these and can be entered with the rights there, which the next one ends. Must
 * run in a process that has one thread and nothing to come back to. Return: 0, -1 and
 * @e */
static int enter(const struct aim *a, int flags, struct err *e)
{
	struct gate g = { .count = 0 };
	int users[MOST_USERS];
	size_t n = open_users(a, users);

	if (open_gates(a, flags, &g, e) < 0)
		return -1;
	pass(&g);
	/* Root needs none of the others for what is the machine's */
	while (n && (g.count || flags & CLONE_NEWUSER)) {
		if (setns(users[--n], CLONE_NEWUSER) < 0)
			return err_sys(e, "cannot enter the user namespace of process %d",
				       a->pid);
		close(users[n]);
		pass(&g);
	}
	for (const struct ns_type *t = ns_types; g.count && t->file; t++)
		if (t->flag == g.flag[0])
			return err_sys(e, "cannot enter the %s namespace of process %d",
				       t->file, a->pid);
	return 0;
}

/* --- any work ---------------------------------------------------------------------- */

static int do_within(void *arg, struct text *out, struct err *e)
{
	const struct within *w = arg;

	if (enter(w->a, w->flags, e) < 0)
		return -1;
	return w->work(w->arg, out, e);
}

int within_do(const struct within *w, struct text *out, struct err *e)
{
	struct within copy = *w;

	return child_do(do_within, &copy, out, e);
}

/* --- at its root ------------------------------------------------------------------- */

/** struct ids - Of the target, as the namespace that this process is in has them */
struct ids {
	uid_t uid;
	gid_t gid;
};

/* The target's directory in /proc belongs to them. Return: 0, -1 and @e */
static int read_ids(const struct aim *a, struct ids *ids, struct err *e)
{
	struct stat st;

	if (fstat(a->dir, &st) < 0)
		return err_sys(e, "cannot look at /proc/%d", a->pid);
	*ids = (struct ids){ st.st_uid, st.st_gid };
	return 0;
}

/* What a process of the playground's can have at most. Return: 0 = unknown, nothing */
static uint64_t read_bounding(pid_t init)
{
	char path[40], buf[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", init);
	if (init <= 0 || file_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return 0;
	line = strstr(buf, "\nCapBnd:");
	return line ? strtoull(line + strlen("\nCapBnd:"), NULL, 16) : 0;
}

/* Without a user namespace in between what runs in there has our rights, and a program
 * that root starts gets what the bounding set leaves it. Return: 0, -1 and @e */
static int drop_rights(const struct aim *a, struct err *e)
{
	auto_fd user = openat(a->dir, "ns/user", O_RDONLY | O_CLOEXEC);
	uint64_t keep;

	if (geteuid() || (user >= 0 && !is_own(user, "user")))
		return 0;
	keep = read_bounding(a->init);
	for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) > 0 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return err_sys(e, "cannot drop capability %d", cap);
	return 0;
}

/* The groups of an ordinary user are his own, and the target's as well. Return: 0, -1
 * and @e */
static int drop_groups(struct err *e)
{
	if (syscall(SYS_setgroups, 0, NULL) < 0 && !geteuid() && getgroups(0, NULL))
		return err_sys(e, "cannot drop the groups of root");
	return 0;
}

/* From here on who is root in there could trace this process, which has descriptors of
 * the host: it is not dumpable, and a change of namespaces or ids is no reason to become
 * so. Return: 0, -1 and @e */
static int enter_root(const struct aim *a, int root, struct err *e)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (drop_groups(e) < 0 || drop_rights(a, e) < 0 || enter(a, ~0, e) < 0)
		return -1;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)syscall(SYS_setgroups, 0, NULL); /* where its namespace allows it */
	if (fchdir(root) < 0 || chroot(".") < 0)
		return err_sys(e, "cannot enter the root of process %d", a->pid);
	return 0;
}

static int open_root(const struct aim *a, struct err *e)
{
	int root = openat(a->dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root < 0 ? err_sys(e, "cannot open /proc/%d/root", a->pid) : root;
}

/* --- a command --------------------------------------------------------------------- */

/**
 * struct command - What is done in there
 * @root:	Of the target's tree
 * @null:	What it reads
 * @ms:		It may take so long
 * @path:	No command, but a file to be read by a process in there: /proc/self is
 *		none's outside
 * @is_uid, @is_gid: The caller's own are the target's, as the host has them
 * @ids:	The target's as it has them itself
 */
struct command {
	const struct aim *a;
	const char *const *argv;
	int root, null, ms;
	const char *path;
	bool is_uid, is_gid;
	struct ids ids;
};

/* The target's ids. What its namespace does not map cannot be taken: then the caller's
 * stays where it is the same, and nothing runs by another. Return: 0, -1 and errno */
static int take_ids(const struct command *c)
{
	gid_t gid = c->ids.gid;
	uid_t uid = c->ids.uid;

	if (setresgid(gid, gid, gid) < 0 && !c->is_gid)
		return -1;
	return setresuid(uid, uid, uid) < 0 && !c->is_uid ? -1 : 0;
}

/* Return: 0, or errno as an exit code */
static int say_file(const char *path)
{
	auto_text text = { 0 };

	if (file_read(AT_FDCWD, path, &text, MOST_OUTPUT) < 0 ||
	    fd_write_all(1, text_str(&text), text.len) < 0)
		return errno;
	return 0;
}

/* To end with @parent, which has no number where this is another pid namespace than its
 * own, before its end and after; but it alone reads what is written here. Return: false =
 * it has ended already, or this cannot be */
static bool is_bound(pid_t parent)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return child_die_with(getppid() ? parent : 0) == 0 && poll(&out, 1, 0) == 0;
}

static void run_command(const struct command *c, pid_t parent, int say)
	__attribute__((noreturn));

/* Whatever may take its time comes behind setsid(), by which it is ended, and when
 * nothing of the host's is open any more */
static void run_command(const struct command *c, pid_t parent, int say)
{
	setsid();
	if (dup2(c->null, 0) < 0 || dup2(say, 1) < 0 || dup2(say, 2) < 0 ||
	    sys_close_range(3, ~0u, 0) < 0 || !is_bound(parent))
		_exit(NOT_RUN);
	if (c->path)
		_exit(say_file(c->path));
	if (take_ids(c) < 0) {
		dprintf(2, "cannot be its user: %s\n", strerror(errno));
		_exit(NOT_RUN);
	}
	if (!is_bound(parent)) /* a change of ids takes it away */
		_exit(NOT_RUN);
	environ = (char **)environment; /* its PATH is the one that counts */
	execvp(c->argv[0], (char *const *)c->argv);
	dprintf(2, "%s: %s\n", c->argv[0], strerror(errno));
	_exit(NOT_RUN);
}

/* What it writes, until it closes that or its time has. Return: false = its time has */
static bool hear(int fd, int64_t end, struct text *out)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];
	ssize_t n = 1;

	while (n > 0) {
		if (!clock_left_ms(end) || !poll(&p, 1, clock_left_ms(end)))
			return false;
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0 && out->len < MOST_OUTPUT)
			text_addn(out, buf, (size_t)n);
	}
	return true;
}

/* It may close its output and go on, and one that is frozen does not die of SIGKILL: its
 * end is waited for only so long. Return: as within_run() */
static int wait_for(pid_t pid, int output, int ms, struct text *out, struct err *e)
{
	auto_fd pidfd = sys_pidfd_open(pid, 0);
	int64_t end = clock_ms() + ms;
	int status = 0;
	bool in_time;

	if (pidfd < 0)
		err_sys(e, "cannot watch process %d", pid);
	in_time = pidfd >= 0 && hear(output, end, out) &&
		  pidfd_ends(pidfd, clock_left_ms(end));
	if (!in_time)
		kill(pid, SIGKILL);
	kill(-pid, SIGKILL); /* and what it has left behind */
	if (pidfd < 0)
		return -1;
	if (!pidfd_ends(pidfd, KILL_GRACE_MS))
		return WITHIN_LATE;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!in_time)
		return WITHIN_LATE;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Who the target is is asked twice: outside, where the caller's ids are, and inside */
static int run_work(void *arg, struct text *out, struct err *e)
{
	struct command c = *(const struct command *)arg;
	auto_fd hear_fd = -1;
	int pipes[2];
	pid_t pid, self = getpid();

	if (read_ids(c.a, &c.ids, e) < 0)
		return -1;
	c.is_uid = c.ids.uid == geteuid();
	c.is_gid = c.ids.gid == getegid();
	if (enter_root(c.a, c.root, e) < 0 || read_ids(c.a, &c.ids, e) < 0)
		return -1;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	hear_fd = pipes[0];
	pid = fork();
	if (pid == 0)
		run_command(&c, self, pipes[1]);
	close(pipes[1]);
	if (pid < 0)
		return err_sys(e, "cannot make a process where process %d is", c.a->pid);
	return wait_for(pid, hear_fd, c.ms, out, e);
}

/* --- started over ------------------------------------------------------------------ */

/** struct carried - What goes along, followed by the words, each with its NUL */
struct carried {
	struct aim a;
	int root, null, ms, say;
};

static int pack(const struct carried *k, const char *const *argv)
{
	auto_text words = { 0 };
	struct iovec iov[] = { { (void *)k, sizeof(*k) }, { 0 } };

	while (*argv && !words.failed) {
		text_addn(&words, *argv, strlen(*argv) + 1);
		argv++;
	}
	iov[1] = (struct iovec){ words.s, words.len };
	errno = ENOMEM;
	return words.failed ? -1 : sealed_make("nook-within", iov, 2);
}

static void set_cloexec(const struct carried *k, int flag)
{
	const int fds[] = { k->a.dir, k->root, k->null, k->say };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fcntl(fds[i], F_SETFD, flag);
}

static int start_over(void *arg, int say, struct err *e)
{
	const struct command *c = arg;
	const struct carried k = {
		.a = *c->a, .root = c->root, .null = c->null, .ms = c->ms, .say = say
	};
	auto_fd own = again_own_file(e);
	auto_fd packed = -1;
	char number[16];
	char *argv[] = { (char *)WITHIN_NAME, number, NULL };

	if (own < 0)
		return -1;
	packed = pack(&k, c->argv);
	if (packed < 0)
		return err_sys(e, "cannot hand the command on");
	snprintf(number, sizeof(number), "%d", packed);
	set_cloexec(&k, 0);
	sys_execveat(own, "", argv, environ, AT_EMPTY_PATH);
	return err_sys(e, "cannot start nook's own file again");
}

/* Return: NULL = these are no words of nook's own */
static const struct carried *take_words(const char *number, const char **argv)
{
	size_t size, n = 0, at = sizeof(struct carried);
	char *end, *p;
	int fd = (int)strtol(number, &end, 10);

	p = *end || fd < 3 ? NULL : sealed_map(fd, &size);
	if (!p || size <= at || p[size - 1])
		return NULL;
	close(fd);
	for (; at < size && n < MOST_WORDS; at += strlen(p + at) + 1)
		argv[n++] = p + at;
	argv[n] = NULL;
	return (const void *)p;
}

void within_main(char **argv)
{
	static const char no[] = "nook: '" WITHIN_NAME "' is started by nook itself\n";
	const char *words[MOST_WORDS + 1];
	const struct carried *k = take_words(argv[1], words);
	struct text out = { 0 };
	struct err e = { 0 };
	struct command c;

	if (!k) {
		fd_write_all(2, no, sizeof(no) - 1);
		_exit(2);
	}
	set_cloexec(k, FD_CLOEXEC);
	c = (struct command){
		.a = &k->a, .argv = words, .root = k->root, .null = k->null, .ms = k->ms
	};
	child_say(k->say, run_work(&c, &out, &e), &out, &e);
}

/* --- from outside ------------------------------------------------------------------ */

/* With what is needed of the host. Return: as within_run() */
static int start(struct command *c, struct text *out, struct err *e)
{
	auto_fd root = open_root(c->a, e);
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (root < 0)
		return -1;
	if (null < 0)
		return err_sys(e, "cannot open '/dev/null'");
	c->root = root;
	c->null = null;
	return c->path ? child_do(run_work, c, out, e)
		       : child_do_by(start_over, c, out, e);
}

int within_run(const struct aim *a, const char *const *argv, int ms, struct text *out,
	       struct err *e)
{
	struct command c = { .a = a, .argv = argv, .ms = ms };

	return start(&c, out, e);
}

int within_read(const struct aim *a, const char *path, struct text *out, struct err *e)
{
	struct command c = { .a = a, .path = path, .ms = FACT_RUN_MS };
	int rc = start(&c, out, e);

	if (rc < 0)
		return -1;
	if (rc > 0)
		return err_set(e, "cannot read '%s' where process %d is: %s", path,
			       a->pid,
			       rc == WITHIN_LATE ? "it takes too long" : strerror(rc));
	fact_trim(out);
	return 0;
}
