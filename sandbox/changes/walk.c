// SPDX-License-Identifier: GPL-3.0-or-later
/* walk.c - what a box changed: its upper directories compared with the trees below them
 *
 * Theory of operation. An upper holds every file that the box made or wrote to, a
 * character device 0:0 for each that it removed (a whiteout), and the directories on the
 * way to those. A directory with the mark "opaque" hides the lower one of its name whole.
 * The kernel writes these marks; the box can write neither (overlayfs escapes such
 * attributes and refuses such devices), everything else in an upper is the box's word.
 *
 * So both trees are walked side by side, by descriptors: each step opens one name without
 * following a link, in the lower also without going to another file system. Nothing is
 * ever looked up by a path, and a rename under way can at most show two moments at once,
 * never lead out. Open are three descriptors for each directory on the way; WALK_DEEPEST
 * bounds them, and CHUNK the names that are held of one directory.
 */
#include "changes/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "changes/attrs.h"

#define CHUNK	 65536 /* bytes of names */
#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/** struct walk - One walk: @path is where it is, as the box has it */
struct walk {
	const struct manifest *m;
	const struct manifest_tree *tree;
	const struct walk_calls *calls;
	struct text path;
	int depth;
	struct err *e;
};

/** struct place - A directory in both trees; -1 = it is not there. @opaque: nothing of
 * the lower one shows */
struct place {
	int upper, lower;
	bool opaque;
};

/* Whether a file of an upper says that the lower's is deleted */
static bool walk_is_whiteout(const struct change_file *f)
{
	return S_ISCHR(f->mode) && f->rdev == makedev(0, 0);
}

int walk_stat(int dir, const char *name, struct change_file *f)
{
	struct stat st;

	*f = (struct change_file){ 0 };
	if (fstatat(dir, name, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH)))
		return -1;
	*f = (struct change_file){
		.mode = st.st_mode,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.dev = st.st_dev,
		.rdev = st.st_rdev,
		.ino = st.st_ino,
		.nlink = st.st_nlink,
		.size = (uint64_t)st.st_size,
		.blocks = (uint64_t)st.st_blocks * 512,
		.mtime = st.st_mtim,
		.ctime = st.st_ctim,
	};
	return 0;
}

int walk_open_dir(int dir, const char *name)
{
	struct open_how how = {
		.flags = OPEN_DIR,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return sys_openat2(dir, *name ? name : ".", &how);
}

int walk_open_lower(const struct manifest_tree *t, struct err *e)
{
	struct open_how how = { .flags = OPEN_DIR, .resolve = RESOLVE_NO_SYMLINKS };
	int fd = sys_openat2(AT_FDCWD, t->lower, &how);

	return fd < 0 ? err_sys(e, "cannot open '%s'", t->lower) : fd;
}

/* --- names of a directory ----------------------------------------------------------- */

struct names {
	DIR *stream; /* NULL when all were read */
	char *text;
	const char **v;
	size_t count;
};

static void names_release(struct names *n)
{
	if (n->stream)
		closedir(n->stream);
	free(n->text);
	free(n->v);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void names_open(struct names *n, int dir)
{
	auto_fd fd = openat(dir, ".", OPEN_DIR);

	*n = (struct names){ .stream = fd < 0 ? NULL : fdopendir(fd) };
	if (n->stream)
		(void)fd_take(&fd);
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int split_names(struct names *n, size_t len)
{
	size_t i = 0;

	free(n->v);
	n->v = calloc(n->count, sizeof(*n->v));
	if (!n->v)
		return -1;
	for (const char *p = n->text; p < n->text + len; p += strlen(p) + 1)
		n->v[i++] = p;
	qsort(n->v, n->count, sizeof(*n->v), by_name);
	return 0;
}

/* The next names, in order among themselves. Return: 1; 0 at the end; -1 and errno */
static int names_more(struct names *n)
{
	const struct dirent *de;
	size_t len = 0;

	n->count = 0;
	if (!n->stream)
		return 0;
	if (!n->text && !(n->text = malloc(CHUNK)))
		return -1;
	while (len + NAME_MAX + 1 <= CHUNK && (de = readdir(n->stream))) {
		size_t one = strlen(de->d_name) + 1;

		if (is_dots(de->d_name) || one > NAME_MAX + 1)
			continue;
		memcpy(n->text + len, de->d_name, one);
		len += one;
		n->count++;
	}
	if (len + NAME_MAX + 1 <= CHUNK) {
		closedir(n->stream);
		n->stream = NULL;
	}
	if (!n->count)
		return 0;
	return split_names(n, len) < 0 ? -1 : 1;
}

/* --- comparing ---------------------------------------------------------------------- */

/* Whether two readers give the same bytes */
static bool same_bytes(int a, int b)
{
	auto_free char *room = malloc(2 * CHUNK);
	ssize_t n = 1, k;

	while (room && n > 0) {
		n = read(a, room, CHUNK);
		k = read(b, room + CHUNK, CHUNK);
		if (n < 0 || n != k || memcmp(room, room + CHUNK, (size_t)n) != 0)
			return false;
	}
	return room;
}

static int open_file(int dir, const char *name)
{
	return openat(dir, name,
		      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Size and time alone would be the box's word: it can set the time of what it wrote */
static bool same_file(const struct change *c)
{
	auto_fd a = -1, b = -1;

	if (c->upper.size != c->lower.size ||
	    !same_time(&c->upper.mtime, &c->lower.mtime))
		return false;
	a = open_file(c->upper_dir, c->name);
	b = open_file(c->lower_dir, c->name);
	return a >= 0 && b >= 0 && same_bytes(a, b);
}

static bool same_link(const struct change *c)
{
	char a[4096], b[4096];
	ssize_t n = readlinkat(c->upper_dir, c->name, a, sizeof(a));

	return n >= 0 && n == readlinkat(c->lower_dir, c->name, b, sizeof(b)) &&
	       !memcmp(a, b, (size_t)n);
}

static bool same_content(const struct change *c)
{
	if (S_ISREG(c->upper.mode))
		return same_file(c);
	if (S_ISLNK(c->upper.mode))
		return same_link(c);
	return c->upper.rdev == c->lower.rdev || S_ISDIR(c->upper.mode);
}

static struct attr_file attrs_of(const struct change *c, int dir)
{
	return (struct attr_file){ dir, c->name };
}

/*
 * The top of an upper is made by us before the box starts: an ordinary user cannot give
 * it the lower's owner, and its attributes are not copied.
 */
static uint32_t compare(const struct change *c)
{
	const struct change_file *u = &c->upper, *l = &c->lower;
	mode_t bits = *c->name ? 07777 : 01777;
	uint32_t differs = 0;

	if ((u->mode & S_IFMT) != (l->mode & S_IFMT))
		return DIFFERS_TYPE;
	if ((u->mode & bits) != (l->mode & bits))
		differs |= DIFFERS_MODE;
	if ((u->uid != l->uid || u->gid != l->gid) && (*c->name || geteuid() == 0))
		differs |= DIFFERS_OWNER;
	if (*c->name && !attr_same(attrs_of(c, c->upper_dir), attrs_of(c, c->lower_dir),
				   c->tree->idmap ? c->manifest : NULL))
		differs |= DIFFERS_ATTRS;
	if (!same_content(c))
		differs |= DIFFERS_CONTENT;
	return differs;
}

static uint32_t flags_of(const struct change *c)
{
	const struct change_file *u = &c->upper;
	uint32_t flags = 0;

	if (u->uid == UINT32_MAX || u->gid == UINT32_MAX)
		flags |= FLAG_NO_OWNER;
	if (S_ISCHR(u->mode) || S_ISBLK(u->mode))
		flags |= FLAG_DEVICE;
	if (S_ISSOCK(u->mode))
		flags |= FLAG_SOCKET;
	if (S_ISFIFO(u->mode))
		flags |= FLAG_FIFO;
	if (S_ISDIR(u->mode))
		return flags;
	if (u->nlink > 1)
		flags |= FLAG_HARDLINK;
	if (!S_ISREG(u->mode))
		return flags;
	flags |= (u->mode & S_ISUID ? FLAG_SETUID : 0) |
		 (u->mode & S_ISGID ? FLAG_SETGID : 0);
	if (attr_get(attrs_of(c, c->upper_dir), "security.capability", NULL, 0) > 0)
		flags |= FLAG_CAPS;
	return flags;
}

static void judge(struct change *c)
{
	bool is_there = c->lower_dir >= 0 && c->lower.mode;

	if (walk_is_whiteout(&c->upper)) {
		c->upper = (struct change_file){ 0 };
		c->kind = is_there ? CHANGE_DELETED : CHANGE_NONE;
		return;
	}
	if (c->tree->idmap) {
		c->upper.uid = manifest_inside(&c->manifest->uids, c->upper.uid);
		c->upper.gid = manifest_inside(&c->manifest->gids, c->upper.gid);
	}
	c->flags |= flags_of(c);
	c->kind = CHANGE_ADDED;
	if (!is_there)
		return;
	c->differs = compare(c);
	c->kind = c->differs ? CHANGE_MODIFIED : CHANGE_NONE;
}

/* --- walking ------------------------------------------------------------------------ */

static int walk_dir(struct walk *w, const struct place *d);

static int unknown(struct walk *w, const struct change *c, const char *why)
{
	struct change u = *c;

	u.kind = CHANGE_UNKNOWN;
	u.why = why;
	return w->calls->each(&u, w->calls->arg);
}

/* What is below a directory of the upper that @c tells of */
static int descend(struct walk *w, const struct change *c, bool opaque)
{
	auto_fd upper = -1, lower = -1;
	int r;

	if (w->depth == WALK_DEEPEST)
		return unknown(w, c, "too many directories below one another");
	upper = walk_open_dir(c->upper_dir, c->name);
	if (upper < 0)
		return errno == ENOENT ? 0 : unknown(w, c, strerror(errno));
	if (c->lower_dir >= 0 && S_ISDIR(c->lower.mode)) {
		lower = walk_open_dir(c->lower_dir, c->name);
		if (lower < 0 && errno != ENOENT)
			return unknown(w, c,
				       errno == EXDEV
					       ? "another file system is mounted there"
					       : strerror(errno));
	}
	w->depth++;
	r = walk_dir(w, &(struct place){ upper, lower, opaque });
	w->depth--;
	return r;
}

static int visit(struct walk *w, struct change *c, bool opaque)
{
	bool is_dir = S_ISDIR(c->upper.mode);
	int r;

	if (is_dir && !opaque && S_ISDIR(c->lower.mode) &&
	    attr_is_opaque(w->m, attrs_of(c, c->upper_dir))) {
		c->flags |= FLAG_OPAQUE;
		opaque = true;
	}
	judge(c);
	r = w->calls->each(c, w->calls->arg);
	if (r || !is_dir)
		return r < 0 ? r : 0;
	/* `each` may have made the directory */
	if (c->lower_dir >= 0 && !S_ISDIR(c->lower.mode))
		(void)walk_stat(c->lower_dir, c->name, &c->lower);
	r = descend(w, c, opaque);
	if (r >= 0 && w->calls->leave) {
		c->path = text_str(&w->path); /* it may have moved */
		r = w->calls->leave(c, w->calls->arg);
	}
	return r < 0 ? r : 0;
}

/* One name of a directory, in both trees */
static int walk_name(struct walk *w, const struct place *d, const char *name)
{
	struct change c = { .name = name,
			    .upper_dir = d->upper,
			    .lower_dir = d->lower,
			    .hidden = d->opaque,
			    .tree = w->tree,
			    .manifest = w->m };
	size_t len = w->path.len;
	int r;

	if (walk_stat(d->upper, name, &c.upper) < 0 && errno != ENOENT)
		return err_sys(w->e, "cannot look at '%s'", name);
	if (d->lower >= 0 && walk_stat(d->lower, name, &c.lower) < 0 && errno != ENOENT)
		return err_sys(w->e, "cannot look at '%s'", name);
	if (!c.upper.mode && !(d->opaque && c.lower.mode))
		return 0; /* gone meanwhile */
	if (w->calls->links && !S_ISDIR(c.upper.mode) && c.upper.nlink < 2)
		return 0;
	if (len > 1)
		text_addc(&w->path, '/');
	text_add(&w->path, name);
	c.path = text_str(&w->path);
	if (w->path.failed) {
		r = err_set(w->e, "out of memory");
	} else if (c.upper.mode) {
		r = visit(w, &c, d->opaque);
	} else {
		c.kind = CHANGE_DELETED;
		r = w->calls->each(&c, w->calls->arg);
	}
	text_cut(&w->path, len);
	return r < 0 ? r : 0;
}

/* Every name of a directory of one of the trees; of the lower those that the upper,
 * which hides them all, has not */
static int walk_names(struct walk *w, const struct place *d, bool of_lower)
{
	struct change_file there;
	struct names n;
	int r, more;

	names_open(&n, of_lower ? d->lower : d->upper);
	r = n.stream ? 0 : err_sys(w->e, "cannot list '%s'", text_str(&w->path));
	while (!r && (more = names_more(&n))) {
		if (more < 0)
			r = err_sys(w->e, "cannot list '%s'", text_str(&w->path));
		for (size_t i = 0; !r && i < n.count; i++)
			if (!of_lower || walk_stat(d->upper, n.v[i], &there) < 0)
				r = walk_name(w, d, n.v[i]);
	}
	names_release(&n);
	return r;
}

static int walk_dir(struct walk *w, const struct place *d)
{
	int r = walk_names(w, d, false);

	return r || !d->opaque || d->lower < 0 ? r : walk_names(w, d, true);
}

static int walk_tree(struct walk *w, int dir)
{
	auto_fd upper = walk_open_dir(dir, w->tree->name), lower = -1;
	struct change c = { .name = "", .tree = w->tree, .manifest = w->m };

	if (upper < 0)
		return errno == ENOENT ? 0
				       : err_sys(w->e, "cannot open the changes of '%s'",
						 w->tree->target);
	lower = walk_open_lower(w->tree, w->e);
	if (lower < 0 || walk_stat(upper, "", &c.upper) < 0 ||
	    walk_stat(lower, "", &c.lower) < 0)
		return -1;
	c.upper_dir = upper;
	c.lower_dir = lower;
	text_cut(&w->path, 0);
	text_add(&w->path, w->tree->target);
	c.path = text_str(&w->path);
	return visit(w, &c, false);
}

int walk_changes(int dir, const struct manifest *m, const struct walk_calls *calls,
		 struct err *e)
{
	struct walk w = { .m = m, .calls = calls, .e = e };
	int r = 0;

	for (size_t i = 0; !r && i < m->count; i++) {
		w.tree = &m->trees[i];
		r = walk_tree(&w, dir);
	}
	text_release(&w.path);
	return r;
}
