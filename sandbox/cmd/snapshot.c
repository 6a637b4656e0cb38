// SPDX-License-Identifier: GPL-3.0-or-later
/* snapshot.c - copies of a box's changes, and the way back to them
 *
 * A snapshot is a directory below the box's `snapshots`, with the manifest and a copy of
 * each upper. It is made under a name that no tag can have and renamed when it is whole;
 * a way back copies to such a name too, and takes the place of `changes` by a rename that
 * exchanges both, so that a kill leaves either.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "changes/applied.h"
#include "changes/copy.h"
#include "changes/remove.h"
#include "changes/walk.h"
#include "cmd/cmd.h"
#include "cmd/kept.h"

#define NEWBORN ".new"

/* @a: NULL where it was no command line */
static int check_tag(const struct args *a, const char *tag, struct err *e)
{
	return rest_is_name(tag) ? 0
				 : cmd_usage(a, e,
					     "'%s' can be no tag: expected up to 64 of "
					     "A-Z a-z 0-9 _ . -, "
					     "the first neither . nor -",
					     tag);
}

/* A directory of changes into an empty one: the uppers that the manifest names, then that
 * */
static int copy_changes(int from, const struct manifest *m, int to, struct err *e)
{
	for (size_t i = 0; i < m->count; i++) {
		const char *name = m->trees[i].name;
		auto_fd upper = walk_open_dir(from, name), copy = -1;
		struct change_file f;

		if (upper < 0 && errno == ENOENT)
			continue;
		if (upper < 0 || walk_stat(upper, "", &f) < 0 ||
		    mkdirat(to, name, 0700) < 0 || (copy = walk_open_dir(to, name)) < 0)
			return err_sys(e, "cannot copy the changes of '%s'",
				       m->trees[i].target);
		if (copy_tree(upper, copy, e) < 0 || copy_owner(&f, copy, e) < 0 ||
		    attr_copy_all((struct attr_file){ upper, "" },
				  (struct attr_file){ copy, "" }, e) < 0)
			return err_wrap(e, "cannot copy the changes of '%s': ",
					m->trees[i].target);
	}
	return manifest_write(to, m, e);
}

/* A new directory below @dir with a copy of the changes in @from; open, under the name
 * NEWBORN. Return: 0; -1 and @e, nothing is left */
static int copy_newborn(int from, const struct manifest *m, int dir, struct err *e)
{
	auto_fd to = -1;

	if (remove_name(dir, NEWBORN) < 0 || mkdirat(dir, NEWBORN, 0700) < 0)
		return err_sys(e, "cannot make a directory for the copy");
	to = walk_open_dir(dir, NEWBORN);
	if (to < 0)
		return err_sys(e, "cannot open the directory of the copy");
	if (copy_changes(from, m, to, e) == 0)
		return 0;
	remove_name(dir, NEWBORN);
	return -1;
}

/* --- snapshot ----------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(int dir, struct err *e)
{
	auto_fd again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = again < 0 ? NULL : fdopendir(again);
	const struct dirent *de;
	auto_text out = { 0 };
	char **tags = NULL;
	size_t n = 0;

	if (!d)
		return err_sys(e, "cannot list the snapshots");
	(void)fd_take(&again);
	while ((de = readdir(d))) {
		char **more = rest_is_name(de->d_name)
				      ? realloc(tags, (n + 1) * sizeof(*tags))
				      : NULL;

		if (!more)
			continue;
		tags = more;
		tags[n] = strdup(de->d_name);
		n += tags[n] != NULL;
	}
	if (n)
		qsort(tags, n, sizeof(*tags), by_name);
	for (size_t i = 0; i < n; i++) {
		text_addf(&out, "%s\n", tags[i]);
		free(tags[i]);
	}
	free(tags);
	return cmd_print(&out, e);
}

static int take(const struct kept *k, int dir, const char *tag, struct err *e)
{
	if (k->dir < 0)
		return err_set(e, "%s has no changes", k->rest.title);
	if (copy_newborn(k->dir, &k->m, dir, e) < 0)
		return -1;
	if (!sys_renameat2(dir, NEWBORN, dir, tag, RENAME_NOREPLACE))
		return 0;
	if (errno == EEXIST)
		err_set(e, "%s has a snapshot '%s'", k->rest.title, tag);
	else
		err_sys(e, "cannot name the snapshot");
	remove_name(dir, NEWBORN);
	return -1;
}

int kept_copy(const struct kept *k, int to, struct err *e)
{
	return copy_changes(k->dir, &k->m, to, e);
}

int kept_snapshot(const struct kept *k, const char *tag, struct err *e)
{
	int r = tag ? check_tag(NULL, tag, e) : 0;
	auto_fd dir = r ? -1 : rest_subdir(&k->rest, "snapshots", e);

	if (dir < 0)
		return r ? r : -1;
	return tag ? take(k, dir, tag, e) : list(dir, e);
}

static int snapshot_run(const struct args *a, struct err *e)
{
	const char *tag = a->word_count == 2 ? a->words[1] : NULL;
	bool removes = cmd_option(a, "remove");
	struct kept k;
	auto_fd dir = -1;
	int r = 0;

	if (!a->word_count || a->word_count > 2 || (removes && !tag))
		return cmd_usage(a, e, "snapshot takes a box, and a tag for a new one");
	if (tag && (r = check_tag(a, tag, e)))
		return r;
	if (kept_open(&k, a->words[0], tag != NULL, e) < 0)
		return -1;
	dir = rest_subdir(&k.rest, "snapshots", e);
	if (dir < 0)
		r = -1;
	else if (!tag)
		r = list(dir, e);
	else if (!removes)
		r = take(&k, dir, tag, e);
	else if (faccessat(dir, tag, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		r = err_set(e, "%s has no snapshot '%s'", k.rest.title, tag);
	else if (remove_name(dir, tag) < 0)
		r = err_sys(e, "cannot remove the snapshot '%s'", tag);
	kept_release(&k);
	return r;
}

static const struct opt snapshot_options[] = {
	{ .name = "remove", .help = "remove the snapshot instead of making it" },
	{ 0 },
};

const struct cmd cmd_snapshot = {
	.name = "snapshot",
	.summary = "copy the changes of a box under a tag, or list such copies",
	.usage = "[OPTION...] NAME [TAG]",
	.help = "The box must not run. A file system that shares blocks (btrfs, xfs) "
		"does so "
		"here.\n",
	.options = snapshot_options,
	.complete = COMPLETE_REST,
	FULL_ONLY(snapshot_run),
};

/* --- rollback ----------------------------------------------------------------------- */

/* What was applied since the snapshot came from this box all the same */
static void keep_applied(const struct kept *k, int all)
{
	auto_fd to = k->dir < 0 ? -1 : walk_open_dir(all, NEWBORN);

	if (to >= 0)
		applied_copy(k->dir, to);
}

static int go_back(const struct kept *k, const char *tag, struct err *e)
{
	auto_fd all = rest_subdir(&k->rest, "snapshots", e), from = -1;
	struct manifest m = { 0 };
	int r;

	if (all < 0)
		return -1;
	from = walk_open_dir(all, tag);
	if (from < 0 && errno == ENOENT)
		return err_set(e, "%s has no snapshot '%s'", k->rest.title, tag);
	if (from < 0)
		return err_sys(e, "cannot open the snapshot '%s'", tag);
	r = manifest_read(from, &m, e);
	if (r > 0)
		r = err_set(e, "the snapshot '%s' is damaged", tag);
	if (!r)
		r = copy_newborn(from, &m, all, e);
	manifest_release(&m);
	if (r)
		return -1;
	keep_applied(k, all);
	if (sys_renameat2(all, NEWBORN, k->rest.dir, "changes", RENAME_EXCHANGE) < 0)
		r = err_sys(e, "cannot put the snapshot into its place");
	remove_name(all, NEWBORN);
	return r;
}

int kept_rollback(const struct kept *k, const char *tag, struct err *e)
{
	int r = check_tag(NULL, tag, e);

	return r ? r : go_back(k, tag, e);
}

static int rollback_run(const struct args *a, struct err *e)
{
	struct kept k;
	int r;

	if (a->word_count != 2)
		return cmd_usage(a, e, "rollback takes a box and a tag");
	r = check_tag(a, a->words[1], e);
	if (r || kept_open(&k, a->words[0], true, e) < 0)
		return r ? r : -1;
	r = go_back(&k, a->words[1], e);
	kept_release(&k);
	return r;
}

const struct cmd cmd_rollback = {
	.name = "rollback",
	.summary = "give a box the changes of a snapshot instead of its own",
	.usage = "NAME TAG",
	.help = "Its own are gone; a snapshot before keeps them. The box must not run.\n",
	.complete = COMPLETE_REST,
	FULL_ONLY(rollback_run),
};
