// SPDX-License-Identifier: GPL-3.0-or-later
/* resting.c - boxes at rest, as commands find, make and plan them
 *
 * What is kept of a command line is what sets profile keys, word by word as it was given,
 * the profile and the command: `--memory=64M`, `dev`, `--`, `sleep`, `60`. It is parsed
 * again, by the table of create, for each start, and means what it meant because the
 * directory is kept as well.
 */
#include "cmd/resting.h"

#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/text.h"
#include "box/log.h"
#include "box/store.h"
#include "host/host.h"

int resting_open(struct rest_area *area, bool make, struct err *e)
{
	struct host *h = host_new();
	int r = h ? rest_area_open(area, host_state_dir(h), make, e)
		  : err_set(e, "out of memory");

	host_free(h);
	return r;
}

/* An ordinary user's overlay keeps its marks in attributes that tmpfs has since Linux 6.6
 */
int resting_open_passing(struct rest_area *area, bool make)
{
	struct err none = { 0 };
	struct statfs fs;
	char state[64];

	snprintf(state, sizeof(state), "/dev/shm/nook-%u", geteuid());
	if (rest_area_open(area, state, make, &none) < 0 || area->dir < 0)
		return -1;
	if (!fstatfs(area->dir, &fs) && fs.f_type == TMPFS_MAGIC &&
	    (geteuid() == 0 || !fsetxattr(area->dir, "user.nook", "", 0, 0)))
		return 0;
	resting_close_passing(area);
	return -1;
}

void resting_close_passing(struct rest_area *area)
{
	char *end = strrchr(area->path, '/');

	if (area->dir < 0)
		return;
	if (rmdir(area->path) == 0 && end) {
		*end = '\0';
		(void)rmdir(area->path);
	}
	rest_area_close(area);
}

int resting_sweep(void)
{
	struct rest_area area = { .dir = -1 };
	int n = 0;

	if (resting_open(&area, false, NULL) == 0)
		n = rest_sweep_all(&area);
	rest_area_close(&area);
	return n;
}

int resting_check_free(const char *name, struct err *e)
{
	struct rest_area area;
	struct rest r;
	int found;

	if (resting_open(&area, false, e) < 0)
		return -1;
	found = rest_open(&area, name, &r, NULL);
	if (!found)
		rest_close(&r);
	rest_area_close(&area);
	if (found)
		return 0;
	err_set(e, "a box named '%s' exists already", name);
	return err_hint(e,
			"nook start %s, or add --keep to run in it; 'nook rm %s' "
			"removes it",
			name, name);
}

static void add_word(struct text *t, const char *word)
{
	text_addn(t, word, strlen(word) + 1);
}

static void add_options(const struct args *a, const char *profile, struct text *t)
{
	for (size_t i = 0; i < a->given_count; i++) {
		const struct given *g = &a->given[i];

		if (!g->opt->key)
			continue;
		text_addf(t, "--%s", g->opt->name);
		if (g->value)
			text_addf(t, "=%s", g->value);
		text_addc(t, '\0');
	}
	add_word(t, profile);
}

static void add_command(const struct args *a, struct text *t)
{
	if (a->rest_count)
		add_word(t, "--");
	for (size_t i = 0; i < a->rest_count; i++)
		add_word(t, a->rest[i]);
}

static struct plan *copy_plan(const struct plan *pl)
{
	struct plan *copy = malloc(pl->size);

	return copy ? memcpy(copy, pl, pl->size) : NULL;
}

int resting_log_size(const struct args *a, uint64_t *size, struct err *e)
{
	const char *given = cmd_option(a, "log-size"), *why;

	*size = LOG_SIZE;
	if (given && (parse_size(given, size, &why) < 0 || !*size || *size == PARSE_MAX))
		return cmd_usage(a, e, "--log-size '%s': expected a size such as 10M",
				 given);
	return 0;
}

int resting_record(const struct run *run, struct rest_record *rec, struct err *e)
{
	const struct args *a = &run->args;
	auto_text words = { 0 };
	int r;

	*rec = (struct rest_record){ 0 };
	r = resting_log_size(a, &rec->log_size, e);
	if (r < 0)
		return r;
	rec->passing = cmd_option(a, "rm");
	add_options(a, run->profile, &words);
	add_command(a, &words);
	rec->words_len = words.len;
	rec->words = words.failed ? NULL : text_take(&words);
	rec->plan = copy_plan(run->plan);
	rec->cwd = getcwd(NULL, 0);
	if (rec->words && rec->plan && rec->cwd && *rec->cwd == '/')
		return 0;
	if (!rec->cwd || *rec->cwd != '/')
		err_sys(e, "the current directory has no name");
	else
		err_set(e, "out of memory");
	rest_record_release(rec);
	return -1;
}

/* The words before the command */
bool resting_same(const struct args *a, const char *profile,
		  const struct rest_record *rec)
{
	auto_text t = { 0 };
	size_t at = 0;

	while (at < rec->words_len && strcmp(rec->words + at, "--") != 0)
		at += strlen(rec->words + at) + 1;
	add_options(a, profile, &t);
	return !t.failed && t.len == at && !memcmp(t.s, rec->words, at);
}

/* What was changed since, as by as many --set behind the words */
static int add_updates(const struct rest_record *rec, struct args *words)
{
	const char *end = rec->updates + rec->updates_len;

	for (const char *p = rec->updates; p < end; p += strlen(p) + 1) {
		size_t len = strcspn(p, "=");
		auto_text key = { 0 };

		text_addn(&key, p, len);
		if (!p[len] || args_wish(words, "nook update", text_str(&key),
					 p + len + 1) < 0)
			return -1;
	}
	return 0;
}

int resting_plan(const struct rest *rest, const struct args *a, struct args *words,
		 struct run *run, struct err *e)
{
	struct args own = *a;
	size_t count;

	*words = (struct args){ .argv = rest_record_words(&rest->rec, &count) };
	if (!words->argv)
		return err_set(e, "out of memory");
	if (chdir(rest->rec.cwd) < 0)
		return err_sys(e, "box '%s' belongs to the directory '%s'", rest->name,
			       rest->rec.cwd);
	if (args_parse(&cmd_create, words->argv, words, e) != 0 || words->word_count != 1)
		return err_wrap(e, "box '%s' cannot be made as it was: ", rest->name);
	if (add_updates(&rest->rec, words) < 0)
		return err_set(e, "out of memory");
	own.wishes = words->wishes;
	own.wish_count = words->wish_count;
	if (!own.rest_count) {
		own.rest = words->rest;
		own.rest_count = words->rest_count;
	}
	return run_begin(run, &own, words->words[0], e) < 0 ? -1 : run_make_plan(run, e);
}

void resting_await_end(struct rest *rest)
{
	struct record rec;
	struct plan *runs;

	if (rest_read(rest, NULL) < 0 || rest->rec.state != REST_RUNNING)
		return;
	runs = store_running(rest->name, &rec);
	if (!runs)
		rest_await(rest);
	free(runs);
}

int resting_clear_runs(struct err *e)
{
	struct store st;

	if (store_open(&st, e) < 0)
		return -1;
	store_gc(&st, 0);
	store_remove(&st);
	return 0;
}

int resting_clear(struct rest *rest, struct err *e)
{
	if (resting_clear_runs(e) < 0)
		return -1;
	if (rest->rec.state != REST_RUNNING)
		return 0;
	rest->rec.state = rest_state(rest);
	return rest_write(rest, e);
}

int resting_each(const struct args *a,
		 int (*one)(const struct args *a, const struct rest_area *area,
			    const char *name, struct err *e),
		 struct err *e)
{
	struct rest_area area = { .dir = -1 };
	int failed = 0;

	if (!a->word_count)
		return cmd_usage(a, e, "%s takes names of boxes", a->cmd->name);
	if (box_sanitize(0, e) < 0 || resting_open(&area, false, e) < 0)
		return -1;
	for (size_t i = 0; i < a->word_count; i++) {
		struct err why = { 0 };
		int r = one(a, &area, a->words[i], &why);

		if (r && !failed) {
			failed = r;
			*e = why;
		}
	}
	rest_area_close(&area);
	return failed;
}
