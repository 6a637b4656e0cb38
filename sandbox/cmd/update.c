// SPDX-License-Identifier: GPL-3.0-or-later
/* update.c - `nook update`, `pause` and `unpause`: change a box while it runs
 *
 * Values are read here, where the person is who wrote them; the keeper gets numbers in
 * the unit of the plan, all of one command at once, and does all or nothing. What is no
 * limit is change.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/parse.h"
#include "box/control.h"
#include "cmd/boxes.h"
#include "cmd/change.h"
#include "cmd/cmd.h"

/* parse_number() with the word max */
static int parse_count(const char *s, uint64_t *out, const char **why)
{
	if (strcmp(s, "max") != 0)
		return parse_number(s, out, why);
	*out = PARSE_MAX;
	return 0;
}

static int parse_weight(const char *s, uint64_t *out, const char **why)
{
	(void)why;
	return parse_number_in(s, 1, 10000, out);
}

static int parse_on_limit(const char *s, uint64_t *out, const char **why)
{
	(void)why;
	*out = !strcmp(s, "freeze");
	return *out || !strcmp(s, "kill") ? 0 : -1;
}

/* A list goes as it is written */
static int parse_list(const char *s, uint64_t *out, const char **why)
{
	*out = 0;
	return parse_cpuset(s, why);
}

/**
 * struct limit - A limit that can be changed while a box runs
 * @least:	The smallest value that makes sense
 */
struct limit {
	enum field field;
	int (*parse)(const char *s, uint64_t *out, const char **why);
	uint64_t least;
};

static const struct limit limits[] = {
	{ FIELD_limits_wall, parse_duration, 1 },
	{ FIELD_limits_cpu_time, parse_duration, 1 },
	{ FIELD_limits_output, parse_size, 1 },
	{ FIELD_limits_grace, parse_duration, 0 },
	{ FIELD_limits_on_limit, parse_on_limit, 0 },
	{ FIELD_limits_memory, parse_size, 4096 },
	{ FIELD_limits_memory_high, parse_size, 4096 },
	{ FIELD_limits_swap, parse_swap, 0 },
	{ FIELD_limits_pids, parse_count, 1 },
	{ FIELD_limits_cpus, parse_cpus, 1 },
	{ FIELD_limits_cpu_weight, parse_weight, 1 },
	{ FIELD_limits_cpuset, parse_list, 0 },
	{ FIELD_limits_io_weight, parse_weight, 1 },
};

#define PREFIX "limits."

/* Keys of limits with and without "limits.", then all others, for the nearest one */
static const char *next_key(size_t i, const void *arg)
{
	(void)arg;
	if (i >= 2 * ARRAY_SIZE(limits))
		return change_key(i - 2 * ARRAY_SIZE(limits));
	return i % 2 ? field_name(limits[i / 2].field)
		     : field_name(limits[i / 2].field) + strlen(PREFIX);
}

static const struct limit *find_limit(const char *key, size_t len)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(limits); i++)
		if (strlen(next_key(i, NULL)) == len &&
		    !strncmp(next_key(i, NULL), key, len))
			return &limits[i / 2];
	return NULL;
}

/* What a limit is without a value is known at a start */
enum update_when update_when(const char *key, const char *value)
{
	bool has_sign = *key == '+' || *key == '-';
	size_t len = strlen(key + has_sign);

	if (!has_sign && find_limit(key, len))
		return strcmp(value, "null") != 0 ? UPDATE_LIVE : UPDATE_NEVER;
	return change_is_live(key + has_sign, len, has_sign ? *key : '\0')
		       ? UPDATE_LIVE
		       : UPDATE_AT_REST;
}

static int unknown_key(const struct args *a, const char *word, size_t len, struct err *e)
{
	char key[64];
	const char *near;

	snprintf(key, sizeof(key), "%.*s", (int)len, word);
	near = name_near(key, next_key, NULL);
	if (near)
		return cmd_usage(a, e, "unknown key '%s', did you mean '%s'", key, near);
	return cmd_usage(a, e, "unknown key '%s'", key);
}

static bool is_key(const char *word, size_t len)
{
	char key[64];
	size_t n = len < sizeof(key) ? len : sizeof(key) - 1;
	char *dot;

	memcpy(key, word, n);
	key[n] = '\0';
	if (field_find(key) >= 0)
		return true;
	dot = strrchr(key, '.'); /* "labels.NAME" */
	if (dot)
		*dot = '\0';
	return dot && field_find(key) >= 0;
}

static int read_limit(const struct args *a, const struct limit *l, const char *value,
		      struct change *c, struct err *e)
{
	struct control_pair *p = &c->ask.pair[c->ask.pair_count];

	if (c->ask.pair_count == CONTROL_PAIRS)
		return cmd_usage(a, e, "more than %d values", CONTROL_PAIRS);
	if (strlen(value) >= sizeof(p->text) || l->parse(value, &p->value, NULL) < 0 ||
	    p->value < l->least)
		return cmd_usage(a, e, "%s '%s': %s", field_name(l->field), value,
				 field_expects(l->field));
	snprintf(p->key, sizeof(p->key), "%s", field_name(l->field));
	snprintf(p->text, sizeof(p->text), "%s", value);
	c->ask.pair_count++;
	text_addf(&c->words, "%s=%s", p->key, value);
	text_addc(&c->words, '\0');
	return 0;
}

static int read_word(const struct args *a, const char *word, struct change *c,
		     struct err *e)
{
	bool has_sign = *word == '+' || *word == '-';
	const char *key = word + has_sign, *equals = strchr(key, '=');
	size_t len = equals ? (size_t)(equals - key) : 0;
	const struct limit *l = has_sign ? NULL : find_limit(key, len);

	if (!len)
		return cmd_usage(a, e, "'%s': expected KEY=VALUE", word);
	if (l)
		return read_limit(a, l, equals + 1, c, e);
	if (!is_key(key, len) && !change_is_key(key, len))
		return unknown_key(a, key, len, e);
	return change_word(a, c, word, e);
}

static int update_box(const struct args *a, struct change *c, struct err *e)
{
	const char *name = a->words[0];
	struct record rec;
	struct plan *plan = store_pick(name, &rec, e);
	int r;

	if (plan)
		return change_running(c, name, &rec, plan, e);
	r = change_resting(a, c, name, e);
	if (r == 0)
		*e = (struct err){ 0 };
	return r == 1 ? -1 : r;
}

static int update_run(const struct args *a, struct err *e)
{
	struct change c = { .ask = { .op = CONTROL_UPDATE } };
	int r = 0;

	if (a->word_count < 2)
		return cmd_usage(a, e, "update takes a box and what to change");
	for (size_t i = 1; !r && i < a->word_count; i++)
		r = read_word(a, a->words[i], &c, e);
	if (!r)
		r = change_network(a, &c, e);
	if (!r && c.words.failed)
		r = err_set(e, "out of memory");
	if (!r)
		r = update_box(a, &c, e);
	change_release(&c);
	return r;
}

/* Every box is tried; the first that fails is what is told */
static int ask_each(const struct args *a, enum control_op op, struct err *e)
{
	bool all = cmd_option(a, "all");
	struct control_answer out;
	int failed = 0, r;
	struct boxes b;

	if (all == (a->word_count > 0))
		return cmd_usage(a, e, "%s takes boxes, or --all", a->cmd->name);
	r = all ? boxes_all(&b, e) : boxes_named(&b, a->words, a->word_count, e);
	for (size_t i = 0; !r && i < b.count; i++) {
		struct control_ask ask = { .op = op };
		struct err one = { 0 };

		if (control_call(&b.v[i].rec, &ask, &out, &one) < 0 && !failed++)
			*e = one;
	}
	boxes_release(&b);
	return r || failed ? -1 : 0;
}

static int pause_run(const struct args *a, struct err *e)
{
	return ask_each(a, CONTROL_PAUSE, e);
}

static int unpause_run(const struct args *a, struct err *e)
{
	return ask_each(a, CONTROL_UNPAUSE, e);
}

static const struct opt pause_options[] = {
	{ .letter = 'a', .name = "all", .help = "every box that runs" },
	{ 0 },
};

const struct cmd cmd_update = {
	.name = "update",
	.summary = "change a box while it runs, or from its next start on",
	.usage = "[OPTION...] BOX [+|-]KEY=VALUE...",
	.signs = true,
	.help = "BOX is a name, an id or the beginning of one; VALUE is what a profile\n"
		"would have there. All is done, or nothing. In a box that runs can be "
		"changed:\n"
		"\n"
		"  wall=, cpu_time=, output=, grace=, on_limit=, memory=, memory_high=,\n"
		"  swap=, pids=, cpus=, cpu_weight=, cpuset=, io_weight=\n"
		"                       limits, with or without 'limits.' in front;\n"
		"                       those of a cgroup where the box has its own\n"
		"  +mounts=SRC:DST[:rw] a bind of the host comes in, as by --volume;\n"
		"                       +mounts='{tmpfs: DST}' a tmpfs\n"
		"  -mounts=DST          a mount goes; what is open there stays open\n"
		"  environment.NAME=VALUE\n"
		"                       for what 'nook exec' starts; null takes it away\n"
		"  +publish=[IP:]HOST:BOX[/udp]\n"
		"                       a port of the host leads to one of a box that\n"
		"                       has a link of its own, as by --publish\n"
		"  -publish=...         and no more, by the same words; connections\n"
		"                       that are open go on. With a + in the same "
		"command\n"
		"                       another port takes its place\n"
		"  network=NAME         the box is on this network and no other, with "
		"new\n"
		"                       addresses; ports, rates and network.allow stay\n"
		"  network=none         and on none: its ports and rates go too. "
		"Without\n"
		"                       root only what began on a network can get one.\n"
		"                       At rest also host, user, ns:PATH and "
		"container:BOX\n"
		"  rate=, rate_in=, rate_out=\n"
		"                       bits a second of a box on a network, or max:\n"
		"                       both ways, towards the box, from it\n"
		"\n"
		"Every other key needs a restart. A box that stays keeps all of it, and "
		"any\n"
		"key of one at rest is set for its next start.\n",
	.complete = COMPLETE_LIMIT,
	.words = "wall cpu_time output grace on_limit memory memory_high swap pids cpus "
		 "cpu_weight cpuset io_weight +mounts -mounts +publish -publish network "
		 "rate "
		 "rate_in rate_out",
	.run = update_run,
};

const struct cmd cmd_pause = {
	.name = "pause",
	.summary = "stop every process of running boxes until 'nook unpause'",
	.usage = "[OPTION...] BOX...",
	.help = "The time in which a box is paused does not count for limits.wall. Only\n"
		"a box with a cgroup of its own can be paused: one that has a limit of\n"
		"memory, CPUs or processes.\n",
	.options = pause_options,
	.complete = COMPLETE_BOX,
	.run = pause_run,
};

const struct cmd cmd_unpause = {
	.name = "unpause",
	.summary = "let paused boxes go on",
	.usage = "[OPTION...] BOX...",
	.help = "Also those that limits.on_limit: freeze has stopped, after 'nook "
		"update'\n"
		"has raised the limit that they are at.\n",
	.options = pause_options,
	.complete = COMPLETE_BOX,
	.run = unpause_run,
};
