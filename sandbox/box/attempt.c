// SPDX-License-Identifier: GPL-3.0-or-later
/* attempt.c - try to reach what lies outside; attempt.h says who asks, and why */
#include "box/attempt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parcel.h"
#include "base/sys.h"
#include "box/look.h"

#define PATIENCE 1000 /* ms for a connection: a packet filter may swallow it */
#define DEEPEST	 64   /* directories to climb */

/* The first line of a file, from its beginning: others have read by the same descriptor.
 * Return: 0, or errno */
static int read_line(int fd, char *out, size_t size)
{
	ssize_t n = fd < 0 ? -1 : pread(fd, out, size - 1, 0);

	if (n < 0)
		return errno;
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

static int try_file(const char *path, char *out)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	return read_line(fd, out, ATTEMPT_TOKEN);
}

/* The root changes, the current directory does not: so it lies outside, where ".." leads
 * past the root (chroot(2)). It is the last that is tried: nothing is where it was */
static int try_climb(const char *path, char *out)
{
	static const char *const below[] = { "usr", "etc", "dev", "tmp" };
	size_t i = 0;

	if (chdir("/") < 0)
		return errno;
	while (i < ARRAY_SIZE(below) && chroot(below[i]) < 0)
		i++;
	if (i == ARRAY_SIZE(below))
		return errno;
	for (int n = 0; n < DEEPEST; n++)
		if (chdir("..") < 0)
			return errno;
	return chroot(".") < 0 ? errno : try_file(path, out);
}

static int try_signal(pid_t pid)
{
	/* In another pid namespace the number may be its own */
	signal(SIGUSR1, SIG_IGN);
	return kill(pid, SIGUSR1) < 0 ? errno : 0;
}

static int try_connect(int sock, const void *to, socklen_t size)
{
	struct pollfd p = { .fd = sock, .events = POLLOUT };
	int code = 0;
	socklen_t len = sizeof(code);

	if (sock < 0)
		return errno;
	if (!connect(sock, to, size))
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (poll(&p, 1, PATIENCE) < 1)
		return ETIMEDOUT;
	return getsockopt(sock, SOL_SOCKET, SO_ERROR, &code, &len) < 0 ? errno : code;
}

static int try_socket(const char *name)
{
	auto_fd sock = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	snprintf(to.sun_path + 1, sizeof(to.sun_path) - 1, "%s", name);
	return try_connect(
		sock, &to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
}

static int try_port(uint16_t port)
{
	auto_fd sock = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };

	return try_connect(sock, &to, sizeof(to));
}

static int try_segment(int id, char *out)
{
	const char *at = shmat(id, NULL, SHM_RDONLY);

	/* What shmat(2) answers where it fails */
	if ((intptr_t)at == -1)
		return errno;
	memcpy(out, at, ATTEMPT_TOKEN);
	out[ATTEMPT_TOKEN - 1] = '\0';
	shmdt(at);
	return 0;
}

static int try_hostname(void)
{
	char name[65] = "";

	if (gethostname(name, sizeof(name) - 1) < 0)
		return errno;
	return sethostname(name, strlen(name)) < 0 ? errno : 0;
}

static int try_clock(void)
{
	const struct timezone none = { .tz_minuteswest = 100000 };

	if (!syscall(SYS_settimeofday, NULL, &none))
		return 0;
	return errno == EINVAL ? 0 : errno;
}

/* --- who it is ---------------------------------------------------------------------- */

static uint32_t count_processes(pid_t highest)
{
	uint32_t n = 0;

	for (pid_t pid = 1; pid <= highest; pid++) {
		auto_fd fd = -1;

		if (kill(pid, 0) < 0 && errno != EPERM)
			continue;
		fd = sys_pidfd_open(pid, 0);
		/* A thread that is not the first of its process: Linux 6.9 says ENOENT,
		 * before it EINVAL */
		n += fd >= 0 || (errno != EINVAL && errno != ENOENT && errno != ESRCH);
	}
	return n;
}

static uint64_t own_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static uint64_t own_namespace(int proc, const char *path)
{
	struct stat st;

	return fstatat(proc, path, &st, 0) < 0 ? 0 : st.st_ino;
}

/* By its own /proc where it has one with that file */
static void read_boot_id(int given, struct attempt *out)
{
	auto_fd own = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (read_line(own, out->boot_id, sizeof(out->boot_id)) &&
	    read_line(given, out->boot_id, sizeof(out->boot_id)))
		*out->boot_id = '\0';
}

/* --- all of it ---------------------------------------------------------------------- */

static void try_all(const struct attempt_order *o, int proc, int boot_id,
		    struct attempt *out)
{
	int32_t *code = out->code;

	read_boot_id(boot_id, out);
	out->uts = own_namespace(proc, "self/ns/uts");
	out->time = own_namespace(proc, "self/ns/time");
	out->caps = own_caps();
	out->processes = count_processes(o->highest);
	code[ATTEMPT_FILE] = try_file(o->file, out->file);
	code[ATTEMPT_SIGNAL] = try_signal(o->pid);
	code[ATTEMPT_SOCKET] = try_socket(o->socket);
	code[ATTEMPT_PORT] = try_port(o->port);
	code[ATTEMPT_SEGMENT] = try_segment(o->segment, out->segment);
	code[ATTEMPT_HOSTNAME] = try_hostname();
	code[ATTEMPT_CLOCK] = try_clock();
	code[ATTEMPT_CLIMB] = code[ATTEMPT_FILE] ? try_climb(o->file, out->climbed) : 0;
}

int attempt_serve(int sock)
{
	struct attempt_order order;
	struct attempt out = { .processes = 0 };
	struct parcel p = { .data = &order, .len = sizeof(order), .count = 2 };
	char end;

	if (parcel_recv(sock, &p, 0) != (ssize_t)sizeof(order) || p.count != 2)
		return -1;
	try_all(&order, p.fd[0], p.fd[1], &out);
	parcel_close(&p);
	if (write(sock, &out, sizeof(out)) != (ssize_t)sizeof(out))
		return -1;
	while (read(sock, &end, sizeof(end)) < 0 && errno == EINTR)
		;
	return 0;
}

int attempt_ask(int sock, const struct attempt_order *order, struct attempt *out,
		pid_t *pid)
{
	struct attempt_order copy = *order;
	const struct parcel p = { .data = &copy,
				  .len = sizeof(copy),
				  .fd = { order->proc, order->boot_id },
				  .count = 2 };
	struct ucred from;
	int on = 1;

	if (setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    parcel_send(sock, &p, 0) < 0)
		return -1;
	if (look_receive(sock, out, sizeof(*out), &from) != (ssize_t)sizeof(*out)) {
		errno = ESRCH;
		return -1;
	}
	out->boot_id[sizeof(out->boot_id) - 1] = '\0';
	out->file[ATTEMPT_TOKEN - 1] = '\0';
	out->climbed[ATTEMPT_TOKEN - 1] = '\0';
	out->segment[ATTEMPT_TOKEN - 1] = '\0';
	*pid = from.pid;
	return 0;
}
