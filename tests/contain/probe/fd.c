// SPDX-License-Identifier: GPL-3.0-or-later
/* fd.c - checks FD-*: descriptors, the terminal of the caller, the processes of nook */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The numbers that are open, without /proc */
static void open_numbers(const struct probe *p)
{
	char text[256] = "";
	size_t len = 0;

	for (int fd = 0; fd < 70000; fd++)
		if (fcntl(fd, F_GETFD) >= 0 && len < sizeof(text) - 8)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %d",
						fd);
	say_text(p, "open", "%s", text + (len > 0));
}

/* Not a try: opens things of every kind on far numbers, lowers the limit below most of
 * them, and becomes the command */
static void with_fds(const struct probe *p)
{
	static const int numbers[] = { 3, 9, 251, 1023, 1500, 60000 };
	struct rlimit many;
	int pair[2], made[6];

	getrlimit(RLIMIT_NOFILE, &many);
	many.rlim_cur = many.rlim_max;
	setrlimit(RLIMIT_NOFILE, &many);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	made[0] = open("/", O_RDONLY | O_DIRECTORY);
	made[1] = open("/etc/passwd", O_RDONLY);
	made[2] = pair[0];
	made[3] = (int)syscall(SYS_pidfd_open, getpid(), 0);
	made[4] = memfd_create("leak", 0);
	made[5] = open("/", O_PATH | O_DIRECTORY);
	/* Out of the way of the numbers first */
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		made[i] = fcntl(made[i], F_DUPFD, 300);
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (made[i] < 0 || (dup2(made[i], numbers[i]) < 0 && errno != EBADF))
			probe_die(p, "descriptor %d", numbers[i]);
	many.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &many);
	execv(p->argv[0], p->argv);
	probe_die(p, "'%s'", p->argv[0]);
}

/* Not a try: makes the system call of this number fail with ENOSYS, as an old kernel
 * would, and becomes the command */
static void without(const struct probe *p)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)atoi(p->argv[0]), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };

	if (p->argc < 2)
		probe_die(p, "a number and a command");
	/* Root needs no promise for a filter, and keeps its rights */
	if (geteuid() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		probe_die(p, "no_new_privs");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		probe_die(p, "filter");
	execv(p->argv[1], p->argv + 1);
	probe_die(p, "'%s'", p->argv[1]);
}

/* The flags of 0, 1 and 2, and the mode of the terminal: changed, and left like that */
static void change_stdio(const struct probe *p)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	struct termios raw;

	for (int fd = 0; fd < 3; fd++) {
		/* stdout last: what is said must still come out */
		int flags = fcntl(fd, F_GETFL);

		say(p, names[fd], fcntl(fd, F_SETFL, flags | O_NONBLOCK | O_APPEND));
		if (!tcgetattr(fd, &raw)) {
			cfmakeraw(&raw);
			tcsetattr(fd, TCSANOW, &raw);
		}
	}
	if (!strcmp(probe_arg(p, 0, ""), "die"))
		kill(getpid(), SIGKILL);
}

/* Everything that gives power over another process; the pid is init's unless it is
 * said */
static void rob(const struct probe *p)
{
	pid_t pid = atoi(probe_arg(p, 0, "1"));
	char path[64], room[64];
	struct iovec local = { room, sizeof(room) },
		     remote = { (void *)rob, sizeof(room) };
	ssize_t n;
	int fd;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, room, sizeof(room));
	say(p, "exe", n);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	say(p, "fd", d ? 0 : -1);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	say(p, "mem", open(path, O_RDWR | O_CLOEXEC));
	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	say(p, "environ", fd);
	snprintf(path, sizeof(path), "/proc/%d/root/", pid);
	say(p, "root", access(path, F_OK));
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	say(p, "ns", open(path, O_RDONLY | O_CLOEXEC));
	say(p, "readv", process_vm_readv(pid, &local, 1, &remote, 1, 0));
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	say(p, "getfd", fd < 0 ? -1 : syscall(SYS_pidfd_getfd, fd, 0, 0));
	say(p, "ptrace", ptrace(PTRACE_SEIZE, pid, 0, 0));
}

/* A way to the program of any process here that is not this one's program */
static int other_program(void)
{
	struct stat own, st;
	char path[64];
	int fd, code = ENOENT;

	if (stat("/proc/self/exe", &own) < 0)
		return -1;
	for (int pid = 1; pid < 1000; pid++) {
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		fd = open(path, O_PATH | O_CLOEXEC);
		if (fd >= 0 && !fstat(fd, &st) && st.st_ino != own.st_ino)
			return fd;
		if (fd >= 0)
			close(fd);
		else if (errno != ENOENT)
			code = errno;
	}
	errno = code;
	return -1;
}

/* Keeps a way to the program of process PID, or of any `other`, and tries to write it
 * once nobody runs it any more */
static void write_program(const struct probe *p)
{
	const char *pid = probe_arg(p, 0, "self");
	int tries = atoi(probe_arg(p, 1, "50")), fd, to, code = EACCES;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	fd = strcmp(pid, "other") ? open(path, O_PATH | O_CLOEXEC) : other_program();
	say(p, "reach", fd);
	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (int i = 0; i < tries; i++) {
		to = open(path, O_WRONLY | O_CLOEXEC);
		if (to >= 0) {
			code = 0;
			break;
		}
		code = errno;
		usleep(100000);
	}
	say_errno(p, "write", code);
}

/* Where we stand, and what is above */
static void stand(const struct probe *p)
{
	char path[512] = "";

	for (int i = 0; i < 40; i++)
		strcat(path, "../");
	strcat(path, probe_arg(p, 0, "/nothing") + 1);
	say(p, "marker", access(path, F_OK));
}

/* What lies on numbers 3 and up: the inode numbers, to be compared outside */
static void inodes(const struct probe *p)
{
	struct stat st;
	char part[16];

	for (int fd = 3; fd < 3 + atoi(probe_arg(p, 0, "3")); fd++) {
		snprintf(part, sizeof(part), "%d", fd);
		if (fstat(fd, &st) < 0)
			say(p, part, -1);
		else
			say_text(p, part, "%lu", (unsigned long)st.st_ino);
	}
	open_numbers(p);
}

/* What init says to its keeper, on a socket that we take from init: we are what init
 * could be once a box has taken it over. Needs to be root. */
static int take_socket(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), type, fd;
	socklen_t len = sizeof(type);

	for (int i = 0; i < 32; i++) {
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, i, 0);
		if (fd < 0)
			continue;
		if (!getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
		    type == SOCK_SEQPACKET)
			return fd;
		close(fd);
	}
	return -1;
}

static long send_fds(int sock, const void *text, size_t size)
{
	union {
		char room[CMSG_SPACE(200 * sizeof(int))];
		struct cmsghdr align;
	} ctl = { 0 };
	struct iovec iov = { (void *)text, size };
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ctl.room,
		.msg_controllen = sizeof(ctl.room),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(200 * sizeof(int));
	return sendmsg(sock, &mh, MSG_NOSIGNAL);
}

static void lie(const struct probe *p)
{
	static char room[1 << 20];
	const char *kind = probe_arg(p, 1, "");
	size_t size = !strcmp(kind, "huge")   ? sizeof(room)
		      : !strcmp(kind, "byte") ? 1
					      : 64;
	int sock = take_socket(atoi(probe_arg(p, 0, "0"))), size_most = 4 << 20;
	long n, sent = 0, most = !strcmp(kind, "few") ? 3 : 1000000;

	if (sock < 0)
		probe_die(p, "no socket of init");
	setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size_most, sizeof(size_most));
	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = (char)(i * 7 + 3);
	if (!strcmp(kind, "shutdown")) {
		say(p, kind, shutdown(sock, SHUT_RDWR));
		return;
	}
	for (n = 0; n >= 0 && sent < most; sent += n >= 0)
		n = !strcmp(kind, "fds") ? send_fds(sock, room, size)
					 : send(sock, room, size, MSG_NOSIGNAL);
	say_text(p, kind, "%s", n < 0 ? errno_name(errno) : "sent");
}

const struct check fd_checks[] = {
	{ "FD-01", open_numbers, NULL },
	{ "with-fds", with_fds, "COMMAND..." },
	{ "without", without, "NUMBER COMMAND..." },
	{ "FD-05", change_stdio, "[die]" },
	{ "FD-06", rob, "[PID]" },
	{ "FD-07", write_program, "[PID [TRIES]]" },
	{ "FD-08", stand, "MARKER" },
	{ "FD-11", inodes, "[COUNT]" },
	{ "FD-12", lie, "INIT few|garbage|byte|huge|fds|shutdown" },
	{ 0 },
};
