// SPDX-License-Identifier: GPL-3.0-or-later
/* search.c - where labs are found, and opening their files with care
 *
 * What a lab sets up runs in a box, but with the rights of its user over $LAB, so who can
 * write its file matters, as it does for profiles: the file is checked by its descriptor.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/text.h"
#include "lab/lab.h"
#include "profile/nodes.h"

#define FILE_MOST (1u << 20)

static bool is_trusted(const struct stat *st)
{
	struct stat exe;

	if (!st->st_uid || st->st_uid == geteuid())
		return true;
	return !stat("/proc/self/exe", &exe) && exe.st_uid == st->st_uid;
}

static int check_file(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "lab '%s': cannot look at it", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "lab '%s': not a regular file", path);
	if (!is_trusted(&st))
		return err_set(e, "lab '%s': belongs to user %u, expected you or root",
			       path, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		err_set(e, "lab '%s': others than its owner can write it", path);
		return err_hint(e, "chmod go-w %s", path);
	}
	return 0;
}

int lab_read(const char *path, struct lab **out, struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	auto_text t = { 0 };

	if (fd < 0)
		return err_sys(e, "cannot open lab '%s'", path);
	if (check_file(fd, path, e) < 0)
		return -1;
	if (fd_read_all(fd, &t, FILE_MOST) < 0)
		return err_sys(e, "cannot read lab '%s'", path);
	return lab_parse(text_str(&t), t.len, path, out, e);
}

/* --- directories ------------------------------------------------------------------- */

/* The labs that came with this program: those of its source tree when it lies in
 * build/VARIANT/ of one, else the installed ones */
static void shipped_dir(struct text *out)
{
	char exe[PATH_MAX], *build = NULL;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[n > 0 ? n : 0] = '\0';
	for (char *p = exe; (p = strstr(p, "/build/")); p++)
		build = p;
	if (build) {
		*build = '\0';
		text_addf(out, "%s/labs", exe);
	}
	if (!build || access(text_str(out), F_OK) < 0) {
		text_cut(out, 0);
		text_add(out, NOOK_DATADIR "/labs");
	}
}

static void own_dir(struct text *out)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");

	if (!geteuid() && secure_getenv("SUDO_UID"))
		text_add(out, "/root/.config/nook/labs");
	else if (config && *config == '/')
		text_addf(out, "%s/nook/labs", config);
	else if (home && *home == '/')
		text_addf(out, "%s/.config/nook/labs", home);
}

static bool has(const struct lab_set *s, const char *id)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->v[i].id, id))
			return true;
	return false;
}

/* "L05" of "L05-own-hostname.yaml", "" where it is no lab's */
static void id_of(const char *name, char id[LAB_ID_MOST + 1])
{
	size_t len = strlen(name), n = strcspn(name, "-.");

	*id = '\0';
	if (len > 5 && !strcmp(name + len - 5, ".yaml") && n <= LAB_ID_MOST)
		snprintf(id, LAB_ID_MOST + 1, "%.*s", (int)n, name);
	if (!lab_is_id(id))
		*id = '\0';
}

static int add(struct lab_set *s, const char *dir, const char *name, const char *id,
	       struct err *e)
{
	struct lab_place *more = realloc(s->v, (s->count + 1) * sizeof(*more)), *p;
	auto_text path = { 0 };

	if (!more)
		return err_set(e, "out of memory");
	s->v = more;
	p = &s->v[s->count++];
	text_addf(&path, "%s/%s", dir, name);
	*p = (struct lab_place){ .id = strdup(id), .path = text_take(&path) };
	return p->id && p->path ? 0 : err_set(e, "out of memory");
}

static int add_dir(struct lab_set *s, const char *dir, bool must, struct err *e)
{
	auto_dir d = *dir ? opendir(dir) : NULL;
	const struct dirent *de;
	char id[LAB_ID_MOST + 1];

	if (!d)
		return must ? err_sys(e, "cannot read the labs in '%s'", dir) : 0;
	while ((de = readdir(d))) {
		id_of(de->d_name, id);
		if (*id && !has(s, id) && add(s, dir, de->d_name, id, e) < 0)
			return -1;
	}
	return 0;
}

static int add_list(struct lab_set *s, const char *list, struct err *e)
{
	for (const char *end; *list; list = *end ? end + 1 : end) {
		auto_text dir = { 0 };

		end = list + strcspn(list, ":");
		text_addn(&dir, list, (size_t)(end - list));
		if (end != list && add_dir(s, text_str(&dir), true, e) < 0)
			return -1;
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct lab_place *x = a, *y = b;

	return strverscmp(x->id, y->id);
}

static int add_all(struct lab_set *s, const char *from, struct err *e)
{
	const char *list = secure_getenv("NOOK_LAB_PATH");
	auto_text own = { 0 }, shipped = { 0 };

	if (from && add_dir(s, from, true, e) < 0)
		return -1;
	if (list && *list)
		return add_list(s, list, e);
	own_dir(&own);
	shipped_dir(&shipped);
	return add_dir(s, text_str(&own), false, e) < 0 ||
			       add_dir(s, NOOK_SYSCONFDIR "/nook/labs", false, e) < 0
		       ? -1
		       : add_dir(s, text_str(&shipped), false, e);
}

int lab_find_all(const char *from, struct lab_set *out, struct err *e)
{
	*out = (struct lab_set){ 0 };
	if (add_all(out, from, e) < 0) {
		lab_set_release(out);
		return -1;
	}
	if (out->count)
		qsort(out->v, out->count, sizeof(*out->v), by_id);
	return 0;
}

void lab_set_release(struct lab_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->v[i].id), free(s->v[i].path);
	free(s->v);
	*s = (struct lab_set){ 0 };
}

static const char *next_id(size_t i, const void *arg)
{
	const struct lab_set *s = arg;

	return i < s->count ? s->v[i].id : NULL;
}

const struct lab_place *lab_find(const struct lab_set *s, const char *id, struct err *e)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcasecmp(s->v[i].id, id))
			return &s->v[i];
	name_missing("lab", id, next_id, s, e);
	err_hint(e, "'nook lab list' lists them");
	return NULL;
}

int lab_open(const struct lab_place *p, struct lab **out, struct err *e)
{
	if (lab_read(p->path, out, e) < 0)
		return -1;
	if (!strcmp((*out)->id, p->id))
		return 0;
	err_set(e, "lab '%s': its file is named for '%s', its id is '%s'", p->path, p->id,
		(*out)->id);
	lab_free(ptr_take(*out));
	return -1;
}
