// SPDX-License-Identifier: GPL-3.0-or-later
/* verbs.c - targets, paths and namespaces, as verbs see them */
#include "lab/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/sys.h"
#include "cmd/processes.h"

#define MOST_FILE ((size_t)16 << 20) /* a mountinfo of 100,000 lines */

#define MOST_TEXT ((size_t)1 << 20)
#define MOST_AIMS 3

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* linux/sched.h */
#endif

/* --- targets ----------------------------------------------------------------------- */

int fact_nowhere(struct fact_found *out, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	out->is_unknown = true;
	text_cut(&out->found, 0);
	text_add(&out->found, buf);
	return 0;
}

void aim_close(struct aim *a)
{
	cleanup_fd(&a->dir);
	a->dir = -1;
}

/* Return: 1; 0 = there is none; -1 and @e */
static int aim_once(const struct lab_scene *s, const char *name, struct aim *a,
		    struct fact_found *out, struct err *e)
{
	auto_text how = { 0 };
	struct process p;
	char path[32];
	int rc;

	*a = (struct aim){ .dir = -1, .init = s->init };
	rc = lab_target(s, name, &a->pid, &how, e);
	if (rc < 0)
		return -1;
	if (!rc) { /* whatever was read of others says nothing of this one */
		text_cut(&out->source, 0);
		return fact_nowhere(out, "%s", text_str(&how));
	}
	if (process_read(a->pid, &p) == 0 && p.state == 'Z')
		return fact_nowhere(out, "%s: process %d has ended and is a zombie",
				    text_str(&how), a->pid);
	snprintf(path, sizeof(path), "/proc/%d", a->pid);
	a->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a->dir < 0)
		return fact_nowhere(out, "%s: process %d has just ended", text_str(&how),
				    a->pid);
	return 1;
}

/* Until it was open it could end, and its number become another's: so it is looked for
 * once more. The newest process may be another one each time, for a while */
int aim_at(const struct lab_scene *s, const char *name, struct aim *a,
	   struct fact_found *out, struct err *e)
{
	for (int i = 0; i < MOST_AIMS; i++) {
		pid_t again = 0;
		int rc = aim_once(s, name, a, out, e);

		if (rc > 0 && lab_target(s, name, &again, NULL, e) < 0)
			rc = -1;
		if (rc <= 0 || again == a->pid)
			return rc;
		aim_close(a);
	}
	return fact_nowhere(out, "%s: always another process", name);
}

int aim_read(const struct aim *a, const char *file, struct text *text,
	     struct fact_found *out, struct err *e)
{
	text_cut(&out->source, 0);
	text_addf(&out->source, "/proc/%d/%s", a->pid, file);
	if (!file_read(a->dir, file, text, MOST_FILE))
		return 1;
	if (errno == ENOMEM)
		return err_set(e, "out of memory");
	return fact_nowhere(out, "cannot read it: %s", strerror(errno));
}

/* --- paths ------------------------------------------------------------------------- */

/* Where the path of a target begins; NULL = it is one of the machine */
static const char *behind_target(const char *path)
{
	const char *colon = strchr(path, ':');

	return *path == '/' || !colon ? NULL : colon + 1;
}

int path_check(const char *path, struct err *e)
{
	const char *inside = behind_target(path);
	char name[80];

	if (*path == '/')
		return 0;
	if (!inside || *inside != '/') {
		err_set(e, "'%s' is no path of a fact", path);
		return err_hint(e, "it begins with /, or with TARGET:/");
	}
	snprintf(name, sizeof(name), "%.*s", (int)(inside - path - 1), path);
	return lab_target_check(name, e);
}

static int open_in(const struct aim *a, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)flags | O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	auto_fd root = openat(a->dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root < 0 ? -1 : sys_openat2(root, path, &how);
}

/* What follows $LAB/ in a path, NULL = it is not below */
static const char *behind_lab(const struct lab_scene *s, const char *path)
{
	size_t len = strlen(s->dir);

	return !strncmp(path, s->dir, len) && path[len] == '/' ? path + len + 1 : NULL;
}

/* A path of the machine. Who is root in the playground makes links in $LAB, and they
 * would be followed with the caller's rights */
static int open_here(const struct lab_scene *s, const char *path, int flags)
{
	const char *rest = behind_lab(s, path);
	struct open_how how = {
		.flags = (unsigned int)flags | O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	auto_fd lab = -1;

	if (!rest)
		return open(path, flags | O_PATH | O_CLOEXEC);
	lab = open(s->dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return lab < 0 ? -1 : sys_openat2(lab, *rest ? rest : ".", &how);
}

int path_open(const struct lab_scene *s, const char *path, int flags,
	      struct fact_found *out, struct err *e)
{
	const char *inside = behind_target(path);
	auto_aim a = { .dir = -1 };
	char name[80];
	int fd, rc;

	text_cut(&out->source, 0);
	if (!inside) {
		text_add(&out->source, path);
		fd = open_here(s, path, flags);
		return fd < 0 ? -2 : fd;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(inside - path - 1), path);
	rc = aim_at(s, name, &a, out, e);
	if (rc <= 0) {
		errno = ESRCH;
		return rc < 0 ? -1 : -2;
	}
	text_addf(&out->source, "/proc/%d/root%s", a.pid, inside);
	fd = open_in(&a, inside, flags);
	return fd < 0 ? -2 : fd;
}

int path_missing(struct fact_found *out)
{
	if (!out->is_unknown)
		text_addf(&out->found, "cannot open it: %s",
			  errno == EXDEV ? "a link leads out of $LAB" : strerror(errno));
	return 0;
}

int path_reopen(int fd)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int path_read(const struct lab_scene *s, const char *path, struct text *text,
	      struct fact_found *out, struct err *e)
{
	auto_fd at = path_open(s, path, 0, out, e);
	auto_fd fd = -1;
	struct stat st;

	if (at < 0)
		return at == -1 ? -1 : path_missing(out);
	if (fstat(at, &st) || !S_ISREG(st.st_mode)) {
		text_add(&out->found, "it is no plain file");
		return 0;
	}
	fd = path_reopen(at);
	if (fd < 0 || fd_read_all(fd, text, MOST_TEXT) < 0)
		return path_missing(out);
	fact_trim(text);
	return text->failed ? err_set(e, "out of memory") : 1;
}

/* --- numbers ----------------------------------------------------------------------- */

static const char *const operators[] = { "=", "!=", "<", "<=", ">", ">=" };

static int read_value(const char *s, enum unit unit, uint64_t *out, const char **why)
{
	*why = NULL;
	switch (unit) {
	case IN_BYTES:
		return parse_number(s, out, why) < 0 ? parse_size(s, out, why) : 0;
	case IN_TIME:
		return parse_duration(s, out, why);
	case IN_CPUS:
		return parse_cpus(s, out, why);
	case IN_NUMBERS:
		break;
	}
	if (!strcmp(s, "max")) {
		*out = UINT64_MAX;
		return 0;
	}
	return parse_number(s, out, why);
}

int bound_read(const char *op, const char *value, enum unit unit, struct bound *b,
	       struct err *e)
{
	const char *why = NULL;

	*b = (struct bound){ .unit = unit };
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (!strcmp(op, operators[i]))
			snprintf(b->op, sizeof(b->op), "%s", op);
	if (!b->op[0])
		return err_set(e,
			       "'%s' compares nothing: expected = != < <= > or >=", op);
	if (read_value(value, unit, &b->value, &why) < 0)
		return err_set(e, "'%s': %s", value, why);
	return 0;
}

bool bound_holds(const struct bound *b, uint64_t value)
{
	if (b->op[0] == '!')
		return value != b->value;
	if (value == b->value)
		return b->op[0] == '=' || b->op[1] == '=';
	return (b->op[0] == '<' && value < b->value) ||
	       (b->op[0] == '>' && value > b->value);
}

void unit_text(enum unit unit, uint64_t value, struct text *out)
{
	if (value == UINT64_MAX)
		text_add(out, "max");
	else if (unit == IN_BYTES)
		text_size(out, value);
	else if (unit == IN_TIME)
		text_duration(out, value);
	else if (unit == IN_CPUS)
		text_addf(out, "%llu.%llu%%", (unsigned long long)value / 10,
			  (unsigned long long)value % 10);
	else
		text_addf(out, "%llu", (unsigned long long)value);
}

/* --- texts ------------------------------------------------------------------------- */

#define SAID 160 /* bytes of a text that are worth to be shown */

int match_check(const char *s, struct err *e)
{
	char why[160];
	regex_t re;
	int code = regcomp(&re, s, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);

	if (!code) {
		regfree(&re);
		return 0;
	}
	regerror(code, &re, why, sizeof(why));
	return err_set(e, "'%s' is no regular expression: %s", s, why);
}

int match_text(const char *s, const char *text, struct err *e)
{
	regex_t re;
	bool found;

	if (regcomp(&re, s, REG_EXTENDED | REG_NOSUB | REG_NEWLINE))
		return match_check(s, e) < 0 ? -1 : err_set(e, "out of memory");
	found = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return found;
}

void fact_trim(struct text *text)
{
	while (text->len && text->s[text->len - 1] == '\n')
		text_cut(text, text->len - 1);
}

void fact_say_text(struct fact_found *out, const char *text)
{
	size_t len = strlen(text);

	text_addc(&out->found, '\'');
	text_addn(&out->found, text, len > SAID ? SAID : len);
	text_add(&out->found, len > SAID ? "...'" : "'");
}

/* --- namespaces -------------------------------------------------------------------- */

const struct ns_type ns_types[] = {
	{ "user", "user", CLONE_NEWUSER },
	{ "mnt", "mount", CLONE_NEWNS },
	{ "pid", "pid", CLONE_NEWPID },
	{ "net", "net", CLONE_NEWNET },
	{ "uts", "uts", CLONE_NEWUTS },
	{ "ipc", "ipc", CLONE_NEWIPC },
	{ "cgroup", "cgroup", CLONE_NEWCGROUP },
	{ "time", "time", CLONE_NEWTIME },
	{ 0 },
};

static const char *next_type(size_t i, const void *arg)
{
	(void)arg;
	return ns_types[i].file;
}

const struct ns_type *ns_type_find(const char *name, struct err *e)
{
	const char *near;

	for (const struct ns_type *t = ns_types; t->file; t++)
		if (!strcmp(t->file, name) || !strcmp(t->name, name))
			return t;
	near = name_near(name, next_type, NULL);
	err_set(e, "unknown namespace '%s'%s%s%s", name, near ? ", did you mean '" : "",
		near ? near : "", near ? "'" : "");
	err_hint(e, "there are user mnt pid net uts ipc cgroup time");
	return NULL;
}

unsigned long long ns_inode(const struct aim *a, const struct ns_type *t)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "ns/%s", t->file);
	return fstatat(a->dir, path, &st, 0) ? 0 : st.st_ino;
}
