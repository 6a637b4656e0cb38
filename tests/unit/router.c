// SPDX-License-Identifier: GPL-3.0-or-later
/* router.c - one router for all who use it, gone with the last; killed ones are replaced
 *
 * as: root user
 * valgrind 3.19 does not know pidfd_open
 * with: plain
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys.h"
#include "box/pasta.h"
#include "box/router.h"
#include "tap.h"

#define JOINERS 6

static void bail_out(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

static struct router_record record(int run)
{
	struct router_record rec = { 0 };
	int fd = openat(run, ROUTER_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &rec, sizeof(rec), 0) != (ssize_t)sizeof(rec))
		rec.holder = -1;
	close(fd);
	return rec;
}

/* Processes of others cannot be waited for: their descriptors tell */
static bool ends(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 10000) == 1;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], line[256] = "";
	FILE *f;
	int ppid = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f))
		sscanf(strrchr(line, ')') + 1, " %*c %d", &ppid);
	if (f)
		fclose(f);
	return ppid;
}

static ino_t inode(int fd)
{
	struct stat st = { 0 };

	fstat(fd, &st);
	return st.st_ino;
}

static void test_life(const struct plan *pl, int run)
{
	struct router a, b;
	struct err e = { 0 };
	int holder, supervisor;

	ok(!router_join(&a, pl, run, &e), "a router is made: %s", e.text);
	ok(!router_join(&b, pl, run, &e), "and used again: %s", e.text);
	ok(inode(a.net) == inode(b.net) && inode(a.user) == inode(b.user),
	   "both are the same");
	ok(!a.has_world, "without pasta it has no world");
	holder = sys_pidfd_open(record(run).holder, 0);
	supervisor = sys_pidfd_open(parent_of(record(run).holder), 0);
	ok(supervisor >= 0 && getsid(parent_of(record(run).holder)) != getsid(0),
	   "its supervisor has a session of its own");
	router_leave(&a);
	ok(!sys_pidfd_send_signal(holder, 0), "it stays while one uses it");
	router_leave(&b);
	ok(ends(holder) && ends(supervisor), "it ends with the last");
	close(holder);
	close(supervisor);
}

/* @which: 0 = the holder, 1 = the supervisor */
static void test_killed(const struct plan *pl, int run, int which)
{
	struct router a, b;
	struct err e = { 0 };
	pid_t pid;
	int fds[2];

	if (router_join(&a, pl, run, &e) < 0)
		bail_out(e.text);
	pid = record(run).holder;
	fds[0] = sys_pidfd_open(pid, 0);
	fds[1] = sys_pidfd_open(parent_of(pid), 0);
	sys_pidfd_send_signal(fds[which], SIGKILL);
	ok(ends(fds[0]) && ends(fds[1]), "one is killed: the other ends too");
	ok(!router_join(&b, pl, run, &e), "the next makes a new one: %s", e.text);
	ok(record(run).holder != pid, "by another process");
	ok(!router_lives(&a) && router_lives(&b), "who is on the first can tell");
	router_leave(&a);
	router_leave(&b);
	close(fds[0]);
	close(fds[1]);
}

/* Many at once, of which some are killed: one router, which ends with the last of them */
static void test_crowd(const struct plan *pl, int run)
{
	int told[2], go[2], holder;
	pid_t pids[JOINERS];
	ino_t nets[JOINERS];
	bool same = true;

	if (pipe2(told, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		bail_out("no pipe");
	for (int i = 0; i < JOINERS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			struct router r;
			struct err e = { 0 };
			ino_t net = router_join(&r, pl, run, &e) < 0 ? 0 : inode(r.net);
			char byte;

			close(go[1]);
			_exit(write(told[1], &net, sizeof(net)) < 0 ||
			      read(go[0], &byte, 1) < 0);
		}
	}
	for (int i = 0; i < JOINERS; i++) {
		if (read(told[0], &nets[i], sizeof(nets[i])) < 0)
			nets[i] = 0;
		same = same && nets[i] && nets[i] == nets[0];
	}
	ok(same, "%d at once have one router", JOINERS);
	holder = sys_pidfd_open(record(run).holder, 0);
	for (int i = 0; i < JOINERS - 1; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < JOINERS - 1; i++)
		waitpid(pids[i], NULL, 0);
	ok(!sys_pidfd_send_signal(holder, 0), "killed users do not end it");
	close(go[1]);
	waitpid(pids[JOINERS - 1], NULL, 0);
	ok(ends(holder), "the last one's end does");
	close(holder);
	close(go[0]);
	close(told[0]);
	close(told[1]);
}

/* A pasta that takes its time, and says for whom it was started first */
static const char slow_pasta[] = "#!/bin/sh\n"
				 "for target; do :; done\n"
				 "[ -s \"$0.for\" ] || echo \"$target\" >\"$0.for\"\n"
				 "sleep 1\n"
				 "exit 1\n";

static pid_t first_target(int run)
{
	int fd = openat(run, "slow.for", O_RDONLY | O_CLOEXEC);
	char text[16] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	return n > 0 && text[n - 1] == '\n' ? atoi(text) : 0;
}

/* Whoever makes it is killed meanwhile: those who wait have that router, and no second */
static void test_maker_killed(struct plan *pl, int run, const char *dir)
{
	struct router a, b;
	struct err e = { 0 };
	char path[64];
	pid_t maker;
	int fd = openat(run, "slow", O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	int waiting = openat(run, ROUTER_FILE, O_RDWR | O_CLOEXEC);

	if (router_lock(waiting, ROUTER_USED, F_RDLCK) < 0 || fd < 0 ||
	    write(fd, slow_pasta, sizeof(slow_pasta) - 1) < 0)
		bail_out("no program that is slow");
	close(fd);
	snprintf(path, sizeof(path), "%s/slow", dir);
	pl->net.pasta = plan_put(pl, path);
	maker = fork();
	if (!maker)
		_exit(router_join(&a, pl, run, &e) < 0);
	for (int i = 0; !first_target(run) && i < 10000; i++)
		usleep(1000);
	kill(maker, SIGKILL);
	waitpid(maker, NULL, 0);
	ok(!router_join(&a, pl, run, &e), "the maker was killed, the next has one: %s",
	   e.text);
	ok(record(run).holder == first_target(run), "which is the one that was begun");
	ok(!router_join(&b, pl, run, &e) && inode(a.net) == inode(b.net),
	   "and whoever comes then has the same");
	close(waiting);
	router_leave(&a);
	router_leave(&b);
	unlinkat(run, "slow.for", 0);
	unlinkat(run, "slow", 0);
}

/* From here on nobody can be bound to his parent */
static void refuse_parent_death(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_PDEATHSIG, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { sizeof(rules) / sizeof(rules[0]), rules };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
		_exit(99);
}

/* Nothing but its parent's end would end a pasta: it does not start without that */
static void test_unbound(const char *want, bool refused)
{
	const char *const no_words[] = { NULL };
	struct err e = { 0 };
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (refused)
			refuse_parent_death();
		if (pasta_start("/bin/false", no_words, 0, -1, &e) >= 0)
			_exit(1);
		if (strcmp(e.text, want))
			diag("%s", e.text);
		_exit(!!strcmp(e.text, want));
	}
	waitpid(pid, &status, 0);
	ok(!status, "pasta %s", refused ? "that nothing would end" : "that ends");
}

/* A holder that has given up its namespaces and not yet its lock, as the kernel does */
static void test_ending(const struct plan *pl, int run)
{
	int file = openat(run, ROUTER_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct router_record rec = { .magic = ROUTER_MAGIC };
	struct router a;
	struct err e = { 0 };
	pid_t waker;
	int holder;

	rec.holder = fork();
	if (!rec.holder)
		_exit(0);
	waitid(P_PID, (id_t)rec.holder, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	if (pwrite(file, &rec, sizeof(rec), 0) < 0 ||
	    router_lock(file, ROUTER_ALIVE, F_WRLCK) < 0)
		bail_out("no router that ends");
	waker = fork();
	if (!waker) {
		usleep(100000);
		_exit(0);
	}
	close(file);
	ok(!router_join(&a, pl, run, &e), "one that is about to end is waited for: %s",
	   e.text);
	ok(record(run).holder != rec.holder, "and another made");
	holder = sys_pidfd_open(record(run).holder, 0);
	router_leave(&a);
	ends(holder); /* the next test is to have one of its own */
	close(holder);
	waitpid(waker, NULL, 0);
	waitpid(rec.holder, NULL, 0);
}

static void add_id(struct plan *pl, struct plan_list *map, uint32_t id)
{
	struct plan_map *m = plan_append(pl, map, sizeof(*m));

	m->inside = m->outside = id;
	m->count = 1;
}

int main(void)
{
	char dir[] = "/tmp/router.XXXXXX";
	struct plan *pl = plan_new();
	int run = mkdtemp(dir) ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	plan(25);
	if (!pl || run < 0)
		bail_out("no plan, or no directory");
	add_id(pl, &pl->net.router_uids, geteuid());
	add_id(pl, &pl->net.router_gids, getegid());
	test_life(pl, run);
	test_killed(pl, run, 0);
	test_killed(pl, run, 1);
	test_crowd(pl, run);
	test_ending(pl, run);
	test_maker_killed(pl, run, dir);
	test_unbound("'/bin/false' cannot link to the host's network: it ended without "
		     "a word",
		     false);
	test_unbound("'/bin/false' cannot link to the host's network: cannot arm the "
		     "parent-death signal: Operation not permitted",
		     true);
	unlinkat(run, ROUTER_FILE, 0);
	rmdir(dir);
	close(run);
	plan_free(pl);
	return done();
}
