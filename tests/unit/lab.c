// SPDX-License-Identifier: GPL-3.0-or-later
/* lab.c - tests: files of labs and their errors, the diary and what follows from it */
#include "lab/lab.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "lab/diary.h"
#include "lab/fact.h"
#include "lab/left.h"
#include "lab/lesson.h"
#include "lab/needs.h"
#include "tap.h"

/* A whole lab, a key on each line */
static const char *const whole[] = {
	"format: 1",
	"id: L05",
	"title: Own hostname",
	"chapter: namespaces",
	"minutes: 5",
	"level: 2",
	"objectives: [K3, C]",
	"needs: [userns, program sh]",
	"fallback: Read on.",
	"targets: [a, b]",
	"networks: [n1]",
	"root: true",
	"setup: 'true'",
	"statement: Do it.",
	"check: [ns-differs a uts, {fact: alive a, says: it runs}]",
	"diagnose: [{id: d, when: [ns-same a uts], says: No.}]",
	"hints: [one, two, three]",
	"solution: {nook: new a, raw: 'true'}",
	"wrong: [{raw: 'false', diagnosis: d}]",
	"why: Because.",
	"equivalent: {docker: docker run}",
};

/* The lab with @line in the place of that of its key; "" takes the key away */
static void write_lab(const char *key, const char *line, struct text *out)
{
	size_t len = key ? strlen(key) : 0;

	text_cut(out, 0);
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		bool is_it = key && !strncmp(whole[i], key, len) && whole[i][len] == ':';

		text_addf(out, "%s\n", is_it ? line : whole[i]);
	}
}

static int parse(const struct text *t, struct lab **l, struct err *e)
{
	*l = NULL;
	*e = (struct err){ 0 };
	return lab_parse(text_str(t), t->len, "L05.yaml", l, e);
}

static void test_whole(void)
{
	auto_text t = { 0 };
	struct lab *l;
	struct err e;

	write_lab(NULL, NULL, &t);
	if (!ok(parse(&t, &l, &e) == 0, "a lab with every key")) {
		diag("%s", e.text);
		return;
	}
	is(l->id, "L05", "its id");
	is(l->chapter, "namespaces", "its chapter");
	ok(l->minutes == 5 && l->level == 2 && l->root, "numbers and a truth");
	ok(l->targets.count == 2 && !strcmp(l->targets.v[1], "b"), "a list");
	ok(l->check.count == 2 && !l->check.v[0].says, "a fact is a line");
	is(l->check.v[1].says, "it runs", "or a map");
	is(l->diagnose[0].when.v[0].line, "ns-same a uts", "a diagnosis");
	is(l->hints[2], "three", "three hints");
	is(l->solution.nook, "new a", "a solution");
	is(l->wrong[0].diagnosis, "d", "a wrong way");
	is(l->equivalent.v[0].text, "docker run", "elsewhere");
	lab_free(l);
}

static const struct {
	const char *key, *line, *error;
} wrongs[] = {
	{ "format", "format: 2",
	  "1:9: 'format' cannot be '2': expected 1, the format of this version" },
	{ "format", "",
	  "2:1: a lab needs 'format': expected 1, the format of this version" },
	{ "id", "id: five",
	  "2:5: 'id' cannot be 'five': expected letters, then digits, as L05" },
	{ "title", "titel: x", "3:1: unknown key 'titel', did you mean 'title'" },
	{ "title", "title: [x]", "3:8: 'title' cannot be a list: expected a line" },
	{ "title", "title: x\ntitle: y",
	  "4:1: key 'title' stands twice, first in line 3" },
	{ "chapter", "chapter: quilting",
	  "4:10: 'chapter' cannot be 'quilting': expected chroot, namespaces, cgroups, "
	  "networks, images or practice" },
	{ "minutes", "minutes: 0",
	  "5:10: 'minutes' cannot be '0': expected how long it takes, 1 to 120" },
	{ "level", "level: 4", "6:8: 'level' cannot be '4': expected 1, 2 or 3" },
	{ "needs", "needs: [userns, luck]",
	  "8:17: 'needs' cannot be 'luck': expected a list such as [userns, program "
	  "busybox]" },
	{ "targets", "targets: [lab]",
	  "10:11: 'targets' cannot be 'lab': expected a list of names of boxes, neither "
	  "'lab' nor 'host'" },
	{ "networks", "networks: n1",
	  "11:11: 'networks' cannot be 'n1': expected a list of names of networks" },
	{ "root", "root: perhaps",
	  "12:7: 'root' cannot be 'perhaps': expected true or false" },
	{ "check", "check: []",
	  "15:8: 'check' cannot be an empty list: expected a list of facts" },
	{ "check", "check: [ns-difers a uts]",
	  "15:9: unknown verb 'ns-difers', did you mean 'ns-differs'" },
	{ "check", "check: [ns-differs a]", "15:9: 'ns-differs' needs more words" },
	{ "check", "check: [{says: x}]",
	  "15:9: a map in the place of a fact needs 'fact'" },
	{ "check", "check: [{fact: alive a, sais: x}]",
	  "15:25: unknown key 'sais', did you mean 'says'" },
	{ "diagnose", "diagnose: [{id: d, says: No.}]",
	  "16:12: a diagnosis needs 'id', 'when' and 'says'" },
	{ "diagnose", "diagnose: []", "19:9: there is no diagnosis 'd'" },
	{ "hints", "hints: [one, two]",
	  "17:8: 'hints' has 2 of three: the idea, where to look, the shape of the "
	  "command" },
	{ "solution", "solution: {}", "18:11: 'solution' needs 'nook', 'raw' or both" },
	{ "solution", "solution: {row: x}",
	  "18:12: unknown key 'solution.row', did you mean 'raw'" },
	{ "solution", "solution: {raw: x, v2: y}",
	  "18:11: expected 'raw', or 'v1' and 'v2' instead" },
	{ "solution", "solution: {nook: x, v3: y}",
	  "18:21: unknown key 'solution.v3', did you mean 'v1'" },
	{ "wrong", "wrong: [{nook: x, v1: y, diagnosis: d}]",
	  "19:9: a wrong way needs 'diagnosis', and one of 'nook' and 'raw'" },
	{ "wrong", "wrong: [{diagnosis: d}]",
	  "19:9: a wrong way needs 'diagnosis', and one of 'nook' and 'raw'" },
	{ "wrong", "wrong: [{raw: x, diagnosis: e}]",
	  "19:9: there is no diagnosis 'e', did you mean 'd'" },
	{ "why", "why: &a x", "20:6: anchors are not taken, use the text itself" },
};

static void test_wrong(void)
{
	auto_text t = { 0 }, want = { 0 };
	struct lab *l;
	struct err e;

	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		write_lab(wrongs[i].key, wrongs[i].line, &t);
		text_cut(&want, 0);
		text_addf(&want, "L05.yaml:%s", wrongs[i].error);
		ok(parse(&t, &l, &e) == -1, "refused: a wrong %s", wrongs[i].key);
		is(e.text, text_str(&want), "and why");
		lab_free(l);
	}
	ok(lab_parse("", 0, "L05.yaml", &l, &e) == -1, "an empty file is no lab");
	is(e.text, "L05.yaml: a lab is a map with 'format', 'id' and 'title'", "and why");
}

/* Of ways by hand for each version of cgroups, one is this machine's */
static void test_versions(void)
{
	const char *lines[] = { "solution: {nook: new a, v1: one, v2: two}",
				"solution: {v2: two}" };
	const struct lab_words v1 = { (const char *[]){ "v1" }, 1 };
	struct needs n = { 0 };
	bool first = !needs_lacking(&n, &v1);
	auto_text t = { 0 };
	struct lab *l;
	struct err e;

	write_lab("solution", lines[0], &t);
	if (ok(parse(&t, &l, &e) == 0, "a way for each version")) {
		needs_choose(&n, l);
		is(l->solution.raw, first ? "one" : "two", "that of this machine");
		is(l->wrong[0].way.raw, "false", "and what is for both stays");
	}
	lab_free(l);
	write_lab("solution", lines[1], &t);
	if (ok(parse(&t, &l, &e) == 0, "one for a single version")) {
		needs_choose(&n, l);
		ok(!l->solution.raw == first, "is none for the other");
	}
	lab_free(l);
	needs_release(&n);
}

/* Another file in a directory of labs must not be taken for one by its name */
static void test_names(void)
{
	static const char *const good[] = { "L05", "X1", "ab123" };
	static const char *const bad[] = { "", "quiz", "5", "L", "L5b", "L-5", "L05 " };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(lab_is_id(good[i]), "an id: '%s'", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!lab_is_id(bad[i]), "no id: '%s'", bad[i]);
	ok(needs_is_known("root") && needs_is_known("userns") &&
		   needs_is_known("program ip"),
	   "needs of each kind");
	ok(!needs_is_known("program") && !needs_is_known("program a b") &&
		   !needs_is_known("Root"),
	   "and what is none");
}

/* --- the diary --------------------------------------------------------------------- */

static int read_diary(struct diary *d, const char *text, struct err *e)
{
	*d = (struct diary){ .dir = -1 };
	*e = (struct err){ 0 };
	return diary_parse(d, text, strlen(text), "progress", e);
}

static void becomes(const char *text, enum lab_state state, const char *what)
{
	struct diary d;
	struct err e;

	if (read_diary(&d, text, &e) < 0)
		diag("%s", e.text);
	is(lab_state_name(diary_of(&d, "L05").state), lab_state_name(state), what);
	diary_close(&d);
}

#define AT "2026-11-22T01:00:00Z L05 "

static void test_states(void)
{
	becomes("", LAB_NEW, "nothing was done");
	becomes("2026-11-22T01:00:00Z L06 solved\n", LAB_NEW, "of another lab");
	becomes(AT "start\n" AT "failed\n", LAB_TRIED, "tried");
	becomes(AT "start\n" AT "hint\n" AT "solved\n", LAB_SOLVED,
		"a hint is no solution");
	becomes(AT "start\n" AT "solution\n" AT "solved\n", LAB_ASSISTED, "assisted");
	becomes(AT "start\n" AT "solution\n" AT "reset\n" AT "solved\n", LAB_ASSISTED,
		"a reset does not forget the solution");
	becomes(AT "start\n" AT "solution\n" AT "solved\n" AT "start\n" AT "solved\n",
		LAB_SOLVED, "done again without");
	becomes(AT "start\n" AT "skip\n", LAB_SKIPPED, "skipped");
	becomes(AT "done\n", LAB_DONE, "done, by who says so");
}

static void test_diary(void)
{
	const char *text = "# mine\n\n" AT "start\n2026-11-22T01:02:03Z L05 failed\n"
			   "2026-11-22T01:02:05Z L05 answer load\n"
			   "2026-11-22T01:02:05Z L05 solved\n";
	auto_text out = { 0 };
	struct lab_record r;
	struct diary d;
	struct err e;

	is_num(read_diary(&d, text, &e), 0, "lines, comments, empty ones");
	r = diary_of(&d, "L05");
	ok(r.tries == 2 && r.seconds == 125, "tries and time");
	diary_print(&d, &out);
	is(text_str(&out), text + strlen("# mine\n\n"), "printed as they stood");
	diary_close(&d);
}

static void test_over(void)
{
	static const struct {
		const char *lines;
		bool is_over;
	} v[] = {
		{ AT "start\n" AT "failed\n", false },
		{ AT "start\n" AT "solved\n" AT "answer a\n", true },
		{ AT "start\n" AT "solved\n" AT "reset\n", false },
		{ AT "start\n" AT "solved\n" AT "start\n", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct diary d;
		struct err e;

		read_diary(&d, v[i].lines, &e);
		ok(diary_of(&d, "L05").is_over == v[i].is_over, "%s over: %zu",
		   v[i].is_over ? "is" : "is not", i);
		diary_close(&d);
	}
}

static void test_questions(void)
{
	static const struct {
		const char *line, *name;
	} v[] = {
		{ "answer load is 4", "load" },
		{ "not answer load-2 ns a uts within 5%", "load-2" },
		{ "file-is $LAB/answer/load 4", "load" },
		{ "run-in lab sh -c \"cat $LAB/answer/a.b | wc -l\" => 1", "a.b" },
		{ "file-is $LAB/answers 4", "" },
		{ "file-is '$LAB/answer/load' 4", "" },
		{ "ns-differs a uts", "" },
		{ "nonsense", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		auto_text name = { 0 };

		ok(fact_question(v[i].line, &name) == (v[i].name[0] != '\0'), "%s",
		   v[i].line);
		is(text_str(&name), v[i].name, "the question");
	}
}

static const struct {
	const char *line, *error;
} damaged[] = {
	{ "2026-11-22T01:00:00Z L05", "expected TIME LAB WHAT" },
	{ "yesterday L05 start", "expected a time such as 2026-11-22T01:30:05Z" },
	{ "2026-11-22T01:00:00Z five start", "expected the id of a lab" },
	{ AT "sloved",
	  "expected start, reset, failed, solved, hint, solution, skip, done or "
	  "answer" },
	{ AT "answer", "expected a name behind 'answer', or behind 'skip' why" },
	{ AT "hint load", "expected a name behind 'answer', or behind 'skip' why" },
	{ AT "answer a/b", "expected a name behind 'answer', or behind 'skip' why" },
	{ AT "skip a/b", "expected a name behind 'answer', or behind 'skip' why" },
};

static void test_damaged(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		auto_text t = { 0 }, want = { 0 };
		struct diary d;
		struct err e;

		text_addf(&t, AT "start\n%s\n", damaged[i].line);
		text_addf(&want, "progress:2: %s", damaged[i].error);
		is_num(read_diary(&d, text_str(&t), &e), -1, damaged[i].line);
		is(e.text, text_str(&want), "and why");
		diary_close(&d);
	}
}

static void test_left(void)
{
	auto_text before = { 0 }, after = { 0 }, more = { 0 };

	text_add(&before, "box a\nlink nk1\n");
	text_add(&after, "link nk1\nlink nk12\nprocess 7\n");
	left_more(&before, &after, &more);
	is(text_str(&more), "link nk12\nprocess 7\n",
	   "what is left is what was not there");
}

/* As the console reads quotes (tests/unit/console.c) */
static void test_words(void)
{
	static const struct {
		const char *words, *dir, *want;
	} rows[] = {
		{ "add chroot $R; touch $LAB/x", "/s/L1",
		  "add chroot /s/L1/R; touch /s/L1/x" },
		{ "add chroot $R", "/s t/L01", "add chroot '/s t/L01/R'" },
		{ "touch $LAB/x --net=$LAB/y", "/s t", "touch '/s t'/x --net='/s t'/y" },
		{ "set command [$LAB/x]", "/s t", "set command ['/s t'/x]" },
		{ "set +mounts '{tmpfs: $LAB/m}'", "/s t",
		  "set +mounts '{tmpfs: /s t/m}'" },
		{ "sh -c 'cd \"$LAB\"' $LAB", "/s't",
		  "sh -c 'cd \"/s'\\''t\"' '/s'\\''t'" },
		{ "touch \"$LAB\" \\' $LAB", "/s\"t",
		  "touch \"/s\\\"t\" \\' '/s\"t'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_text out = { 0 };

		put_words(&out, rows[i].words, rows[i].dir);
		is(text_str(&out), rows[i].want, rows[i].words);
	}
}

int main(void)
{
	plan(0);
	test_whole();
	test_wrong();
	test_versions();
	test_names();
	test_states();
	test_diary();
	test_over();
	test_questions();
	test_damaged();
	test_left();
	test_words();
	return done();
}
