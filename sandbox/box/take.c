// SPDX-License-Identifier: GPL-3.0-or-later
/* take.c - files that are copied out of a box when it has ended */
#include "box/take.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/sys.h"
#include "box/box.h"
#include "box/sync.h"
#include "changes/copy.h"

#define NO_LINKS (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* --- inside ------------------------------------------------------------------------- */

/* Cut @path back to the deepest directory that is there. Return: descriptor, -1 and
 * errno */
static int open_deepest(char *path)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = NO_LINKS };

	for (;;) {
		char *slash = strrchr(path, '/');
		int fd;

		if (!slash)
			return -1;
		slash[slash == path] = '\0';
		fd = sys_openat2(AT_FDCWD, path, &how);
		if (fd >= 0 || slash == path)
			return fd;
	}
}

int takes_send(const struct plan *pl, int sock, struct err *e)
{
	for (const struct plan_take *t = NULL; (t = plan_each(pl, &pl->takes, t));) {
		struct sync_msg msg = { .step = STEP_PLACE };
		char path[PATH_MAX];
		auto_fd dir = -1;

		snprintf(path, sizeof(path), "%s", plan_text(pl, t->path));
		dir = open_deepest(path);
		if (dir < 0)
			return err_sys(e, "cannot open a directory of '%s'",
				       plan_text(pl, t->path));
		msg.value = (int)strlen(path);
		if (sync_send(sock, &msg, dir) < 0)
			return err_sys(e, "the keeper died");
	}
	return 0;
}

/* --- the keeper --------------------------------------------------------------------- */

void takes_heard(struct takes *t, const struct plan *pl, int dir, int len)
{
	struct stat st;

	if (dir < 0)
		return;
	/* A socket would be the box's end of ours, whose end of file then never came */
	if (t->count == TAKES_MOST || (uint32_t)t->count >= pl->takes.count ||
	    fstat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
		close(dir);
		return;
	}
	t->v[t->count].dir = dir;
	t->v[t->count++].len = len;
}

void takes_close(struct takes *t)
{
	while (t->count)
		close(t->v[--t->count].dir);
}

/* The file itself, and nothing but a regular one: a FIFO would wait, a device do
 * something. Return: descriptor, -1 and errno */
static int open_file(int dir, const char *rest)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = NO_LINKS | RESOLVE_BENEATH | RESOLVE_NO_XDEV };
	auto_fd found = sys_openat2(dir, rest, &how);
	char path[32];
	struct stat st;

	if (found < 0 || fstat(found, &st) < 0)
		return -1;
	errno = S_ISLNK(st.st_mode)		   ? ELOOP
		: !S_ISREG(st.st_mode)		   ? EINVAL
		: (uint64_t)st.st_size > TAKE_SIZE ? EFBIG
						   : 0;
	if (errno)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Below @dir, whose directories are made: a new file, through no link. Return:
 * descriptor, -1 and errno */
static int make_file(int dir, const char *name)
{
	const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	auto_fd at = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	char part[NAME_MAX + 1];

	for (size_t len; at >= 0 && name[len = strcspn(name, "/")]; name += len + 1) {
		int next;

		if (!len || len > NAME_MAX) {
			errno = EINVAL;
			return -1;
		}
		memcpy(part, name, len);
		part[len] = '\0';
		if (mkdirat(at, part, 0777) < 0 && errno != EEXIST)
			return -1;
		next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
	if (at < 0 || (unlinkat(at, name, 0) < 0 && errno != ENOENT))
		return -1;
	return openat(at, name, how, 0666);
}

static const char *why_not(int code)
{
	if (code == EINVAL)
		return "it is no regular file";
	if (code == ELOOP || code == EXDEV)
		return "a link leads there";
	return code == EFBIG ? "it is larger than 1G" : strerror(code);
}

/* With its length: where one ends and the next begins must count as well */
static int add_file(int fd, uint64_t *digest)
{
	char buf[65536];
	uint64_t at = 0;
	ssize_t n;

	for (; (n = pread(fd, buf, sizeof(buf), (off_t)at)) > 0; at += (uint64_t)n)
		*digest = hash_bytes(*digest, buf, (size_t)n);
	*digest = hash_bytes(*digest, &at, sizeof(at));
	return n < 0 ? -1 : 0;
}

static void note_missing(struct result *r, const char *path, int code)
{
	size_t len = strlen(r->message);

	r->not_taken++;
	snprintf(r->message + len, sizeof(r->message) - len,
		 "; '%s' did not come out: %s", path, why_not(code));
}

void takes_copy(struct takes *t, const struct plan *pl, int to, struct result *r)
{
	int i = 0;

	if (!r->ran)
		return;
	for (const struct plan_take *w = NULL; (w = plan_each(pl, &pl->takes, w)); i++) {
		const char *path = plan_text(pl, w->path);
		int len = i < t->count ? t->v[i].len : 0;
		auto_fd from = -1, file = -1;

		/* inside said it, before anything of the box ran */
		if (len < 1 || (size_t)len >= strlen(path)) {
			note_missing(r, path, ENOENT);
			continue;
		}
		from = open_file(t->v[i].dir, path + len + (path[len] == '/'));
		if (from < 0) {
			note_missing(r, path, errno);
			continue;
		}
		file = make_file(to, plan_text(pl, w->to));
		/* what cannot be written is nobody's in the box */
		if (file < 0 || copy_bytes(from, file) < 0 ||
		    (r->digest && add_file(from, &r->digest) < 0))
			r->output_error = errno;
	}
}
