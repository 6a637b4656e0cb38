// SPDX-License-Identifier: GPL-3.0-or-later
/* rs.c - checks RS-*: what a payload can use up without a cgroup */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

/* DIR MOST: write MOST MiB into one file there; how many went in */
static void fill_bytes(const struct probe *p)
{
	static char block[1 << 20];
	const char *dir = probe_arg(p, 0, "/tmp");
	long most = atol(probe_arg(p, 1, "4")), n = 0;
	char path[256];
	int fd, code = 0;

	snprintf(path, sizeof(path), "%s/full", dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0) {
		say(p, "open", -1);
		return;
	}
	signal(SIGXFSZ, SIG_IGN);
	memset(block, 'x', sizeof(block));
	while (n < most && !code) {
		ssize_t got = write(fd, block, sizeof(block));

		code = got < 0 ? errno : got < (ssize_t)sizeof(block) ? ENOSPC : 0;
		n += got == sizeof(block);
	}
	close(fd);
	unlink(path);
	say_errno(p, "write", code);
	say_text(p, "mebibytes", "%ld", n);
}

/* DIR MOST: names of three kinds; how many there was room for */
static void fill_inodes(const struct probe *p)
{
	const char *dir = probe_arg(p, 0, "/tmp");
	long most = atol(probe_arg(p, 1, "100")), n = 0;
	char path[256];
	int code = 0;

	while (n < most && !code) {
		int ret;

		snprintf(path, sizeof(path), "%s/i%ld", dir, n);
		if (n % 3 == 0)
			ret = mknod(path, S_IFREG | 0600, 0);
		else
			ret = n % 3 == 1 ? symlink("x", path) : mkdir(path, 0700);
		code = ret < 0 ? errno : 0;
		n += !code;
	}
	for (long i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/i%ld", dir, i);
		if (remove(path) < 0)
			probe_die(p, "'%s'", path);
	}
	say_errno(p, "create", code);
	say_text(p, "made", "%ld", n);
}

/* Every file system that can be written has an end */
static void sizes(const struct probe *p)
{
	for (int i = 0; i < p->argc; i++) {
		struct statfs fs;

		if (statfs(p->argv[i], &fs) < 0) {
			say(p, p->argv[i], -1);
			continue;
		}
		say_text(p, p->argv[i], "%lu %lu",
			 (unsigned long)(fs.f_blocks * (unsigned long)fs.f_bsize >> 10),
			 (unsigned long)fs.f_files);
	}
}

/* --- descriptors -------------------------------------------------------------------- */

static int by_open(void)
{
	return open("/", O_PATH);
}
static int by_dup(void)
{
	return dup(1);
}
static int by_eventfd(void)
{
	return eventfd(0, 0);
}
static int by_epoll(void)
{
	return epoll_create1(0);
}
static int by_timer(void)
{
	return timerfd_create(CLOCK_MONOTONIC, 0);
}
static int by_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

/* Up to 10,000 of each kind; all are closed again */
static void descriptors(const struct probe *p)
{
	static const struct {
		const char *part;
		int (*make)(void);
	} kinds[] = {
		{ "open", by_open },   { "dup", by_dup },     { "eventfd", by_eventfd },
		{ "epoll", by_epoll }, { "timer", by_timer }, { "socket", by_socket },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = 0, most = 0, code;

		while (most < 10000 && (fd = kinds[i].make()) >= 0)
			most = fd;
		code = fd < 0 ? errno : 0;
		for (int n = 3; n <= most; n++)
			close(n);
		say_errno(p, kinds[i].part, code);
	}
}

/* The caller's own instances: COUNT, then SECONDS of holding them */
static void inotify_instances(const struct probe *p)
{
	long most = atol(probe_arg(p, 0, "1000")), n = 0;

	while (n < most && inotify_init1(IN_CLOEXEC) >= 0)
		n++;
	say_text(p, NULL, "%ld", n);
	sleep((unsigned int)atoi(probe_arg(p, 1, "0")));
}

/* Behind 0 and 1 are files of the host: FILE on stdin, opened to read; one on stdout, to
 * append. Opened anew they would be whatever their modes allow */
static void open_anew(const struct probe *p)
{
	/* To stderr: stdout is the file */
	dprintf(2, "%s.stdin %s\n", p->id,
		open("/proc/self/fd/0", O_WRONLY) < 0 ? errno_name(errno) : "ok");
	dprintf(2, "%s.stdout %s\n", p->id,
		open("/proc/self/fd/1", O_RDONLY) < 0 ? errno_name(errno) : "ok");
}

/* --- file sizes --------------------------------------------------------------------- */

static void write_far(const struct probe *p)
{
	int fd = open(probe_arg(p, 0, "/tmp/far"), O_WRONLY | O_CREAT, 0600);

	if (fd < 0)
		probe_die(p, "no file");
	pwrite(fd, "x", 1, 1LL << 40);
	_exit(0);
}

/* FILE: far beyond rlimits.fsize, and a sparse file as large as numbers go */
static void file_sizes(const struct probe *p)
{
	const char *path = probe_arg(p, 0, "/tmp/far");
	int code = probe_in_child(p, write_far), fd;

	say_text(p, "signal", "%s", code < 0 ? sigabbrev_np(-code) : "none");
	signal(SIGXFSZ, SIG_IGN);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	say(p, "pwrite", pwrite(fd, "x", 1, 1LL << 40));
	say(p, "ftruncate", ftruncate(fd, (1LL << 62)));
	say(p, "fallocate", posix_fallocate(fd, 0, 1LL << 40) ? (errno = EFBIG, -1) : 0);
	close(fd);
	unlink(path);
}

/* --- terminals ---------------------------------------------------------------------- */

/* MOST: open that many; what came of the last, and how many there were */
static void terminals(const struct probe *p)
{
	long most = atol(probe_arg(p, 0, "900")), n = 0;
	int fd = -1;

	while (n < most && (fd = open("/dev/ptmx", O_RDWR | O_NOCTTY)) >= 0)
		n++;
	say(p, "open", fd);
	say_text(p, "opened", "%ld", n);
}

const struct check rs_checks[] = {
	{ "RS-04", fill_bytes, "DIR MEBIBYTES" },
	{ "RS-04.sizes", sizes, "DIR..." },
	{ "RS-05", fill_inodes, "DIR COUNT" },
	{ "RS-07", descriptors, NULL },
	{ "RS-07.inotify", inotify_instances, "COUNT SECONDS" },
	{ "FD-04.anew", open_anew, NULL },
	{ "RS-17", file_sizes, "FILE" },
	{ "RS-18", terminals, "COUNT" },
	{ 0 },
};
