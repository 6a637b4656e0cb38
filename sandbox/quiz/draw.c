// SPDX-License-Identifier: GPL-3.0-or-later
/* draw.c - which questions are asked, in which order
 *
 * Practice: what is due, the longest waiting first; then what was never asked, by chance.
 * An exam: one after the other of the objective that its weight is owed most, by chance
 * among its questions. A live question that this host cannot ask is left out, and the
 * next one takes its place.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "quiz/quiz.h"

/* Sebastiano Vigna's splitmix64: any seed does */
static uint64_t next_random(struct quiz *z)
{
	uint64_t x = z->random += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static size_t random_below(struct quiz *z, size_t n)
{
	return (size_t)(next_random(z) % n);
}

void quiz_shuffle(struct quiz *z, size_t *v, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t k = random_below(z, i), kept = v[i - 1];

		v[i - 1] = v[k];
		v[k] = kept;
	}
}

/* Return: 0; 1 = this host cannot be asked; -1 and @e */
static int add_item(struct quiz *z, const struct quiz_question *q, struct err *e)
{
	struct quiz_item *it = &z->items[z->count];
	size_t order[QUIZ_CHOICES];

	*it = (struct quiz_item){ .q = q, .choices = q->right.count + q->wrong.count };
	if (q->live) {
		int rc = live_make(q->live, z->host, &it->live, e);

		if (rc)
			return rc;
	}
	for (size_t i = 0; i < it->choices; i++)
		order[i] = i;
	quiz_shuffle(z, order, it->choices);
	for (size_t i = 0; i < it->choices; i++)
		it->order[i] = (uint8_t)order[i];
	z->count++;
	return 0;
}

static bool is_wanted(const struct quiz *z, const struct quiz_question *q)
{
	if (z->about && !(q->objectives & z->about))
		return false;
	return !z->chapter || (q->chapter && !strcmp(q->chapter, z->chapter));
}

/* Day on which it is to be asked: INT_MAX - 1 = never asked, INT_MAX = not now */
static int when(const struct quiz *z, const struct quiz_question *q)
{
	const struct card *card = cards_find(z->cards, q->id);

	if (z->mode != QUIZ_PRACTICE || z->all || !card)
		return INT_MAX - 1;
	return card->step && card->due <= z->today ? card->due : INT_MAX;
}

/* In order of their day, those of one day by chance; @v has room for all. Return: how
 * many */
static size_t candidates(struct quiz *z, size_t *v)
{
	size_t count = 0;

	for (size_t i = 0; i < z->bank->count; i++)
		if (is_wanted(z, &z->bank->questions[i]) &&
		    when(z, &z->bank->questions[i]) < INT_MAX)
			v[count++] = i;
	quiz_shuffle(z, v, count);
	for (size_t i = 1; i < count; i++) {
		size_t kept = v[i], k = i;
		int day = when(z, &z->bank->questions[kept]);

		for (; k && when(z, &z->bank->questions[v[k - 1]]) > day; k--)
			v[k] = v[k - 1];
		v[k] = kept;
	}
	return count;
}

/* The objective that is owed most when @z->count are drawn, of those that @v can still
 * give. Return: -1 where there is none */
static int owed_most(const struct quiz *z, const size_t *v, size_t count,
		     const size_t *given)
{
	uint32_t open = 0;
	int64_t sum = 0, most = INT64_MIN;
	int best = -1;

	for (size_t i = 0; i < count; i++)
		open |= z->bank->questions[v[i]].objectives;
	open &= z->about ? z->about : ~0u;
	for (size_t o = 0; o < z->bank->objective_count; o++)
		sum += z->bank->objectives[o].weight;
	for (size_t o = 0; o < z->bank->objective_count; o++) {
		int64_t owed = (int64_t)(z->bank->objectives[o].weight * (z->count + 1)) -
			       sum * (int64_t)given[o];

		if (!(open & 1u << o) || owed <= most)
			continue;
		most = owed;
		best = (int)o;
	}
	return best;
}

/* Takes what it draws out of @v, which is in an order of chance */
static int draw_by_weight(struct quiz *z, size_t *v, size_t count, struct err *e)
{
	size_t given[QUIZ_OBJECTIVES] = { 0 };

	while (z->count < z->most && count) {
		int o = owed_most(z, v, count, given);
		size_t i = 0;
		int rc;

		while (!(z->bank->questions[v[i]].objectives & 1u << o))
			i++;
		rc = add_item(z, &z->bank->questions[v[i]], e);
		if (rc < 0)
			return -1;
		given[o] += !rc;
		memmove(v + i, v + i + 1, (count - i - 1) * sizeof(*v));
		count--;
	}
	return 0;
}

int quiz_draw(struct quiz *z, struct err *e)
{
	size_t *v = calloc(z->bank->count + 1, sizeof(*v)), count;
	int rc = 0;

	z->items = calloc(z->bank->count + 1, sizeof(*z->items));
	if (!v || !z->items) {
		free(v);
		return err_set(e, "out of memory");
	}
	count = candidates(z, v);
	if (z->mode == QUIZ_EXAM)
		rc = draw_by_weight(z, v, count, e);
	for (size_t i = 0; z->mode != QUIZ_EXAM && i < count && z->count < z->most; i++)
		if (add_item(z, &z->bank->questions[v[i]], e) < 0)
			rc = -1;
	free(v);
	return rc < 0 ? -1 : 0;
}

void quiz_items_free(struct quiz *z)
{
	for (size_t i = 0; i < z->count; i++) {
		live_release(&z->items[i].live);
		free(z->items[i].typed);
	}
	free(z->items);
	z->items = NULL;
	z->count = 0;
}

bool quiz_next_due(const struct quiz *z, int *day)
{
	bool found = false;

	for (size_t i = 0; i < z->bank->count; i++) {
		const struct quiz_question *q = &z->bank->questions[i];
		const struct card *card = cards_find(z->cards, q->id);

		if (!card || !card->step || !is_wanted(z, q) ||
		    (found && card->due >= *day))
			continue;
		*day = card->due;
		found = true;
	}
	return found;
}
