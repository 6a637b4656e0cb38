// SPDX-License-Identifier: GPL-3.0-or-later
/* pack.c - a file or a directory as a stream, whoever may change it meanwhile
 *
 * Theory of operation. Only the path that was asked for is looked up as a path, and
 * below a box's root by openat2(2), which lets no link and no `..` lead out of that, also
 * while others rename. From there on each step opens one name of an open directory and
 * follows no link, so what is packed is always below it. What a name leads to is decided
 * by what was opened: a file that has become a fifo or a device meanwhile is never read.
 * A file has the size that it had when it was opened; what is missing then is filled with
 * zeroes.
 */
#include "archive/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "archive/pax.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "changes/copy.h"
#include "changes/manifest.h"
#include "changes/walk.h"

#define DEEPEST	  256
#define ATTR_ROOM 65536 /* bytes of a value or of a list of names: xattr(7) */
#define READ_FILE (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define READ_DIR  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/** struct packing - A stream under way: @path is where it is, as the stream has it */
struct packing {
	const struct pack *p;
	struct pax_out out;
	struct text path;
	struct twins twins;
	int depth;
	char *attr; /* ATTR_ROOM for names, and as much for a value */
	char *room;
	struct err *e;
};

/* --- what is said of a file --------------------------------------------------------- */

static uint32_t map_id(const struct manifest_ids *ids, uint32_t id)
{
	uint32_t there = ids ? manifest_inside(ids, id) : id;

	return there == UINT32_MAX ? 65534 : there; /* nobody */
}

static bool is_wanted(const char *attr)
{
	return (!strncmp(attr, "user.", 5) && strncmp(attr, "user.overlay.", 13) != 0) ||
	       !strcmp(attr, "security.capability");
}

static void add_attrs(struct packing *k, int fd, struct pax_entry *en)
{
	ssize_t len = flistxattr(fd, k->attr, ATTR_ROOM), n;

	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(k->attr + at) + 1) {
		if (en->attrs.len > PAX_EXTRA)
			break; /* which pax_put() says */
		if (!is_wanted(k->attr + at))
			continue;
		n = fgetxattr(fd, k->attr + at, k->attr + ATTR_ROOM, ATTR_ROOM);
		if (n >= 0)
			pax_add_attr(en, k->attr + at, k->attr + ATTR_ROOM, (size_t)n);
	}
}

static void describe(const struct packing *k, const struct stat *st, struct pax_entry *en)
{
	*en = (struct pax_entry){
		.mode = st->st_mode & 07777,
		.uid = map_id(k->p->uids, st->st_uid),
		.gid = map_id(k->p->gids, st->st_gid),
		.mtime = st->st_mtim,
	};
	text_add(&en->path, text_str(&k->path));
}

static int leave_out(const struct packing *k, const char *why)
{
	k->p->left(text_str(&k->path), why, k->p->arg);
	return 0;
}

/* --- files -------------------------------------------------------------------------- */

/* Where the bytes are. Return: 0; 1 = what is there has no holes; -1 and errno */
static int find_extents(int fd, struct pax_entry *en)
{
	size_t room = 0;

	for (off_t at = 0, end; at < (off_t)en->size; at = end) {
		at = lseek(fd, at, SEEK_DATA);
		if (at >= (off_t)en->size || (at < 0 && errno == ENXIO))
			return 0; /* a hole to the end */
		end = at < 0 ? -1 : lseek(fd, at, SEEK_HOLE);
		if (end <= at)
			return 1; /* none here: lseek(2) */
		if (end > (off_t)en->size)
			end = (off_t)en->size;
		if (en->extents == room) {
			struct pax_extent *more;

			room = room ? 2 * room : 16;
			if (room > PAX_EXTENTS) {
				errno = E2BIG;
				return -1;
			}
			more = realloc(en->extent, room * sizeof(*more));
			if (!more)
				return -1;
			en->extent = more;
		}
		en->extent[en->extents++] =
			(struct pax_extent){ (uint64_t)at, (uint64_t)(end - at) };
	}
	return 0;
}

/* One with more pieces than a stream has room for is not packed whole instead: a box may
 * have one of exabytes. Return: 0, -1 and @e */
static int find_holes(int fd, const struct stat *st, struct pax_entry *en, struct err *e)
{
	int r;

	if ((uint64_t)st->st_blocks * 512 >= en->size)
		return 0;
	r = find_extents(fd, en);
	if (!r && !en->extent) {
		en->extent = calloc(1, sizeof(*en->extent)); /* one hole */
		r = en->extent ? 0 : -1;
	} else if (r > 0 || (!r && en->extents == 1 && en->extent->len == en->size)) {
		free(en->extent);
		en->extent = NULL;
		en->extents = 0;
		r = 0;
	}
	if (!r)
		return 0;
	return errno == E2BIG
		       ? err_set(e, "a sparse file in more than %u pieces", PAX_EXTENTS)
		       : err_set(e, "out of memory");
}

static int pack_bytes(struct packing *k, int fd, uint64_t at, uint64_t len)
{
	while (len) {
		size_t want = len < PAX_ROOM ? (size_t)len : PAX_ROOM;
		ssize_t n = pread(fd, k->room, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(k->e, "cannot read it");
		if (!n) { /* it became shorter meanwhile */
			memset(k->room, 0, want);
			n = (ssize_t)want;
		}
		if (pax_write(&k->out, k->room, (size_t)n, k->e) < 0)
			return -1;
		at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int pack_content(struct packing *k, int fd, const struct pax_entry *en)
{
	if (!en->extent)
		return pack_bytes(k, fd, 0, en->size);
	for (size_t i = 0; i < en->extents; i++)
		if (pack_bytes(k, fd, en->extent[i].at, en->extent[i].len) < 0)
			return -1;
	return 0;
}

static int remember_name(struct packing *k, const struct stat *st)
{
	const struct change_file f = { .dev = st->st_dev, .ino = st->st_ino };

	return twins_add(&k->twins, &f, &f, text_str(&k->path)) < 0
		       ? err_set(k->e, "out of memory")
		       : 0;
}

static int pack_file(struct packing *k, int fd, const struct stat *st)
{
	const struct change_file f = { .dev = st->st_dev, .ino = st->st_ino };
	const struct twin *twin = st->st_nlink > 1 ? twins_find(&k->twins, &f) : NULL;
	struct pax_entry en;
	int r = 0;

	describe(k, st, &en);
	if (twin) {
		en.type = PAX_LINK;
		text_add(&en.link, twin->path);
	} else {
		en.type = PAX_FILE;
		en.size = (uint64_t)st->st_size;
		r = find_holes(fd, st, &en, k->e);
		add_attrs(k, fd, &en);
	}
	if (!r)
		r = pax_put(&k->out, &en, k->e);
	if (!r && !twin)
		r = pack_content(k, fd, &en);
	if (!r && !twin && st->st_nlink > 1)
		r = remember_name(k, st);
	pax_entry_release(&en);
	return r;
}

/* @name: in @dir, or "" with the link itself */
static int pack_link(struct packing *k, int dir, const char *name, const struct stat *st)
{
	char text[4097];
	ssize_t n = readlinkat(dir, name, text, sizeof(text));
	struct pax_entry en;
	int r;

	if (n < 0 || (size_t)n == sizeof(text))
		return n < 0 && errno == ENOENT ? 0 : err_sys(k->e, "cannot read it");
	describe(k, st, &en);
	en.type = PAX_SYMLINK;
	text_addn(&en.link, text, (size_t)n);
	r = pax_put(&k->out, &en, k->e);
	pax_entry_release(&en);
	return r;
}

static int pack_fifo(struct packing *k, const struct stat *st)
{
	struct pax_entry en;
	int r;

	describe(k, st, &en);
	en.type = PAX_FIFO;
	r = pax_put(&k->out, &en, k->e);
	pax_entry_release(&en);
	return r;
}

/* --- directories -------------------------------------------------------------------- */

static int pack_name(struct packing *k, int dir, const char *name);

static int pack_names(struct packing *k, int dir)
{
	auto_fd again = openat(dir, ".", READ_DIR);
	auto_dir d = again < 0 ? NULL : fdopendir(again);
	const struct dirent *de;
	int r = 0;

	if (!d)
		return err_sys(k->e, "cannot list it");
	(void)fd_take(&again);
	while (!r && (de = readdir(d)))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			r = pack_name(k, dir, de->d_name);
	return r;
}

/* What the kernel shows there is made up while it is read */
static bool is_kernels(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
		fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC);
}

static int pack_dir(struct packing *k, int dir, const struct stat *st)
{
	struct pax_entry en;
	int r;

	if (k->depth == DEEPEST)
		return err_set(k->e, "too many directories below one another");
	describe(k, st, &en);
	en.type = PAX_DIR;
	add_attrs(k, dir, &en);
	r = pax_put(&k->out, &en, k->e);
	pax_entry_release(&en);
	k->depth++;
	if (!r)
		r = pack_names(k, dir);
	k->depth--;
	return r;
}

/* What is open is packed as what it is */
static int pack_open(struct packing *k, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(k->e, "cannot look at it");
	if (is_kernels(fd))
		return leave_out(k, "what it shows is the kernel's");
	if (S_ISDIR(st.st_mode))
		return pack_dir(k, fd, &st);
	if (S_ISREG(st.st_mode))
		return pack_file(k, fd, &st);
	return leave_out(k, "it became another file meanwhile");
}

static int pack_seen(struct packing *k, int dir, const char *name, const struct stat *st)
{
	bool is_dir = S_ISDIR(st->st_mode);
	auto_fd fd = -1;

	if (S_ISLNK(st->st_mode))
		return pack_link(k, dir, name, st);
	if (S_ISFIFO(st->st_mode))
		return pack_fifo(k, st);
	if (S_ISSOCK(st->st_mode))
		return leave_out(k, "a socket is of use to who made it alone");
	if (!is_dir && !S_ISREG(st->st_mode))
		return leave_out(k, "it is a device");
	fd = openat(dir, name, is_dir ? READ_DIR : READ_FILE);
	if (fd >= 0)
		return pack_open(k, fd);
	/* gone, or another kind of file, since it was looked at */
	if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR || errno == ENXIO)
		return 0;
	return err_sys(k->e, "cannot open it");
}

static int pack_name(struct packing *k, int dir, const char *name)
{
	size_t len = k->path.len;
	struct stat st;
	int r;

	text_addf(&k->path, "/%s", name);
	if (k->path.failed)
		return err_set(k->e, "out of memory");
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		r = errno == ENOENT ? 0 : err_sys(k->e, "cannot look at it");
	else
		r = pack_seen(k, dir, name, &st);
	if (!r)
		text_cut(&k->path, len); /* else it says where */
	return r;
}

/* --- the top ------------------------------------------------------------------------ */

static int open_top(const struct pack *p, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)(flags | O_CLOEXEC),
		.resolve = p->root < 0 ? 0 : RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	/* EAGAIN: something was renamed while ".." was walked (openat2(2)) */
	for (int i = 0; i < 64; i++) {
		fd = sys_openat2(p->root < 0 ? AT_FDCWD : p->root, p->path, &how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

static int pack_top(struct packing *k)
{
	auto_fd seen = open_top(k->p, O_PATH | O_NOFOLLOW), fd = -1;
	struct stat st, now;

	if (seen < 0 || fstat(seen, &st) < 0)
		return err_sys(k->e, "cannot open it");
	if (!k->p->name && !S_ISDIR(st.st_mode))
		return err_set(k->e, "it is no directory");
	if (S_ISLNK(st.st_mode))
		return pack_link(k, seen, "", &st);
	if (S_ISFIFO(st.st_mode))
		return pack_fifo(k, &st);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(k->e, "it is neither a file nor a directory");
	fd = open_top(k->p, S_ISDIR(st.st_mode) ? READ_DIR : READ_FILE);
	if (fd < 0 || fstat(fd, &now) < 0)
		return err_sys(k->e, "cannot open it");
	if (is_kernels(fd))
		return err_set(k->e, "what it shows is the kernel's");
	return pack_open(k, fd);
}

/* What comes below the top is named behind it */
static void say_where(struct packing *k)
{
	const char *below = strchr(text_str(&k->path), '/');
	size_t len = strlen(k->p->path);

	while (below && len && k->p->path[len - 1] == '/')
		len--;
	err_wrap(k->e, "'%.*s%s': ", (int)len, k->p->path, below ? below : "");
}

int pack_to(const struct pack *p, int fd, struct err *e)
{
	struct packing k = { .p = p, .out = { .fd = fd }, .e = e };
	int r = -1;

	k.out.room = malloc(PAX_ROOM);
	k.room = malloc(PAX_ROOM);
	k.attr = malloc(2 * (size_t)ATTR_ROOM);
	text_add(&k.path, p->name ? p->name : ".");
	if (k.out.room && k.room && k.attr && !k.path.failed)
		r = pack_top(&k);
	else
		err_set(e, "out of memory");
	if (r < 0)
		say_where(&k);
	else
		r = pax_finish(&k.out, e);
	twins_release(&k.twins);
	text_release(&k.path);
	free(k.out.room);
	free(k.room);
	free(k.attr);
	return r;
}
