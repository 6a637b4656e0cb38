// SPDX-License-Identifier: GPL-3.0-or-later
/* compare_run.c - one run of one rung, in a process of its own
 *
 * The process is the box's keeper, or for the plain process its parent, and has no key of
 * the terminal. By one socket the two sides talk: it says when it begins (struct news),
 * the keeper that the command runs or why not (struct box_told), it how that ended; and
 * when the other end is closed, the box ends at once (box_wish.lifeline), and the plain
 * process with whatever is in its process group: so a timed run ends when the command
 * runs, any other after ten seconds, and all of them with who asked, however that ends.
 *
 * How much memory the command had at its most, wait4(2) tells, but of all processes the
 * largest, and a process counts from before its execve(2), when it was nook's. So in one
 * run, which is not timed, the kernel is asked each millisecond for the mark of the
 * command itself; there it has a pipe to read from, which stays open for some of those.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"
#include "box/box.h"
#include "box/look.h"
#include "cmd/compare.h"
#include "cmd/processes.h"
#include "host/host.h"
#include "layer/layer.h"
#include "profile/profile.h"

#define NEWS	 (LOOK_FD + 1) /* the child's end of the socket */
#define DEADLINE 10000	       /* ms */
#define SAMPLES	 10	       /* while stdin stays open */
#define SLACK	 (64u << 10)   /* bytes by which two runs of nook's own code differ */

/** struct news - @code: how the command ended; @over: that it did */
struct news {
	uint64_t at;
	int32_t code;
	int32_t over;
};

/** struct turn - One run, as this side sees it
 * @ask:	To a process that tries what it reaches, -1
 * @feed:	The other end of the command's stdin, -1 = that is /dev/null
 * @samples:	How often its memory was looked at; @mark: what it was at its most
 * @told:	What the keeper said, where @heard
 * @in_time:	It was not ended by us
 */
struct turn {
	pid_t pid;
	int news, ask, feed;
	unsigned int samples;
	uint64_t mark;
	struct box_told told;
	bool heard, over, in_time;
	uint64_t begun, ran;
	int code;
	uint64_t peak;
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/** struct ends - The child's ends, -1 = there is none */
struct ends {
	int news, ask, in;
};

/* --- the child ---------------------------------------------------------------------- */

static void say(const struct news *n)
{
	(void)!send(NEWS, n, sizeof(*n), MSG_NOSIGNAL);
}

static _Noreturn void fail(int code, const struct err *e)
{
	struct box_told told = { .code = code ? code : 125, .err = *e };

	(void)!send(NEWS, &told, sizeof(told), MSG_NOSIGNAL);
	_exit(0);
}

/* Nothing of the terminal, and only what is needed, at known places */
static int settle(const struct comparison *c, const struct ends *o, struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int news = fcntl(o->news, F_DUPFD_CLOEXEC, NEWS + 1);
	int ask = o->ask < 0 ? null : fcntl(o->ask, F_DUPFD_CLOEXEC, NEWS + 1);

	if (setpgid(0, 0) < 0)
		return err_sys(e, "cannot leave the process group");
	if (null < 0 || news < 0 || ask < 0 || dup2(o->in < 0 ? null : o->in, 0) < 0 ||
	    dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(ask, LOOK_FD) < 0 ||
	    dup3(news, NEWS, O_CLOEXEC) < 0)
		return err_sys(e, "cannot put descriptors in place");
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
	return box_sanitize(NEWS - 2, e);
}

/* The end of the command; or that nobody listens any more: the end of the group */
static void await(pid_t pid)
{
	auto_fd end = sys_pidfd_open(pid, 0);
	struct pollfd p[] = { { NEWS, 0, 0 }, { end, POLLIN, 0 } };

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (p[0].revents)
		kill(0, SIGKILL);
}

static _Noreturn void run_process(const struct comparison *c)
{
	struct news news = { .at = now() };
	struct box_told told = { 0 };
	int status = 0, code;
	pid_t pid;

	close(LOOK_FD);
	say(&news);
	code = posix_spawn(&pid, c->command[0], NULL, NULL, c->command, environ);
	if (code) {
		errno = code;
		err_sys(&told.err, "cannot run '%s'", c->command[0]);
		fail(code == ENOENT ? 127 : 126, &told.err);
	}
	(void)!send(NEWS, &told, sizeof(told), MSG_NOSIGNAL);
	await(pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	news.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	news.over = 1;
	say(&news);
	_exit(0);
}

static _Noreturn void run_box(const struct comparison *c, size_t n, bool attempt)
{
	struct host *h = host_new();
	struct plan *pl = plan_new();
	struct box_wish w = { .plan = pl,
			      .host = h,
			      .tell = NEWS,
			      .lifeline = NEWS,
			      .attempt = attempt,
			      .preserve = attempt };
	const struct rung *r = &rungs()[n];
	struct profile *pf = NULL;
	struct news news = { 0 };
	struct err e = { 0 };
	struct result res;

	if (!h || !pl) {
		err_set(&e, "out of memory");
	} else if (r->no_user && !host_is_root(h)) {
		err_set(&e, "%s", r->no_user);
		err_hint(&e, "%s", r->hint);
	} else if (rung_profile(c, n, &pf, &e) == 0) {
		layers_plan(pf, h, pl, &e);
	}
	if (e.text[0])
		fail(125, &e);
	news.at = now();
	say(&news);
	box_run(&w, &res, &e);
	if (res.cause == CAUSE_SETUP || res.cause == CAUSE_EXEC) {
		if (!e.text[0])
			err_set(&e, "%s", res.message);
		fail(res.exit_code, &e);
	}
	news.code = res.exit_code;
	news.over = 1;
	say(&news);
	_exit(0);
}

static _Noreturn void child_main(const struct comparison *c, size_t n,
				 const struct ends *ends)
{
	struct err e = { 0 };

	if (settle(c, ends, &e) < 0)
		fail(125, &e);
	if (n)
		run_box(c, n, ends->ask >= 0);
	if (ends->ask >= 0)
		_exit(attempt_serve(LOOK_FD) < 0);
	run_process(c);
}

/* --- this side ---------------------------------------------------------------------- */

/** enum how - What a run is for */
enum how { TO_TRY, TO_WEIGH, TO_TIME };

static int begin(const struct comparison *c, size_t n, enum how how, struct turn *t,
		 struct err *e)
{
	int news[2] = { -1, -1 }, ask[2] = { -1, -1 }, in[2] = { -1, -1 };
	auto_fd theirs = -1, answers = -1, reads = -1;

	*t = (struct turn){ .in_time = true };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, news) < 0 ||
	    (how == TO_TRY &&
	     socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ask) < 0) ||
	    (how == TO_WEIGH && pipe2(in, O_CLOEXEC) < 0) || (t->pid = fork()) < 0)
		err_sys(e, "cannot start a process");
	else if (!t->pid)
		child_main(c, n, &(struct ends){ news[1], ask[1], in[0] });
	t->news = news[0];
	t->ask = ask[0];
	t->feed = in[1];
	theirs = news[1];
	answers = ask[1];
	reads = in[0];
	return t->pid > 0 ? 0 : -1;
}

static void hear(struct turn *t)
{
	union {
		struct news news;
		struct box_told told;
	} got;
	ssize_t n = recv(t->news, &got, sizeof(got), 0);

	if (n == (ssize_t)sizeof(got.told)) {
		/* The first counts: later it can only be how the box ended */
		if (!t->heard)
			t->told = got.told;
		if (!t->heard)
			t->ran = now();
		t->heard = true;
	} else if (n == (ssize_t)sizeof(got.news) && got.news.over) {
		t->code = got.news.code;
		t->over = true;
	} else if (n == (ssize_t)sizeof(got.news)) {
		t->begun = got.news.at;
	} else if (!n || errno != EINTR) {
		close(fd_take(&t->news));
	}
}

/* A signal that is to end us, once */
static bool was_stopped(struct comparison *c)
{
	struct signalfd_siginfo s;

	if (!c->stopped && read(c->signals, &s, sizeof(s)) == (ssize_t)sizeof(s))
		c->stopped = (int)s.ssi_signo;
	return c->stopped != 0;
}

static const char *const high_water[] = { "\nVmHWM:", NULL };

/* Bytes that "KEY:   N kB" of a file below /proc/PID says in all; UINT64_MAX: it cannot
 * be read */
static uint64_t proc_bytes(pid_t pid, const char *file, const char *const *keys)
{
	auto_text t = { 0 };
	char path[64];
	uint64_t sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	if (file_read(AT_FDCWD, path, &t, 1u << 16) < 0)
		return UINT64_MAX;
	for (; *keys; keys++) {
		const char *line = strstr(text_str(&t), *keys);

		if (line)
			sum += strtoull(line + strlen(*keys), NULL, 10) * 1024;
	}
	return sum;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The first, as /proc says it where the kernel has that file; 0 = none */
static pid_t child_of(pid_t pid)
{
	char path[64], buf[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	if (pid < 1 || file_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return 0;
	return (pid_t)strtol(buf, NULL, 10);
}

/* In a box there is an init in between */
static void sample(struct turn *t, size_t n)
{
	pid_t pid = child_of(t->pid);
	uint64_t mark;

	if (n)
		pid = child_of(pid);
	mark = pid ? proc_bytes(pid, "status", high_water) : UINT64_MAX;
	if (mark != UINT64_MAX)
		t->mark = greater(t->mark, mark);
	if (++t->samples == SAMPLES)
		close(fd_take(&t->feed));
}

/* Return: whether there may be more to hear */
static bool wait_news(struct comparison *c, size_t n, struct turn *t, uint64_t until)
{
	struct pollfd p[2] = { { t->news, POLLIN, 0 }, { c->signals, POLLIN, 0 } };
	bool samples = t->heard && t->feed >= 0;
	uint64_t at = now();
	int r;

	if (t->news < 0 || was_stopped(c) || at >= until)
		return false;
	r = poll(p, 2, samples ? 1 : (int)((until - at) / 1000000) + 1);
	if (r < 0 && errno != EINTR)
		return false;
	if (r > 0 && p[0].revents)
		hear(t);
	else if (samples)
		sample(t, n);
	return true;
}

/* Until it has ended, or was ended */
static void finish(struct comparison *c, size_t n, enum how how, struct turn *t)
{
	uint64_t until = now() + DEADLINE * 1000000ull;
	struct rusage usage = { 0 };

	if (t->ask >= 0)
		close(fd_take(&t->ask));
	while (!(how == TO_TIME && t->heard) && wait_news(c, n, t, until))
		;
	if (t->feed >= 0)
		close(fd_take(&t->feed));
	if (t->news >= 0) {
		t->in_time = false;
		close(fd_take(&t->news));
	}
	while (t->pid > 0 && wait4(t->pid, NULL, 0, &usage) < 0 && errno == EINTR)
		;
	t->peak = (uint64_t)usage.ru_maxrss * 1024;
}

/* Both stand still: the one that answered waits at the end of its socket. What init
 * shares with the keeper counts once, where that can be told: an init is not dumpable,
 * so a user who is not root learns only how much it has in all */
static void weigh_nook(struct seen *s, pid_t keeper, pid_t answered)
{
	static const char *const own[] = { "\nPrivate_Clean:", "\nPrivate_Dirty:", NULL };
	static const char *const anon[] = { "\nRssAnon:", NULL };
	struct process p;

	s->floor = proc_bytes(keeper, "status", high_water);
	if (keeper == answered || process_read(answered, &p) < 0)
		return;
	s->keeper = proc_bytes(keeper, "status", anon);
	s->floor = greater(s->floor, proc_bytes(p.parent, "status", high_water));
	s->init = proc_bytes(p.parent, "smaps_rollup", own);
	if (s->init != UINT64_MAX && s->init)
		return;
	s->init = proc_bytes(p.parent, "status", anon);
	s->init_bound = true;
}

static void refuse(struct comparison *c, size_t n, const struct turn *t)
{
	struct seen *s = &c->seen[n];

	s->stands = false;
	c->left_out |= 1u << n;
	if (t->heard && t->told.code)
		s->why = t->told.err;
	else
		err_set(&s->why, "it ended before its command ran");
}

/* Let the command run. Return: 1, 0 = it did not, -1 and @e */
static int run(struct comparison *c, size_t n, enum how how, struct turn *t,
		struct err *e)
{
	int begun = begin(c, n, how, t, e);

	finish(c, n, how, t);
	if (begun < 0)
		return -1;
	if (!c->stopped && (!t->heard || t->told.code))
		refuse(c, n, t);
	return t->heard && !t->told.code;
}

/* The larger is the command's where it is larger than anything of nook's */
static void take_peak(struct seen *s, const struct turn *t)
{
	bool own = t->peak > s->floor + SLACK;

	s->peak = own ? t->peak : t->mark ? t->mark : t->peak;
	s->peak_bound = !own && !t->mark;
}

/* What was measured would not be the same work */
static void differ(const struct comparison *c, struct seen *s)
{
	err_set(&s->why, "the command ends with %d there, with %d as a process", s->code,
		c->seen[0].code);
	err_hint(&s->why, "the tree has the program and its libraries, no other file");
	s->stands = false;
}

int compare_try(struct comparison *c, size_t n, struct err *e)
{
	const struct timeval patience = { .tv_sec = DEADLINE / 1000 };
	struct seen *s = &c->seen[n];
	struct attempt answer;
	struct turn t;
	pid_t who;
	int r, asked = -1, begun = begin(c, n, TO_TRY, &t, e);

	if (begun == 0) {
		setsockopt(t.ask, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		asked = attempt_ask(t.ask, &c->bait.order, &answer, &who);
	}
	if (asked == 0) {
		bait_weigh(&c->bait, &answer, &s->reached);
		weigh_nook(s, t.pid, who);
	}
	finish(c, n, TO_TRY, &t);
	if (begun < 0 || c->stopped)
		return begun;
	s->stands = asked == 0;
	if (!s->stands) {
		refuse(c, n, &t);
		return 0;
	}
	if (n && !s->wanted)
		return 0;
	r = run(c, n, TO_WEIGH, &t, e);
	if (r < 1)
		return r;
	s->code = t.code;
	take_peak(s, &t);
	if (t.in_time && c->seen[0].stands && s->code != c->seen[0].code)
		differ(c, s);
	return 0;
}

int compare_time(struct comparison *c, size_t n, struct err *e)
{
	struct seen *s = &c->seen[n];
	struct turn t;
	int r = run(c, n, TO_TIME, &t, e);

	if (r < 1 || c->stopped)
		return r < 0 ? -1 : 0;
	s->v[s->count++] = t.ran - t.begun;
	return 0;
}
