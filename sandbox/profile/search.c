// SPDX-License-Identifier: GPL-3.0-or-later
/* search.c - where profiles live, and opening one with care
 *
 * A profile decides what a box may do, so who can write it matters. What is opened is
 * checked on its descriptor and then read from that descriptor: a file that changes
 * places between check and use changes nothing (RC-10). The current directory is never
 * searched.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "profile/internal.h"

static void place_add(struct search *s, const char *dir, bool is_shipped)
{
	if (!dir || s->count >= PLACES_MOST)
		return;
	s->place[s->count++] =
		(struct place){ .dir = dir, .fd = -1, .is_shipped = is_shipped };
}

/* $XDG_CONFIG_HOME or ~/.config. Under sudo root's own, wherever HOME points: what a user
 * wrote for himself must not steer what root runs (IN-12). */
static const char *user_dir(struct arena *a)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");

	if (!geteuid() && secure_getenv("SUDO_UID"))
		return "/root/.config/nook/profiles";
	if (config && *config == '/')
		return arena_printf(a, "%s/nook/profiles", config);
	return home && *home == '/' ? arena_printf(a, "%s/.config/nook/profiles", home)
				    : NULL;
}

/* $NOOK_PROFILE_PATH: directories with ':' between; an empty one is not "here" */
static void add_list(struct search *s, const char *list)
{
	for (const char *end; *list; list = *end ? end + 1 : end) {
		end = list + strcspn(list, ":");
		if (end != list)
			place_add(s, arena_copy(s->arena, list, (size_t)(end - list)),
				  false);
	}
}

void search_init(struct search *s, struct arena *a)
{
	const char *list = secure_getenv("NOOK_PROFILE_PATH");

	*s = (struct search){ .arena = a };
	if (list && *list) {
		add_list(s, list);
		s->is_whole = true;
		return;
	}
	place_add(s, user_dir(a), false);
	place_add(s, NOOK_SYSCONFDIR "/nook/profiles", false);
}

void search_release(struct search *s)
{
	for (size_t i = 0; i < s->count; i++)
		cleanup_fd(&s->place[i].fd);
}

const char *shipped_root(struct arena *a, const char *probe)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *file;
	char *build;

	if (n <= 0)
		return NOOK_DATADIR;
	exe[n] = '\0';
	build = strstr(exe, "/build/");
	for (char *more = build; more; more = strstr(more + 1, "/build/"))
		build = more;
	if (!build)
		return NOOK_DATADIR;
	*build = '\0';
	file = arena_printf(a, "%s/%s", exe, probe);
	if (!file || faccessat(AT_FDCWD, file, F_OK, 0))
		return NOOK_DATADIR;
	return arena_copy(a, exe, strlen(exe));
}

static const char *shipped_dir(struct arena *a)
{
	const char *root = shipped_root(a, "profiles/base.yaml");

	return root ? arena_printf(a, "%s/profiles", root) : NULL;
}

/* Every directory there is to look in, in order. Return: count */
static size_t search_list(struct search *s)
{
	if (!s->is_whole)
		place_add(s, shipped_dir(s->arena), true);
	s->is_whole = true;
	return s->count;
}

#define OVERFLOW_ID 65534u /* how an id that is not mapped here looks */

/* Owned by the caller, by root, or by the owner of this program, who could as well have
 * changed the program: a developer's tree run by root. In a user namespace the program
 * and its profiles often belong to a root that is not mapped; then the owner shows as the
 * overflow id like everybody else's, so only the shipped directory is trusted for it. */
static bool is_owner_trusted(uid_t uid, bool is_shipped)
{
	struct stat exe;

	if (!uid || uid == geteuid())
		return true;
	if (uid == OVERFLOW_ID && !is_shipped)
		return false;
	return !stat("/proc/self/exe", &exe) && exe.st_uid == uid;
}

static int check_dir(const char *path, const struct stat *st, struct err *e)
{
	if (!(st->st_mode & S_IWOTH) || (st->st_mode & S_ISVTX))
		return 0;
	err_set(e, "profile '%s': everybody can write its directory", path);
	return err_hint(e, "take the right away (chmod o-w) or keep profiles in "
			   "~/.config/nook/profiles");
}

static int check_file(const char *path, const struct stat *st, bool is_shipped,
		      struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, "profile '%s': not a regular file", path);
	if (!is_owner_trusted(st->st_uid, is_shipped)) {
		if (st->st_uid == OVERFLOW_ID)
			err_set(e,
				"profile '%s': its owner has no id here, expected you or "
				"root",
				path);
		else
			err_set(e,
				"profile '%s': belongs to user %u, expected you or root",
				path, st->st_uid);
		return err_hint(e, "read it, then copy it to a file of your own");
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		err_set(e, "profile '%s': others than its owner can write it", path);
		return err_hint(e, "chmod go-w %s", path);
	}
	if (st->st_size > PROFILE_MOST)
		return err_set(e, "profile '%s': larger than 1M", path);
	return 0;
}

/* The file can grow while it is read: what counts is what read(2) gives, up to the
 * limit */
static int read_whole(int fd, size_t expect, struct arena *a, struct found *out,
		      struct err *e)
{
	size_t room = expect + 1;
	char *buf = arena_alloc(a, room);
	size_t len = 0;
	ssize_t n;

	while (buf) {
		n = read(fd, buf + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "profile '%s': cannot read", out->path);
		len += (size_t)n;
		/* One byte more was asked for: there is none, so this is the end */
		if (!n || len == expect) {
			out->buf = buf;
			out->len = len;
			return 0;
		}
		if (len > PROFILE_MOST)
			return err_set(e, "profile '%s': larger than 1M", out->path);
		if (len == room) {
			char *more = arena_alloc(a, room *= 2);

			buf = more ? memcpy(more, buf, len) : NULL;
		}
	}
	return err_set(e, "out of memory");
}

/*
 * Open @file in @where (which is open) and read it. Return: 1 read, 0 there is none, or
 * -1 and @e.
 *
 * O_NONBLOCK: a FIFO must not hang us. A symlink is followed only where nobody but the
 * owner, who is trusted, can have made it.
 */
static int read_at(struct search *s, const struct place *where, const char *file,
		   struct found *out, struct err *e)
{
	struct stat dir, st;
	bool nofollow;
	auto_fd fd = -1;

	if (fstat(where->fd, &dir))
		return err_sys(e, "profile '%s': cannot look at its directory",
			       out->path);
	nofollow = (dir.st_mode & (S_IWGRP | S_IWOTH)) ||
		   !is_owner_trusted(dir.st_uid, where->is_shipped);
	fd = openat(where->fd, file,
		    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
			    (nofollow ? O_NOFOLLOW : 0));
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP && nofollow)
		return err_set(e, "profile '%s': a symlink in a directory of others",
			       out->path);
	if (fd < 0)
		return err_sys(e, "profile '%s': cannot open", out->path);
	if (fstat(fd, &st))
		return err_sys(e, "profile '%s': cannot look at it", out->path);
	if (check_dir(out->path, &dir, e) ||
	    check_file(out->path, &st, where->is_shipped, e) ||
	    read_whole(fd, (size_t)st.st_size, s->arena, out, e))
		return -1;
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	return 1;
}

/* A directory that cannot be opened holds no profiles; one that may not is an error only
 * when nothing else has the name, and then the message lists it */
static int place_open(struct place *p)
{
	if (!p->is_tried)
		p->fd = openat(AT_FDCWD, p->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->is_tried = true;
	return p->fd;
}

/** struct known - Names that can be found, and where; only what errors and listings
 * need */
struct known {
	struct arena *arena;
	struct profile_at {
		const char *name;
		const char *path;
	} * v;
	size_t count;
};

#define KNOWN_MOST 1024

static bool is_known(const struct known *k, const char *name)
{
	for (size_t i = 0; i < k->count; i++)
		if (!strcmp(k->v[i].name, name))
			return true;
	return false;
}

static void known_add(struct known *k, const char *dir)
{
	auto_dir d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)) && k->count < KNOWN_MOST) {
		size_t len = strlen(entry->d_name);
		const char *name;

		if (len <= 5 || strcmp(entry->d_name + len - 5, ".yaml") != 0)
			continue;
		name = arena_copy(k->arena, entry->d_name, len - 5);
		/* A directory that comes earlier has it: that one is used */
		if (!name || parse_name(name, NULL) || is_known(k, name))
			continue;
		k->v[k->count].name = name;
		k->v[k->count].path = arena_printf(k->arena, "%s/%s.yaml", dir, name);
		k->count += k->v[k->count].path != NULL;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct profile_at *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int known_all(struct search *s, struct known *k, struct err *e)
{
	*k = (struct known){ .arena = s->arena };
	k->v = arena_alloc(s->arena, KNOWN_MOST * sizeof(*k->v));
	if (!k->v)
		return err_set(e, "out of memory");
	search_list(s);
	for (size_t i = 0; i < s->count; i++)
		known_add(k, s->place[i].dir);
	qsort(k->v, k->count, sizeof(*k->v), by_name);
	return 0;
}

static const char *known_next(size_t i, const void *arg)
{
	const struct known *k = arg;

	return i < k->count ? k->v[i].name : NULL;
}

int profile_each(void (*found)(const char *name, const char *path, void *arg), void *arg,
		 struct err *e)
{
	struct arena *a = arena_new();
	struct search s;
	struct known k;
	int rc;

	if (!a)
		return err_set(e, "out of memory");
	search_init(&s, a);
	rc = known_all(&s, &k, e);
	for (size_t i = 0; !rc && i < k.count; i++)
		found(k.v[i].name, k.v[i].path, arg);
	search_release(&s);
	arena_free(a);
	return rc;
}

int profile_dir_new(struct text *out, struct err *e)
{
	struct arena *a = arena_new();
	struct search s;

	if (!a)
		return err_set(e, "out of memory");
	search_init(&s, a);
	/* root's profiles are the machine's; with $NOOK_PROFILE_PATH its first
	 * directory */
	if (!s.is_whole && !geteuid())
		text_add(out, NOOK_SYSCONFDIR "/nook/profiles");
	else if (s.count && (s.is_whole || s.count > 1))
		text_add(out, s.place[0].dir);
	arena_free(a);
	if (out->len)
		return 0;
	err_set(e, "no place for a profile: HOME is not set");
	return err_hint(e, "name the file with --path");
}

static int not_found(struct search *s, const char *name, struct err *e)
{
	size_t len = strlen(name);
	bool is_file = len > 5 && !strcmp(name + len - 5, ".yaml");
	auto_text where = { 0 };
	const char *near;
	struct known k;

	if (known_all(s, &k, e))
		return -1;
	for (size_t i = 0; i < s->count; i++)
		text_addf(&where, "%s%s", i ? ", " : "", s->place[i].dir);
	near = name_near(name, known_next, &k);
	err_set(e, "no profile '%s'%s%s%s, looked in %s", name,
		near ? ", did you mean '" : "", near ? near : "", near ? "'" : "",
		text_str(&where));
	return err_hint(e, "'nook profile ls' lists them; a path needs a slash: ./%s%s",
			name, is_file ? "" : ".yaml");
}

int search_name(struct search *s, const char *name, struct found *out, struct err *e)
{
	auto_text safe = { 0 };
	const char *why;
	char file[80];
	int rc;

	if (parse_name(name, &why)) {
		text_safe(&safe, name);
		return err_set(e, "no profile can be called '%.80s': %s", text_str(&safe),
			       why);
	}
	snprintf(file, sizeof(file), "%s.yaml", name);
	for (size_t i = 0; i < s->count || (!s->is_whole && i < search_list(s)); i++) {
		struct place *p = &s->place[i];

		if (place_open(p) < 0)
			continue;
		out->path = arena_printf(s->arena, "%s/%s", p->dir, file);
		if (!out->path)
			return err_set(e, "out of memory");
		rc = read_at(s, p, file, out, e);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	return not_found(s, name, e);
}

int search_path(struct search *s, const char *path, struct found *out, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *dir = arena_copy(s->arena, path, (size_t)(slash + 1 - path));
	struct place where = { .dir = dir, .fd = -1 };
	auto_text safe = { 0 };
	auto_fd fd = -1;
	int rc;

	/* Only for messages: what is opened is the path itself */
	text_safe(&safe, path);
	out->path = arena_copy(s->arena, text_str(&safe), safe.len);
	if (!dir || !out->path)
		return err_set(e, "out of memory");
	if (!slash[1])
		return err_set(e, "profile '%s': is a directory", out->path);
	where.fd = fd = openat(AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "profile '%s': cannot open its directory", out->path);
	rc = read_at(s, &where, slash + 1, out, e);
	if (!rc)
		return err_set(e, "profile '%s': no such file", out->path);
	return rc < 0 ? -1 : 0;
}
