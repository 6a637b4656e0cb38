// SPDX-License-Identifier: GPL-3.0-or-later
/* orphans.c - end what a box without a pid namespace leaves running
 *
 * Theory of operation. Where there is a pid namespace the kernel ends everything with its
 * init, and nothing here is used. Elsewhere (`thin`, `chroot`) init and, around it, the
 * keeper are child subreapers: whatever daemonizes in the box becomes a child of init, or
 * of the keeper once init is dead. Each ends its children round by round: list, kill,
 * wait; a child that dies hands its own children up, and they are in the next list.
 */
#include "box/orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PATIENCE 10 /* seconds */

int orphans_adopt(void)
{
	siginfo_t si;
	int fd;

	if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD)
		return -1;
	/* of this thread, which is the only one; open before a root may hide /proc */
	fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		close(fd_take(&fd));
	return fd;
}

/* As many as there is room for; a number that is cut off at the end has no blank behind
 * it */
static size_t list_children(int children, pid_t *v, size_t most)
{
	char list[4096];
	ssize_t len = pread(children, list, sizeof(list) - 1, 0);
	size_t n = 0;

	list[len > 0 ? len : 0] = '\0';
	for (char *p = list, *end; *p && n < most; p = end + 1) {
		long pid = strtol(p, &end, 10);

		if (pid <= 0 || *end != ' ')
			break;
		v[n++] = (pid_t)pid;
	}
	return n;
}

bool orphans_end(int children)
{
	struct timespec now, start;
	pid_t v[512];
	size_t n;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		n = list_children(children, v, ARRAY_SIZE(v));
		for (size_t i = 0; i < n; i++)
			kill(v[i], SIGKILL);
		for (size_t i = 0; i < n; i++)
			while (waitpid(v[i], NULL, 0) < 0 && errno == EINTR)
				;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (n && now.tv_sec - start.tv_sec <= PATIENCE);
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}
