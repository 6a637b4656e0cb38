// SPDX-License-Identifier: GPL-3.0-or-later
/* profile.c - `nook profile ls|show|check|diff`: look at profiles without running one */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/pager.h"
#include "layer/seccomp.h"

/* --- profile ls -------------------------------------------------------------------- */

struct listing {
	struct text *out;
	bool is_json;
	size_t count;
};

/* Name, description and path of one profile; what is wrong with it in place of the
 * description, so that one bad file does not hide the others */
static void list_one(const char *name, const char *path, void *arg)
{
	struct listing *l = arg;
	struct profile *pf = NULL;
	struct err e = { 0 };
	int rc = profile_load(name, NULL, 0, &pf, &e);

	if (l->is_json) {
		text_add(l->out, l->count++ ? ",\n  {\"name\": " : "\n  {\"name\": ");
		text_json(l->out, name);
		text_add(l->out, ", \"description\": ");
		text_json(l->out, rc ? NULL : pf->description);
		text_add(l->out, ", \"path\": ");
		text_json(l->out, path);
		text_add(l->out, ", \"error\": ");
		text_json(l->out, rc ? e.text : NULL);
		text_addc(l->out, '}');
	} else {
		text_addf(l->out, "%-10s ", name);
		text_safe(l->out, rc ? e.text : pf->description ? pf->description : "");
		text_add(l->out, "\n           ");
		text_safe(l->out, path);
		text_addc(l->out, '\n');
		l->count++;
	}
	profile_free(pf);
}

/* For completions: reads no profile */
static void list_name(const char *name, const char *path, void *arg)
{
	struct listing *l = arg;

	(void)path;
	text_addf(l->out, "%s\n", name);
}

static int ls_run(const struct args *a, struct err *e)
{
	auto_text out = { 0 };
	struct listing l = { .out = &out, .is_json = cmd_option(a, "json") != NULL };

	if (a->word_count)
		return cmd_usage(a, e, "profile ls takes no words");
	if (cmd_option(a, "names") && l.is_json)
		return cmd_usage(a, e, "--names and --json exclude each other");
	if (l.is_json)
		text_add(&out, "{\"schema\": 1, \"profiles\": [");
	if (profile_each(cmd_option(a, "names") ? list_name : list_one, &l, e))
		return -1;
	if (l.is_json)
		text_add(&out, l.count ? "\n]}\n" : "]}\n");
	return cmd_show(&out, e);
}

static const struct opt ls_options[] = {
	{ .name = "json", .help = "print one JSON object" },
	{ .name = "names", .help = "print only the names, one on each line" },
	{ 0 },
};

const struct cmd cmd_profile_ls = {
	.name = "profile ls",
	.summary = "list the profiles that can be named",
	.usage = "[--json|--names]",
	.help = "Looks in ~/.config/nook/profiles, /etc/nook/profiles and the ones "
		"that come with nook; the first one with a name is used. "
		"NOOK_PROFILE_PATH, directories with ':' between, replaces this list.",
	.options = ls_options,
	.run = ls_run,
};

/* --- profile show ------------------------------------------------------------------ */

static int show_run(const struct args *a, struct err *e)
{
	unsigned int how = (cmd_option(a, "origin") ? PRINT_ORIGIN : 0) |
			   (cmd_option(a, "all") ? PRINT_DEFAULTS : 0);
	auto_text out = { 0 };
	struct profile *pf;
	int r;

	if (a->word_count != 1)
		return cmd_usage(a, e, "profile show takes one profile");
	r = profile_load(a->words[0], a->wishes, a->wish_count, &pf, e);
	if (r < 0)
		return r;
	profile_print(pf, how, &out);
	profile_free(pf);
	return cmd_show(&out, e);
}

static const struct opt show_options[] = {
	{ .name = "origin", .help = "say behind each value which file and line set it" },
	{ .name = "all",
	  .help = "list what is not set too, as comments with its default" },
	SET_OPTION,
	{ 0 },
};

const struct cmd cmd_profile_show = {
	.name = "profile show",
	.summary = "print a profile with all that it inherits",
	.usage = "[OPTION...] PROFILE",
	.help = "What is printed is a profile again: 'nook profile show dev > my.yaml'.",
	.options = show_options,
	.complete = COMPLETE_PROFILE,
	.run = show_run,
};

/* --- profile check ----------------------------------------------------------------- */

static int check_run(const struct args *a, struct err *e)
{
	auto_text out = { 0 };
	int bad = 0;

	if (!a->word_count)
		return cmd_usage(a, e, "profile check takes profiles or files");
	for (size_t i = 0; i < a->word_count; i++) {
		struct profile *pf = NULL;

		if (profile_examine(a->words[i], cmd_complain, &pf)) {
			bad = 1;
			continue;
		}
		if (seccomp_check_names(pf, cmd_complain)) {
			bad = 1;
		} else {
			text_safe(&out, pf->path);
			text_add(&out, ": ok\n");
		}
		profile_free(pf);
	}
	if (!a->quiet && cmd_print(&out, e))
		return -1;
	return bad;
}

const struct cmd cmd_profile_check = {
	.name = "profile check",
	.summary = "say what is wrong with profiles",
	.usage = "PROFILE...",
	.help = "A profile is a name, or a path with a slash in it. Every key that is "
		"wrong is told, where other commands stop at the first; what "
		"several keys tell together, and whether system calls are known, is "
		"checked when each is right. What only this machine can tell is no "
		"part of it: 'nook explain PROFILE' plans for it.\n\n"
		"The exit code is 1 when something is wrong.",
	.complete = COMPLETE_PROFILE,
	.run = check_run,
};

/* --- profile diff ------------------------------------------------------------------ */

static void diff_side(const struct profile *pf, enum field f, char sign, struct text *out)
{
	auto_text value = { 0 }, origin = { 0 };

	profile_value(pf, f, &value);
	profile_origin(pf, f, &origin);
	text_addf(out, "  %c %s  (%s)\n", sign, value.len ? text_str(&value) : "nothing",
		  origin.len ? text_str(&origin) : "default");
}

static bool is_different(const struct profile *a, const struct profile *b, enum field f)
{
	auto_text x = { 0 }, y = { 0 };

	if (f == FIELD_extends || f == FIELD_description)
		return false;
	profile_value(a, f, &x);
	profile_value(b, f, &y);
	return strcmp(text_str(&x), text_str(&y)) != 0;
}

static int diff_run(const struct args *a, struct err *e)
{
	struct profile *x = NULL, *y = NULL;
	auto_text out = { 0 };
	int rc = -1;

	if (a->word_count != 2)
		return cmd_usage(a, e, "profile diff takes two profiles");
	if (profile_load(a->words[0], NULL, 0, &x, e) ||
	    profile_load(a->words[1], NULL, 0, &y, e))
		goto out;
	for (int f = 0; f < FIELD_COUNT; f++) {
		if (!is_different(x, y, (enum field)f))
			continue;
		text_addf(&out, "%s:\n", field_name((enum field)f));
		diff_side(x, (enum field)f, '-', &out);
		diff_side(y, (enum field)f, '+', &out);
	}
	rc = cmd_show(&out, e) ? -1 : out.len != 0;
out:
	profile_free(x);
	profile_free(y);
	return rc;
}

const struct cmd cmd_profile_diff = {
	.name = "profile diff",
	.summary = "compare two profiles key by key",
	.usage = "PROFILE PROFILE",
	.help = "Compares what they mean after inheritance, not their files: first what "
		"the one has and where it is set, then the other.\n\n"
		"The exit code is 1 when they differ.",
	.complete = COMPLETE_PROFILE,
	.run = diff_run,
};
