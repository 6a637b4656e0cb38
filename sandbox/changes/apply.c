// SPDX-License-Identifier: GPL-3.0-or-later
/* apply.c - make changes true in the trees below them, or forget them
 *
 * Theory of operation. The walk hands over both directories of a change as descriptors,
 * so nothing here follows a path: neither a link in the upper, which the box made, nor
 * one that somebody puts into the lower tree meanwhile.
 *
 *	a file		made under a new name beside its place, then renamed to it
 *	a new name	of a file that is made, or lies below unchanged: linked to that;
 *			a copy where it is not what it was, or can have no name there
 *	a deletion	unlink; a directory is renamed aside and then removed
 *	another type	the old one is renamed aside, comes back where the new one fails
 *	a directory	made before what is in it, its attributes set after that
 *
 * What changed below the box since its base (struct manifest) is not overwritten: the box
 * has not seen it. The kernel sets the time of change (ctime) of an inode on every write,
 * and nobody can set it back; for what is deleted as a directory, every inode in it
 * counts. What was applied came from the box, which may change it again: such files are
 * in a list as they were left (changes/applied.h).
 */
#include "changes/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "changes/remove.h"

#define BESIDE_SIZE 32
#define FOUND_MOST  ((size_t)64 << 20) /* bytes: 300000 files with usual paths */

static struct attr_file upper_of(const struct change *c)
{
	return (struct attr_file){ c->upper_dir, c->name };
}

/* --- what forbids it ---------------------------------------------------------------- */

static int say_changed(const char *what, const char *path, struct err *e)
{
	err_set(e, "%s'%s' changed on the host after the box had started", what, path);
	return err_hint(e, "look at both; --force takes the box's");
}

static struct applied *applied_of(struct apply *a)
{
	if (!a->has_applied)
		applied_open(&a->applied, a->dir);
	a->has_applied = true;
	return &a->applied;
}

static bool is_later(struct apply *a, const struct change *c, const struct change_file *f)
{
	return !a->force &&
	       (uint64_t)f->ctime.tv_sec * 1000000000u + (uint64_t)f->ctime.tv_nsec >
		       c->manifest->base_ns &&
	       !applied_has(applied_of(a), f);
}

/* A whole directory of the lower that is to go */
static int check_below(struct apply *a, const struct change *c, int dir, int depth,
		       struct err *e)
{
	auto_fd again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = again < 0 ? NULL : fdopendir(again);
	const struct dirent *de;
	struct change_file f;

	if (!d)
		return err_sys(e, "cannot list all of it");
	(void)fd_take(&again);
	if (depth == WALK_DEEPEST)
		return err_set(e, "too many directories below one another");
	while ((de = readdir(d))) {
		auto_fd sub = -1;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (walk_stat(dir, de->d_name, &f) < 0)
			return err_sys(e, "cannot look at '%s' in it", de->d_name);
		if (is_later(a, c, &f))
			return say_changed("in it ", de->d_name, e);
		if (!S_ISDIR(f.mode))
			continue;
		sub = walk_open_dir(dir, de->d_name);
		if (sub < 0)
			return err_sys(e, "cannot open '%s' in it", de->d_name);
		if (check_below(a, c, sub, depth + 1, e) < 0)
			return -1;
	}
	return 0;
}

static int check_lower(struct apply *a, const struct change *c, struct err *e)
{
	struct change_file now;
	auto_fd dir = -1;

	if (!c->lower.mode || (S_ISDIR(c->lower.mode) && S_ISDIR(c->upper.mode)))
		return 0;
	if (walk_stat(c->lower_dir, c->name, &now) < 0)
		return err_sys(e, "cannot look at it");
	if (now.ino != c->lower.ino || now.dev != c->lower.dev || is_later(a, c, &now))
		return say_changed("", c->path, e);
	if (!S_ISDIR(now.mode))
		return 0;
	dir = walk_open_dir(c->lower_dir, c->name);
	return dir < 0 ? err_sys(e, "cannot open it") : check_below(a, c, dir, 0, e);
}

static int check(struct apply *a, const struct change *c, struct err *e)
{
	if (c->kind == CHANGE_UNKNOWN)
		return err_set(e, "%s", c->why);
	if (c->lower_dir < 0) {
		err_set(e, "the directory that it is in is not there");
		return err_hint(e, "apply that directory");
	}
	if (c->flags & FLAG_NO_OWNER)
		return err_set(e, "its owner is nobody whom the tree knows");
	if (c->flags & FLAG_SOCKET)
		return err_set(e, "a socket is of use to who made it alone");
	if ((c->flags & FLAGS_TRUST) && !a->trust) {
		err_set(e, "%s",
			c->flags & FLAG_DEVICE ? "it is a device"
					       : "it gives others its rights");
		return err_hint(e, "--yes makes it all the same");
	}
	return check_lower(a, c, e);
}

/* --- what the box knows of by now --------------------------------------------------- */

/* The box knows the file that was made just now. Another one that somebody has put in its
 * place it does not */
static void remember_file(struct apply *a, const struct change *c)
{
	struct twin *twin = twins_find(&a->twins, &c->upper);
	struct change_file now;

	if (walk_stat(c->lower_dir, c->name, &now) == 0 && now.ino == a->made) {
		applied_add(applied_of(a), &now);
		if (twin)
			twin->made_ctime = now.ctime;
	}
}

/* A file that loses one of its names here keeps others, of which that counts as a change.
 * Return: descriptor of it, -1 = there is nothing to remember */
static int open_old(const struct change *c)
{
	return c->lower.nlink > 1 && !S_ISDIR(c->lower.mode)
		       ? openat(c->lower_dir, c->name, O_PATH | O_NOFOLLOW | O_CLOEXEC)
		       : -1;
}

static void remember_old(struct apply *a, const struct change *c, int old)
{
	struct change_file now;

	if (old >= 0 && walk_stat(old, "", &now) == 0 && now.ino == c->lower.ino)
		applied_add(applied_of(a), &now);
}

/* And a directory in which something was done, where it knew that before. What somebody
 * else put into it since is later by itself */
static void remember_dir(struct apply *a, const struct change *c)
{
	bool made = c->kind == CHANGE_ADDED || (c->differs & DIFFERS_TYPE);
	struct change_file now;

	if (c->lower_dir < 0 || walk_stat(c->lower_dir, c->name, &now) < 0 ||
	    (!made && (now.ino != c->lower.ino || is_later(a, c, &c->lower))))
		return;
	if (is_later(a, c, &now))
		applied_add(applied_of(a), &now);
}

/* --- doing it ----------------------------------------------------------------------- */

static void name_beside(char *buf)
{
	uint64_t n = 0;

	if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
		n = (uint64_t)getpid();
	snprintf(buf, BESIDE_SIZE, ".nook.%016llx", (unsigned long long)n);
}

static void close_top(struct apply *a)
{
	twins_release(&a->twins);
	if (a->tree)
		close(a->top);
	a->tree = NULL;
	a->has_found = false;
}

static int open_top(struct apply *a, const struct change *c, struct err *e)
{
	if (a->tree == c->tree)
		return 0;
	close_top(a);
	a->top = walk_open_lower(c->tree, e);
	if (a->top < 0)
		return -1;
	a->tree = c->tree;
	return 0;
}

/* The path below the top of its tree */
static const char *path_below(const struct change *c)
{
	const char *p = c->path + strlen(c->tree->target);

	return p + strspn(p, "/");
}

/* An unchanged file with several names, of which others may be new */
static int find_one(const struct change *c, void *arg)
{
	struct apply *a = arg;
	size_t size = 4 * sizeof(struct twin) + strlen(c->path);

	if (c->kind != CHANGE_NONE || !c->upper.mode || S_ISDIR(c->upper.mode) ||
	    is_later(a, c, &c->lower) || twins_find(&a->twins, &c->upper))
		return 0;
	if (size > a->room)
		return -1;
	a->room -= size;
	return twins_add(&a->twins, &c->upper, &c->lower, path_below(c));
}

/*
 * `ln` in a box brings the file into the upper, as it is below. Only its inode there ties
 * the new names to it, and its own may come behind them or not be wanted at all. So the
 * first file with several names has the whole tree looked through, before any name of one
 * goes. What is not found, for lack of memory too, becomes a copy.
 */
static void find_unchanged(struct apply *a, const struct change *c)
{
	const struct walk_calls calls = { .each = find_one, .arg = a, .links = true };
	struct manifest_tree tree = *c->tree;
	struct manifest one = *c->manifest;

	one.trees = &tree;
	one.count = 1;
	a->has_found = true;
	a->room = FOUND_MOST;
	(void)walk_changes(a->dir, &one, &calls, NULL);
}

/* Whether @f is as it was left, or found. A name that it has lost since counts too */
static bool is_as_left(struct apply *a, const struct twin *t, const struct change_file *f)
{
	return (f->ctime.tv_sec == t->made_ctime.tv_sec &&
		f->ctime.tv_nsec == t->made_ctime.tv_nsec) ||
	       applied_has(applied_of(a), f);
}

/* Return: whether @to is now another name of what is there already */
static bool link_beside(struct apply *a, const struct change *c, struct attr_file to)
{
	/* Its other names may be gone from the upper by now: the count of links tells
	 * nothing */
	const struct twin *twin = twins_find(&a->twins, &c->upper);
	auto_fd fd = twin ? twin_open(a->top, twin, NULL) : -1;
	struct change_file now;

	if (fd < 0 || walk_stat(fd, "", &now) < 0 || !is_as_left(a, twin, &now) ||
	    copy_link(fd, twin, to, NULL) < 0)
		return false;
	a->made = now.ino;
	a->held = true;
	return true;
}

/* The file that @c tells of, whole, under another name */
static int make_beside(struct apply *a, const struct change *c, const char *beside,
		       struct err *e)
{
	struct attr_file to = { c->lower_dir, beside };
	const struct manifest *ids = c->tree->idmap ? c->manifest : NULL;
	struct change_file made = { 0 };
	auto_fd fd = -1;

	if (link_beside(a, c, to))
		return 0;
	fd = copy_node(upper_of(c), &c->upper, to, e);
	if (fd < 0)
		return -1;
	a->made = walk_stat(fd, "", &made) < 0 ? 0 : made.ino;
	if (!copy_owner(&c->upper, fd, e) &&
	    !attr_copy(upper_of(c), (struct attr_file){ fd, "" }, ids, e) &&
	    !copy_times(&c->upper, fd, e)) {
		if (!(c->flags & FLAG_HARDLINK) ||
		    !twins_add(&a->twins, &c->upper, &made, path_below(c)))
			return 0;
		err_set(e, "out of memory");
	}
	unlinkat(c->lower_dir, beside, 0);
	return -1;
}

/* @beside takes the place of the name. What is a directory goes aside first */
static int into_place(const struct change *c, const char *beside, struct err *e)
{
	char aside[BESIDE_SIZE];
	int dir = c->lower_dir;

	if (!c->lower.mode) {
		if (sys_renameat2(dir, beside, dir, c->name, RENAME_NOREPLACE) < 0)
			return err_sys(e, "cannot put it into its place");
		return 0;
	}
	if (!S_ISDIR(c->lower.mode) && !S_ISDIR(c->upper.mode)) {
		if (renameat(dir, beside, dir, c->name) < 0)
			return err_sys(e, "cannot put it into its place");
		return 0;
	}
	name_beside(aside);
	if (renameat(dir, c->name, dir, aside) < 0)
		return err_sys(e, "cannot move away what is in its place");
	if (renameat(dir, beside, dir, c->name) < 0) {
		err_sys(e, "cannot put it into its place");
		if (renameat(dir, aside, dir, c->name) < 0)
			err_wrap(e, "'%s' is now '%s'", c->name, aside);
		return -1;
	}
	if (remove_name(dir, aside) < 0)
		return err_sys(e, "it is done, but '%s' beside it cannot be removed",
			       aside);
	return 0;
}

static int delete_lower(struct apply *a, const struct change *c, struct err *e)
{
	auto_fd old = open_old(c);
	char aside[BESIDE_SIZE];

	if (!S_ISDIR(c->lower.mode)) {
		if (unlinkat(c->lower_dir, c->name, 0) < 0 && errno != ENOENT)
			return err_sys(e, "cannot delete it");
		remember_old(a, c, old);
		return 0;
	}
	name_beside(aside);
	if (renameat(c->lower_dir, c->name, c->lower_dir, aside) < 0)
		return err_sys(e, "cannot delete it");
	if (remove_name(c->lower_dir, aside) < 0)
		return err_sys(e, "cannot delete all of it: the rest is '%s'", aside);
	return 0;
}

static int make_dir(const struct change *c, struct err *e)
{
	char beside[BESIDE_SIZE];
	int fd;

	name_beside(beside);
	fd = copy_dir((struct attr_file){ c->lower_dir, beside }, e);
	if (fd < 0)
		return -1;
	close(fd);
	if (into_place(c, beside, e) == 0)
		return 0;
	unlinkat(c->lower_dir, beside, AT_REMOVEDIR);
	return -1;
}

static int make_file(struct apply *a, const struct change *c, struct err *e)
{
	auto_fd old = open_old(c);
	char beside[BESIDE_SIZE];

	name_beside(beside);
	if (make_beside(a, c, beside, e) < 0)
		return -1;
	if (into_place(c, beside, e) == 0) {
		remember_file(a, c);
		remember_old(a, c, old);
		return 0;
	}
	unlinkat(c->lower_dir, beside, 0);
	return -1;
}

/* What is true below needs no place in the upper any more. What a directory hides goes
 * with that, when all of it is done (apply_leave()) */
static int drop(const struct change *c, struct err *e)
{
	if (!c->hidden && unlinkat(c->upper_dir, c->name, 0) < 0 && errno != ENOENT)
		return err_sys(e, "it is done, but stays among the changes");
	return 0;
}

/* Names of it that are not done, now or at all, become links only as long as it is there
 */
static int drop_unchanged(struct apply *a, const struct change *c, struct err *e)
{
	if (c->upper.nlink < 2)
		return drop(c, e);
	a->held = true;
	return 0;
}

static int sweep_one(const struct change *c, void *arg)
{
	(void)arg;
	if (c->kind == CHANGE_NONE && c->upper.nlink == 1 && !S_ISDIR(c->upper.mode))
		(void)drop(c, NULL);
	return 0;
}

static int sweep_dir(const struct change *c, void *arg)
{
	(void)arg;
	if (c->kind == CHANGE_NONE && *c->name && !c->hidden &&
	    !(c->flags & FLAG_OPAQUE))
		unlinkat(c->upper_dir, c->name, AT_REMOVEDIR);
	return 0;
}

void apply_sweep(const struct apply *a, const struct manifest *m)
{
	const struct walk_calls calls = { .each = sweep_one, .leave = sweep_dir };

	(void)walk_changes(a->dir, m, &calls, NULL);
}

void apply_pass(struct apply *a)
{
	a->left_at[a->depth++] = a->left;
}

int apply_change(struct apply *a, const struct change *c, struct err *e)
{
	bool is_dir = S_ISDIR(c->upper.mode), same = S_ISDIR(c->lower.mode) && is_dir;

	if (open_top(a, c, e) < 0)
		return -1;
	if (!is_dir && c->upper.nlink > 1 && !a->has_found)
		find_unchanged(a, c);
	if (c->kind == CHANGE_NONE)
		return is_dir ? (apply_pass(a), 0) : drop_unchanged(a, c, e);
	if (check(a, c, e) < 0)
		return -1;
	if (c->kind == CHANGE_DELETED)
		return delete_lower(a, c, e) < 0 ? -1 : drop(c, e);
	if (!is_dir)
		return make_file(a, c, e) < 0 ? -1 : drop(c, e);
	if (!same && make_dir(c, e) < 0)
		return -1;
	apply_pass(a);
	return 0;
}

static int dress_dir(const struct change *c, struct err *e)
{
	auto_fd fd = walk_open_dir(c->lower_dir, c->name);
	struct change_file f = c->upper;

	if (fd < 0)
		return err_sys(e, "cannot open it");
	if (c->kind == CHANGE_MODIFIED &&
	    !(c->differs & (DIFFERS_OWNER | DIFFERS_TYPE))) {
		f.uid = c->lower.uid;
		f.gid = c->lower.gid;
	}
	if (copy_owner(&f, fd, e) < 0)
		return -1;
	if (*c->name && attr_copy(upper_of(c), (struct attr_file){ fd, "" },
				  c->tree->idmap ? c->manifest : NULL, e) < 0)
		return -1;
	return c->kind == CHANGE_ADDED ? copy_times(&c->upper, fd, e) : 0;
}

int apply_leave(struct apply *a, const struct change *c, bool own, struct err *e)
{
	bool whole = a->left_at[--a->depth] == a->left;

	if (own && c->kind != CHANGE_NONE && dress_dir(c, e) < 0)
		return -1;
	remember_dir(a, c);
	/* One that still has a change, its own too, must stay */
	if (!whole || !*c->name || c->hidden || (!own && c->kind != CHANGE_NONE))
		return 0;
	if ((c->flags & FLAG_OPAQUE
		     ? remove_name(c->upper_dir, c->name)
		     : unlinkat(c->upper_dir, c->name, AT_REMOVEDIR)) < 0 &&
	    errno != ENOTEMPTY && errno != EEXIST)
		return err_sys(e, "it is done, but stays among the changes");
	return 0;
}

int apply_discard(const struct apply *a, const struct change *c, struct err *e)
{
	struct change_file there;

	if (!*c->name) {
		if (remove_name(a->dir, c->tree->name) < 0)
			return err_sys(e, "cannot remove all of it");
		return 0;
	}
	if (walk_stat(c->upper_dir, c->name, &there) < 0) {
		err_set(e, "its directory was made anew and hides it");
		return err_hint(e, "discard that directory");
	}
	if (remove_name(c->upper_dir, c->name) < 0)
		return err_sys(e, "cannot remove it");
	return 0;
}

void apply_release(struct apply *a)
{
	close_top(a);
	if (a->has_applied)
		applied_release(&a->applied);
	a->has_applied = false;
}
