// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup.c - the leaf of a box: where it is, made, opened, asked, emptied, removed */
#include "cgroup/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "cgroup/inner.h"
#include "cgroup/stat.h"

static const struct cgroup_ops *ops(const struct cgroup *cg)
{
	return cg->kind == CGROUP_V1 ? &cgroup_ops_v1 : &cgroup_ops_v2;
}

int cgroup_at_add(struct cgroup_at *at, uint32_t controllers, const char *parent,
		  const char *id, struct err *e)
{
	size_t room = sizeof(at->text) - at->used;
	int n = snprintf(at->text + at->used, room, "%s/" CGROUP_PREFIX "%s",
			 strcmp(parent, "/") ? parent : "", id);

	if (n < 0 || (size_t)n >= room || at->count >= CGROUP_TREES)
		return err_set(e, "the path of the cgroup '%s' is too long", parent);
	at->tree[at->count].controllers = controllers;
	at->tree[at->count++].path = at->used;
	at->used += (uint32_t)n + 1;
	return 0;
}

/* An absolute path without '..' whose last part is a leaf's name */
static bool is_leaf(const char *path)
{
	const char *last = strrchr(path, '/');

	return path[0] == '/' && !strstr(path, "/../") &&
	       !strncmp(last + 1, CGROUP_PREFIX, strlen(CGROUP_PREFIX));
}

bool cgroup_at_check(const struct cgroup_at *at)
{
	if (at->kind == CGROUP_NONE)
		return !at->count;
	if (at->kind > CGROUP_V2 || at->count > CGROUP_TREES ||
	    at->used > sizeof(at->text) || (at->kind == CGROUP_V2 && at->count > 1))
		return false;
	for (uint32_t i = 0; i < at->count; i++) {
		uint32_t path = at->tree[i].path;

		if (path >= at->used || !memchr(at->text + path, '\0', at->used - path) ||
		    !is_leaf(at->text + path))
			return false;
	}
	return true;
}

const char *cgroup_path(const struct cgroup_at *at, unsigned int tree)
{
	return at->text + at->tree[tree].path;
}

const char *cgroup_path_of(const struct cgroup_at *at, uint32_t controller)
{
	for (uint32_t i = 0; i < at->count; i++)
		if (at->tree[i].controllers & controller)
			return cgroup_path(at, i);
	return NULL;
}

static int open_tree(const struct cgroup_at *at, uint32_t i, struct cgroup *cg,
		     struct err *e)
{
	cg->controllers[i] = at->tree[i].controllers;
	/* openat: musl's open() sets O_CLOEXEC by a call of its own once more */
	cg->dir[i] = openat(AT_FDCWD, cgroup_path(at, i),
			    O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (cg->dir[i] < 0)
		return err_sys(e, "cannot open the cgroup '%s'", cgroup_path(at, i));
	cg->count = i + 1;
	return 0;
}

int cgroup_make(const struct cgroup_at *at, struct cgroup *cg, struct err *e)
{
	*cg = (struct cgroup){ .kind = at->kind };
	for (uint32_t i = 0; i < at->count; i++) {
		if (mkdir(cgroup_path(at, i), 0755) < 0)
			return err_sys(e, "cannot make the cgroup '%s'",
				       cgroup_path(at, i));
		if (open_tree(at, i, cg, e) < 0)
			return -1;
	}
	return 0;
}

int cgroup_open(const struct cgroup_at *at, struct cgroup *cg, struct err *e)
{
	*cg = (struct cgroup){ .kind = at->kind };
	if (!at->count)
		return err_set(e, "the box has no cgroup");
	for (uint32_t i = 0; i < at->count; i++)
		if (open_tree(at, i, cg, e) < 0) {
			cgroup_close(cg);
			return -1;
		}
	return 0;
}

void cgroup_close(struct cgroup *cg)
{
	fd_close_all(cg->dir, cg->count);
	cg->count = 0;
}

int cgroup_dir(const struct cgroup *cg, uint32_t controller)
{
	for (uint32_t i = 0; i < cg->count; i++)
		if (cg->controllers[i] & controller)
			return cg->dir[i];
	return -1;
}

const char *cgroup_file(const struct cgroup *cg, uint32_t controller, const char *file,
			char *buf, size_t size)
{
	int dir = cgroup_dir(cg, controller);

	if (dir < 0 || file_read_small(dir, file, buf, size) < 0)
		return "";
	return buf;
}

uint64_t cgroup_value(const struct cgroup *cg, uint32_t controller, const char *file)
{
	char buf[64];

	return stat_number(cgroup_file(cg, controller, file, buf, sizeof(buf)));
}

void cgroup_count(const struct cgroup *cg, struct cgroup_counts *out)
{
	cgroup_count_last(cg, out);
	if (cg->count)
		ops(cg)->count(cg, out);
}

void cgroup_count_last(const struct cgroup *cg, struct cgroup_counts *out)
{
	memset(out, 0xff, sizeof(*out));
	if (cg->count)
		ops(cg)->count_last(cg, out);
}

uint64_t cgroup_oom_kills(const struct cgroup *cg)
{
	const char *file = cg->kind == CGROUP_V1 ? "memory.oom_control" : "memory.events";
	char buf[256];

	return stat_key(cgroup_file(cg, CG_MEMORY, file, buf, sizeof(buf)), "oom_kill");
}

uint64_t cgroup_cpu_ns(const struct cgroup *cg)
{
	return cg->count ? ops(cg)->cpu_ns(cg) : UINT64_MAX;
}

/* The same file on both layouts (4.15 on v2, 6.1 on v1) */
uint64_t cgroup_refused(const struct cgroup *cg)
{
	char buf[256];

	return stat_key(cgroup_file(cg, CG_PIDS, "pids.events", buf, sizeof(buf)), "max");
}

int cgroup_freeze(const struct cgroup *cg, bool frozen, struct err *e)
{
	if (!cg->count || ops(cg)->freeze(cg, frozen) < 0)
		return err_sys(e, "cannot %s the box", frozen ? "freeze" : "thaw");
	return 0;
}

bool cgroup_is_frozen(const struct cgroup *cg)
{
	return cg->count && ops(cg)->is_frozen(cg);
}

bool cgroup_wait(const struct cgroup *cg, bool (*done)(const struct cgroup *cg),
		 int most)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int ms = 0; ms < most; ms++) {
		if (done(cg))
			return true;
		nanosleep(&pause, NULL);
	}
	return done(cg);
}

/* The file lists one number a line; it is read by pieces, and a number may lie across
 * two of them */
ssize_t cgroup_pids(const struct cgroup *cg, pid_t *pids, size_t most)
{
	auto_fd fd =
		cg->count ? openat(cg->dir[0], "cgroup.procs", O_RDONLY | O_CLOEXEC) : -1;
	char buf[4096];
	ssize_t n, count = 0;
	pid_t pid = 0;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9') {
				pid = pid * 10 + (buf[i] - '0');
				continue;
			}
			if ((size_t)count < most)
				pids[count] = pid;
			count++;
			pid = 0;
		}
	}
	return n < 0 ? -1 : count;
}

int cgroup_signal_all(const struct cgroup *cg, int sig)
{
	pid_t pids[1024];
	ssize_t n = cgroup_pids(cg, pids, ARRAY_SIZE(pids));

	/* 0 is a process that this pid namespace does not see: kill(0) would be ours */
	for (ssize_t i = 0; i < n && i < (ssize_t)ARRAY_SIZE(pids); i++)
		if (pids[i] > 0)
			kill(pids[i], sig);
	return (int)n;
}

/* Each cgroup below @dir, deepest first; @what NULL: it is removed */
static void walk(int dir, int depth, void (*what)(int below))
{
	int fd = depth ? openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	auto_dir d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;

	if (!d && fd >= 0)
		close(fd);
	while (d && (de = readdir(d))) {
		auto_fd below = -1;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		below = openat(dir, de->d_name,
			       O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			walk(below, depth - 1, what);
		if (!what)
			unlinkat(dir, de->d_name, AT_REMOVEDIR);
		else if (below >= 0)
			what(below);
	}
}

void cgroup_below(int dir, void (*what)(int below))
{
	struct stat st;

	/* One link for each directory in it, and two of its own */
	if (!fstat(dir, &st) && st.st_nlink > 2)
		walk(dir, 16, what);
}

static void thaw(int below)
{
	file_write(below, "freezer.state", "THAWED");
}

void cgroup_thaw_below(const struct cgroup *cg)
{
	int dir = cg->kind == CGROUP_V1 ? cgroup_dir(cg, CG_FREEZER) : -1;

	if (dir >= 0)
		cgroup_below(dir, thaw);
}

/* With those of its trees that are still there */
static void kill_rest(const struct cgroup_at *at)
{
	struct cgroup cg = { .kind = at->kind };

	for (uint32_t i = 0; i < at->count; i++) {
		int dir = open(cgroup_path(at, i),
			       O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

		if (dir < 0)
			continue;
		cg.controllers[cg.count] = at->tree[i].controllers;
		cg.dir[cg.count++] = dir;
	}
	if (cg.count)
		ops(&cg)->kill(&cg);
	cgroup_close(&cg);
}

/* A process that was waited for may still count for a moment (cgroup_exit() comes before
 * its last reference goes): only then there is something to wait for */
static int remove_tree(const struct cgroup_at *at, uint32_t i)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const char *path = cgroup_path(at, i);

	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		auto_fd dir = -1;

		if (!rmdir(path) || errno == ENOENT || errno == ENOTDIR)
			return 0;
		if (errno != EBUSY && errno != ENOTEMPTY && errno != EINTR)
			return -1;
		if (!ms)
			kill_rest(at);
		dir = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir >= 0)
			cgroup_below(dir, NULL);
		if (ms)
			nanosleep(&pause, NULL);
	}
	return -1;
}

int cgroup_remove(const struct cgroup_at *at)
{
	int r = 0;

	if (!cgroup_at_check(at))
		return 0;
	for (uint32_t i = at->count; i-- > 0;)
		r |= remove_tree(at, i);
	return r;
}
