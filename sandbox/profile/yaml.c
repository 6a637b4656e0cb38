// SPDX-License-Identifier: GPL-3.0-or-later
/* yaml.c - YAML to nodes; the only file that knows libyaml
 *
 * Only the part of YAML that a profile needs is let through: one document of maps, lists
 * and scalars. What can surprise (aliases, merge keys, tags) or cost (depth, numbers of
 * entries) is refused where it stands. Before libyaml sees a byte the text is checked to
 * be UTF-8 without control bytes, so its reader never has to guess an encoding.
 */
#include <string.h>
#include <yaml.h>

#include "base/err.h"
#include "base/text.h"
#include "profile/nodes.h"

struct reader {
	struct arena *arena;
	const struct source *src;
	struct err *e;
	yaml_parser_t *parser;
	yaml_event_t event; /* the one looked at */
	size_t first_line;  /* lines cut off before libyaml began */
	struct node *root;  /* the document's map, once it has begun */
};

static int out_of_memory(struct err *e)
{
	return err_set(e, "out of memory");
}

static struct origin origin_at(const struct reader *r, const yaml_mark_t *mark)
{
	if (r->src->is_option)
		return (struct origin){ .file = r->src->file };
	return (struct origin){ .file = r->src->file,
				.line = (int)(mark->line + r->first_line + 1),
				.column = (int)mark->column + 1 };
}

static int refuse(const struct reader *r, const yaml_mark_t *mark, const char *why)
{
	struct origin at = origin_at(r, mark);

	if (r->src->is_option)
		return err_set(r->e, "%s: %s", at.file, why);
	return err_set(r->e, "%s:%d:%d: %s", at.file, at.line, at.column, why);
}

/* What else there is for who wants a value twice */
static int refuse_reuse(const struct reader *r, const yaml_mark_t *mark, const char *what)
{
	char why[80];

	snprintf(why, sizeof(why), "%s are not taken, use %s", what,
		 r->src->instead ? r->src->instead : "extends");
	return refuse(r, mark, why);
}

/* --- the bytes --------------------------------------------------------------------- */

size_t utf8_sequence(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return p[0] >= 0x20 ? p[0] != 0x7f
				    : p[0] == '\n' || p[0] == '\t' || p[0] == '\r';
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < 2 || (p[1] & 0xc0) != 0x80)
		return 0;
	if (p[0] < 0xe0)
		return p[0] == 0xc2 && p[1] < 0xa0 ? 0 : 2;
	if (left < 3 || (p[2] & 0xc0) != 0x80)
		return 0;
	if (p[0] < 0xf0)
		return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ? 0
										      : 3;
	if (left < 4 || (p[3] & 0xc0) != 0x80)
		return 0;
	return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) ? 0 : 4;
}

static int refuse_byte(const struct reader *r, const unsigned char *start, size_t i)
{
	yaml_mark_t mark = { 0, 0, 0 };
	char why[64];

	for (size_t k = 0; k < i; k++) {
		if (start[k] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if ((start[k] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	if (start[i] < 0x80 || start[i] == 0xc2)
		snprintf(why, sizeof(why), "control byte 0x%02x", start[i]);
	else
		snprintf(why, sizeof(why), "byte 0x%02x is not valid UTF-8", start[i]);
	return refuse(r, &mark, why);
}

static int check_bytes(const struct reader *r)
{
	const unsigned char *p = (const unsigned char *)r->src->buf;
	size_t len = r->src->len;

	if (len >= 2 &&
	    ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return refuse(r, &(yaml_mark_t){ 0 }, "is UTF-16, expected UTF-8");
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_sequence(p + i, len - i);
		if (!n)
			return refuse_byte(r, p, i);
	}
	return 0;
}

/* Where libyaml begins: behind a byte order mark and the comment on top, which it would
 * scan at a tenth of this speed. Nothing but comments and empty lines can stand there. */
static size_t skip_top(struct reader *r)
{
	const char *s = r->src->buf;
	size_t i = 0, len = r->src->len;
	const char *end;

	if (len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
		i = 3;
	if (r->src->is_option)
		return i;
	while (i < len && (s[i] == '#' || s[i] == '\n')) {
		end = memchr(s + i, '\n', len - i);
		if (!end)
			return len;
		i = (size_t)(end - s) + 1;
		r->first_line++;
	}
	return i;
}

/* --- the events -------------------------------------------------------------------- */

/* Whether what @mark is in has a ${NAME}: a { that YAML takes as one of its own */
static bool has_reference(const struct reader *r, const yaml_mark_t *mark)
{
	const char *s = r->src->buf, *end = s + r->src->len, *stop;

	for (size_t n = mark->line + r->first_line; s && n; n--) {
		s = memchr(s, '\n', (size_t)(end - s));
		s = s ? s + 1 : NULL;
	}
	if (!s)
		return false;
	stop = memchr(s, '\n', (size_t)(end - s));
	return memmem(s, (size_t)((stop ? stop : end) - s), "${", 2);
}

static int next_event(struct reader *r)
{
	const yaml_parser_t *p = r->parser;
	char why[200];
	int n;

	yaml_event_delete(&r->event);
	if (yaml_parser_parse(r->parser, &r->event))
		return 0;
	if (p->error == YAML_MEMORY_ERROR)
		return out_of_memory(r->e);
	n = snprintf(why, sizeof(why), "%s%s%s",
		     p->problem ? p->problem : "not valid YAML", p->context ? " " : "",
		     p->context ? p->context : "");
	if (p->context && p->context_mark.line != p->problem_mark.line &&
	    !r->src->is_option)
		snprintf(why + n, sizeof(why) - (size_t)n, " that begins in line %zu",
			 p->context_mark.line + r->first_line + 1);
	refuse(r, &p->problem_mark, why);
	if (strstr(why, "cannot start any token"))
		err_hint(r->e,
			 "indent with blanks, and put quotes around a value that begins "
			 "with one of @ ` %%");
	else if (strstr(why, "while parsing a flow") &&
		 has_reference(r, &p->problem_mark))
		err_hint(r->e,
			 "between { and } or [ and ] put quotes around a value with ${ "
			 "in it: \"${NAME}\"");
	return -1;
}

uint32_t key_hash(const char *key)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h;
}

struct node *node_new(struct arena *a, enum node_kind kind, struct origin at)
{
	struct node *n = arena_alloc(a, sizeof(*n));

	if (n) {
		n->kind = kind;
		n->at = at;
	}
	return n;
}

void node_append(struct node *parent, struct node *child)
{
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
}

struct node *node_find(const struct node *map, const char *key)
{
	uint32_t hash = key_hash(key);

	for (struct node *n = map->first; n; n = n->next)
		if (n->hash == hash && n->key && !strcmp(n->key, key))
			return n;
	return NULL;
}

static int parse_node(struct reader *r, int depth, struct node **out);

/* Plain `null` and `~` only; an empty value is more often a slip than a wish */
static int parse_scalar(struct reader *r, struct node **out)
{
	const char *s = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;
	bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	enum node_kind kind = NODE_SCALAR;

	if (memchr(s, '\0', len))
		return refuse(r, &r->event.start_mark, "NUL byte in a value");
	if (plain && !len)
		return refuse(
			r, &r->event.start_mark,
			"a value is missing: null asks for the default, \"\" is empty");
	if (plain && (!strcmp(s, "null") || !strcmp(s, "~")))
		kind = NODE_NULL;
	*out = node_new(r->arena, kind, origin_at(r, &r->event.start_mark));
	if (!*out)
		return out_of_memory(r->e);
	(*out)->text = arena_copy(r->arena, s, len);
	return (*out)->text ? 0 : out_of_memory(r->e);
}

static int refuse_twin(struct reader *r, const char *key, const struct node *twin)
{
	auto_text why = { 0 };

	text_add(&why, "key '");
	text_safe(&why, key);
	text_addf(&why, "' stands twice");
	if (!r->src->is_option)
		text_addf(&why, ", first in line %d", twin->key_at.line);
	return refuse(r, &r->event.start_mark, text_str(&why));
}

/* The list whose entries go away one by one; its start event is the current one */
static int parse_each(struct reader *r, struct node **out)
{
	const struct source *src = r->src;
	struct arena *kept = r->arena;
	struct node *list = node_new(kept, NODE_LIST, origin_at(r, &r->event.start_mark));
	struct node *entry;
	int rc = -1;

	if (!list || !(r->arena = arena_new())) {
		r->arena = kept;
		return out_of_memory(r->e);
	}
	while (!next_event(r)) {
		if (r->event.type == YAML_SEQUENCE_END_EVENT) {
			*out = list;
			rc = 0;
			break;
		}
		if (list->count++ >= src->each_most) {
			char why[40];

			snprintf(why, sizeof(why), "more than %zu entries",
				 src->each_most);
			refuse(r, &r->event.start_mark, why);
			break;
		}
		if (parse_node(r, 2, &entry) || src->each(entry, r->root, src->arg, r->e))
			break;
		arena_reset(r->arena);
	}
	arena_free(r->arena);
	r->arena = kept;
	return rc;
}

/* The value of @key */
static int parse_value(struct reader *r, int depth, const char *key, struct node **out)
{
	const yaml_event_t *ev = &r->event;

	if (next_event(r))
		return -1;
	if (depth == 1 && r->src->each_key && !strcmp(key, r->src->each_key) &&
	    ev->type == YAML_SEQUENCE_START_EVENT && !ev->data.sequence_start.anchor &&
	    !ev->data.sequence_start.tag)
		return parse_each(r, out);
	return parse_node(r, depth, out);
}

/* The key that is the current event, and behind it its value */
static int parse_pair(struct reader *r, int depth, struct node *map)
{
	const char *s = (const char *)r->event.data.scalar.value;
	yaml_mark_t mark = r->event.start_mark;
	struct origin at = origin_at(r, &mark);
	struct node *value, *twin;
	char *key;

	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, &mark, "a key must be a word");
	if (r->event.data.scalar.anchor || r->event.data.scalar.tag)
		return refuse(r, &mark, "anchors and tags are not taken");
	for (size_t i = 0; i < r->event.data.scalar.length; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return refuse(r, &mark, "control byte in a key");
	if (!strcmp(s, "<<") && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return refuse_reuse(r, &mark, "merge keys");
	twin = node_find(map, s);
	if (twin)
		return refuse_twin(r, s, twin);
	key = arena_copy(r->arena, s, r->event.data.scalar.length);
	if (!key)
		return out_of_memory(r->e);
	if (parse_value(r, depth, key, &value))
		return -1;
	value->key = key;
	value->hash = key_hash(key);
	value->key_at = at;
	node_append(map, value);
	return 0;
}

/* A list or a map from its start event to its end event */
static int parse_many(struct reader *r, int depth, struct node **out)
{
	bool is_map = r->event.type == YAML_MAPPING_START_EVENT;
	struct node *many, *child;

	if (depth > NESTING_MOST)
		return refuse(r, &r->event.start_mark, "nested deeper than 16");
	many = node_new(r->arena, is_map ? NODE_MAP : NODE_LIST,
			origin_at(r, &r->event.start_mark));
	if (!many)
		return out_of_memory(r->e);
	if (depth == 1)
		r->root = many;
	while (!next_event(r)) {
		if (r->event.type ==
		    (is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT)) {
			*out = many;
			return 0;
		}
		if (many->count >= ENTRIES_MOST)
			return refuse(r, &r->event.start_mark, "more than 4096 entries");
		if (is_map ? parse_pair(r, depth, many) : parse_node(r, depth, &child))
			return -1;
		if (is_map)
			continue;
		/* A key can go back to its default, an entry of a list has none: `null`
		 * in `devices` is the device */
		if (child->kind == NODE_NULL)
			child->kind = NODE_SCALAR;
		node_append(many, child);
	}
	return -1;
}

/* The value that begins with the current event */
static int parse_node(struct reader *r, int depth, struct node **out)
{
	const yaml_event_t *ev = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch ((int)ev->type) {
	case YAML_ALIAS_EVENT:
		return refuse_reuse(r, &ev->start_mark, "aliases");
	case YAML_SCALAR_EVENT:
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
		break;
	default:
		return refuse(r, &ev->start_mark, "expected a value");
	}
	if (anchor)
		return refuse_reuse(r, &ev->start_mark, "anchors");
	if (tag)
		return refuse(r, &ev->start_mark, "tags are not taken");
	return ev->type == YAML_SCALAR_EVENT ? parse_scalar(r, out)
					     : parse_many(r, depth + 1, out);
}

static int parse_stream(struct reader *r, struct node **root)
{
	*root = NULL;
	if (next_event(r) || next_event(r))
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (r->event.data.document_start.tag_directives.start !=
	    r->event.data.document_start.tag_directives.end)
		return refuse(r, &r->event.start_mark, "tags are not taken");
	if (next_event(r))
		return -1;
	/* "---" and nothing behind it is an empty profile too */
	if (!r->src->is_option && r->event.type == YAML_SCALAR_EVENT &&
	    !r->event.data.scalar.length && r->event.data.scalar.plain_implicit) {
		if (next_event(r))
			return -1;
	} else if (parse_node(r, 0, root) || next_event(r)) {
		return -1;
	}
	if (next_event(r))
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return refuse(r, &r->event.start_mark,
			      "expected one document, here is a second");
	return 0;
}

int yaml_parse(struct arena *a, const struct source *src, struct node **root,
	       struct err *e)
{
	yaml_parser_t parser;
	struct reader r = {
		.arena = a,
		.src = src,
		.e = e,
		.parser = &parser,
		.first_line = src->first_line,
	};
	size_t skip;
	int rc;

	if (check_bytes(&r))
		return -1;
	if (!yaml_parser_initialize(&parser))
		return out_of_memory(e);
	skip = skip_top(&r);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)src->buf + skip,
				     src->len - skip);
	rc = parse_stream(&r, root);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&parser);
	return rc;
}
