// SPDX-License-Identifier: GPL-3.0-or-later
/* lookup.c - the process beside a box that looks up the names of network.allow */
#include "box/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/rights.h"
#include "netns/net.h"

static void look_up(const char *name, struct lookup_answer *a)
{
	const char *why = "";
	int n = net_lookup(name, a->at, LOOKUP_MOST, &why);

	a->count = n > 0 ? (uint32_t)n : 0;
	snprintf(a->why, sizeof(a->why), "%s", why);
}

/* Return: false when nobody listens any more */
static bool look_up_all(const struct plan *pl, int sock)
{
	struct lookup_answer a = { 0 };

	for (const struct plan_allow *w = NULL; (w = plan_each(pl, &pl->net.allow, w));) {
		if (!w->name)
			continue;
		look_up(plan_text(pl, w->name), &a);
		if (send(sock, &a, sizeof(a), MSG_NOSIGNAL) < 0)
			return false;
		a.name++;
	}
	return true;
}

/* Return: false when the keeper has ended meanwhile */
static bool wait_for_next(const struct plan *pl, int sock)
{
	struct pollfd p = { .fd = sock };
	int n;

	do {
		n = poll(&p, 1, (int)(pl->net.refresh / 1000000));
	} while (n < 0 && errno == EINTR);
	return !n;
}

/* 0 to 2 lead nowhere: what a module of nsswitch.conf opens or says must not take their
 * place. Return: 0, -1 and errno */
static int keep_socket(int sock)
{
	int null;

	if (rights_keep_fds(&sock, 1) < 0)
		return -1;
	do {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (null >= 0 && null < 2);
	return null < 0 ? -1 : 0;
}

static void lookup_main(const struct plan *pl, int sock, pid_t keeper)
	__attribute__((noreturn));

static void lookup_main(const struct plan *pl, int sock, pid_t keeper)
{
	rights_die_with(keeper);
	prctl(PR_SET_NAME, "nook-lookup", 0, 0, 0);
	sock = fcntl(sock, F_DUPFD_CLOEXEC, 3);
	if (sock < 0 || keep_socket(sock) < 0 || rights_drop(true) < 0)
		_exit(1);
	rights_die_with(keeper);
	while (look_up_all(pl, sock) && wait_for_next(pl, sock))
		;
	_exit(0);
}

int lookup_start(const struct plan *pl, pid_t *pid, struct err *e)
{
	auto_fd ours = -1, theirs = -1;
	pid_t keeper = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	*pid = fork();
	if (*pid < 0) {
		*pid = 0;
		return err_sys(e, "cannot make the process that looks up names");
	}
	if (!*pid)
		lookup_main(pl, theirs, keeper);
	return fd_take(&ours);
}
