// SPDX-License-Identifier: GPL-3.0-or-later
/* settings.c - $XDG_CONFIG_HOME/nook/console: how the console looks */
#include "console/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "base/text.h"
#include "console/words.h"

#define HISTORY	     2000
#define HISTORY_MOST 100000
#define FILE_MOST    (64u << 10)

/** struct choice - A setting that is one of two words */
struct choice {
	const char *name, *off, *on;
	size_t member; /* of struct settings, a bool */
};

static const struct choice choices[] = {
	{ "prompt", "full", "short", offsetof(struct settings, short_prompt) },
	{ "colour", "auto", "never", offsetof(struct settings, no_colour) },
};

static int take(char *const *v, struct settings *out, struct err *e)
{
	uint64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		const struct choice *c = &choices[i];
		bool on = !strcmp(v[1], c->on);

		if (strcmp(v[0], c->name) != 0)
			continue;
		if (!on && strcmp(v[1], c->off) != 0)
			return err_set(e, "'%s': expected %s or %s", v[1], c->off, c->on);
		memcpy((char *)out + c->member, &on, sizeof(on));
		return 0;
	}
	if (strcmp(v[0], "history") != 0)
		return err_set(e, "no setting '%s': expected prompt, colour or history",
			       v[0]);
	if (parse_number_in(v[1], 0, HISTORY_MOST, &n) < 0)
		return err_set(e, "'%s': expected a count up to %d", v[1], HISTORY_MOST);
	out->history = (int)n;
	return 0;
}

int settings_parse(const char *text, const char *name, struct settings *out,
		   struct err *e)
{
	struct words w = { 0 };
	int line = 1, r;

	*out = (struct settings){ .history = HISTORY };
	while ((r = words_next(&text, &w, e)) == 1) {
		if (w.count != 2)
			r = err_set(e, "expected a setting and its value");
		else
			r = take(w.v, out, e);
		if (r < 0)
			break;
		line += w.lines;
	}
	if (r == 2)
		r = err_set(e, "the text ends within quotes");
	if (r < 0)
		err_wrap(e, "%s:%d: ", name, line + w.lines_before);
	words_release(&w);
	return r;
}

int settings_load(struct settings *out, struct err *e)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	auto_text path = { 0 }, text = { 0 };

	*out = (struct settings){ .history = HISTORY };
	if (config && *config == '/')
		text_addf(&path, "%s/nook/console", config);
	else if (home && *home == '/')
		text_addf(&path, "%s/.config/nook/console", home);
	if (!path.len || file_read(AT_FDCWD, text_str(&path), &text, FILE_MOST) < 0)
		return !path.len || errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_sys(e, "cannot read '%s'", text_str(&path));
	return settings_parse(text_str(&text), text_str(&path), out, e);
}
