// SPDX-License-Identifier: GPL-3.0-or-later
/* json.c - JSON to nodes, to the letter of RFC 8259
 *
 * One walk over the bytes. What a key or a text was written as is decoded into the arena;
 * a number keeps its digits, so that no value is ever rounded on its way.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "profile/nodes.h"

struct json {
	struct arena *arena;
	const struct source *src;
	struct err *e;
	const char *p, *end;
	size_t lines;	     /* before that of @p */
	const char *counted; /* @column is that of this place */
	size_t column;
};

/* The column of @at, which is in the line of @j->p and not before the last one asked for:
 * so that a line of many values costs one walk */
static size_t column_of(struct json *j, const char *at)
{
	for (; j->counted < at; j->counted++)
		j->column += (*j->counted & 0xc0) != 0x80;
	return j->column;
}

static int refuse(struct json *j, const char *at, const char *why)
{
	return err_set(j->e, "%s:%zu:%zu: %s", j->src->file,
		       j->lines + j->src->first_line + 1, column_of(j, at), why);
}

static int out_of_memory(const struct json *j)
{
	return err_set(j->e, "out of memory");
}

static struct origin here(struct json *j)
{
	return (struct origin){ .file = j->src->file,
				.line = (int)(j->lines + j->src->first_line + 1),
				.column = (int)column_of(j, j->p) };
}

static void skip_blanks(struct json *j)
{
	for (; j->p < j->end && strchr(" \t\r\n", *j->p) && *j->p; j->p++) {
		if (*j->p == '\n') {
			j->lines++;
			j->counted = j->p + 1;
			j->column = 1;
		}
	}
}

static bool takes(struct json *j, char c)
{
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

/* --- texts ------------------------------------------------------------------------- */

/* Four digits behind \u; -1 when they are not */
static int hex4(const struct json *j, const char *p)
{
	int n = 0;

	if (j->end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return -1;
		n = n * 16 + digit;
	}
	return n;
}

static char *put_utf8(char *out, unsigned int c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* @j->p stands behind the backslash; two halves of a pair are one code point */
static int read_escape(struct json *j, char **out)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *at = j->p - 1;
	const char *l = j->p < j->end && *j->p ? strchr(letters, *j->p) : NULL;
	int c, low;

	if (l) {
		*(*out)++ = bytes[l - letters];
		j->p++;
		return 0;
	}
	if (!takes(j, 'u') || (c = hex4(j, j->p)) < 0)
		return refuse(j, at, "expected an escape such as \\n or \\u00e9");
	j->p += 4;
	if (!c)
		return refuse(j, at, "NUL byte in a value");
	if (c >= 0xd800 && c <= 0xdfff) {
		low = c < 0xdc00 && takes(j, '\\') && takes(j, 'u') ? hex4(j, j->p) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return refuse(j, at, "half of a surrogate pair");
		j->p += 4;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*out = put_utf8(*out, (unsigned int)c);
	return 0;
}

/* One character that stands for itself */
static int read_char(struct json *j, char **out)
{
	const unsigned char *u = (const unsigned char *)j->p;
	size_t n = utf8_sequence(u, (size_t)(j->end - j->p));
	char why[64];

	/* DEL and C1 are controls of a terminal, but JSON takes them */
	if (!n &&
	    (*u == 0x7f || (*u == 0xc2 && j->end - j->p > 1 && (u[1] & 0xe0) == 0x80)))
		n = *u == 0x7f ? 1 : 2;
	if (*u < 0x20 || !n) {
		snprintf(why, sizeof(why),
			 *u < 0x20 ? "control byte 0x%02x in a text, written \\u00%02x"
				   : "byte 0x%02x is not valid UTF-8",
			 *u, *u);
		return refuse(j, j->p, why);
	}
	memcpy(*out, j->p, n);
	*out += n;
	j->p += n;
	return 0;
}

/* From the quote on; what is decoded is never longer than what was written */
static int read_text(struct json *j, const char **text)
{
	const char *start = j->p++;
	const char *close = j->p;
	char *out;

	while (close < j->end && *close != '"')
		close += *close == '\\' && j->end - close > 1 ? 2 : 1;
	out = arena_alloc(j->arena, (size_t)(close - j->p) + 1);
	if (!out)
		return out_of_memory(j);
	*text = out;
	while (j->p < j->end && *j->p != '"')
		if (takes(j, '\\') ? read_escape(j, &out) : read_char(j, &out))
			return -1;
	return takes(j, '"') ? 0 : refuse(j, start, "a text that does not end");
}

/* --- values ------------------------------------------------------------------------ */

static size_t digits(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
}

/* Bytes of a number at @p (RFC 8259, 6), 0 = it is none */
static size_t number(const char *p, const char *end)
{
	const char *s = p + (p < end && *p == '-');
	size_t n = digits(s, end);

	if (!n || (n > 1 && *s == '0'))
		return 0;
	s += n;
	if (s < end && *s == '.') {
		n = digits(s + 1, end);
		if (!n)
			return 0;
		s += 1 + n;
	}
	if (s < end && (*s == 'e' || *s == 'E')) {
		s += 1 + (s + 1 < end && (s[1] == '+' || s[1] == '-'));
		n = digits(s, end);
		if (!n)
			return 0;
		s += n;
	}
	return (size_t)(s - p);
}

/* null, true, false or a number: all that follows up to a mark of punctuation */
static int read_word(struct json *j, struct node *n)
{
	static const char *const words[] = { "null", "true", "false" };
	size_t len = 0, left = (size_t)(j->end - j->p);

	while (len < left && j->p[len] && !strchr(" \t\r\n,:]}[{\"", j->p[len]))
		len++;
	if (!len || number(j->p, j->p + len) != len) {
		size_t i = 0;

		while (i < 3 && (strlen(words[i]) != len || memcmp(j->p, words[i], len)))
			i++;
		if (i == 3)
			return refuse(j, j->p,
				      "expected a value: text stands in \"...\"");
		if (!i)
			n->kind = NODE_NULL;
	}
	n->text = arena_copy(j->arena, j->p, len);
	j->p += len;
	return n->text ? 0 : out_of_memory(j);
}

static int read_value(struct json *j, int depth, struct node **out);

static int read_key(struct json *j, const struct node *map, const char **key,
		    struct origin *at)
{
	const char *start = j->p;

	*at = here(j);
	if (j->p == j->end || *j->p != '"')
		return refuse(j, j->p, "expected a key in \"...\"");
	if (read_text(j, key))
		return -1;
	for (const char *s = *key; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return refuse(j, start, "control byte in a key");
	}
	if (node_find(map, *key)) {
		auto_text why = { 0 };

		text_add(&why, "key '");
		text_safe(&why, *key);
		text_add(&why, "' stands twice");
		return refuse(j, start, text_str(&why));
	}
	skip_blanks(j);
	return takes(j, ':') ? 0 : refuse(j, j->p, "expected ':' behind a key");
}

/* From the opening bracket on */
static int read_many(struct json *j, int depth, struct node *many)
{
	bool is_map = *j->p++ == '{';
	char close = is_map ? '}' : ']';
	struct origin at = { 0 };
	const char *key = NULL;
	struct node *child;

	many->kind = is_map ? NODE_MAP : NODE_LIST;
	if (depth > NESTING_MOST)
		return refuse(j, j->p - 1, "nested deeper than 16");
	skip_blanks(j);
	if (takes(j, close))
		return 0;
	for (;;) {
		skip_blanks(j);
		if (is_map && many->count >= ENTRIES_MOST)
			return refuse(j, j->p, "more than 4096 entries");
		if ((is_map && read_key(j, many, &key, &at)) ||
		    read_value(j, depth, &child))
			return -1;
		if (is_map) {
			child->key = key;
			child->hash = key_hash(key);
			child->key_at = at;
		}
		node_append(many, child);
		skip_blanks(j);
		if (takes(j, close))
			return 0;
		if (!takes(j, ','))
			return refuse(j, j->p,
				      is_map ? "expected ',' or '}'"
					     : "expected ',' or ']'");
	}
}

static int read_value(struct json *j, int depth, struct node **out)
{
	struct node *n;

	skip_blanks(j);
	n = node_new(j->arena, NODE_SCALAR, here(j));
	if (!n)
		return out_of_memory(j);
	*out = n;
	if (j->p < j->end && *j->p == '"')
		return read_text(j, &n->text);
	if (j->p < j->end && (*j->p == '{' || *j->p == '['))
		return read_many(j, depth + 1, n);
	return read_word(j, n);
}

int json_parse(struct arena *a, const struct source *src, struct node **root,
	       struct err *e)
{
	struct json j = {
		.arena = a,
		.src = src,
		.e = e,
		.p = src->buf,
		.end = src->buf + src->len,
		.counted = src->buf,
		.column = 1,
	};

	*root = NULL;
	if (read_value(&j, 0, root))
		return -1;
	skip_blanks(&j);
	return j.p == j.end ? 0 : refuse(&j, j.p, "something follows the value");
}
