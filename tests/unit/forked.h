/* SPDX-License-Identifier: GPL-3.0-or-later */
/* forked.h - try in a child what cannot be taken back */
#ifndef NOOK_TEST_FORKED_H
#define NOOK_TEST_FORKED_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "layer/layer.h"
#include "plan.h"

#define FORKED_SETUP (-100000) /* the layer itself could not be applied */

/* Run @body in a child. Return: what it returned, or -(1000 + signal) */
static inline int forked(int (*body)(void *arg), void *arg)
{
	int fds[2], got = FORKED_SETUP, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return FORKED_SETUP;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		got = body(arg);
		_exit(write(fds[1], &got, sizeof(got)) != (ssize_t)sizeof(got));
	}
	close(fds[1]);
	if (read(fds[0], &got, sizeof(got)) < 0)
		got = FORKED_SETUP;
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? -(1000 + WTERMSIG(status)) : got;
}

/* Apply one layer as the payload would; say on stderr why it failed. Return: 0 or -1 */
static inline int apply_last(const struct layer *l, const struct plan *pl)
{
	struct site s = { .userns_fd = -1, .root_fd = -1, .old_proc_fd = -1,
			  .upper_fd = -1,  .pty_fd = -1,  .tty_fd = -1,
			  .keep_fd = -1 };
	struct err e = { 0 };

	if (!l->apply[SIDE_LAST] || l->apply[SIDE_LAST](pl, &s, &e) == 0)
		return 0;
	fprintf(stderr, "# %s: %s\n", l->name, e.text);
	return -1;
}

/* errno of a system call with up to six arguments, 0 when it succeeded */
#define errno_of(...) (syscall(__VA_ARGS__) < 0 ? errno : 0)

/* A user namespace of one's own with one id in it: what a rootless box starts from.
 * Return: 0, or -1 */
static inline int enter_userns(unsigned int inside)
{
	static const char *const file[] = { "/proc/self/uid_map", "/proc/self/gid_map" };
	unsigned int outside[2] = { geteuid(), getegid() };
	char line[64];

	if (unshare(CLONE_NEWUSER) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		int fd, len = snprintf(line, sizeof(line), "%u %u 1", inside, outside[i]);

		if (i == 1) {
			fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
			if (fd < 0 || write(fd, "deny", 4) != 4)
				return -1;
			close(fd);
		}
		fd = open(file[i], O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, line, (size_t)len) != len)
			return -1;
		close(fd);
	}
	return 0;
}

#endif
