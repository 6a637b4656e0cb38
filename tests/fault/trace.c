// SPDX-License-Identifier: GPL-3.0-or-later
/* trace.c - run a command under ptrace(2), count its system calls and do it harm at one
 *
 * Theory of operation. The tree is followed by PTRACE_O_TRACE*: every process of it is
 * ours to wait for, so waitpid() saying ECHILD proves that none is left, and PTRACE_O_
 * EXITKILL that none outlives a test that dies itself. All calls of all processes are
 * counted in the order in which they come; from its exec on the payload runs untraced
 * but for its children and its end. After the harm everybody runs at full speed.
 *
 * Until then all whom the command starts, and who are not let go, share one CPU with the
 * tracer: at each call one of them waits for the other, and to wake who sleeps on another
 * CPU takes twice as long.
 *
 * A helper that an ordinary user's nook starts outside the box (newuidmap) is let go at
 * once: a setuid program that is traced has no rights.
 *
 * A keeper that ran before is let go when the command has ended and everybody whom the
 * keeper has started, or when nothing happens any more. Each birth is told by the parent
 * and by the child, in any order: only when they are as many, nobody is forgotten who
 * would stand still for ever.
 */
#include "fault/trace.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS	   5
#define QUIET_MS   40
#define MOST_TASKS 64
#define OPTIONS                                                             \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

struct task {
	pid_t pid;
	enum role role;
	bool runs; /* the payload's program: its calls are its own business */
};

/* What lives only while one command runs */
struct run {
	struct trace *t;
	struct task tasks[MOST_TASKS];
	int count, held, words, level;
	long long last;
	pid_t keeper;
	pid_t command; /* the keeper, or his client */
	pid_t armed;   /* harm comes when this one's call returns */
	int born, met; /* by their parents' word, and by their own */
	cpu_set_t cpus; /* that this process had */
	bool free, leaves;
};

static const char *const roles[ROLE_COUNT] = { "nobody", "keeper",  "helper",
					       "init",	 "payload", "client" };

const char *trace_role(enum role role)
{
	return roles[role];
}

const char *trace_call(int nr)
{
	static char text[64];
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

	snprintf(text, sizeof(text), "call %d", nr);
	if (name)
		snprintf(text, sizeof(text), "%s", name);
	free(name);
	return text;
}

int trace_number(const char *name)
{
	return seccomp_syscall_resolve_name(name);
}

bool trace_is_spared(int nr)
{
	static const int spared[] = {
		SYS_exit,     SYS_exit_group,	   SYS_rt_sigreturn, SYS_arch_prctl,
		SYS_munmap,   SYS_umask,	   SYS_getpid,	     SYS_getppid,
		SYS_getuid,   SYS_geteuid,	   SYS_getgid,	     SYS_getegid,
		SYS_execveat, SYS_set_tid_address, SYS_capget,
	};

	for (size_t i = 0; i < sizeof(spared) / sizeof(spared[0]); i++)
		if (nr == spared[i])
			return true;
	return false;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

static struct task *find(const struct run *r, pid_t pid)
{
	for (int i = 0; i < r->count; i++)
		if (r->tasks[i].pid == pid)
			return (struct task *)&r->tasks[i];
	return NULL;
}

static struct task *find_role(struct run *r, enum role role)
{
	for (int i = 0; i < r->count; i++)
		if (r->tasks[i].role == role)
			return &r->tasks[i];
	return NULL;
}

/* Parent and depth of pid namespaces of a process, from its status */
static void read_status(pid_t pid, pid_t *parent, int *level)
{
	char path[64], line[512];
	FILE *f;

	*parent = 0;
	*level = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "PPid:", 5))
			*parent = (pid_t)strtol(line + 5, NULL, 10);
		if (!strncmp(line, "NSpid:", 6))
			for (char *p = line; (p = strchr(p, '\t')); p++)
				++*level;
	}
	if (f)
		fclose(f);
}

/* Everybody runs as if nobody looked on */
static void set_free(struct run *r)
{
	r->free = true;
	for (int i = 0; i < r->count; i++)
		sched_setaffinity(r->tasks[i].pid, sizeof(r->cpus), &r->cpus);
}

static struct task *meet(struct run *r, pid_t pid)
{
	struct task *task = find(r, pid), *parent;
	pid_t ppid;
	int level;

	if (task || r->count == MOST_TASKS)
		return task;
	task = &r->tasks[r->count++];
	*task = (struct task){ .pid = pid };
	if (r->free)
		sched_setaffinity(pid, sizeof(r->cpus), &r->cpus);
	read_status(pid, &ppid, &level);
	if (!r->keeper) {
		r->keeper = pid;
		task->role = ROLE_KEEPER;
		r->level = level;
		return task;
	}
	parent = find(r, ppid);
	if (level == r->level || r->t->keeper)
		task->role = ROLE_HELPER;
	else if (parent && parent->role == ROLE_PAYLOAD)
		task->role = ROLE_NONE;
	else if (find_role(r, ROLE_INIT))
		task->role = ROLE_PAYLOAD;
	else
		task->role = ROLE_INIT;
	return task;
}

static void go_on(const struct run *r, const struct task *task, int sig)
{
	bool plain = r->free || task->runs || task->role == ROLE_NONE;

	ptrace(plain ? PTRACE_CONT : PTRACE_SYSCALL, task->pid, 0L, (long)sig);
}

static void strike(struct run *r, struct task *task, int nr)
{
	struct trace *t = r->t;
	struct task *victim = t->whom == ROLE_NONE ? task : find_role(r, t->whom);

	if (!victim || victim->role == ROLE_NONE || victim->runs)
		return;
	t->hit = true;
	set_free(r);
	t->victim = victim->role;
	t->victim_nr = nr;
	r->last = now_ms();
	kill(victim->pid, SIGKILL);
}

static void set_result(pid_t pid, long value, bool skip)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0L, &regs) < 0)
		return;
	if (skip)
		regs.orig_rax = ~0ull;
	else
		regs.rax = (unsigned long long)value;
	ptrace(PTRACE_SETREGS, pid, 0L, &regs);
}

/* To wait for a child that is there fails by a signal at most, and the keeper blocks
 * all */
static bool is_spared_at(int nr)
{
	return trace_is_spared(nr) || nr == SYS_wait4;
}

/* A call that is numbered -1 is none; what it returns is written at its exit. close()
 * lets go of the descriptor whatever it returns (close(2)), so that one is made */
static void fail_call(struct run *r, struct task *task, int nr)
{
	struct trace *t = r->t;

	if (t->ran || (t->at ? t->steps < t->at || is_spared_at(nr)
			     : nr != t->nr || t->count[nr] != t->nth))
		return;
	t->hit = true;
	r->armed = task->pid;
	t->victim = task->role;
	t->victim_nr = nr;
	if (nr != SYS_close)
		set_result(task->pid, 0, true);
}

static void fake_kernel(const struct run *r, pid_t pid)
{
	struct user_regs_struct regs;
	char text[65] = "";
	struct iovec from = { text, sizeof(text) }, to = { NULL, sizeof(text) };

	if (ptrace(PTRACE_GETREGS, pid, 0L, &regs) < 0 || regs.orig_rax != SYS_uname)
		return;
	snprintf(text, sizeof(text), "%s", r->t->kernel);
	to.iov_base = (void *)(regs.rdi + offsetof(struct utsname, release));
	process_vm_writev(pid, &from, 1, &to, 1, 0);
}

static void on_return(struct run *r, struct task *task)
{
	struct trace *t = r->t;

	if (t->kernel && task->role == ROLE_KEEPER)
		fake_kernel(r, task->pid);
	if (r->armed != task->pid)
		return;
	r->armed = 0;
	if (t->harm == HARM_FAIL) {
		set_result(task->pid, -t->error, false);
		if (!t->kernel)
			set_free(r);
		r->last = now_ms();
	} else {
		strike(r, task, t->victim_nr);
	}
}

static void on_call(struct run *r, struct task *task)
{
	struct __ptrace_syscall_info info;
	struct trace *t = r->t;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		on_return(r, task);
		return;
	}
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	t->steps++;
	if (!t->ran && info.entry.nr < TRACE_CALLS)
		t->count[info.entry.nr]++;
	if (t->harm == HARM_KILL && t->steps >= t->at && !t->hit && !r->armed) {
		t->victim_nr = (int)info.entry.nr;
		if (t->on_exit)
			r->armed = task->pid;
		else
			strike(r, task, t->victim_nr);
	} else if (t->harm == HARM_ACT && t->steps >= t->at &&
		   t->steps < t->at + t->times) {
		t->hit = true;
		t->victim = task->role;
		t->victim_nr = (int)info.entry.nr;
		t->act(t->arg);
		if (!t->kernel && t->steps == t->at + t->times - 1)
			set_free(r);
		r->last = now_ms();
	} else if (t->harm == HARM_FAIL && !t->hit) {
		fail_call(r, task, (int)info.entry.nr);
	}
}

/* With `init: none` the first program that is not nook's own is the payload */
static bool is_nook(pid_t pid)
{
	char path[64], exe[4096];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	name = strrchr(exe, '/');
	return name && !strncmp(name, "/nook", 5);
}

static bool is_birth(int event)
{
	return event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	       event == PTRACE_EVENT_CLONE;
}

/* A stop that is no system call's. Return: the signal to pass on, or -1: the task went */
static int on_event(struct run *r, struct task *task, int status)
{
	int event = status >> 16;
	int sig = WSTOPSIG(status);

	if (!event)
		return sig;
	if (is_birth(event))
		r->born++;
	if (event == PTRACE_EVENT_EXEC && task->role == ROLE_INIT && !is_nook(task->pid))
		task->role = ROLE_PAYLOAD;
	if (event == PTRACE_EVENT_EXEC && task->role == ROLE_PAYLOAD)
		r->t->ran = task->runs = true;
	if (task->role == ROLE_HELPER && geteuid() && !r->t->all &&
	    event == PTRACE_EVENT_STOP) {
		sched_setaffinity(task->pid, sizeof(r->cpus), &r->cpus);
		ptrace(PTRACE_DETACH, task->pid, 0L, 0L);
		*task = r->tasks[--r->count];
		return -1;
	}
	return 0;
}

static void on_end(struct run *r, struct task *task, int status)
{
	if (task->pid == r->command)
		r->t->status = status;
	*task = r->tasks[--r->count];
}

/* Whoever runs is stopped once, to be let go then */
static void leave(struct run *r)
{
	r->leaves = true;
	for (int i = 0; i < r->count; i++)
		ptrace(PTRACE_INTERRUPT, r->tasks[i].pid, 0L, 0L);
}

/* The command has ended, and what it has begun, or that hangs */
static bool is_over(const struct run *r, long long idle)
{
	return r->t->keeper && !find(r, r->command) && find(r, r->t->keeper) &&
	       r->met >= r->born && (r->count == 1 || idle >= QUIET_MS);
}

static void let_go(struct run *r, struct task *task, int status)
{
	bool is_signal = !(status >> 16) && !(WSTOPSIG(status) & 0x80);

	r->born += is_birth(status >> 16);
	sched_setaffinity(task->pid, sizeof(r->cpus), &r->cpus);
	ptrace(PTRACE_DETACH, task->pid, 0L, is_signal ? (long)WSTOPSIG(status) : 0L);
	*task = r->tasks[--r->count];
}

static void on_status(struct run *r, pid_t pid, int status)
{
	bool is_new = !find(r, pid);
	struct task *task = meet(r, pid);
	int sig = 0;

	r->met += is_new;
	if (!task)
		return;
	if (!WIFSTOPPED(status)) {
		on_end(r, task, status);
		return;
	}
	if (r->leaves) {
		let_go(r, task, status);
		return;
	}
	r->last = now_ms();
	if (status >> 8 == (SIGTRAP | 0x80))
		on_call(r, task);
	else
		sig = on_event(r, task, status);
	if (sig >= 0)
		go_on(r, task, sig);
}

static void first_line(char *to, size_t size, pid_t pid, const char *file)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	*to = '\0';
	f = fopen(path, "re");
	if (f && fgets(to, (int)size, f))
		to[strcspn(to, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* The deadline has passed: who is there, in which call, and an end to it */
static void end_all(struct run *r)
{
	size_t len = 0;

	for (int i = 0; i < r->count && len < sizeof(r->t->hung) - 1; i++) {
		char call[128];
		int n;

		first_line(call, sizeof(call), r->tasks[i].pid, "syscall");
		n = snprintf(r->t->hung + len, sizeof(r->t->hung) - len, "%s in %.40s; ",
			     roles[r->tasks[i].role], call);
		len += n > 0 ? (size_t)n : 0;
		kill(r->tasks[i].pid, SIGKILL);
	}
}

/* Nothing came for a while. Return: -1 when nothing ever will */
static int on_tick(struct run *r)
{
	long long idle = now_ms() - r->last;

	/* on a busy machine nothing may come for as long because all wait for a CPU */
	if (r->held >= 0 && idle >= QUIET_MS && r->t->ran &&
	    (!r->t->hit || r->t->victim == ROLE_HELPER)) {
		r->t->quiet = r->t->steps;
		close(r->held);
		r->held = -1;
		r->last = now_ms();
	} else if (idle >= 2 * r->t->deadline_ms) {
		errno = ETIMEDOUT;
		return -1;
	} else if (idle >= r->t->deadline_ms && !r->t->hung[0]) {
		end_all(r);
	}
	return 0;
}

static int watch(struct run *r)
{
	for (;;) {
		int status;
		pid_t pid;

		if (!r->leaves && is_over(r, now_ms() - r->last))
			leave(r);
		if (r->leaves && !r->count && r->met >= r->born)
			return 0;
		pid = waitpid(-1, &status, __WALL);
		if (pid > 0)
			on_status(r, pid, status);
		else if (errno == ECHILD)
			return 0;
		else if (errno != EINTR || on_tick(r) < 0)
			return -1;
	}
}

static void child(const struct run *r, int in, int start)
{
	char byte;
	sigset_t none;

	dup2(in, 0);
	dup2(r->words, 1);
	dup2(r->words, 2);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (read(start, &byte, 1) == 1 && chdir(r->t->dir) == 0)
		execv(r->t->argv[0], r->t->argv);
	_exit(99);
}

static void nothing(int sig)
{
	(void)sig;
}

static void set_clock(int ms)
{
	struct itimerval every = { .it_interval.tv_usec = ms * 1000,
				   .it_value.tv_usec = ms * 1000 };
	struct sigaction sa = { .sa_handler = nothing };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

/* It stands still until the first call that counts is the command's */
static int seize_keeper(struct run *r)
{
	pid_t pid = r->t->keeper;
	int status;

	if (!pid)
		return 0;
	if (ptrace(PTRACE_SEIZE, pid, 0L, OPTIONS) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, 0L, 0L) < 0)
		return -1;
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -1;
	if (!WIFSTOPPED(status))
		return -1;
	go_on(r, meet(r, pid), 0);
	return 0;
}

static int start(struct run *r)
{
	int in[2] = { -1, -1 }, go[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -1;
	if (!r->t->hold)
		in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	else if (pipe2(in, O_CLOEXEC) < 0)
		return -1;
	r->held = in[1];
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		child(r, in[0], go[0]);
	}
	close(in[0]);
	close(go[0]);
	if (pid < 0 || ptrace(PTRACE_SEIZE, pid, 0L, OPTIONS) < 0 ||
	    seize_keeper(r) < 0) {
		close(go[1]); /* a child ends that has nothing to read there */
		return -1;
	}
	r->command = pid;
	meet(r, pid);
	if (r->t->keeper)
		find(r, pid)->role = ROLE_CLIENT;
	r->last = now_ms();
	if (write(go[1], "", 1) != 1)
		return -1;
	close(go[1]);
	return 0;
}

int trace_run(struct trace *t)
{
	struct run r = { .t = t, .held = -1 };
	cpu_set_t one;
	ssize_t n;
	int result;

	t->steps = t->quiet = 0;
	t->hit = t->ran = false;
	t->hung[0] = '\0';
	t->victim = ROLE_NONE;
	memset(t->count, 0, sizeof(t->count));
	r.words = memfd_create("said", MFD_CLOEXEC);
	if (r.words < 0)
		return -1;
	sched_getaffinity(0, sizeof(r.cpus), &r.cpus);
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	set_clock(TICK_MS);
	result = start(&r) < 0 ? -1 : watch(&r);
	set_clock(0);
	sched_setaffinity(0, sizeof(r.cpus), &r.cpus);
	if (r.held >= 0)
		close(r.held);
	n = pread(r.words, t->said, sizeof(t->said) - 1, 0);
	t->said[n > 0 ? n : 0] = '\0';
	close(r.words);
	return result;
}
