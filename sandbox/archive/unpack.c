// SPDX-License-Identifier: GPL-3.0-or-later
/* unpack.c - a stream made files again, whoever wrote it and whoever is in the way
 *
 * Theory of operation. Both sides may be hostile: the stream may name `../x` or a link
 * and then what is below it, and in a box that runs others rename and link while this
 * works. So only the path of where it goes is looked up as a path, and below a box's root
 * by openat2(2), which nothing leads out of. From there on each step opens one name of an
 * open directory and follows no link; `..` is refused. Files are made under a new name,
 * changed by their descriptor alone and then renamed, which replaces a link and never
 * follows it (unpack_make.c).
 *
 * Directories on the way are open, as far as DEEPEST; what comes next lies mostly beside
 * what came before. A directory that was made gets its mode and time when it is left.
 */
#include "archive/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/unpack_inner.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "changes/remove.h"

#define DEEPEST 256

/* Whether something may be made in a directory that was there. Return: 0, -1 and @e */
static int ask(const struct unpacking *k, int dir)
{
	if (k->u->check && k->u->check(dir, k->u->arg, k->e) < 0)
		return -1;
	unpack_sweep(dir);
	return 0;
}

/* --- the way to an entry ------------------------------------------------------------ */

static int push(struct unpacking *k, int fd, const struct level *l)
{
	if (k->depth == DEEPEST) {
		close(fd);
		return err_set(k->e, "too many directories below one another");
	}
	k->level[k->depth] = *l;
	k->level[k->depth].fd = fd;
	k->level[k->depth++].len = k->path.len;
	return 0;
}

static int here(const struct unpacking *k)
{
	return k->level[k->depth - 1].fd;
}

static int pop(struct unpacking *k)
{
	struct level *l = &k->level[--k->depth];
	int r = 0;

	if (l->made && (fchmod(l->fd, l->mode) < 0 || unpack_times(l->fd, &l->mtime) < 0))
		r = err_sys(k->e, "cannot set mode and time of a directory");
	close(l->fd);
	text_cut(&k->path, k->depth ? k->level[k->depth - 1].len : 0);
	return r;
}

/* Step into a directory, which is made where it is missing. @own: by the entry itself */
static int step_into(struct unpacking *k, const char *name, bool own)
{
	struct level l = { .mode = 0755, .mtime = k->en.mtime };
	int fd = openat(here(k), name, OPEN_DIR | O_NOFOLLOW);

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return err_set(k->e, "there is '%s', which is no directory", name);
	if (fd < 0 && errno != ENOENT)
		return err_sys(k->e, "cannot open '%s'", name);
	if (fd < 0) {
		fd = unpack_dir(k, here(k), name);
		if (fd < 0)
			return -1;
		l.made = true;
		if (own)
			l.mode = unpack_mode(k);
		if (own && (unpack_owner(k, fd) < 0)) {
			close(fd);
			return -1;
		}
	} else if (ask(k, fd) < 0) {
		close(fd);
		return -1;
	}
	text_addf(&k->path, "%s%s", k->path.len ? "/" : "", name);
	return push(k, fd, &l);
}

static bool is_below(const struct text *path, const struct text *dir)
{
	return !dir->len || (path->len > dir->len && path->s[dir->len] == '/' &&
			     !memcmp(path->s, dir->s, dir->len));
}

/* To the directory of @k->at. Return: its last name; NULL and @e */
static const char *go_to(struct unpacking *k)
{
	char name[NAME_MAX + 1];
	const char *p, *end;

	while (k->depth > 1 && !is_below(&k->at, &k->path))
		if (pop(k) < 0)
			return NULL;
	p = k->at.s + k->path.len + (k->path.len > 0);
	for (; (end = strchr(p, '/')); p = end + 1) {
		snprintf(name, sizeof(name), "%.*s", (int)(end - p), p);
		if (step_into(k, name, false) < 0)
			return NULL;
	}
	return p;
}

/* "a//./b/" as "a/b". Return: 0; -1 and @e where it leads elsewhere */
static int clean_path(const struct unpacking *k, const char *from, struct text *to)
{
	text_cut(to, 0);
	for (const char *p = from; *p;) {
		size_t n = strcspn(p, "/");

		if (n > NAME_MAX || (n == 2 && p[0] == '.' && p[1] == '.'))
			return err_set(k->e,
				       "the stream has '%s', which leads "
				       "elsewhere",
				       from);
		if (n > 1 || (n == 1 && *p != '.')) {
			if (to->len)
				text_addc(to, '/');
			text_addn(to, p, n);
		}
		p += n + (p[n] == '/');
	}
	return to->failed ? err_set(k->e, "out of memory") : 0;
}

/* The part of a path in the stream that is below the top, into @to */
int unpack_below(const struct unpacking *k, const char *path, struct text *to)
{
	size_t len;

	if (clean_path(k, path, to) < 0)
		return -1;
	len = k->strip;
	if (!len)
		return 0;
	if (to->len < len || (to->len > len && to->s[len] != '/'))
		return err_set(k->e, "the stream has more than one top");
	memmove(to->s, to->s + len + (to->len > len), to->len - len);
	text_cut(to, to->len > len ? to->len - len - 1 : 0);
	return 0;
}

static int make_entry(struct unpacking *k)
{
	const char *name;

	if (unpack_below(k, text_str(&k->en.path), &k->at) < 0)
		return -1;
	if (!k->at.len)
		return k->en.type == PAX_DIR
			       ? 0
			       : err_set(k->e, "the stream has a file without a name");
	if (k->is_file)
		return err_set(k->e, "the stream has more than one top");
	name = go_to(k);
	if (!name)
		return -1;
	if (k->en.type == PAX_DIR)
		return step_into(k, name, true);
	return unpack_make(k, here(k), name);
}

/* --- the top ------------------------------------------------------------------------ */

static int open_path(const struct unpack *u, const char *path)
{
	struct open_how how = {
		.flags = OPEN_DIR,
		.resolve = u->root < 0 ? 0 : RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	/* EAGAIN: something was renamed while ".." was walked (openat2(2)) */
	for (int i = 0; i < 64; i++) {
		fd = sys_openat2(u->root < 0 ? AT_FDCWD : u->root, path, &how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

/* The directory that @path is in, and its last name. Return: 0, -1 and @e */
static int split_path(struct unpacking *k, bool is_dir)
{
	auto_text path = { 0 };
	const char *name;
	size_t len = strlen(k->u->path);

	text_add(&path, k->u->path);
	if (path.failed)
		return err_set(k->e, "out of memory");
	if (len && path.s[len - 1] == '/' && !is_dir)
		return err_set(k->e, "there is no such directory");
	while (len && path.s[len - 1] == '/')
		text_cut(&path, --len);
	name = strrchr(path.s, '/');
	name = name ? name + 1 : path.s;
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") ||
	    strlen(name) > NAME_MAX)
		return err_set(k->e, "there is no such directory");
	snprintf(k->name, sizeof(k->name), "%s", name);
	text_cut(&path, (size_t)(name - path.s));
	k->parent = open_path(k->u, path.len ? path.s : ".");
	return k->parent < 0 ? err_sys(k->e, "cannot open the directory that it is in")
			     : 0;
}

/* A directory that is to be whole or not there */
static int make_top(struct unpacking *k)
{
	struct level l = { .made = true, .mode = unpack_mode(k), .mtime = k->en.mtime };
	int fd = -1;

	for (int tries = 0; tries < 8 && fd < 0; tries++) {
		unpack_beside(k->beside);
		fd = unpack_dir(k, k->parent, k->beside);
		if (fd < 0)
			return -1;
		if (!unpack_hold(fd))
			close(fd_take(&fd));
	}
	if (fd < 0)
		return err_set(k->e, "somebody else takes what is made");
	k->held = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* the same lock */
	if (unpack_owner(k, fd) < 0) {
		close(fd);
		return -1;
	}
	return push(k, fd, &l);
}

static int begin_dir(struct unpacking *k)
{
	static const struct level none;
	int fd = openat(k->parent, k->name, OPEN_DIR | O_NOFOLLOW);

	if (fd >= 0)
		return ask(k, fd) < 0 ? (close(fd), -1) : push(k, fd, &none);
	if (errno != ENOENT)
		return err_set(k->e, "there is '%s', which is no directory", k->name);
	return make_top(k);
}

/* A link of the host's that was named may stand for a device, a fifo or what a process
 * has open: /dev/stdout. Such a one is not replaced */
static int check_link(const struct unpacking *k)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_NO_MAGICLINKS };
	auto_fd fd = -1;
	struct stat st;

	if (k->u->root >= 0)
		return 0;
	fd = sys_openat2(k->parent, k->name, &how);
	if (fd < 0 && errno != ELOOP)
		return 0; /* nothing is there, or behind it */
	if (fd < 0)
		return err_set(k->e, "a link to what a process has open is there");
	if (fstat(fd, &st) < 0)
		return err_sys(k->e, "cannot look at it");
	return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ||
			       (S_ISFIFO(st.st_mode) && k->en.type == PAX_FIFO)
		       ? 0
		       : err_set(k->e, "a device, fifo or socket is there");
}

static int begin_file(struct unpacking *k)
{
	k->is_file = true;
	if (check_link(k) < 0)
		return -1;
	return unpack_make(k, k->parent, k->name);
}

/* A stream with many tops goes into a directory */
static int begin_foreign(struct unpacking *k)
{
	static const struct level none;
	int dir = open_path(k->u, k->u->path);

	if (dir < 0)
		return err_sys(k->e, "a stream goes into a directory");
	return ask(k, dir) < 0 ? (close(dir), -1) : push(k, dir, &none);
}

/* What the first entry is says what the path means */
static int begin(struct unpacking *k)
{
	static const struct level none;
	bool is_dir = k->en.type == PAX_DIR, content;
	int dir = open_path(k->u, k->u->path);

	if (dir < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_sys(k->e, "cannot open it");
	if (dir >= 0 && ask(k, dir) < 0) {
		close(dir);
		return -1;
	}
	if (clean_path(k, text_str(&k->en.path), &k->at) < 0 ||
	    strchr(text_str(&k->at), '/'))
		return err_set(k->e, "the stream has no top");
	k->strip = k->at.len;
	content = !k->strip;
	if (dir >= 0 && content)
		return push(k, dir, &none);
	if (dir >= 0) {
		k->parent = dir;
		snprintf(k->name, sizeof(k->name), "%s", text_str(&k->at));
	} else {
		text_cut(&k->at, 0); /* it is the path itself */
		if (split_path(k, is_dir) < 0 || ask(k, k->parent) < 0)
			return -1;
	}
	return is_dir ? begin_dir(k) : begin_file(k);
}

static int finish(struct unpacking *k)
{
	while (k->depth)
		if (pop(k) < 0)
			return -1;
	if (!k->beside[0])
		return 0;
	if (sys_renameat2(k->parent, k->beside, k->parent, k->name, RENAME_NOREPLACE) <
		    0 &&
	    (errno != EINVAL || renameat(k->parent, k->beside, k->parent, k->name) < 0))
		return err_sys(k->e, "cannot put it into its place");
	k->beside[0] = '\0';
	return 0;
}

static void undo(struct unpacking *k)
{
	while (k->depth) {
		k->level[k->depth - 1].made = false;
		(void)pop(k);
	}
	if (k->beside[0])
		(void)remove_made(k->parent, k->beside, k->made);
}

static int unpack_all(struct unpacking *k)
{
	int r = 1;

	if (k->u->foreign)
		r = begin_foreign(k) < 0 ? -1 : 1;
	else if ((r = pax_next(&k->in, &k->en, k->e)) > 0)
		r = begin(k) < 0 ? -1 : 1;
	else if (!r)
		r = err_set(k->e, "the stream is empty");
	while (r > 0 && (r = pax_next(&k->in, &k->en, k->e)) > 0)
		if (make_entry(k) < 0)
			r = -1;
	return r < 0 ? -1 : finish(k);
}

/* tar(1) fills its last record with zeroes behind the end of the stream: whoever writes
 * them is not to fail */
static void read_rest(struct unpacking *k)
{
	ssize_t n;

	do {
		n = read(k->in.fd, k->room, PAX_ROOM);
	} while (n > 0 || (n < 0 && errno == EINTR));
}

static void say_where(struct unpacking *k)
{
	size_t len = strlen(k->u->path);

	while (k->at.len && len && k->u->path[len - 1] == '/')
		len--;
	err_wrap(k->e, "'%.*s%s%s': ", (int)len, k->u->path, k->at.len ? "/" : "",
		 text_str(&k->at));
}

int unpack_from(const struct unpack *u, int fd, struct err *e)
{
	struct unpacking k = {
		.u = u, .in = { .fd = fd }, .parent = -1, .held = -1, .e = e
	};
	int r = -1;

	k.in.room = malloc(PAX_ROOM);
	k.room = malloc(PAX_ROOM);
	k.level = calloc(DEEPEST, sizeof(*k.level));
	if (k.in.room && k.room && k.level)
		r = unpack_all(&k);
	else
		err_set(e, "out of memory");
	if (r < 0) {
		say_where(&k);
		undo(&k);
	} else {
		read_rest(&k);
	}
	if (k.held >= 0)
		close(k.held);
	if (k.parent >= 0)
		close(k.parent);
	pax_entry_release(&k.en);
	text_release(&k.path);
	text_release(&k.at);
	free(k.in.room);
	free(k.room);
	free(k.level);
	return r;
}
