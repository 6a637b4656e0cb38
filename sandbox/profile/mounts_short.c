// SPDX-License-Identifier: GPL-3.0-or-later
/* mounts_short.c - the short forms of a mount, turned into the map they stand for
 *
 *	SRC:DST[:OPTIONS]	in a profile, and -v; a bind is read-only in a profile and
 *				writable with -v, which is podman's rule
 *	.			-v: the current directory at its own path
 *	--tmpfs DST[:OPTIONS]	OPTIONS may hold size=, mode=, nr_inodes=
 *	--mount type=bind,source=SRC,target=DST[,ro]
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "profile/internal.h"

static bool put(struct loader *ld, struct node *map, const char *key, const char *text)
{
	struct node *n = node_new(ld->arena, NODE_SCALAR, map->at);

	if (!n || !text) {
		no_memory(ld);
		return false;
	}
	n->key = key;
	n->hash = key_hash(key);
	n->key_at = map->at;
	n->text = text;
	if (node_find(map, key)) {
		wrong(ld, &map->at, "'%s' stands twice", key);
		return false;
	}
	node_append(map, n);
	return true;
}

static const char *piece(struct loader *ld, const char *s, const char *end)
{
	return arena_copy(ld->arena, s, (size_t)(end - s));
}

/* A relative path on the command line starts here; in a profile it is nobody's */
static const char *from_here(struct loader *ld, const char *path)
{
	char cwd[PATH_MAX];

	if (strncmp(path, "./", 2) != 0 && strncmp(path, "../", 3) != 0 && strcmp(path, "..") != 0)
		return path;
	return getcwd(cwd, sizeof(cwd)) ? arena_printf(ld->arena, "%s/%s", cwd, path) : path;
}

static struct node *from_volume(struct loader *ld, const struct node *n, struct node *map)
{
	bool is_option = !n->at.line;
	const char *src_end = strchr(n->text, ':');
	const char *dst = src_end ? src_end + 1 : n->text;
	const char *dst_end = dst + strcspn(dst, ":");
	const char *src = piece(ld, n->text, src_end ? src_end : dst_end);
	const char *words = *dst_end ? dst_end + 1 : NULL;

	if (!src)
		return NULL;
	if (!src_end && strcmp(src, ".") != 0) {
		wrong_value(ld, "mounts", n, "expected SRC:DST[:ro|rw]");
		return NULL;
	}
	if (is_option)
		src = from_here(ld, src);
	if (!put(ld, map, "bind", src) || !put(ld, map, "to", piece(ld, dst, dst_end)))
		return NULL;
	if (is_option)
		words = words ? arena_printf(ld->arena, "rw,%s", words) : "rw";
	return !words || put(ld, map, "options", words) ? map : NULL;
}

/* Words with commas between: NAME=VALUE that @keys knows become keys, others are options */
static bool put_words(struct loader *ld, struct node *map, const char *s,
		      const char *const (*keys)[2])
{
	auto_text rest = { 0 };

	for (const char *end; *s; s = *end ? end + 1 : end) {
		const char *equals;
		size_t i = 0;

		end = s + strcspn(s, ",");
		equals = memchr(s, '=', (size_t)(end - s));
		while (equals && keys[i][0] &&
		       (strlen(keys[i][0]) != (size_t)(equals - s) ||
			strncmp(keys[i][0], s, (size_t)(equals - s)) != 0))
			i++;
		if (equals && keys[i][0]) {
			if (!put(ld, map, keys[i][1], piece(ld, equals + 1, end)))
				return false;
			continue;
		}
		if (rest.len)
			text_addc(&rest, ',');
		text_addn(&rest, s, (size_t)(end - s));
	}
	return !rest.len ||
	       put(ld, map, "options", arena_copy(ld->arena, text_str(&rest), rest.len));
}

static struct node *from_tmpfs(struct loader *ld, const struct node *n, struct node *map)
{
	static const char *const keys[][2] = { { "size", "size" },
					       { "mode", "mode" },
					       { "nr_inodes", "inodes" },
					       { NULL, NULL } };
	const char *end = n->text + strcspn(n->text, ":");

	if (!put(ld, map, "tmpfs", piece(ld, n->text, end)))
		return NULL;
	return !*end || put_words(ld, map, end + 1, keys) ? map : NULL;
}

/* The words of --mount that do not map one to one: type names the kind */
static struct node *from_mount(struct loader *ld, const struct node *n, struct node *map)
{
	static const char *const keys[][2] = {
		{ "type", "type" },	  { "source", "source" },  { "src", "source" },
		{ "target", "to" },	  { "dst", "to" },	   { "destination", "to" },
		{ "tmpfs-size", "size" }, { "tmpfs-mode", "mode" }, { NULL, NULL }
	};
	struct node *words = node_new(ld->arena, NODE_MAP, n->at);
	const struct node *type, *source, *to;
	bool is_bind;

	if (!words || !put_words(ld, words, n->text, keys))
		return NULL;
	type = node_find(words, "type");
	source = node_find(words, "source");
	to = node_find(words, "to");
	is_bind = type && !strcmp(type->text, "bind");
	if (!type || !to || is_bind != (source != NULL)) {
		wrong_value(ld, "mounts", n, "expected type=bind,source=SRC,target=DST or "
			    "type=tmpfs,target=DST");
		return NULL;
	}
	if (!put(ld, map, type->text, is_bind ? from_here(ld, source->text) : to->text) ||
	    (is_bind && !put(ld, map, "to", to->text)))
		return NULL;
	for (const struct node *c = words->first; c; c = c->next)
		if (c != type && c != source && c != to &&
		    !put(ld, map, c->key, strcmp(c->text, "readonly") ? c->text : "ro"))
			return NULL;
	if (is_bind && !node_find(map, "options") && !put(ld, map, "options", "rw"))
		return NULL;
	return map;
}

const struct node *mount_from_short(struct loader *ld, const struct node *n)
{
	static const struct form {
		const char *option;
		struct node *(*read)(struct loader *ld, const struct node *n, struct node *map);
	} forms[] = {
		{ "--tmpfs", from_tmpfs },
		{ "--mount", from_mount },
	};
	struct node *map = node_new(ld->arena, NODE_MAP, n->at);

	if (!map) {
		no_memory(ld);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (!n->at.line && !strcmp(n->at.file, forms[i].option))
			return forms[i].read(ld, n, map);
	return from_volume(ld, n, map);
}
