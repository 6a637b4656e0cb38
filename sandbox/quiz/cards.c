// SPDX-License-Identifier: GPL-3.0-or-later
/* cards.c - the file of what comes again: read, changed, written in its own place */
#include "quiz/cards.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"

#define DAY_SECONDS 86400
#define FILE_NAME   "review"
#define FILE_MOST   (4u << 20)

/* --- days ------------------------------------------------------------------------- */

int day_today(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return (int)(timegm(&tm) / DAY_SECONDS);
}

int day_parse(const char *s, int *day)
{
	struct tm tm = { 0 };
	char again[DAY_SIZE];
	int year, month;

	if (strlen(s) != DAY_SIZE - 1 || s[4] != '-' || s[7] != '-')
		return -1;
	for (size_t i = 0; i < DAY_SIZE - 1; i++)
		if (i != 4 && i != 7 && (s[i] < '0' || s[i] > '9'))
			return -1;
	if (sscanf(s, "%4d-%2d-%2d", &year, &month, &tm.tm_mday) != 3 || year < 1970)
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	*day = (int)(timegm(&tm) / DAY_SECONDS);
	/* the 31st of February is another day */
	day_print(*day, again);
	return strcmp(s, again) ? -1 : 0;
}

void day_print(int day, char out[DAY_SIZE])
{
	time_t at = (time_t)day * DAY_SECONDS;
	struct tm tm;

	if (!gmtime_r(&at, &tm) || !strftime(out, DAY_SIZE, "%Y-%m-%d", &tm))
		snprintf(out, DAY_SIZE, "-");
}

/* --- lines ------------------------------------------------------------------------ */

static int wrong_line(struct err *e, const char *file, size_t line, const char *expects)
{
	err_set(e, "%s:%zu: expected %s", file, line, expects);
	return err_hint(e, "mend that line or remove it; nothing was changed");
}

static int add(struct cards *c, const struct card *card, struct err *e)
{
	if (c->count == c->room) {
		size_t room = c->room ? c->room * 2 : 64;
		struct card *more = realloc(c->v, room * sizeof(*more));

		if (!more)
			return err_set(e, "out of memory");
		c->v = more;
		c->room = room;
	}
	c->v[c->count++] = *card;
	return 0;
}

static const char *lack(const char *const word[5], struct card *out)
{
	uint64_t step, asked, wrong;
	bool known = !strcmp(word[1], "-");

	if (parse_name(word[0], NULL))
		return "the id of a question";
	if (!known && parse_number_in(word[1], 1, CARD_STEPS, &step))
		return "a step from 1 to 3, or - for what is known";
	if (known ? strcmp(word[2], "-") != 0 : day_parse(word[2], &out->due))
		return "a day such as 2026-11-22, or - behind a step that is -";
	if (parse_number_in(word[3], 0, UINT32_MAX, &asked) ||
	    parse_number_in(word[4], 0, UINT32_MAX, &wrong) || wrong > asked)
		return "how often it was asked, and how often wrong";
	snprintf(out->id, sizeof(out->id), "%s", word[0]);
	out->step = known ? 0 : (unsigned int)step;
	out->asked = (unsigned int)asked;
	out->wrong = (unsigned int)wrong;
	return NULL;
}

static int read_line(struct cards *c, char *line, const char *file, size_t number,
		     struct err *e)
{
	const char *word[6] = { 0 };
	struct card card = { 0 };
	const char *expects;
	char *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, " \t", &save); w && n < ARRAY_SIZE(word);
	     w = strtok_r(NULL, " \t", &save))
		word[n++] = w;
	if (!n)
		return 0;
	expects = n == 5 ? lack(word, &card) : "'ID STEP DUE ASKED WRONG'";
	if (!expects && cards_find(c, card.id))
		expects = "each id once";
	return expects ? wrong_line(e, file, number, expects) : add(c, &card, e);
}

int cards_parse(struct cards *c, const char *file, const char *text, struct err *e)
{
	auto_text line = { 0 };
	size_t number = 0;

	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		number++;
		if (*text == '#') {
			text_addn(&c->comments, text, len);
			text_addc(&c->comments, '\n');
			continue;
		}
		text_cut(&line, 0);
		text_addn(&line, text, len);
		if (line.failed)
			return err_set(e, "out of memory");
		if (line.s && read_line(c, line.s, file, number, e))
			return -1;
	}
	return 0;
}

void cards_text(const struct cards *c, struct text *out)
{
	text_add(out, c->comments.len ? text_str(&c->comments)
				      : "# nook quiz: what comes again, and when\n"
					"# id step due asked wrong\n");
	for (size_t i = 0; i < c->count; i++) {
		const struct card *card = &c->v[i];
		char due[DAY_SIZE];

		day_print(card->due, due);
		if (card->step)
			text_addf(out, "%s %u %s", card->id, card->step, due);
		else
			text_addf(out, "%s - -", card->id);
		text_addf(out, " %u %u\n", card->asked, card->wrong);
	}
}

/* --- the file --------------------------------------------------------------------- */

static int state_path(struct text *out, struct err *e)
{
	const char *state = secure_getenv("XDG_STATE_HOME");
	const char *home = secure_getenv("HOME");

	if (state && *state == '/')
		text_add(out, state);
	else if (home && *home == '/')
		text_addf(out, "%s/.local/state", home);
	else
		return err_set(e, "no place to remember answers: HOME is not set");
	text_add(out, "/nook/quiz");
	return out->failed ? err_set(e, "out of memory") : 0;
}

static int open_dir(struct cards *c, bool write, struct err *e)
{
	char *path = c->path.s;
	struct stat st;

	for (char *p = path; write && (p = strchr(p + 1, '/'));) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	if (write)
		mkdir(path, 0700);
	c->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->dir < 0 && (write || errno != ENOENT))
		return err_sys(e, "cannot open '%s'", path);
	/* With sudo HOME may be another's, who could lead root's files to any place */
	if (c->dir >= 0 && (fstat(c->dir, &st) < 0 || st.st_uid != geteuid() ||
			    st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(e, "'%s' is not yours alone to write", path);
	if (c->dir < 0 || !write || !flock(c->dir, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return err_sys(e, "cannot lock '%s'", path);
	err_set(e, "another quiz of yours is under way");
	return err_hint(e, "one at a time writes to %s/" FILE_NAME, path);
}

static int read_file(struct cards *c, struct err *e)
{
	auto_text text = { 0 };

	text_add(&c->path, "/" FILE_NAME);
	if (c->dir < 0)
		return 0;
	if (file_read(c->dir, FILE_NAME, &text, FILE_MOST) < 0)
		return errno == ENOENT
			       ? 0
			       : err_sys(e, "cannot read '%s'", text_str(&c->path));
	if (text.len && strlen(text.s) != text.len)
		return err_set(e, "%s: has a NUL byte", text_str(&c->path));
	return cards_parse(c, text_str(&c->path), text_str(&text), e);
}

int cards_open(struct cards *c, bool write, struct err *e)
{
	*c = (struct cards){ .dir = -1 };
	if (!state_path(&c->path, e) && !open_dir(c, write, e) && !read_file(c, e))
		return 0;
	cards_close(c);
	return -1;
}

void cards_close(struct cards *c)
{
	cleanup_fd(&c->dir);
	text_release(&c->path);
	text_release(&c->comments);
	free(c->v);
	*c = (struct cards){ .dir = -1 };
}

const struct card *cards_find(const struct cards *c, const char *id)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->v[i].id, id))
			return &c->v[i];
	return NULL;
}

static int write_file(const struct cards *c, struct err *e)
{
	auto_text text = { 0 };
	auto_fd fd = -1;

	cards_text(c, &text);
	if (text.failed)
		return err_set(e, "out of memory");
	fd = openat(c->dir, FILE_NAME ".new",
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, text_str(&text), text.len) < 0 || fsync(fd) < 0 ||
	    renameat(c->dir, FILE_NAME ".new", c->dir, FILE_NAME) < 0)
		return err_sys(e, "cannot write '%s'", text_str(&c->path));
	return 0;
}

/* A right answer before its day proves nothing about that day: the step stays */
static void enter(struct card *card, bool right, int today)
{
	static const int days[CARD_STEPS] = { 1, 3, 7 };

	card->asked++;
	card->wrong += !right;
	if (right && (!card->step || today < card->due))
		return;
	if (right && card->step == CARD_STEPS) {
		card->step = 0;
		return;
	}
	card->step = right ? card->step + 1 : 1;
	card->due = today + days[card->step - 1];
}

int cards_answer(struct cards *c, const char *id, bool right, int today, struct err *e)
{
	struct card fresh = { 0 };
	size_t i = 0;

	while (i < c->count && strcmp(c->v[i].id, id) != 0)
		i++;
	snprintf(fresh.id, sizeof(fresh.id), "%s", id);
	if (i == c->count && add(c, &fresh, e))
		return -1;
	enter(&c->v[i], right, today);
	return write_file(c, e);
}
