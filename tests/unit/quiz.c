// SPDX-License-Identifier: GPL-3.0-or-later
/* quiz.c - questions: files read, answers judged, and the days when they come again */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "quiz/bank.h"
#include "quiz/cards.h"
#include "quiz/live.h"
#include "tap.h"

#define HEAD "format: 1\nobjectives: {K1: {title: one}}\nquestions:\n"
#define LINE "- {id: a, objectives: K1, question: Q, why: W, "

/* --- files ------------------------------------------------------------------------- */

static void read_right(void)
{
	static const char text[] =
		HEAD LINE "right: x, wrong: [y, z], chapter: c}\n"
			  "- {id: b, objectives: [K1], question: Q, why: W, accept: A}\n";
	struct quiz_bank b;
	struct err e = { 0 };

	ok(!bank_parse("f", text, strlen(text), &b, &e), "a file is read: %s", e.text);
	ok(b.count == 2 && b.objective_count == 1, "all of it");
	ok(bank_find(&b, "b") == 1 && bank_find(&b, "c") < 0, "questions by their id");
	ok(bank_has_chapter(&b, "c") && !bank_has_chapter(&b, "d"), "chapters");
	ok(b.questions[0].wrong.count == 2 && b.questions[0].objectives == 1 &&
		   b.objectives[0].weight == 1,
	   "its values");
	bank_release(&b);
}

static void read_wrong(void)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "", "f: expected 'format', 'objectives' and 'questions'" },
		{ "format: 2", "f:1:9: expected 'format: 1'" },
		{ "formt: 1", "f:1:1: unknown key 'formt', did you mean 'format'" },
		{ HEAD "- {id: a/b}", "f:4:8: 'id' cannot be 'a/b': expected up to 64 "
				      "letters, digits and _ . -" },
		{ HEAD "- {wy: x}", "f:4:4: unknown key 'wy', did you mean 'why'" },
		{ HEAD "- {objectives: K2}", "f:4:16: no objective 'K2', did you mean "
					     "'K1'" },
		{ HEAD "- {id: a}", "f:4:3: a question needs a 'question'" },
		{ HEAD LINE "right: x}",
		  "f:4:3: expected at least one 'right' and one 'wrong', and 8 in all" },
		{ HEAD LINE "right: x, wrong: y, accept: z}",
		  "f:4:3: a question has 'right' and 'wrong', or 'accept', or 'live'" },
		{ HEAD LINE "accept: Q.}", "f:4:56: 'accept' cannot have 'Q.'" },
		{ HEAD LINE "live: laers}",
		  "f:4:54: 'live' cannot be 'laers', did you mean 'layers'" },
		{ HEAD LINE "accept: x}\n" LINE "accept: x}",
		  "f:5:8: id 'a' stands twice" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct quiz_bank b;
		struct err e = { 0 };

		ok(bank_parse("f", wrong[i].text, strlen(wrong[i].text), &b, &e) < 0 &&
			   !b.arena,
		   "refused: %zu", i);
		is(e.text, wrong[i].says, "and said why");
	}
}

/* --- answers ----------------------------------------------------------------------- */

static void judge(void)
{
	const char *words[] = { "1 2 1 2", "Dom0" };
	const struct quiz_texts accept = { words, 2 };
	auto_text plain = { 0 };

	answer_plain("  A,b ;; C d. ", &plain);
	is(text_str(&plain), "a b c d", "what is compared");
	answer_plain(".", &plain);
	is(text_str(&plain), ".", "a full stop alone stays");
	ok(answer_fits(&accept, "1, 2, 1, 2") && answer_fits(&accept, "DOM0."),
	   "one of them is enough");
	ok(!answer_fits(&accept, "1 2 2 1") && !answer_fits(&accept, ""),
	   "others do not");
	ok(answer_is_set("net, mnt", "mnt net") && answer_is_set("a a b", "b a"),
	   "sets in any order");
	ok(!answer_is_set("net", "mnt net") && !answer_is_set("mnt net", "net") &&
		   !answer_is_set("ne", "net"),
	   "other sets");
	ok(answer_letters("a", 4) == 1 && answer_letters("C, a", 4) == 5 &&
		   answer_letters("bd", 4) == 10,
	   "letters");
	ok(!answer_letters("e", 4) && !answer_letters("", 4) &&
		   !answer_letters("a!", 4) && !answer_letters("A1", 4),
	   "no letters");
}

static void fill(void)
{
	struct live l = { .answer = { 0 } };
	auto_text out = { 0 };

	text_add(live_var(&l, "x"), "7");
	text_add(live_var(&l, "xy"), "8");
	text_add(live_var(&l, "x"), "0");
	live_fill(&l, "${x} ${xy} ${z} $x ${x", &out);
	is(text_str(&out), "70 8 ${z} $x ${x", "variables of a live question");
	text_add(&l.answer, "yes");
	text_add(&l.also, "y\nsure\n");
	ok(live_fits(&l, "Yes") && live_fits(&l, "sure") && !live_fits(&l, "no") &&
		   !live_fits(&l, ""),
	   "its answers");
	live_release(&l);
}

/* --- days -------------------------------------------------------------------------- */

static void days(void)
{
	static const char *const wrong[] = { "2026-02-29", "2026-13-01", "1969-12-31",
					     "2026-1-01",  "2026-11-00", "x",
					     "2026/11/22", "+026-11-22" };
	char back[DAY_SIZE];
	int day = -1;

	ok(!day_parse("1970-01-02", &day) && day == 1, "the second day");
	ok(!day_parse("2028-02-29", &day), "a leap day");
	day_print(day, back);
	is(back, "2028-02-29", "and back");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ok(day_parse(wrong[i], &day) < 0, "no day: %s", wrong[i]);
}

static void lines(void)
{
	static const char text[] = "# mine\ndom0 - - 1 0\n\nlm-flag 2 2026-11-25 4 2\n";
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "a - - 1 0\nb - -", "f:2: expected 'ID STEP DUE ASKED WRONG'" },
		{ "a 4 2026-11-25 1 1",
		  "f:1: expected a step from 1 to 3, or - for what is known" },
		{ "a 1 - 1 1", "f:1: expected a day such as 2026-11-22, or - behind a "
			       "step that is -" },
		{ "a - - 1 2", "f:1: expected how often it was asked, and how often "
			       "wrong" },
		{ "a - - 1 0\na - - 1 0", "f:2: expected each id once" },
		{ "/ - - 1 0", "f:1: expected the id of a question" },
	};
	struct cards c = { .dir = -1 };
	struct err e = { 0 };
	auto_text out = { 0 };

	ok(!cards_parse(&c, "f", text, &e) && c.count == 2, "lines are read");
	cards_text(&c, &out);
	is(text_str(&out), "# mine\ndom0 - - 1 0\nlm-flag 2 2026-11-25 4 2\n",
	   "and written");
	cards_close(&c);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		c = (struct cards){ .dir = -1 };
		ok(cards_parse(&c, "f", wrong[i].text, &e) < 0, "damaged: %zu", i);
		is(e.text, wrong[i].says, "and said where");
		cards_close(&c);
	}
}

/* One answer a day, as from a new start each time: the file is what remembers */
static void answer(int today, bool right, const char *want)
{
	struct cards c;
	struct err e = { 0 };
	char found[64] = "none", due[DAY_SIZE];
	const struct card *card;

	if (!cards_open(&c, true, &e) && !cards_answer(&c, "q", right, today, &e))
		cards_close(&c);
	ok(!cards_open(&c, false, &e), "the file is there: %s", e.text);
	card = cards_find(&c, "q");
	if (card) {
		day_print(card->due - today, due);
		snprintf(found, sizeof(found), "%u %d %u %u", card->step,
			 card->step ? card->due - today : 0, card->asked, card->wrong);
	}
	is(found, want, "step, days to go, asked, wrong");
	cards_close(&c);
}

static void steps(void)
{
	answer(100, false, "1 1 1 1");
	answer(100, true, "1 1 2 1"); /* too early to prove anything */
	answer(101, true, "2 3 3 1");
	answer(104, true, "3 7 4 1");
	answer(111, false, "1 1 5 2");
	answer(119, true, "2 3 6 2"); /* late */
	answer(122, true, "3 7 7 2");
	answer(129, true, "0 0 8 2");
	answer(130, true, "0 0 9 2");
	answer(130, false, "1 1 10 3");
}

static void files(void)
{
	struct cards c, other;
	struct err e = { 0 };
	auto_text before = { 0 }, after = { 0 };
	char path[128];

	ok(!cards_open(&c, true, &e), "a quiz");
	ok(cards_open(&other, true, &e) < 0, "and a second one");
	is(e.text, "another quiz of yours is under way", "which says why");
	cards_close(&c);
	snprintf(path, sizeof(path), "%s/nook/quiz/review", getenv("XDG_STATE_HOME"));
	ok(!file_write(AT_FDCWD, path, "# x\nq 1\n"), "a damaged file");
	file_read(AT_FDCWD, path, &before, 4096);
	ok(cards_open(&c, true, &e) < 0, "is refused");
	file_read(AT_FDCWD, path, &after, 4096);
	ok(before.len > 0 && !strcmp(text_str(&before), text_str(&after)),
	   "and stays as it is");
}

int main(void)
{
	char dir[] = "/tmp/nook-quiz-XXXXXX";
	char path[128];

	plan(0);
	if (!mkdtemp(dir) || setenv("XDG_STATE_HOME", dir, 1) < 0)
		return 1;
	read_right();
	read_wrong();
	judge();
	fill();
	days();
	lines();
	steps();
	files();
	for (const char *const *p =
		     (const char *const[]){ "/nook/quiz/review", "/nook/quiz", "/nook",
					    "", NULL };
	     *p; p++) {
		snprintf(path, sizeof(path), "%s%s", dir, *p);
		ok(!remove(path), "nothing else was made: %s", *p);
	}
	return done();
}
