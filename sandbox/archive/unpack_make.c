// SPDX-License-Identifier: GPL-3.0-or-later
/* unpack_make.c - one entry of a stream made a file, link or fifo */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "archive/unpack_inner.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "changes/manifest.h"

void unpack_beside(char *buf)
{
	uint64_t n = 0;

	if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
		n = (uint64_t)getpid();
	snprintf(buf, BESIDE_SIZE, BESIDE "%016llx", (unsigned long long)n);
}

/* --- attributes --------------------------------------------------------------------- */

static uint32_t map_id(const struct manifest_ids *ids, uint32_t id)
{
	for (uint32_t i = 0; ids && i < ids->count; i++)
		if (id >= ids->line[i].inside &&
		    id - ids->line[i].inside < ids->line[i].count)
			return ids->line[i].outside + (id - ids->line[i].inside);
	return ids && ids->count ? UINT32_MAX : id;
}

/* Who is to own an entry. Return: 0, -1 and @e */
static int owner_of(const struct unpacking *k, uid_t *uid, gid_t *gid)
{
	*uid = map_id(k->u->uids, k->en.uid);
	*gid = map_id(k->u->gids, k->en.gid);
	if (*uid != UINT32_MAX && *gid != UINT32_MAX)
		return 0;
	return err_set(k->e, "its owner %u:%u is nobody there", k->en.uid, k->en.gid);
}

/* Else they are whose the kernel says: a directory may give its group to what is in it,
 * and some file systems have one owner for all */
static int set_owner(const struct unpacking *k, int fd)
{
	struct stat st;
	uid_t uid;
	gid_t gid;

	if (!k->u->all)
		return 0;
	if (owner_of(k, &uid, &gid) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(k->e, "cannot look at it");
	if (st.st_uid == uid && st.st_gid == gid)
		return 0;
	return fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0
		       ? err_sys(k->e, "cannot give it to user %u, group %u", uid, gid)
		       : 0;
}

static bool is_wanted(const struct unpacking *k, const char *attr)
{
	return (!strncmp(attr, "user.", 5) && strncmp(attr, "user.overlay.", 13) != 0) ||
	       (k->u->all && !strcmp(attr, "security.capability"));
}

/* Those that people set where the file system has none are left out, unless all is
 * wanted */
static int set_attrs(const struct unpacking *k, int fd)
{
	const char *name;
	const void *value;
	size_t len;

	for (size_t at = 0; (at = pax_each_attr(&k->en, at, &name, &value, &len));)
		if (is_wanted(k, name) && fsetxattr(fd, name, value, len, 0) < 0 &&
		    (k->u->all || errno != ENOTSUP))
			return err_sys(k->e, "cannot set the attribute '%s'", name);
	return 0;
}

mode_t unpack_mode(const struct unpacking *k)
{
	if (k->u->all)
		return k->en.mode;
	return k->en.mode & (k->en.type == PAX_DIR ? 01777 : 0777);
}

int unpack_times(int fd, const struct timespec *mtime)
{
	const struct timespec t[] = { { .tv_nsec = UTIME_OMIT }, *mtime };

	return futimens(fd, t);
}

int unpack_owner(const struct unpacking *k, int fd)
{
	return set_owner(k, fd) < 0 ? -1 : set_attrs(k, fd);
}

/* chown(2) clears bits and capabilities, so that comes first */
static int dress(const struct unpacking *k, int fd)
{
	if (unpack_owner(k, fd) < 0)
		return -1;
	if (fchmod(fd, unpack_mode(k)) < 0)
		return err_sys(k->e, "cannot set its mode");
	if (unpack_times(fd, &k->en.mtime) < 0)
		return err_sys(k->e, "cannot set its time");
	return 0;
}

/* --- making ------------------------------------------------------------------------- */

static int cannot_make(const struct unpacking *k)
{
	int why = errno;

	err_sys(k->e, "cannot make it");
	if (why == EROFS)
		err_hint(k->e, "that place is read-only; those that are not are in 'nook "
			       "explain'");
	return -1;
}

/* What was made by us just now, open. Another one that lies there by now is refused */
static int open_made(const struct unpacking *k, int dir, const char *name, mode_t type)
{
	auto_fd fd =
		openat(dir, name,
		       O_NOFOLLOW | (type == S_IFDIR ? OPEN_DIR : O_PATH | O_CLOEXEC));
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(k->e, "cannot open what was made");
	if ((st.st_mode & S_IFMT) != type || (type != S_IFDIR && st.st_uid != geteuid()))
		return err_set(k->e, "somebody else put another file into its place");
	return fd_take(&fd);
}

int unpack_dir(struct unpacking *k, int dir, const char *name)
{
	k->made++;
	if (mkdirat(dir, name, 0700) < 0)
		return cannot_make(k);
	return open_made(k, dir, name, S_IFDIR);
}

/* --- one entry ---------------------------------------------------------------------- */

static int write_at(int fd, const char *buf, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, buf, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		buf += n;
		len -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

static int copy_piece(struct unpacking *k, int fd, uint64_t at, uint64_t len)
{
	while (len) {
		size_t want = len < PAX_ROOM ? (size_t)len : PAX_ROOM;
		ssize_t n = pax_read(&k->in, k->room, want, k->e);

		if (n < 0)
			return -1;
		if (!n)
			return err_set(k->e, "the stream has less of it than it says");
		if (write_at(fd, k->room, (size_t)n, at) < 0)
			return err_sys(k->e, "cannot write it");
		at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int write_content(struct unpacking *k, int fd)
{
	const struct pax_entry *en = &k->en;

	if (!en->extent)
		return copy_piece(k, fd, 0, en->size);
	if (en->size > INT64_MAX || ftruncate(fd, (off_t)en->size) < 0)
		return err_sys(k->e, "cannot write it");
	for (size_t i = 0; i < en->extents; i++)
		if (copy_piece(k, fd, en->extent[i].at, en->extent[i].len) < 0)
			return -1;
	return 0;
}

/* Open and locked, under a name that goes to @beside. Return: descriptor, -1 and @e */
static int open_beside(struct unpacking *k, int dir, char *beside)
{
	const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	for (int tries = 0; tries < 8; tries++) {
		int fd;

		unpack_beside(beside);
		fd = openat(dir, beside, how, 0600);
		if (fd < 0)
			return cannot_make(k);
		if (unpack_hold(fd))
			return fd;
		unlinkat(dir, beside, 0);
		close(fd);
	}
	return err_set(k->e, "somebody else takes what is made");
}

/* @held: open until it has its name */
static int make_file(struct unpacking *k, int dir, char *beside, int *held)
{
	*held = open_beside(k, dir, beside);
	if (*held < 0)
		return -1;
	return write_content(k, *held) < 0 ? -1 : dress(k, *held);
}

/* A link or a fifo */
static int make_node(struct unpacking *k, int dir, const char *beside)
{
	const struct timespec t[] = { { .tv_nsec = UTIME_OMIT }, k->en.mtime };
	bool is_link = k->en.type == PAX_SYMLINK;
	auto_fd fd = -1;

	if (is_link ? symlinkat(text_str(&k->en.link), dir, beside) < 0
		    : mknodat(dir, beside, S_IFIFO | unpack_mode(k), 0) < 0)
		return cannot_make(k);
	fd = open_made(k, dir, beside, is_link ? S_IFLNK : S_IFIFO);
	if (fd < 0 || set_owner(k, fd) < 0)
		return -1;
	/* a kernel that cannot by descriptor leaves the time of now */
	(void)utimensat(fd, "", t, AT_EMPTY_PATH);
	return 0;
}

/* Directory of another entry, from the top on. Return: descriptor, -1 and @e */
static int find_dir(const struct unpacking *k, char *path)
{
	auto_fd at = dup(k->level[0].fd);

	for (char *p = path, *end; at >= 0 && (end = strchr(p, '/')); p = end + 1) {
		int next;

		*end = '\0';
		next = openat(at, p, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		*end = '/';
		close(at);
		at = next;
	}
	return at < 0 ? err_sys(k->e, "cannot find '%s' again", path) : fd_take(&at);
}

static int make_name(struct unpacking *k, int dir, const char *beside)
{
	auto_text of = { 0 };
	auto_fd from = -1;
	const char *last;
	struct stat st;

	if (unpack_below(k, text_str(&k->en.link), &of) < 0)
		return -1;
	if (!of.len || k->is_file)
		return err_set(k->e, "the stream has it as another name of itself");
	from = find_dir(k, of.s);
	last = strrchr(of.s, '/');
	last = last ? last + 1 : of.s;
	if (from < 0)
		return -1;
	if (fstatat(from, last, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(k->e, "cannot find '%s' again", of.s);
	if (!S_ISREG(st.st_mode))
		return err_set(k->e, "'%s' is another file by now", of.s);
	return linkat(from, last, dir, beside, 0) < 0
		       ? err_sys(k->e, "cannot link it to '%s'", of.s)
		       : 0;
}

static int make_beside(struct unpacking *k, int dir, char *beside, int *held)
{
	switch (k->en.type) {
	case PAX_FILE:
		return make_file(k, dir, beside, held);
	case PAX_LINK:
		return make_name(k, dir, beside);
	case PAX_SYMLINK:
	case PAX_FIFO:
		return make_node(k, dir, beside);
	case PAX_CHAR:
	case PAX_BLOCKDEV:
	case PAX_DIR:
	default:
		return err_set(k->e, "it is a device");
	}
}

/* rename(2) would replace what programs of the host speak with: /dev/null, a socket. Only
 * a fifo is put into the place of a fifo */
static int check_place(const struct unpacking *k, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(k->e, "cannot look at it");
	if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode) ||
	    (S_ISFIFO(st.st_mode) && k->en.type == PAX_FIFO))
		return 0;
	return err_set(k->e, "a device, fifo or socket is there");
}

int unpack_make(struct unpacking *k, int dir, const char *name)
{
	char beside[BESIDE_SIZE];
	auto_fd held = -1;
	int r;

	if (check_place(k, dir, name) < 0)
		return -1;
	unpack_beside(beside);
	k->made++;
	r = make_beside(k, dir, beside, &held);
	if (!r && renameat(dir, beside, dir, name) < 0)
		r = errno == EISDIR ? err_set(k->e, "a directory is there")
				    : err_sys(k->e, "cannot put it into its place");
	/* Two names of one file stay two (rename(2)) */
	if (r || k->en.type == PAX_LINK)
		unlinkat(dir, beside, 0);
	return r;
}
