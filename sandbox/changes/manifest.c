// SPDX-License-Identifier: GPL-3.0-or-later
/* manifest.c - what the directory of a box's changes is about, as a file of lines
 *
 *	nook-changes 1
 *	base 1764000000000000000
 *	xattr trusted
 *	uid 0 1879048192 65536
 *	gid 0 1879048192 65536
 *	tree u0123456789abcdef idmap /usr /usr
 *
 * In paths every byte up to the blank, '%' and DEL stands as %XX.
 */
#include "changes/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "base/text.h"

#define FIRST_LINE "nook-changes 1"
#define NEW_FILE   MANIFEST_FILE ".new"
#define PATH_MOST  4096
#define WORDS_MOST 6

void manifest_name(const char *target, const char *lower, char *buf)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, 64 bits: RFC 9923 */
	const char *const texts[] = { target, lower };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (const char *p = texts[i];; p++) {
			h = (h ^ (unsigned char)*p) * 0x100000001b3u;
			if (!*p)
				break;
		}
	snprintf(buf, sizeof(((struct manifest_tree *)0)->name), "u%016llx",
		 (unsigned long long)h);
}

uint32_t manifest_inside(const struct manifest_ids *ids, uint32_t outside)
{
	if (!ids->count)
		return outside;
	for (uint32_t i = 0; i < ids->count; i++) {
		const struct manifest_map *l = &ids->line[i];

		if (outside >= l->outside && outside - l->outside < l->count)
			return l->inside + (outside - l->outside);
	}
	return UINT32_MAX;
}

void manifest_release(struct manifest *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->trees[i].target);
		free(m->trees[i].lower);
	}
	free(m->trees);
	*m = (struct manifest){ 0 };
}

int manifest_add(struct manifest *m, const char *target, const char *lower, bool idmap,
		 struct err *e)
{
	struct manifest_tree *more, t = { .idmap = idmap };

	manifest_name(target, lower, t.name);
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->trees[i].name, t.name) != 0)
			continue;
		if (strcmp(m->trees[i].target, target) != 0 ||
		    strcmp(m->trees[i].lower, lower) != 0 || m->trees[i].idmap != idmap)
			return err_set(e,
				       "'%s' was below an overlay in another way before",
				       lower);
		return 0;
	}
	if (m->count == MANIFEST_TREES)
		return err_set(e, "more than %d trees below overlays", MANIFEST_TREES);
	more = realloc(m->trees, (m->count + 1) * sizeof(*more));
	if (!more)
		return err_set(e, "out of memory");
	m->trees = more;
	t.target = strdup(target);
	t.lower = strdup(lower);
	if (!t.target || !t.lower) {
		free(t.target);
		free(t.lower);
		return err_set(e, "out of memory");
	}
	m->trees[m->count++] = t;
	return 0;
}

/* --- writing ------------------------------------------------------------------------ */

static void print_path(const char *path, struct text *out)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c <= ' ' || c == '%' || c == 127)
			text_addf(out, "%%%02X", c);
		else
			text_addc(out, (char)c);
	}
}

static void print_ids(const char *word, const struct manifest_ids *ids, struct text *out)
{
	for (uint32_t i = 0; i < ids->count; i++)
		text_addf(out, "%s %u %u %u\n", word, ids->line[i].inside,
			  ids->line[i].outside, ids->line[i].count);
}

void manifest_print(const struct manifest *m, struct text *out)
{
	text_addf(out, FIRST_LINE "\nbase %llu\nxattr %s\n",
		  (unsigned long long)m->base_ns, m->userxattr ? "user" : "trusted");
	print_ids("uid", &m->uids, out);
	print_ids("gid", &m->gids, out);
	for (size_t i = 0; i < m->count; i++) {
		const struct manifest_tree *t = &m->trees[i];

		text_addf(out, "tree %s %s ", t->name, t->idmap ? "idmap" : "plain");
		print_path(t->target, out);
		text_addc(out, ' ');
		print_path(t->lower, out);
		text_addc(out, '\n');
	}
}

int manifest_write(int dir, const struct manifest *m, struct err *e)
{
	auto_text out = { 0 };
	auto_fd fd = -1;

	manifest_print(m, &out);
	if (out.failed)
		return err_set(e, "out of memory");
	if (unlinkat(dir, NEW_FILE, 0) < 0 && errno != ENOENT)
		return err_sys(e, "cannot write the manifest of the changes");
	fd = openat(dir, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0 || fd_write_all(fd, text_str(&out), out.len) < 0 || fsync(fd) < 0 ||
	    renameat(dir, NEW_FILE, dir, MANIFEST_FILE) < 0)
		return err_sys(e, "cannot write the manifest of the changes");
	return 0;
}

/* A clock that a program reads and the one for files differ by up to a tick of the kernel
 * */
int manifest_stamp(int dir, struct manifest *m, struct err *e)
{
	auto_fd fd = -1;
	struct stat st;

	unlinkat(dir, NEW_FILE, 0);
	fd = openat(dir, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "cannot write the manifest of the changes");
	unlinkat(dir, NEW_FILE, 0);
	m->base_ns =
		(uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec;
	return 0;
}

/* --- reading ------------------------------------------------------------------------ */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place. Return: whether it is an absolute path without empty, '.' and '..' parts */
static bool read_path(char *word)
{
	char *to = word;

	for (const char *p = word; *p; p++) {
		int hi, lo;

		if (*p != '%') {
			*to++ = *p;
			continue;
		}
		hi = hex_digit(p[1]);
		lo = hi < 0 ? -1 : hex_digit(p[2]);
		if (lo < 0 || !(hi | lo))
			return false;
		*to++ = (char)(hi << 4 | lo);
		p += 2;
	}
	*to = '\0';
	if (*word != '/' || to - word >= PATH_MOST)
		return false;
	for (const char *p = word; word[1] && *p; p += strcspn(p, "/")) {
		size_t n = strcspn(++p, "/");

		if (!n || (n == 1 && *p == '.') || (n == 2 && !strncmp(p, "..", 2)))
			return false;
	}
	return true;
}

static bool read_ids(struct manifest_ids *ids, char *const *word, size_t n)
{
	struct manifest_map *l = &ids->line[ids->count];
	uint64_t v[3];

	if (n != 4 || ids->count == MANIFEST_LINES)
		return false;
	for (int i = 0; i < 3; i++)
		if (parse_number_in(word[i + 1], 0, UINT32_MAX - 1, &v[i]) < 0)
			return false;
	if (!v[2] || v[0] + v[2] > UINT32_MAX || v[1] + v[2] > UINT32_MAX)
		return false;
	*l = (struct manifest_map){ (uint32_t)v[0], (uint32_t)v[1], (uint32_t)v[2] };
	ids->count++;
	return true;
}

static bool read_tree(struct manifest *m, char *const *word, size_t n)
{
	bool idmap = n == 5 && !strcmp(word[2], "idmap");
	size_t before = m->count;

	if (n != 5 || (!idmap && strcmp(word[2], "plain") != 0) || !read_path(word[3]) ||
	    !read_path(word[4]))
		return false;
	return !manifest_add(m, word[3], word[4], idmap, NULL) && m->count > before &&
	       !strcmp(m->trees[before].name, word[1]);
}

static bool read_line(struct manifest *m, char *line)
{
	char *word[WORDS_MOST], *rest = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, " ", &rest); w && n < WORDS_MOST;
	     w = strtok_r(NULL, " ", &rest))
		word[n++] = w;
	if (n < 2)
		return false;
	if (!strcmp(word[0], "base"))
		return n == 2 &&
		       !parse_number_in(word[1], 0, UINT64_MAX - 1, &m->base_ns);
	if (!strcmp(word[0], "xattr")) {
		m->userxattr = !strcmp(word[1], "user");
		return n == 2 && (m->userxattr || !strcmp(word[1], "trusted"));
	}
	if (!strcmp(word[0], "uid"))
		return read_ids(&m->uids, word, n);
	if (!strcmp(word[0], "gid"))
		return read_ids(&m->gids, word, n);
	return !strcmp(word[0], "tree") && read_tree(m, word, n);
}

int manifest_parse(struct manifest *m, const char *text, size_t len, struct err *e)
{
	auto_free char *copy = strndup(text, len);
	int number = 0;

	*m = (struct manifest){ 0 };
	if (!copy)
		return err_set(e, "out of memory");
	for (char *line = copy, *end; *line || !number; line = end + 1) {
		end = strchr(line, '\n');
		number++;
		if (end)
			*end = '\0';
		if (end && (number == 1 ? !strcmp(line, FIRST_LINE) : read_line(m, line)))
			continue;
		manifest_release(m);
		return err_set(e, "the manifest of the changes is damaged in line %d",
			       number);
	}
	return 0;
}

int manifest_read(int dir, struct manifest *m, struct err *e)
{
	auto_text t = { 0 };
	auto_fd fd = openat(dir, MANIFEST_FILE,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	*m = (struct manifest){ 0 };
	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0 || fd_read_all(fd, &t, MANIFEST_MOST) < 0)
		return err_sys(e, "cannot read the manifest of the changes");
	return manifest_parse(m, text_str(&t), t.len, e);
}
