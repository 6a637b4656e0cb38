// SPDX-License-Identifier: GPL-3.0-or-later
/* files.c - what the commands of a draft change, as long as the draft is there */
#include "console/files.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "cmd/kept.h"
#include "cmd/resting.h"
#include "cmd/shown.h"
#include "console/console.h"
#include "plan.h"

/** struct files - Those of one draft; @key: tree and ids that they belong to */
struct files {
	struct rest_area area;
	struct rest rest;
	char *key;
	bool passing; /* they are in memory */
};

static void say(const char *what)
{
	auto_text t = { 0 };

	text_addf(&t, "nook: %s\n", what);
	(void)fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

/* --- which they are ----------------------------------------------------------------- */

static bool has_overlays(const struct profile *pf)
{
	bool any = pf->root.from == ROOT_HOST || pf->root.from == ROOT_DIRECTORY;

	for (size_t i = 0; i < pf->mount_count; i++)
		any = any || pf->mounts[i].kind == MOUNT_OVERLAY;
	return any &&
	       (pf->root.changes == CHANGES_DISCARD || pf->root.changes == CHANGES_KEEP);
}

/* The tree below, and whose ids are in it */
static char *key_of(const struct profile *pf)
{
	static const enum field of[] = { FIELD_root_from, FIELD_root_path, FIELD_user_map,
					 FIELD_user_id, FIELD_user_group };
	auto_text t = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		profile_value(pf, of[i], &t);
		text_addc(&t, '\n');
	}
	text_add(&t, pf->namespaces & NS_USER ? "user" : "");
	return text_take(&t);
}

bool files_are_old(const struct draft *d, const struct profile *pf)
{
	auto_free char *key = d->files && has_overlays(pf) ? key_of(pf) : NULL;

	return key && strcmp(key, d->files->key) != 0;
}

/* --- making and removing ------------------------------------------------------------ */

static void close_place(struct files *f)
{
	if (f->passing)
		resting_close_passing(&f->area);
	rest_area_close(&f->area);
}

static void release(struct files *f, bool made)
{
	if (made) {
		rest_remove(&f->rest, NULL);
		rest_close(&f->rest);
	}
	close_place(f);
	free(f->key);
	free(f);
}

void files_forget(struct draft *d)
{
	if (d->files)
		release(d->files, true);
	d->files = NULL;
}

/* An overlay cannot have its upper on another. Return: whether it can be there */
static bool can_hold(const struct rest_area *area)
{
	struct statfs fs;

	return !fstatfs(area->dir, &fs) && fs.f_type != OVERLAYFS_SUPER_MAGIC &&
	       fs.f_type != NFS_SUPER_MAGIC;
}

/* The plan is in the record because files of other ids can only be removed with its map
 */
static int create(struct files *f, const struct plan *pl, struct err *e)
{
	struct rest_record rec = { .cwd = strdup("/"),
				   .words = strdup(""),
				   .plan = malloc(pl->size) };
	int r;

	if (rec.plan)
		memcpy(rec.plan, pl, pl->size);
	if (!rec.plan || !rec.cwd || !rec.words || !f->key)
		r = err_set(e, "out of memory");
	else
		r = rest_create(&f->area, NULL, &rec, &f->rest, e);
	rest_record_release(&rec);
	return r;
}

/* Return: 0; 1 where no file can last here; -1 and @e, code ENOENT: another nook has
 * removed the directory meanwhile, with the last files that were in it */
static int make_there(struct files *f, const struct plan *pl, struct err *e)
{
	f->passing = resting_open_passing(&f->area, true) == 0;
	if (!f->passing && resting_open(&f->area, true, e) < 0)
		return -1;
	rest_sweep(&f->area, NULL);
	return can_hold(&f->area) ? create(f, pl, e) : 1;
}

/* @key is taken over. Return: NULL and @e; NULL without where no file can last here */
static struct files *make(char *key, const struct plan *pl, struct err *e)
{
	struct files *f = calloc(1, sizeof(*f));
	int r, tries = 8;

	if (!f) {
		free(key);
		err_set(e, "out of memory");
		return NULL;
	}
	f->area.dir = -1;
	f->key = key;
	while ((r = make_there(f, pl, e)) < 0 && e->code == ENOENT && --tries) {
		close_place(f);
		*e = (struct err){ 0 };
	}
	if (r == 0)
		return f;
	release(f, false);
	return NULL;
}

static int make_for(struct draft *d, const struct profile *pf, struct err *e)
{
	struct plan *pl = sketch_plan(pf, e);

	if (!pl)
		return -1;
	d->files = make(key_of(pf), pl, e);
	plan_free(pl);
	return !d->files && e->text[0] ? -1 : 0;
}

/* A job of it may still be about to begin its box, and an upper is one box's */
static int check_idle(struct console *c, const struct draft *d, struct err *e)
{
	if (!d->files || !job_has_files(c, d))
		return 0;
	err_set(e, "a command of this draft is not at its end, and has its files");
	return err_hint(e, "'jobs' and 'fg' lead to it");
}

int files_for_run(struct console *c, struct profile *pf, struct rest **rest,
		  struct err *e)
{
	enum root_changes before = pf->root.changes;
	struct draft *d = c->draft;

	*rest = NULL;
	if (!has_overlays(pf))
		return 0;
	if (check_idle(c, d, e) < 0)
		return -1;
	if (files_are_old(d, pf)) {
		files_forget(d);
		say("the files of earlier commands are gone: user or root is another");
	}
	pf->root.changes = CHANGES_KEEP;
	if (!d->files && make_for(d, pf, e) < 0)
		return -1;
	if (d->files)
		*rest = &d->files->rest;
	else
		pf->root.changes = before;
	return 0;
}

/* --- looking at them, and back ------------------------------------------------------ */

/* As the commands for boxes at rest have them. Return: 0; 1 where there are none; -1 and
 * @e */
static int open_kept(const struct draft *d, struct kept *k, struct err *e)
{
	int r;

	*k = (struct kept){ .dir = -1 };
	if (!d->files)
		return 1;
	k->rest = d->files->rest;
	k->dir = rest_subdir(&k->rest, "changes", e);
	if (k->dir < 0)
		return -1;
	r = manifest_read(k->dir, &k->m, e);
	if (r)
		close(fd_take(&k->dir));
	return r;
}

static void close_kept(struct kept *k)
{
	manifest_release(&k->m);
	if (k->dir >= 0)
		close(fd_take(&k->dir));
}

static int none(struct err *e)
{
	return err_set(e, "no command of this draft has changed a file");
}

int files_copy(struct console *c, struct draft *to, struct err *e)
{
	const struct draft *from = c->draft;
	struct kept k;
	auto_fd dir = -1;
	int r = check_idle(c, from, e) < 0 ? -1 : open_kept(from, &k, e);

	if (r)
		return r < 0 ? -1 : 0;
	to->files = make(strdup(from->files->key), from->files->rest.rec.plan, e);
	if (to->files)
		dir = rest_subdir(&to->files->rest, "changes", e);
	r = dir < 0 ? -1 : kept_copy(&k, dir, e);
	if (r < 0)
		files_forget(to);
	close_kept(&k);
	return r;
}

int files_snapshot(struct console *c, const char *tag, struct err *e)
{
	const struct draft *d = c->draft;
	struct kept k;
	int r = check_idle(c, d, e) < 0 ? -1 : open_kept(d, &k, e);

	if (r)
		return r < 0 ? -1 : none(e);
	r = kept_snapshot(&k, tag, e);
	close_kept(&k);
	return r;
}

int files_rollback(struct console *c, const char *tag, struct err *e)
{
	struct draft *d = c->draft;
	struct kept k;
	int r = check_idle(c, d, e) < 0 ? -1 : open_kept(d, &k, e);

	if (r)
		return r < 0 ? -1 : none(e);
	r = tag ? kept_rollback(&k, tag, e) : 0;
	close_kept(&k);
	if (!tag)
		files_forget(d);
	return r;
}

int files_diff(const struct draft *d, char *const *paths, size_t count, struct err *e)
{
	struct shown s = { .fd = STDOUT_FILENO, .paths = paths, .count = count };
	struct kept k;
	int r = open_kept(d, &k, e);

	if (r)
		return r < 0 ? -1 : none(e);
	r = shown_paths(paths, count, e);
	if (!r)
		r = shown_there(k.dir, &k.m, paths, count, e);
	if (!r)
		r = shown_print(k.dir, &k.m, &s, e);
	close_kept(&k);
	return r;
}
