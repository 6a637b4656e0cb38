// SPDX-License-Identifier: GPL-3.0-or-later
/* explain.c - `nook explain`: what a box, a profile, a layer or any process is made of */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "box/store.h"
#include "cmd/cmd.h"
#include "cmd/describe.h"
#include "cmd/explain.h"
#include "cmd/pager.h"
#include "cmd/seen.h"
#include "cmd/summary.h"
#include "host/host.h"
#include "layer/layer.h"
#include "layer/script.h"

static const struct opt explain_options[] = {
	{ .name = "pid", .arg = "N", .help = "describe process N as seen from here" },
	{ .name = "script", .help = "print a shell script that builds the same box" },
	{ .name = "json", .help = "as one JSON object" },
	SET_OPTION,
	{ 0 },
};

/* The keys of profiles that a layer reads, from the list that the parser uses */
static const struct {
	const char *key, *preset, *layer, *help;
} keys[] = {
#define FIELD(id, key, member, type, preset, layer, help) { key, preset, layer, help },
#include "profile/fields.def"
#undef FIELD
};

/* --- the layers of a plan --------------------------------------------------------- */

/* A layer's words: sentences are wrapped, commands stay as they are */
static void add_explained(struct text *out, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");
		auto_text line = { 0 };

		text_addn(&line, s, n);
		if (!strncmp(s, "  ", 2))
			text_addf(out, "    %s\n", text_str(&line) + 2);
		else if (n)
			words_wrap(out, text_str(&line), 4, 0);
		else
			text_addc(out, '\n');
		s += n + (s[n] == '\n');
	}
}

static bool says(const struct plan *pl, const struct plan_fact *f, const struct layer *l)
{
	return !strcmp(plan_text(pl, f->layer), l->name);
}

/* "  key            value                      where it was set" */
static void add_values(const struct plan *pl, const struct layer *l, struct text *out)
{
	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));) {
		size_t start = out->len, n;

		if (f->weight != FACT_VALUE || !says(pl, f, l))
			continue;
		text_addf(out, "  %-20s ", plan_text(pl, f->key));
		text_safe(out, plan_text(pl, f->text));
		n = out->len - start;
		text_addf(out, "%*s %s\n", n < 48 ? (int)(48 - n) : 1, "",
			  f->origin ? plan_text(pl, f->origin) : "(default)");
	}
}

static void add_says(const struct plan *pl, const struct layer *l, struct text *out)
{
	static const char *const labels[] = { [FACT_NOTE] = "note",
					      [FACT_WARNING] = "warning",
					      [FACT_UNENFORCED] = "not in force" };

	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));) {
		auto_text t = { 0 };

		if (f->weight == FACT_VALUE || !says(pl, f, l))
			continue;
		text_addf(&t, "%s: ", labels[f->weight]);
		text_safe(&t, plan_text(pl, f->text));
		words_wrap(out, text_str(&t), 2, 0);
	}
}

/* Words of every place that a wall has in the table: user is made first and entered last,
 * root is made before the mounts and switched to behind them */
static void all_words(const struct plan *pl, const struct layer *l, struct text *out)
{
	for (const struct layer *const *o = layers(); *o; o++)
		if ((*o)->explain && !strcmp((*o)->name, l->name))
			(*o)->explain(pl, out);
}

/* One wall */
static void add_layer(const struct plan *pl, const struct layer *l, struct text *out)
{
	auto_text words = { 0 };

	all_words(pl, l, &words);
	text_addf(out, "%s%s - %s\n", out->len ? "\n" : "", l->name, l->isolates);
	add_values(pl, l, out);
	add_says(pl, l, out);
	if (words.len) {
		add_explained(out, text_str(&words));
	} else if (l->explain && l->without) {
		auto_text t = { 0 };

		text_addf(&t, "Left out: %s.", l->without);
		words_wrap(out, text_str(&t), 4, 0);
	}
}

void explain_plan(const struct plan *pl, const char *layer, struct text *out)
{
	if (!layer)
		summary_words(pl, out);
	for (const struct layer *const *l = layers(); *l; l++)
		if ((*l)->isolates && (!layer || !strcmp((*l)->name, layer)))
			add_layer(pl, *l, out);
}

/* --- the same for programs -------------------------------------------------------- */

static void json_pair(struct text *out, const char *gap, const char *key,
		      const char *value)
{
	text_addf(out, "%s\"%s\":", gap, key);
	text_json(out, value);
}

static void json_layer(const struct plan *pl, const struct layer *l, struct text *out)
{
	static const char *const weights[] = { "value", "note", "warning", "unenforced" };
	auto_text words = { 0 };
	const char *gap = "";

	json_pair(out, "{", "name", l->name);
	json_pair(out, ",", "isolates", l->isolates);
	all_words(pl, l, &words);
	json_pair(out, ",", "explain", words.len ? text_str(&words) : NULL);
	text_add(out, ",\"facts\":[");
	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));) {
		if (!says(pl, f, l))
			continue;
		text_add(out, gap);
		json_pair(out, "{", "kind", weights[f->weight & 3]);
		json_pair(out, ",", "key", plan_text_or_null(pl, f->key));
		json_pair(out, ",", "text", plan_text(pl, f->text));
		json_pair(out, ",", "origin", plan_text_or_null(pl, f->origin));
		text_addc(out, '}');
		gap = ",";
	}
	text_add(out, "]}");
}

static void json_places(const struct plan *pl, struct text *out)
{
	struct places p;

	places_of(pl, &p);
	text_add(out, ",\"places\":[");
	for (size_t i = 0; i < p.count; i++) {
		text_add(out, i ? "," : "");
		json_pair(out, "{", "path", p.v[i].path);
		json_pair(out, ",", "fate", fate_name(p.v[i].fate));
		text_addc(out, '}');
	}
	text_addc(out, ']');
	places_release(&p);
}

static void json_plan(const struct plan *pl, const char *layer, struct text *out)
{
	const char *gap = "";

	text_add(out, "{\"schema\":1");
	json_pair(out, ",", "profile", plan_text(pl, pl->profile));
	json_pair(out, ",", "path", plan_text_or_null(pl, pl->profile_path));
	json_pair(out, ",", "description", plan_text_or_null(pl, pl->description));
	text_add(out, ",\"namespaces\":{");
	for (const struct separation *s = separations(); s->name; s++) {
		text_addf(out, "%s\"%s\":%s", gap, s->name,
			  is_separate(pl, s) ? "true" : "false");
		gap = ",";
	}
	text_addc(out, '}');
	json_places(pl, out);
	text_add(out, ",\"layers\":[");
	gap = "";
	for (const struct layer *const *l = layers(); *l; l++) {
		if (!(*l)->isolates || (layer && strcmp((*l)->name, layer)))
			continue;
		text_add(out, gap);
		json_layer(pl, *l, out);
		gap = ",";
	}
	text_add(out, "]}\n");
}

/* --- a layer by itself ------------------------------------------------------------ */

static void explain_layer(const struct layer *l, struct text *out)
{
	text_addf(out, "%s - %s\n", l->name, l->isolates ? l->isolates : "");
	if (l->without)
		text_addf(out, "left out: %s\n", l->without);
	text_add(out, "\nkeys in a profile\n");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].layer, l->name))
			continue;
		text_addf(out, "  %-20s %s", keys[i].key, keys[i].help);
		text_addf(out, *keys[i].preset ? " (default: %s)\n" : "\n",
			  keys[i].preset);
	}
	if (l->about) {
		text_addc(out, '\n');
		l->about(out);
	}
}

static const char *next_layer(size_t i, const void *arg)
{
	const struct layer *const *l = layers();

	(void)arg;
	for (; *l; l++)
		if ((*l)->isolates && i-- == 0)
			return (*l)->name;
	return NULL;
}

static int check_layer(const char *name, struct err *e)
{
	const struct layer *l = layer_find(name);
	const char *near;

	if (l)
		return 0;
	near = name_near(name, next_layer, NULL);
	if (near) {
		err_set(e, "no layer '%s', did you mean '%s'", name, near);
	} else {
		err_set(e, "no layer '%s'", name);
		err_hint(e, "'nook explain base' shows all of them");
	}
	return -2;
}

/* --- the command ------------------------------------------------------------------ */

static int explain_pid(const struct args *a, struct err *e)
{
	const char *number = cmd_option(a, "pid");
	auto_text out = { 0 };
	struct seen s;
	char *end;
	long pid = strtol(number, &end, 10);
	int r;

	if (a->word_count || cmd_option(a, "script"))
		return cmd_usage(a, e, "--pid takes no profile and no --script");
	if (*number < '0' || *number > '9' || *end || pid < 1 || pid > 4194304)
		return cmd_usage(a, e, "--pid '%s': expected the number of a process",
				 number);
	r = seen_read((pid_t)pid, &s, e);
	if (!r) {
		if (cmd_option(a, "json"))
			describe_json(&s, &out);
		else
			describe_words(&s, &out);
		r = cmd_show(&out, e);
	}
	seen_release(&s);
	return r;
}

/* A profile, whose plan is @made, or else a box that lives: @boxed is its plan on the
 * heap. A word that means neither is said to be no profile, except where it could be
 * several boxes. Return: 0; -1 or -2 and @e */
static int find_plan(const struct args *a, const char *name, struct plan *made,
		     struct plan **boxed, struct err *e)
{
	struct host *h = host_new();
	struct profile *pf = NULL;
	struct record rec;
	struct err other = { 0 };
	int r = h ? profile_load(name, a->wishes, a->wish_count, &pf, e)
		  : err_set(e, "out of memory");

	if (!r)
		r = layers_plan(pf, h, made, e);
	else if (!strchr(name, '/') && !a->wish_count)
		*boxed = store_pick(name, &rec, &other);
	if (r < 0 && other.code == ENOTUNIQ)
		*e = other;
	profile_free(pf);
	host_free(h);
	return *boxed ? 0 : r;
}

static int explain_what(const struct args *a, const char *name, const char *layer,
			struct err *e)
{
	struct plan *made = plan_new();
	struct plan *boxed = NULL;
	const struct plan *pl;
	auto_text out = { 0 };
	int r = made ? find_plan(a, name, made, &boxed, e) : err_set(e, "out of memory");

	pl = boxed ? boxed : made;
	if (!r && cmd_option(a, "script"))
		script_write(pl, &out);
	else if (!r && cmd_option(a, "json"))
		json_plan(pl, layer, &out);
	else if (!r)
		explain_plan(pl, layer, &out);
	if (!r)
		r = cmd_show(&out, e);
	free(boxed);
	plan_free(made);
	return r;
}

/* A profile may be called as a layer is (net): then it is the profile that is meant */
static bool is_layer(const struct args *a, const char *name)
{
	struct profile *pf = NULL;
	bool found;

	if (!layer_find(name) || cmd_option(a, "script"))
		return false;
	found = !profile_load(name, NULL, 0, &pf, NULL);
	profile_free(pf);
	return !found;
}

static int explain_run(const struct args *a, struct err *e)
{
	const char *name = a->word_count ? a->words[0] : NULL;
	const char *layer = a->word_count > 1 ? a->words[1] : NULL;
	auto_text out = { 0 };

	if (cmd_option(a, "pid"))
		return explain_pid(a, e);
	if (!name || a->word_count > 2)
		return cmd_usage(a, e, "expected a profile, a box, a layer or --pid");
	if (layer && check_layer(layer, e) < 0)
		return -2;
	if (layer && cmd_option(a, "script"))
		return cmd_usage(
			a, e, "a script is for the whole box, not for layer '%s'", layer);
	if (!layer && is_layer(a, name)) {
		explain_layer(layer_find(name), &out);
		return cmd_show(&out, e);
	}
	return explain_what(a, name, layer, e);
}

const struct cmd cmd_explain = {
	.name = "explain",
	.summary = "say what separates a box from this machine, layer by layer",
	.usage = "[OPTION...] PROFILE|BOX|LAYER [LAYER]",
	.help = "For a profile or a box: what is separate, shared and writable, then "
		"each layer\n"
		"with the values that were decided, the file and line that set them, the "
		"system\n"
		"calls, and commands of util-linux and iproute2 that do the same. For a "
		"layer\n"
		"alone: what it is for, and the keys of a profile that it reads. BOX is "
		"a name, an\n"
		"id or the beginning of one. With --pid: any process, compared with this "
		"one.\n",
	.options = explain_options,
	.complete = COMPLETE_EXPLAIN,
	.run = explain_run,
};
