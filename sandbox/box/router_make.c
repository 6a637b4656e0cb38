// SPDX-License-Identifier: GPL-3.0-or-later
/* router_make.c - a router comes to be: supervisor, holder and pasta (router.h)
 *
 *	keeper		starts a child that starts the supervisor and ends, and waits for
 *			one word; its open MAKING goes to the supervisor, which has it
 *			until that word: a keeper that is killed meanwhile does not let
 *			another begin beside it
 *	supervisor	starts the holder; writes its maps where they need newuidmap; when
 *			the holder says that it is ready: pasta; then the record, the word
 *	holder		locks ALIVE, brings lo up, and waits to be alone in USED
 *
 * A supervisor that fails says why and ends, and all that it started with it. One whose
 * keeper is gone goes on: the holder ends by itself where nobody else waits for a router.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "box/helper.h"
#include "box/pasta.h"
#include "box/router.h"
#include "netns/net.h"

#define PAUSE_MOST_S 60 /* between two tries to start pasta, once it has failed */

/* It takes the host's addresses, and no port of the host or of the router is the other's:
 * publishing is nook's. Nothing in there reaches what listens on the host's loopback */
static const char *const pasta_words[] = {
	"--config-net", "--ns-ifname", ROUTER_WORLD, "--no-map-gw", "--tcp-ports",
	"none",		"--udp-ports", "none",	     "--tcp-ns",    "none",
	"--udp-ns",	"none",	       NULL,
};

/* What supervisor and holder have open besides 0 to 2, at these numbers */
enum { AT_RUN = 3, AT_WORD, AT_MAKING, AT_COUNT };

/** struct word - What the supervisor says to the keeper, and the holder to it */
struct word {
	bool ready;
	struct err err;
};

struct supervisor {
	const struct plan *plan;
	struct router_record rec;
	int file;
	int pause; /* seconds before pasta is tried again */
};

static void say(int to, const struct word *w)
{
	/* Who does not listen any more needs no word */
	if (write(to, w, sizeof(*w)) < 0)
		return;
}

/* Return: 0, -1 and @e; @who died where there is no word */
static int hear(int from, const char *who, struct err *e)
{
	struct word w;
	ssize_t n;

	do {
		n = read(from, &w, sizeof(w));
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(w))
		return err_set(e, "%s died while the router was made", who);
	if (w.ready)
		return 0;
	*e = w.err;
	return -1;
}

/* --- holder ------------------------------------------------------------------------- */

static int write_own_map(const struct plan *pl, const struct plan_list *map,
			 const char *path, struct err *e)
{
	const struct plan_map *m = plan_each(pl, map, NULL);
	char line[64];

	if (!m)
		return err_set(e, "the plan has no ids for the router");
	snprintf(line, sizeof(line), "%u %u %u", m->inside, m->outside, m->count);
	if (file_write(AT_FDCWD, path, line) < 0)
		return err_sys(e, "cannot write '%s' to '%s'", line, path);
	return 0;
}

/* One id each: the only map that a process may write for itself */
static int write_own_maps(const struct plan *pl, struct err *e)
{
	if (pl->net.newuidmap)
		return 0;
	if (file_write(AT_FDCWD, "/proc/self/setgroups", "deny") < 0)
		return err_sys(e, "cannot deny setgroups in the router");
	if (write_own_map(pl, &pl->net.router_uids, "/proc/self/uid_map", e) < 0)
		return -1;
	return write_own_map(pl, &pl->net.router_gids, "/proc/self/gid_map", e);
}

/* Return: the file, of an open of its own: its locks are nobody else's; -1 and @e */
static int claim(struct err *e)
{
	int file = openat(AT_RUN, ROUTER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (file < 0 || router_lock(file, ROUTER_ALIVE, F_WRLCK) < 0)
		return err_sys(e, "cannot lock '%s'", ROUTER_FILE);
	return file;
}

/*
 * In the router's namespaces. Should: give up its name for the router before it ends,
 * which the locks do. Must not: outlive the supervisor, hold anything of the keeper's.
 */
static void holder_main(const struct plan *pl, int mapped) __attribute__((noreturn));

static void holder_main(const struct plan *pl, int mapped)
{
	struct word w = { 0 };
	char byte;
	int file = -1;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		err_sys(&w.err, "cannot arm the parent-death signal of the router");
	/* End of file: the supervisor died, perhaps before the signal was armed */
	if (read(mapped, &byte, 1) != 1)
		_exit(1);
	close(mapped);
	close(AT_MAKING);
	if (!w.err.text[0] && !write_own_maps(pl, &w.err) && !net_lo_up(&w.err))
		file = claim(&w.err);
	w.ready = file >= 0;
	say(AT_WORD, &w);
	close(AT_WORD);
	close(AT_RUN);
	if (w.ready)
		router_lock(file, ROUTER_USED, F_WRLCK);
	_exit(!w.ready);
}

/* --- supervisor --------------------------------------------------------------------- */

static int map_holder(const struct supervisor *s, struct err *e)
{
	const struct plan_net *net = &s->plan->net;

	if (!net->newuidmap)
		return 0;
	if (helper_run_mapper(s->plan, net->newuidmap, &net->router_uids, s->rec.holder,
			      e) < 0)
		return -1;
	return helper_run_mapper(s->plan, net->newgidmap, &net->router_gids,
				 s->rec.holder, e);
}

/* The holder's word comes by a pipe of its own, which has the number of ours in it */
static int start_holder(struct supervisor *s, struct err *e)
{
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_NEWNET,
				   .exit_signal = SIGCHLD };
	auto_fd hear_at = -1, say_at = -1, wait_at = -1, go_at = -1;
	int word[2], go[2];

	if (pipe2(word, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	hear_at = word[0];
	say_at = word[1];
	if (pipe2(go, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	wait_at = go[0];
	go_at = go[1];
	s->rec.holder = sys_clone3(&args);
	if (s->rec.holder < 0)
		return err_sys(e, "cannot make the router's namespaces");
	if (s->rec.holder == 0) {
		if (dup3(say_at, AT_WORD, O_CLOEXEC) < 0)
			_exit(1);
		close(say_at);
		close(hear_at);
		close(go_at);
		close(s->file);
		holder_main(s->plan, wait_at);
	}
	close(fd_take(&say_at));
	if (map_holder(s, e) < 0)
		return -1;
	if (write(go_at, "", 1) != 1)
		return err_sys(e, "the holder of the router died");
	return hear(hear_at, "its holder", e);
}

static int write_record(const struct supervisor *s, struct err *e)
{
	if (pwrite(s->file, &s->rec, sizeof(s->rec), 0) != (ssize_t)sizeof(s->rec))
		return err_sys(e, "cannot write '%s'", ROUTER_FILE);
	return 0;
}

/* What pasta did not do is no reason to have no router: boxes of a network without NAT
 * have no use for it, and the others are told why by their keepers */
static void start_pasta(struct supervisor *s)
{
	struct err e = { 0 };
	pid_t pid;

	if (!s->plan->net.pasta)
		return;
	pid = pasta_start(plan_text(s->plan, s->plan->net.pasta), pasta_words,
			  s->rec.holder, -1, &e);
	s->rec.pasta = pid > 0 ? pid : 0;
	s->pause = pid > 0 ? 1 : s->pause < PAUSE_MOST_S ? s->pause * 2 + 1 : s->pause;
	snprintf(s->rec.why, sizeof(s->rec.why), "%.*s", (int)sizeof(s->rec.why) - 1,
		 e.text);
}

static int set_up(struct supervisor *s, struct err *e)
{
	s->file = openat(AT_RUN, ROUTER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (s->file < 0)
		return err_sys(e, "cannot open '%s'", ROUTER_FILE);
	if (write_record(s, e) < 0 || start_holder(s, e) < 0)
		return -1;
	start_pasta(s);
	return write_record(s, e);
}

/* Return: the pid of a child that ended; 0 = none did while pasta was to be waited for */
static pid_t wait_for_one(const struct supervisor *s)
{
	bool wants_pasta = s->plan->net.pasta && !s->rec.pasta;
	struct timespec pause = { .tv_sec = s->pause };
	sigset_t child;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	do {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid)
			return pid;
	} while (sigtimedwait(&child, NULL, wants_pasta ? &pause : NULL) >= 0 ||
		 errno == EINTR);
	return 0;
}

/* The news, unless a newer router has the file by now: ours lives on for boxes that it
 * has, if any, and nobody is to be sent here */
static void update_record(const struct supervisor *s)
{
	struct router_record now;
	struct err e;

	if (router_lock(s->file, ROUTER_MAKING, F_WRLCK) < 0)
		return;
	if (pread(s->file, &now, sizeof(now), 0) == (ssize_t)sizeof(now) &&
	    now.magic == ROUTER_MAGIC && now.holder == s->rec.holder)
		write_record(s, &e);
	router_lock(s->file, ROUTER_MAKING, F_UNLCK);
}

static void say_pasta_ended(struct supervisor *s)
{
	s->rec.pasta = 0;
	snprintf(s->rec.why, sizeof(s->rec.why), "'%s' ended; it is started again",
		 plan_text(s->plan, s->plan->net.pasta));
}

/* Whoever ends: the holder, and it is over; pasta, and it is started again */
static void supervise(struct supervisor *s)
{
	pid_t pid;

	while ((pid = wait_for_one(s)) != s->rec.holder && pid >= 0) {
		if (!pid)
			start_pasta(s);
		else if (pid == s->rec.pasta)
			say_pasta_ended(s);
		else
			continue;
		update_record(s);
	}
}

static void supervisor_main(const struct plan *pl) __attribute__((noreturn));

static void supervisor_main(const struct plan *pl)
{
	struct supervisor s = { .plan = pl,
				.rec = { .magic = ROUTER_MAGIC },
				.file = -1 };
	struct word w = { 0 };
	sigset_t child;

	/* SIGCHLD stays blocked, to be waited for */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	signal(SIGPIPE, SIG_IGN); /* pasta gets it back */
	prctl(PR_SET_NAME, "nook-router", 0, 0, 0);
	w.ready = !set_up(&s, &w.err);
	say(AT_WORD, &w);
	close(AT_WORD);
	close(AT_MAKING);
	if (w.ready)
		supervise(&s);
	_exit(!w.ready);
}

/* --- keeper ------------------------------------------------------------------------- */

/* Must not: keep another descriptor of the keeper's, whose locks and pipes would stay
 * with it. The wanted ones are first moved out of the way of each other */
static int keep_only(int run, int word, int making)
{
	int fds[AT_COUNT], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	fds[0] = fds[1] = fds[2] = null;
	fds[AT_RUN] = run;
	fds[AT_WORD] = word;
	fds[AT_MAKING] = making;
	for (int i = 0; i < AT_COUNT; i++) {
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, AT_COUNT);
		if (fds[i] < 0)
			return -1;
	}
	for (int i = 0; i < AT_COUNT; i++)
		if (dup3(fds[i], i, i < AT_RUN ? 0 : O_CLOEXEC) < 0)
			return -1;
	return sys_close_range(AT_COUNT, ~0u, 0);
}

/* A session of its own and no child of the keeper: it lives on */
static void leave_keeper(const struct plan *pl, int run, int word, int making)
{
	pid_t pid;

	if (keep_only(run, word, making) < 0 || chdir("/") < 0 || setsid() < 0)
		_exit(1);
	umask(077);
	pid = fork();
	if (pid == 0)
		supervisor_main(pl);
	_exit(pid < 0);
}

int router_make(const struct plan *pl, int run, int making, struct err *e)
{
	auto_fd reader = -1, writer = -1;
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	reader = pipes[0];
	writer = pipes[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start the router of your networks");
	if (pid == 0)
		leave_keeper(pl, run, writer, making);
	close(fd_take(&writer));
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return hear(reader, "its supervisor", e);
}
