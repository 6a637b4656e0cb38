// SPDX-License-Identifier: GPL-3.0-or-later
/* hosts.c - the hosts file of a network: names of its boxes, one line for each slot
 *
 * Theory of operation. Line i belongs to slot i of the leases (lease.c), whose lock its
 * writers hold. All lines are equally long, with blanks behind; that of a free slot is
 * blank. So a box comes and goes with one write, in a file that every box has bound to
 * its /etc/hosts and that is never replaced: it is current in all of them at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "netns/inner.h"

#define HOSTS_HEAD                                                        \
	"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n" \
	"# boxes on this network; nook keeps these lines\n"

/* Widths of an address, a blank, a name and the newline */
enum { LINE4 = 15 + 1 + 64 + 1, LINE6 = 45 + 1 + 64 + 1 };

static size_t hosts_width(const struct net_def *d)
{
	return (d->v4.family ? LINE4 : 0u) + (d->v6.family ? LINE6 : 0u);
}

static off_t hosts_at(const struct net_def *d, uint32_t slot)
{
	return (off_t)(sizeof(HOSTS_HEAD) - 1 + (slot - 1) * hosts_width(d));
}

static char *put_line(char *to, size_t width, const struct net_prefix *p,
		      const char *name)
{
	char text[NET_TEXT_SIZE];
	int n = 0;

	memset(to, ' ', width);
	if (p && p->family && *name)
		n = snprintf(to, width, "%s %s", net_prefix_text(p, text), name);
	to[n] = ' ';
	to[width - 1] = '\n';
	return to + width;
}

/* The line or lines of a slot; @l NULL = blank */
static size_t put_lines(char *to, const struct net_def *d, const struct net_lease *l)
{
	char *end = to;

	if (d->v4.family)
		end = put_line(end, LINE4, l ? &l->v4 : NULL, l ? l->name : "");
	if (d->v6.family)
		end = put_line(end, LINE6, l ? &l->v6 : NULL, l ? l->name : "");
	return (size_t)(end - to);
}

static int write_at(int fd, const void *buf, size_t len, off_t at)
{
	ssize_t n = pwrite(fd, buf, len, at);

	if (n >= 0 && (size_t)n != len)
		errno = ENOSPC;
	return n >= 0 && (size_t)n == len ? 0 : -1;
}

/* Lines between the end of the file and @slot, blank: a hole would be NUL bytes, which
 * readers of hosts files take for a part of the next line */
static int extend_hosts(int fd, const struct net_def *d, uint32_t slot)
{
	char blank[LINE4 + LINE6];
	size_t width = put_lines(blank, d, NULL);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (!st.st_size) {
		if (write_at(fd, HOSTS_HEAD, sizeof(HOSTS_HEAD) - 1, 0) < 0)
			return -1;
		st.st_size = (off_t)sizeof(HOSTS_HEAD) - 1;
	}
	/* From the start of a line that may be cut */
	for (off_t at = hosts_at(d, 1) +
			(st.st_size - hosts_at(d, 1)) / (off_t)width * (off_t)width;
	     at < hosts_at(d, slot); at += (off_t)width)
		if (write_at(fd, blank, width, at) < 0)
			return -1;
	return 0;
}

/* Boxes of any uid read it through a bind; the directory above keeps others out */
int net_hosts_write(int dir, const struct net_def *d, uint32_t slot,
		    const struct net_lease *l)
{
	char lines[LINE4 + LINE6];
	size_t len = put_lines(lines, d, l);
	auto_fd fd = openat(dir, NET_HOSTS, O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0);

	if (fd < 0 && errno == ENOENT) {
		fd = openat(dir, NET_HOSTS,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd >= 0 && fchmod(fd, 0644) < 0)
			return -1;
	}
	if (fd < 0 || extend_hosts(fd, d, slot) < 0)
		return -1;
	return write_at(fd, lines, len, hosts_at(d, slot));
}
