// SPDX-License-Identifier: GPL-3.0-or-later
/* pax_write.c - write streams of files as tar(1) does */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/pax.h"
#include "archive/pax_block.h"
#include "base/err.h"
#include "base/fdio.h"

void pax_entry_release(struct pax_entry *en)
{
	free(en->extent);
	text_release(&en->path);
	text_release(&en->link);
	text_release(&en->attrs);
	*en = (struct pax_entry){ .type = PAX_FILE };
}

void pax_add_attr(struct pax_entry *en, const char *name, const void *value, size_t len)
{
	uint32_t n = (uint32_t)len;

	text_addn(&en->attrs, name, strlen(name) + 1);
	text_addn(&en->attrs, (const char *)&n, sizeof(n));
	text_addn(&en->attrs, value, len);
}

size_t pax_each_attr(const struct pax_entry *en, size_t at, const char **name,
		     const void **value, size_t *len)
{
	uint32_t n;

	if (at >= en->attrs.len)
		return 0;
	*name = en->attrs.s + at;
	at += strlen(*name) + 1;
	memcpy(&n, en->attrs.s + at, sizeof(n));
	*value = en->attrs.s + at + sizeof(n);
	*len = n;
	return at + sizeof(n) + n;
}

/* --- bytes -------------------------------------------------------------------------- */

static int flush(struct pax_out *out, struct err *e)
{
	size_t n = out->used;

	out->used = 0;
	if (fd_write_all(out->fd, out->room, n) == 0)
		return 0;
	return err_sys(e, "cannot write the copy");
}

static int add(struct pax_out *out, const void *buf, size_t len, struct err *e)
{
	const char *from = buf;

	while (len) {
		size_t n = PAX_ROOM - out->used < len ? PAX_ROOM - out->used : len;

		if (from) {
			memcpy(out->room + out->used, from, n);
			from += n;
		} else {
			memset(out->room + out->used, 0, n);
		}
		out->used += n;
		len -= n;
		if (out->used == PAX_ROOM && flush(out, e) < 0)
			return -1;
	}
	return 0;
}

static uint64_t padding(uint64_t size)
{
	return (PAX_BLOCK - size % PAX_BLOCK) % PAX_BLOCK;
}

/* --- headers ------------------------------------------------------------------------ */

/* Octal digits and a NUL. Return: whether it fits */
static bool put_number(char *field, size_t size, uint64_t n)
{
	bool fits = n >> (3 * (size - 1)) == 0;

	for (size_t i = size - 1; i--;) {
		field[i] = (char)('0' + (fits ? n & 7 : 7));
		n >>= 3;
	}
	field[size - 1] = '\0';
	return fits;
}

static bool put_text(char *field, size_t size, const char *s)
{
	size_t len = strlen(s);

	memcpy(field, s, len < size ? len : size);
	return len <= size;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts its own digits */
static void add_record(struct text *t, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, total = rest + 1;
	char digits[24];

	while ((size_t)snprintf(digits, sizeof(digits), "%zu", total) + rest != total)
		total++;
	text_addf(t, "%s %s=", digits, key);
	text_addn(t, value, len);
	text_addc(t, '\n');
}

static void add_text(struct text *t, const char *key, const char *value)
{
	add_record(t, key, value, strlen(value));
}

static void add_number(struct text *t, const char *key, uint64_t n)
{
	char value[24];

	snprintf(value, sizeof(value), "%" PRIu64, n);
	add_text(t, key, value);
}

static void add_time(struct text *t, const struct timespec *ts)
{
	char value[48];
	int64_t s = ts->tv_sec;
	long ns = ts->tv_nsec;

	/* -1.5 is one second before the epoch, and a half before that */
	if (s < 0 && ns) {
		s++;
		ns = 1000000000 - ns;
		snprintf(value, sizeof(value), "%s%" PRId64 ".%09ld", s ? "" : "-", s,
			 ns);
	} else {
		snprintf(value, sizeof(value), "%" PRId64 ".%09ld", s, ns);
	}
	add_text(t, "mtime", value);
}

static void add_attrs(struct text *t, const struct pax_entry *en)
{
	const char *name;
	const void *value;
	size_t len;

	for (size_t at = 0; (at = pax_each_attr(en, at, &name, &value, &len));) {
		auto_text key = { 0 };

		/* a name with '=' would be read as a shorter one */
		if (strchr(name, '='))
			continue;
		text_addf(&key, "SCHILY.xattr.%s", name);
		add_record(t, text_str(&key), value, len);
	}
}

/* What a sparse file is in the stream: how many pieces, where each is, then they */
static void add_map(struct text *t, const struct pax_entry *en)
{
	text_addf(t, "%zu\n", en->extents);
	for (size_t i = 0; i < en->extents; i++)
		text_addf(t, "%" PRIu64 "\n%" PRIu64 "\n", en->extent[i].at,
			  en->extent[i].len);
	while (t->len % PAX_BLOCK && !t->failed)
		text_addc(t, '\0');
}

static uint64_t stored_size(const struct pax_entry *en, const struct text *map)
{
	uint64_t size = map->len;

	if (!en->extent)
		return en->size;
	for (size_t i = 0; i < en->extents; i++)
		size += en->extent[i].len;
	return size;
}

static int put_block(struct pax_out *out, struct pax_block *b, struct err *e)
{
	memcpy(b->magic, "ustar", 6);
	memcpy(b->version, "00", 2);
	put_number(b->sum, sizeof(b->sum) - 1, pax_block_sum(b));
	b->sum[sizeof(b->sum) - 1] = ' ';
	return add(out, b, sizeof(*b), e);
}

static int put_extra(struct pax_out *out, const struct text *extra, struct err *e)
{
	struct pax_block b = { .name = "PaxHeader", .type = 'x' };

	if (!extra->len)
		return 0;
	put_number(b.mode, sizeof(b.mode), 0644);
	put_number(b.uid, sizeof(b.uid), 0);
	put_number(b.gid, sizeof(b.gid), 0);
	put_number(b.mtime, sizeof(b.mtime), 0);
	put_number(b.size, sizeof(b.size), extra->len);
	if (put_block(out, &b, e) < 0 || add(out, extra->s, extra->len, e) < 0)
		return -1;
	return add(out, NULL, (size_t)padding(extra->len), e);
}

static void add_sparse(struct text *extra, const struct pax_entry *en)
{
	add_text(extra, "GNU.sparse.major", "1");
	add_text(extra, "GNU.sparse.minor", "0");
	add_text(extra, "GNU.sparse.name", text_str(&en->path));
	add_number(extra, "GNU.sparse.realsize", en->size);
}

/* A directory's name ends with a slash, as tar(1) has it */
static void fill(struct pax_block *b, struct text *extra, const struct pax_entry *en,
		 uint64_t size)
{
	auto_text path = { 0 };
	uint64_t s = en->mtime.tv_sec > 0 ? (uint64_t)en->mtime.tv_sec : 0;

	text_add(&path, text_str(&en->path));
	if (en->type == PAX_DIR && path.len && path.s[path.len - 1] != '/')
		text_addc(&path, '/');
	b->type = (char)en->type;
	if (en->extent)
		put_text(b->name, sizeof(b->name), "GNUSparseFile.0/file");
	else if (!put_text(b->name, sizeof(b->name), text_str(&path)))
		add_text(extra, "path", text_str(&path));
	if (!put_text(b->link, sizeof(b->link), text_str(&en->link)))
		add_text(extra, "linkpath", text_str(&en->link));
	put_number(b->mode, sizeof(b->mode), en->mode);
	if (!put_number(b->uid, sizeof(b->uid), en->uid))
		add_number(extra, "uid", en->uid);
	if (!put_number(b->gid, sizeof(b->gid), en->gid))
		add_number(extra, "gid", en->gid);
	if (!put_number(b->size, sizeof(b->size), size))
		add_number(extra, "size", size);
	if (!put_number(b->mtime, sizeof(b->mtime), s) || en->mtime.tv_nsec ||
	    en->mtime.tv_sec < 0)
		add_time(extra, &en->mtime);
}

int pax_put(struct pax_out *out, const struct pax_entry *en, struct err *e)
{
	struct pax_block b = { .type = (char)en->type };
	auto_text extra = { 0 }, map = { 0 };
	uint64_t size;

	if (en->extent)
		add_map(&map, en);
	size = en->type == PAX_FILE ? stored_size(en, &map) : 0;
	fill(&b, &extra, en, size);
	if (en->extent)
		add_sparse(&extra, en);
	add_attrs(&extra, en);
	if (extra.failed || map.failed || en->path.failed || en->attrs.failed)
		return err_set(e, "out of memory");
	if (extra.len > PAX_EXTRA)
		return err_set(e, "more than %u bytes of names and attributes",
			       PAX_EXTRA);
	if (put_extra(out, &extra, e) < 0 || put_block(out, &b, e) < 0)
		return -1;
	out->left = size;
	out->pad = padding(size);
	return map.len ? pax_write(out, map.s, map.len, e) : 0;
}

int pax_write(struct pax_out *out, const void *buf, size_t len, struct err *e)
{
	if (len > out->left)
		len = (size_t)out->left;
	if (add(out, buf, len, e) < 0)
		return -1;
	out->left -= len;
	if (out->left)
		return 0;
	len = (size_t)out->pad;
	out->pad = 0;
	return add(out, NULL, len, e);
}

int pax_finish(struct pax_out *out, struct err *e)
{
	return add(out, NULL, 2 * (size_t)PAX_BLOCK, e) < 0 ? -1 : flush(out, e);
}
