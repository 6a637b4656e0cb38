// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_run.c - run-in: what a command says where the target is */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "lab/within.h"

#define MOST_ARGS 30

/**
 * struct wish - The words of run-in
 * @sign:	What is compared: '=' the output is @text, '~' it matches, '>' the exit
 *		code is @code
 */
struct wish {
	const char *argv[MOST_ARGS];
	const char *text;
	char sign;
	uint64_t code;
};

static char sign_of(const char *word)
{
	static const char *const signs[] = { "=>", "=~", "->" };

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (!strcmp(word, signs[i]))
			return "=~>"[i];
	return '\0';
}

/* Return: 0, -1 and @e */
static int read_wish(const char *const *words, size_t n, struct wish *w, struct err *e)
{
	*w = (struct wish){ .sign = '>' };
	if (lab_target_check(words[0], e) < 0)
		return -1;
	if (n >= 4 && sign_of(words[n - 2])) {
		w->sign = sign_of(words[n - 2]);
		w->text = words[n - 1];
		n -= 2;
	}
	for (size_t i = 1; i < n; i++) {
		if (sign_of(words[i]))
			return err_set(e, "'%s' takes one word: quote what is behind it",
				       words[i]);
		w->argv[i - 1] = words[i];
	}
	if (w->sign == '~')
		return match_check(w->text, e);
	if (w->sign == '>' && w->text && parse_number_in(w->text, 0, 255, &w->code) < 0)
		return err_set(e, "'%s' is no exit code: expected 0 to 255", w->text);
	return 0;
}

static int check_run(const char *const *words, size_t n, struct err *e)
{
	struct wish w;

	return read_wish(words, n, &w, e);
}

static void say_expected(const struct wish *w, struct fact_found *out)
{
	text_add(&out->expected, "'");
	for (size_t i = 0; w->argv[i]; i++)
		text_addf(&out->expected, "%s%s", i ? " " : "", w->argv[i]);
	if (w->sign == '>')
		text_addf(&out->expected, "' ends with %u", (unsigned int)w->code);
	else
		text_addf(&out->expected,
			  w->sign == '=' ? "' says '%s'" : "' says what matches /%s/",
			  w->text);
}

/* Return: 1, 0, -1 and @e */
static int compare(const struct wish *w, int code, struct text *said, struct err *e)
{
	fact_trim(said);
	if (code == WITHIN_LATE)
		return 0;
	if (w->sign == '=')
		return !strcmp(text_str(said), w->text);
	if (w->sign == '~')
		return match_text(w->text, text_str(said), e);
	return (uint64_t)code == w->code;
}

static int look_run(const struct lab_scene *s, const char *const *words, size_t n,
		    struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	auto_text said = { 0 };
	struct err why = { 0 };
	struct wish w;
	int rc, code, ms = s->run_ms ? s->run_ms : FACT_RUN_MS;

	if (read_wish(words, n, &w, e) < 0)
		return -1;
	say_expected(&w, out);
	rc = aim_at(s, words[0], &a, out, e);
	if (rc <= 0)
		return rc;
	text_addf(&out->source, "run in the namespaces of process %d, /proc/%d/ns", a.pid,
		  a.pid);
	code = within_run(&a, w.argv, ms, &said, &why);
	if (code < 0)
		return fact_nowhere(out, "%s", why.text);
	rc = compare(&w, code, &said, e);
	out->holds = rc == 1;
	if (code == WITHIN_LATE)
		text_addf(&out->found, "not at its end after %d ms: ", ms);
	else if (code || w.sign == '>')
		text_addf(&out->found, "code %d: ", code);
	fact_say_text(out, text_str(&said));
	return rc < 0 ? -1 : 0;
}

const struct fact_verb facts_run[] = {
	{ "run-in", "TARGET COMMAND [ARG...] [=> TEXT | =~ REGEX | -> CODE]",
	  "the command, run in the target's namespaces at its root by its user, writes "
	  "that "
	  "text, or what the regular expression is found in, or ends with that code; "
	  "without any of them with 0",
	  2, MOST_ARGS, check_run, look_run },
	{ 0 },
};
