// SPDX-License-Identifier: GPL-3.0-or-later
/* router.c - a keeper's use of the user's router: found, else made, and left */
#include "box/router.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

static int set_lock(int file, int how, struct flock *at)
{
	int r;

	do {
		r = fcntl(file, how, at);
	} while (r < 0 && errno == EINTR);
	return r;
}

int router_lock(int file, enum router_lock which, short type)
{
	struct flock at = { .l_type = type, .l_start = which, .l_len = 1 };

	return set_lock(file, F_OFD_SETLKW, &at);
}

/* Whether a holder lives: nobody else has this lock */
static bool is_alive(int file)
{
	struct flock at = { .l_type = F_WRLCK, .l_start = ROUTER_ALIVE, .l_len = 1 };

	return !set_lock(file, F_OFD_GETLK, &at) && at.l_type != F_UNLCK;
}

/* Return: whether the file names a holder; it may be a dead one's word */
static bool read_record(int file, struct router_record *rec)
{
	return pread(file, rec, sizeof(*rec), 0) == (ssize_t)sizeof(*rec) &&
	       rec->magic == ROUTER_MAGIC && rec->holder > 0;
}

static int open_namespace(const struct router_record *rec, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", rec->holder, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Its process is there, and has no namespaces any more: it has its locks a little longer
 * than those. A process of another pid namespace is not there at all */
static bool is_ending(const struct router_record *rec)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", rec->holder);
	return errno == ENOENT && !access(path, F_OK);
}

/*
 * Open the namespaces of the router that is there. Between the look into the file and the
 * look into /proc the holder may have been killed and its pid be another's: so it is
 * looked for again afterwards. Who then makes another waits for the end of this one.
 *
 * Return: 1; 0 where there is none; -1 and @e
 */
static int find(struct router *r, struct err *e)
{
	struct router_record rec, again;
	auto_fd user = -1, net = -1;
	int code = 0;

	if (!is_alive(r->use) || !read_record(r->use, &rec))
		return 0;
	user = open_namespace(&rec, "user");
	net = open_namespace(&rec, "net");
	if (user < 0 || net < 0)
		code = is_ending(&rec) ? -1 : errno;
	if (code < 0 || !is_alive(r->use) || !read_record(r->use, &again) ||
	    again.holder != rec.holder)
		return 0;
	if (code) {
		errno = code;
		return err_sys(e, "cannot open the namespaces of the router (pid %d)",
			       rec.holder);
	}
	r->user = fd_take(&user);
	r->net = fd_take(&net);
	r->holder = rec.holder;
	r->has_world = rec.pasta;
	snprintf(r->why, sizeof(r->why), "%.*s", (int)sizeof(rec.why), rec.why);
	return 1;
}

static int find_or_make(struct router *r, const struct plan *pl, int run, struct err *e)
{
	auto_fd making = -1;
	int found = find(r, e);

	if (found)
		return found;
	making = openat(run, ROUTER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (making < 0 || router_lock(making, ROUTER_MAKING, F_WRLCK) < 0)
		return err_sys(e, "cannot lock '%s'", ROUTER_FILE);
	found = find(r, e);
	if (!found && !router_make(pl, run, making, e))
		found = find(r, e);
	return found;
}

int router_join(struct router *r, const struct plan *pl, int run, struct err *e)
{
	int found;

	*r = (struct router){ .user = -1, .net = -1 };
	r->use =
		openat(run, ROUTER_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->use < 0)
		return err_sys(e, "cannot open '%s' beside the records of boxes",
			       ROUTER_FILE);
	if (router_lock(r->use, ROUTER_USED, F_RDLCK) < 0) {
		err_sys(e, "cannot lock '%s'", ROUTER_FILE);
		router_leave(r);
		return -1;
	}
	found = find_or_make(r, pl, run, e);
	if (found > 0)
		return 0;
	if (!found && !e->text[0])
		err_set(e, "the router of your networks ended while it was made");
	router_leave(r);
	return -1;
}

int router_find(struct router *r, int run, struct err *e)
{
	int found;

	*r = (struct router){ .user = -1, .net = -1 };
	r->use = openat(run, ROUTER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (r->use < 0)
		return errno == ENOENT ? 0 : err_sys(e, "cannot open '%s'", ROUTER_FILE);
	found = router_lock(r->use, ROUTER_USED, F_RDLCK) < 0
			? err_sys(e, "cannot lock '%s'", ROUTER_FILE)
			: find(r, e);
	if (found <= 0)
		router_leave(r);
	return found;
}

bool router_lives(const struct router *r)
{
	struct router_record rec;

	return is_alive(r->use) && read_record(r->use, &rec) && rec.holder == r->holder;
}

void router_leave(struct router *r)
{
	int *const fds[] = { &r->user, &r->net, &r->use };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			close(fd_take(fds[i]));
}
