/* SPDX-License-Identifier: GPL-3.0-or-later */
/* order.c - which code a run of nook passes through, and in which order
 *
 *	order NOOK ARG...	prints offsets in the program, one a line, on stdout;
 *				a blank line ends those of a process
 *
 * Theory of operation. Each process that runs NOOK goes by single steps, the keeper's
 * children too; who executes another program is let go. An offset is that of the first
 * instruction met in a granule of the program. Each process has its own list, and they
 * are printed in the order in which the processes were born: who is stepped before whom
 * is the scheduler's, and must not decide. So what comes out needs no other build of the
 * program than the one that people run, and has what libraries call as well.
 */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRANULE	   4u
#define PLACES	   (8u << 20) / GRANULE /* of a program of 8 MiB */
#define MOST_TASKS 64

struct task {
	pid_t pid;
	uint64_t base;
	size_t count;
	uint32_t *met; /* offsets, as they come */
	bool seen[PLACES];
};

static void die(const char *what)
{
	perror(what);
	exit(125);
}

/* Where the program of @pid was loaded: its headers are the first thing in it */
static uint64_t base_of(pid_t pid)
{
	Elf64_auxv_t entry;
	uint64_t base = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	f = fopen(path, "re");
	if (!f)
		die(path);
	while (!base && fread(&entry, sizeof(entry), 1, f) == 1)
		if (entry.a_type == AT_PHDR)
			base = entry.a_un.a_val - sizeof(Elf64_Ehdr);
	fclose(f);
	return base;
}

static bool runs(pid_t pid, const struct stat *program)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return !stat(path, &st) && st.st_ino == program->st_ino &&
	       st.st_dev == program->st_dev;
}

static void place_note(struct task *t)
{
	struct user_regs_struct regs;
	struct iovec room = { &regs, sizeof(regs) };
	uint64_t at;

	if (ptrace(PTRACE_GETREGSET, t->pid, NT_PRSTATUS, &room))
		return;
#ifdef __x86_64__
	at = regs.rip - t->base;
#else
	at = regs.pc - t->base;
#endif
	/* the vdso is elsewhere */
	if (at / GRANULE >= PLACES || t->seen[at / GRANULE])
		return;
	t->seen[at / GRANULE] = true;
	t->met[t->count++] = (uint32_t)at;
}

/* Children are copies: they have the program where their parent has it */
static struct task *task_of(struct task *tasks, int *count, pid_t pid)
{
	struct task *t;

	for (int i = 0; i < *count; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	if (*count == MOST_TASKS)
		die("more processes than expected");
	t = &tasks[(*count)++];
	t->pid = pid;
	t->base = tasks[0].base;
	t->met = calloc(PLACES, sizeof(*t->met));
	if (!t->met)
		die("calloc");
	return t;
}

/* One stop of a process that is traced */
static void step(struct task *t, int status, bool is_new, const struct stat *program)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC) {
		if (!runs(t->pid, program)) {
			ptrace(PTRACE_DETACH, t->pid, 0, 0);
			return;
		}
		t->base = base_of(t->pid);
	} else if (sig == SIGTRAP && !event) {
		place_note(t);
	}
	if (sig == SIGTRAP || is_new)
		sig = 0;
	ptrace(PTRACE_SINGLESTEP, t->pid, 0, sig);
}

int main(int argc, char **argv)
{
	struct task *tasks = calloc(MOST_TASKS, sizeof(*tasks));
	int count = 0, status, result = 125;
	struct stat program;
	pid_t first, pid;

	if (argc < 2 || !tasks || stat(argv[1], &program))
		die("order NOOK ARG...");
	first = fork();
	if (!first) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[1], argv + 1);
		_exit(125);
	}
	if (first < 0 || waitpid(first, &status, 0) != first ||
	    ptrace(PTRACE_SETOPTIONS, first, 0,
		   PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL))
		die("ptrace");
	task_of(tasks, &count, first);
	ptrace(PTRACE_CONT, first, 0, 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int before = count;
		struct task *t;

		if (pid == first && WIFEXITED(status))
			result = WEXITSTATUS(status);
		if (!WIFSTOPPED(status))
			continue;
		t = task_of(tasks, &count, pid);
		step(t, status, count > before, &program);
	}
	for (int i = 0; i < count; i++) {
		for (size_t j = 0; j < tasks[i].count; j++)
			printf("%x\n", tasks[i].met[j]);
		puts("");
	}
	return result;
}
