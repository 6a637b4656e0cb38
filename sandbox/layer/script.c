// SPDX-License-Identifier: GPL-3.0-or-later
/* script.c - a plan as a shell script: collects the layers' pieces and puts them in order
 *
 * The script has three stages, each a text of its own, because each ends by executing
 * another program: on the host, inside the new namespaces, and behind the root switch,
 * where only the box's own programs can be found. The second and third are shell
 * variables made from quoted here-documents, so that nothing in them is expanded early.
 */
#include "layer/script.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "layer/layer.h"

__attribute__((format(printf, 2, 0))) static void add_va(struct text *t, const char *fmt,
							 va_list ap)
{
	auto_free char *line = NULL;

	if (vasprintf(&line, fmt, ap) < 0) {
		line = NULL;
		t->failed = true;
		return;
	}
	text_add(t, line);
}

void script_line(struct script *sc, enum script_place at, const char *fmt, ...)
{
	va_list ap;

	if (at == SCRIPT_NOTE)
		text_add(&sc->place[at], "#  - ");
	va_start(ap, fmt);
	add_va(&sc->place[at], fmt, ap);
	va_end(ap);
	text_addc(&sc->place[at], '\n');
}

void script_words(struct script *sc, enum script_place at, const char *fmt, ...)
{
	va_list ap;

	text_addc(&sc->place[at], ' ');
	va_start(ap, fmt);
	add_va(&sc->place[at], fmt, ap);
	va_end(ap);
}

void script_command(struct script *sc, enum script_place at, const char *word, ...)
{
	struct text *t = &sc->place[at];
	const char *gap = "";
	va_list ap;

	va_start(ap, word);
	for (; word; word = va_arg(ap, const char *)) {
		text_add(t, gap);
		text_shell(t, word);
		gap = " ";
	}
	va_end(ap);
	text_addc(t, '\n');
}

void script_refuse(struct script *sc, const char *why)
{
	script_line(sc, SCRIPT_NOTE, "%s; this script stops", why);
	text_add(&sc->place[SCRIPT_CHECK], "echo ");
	text_shell(&sc->place[SCRIPT_CHECK], why);
	text_add(&sc->place[SCRIPT_CHECK], " >&2; exit 125\n");
}

/* A comment may not leave its line, whatever a description holds */
static void add_comment(struct text *out, const char *s)
{
	text_safe(out, s);
	text_addc(out, '\n');
}

static void add_head(const struct plan *pl, const struct script *sc, struct text *out)
{
	text_add(out, "#!/bin/sh\n# The box of profile '");
	text_safe(out, plan_text(pl, pl->profile));
	text_add(out, "', built with util-linux (2.38 or newer) and iproute2.\n");
	if (pl->description) {
		text_add(out, "# ");
		add_comment(out, plan_text(pl, pl->description));
	}
	text_add(out, "#\n# Run it as the user it was made for: sh FILE [COMMAND "
		      "[ARGUMENT...]]\n");
	if (sc->place[SCRIPT_NOTE].len) {
		text_add(out, "#\n# What no command can express, and nook does:\n");
		text_add(out, text_str(&sc->place[SCRIPT_NOTE]));
	}
	text_add(out,
		 "set -eu\n"
		 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
		 "export PATH\n");
}

/* `sh` stays in front as pid 1 where the plan has a reaper: it waits and takes orphans */
static void add_step_inside(const struct plan *pl, struct text *out)
{
	bool reaper = (pl->clone_flags & CLONE_NEWPID) && !pl->session.init_none;
	bool change = pl->tree.root != PLAN_ROOT_NONE && pl->tree.use_chroot;

	text_addf(out, "%s%ssh -c \"$last\" nook \"$@\"\n", reaper ? "" : "exec ",
		  change ? "chroot \"$root\" " : "");
	if (reaper)
		text_add(out, "exit $?\n");
}

static void add_last(const struct script *sc, struct text *out)
{
	text_add(out, "\n# 3. In the box: what the command inherits, then the command.\n"
		      "last=$(cat <<'LAST'\nset -eu\n");
	text_add(out, text_str(&sc->place[SCRIPT_LAST]));
	text_add(out, "exec");
	text_add(out, text_str(&sc->place[SCRIPT_EXEC]));
	text_add(out, " \"$@\"\nLAST\n)\n");
}

static void add_inside(const struct plan *pl, const struct script *sc, struct text *out)
{
	text_add(out, "\n# 2. In the new namespaces, with every capability there.\n"
		      "inside=$(cat <<'INSIDE'\nset -eu\nlast=$1\nshift\n");
	text_add(out, text_str(&sc->place[SCRIPT_INSIDE]));
	add_step_inside(pl, out);
	text_add(out, "INSIDE\n)\n");
}

/* The shell takes signals when the box has ended: they go to all of a terminal's group,
 * and who means the box alone ends it by its pid 1 */
static void add_end(const struct script *sc, struct text *out)
{
	text_add(out, text_str(&sc->place[SCRIPT_CHECK]));
	if (!sc->place[SCRIPT_END].len)
		return;
	text_add(out, "# at the end, however it comes\nat_end() {\nset +e\n");
	text_add(out, text_str(&sc->place[SCRIPT_END]));
	text_add(out, "}\n"
		      "trap at_end EXIT\n"
		      "trap 'exit 129' HUP\n"
		      "trap 'exit 130' INT\n"
		      "trap 'exit 143' TERM\n");
}

static void add_start(const struct script *sc, bool separate, struct text *out)
{
	const char *unshare = text_str(&sc->place[SCRIPT_UNSHARE]);
	bool stays = sc->place[SCRIPT_END].len;
	auto_text line = { 0 };

	text_add(&line, text_str(&sc->place[SCRIPT_ENTER]));
	if (!separate)
		text_add(&line, " sh -c \"$last\" nook \"$@\"\n");
	else if (!*unshare)
		text_add(&line, " sh -c \"$inside\" nook \"$last\" \"$@\"\n");
	else
		text_addf(&line,
			  " unshare%s \\\n\tsh -c \"$inside\" nook \"$last\" "
			  "\"$@\"\n",
			  unshare);
	text_addf(out, "%s%s", stays ? "" : "exec ", text_str(&line) + 1);
}

void script_write(const struct plan *pl, struct text *out)
{
	struct script sc = { 0 };
	bool separate;

	for (const struct layer *const *l = layers(); *l; l++)
		if ((*l)->script)
			(*l)->script(pl, &sc);
	separate = sc.place[SCRIPT_UNSHARE].len || sc.place[SCRIPT_INSIDE].len;
	add_head(pl, &sc, out);
	add_last(&sc, out);
	if (separate)
		add_inside(pl, &sc, out);
	text_add(out, "\n# 1. On the host.\n");
	add_end(&sc, out);
	text_add(out, text_str(&sc.place[SCRIPT_HOST]));
	add_start(&sc, separate, out);
	for (size_t i = 0; i < SCRIPT_PLACES; i++)
		text_release(&sc.place[i]);
}
