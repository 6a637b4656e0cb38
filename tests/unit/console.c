// SPDX-License-Identifier: GPL-3.0-or-later
/* console.c - the console without a box: words, drafts, layers, completion, settings */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "console/complete.h"
#include "console/console.h"
#include "console/settings.h"
#include "console/stack.h"
#include "console/words.h"
#include "tap.h"

/* --- words ------------------------------------------------------------------------- */

/* What a text is as words: "[a][b c];[d]", and how it ended */
static void split(const char *text, struct text *out)
{
	struct words w = { 0 };
	struct err e = { 0 };
	int r;

	while ((r = words_next(&text, &w, &e)) == 1) {
		text_add(out, out->len ? ";" : "");
		for (size_t i = 0; i < w.count; i++)
			text_addf(out, "[%s]", w.v[i]);
		text_add(out, w.background ? "&" : "");
	}
	if (r < 0)
		text_addf(out, " %s", e.text);
	if (r == 2)
		text_add(out, " more");
	words_release(&w);
}

static void test_words(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "  # only a comment", "" },
		{ "add pid", "[add][pid]" },
		{ "a 'b  c' \"d e\"", "[a][b  c][d e]" },
		{ "a''b \"\" ''", "[ab][][]" },
		{ "a\\ b \\'", "[a b][']" },
		{ "\"a\\\"b\\\\c\\nd\"", "[a\"b\\c\\nd]" },
		{ "'a\\'", "[a\\]" },
		{ "a # b\nc", "[a];[c]" },
		{ "a#b", "[a#b]" },
		{ "a;b ; ;c", "[a];[b];[c]" },
		{ "!ps aux", "[run][ps][aux]" },
		{ "! ps", "[run][ps]" },
		{ "a !b", "[a][!b]" },
		{ "a \\\n b", "[a][b]" },
		{ "a 'b\nc'", "[a][b\nc]" },
		{ "a 'b", " more" },
		{ "a \\", " more" },
		{ "a | b", " '|' means nothing here" },
		{ "a&b c & ;d", "[a]&;[b][c]&;[d]" },
		{ "a '&' \\&", "[a][&][&]" },
		{ "a && b", " '&' means nothing here" },
		{ "a; &", "[a] '&' means nothing here" },
		{ "a '|' b", "[a][|][b]" },
		{ "set +mounts '{tmpfs: /x}'", "[set][+mounts][{tmpfs: /x}]" },
		{ "set namespaces [user, pid]", "[set][namespaces][[user,][pid]]" },
		{ "a $x", " '$' means nothing here" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_text got = { 0 };

		split(rows[i].text, &got);
		is(text_str(&got), rows[i].want, rows[i].text);
	}
}

static void test_lines(void)
{
	const char *text = "\n# one\n  a \n\n b";
	struct words w = { 0 };

	ok(words_next(&text, &w, NULL) == 1 && w.lines_before == 2,
	   "lines in front of a command are counted");
	ok(words_next(&text, &w, NULL) == 1 && w.lines_before == 2, "and of the next");
	ok(words_next(&text, &w, NULL) == 0, "then it ends");
	words_release(&w);
}

/* --- drafts ------------------------------------------------------------------------ */

/* Say words to a draft as `add` (or `drop`) does, without a box. Return: NULL, or why
 * not */
static const char *say(struct draft *d, const char *text, bool can, struct err *e)
{
	struct words w = { 0 };
	struct step s = { 0 };
	struct profile *pf = NULL, *then = NULL;
	int r = words_next(&text, &w, e) == 1 ? draft_profile(d, NULL, NULL, &pf, e) : -1;

	if (!r)
		r = strcmp(w.v[0], "drop") ? stack_add(pf, can, w.v + 1, &s, e)
					   : stack_drop(pf, w.v + 1, &s, e);
	s.words = strdup("words");
	if (!r)
		r = draft_profile(d, &s, NULL, &then, e);
	if (!r)
		r = draft_push(d, &s, e);
	step_release(&s);
	profile_free(pf);
	profile_free(then);
	words_release(&w);
	return r ? e->text : NULL;
}

static void layers_are(const struct draft *d, const char *want, const char *what)
{
	struct profile *pf = NULL;
	struct err e = { 0 };
	auto_text names = { 0 };

	if (draft_profile(d, NULL, NULL, &pf, &e) < 0)
		diag("%s", e.text);
	else
		stack_names(pf, &names);
	profile_free(pf);
	/* An ordinary user has this one always: no_new_privileges: false is root's */
	if (!strncmp(text_str(&names), "no_new_privs", 12))
		text_cut(&names, 0);
	else if (names.len > 13 && strcmp(names.s + names.len - 13, " no_new_privs") == 0)
		text_cut(&names, names.len - 13);
	is(text_str(&names), want, what);
}

static void test_draft(void)
{
	struct draft *d = draft_new("web", NULL), *copy;
	struct err e = { 0 };
	const char *why;

	layers_are(d, "", "a new draft has no wall");
	ok(!say(d, "add user pid mount", false, &e), "several layers at once");
	layers_are(d, "user pid mount", "and they are there");
	ok(!say(d, "add root system net none", false, &e),
	   "layers with words of their own");
	layers_are(d, "user pid mount root net", "and they are there too");
	why = say(d, "add pid", false, &e);
	is(why ? why : "", "pid is there already", "a layer that is there");
	why = say(d, "add pidd", false, &e);
	is(why ? why : "", "no layer 'pidd', did you mean 'pid'", "a wrong name");
	ok(!say(d, "add init", false, &e), "init");
	layers_are(d, "user pid init mount root net", "init is one more");
	ok(!say(d, "drop init", false, &e), "init comes off");
	why = say(d, "drop uts", false, &e);
	is(why ? why : "", "there is no uts to drop", "what is not there");
	copy = draft_copy(d, "other");
	ok(!say(copy, "drop root net", false, &e), "a copy goes its own way");
	layers_are(copy, "user pid mount", "it has lost two");
	layers_are(d, "user pid mount root net", "and the first has not");
	d->used -= 2;
	layers_are(d, "user pid mount root net", "words taken back");
	d->used--;
	layers_are(d, "user pid mount", "and one more");
	d->used = d->count;
	layers_are(d, "user pid mount root net", "and said again");
	draft_free(copy);
	draft_free(d);
}

static void test_rights(void)
{
	struct draft *d = draft_new("web", NULL);
	struct err e = { 0 };
	const char *why = say(d, "add pid", false, &e);

	is(why ? why : "", "pid: an ordinary user may have that only in a user namespace",
	   "what an ordinary user cannot have alone");
	is(e.hint, "add user first", "and what to do");
	ok(say(d, "add chroot /", false, &e), "chroot is no other");
	ok(!say(d, "add pid", true, &e), "root has it");
	why = say(d, "add net radio", true, &e);
	is(why ? why : "",
	   "'radio' is no kind of network: expected none, veth, user or host",
	   "a kind of network that there is none of");
	draft_free(d);
}

/* --- completion -------------------------------------------------------------------- */

static void completes(const struct console *c, const char *line, const char *word,
		      const char *want)
{
	struct words w = { 0 };
	struct candidates got;
	auto_text list = { 0 };

	words_next(&line, &w, NULL);
	complete_word(c, w.v, w.count, word, &got);
	for (size_t i = 0; i < got.count; i++)
		text_addf(&list, "%s%s", i ? " " : "", got.v[i]);
	is(text_str(&list), want, word);
	candidates_release(&got);
	words_release(&w);
}

/* Of the directories in PATH; a name that is more than a word would become a part of the
 * line */
static void test_programs(const struct console *c)
{
	char top[] = "/tmp/console.XXXXXX", path[64];
	static const char *const names[] = { "zqtool", "zq;quit", "zq b", "zqdata" };
	const char *before = getenv("PATH");
	auto_text kept = { 0 };

	text_add(&kept, before ? before : "");
	ok(mkdtemp(top) != NULL, "a directory of programs");
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, i == 3 ? 0644 : 0755));
	}
	snprintf(path, sizeof(path), "%s/zqdir", top);
	mkdir(path, 0755);
	setenv("PATH", top, 1);
	completes(c, "run", "zq", "zqtool");
	completes(c, "nook run strict --", "zq", "zqtool");
	completes(c, "nook rm --", "zq", "");
	setenv("PATH", text_str(&kept), 1);
	rmdir(path);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		unlink(path);
	}
	rmdir(top);
}

static void test_completion(void)
{
	struct draft web = { .name = "web" }, web2 = { .name = "web2", .next = &web };
	struct console c = { .drafts = &web2, .draft = &web2 };

	completes(&c, "", "hi", "history");
	completes(&c, "", "prof", "profile");
	completes(&c, "add", "u", "user uts");
	completes(&c, "add net", "v", "veth");
	completes(&c, "drop", "lan", "landlock");
	completes(&c, "set", "limits.mem", "limits.memory limits.memory_high");
	completes(&c, "set root.changes", "ref", "refuse");
	completes(&c, "limit", "pi", "pids");
	completes(&c, "switch", "w", "web2 web");
	completes(&c, "new x", "f", "from");
	completes(&c, "nook", "ver", "version");
	completes(&c, "profile", "che", "check");
	completes(&c, "completion", "z", "zsh");
	completes(&c, "ps", "--js", "--json");
	completes(&c, "nook run", "--netw", "--network");
	completes(&c, "nook run --network", "no", "none");
	completes(&c, "nook run --set", "init=n", "init=none");
	completes(&c, "help", "seccom", "seccomp");
	completes(&c, "exec -u 0 web", "--wor", "--workdir");
	completes(&c, "exec web ls", "--wor", "");
	test_programs(&c);
}

/* --- settings ---------------------------------------------------------------------- */

static void test_settings(void)
{
	struct settings s;
	struct err e = { 0 };

	ok(!settings_parse("", "f", &s, &e) && s.history == 2000 && !s.short_prompt,
	   "settings that are none");
	ok(!settings_parse("# a\nprompt short\ncolour never\nhistory 10", "f", &s, &e) &&
		   s.history == 10 && s.short_prompt && s.no_colour,
	   "all of them");
	settings_parse("prompt full\nprompt long\n", "f", &s, &e);
	is(e.text, "f:2: 'long': expected full or short", "a wrong value");
	settings_parse("history many", "f", &s, &e);
	is(e.text, "f:1: 'many': expected a count up to 100000", "a wrong count");
	settings_parse("pager less", "f", &s, &e);
	is(e.text, "f:1: no setting 'pager': expected prompt, colour or history",
	   "a setting that there is none of");
}

/* What is shown and what is done must be the same words */
static void test_table(void)
{
	for (size_t i = 0; word_at(i); i++) {
		const struct word *w = word_at(i);
		const char *p = w->example;
		bool good = *w->summary && *w->help && w->run;

		/* Every example begins with the word it is of, or with `!` */
		for (; *p; p += strcspn(p, "\n"), p += *p == '\n')
			good = good &&
			       (*p == '!' || !strncmp(p, w->name, strlen(w->name)));
		ok(good, "word '%s' has summary, help and examples of its own", w->name);
	}
}

int main(void)
{
	plan(0);
	test_words();
	test_lines();
	test_draft();
	test_rights();
	test_completion();
	test_settings();
	test_table();
	return done();
}
