// SPDX-License-Identifier: GPL-3.0-or-later
/* kn.c - checks KN-*: keyrings, locks, and what tells about the host */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SESSION KEY_SPEC_SESSION_KEYRING
#define USER	KEY_SPEC_USER_KEYRING

static long add_key(const char *name, const char *value, int ring)
{
	return syscall(SYS_add_key, "user", name, value, strlen(value), ring);
}

static long search(const char *name, int ring)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, ring, "user", name, 0);
}

/* NAME COMMAND...: in a new session keyring with that key in it */
static void plant(const struct probe *p)
{
	if (p->argc < 2)
		probe_die(p, "NAME COMMAND...");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    add_key(p->argv[0], "secret", SESSION) < 0)
		probe_die(p, "no key");
	execvp(p->argv[1], p->argv + 1);
	probe_die(p, "'%s'", p->argv[1]);
}

/* NAME: read the caller's key by search and by list */
static void steal(const struct probe *p)
{
	const char *name = probe_arg(p, 0, "nook-probe");
	long key = search(name, SESSION);
	char line[256], value[16];
	int listed = 0;
	FILE *f;

	say(p, "search", key);
	say(p, "read",
	    key < 0 ? -1 : syscall(SYS_keyctl, KEYCTL_READ, key, value, sizeof(value)));
	say(p, "request", syscall(SYS_request_key, "user", name, NULL, SESSION));
	f = fopen("/proc/keys", "re");
	while (f && fgets(line, sizeof(line), f))
		listed += strstr(line, name) != NULL;
	if (f)
		fclose(f);
	say_text(p, "listed", "%s", listed ? "yes" : "no");
}

/* add NAME, find NAME, remove NAME: in the user's keyring */
static void user_keyring(const struct probe *p)
{
	const char *what = probe_arg(p, 0, "find"), *name = probe_arg(p, 1, "nook-probe");
	long key;

	if (!strcmp(what, "add")) {
		say(p, "add", add_key(name, "secret", USER));
		return;
	}
	key = search(name, USER);
	say(p, "find", key);
	if (!strcmp(what, "remove"))
		syscall(SYS_keyctl, KEYCTL_UNLINK, key, USER);
}

/* --- locks -------------------------------------------------------------------------- */

/* FILE: each kind of lock that works on a descriptor that only reads */
static void locks(const struct probe *p)
{
	int fd = open(probe_arg(p, 0, "/file"), O_RDONLY);
	struct flock lk = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	if (fd < 0)
		probe_die(p, "'%s'", probe_arg(p, 0, "/file"));
	say(p, "flock", flock(fd, LOCK_EX | LOCK_NB));
	flock(fd, LOCK_UN);
	say(p, "read", fcntl(fd, F_SETLK, &lk));
	lk.l_type = F_WRLCK;
	say(p, "write", fcntl(fd, F_SETLK, &lk));
	/* A lease makes everybody who opens the file wait (fcntl(2), lease-break-time) */
	say(p, "lease", fcntl(fd, F_SETLEASE, F_RDLCK));
	fcntl(fd, F_SETLEASE, F_UNLCK);
	say(p, "high_lease",
	    syscall(SYS_fcntl, fd, 0x100000000L | F_SETLEASE, (long)F_RDLCK));
	fcntl(fd, F_SETLEASE, F_UNLCK);
}

/* FILE: is it locked by somebody? */
static void locked(const struct probe *p)
{
	int fd = open(probe_arg(p, 0, "/file"), O_RDONLY);

	say(p, "flock", flock(fd, LOCK_EX | LOCK_NB));
}

/* --- facts about the host ----------------------------------------------------------- */

static void say_file(const struct probe *p, const char *part, const char *path)
{
	char c;
	int fd = open(path, O_RDONLY);

	say(p, part, fd < 0 ? -1 : read(fd, &c, 1));
	close(fd);
}

static void facts(const struct probe *p)
{
	char buf[16];

	say(p, "klogctl", klogctl(3, buf, sizeof(buf)));
	say(p, "size", klogctl(10, NULL, 0));
	say_file(p, "kmsg", "/dev/kmsg");
	say_file(p, "machine_id", "/etc/machine-id");
	say_file(p, "boot_id", "/proc/sys/kernel/random/boot_id");
	say_file(p, "cmdline", "/proc/cmdline");
	say_file(p, "cpuinfo", "/proc/cpuinfo");
}

const struct check kn_checks[] = {
	{ "KN-01", steal, "NAME" },
	{ "KN-02", user_keyring, "add|find|remove NAME" },
	{ "KN-03", locks, "FILE" },
	{ "KN-03.host", locked, "FILE" },
	{ "KN-04", facts, NULL },
	{ "plant", plant, "NAME COMMAND..." },
	{ 0 },
};
