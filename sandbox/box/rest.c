// SPDX-License-Identifier: GPL-3.0-or-later
/* rest.c - boxes at rest: a directory each, whose lock says who may change it
 *
 * Theory of operation. Below nook's state directory, all of it closed to others:
 *
 *	boxes/NAME/	box		the record, replaced by rename
 *			lock		held by the keeper while the box runs, and by
 *					every command that changes the box; has its pid
 *			changes/	what the box changed: written by the box, so never
 *					walked by name with the caller's rights
 *			snapshots/	copies of that
 *			log, log.1	what its command wrote
 *	boxes/.new.ID	half made, or without a name
 *	boxes/.gone.ID.NAME	half removed
 *
 * The name of a box is that of its directory and stands nowhere else. So a box is made,
 * renamed and removed for everybody by one rename(2), which does not replace a directory
 * that has something in it: of two that make one name one fails.
 *
 * The lock belongs to an open file (fcntl(2), F_OFD_SETLK): the keeper, forked from who
 * took it, has it too, the kernel lets go of it however that ends, and whether it is held
 * can be asked without taking it. Who got it looks once more whether the directory still
 * has its name, because who had it before may have renamed or removed it.
 *
 * What begins with a dot and is locked by nobody is cleared by who comes next
 * (rest_sweep()), and so is a box that its keeper would have removed. Who clears makes
 * the lock where there is none yet, but that of a box half made only where nobody is
 * between mkdir(2) and the lock: makers hold boxes/ by a shared flock(2) for so long.
 *
 * Unlike records of running boxes this is on disk when a call returns.
 */
#include "box/rest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/text.h"
#include "box/store.h"
#include "box/upper.h"

#define RECORD	    "box"
#define RECORD_MOST (PLAN_MOST + (8u << 20))
#define NEWBORN	    ".new."
#define GONE	    ".gone."
#define ID_LEN	    (BOX_ID_SIZE - 4) /* as store_make_id() makes it */

#define PATIENCE_MS 5000
#define DYING_MS    500 /* without a processor; another box is made in less */
#define NAP_MS	    20

/* A reason that who calls can tell from others */
static int fail_as(struct err *e, int code)
{
	if (e)
		e->code = code;
	errno = code;
	return -1;
}

bool rest_is_name(const char *name)
{
#define NAME_FIRST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
	static const char first[] = NAME_FIRST, all[] = NAME_FIRST ".-";

	return *name && strchr(first, *name) && strlen(name) < REST_NAME_SIZE &&
	       !name[strspn(name, all)];
}

/* --- directories -------------------------------------------------------------------- */

/* A directory of the caller's own, looked at on its descriptor. @others: the permissions
 * that others must not have */
static int open_own(int at, const char *name, mode_t others)
{
	auto_fd fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (st.st_uid != geteuid() || (st.st_mode & others)) {
		errno = EPERM;
		return -1;
	}
	return fd_take(&fd);
}

/* mkdir -p of what is above */
static int make_above(const char *path, struct err *e)
{
	char part[512];

	for (const char *p = path + 1; (p = strchr(p, '/')); p++) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return err_sys(e, "cannot make '%s'", part);
	}
	return 0;
}

/* Return: descriptor, -1 and errno */
static int open_boxes(const char *state, bool make)
{
	auto_fd above = open_own(AT_FDCWD, state, 022);

	if (above < 0 || (make && mkdirat(above, "boxes", 0700) < 0 && errno != EEXIST))
		return -1;
	return open_own(above, "boxes", 077);
}

/* Where it is in memory it is removed with the last that lay in it, also while we make it
 */
int rest_area_open(struct rest_area *a, const char *state, bool make, struct err *e)
{
	int n = snprintf(a->path, sizeof(a->path), "%s/boxes", state), tries = 8;

	a->dir = -1;
	if (n < 0 || (size_t)n >= sizeof(a->path))
		return err_set(e, "the path '%s' is too long for boxes", state);
	do {
		if (make && make_above(a->path, e) < 0)
			return -1;
		a->dir = open_boxes(state, make);
	} while (make && a->dir < 0 && errno == ENOENT && --tries);
	if (a->dir >= 0 || (!make && errno == ENOENT))
		return 0;
	err_sys(e, "cannot use the directory of boxes '%s'", a->path);
	if (errno == EPERM)
		err_hint(e, "it must be yours and closed to others (mode 0700)");
	return -1;
}

void rest_area_close(struct rest_area *a)
{
	if (a->dir >= 0)
		close(fd_take(&a->dir));
}

int rest_subdir(const struct rest *r, const char *what, struct err *e)
{
	int fd;

	if (mkdirat(r->dir, what, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "%s: cannot make its directory '%s'", r->title, what);
	fd = open_own(r->dir, what, 022);
	return fd < 0 ? err_sys(e, "%s: cannot use its directory '%s'", r->title, what)
		      : fd;
}

/* --- the lock ----------------------------------------------------------------------- */

static int take_lock(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &l);
}

static bool is_same(int dir, const char *name, int fd)
{
	struct stat a, b;

	return !fstat(fd, &a) && !fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

bool rest_is_held(const struct rest *r)
{
	auto_fd fd = openat(r->dir, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fd >= 0 && !fcntl(fd, F_OFD_GETLK, &l) && l.l_type != F_UNLCK;
}

int rest_holder(const struct rest *r)
{
	char pid[32];

	if (file_read_small(r->dir, "lock", pid, sizeof(pid)) <= 0)
		return 0;
	return (int)strtol(pid, NULL, 10);
}

/* Only a help for people: what cannot be written is not missed */
void rest_own(const struct rest *r)
{
	char pid[32];
	int n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());

	if (!ftruncate(r->lock, 0) && pwrite(r->lock, pid, (size_t)n, 0) < 0)
		return;
}

static void nap(void)
{
	const struct timespec ts = { .tv_nsec = NAP_MS * 1000000 };

	nanosleep(&ts, NULL);
}

void rest_await(const struct rest *r)
{
	for (int ms = 0; ms < PATIENCE_MS && rest_is_held(r); ms += NAP_MS)
		nap();
}

static int say_held(const struct rest *r, bool runs, struct err *e)
{
	err_set(e,
		runs ? "box '%s' is running (pid %d)"
		     : "box '%s' is in use by another nook (pid %d)",
		r->name, rest_holder(r));
	if (runs)
		err_hint(e, "nook stop %s", r->name);
	return fail_as(e, EBUSY);
}

/* Its record says "running" from the moment its command does: until then, and while a
 * command holds it, it may be free at once */
static int wait_for_lock(struct rest *r, int lock, struct err *e)
{
	for (int ms = 0;; ms += NAP_MS) {
		bool runs;

		if (!take_lock(lock))
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return err_sys(e, "cannot lock box '%s'", r->name);
		runs = !rest_read(r, NULL) && r->rec.state == REST_RUNNING;
		if (runs || ms >= PATIENCE_MS)
			return say_held(r, runs, e);
		nap();
	}
}

int rest_hold(struct rest *r, struct err *e)
{
	auto_fd lock = openat(r->dir, "lock",
			      O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	/* Nothing can be made in a directory that is removed */
	if (lock < 0 && errno != ENOENT)
		return err_sys(e, "cannot open the lock of box '%s'", r->name);
	if (lock >= 0 && wait_for_lock(r, lock, e) < 0)
		return -1;
	if (lock < 0 || !is_same(r->area->dir, r->name, r->dir) ||
	    !is_same(r->dir, "lock", lock)) {
		err_set(e, "box '%s' has been renamed or removed meanwhile", r->name);
		return fail_as(e, ENOENT);
	}
	r->lock = fd_take(&lock);
	rest_own(r);
	return 0;
}

int rest_lock(struct rest *r, struct err *e)
{
	if (rest_hold(r, e) < 0)
		return -1;
	if (rest_read(r, e) == 0)
		return 0;
	close(fd_take(&r->lock));
	return -1;
}

/* --- the record --------------------------------------------------------------------- */

int rest_read(struct rest *r, struct err *e)
{
	struct rest_record rec;
	auto_text t = { 0 };

	if (file_read(r->dir, RECORD, &t, RECORD_MOST) < 0)
		return err_sys(e, "cannot read the record of box '%s'", r->name);
	if (t.failed)
		return err_set(e, "out of memory");
	if (rest_record_parse(text_str(&t), t.len, &rec, e) < 0)
		return err_wrap(e, "the record of box '%s': ", r->name);
	rest_record_release(&r->rec);
	r->rec = rec;
	return 0;
}

static int write_file(const struct rest *r, const struct text *t)
{
	auto_fd fd = openat(r->dir, RECORD ".new",
			    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, text_str(t), t->len) < 0 || fsync(fd) < 0)
		return -1;
	return renameat(r->dir, RECORD ".new", r->dir, RECORD);
}

int rest_write(struct rest *r, struct err *e)
{
	struct rest_record rec = r->rec;
	auto_text t = { 0 };

	if (r->plan)
		rec.plan = (struct plan *)r->plan; /* only read */
	rest_record_pack(&rec, &t);
	if (t.failed)
		return err_set(e, "out of memory");
	if (write_file(r, &t) < 0 || fsync(r->dir) < 0) {
		err_sys(e, "cannot write the record of %s", r->title);
		unlinkat(r->dir, RECORD ".new", 0);
		return -1;
	}
	return 0;
}

/* --- open, make, rename, remove ----------------------------------------------------- */

static void call_it(struct rest *r, const char *name)
{
	if (name)
		snprintf(r->title, sizeof(r->title), "box '%s'", name);
	else
		snprintf(r->title, sizeof(r->title), "the draft");
}

static int open_dir(const struct rest_area *a, const char *name, struct rest *r)
{
	*r = (struct rest){ .area = a, .dir = -1, .lock = -1 };
	snprintf(r->name, sizeof(r->name), "%s", name);
	call_it(r, name);
	if (a->dir < 0) {
		errno = ENOENT;
		return -1;
	}
	r->dir = open_own(a->dir, name, 077);
	return r->dir < 0 ? -1 : 0;
}

/* The names that there are, for the nearest of them */
struct names {
	char *text; /* each with its NUL, an empty one ends them */
};

static const char *next_name(size_t i, const void *arg)
{
	const char *p = ((const struct names *)arg)->text;

	while (*p && i--)
		p += strlen(p) + 1;
	return *p ? p : NULL;
}

static int say_none(const struct rest_area *a, const char *name, struct err *e)
{
	auto_dir d = a->dir >= 0 ? store_list(a->dir) : NULL;
	const struct dirent *de;
	auto_text all = { 0 };
	struct names names;
	const char *near;

	while (d && (de = readdir(d)))
		if (rest_is_name(de->d_name))
			text_addn(&all, de->d_name, strlen(de->d_name) + 1);
	text_addc(&all, '\0');
	names.text = all.s;
	near = all.failed ? NULL : name_near(name, next_name, &names);
	err_set(e, near ? "no box '%s', did you mean '%s'" : "no box '%s'", name,
		near ? near : "");
	if (!near)
		err_hint(e, "'nook ps -a' lists them all");
	return fail_as(e, ENOENT);
}

int rest_open(const struct rest_area *a, const char *name, struct rest *r, struct err *e)
{
	if (rest_is_name(name) && !open_dir(a, name, r))
		return 0;
	*r = (struct rest){ .area = a, .dir = -1, .lock = -1 };
	if (!rest_is_name(name) || errno == ENOENT)
		return say_none(a, name, e);
	err_sys(e, "cannot use the directory of box '%s'", name);
	return -1;
}

int rest_find(const struct rest_area *a, const char *name, struct rest *r, struct err *e)
{
	if (rest_open(a, name, r, e) < 0)
		return -1;
	if (rest_read(r, e) == 0)
		return 0;
	rest_close(r);
	return -1;
}

void rest_close(struct rest *r)
{
	if (r->lock >= 0)
		close(fd_take(&r->lock));
	if (r->dir >= 0)
		close(fd_take(&r->dir));
	rest_record_release(&r->rec);
	free(ptr_take(r->before.result));
}

/* What other ids own goes by the map of the plan; the rest is the caller's own */
static int clear_dir(const struct rest_area *a, const char *name, const struct plan *pl)
{
	static const char *const kept[] = { "/changes", "/snapshots", "" };
	char path[sizeof(a->path) + 256];
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kept) && !r; i++) {
		snprintf(path, sizeof(path), "%s/%s%s", a->path, name, kept[i]);
		r = upper_clear(path, pl);
	}
	return r;
}

/* Return: descriptor that holds boxes/ while it is open; -1 and errno */
static int hold_birth(const struct rest_area *a, int how)
{
	auto_fd fd = openat(a->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int ms = 0; fd >= 0 && flock(fd, how | LOCK_NB) < 0; ms += NAP_MS) {
		if (how == LOCK_EX || errno != EWOULDBLOCK || ms >= PATIENCE_MS)
			return -1;
		nap();
	}
	return fd_take(&fd);
}

/* Return: 0; -1 and errno */
static int make_newborn(const struct rest_area *a, struct rest *r)
{
	char id[BOX_ID_SIZE] = { 0 }, name[64];
	auto_fd birth = hold_birth(a, LOCK_SH);
	int why;

	store_make_id(id);
	snprintf(name, sizeof(name), NEWBORN "%s", id);
	if (birth < 0 || mkdirat(a->dir, name, 0700) < 0)
		return -1;
	if (open_dir(a, name, r) == 0) {
		memcpy(r->rec.id, id, sizeof(id));
		r->lock =
			openat(r->dir, "lock",
			       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (r->lock >= 0 && !take_lock(r->lock))
			return 0;
	}
	why = errno;
	clear_dir(a, name, NULL);
	errno = why;
	return -1;
}

/* Return: 0; -1 and @e; 1 and errno: not because somebody has it */
static int give_name(struct rest *r, const char *name, struct err *e)
{
	auto_fd held = store_hold_name(name, e);

	if (held < 0)
		return -1;
	if (renameat(r->area->dir, r->name, r->area->dir, name) < 0) {
		if (errno != ENOTEMPTY && errno != EEXIST)
			return 1;
		err_set(e, "a box named '%s' exists already", name);
		return fail_as(e, EEXIST);
	}
	snprintf(r->name, sizeof(r->name), "%s", name);
	return 0;
}

static int name_newborn(struct rest *r, const char *name, struct err *e)
{
	int given = name ? give_name(r, name, e) : 0;

	if (!name || given < 0)
		return given;
	if (given)
		return err_sys(e, "cannot make box '%s'", name);
	return fsync(r->area->dir) < 0 ? err_sys(e, "cannot make box '%s'", name) : 0;
}

int rest_create(const struct rest_area *a, const char *name, struct rest_record *rec,
		struct rest *r, struct err *e)
{
	int why;

	*r = (struct rest){ .area = a, .dir = -1, .lock = -1 };
	if (make_newborn(a, r) < 0) {
		why = errno;
		rest_close(r);
		errno = why;
		return err_sys(e, "cannot make a box in '%s'", a->path);
	}
	memcpy(rec->id, r->rec.id, sizeof(rec->id));
	rec->created_ns = clock_ns(CLOCK_REALTIME);
	r->rec = *rec;
	call_it(r, name);
	rest_own(r);
	if (rest_write(r, e) == 0 && name_newborn(r, name, e) == 0) {
		*rec = (struct rest_record){ 0 };
		return 0;
	}
	clear_dir(a, r->name, NULL);
	r->rec = (struct rest_record){ 0 }; /* stays the caller's */
	rest_close(r);
	return -1;
}

int rest_rename(struct rest *r, const char *name, struct err *e)
{
	int given;

	if (!rest_is_name(name))
		return err_set(e, "'%s' can be no name of a box", name);
	given = give_name(r, name, e);
	if (given < 0)
		return -1;
	if (given)
		return err_sys(e, "cannot rename box '%s'", r->name);
	call_it(r, name);
	if (fsync(r->area->dir) < 0)
		return err_sys(e, "cannot rename box '%s'", name);
	return 0;
}

int rest_remove(struct rest *r, struct err *e)
{
	char gone[sizeof(r->name)], id[BOX_ID_SIZE];

	if (*r->name != '.') {
		store_make_id(id);
		snprintf(gone, sizeof(gone), GONE "%s.%.64s", id, r->name);
		if (renameat(r->area->dir, r->name, r->area->dir, gone) < 0)
			return err_sys(e, "cannot remove box '%s'", r->name);
		fsync(r->area->dir); /* where it cannot, it is there after a power cut */
		flock(r->dir, LOCK_EX | LOCK_NB); /* its "lock" goes before it does */
		memcpy(r->name, gone, sizeof(gone));
	}
	if (!clear_dir(r->area, r->name, r->plan ? r->plan : r->rec.plan))
		return 0;
	return err_sys(e, "cannot remove all of '%s/%s'", r->area->path, r->name);
}

/* --- all of them -------------------------------------------------------------------- */

static bool is_newborn(const char *file)
{
	return !strncmp(file, NEWBORN, strlen(NEWBORN));
}

/* Whether @file is what a killed command left, of the box @name where that is given */
static bool is_left(const char *file, const char *name)
{
	size_t len = strlen(GONE) + ID_LEN + 1;

	if (!name)
		return is_newborn(file) || !strncmp(file, GONE, strlen(GONE));
	return !strncmp(file, GONE, strlen(GONE)) && strlen(file) > len &&
	       !strcmp(file + len, name);
}

/* Return: descriptor; -1: somebody has it, or is making it */
static int lock_left(const struct rest_area *a, const char *file, int dir)
{
	auto_fd birth = -1, lock = -1;

	if (is_newborn(file) && (birth = hold_birth(a, LOCK_EX)) < 0)
		return -1;
	lock = openat(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return lock >= 0 && !take_lock(lock) ? fd_take(&lock) : -1;
}

static bool sweep_one(const struct rest_area *a, const char *file)
{
	struct rest r;
	bool cleared = false;

	if (open_dir(a, file, &r) < 0)
		return false;
	if (!rest_is_held(&r) && !flock(r.dir, LOCK_EX | LOCK_NB))
		r.lock = lock_left(a, file, r.dir);
	if (r.lock >= 0 && is_same(a->dir, file, r.dir)) {
		rest_read(&r, NULL);
		cleared = !clear_dir(a, file, r.rec.plan);
	}
	rest_close(&r);
	return cleared;
}

/* A box that was to go with its run, and that no keeper has */
static bool sweep_passing(const struct rest_area *a, const char *name)
{
	bool cleared = false;
	struct rest r;

	if (open_dir(a, name, &r) < 0)
		return false;
	if (!rest_read(&r, NULL) && r.rec.passing && !rest_is_held(&r) &&
	    !rest_lock(&r, NULL) && r.rec.passing)
		cleared = !rest_remove(&r, NULL);
	rest_close(&r);
	return cleared;
}

int rest_sweep(const struct rest_area *a, const char *name)
{
	auto_dir d = a->dir >= 0 ? store_list(a->dir) : NULL;
	const struct dirent *de;
	int n = 0;

	while (d && (de = readdir(d)))
		if (is_left(de->d_name, name))
			n += sweep_one(a, de->d_name);
		else if (rest_is_name(de->d_name) && (!name || !strcmp(de->d_name, name)))
			n += sweep_passing(a, de->d_name);
	return n;
}

/* Whether somebody has it who makes a box, removes one, or dies of it. A draft of a
 * console, without words to be planned by, is held for as long as that likes */
static bool is_awaited(const struct rest_area *a, const char *file)
{
	bool awaited = false;
	struct rest r;

	if (!is_left(file, NULL) || open_dir(a, file, &r) < 0)
		return false;
	if (rest_is_held(&r))
		awaited = rest_read(&r, NULL) < 0 || r.rec.words_len;
	else if (is_newborn(file))
		awaited = faccessat(r.dir, "lock", F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	rest_close(&r);
	return awaited;
}

static bool has_awaited(const struct rest_area *a)
{
	auto_dir d = a->dir >= 0 ? store_list(a->dir) : NULL;
	const struct dirent *de;

	while (d && (de = readdir(d)))
		if (is_awaited(a, de->d_name))
			return true;
	return false;
}

int rest_sweep_all(const struct rest_area *a)
{
	int n = rest_sweep(a, NULL);

	for (int ms = 0; ms < DYING_MS && has_awaited(a); ms += NAP_MS) {
		nap();
		n += rest_sweep(a, NULL);
	}
	return n;
}

int rest_each(const struct rest_area *a,
	      void (*each)(const struct rest *r, const struct err *why, void *arg),
	      void *arg, struct err *e)
{
	auto_dir d = a->dir >= 0 ? store_list(a->dir) : NULL;
	const struct dirent *de;
	int n = 0;

	if (a->dir >= 0 && !d)
		return err_sys(e, "cannot list '%s'", a->path);
	while (d && (de = readdir(d))) {
		struct err why = { 0 };
		struct rest r;

		if (!rest_is_name(de->d_name))
			continue;
		if (open_dir(a, de->d_name, &r) < 0) {
			if (errno == EMFILE || errno == ENFILE)
				return err_sys(e, "cannot open box '%s'", de->d_name);
			continue;
		}
		/* One without a record is a place of changes that a run works in */
		if (rest_read(&r, &why) == 0 || why.code != ENOENT) {
			each(&r, why.text[0] ? &why : NULL, arg);
			n++;
		}
		rest_close(&r);
	}
	return n;
}
