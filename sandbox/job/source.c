// SPDX-License-Identifier: GPL-3.0-or-later
/* source.c - where jobs come from: YAML or lines of JSON, a file or a stream
 *
 * A file is read as a whole and checked as a whole before the first job is handed out. Of
 * YAML every entry of `jobs` is made a job and forgotten as soon as it was read
 * (profile/nodes.h); where `defaults` or `profile` stand behind `jobs`, the file is read
 * a second time, now that they are known; and where a job is wrong and all that are shall
 * be told, since only then is it known not to be for want of defaults. Of a stream each
 * line is read when it has come.
 */
#include "job/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/text.h"
#include "job/entry.h"

#define FILE_MOST (256u << 20)
#define LINE_MOST (1u << 20)

/* What a file may have above its jobs */
static const struct name tops[] = {
	{ "profile", 0 },
	{ "defaults", 0 },
	{ "jobs", 0 },
	{ NULL, 0 },
};

/**
 * struct job_source - A file, or a stream
 * @name:	In errors
 * @kit:	Its arena is for one job
 * @head:	Arena of what is for all jobs
 * @line:	Arena of one line of JSON
 * @pool:	What is known of all of them
 * @ready:	A stream's jobs that were read and not yet handed out, in order
 * @next:	A file's job that is next
 * @runs:	How often each job is handed out; @run: which of these is next
 * @buf, @used:	Of a stream: what has come, and how much of it was read
 * @ended:	Nothing more will come
 * @lines:	So far
 * @number:	Entries so far: the id of who has none
 */
struct job_source {
	char *name;
	char *dir;
	struct entry_kit kit;
	struct arena *head, *line;
	struct pool pool;
	struct job *ready, **ready_end;
	size_t next;
	int runs, run;
	int fd;
	struct text buf;
	size_t used;
	bool ended;
	size_t lines;
	size_t number;
	struct err *e;
};

/* --- one entry --------------------------------------------------------------------- */

static int add_job(const struct entry *en, void *arg)
{
	struct job_source *s = arg;
	struct entry_places at;
	struct job whole, *j;

	if (entry_read(&s->kit, en, &whole, &at))
		return -1;
	j = job_pack(&whole);
	if (!j)
		return no_memory(&s->kit.ld);
	if (pool_add(&s->pool, j, &at, s->e)) {
		job_free(j);
		return -1;
	}
	if (s->pool.is_stream) {
		*s->ready_end = j;
		s->ready_end = &j->next;
	}
	return 0;
}

/* Whether a mistake is the end. One too many is what all the others would be as well */
static bool ends_here(struct job_source *s)
{
	return s->pool.count >= JOBS_MOST || stops(&s->kit.ld);
}

static int add_entry(struct job_source *s, const struct node *node)
{
	struct entry en = { .node = node,
			    .defaults = s->kit.defaults,
			    .number = ++s->number };
	const struct node *id = node->kind == NODE_MAP ? node_find(node, "id") : NULL;
	size_t first = s->pool.count;

	if (matrix_each(&s->kit, &en, add_job, s))
		return -1;
	if (node->kind != NODE_MAP || !node_find(node, "matrix"))
		return 0;
	/* `after: [build]` waits for all that came of it */
	return id && id->kind == NODE_SCALAR ? pool_group(&s->pool, id->text, first, s->e)
					     : 0;
}

/* --- keys above jobs --------------------------------------------------------------- */

static int copy_into(struct job_source *s, struct node *map, const struct node *n)
{
	struct node *copy = arena_alloc(s->head, sizeof(*copy));

	if (!copy)
		return no_memory(&s->kit.ld);
	*copy = *n;
	copy->next = NULL;
	node_append(map, copy);
	return 0;
}

static int unknown_top(struct job_source *s, const struct node *n)
{
	const char *near = name_near_in(tops, n->key);

	return wrong(&s->kit.ld, &n->key_at, "unknown key '%s'%s%s%s",
		     shown(&s->kit.ld, n->key),
		     near ? ", did you mean '" : ": expected profile, defaults or jobs",
		     near ? near : "", near ? "'" : "");
}

/* What holds for all jobs: `profile` is one more of the defaults */
static int read_tops(struct job_source *s, const struct node *root)
{
	struct node *all = node_new(s->head, NODE_MAP, root->at);
	const struct node *defaults = node_find(root, "defaults");
	const struct node *profile = node_find(root, "profile");

	if (!all)
		return no_memory(&s->kit.ld);
	for (const struct node *n = root->first; n; n = n->next)
		if (name_find(tops, n->key) < 0)
			return unknown_top(s, n);
	if (profile && copy_into(s, all, profile))
		return -1;
	if (defaults && defaults->kind != NODE_MAP)
		return wrong_value(&s->kit.ld, "defaults", defaults,
				   "expected keys of a job such as 'limits'");
	for (const struct node *n = defaults ? defaults->first : NULL; n; n = n->next) {
		if (profile && !strcmp(n->key, "profile"))
			return wrong(&s->kit.ld, &n->key_at,
				     "'profile' stands above 'defaults' and in it");
		if (copy_into(s, all, n))
			return -1;
	}
	s->kit.defaults = all;
	arena_reset(s->kit.ld.arena);
	return entry_check_defaults(&s->kit, all);
}

/* --- YAML -------------------------------------------------------------------------- */

/* struct yaml_pass - @held: an entry was wrong, perhaps for want of defaults that follow;
 * @again: the second time, which knows them */
struct yaml_pass {
	struct job_source *s;
	bool held, again;
	struct err why;
};

static int take_entry(const struct node *entry, const struct node *root, void *arg,
		      struct err *e)
{
	struct yaml_pass *pass = arg;
	struct job_source *s = pass->s;

	if (pass->held)
		return 0;
	if ((!s->kit.defaults && read_tops(s, root)) || add_entry(s, entry)) {
		if (pass->again)
			return ends_here(s) ? -1 : 0;
		pass->held = true;
		pass->why = *e;
		*e = (struct err){ 0 };
	}
	return 0;
}

static int check_jobs_key(struct job_source *s, const struct node *root, const char *name)
{
	const struct node *jobs;

	if (!root)
		return err_set(s->e, "%s: is empty, expected 'jobs: [...]'", name);
	if (root->kind != NODE_MAP)
		return wrong(&s->kit.ld, &root->at,
			     "expected keys: profile, defaults, jobs");
	jobs = node_find(root, "jobs");
	if (!jobs)
		return read_tops(s, root) ? -1 : err_set(s->e, "%s: no key 'jobs'", name);
	if (jobs->kind != NODE_LIST)
		return wrong_value(&s->kit.ld, "jobs", jobs,
				   "expected a list, '- ' in front of each job");
	return 0;
}

static void forget(struct job_source *s)
{
	const char *file = s->pool.file;

	pool_release(&s->pool);
	s->pool.file = file;
	s->number = 0;
}

static int read_yaml(struct job_source *s, const char *buf, size_t len)
{
	struct yaml_pass pass = { .s = s };
	struct source src = { .file = s->name,
			      .buf = buf,
			      .len = len,
			      .instead = "'defaults' or 'matrix'",
			      .each_key = "jobs",
			      .each_most = JOBS_MOST,
			      .each = take_entry,
			      .arg = &pass };
	struct node *root;
	int rc = yaml_parse(s->head, &src, &root, s->e);

	if (rc && pass.held) {
		if (s->kit.ld.tell)
			s->kit.ld.tell(&pass.why);
		else
			*s->e = pass.why;
		return -1;
	}
	if (rc || check_jobs_key(s, root, s->name))
		return -1;
	if (root->last == node_find(root, "jobs") && !(pass.held && s->kit.ld.tell)) {
		if (pass.held)
			*s->e = pass.why;
		else if (!s->kit.defaults) /* there was no job */
			return read_tops(s, root);
		return pass.held ? -1 : 0;
	}
	forget(s);
	pass = (struct yaml_pass){ .s = s, .again = true };
	return read_tops(s, root) || yaml_parse(s->head, &src, &root, s->e) ? -1 : 0;
}

/* --- lines of JSON ----------------------------------------------------------------- */

static bool is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!memchr(" \t\r", line[i], 3))
			return false;
	return true;
}

static int parse_line(struct job_source *s, const char *line, size_t len,
		      struct node **root)
{
	struct source src = {
		.file = s->name, .buf = line, .len = len, .first_line = s->lines
	};

	if (len > LINE_MOST)
		return err_set(s->e, "%s:%zu:1: a line of more than 1M", s->name,
			       s->lines + 1);
	arena_reset(s->line);
	return json_parse(s->line, &src, root, s->e);
}

/* A first line with `defaults` is for all that follow; it outlives its arena */
static int read_head_line(struct job_source *s, const char *line, size_t len)
{
	struct source src = {
		.file = s->name, .buf = line, .len = len, .first_line = s->lines
	};
	struct node *root;

	return json_parse(s->head, &src, &root, s->e) || read_tops(s, root) ? -1 : 0;
}

static int read_line(struct job_source *s, const char *line, size_t len)
{
	bool is_head = false;
	struct node *root;
	int rc = 0;

	if (!is_blank(line, len)) {
		rc = parse_line(s, line, len, &root);
		is_head = !rc && !s->number && !s->kit.defaults &&
			  root->kind == NODE_MAP && node_find(root, "defaults");
		if (is_head)
			rc = read_head_line(s, line, len);
		else if (!rc)
			rc = add_entry(s, root);
	}
	s->lines++;
	return rc && (is_head || ends_here(s)) ? -1 : 0;
}

static int read_lines(struct job_source *s, const char *buf, size_t len)
{
	for (const char *end = buf + len, *stop; buf < end; buf = stop + 1) {
		stop = memchr(buf, '\n', (size_t)(end - buf));
		if (!stop)
			stop = end;
		if (read_line(s, buf, (size_t)(stop - buf)))
			return -1;
	}
	return 0;
}

/* YAML, unless the first line is an object by itself that has no `jobs` */
static bool is_lines(struct job_source *s, const char *buf, size_t len)
{
	const char *end = memchr(buf, '\n', len);
	size_t n = end ? (size_t)(end - buf) : len;
	struct node *root = NULL;
	struct err ignored, *e = s->e;
	bool is_job;

	while (n && strchr(" \t\r", buf[n - 1]) && buf[n - 1])
		n--;
	if (!n || *buf != '{' || buf[n - 1] != '}')
		return false;
	/* no job is that long: it is all of them, or one that is refused for it */
	if (n > LINE_MOST)
		return !memmem(buf, n, "\"jobs\"", 6);
	s->e = &ignored;
	is_job = parse_line(s, buf, n, &root) || !node_find(root, "jobs");
	s->e = e;
	return is_job;
}

/* --- open, next, close ------------------------------------------------------------- */

static struct job_source *source_new(const char *name, struct err *e)
{
	struct job_source *s = calloc(1, sizeof(*s));
	const char *slash = job_source_is_given(name) ? NULL : strrchr(name, '/');

	if (!s) {
		err_set(e, "out of memory");
		return NULL;
	}
	s->fd = -1;
	s->runs = s->run = 1;
	s->e = e;
	s->name = strdup(name);
	s->dir = strndup(name, slash ? (size_t)(slash - name) + 1 : 0);
	s->head = arena_new();
	s->line = arena_new();
	s->kit = (struct entry_kit){ .ld = { .arena = arena_new(), .e = e },
				     .dir = s->dir,
				     .most = JOBS_MOST };
	s->pool.file = s->name;
	s->ready_end = &s->ready;
	if (s->name && s->dir && s->head && s->line && s->kit.ld.arena)
		return s;
	job_source_close(s);
	err_set(e, "out of memory");
	return NULL;
}

int job_source_text(const struct job_text *t, struct job_source **out, struct err *e)
{
	struct job_source *s = source_new(t->name, e);
	int rc;

	if (!s)
		return -1;
	s->kit.ld.tell = t->tell;
	if (t->most)
		s->kit.most = t->most;
	rc = is_lines(s, t->buf, t->len) ? read_lines(s, t->buf, t->len)
					 : read_yaml(s, t->buf, t->len);
	if (!rc)
		rc = s->kit.ld.is_wrong ? -1 : pool_check(&s->pool, &s->kit.ld);
	if (rc) {
		job_source_close(s);
		return -1;
	}
	*out = s;
	return 0;
}

/* Not all of /dev and /proc: /dev/shm is a place as others are */
bool job_source_is_given(const char *path)
{
	return !strcmp(path, "-") || !strncmp(path, "/dev/fd/", 8) ||
	       !strncmp(path, "/dev/std", 8) ||
	       (!strncmp(path, "/proc/", 6) && strstr(path, "/fd/"));
}

int job_source_file(const char *path, struct err *e)
{
	int fd = STDIN_FILENO;

	if (strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? err_sys(e, "cannot open '%s'", path) : fd;
}

static int open_stream(int file, void (*tell)(const struct err *e),
		       struct job_source **out, struct err *e)
{
	*out = source_new("-", e);
	if (!*out)
		return -1;
	(*out)->fd = file;
	(*out)->pool.is_stream = true;
	(*out)->kit.ld.tell = tell;
	return 0;
}

int job_source_open(const char *path, int file, struct job_source **out, struct err *e)
{
	return job_source_check(path, file, NULL, out, e);
}

int job_source_check(const char *path, int file, void (*tell)(const struct err *e),
		     struct job_source **out, struct err *e)
{
	struct job_text t = { .name = path, .tell = tell };
	auto_text whole = { 0 };
	auto_fd fd = -1;

	if (!strcmp(path, "-"))
		return open_stream(file, tell, out, e);
	fd = file;
	if (fd_read_all(fd, &whole, FILE_MOST) < 0)
		return errno == EFBIG ? err_set(e, "'%s': larger than 256M", path)
				      : err_sys(e, "cannot read '%s'", path);
	t.buf = text_str(&whole);
	t.len = whole.len;
	return job_source_text(&t, out, e);
}

bool job_source_is_stream(const struct job_source *s)
{
	return s->pool.is_stream;
}

int job_source_fd(const struct job_source *s)
{
	return s->ended ? -1 : s->fd;
}

/* A line of what has come, without its newline. Return: whether there is one */
static bool next_line(struct job_source *s, const char **line, size_t *len)
{
	const char *from = text_str(&s->buf) + s->used;
	size_t left = s->buf.len - s->used;
	const char *end = memchr(from, '\n', left);

	*line = from;
	*len = end ? (size_t)(end - from) : left;
	if (end)
		s->used += *len + 1;
	else if (s->ended || left > LINE_MOST)
		s->used += left;
	return end || (left && (s->ended || left > LINE_MOST));
}

/* What a stream has now. Return: 1 = something came, or its end; 2 = not now; -1 */
static int read_more(struct job_source *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	char chunk[65536];
	ssize_t n;
	size_t left = s->buf.len - s->used;

	if (poll(&p, 1, 0) <= 0)
		return 2;
	n = read(s->fd, chunk, sizeof(chunk));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? 2
			       : err_sys(s->e, "cannot read the stream of jobs");
	if (s->used) {
		memmove(s->buf.s, s->buf.s + s->used, left);
		text_cut(&s->buf, left);
		s->used = 0;
	}
	text_addn(&s->buf, chunk, (size_t)n);
	s->ended = !n;
	return s->buf.failed ? err_set(s->e, "out of memory") : 1;
}

void job_source_repeat(struct job_source *s, int runs)
{
	s->runs = runs;
}

/* The next run of @j, which is given back with the last. Return: 1, -1 */
static int hand_out(const struct job_source *s, struct job *j, struct job **out)
{
	*out = j;
	if (s->runs > 1)
		*out = job_of_run(j, s->run);
	if (s->runs > 1 && s->run == s->runs)
		job_free(j);
	return *out ? 1 : no_memory(&s->kit.ld);
}

static int next_ready(struct job_source *s, struct job **out)
{
	struct job *j = s->ready;
	int rc;

	if (s->run == s->runs) {
		s->ready = j->next;
		j->next = NULL;
		if (!s->ready)
			s->ready_end = &s->ready;
	}
	rc = hand_out(s, j, out);
	s->run = s->run % s->runs + 1;
	return rc;
}

static int next_of_stream(struct job_source *s, struct job **out)
{
	const char *line;
	size_t len;
	int rc;

	for (;;) {
		if (s->ready)
			return next_ready(s, out);
		if (next_line(s, &line, &len)) {
			if (read_line(s, line, len))
				return -1;
			continue;
		}
		if (s->ended)
			return s->kit.ld.is_wrong ? -1 : 0;
		rc = read_more(s);
		if (rc != 1)
			return rc;
	}
}

int job_source_next(struct job_source *s, struct job **out, struct err *e)
{
	struct job *j;

	s->e = s->kit.ld.e = e;
	if (s->pool.is_stream)
		return next_of_stream(s, out);
	if (s->next == s->pool.count && s->run < s->runs) {
		s->next = 0;
		s->run++;
	}
	if (s->next == s->pool.count)
		return 0;
	j = s->pool.v[s->next];
	if (s->run == s->runs)
		s->pool.v[s->next] = NULL;
	s->next++;
	return hand_out(s, j, out);
}

void job_source_close(struct job_source *s)
{
	struct job *next;

	if (!s)
		return;
	for (struct job *j = s->ready; j; j = next) {
		next = j->next;
		job_free(j);
	}
	pool_release(&s->pool);
	text_release(&s->buf);
	arena_free(s->head);
	arena_free(s->line);
	arena_free(s->kit.ld.arena);
	free(s->name);
	free(s->dir);
	free(s);
}
