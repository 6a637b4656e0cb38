// SPDX-License-Identifier: GPL-3.0-or-later
/* score.c - what was right, for people and for programs */
#include <string.h>

#include "lab/lab.h"
#include "quiz/quiz.h"

/* In practice what was not asked does not count; in an exam it is not right */
static bool counts(const struct quiz *z, const struct quiz_item *it, int objective)
{
	if (objective >= 0 && !(it->q->objectives & 1u << objective))
		return false;
	return z->mode != QUIZ_PRACTICE || it->state != QUIZ_OPEN;
}

/* struct quiz_score - @asked: answered, or of an exam all; @right of them */
struct quiz_score {
	size_t asked, right;
};

/* Of one objective, or of all for @objective < 0 */
static struct quiz_score quiz_score(const struct quiz *z, int objective)
{
	struct quiz_score s = { 0 };

	for (size_t i = 0; i < z->count; i++) {
		s.asked += counts(z, &z->items[i], objective);
		s.right += counts(z, &z->items[i], objective) &&
			   z->items[i].state == QUIZ_RIGHT;
	}
	for (size_t i = 0; i < z->lab_count; i++) {
		bool is_about = objective < 0 || z->labs[i].about & 1u << objective;

		s.asked += is_about;
		s.right += is_about && z->labs[i].state == QUIZ_RIGHT;
	}
	return s;
}

bool quiz_passed(const struct quiz *z)
{
	struct quiz_score s = quiz_score(z, -1);

	if (!s.asked)
		return false;
	return z->mode == QUIZ_PLACEMENT ? s.right == s.asked
					 : s.right * 100 >= s.asked * QUIZ_PASS;
}

static void say_objectives(const struct quiz *z, struct text *out)
{
	for (size_t o = 0; o < z->bank->objective_count; o++) {
		struct quiz_score s = quiz_score(z, (int)o);

		if (!s.asked)
			continue;
		text_addf(out, "  %-4s %2zu of %2zu   ", z->bank->objectives[o].id,
			  s.right, s.asked);
		text_safe(out, z->bank->objectives[o].title);
		text_addc(out, '\n');
	}
}

static void say_labs(const struct quiz *z, struct text *out)
{
	static const char *const states[] = { "not begun", "solved", "not solved" };

	for (size_t i = 0; i < z->lab_count; i++) {
		const struct quiz_lab *l = &z->labs[i];

		text_addf(out, "  %-4s %-10s ", l->lab->id,
			  l->is_assisted ? "with help" : states[l->state]);
		text_safe(out, l->lab->title);
		text_addc(out, '\n');
	}
}

/* An exam says only now what was wrong, and why */
static void say_wrong(const struct quiz *z, struct text *out)
{
	for (size_t i = 0; i < z->count; i++) {
		const struct quiz_item *it = &z->items[i];
		auto_text text = { 0 }, expected = { 0 }, why = { 0 };

		if (it->state == QUIZ_RIGHT)
			continue;
		live_fill(&it->live, it->q->text, &text);
		quiz_expected(it, &expected);
		live_fill(&it->live, it->q->why, &why);
		text_addf(out, "\n%zu. ", i + 1);
		say_wrapped(out, text_str(&text), "");
		text_cut(&text, 0);
		text_addf(&text, "%s: %s", quiz_outcome(it), text_str(&expected));
		say_wrapped(out, text_str(&text), "   ");
		say_wrapped(out, text_str(&why), "   ");
	}
}

void quiz_say_score(const struct quiz *z, struct text *out)
{
	struct quiz_score s = quiz_score(z, -1);

	text_addc(out, '\n');
	if (z->end == ASKED_TIME)
		text_add(out, "Time is up.\n");
	if (z->mode != QUIZ_PRACTICE)
		text_add(out, quiz_passed(z) ? "Passed: " : "Not passed: ");
	text_addf(out, "%zu of %zu right", s.right, s.asked);
	if (z->mode == QUIZ_EXAM && s.asked)
		text_addf(out, ", %zu%% where %d%% are needed", s.right * 100 / s.asked,
			  QUIZ_PASS);
	if (z->mode == QUIZ_PLACEMENT)
		text_add(out, " where all are needed");
	text_add(out, ", in ");
	text_duration(out, z->took_ns / 1000000000 * 1000000000);
	text_addc(out, '\n');
	say_objectives(z, out);
	say_labs(z, out);
	if (z->mode != QUIZ_PRACTICE)
		say_wrong(z, out);
}

/* --- JSON ------------------------------------------------------------------------- */

static const char *const states[] = { "open", "right", "wrong" };

static void json_lab(const struct quiz_lab *l, struct text *out)
{
	text_add(out, "{\"id\":");
	text_json(out, l->lab->id);
	text_addf(out, ",\"state\":\"%s\",\"assisted\":%s}", states[l->state],
		  l->is_assisted ? "true" : "false");
}

static void json_question(const struct quiz_item *it, struct text *out)
{
	auto_text expected = { 0 };

	quiz_expected(it, &expected);
	text_add(out, "{\"id\":");
	text_json(out, it->q->id);
	text_addf(out, ",\"state\":\"%s\",\"answer\":", states[it->state]);
	text_json(out, it->typed);
	text_add(out, ",\"expected\":");
	text_json(out, text_str(&expected));
	text_addc(out, '}');
}

void quiz_json(const struct quiz *z, struct text *out)
{
	static const char *const modes[] = { "practice", "exam", "placement" };
	static const char *const ends[] = { "done", "end", "time", "signal", "failed" };
	struct quiz_score s = quiz_score(z, -1);
	bool first = true;

	text_addf(out,
		  "\"schema\":1,\"mode\":\"%s\",\"end\":\"%s\",\"took_s\":%.3f,"
		  "\"asked\":%zu,\"right\":%zu,\"passed\":%s,\"objectives\":[",
		  modes[z->mode], ends[z->end], (double)z->took_ns / 1e9, s.asked,
		  s.right,
		  z->mode == QUIZ_PRACTICE ? "null"
		  : quiz_passed(z)	   ? "true"
					   : "false");
	for (size_t o = 0; o < z->bank->objective_count; o++) {
		s = quiz_score(z, (int)o);
		if (!s.asked)
			continue;
		text_add(out, first ? "{\"id\":" : ",{\"id\":");
		text_json(out, z->bank->objectives[o].id);
		text_addf(out, ",\"asked\":%zu,\"right\":%zu}", s.asked, s.right);
		first = false;
	}
	text_add(out, "],\"questions\":[");
	for (size_t i = 0; i < z->count; i++) {
		if (i)
			text_addc(out, ',');
		json_question(&z->items[i], out);
	}
	text_add(out, "],\"labs\":[");
	for (size_t i = 0; i < z->lab_count; i++) {
		if (i)
			text_addc(out, ',');
		json_lab(&z->labs[i], out);
	}
	text_addc(out, ']');
}
