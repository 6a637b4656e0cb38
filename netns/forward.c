// SPDX-License-Identifier: GPL-3.0-or-later
/* forward.c - the kernel's settings that a router needs, and what they were before
 *
 * Theory of operation. What is not as it must be is first noted in the file `.settings`
 * of the runtime directory, one "PATH VALUE" a line with its old value, and then written.
 * So whoever is killed in between leaves at worst a note of what is so already. A setting
 * is noted once: what it was before the first network. The file goes at reboot, as the
 * settings do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "netns/inner.h"

#define NOTES	   ".settings"
#define NOTES_MOST ((size_t)1 << 20)
#define SYS	   "/proc/sys/net/"
#define FORWARD4   SYS "ipv4/ip_forward"
#define FORWARD6   SYS "ipv6/conf/all/forwarding"
#define CONF6	   SYS "ipv6/conf"

static int note(int run, const char *path, const char *value)
{
	auto_text line = { 0 }, notes = { 0 };
	auto_fd fd = -1;

	if (run < 0)
		return 0;
	fd = openat(run, NOTES, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0 || fd_read_all(fd, &notes, NOTES_MOST) < 0)
		return -1;
	text_addf(&line, "%s ", path);
	if (strstr(text_str(&notes), text_str(&line)))
		return 0;
	text_addf(&line, "%s\n", value);
	return line.failed ? -1 : fd_write_all(fd, line.s, line.len);
}

/** enum depth - How far to go with a setting that is not as it must be */
enum depth { LOOK, NOTE, WRITE };

static const struct change {
	const char *from, *to;
} forwarding = { "0", "1" }, advertisements = { "1", "2" };

/* Return: 0, -1 and @e; LOOK: 1 where it is not as it must be. A setting that is not
 * there (no IPv6) cannot be needed */
static int set(int run, enum depth depth, const char *path, const struct change *c,
	       struct err *e)
{
	char now[32];

	if (file_read_small(AT_FDCWD, path, now, sizeof(now)) < 0 || strcmp(now, c->from))
		return 0;
	if (depth == LOOK)
		return 1;
	if (note(run, path, now) < 0)
		return err_sys(e, "cannot note what '%s' was", path);
	if (depth == NOTE)
		return 0;
	if (file_write(AT_FDCWD, path, c->to) < 0) {
		err_sys(e, "cannot set '%s' to %s", path, c->to);
		return err_hint(e,
				"set it to %s where that is allowed: boxes reach nothing "
				"without",
				c->to);
	}
	return 0;
}

/* A host that forwards IPv6 believes no router any more where accept_ra is 1, and would
 * lose its own default route (ip-sysctl.rst, accept_ra) */
static int keep_advertisements(int run, enum depth depth, struct err *e)
{
	auto_dir d = opendir(CONF6);
	const struct dirent *de;
	char path[sizeof(CONF6) + NAME_MAX + 16];

	while (d && (de = readdir(d))) {
		if (de->d_name[0] == '.' || !strcmp(de->d_name, "all") ||
		    !strncmp(de->d_name, NET_LINKS, strlen(NET_LINKS)))
			continue;
		snprintf(path, sizeof(path), CONF6 "/%s/accept_ra", de->d_name);
		if (set(run, depth, path, &advertisements, e) < 0)
			return -1;
	}
	return 0;
}

static int forward(int run, enum depth depth, const struct net_def *d, struct err *e)
{
	int r = d->v4.family ? set(run, depth, FORWARD4, &forwarding, e) : 0;

	if (r || !d->v6.family || !set(-1, LOOK, FORWARD6, &forwarding, e))
		return r;
	if (depth != LOOK && keep_advertisements(run, depth, e) < 0)
		return -1;
	return set(run, depth, FORWARD6, &forwarding, e);
}

bool net_forward_is_on(const struct net_def *d)
{
	return !forward(-1, LOOK, d, NULL);
}

int net_forward_note(int run, const struct net_def *d, struct err *e)
{
	return forward(run, NOTE, d, e);
}

int net_forward_on(int run, const struct net_def *d, struct err *e)
{
	return forward(run, WRITE, d, e);
}

unsigned int net_forward_ours(int run)
{
	auto_text notes = { 0 };

	if (run < 0 || file_read(run, NOTES, &notes, NOTES_MOST) < 0)
		return 0;
	return (strstr(text_str(&notes), FORWARD4 " 0\n") ? NET_FORWARD4 : 0) |
	       (strstr(text_str(&notes), FORWARD6 " 0\n") ? NET_FORWARD6 : 0);
}

int net_forward_off(int run, struct err *e)
{
	auto_text notes = { 0 };

	if (run < 0 || file_read(run, NOTES, &notes, NOTES_MOST) < 0)
		return run < 0 || errno == ENOENT
			       ? 0
			       : err_sys(e, "cannot read what settings were before");
	for (char *s = notes.s, *end; s && (end = strchr(s, '\n')); s = end + 1) {
		char *value = memchr(s, ' ', (size_t)(end - s));

		*end = '\0';
		if (!value || strncmp(s, SYS, strlen(SYS)) || strstr(s, ".."))
			continue;
		*value++ = '\0';
		/* A link that is gone has no settings */
		if (file_write(AT_FDCWD, s, value) < 0 && errno != ENOENT)
			return err_sys(e, "cannot set '%s' back to %s", s, value);
	}
	if (unlinkat(run, NOTES, 0) < 0)
		return err_sys(e, "cannot remove the note of settings");
	return 0;
}
