// SPDX-License-Identifier: GPL-3.0-or-later
/* ps.c - checks PS-*: /proc, /sys, devices, clocks, the processes of others */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* Opens for writing, writes nothing */
static int open_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* Every file below a directory, as deep as settings lie: says `ok PATH` for the first
 * that can be opened for writing, else the worst that was said */
static void write_below(const struct probe *p, const char *dir, int depth, int *opened)
{
	char path[PATH_MAX];
	struct dirent *de;
	struct stat st;
	DIR *d = opendir(dir);

	while (d && (de = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		if (de->d_name[0] == '.' || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth)
			write_below(p, path, depth - 1, opened);
		/* Who may write only because it is its own file may do no harm: no one */
		if (S_ISREG(st.st_mode) && open_write(path) >= 0) {
			if (!*opened)
				say_text(p, "first", "%s", path);
			++*opened;
		}
	}
	if (d)
		closedir(d);
}

static void write_settings(const struct probe *p)
{
	static const char *const files[] = {
		"/proc/sysrq-trigger",		"/proc/sys/kernel/core_pattern",
		"/proc/sys/kernel/modprobe",	"/proc/sys/kernel/hostname",
		"/proc/sys/kernel/ns_last_pid", "/proc/sys/user/max_user_namespaces",
		"/proc/sys/vm/drop_caches",	"/proc/sys/fs/binfmt_misc/register",
		"/proc/irq/0/smp_affinity",	"/sys/kernel/uevent_helper",
	};
	static const char *const trees[] = { "/proc/sys", "/proc/irq",	 "/proc/bus",
					     "/proc/fs",  "/sys/kernel", "/sys/fs" };
	int opened = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		say(p, files[i], open_write(files[i]));
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		write_below(p, trees[i], 6, &opened);
	say_text(p, "all", "%s", opened ? "ok" : "none");
}

/* `ok` where something could be read, `empty`, `dir-empty`, or the errno */
static void read_path(const struct probe *p, const char *path)
{
	char room[256];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), entries = 0;
	struct dirent *de;
	struct stat st;
	ssize_t n;
	DIR *d;

	if (fd < 0 || fstat(fd, &st) < 0) {
		say(p, path, -1);
		return;
	}
	if (S_ISDIR(st.st_mode)) {
		d = fdopendir(fd);
		while (d && (de = readdir(d)))
			entries += de->d_name[0] != '.';
		say_text(p, path, "%s", entries ? "ok" : "empty");
		closedir(d);
		return;
	}
	n = read(fd, room, sizeof(room));
	if (n == 0)
		say_text(p, path, "empty");
	else
		say(p, path, n);
	close(fd);
}

static void read_kernel(const struct probe *p)
{
	static const char *const paths[] = {
		"/proc/kcore",
		"/proc/keys",
		"/proc/kallsyms",
		"/proc/timer_list",
		"/proc/sched_debug",
		"/proc/interrupts",
		"/proc/kmsg",
		"/dev/kmsg",
		"/sys/firmware",
		"/sys/devices/virtual/powercap",
		"/sys/devices/system/cpu/cpu0/thermal_throttle",
		"/proc/latency_stats",
		"/proc/acpi",
		"/proc/scsi",
		"/proc/asound",
		"/sys/kernel/security",
		"/sys/kernel/debug",
		"/sys/kernel/tracing",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		read_path(p, paths[i]);
}

/* How many processes there are for us, by each way of asking, and one pid of the host */
static void others(const struct probe *p)
{
	int host = atoi(probe_arg(p, 0, "0")), most = 0, listed = 0, killable = 0;
	char path[64];
	struct dirent *de;
	DIR *d = opendir("/proc");

	while (d && (de = readdir(d)))
		listed += de->d_name[0] >= '1' && de->d_name[0] <= '9';
	if (d)
		closedir(d);
	for (most = 1; most < 4194304 && most < host + 70000; most++)
		killable += !kill(most, 0) || errno == EPERM;
	say_text(p, "listed", "%s", listed <= 3 ? "own" : "more");
	say_text(p, "signals", "%s", killable <= 3 ? "own" : "more");
	if (!host)
		return;
	say(p, "kill", kill(host, 0));
	snprintf(path, sizeof(path), "/proc/%d/status", host);
	say(p, "status", access(path, R_OK));
	say(p, "pidfd", syscall(SYS_pidfd_open, host, 0));
}

static int write_number(const char *path, const char *number)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), code = 0;

	if (fd < 0)
		return errno;
	if (write(fd, number, strlen(number)) < 0)
		code = errno;
	close(fd);
	return code;
}

/* Out of the OOM killer's sight; PID is whom else to spare */
static void no_oom(const struct probe *p)
{
	char path[64];

	say_errno(p, "own", write_number("/proc/self/oom_score_adj", "-1000"));
	snprintf(path, sizeof(path), "/proc/%s/oom_score_adj", probe_arg(p, 0, "1"));
	say_errno(p, "other", write_number(path, "-1000"));
	say_errno(p, "raise-other", write_number(path, "1000"));
	/* What anybody may do, so that it is known that the file was the right one */
	say_errno(p, "raise-own", write_number("/proc/self/oom_score_adj", "500"));
}

static void set_clock(const struct probe *p)
{
	struct timespec now;
	struct timex tick = { 0 };

	/* Never a time that is not now. Outside this is not called: see `tick` */
	clock_gettime(CLOCK_REALTIME, &now);
	if (!strcmp(probe_arg(p, 0, ""), "set"))
		say(p, "settime", clock_settime(CLOCK_REALTIME, &now));
	if (adjtimex(&tick) < 0) {
		say(p, "tick", -1);
	} else {
		tick.modes = ADJ_TICK; /* to what it is */
		say(p, "tick", adjtimex(&tick));
	}
	say_errno(p, "offsets",
		  write_number("/proc/self/timens_offsets", "monotonic 0 0"));
	say(p, "rtc", open("/dev/rtc", O_RDONLY | O_CLOEXEC));
	say(p, "rtc0", open("/dev/rtc0", O_RDONLY | O_CLOEXEC));
}

/* `own` first makes a namespace of our own for that */
static void set_names(const struct probe *p)
{
	if (!strcmp(probe_arg(p, 0, ""), "own"))
		say(p, "unshare", unshare(CLONE_NEWUSER | CLONE_NEWUTS));
	say(p, "host", sethostname("pwned", 5));
	say(p, "domain", setdomainname("pwned", 5));
}

static void have_devices(const struct probe *p)
{
	static const char *const paths[] = {
		"/dev/mem",	     "/dev/port",    "/dev/kvm",
		"/dev/loop-control", "/dev/fuse",    "/dev/net/tun",
		"/dev/vda",	     "/dev/sda",     "/dev/input/event0",
		"/dev/snd/timer",    "/dev/console", "/dev/tty0",
		"/dev/vcs",	     "/dev/kmsg",    "/dev/uinput",
		"/dev/vhost-net",    "/dev/vsock",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		say(p, paths[i], access(paths[i], F_OK));
}

/* With another user id than ours was: what can be seen of the process in argv[0] */
static void other_ids(const struct probe *p)
{
	static const char *const names[] = { "status", "cmdline", "environ", "root",
					     "exe" };
	char path[64], part[64];

	if (p->argc > 1 &&
	    (setgid((gid_t)atoi(p->argv[1])) < 0 || setuid((uid_t)atoi(p->argv[1])) < 0))
		probe_die(p, "cannot be '%s'", p->argv[1]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/proc/%s/%s", probe_arg(p, 0, "1"),
			 names[i]);
		snprintf(part, sizeof(part), "%s", names[i]);
		say(p, part, faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW));
	}
}

const struct check ps_checks[] = {
	{ "PS-01", write_settings, NULL },
	{ "PS-02", read_kernel, NULL },
	{ "PS-03", others, "[HOST-PID]" },
	{ "PS-07", no_oom, "[PID]" },
	{ "PS-09", set_clock, "[set]" },
	{ "PS-10", set_names, "[own]" },
	{ "PS-11", have_devices, NULL },
	{ "PS-12", other_ids, "PID [UID]" },
	{ 0 },
};
