// SPDX-License-Identifier: GPL-3.0-or-later
/* copy.c - files made anew somewhere else: bytes with their holes, names for one file */
#include "changes/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"
#include "changes/walk.h"

#define ROOM 131072

/* --- bytes -------------------------------------------------------------------------- */

/* From here to there, at the same place in both */
static int copy_extent(int from, int to, off_t at, off_t end)
{
	auto_free char *room = malloc(ROOM);

	if (!room || lseek(to, at, SEEK_SET) < 0)
		return -1;
	while (at < end) {
		size_t want = end - at < ROOM ? (size_t)(end - at) : ROOM;
		ssize_t n = pread(from, room, want, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (n && fd_write_all(to, room, (size_t)n) < 0))
			return -1;
		if (!n)
			break; /* it became shorter meanwhile */
		at += n;
	}
	return 0;
}

int copy_bytes(int from, int to)
{
	struct stat st;

	if (!ioctl(to, FICLONE, from))
		return 0;
	if (fstat(from, &st) < 0)
		return -1;
	for (off_t at = 0, end; at < st.st_size; at = end) {
		at = lseek(from, at, SEEK_DATA);
		if (at < 0 && errno == ENXIO)
			break; /* a hole to the end */
		if (at < 0)
			at = 0; /* no holes here: lseek(2) */
		end = lseek(from, at, SEEK_HOLE);
		if (end <= at)
			end = st.st_size;
		if (copy_extent(from, to, at, end) < 0)
			return -1;
	}
	return ftruncate(to, st.st_size);
}

/* --- names for one file ------------------------------------------------------------- */

static size_t place_of(const struct twins *t, dev_t dev, ino_t ino)
{
	uint64_t h = ((uint64_t)ino ^ (uint64_t)dev << 40) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 20) & (t->room - 1);

	while (t->v[i].path && (t->v[i].ino != ino || t->v[i].dev != dev))
		i = (i + 1) & (t->room - 1);
	return i;
}

struct twin *twins_find(const struct twins *t, const struct change_file *f)
{
	struct twin *at = t->room ? &t->v[place_of(t, f->dev, f->ino)] : NULL;

	return at && at->path ? at : NULL;
}

static int twins_grow(struct twins *t)
{
	struct twins more = { .room = t->room ? 2 * t->room : 64, .count = t->count };

	more.v = calloc(more.room, sizeof(*more.v));
	if (!more.v)
		return -1;
	for (size_t i = 0; i < t->room; i++)
		if (t->v[i].path)
			more.v[place_of(&more, t->v[i].dev, t->v[i].ino)] = t->v[i];
	free(t->v);
	*t = more;
	return 0;
}

int twins_add(struct twins *t, const struct change_file *f,
	      const struct change_file *made, const char *path)
{
	char *copy = strdup(path);
	struct twin *at;

	if (!copy || (2 * (t->count + 1) > t->room && twins_grow(t) < 0)) {
		free(copy);
		return -1;
	}
	at = &t->v[place_of(t, f->dev, f->ino)];
	t->count += !at->path;
	free(at->path);
	*at = (struct twin){
		f->dev, made->dev, f->ino, made->ino, copy, made->ctime,
	};
	return 0;
}

void twins_release(struct twins *t)
{
	for (size_t i = 0; i < t->room; i++)
		free(t->v[i].path);
	free(t->v);
	*t = (struct twins){ 0 };
}

int twin_open(int top, const struct twin *t, struct err *e)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	auto_fd fd = sys_openat2(top, t->path, &how);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "cannot find '%s' again", t->path);
	if (st.st_dev != t->made_dev || st.st_ino != t->made_ino)
		return err_set(e, "'%s' is another file by now", t->path);
	return fd_take(&fd);
}

int copy_link(int fd, const struct twin *t, struct attr_file to, struct err *e)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, link, to.dir, to.name, AT_SYMLINK_FOLLOW) < 0)
		return err_sys(e, "cannot link it to '%s'", t->path);
	return 0;
}

/* --- one file ----------------------------------------------------------------------- */

static int copy_regular(struct attr_file from, struct attr_file to)
{
	auto_fd in = openat(from.dir, from.name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	auto_fd out = -1;
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = ESTALE;
		return -1;
	}
	out = openat(to.dir, to.name,
		     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -1;
	if (copy_bytes(in, out) < 0) {
		int why = errno;

		unlinkat(to.dir, to.name, 0);
		errno = why;
		return -1;
	}
	return fd_take(&out);
}

/* What was made by name, as a descriptor. Return: -1 and errno where something else lies
 * there now */
static int open_made(struct attr_file to, mode_t type)
{
	auto_fd fd = openat(to.dir, to.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if ((st.st_mode & S_IFMT) != type || st.st_uid != geteuid()) {
		errno = ESTALE;
		return -1;
	}
	return fd_take(&fd);
}

static int copy_symlink(struct attr_file from, struct attr_file to)
{
	char text[4097];
	ssize_t n = readlinkat(from.dir, from.name, text, sizeof(text));

	if (n < 0)
		return -1;
	if ((size_t)n == sizeof(text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	text[n] = '\0';
	return symlinkat(text, to.dir, to.name) < 0 ? -1 : open_made(to, S_IFLNK);
}

int copy_node(struct attr_file from, const struct change_file *f, struct attr_file to,
	      struct err *e)
{
	int fd = -1;

	if (S_ISREG(f->mode))
		fd = copy_regular(from, to);
	else if (S_ISLNK(f->mode))
		fd = copy_symlink(from, to);
	else if (!mknodat(to.dir, to.name, (f->mode & S_IFMT) | 0600, f->rdev))
		fd = open_made(to, f->mode & S_IFMT);
	return fd < 0 ? err_sys(e, "cannot make it") : fd;
}

int copy_dir(struct attr_file to, struct err *e)
{
	int fd = mkdirat(to.dir, to.name, 0700) < 0 ? -1 : open_made(to, S_IFDIR);

	return fd < 0 ? err_sys(e, "cannot make it") : fd;
}

int copy_owner(const struct change_file *f, int fd, struct err *e)
{
	struct stat now;
	char link[32];

	if (fstat(fd, &now) < 0)
		return err_sys(e, "cannot look at it");
	if ((now.st_uid != f->uid || now.st_gid != f->gid) &&
	    fchownat(fd, "", f->uid, f->gid, AT_EMPTY_PATH) < 0)
		return err_sys(e, "cannot give it to user %u, group %u", f->uid, f->gid);
	/* chown(2) may have cleared bits, so the mode comes after it */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!S_ISLNK(f->mode) && chmod(link, f->mode & 07777) < 0)
		return err_sys(e, "cannot set its mode");
	return 0;
}

int copy_times(const struct change_file *f, int fd, struct err *e)
{
	const struct timespec t[] = { { .tv_nsec = UTIME_OMIT }, f->mtime };
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (utimensat(AT_FDCWD, link, t, 0) < 0)
		return err_sys(e, "cannot set its time");
	return 0;
}

/* --- a whole tree ------------------------------------------------------------------- */

/** struct copying - A copy under way: @path is where it is, below @top */
struct copying {
	int top;
	struct text path;
	struct twins twins;
	int depth;
	struct err *e;
};

static int copy_dir_of(struct copying *c, int from, int to);

static int copy_below(struct copying *c, struct attr_file from, int made)
{
	auto_fd in = walk_open_dir(from.dir, from.name), out = -1;
	int r;

	if (c->depth == WALK_DEEPEST)
		return err_set(c->e, "too many directories below one another");
	out = in < 0 ? -1 : walk_open_dir(made, "");
	if (out < 0)
		return err_sys(c->e, "cannot open it");
	c->depth++;
	r = copy_dir_of(c, in, out);
	c->depth--;
	return r;
}

/* Return: descriptor of what was made, -1 and @e */
static int copy_one(struct copying *c, struct attr_file from, struct change_file *f,
		    struct attr_file to)
{
	const struct twin *twin = f->nlink > 1 ? twins_find(&c->twins, f) : NULL;
	struct change_file made;
	auto_fd fd = -1;

	if (S_ISDIR(f->mode))
		fd = copy_dir(to, c->e);
	else if (twin)
		fd = twin_open(c->top, twin, c->e);
	else
		fd = copy_node(from, f, to, c->e);
	if (fd < 0 || (twin && copy_link(fd, twin, to, c->e) < 0))
		return -1;
	if (twin)
		return fd_take(&fd);
	if (!S_ISDIR(f->mode) && f->nlink > 1 &&
	    (walk_stat(fd, "", &made) < 0 ||
	     twins_add(&c->twins, f, &made, text_str(&c->path)) < 0))
		return err_set(c->e, "out of memory");
	if ((S_ISDIR(f->mode) && copy_below(c, from, fd) < 0) ||
	    copy_owner(f, fd, c->e) < 0 ||
	    attr_copy_all(from, (struct attr_file){ fd, "" }, c->e) < 0 ||
	    copy_times(f, fd, c->e) < 0)
		return -1;
	return fd_take(&fd);
}

static int copy_name(struct copying *c, int from, int to, const char *name)
{
	struct attr_file in = { from, name }, out = { to, name };
	size_t len = c->path.len;
	struct change_file f;
	int fd;

	text_addf(&c->path, "%s%s", len ? "/" : "", name);
	if (walk_stat(from, name, &f) < 0)
		return err_sys(c->e, "cannot look at '%s'", text_str(&c->path));
	fd = c->path.failed ? err_set(c->e, "out of memory") : copy_one(c, in, &f, out);
	if (fd < 0)
		return -1;
	close(fd);
	text_cut(&c->path, len);
	return 0;
}

static int copy_dir_of(struct copying *c, int from, int to)
{
	auto_fd again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = again < 0 ? NULL : fdopendir(again);
	const struct dirent *de;
	int r = d ? 0 : err_sys(c->e, "cannot list '%s'", text_str(&c->path));

	if (d)
		(void)fd_take(&again);
	while (!r && (de = readdir(d)))
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
			r = copy_name(c, from, to, de->d_name);
	return r;
}

int copy_tree(int from, int to, struct err *e)
{
	struct copying c = { .top = to, .e = e };
	int r = copy_dir_of(&c, from, to);

	if (r < 0 && c.path.len)
		err_wrap(e, "'%s'", text_str(&c.path));
	twins_release(&c.twins);
	text_release(&c.path);
	return r;
}
