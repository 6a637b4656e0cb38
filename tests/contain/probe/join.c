/* SPDX-License-Identifier: GPL-3.0-or-later */
/* join.c - what comes into a box that runs: caught while it is still nook
 *
 * `CR-11 N` waits for N newcomers among the processes, and for one at least that is
 * caught early, and tries at once to get at their
 * memory, files and program. What counts is what was tried while the newcomer was still
 * nook, by its name before and after: there it has rights and descriptors of outside.
 * Behind that the same is tried once more, when it is a command of the box like any
 * other: the control.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define NEVER	 -1
#define PATIENCE 120 /* seconds */
#define MISSED	 256 /* newcomers that came and went while this had no processor */

static int open_of(pid_t pid, const char *file)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int try_exe(pid_t pid)
{
	return open_of(pid, "exe");
}

static int try_fd(pid_t pid)
{
	int code = ENOENT;

	for (int fd = 0; fd < 16 && code; fd++) {
		char file[16];
		int one;

		snprintf(file, sizeof(file), "fd/%d", fd);
		one = open_of(pid, file);
		if (one != ENOENT)
			code = one;
	}
	return code;
}

static int try_root(pid_t pid)
{
	return open_of(pid, "root");
}

static int try_mem(pid_t pid)
{
	return open_of(pid, "mem");
}

static int try_environ(pid_t pid)
{
	return open_of(pid, "environ");
}

static int try_ns(pid_t pid)
{
	return open_of(pid, "ns/mnt");
}

static int try_readv(pid_t pid)
{
	char byte;
	struct iovec to = { &byte, 1 }, from = { (void *)0x400000, 1 };

	/* EFAULT: it may, and nothing is there */
	return process_vm_readv(pid, &to, 1, &from, 1, 0) < 0 && errno != EFAULT ? errno
										 : 0;
}

static int try_getfd(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), code, fd;

	if (pidfd < 0)
		return errno;
	fd = (int)syscall(438 /* pidfd_getfd */, pidfd, 0, 0);
	code = fd < 0 ? errno : 0;
	close(fd);
	close(pidfd);
	return code;
}

static int try_ptrace(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return errno;
	kill(pid, SIGKILL);
	return 0;
}

/* Last the one that ends it */
static const struct {
	const char *name;
	int (*try)(pid_t pid);
} tries[] = {
	{ "exe", try_exe },	{ "fd", try_fd },	    { "root", try_root },
	{ "mem", try_mem },	{ "environ", try_environ }, { "ns", try_ns },
	{ "readv", try_readv }, { "getfd", try_getfd },	    { "ptrace", try_ptrace },
};

#define TRIES ARRAY_SIZE(tries)

static bool is_nook(pid_t pid)
{
	char path[64], name[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name)) < 0)
		name[0] = '\0';
	close(fd);
	return !strncmp(name, "nook", 4);
}

/* A try that once succeeded has succeeded; one on who is gone is none */
static void note(int *result, int code)
{
	if (*result != 0 && code != ESRCH && code != ENOENT)
		*result = code;
}

static void attack(pid_t pid, int *early, int *late)
{
	for (size_t i = 0; i + 1 < TRIES && is_nook(pid); i++) {
		int code = tries[i].try(pid);

		if (is_nook(pid))
			note(&early[i], code);
	}
	if (is_nook(pid)) {
		int code = tries[TRIES - 1].try(pid);

		/* where it may, the newcomer is dead now: still nook by its name */
		if (is_nook(pid))
			note(&early[TRIES - 1], code);
	}
	for (int turns = 0; is_nook(pid) && turns < 1000000; turns++)
		;
	for (size_t i = 0; i < TRIES; i++)
		note(&late[i], tries[i].try(pid));
	/* Who was killed by the tracer is there for its parent only behind that */
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void say_all(const struct probe *p, const char *when, const int *result)
{
	char part[32];

	for (size_t i = 0; i < TRIES; i++) {
		snprintf(part, sizeof(part), "%s.%s", when, tries[i].name);
		if (result[i] == NEVER)
			say_text(p, part, "untried");
		else
			say_errno(p, part, result[i]);
	}
}

static void newcomers(const struct probe *p)
{
	int wanted = atoi(probe_arg(p, 0, "20")), early[TRIES], late[TRIES];
	time_t end = time(NULL) + PATIENCE;
	pid_t next = getpid() + 1;

	for (size_t i = 0; i < TRIES; i++)
		early[i] = late[i] = NEVER;
	say_text(p, "ready", "yes");
	fflush(stdout);
	while ((wanted > 0 || early[TRIES - 1] == NEVER) && time(NULL) < end) {
		for (pid_t pid = next; pid < next + MISSED; pid++) {
			if (kill(pid, 0) < 0 && errno == ESRCH)
				continue;
			attack(pid, early, late);
			next = pid + 1;
			wanted--;
			break;
		}
	}
	say_all(p, "early", early);
	say_all(p, "late", late);
}

const struct check join_checks[] = {
	{ "CR-11", newcomers, "[COUNT]" },
	{ 0 },
};
