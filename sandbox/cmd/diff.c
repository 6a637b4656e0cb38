// SPDX-License-Identifier: GPL-3.0-or-later
/* diff.c - what a box has changed, and `apply` and `discard` of it */
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/kept.h"
#include "cmd/pager.h"
#include "cmd/shown.h"

static int check_words(const struct args *a, struct err *e)
{
	if (!a->word_count)
		return cmd_usage(a, e, "%s takes a box, and paths in it", a->cmd->name);
	return shown_paths(a->words + 1, a->word_count - 1, e);
}

/* --- diff --------------------------------------------------------------------------- */

static int choose(const struct args *a, enum show_how *how, struct err *e)
{
	static const struct {
		const char *option;
		enum show_how how;
	} ways[] = { { "stat", SHOW_STAT },
		     { "text", SHOW_TEXT },
		     { "json", SHOW_JSON } };
	int n = 0;

	*how = SHOW_LIST;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (cmd_option(a, ways[i].option)) {
			*how = ways[i].how;
			n++;
		}
	return n > 1 ? cmd_usage(a, e, "one of --stat, --text and --json") : 0;
}

static int diff_run(const struct args *a, struct err *e)
{
	struct shown s = { .fd = STDOUT_FILENO };
	struct kept k;
	int r = check_words(a, e);

	if (!r)
		r = choose(a, &s.how, e);
	if (r || kept_open(&k, a->words[0], false, e) < 0)
		return r ? r : -1;
	s.paths = a->words + 1;
	s.count = a->word_count - 1;
	r = shown_there(k.dir, &k.m, s.paths, s.count, e);
	if (!r)
		r = shown_print(k.dir, &k.m, &s, e);
	kept_release(&k);
	return r;
}

static const struct opt diff_options[] = {
	{ .name = "stat", .help = "only how many there are" },
	{ .name = "text", .help = "differences of text files, by diff(1)" },
	{ .name = "json", .help = "as JSON" },
	{ 0 },
};

const struct cmd cmd_diff = {
	.name = "diff",
	.summary = "show what a box has changed",
	.usage = "[OPTION...] NAME [PATH...]",
	.help = "A box that stays (--keep, create) keeps what it changes of the trees "
		"below "
		"its\noverlays: A is added, M modified, D deleted, with size, mode and "
		"owner "
		"as they\nwould be on the host. PATH is as the box has it. Of a box that "
		"runs it is a\npicture of the moment.\n",
	.options = diff_options,
	.complete = COMPLETE_REST,
	FULL_ONLY(diff_run),
};

/* --- apply, discard ----------------------------------------------------------------- */

static int say(const struct args *a, const struct applying *ap, struct err *e)
{
	auto_text out = { 0 };

	fd_write_all(STDERR_FILENO, text_str(&ap->say), ap->say.len);
	if (ap->failed)
		return err_set(e, "%lu of %lu changes stay as they are", ap->failed,
			       ap->failed + ap->done);
	if (a->quiet)
		return 0;
	text_addf(&out, "%lu change%s %s\n", ap->done, ap->done == 1 ? "" : "s",
		  ap->discard ? "discarded" : "applied");
	return cmd_show(&out, e);
}

static int change(const struct args *a, struct applying *ap, struct err *e)
{
	struct kept k;
	int r = check_words(a, e);

	if (r || kept_open(&k, a->words[0], true, e) < 0)
		return r ? r : -1;
	ap->paths = a->words + 1;
	ap->count = a->word_count - 1;
	r = shown_there(k.dir, &k.m, ap->paths, ap->count, e);
	if (!r && k.dir >= 0)
		r = applying_run(k.dir, &k.m, ap, e);
	if (!r)
		r = say(a, ap, e);
	applying_release(ap);
	kept_release(&k);
	return r;
}

static int apply_run(const struct args *a, struct err *e)
{
	struct applying ap = {
		.apply = { .force = cmd_option(a, "force"),
			   .trust = cmd_option(a, "yes") },
	};

	return change(a, &ap, e);
}

static int discard_run(const struct args *a, struct err *e)
{
	struct applying ap = { .discard = true };

	return change(a, &ap, e);
}

static const struct opt apply_options[] = {
	{ .letter = 'y',
	  .name = "yes",
	  .help = "also what gives rights to who uses it: setuid, devices, "
		  "capabilities" },
	{ .letter = 'f',
	  .name = "force",
	  .help = "also over what changed on the host since the box began" },
	{ 0 },
};

const struct cmd cmd_apply = {
	.name = "apply",
	.summary = "make changes of a box true on the host",
	.usage = "[OPTION...] NAME [PATH...]",
	.help = "Each path is made whole or left as it was; what is done is no change of "
		"the "
		"box\nany more. What changed on the host since the box began is left "
		"alone. "
		"The box\nmust not run. Exit code 1 where something could not be done; "
		"each "
		"is said.\n",
	.options = apply_options,
	.complete = COMPLETE_REST,
	FULL_ONLY(apply_run),
};

const struct cmd cmd_discard = {
	.name = "discard",
	.summary = "forget changes of a box",
	.usage = "NAME [PATH...]",
	.help = "The box has those paths again as the host has them. It must not run.\n",
	.complete = COMPLETE_REST,
	FULL_ONLY(discard_run),
};
