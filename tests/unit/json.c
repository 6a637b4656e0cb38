// SPDX-License-Identifier: GPL-3.0-or-later
/* json.c - what JSON becomes as nodes, and what is refused where */
#include "base/err.h"
#include "base/text.h"
#include "profile/nodes.h"
#include "tap.h"

/* Written again from the nodes: texts in quotes, other scalars too, null bare */
static void write_node(const struct node *n, struct text *out)
{
	const char *brackets = n->kind == NODE_MAP ? "{}" : "[]";

	if (n->kind == NODE_SCALAR || n->kind == NODE_NULL) {
		text_json(out, n->kind == NODE_NULL ? NULL : n->text);
		return;
	}
	text_addc(out, brackets[0]);
	for (const struct node *c = n->first; c; c = c->next) {
		text_add(out, c == n->first ? "" : ",");
		if (c->key)
			text_addf(out, "%s:", c->key);
		write_node(c, out);
	}
	text_addc(out, brackets[1]);
}

/* What @json is: itself again, or the error */
static void gives(const char *json, size_t len, const char *want)
{
	struct arena *a = arena_new();
	struct source src = { .file = "f", .buf = json, .len = len, .first_line = 6 };
	auto_text got = { 0 }, name = { 0 };
	struct node *root = NULL;
	struct err e = { 0 };

	if (json_parse(a, &src, &root, &e))
		text_add(&got, e.text);
	else
		write_node(root, &got);
	text_safe(&name, json);
	text_cut(&name, 60);
	is(text_str(&got), want, text_str(&name));
	arena_free(a);
}

static const char *const rows[][2] = {
	{ "{}", "{}" },
	{ " [ ] ", "[]" },
	{ "{\"a\": [1, -0.5e+3, true, false, null, \"\"], \"b\":{\"c\":\"d\"}}",
	  "{a:[\"1\",\"-0.5e+3\",\"true\",\"false\",null,\"\"],b:{c:\"d\"}}" },
	{ "18446744073709551616", "\"18446744073709551616\"" },
	{ "\"\\u00e9\\ud83d\\ude00\\/\\\"\\\\\"", "\"é😀/\\\"\\\\\"" },
	{ "\"\\u0007 \xc2\x85 \x7f\"", "\"\\u0007 \\u0085 \\u007f\"" },
	{ "\"é\" x", "f:7:5: something follows the value" },
	{ "", "f:7:1: expected a value: text stands in \"...\"" },
	{ "[1,\n  x]", "f:8:3: expected a value: text stands in \"...\"" },
	{ "{a: 1}", "f:7:2: expected a key in \"...\"" },
	{ "{\"a\" 1}", "f:7:6: expected ':' behind a key" },
	{ "{\"a\":1,}", "f:7:8: expected a key in \"...\"" },
	{ "{\"a\":1 \"b\":2}", "f:7:8: expected ',' or '}'" },
	{ "[1 2]", "f:7:4: expected ',' or ']'" },
	{ "[1", "f:7:3: expected ',' or ']'" },
	{ "{\"a\":1,\"b\":2,\"\\u0061\":3}", "f:7:14: key 'a' stands twice" },
	{ "{\"a\\n\":1}", "f:7:2: control byte in a key" },
	{ "\"abc", "f:7:1: a text that does not end" },
	{ "\"abc\\", "f:7:5: expected an escape such as \\n or \\u00e9" },
	{ "\"\\x41\"", "f:7:2: expected an escape such as \\n or \\u00e9" },
	{ "\"\\u12g4\"", "f:7:2: expected an escape such as \\n or \\u00e9" },
	{ "\"\\u0000\"", "f:7:2: NUL byte in a value" },
	{ "\"\\ud83d\"", "f:7:2: half of a surrogate pair" },
	{ "\"\\ud83d\\u0041\"", "f:7:2: half of a surrogate pair" },
	{ "\"\\ude00\"", "f:7:2: half of a surrogate pair" },
	{ "\"a\tb\"", "f:7:3: control byte 0x09 in a text, written \\u0009" },
	{ "\"a\xff\"", "f:7:3: byte 0xff is not valid UTF-8" },
	{ "\"\xed\xa0\x80\"", "f:7:2: byte 0xed is not valid UTF-8" },
	{ "01", "f:7:1: expected a value: text stands in \"...\"" },
	{ "[.5]", "f:7:2: expected a value: text stands in \"...\"" },
	{ "1.", "f:7:1: expected a value: text stands in \"...\"" },
	{ "1e", "f:7:1: expected a value: text stands in \"...\"" },
	{ "+1", "f:7:1: expected a value: text stands in \"...\"" },
	{ "NaN", "f:7:1: expected a value: text stands in \"...\"" },
	{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "f:7:17: nested deeper than 16" },
};

/* A map looks at all its keys for each */
static void try_many(void)
{
	auto_text most = { 0 };

	text_addc(&most, '{');
	for (int i = 0; i < 4097; i++)
		text_addf(&most, "%s\"%d\":1", i ? "," : "", i);
	text_addc(&most, '}');
	gives(text_str(&most), most.len, "f:7:35756: more than 4096 entries");
}

int main(void)
{
	size_t count = sizeof(rows) / sizeof(rows[0]);

	plan((int)count + 3);
	for (size_t i = 0; i < count; i++)
		gives(rows[i][0], strlen(rows[i][0]), rows[i][1]);
	gives("\"a\0b\"", 5, "f:7:3: control byte 0x00 in a text, written \\u0000");
	gives("\0", 1, "f:7:1: expected a value: text stands in \"...\"");
	try_many();
	return done();
}
