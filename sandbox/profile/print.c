// SPDX-License-Identifier: GPL-3.0-or-later
/* print.c - a profile as YAML again, resolved, with where each value came from
 *
 * Values are written as they were written, in block style; what libyaml could read as
 * something else stands in double quotes, so that reading gives the same profile back.
 */
#include <string.h>

#include "base/text.h"
#include "profile/internal.h"

/* Text that means itself without quotes, in block context and in flow context */
static bool is_plain(const char *s, bool in_flow)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789/._";
	size_t len = strlen(s);

	if (!len || !strchr(first, *s) || !strcmp(s, "null") || s[len - 1] == ' ' ||
	    s[len - 1] == ':' || strstr(s, ": ") || strstr(s, " #") ||
	    (in_flow && strpbrk(s, ",[]{}:")))
		return false;
	/* "..." and "---" alone end a document */
	if (!strcmp(s, "..."))
		return false;
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static void add_scalar(struct text *out, const char *s, bool in_flow)
{
	if (is_plain(s, in_flow))
		text_add(out, s);
	else
		text_json(out, s);
}

/* @n on one line: [a, b], {k: v} */
static void add_flow(struct text *out, const struct node *n, bool nested)
{
	bool is_map = n->kind == NODE_MAP;

	if (n->kind == NODE_NULL || n->kind == NODE_SCALAR) {
		if (n->kind == NODE_NULL)
			text_add(out, "null");
		else
			add_scalar(out, n->text, nested);
		return;
	}
	text_addc(out, is_map ? '{' : '[');
	for (const struct node *c = n->first; c; c = c->next) {
		if (is_map) {
			add_scalar(out, c->key, true);
			text_add(out, ": ");
		}
		add_flow(out, c, true);
		if (c->next)
			text_add(out, ", ");
	}
	text_addc(out, is_map ? '}' : ']');
}

static void add_origin(struct text *out, const struct origin *at)
{
	if (!at->file)
		return;
	text_safe(out, at->file);
	if (at->line)
		text_addf(out, ":%d", at->line);
}

/* The end of a line, with the place of the value as a comment */
static void end_line(struct text *out, const struct origin *at, unsigned int how)
{
	if ((how & PRINT_ORIGIN) && at->file) {
		text_add(out, "  # ");
		add_origin(out, at);
	}
	text_addc(out, '\n');
}

static void add_indent(struct text *out, int depth)
{
	for (int i = 0; i < depth; i++)
		text_add(out, "  ");
}

/* What stands behind "key:" at @depth; a list or a map below it, one entry a line */
static void add_value(struct text *out, const struct node *n, int depth, unsigned int how)
{
	bool is_map = n->kind == NODE_MAP;

	if ((!is_map && n->kind != NODE_LIST) || !n->count) {
		text_addc(out, ' ');
		add_flow(out, n, false);
		end_line(out, &n->at, how);
		return;
	}
	text_addc(out, '\n');
	for (const struct node *c = n->first; c; c = c->next) {
		add_indent(out, depth + 1);
		if (is_map) {
			add_scalar(out, c->key, true);
			text_add(out, ": ");
		} else {
			text_add(out, "- ");
		}
		add_flow(out, c, false);
		end_line(out, &c->at, how);
	}
}

/* "root" of "root.from"; 0 where the key has no group */
static size_t group_len(const char *key)
{
	const char *dot = strchr(key, '.');

	return dot ? (size_t)(dot - key) : 0;
}

static bool is_printed(const struct profile *pf, int f, unsigned int how)
{
	return f != FIELD_extends && (pf->value[f] || (how & PRINT_DEFAULTS));
}

/* A group's line is a comment too where all its fields are at their defaults */
static bool is_group_set(const struct profile *pf, int f)
{
	size_t len = group_len(field_info[f].key);

	for (int i = 0; i < FIELD_COUNT; i++)
		if (pf->value[i] && group_len(field_info[i].key) == len &&
		    !strncmp(field_info[i].key, field_info[f].key, len))
			return true;
	return false;
}

static void add_field(const struct profile *pf, int f, unsigned int how, struct text *out)
{
	const struct field_info *info = &field_info[f];
	size_t group = group_len(info->key);
	const char *key = info->key + (group ? group + 1 : 0);

	if (!pf->value[f]) {
		text_addf(out, "# %s%s:%s%s\n", group ? "  " : "", key,
			  *info->fallback ? " " : "", info->fallback);
		return;
	}
	add_indent(out, group != 0);
	text_addf(out, "%s:", key);
	add_value(out, pf->value[f], group != 0, how);
}

void profile_print(const struct profile *pf, unsigned int how, struct text *out)
{
	const char *group = "";
	size_t len = 0;

	for (int f = 0; f < FIELD_COUNT; f++) {
		const char *key = field_info[f].key;
		size_t now = group_len(key);

		if (!is_printed(pf, f, how))
			continue;
		if (now && (now != len || strncmp(group, key, now) != 0))
			text_addf(out, "%s%.*s:\n", is_group_set(pf, f) ? "" : "# ",
				  (int)now, key);
		group = key;
		len = now;
		add_field(pf, f, how, out);
	}
}

void profile_value(const struct profile *pf, enum field f, struct text *out)
{
	if (pf->value[f])
		add_flow(out, pf->value[f], false);
	else
		text_add(out, field_info[f].fallback);
}

void profile_origin(const struct profile *pf, enum field f, struct text *out)
{
	add_origin(out, &pf->origin[f]);
}

/* One commented key of the template. What is no single word is said in words behind
 * it. */
static void add_hint(struct text *out, const struct field_info *info, size_t group)
{
	size_t start = out->len;
	bool is_word = (info->type->shapes & IS_SCALAR) && *info->fallback &&
		       !strchr(info->fallback, ' ');

	text_addf(out, "# %s%s: %s", group ? "  " : "",
		  info->key + (group ? group + 1 : 0), is_word ? info->fallback : "");
	while (out->len - start < 28)
		text_addc(out, ' ');
	text_addf(out, " # %s", info->help);
	if (!is_word && *info->fallback)
		text_addf(out, "; default: %s", info->fallback);
	text_addc(out, '\n');
}

void profile_template(const char *name, const char *parent, struct text *out)
{
	const char *group = "";
	size_t len = 0;

	text_addf(
		out,
		"# %s: a profile for nook. `nook run %s` uses it, `nook explain %s` says "
		"what it does.\n"
		"# Take the '# ' off a line to set its key; nook-profile(5) says more "
		"about "
		"each.\n"
		"description: my own\n"
		"extends: %s\n",
		name, name, name, parent);
	for (int f = 0; f < FIELD_COUNT; f++) {
		const struct field_info *info = &field_info[f];
		size_t now = group_len(info->key);
		bool same = len == now && !strncmp(group, info->key, now);

		if (f == FIELD_description || f == FIELD_extends)
			continue;
		if (!same || !*group)
			text_addc(out, '\n');
		if (now && !same)
			text_addf(out, "# %.*s:\n", (int)now, info->key);
		group = info->key;
		len = now;
		add_hint(out, info, now);
	}
}
