// SPDX-License-Identifier: GPL-3.0-or-later
/* sanitize.c - the state of the own process that everything else assumes */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "box/box.h"

#define LAST_SIGNAL 64 /* the kernel's last, a real-time one */
#define STACK_LEAST (256u << 10)

static void on_file_limit(int sig)
{
	(void)sig;
}

void box_outlive_file_limit(void)
{
	const struct sigaction outlive = { .sa_handler = on_file_limit,
					   .sa_flags = SA_RESTART };

	sigaction(SIGXFSZ, &outlive, NULL);
}

/* A directory on one of the three is a way to the host's tree */
static int check_stdio(struct err *e)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &st) < 0) {
			/* The lowest free number is this one: those below are open */
			if (errno != EBADF || open("/dev/null", O_RDWR) != fd)
				return err_sys(
					e, "descriptor %d is closed and cannot be opened",
					fd);
		} else if (S_ISDIR(st.st_mode)) {
			err_set(e, "descriptor %d is a directory, a way out of any box",
				fd);
			return err_hint(e, "redirect it: < /dev/null, > FILE, 2> FILE");
		}
	}
	return 0;
}

static int close_others(int preserve, struct err *e)
{
	unsigned int first = 3 + (unsigned int)preserve;

	if (!sys_close_range(first, ~0u, 0))
		return 0;
	if (errno != ENOSYS && errno != EPERM)
		return err_sys(e, "cannot close inherited descriptors");
	/* Before Linux 5.9, or behind a filter: one by one, as many as can be open */
	for (long fd = first, most = sysconf(_SC_OPEN_MAX); fd < most; fd++)
		close((int)fd);
	return 0;
}

/*
 * By the kernel's own call: the C libraries keep some real-time signals for themselves
 * and refuse to name them, but a caller may have left them ignored all the same. The
 * handler comes first in the kernel's struct, and all zero is SIG_DFL.
 */
static int reset_signal(int sig)
{
	uintptr_t now[8] = { 0 };
	const uintptr_t standard[8] = { 0 };

	if (syscall(SYS_rt_sigaction, sig, NULL, now, sizeof(uint64_t)) < 0)
		return -1;
	if (now[0] != (uintptr_t)SIG_IGN)
		return 0;
	return (int)syscall(SYS_rt_sigaction, sig, standard, NULL, sizeof(uint64_t));
}

/*
 * What overflows its stack ends without a word: nook, or init, which would look like a
 * box that was lost. Words and environment, which execve(2) lets fill half of it, count.
 */
static int check_stack(struct err *e)
{
	struct rlimit now;
	auto_text has = { 0 };

	if (getrlimit(RLIMIT_STACK, &now) < 0 || now.rlim_cur >= STACK_LEAST)
		return 0;
	text_size(&has, now.rlim_cur);
	err_set(e, "the limit of the stack is %s, nook needs %uK", text_str(&has),
		STACK_LEAST >> 10);
	return err_hint(e,
			"ulimit -s 8192; '--ulimit stack=' is for the command alone");
}

bool box_minds_hangup(void)
{
	struct sigaction now;

	return sigaction(SIGHUP, NULL, &now) < 0 || now.sa_handler != SIG_IGN;
}

/* SIGCHLD and SIGXFSZ main() has seen to, for commands without a box too; SIGHUP is put
 * back in the box, for nohup(1); two are always at their defaults */
static bool is_reset_here(int sig)
{
	return sig != SIGCHLD && sig != SIGXFSZ && sig != SIGHUP && sig != SIGKILL &&
	       sig != SIGSTOP;
}

int box_sanitize(int preserve, struct err *e)
{
	if (check_stdio(e) < 0 || close_others(preserve, e) < 0 || check_stack(e) < 0)
		return -1;
	for (int sig = 1; sig <= LAST_SIGNAL; sig++)
		if (is_reset_here(sig) && reset_signal(sig) < 0)
			return err_sys(e, "cannot put signal %d back to its default",
				       sig);
	return 0;
}
