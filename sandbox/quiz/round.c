// SPDX-License-Identifier: GPL-3.0-or-later
/* round.c - asking the questions one by one */
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "quiz/quiz.h"

#define DO_NOT_KNOW "?"

static const char *choice(const struct quiz_item *it, size_t i)
{
	size_t n = it->order[i];

	return n < it->q->right.count ? it->q->right.v[n]
				      : it->q->wrong.v[n - it->q->right.count];
}

/* Bits of the letters that are right */
static uint32_t right_letters(const struct quiz_item *it)
{
	uint32_t right = 0;

	for (size_t i = 0; i < it->choices; i++)
		if (it->order[i] < it->q->right.count)
			right |= 1u << i;
	return right;
}

const char *quiz_outcome(const struct quiz_item *it)
{
	if (it->state == QUIZ_RIGHT)
		return "right";
	return it->state == QUIZ_OPEN || !strcmp(it->typed, DO_NOT_KNOW)
		       ? "not answered; right is"
		       : "wrong; right is";
}

void quiz_expected(const struct quiz_item *it, struct text *out)
{
	uint32_t right = right_letters(it);

	if (it->q->live)
		text_add(out, it->live.answer.len ? text_str(&it->live.answer) : "none");
	else if (!it->choices)
		text_add(out, it->q->accept.v[0]);
	for (size_t i = 0; i < it->choices; i++) {
		if (!(right & 1u << i))
			continue;
		text_addf(out, "%s%c, %s", right & ((1u << i) - 1) ? "; " : "",
			  (char)('a' + i), choice(it, i));
	}
}

/* --- what is said ----------------------------------------------------------------- */

void quiz_say_left(const struct quiz *z, struct text *out)
{
	uint64_t now = asker_now();
	uint64_t left = z->asker.deadline > now ? z->asker.deadline - now : 0;

	text_duration(out, left / 1000000000 * 1000000000);
	text_add(out, " left");
}

static void say_heading(const struct quiz *z, size_t i, struct text *out)
{
	const struct quiz_question *q = z->items[i].q;

	text_addf(out, "\n%zu of %zu  ", i + 1, z->count);
	for (size_t o = 0; o < z->bank->objective_count; o++)
		if (q->objectives & 1u << o)
			text_addf(out, " %s", z->bank->objectives[o].id);
	if (z->asker.deadline) {
		text_add(out, "   ");
		quiz_say_left(z, out);
	}
	text_addc(out, '\n');
}

static void say_question(const struct quiz *z, size_t i, struct text *out)
{
	const struct quiz_item *it = &z->items[i];
	auto_text filled = { 0 };

	say_heading(z, i, out);
	live_fill(&it->live, it->q->text, &filled);
	if (it->q->right.count > 1)
		text_addf(&filled, " (choose %zu)", it->q->right.count);
	say_wrapped(out, text_str(&filled), "");
	text_addc(out, '\n');
	for (size_t k = 0; k < it->choices; k++) {
		auto_text line = { 0 };
		size_t from = out->len;

		/* further lines of a choice stand below its first */
		say_wrapped(&line, choice(it, k), "     ");
		text_add(out, text_str(&line));
		if (!out->failed)
			out->s[from + 2] = (char)('a' + k);
	}
}

static void say_prompt(const struct quiz_item *it, struct text *out)
{
	if (it->choices)
		text_addf(out, "a to %c, ? = I do not know, q = end: ",
			  (char)('a' + it->choices - 1));
	else
		text_add(out, "? = I do not know, q = end: ");
}

static void say_verdict(const struct quiz *z, const struct quiz_item *it,
			struct text *out)
{
	const struct card *card = cards_find(z->cards, it->q->id);
	auto_text expected = { 0 }, why = { 0 }, line = { 0 };
	char due[DAY_SIZE];

	quiz_expected(it, &expected);
	text_addf(&line, "%s: %s", quiz_outcome(it), text_str(&expected));
	say_wrapped(out, text_str(&line), "");
	live_fill(&it->live, it->q->why, &why);
	say_wrapped(out, text_str(&why), "  ");
	if (!card || !card->step)
		return;
	day_print(card->due, due);
	text_addf(out, "  It comes again on %s.\n", due);
}

/* --- one question ----------------------------------------------------------------- */

/* As many letters as are right, which the question says, are an answer. Return: whether
 * the line is one, and then its state */
static bool judge(const struct quiz_item *it, const char *line, enum quiz_state *state)
{
	bool right;

	*state = QUIZ_WRONG;
	if (!strcmp(line, DO_NOT_KNOW))
		return true;
	if (it->choices) {
		uint32_t chosen = answer_letters(line, it->choices);

		right = chosen == right_letters(it);
		*state = right ? QUIZ_RIGHT : QUIZ_WRONG;
		return (size_t)__builtin_popcount(chosen) == it->q->right.count;
	}
	right = it->q->live ? live_fits(&it->live, line)
			    : answer_fits(&it->q->accept, line);
	*state = right ? QUIZ_RIGHT : QUIZ_WRONG;
	return *line != '\0';
}

/* What was typed is no answer, and counts as none */
static int say_kind(const struct quiz *z, const struct quiz_item *it, struct err *e)
{
	auto_text out = { 0 };
	size_t right = it->q->right.count;

	if (right > 1)
		text_addf(&out, "%zu letters", right);
	else
		text_add(&out, "a letter");
	text_addf(&out, " from a to %c, please\n", (char)('a' + it->choices - 1));
	return asker_say(&z->asker, &out, e);
}

/* Until there is an answer. Return: ASKED_LINE, or what ended the quiz */
static enum asked ask(struct quiz *z, struct quiz_item *it, struct err *e)
{
	auto_text line = { 0 };

	for (;;) {
		auto_text prompt = { 0 };
		enum quiz_state state;
		enum asked got;

		say_prompt(it, &prompt);
		got = asker_ask(&z->asker, &prompt, &line, e);
		if (got != ASKED_LINE)
			return got;
		if (!strcmp(text_str(&line), "q"))
			return ASKED_END;
		if (!judge(it, text_str(&line), &state)) {
			if (line.len && say_kind(z, it, e))
				return ASKED_FAILED;
			continue;
		}
		it->typed = text_take(&line);
		it->state = state;
		return it->typed ? ASKED_LINE
				 : (err_set(e, "out of memory"), ASKED_FAILED);
	}
}

/* Return: as ask() */
static enum asked one(struct quiz *z, size_t i, struct err *e)
{
	struct quiz_item *it = &z->items[i];
	auto_text out = { 0 };
	enum asked got;

	say_question(z, i, &out);
	if (asker_say(&z->asker, &out, e))
		return ASKED_FAILED;
	got = ask(z, it, e);
	if (got != ASKED_LINE)
		return got;
	if (cards_answer(z->cards, it->q->id, it->state == QUIZ_RIGHT, z->today, e))
		return ASKED_FAILED;
	text_cut(&out, 0);
	if (z->mode == QUIZ_PRACTICE)
		say_verdict(z, it, &out);
	return asker_say(&z->asker, &out, e) ? ASKED_FAILED : ASKED_LINE;
}

int quiz_round(struct quiz *z, struct err *e)
{
	uint64_t start = asker_now();

	if (z->seconds)
		z->asker.deadline = start + z->seconds * 1000000000u;
	z->end = ASKED_LINE;
	for (size_t i = 0; i < z->count && z->end == ASKED_LINE; i++)
		z->end = one(z, i, e);
	z->took_ns = asker_now() - start;
	return z->end == ASKED_FAILED ? -1 : 0;
}
