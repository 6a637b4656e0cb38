// SPDX-License-Identifier: GPL-3.0-or-later
/* answer.c - whether what was typed is an answer */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "quiz/bank.h"

#define BETWEEN " \t,;"

void answer_plain(const char *s, struct text *out)
{
	text_cut(out, 0);
	for (s += strspn(s, BETWEEN); *s; s++) {
		if (!strchr(BETWEEN, *s))
			text_addc(out,
				  *s >= 'A' && *s <= 'Z' ? (char)(*s + 'a' - 'A') : *s);
		else if (!strchr(BETWEEN, s[1])) /* the end of text is found, too */
			text_addc(out, ' ');
	}
	while (out->len > 1 && strchr(". ", out->s[out->len - 1]))
		text_cut(out, out->len - 1);
}

bool answer_fits(const struct quiz_texts *accept, const char *typed)
{
	auto_text is = { 0 }, want = { 0 };
	bool fits = false;

	answer_plain(typed, &is);
	for (size_t i = 0; i < accept->count && !fits; i++) {
		answer_plain(accept->v[i], &want);
		fits = !strcmp(text_str(&is), text_str(&want));
	}
	return fits;
}

/* Whether each word of @a is one of @b; both are plain */
static bool is_within(const char *a, const char *b)
{
	for (size_t len; *a; a += len + (a[len] == ' ')) {
		const char *word = b;
		size_t other = 0;

		len = strcspn(a, " ");
		for (; *word; word += other + (word[other] == ' ')) {
			other = strcspn(word, " ");
			if (other == len && !strncmp(a, word, len))
				break;
		}
		if (!*word)
			return false;
	}
	return true;
}

bool answer_is_set(const char *a, const char *b)
{
	auto_text x = { 0 }, y = { 0 };

	answer_plain(a, &x);
	answer_plain(b, &y);
	return is_within(text_str(&x), text_str(&y)) &&
	       is_within(text_str(&y), text_str(&x));
}

uint32_t answer_letters(const char *line, size_t most)
{
	uint32_t chosen = 0;

	for (; *line; line++) {
		char c = (char)(*line | 0x20);

		if (strchr(BETWEEN, *line))
			continue;
		if (c < 'a' || c >= (char)('a' + most))
			return 0;
		chosen |= 1u << (c - 'a');
	}
	return chosen;
}
