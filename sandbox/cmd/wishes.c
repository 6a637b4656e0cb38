// SPDX-License-Identifier: GPL-3.0-or-later
/* wishes.c - from options in podman's words to profile keys
 *
 * Each rule turns one grammar (`--volume SRC:DST`, `--ulimit NAME=SOFT:HARD`, ...) into
 * option wishes in the profile's own words. Text goes in as a quoted scalar, so that
 * nothing a person types is read as YAML; only --set takes YAML.
 */
#include "cmd/wishes.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"

static int wish_text(struct args *a, const char *option, const char *key,
		     const char *text)
{
	auto_text q = { 0 };

	text_json(&q, text);
	return args_wish(a, option, key, text_str(&q));
}

/* One entry of a map: @pair is NAME=VALUE */
static int wish_named(struct args *a, const char *option, const char *map,
		      const char *pair, struct err *e)
{
	const char *equals = strchr(pair, '=');
	char key[512];

	/* Never a cut name: that would be another one (IN-13) */
	if ((size_t)(equals - pair) >= sizeof(key) - strlen(map) - 1)
		return err_set(e, "%s: a name of %zu characters is too long", option,
			       (size_t)(equals - pair));
	snprintf(key, sizeof(key), "%s.%.*s", map, (int)(equals - pair), pair);
	return wish_text(a, option, key, equals + 1);
}

static int rule_set(struct args *a, const char *option, const char *v, struct err *e)
{
	const char *equals = strchr(v, '=');
	char key[256];

	if (!equals || equals == v || (size_t)(equals - v) >= sizeof(key))
		return cmd_usage(a, e, "--set '%s': expected KEY=VALUE", v);
	memcpy(key, v, (size_t)(equals - v));
	key[equals - v] = '\0';
	return args_wish(a, option, key, equals + 1);
}

/* NAME=VALUE sets, NAME alone passes the caller's */
static int rule_env(struct args *a, const char *option, const char *v, struct err *e)
{
	const char *equals = strchr(v, '=');

	if (!*v || equals == v)
		return cmd_usage(a, e, "--env '%s': expected NAME=VALUE or NAME", v);
	if (!equals)
		return wish_text(a, option, "+environment_pass", v);
	return wish_named(a, option, "environment", v, e);
}

static int rule_label(struct args *a, const char *option, const char *v, struct err *e)
{
	const char *equals = strchr(v, '=');

	if (!equals || equals == v)
		return cmd_usage(a, e, "--label '%s': expected NAME=VALUE", v);
	return wish_named(a, option, "labels", v, e);
}

static int rule_ulimit(struct args *a, const char *option, const char *v, struct err *e)
{
	const char *equals = strchr(v, '=');

	if (!equals || equals == v)
		return cmd_usage(a, e, "--ulimit '%s': expected NAME=SOFT[:HARD]", v);
	return wish_named(a, option, "rlimits", v, e);
}

/* SRC:DST[:OPTIONS], or "." for the current directory at its own path, writable */
static int rule_volume(struct args *a, const char *option, const char *v, struct err *e)
{
	if (!strcmp(v, "."))
		return args_wish(a, option, "+mounts",
				 "[{bind: ., to: ., options: [rw]}]");
	if (!strchr(v, ':')) {
		cmd_usage(a, e, "--volume '%s': expected SRC:DST[:OPTIONS], or '.'", v);
		return -1;
	}
	return wish_text(a, option, "+mounts", v);
}

/* Comma list of words as the items of a YAML flow list */
static void add_words(struct text *t, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, ",");
		char one[256];

		snprintf(one, sizeof(one), "%.*s", (int)len, words);
		text_json(t, one);
		words += len;
		if (*words == ',') {
			text_add(t, ", ");
			words++;
		}
	}
}

/* DST[:OPTIONS]: size= is a key of its own, the rest are mount options */
static int rule_tmpfs(struct args *a, const char *option, const char *v, struct err *e)
{
	const char *colon = strchr(v, ':');
	auto_text t = { 0 };
	char dst[4096];

	snprintf(dst, sizeof(dst), "%.*s", colon ? (int)(colon - v) : (int)strlen(v), v);
	if (*dst != '/')
		return cmd_usage(a, e,
				 "--tmpfs '%s': expected DST[:OPTIONS], DST absolute", v);
	text_add(&t, "[{tmpfs: ");
	text_json(&t, dst);
	for (const char *p = colon ? colon + 1 : ""; *p;) {
		size_t len = strcspn(p, ",");
		const char *equals = memchr(p, '=', len);
		char word[256];

		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		if (!equals || (strncmp(word, "size=", 5) && strncmp(word, "mode=", 5)))
			return cmd_usage(
				a, e,
				"--tmpfs option '%s': expected size= or mode=", word);
		text_addf(&t, ", %.4s: ", word);
		text_json(&t, word + 5);
		p += len + (p[len] == ',');
	}
	text_add(&t, "}]");
	return args_wish(a, option, "+mounts", text_str(&t));
}

/* podman's --mount type=bind,src=S,dst=D[,ro]; type=tmpfs,dst=D[,tmpfs-size=N] */
static int rule_mount(struct args *a, const char *option, const char *v, struct err *e)
{
	char type[32] = "bind", src[4096] = "", dst[4096] = "", size[64] = "",
	     words[512] = "";
	auto_text t = { 0 };

	for (const char *p = v; *p;) {
		size_t len = strcspn(p, ",");
		const char *equals = memchr(p, '=', len);
		size_t klen = equals ? (size_t)(equals - p) : len;
		const char *val = equals ? equals + 1 : "";
		int vlen = (int)(p + len - val);

		if (klen == 4 && !strncmp(p, "type", 4))
			snprintf(type, sizeof(type), "%.*s", vlen, val);
		else if (!strncmp(p, "src", klen) || !strncmp(p, "source", klen))
			snprintf(src, sizeof(src), "%.*s", vlen, val);
		else if (!strncmp(p, "dst", klen) || !strncmp(p, "destination", klen) ||
			 !strncmp(p, "target", klen))
			snprintf(dst, sizeof(dst), "%.*s", vlen, val);
		else if (!strncmp(p, "tmpfs-size", klen) || !strncmp(p, "size", klen))
			snprintf(size, sizeof(size), "%.*s", vlen, val);
		else if (!equals)
			snprintf(words + strlen(words), sizeof(words) - strlen(words),
				 "%s%.*s", *words ? "," : "", (int)len, p);
		else
			return cmd_usage(a, e, "--mount: unknown word '%.*s'", (int)len,
					 p);
		p += len + (p[len] == ',');
	}
	if (!*dst || (strcmp(type, "bind") && strcmp(type, "tmpfs")) ||
	    (!strcmp(type, "bind") && !*src))
		return cmd_usage(
			a, e,
			"--mount '%s': expected type=bind,src=SRC,dst=DST[,ro] or "
			"type=tmpfs,dst=DST[,tmpfs-size=SIZE]",
			v);
	text_addf(&t, "[{%s: ", type);
	text_json(&t, strcmp(type, "bind") ? dst : src);
	if (!strcmp(type, "bind")) {
		text_add(&t, ", to: ");
		text_json(&t, dst);
		/* podman's binds are writable unless they say ro;
		 * nook's are the other way */
		text_add(&t, ", options: [");
		add_words(&t, *words ? words : "rw");
		text_add(&t, "]");
	}
	if (*size) {
		text_add(&t, ", size: ");
		text_json(&t, size);
	}
	text_add(&t, "}]");
	return args_wish(a, option, "+mounts", text_str(&t));
}

static int rule_user(struct args *a, const char *option, const char *v, struct err *e)
{
	const char *colon = strchr(v, ':');
	char id[256];

	snprintf(id, sizeof(id), "%.*s", colon ? (int)(colon - v) : (int)strlen(v), v);
	if (!*v || (colon && !colon[1]))
		return cmd_usage(a, e, "--user '%s': expected USER[:GROUP]", v);
	if (*id && wish_text(a, option, "user.id", id) < 0)
		return -1;
	return colon ? wish_text(a, option, "user.group", colon + 1) : 0;
}

/* podman's words besides nook's own; what is none of them is a network's name */
static int rule_network(struct args *a, const char *option, const char *v, struct err *e)
{
	static const char *const modes[] = { "none", "host", "veth", "user", "join" };

	(void)e;
	if (!strncmp(v, "ns:", 3) || !strncmp(v, "container:", 10)) {
		if (args_wish(a, option, "network.mode", "join") < 0)
			return -1;
		return wish_text(a, option, "network.join", strchr(v, ':') + 1);
	}
	if (!strcmp(v, "pasta"))
		return args_wish(a, option, "network.mode", "user");
	if (!strcmp(v, "bridge"))
		return args_wish(a, option, "network.mode", "veth");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(v, modes[i]))
			return wish_text(a, option, "network.mode", v);
	if (args_wish(a, option, "network.mode", "veth") < 0)
		return -1;
	return wish_text(a, option, "network.name", v);
}

static int rule_cap_add(struct args *a, const char *option, const char *v, struct err *e)
{
	char name[64] = "";

	(void)e;
	if (strncasecmp(v, "cap_", 4) && strcmp(v, "box-root"))
		snprintf(name, sizeof(name), "CAP_%.50s", v);
	else
		snprintf(name, sizeof(name), "%.60s", v);
	for (char *p = name; *p && strcmp(v, "box-root"); p++)
		*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
	return wish_text(a, option, "+capabilities", name);
}

static const struct {
	const char *name;
	int (*rule)(struct args *a, const char *option, const char *v, struct err *e);
} rules[] = {
	{ "@set", rule_set },	      { "@env", rule_env },
	{ "@label", rule_label },     { "@ulimit", rule_ulimit },
	{ "@volume", rule_volume },   { "@tmpfs", rule_tmpfs },
	{ "@mount", rule_mount },     { "@user", rule_user },
	{ "@network", rule_network }, { "@cap-add", rule_cap_add },
};

int wishes_add(struct args *a, const struct opt *o, const char *value, struct err *e)
{
	char option[64];
	int r;

	/* The name goes into errors and facts: it must live as long as the wishes */
	snprintf(option, sizeof(option), "--%s", o->name);
	/* Refused as in a profile: another byte in its place would be another name or
	 * path */
	if (value && !text_is_utf8(value))
		return err_set(e, "%s '%s': expected valid UTF-8", option, value);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(rules[i].name, o->key))
			continue;
		r = rules[i].rule(a, option, value, e);
		return r < 0 && !e->text[0] ? err_set(e, "out of memory") : r;
	}
	if (o->fixed)
		return args_wish(a, option, o->key, o->fixed);
	r = wish_text(a, option, o->key, value);
	return r < 0 ? err_set(e, "out of memory") : 0;
}
