// SPDX-License-Identifier: GPL-3.0-or-later
/* mkman.c - manual pages out of the program's tables: mkman KEYS < TEMPLATE > PAGE
 *
 * A line of the template that is "@COMMANDS@", "@WORDS@", "@LAYERS@", "@KEYS@" or
 * "@SETS@" becomes what the command table, the console's tables of words and layers,
 * fields.def or sets.def say; "@KEY NAME@", "@NEEDS@" and "@VERBS@" what those of labs
 * do, where every key must have its line. KEYS (man/keys.txt) has an example for each
 * key of a profile, which is parsed here, so that no page shows one that does not work,
 * and what else there is to say about it. A key without one, or one that does not exist,
 * is an error.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "console/console.h"
#include "console/stack.h"
#include "lab/fact.h"
#include "lab/lab.h"
#include "lab/needs.h"
#include "profile/profile.h"

/** struct about - What keys.txt says about one key */
struct about {
	struct text group;   /* heading in front of it, roff behind the first line */
	struct text example; /* YAML */
	struct text words;   /* roff */
	bool seen;
};

static const struct {
	const char *preset, *layer, *help;
} fields[] = {
#define FIELD(id, key, member, type, preset, layer, help) { preset, layer, help },
#include "profile/fields.def"
#undef FIELD
};

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("mkman: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* --- text to roff ------------------------------------------------------------------ */

/* One character so that a terminal shows this one and not a typographer's */
static void put_char(struct text *out, char c)
{
	static const struct {
		char c;
		const char *roff;
	} special[] = {
		{ '\\', "\\e" },  { '-', "\\-" },   { '\'', "\\(aq" },
		{ '`', "\\(ga" }, { '^', "\\(ha" }, { '~', "\\(ti" },
	};

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (special[i].c == c) {
			text_add(out, special[i].roff);
			return;
		}
	}
	text_addc(out, c);
}

static void put(struct text *out, const char *s)
{
	if (*s == '.')
		text_add(out, "\\&");
	while (*s)
		put_char(out, *s++);
}

static bool is_upper(char c)
{
	return (c >= 'A' && c <= 'Z') || c == '_';
}

/* "[OPTION...] PROFILE|BOX --json": what stands for something is slanted, what is typed
 * as it stands is bold, brackets and bars are plain */
static void put_usage(struct text *out, const char *s)
{
	while (*s) {
		size_t n = 0;

		while (is_upper(s[n]))
			n++;
		if (n) {
			text_addf(out, "\\fI%.*s\\fR", (int)n, s);
		} else if ((n = strcspn(s, "[]| .=,:ABCDEFGHIJKLMNOPQRSTUVWXYZ"))) {
			text_add(out, "\\fB");
			for (size_t i = 0; i < n; i++)
				put_char(out, s[i]);
			text_add(out, "\\fR");
		} else {
			put_char(out, s[n++]);
		}
		s += n;
	}
}

/* A line of a table becomes a sentence */
static void put_sentence(struct text *out, const char *s)
{
	auto_text t = { 0 };

	put(&t, s);
	if (*s >= 'a' && *s <= 'z' && (s[1] < 'A' || s[1] > 'Z'))
		t.s[0] = (char)(t.s[0] - 32);
	text_addf(out, "%s.\n", text_str(&t));
}

/* As in --help: an empty line ends a paragraph, a line with blanks in front stays one */
static void put_paragraphs(struct text *out, const char *s)
{
	bool literal = false;

	while (*s) {
		size_t n = strcspn(s, "\n");
		bool indented = !strncmp(s, "  ", 2);
		auto_text line = { 0 };

		text_addn(&line, indented ? s + 2 : s, indented ? n - 2 : n);
		if (indented != literal && n)
			text_add(out, indented ? ".RS 4\n.nf\n" : ".fi\n.RE\n");
		literal = n ? indented : literal;
		if (n) {
			put(out, text_str(&line));
			text_addc(out, '\n');
		} else {
			text_add(out, literal ? "\n" : ".PP\n");
		}
		s += n + (s[n] == '\n');
	}
	if (literal)
		text_add(out, ".fi\n.RE\n");
}

/* --- commands ---------------------------------------------------------------------- */

static void put_option(struct text *out, const struct opt *o)
{
	text_add(out, ".TP\n");
	if (o->letter)
		text_addf(out, "\\fB\\-%c\\fR, ", o->letter);
	text_add(out, "\\fB\\-\\-");
	put(out, o->name);
	text_add(out, "\\fR");
	if (o->arg) {
		text_addc(out, ' ');
		put_usage(out, o->arg);
	}
	text_addc(out, '\n');
	put_sentence(out, o->help);
}

/* The command that has the same options and comes first, or NULL */
static const struct cmd *same_options(const struct cmd *c)
{
	for (size_t i = 0; c->options && cmds()[i] != c; i++)
		if (cmds()[i]->options == c->options)
			return cmds()[i];
	return NULL;
}

static void put_commands(struct text *out)
{
	for (size_t i = 0; cmds()[i]; i++) {
		const struct cmd *c = cmds()[i];
		const struct cmd *same = same_options(c);

		text_addf(out, ".SS nook %s\n\\fBnook %s\\fR ", c->name, c->name);
		put_usage(out, c->usage);
		text_add(out, "\n.PP\n");
		put_sentence(out, c->summary);
		if (c->help) {
			text_add(out, ".PP\n");
			put_paragraphs(out, c->help);
		}
		if (same)
			text_addf(out, ".PP\nIt takes the options of \\fBnook %s\\fR.\n",
				  same->name);
		for (const struct opt *o = c->options; !same && o && o->name; o++)
			put_option(out, o);
	}
	text_add(out, ".SS Options of every command\n");
	for (const struct opt *o = options_common(); o->name; o++)
		put_option(out, o);
}

/* --- the console ------------------------------------------------------------------- */

static void put_words(struct text *out)
{
	for (size_t i = 0; word_at(i); i++) {
		const struct word *w = word_at(i);

		text_addf(out, ".TP\n\\fB%s\\fR ", w->name);
		put_usage(out, w->usage);
		text_addc(out, '\n');
		put_sentence(out, w->summary);
		put(out, w->help);
		text_add(out, "\n.RS 4\n.nf\n");
		for (const char *p = w->example; *p;) {
			size_t n = strcspn(p, "\n");
			auto_text line = { 0 };

			text_addn(&line, p, n);
			p += n + (p[n] == '\n');
			put(out, text_str(&line));
			text_addc(out, '\n');
		}
		text_add(out, ".fi\n.RE\n");
	}
}

static void put_layers(struct text *out)
{
	for (size_t i = 0; brick_at(i); i++) {
		text_addf(out, ".TP\n\\fBadd %s\\fR ", brick_at(i)->name);
		put_usage(out, brick_at(i)->usage);
		text_addc(out, '\n');
		put_sentence(out, brick_at(i)->help);
	}
}

/* --- keys -------------------------------------------------------------------------- */

/* keys.txt: "= KEY" starts a key, "== HEADING" a group; lines behind a tab are its
 * example, the others roff; # is a comment */
static void read_about(const char *path, struct about *about)
{
	FILE *in = fopen(path, "r");
	struct text group = { 0 };
	struct about *now = NULL;
	char line[512];

	if (!in)
		fail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "== ", 3)) {
			text_addf(&group, ".SS %s\n", line + 3);
			now = NULL;
		} else if (!strncmp(line, "= ", 2)) {
			int f = field_find(line + 2);

			if (f < 0 || about[f].seen)
				fail("%s: '%s' is no key, or stands twice", path,
				     line + 2);
			now = &about[f];
			now->seen = true;
			now->group = group;
			group = (struct text){ 0 };
		} else if (*line == '\t') {
			if (!now)
				fail("%s: an example without a key: %s", path, line);
			text_addf(&now->example, "%s\n", line + 1);
		} else if (*line && *line != '#') {
			text_addf(now ? &now->words : &group, "%s\n", line);
		}
	}
	fclose(in);
}

/* An example that nook would refuse, or that is about another key, must not be printed */
static void try_example(enum field f, const struct about *a)
{
	struct profile *pf = NULL;
	struct err e = { 0 };

	if (!a->seen || !a->example.len)
		fail("'%s' has no example", field_name(f));
	/* Nothing is there to inherit from */
	if (f == FIELD_extends)
		return;
	if (profile_parse_text(text_str(&a->example), a->example.len, "example", &pf,
			       &e) < 0)
		fail("the example of '%s': %s", field_name(f), e.text);
	if (!profile_is_set(pf, f))
		fail("the example of '%s' does not set it", field_name(f));
	profile_free(pf);
}

/* "expected a size such as 512M" is how errors end */
static const char *values(enum field f)
{
	const char *expects = field_expects(f);
	size_t skip = strlen("expected ");

	return strncmp(expects, "expected ", skip) ? expects : expects + skip;
}

static void put_key(struct text *out, enum field f, const struct about *a)
{
	text_add(out, text_str(&a->group));
	text_add(out, ".TP\n\\fB");
	put(out, field_name(f));
	text_add(out, "\\fR\n");
	put_sentence(out, fields[f].help);
	text_add(out, ".br\nValue: ");
	put(out, values(f));
	text_add(out, ".\n");
	if (*fields[f].preset) {
		text_add(out, "Default: ");
		put(out, fields[f].preset);
		text_add(out, ".\n");
	}
	if (a->words.len)
		text_addf(out, ".IP\n%s", text_str(&a->words));
	text_add(out, ".IP\n.nf\n");
	for (const char *s = text_str(&a->example); *s; s += strcspn(s, "\n") + 1) {
		auto_text line = { 0 };

		text_addn(&line, s, strcspn(s, "\n"));
		put(out, text_str(&line));
		text_addc(out, '\n');
	}
	text_add(out, ".fi\n");
}

static void put_keys(struct text *out, const char *path)
{
	struct about *about = calloc(FIELD_COUNT, sizeof(*about));

	read_about(path, about);
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		try_example(f, &about[f]);
		put_key(out, f, &about[f]);
		text_release(&about[f].group);
		text_release(&about[f].example);
		text_release(&about[f].words);
	}
	free(about);
}

/* --- sets of system calls ---------------------------------------------------------- */

static void put_sets(struct text *out)
{
	static const struct {
		const char *name, *verdict, *help;
	} sets[] = {
#define PASS				"allowed"
#define REFUSE				"refused with EPERM"
#define ABSENT				"answered with ENOSYS"
#define GROUP				"a group"
#define SET(name, verdict, help, calls) { name, verdict, help },
#include "gen/sets.def"
#undef SET
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		text_add(out, ".TP\n\\fB@");
		put(out, sets[i].name);
		text_addf(out, "\\fR (%s)\n", sets[i].verdict);
		put_sentence(out, sets[i].help);
	}
}

/* --- labs ------------------------------------------------------------------------- */

/* "@KEY NAME@\n": the keys stand in the order of the table. @next: of the one to come */
static void put_lab_key(struct text *out, const char *line, size_t *next)
{
	const char *expects, *name;
	char wanted[64];
	bool must;

	name = lab_keys((*next)++, &expects, &must);
	snprintf(wanted, sizeof(wanted), "@KEY %s@\n", name ? name : "");
	if (strcmp(line, wanted) != 0)
		fail("%.*s stands where '%s' should", (int)strcspn(line, "\n"), line,
		     name ? name : "nothing");
	text_add(out, ".TP\n\\fB");
	put(out, name);
	text_addf(out, "\\fR%s\nValue: ", must ? " (must be there)" : "");
	put(out, expects + strlen("expected "));
	text_add(out, ".\n");
}

static void put_needs(struct text *out)
{
	const char *name, *means;

	for (size_t i = 0; (name = needs_at(i, &means)); i++) {
		text_add(out, ".RS\n.TP\n\\fB");
		put(out, name);
		text_add(out, "\\fR\n");
		put_sentence(out, means);
		text_add(out, ".RE\n");
	}
}

static void put_verbs(struct text *out)
{
	const struct fact_verb *v;

	for (size_t i = 0; (v = fact_verbs(i)); i++) {
		text_add(out, ".TP\n\\fB");
		put(out, v->name);
		text_add(out, "\\fR ");
		put_usage(out, v->usage);
		text_addc(out, '\n');
		put_sentence(out, v->help);
	}
}

int main(int argc, char **argv)
{
	auto_text out = { 0 };
	const char *expects, *left;
	size_t lab_key = 0;
	bool must;
	char line[1024];

	if (argc != 2)
		fail("expected the path of keys.txt");
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "@COMMANDS@\n"))
			put_commands(&out);
		else if (!strcmp(line, "@WORDS@\n"))
			put_words(&out);
		else if (!strcmp(line, "@LAYERS@\n"))
			put_layers(&out);
		else if (!strcmp(line, "@KEYS@\n"))
			put_keys(&out, argv[1]);
		else if (!strcmp(line, "@SETS@\n"))
			put_sets(&out);
		else if (!strncmp(line, "@KEY ", 5))
			put_lab_key(&out, line, &lab_key);
		else if (!strcmp(line, "@NEEDS@\n"))
			put_needs(&out);
		else if (!strcmp(line, "@VERBS@\n"))
			put_verbs(&out);
		else
			text_add(&out, line);
	}
	left = lab_key ? lab_keys(lab_key, &expects, &must) : NULL;
	if (left)
		fail("no line for the key '%s'", left);
	return fputs(text_str(&out), stdout) < 0 || fflush(stdout) ? 1 : 0;
}
