// SPDX-License-Identifier: GPL-3.0-or-later
/* console.c - any text as a script of the console, as its settings, as layers and keys of
 * drafts, and as a line to complete
 *
 * The first byte chooses. No box is made and nothing is run: where a word would look at a
 * box, the fuzzer only lets it count.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "console/complete.h"
#include "console/console.h"
#include "console/settings.h"
#include "console/stack.h"
#include "console/words.h"

#define STEPS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A failure says why */
static void check(int r, const struct err *e)
{
	if (r < 0 && !e->text[0])
		abort();
}

/* One command to a draft, as the console says it */
static void say(struct draft *d, struct words *w)
{
	struct profile *pf = NULL, *then = NULL;
	struct step s = { .words = strdup(w->v[0]) };
	struct err e = { 0 };
	int r;

	if (draft_profile(d, NULL, NULL, &pf, &e) < 0)
		abort(); /* a draft is one that could be */
	if (!strcmp(w->v[0], "set") && w->count > 2)
		r = step_set(&s, w->v[1], w->v[2], &e);
	else if (!strcmp(w->v[0], "drop"))
		r = stack_drop(pf, w->v + 1, &s, &e);
	else
		r = stack_add(pf, true, w->v + 1, &s, &e);
	check(r, &e);
	if (!r) {
		r = draft_profile(d, &s, NULL, &then, &e);
		check(r, &e);
	}
	if (!r)
		draft_push(d, &s, &e);
	step_release(&s);
	profile_free(pf);
	profile_free(then);
}

static void script(const char *text)
{
	struct draft *d = draft_new("web", NULL);
	struct words w = { 0 };
	struct err e = { 0 };
	int r = 0;

	for (int i = 0; i < STEPS && (r = words_next(&text, &w, &e)) == 1; i++)
		say(d, &w);
	check(r, &e);
	words_release(&w);
	draft_free(d);
}

static void completion(const char *text)
{
	struct draft d = { .name = "web" };
	struct console c = { .drafts = &d, .draft = &d };
	struct candidates got;
	struct words w = { 0 };

	if (words_next(&text, &w, NULL) == 1) {
		complete_word(&c, w.v, w.count - 1, w.v[w.count - 1], &got);
		candidates_release(&got);
	}
	words_release(&w);
}

static void settings(const char *text)
{
	struct settings s;
	struct err e = { 0 };

	check(settings_parse(text, "settings", &s, &e), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const char *text) = { script, completion,
							       settings };
	char *text = malloc(size + 1);

	if (!text || !size) {
		free(text);
		return 0;
	}
	setenv("NOOK_PROFILE_PATH", "profiles", 1);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	readers[data[0] % 3](text);
	free(text);
	return 0;
}
