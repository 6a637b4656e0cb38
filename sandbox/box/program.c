// SPDX-License-Identifier: GPL-3.0-or-later
/* program.c - which of the two programs this is, and how to become the other */
#include "box/program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

int program_dir(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);
	char *slash;

	if (n <= 0)
		return -1;
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	if (!slash)
		return -1;
	*slash = '\0';
	return 0;
}

/* Beside this one in a build tree, else where it was installed. Returns on failure */
static void become(const char *name, const char *installed, char **argv)
{
	char dir[PATH_MAX - 16], path[PATH_MAX];

	if (!program_dir(dir, sizeof(dir))) {
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		execv(path, argv);
	}
	execv(installed, argv);
}

#ifdef NOOK_FULL
bool program_is_full(void)
{
	return true;
}

int program_need_full(char **argv, struct err *e)
{
	(void)argv, (void)e;
	return 0;
}

int program_full(char **argv, struct err *e)
{
	execv("/proc/self/exe", argv);
	return err_sys(e, "cannot start nook's own file again");
}

/* If need be this one does */
int program_light(char **argv, struct err *e)
{
	become("nook", NOOK_BINDIR "/nook", argv);
	return program_full(argv, e);
}
#else
bool program_is_full(void)
{
	return false;
}

int program_need_full(char **argv, struct err *e)
{
	return program_full(argv, e);
}

int program_full(char **argv, struct err *e)
{
	become("nook-full", NOOK_LIBEXECDIR "/nook-full", argv);
	err_sys(e, "this needs '%s', which cannot be run", NOOK_LIBEXECDIR "/nook-full");
	return err_hint(e, "install nook whole: make install");
}
#endif
