// SPDX-License-Identifier: GPL-3.0-or-later
/* pasta.c - start pasta(1) for a network namespace, and know when it serves it */
#include "box/pasta.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"

#define WORDS_MOST 128
#define SAID_MOST  4096
#define READY_MS   10000 /* as a rule it takes 25 */

/* What it says goes to a file in memory that cannot grow: a pipe would have to be read as
 * long as it lives */
static int make_log(struct err *e)
{
	int fd = (int)syscall(SYS_memfd_create, "pasta", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && !ftruncate(fd, SAID_MOST) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	err_sys(e, "cannot make a file for what pasta says");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Ignored signals would stay so: without SIGPIPE pasta ends at once */
static _Noreturn void become_pasta(char *const *argv, const int stdio[3])
{
	char *const no_environment[] = { NULL };
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 3; i++)
		if (stdio[i] >= 0 && dup2(stdio[i], i) < 0)
			_exit(1);
	execve(argv[0], argv, no_environment);
	dprintf(2, "%s\n", strerror(errno));
	_exit(127);
}

bool pasta_hint(const char *why, struct err *e)
{
	bool tun = strstr(why, "tun "), link = strstr(why, "interface");

	if (tun)
		err_hint(e, "it opens /dev/net/tun, which must be there and writable for "
			    "you: as root, modprobe tun; chmod 666 /dev/net/tun");
	else if (link)
		err_hint(e, "it links to where the host's default route leads, and 'ip "
			    "route' shows none");
	return tun || link;
}

/* Its last line is the reason; those before it say what it does, and that nobody takes
 * its words for the log of the machine */
static int say_failed(const char *program, int said, struct err *e)
{
	char buf[SAID_MOST + 1] = "", *rest = NULL;
	const char *why = "it ended without a word";

	if (pread(said, buf, SAID_MOST, 0) < 0)
		buf[0] = '\0';
	for (char *line = strtok_r(buf, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (!strstr(line, "to syslog"))
			why = line;
	err_set(e, "'%s' cannot link to the host's network: %s", program, why);
	pasta_hint(why, e);
	return -1;
}

/* Return: 0 when its pid stands in the file, -1 when it has ended or takes too long */
static int wait_until_ready(pid_t pid, int ready)
{
	auto_fd pidfd = sys_pidfd_open(pid, 0);
	struct pollfd p[] = { { .fd = ready, .events = POLLIN },
			      { .fd = pidfd, .events = POLLIN } };
	int n;

	if (pidfd < 0)
		return -1;
	do {
		n = poll(p, ARRAY_SIZE(p), READY_MS);
	} while (n < 0 && errno == EINTR);
	return p[0].revents & POLLIN ? 0 : -1;
}

pid_t pasta_start(const char *program, const char *const *words, pid_t target, int netns,
		  struct err *e)
{
	auto_fd ready = -1, ready_at = -1, said = make_log(e);
	char number[16];
	char *argv[WORDS_MOST] = { (char *)program, (char *)"--foreground",
				   (char *)"--quiet", (char *)"--pid",
				   (char *)"/proc/self/fd/1" };
	int pipes[2];
	size_t n = 5;
	pid_t pid, self = getpid();

	if (said < 0)
		return -1;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	ready = pipes[0];
	ready_at = pipes[1];
	snprintf(number, sizeof(number), "%d", target);
	for (; *words && n < WORDS_MOST - 2; words++)
		argv[n++] = (char *)*words;
	argv[n] = target ? number : NULL;
	if (*words)
		return err_set(e, "too many words for '%s'", program);
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start '%s'", program);
	if (pid == 0) {
		if (child_die_with(self) == 0)
			become_pasta(argv, (int[]){ netns, ready_at, said });
		dprintf(said, "cannot arm the parent-death signal: %s\n",
			strerror(errno));
		_exit(1);
	}
	if (!wait_until_ready(pid, ready))
		return pid;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return say_failed(program, said, e);
}
