// SPDX-License-Identifier: GPL-3.0-or-later
/* fs.c - checks FS-*: ways out of the root and into files that a box was not given */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's Landlock version, for the facts of contain.bash; 0 without Landlock */
static void landlock_version(const struct probe *p)
{
	/* landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), landlock(7) */
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	say_text(p, NULL, "%ld", abi < 0 ? 0 : abi);
}

/* The classic climb: a descriptor of the old root, chroot below it, then up and up */
static void climb_out(const struct probe *p)
{
	const char *marker = probe_arg(p, 0, "/etc/hostname");
	const char *below = probe_arg(p, 1, "/tmp/climb");
	int fd = open("/", O_PATH | O_DIRECTORY);

	if (fd < 0 || (mkdir(below, 0700) < 0 && errno != EEXIST))
		probe_die(p, "'%s'", below);
	say(p, "chroot", chroot(below));
	if (fchdir(fd) < 0)
		probe_die(p, "fchdir");
	for (int i = 0; i < 32; i++)
		if (chdir("..") < 0)
			probe_die(p, "chdir");
	say(p, "again", chroot("."));
	/* The host's file, by its name from whatever "/" is now */
	say(p, "marker", access(marker, F_OK));
	if (fchdir(fd) < 0 || (rmdir(below) < 0 && errno != ENOENT))
		probe_die(p, "cannot clear '%s'", below);
}

const struct check fs_checks[] = {
	{ "landlock", landlock_version, NULL },
	{ "FS-01", climb_out, "[MARKER [DIR]]" },
	{ 0 },
};
