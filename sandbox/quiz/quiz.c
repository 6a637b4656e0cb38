// SPDX-License-Identifier: GPL-3.0-or-later
/* quiz.c - `nook quiz` and `nook exam`: their options, and the list */
#include "quiz/quiz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/table.h"
#include "cmd/cmd.h"
#include "cmd/quiz.h"
#include "host/host.h"
#include "lab/lab.h"

#define PRACTICE_COUNT 10
#define EXAM_COUNT     20
#define SECONDS_EACH   90
#define COUNT_MOST     1000

/* `nook exam`, not `nook quiz` */
static bool has_labs(const struct args *a)
{
	return !strcmp(a->cmd->name, "exam");
}

/* --- options ---------------------------------------------------------------------- */

static const char *next_objective(size_t i, const void *arg)
{
	const struct quiz_bank *b = arg;

	return i < b->objective_count ? b->objectives[i].id : NULL;
}

static int no_such(struct err *e, const char *what, const char *name, const char *near)
{
	auto_text safe = { 0 };

	text_safe(&safe, name);
	return err_set(e, "no questions %s '%s'%s%s%s", what, text_str(&safe),
		       near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
}

/* "K1,L+" */
static int read_objectives(struct quiz *z, const char *list, struct err *e)
{
	for (size_t len; list && *list; list += len + (list[len] == ',')) {
		auto_text id = { 0 };
		int at;

		len = strcspn(list, ",");
		text_addn(&id, list, len);
		at = bank_objective(z->bank, text_str(&id));
		if (at < 0)
			return no_such(e, "about", text_str(&id),
				       name_near(text_str(&id), next_objective, z->bank));
		z->about |= 1u << at;
	}
	return 0;
}

/* Chapters by number; one that has several questions comes several times */
static const char *next_chapter(size_t i, const void *arg)
{
	const struct quiz_bank *b = arg;

	for (size_t k = 0; k < b->count; k++)
		if (b->questions[k].chapter && !i--)
			return b->questions[k].chapter;
	return NULL;
}

static int read_chapter(struct quiz *z, const char *name, struct err *e)
{
	z->chapter = name;
	if (!name || bank_has_chapter(z->bank, name))
		return 0;
	return no_such(e, "of chapter", name, name_near(name, next_chapter, z->bank));
}

static int read_count(const struct args *a, uint64_t *out, struct err *e)
{
	const char *given = cmd_option(a, "count");

	if (given && parse_number_in(given, 1, COUNT_MOST, out))
		return cmd_usage(a, e, "--count '%s': expected a number from 1 to %d",
				 given, COUNT_MOST);
	return 0;
}

static int read_seed(const struct args *a, uint64_t *out, struct err *e)
{
	const char *given = cmd_option(a, "seed");

	if (given && parse_number_in(given, 0, UINT64_MAX, out))
		return cmd_usage(a, e, "--seed '%s': expected a number up to %llu", given,
				 (unsigned long long)UINT64_MAX);
	return 0;
}

static int read_time(const struct args *a, struct quiz *z, struct err *e)
{
	const char *given = cmd_option(a, "time"), *why;
	uint64_t ns;

	if (!given)
		return 0;
	if (z->mode != QUIZ_EXAM)
		return cmd_usage(a, e, "--time is for --exam");
	if (parse_duration(given, &ns, &why) || ns < 1000000000 || ns == PARSE_MAX)
		return cmd_usage(a, e, "--time '%s': expected a time such as 15m", given);
	z->seconds = ns / 1000000000;
	return 0;
}

static int read_day(const struct args *a, struct quiz *z, struct err *e)
{
	const char *given = cmd_option(a, "day");

	z->today = day_today();
	if (given && day_parse(given, &z->today))
		return cmd_usage(a, e, "--day '%s': expected a day such as 2026-11-30",
				 given);
	return 0;
}

static int read_options(const struct args *a, struct quiz *z, struct err *e)
{
	const char *placement = cmd_option(a, "placement");
	const char *chapter = cmd_option(a, "chapter");
	uint64_t count;

	if (a->word_count)
		return cmd_usage(a, e, "%s takes options only", a->cmd->name);
	if (placement && (cmd_option(a, "exam") || chapter))
		return cmd_usage(a, e,
				 "--placement is an exam of its own about a chapter");
	z->mode = placement ? QUIZ_PLACEMENT
		  : cmd_option(a, "exam") || has_labs(a) ? QUIZ_EXAM
							 : QUIZ_PRACTICE;
	z->all = cmd_option(a, "all") != NULL;
	count = z->mode == QUIZ_PLACEMENT ? COUNT_MOST
		: cmd_option(a, "exam")	  ? EXAM_COUNT
					  : PRACTICE_COUNT;
	if (!cmd_option(a, "seed") &&
	    getrandom(&z->random, sizeof(z->random), 0) != sizeof(z->random))
		return err_sys(e, "no random numbers");
	if (read_count(a, &count, e) || read_seed(a, &z->random, e) ||
	    read_time(a, z, e) || read_day(a, z, e))
		return -2;
	z->most = (size_t)count;
	if (read_objectives(z, cmd_option(a, "objective"), e))
		return -1;
	return read_chapter(z, placement ? placement : chapter, e);
}

/* --- the list --------------------------------------------------------------------- */

static const char *due_text(const struct quiz *z, const struct quiz_question *q,
			    char day[DAY_SIZE])
{
	const struct card *card = cards_find(z->cards, q->id);

	if (!card)
		return "new";
	if (!card->step)
		return "known";
	day_print(card->due, day);
	return card->due <= z->today ? "now" : day;
}

static void objectives_text(const struct quiz *z, uint32_t bits, struct text *out)
{
	for (size_t o = 0; o < z->bank->objective_count; o++)
		if (bits & 1u << o)
			text_addf(out, "%s%s", out->len ? " " : "",
				  z->bank->objectives[o].id);
}

static int list_text(const struct quiz *z, struct err *e)
{
	static const struct table_column columns[] = { { .name = "ID" },
						       { .name = "DUE" },
						       { .name = "ABOUT" },
						       { .name = "QUESTION",
							 .cut = true } };
	size_t count = z->bank->count, rows = 0;
	struct text *kept = calloc(count * 3 + 1, sizeof(*kept));
	const char **cells = calloc(count * 4 + 1, sizeof(*cells));
	struct table t = { .columns = columns, .column_count = 4, .headings = true };
	auto_text out = { 0 };
	int rc;

	for (size_t i = 0; kept && cells && i < count; i++) {
		const struct quiz_question *q = &z->bank->questions[i];
		char day[DAY_SIZE];

		if ((z->about && !(q->objectives & z->about)) ||
		    (z->chapter && (!q->chapter || strcmp(q->chapter, z->chapter) != 0)))
			continue;
		text_add(&kept[rows * 3], due_text(z, q, day));
		objectives_text(z, q->objectives, &kept[rows * 3 + 1]);
		text_safe(&kept[rows * 3 + 2], q->text);
		cells[rows * 4] = q->id;
		for (size_t k = 0; k < 3; k++)
			cells[rows * 4 + k + 1] = text_str(&kept[rows * 3 + k]);
		rows++;
	}
	t.cells = cells;
	t.row_count = rows;
	rc = kept && cells ? table_print(&t, &out, e) : err_set(e, "out of memory");
	for (size_t i = 0; kept && i < rows * 3; i++)
		text_release(&kept[i]);
	free(kept);
	free(cells);
	return rc < 0 ? -1 : cmd_print(&out, e);
}

static int list_json(const struct quiz *z, struct err *e)
{
	auto_text out = { 0 };
	bool first = true;

	text_add(&out, "{\"schema\":1,\"questions\":[");
	for (size_t i = 0; i < z->bank->count; i++) {
		const struct quiz_question *q = &z->bank->questions[i];
		auto_text about = { 0 };
		char day[DAY_SIZE];

		if ((z->about && !(q->objectives & z->about)) ||
		    (z->chapter && (!q->chapter || strcmp(q->chapter, z->chapter) != 0)))
			continue;
		text_add(&out, first ? "{\"id\":" : ",{\"id\":");
		text_json(&out, q->id);
		objectives_text(z, q->objectives, &about);
		text_add(&out, ",\"objectives\":");
		text_json(&out, text_str(&about));
		text_add(&out, ",\"chapter\":");
		text_json(&out, q->chapter);
		text_add(&out, ",\"live\":");
		text_json(&out, q->live);
		text_add(&out, ",\"due\":");
		text_json(&out, due_text(z, q, day));
		text_add(&out, ",\"question\":");
		text_json(&out, q->text);
		text_addc(&out, '}');
		first = false;
	}
	text_add(&out, "]}\n");
	return cmd_print(&out, e);
}

/* --- asking ----------------------------------------------------------------------- */

static int nothing_to_ask(const struct quiz *z, struct err *e)
{
	auto_text out = { 0 };
	char day[DAY_SIZE];
	int next;

	if (quiz_next_due(z, &next)) {
		day_print(next, day);
		text_addf(&out,
			  "Nothing is due today; the next question comes again on "
			  "%s. --all asks all of them.\n",
			  day);
	} else {
		text_add(&out, "All of these questions are known. --all asks them "
			       "anyway.\n");
	}
	return asker_say(&z->asker, &out, e);
}

static void say_plan(const struct quiz *z, struct text *out)
{
	text_addf(out, "%zu question%s, then %zu lab%s, in ", z->count,
		  z->count == 1 ? "" : "s", z->lab_count, z->lab_count == 1 ? "" : "s");
	text_duration(out, z->seconds * 1000000000u);
	text_addf(out, "; %d%% are needed.\n", QUIZ_PASS);
	if (z->lab_count < QUIZ_LABS)
		text_add(out, z->lab_count ? "Only one lab can be done here"
					   : "No lab can be done here");
	if (z->lab_count < QUIZ_LABS)
		text_add(out, ": 'nook lab list' has what there is.\n");
}

/* Of an exam, unless the caller has set it */
static void set_time(struct quiz *z)
{
	if (z->mode != QUIZ_EXAM || z->seconds)
		return;
	z->seconds = z->count * SECONDS_EACH;
	for (size_t i = 0; i < z->lab_count; i++)
		z->seconds += z->labs[i].lab->minutes * 60;
}

/* Questions, then labs, within one time */
static int take_exam(struct quiz *z, struct err *e)
{
	auto_text out = { 0 };
	int rc;

	say_plan(z, &out);
	rc = asker_say(&z->asker, &out, e);
	if (!rc)
		rc = quiz_round(z, e);
	return rc ? rc : exam_labs(z, e);
}

/* Return: 0, -1 and @e */
static int mark_chapter(const struct quiz *z, struct err *e)
{
	int n = placement_skip(z->chapter, e);
	auto_text out = { 0 };

	if (n <= 0)
		return n;
	text_addf(&out, "\n%d lab%s of '%s' %s skipped for it: nook lab list\n", n,
		  n == 1 ? "" : "s", z->chapter, n == 1 ? "is" : "are");
	return asker_say(&z->asker, &out, e);
}

static int finish(struct quiz *z, bool json, struct err *e)
{
	auto_text out = { 0 };

	if (json) {
		text_addc(&out, '{');
		quiz_json(z, &out);
		text_add(&out, "}\n");
		if (cmd_print(&out, e))
			return -1;
	} else if (z->count || z->lab_count) {
		quiz_say_score(z, &out);
		if (asker_say(&z->asker, &out, e))
			return -1;
	}
	if (z->mode == QUIZ_PLACEMENT && quiz_passed(z) && mark_chapter(z, e))
		return -1;
	if (z->end == ASKED_SIGNAL)
		return 128 + z->asker.signal;
	return z->mode == QUIZ_PRACTICE || quiz_passed(z) ? 0 : 1;
}

static int ask_all(struct quiz *z, const struct args *a, struct err *e)
{
	bool json = cmd_option(a, "json");
	int rc = -1;

	if (asker_open(&z->asker, json ? STDERR_FILENO : STDOUT_FILENO, e))
		return -1;
	if (!quiz_draw(z, e) && (!has_labs(a) || !exam_draw(z, e))) {
		set_time(z);
		rc = has_labs(a) ? take_exam(z, e)
		     : z->count	 ? quiz_round(z, e)
				 : nothing_to_ask(z, e);
	}
	if (!rc)
		rc = finish(z, json, e);
	quiz_items_free(z);
	exam_release(z);
	asker_close(&z->asker);
	return rc;
}

static int with_cards(const struct args *a, struct quiz *z, struct err *e)
{
	bool list = cmd_option(a, "list"), json = cmd_option(a, "json");
	struct cards cards;
	int rc;

	if (cards_open(&cards, !list, e))
		return -1;
	z->cards = &cards;
	if (list)
		rc = json ? list_json(z, e) : list_text(z, e);
	else
		rc = ask_all(z, a, e);
	cards_close(&cards);
	return rc;
}

int quiz_main(const struct args *a, struct err *e)
{
	struct quiz_bank bank;
	struct quiz z = { .bank = &bank, .host = host_new() };
	int rc = -1;

	if (!z.host)
		return err_set(e, "out of memory");
	if (!bank_load(cmd_option(a, "from"), &bank, e)) {
		rc = read_options(a, &z, e);
		if (!rc)
			rc = with_cards(a, &z, e);
		bank_release(&bank);
	}
	host_free(z.host);
	return rc;
}
