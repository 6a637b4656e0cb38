// SPDX-License-Identifier: GPL-3.0-or-later
/* shown.c - changes of a box as people and programs read them */
#include "cmd/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"

#define FLUSH 65536 /* bytes of output that are held */

static const struct {
	uint32_t flag;
	const char *word;
} flag_words[] = {
	{ FLAG_SETUID, "setuid" },     { FLAG_SETGID, "setgid" },
	{ FLAG_CAPS, "capabilities" }, { FLAG_DEVICE, "device" },
	{ FLAG_SOCKET, "socket" },     { FLAG_FIFO, "fifo" },
	{ FLAG_HARDLINK, "hardlink" }, { FLAG_OPAQUE, "made-anew" },
	{ FLAG_NO_OWNER, "no-owner" },
};

static const struct {
	uint32_t differs;
	const char *word;
} differs_words[] = {
	{ DIFFERS_TYPE, "type" },	 { DIFFERS_CONTENT, "content" },
	{ DIFFERS_MODE, "mode" },	 { DIFFERS_OWNER, "owner" },
	{ DIFFERS_ATTRS, "attributes" },
};

static const char *type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symlink";
	case S_IFCHR:
	case S_IFBLK:
		return "device";
	case S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

unsigned long shown_total(const struct shown *s)
{
	return s->added + s->modified + s->deleted + s->unknown;
}

/* --- which -------------------------------------------------------------------------- */

static bool is_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return n == 1 || (!strncmp(path, dir, n) && (!path[n] || path[n] == '/'));
}

enum shown_fit shown_fit(const char *path, char *const *paths, size_t count)
{
	enum shown_fit best = count ? FIT_OUT : FIT_WANT;

	for (size_t i = 0; i < count; i++) {
		if (is_in(path, paths[i]))
			return FIT_WANT;
		if (is_in(paths[i], path))
			best = FIT_WAY;
	}
	return best;
}

int shown_paths(char *const *paths, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const char *p = paths[i];

		if (*p != '/') {
			err_set(e, "'%s': expected a path as the box has it, from '/' on",
				p);
			return -2;
		}
		if (p[1] &&
		    (strstr(p, "//") || strstr(p, "/./") || strstr(p, "/../") ||
		     p[strlen(p) - 1] == '/' || !strcmp(p + strlen(p) - 2, "/.") ||
		     (strlen(p) > 2 && !strcmp(p + strlen(p) - 3, "/..")))) {
			err_set(e,
				"'%s': expected a path without '//', '.', '..' and a "
				"slash at its end",
				p);
			return -2;
		}
	}
	return 0;
}

/* Whether @path, below @dir or absolute, is surely not there */
static bool is_missing(int dir, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS };
	auto_fd fd = sys_openat2(dir, path, &how);

	return fd < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* Whether the box, or the host below it, has @path in @t */
static bool has_path(int dir, const struct manifest_tree *t, const char *path)
{
	const char *rest = path + (t->target[1] ? strlen(t->target) : 0);
	auto_text upper = { 0 }, lower = { 0 };

	if (is_in(t->target, path))
		return true;
	if (!is_in(path, t->target))
		return false;
	text_addf(&upper, "%s%s", t->name, rest);
	text_addf(&lower, "%s%s", t->lower, rest);
	return !is_missing(dir, text_str(&upper)) ||
	       !is_missing(AT_FDCWD, text_str(&lower));
}

int shown_there(int dir, const struct manifest *m, char *const *paths, size_t count,
		struct err *e)
{
	for (size_t i = 0; dir >= 0 && i < count; i++) {
		bool has = false;

		for (size_t t = 0; t < m->count && !has; t++)
			has = has_path(dir, &m->trees[t], paths[i]);
		if (has)
			continue;
		err_set(e, "there is no '%s' in what the box keeps changes of", paths[i]);
		return err_hint(e, "'nook diff' shows what it has changed");
	}
	return 0;
}

/* --- one change --------------------------------------------------------------------- */

static const struct change_file *shown_side(const struct change *c)
{
	return c->upper.mode ? &c->upper : &c->lower;
}

/* Of what a modified file differs in, where it is not only the usual: the content */
static void add_notes(const struct change *c, struct text *out)
{
	for (size_t i = 0; i < sizeof(flag_words) / sizeof(*flag_words); i++)
		if (c->flags & flag_words[i].flag)
			text_addf(out, "  %s", flag_words[i].word);
	if (!(c->differs & ~(uint32_t)DIFFERS_CONTENT))
		return;
	text_add(out, "  (");
	for (size_t i = 0, n = 0; i < sizeof(differs_words) / sizeof(*differs_words); i++)
		if (c->differs & differs_words[i].differs)
			text_addf(out, "%s%s", n++ ? ", " : "", differs_words[i].word);
	text_addc(out, ')');
}

void shown_line(const struct change *c, const char *name, struct text *out)
{
	const struct change_file *f = shown_side(c);
	auto_text size = { 0 }, owner = { 0 };

	if (c->kind == CHANGE_UNKNOWN) {
		text_add(out, "?  ");
		text_safe(out, name);
		text_addf(out, "  %s", c->why);
		return;
	}
	if (S_ISREG(f->mode))
		text_size(&size, f->size);
	else
		text_add(&size, type_of(f->mode));
	text_addf(&owner, "%u:%u", f->uid, f->gid);
	text_addf(out, "%c  %9s  %04o  %-9s  ", c->kind, text_str(&size),
		  f->mode & 07777u, text_str(&owner));
	text_safe(out, *name ? name : "/");
	if (S_ISDIR(f->mode) && *name)
		text_addc(out, '/');
	add_notes(c, out);
}

static void list_one(struct shown *s, const struct change *c)
{
	const char *name = strrchr(c->path, '/') + 1;
	size_t n = name - c->path > 1 ? (size_t)(name - c->path - 1) : 1;

	if (s->group.len != n || memcmp(text_str(&s->group), c->path, n) != 0) {
		text_cut(&s->group, 0);
		text_addn(&s->group, c->path, n);
		text_safe(&s->out, text_str(&s->group));
		text_addc(&s->out, '\n');
	}
	text_add(&s->out, "  ");
	shown_line(c, name, &s->out);
	text_addc(&s->out, '\n');
}

static void json_words(struct text *out, const struct change *c, bool flags)
{
	bool first = true;

	text_addc(out, '[');
	for (size_t i = 0; flags && i < sizeof(flag_words) / sizeof(*flag_words); i++)
		if (c->flags & flag_words[i].flag) {
			text_addf(out, "%s\"%s\"", first ? "" : ",", flag_words[i].word);
			first = false;
		}
	for (size_t i = 0; !flags && i < sizeof(differs_words) / sizeof(*differs_words);
	     i++)
		if (c->differs & differs_words[i].differs) {
			text_addf(out, "%s\"%s\"", first ? "" : ",",
				  differs_words[i].word);
			first = false;
		}
	text_addc(out, ']');
}

static void json_one(struct shown *s, const struct change *c)
{
	const struct change_file *f = shown_side(c);
	struct text *out = &s->out;

	text_add(out, shown_total(s) > 1 ? ",\n{\"path\":" : "\n{\"path\":");
	text_json(out, c->path);
	text_addf(out, ",\"kind\":\"%s\"",
		  c->kind == CHANGE_ADDED      ? "added"
		  : c->kind == CHANGE_MODIFIED ? "modified"
		  : c->kind == CHANGE_DELETED  ? "deleted"
					       : "unknown");
	if (c->kind == CHANGE_UNKNOWN) {
		text_add(out, ",\"why\":");
		text_json(out, c->why);
		text_addc(out, '}');
		return;
	}
	text_addf(out,
		  ",\"type\":\"%s\",\"size_bytes\":%llu,\"mode\":\"%04o\",\"uid\":%u,"
		  "\"gid\":%u,\"differs\":",
		  type_of(f->mode), (unsigned long long)f->size, f->mode & 07777u, f->uid,
		  f->gid);
	json_words(out, c, false);
	text_add(out, ",\"flags\":");
	json_words(out, c, true);
	text_addc(out, '}');
}

/* --- all of them -------------------------------------------------------------------- */

static int flush(struct shown *s, size_t most)
{
	if (s->out.len <= most)
		return 0;
	if (s->out.failed)
		return err_set(s->e, "out of memory");
	if (fd_write_all(s->fd, text_str(&s->out), s->out.len) < 0)
		return err_sys(s->e, "cannot write the changes");
	text_cut(&s->out, 0);
	return 0;
}

static void count(struct shown *s, const struct change *c)
{
	s->added += c->kind == CHANGE_ADDED;
	s->modified += c->kind == CHANGE_MODIFIED;
	s->deleted += c->kind == CHANGE_DELETED;
	s->unknown += c->kind == CHANGE_UNKNOWN;
	s->trust += (c->flags & FLAGS_TRUST) != 0;
	if (S_ISREG(c->upper.mode))
		s->bytes += c->upper.size;
}

static int show_one(const struct change *c, void *arg)
{
	struct shown *s = arg;
	enum shown_fit fit = shown_fit(c->path, s->paths, s->count);
	int r = 0;

	if (fit == FIT_OUT)
		return 1;
	if (fit == FIT_WAY || c->kind == CHANGE_NONE)
		return 0;
	count(s, c);
	switch (s->how) {
	case SHOW_LIST:
		list_one(s, c);
		break;
	case SHOW_TEXT:
		r = shown_text(c, &s->out, s->e);
		break;
	case SHOW_JSON:
		json_one(s, c);
		break;
	case SHOW_STAT:
		break;
	}
	return r < 0 || flush(s, FLUSH) < 0 ? -1 : 0;
}

static void add_total(struct shown *s)
{
	auto_text size = { 0 };

	if (!shown_total(s)) {
		text_add(&s->out, "no changes\n");
		return;
	}
	text_size(&size, s->bytes);
	text_addf(&s->out, "%lu added, %lu modified, %lu deleted, %s in files\n",
		  s->added, s->modified, s->deleted, text_str(&size));
	if (s->unknown)
		text_addf(&s->out, "%lu could not be looked at\n", s->unknown);
	if (s->trust)
		text_addf(&s->out,
			  "%lu give rights to who uses them: setuid, setgid, "
			  "capabilities, devices\n",
			  s->trust);
}

int shown_print(int dir, const struct manifest *m, struct shown *s, struct err *e)
{
	const struct walk_calls calls = { .each = show_one, .arg = s };
	int r;

	s->e = e;
	if (s->how == SHOW_JSON)
		text_add(&s->out, "{\"schema\":1,\"changes\":[");
	r = walk_changes(dir, m, &calls, e);
	if (!r) {
		if (s->how == SHOW_JSON)
			text_add(&s->out, "\n]}\n");
		else if (s->how != SHOW_TEXT)
			add_total(s);
		r = flush(s, 0);
	}
	text_release(&s->out);
	text_release(&s->group);
	return r < 0 ? -1 : 0;
}
