// SPDX-License-Identifier: GPL-3.0-or-later
/* store.c - records of running boxes: one small locked file each
 *
 * Theory of operation. A record is written before anything durable is made and removed
 * after it is gone. The keeper holds an exclusive flock on its record; the kernel lets go
 * of it however the keeper ends. Nobody else ever has that lock: all others only try
 * whether they get a shared one, and a record of which they do belongs to nobody, also
 * while it is cleared away. So where the lock is refused, the pid in the record is its
 * keeper's and no number that somebody else was given since.
 *
 * A cleaner keeps its shared lock, so that no keeper begins, and takes a lock of another
 * kind (F_OFD_SETLK, which flock does not see) that keeps other cleaners out; then the
 * name is checked to still be the same inode. It undoes what the record names and removes
 * it. A new record is made under a temporary name, locked, written and then linked to its
 * name by rename: nobody ever sees half of one. In the moment before its lock is taken a
 * cleaner may remove it; its keeper sees that and makes another.
 *
 * Records are never fsynced: after a power cut nothing that they name runs any more.
 */
#include "box/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/sys.h"
#include "box/control.h"
#include "box/links.h"
#include "box/rest.h"
#include "box/upper.h"
#include "cgroup/place.h"
#include "layer/layer.h"

#define SUFFIX ".box"
#define NEWBORN ".new"
#define CHANGED ".next" /* of a box that runs and is being changed */

#define PATIENCE_MS 5000
#define NAP_MS	    5

/* Whether it can never be had, and the next place is to be taken. What fails for another
 * reason may be there again for the next command, and that must not find the boxes, and
 * the addresses, of a second place */
static bool is_no_place(int why)
{
	return why == ENOENT || why == ENOTDIR || why == ELOOP || why == EACCES;
}

/* Open @path, made where it is missing: 0700 and ours, checked on the descriptor. Return:
 * descriptor; -1 = take the next place; -2 = it is the right one and cannot be opened;
 * both with errno */
static int open_own_dir(const char *path, uid_t uid)
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, how);
	struct stat st;

	if (fd < 0 && errno == ENOENT) {
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -1;
		fd = open(path, how);
	}
	if (fd < 0)
		return is_no_place(errno) ? -1 : -2;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return -2;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != uid || (st.st_mode & 077)) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

/* Without a service manager /run is often a part of the disk: there a record waits for
 * the journal whenever others write, and outlives what it names */
static bool is_memory(const char *path)
{
	struct statfs sfs;

	if (statfs(path, &sfs) < 0)
		return errno != ENOENT; /* unknown: as it usually is */
	return (sfs.f_type == 0x01021994 /* TMPFS_MAGIC */ ||
		sfs.f_type == 0x858458f6 /* RAMFS_MAGIC */);
}

/* The first of these that can be had */
int store_open(struct store *st, struct err *e)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	unsigned int uid = geteuid();
	char path[512];

	*st = (struct store){ .dir = -1, .file = -1, .other = -1 };
	if (uid == 0 && is_memory("/run")) {
		snprintf(path, sizeof(path), "/run/nook");
		st->dir = open_own_dir(path, uid);
	} else if (xdg && *xdg == '/') {
		snprintf(path, sizeof(path), "%s/nook", xdg);
		st->dir = open_own_dir(path, uid);
	}
	if (st->dir == -1 && uid) {
		snprintf(path, sizeof(path), "/run/user/%u/nook", uid);
		st->dir = open_own_dir(path, uid);
	}
	if (st->dir == -1) {
		snprintf(path, sizeof(path), "/dev/shm/nook-%u", uid);
		st->dir = open_own_dir(path, uid);
	}
	/* Anybody may have taken root's name in /dev/shm before root did */
	if (st->dir == -1 && uid == 0) {
		snprintf(path, sizeof(path), "/run/nook");
		st->dir = open_own_dir(path, uid);
	}
	if (st->dir < 0) {
		st->dir = -1;
		err_sys(e, "no directory for running boxes: cannot use '%s'", path);
		return err_hint(
			e, "it must be yours and closed to others (mode 0700); or set "
			   "XDG_RUNTIME_DIR to such a directory");
	}
	return 0;
}

/* 12 characters of 0-9a-z: 62 bits from the kernel, enough that two never meet */
void store_make_id(char *id)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	uint64_t n = 0;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != (ssize_t)sizeof(n)) {
		struct timespec ts;

		clock_gettime(CLOCK_MONOTONIC, &ts);
		n = (uint64_t)ts.tv_nsec << 32 ^ (uint64_t)ts.tv_sec << 20 ^
		    (uint64_t)getpid();
	}
	for (int i = 0; i < 12; i++, n /= 36)
		id[i] = digits[n % 36];
	id[12] = '\0';
}

static int write_record(int file, const struct record *rec, const struct plan *pl)
{
	struct iovec iov[] = {
		{ .iov_base = (void *)rec, .iov_len = sizeof(*rec) },
		{ .iov_base = (void *)pl, .iov_len = pl->size },
	};
	ssize_t n = writev(file, iov, 2);

	if (n >= 0 && (size_t)n != sizeof(*rec) + pl->size)
		errno = ENOSPC;
	return n >= 0 && (size_t)n == sizeof(*rec) + pl->size ? 0 : -1;
}

int store_check(const struct store *st, struct err *e)
{
	if (faccessat(st->dir, ".", W_OK | X_OK, 0) < 0)
		return err_sys(e, "cannot make a record of the box");
	return 0;
}

/*
 * Whoever clears away may meet the file before its lock is taken, and removes it then: so
 * the lock is waited for, and the file's new name shows whether it is still there.
 *
 * Return: 0, -1 and errno; ENOENT = it was removed
 */
static int make_record(struct store *st, const struct plan *pl)
{
	char file[32], temp[32];
	int why;

	if (pl->cgroup.kind && cgroup_at_plan(pl, st->scope, st->rec.id, &st->rec.cgroup))
		return -1;
	snprintf(temp, sizeof(temp), "%s" NEWBORN, st->rec.id);
	snprintf(file, sizeof(file), "%s" SUFFIX, st->rec.id);
	st->file = openat(st->dir, temp,
			  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (st->file < 0)
		return -1;
	if (!flock(st->file, LOCK_EX) && !write_record(st->file, &st->rec, pl) &&
	    !renameat(st->dir, temp, st->dir, file))
		return 0;
	why = errno;
	unlinkat(st->dir, temp, 0);
	close(fd_take(&st->file));
	errno = why;
	return -1;
}

void store_note_limits(struct record *rec, const struct plan *pl)
{
	for (int i = 0; i < LIMIT_COUNT; i++)
		rec->limit[i] = UINT64_MAX;
	for (const struct plan_limit *l = NULL;
	     (l = plan_each(pl, &pl->cgroup.limits, l));) {
		if (l->which < LIMIT_COUNT)
			rec->limit[l->which] = l->n;
		if (l->which == LIMIT_CPUSET)
			snprintf(rec->cpuset, sizeof(rec->cpuset), "%s",
				 plan_text(pl, l->text));
	}
}

int store_update(struct store *st, struct err *e)
{
	if (pwrite(st->file, &st->rec, sizeof(st->rec), 0) != (ssize_t)sizeof(st->rec))
		return err_sys(e, "cannot write the record of the box");
	return 0;
}

/* Return: whether it is locked and still there; where not, with errno 0 a cleaner has met
 * it before */
static bool open_next(struct store *st, const char *temp)
{
	struct stat at;

	unlinkat(st->dir, temp, 0);
	errno = 0;
	st->other = openat(st->dir, temp,
			   O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return st->other >= 0 && !flock(st->other, LOCK_EX) && !fstat(st->other, &at) &&
	       at.st_nlink;
}

int store_prepare(struct store *st, const struct plan *pl, struct err *e)
{
	struct record rec = st->rec;
	bool ready = false;
	char temp[32];

	rec.plan_size = pl->size;
	snprintf(temp, sizeof(temp), "%s" CHANGED, rec.id);
	for (int tries = 8; tries && !ready; tries--) {
		if (st->other >= 0)
			close(fd_take(&st->other));
		ready = open_next(st, temp);
		if (errno)
			break;
	}
	if (ready && !write_record(st->other, &rec, pl))
		return 0;
	if (!errno)
		errno = EAGAIN;
	err_sys(e, "cannot write the record of the box");
	store_forget(st);
	return -1;
}

/* The lock of the old file stays: a reader that has opened it must not think us dead.
 * What the record says by now is in the new one before that has the name: the rename is
 * all or nothing */
int store_replace(struct store *st, const struct plan *pl, struct err *e)
{
	struct record rec = st->rec;
	char file[32], temp[32];
	int old = st->file;

	rec.plan_size = pl->size;
	rec.changes++;

	snprintf(temp, sizeof(temp), "%s" CHANGED, st->rec.id);
	snprintf(file, sizeof(file), "%s" SUFFIX, st->rec.id);
	if (pwrite(st->other, &rec, sizeof(rec), 0) != (ssize_t)sizeof(rec) ||
	    renameat(st->dir, temp, st->dir, file) < 0)
		return err_sys(e, "cannot write the record of the box");
	st->file = st->other;
	st->other = old;
	st->rec = rec;
	return 0;
}

void store_forget(struct store *st)
{
	char temp[32];

	snprintf(temp, sizeof(temp), "%s" CHANGED, st->rec.id);
	unlinkat(st->dir, temp, 0);
	if (st->other >= 0)
		close(fd_take(&st->other));
}

void store_leave(struct store *st)
{
	if (st->other >= 0)
		close(fd_take(&st->other));
	if (st->file >= 0)
		close(fd_take(&st->file));
}

void store_unlink(struct store *st)
{
	char file[32];

	if (st->file < 0 || st->gone)
		return;
	snprintf(file, sizeof(file), "%s" SUFFIX, st->rec.id);
	unlinkat(st->dir, file, 0);
	st->gone = true;
}

void store_remove(struct store *st)
{
	store_unlink(st);
	if (st->file >= 0)
		close(fd_take(&st->file));
	if (st->other >= 0)
		close(fd_take(&st->other));
	if (st->dir >= 0)
		close(fd_take(&st->dir));
}

/* Whether @name in @dir is still the file that @fd has open */
static bool is_same(int dir, const char *name, int fd)
{
	struct stat a, b;

	return !fstat(fd, &a) && !fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* The plan behind a record (heap), or NULL: what a keeper was killed while writing */
static struct plan *read_plan(int fd, const struct record *rec)
{
	auto_free void *block = NULL;

	if (rec->plan_size > PLAN_MOST || !(block = malloc(rec->plan_size)) ||
	    pread(fd, block, rec->plan_size, sizeof(*rec)) != (ssize_t)rec->plan_size ||
	    !plan_check(block, rec->plan_size))
		return NULL;
	return ptr_take(block);
}

/* Undo what the record names. Return: whether all of it is gone */
static bool repair(int dir, int fd, struct record *rec)
{
	auto_free struct plan *plan = NULL;

	if (pread(fd, rec, sizeof(*rec), 0) != (ssize_t)sizeof(*rec) ||
	    rec->magic != RECORD_MAGIC || rec->version != RECORD_VERSION)
		return true;
	layers_undo(rec);
	rec->upper[sizeof(rec->upper) - 1] = '\0';
	if (rec->upper[0])
		plan = read_plan(fd, rec);
	return !(cgroup_remove(&rec->cgroup) | upper_clear(rec->upper, plan) |
		 links_clear(dir, rec));
}

static bool is_record(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, SUFFIX) || !strcmp(dot, NEWBORN));
}

/* Whether nobody keeps the box, and nobody else clears it away. The shared lock stays:
 * whoever looks meanwhile finds a dead box, as it is */
static bool lock_to_clear(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return !flock(fd, LOCK_SH | LOCK_NB) && !fcntl(fd, F_OFD_SETLK, &whole);
}

/* What is left of a killed keeper has it for a moment, and who clears it away */
static bool lock_within(int fd, int ms)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000 };

	for (; !lock_to_clear(fd); ms -= NAP_MS) {
		if (errno != EWOULDBLOCK || ms <= 0)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

/* A record that nobody keeps: undo and remove. Return: whether it was removed */
static bool clear_one(int dir, const char *name, int patience_ms)
{
	auto_fd fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char id[BOX_ID_SIZE];
	struct record rec;

	if (fd < 0 || !lock_within(fd, patience_ms) || !is_same(dir, name, fd))
		return false;
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(name, "."), name);
	/* what a living box has prepared is not locked for a moment */
	if (is_record(name))
		control_remove(dir, id);
	return repair(dir, fd, &rec) && !unlinkat(dir, name, 0);
}

/* The caller holds the box, so nobody else makes a record of its id, and one that is
 * there is of a keeper that was killed */
static int take_id(struct store *st, const struct rest *rest, struct err *e)
{
	char file[32];

	memcpy(st->rec.id, rest->rec.id, sizeof(st->rec.id));
	snprintf(file, sizeof(file), "%s" SUFFIX, st->rec.id);
	clear_one(st->dir, file, PATIENCE_MS);
	if (faccessat(st->dir, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	err_set(e, "what the last run of %s left cannot be cleared away", rest->title);
	return err_hint(e, "processes of it may live still; then: nook gc");
}

/* Drafts of the console have files in a directory that may be this one, and who was the
 * last removes it. Its descriptor keeps its number */
static int reopen_dir(const struct store *st, struct err *e)
{
	struct store again;
	struct stat now;
	int r = 0;

	if (!fstat(st->dir, &now) && now.st_nlink)
		return 0;
	if (store_open(&again, e) < 0)
		return -1;
	if (dup3(again.dir, st->dir, O_CLOEXEC) < 0)
		r = err_sys(e, "cannot make a record of the box");
	store_remove(&again);
	return r;
}

int store_add(struct store *st, const struct box_wish *w, pid_t init, struct err *e)
{
	int tries = 8;

	st->rec = (struct record){
		.magic = RECORD_MAGIC,
		.version = RECORD_VERSION,
		.plan_size = w->plan->size,
		.keeper = getpid(),
		.init = init,
		.net = links_is_durable(w->plan),
		.netns = -1,
		.started_ns = clock_ns(CLOCK_REALTIME),
	};
	store_note_limits(&st->rec, w->plan);
	if (w->name)
		snprintf(st->rec.name, sizeof(st->rec.name), "%s", w->name);
	for (;;) {
		auto_fd name = w->take_name ? w->take_name(w->name, e) : -1;

		if (w->take_name && name < 0)
			return -1;
		if (!w->rest)
			store_make_id(st->rec.id);
		else if (take_id(st, w->rest, e) < 0)
			return -1;
		if (!make_record(st, w->plan))
			return 0;
		if (errno != EINTR && (errno != ENOENT || !--tries))
			return err_sys(e, "cannot make a record of the box");
		if (reopen_dir(st, e) < 0)
			return -1;
	}
}

/* That, or what a killed keeper has left beside it */
static bool is_left(const char *name)
{
	const char *dot = strrchr(name, '.');

	return is_record(name) || (dot && !strcmp(dot, CHANGED));
}

DIR *store_list(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

int store_gc(struct store *st, int most)
{
	auto_dir d = store_list(st->dir);
	const struct dirent *de;
	int looked = 0, removed = 0;

	while (d && (!most || looked < most) && (de = readdir(d))) {
		if (!is_left(de->d_name))
			continue;
		looked++;
		removed += clear_one(st->dir, de->d_name, 0);
	}
	return removed;
}

bool store_is_dead(const char *id, void *store)
{
	const int *dir = store;
	char file[32];
	auto_fd fd = -1;

	snprintf(file, sizeof(file), "%.15s" SUFFIX, id);
	fd = openat(*dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd < 0 ? errno == ENOENT : !flock(fd, LOCK_SH | LOCK_NB);
}

static int read_head(int fd, struct record *rec)
{
	if (fd < 0 || pread(fd, rec, sizeof(*rec), 0) != (ssize_t)sizeof(*rec) ||
	    rec->magic != RECORD_MAGIC || rec->version != RECORD_VERSION)
		return -1;
	rec->id[BOX_ID_SIZE - 1] = rec->name[sizeof(rec->name) - 1] = '\0';
	rec->link[sizeof(rec->link) - 1] = '\0';
	rec->end.message[sizeof(rec->end.message) - 1] = '\0';
	return 0;
}

bool store_id(const char *file, char *id)
{
	size_t len = strcspn(file, ".");

	if (!len || len >= BOX_ID_SIZE || strcmp(file + len, SUFFIX) != 0)
		return false;
	memcpy(id, file, len);
	id[len] = '\0';
	return true;
}

int store_peek(int dir, const char *id)
{
	char file[32];

	snprintf(file, sizeof(file), "%.15s" SUFFIX, id);
	return openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

int store_peek_read(int fd, struct record *rec, struct plan **plan)
{
	if (read_head(fd, rec) < 0)
		return -1;
	if (plan)
		*plan = read_plan(fd, rec);
	return 0;
}

/* What is held is not to be had shared; what is had is let go of at once */
bool store_is_held(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(fd, LOCK_UN);
	return false;
}

/* Return: as read_record(), or 1: the record was replaced while it was read */
static int try_record(int dir, const char *name, struct record *rec, struct plan **plan)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (read_head(fd, rec) < 0)
		return -1;
	if (!flock(fd, LOCK_SH | LOCK_NB)) /* nobody holds it: a dead box */
		return is_same(dir, name, fd) ? -1 : 1;
	if (!plan)
		return 0;
	*plan = read_plan(fd, rec);
	return *plan ? 0 : -1;
}

/* Read a living record and, where @plan is given, its plan (heap) */
static int read_record(int dir, const char *name, struct record *rec, struct plan **plan)
{
	int r = 1;

	for (int tries = 64; r == 1 && tries; tries--)
		r = try_record(dir, name, rec, plan);
	return r ? -1 : 0;
}

int store_each(void (*each)(const struct record *rec, const struct plan *plan, void *arg),
	       void *arg, struct err *e)
{
	struct store st;
	struct record rec;
	const struct dirent *de;
	int n = 0;

	if (store_open(&st, e) < 0)
		return -1;
	auto_dir d = store_list(st.dir);
	while (d && (de = readdir(d))) {
		struct plan *plan = NULL;

		if (!is_record(de->d_name) ||
		    read_record(st.dir, de->d_name, &rec, &plan) < 0)
			continue;
		n++;
		each(&rec, plan, arg);
		free(plan);
	}
	store_remove(&st);
	return n;
}

/* Where the keeper was killed, what is left of it has the lock for a moment more */
int store_pidfd(const struct record *rec, struct err *e)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000 };
	auto_fd fd = sys_pidfd_open(rec->keeper, 0);
	int why = fd < 0 ? errno : 0, ms = PATIENCE_MS;
	struct record again;
	char file[32];
	struct store st;
	bool lives;

	if (store_open(&st, e) < 0)
		return -1;
	snprintf(file, sizeof(file), "%s" SUFFIX, rec->id);
	while ((lives = read_record(st.dir, file, &again, NULL) == 0 &&
			again.keeper == rec->keeper) &&
	       why == ESRCH && (ms -= NAP_MS) > 0)
		nanosleep(&nap, NULL);
	store_remove(&st);
	if (!lives) {
		err_set(e, "box '%s' has ended meanwhile", store_name(rec));
		if (e)
			e->code = ESRCH;
		return -1;
	}
	if (fd >= 0)
		return fd_take(&fd);
	errno = why;
	err_sys(e, "cannot reach the keeper of box '%s' (pid %d)", rec->id, rec->keeper);
	if (e && why == ESRCH) /* it lives, out of sight: in another pid namespace */
		e->code = EREMOTE;
	return -1;
}

struct plan *store_find(const char *name, struct record *rec, struct err *e)
{
	struct plan *plan = NULL;
	const struct dirent *de;
	struct store st;

	if (store_open(&st, e) < 0)
		return NULL;
	auto_dir d = store_list(st.dir);
	while (!plan && d && (de = readdir(d))) {
		if (!is_record(de->d_name) ||
		    read_record(st.dir, de->d_name, rec, NULL) < 0)
			continue;
		if (!strcmp(rec->id, name) || (rec->name[0] && !strcmp(rec->name, name)))
			read_record(st.dir, de->d_name, rec, &plan);
	}
	store_remove(&st);
	if (!plan)
		err_set(e, "no running box '%s'", name);
	return plan;
}
