// SPDX-License-Identifier: GPL-3.0-or-later
/* seen.c - what can be seen of any process from outside, through /proc
 *
 * Everything is read below one descriptor of /proc/PID, so that it is all of one process:
 * when that ends, reading through the descriptor fails instead of showing its successor.
 */
#include "cmd/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"

#define MOST \
	(16u << 20) /* bytes of one file of /proc; a mountinfo of 100,000 lines fits */

static const struct seen_ns known_ns[SEEN_NS] = {
	{ "user", "user", "its own ids and capabilities", 0, 0 },
	{ "mount", "mnt", "its own tree of mounts", 0, 0 },
	{ "pid", "pid", "its own process numbers", 0, 0 },
	{ "net", "net", "its own interfaces, addresses, ports", 0, 0 },
	{ "uts", "uts", "its own host name", 0, 0 },
	{ "ipc", "ipc", "its own System V and POSIX queues", 0, 0 },
	{ "cgroup", "cgroup", "its own view of the cgroup tree", 0, 0 },
	{ "time", "time", "its own boot-time clocks", 0, 0 },
};

/* A link that names no path, such as "net:[4026531840]", is still told by stat() of it */
static ino_t ns_inode(int dir, const char *file)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "ns/%s", file);
	return fstatat(dir, path, &st, 0) ? 0 : st.st_ino;
}

static void read_link(int dir, const char *name, char *buf, size_t size)
{
	ssize_t n = readlinkat(dir, name, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
}

/* mountinfo writes blank, tab, newline and backslash as \040 and so on; in place */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				       (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* One line, proc_pid_mountinfo(5): id parent major:minor root target options [tags] -
 * type source super */
static bool parse_mount(char *line, struct seen_mount *m)
{
	char *field[10] = { NULL }, *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (n == 6 && strcmp(w, "-"))
			continue; /* tags of propagation, any number of them */
		if (n < ARRAY_SIZE(field))
			field[n++] = w;
	}
	if (n < 9)
		return false;
	for (size_t i = 3; i < 9; i++)
		unescape(field[i]);
	*m = (struct seen_mount){ .root = field[3],
				  .target = field[4],
				  .options = field[5],
				  .fstype = field[7],
				  .source = field[8] };
	return true;
}

static void read_mounts(int dir, struct seen *s)
{
	char *line, *save = NULL;
	size_t lines = 0;

	if (file_read(dir, "mountinfo", &s->mountinfo, MOST) < 0)
		return;
	for (const char *p = text_str(&s->mountinfo); (p = strchr(p, '\n')); p++)
		lines++;
	s->mounts = calloc(lines + 1, sizeof(*s->mounts));
	if (!s->mounts)
		return;
	s->mounts_known = true;
	if (!s->mountinfo.s)
		return;
	for (line = strtok_r(s->mountinfo.s, "\n", &save);
	     line && s->mount_count <= lines; line = strtok_r(NULL, "\n", &save))
		s->mount_count += parse_mount(line, &s->mounts[s->mount_count]);
}

/* The kernel gives the files of a non-dumpable process to root: with an effective uid
 * that is not root's the owner tells (prctl(2), PR_SET_DUMPABLE) */
static int read_dumpable(int dir, const struct seen *s)
{
	unsigned int real, uid;
	struct stat st;
	char ids[64];

	seen_status(s, "Uid", ids, sizeof(ids));
	if (sscanf(ids, "%u %u", &real, &uid) != 2 || fstatat(dir, "status", &st, 0))
		return -1;
	if (st.st_uid == 0 && uid == 0)
		return -1;
	return st.st_uid == uid;
}

static int same_root(int dir)
{
	struct stat mine, theirs;

	if (stat("/", &mine) || fstatat(dir, "root/.", &theirs, 0))
		return -1;
	return mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino;
}

int seen_read(pid_t pid, struct seen *s, struct err *e)
{
	auto_fd self = -1;
	auto_fd dir = -1;
	char path[32];

	memset(s, 0, sizeof(*s));
	s->pid = pid;
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT)
		return err_set(e, "no process has the number '%d' here", (int)pid);
	if (dir < 0)
		return err_sys(e, "cannot open '%s'", path);
	self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (self < 0)
		return err_sys(e, "cannot open '/proc/self'");
	if (file_read(dir, "status", &s->status, MOST) < 0)
		return err_sys(e, "cannot read '%s/status'", path);
	/* What follows may be refused: then it stays empty, which means unknown */
	file_read(dir, "uid_map", &s->uid_map, MOST);
	file_read(dir, "gid_map", &s->gid_map, MOST);
	file_read(dir, "cgroup", &s->cgroup, MOST);
	read_link(dir, "root", s->root, sizeof(s->root));
	read_link(dir, "cwd", s->cwd, sizeof(s->cwd));
	read_link(dir, "exe", s->exe, sizeof(s->exe));
	s->same_root = same_root(dir);
	s->dumpable = read_dumpable(dir, s);
	for (size_t i = 0; i < SEEN_NS; i++) {
		s->ns[i] = known_ns[i];
		s->ns[i].theirs = ns_inode(dir, s->ns[i].file);
		s->ns[i].mine = ns_inode(self, s->ns[i].file);
	}
	read_mounts(dir, s);
	return 0;
}

void seen_release(struct seen *s)
{
	text_release(&s->status);
	text_release(&s->uid_map);
	text_release(&s->gid_map);
	text_release(&s->cgroup);
	text_release(&s->mountinfo);
	free(s->mounts);
	s->mounts = NULL;
}

bool seen_status(const struct seen *s, const char *key, char *buf, size_t size)
{
	const char *p = text_str(&s->status);
	size_t len = strlen(key);

	buf[0] = '\0';
	for (; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		size_t n;

		if (strncmp(p, key, len) || p[len] != ':')
			continue;
		p += len + 1;
		p += strspn(p, " \t");
		n = strcspn(p, "\n");
		if (n >= size)
			n = size - 1;
		memcpy(buf, p, n);
		buf[n] = '\0';
		return true;
	}
	return false;
}

uint64_t seen_number(const struct seen *s, const char *key, int base)
{
	char buf[256], *end;
	unsigned long long n;

	if (!seen_status(s, key, buf, sizeof(buf)) || !*buf)
		return SEEN_UNKNOWN;
	n = strtoull(buf, &end, base);
	return end == buf ? SEEN_UNKNOWN : n;
}
