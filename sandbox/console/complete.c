// SPDX-License-Identifier: GPL-3.0-or-later
/* complete.c - what a word of the console can become */
#include "console/complete.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "cmd/boxes.h"
#include "cmd/nets.h"
#include "console/console.h"
#include "console/sayings.h"
#include "console/stack.h"
#include "lab/lab.h"

/** struct asking - The word that is completed */
struct asking {
	const struct console *c;
	const char *word;
	struct candidates *out;
};

static void offer(struct asking *a, const char *name)
{
	struct candidates *o = a->out;
	char **more;

	if (strncmp(name, a->word, strlen(a->word)) != 0)
		return;
	for (size_t i = 0; i < o->count; i++)
		if (!strcmp(o->v[i], name))
			return;
	more = realloc(o->v, (o->count + 1) * sizeof(*more));
	if (!more)
		return;
	o->v = more;
	o->v[o->count] = strdup(name);
	o->count += o->v[o->count] != NULL;
}

static void offer_words(struct asking *a, const char *words)
{
	while (words && *words) {
		size_t n = strcspn(words, " ");
		auto_text one = { 0 };

		text_addn(&one, words, n);
		offer(a, text_str(&one));
		words += n + (words[n] == ' ');
	}
}

/* --- names ------------------------------------------------------------------------- */

static void offer_profile(const char *name, const char *path, void *arg)
{
	(void)path;
	offer(arg, name);
}

static void offer_boxes(struct asking *a)
{
	struct boxes b;

	if (!boxes_all(&b, NULL))
		for (size_t i = 0; i < b.count; i++) {
			if (*b.v[i].rec.name)
				offer(a, b.v[i].rec.name);
			offer(a, b.v[i].rec.id);
		}
	boxes_release(&b);
}

static int offer_network(const struct net_def *d, void *arg)
{
	offer(arg, d->name);
	return 0;
}

static void offer_networks(struct asking *a)
{
	struct nets n;

	if (!nets_open(&n, false, NULL) && n.places.state >= 0)
		net_def_each(n.places.state, offer_network, a, NULL);
	nets_release(&n);
}

static void offer_labs(struct asking *a)
{
	struct lab_set labs;

	if (lab_find_all(NULL, &labs, NULL) < 0)
		return;
	for (size_t i = 0; i < labs.count; i++)
		offer(a, labs.v[i].id);
	lab_set_release(&labs);
}

static void offer_drafts(struct asking *a)
{
	for (const struct draft *d = a->c->drafts; d; d = d->next)
		offer(a, d->name);
}

static void offer_jobs(struct asking *a)
{
	for (const struct job *j = a->c->jobs; j; j = j->next) {
		auto_text one = { 0 };

		text_addf(&one, "%%%d", j->number);
		offer(a, text_str(&one));
	}
}

static void offer_fields(struct asking *a)
{
	for (int f = 0; f < FIELD_COUNT; f++)
		offer(a, field_name((enum field)f));
}

static void offer_commands(struct asking *a)
{
	for (size_t i = 0; cmds()[i]; i++) {
		auto_text first = { 0 };

		text_addn(&first, cmds()[i]->name, strcspn(cmds()[i]->name, " "));
		offer(a, text_str(&first));
	}
}

static void offer_all_words(struct asking *a)
{
	for (size_t i = 0; word_at(i); i++)
		offer(a, word_at(i)->name);
	offer_commands(a);
	offer(a, "nook");
	offer(a, "exit");
}

/* A name that would have to be quoted is not offered: it becomes a part of the line */
static bool is_plain(const char *name)
{
	auto_text quoted = { 0 };

	text_shell(&quoted, name);
	return *name != '.' && !strcmp(text_str(&quoted), name);
}

static void offer_programs_in(struct asking *a, const char *path)
{
	auto_dir dir = opendir(path);
	const struct dirent *de;

	while (dir && (de = readdir(dir)))
		if (de->d_type != DT_DIR && is_plain(de->d_name) &&
		    !faccessat(dirfd(dir), de->d_name, X_OK, 0))
			offer(a, de->d_name);
}

/* Of this machine, whose programs most drafts have: all is too much to choose from */
static void offer_programs(struct asking *a)
{
	const char *path = *a->word && !strchr(a->word, '/') ? getenv("PATH") : NULL;

	a->out->files = true;
	while (path && *path) {
		size_t n = strcspn(path, ":");
		auto_text one = { 0 };

		text_addn(&one, path, n);
		offer_programs_in(a, text_str(&one));
		path += n + (path[n] == ':');
	}
}

static void offer_values(struct asking *a, const char *key)
{
	int f = field_find(key + (*key == '+'));
	const struct name *v = f < 0 ? NULL : field_words((enum field)f);

	for (; v && v->name; v++)
		offer(a, v->name);
}

/* KEY=VALUE in one word: the key first, then what it takes */
static void offer_key(struct asking *a)
{
	const char *equals = strchr(a->word, '=');

	for (int f = 0; !equals && f < FIELD_COUNT; f++) {
		auto_text one = { 0 };

		text_addf(&one, "%s=", field_name((enum field)f));
		offer(a, text_str(&one));
	}
	a->out->open = !equals;
	if (equals) {
		auto_text key = { 0 };
		int f;
		const struct name *v;

		text_addn(&key, a->word, (size_t)(equals - a->word));
		f = field_find(text_str(&key));
		for (v = f < 0 ? NULL : field_words((enum field)f); v && v->name; v++) {
			auto_text one = { 0 };

			text_addf(&one, "%s=%s", text_str(&key), v->name);
			offer(a, text_str(&one));
		}
	}
}

static void offer_layers(struct asking *a)
{
	for (size_t i = 0; brick_at(i); i++)
		offer(a, brick_at(i)->name);
}

/* Of one kind, enum complete or enum word_complete */
static void offer_kind(struct asking *a, int kind, const char *words)
{
	switch (kind) {
	case COMPLETE_EXPLAIN:
		offer_layers(a);
		/* fall through */
	case COMPLETE_PROFILE:
		profile_each(offer_profile, a, NULL);
		a->out->files = strchr(a->word, '/') != NULL;
		break;
	case COMPLETE_BOX:
	case COMPLETE_INTO:
		offer_boxes(a);
		break;
	case COMPLETE_COPY:
		offer_boxes(a);
		a->out->files = true;
		break;
	case COMPLETE_PROGRAM:
		offer_programs(a);
		break;
	case COMPLETE_FILE:
		a->out->files = true;
		break;
	case COMPLETE_DIR:
		a->out->dirs = true;
		break;
	case COMPLETE_KEY:
		offer_key(a);
		break;
	case COMPLETE_FIELD:
		offer_fields(a);
		break;
	case COMPLETE_COMMAND:
		offer_commands(a);
		break;
	case COMPLETE_WORDS:
	case COMPLETE_LIMIT:
		offer_words(a, words);
		break;
	case COMPLETE_NETWORK:
		offer_networks(a);
		break;
	case COMPLETE_LAB:
		offer_labs(a);
		break;
	case COMPLETE_LAYER:
		offer_layers(a);
		break;
	case COMPLETE_JOB:
		offer_jobs(a);
		break;
	case COMPLETE_DRAFT:
		offer_drafts(a);
		break;
	case COMPLETE_LIMIT_NAME:
		for (size_t i = 0; saying_limit(i); i++)
			offer(a, saying_limit(i));
		break;
	case COMPLETE_WORD:
		offer_all_words(a);
		offer_layers(a);
		break;
	default:
		break;
	}
}

/* --- where the word stands ---------------------------------------------------------- */

/* Behind `add`: layers, and what may follow the one in front */
static void offer_add(struct asking *a, const char *last)
{
	const struct brick *b = brick_find(last, NULL);

	if (b)
		offer_words(a, b->words);
	if (b && (!strcmp(b->name, "root") || !strcmp(b->name, "chroot")))
		a->out->dirs = true;
	if (!strcmp(last, "veth"))
		offer_networks(a);
	if (!strcmp(last, "directory"))
		a->out->dirs = true;
	offer_layers(a);
}

static void offer_word(struct asking *a, const struct word *w, char *const *before,
		       size_t n)
{
	const char *last = before[n - 1];

	if (!strcmp(w->name, "add"))
		offer_add(a, last);
	else if (!strcmp(w->name, "set") && n > 1)
		offer_values(a, before[1]);
	else if (!strcmp(w->name, "new") && n == 2)
		offer(a, "from");
	else if (!strcmp(w->name, "new") && n < 2)
		return;
	else if (w->complete == COMPLETE_PROGRAM && n > 1)
		a->out->files = true;
	else if (!strcmp(w->name, "limit") && n > 1)
		offer(a, "none");
	else
		offer_kind(a, w->complete, w->words);
	if (!strcmp(w->name, "kill"))
		offer_jobs(a);
}

static const struct opt *find_option(const struct cmd *cmd, const char *word)
{
	for (const struct opt *o = cmd->options; o && o->name; o++)
		if (!strncmp(word, "--", 2) ? !strcmp(word + 2, o->name)
					    : word[1] == o->letter && !word[2])
			return o;
	return NULL;
}

static void offer_options(struct asking *a, const struct opt *o)
{
	for (; o && o->name; o++) {
		auto_text one = { 0 };

		text_addf(&one, "--%s", o->name);
		offer(a, text_str(&one));
	}
}

/* @word, behind these, is of a command that needs no `--` */
static bool in_command(const struct cmd *cmd, char *const *before, size_t n,
		       const char *word)
{
	size_t own = 0, i;

	for (i = 1; i < n && own <= cmd->bare_after; i++) {
		const struct opt *o =
			*before[i] == '-' ? find_option(cmd, before[i]) : NULL;

		own += *before[i] != '-';
		i += o && o->arg;
	}
	return own > cmd->bare_after ||
	       (own == cmd->bare_after && i == n && *word != '-');
}

/* Words of a command of the table, as from a shell; @used of those before are its name */
static void offer_command(struct asking *a, const struct cmd *cmd, char *const *before,
			  size_t n)
{
	const char *last = before[n - 1];
	const struct opt *o = *last == '-' ? find_option(cmd, last) : NULL;

	for (size_t i = 0; i < n && args_take_command(cmd); i++)
		if (!strcmp(before[i], "--")) {
			offer_kind(a, i + 1 < n ? COMPLETE_FILE : COMPLETE_PROGRAM, NULL);
			return;
		}
	if (cmd->bare_after && in_command(cmd, before, n, a->word)) {
		a->out->files = true;
	} else if (o && o->arg) {
		offer_kind(a, (int)o->complete, o->words);
	} else if (*a->word == '-') {
		offer_options(a, cmd->options);
		offer_options(a, options_common());
	} else {
		offer_kind(a, (int)cmd->complete, cmd->words);
		if (cmd->complete == COMPLETE_LIMIT)
			offer_boxes(a);
	}
}

/* Second words of commands of two */
static void offer_group(struct asking *a, const char *first)
{
	for (size_t i = 0; cmds()[i]; i++)
		if (cmd_in_group(cmds()[i], first))
			offer(a, cmds()[i]->name + strlen(first) + 1);
}

void complete_word(const struct console *c, char *const *before, size_t n,
		   const char *word, struct candidates *out)
{
	struct asking a = { c, word, out };
	const char *first[3] = { NULL };
	const struct word *w;
	const struct cmd *cmd;
	size_t used;

	*out = (struct candidates){ 0 };
	if (n && !strcmp(before[0], "nook")) {
		before++;
		n--;
		if (!n) {
			offer_commands(&a);
			return;
		}
	} else if (n && (w = word_find(before[0])) && (c->draft || !w->only_draft)) {
		offer_word(&a, w, before, n);
		return;
	}
	if (!n) {
		offer_all_words(&a);
		return;
	}
	first[0] = before[0];
	first[1] = n > 1 ? before[1] : NULL;
	cmd = cmd_lookup(first, &used);
	if (cmd)
		offer_command(&a, cmd, before, n);
	else if (n == 1)
		offer_group(&a, before[0]);
}

void candidates_release(struct candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->v[i]);
	free(c->v);
	*c = (struct candidates){ 0 };
}
