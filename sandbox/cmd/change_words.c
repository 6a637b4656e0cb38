// SPDX-License-Identifier: GPL-3.0-or-later
/* change_words.c - what the words of `nook update` mean that are no limits
 *
 * A key is one of those that can be changed while a box runs, or one for its next start.
 * `network=NAME` is a word of several keys, and takes its turn behind all others.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/parse.h"
#include "cmd/change.h"

#define PREFIX "network."

/**
 * struct live_key - What can be changed while a box runs
 * @signs:	With which; "=" = none: the value is set
 * @is_bare:	Its name goes without PREFIX too
 * @is_words:	The value is no YAML, which has brackets of its own
 */
static const struct live_key {
	enum field field;
	const char *signs;
	bool is_bare, is_words;
} keys[] = {
	{ FIELD_mounts, "+-", false, false },
	{ FIELD_environment, "=", false, false },
	{ FIELD_network_publish, "+-", true, true },
	{ FIELD_network_rate, "=", true, false },
	{ FIELD_network_rate_in, "=", true, false },
	{ FIELD_network_rate_out, "=", true, false },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

void change_release(struct change *c)
{
	args_release(&c->own);
	text_release(&c->words);
}

/* "environment.NAME" is one of environment */
static bool names(const char *key, size_t len, enum field f, const char *name)
{
	size_t n = strlen(name);

	return len >= n && !strncmp(key, name, n) &&
	       (len == n || (key[n] == '.' && field_is_map(f)));
}

/* The key up to its end; NULL = it cannot be changed */
static const struct live_key *find_key(const char *key, size_t len)
{
	for (size_t i = 0; i < KEYS; i++) {
		const char *name = field_name(keys[i].field);

		if (names(key, len, keys[i].field, name) ||
		    (keys[i].is_bare &&
		     names(key, len, keys[i].field, name + strlen(PREFIX))))
			return &keys[i];
	}
	return NULL;
}

static bool is_network(const char *key, size_t len)
{
	return len == strlen(CHANGE_NETWORK) && !strncmp(key, CHANGE_NETWORK, len);
}

bool change_is_live(const char *key, size_t len, char sign)
{
	const struct live_key *k = find_key(key, len);

	return is_network(key, len) ? !sign : k && strchr(k->signs, sign ? sign : '=');
}

const char *change_key(size_t i)
{
	const char *name = i < 2 * KEYS ? field_name(keys[i / 2].field) : NULL;

	if (i == 2 * KEYS)
		return CHANGE_NETWORK;
	return name && i % 2 && keys[i / 2].is_bare ? name + strlen(PREFIX) : name;
}

bool change_is_key(const char *key, size_t len)
{
	return is_network(key, len) || find_key(key, len);
}

static int add_wish(struct change *c, const char *key, const char *value, struct err *e)
{
	if (args_wish(&c->own, CHANGE_OPTION, key, value) < 0)
		return err_set(e, "out of memory");
	text_addf(&c->words, "%s=%s", key, value);
	text_addc(&c->words, '\0');
	return 0;
}

/* What the profile has by itself is known at a start */
static bool is_null(const char *value)
{
	return !*value || !strcmp(value, "null") || !strcmp(value, "~");
}

/* What it had before is told by each way alone, so that both become what is said now */
static int add_rate(const struct args *a, struct change *c, const char *value,
		    struct err *e)
{
	uint64_t bits;

	if (!is_null(value) && parse_rate(value, &bits, NULL))
		return cmd_usage(a, e, "'rate' cannot be '%s': %s", value,
				 field_expects(FIELD_network_rate));
	return add_wish(c, field_name(FIELD_network_rate_in), value, e) < 0
		       ? -1
		       : add_wish(c, field_name(FIELD_network_rate_out), value, e);
}

/* The network.mode of a word of --network */
static const char *mode_of(const char *network)
{
	static const char *const modes[] = { "none", "host", "user" };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(network, modes[i]))
			return modes[i];
	if (!strcmp(network, "pasta"))
		return "user";
	return strchr(network, ':') ? "join" : "veth";
}

/* All but a network's name and none is for a box at rest */
static int take_network(const struct args *a, struct change *c, const char *word,
			struct err *e)
{
	const char *name = strchr(word, '=') + 1, *why = NULL;
	const char *mode = mode_of(name);

	if (*word != 'n')
		return cmd_usage(a, e,
				 "'%s': a box is on one network at most, expected "
				 "network=NAME or network=none",
				 word);
	if (!strcmp(name, "join"))
		why = "expected ns:PATH or container:BOX";
	else if (!strcmp(mode, "veth"))
		parse_name(name, &why);
	else if (!strcmp(mode, "join") && strncmp(name, "ns:", 3) &&
		 strncmp(name, "container:", 10))
		why = "expected a network's name, ns:PATH or container:BOX";
	if (why)
		return cmd_usage(a, e, "'%s': %s", word, why);
	if (strcmp(mode, "veth") && strcmp(mode, "none") && !c->frozen)
		c->frozen = word;
	if (!strcmp(name, "veth") || !strcmp(name, "bridge"))
		name = NET_DEFAULT;
	c->network = name;
	return 0;
}

int change_network(const struct args *a, struct change *c, struct err *e)
{
	static const enum field of_network[] = { FIELD_network_address,
						 FIELD_network_mac };
	static const enum field of_link[] = { FIELD_network_publish, FIELD_network_dns,
					      FIELD_network_hosts };
	static const enum field of_pair[] = { FIELD_network_rate, FIELD_network_rate_in,
					      FIELD_network_rate_out };
	const char *mode = c->network ? mode_of(c->network) : "";
	bool has_pair = *mode == 'v', has_link = has_pair || *mode == 'u';
	const char *name = has_pair ? c->network : "null";
	const char *join = *mode == 'j' ? strchr(c->network, ':') + 1 : "null";
	int r = 0;

	if (!c->network)
		return 0;
	if (!has_link && c->of_link)
		return cmd_usage(a, e, "'%s' has no effect with 'network=%s'", c->of_link,
				 c->network);
	r |= add_wish(c, field_name(FIELD_network_mode), mode, e);
	r |= add_wish(c, field_name(FIELD_network_name), name, e);
	r |= add_wish(c, field_name(FIELD_network_join), join, e);
	for (size_t i = 0; i < ARRAY_SIZE(of_network); i++)
		r |= add_wish(c, field_name(of_network[i]), "null", e);
	for (size_t i = 0; !has_link && i < ARRAY_SIZE(of_link); i++)
		r |= add_wish(c, field_name(of_link[i]), "null", e);
	for (size_t i = 0; !has_pair && i < ARRAY_SIZE(of_pair); i++)
		r |= add_wish(c, field_name(of_pair[i]), "null", e);
	return r;
}

int change_word(const struct args *a, struct change *c, const char *word, struct err *e)
{
	char sign = *word == '+' || *word == '-' ? *word : '\0';
	const char *key = word + (sign != 0), *equals = strchr(word, '=');
	const struct live_key *k = find_key(key, (size_t)(equals - key));
	auto_text whole = { 0 }, value = { 0 };

	if (is_network(key, (size_t)(equals - key)))
		return take_network(a, c, word, e);
	if (k && k->is_bare && sign != '-')
		c->of_link = word;
	if (sign)
		text_addc(&whole, sign);
	if (k && k->is_bare)
		text_add(&whole, field_name(k->field));
	else
		text_addn(&whole, key, (size_t)(equals - key));
	if (k && k->is_words && sign)
		text_json(&value, equals + 1);
	else
		text_add(&value, equals + 1);
	if (whole.len > 255)
		return cmd_usage(a, e, "'%s': the key is too long", word);
	if (!c->frozen && (!change_is_live(key, (size_t)(equals - key), sign) ||
			   (k->is_bare && is_null(equals + 1))))
		c->frozen = word;
	return k && k->field == FIELD_network_rate && !sign
		       ? add_rate(a, c, text_str(&value), e)
		       : add_wish(c, text_str(&whole), text_str(&value), e);
}
