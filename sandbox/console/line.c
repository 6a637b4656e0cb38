// SPDX-License-Identifier: GPL-3.0-or-later
/* line.c - a person at a terminal; the only user of readline
 *
 * While a line is read the terminal makes no signals: ^C is a key like others and cancels
 * the line, so nothing can interrupt the console itself. Jobs get the terminal with its
 * usual mode, and the signals with it (job.c).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "console/complete.h"
#include "console/console.h"
#include "console/settings.h"
#include "console/stack.h"
#include "console/words.h"
#include "host/host.h"
#include "lab/lesson.h"

#define CONTROL(key) ((key)&0x1f)
#define CANCELLED    "\003"
#define ENTRY_LINES  200 /* of the history: what is longer comes back in lines */

/* What readline's functions work on: it hands them nothing */
static const struct console *at_hand;

/* --- keys -------------------------------------------------------------------------- */

static void prepare_terminal(int meta)
{
	struct termios mode;

	rl_prep_terminal(meta);
	if (tcgetattr(STDIN_FILENO, &mode) < 0)
		return;
	mode.c_lflag &= ~(tcflag_t)ISIG;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

/* ^C: the line is shown as it was given up, and CANCELLED is read in its place */
static int cancel_line(int count, int key)
{
	(void)count, (void)key;
	rl_point = rl_end;
	rl_redisplay();
	fprintf(rl_outstream, "^C");
	rl_crlf();
	rl_replace_line(CANCELLED, 1);
	rl_done = 1;
	return 0;
}

/* --- completion -------------------------------------------------------------------- */

/* The words in front of @start, of the last command of the line */
static size_t words_before(int start, struct words *out)
{
	auto_text line = { 0 };
	struct words w = { 0 };
	const char *at;
	size_t n = 0;

	text_addn(&line, rl_line_buffer, (size_t)start);
	at = text_str(&line);
	while (words_next(&at, &w, NULL) == 1) {
		words_release(out);
		*out = w;
		w = (struct words){ 0 };
		n = out->count;
		if (*at == ';' || out->background)
			n = 0;
	}
	words_release(&w);
	return n;
}

/* As readline wants it: what all have in common first, then each; on the heap */
static char **as_matches(struct candidates *c)
{
	char **m = calloc(c->count + 2, sizeof(*m));
	size_t same = strlen(c->v[0]);

	if (!m)
		return NULL;
	for (size_t i = 1; i < c->count; i++)
		while (strncmp(c->v[0], c->v[i], same) != 0)
			same--;
	m[0] = strndup(c->v[0], same);
	for (size_t i = 0; c->count > 1 && i < c->count; i++)
		m[i + 1] = strdup(c->v[i]);
	return m;
}

static char **complete(const char *word, int start, int end)
{
	struct words w = { 0 };
	struct candidates c;
	size_t n = words_before(start, &w);
	char **matches = NULL;

	(void)end;
	complete_word(at_hand, w.v, n, word, &c);
	if (c.count)
		matches = as_matches(&c);
	rl_completion_append_character = c.open ? '\0' : ' ';
	/* Where nothing else fits a path may: that is readline's own */
	rl_attempted_completion_over = !c.files && !c.dirs;
	candidates_release(&c);
	words_release(&w);
	return matches;
}

/* --- what a lab brings ------------------------------------------------------------- */

/* A solution is typed for who asked for it, and not done */
static int type_ahead(void)
{
	if (at_hand && at_hand->typed)
		rl_insert_text(at_hand->typed);
	return 0;
}

/* --- prompt ------------------------------------------------------------------------ */

/* Colours stand between \001 and \002, which readline does not count */
static void make_prompt(const struct console *c, const struct settings *s,
			struct text *out)
{
	const struct draft *d = c->draft;
	struct profile *pf = NULL;
	auto_text names = { 0 }, lab = { 0 };

	text_cut(out, 0);
	if (c->colours)
		text_add(out, "\001\033[1m\002");
	text_add(out, d ? d->name : "nook");
	if (c->colours)
		text_add(out, "\001\033[0m\002");
	if (d && !s->short_prompt && !draft_profile(d, NULL, NULL, &pf, NULL))
		stack_names(pf, &names);
	profile_free(pf);
	if (names.len)
		text_addf(out, c->colours ? " \001\033[36m\002%s\001\033[0m\002" : " %s",
			  text_str(&names));
	say_progress(&lab);
	if (lab.len)
		text_addf(out, " (%s)", text_str(&lab));
	text_add(out, "> ");
}

/* --- history ----------------------------------------------------------------------- */

/* Whether more of it could complete the line; what is wrong is said when it is done */
static bool wants_more(const char *text)
{
	struct words w = { 0 };
	int r;

	do {
		r = words_next(&text, &w, NULL);
	} while (r == 1);
	words_release(&w);
	return r == 2;
}

/* $XDG_STATE_HOME/nook/history, whose directory is the caller's alone */
static int history_path(const struct settings *s, struct text *out)
{
	struct host *h = s->history ? host_new() : NULL;
	auto_fd fd = -1;

	if (!h)
		return -1;
	text_add(out, host_state_dir(h));
	host_free(h);
	for (char *p = out->s + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(out->s, 0700);
		*p = '/';
	}
	mkdir(out->s, 0700);
	text_add(out, "/history");
	fd = open(text_str(out), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
		  0600);
	return fd < 0 ? -1 : 0;
}

/* Of a line that was there before the later one stays */
static void remember(const char *line)
{
	using_history();
	for (int i = history_length; i-- > 0;) {
		const HIST_ENTRY *h = history_get(history_base + i);
		HIST_ENTRY *gone;

		if (!h || strcmp(h->line, line) != 0)
			continue;
		gone = remove_history(i);
		free_history_entry(gone);
	}
	add_history(line);
}

/* What ends in a later line, within quotes, is as many lines of the file. Where it never
 * ends it is one line. @at: moved behind it */
static void read_entry(const char **at, struct text *out)
{
	const size_t first = strcspn(*at, "\n");
	size_t len = first;
	int lines = 1;

	text_cut(out, 0);
	text_addn(out, *at, first);
	while ((*at)[len] && wants_more(text_str(out)) && lines++ < ENTRY_LINES) {
		size_t more = 1 + strcspn(*at + len + 1, "\n");

		text_addn(out, *at + len, more);
		len += more;
	}
	if (len > first && wants_more(text_str(out)))
		text_cut(out, len = first);
	*at += len + ((*at)[len] == '\n');
}

static void load_history(const char *path, const struct settings *s)
{
	auto_text t = { 0 }, entry = { 0 };
	const char *at;

	if (file_read(AT_FDCWD, path, &t, 16u << 20) < 0 || !t.s)
		return;
	for (at = t.s; *at;) {
		read_entry(&at, &entry);
		if (entry.len)
			remember(text_str(&entry));
	}
	stifle_history(s->history);
	/* Once a session: what others append meanwhile is theirs to keep */
	if (history_length)
		write_history(path);
}

static void keep_line(const char *line, const char *path)
{
	if (!*line || strspn(line, " \t") == strlen(line) || *line == ' ')
		return;
	remember(line);
	if (path)
		append_history(1, path);
}

/* --- the loop ---------------------------------------------------------------------- */

/* Lines up to the end of what began within quotes. Return: 0; -1 at the end of file */
static int read_lines(const char *prompt, struct text *out)
{
	text_cut(out, 0);
	do {
		auto_free char *line = readline(out->len ? "> " : prompt);

		if (!line)
			return -1;
		if (!strcmp(line, CANCELLED)) {
			text_cut(out, 0);
			return 0;
		}
		text_add(out, line);
		text_addc(out, '\n');
	} while (wants_more(text_str(out)));
	text_cut(out, out->len - 1);
	return 0;
}

static void start_readline(struct console *c)
{
	static const int quiet[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };

	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++)
		signal(quiet[i], SIG_IGN);
	at_hand = c;
	rl_readline_name = "nook";
	rl_catch_signals = 0;
	rl_prep_term_function = prepare_terminal;
	rl_attempted_completion_function = complete;
	rl_startup_hook = type_ahead;
	rl_completer_quote_characters = "'\"";
	rl_basic_word_break_characters = " \t\n;";
	rl_initialize();
	rl_bind_key(CONTROL('c'), cancel_line);
}

int line_loop(struct console *c)
{
	auto_text prompt = { 0 }, line = { 0 }, path = { 0 }, last = { 0 };
	struct settings s;
	struct err e = { 0 };
	bool kept;

	if (settings_load(&s, &e) < 0)
		console_complain(&e, NULL, 0);
	c->is_interactive = true;
	c->colours = c->colours && !s.no_colour;
	tcgetattr(STDIN_FILENO, &c->mode);
	start_readline(c);
	kept = history_path(&s, &path) == 0;
	if (kept)
		load_history(text_str(&path), &s);
	while (!c->quit) {
		job_look(c);
		make_prompt(c, &s, &prompt);
		if (read_lines(text_str(&prompt), &line) < 0) {
			fd_write_all(STDOUT_FILENO, "\n", 1);
			break;
		}
		free(ptr_take(c->typed));
		keep_line(text_str(&line), kept ? text_str(&path) : NULL);
		console_text(c, text_str(&line), NULL);
	}
	say_goes_on(&last);
	fd_write_all(STDOUT_FILENO, text_str(&last), last.len);
	at_hand = NULL;
	return c->status;
}
