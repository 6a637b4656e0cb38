// SPDX-License-Identifier: GPL-3.0-or-later
/* idle_net.c - the empty network that a slot keeps for its boxes */
#include "job/idle_net.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/parcel.h"
#include "plan.h"

void idle_net_open(struct idle_net *k, int home)
{
	int fd = geteuid() ? -1 : open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	k->is_there = false;
	k->home = k->net = -1;
	for (size_t i = 0; i < IDLE_NET_FILES; i++)
		k->files[i] = -1;
	if (fd >= 0 && (fd == home || dup3(fd, home, O_CLOEXEC) >= 0))
		k->home = home;
	if (fd >= 0 && fd != home)
		close(fd);
}

/* struct file - @maybe: it may be missing; @has_shared: it has numbers of all networks
 * together */
static const struct file {
	const char *path;
	bool maybe, has_shared;
} files[] = {
	{ .path = "/proc/self/net/dev" },
	{ .path = "/proc/self/net/sockstat", .has_shared = true },
	{ .path = "/proc/self/net/snmp" },
	{ .path = "/proc/self/net/netstat" },
	/* the last, for they are missing in a kernel without IPv6 */
	{ .path = "/proc/self/net/sockstat6", .maybe = true },
	{ .path = "/proc/self/net/snmp6", .maybe = true },
	{ .path = "/proc/self/net/ip6_flowlabel", .maybe = true },
	{ .path = "/proc/self/net/ipv6_route", .maybe = true },
};

_Static_assert(ARRAY_SIZE(files) == IDLE_NET_FILES, "a descriptor for each");
_Static_assert(1 + IDLE_NET_FILES <= PARCEL_FDS, "one datagram has room for all");

/* Of the network of this process */
static bool open_files(struct idle_net *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		k->files[i] = open(files[i].path, O_RDONLY | O_CLOEXEC);
		if (k->files[i] < 0 && !files[i].maybe)
			return false;
	}
	return true;
}

static void leave_out_numbers(char *s, const char *behind)
{
	while ((s = strstr(s, behind))) {
		size_t n = strspn(s += strlen(behind), "0123456789");

		memmove(s, s + n, strlen(s + n) + 1);
	}
}

/* Return: whether all that they tell went into @room, NUL-terminated */
static bool describe(const struct idle_net *k, char *room)
{
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t start = len;
		ssize_t n = 0;

		while (k->files[i] >= 0 &&
		       (n = pread(k->files[i], room + len, IDLE_NET_ROOM - 1 - len,
				  (off_t)(len - start))) > 0)
			len += (size_t)n;
		if (n < 0 || len == IDLE_NET_ROOM - 1)
			return false;
		room[len] = '\0';
		if (!files[i].has_shared)
			continue;
		leave_out_numbers(room + start, " orphan ");
		leave_out_numbers(room + start, " alloc ");
		leave_out_numbers(room + start, " mem ");
		len = start + strlen(room + start);
	}
	return true;
}

static bool set_lo(const char *path, const char *value)
{
	return !file_write(AT_FDCWD, path, value) || errno == ENOENT;
}

/* A job that leaves a multicast group would have the kernel say so later, in the time of
 * the next one; with the old versions of both protocols it does at once or never */
static bool use_old_groups(void)
{
	return set_lo("/proc/sys/net/ipv4/conf/lo/force_igmp_version", "2") &&
	       set_lo("/proc/sys/net/ipv6/conf/lo/force_mld_version", "1");
}

/* As a box does it itself (layer/net.c) */
static bool lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	auto_fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &ifr);
}

static void go_home(struct idle_net *k)
{
	if (k->is_there && k->home >= 0 && setns(k->home, CLONE_NEWNET) < 0)
		_exit(125); /* the next box would have this one's network */
	k->is_there = false;
	if (k->net >= 0)
		close(fd_take(&k->net));
	for (size_t i = 0; i < IDLE_NET_FILES; i++)
		if (k->files[i] >= 0)
			close(fd_take(&k->files[i]));
}

static bool make_here(struct idle_net *k)
{
	if (unshare(CLONE_NEWNET) < 0)
		return false;
	k->is_there = true;
	return use_old_groups() && lo_up() && open_files(k);
}

/* The caller's own id, which boxes have below it */
static bool write_map(const char *path, unsigned int id)
{
	char line[32];

	snprintf(line, sizeof(line), "%u %u 1", id, id);
	return !file_write(AT_FDCWD, path, line);
}

static _Noreturn void make_main(struct idle_net *k, int sock)
{
	struct parcel p = { .data = &(char){ 0 }, .len = 1 };
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ||
	    file_write(AT_FDCWD, "/proc/self/setgroups", "deny") < 0 ||
	    !write_map("/proc/self/uid_map", uid) ||
	    !write_map("/proc/self/gid_map", gid) || !use_old_groups() || !lo_up() ||
	    !open_files(k))
		_exit(1);
	k->net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (k->net < 0)
		_exit(1);
	p.fd[p.count++] = k->net;
	for (size_t i = 0; i < IDLE_NET_FILES && k->files[i] >= 0; i++)
		p.fd[p.count++] = k->files[i];
	_exit(parcel_send(sock, &p, 0) < 0);
}

static bool make_above(struct idle_net *k)
{
	struct parcel p = { .data = &(char){ 0 }, .len = 1, .count = 1 + IDLE_NET_FILES };
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	pid = fork();
	if (!pid)
		make_main(k, ends[1]);
	close(ends[1]);
	if (pid > 0) {
		if (parcel_recv(ends[0], &p, 0) == 1 && p.count) {
			k->is_there = true;
			k->net = fd_take(&p.fd[0]);
			for (int i = 1; i < p.count; i++)
				k->files[i - 1] = fd_take(&p.fd[i]);
		}
		parcel_close(&p);
	}
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return k->is_there;
}

static bool make(struct idle_net *k)
{
	if ((k->home >= 0 ? make_here(k) : make_above(k)) && describe(k, k->was))
		return true;
	go_home(k);
	return false;
}

/* Only a box whose rights end in a user namespace below the one that owns the network: it
 * can set nothing there */
static bool has_no_right(const struct idle_net *k, const struct plan *pl)
{
	if (k->home >= 0)
		return pl->user.order == USER_LAST;
	return geteuid() && pl->user.order == USER_FIRST &&
	       pl->user.writer == MAP_BY_INSIDE && !pl->caps.keep;
}

/* And one that asks for nothing but lo */
static bool may_keep(const struct idle_net *k, const struct plan *pl)
{
	return has_no_right(k, pl) && pl->clone_flags & CLONE_NEWNET &&
	       pl->clone_flags & CLONE_NEWPID && pl->net.mode == PLAN_NET_NONE &&
	       pl->net.lo_up && !pl->net.sysctls.count && !pl->net.publish.count &&
	       !pl->net.allow.count;
}

int idle_net_enter(struct idle_net *k, struct plan *pl)
{
	if (!may_keep(k, pl) || (!k->is_there && !make(k))) {
		go_home(k);
		return 0;
	}
	pl->clone_flags &= ~(uint64_t)CLONE_NEWNET;
	pl->net.lo_up = 0;
	return k->net >= 0 ? k->net : 0;
}

/* A job's first socket of IPv6 may load the module */
static bool has_new_file(const struct idle_net *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (k->files[i] < 0 && !access(files[i].path, F_OK))
			return true;
	return false;
}

void idle_net_look(struct idle_net *k)
{
	char now[IDLE_NET_ROOM];

	if (k->is_there &&
	    (has_new_file(k) || !describe(k, now) || strcmp(now, k->was) != 0))
		go_home(k);
}
