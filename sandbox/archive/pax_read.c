// SPDX-License-Identifier: GPL-3.0-or-later
/* pax_read.c - read streams of files as tar(1) writes them, from whoever it may be
 *
 * Theory of operation. An entry is built from up to three sources, the later of which
 * win: global extended headers, of which none counts here (they are comments and
 * defaults that a copy has no use for), its own extended header or GNU's long names, and
 * its block. Content is never held: who reads it gets it as it comes, and what is not
 * read is passed over before the next block.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/pax.h"
#include "archive/pax_block.h"
#include "base/cleanup.h"
#include "base/err.h"

/**
 * struct extra - What stands before an entry's block
 * @has:	Which of them do
 * @bytes:	Of all of it
 * @sparse:	Major number of GNU's format of sparse files
 */
struct extra {
	struct {
		bool size, uid, gid, mtime, path, link;
	} has;
	uint64_t size, uid, gid, real_size, bytes;
	unsigned int sparse;
	struct text sparse_name;
};

/* --- bytes -------------------------------------------------------------------------- */

/* Return: whether there are any */
static int fill(struct pax_in *in, struct err *e)
{
	ssize_t n;

	if (in->at < in->end)
		return 1;
	do {
		n = read(in->fd, in->room, PAX_ROOM);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "cannot read the copy");
	in->at = 0;
	in->end = (size_t)n;
	return n > 0;
}

static int is_cut(struct err *e)
{
	err_set(e, "the stream ends in the middle");
	e->code = EPIPE;
	return -1;
}

/* Exactly @len bytes; NULL passes over them */
static int take(struct pax_in *in, void *buf, uint64_t len, struct err *e)
{
	char *to = buf;

	while (len) {
		int r = fill(in, e);
		size_t n;

		if (r <= 0)
			return r < 0 ? -1 : is_cut(e);
		n = in->end - in->at < len ? in->end - in->at : (size_t)len;
		if (to) {
			memcpy(to, in->room + in->at, n);
			to += n;
		}
		in->at += n;
		len -= n;
	}
	return 0;
}

ssize_t pax_read(struct pax_in *in, void *buf, size_t len, struct err *e)
{
	int r;

	if (len > in->left)
		len = (size_t)in->left;
	if (!len)
		return 0;
	r = fill(in, e);
	if (r <= 0)
		return r < 0 ? -1 : is_cut(e);
	if (len > in->end - in->at)
		len = in->end - in->at;
	memcpy(buf, in->room + in->at, len);
	in->at += len;
	in->left -= len;
	return (ssize_t)len;
}

/* --- numbers ------------------------------------------------------------------------ */

/* Octal digits between blanks, or GNU's big endian binary behind a set bit. Return: 0, -1
 */
static int get_number(const char *field, size_t size, uint64_t *out)
{
	const unsigned char *p = (const unsigned char *)field, *end = p + size;
	uint64_t n = 0;

	if (*p & 0x80) {
		n = *p++ & 0x7f;
		for (; p < end; p++) {
			if (n >> 55)
				return -1;
			n = n << 8 | *p;
		}
		*out = n;
		return 0;
	}
	while (p < end && *p == ' ')
		p++;
	for (; p < end && *p >= '0' && *p <= '7'; p++) {
		if (n >> 60)
			return -1;
		n = n << 3 | (uint64_t)(*p - '0');
	}
	*out = n;
	return p < end && *p && *p != ' ' ? -1 : 0;
}

/* Decimal digits and nothing else */
static int get_decimal(const char *s, size_t len, uint64_t *out)
{
	uint64_t n = 0;

	if (!len || len > 19)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		n = 10 * n + (uint64_t)(s[i] - '0');
	}
	*out = n;
	return 0;
}

/* "-1.5", of which more than nine digits behind the point do not count */
static int get_time(const char *s, size_t len, struct timespec *ts)
{
	const char *point = memchr(s, '.', len);
	size_t whole = point ? (size_t)(point - s) : len;
	bool before = len && *s == '-';
	uint64_t n;
	long ns = 0, unit = 100000000;

	if (get_decimal(s + before, whole - before, &n) < 0 || n > INT64_MAX / 2)
		return -1;
	for (size_t i = whole + 1; i < len; i++, unit /= 10) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		ns += (s[i] - '0') * unit;
	}
	*ts = (struct timespec){ .tv_sec = (time_t)n, .tv_nsec = ns };
	if (before) {
		ts->tv_sec = -ts->tv_sec - (ns != 0);
		ts->tv_nsec = ns ? 1000000000 - ns : 0;
	}
	return 0;
}

/* --- extended headers --------------------------------------------------------------- */

static void set_text(struct text *t, const char *s, size_t len)
{
	text_cut(t, 0);
	text_addn(t, s, strnlen(s, len));
}

static int sparse_record(struct extra *x, const char *key, const char *v, size_t len)
{
	uint64_t n;

	if (!strcmp(key, "name")) {
		set_text(&x->sparse_name, v, len);
		return 0;
	}
	if (!strcmp(key, "realsize"))
		return get_decimal(v, len, &x->real_size);
	if (!strcmp(key, "major"))
		return get_decimal(v, len, &n) < 0 || (x->sparse = (unsigned int)n) != n
			       ? -1
			       : 0;
	if (!strcmp(key, "minor"))
		return get_decimal(v, len, &n) < 0 || n ? -1 : 0;
	return -1; /* formats 0.0 and 0.1 */
}

/* Return: 0, also for what has no meaning here; -1 */
static int one_record(struct extra *x, struct pax_entry *en, const char *key,
		      const char *v, size_t len)
{
	if (!strcmp(key, "path")) {
		set_text(&en->path, v, len);
		x->has.path = true;
	} else if (!strcmp(key, "linkpath")) {
		set_text(&en->link, v, len);
		x->has.link = true;
	} else if (!strcmp(key, "size")) {
		x->has.size = true;
		return get_decimal(v, len, &x->size);
	} else if (!strcmp(key, "uid")) {
		x->has.uid = true;
		return get_decimal(v, len, &x->uid);
	} else if (!strcmp(key, "gid")) {
		x->has.gid = true;
		return get_decimal(v, len, &x->gid);
	} else if (!strcmp(key, "mtime")) {
		x->has.mtime = true;
		return get_time(v, len, &en->mtime);
	} else if (!strncmp(key, "SCHILY.xattr.", 13) && key[13]) {
		pax_add_attr(en, key + 13, v, len);
	} else if (!strncmp(key, "GNU.sparse.", 11)) {
		return sparse_record(x, key + 11, v, len);
	}
	return 0;
}

/* "LENGTH KEY=VALUE\n" one behind the other; @text ends with a NUL behind @size */
static int parse_records(struct extra *x, struct pax_entry *en, char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t digits = strspn(text + at, "0123456789");
		char *key = text + at + digits + 1, *value;
		uint64_t len;

		if (get_decimal(text + at, digits, &len) < 0 ||
		    text[at + digits] != ' ' || len > size - at || len < digits + 4 ||
		    text[at + len - 1] != '\n')
			return -1;
		text[at + len - 1] = '\0';
		value = strchr(key, '=');
		if (!value || value >= text + at + len - 1)
			return -1;
		*value++ = '\0';
		if (one_record(x, en, key, value, (size_t)(text + at + len - 1 - value)) <
		    0)
			return -1;
		at += (size_t)len;
	}
	return 0;
}

static int read_extra(struct pax_in *in, struct extra *x, struct pax_entry *en, char type,
		      struct err *e)
{
	auto_free char *text = NULL;
	size_t size = (size_t)in->left;

	if (in->left > PAX_EXTRA - x->bytes)
		return err_set(e, "a header of more than %u bytes", PAX_EXTRA);
	x->bytes += in->left;
	text = malloc(size + 1);
	if (!text)
		return err_set(e, "out of memory");
	if (take(in, text, size, e) < 0)
		return -1;
	in->left = 0;
	text[size] = '\0';
	if (type == 'L') {
		set_text(&en->path, text, size);
		x->has.path = true;
	} else if (type == 'K') {
		set_text(&en->link, text, size);
		x->has.link = true;
	} else if (parse_records(x, en, text, size) < 0) {
		return err_set(e, "a header that this nook does not understand");
	}
	return 0;
}

/* --- sparse files ------------------------------------------------------------------- */

/* A number and its newline of the content. Return: 0, -1 and @e */
static int map_number(struct pax_in *in, uint64_t *used, uint64_t *out, struct err *e)
{
	char digits[20];
	size_t n = 0;

	for (;; n++) {
		char c;

		if (!in->left || n == sizeof(digits))
			return err_set(e, "a sparse file without its map");
		if (take(in, &c, 1, e) < 0)
			return -1;
		in->left--;
		(*used)++;
		if (c == '\n')
			break;
		digits[n] = c;
	}
	return get_decimal(digits, n, out) < 0
		       ? err_set(e, "a sparse file without its map")
		       : 0;
}

static int read_map(struct pax_in *in, struct pax_entry *en, struct err *e)
{
	uint64_t used = 0, count, end = 0, sum = 0;

	if (map_number(in, &used, &count, e) < 0)
		return -1;
	if (count > PAX_EXTENTS)
		return err_set(e, "a sparse file in more than %u pieces", PAX_EXTENTS);
	en->extent = calloc((size_t)count + 1, sizeof(*en->extent));
	if (!en->extent)
		return err_set(e, "out of memory");
	for (; en->extents < count; en->extents++) {
		struct pax_extent *x = &en->extent[en->extents];

		if (map_number(in, &used, &x->at, e) < 0 ||
		    map_number(in, &used, &x->len, e) < 0)
			return -1;
		if (x->at < end || x->at > en->size || x->len > en->size - x->at)
			return err_set(e, "a sparse file whose pieces lie on each other");
		end = x->at + x->len;
		sum += x->len;
	}
	used = (PAX_BLOCK - used % PAX_BLOCK) % PAX_BLOCK;
	if (used > in->left || take(in, NULL, used, e) < 0)
		return err_set(e, "a sparse file without its map");
	in->left -= used;
	return sum == in->left ? 0 : err_set(e, "a sparse file of another size");
}

/* --- entries ------------------------------------------------------------------------ */

static bool is_zero(const struct pax_block *b)
{
	const char *p = (const char *)b;

	return !p[0] && !memcmp(p, p + 1, sizeof(*b) - 1);
}

/* Return: 1; 0 = the end; -1 and @e */
static int read_block(struct pax_in *in, struct pax_block *b, struct err *e)
{
	uint64_t sum, rest = in->left + in->pad;

	in->left = in->pad = 0;
	if (take(in, NULL, rest, e) < 0 || take(in, b, sizeof(*b), e) < 0)
		return -1;
	if (is_zero(b))
		return 0;
	if (get_number(b->sum, sizeof(b->sum), &sum) < 0 || sum != pax_block_sum(b))
		return err_set(e, "this is no stream of tar(1)");
	if (get_number(b->size, sizeof(b->size), &in->left) < 0)
		return err_set(e, "an entry whose size is no number");
	return 1;
}

static void set_size(struct pax_in *in, uint64_t size)
{
	in->left = size;
	in->pad = (PAX_BLOCK - size % PAX_BLOCK) % PAX_BLOCK;
}

/* Of POSIX: PREFIX/NAME; GNU has other things in the place of the prefix */
static void take_path(const struct pax_block *b, struct pax_entry *en)
{
	text_cut(&en->path, 0);
	if (!memcmp(b->magic, "ustar", 6) && b->prefix[0]) {
		text_addn(&en->path, b->prefix, strnlen(b->prefix, sizeof(b->prefix)));
		text_addc(&en->path, '/');
	}
	text_addn(&en->path, b->name, strnlen(b->name, sizeof(b->name)));
}

static int take_type(const struct pax_block *b, struct pax_entry *en, struct err *e)
{
	switch (b->type) {
	case '\0':
	case '7': /* contiguous, which no file system here is */
	case PAX_FILE:
		en->type = PAX_FILE;
		/* before POSIX a directory was a file with a slash */
		if (en->path.len && en->path.s[en->path.len - 1] == '/')
			en->type = PAX_DIR;
		return 0;
	case PAX_LINK:
	case PAX_SYMLINK:
	case PAX_CHAR:
	case PAX_BLOCKDEV:
	case PAX_DIR:
	case PAX_FIFO:
		en->type = (enum pax_type)b->type;
		return 0;
	case 'S':
		err_set(e, "a sparse file in an old format of GNU tar");
		return err_hint(e, "make the stream with tar --format=pax");
	default:
		return err_set(e, "an entry of a type that this nook does not know");
	}
}

static int take_ids(const struct pax_block *b, struct extra *x, struct pax_entry *en)
{
	uint64_t n;

	if (get_number(b->mode, sizeof(b->mode), &n) < 0)
		return -1;
	en->mode = (mode_t)(n & 07777);
	if (!x->has.uid && get_number(b->uid, sizeof(b->uid), &x->uid) < 0)
		return -1;
	if (!x->has.gid && get_number(b->gid, sizeof(b->gid), &x->gid) < 0)
		return -1;
	if (x->uid >= UINT32_MAX || x->gid >= UINT32_MAX)
		return -1;
	en->uid = (uint32_t)x->uid;
	en->gid = (uint32_t)x->gid;
	if (x->has.mtime)
		return 0;
	if (get_number(b->mtime, sizeof(b->mtime), &n) < 0 || n > INT64_MAX / 2)
		return -1;
	en->mtime = (struct timespec){ .tv_sec = (time_t)n };
	return 0;
}

static int take_entry(struct pax_in *in, const struct pax_block *b, struct extra *x,
		      struct pax_entry *en, struct err *e)
{
	if (x->sparse_name.len)
		set_text(&en->path, x->sparse_name.s, x->sparse_name.len);
	else if (!x->has.path)
		take_path(b, en);
	if (!x->has.link)
		set_text(&en->link, b->link, sizeof(b->link));
	if (take_type(b, en, e) < 0)
		return -1;
	if (take_ids(b, x, en) < 0)
		return err_set(e, "an entry with what is no number");
	if (x->has.size)
		set_size(in, x->size);
	/* the size of what has no content is that of what it is a name for, or nothing */
	if (en->type == PAX_LINK || en->type == PAX_SYMLINK || en->type == PAX_DIR)
		set_size(in, 0);
	en->size = en->type == PAX_FILE ? in->left : 0;
	if (en->path.failed || en->link.failed || en->attrs.failed)
		return err_set(e, "out of memory");
	if (!x->sparse)
		return 0;
	if (x->sparse != 1 || en->type != PAX_FILE)
		return err_set(e, "a sparse file in a format that this nook does not "
				  "know");
	en->size = x->real_size;
	return read_map(in, en, e);
}

int pax_next(struct pax_in *in, struct pax_entry *en, struct err *e)
{
	struct extra x = { 0 };
	struct pax_block b;
	int r;

	pax_entry_release(en);
	while ((r = read_block(in, &b, e)) > 0) {
		set_size(in, in->left);
		if (b.type == 'g')
			continue;
		if (b.type != 'x' && b.type != 'L' && b.type != 'K')
			break;
		r = read_extra(in, &x, en, b.type, e);
		if (r < 0)
			break;
	}
	if (r > 0)
		r = take_entry(in, &b, &x, en, e) < 0 ? -1 : 1;
	text_release(&x.sparse_name);
	return r;
}
