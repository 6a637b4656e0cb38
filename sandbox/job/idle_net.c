// SPDX-License-Identifier: GPL-3.0-or-later
/* idle_net.c - the empty network that a slot keeps for its boxes */
#include "job/idle_net.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "plan.h"

void idle_net_open(struct idle_net *k, int home)
{
	int fd = geteuid() ? -1 : open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	k->is_there = false;
	k->home = -1;
	for (size_t i = 0; i < IDLE_NET_FILES; i++)
		k->files[i] = -1;
	if (fd >= 0 && (fd == home || dup3(fd, home, O_CLOEXEC) >= 0))
		k->home = home;
	if (fd >= 0 && fd != home)
		close(fd);
}

/* struct file - @maybe: it may be missing; @has_shared: numbers of all networks together are
 * in it */
static const struct file {
	const char *path;
	bool maybe, has_shared;
} files[] = {
	{ .path = "/proc/self/net/dev" },
	{ .path = "/proc/self/net/sockstat", .has_shared = true },
	{ .path = "/proc/self/net/sockstat6", .maybe = true }, /* a kernel without IPv6 */
	{ .path = "/proc/self/net/snmp" },
	{ .path = "/proc/self/net/netstat" },
};

_Static_assert(ARRAY_SIZE(files) == IDLE_NET_FILES, "a descriptor for each");

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

/* As a box does it itself (layer/net.c) */
static bool lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	auto_fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &ifr);
}

static void go_home(struct idle_net *k)
{
	if (k->is_there && setns(k->home, CLONE_NEWNET) < 0)
		_exit(125); /* the next box would have this one's network */
	k->is_there = false;
	for (size_t i = 0; i < IDLE_NET_FILES; i++)
		if (k->files[i] >= 0)
			close(fd_take(&k->files[i]));
}

static bool make(struct idle_net *k)
{
	if (unshare(CLONE_NEWNET) < 0)
		return false;
	k->is_there = true;
	if (lo_up() && open_files(k) && describe(k, k->was))
		return true;
	go_home(k);
	return false;
}

/* Only a box whose rights end in a user namespace below the one that owns the network: it
 * can set nothing there; and one that asks for nothing but lo */
static bool may_keep(const struct idle_net *k, const struct plan *pl)
{
	return k->home >= 0 && pl->user.order == USER_LAST &&
	       pl->clone_flags & CLONE_NEWNET && pl->clone_flags & CLONE_NEWPID &&
	       pl->net.mode == PLAN_NET_NONE && pl->net.lo_up && !pl->net.sysctls.count &&
	       !pl->net.publish.count && !pl->net.allow.count;
}

void idle_net_enter(struct idle_net *k, struct plan *pl)
{
	if (!may_keep(k, pl) || (!k->is_there && !make(k))) {
		go_home(k);
		return;
	}
	pl->clone_flags &= ~(uint64_t)CLONE_NEWNET;
	pl->net.lo_up = 0;
}

void idle_net_look(struct idle_net *k)
{
	char now[IDLE_NET_ROOM];

	if (k->is_there && (!describe(k, now) || strcmp(now, k->was) != 0))
		go_home(k);
}
