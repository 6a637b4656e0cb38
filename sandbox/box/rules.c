// SPDX-License-Identifier: GPL-3.0-or-later
/* rules.c - give the packet filter of a router its rules, from a program that cannot */
#include "box/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "box/program.h"
#include "netns/net.h"

/* Exec of an ordinary user drops every capability but the ambient ones */
static int keep_net_admin(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	data[0].inheritable |= 1u << CAP_NET_ADMIN;
	if (syscall(SYS_capset, &head, data) < 0)
		return -1;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
}

static void start(const char *state, const char *store, int say)
{
	char *argv[] = { (char *)RULES_NAME, (char *)state, (char *)store, NULL };
	struct err e = { 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		err_sys(&e, "cannot arm the parent-death signal");
	else if (keep_net_admin() < 0)
		err_sys(&e, "cannot keep CAP_NET_ADMIN for the rules of networks");
	else if (dup2(say, 1) < 0)
		_exit(1);
	else
		program_full(argv, &e);
	_exit(write(say, &e, sizeof(e)) == (ssize_t)sizeof(e));
}

static int repair(const char *state, const char *store, struct err *e)
{
	auto_fd hear = -1, say = -1;
	int pipes[2], status;
	struct err why;
	pid_t pid;
	ssize_t n;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	hear = pipes[0];
	say = pipes[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start a process for the rules of networks");
	if (pid == 0)
		start(state, store, say);
	close(fd_take(&say));
	do {
		n = read(hear, &why, sizeof(why));
	} while (n < 0 && errno == EINTR);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!n && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (n != (ssize_t)sizeof(why))
		return err_set(e, "the process for the rules of networks died");
	*e = why;
	return -1;
}

int rules_ready(const struct net_def *d, const char *state, const char *store,
		struct err *e)
{
	int ready = net_router_ready(d, e);

	if (ready)
		return ready < 0 ? -1 : 0;
	return repair(state, store, e);
}

/* Return: where the settings of before are noted; -1: nowhere */
static int open_notes(const char *store)
{
	auto_fd dir = store ? open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return dir < 0 ? -1 : net_run_open(dir, true, NULL);
}

void rules_main(char **argv)
{
	static const char no[] = "nook: '" RULES_NAME "' is started by nook itself\n";
	struct err e = { 0 };
	struct stat st;
	int state;

	if (fstat(1, &st) < 0 || !S_ISFIFO(st.st_mode)) {
		fd_write_all(2, no, sizeof(no) - 1);
		_exit(2);
	}
	state = net_state_open(argv[1], false, &e);

	if (state == -2)
		err_set(&e, "there are no networks in '%s'", argv[1]);
	if (state >= 0 && !net_router_repair(state, open_notes(argv[2]), &e))
		_exit(0);
	_exit(write(1, &e, sizeof(e)) < 0 ? 2 : 1);
}
