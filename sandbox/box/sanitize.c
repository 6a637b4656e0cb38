// SPDX-License-Identifier: GPL-3.0-or-later
/* sanitize.c - the state of the own process that everything else assumes */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "box/box.h"

/* real-time ones are ignored by nobody in practice, and by no default */
#define LAST_SIGNAL 31

/* A directory on one of the three is a way to the host's tree (facts.md) */
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

int box_sanitize(int preserve, struct err *e)
{
	struct sigaction sa;

	if (check_stdio(e) < 0 || close_others(preserve, e) < 0)
		return -1;
	for (int sig = 1; sig <= LAST_SIGNAL; sig++)
		if (sigaction(sig, NULL, &sa) < 0 ||
		    (sa.sa_handler == SIG_IGN && signal(sig, SIG_DFL) == SIG_ERR))
			return err_sys(e, "cannot put signal %d back to its default",
				       sig);
	return 0;
}
