// SPDX-License-Identifier: GPL-3.0-or-later
/* look.c - what the kernel tells a process of itself; look.h says who asks, and where */
#include "box/look.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/text.h"

#define MOST (4u << 20) /* bytes of one file of /proc */

static const char *const spaces[LOOK_NS] = { "user", "mnt", "pid",	 "net",
					     "uts",  "ipc", "cgroup", "time" };

/* --- lists ------------------------------------------------------------------------- */

/* One more entry of a list, whole or not at all */
static __attribute__((format(printf, 3, 4))) void add(char *list, size_t size,
						      const char *fmt, ...)
{
	size_t len = strlen(list);
	char one[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(one, sizeof(one), fmt, ap);
	va_end(ap);
	if (len + strlen(one) + 3 <= size)
		snprintf(list + len, size - len, "%s%s", len ? ", " : "", one);
}

static bool is_proc(int fd)
{
	struct statfs fs;

	return fd >= 0 && !fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;
}

static int open_proc(void)
{
	auto_fd fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return is_proc(fd) ? fd_take(&fd) : -1;
}

/* --- links, addresses, routes ------------------------------------------------------ */

static int prefix_length(const struct sockaddr *mask)
{
	const unsigned char *p = (const unsigned char *)mask->sa_data;
	size_t size = 4;
	int bits = 0;

	if (mask->sa_family == AF_INET6) {
		p = ((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr.s6_addr;
		size = 16;
	} else {
		p += offsetof(struct sockaddr_in, sin_addr) -
		     offsetof(struct sockaddr, sa_data);
	}
	for (size_t i = 0; i < size; i++)
		bits += __builtin_popcount(p[i]);
	return bits;
}

static void add_address(const struct ifaddrs *a, struct look *out)
{
	char text[INET6_ADDRSTRLEN];
	const void *raw;

	if (a->ifa_addr->sa_family == AF_INET)
		raw = &((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr;
	else
		raw = &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)
			       ->sin6_addr;
	if (!a->ifa_netmask ||
	    !inet_ntop(a->ifa_addr->sa_family, raw, text, sizeof(text)))
		return;
	add(out->addresses, sizeof(out->addresses), "%s/%d (%s)", text,
	    prefix_length(a->ifa_netmask), a->ifa_name);
}

static void look_links(struct look *out)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		int family = a->ifa_addr ? a->ifa_addr->sa_family : AF_UNSPEC;

		if (family == AF_PACKET)
			add(out->links, sizeof(out->links), "%s %s", a->ifa_name,
			    a->ifa_flags & IFF_UP ? "up" : "down");
		else if (family == AF_INET || family == AF_INET6)
			add_address(a, out);
	}
	freeifaddrs(all);
}

/* proc_net(5): "Iface Destination Gateway Flags ... Mask ...", addresses as the machine
 * has them in memory, in hex */
static void look_routes(int proc, struct look *out)
{
	auto_text t = { 0 };
	char *line, *save = NULL;

	if (file_read(proc, "self/net/route", &t, MOST) < 0 || !t.s)
		return;
	strtok_r(t.s, "\n", &save); /* the headings */
	while ((line = strtok_r(NULL, "\n", &save))) {
		char link[IFNAMSIZ], to[INET_ADDRSTRLEN], by[INET_ADDRSTRLEN];
		unsigned int dest, gateway, mask;

		if (sscanf(line, "%15s %x %x %*x %*d %*d %*d %x", link, &dest, &gateway,
			   &mask) != 4 ||
		    !inet_ntop(AF_INET, &dest, to, sizeof(to)) ||
		    !inet_ntop(AF_INET, &gateway, by, sizeof(by)))
			continue;
		snprintf(to + strlen(to), sizeof(to) - strlen(to), "/%d",
			 __builtin_popcount(mask));
		add(out->routes, sizeof(out->routes), "%s%s%s (%s)",
		    mask ? to : "default", gateway ? " by " : "", gateway ? by : "",
		    link);
	}
}

/* --- mounts, root, processes, cgroup ----------------------------------------------- */

/* The type of the file system that lies at /: the last such line covers the others. The
 * path is the fifth word, the type stands behind " - " (proc_pid_mountinfo(5)) */
static void look_mounts(int proc, struct look *out)
{
	auto_text t = { 0 };
	char *line, *save = NULL;
	struct stat st;

	if (!stat("/", &st)) {
		out->root_dev = st.st_dev;
		out->root_ino = st.st_ino;
	}
	out->mounts = LOOK_UNKNOWN;
	if (file_read(proc, "self/mountinfo", &t, MOST) < 0)
		return;
	out->mounts = 0;
	for (line = t.s ? strtok_r(t.s, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char at[8] = "";
		const char *type = strstr(line, " - ");

		out->mounts++;
		if (type && sscanf(line, "%*d %*d %*s %*s %7s", at) == 1 &&
		    !strcmp(at, "/"))
			sscanf(type, " - %31s", out->root);
	}
}

static void look_processes(struct look *out)
{
	auto_fd fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = NULL;
	const struct dirent *entry;

	out->processes = LOOK_UNKNOWN;
	if (!is_proc(fd))
		return;
	d = fdopendir(fd);
	if (!d)
		return;
	fd_take(&fd);
	out->processes = 0;
	while ((entry = readdir(d)))
		out->processes += isdigit((unsigned char)*entry->d_name) != 0;
}

/* "0::/path" is v2's line; a v1 host has one for each hierarchy (cgroups(7)) */
void look_cgroup_path(const char *file, char *out, size_t size)
{
	*out = '\0';
	for (const char *line = file; line && *line;) {
		const char *path = strchr(line, ':');

		path = path ? strchr(path + 1, ':') : NULL;
		if (!path)
			return;
		/* The longest: a box has a leaf only where it has a limit */
		if (strcspn(path + 1, "\n") > strlen(out))
			snprintf(out, size, "%.*s", (int)strcspn(path + 1, "\n"),
				 path + 1);
		line = strchr(path, '\n');
		line += line != NULL;
	}
}

static void look_cgroup(int proc, struct look *out)
{
	auto_text t = { 0 };

	if (!file_read(proc, "self/cgroup", &t, MOST))
		look_cgroup_path(text_str(&t), out->cgroup, sizeof(out->cgroup));
}

static void look_spaces(int proc, struct look *out)
{
	for (size_t i = 0; i < LOOK_NS; i++) {
		struct stat st;
		char path[24];

		snprintf(path, sizeof(path), "self/ns/%s", spaces[i]);
		if (!fstatat(proc, path, &st, 0))
			out->ns[i] = st.st_ino;
	}
}

void look_box(int proc, struct look *out)
{
	auto_fd own = proc < 0 ? open_proc() : -1;

	if (proc < 0)
		proc = own;
	if (gethostname(out->hostname, sizeof(out->hostname)) < 0)
		*out->hostname = '\0';
	look_links(out);
	look_processes(out);
	if (proc < 0)
		return;
	look_routes(proc, out);
	look_mounts(proc, out);
	look_cgroup(proc, out);
	look_spaces(proc, out);
}

struct look *look_new(int proc)
{
	struct look *look = calloc(1, sizeof(*look));

	if (look)
		look_box(proc, look);
	return look;
}

/* --- the process ------------------------------------------------------------------- */

void look_rights(struct look *out)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	out->caps = LOOK_UNKNOWN;
	if (!syscall(SYS_capget, &head, data))
		out->caps = (uint64_t)data[1].effective << 32 | data[0].effective;
	out->bounding = 0;
	/* An error is the end of those that the kernel knows */
	for (unsigned long cap = 0, has; cap < 64; cap++) {
		has = (unsigned long)prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		if (has > 1)
			break;
		out->bounding |= (uint64_t)has << cap;
	}
	out->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	out->seccomp = (uint32_t)prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
}

void look_process(struct look *out)
{
	struct stat st;
	auto_fd proc = -1;

	out->pid = (int32_t)syscall(SYS_getpid);
	out->uid = (uint32_t)syscall(SYS_geteuid);
	out->gid = (uint32_t)syscall(SYS_getegid);
	look_rights(out);
	for (int i = 0; i < LOOK_LIMITS; i++) {
		uint64_t limit[2] = { LOOK_UNKNOWN, LOOK_UNKNOWN };

		/* The type of its number is another in each C library */
		syscall(SYS_prlimit64, 0, i, NULL, limit);
		out->soft[i] = limit[0];
		out->hard[i] = limit[1];
	}
	out->clock = (int64_t)(clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_REALTIME));
	if (syscall(SYS_getcwd, out->cwd, sizeof(out->cwd)) < 0)
		*out->cwd = '\0';
	/* Root enters it as the last: stat(2) is no open that Landlock could refuse */
	proc = open_proc();
	if (proc >= 0 && !fstatat(proc, "self/ns/user", &st, 0))
		out->ns[0] = st.st_ino;
}

int look_send(const struct look *look)
{
	char end;

	if (write(LOOK_FD, look, sizeof(*look)) != (ssize_t)sizeof(*look))
		return -1;
	while (read(LOOK_FD, &end, sizeof(end)) < 0 && errno == EINTR)
		;
	return 0;
}

ssize_t look_receive(int sock, void *buf, size_t size, struct ucred *from)
{
	struct iovec iov = { buf, size };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;
	ssize_t n;

	do {
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	c = CMSG_FIRSTHDR(&m);
	*from = (struct ucred){ 0 };
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
		memcpy(from, CMSG_DATA(c), sizeof(*from));
	return n;
}

void look_end_texts(struct look *look)
{
	look->root[sizeof(look->root) - 1] = '\0';
	look->hostname[sizeof(look->hostname) - 1] = '\0';
	look->links[sizeof(look->links) - 1] = '\0';
	look->addresses[sizeof(look->addresses) - 1] = '\0';
	look->routes[sizeof(look->routes) - 1] = '\0';
	look->cgroup[sizeof(look->cgroup) - 1] = '\0';
	look->cwd[sizeof(look->cwd) - 1] = '\0';
}
