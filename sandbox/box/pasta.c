// SPDX-License-Identifier: GPL-3.0-or-later
/* pasta.c - start pasta(1) for a network namespace, and know when it serves it */
#include "box/pasta.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"

#define WORDS_MOST 128
#define READY_MS   10000 /* as a rule it takes 25 */

/* Both ends are ours alone. Return: 0, -1 and @e */
static int make_pipe(int *reader, int *writer, struct err *e)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(e, "cannot make a pipe");
	*reader = pipes[0];
	*writer = pipes[1];
	return 0;
}

/* Ignored signals would stay so: without SIGPIPE pasta ends at once */
static void become_pasta(char *const *argv, int said, pid_t parent)
{
	char *const no_environment[] = { NULL };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1); /* it died before the signal was armed */
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(said, 2);
	execve(argv[0], argv, no_environment);
	dprintf(2, "%s\n", strerror(errno));
	_exit(127);
}

/* Its last line is the reason; those before say what it does */
static int say_failed(const char *program, int said, struct err *e)
{
	char buf[4096], *last = buf;
	ssize_t n = read(said, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	for (char *at = buf; *at; at += strcspn(at, "\n") + (strchr(at, '\n') != NULL))
		if (!strstr(at, "syslog") ||
		    strcspn(at, "\n") < (size_t)(strstr(at, "syslog") - at))
			last = at;
	last[strcspn(last, "\n")] = '\0';
	err_set(e, "'%s' cannot link to the host's network: %s", program,
		*last ? last : "it ended without a word");
	if (strstr(buf, "tun"))
		err_hint(e, "it opens /dev/net/tun, which must be there and writable "
			    "for you: as root, modprobe tun; chmod 666 /dev/net/tun");
	return -1;
}

/* Return: 0 when its pid stands in the file, -1 when it has ended or takes too long */
static int wait_until_ready(pid_t pid, int ready)
{
	auto_fd pidfd = sys_pidfd_open(pid, 0);
	struct pollfd p[] = { { .fd = ready, .events = POLLIN },
			      { .fd = pidfd, .events = POLLIN } };
	int n;

	do {
		n = poll(p, ARRAY_SIZE(p), READY_MS);
	} while (n < 0 && errno == EINTR);
	return p[0].revents & POLLIN ? 0 : -1;
}

pid_t pasta_start(const char *program, const char *const *words, pid_t target,
		  struct err *e)
{
	auto_fd ready = -1, ready_at = -1, said = -1, said_at = -1;
	char file[64], number[16];
	char *argv[WORDS_MOST] = { (char *)program, (char *)"--foreground",
				   (char *)"--quiet", (char *)"--pid", file };
	size_t n = 5;
	pid_t pid, self = getpid();

	if (make_pipe(&ready, &ready_at, e) < 0 || make_pipe(&said, &said_at, e) < 0)
		return -1;
	snprintf(file, sizeof(file), "/proc/%d/fd/%d", self, ready_at);
	snprintf(number, sizeof(number), "%d", target);
	for (; *words && n < WORDS_MOST - 2; words++)
		argv[n++] = (char *)*words;
	argv[n] = number;
	if (*words)
		return err_set(e, "too many words for '%s'", program);
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start '%s'", program);
	if (pid == 0)
		become_pasta(argv, said_at, self);
	if (!wait_until_ready(pid, ready))
		return pid;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return say_failed(program, said, e);
}
