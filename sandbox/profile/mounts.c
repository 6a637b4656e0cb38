// SPDX-License-Identifier: GPL-3.0-or-later
/* mounts.c - entries of `mounts`
 *
 * An entry is a map; the short form (SRC:DST:ro) is turned into that map first, so there
 * is one reader and one set of rules.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "profile/internal.h"

/* What a mount can be; the value is a path of the host or the place inside */
static const struct kind {
	const char *name;
	enum mount_kind kind;
	bool has_source; /* its value is what is mounted, and `to` says where */
} kinds[] = {
	{ "bind", MOUNT_BIND, true },	    { "tmpfs", MOUNT_TMPFS, false },
	{ "overlay", MOUNT_OVERLAY, true }, { "mqueue", MOUNT_MQUEUE, false },
	{ "devpts", MOUNT_DEVPTS, false },  { "proc", MOUNT_PROC, false },
	{ "sysfs", MOUNT_SYSFS, false },    { "filesystem", MOUNT_FILESYSTEM, true },
};

/* Words of fstab(5) and what they set and clear */
static const struct option {
	const char *name;
	uint32_t set;
	uint32_t clear;
} options[] = {
	{ "ro", MO_RO, 0 },
	{ "rw", 0, MO_RO },
	{ "nosuid", MO_NOSUID, 0 },
	{ "suid", 0, MO_NOSUID },
	{ "nodev", MO_NODEV, 0 },
	{ "dev", 0, MO_NODEV },
	{ "noexec", MO_NOEXEC, 0 },
	{ "exec", 0, MO_NOEXEC },
	{ "nosymfollow", MO_NOSYMFOLLOW, 0 },
	{ "symfollow", 0, MO_NOSYMFOLLOW },
	{ "noatime", MO_NOATIME, 0 },
	{ "atime", 0, MO_NOATIME },
	{ "idmap", MO_IDMAP, 0 },
	{ "noidmap", 0, MO_IDMAP },
	{ "rprivate", MO_RPRIVATE, MO_RSLAVE },
	{ "rslave", MO_RSLAVE, MO_RPRIVATE },
	{ "defaults", 0, 0 },
};

static const char *option_next(size_t i, const void *arg)
{
	(void)arg;
	return i < ARRAY_SIZE(options) ? options[i].name : NULL;
}

static bool option_set(struct mount_wish *m, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].name, word) != 0)
			continue;
		/* Later words win, as in fstab */
		m->set = (m->set & ~options[i].clear) | options[i].set;
		m->clear = (m->clear & ~options[i].set) | options[i].clear;
		return true;
	}
	return false;
}

/* One word of `options`; what nook does not know is the file system's own business */
static int read_option(struct loader *ld, struct mount_wish *m, const struct node *at,
		       const char *word, struct text *data)
{
	const char *near, *why;

	if (option_set(m, word))
		return 0;
	if (m->kind == MOUNT_FILESYSTEM && *word && !check_line(word, &why)) {
		text_addf(data, "%s%s", data->len ? "," : "", word);
		return 0;
	}
	near = name_near(word, option_next, NULL);
	wrong(ld, &at->at, "unknown mount option '%s'%s%s%s", shown(ld, word),
	      near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
	return -1;
}

/* A list of words, or the words with commas between as in fstab */
static int read_options(struct loader *ld, struct mount_wish *m, const struct node *n)
{
	const struct node *c = n->kind == NODE_LIST ? n->first : n;
	auto_text data = { 0 };

	for (; c; c = n->kind == NODE_LIST ? c->next : NULL) {
		if (c->kind != NODE_SCALAR)
			return wrong_value(ld, "mounts.options", c,
					   "expected a list of words");
		for (const char *s = c->text, *end; s; s = *end ? end + 1 : NULL) {
			const char *word;

			end = s + strcspn(s, ",");
			word = arena_copy(ld->arena, s, (size_t)(end - s));
			if (!word)
				return no_memory(ld);
			if (read_option(ld, m, c, word, &data))
				return -1;
		}
	}
	if (data.len)
		m->data = arena_copy(ld->arena, text_str(&data), data.len);
	return 0;
}

/* @path without empty and "." components and without a slash at its end */
static const char *tidy(struct loader *ld, const char *path)
{
	char *out = arena_alloc(ld->arena, strlen(path) + 2);
	size_t len = 0;

	if (!out)
		return NULL;
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n && !(n == 1 && *path == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	if (!len)
		out[len++] = '/';
	return out;
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

/* Where a mount may go. /proc, /sys and /dev are nook's: what is mounted there decides
 * what of the kernel shows, so only their own kind goes there (IN-10a). */
static int read_target(struct loader *ld, struct mount_wish *m, const struct node *n)
{
	const char *why, *to;

	if (n->kind != NODE_SCALAR)
		return wrong_value(ld, "mounts.to", n,
				   "expected an absolute path without '..'");
	if (m->is_cwd && !strcmp(n->text, ".")) {
		m->to = n->text;
		return 0;
	}
	if (check_box_path(n->text, &why))
		return wrong_value(ld, "mounts.to", n, why);
	to = tidy(ld, n->text);
	if (!to)
		return no_memory(ld);
	if (!strcmp(to, "/"))
		return wrong_value(ld, "mounts.to", n,
				   "what is at '/' is said by 'root'");
	if ((is_below(to, "/proc") && (m->kind != MOUNT_PROC || to[5])) ||
	    !strcmp(to, "/dev") ||
	    (is_below(to, "/sys") && m->kind != MOUNT_SYSFS &&
	     m->kind != MOUNT_FILESYSTEM))
		return wrong_value(ld, "mounts.to", n,
				   "nook decides what is in /proc, /sys and /dev");
	m->to = to;
	return 0;
}

/* A relative path on the command line starts where it was typed; in a profile there is no
 * such place */
static const struct node *from_here(struct loader *ld, const struct node *n)
{
	struct node *here = node_new(ld->arena, NODE_SCALAR, n->at);
	char cwd[PATH_MAX];

	if (strncmp(n->text, "./", 2) != 0 && strncmp(n->text, "../", 3) != 0 &&
	    strcmp(n->text, "..") != 0)
		return n;
	if (!here || !getcwd(cwd, sizeof(cwd)))
		return here ? n : NULL;
	here->text = arena_printf(ld->arena, "%s/%s", cwd, n->text);
	return here->text ? here : NULL;
}

static int read_source(struct loader *ld, struct mount_wish *m, const struct kind *k,
		       const struct node *n)
{
	const char *key = arena_printf(ld->arena, "mounts.%s", k->name);
	static const char fine[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	if (!key)
		return no_memory(ld);
	if (n->kind != NODE_SCALAR)
		return wrong_value(ld, key, n, "expected a path");
	if (m->kind == MOUNT_FILESYSTEM) {
		if (!*n->text || n->text[strspn(n->text, fine)])
			return wrong_value(ld, key, n, "expected a type such as ext4");
		m->fstype = n->text;
		return 0;
	}
	if (m->kind == MOUNT_BIND && !strcmp(n->text, ".")) {
		m->is_cwd = m->is_relative = true;
		m->source = n->text;
		return 0;
	}
	if (!n->at.line) {
		const struct node *here = from_here(ld, n);

		m->is_relative = here != n;
		n = here;
	}
	return n ? expand(ld, key, n, &m->source) : no_memory(ld);
}

/* --- the keys beside the kind ------------------------------------------------------ */

static int read_size(struct loader *ld, struct mount_wish *m, const struct node *n)
{
	uint64_t *out = *n->key == 's' ? &m->size : &m->inodes;
	int rc = *n->key == 's'
			 ? parse_size(n->kind == NODE_SCALAR ? n->text : "", out, NULL)
			 : parse_number_in(n->kind == NODE_SCALAR ? n->text : "", 1,
					   INT64_MAX, out);

	if (m->kind != MOUNT_TMPFS)
		return wrong(ld, &n->key_at, "'%s' is for tmpfs only", n->key);
	if (rc || !*out || *out == PARSE_MAX)
		return wrong_value(ld, *n->key == 's' ? "mounts.size" : "mounts.inodes",
				   n,
				   *n->key == 's' ? "expected a size such as 64M"
						  : "expected a number such as 16384");
	return 0;
}

static int read_mode(struct loader *ld, struct mount_wish *m, const struct node *n)
{
	uint32_t mode;

	if (m->kind != MOUNT_TMPFS)
		return wrong(ld, &n->key_at, "'mode' is for tmpfs only");
	if (n->kind != NODE_SCALAR || parse_octal(n->text, &mode, NULL))
		return wrong_value(ld, "mounts.mode", n,
				   "expected octal rights such as 1777");
	m->mode = (int)mode;
	return 0;
}

static int read_optional(struct loader *ld, struct mount_wish *m, const struct node *n)
{
	if (n->kind != NODE_SCALAR ||
	    (strcmp(n->text, "true") && strcmp(n->text, "false")))
		return wrong_value(ld, "mounts.optional", n, "expected true or false");
	m->optional = *n->text == 't';
	return 0;
}

static int read_fs_source(struct loader *ld, struct mount_wish *m, const struct node *n)
{
	const char *why = "expected a device or what the file system takes";

	if (m->kind != MOUNT_FILESYSTEM)
		return wrong(ld, &n->key_at, "'source' is for filesystem only");
	if (n->kind != NODE_SCALAR || check_line(n->text, &why))
		return wrong_value(ld, "mounts.source", n, why);
	m->source = n->text;
	return 0;
}

static const struct entry_key {
	const char *name;
	int (*read)(struct loader *ld, struct mount_wish *m, const struct node *n);
} entry_keys[] = {
	{ "to", read_target },	      { "options", read_options },
	{ "size", read_size },	      { "inodes", read_size },
	{ "mode", read_mode },	      { "optional", read_optional },
	{ "source", read_fs_source },
};

static const char *entry_next(size_t i, const void *arg)
{
	(void)arg;
	if (i < ARRAY_SIZE(kinds))
		return kinds[i].name;
	i -= ARRAY_SIZE(kinds);
	return i < ARRAY_SIZE(entry_keys) ? entry_keys[i].name : NULL;
}

static int read_entry_key(struct loader *ld, struct mount_wish *m, const struct node *n)
{
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(entry_keys); i++)
		if (!strcmp(entry_keys[i].name, n->key))
			return entry_keys[i].read(ld, m, n);
	near = name_near(n->key, entry_next, NULL);
	return wrong(ld, &n->key_at, "unknown key 'mounts.%s'%s%s%s", shown(ld, n->key),
		     near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
}

/* The one key that says what the mount is */
static int find_kind(struct loader *ld, const struct node *n, const struct kind **kind,
		     const struct node **value)
{
	*kind = NULL;
	for (const struct node *c = n->first; c; c = c->next)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			if (strcmp(kinds[i].name, c->key) != 0)
				continue;
			if (*kind)
				return wrong(ld, &c->key_at,
					     "a mount is either '%s' or '%s'",
					     (*kind)->name, c->key);
			*kind = &kinds[i];
			*value = c;
		}
	/* A key that is misspelt says more than that the kind is missing */
	for (const struct node *c = n->first; c && !*kind; c = c->next) {
		struct mount_wish none = { .kind = MOUNT_TMPFS };
		size_t i = 0;

		while (i < ARRAY_SIZE(entry_keys) &&
		       strcmp(entry_keys[i].name, c->key) != 0)
			i++;
		if (i == ARRAY_SIZE(entry_keys))
			return read_entry_key(ld, &none, c);
	}
	return *kind ? 0
		     : wrong(ld, &n->at,
			     "a mount needs one of bind, tmpfs, overlay, mqueue, "
			     "devpts, proc, sysfs, filesystem");
}

static bool put(struct loader *ld, struct node *map, const char *key, const char *text)
{
	struct node *n = node_new(ld->arena, NODE_SCALAR, map->at);

	if (!n || !text)
		return false;
	n->key = key;
	n->hash = key_hash(key);
	n->key_at = map->at;
	n->text = text;
	node_append(map, n);
	return true;
}

/* SRC:DST[:OPTIONS] as a map */
static const struct node *from_short(struct loader *ld, const struct node *n)
{
	struct node *map = node_new(ld->arena, NODE_MAP, n->at);
	const char *dst = strchr(n->text, ':');
	const char *words = dst ? strchr(dst + 1, ':') : NULL;
	const char *end = words ? words : n->text + strlen(n->text);

	if (!dst || dst == n->text) {
		wrong_value(ld, "mounts", n, "expected a map or SRC:DST[:ro|rw]");
		return NULL;
	}
	if (map &&
	    put(ld, map, "bind",
		arena_copy(ld->arena, n->text, (size_t)(dst - n->text))) &&
	    put(ld, map, "to", arena_copy(ld->arena, dst + 1, (size_t)(end - dst - 1))) &&
	    (!words || put(ld, map, "options", words + 1)))
		return map;
	no_memory(ld);
	return NULL;
}

static int read_entry(struct loader *ld, const struct node *n, struct mount_wish *m)
{
	const struct kind *kind;
	const struct node *value = NULL;

	if (n->kind == NODE_SCALAR) {
		n = from_short(ld, n);
		if (!n)
			return -1;
	}
	if (n->kind != NODE_MAP)
		return wrong_value(ld, "mounts", n, "expected a map or SRC:DST[:ro|rw]");
	if (find_kind(ld, n, &kind, &value))
		return -1;
	*m = (struct mount_wish){ .kind = kind->kind, .mode = -1, .at = n->at };
	if (kind->has_source ? read_source(ld, m, kind, value)
			     : read_target(ld, m, value))
		return -1;
	for (const struct node *c = n->first; c; c = c->next) {
		if (c == value)
			continue;
		if (!kind->has_source && !strcmp(c->key, "to"))
			return wrong(ld, &c->key_at,
				     "'%s' names the place itself, without 'to'",
				     kind->name);
		if (read_entry_key(ld, m, c))
			return -1;
	}
	/* The file system of a bind is the host's: what of it is read-only is asked
	 * off */
	if (m->kind == MOUNT_BIND && !(m->clear & MO_RO))
		m->set |= MO_RO;
	return m->to ? 0
		     : wrong(ld, &n->at, "a mount of kind '%s' needs 'to'", kind->name);
}

int read_mounts(struct loader *ld, const struct field_info *f, const struct node *n)
{
	struct mount_wish *v = arena_alloc(ld->arena, (n->count + 1) * sizeof(*v));
	size_t i = 0;

	(void)f;
	if (!v)
		return no_memory(ld);
	for (const struct node *c = n->first; c; c = c->next)
		if (read_entry(ld, c, &v[i++]))
			return -1;
	ld->pf->mounts = v;
	ld->pf->mount_count = i;
	return 0;
}
