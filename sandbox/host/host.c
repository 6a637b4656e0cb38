// SPDX-License-Identifier: GPL-3.0-or-later
/* host.c - begin and end of a host, its memory, and its files */
#include "host/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"

#define CHUNK	  8192u
#define READ_MOST (64u << 10) /* host_read() */

struct host *host_new(void)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->tree = AT_FDCWD;
	h->free_at = h->first_chunk;
	h->free_len = sizeof(h->first_chunk);
	h->uid = geteuid();
	h->gid = getegid();
	return h;
}

struct host *host_open_fixture(const char *dir, struct err *e)
{
	auto_fd top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct host *h;

	if (top < 0) {
		err_sys(e, "cannot open '%s'", dir);
		return NULL;
	}
	h = host_new();
	if (!h) {
		err_set(e, "out of memory");
		return NULL;
	}
	h->tree = openat(top, "tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (h->tree < 0)
		err_sys(e, "cannot open '%s/tree'", dir);
	if (h->tree < 0 || made_open(h, top, e)) {
		err_wrap(e, "made-up host '%s': ", dir);
		host_free(h);
		return NULL;
	}
	h->uid = (uid_t)made_number(h, "uid", 1000);
	h->gid = (gid_t)made_number(h, "gid", h->uid);
	return h;
}

struct host *host_open_tree(int tree, struct err *e)
{
	struct host *h = host_new();

	if (!h) {
		close(tree);
		err_set(e, "out of memory");
		return NULL;
	}
	h->tree = tree;
	if (!made_bare(h, e))
		return h;
	host_free(h);
	return NULL;
}

void host_free(struct host *h)
{
	if (!h)
		return;
	made_close(h);
	while (h->chunks) {
		struct pool_chunk *next = h->chunks->next;

		free(h->chunks);
		h->chunks = next;
	}
	free(h);
}

/*
 * The first chunk is part of struct host: a run that asks for little allocates nothing.
 * calloc gave it and every later one zeroed.
 */
void *host_alloc(struct host *h, size_t size)
{
	size_t whole = (size + 15) & ~(size_t)15;
	struct pool_chunk *c;
	size_t room;
	void *p;

	if (whole < size)
		return NULL;
	if (whole > h->free_len) {
		room = whole > CHUNK ? whole : CHUNK;
		c = calloc(1, sizeof(*c) + room + 16);
		if (!c) {
			host_doubt(h, ENOMEM, "memory");
			return NULL;
		}
		c->next = h->chunks;
		h->chunks = c;
		h->free_at = (char *)(((uintptr_t)c->data + 15) & ~(uintptr_t)15);
		h->free_len = room;
	}
	p = h->free_at;
	h->free_at += whole;
	h->free_len -= whole;
	return p;
}

const char *host_keep(struct host *h, const char *s, size_t len)
{
	char *p = host_alloc(h, len + 1);

	if (p)
		memcpy(p, s, len);
	return p;
}

const char *host_keepf(struct host *h, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? NULL : host_alloc(h, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

bool host_known(struct host *h, unsigned int bit)
{
	bool known = h->known & bit;

	h->known |= bit;
	return known;
}

/* A file system whose server is gone, or a file nothing stands behind, counts as absent:
 * the box could not reach it either */
static bool is_absence(int code)
{
	static const int codes[] = { ENOENT, ENOTDIR, EACCES, ELOOP,   ENAMETOOLONG,
				     ENXIO,  ENODEV,  ESTALE, ENOTCONN };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (code == codes[i])
			return true;
	return false;
}

void host_doubt(struct host *h, int code, const char *what)
{
	if (h->doubt.code || is_absence(code) || h->made)
		return;
	h->doubt.code = code;
	snprintf(h->doubt.what, sizeof(h->doubt.what), "%s", what);
}

int host_check(const struct host *h, struct err *e)
{
	if (!h->doubt.code)
		return 0;
	errno = h->doubt.code;
	return err_sys(e, "cannot find out about '%s', which the plan depends on",
		       h->doubt.what);
}

struct host_pair *host_pair_find(struct host_pair *list, const char *name)
{
	for (; list; list = list->next)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

int host_open(struct host *h, const char *path, int flags)
{
	int fd;

	if (h->made)
		return made_open_path(h, path, flags);
	/* openat: musl's open() sets O_CLOEXEC by a call of its own once more. */
	fd = openat(AT_FDCWD, path, flags | O_CLOEXEC);
	if (fd < 0)
		host_doubt(h, errno, path);
	return fd;
}

int host_read_text(struct host *h, const char *path, size_t most, struct text *t)
{
	auto_fd fd = host_open(h, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (!fd_read_all(fd, t, most) && !t->failed)
		return 0;
	host_doubt(h, t->failed ? ENOMEM : errno, path);
	return -1;
}

const char *host_read(struct host *h, const char *path)
{
	struct host_pair *p = host_pair_find(h->files, path);
	auto_text t = { 0 };

	if (p)
		return p->value;
	p = host_alloc(h, sizeof(*p));
	if (!p)
		return NULL;
	p->name = host_keep(h, path, strlen(path));
	if (!p->name)
		return NULL;
	if (!host_read_text(h, path, READ_MOST, &t))
		p->value = host_keep(h, text_str(&t), t.len);
	p->next = h->files;
	h->files = p;
	return p->value;
}

/* To look at first: opening a device may be more than that */
static int open_in(const char *root, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	auto_fd top = openat(AT_FDCWD, root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd fd = top < 0 ? -1 : sys_openat2(top, path, &how);
	char again[32];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
	return openat(AT_FDCWD, again, O_RDONLY | O_CLOEXEC);
}

const char *host_read_in(struct host *h, const char *root, const char *path)
{
	auto_text whole = { 0 }, t = { 0 };
	auto_fd fd = -1;

	text_addf(&whole, "%s/%s", root, path);
	if (whole.failed)
		return NULL;
	if (h->made)
		return host_read(h, text_str(&whole));
	fd = open_in(root, path);
	if (fd < 0 || fd_read_all(fd, &t, READ_MOST) || t.failed)
		return NULL;
	return host_keep(h, text_str(&t), t.len);
}

enum host_kind host_kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return HOST_FILE;
	if (S_ISDIR(mode))
		return HOST_DIR;
	if (S_ISLNK(mode))
		return HOST_SYMLINK;
	return S_ISCHR(mode) || S_ISBLK(mode) ? HOST_DEVICE : HOST_OTHER;
}

/* One look at a path; @nofollow is AT_SYMLINK_NOFOLLOW or 0 */
static bool look(struct host *h, const char *path, int nofollow, struct host_path *out)
{
	struct stat st;

	*out = (struct host_path){ .kind = HOST_ABSENT };
	if (h->made)
		return made_look(h, path, nofollow ? O_NOFOLLOW : 0, out);
	if (fstatat(AT_FDCWD, path, &st, AT_NO_AUTOMOUNT | nofollow)) {
		host_doubt(h, errno, path);
		return false;
	}
	out->kind = host_kind_of(st.st_mode);
	out->uid = st.st_uid;
	out->gid = st.st_gid;
	out->mode = st.st_mode & 07777;
	if (out->kind == HOST_DEVICE) {
		out->node = S_ISBLK(st.st_mode) ? 'b' : 'c';
		out->major = major(st.st_rdev);
		out->minor = minor(st.st_rdev);
	}
	return true;
}

bool host_stat(struct host *h, const char *path, struct host_path *out)
{
	return look(h, path, AT_SYMLINK_NOFOLLOW, out);
}

bool host_stat_follow(struct host *h, const char *path, struct host_path *out)
{
	return look(h, path, 0, out);
}

bool host_has_xattr(struct host *h, const char *path, const char *name)
{
	char value[8];

	if (h->made) {
		const char *key = host_keepf(h, "xattr.%s", path);
		const char *has = key ? made_fact(h, key) : NULL;

		return has && !strcmp(has, name);
	}
	return getxattr(path, name, value, sizeof(value)) == 1 && value[0] == '1';
}

static bool is_link(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

const char *host_readlink(struct host *h, const char *path)
{
	char target[4096];
	ssize_t n;

	if (h->made) {
		auto_fd fd = host_open(h, path, O_PATH | O_NOFOLLOW);

		n = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target));
	} else {
		n = readlink(path, target, sizeof(target));
		/* EINVAL: it is no link, if that is true */
		if (n < 0 && (errno != EINVAL || is_link(path)))
			host_doubt(h, errno, path);
	}
	if (n <= 0 || (size_t)n == sizeof(target))
		return NULL;
	return host_keep(h, target, (size_t)n);
}

bool host_can_execute(struct host *h, const char *path)
{
	struct host_path at;

	if (!host_stat_follow(h, path, &at) || at.kind != HOST_FILE)
		return false;
	if (h->made)
		return at.mode & 0111;
	if (!faccessat(AT_FDCWD, path, X_OK, 0))
		return true;
	host_doubt(h, errno, path);
	return false;
}
