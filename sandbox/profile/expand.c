// SPDX-License-Identifier: GPL-3.0-or-later
/* expand.c - `~` and `${NAME}` in paths on the host
 *
 * Only the four keys that name places of the caller are expanded; everywhere else a
 * dollar is a dollar. A variable that is not set is an error: a path that quietly becomes
 * shorter binds something nobody meant.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "profile/internal.h"

static const char *variable(struct loader *ld, const char *key, const struct node *n,
			    const char *name)
{
	const char *value = secure_getenv(name);

	if (!value || !*value)
		wrong(ld, &n->at, "'%s' needs the variable '%s', which is not set", key,
		      shown(ld, name));
	return value && *value ? value : NULL;
}

/* What stands from "${" to "}" at *s; *s moves behind it */
static int expand_one(struct loader *ld, const char *key, const struct node *n,
		      const char **s, struct text *out)
{
	const char *end = strchr(*s, '}');
	const char *name, *value, *why = "";

	name = end ? arena_copy(ld->arena, *s + 2, (size_t)(end - *s - 2)) : "";
	if (!name)
		return no_memory(ld);
	if (!end || check_env_name(name, &why))
		return wrong_value(ld, key, n, "expected ${NAME}");
	value = variable(ld, key, n, name);
	if (!value)
		return -1;
	text_add(out, value);
	*s = end + 1;
	return 0;
}

int expand(struct loader *ld, const char *key, const struct node *n, const char **out)
{
	auto_text t = { 0 };
	const char *s = n->text;
	const char *home, *why;

	if (*s == '~' && (!s[1] || s[1] == '/')) {
		home = variable(ld, key, n, "HOME");
		if (!home)
			return -1;
		text_add(&t, home);
		s++;
	}
	while (*s) {
		if (s[0] == '$' && s[1] == '{') {
			if (expand_one(ld, key, n, &s, &t))
				return -1;
		} else {
			text_addc(&t, *s++);
		}
	}
	if (*text_str(&t) != '/' || check_line(text_str(&t), &why) || t.len > 4095)
		return wrong_value(ld, key, n,
				   "expected an absolute path, one below ~ or one "
				   "that begins with ${NAME}");
	*out = arena_copy(ld->arena, text_str(&t), t.len);
	return *out ? 0 : no_memory(ld);
}
