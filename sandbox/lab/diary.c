// SPDX-License-Identifier: GPL-3.0-or-later
/* diary.c - what was done of the labs; diary.h has the files */
#include "lab/diary.h"

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
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "host/host.h"

#define FILE_MOST (16u << 20)

static const struct name deeds[] = {
	{ "start", DEED_START },   { "reset", DEED_RESET },
	{ "failed", DEED_FAILED }, { "solved", DEED_SOLVED },
	{ "hint", DEED_HINT },	   { "solution", DEED_SOLUTION },
	{ "skip", DEED_SKIP },	   { "done", DEED_DONE },
	{ "answer", DEED_ANSWER }, { NULL, 0 },
};

static const struct name states[] = {
	{ "new", LAB_NEW },
	{ "tried", LAB_TRIED },
	{ "solved", LAB_SOLVED },
	{ "assisted", LAB_ASSISTED },
	{ "skipped", LAB_SKIPPED },
	{ "done", LAB_DONE },
	{ NULL, 0 },
};

const char *deed_name(enum deed d)
{
	return name_of(deeds, (int)d);
}

const char *lab_state_name(enum lab_state s)
{
	return name_of(states, (int)s);
}

/* --- lines ------------------------------------------------------------------------- */

static void print_line(const struct deed_line *l, struct text *out)
{
	char time[32];
	struct tm tm;
	time_t t = (time_t)l->time;

	gmtime_r(&t, &tm);
	strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &tm);
	text_addf(out, "%s %s %s%s%s\n", time, l->id, deed_name(l->deed),
		  *l->what ? " " : "", l->what);
}

void diary_print(const struct diary *p, struct text *out)
{
	for (size_t i = 0; i < p->count; i++)
		print_line(&p->v[i], out);
}

/* TIME ID DEED [WHAT], parted by single blanks. Return: what is wrong, NULL = nothing */
static const char *parse_line(char *s, struct deed_line *out)
{
	char *word[5] = { NULL };
	struct tm tm = { 0 };
	size_t n = 0;
	int deed;

	for (char *p = s; p && n < ARRAY_SIZE(word); n++)
		word[n] = strsep(&p, " ");
	if (n < 3 || n > 4)
		return "expected TIME LAB WHAT";
	s = strptime(word[0], "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!s || *s)
		return "expected a time such as 2026-11-22T01:30:05Z";
	if (!lab_is_id(word[1]))
		return "expected the id of a lab";
	deed = name_find(deeds, word[2]);
	if (deed < 0)
		return "expected start, reset, failed, solved, hint, solution, skip, "
		       "done or answer";
	if ((deed == DEED_ANSWER && n < 4) || (n == 4 && parse_name(word[3], NULL)) ||
	    (n == 4 && deed != DEED_ANSWER && deed != DEED_SKIP))
		return "expected a name behind 'answer', or behind 'skip' why";
	*out = (struct deed_line){ .time = timegm(&tm), .deed = (enum deed)deed };
	snprintf(out->id, sizeof(out->id), "%s", word[1]);
	snprintf(out->what, sizeof(out->what), "%s", n == 4 ? word[3] : "");
	return NULL;
}

static int push(struct diary *p, const struct deed_line *l, struct err *e)
{
	struct deed_line *more = realloc(p->v, (p->count + 1) * sizeof(*more));

	if (!more)
		return err_set(e, "out of memory");
	p->v = more;
	p->v[p->count++] = *l;
	return 0;
}

int diary_parse(struct diary *p, const char *buf, size_t len, const char *path,
		struct err *e)
{
	const char *end = buf + len;
	struct deed_line line;

	for (int n = 1; buf < end; n++) {
		size_t size = (size_t)(end - buf), part;
		const char *nl = memchr(buf, '\n', size), *why;
		auto_free char *copy = NULL;

		part = nl ? (size_t)(nl - buf) : size;
		copy = strndup(buf, part);
		if (!copy)
			return err_set(e, "out of memory");
		buf += part + 1;
		if (!*copy || *copy == '#')
			continue;
		why = strlen(copy) == part ? parse_line(copy, &line) : "a NUL";
		if (why) {
			err_set(e, "%s:%d: %s", path, n, why);
			return err_hint(e, "mend the line or take it away; nothing else "
					   "is lost");
		}
		if (push(p, &line, e) < 0)
			return -1;
	}
	return 0;
}

/* --- the directory ----------------------------------------------------------------- */

static int name_dir(struct diary *p, struct err *e)
{
	struct host *h = host_new();

	if (h)
		text_addf(&p->path, "%s/lab", host_state_dir(h));
	host_free(h);
	return h && !p->path.failed ? 0 : err_set(e, "out of memory");
}

static int make_dir(const char *dir, struct err *e)
{
	auto_text path = { 0 };

	text_add(&path, dir);
	for (char *s = path.s + 1; (s = strchr(s, '/')); *s++ = '/') {
		*s = '\0';
		if (mkdir(path.s, 0700) < 0 && errno != EEXIST)
			return err_sys(e, "cannot make '%s'", path.s);
	}
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make '%s'", dir);
	return 0;
}

static int open_dir(struct diary *p, bool write, struct err *e)
{
	const char *path = text_str(&p->path);
	struct stat st;

	if (write && make_dir(path, e) < 0)
		return -1;
	p->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (p->dir < 0 && errno == ENOENT && !write)
		return 0;
	if (p->dir < 0 || fstat(p->dir, &st) < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, "'%s' is not yours alone to write", path);
	if (write && flock(p->dir, LOCK_EX) < 0)
		return err_sys(e, "cannot lock '%s'", path);
	return 0;
}

bool diary_try_lock(const struct diary *p)
{
	return p->dir >= 0 && flock(p->dir, LOCK_EX | LOCK_NB) == 0;
}

void diary_unlock(const struct diary *p)
{
	(void)flock(p->dir, LOCK_UN);
}

static int read_lines(struct diary *p, struct err *e)
{
	auto_text t = { 0 }, path = { 0 };

	if (p->dir < 0)
		return 0;
	text_addf(&path, "%s/progress", text_str(&p->path));
	if (file_read(p->dir, "progress", &t, FILE_MOST) < 0)
		return errno == ENOENT ? 0
				       : err_sys(e, "cannot read '%s'", text_str(&path));
	return diary_parse(p, text_str(&t), t.len, text_str(&path), e);
}

int diary_open(struct diary *p, bool write, struct err *e)
{
	*p = (struct diary){ .dir = -1 };
	if (name_dir(p, e) == 0 && open_dir(p, write, e) == 0 && read_lines(p, e) == 0)
		return 0;
	diary_close(p);
	return -1;
}

void diary_close(struct diary *p)
{
	if (p->dir >= 0)
		close(fd_take(&p->dir));
	free(p->v);
	p->v = NULL;
	p->count = 0;
	text_release(&p->path);
}

/* The file as it is to be, whole or not at all */
static int replace(const struct diary *p, const char *name, const struct text *t,
		   struct err *e)
{
	auto_fd fd = openat(p->dir, ".new",
			    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, text_str(t), t->len) < 0 || fsync(fd) < 0 ||
	    renameat(p->dir, ".new", p->dir, name) < 0)
		return err_sys(e, "cannot write '%s/%s'", text_str(&p->path), name);
	return 0;
}

int diary_add(struct diary *p, const char *id, enum deed deed, const char *what,
	      struct err *e)
{
	struct deed_line l = { .time = (int64_t)time(NULL), .deed = deed };
	auto_text t = { 0 };
	auto_fd fd = -1;

	snprintf(l.id, sizeof(l.id), "%s", id);
	snprintf(l.what, sizeof(l.what), "%s", what ? what : "");
	print_line(&l, &t);
	fd = openat(p->dir, "progress",
		    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, text_str(&t), t.len) < 0)
		return err_sys(e, "cannot write '%s/progress'", text_str(&p->path));
	return push(p, &l, e);
}

/* Behind what is solved nothing is taken back: it was solved with what there was */
int diary_take_back(struct diary *p, struct deed_line *out, struct err *e)
{
	size_t i = p->count;
	auto_text t = { 0 };

	while (i && p->v[i - 1].deed < DEED_SKIP && p->v[i - 1].deed != DEED_SOLVED)
		i--;
	if (!i || p->v[i - 1].deed == DEED_SOLVED)
		return err_set(e, "there is nothing to take back");
	*out = p->v[--i];
	memmove(&p->v[i], &p->v[i + 1], (p->count - i - 1) * sizeof(*p->v));
	p->count--;
	diary_print(p, &t);
	return replace(p, "progress", &t, e);
}

/* --- what follows from them -------------------------------------------------------- */

static void began(struct lab_record *r)
{
	if (r->state == LAB_NEW)
		r->state = LAB_TRIED;
}

struct lab_record diary_of(const struct diary *p, const char *id)
{
	struct lab_record r = { 0 };
	int64_t since = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct deed_line *l = &p->v[i];

		if (strcmp(l->id, id) != 0)
			continue;
		began(&r);
		if (l->deed == DEED_START) {
			r.hints = 0;
			r.has_solution = false;
			since = l->time;
		}
		if (l->deed == DEED_START || l->deed == DEED_RESET)
			r.is_over = false;
		r.tries += l->deed == DEED_FAILED || l->deed == DEED_SOLVED;
		r.hints += l->deed == DEED_HINT;
		r.has_solution = r.has_solution || l->deed == DEED_SOLUTION;
		if (l->deed == DEED_SOLVED) {
			r.state = r.has_solution ? LAB_ASSISTED : LAB_SOLVED;
			r.seconds = since ? l->time - since : 0;
			r.is_over = true;
		} else if (l->deed == DEED_SKIP || l->deed == DEED_DONE) {
			r.state = l->deed == DEED_SKIP ? LAB_SKIPPED : LAB_DONE;
		}
	}
	return r;
}

/* --- the lab at hand --------------------------------------------------------------- */

#define BEGUN "begun\n"

static int damaged(const struct diary *p, struct err *e)
{
	err_set(e, "'%s/current' does not say which lab is at hand", text_str(&p->path));
	return err_hint(e, "remove it, and what it left: nook rm -f lab");
}

static bool push_name(struct lab_words *w, const char *name)
{
	const char **more = realloc(w->v, (w->count + 1) * sizeof(*more));

	if (!more)
		return false;
	w->v = more;
	w->v[w->count++] = name;
	return !parse_name(name, NULL);
}

/* A line behind the first three */
static bool parse_more(struct current *c, char *line)
{
	const char *what = strsep(&line, " ");

	if (c->has_begun) /* the last one */
		return false;
	c->has_begun = !line && !strcmp(what, "begun");
	if (!line)
		return c->has_begun;
	if (!strcmp(what, "box"))
		return push_name(&c->boxes, line);
	return !strcmp(what, "network") && push_name(&c->networks, line);
}

static bool parse_current(struct current *c)
{
	char *rest = c->text, *v[3], *line;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = rest ? strsep(&rest, "\n") : (char *)"";
	if (!lab_is_id(v[0]) || *v[1] != '/' || strlen(v[1]) >= sizeof(c->path) ||
	    strlen(v[2]) != TOKEN_SIZE - 1)
		return false;
	snprintf(c->id, sizeof(c->id), "%s", v[0]);
	snprintf(c->path, sizeof(c->path), "%s", v[1]);
	snprintf(c->token, sizeof(c->token), "%s", v[2]);
	while ((line = strsep(&rest, "\n")))
		if (*line && !parse_more(c, line))
			return false;
	return true;
}

int current_read(const struct diary *p, struct current *c, struct err *e)
{
	auto_text t = { 0 };

	*c = (struct current){ 0 };
	if (p->dir < 0)
		return 0;
	if (file_read(p->dir, "current", &t, FILE_MOST) < 0)
		return errno == ENOENT ? 0 : damaged(p, e);
	c->text = text_take(&t);
	if (c->text && parse_current(c))
		return 1;
	current_release(c);
	return damaged(p, e);
}

void current_release(struct current *c)
{
	free(c->boxes.v);
	free(c->networks.v);
	free(c->text);
	*c = (struct current){ 0 };
}

static void add_names(const char *what, const struct lab_words *w, struct text *out)
{
	for (size_t i = 0; i < w->count; i++)
		text_addf(out, "%s %s\n", what, w->v[i]);
}

int current_write(const struct diary *p, const struct lab *l, const char *token,
		  struct err *e)
{
	auto_text t = { 0 };

	text_addf(&t, "%s\n%s\n%s\n", l->id, l->path, token);
	add_names("box", &l->targets, &t);
	add_names("network", &l->networks, &t);
	return replace(p, "current", &t, e);
}

int current_begun(const struct diary *p, struct err *e)
{
	auto_fd fd =
		openat(p->dir, "current", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, BEGUN, strlen(BEGUN)) < 0)
		return err_sys(e, "cannot write '%s/current'", text_str(&p->path));
	return 0;
}

int current_end(const struct diary *p, struct err *e)
{
	if (unlinkat(p->dir, "current", 0) < 0 && errno != ENOENT)
		return err_sys(e, "cannot remove '%s/current'", text_str(&p->path));
	return 0;
}
