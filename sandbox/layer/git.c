// SPDX-License-Identifier: GPL-3.0-or-later
/* git.c - the git repository of a current directory that is handed in writable
 *
 * What git runs on the host, hooks and what the config names, must stay as it is. And git
 * writes commits to the repository, which need not lie in this directory: `.git` of a
 * worktree or a submodule is a file that leads away (gitrepository-layout(5)), and in a
 * subdirectory it lies above. Then a commit goes where the changes of the box go, and
 * would be lost without a word.
 */
#include "layer/tree_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sys.h"

/* The directory above them is made a mount too, because one that is none could be renamed
 * and put there anew. A bind of one of them by a person does not lift it: git writes its
 * config anew and renames it, which a mount refuses. */
static void protect(struct host *h, struct plan *pl, const char *cwd, const char *to)
{
	static const char *const kept[] = { "hooks", "config" };
	char path[4096], target[4096];
	struct host_path there;
	struct plan_mount *m;

	snprintf(target, sizeof(target), "%s/.git", to);
	m = tree_add(pl, MOP_READONLY, target);
	m->flags |= PM_WALK | PM_NOLINK | PM_SELF;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		snprintf(path, sizeof(path), "%s/.git/%s", cwd, kept[i]);
		if (!host_stat(h, path, &there))
			continue;
		snprintf(target, sizeof(target), "%s/.git/%s", to, kept[i]);
		m = tree_add(pl, MOP_READONLY, target);
		m->flags |= PM_WALK | PM_NOLINK | PM_SELF;
		m->attr = MOUNT_ATTR_RDONLY;
	}
	plan_say(
		pl, "mount", FACT_NOTE, "git",
		"hooks and config in '%s/.git' are read-only, since git on the host runs "
		"what they name; to change them use git on the host, or give --review",
		to);
}

/* It says where git on the host finds the config that names what it runs */
static void protect_file(struct plan *pl, const char *to)
{
	char target[4096];
	struct plan_mount *m;

	snprintf(target, sizeof(target), "%s/.git", to);
	m = tree_add(pl, MOP_READONLY, target);
	m->flags |= PM_WALK | PM_NOLINK | PM_SELF;
	m->attr = MOUNT_ATTR_RDONLY;
}

/* The directory of @cwd and those above it that has a `.git`, as git looks for it; what
 * that is is in @git. Return: its kind, HOST_ABSENT without one */
static enum host_kind find_top(struct host *h, const char *cwd, char *top, char *git)
{
	struct host_path there;

	for (snprintf(top, 4096, "%s", cwd); *top; *strrchr(top, '/') = '\0') {
		snprintf(git, 4096, "%.4090s/.git", top);
		if (host_stat(h, git, &there))
			return there.kind;
	}
	return HOST_ABSENT;
}

/* The path in the file @name, after @before, seen from @dir, without symlinks. Return:
 * whether there is one */
static bool follow(struct host *h, const char *name, const char *before, const char *dir,
		   char *real)
{
	size_t n = strlen(before);
	struct host_path there;
	char path[4096];
	const char *text;
	int len;

	if (!host_stat(h, name, &there) || there.kind != HOST_FILE)
		return false;
	text = host_read(h, name);
	if (!text || strncmp(text, before, n) != 0)
		return false;
	text += n;
	len = (int)strcspn(text, "\r\n");
	if (text[0] == '/')
		snprintf(path, sizeof(path), "%.*s", len, text);
	else
		snprintf(path, sizeof(path), "%s/%.*s", dir, len, text);
	tree_real(h, path, real);
	return len > 0;
}

/* Whether the box shows @path, and what is written there goes where its changes go: the
 * last step that covers it decides */
static bool is_changed_apart(const struct plan *pl, const char *path)
{
	uint32_t op = pl->tree.overlay ? (uint32_t)MOP_OVERLAY : (uint32_t)MOP_TMPFS;

	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (path_is_in(path, plan_text(pl, m->target)))
			op = m->op;
	return op == MOP_OVERLAY;
}

/* @top, or NULL: where a box would have the repository */
static void say_where(const struct profile *pf, struct plan *pl, const char *repository,
		      const char *top)
{
	bool apart = is_changed_apart(pl, repository);
	bool lost = apart && pf->root.changes == CHANGES_DISCARD;

	plan_say(pl, "mount", FACT_NOTE, "mounts",
		 "the git repository lies in '%s', outside of the current directory: %s; "
		 "commit on the host%s%s%s%s",
		 repository,
		 lost	 ? "commits made in the box are thrown away"
		 : apart ? "commits made in the box stay in the box"
			 : "the box does not show it",
		 !top	? ""
		 : lost ? ", start the box in '"
			: " or start the box in '",
		 top ? top : "", top ? "'" : "", lost ? " or give --review" : "");
}

/* Nothing is lost where other changes of the tree are not kept apart either, and where a
 * mount that a person asked for shows the repository */
static void look_outside(const struct profile *pf, struct host *h, struct plan *pl,
			 const char *cwd, const char *to)
{
	char top[4096], git[4096], own[4096], common[4096], name[4096 + 16];
	enum host_kind kind;
	bool above;

	if (pf->root.from != ROOT_HOST ||
	    (pf->root.changes != CHANGES_DISCARD && pf->root.changes != CHANGES_KEEP))
		return;
	kind = find_top(h, cwd, top, git);
	above = strcmp(top, cwd) != 0;
	if (kind == HOST_ABSENT || (above && strcmp(to, cwd) != 0))
		return;
	if (kind != HOST_FILE)
		tree_real(h, git, own);
	else if (!follow(h, git, "gitdir: ", top, own))
		return;
	snprintf(name, sizeof(name), "%s/commondir", own);
	if (!follow(h, name, "", own, common))
		snprintf(common, sizeof(common), "%s", own);
	if (!path_is_in(common, cwd) && !tree_is_covered(pf, common))
		say_where(pf, pl, common, above && kind == HOST_DIR ? top : NULL);
}

void git_plan(const struct profile *pf, struct host *h, struct plan *pl, const char *cwd,
	      const char *to)
{
	char path[4096];
	struct host_path there;

	snprintf(path, sizeof(path), "%s/.git", cwd);
	if (host_stat(h, path, &there) && there.kind == HOST_DIR) {
		protect(h, pl, cwd, to);
		return;
	}
	if (host_stat(h, path, &there) && there.kind == HOST_FILE)
		protect_file(pl, to);
	look_outside(pf, h, pl, cwd, to);
}
