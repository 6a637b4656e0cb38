// SPDX-License-Identifier: GPL-3.0-or-later
/* entry.c - what the keys of a job mean: nodes to struct job
 *
 * The defaults of the file are read first, by the same readers, and then the job's own
 * keys on top: limits, environment and `set` are merged by key, all else is replaced.
 * What a profile will be asked for is tried on an empty one, so that a wrong value is an
 * error here, with its line, and not in the middle of a batch.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "job/entry.h"

#define PRESET "batch" /* the profile of who names none */

struct maker {
	const struct entry_kit *k;
	const struct loader *ld;
	struct job *j;
	struct entry_places *at;
	bool defaults; /* the file's are being read */
};

static void *take(const struct maker *m, size_t count, size_t size)
{
	void *p = arena_alloc(m->ld->arena, (count ? count : 1) * size);

	if (!p)
		no_memory(m->ld);
	return p;
}

/* --- values ------------------------------------------------------------------------ */

static void put_json(const struct node *n, struct text *out)
{
	bool is_map = n->kind == NODE_MAP;

	if (n->kind == NODE_SCALAR || n->kind == NODE_NULL) {
		text_json(out, n->kind == NODE_NULL ? NULL : n->text);
		return;
	}
	text_addc(out, is_map ? '{' : '[');
	for (const struct node *c = n->first; c; c = c->next) {
		if (c != n->first)
			text_addc(out, ',');
		if (is_map) {
			text_json(out, c->key);
			text_addc(out, ':');
		}
		put_json(c, out);
	}
	text_addc(out, is_map ? '}' : ']');
}

/* A node as the value of an option (struct option_wish): a plain word, or JSON. Return:
 * 0, -1 */
static int entry_value(const struct loader *ld, const struct node *n, const char **out)
{
	auto_text t = { 0 };

	*out = n->kind == NODE_NULL ? "null" : n->text;
	if (n->kind == NODE_NULL ||
	    (n->kind == NODE_SCALAR && !strchr("[{\"'", *n->text) &&
	     strcmp(n->text, "null") != 0 && strcmp(n->text, "~") != 0))
		return 0;
	put_json(n, &t);
	*out = t.failed ? NULL : arena_copy(ld->arena, text_str(&t), t.len);
	return *out ? 0 : no_memory(ld);
}

static int read_text(const struct maker *m, const struct node *n, const char *expects,
		     const char **out)
{
	if (n->kind != NODE_SCALAR || !*n->text)
		return wrong_value(m->ld, n->key, n, expects);
	if (strlen(n->text) > WORD_MOST)
		return wrong(m->ld, &n->at, "'%s': longer than 128K", n->key);
	*out = n->text;
	return 0;
}

/* A path on the host: relative ones begin where the job file lies */
static int read_path(const struct maker *m, const char *key, const struct node *n,
		     const char *path, const char **out)
{
	if (!*path || strstr(path, "${") || strlen(path) >= 4000)
		return wrong_value(m->ld, key, n,
				   strstr(path, "${") ? "no matrix has this name"
						      : "expected a path on the host");
	*out = *path == '/' || !*m->k->dir
		       ? path
		       : arena_printf(m->ld->arena, "%s%s", m->k->dir, path);
	return *out ? 0 : no_memory(m->ld);
}

/* --- what a profile takes ---------------------------------------------------------- */

/* Whether @key takes what @n holds: asked of the profile's own readers */
static int try_value(const struct maker *m, const struct node *n, const char *key,
		     const char **value)
{
	const struct origin *at =
		field_find(key + (*key == '+')) < 0 ? &n->key_at : &n->at;
	const char *label =
		arena_printf(m->ld->arena, "%s:%d:%d", at->file, at->line, at->column);
	struct option_wish wish = { .option = label, .key = key };

	if (!label)
		return no_memory(m->ld);
	if (entry_value(m->ld, n, value))
		return -1;
	wish.value = *value;
	return profile_try(m->ld->arena, &wish, m->ld->e);
}

/* Those of @group (NULL: `set`) on top of what is set already */
static int read_sets(const struct maker *m, const struct node *map, const char *group)
{
	struct job *j = m->j;
	struct job_set *sets = take(m, j->set_count + map->count, sizeof(*sets));
	const struct node *n;
	size_t count = 0;

	if (!sets)
		return -1;
	for (size_t i = 0; i < j->set_count; i++) {
		const char *key = j->sets[i].key;
		size_t skip = group ? strlen(group) + 1 : 0;
		bool of_group = !group || !strncmp(key, group, skip - 1);

		if (!of_group || *key == '+' || !node_find(map, key + skip))
			sets[count++] = j->sets[i];
	}
	for (n = map->first; n; n = n->next) {
		struct job_set *s = &sets[count++];

		s->key = group ? arena_printf(m->ld->arena, "%s.%s", group, n->key)
			       : n->key;
		if (!s->key)
			return no_memory(m->ld);
		if (!strcmp(s->key, "command") || !strncmp(s->key, "environment", 11))
			return wrong(m->ld, &n->key_at,
				     "'%s' stands in the job itself, not in 'set'",
				     shown(m->ld, s->key));
		if (try_value(m, n, s->key, &s->value))
			return -1;
	}
	j->sets = sets;
	j->set_count = count;
	return 0;
}

static int read_limits(const struct maker *m, const struct node *n)
{
	if (n->kind != NODE_MAP)
		return wrong_value(m->ld, "limits", n,
				   "expected limits such as 'memory: 64M'");
	return read_sets(m, n, "limits");
}

static int read_set(const struct maker *m, const struct node *n)
{
	if (n->kind != NODE_MAP)
		return wrong_value(m->ld, "set", n,
				   "expected keys of a profile such as "
				   "'network.mode: host'");
	return read_sets(m, n, NULL);
}

/* NAME=VALUE as a list has it, or a pair of a map */
static int read_variable(const struct maker *m, const struct node *n, const char **out)
{
	const char *equals =
		n->key || n->kind != NODE_SCALAR ? NULL : strchr(n->text, '=');
	struct node pair = *n;
	const char *value;

	if (!n->key) {
		if (!equals)
			return wrong_value(m->ld, "environment", n,
					   "expected NAME=VALUE");
		pair.key = arena_copy(m->ld->arena, n->text, (size_t)(equals - n->text));
		pair.key_at = n->at;
		pair.text = equals + 1;
	}
	if (!pair.key || !(*out = arena_printf(m->ld->arena, "environment.%s", pair.key)))
		return no_memory(m->ld);
	if (try_value(m, &pair, *out, &value))
		return -1;
	*out = pair.kind == NODE_NULL
		       ? pair.key
		       : arena_printf(m->ld->arena, "%s=%s", pair.key, pair.text);
	if (!*out)
		return no_memory(m->ld);
	return strlen(*out) > WORD_MOST
		       ? wrong(m->ld, &n->at, "'environment': longer than 128K")
		       : 0;
}

static bool same_variable(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return len == strcspn(b, "=") && !memcmp(a, b, len);
}

static int read_environment(const struct maker *m, const struct node *n)
{
	struct job *j = m->j;
	size_t before = j->environment_count, count = 0;
	const char **all, *word = "";

	if (n->kind != NODE_MAP && n->kind != NODE_LIST)
		return wrong_value(m->ld, "environment", n, "expected NAME: VALUE");
	all = take(m, before + n->count, sizeof(*all));
	if (!all)
		return -1;
	for (size_t i = 0; i < before; i++)
		all[count++] = j->environment[i];
	for (const struct node *c = n->first; c; c = c->next) {
		size_t i = 0;

		if (read_variable(m, c, &word))
			return -1;
		while (i < count && !same_variable(all[i], word))
			i++;
		all[i] = word;
		count += i == count;
	}
	j->environment = all;
	j->environment_count = count;
	return 0;
}

/* --- the command and whom it waits for --------------------------------------------- */

static int read_words(const struct maker *m, const struct node *n, const char *expects,
		      const char ***out)
{
	const struct node *c = n->kind == NODE_LIST ? n->first : n;
	const char **v;
	size_t i = 0;

	if (n->kind == NODE_MAP || n->kind == NODE_NULL || !c)
		return wrong_value(m->ld, n->key, n, expects);
	v = take(m, n->count + 2, sizeof(*v));
	for (; v && c; c = n->kind == NODE_LIST ? c->next : NULL) {
		if (c->kind != NODE_SCALAR)
			return wrong_value(m->ld, n->key, c, "expected text");
		if (strlen(c->text) > WORD_MOST)
			return wrong(m->ld, &c->at, "'%s': a word is longer than 128K",
				     n->key);
		v[i++] = c->text;
	}
	*out = v;
	return v ? (int)i : -1;
}

/* A text is for the shell, a list is the words */
static int read_command(const struct maker *m, const struct node *n)
{
	static const char *const shell[] = { "/bin/sh", "-c" };
	const char **v;
	int count = read_words(m, n, "expected a list of words, or a line for sh", &v);

	if (count < 0)
		return -1;
	if (n->kind == NODE_SCALAR) {
		const char **line = take(m, 4, sizeof(*line));

		if (!line)
			return -1;
		memcpy(line, shell, sizeof(shell));
		line[2] = v[0];
		v = line;
		count = 3;
	}
	if (!*v[n->kind == NODE_SCALAR ? 2 : 0])
		return wrong(m->ld, &n->at, "'command' is empty");
	m->j->command = v;
	m->j->command_count = (size_t)count;
	return 0;
}

static int read_after(const struct maker *m, const struct node *n)
{
	const char **v;
	int count = 0;

	if (n->kind == NODE_LIST && !n->first)
		v = NULL;
	else if ((count = read_words(m, n, "expected ids of jobs", &v)) < 0)
		return -1;
	for (int i = 0; i < count; i++)
		if (!job_is_id(v[i]))
			return wrong(m->ld, &n->at,
				     "'after' cannot have '%s': expected "
				     "ids of jobs",
				     shown(m->ld, v[i]));
	m->j->after = v;
	m->j->after_count = (size_t)count;
	m->at->after = n->at;
	return 0;
}

static int read_id(const struct maker *m, const struct node *n)
{
	m->at->id = n->at;
	if (n->kind != NODE_SCALAR || !job_is_id(n->text))
		return wrong_value(m->ld, "id", n,
				   "expected up to 128 letters, digits and _ . -, the "
				   "first neither . nor -");
	m->j->id = n->text;
	return 0;
}

static int read_profile(const struct maker *m, const struct node *n)
{
	if (read_text(m, n, "expected a name or a path", &m->j->profile))
		return -1;
	if (!strchr(n->text, '/') && parse_name(n->text, NULL))
		return wrong_value(m->ld, "profile", n, "expected a name, or a path");
	return strchr(n->text, '/') ? read_path(m, "profile", n, n->text, &m->j->profile)
				    : 0;
}

static int read_stdin(const struct maker *m, const struct node *n)
{
	m->j->input = NULL;
	if (n->kind == NODE_NULL)
		return 0;
	if (n->kind != NODE_SCALAR)
		return wrong_value(m->ld, "stdin", n, "expected a path on the host");
	return read_path(m, "stdin", n, n->text, &m->j->input);
}

/* --- retry ------------------------------------------------------------------------- */

static int read_times(const struct maker *m, const struct node *n, uint8_t *out)
{
	uint64_t times;

	if (n->kind != NODE_SCALAR || parse_number_in(n->text, 0, JOB_TRIES - 1, &times))
		return wrong_value(m->ld, n->key, n, "expected a number up to 99");
	*out = (uint8_t)times;
	return 0;
}

static const char *next_retry(size_t i, const void *arg)
{
	static const char *const others[] = { "times", "raise" };

	(void)arg;
	if (i < 2)
		return others[i];
	return i - 2 < JOB_CAUSES ? cause_name((enum cause)(i - 2)) : NULL;
}

static int read_raise(const struct maker *m, const struct node *n, uint32_t *milli)
{
	uint64_t n_milli;

	if (n->kind != NODE_SCALAR || parse_cpus(n->text, &n_milli, NULL) ||
	    n_milli <= 1000 || n_milli > 100000)
		return wrong_value(m->ld, "raise", n,
				   "expected how many times the limit, such as 2 or "
				   "150%, above 1 and up to 100");
	*milli = (uint32_t)n_milli;
	return 0;
}

static int read_cause(const struct maker *m, const struct node *n, bool *named)
{
	const char *near = name_near(n->key, next_retry, NULL);
	int c = cause_find(n->key);

	if (c < 0)
		return wrong(m->ld, &n->key_at, "unknown key 'retry.%s'%s%s%s",
			     shown(m->ld, n->key), near ? ", did you mean '" : "",
			     near ? near : "", near ? "'" : "");
	if (c == CAUSE_CANCELLED)
		return wrong(m->ld, &n->key_at,
			     "'retry.cancelled': who ends a job wants no other try");
	named[c] = true;
	return read_times(m, n, &m->j->retry.cause[c]);
}

/* Causes that are not named are tried again as often as `times` says for all */
static int read_retry(const struct maker *m, const struct node *n)
{
	struct job_retry *r = &m->j->retry;
	bool named[JOB_CAUSES] = { [CAUSE_CANCELLED] = true };
	const struct node *times = n->kind == NODE_MAP ? node_find(n, "times") : NULL;
	unsigned int sum = 0;

	*r = (struct job_retry){ 0 };
	if (n->kind != NODE_MAP && n->kind != NODE_SCALAR)
		return wrong_value(m->ld, "retry", n,
				   "expected a number, or causes such as 'oom: 2'");
	for (const struct node *c = n->first; c; c = c->next) {
		if (!strcmp(c->key, "raise") ? read_raise(m, c, &r->raise_milli)
		    : c != times	     ? read_cause(m, c, named)
					     : read_times(m, c, &r->times))
			return -1;
	}
	if (n->kind == NODE_SCALAR && read_times(m, n, &r->times))
		return -1;
	for (int c = 0; c < JOB_CAUSES; c++) {
		if (!named[c])
			r->cause[c] = r->times;
		sum += r->cause[c];
	}
	if (!times && n->kind == NODE_MAP)
		r->times = (uint8_t)(sum < JOB_TRIES ? sum : JOB_TRIES - 1);
	return 0;
}

/* --- files ------------------------------------------------------------------------- */

/* Nothing of it is empty, "." or "..", and it has no end but a name */
static bool is_plain(const char *s)
{
	for (;;) {
		size_t len = strcspn(s, "/");

		if (!len || len > 255 || (len <= 2 && !strncmp(s, "..", len)))
			return false;
		if (!s[len])
			return true;
		s += len + 1;
	}
}

static bool is_inner(const char *s)
{
	return *s == '/' && strlen(s) < 4000 && is_plain(s + 1);
}

/* "FROM:TO", or {from: FROM, to: TO}; *to is NULL where it is not said */
static int read_pair(const struct maker *m, const struct node *n, const char **from,
		     const char **to)
{
	const struct node *f, *t;
	const char *colon;

	*to = NULL;
	if (n->kind == NODE_SCALAR) {
		colon = strrchr(n->text, ':');
		*from = n->text;
		if (!colon)
			return 0;
		*to = colon + 1;
		*from = arena_copy(m->ld->arena, n->text, (size_t)(colon - n->text));
		return *from ? 0 : no_memory(m->ld);
	}
	f = n->kind == NODE_MAP ? node_find(n, "from") : NULL;
	t = n->kind == NODE_MAP ? node_find(n, "to") : NULL;
	if (!f || f->kind != NODE_SCALAR || (t && t->kind != NODE_SCALAR) ||
	    n->count != (t ? 2 : 1))
		return wrong_value(m->ld, "files", n,
				   "expected FROM:TO, or {from: FROM, to: TO}");
	*from = f->text;
	*to = t ? t->text : NULL;
	return 0;
}

static int read_in(const struct maker *m, const struct node *n, struct job_file *out)
{
	if (read_pair(m, n, &out->host, &out->box))
		return -1;
	if (!out->box || !is_inner(out->box))
		return wrong_value(m->ld, "files.in", n,
				   "expected HOST:BOX, BOX an absolute path in the box");
	return read_path(m, "files.in", n, out->host, &out->host);
}

/* Where no name is given it is ID/NAME; the id may come later: see finish() */
static int read_out(const struct maker *m, const struct node *n, struct job_file *out)
{
	if (read_pair(m, n, &out->box, &out->host))
		return -1;
	if (!is_inner(out->box))
		return wrong_value(m->ld, "files.out", n,
				   "expected BOX:NAME, BOX an absolute path in the box");
	if (out->host &&
	    (strlen(out->host) > 1000 || strstr(out->host, "${") || !is_plain(out->host)))
		return wrong_value(m->ld, "files.out", n,
				   "expected a name below the output directory: no "
				   "'..', no '.', no '/' in front");
	return 0;
}

static int read_list(const struct maker *m, const struct node *n, bool in)
{
	const struct node *c = n->kind == NODE_LIST ? n->first : n;
	struct job_file *v = take(m, n->count + 1, sizeof(*v));
	size_t i = 0;

	if (!v)
		return -1;
	if (n->kind == NODE_NULL)
		return wrong_value(m->ld, in ? "files.in" : "files.out", n,
				   "expected a list");
	for (; c; c = n->kind == NODE_LIST ? c->next : NULL, i++) {
		if (in ? read_in(m, c, &v[i]) : read_out(m, c, &v[i]))
			return -1;
		for (size_t k = 0; in && k < i; k++)
			if (!strcmp(v[k].box, v[i].box))
				return wrong(m->ld, &c->at,
					     "'files.in' has two files for '%s'",
					     shown(m->ld, v[i].box));
	}
	if (in) {
		m->j->in = v;
		m->j->in_count = i;
	} else {
		m->j->out = v;
		m->j->out_count = i;
		m->at->out = n->at;
	}
	return 0;
}

static int read_files(const struct maker *m, const struct node *n)
{
	if (n->kind != NODE_MAP)
		return wrong_value(m->ld, "files", n, "expected lists 'in' and 'out'");
	for (const struct node *c = n->first; c; c = c->next) {
		bool in = !strcmp(c->key, "in");

		if (!in && strcmp(c->key, "out") != 0)
			return wrong(m->ld, &c->key_at,
				     "unknown key 'files.%s': expected 'in' or 'out'",
				     shown(m->ld, c->key));
		if (read_list(m, c, in))
			return -1;
	}
	return 0;
}

/* --- the whole --------------------------------------------------------------------- */

static int read_nothing(const struct maker *m, const struct node *n)
{
	(void)m;
	(void)n;
	return 0;
}

/* In the order in which they are read */
static const struct job_key {
	const char *name;
	bool alone; /* no default for all jobs */
	int (*read)(const struct maker *m, const struct node *n);
} keys[] = {
	{ "id", true, read_id },
	{ "profile", false, read_profile },
	{ "command", false, read_command },
	{ "stdin", false, read_stdin },
	{ "files", false, read_files },
	{ "limits", false, read_limits },
	{ "set", false, read_set },
	{ "environment", false, read_environment },
	{ "retry", false, read_retry },
	{ "after", true, read_after },
	{ "matrix", true, read_nothing }, /* matrix.c has done it */
};

static const char *next_key(size_t i, const void *arg)
{
	(void)arg;
	return i < ARRAY_SIZE(keys) ? keys[i].name : NULL;
}

/* What CI systems, make and other runners call it */
static const struct {
	const char *word;
	const char *key;
} elsewhere[] = {
	{ "run", "command" },	   { "script", "command" }, { "name", "id" },
	{ "input", "stdin" },	   { "needs", "after" },    { "depends_on", "after" },
	{ "attempts", "retry" },   { "retries", "retry" },
};

static const char *near_job_key(const char *word)
{
	const char *known = key_of_word(word); /* profiles have some of the same keys */

	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (!strcmp(elsewhere[i].word, word))
			return elsewhere[i].key;
	for (size_t i = 0; known && i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].name, known))
			return known;
	return name_near(word, next_key, NULL);
}

/* A key of profiles that stands right in a job. Return: -1 and the error, 0 for none */
static int say_where(const struct maker *m, const struct node *n)
{
	const char *key = field_find(n->key) >= 0 ? n->key : key_of_word(n->key);

	if (!key)
		return 0;
	if (!strncmp(key, "limits.", 7))
		return wrong(m->ld, &n->key_at,
			     "'%s' is a limit, written 'limits: {%s: ...}'", n->key,
			     key + 7);
	return wrong(m->ld, &n->key_at,
		     "'%s' is a key of profiles, written 'set: {%s: ...}'", n->key, key);
}

static int read_key(const struct maker *m, const struct node *n)
{
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].name, n->key) != 0)
			continue;
		if (m->defaults && keys[i].alone)
			return wrong(m->ld, &n->key_at,
				     "'%s' is for one job, not for 'defaults'", n->key);
		return keys[i].read(m, n);
	}
	near = near_job_key(n->key);
	if (!near && say_where(m, n) < 0)
		return -1;
	return wrong(m->ld, &n->key_at, "unknown key '%s%s'%s%s%s",
		     m->defaults ? "defaults." : "", shown(m->ld, n->key),
		     near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
}

static int read_keys(const struct maker *m, const struct node *map)
{
	for (const struct node *n = map->first; n; n = n->next)
		if (read_key(m, n))
			return -1;
	return 0;
}

/* Names of outputs that nobody gave, when the id is known */
static int finish(const struct maker *m)
{
	struct job *j = m->j;
	struct job_file *v = take(m, j->out_count, sizeof(*v));

	if (!v)
		return -1;
	for (size_t i = 0; i < j->out_count; i++) {
		v[i] = j->out[i];
		if (!v[i].host)
			v[i].host = arena_printf(m->ld->arena, "%s/%s", j->id,
						 strrchr(v[i].box, '/') + 1);
		if (!v[i].host)
			return no_memory(m->ld);
	}
	j->out = v;
	j->digest = job_digest(j);
	return 0;
}

int entry_check_defaults(const struct entry_kit *k, const struct node *defaults)
{
	struct entry_places at = { 0 };
	struct job j = { 0 };
	struct maker m = { .k = k, .ld = &k->ld, .j = &j, .at = &at, .defaults = true };

	if (defaults->kind != NODE_MAP)
		return wrong_value(&k->ld, "defaults", defaults,
				   "expected keys of a job such as 'limits'");
	return read_keys(&m, defaults);
}

int entry_read(const struct entry_kit *k, const struct entry *en, struct job *j,
	       struct entry_places *at)
{
	struct maker m = { .k = k, .ld = &k->ld, .j = j, .at = at };

	if (en->node->kind != NODE_MAP)
		return wrong(&k->ld, &en->node->at,
			     "a job is a map with at least a 'command'");
	*j = (struct job){ .run = 1, .line = en->node->at.line, .profile = PRESET };
	*at = (struct entry_places){ .id = en->node->at };
	m.defaults = true;
	if (en->defaults && read_keys(&m, en->defaults))
		return -1;
	m.defaults = false;
	if (read_keys(&m, en->node))
		return -1;
	if (!j->command_count)
		return wrong(&k->ld, &en->node->at, "a job needs a 'command'");
	if (!j->id)
		j->id = arena_printf(k->ld.arena, "%zu", en->number);
	return j->id ? finish(&m) : no_memory(&k->ld);
}
