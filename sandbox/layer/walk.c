// SPDX-License-Identifier: GPL-3.0-or-later
/* walk.c - find and make mount points in a tree that an attacker may have written */
#include "layer/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/sys.h"

#define PATH_MOST 4096

static int open_below(int root, const char *path, bool no_links)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
			   (no_links ? RESOLVE_NO_SYMLINKS : 0),
	};
	int fd;

	/* EAGAIN: something was renamed while ".." was walked; the kernel asks to try
	 * again (openat2(2)). A tree that is renamed for ever is refused. */
	for (int i = 0; i < 64; i++) {
		fd = sys_openat2(root, path, &how);
		if (fd >= 0 || errno != EAGAIN)
			return fd;
	}
	return -1;
}

/* Longest part of @path that exists, opened; @path + *done is what is absent */
static int open_existing(int root, const char *path, bool no_links, size_t *done)
{
	char part[PATH_MOST];
	size_t len = strlen(path);
	int fd;

	if (len >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(part, path, len + 1);
	for (;;) {
		while (len && part[len - 1] != '/')
			len--;
		while (len && part[len - 1] == '/')
			len--;
		part[len] = '\0';
		fd = open_below(root, len ? part : ".", no_links);
		if (fd >= 0 || errno != ENOENT || !len)
			break;
	}
	*done = len;
	return fd;
}

/* One component below a directory; EEXIST is good, a symlink is not followed */
static int make_one(int dir, const char *name, bool is_dir)
{
	int r = is_dir ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0644, 0);
	struct stat st;
	auto_fd fd = -1;

	if (r < 0 && errno != EEXIST)
		return -1;
	fd = openat(dir, name,
		    O_PATH | O_NOFOLLOW | O_CLOEXEC | (is_dir ? O_DIRECTORY : 0));
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	/* a dangling one: what it names would not be below root */
	if (S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		return -1;
	}
	return fd_take(&fd);
}

static int make_below(int root, const char *path, enum walk_make make, bool no_links)
{
	char name[256];
	size_t done;
	auto_fd at = open_existing(root, path, no_links, &done);

	if (at < 0)
		return -1;
	for (const char *p = path + done; *p;) {
		size_t n;
		bool last;
		int next;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		last = p[n + strspn(p + n, "/")] == '\0';
		if (n >= sizeof(name)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, p, n);
		name[n] = '\0';
		next = make_one(at, name, !last || make == WALK_DIR);
		if (next < 0)
			return -1;
		close(at);
		at = next;
		p += n + strspn(p + n, "/");
	}
	return fd_take(&at);
}

int walk_open(int root, const char *target, enum walk_make make, bool no_links)
{
	int fd;

	target += strspn(target, "/");
	fd = open_below(root, *target ? target : ".", no_links);
	if (fd >= 0 || errno != ENOENT || make == WALK_MUST)
		return fd;
	return make_below(root, target, make, no_links);
}
