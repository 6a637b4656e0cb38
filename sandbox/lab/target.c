// SPDX-License-Identifier: GPL-3.0-or-later
/* target.c - the process that a name in a fact means: by a pid in a file, by a box, or
 * the newest of the playground
 *
 * A learner's pids are those of the playground, where he reads them; all that looks at a
 * process here needs the host's. A process has a number in each pid namespace from the
 * reader's down to its own, which NSpid of /proc/PID/status lists in that order: in the
 * playground it is the one at the level of the playground's init, for whoever is in there
 * or in a namespace below.
 */
#include "lab/fact.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "box/store.h"
#include "cmd/processes.h"
#include "lab/verbs.h"

#define MOST_ENVIRONMENT ((size_t)1 << 20)
#define MOST_LEVELS	 33 /* MAX_PID_NS_LEVEL of the kernel, and the first */

/* --- the playground's processes ---------------------------------------------------- */

/** struct playground - @ns: inode of its pid namespace; @level: how far below ours */
struct playground {
	ino_t ns;
	size_t level;
};

/* The numbers of a process, from our pid namespace down. Return: how many; 0 = it has
 * ended */
static size_t numbers_of(pid_t pid, pid_t out[MOST_LEVELS])
{
	char path[40], buf[4096], *p;
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (file_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return 0;
	p = strstr(buf, "\nNSpid:");
	if (!p)
		return 0;
	for (p += strlen("\nNSpid:"); n < MOST_LEVELS && *p == '\t'; n++)
		out[n] = (pid_t)strtol(p + 1, &p, 10);
	return n;
}

static int open_ns(pid_t pid)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

bool process_is_in(pid_t pid, ino_t pid_ns)
{
	int ns = open_ns(pid);
	bool found = false;
	struct stat st;

	while (ns >= 0 && !found) {
		int outer;

		found = !fstat(ns, &st) && st.st_ino == pid_ns;
		outer = found ? -1 : ioctl(ns, NS_GET_PARENT);
		close(ns);
		ns = outer;
	}
	return found;
}

static bool find_playground(const struct lab_scene *s, struct playground *p)
{
	auto_fd ns = s->init > 0 ? open_ns(s->init) : -1;
	pid_t numbers[MOST_LEVELS];
	size_t n = s->init > 0 ? numbers_of(s->init, numbers) : 0;
	struct stat st;

	if (!n || ns < 0 || fstat(ns, &st))
		return false;
	*p = (struct playground){ .ns = st.st_ino, .level = n - 1 };
	return true;
}

int processes_each(bool (*each)(pid_t pid, void *arg), void *arg, struct err *e)
{
	auto_dir dir = opendir("/proc");
	const struct dirent *d;

	if (!dir)
		return err_sys(e, "cannot read '/proc'");
	while ((d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]) &&
		    each((pid_t)strtol(d->d_name, NULL, 10), arg))
			break;
	return 0;
}

/* --- a pid in a file --------------------------------------------------------------- */

/** struct by_number - @number: as the playground counts; @pid: out, 0 = nobody has it */
struct by_number {
	struct playground p;
	pid_t number, pid;
};

static bool has_number(pid_t pid, void *arg)
{
	struct by_number *b = arg;
	pid_t numbers[MOST_LEVELS];

	if (numbers_of(pid, numbers) <= b->p.level || numbers[b->p.level] != b->number ||
	    !process_is_in(pid, b->p.ns))
		return false;
	b->pid = pid;
	return true;
}

/* A lab with one target needs no name for it */
static bool is_only(const struct lab_scene *s, const char *name)
{
	return s->target_count == 1 && !strcmp(s->targets[0], name);
}

/* What was written there is the learner's: no link is followed, nothing but a plain file
 * opened. Return: its length; -1 = it is not there, -2 = it cannot be read */
static ssize_t read_pid_file(const char *path, char *buf, size_t size)
{
	auto_fd at = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	auto_fd fd = -1;
	struct stat st;
	ssize_t n;

	if (at < 0)
		return -1;
	if (!fstat(at, &st) && S_ISREG(st.st_mode))
		fd = path_reopen(at);
	n = fd < 0 ? -1 : read(fd, buf, size - 1);
	buf[n < 0 ? 0 : n] = '\0';
	return n < 0 ? -2 : n;
}

/* What stands in $LAB/NAME.pid, or $LAB/pid. Return: the number; 0 = there is no such
 * file, -1 = no number in it; @path is the file's */
static pid_t read_number(const struct lab_scene *s, const char *name, struct text *path)
{
	char buf[64];
	uint64_t n;
	ssize_t got;

	text_addf(path, "%s/%s.pid", s->dir, name);
	got = read_pid_file(text_str(path), buf, sizeof(buf));
	if (got == -1 && is_only(s, name)) {
		text_cut(path, 0);
		text_addf(path, "%s/pid", s->dir);
		got = read_pid_file(text_str(path), buf, sizeof(buf));
	}
	if (got == -1)
		return 0;
	buf[strcspn(buf, " \t\n")] = '\0';
	return parse_number_in(buf, 1, INT32_MAX, &n) < 0 ? -1 : (pid_t)n;
}

/**
 * struct wanted - What was looked for, and why it is not there
 * @has_file:	A file names a process, be it there or not
 */
struct wanted {
	const struct lab_scene *s;
	const char *name;
	struct text *how;
	bool has_file;
};

/* Return: as lab_target() */
static int from_file(struct wanted *w, pid_t *pid, struct err *e)
{
	struct by_number b = { 0 };
	auto_text path = { 0 };
	pid_t number = read_number(w->s, w->name, &path);

	w->has_file = number != 0;
	if (!number)
		return 0;
	if (number < 0) {
		text_addf(w->how, "%s holds no pid", text_str(&path));
		return 0;
	}
	b.number = number;
	if (find_playground(w->s, &b.p) && processes_each(has_number, &b, e) < 0)
		return -1;
	text_add(w->how, text_str(&path));
	if (!b.pid)
		text_addf(w->how, " names process %d, which is not there", number);
	*pid = b.pid;
	return b.pid > 0;
}

/* --- a box ------------------------------------------------------------------------- */

/* Init's eldest child is the command; what was executed later is the keeper's child.
 * Return: 0 = it has none */
static pid_t command_of(const struct record *rec, pid_t init)
{
	const struct process *eldest = NULL;
	struct processes all = { 0 };
	pid_t pid;

	processes_of(rec, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct process *p = &all.v[i];

		if (p->parent == init &&
		    (!eldest || p->started_ticks < eldest->started_ticks ||
		     (p->started_ticks == eldest->started_ticks && p->pid < eldest->pid)))
			eldest = p;
	}
	pid = eldest ? eldest->pid : 0;
	processes_release(&all);
	return pid;
}

pid_t lab_target_box(const char *name)
{
	struct record rec;
	auto_free struct plan *plan = store_find(name, &rec, NULL);
	pid_t init = plan ? processes_init(&rec) : 0;
	/* Without an init of nook's the first process is the command */
	bool has_init = init && !plan->session.init_none;
	pid_t command = has_init ? command_of(&rec, init) : 0;

	return command ? command : init;
}

static int from_box(const struct wanted *w, pid_t *pid)
{
	*pid = lab_target_box(w->name);
	if (!*pid)
		return 0;
	text_cut(w->how, 0);
	text_addf(w->how, "box %s", w->name);
	return 1;
}

/* --- the newest process ------------------------------------------------------------ */

/** struct newest - The newest so far; @is_session: started by somebody outside */
struct newest {
	struct playground p;
	const struct lab_scene *s;
	struct process best;
	bool is_session;
};

/* Whether NOOK_LAB=ID is in its environment, as exec left that */
static bool is_of_lab(pid_t pid, const char *id)
{
	auto_text environment = { 0 };
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	if (file_read(AT_FDCWD, path, &environment, MOST_ENVIRONMENT) < 0)
		return false;
	for (size_t at = 0; at < environment.len; at += strlen(environment.s + at) + 1) {
		const char *v = environment.s + at;

		if (!strncmp(v, "NOOK_LAB=", 9) && !strcmp(v + 9, id))
			return true;
	}
	return false;
}

static bool is_newer(const struct newest *n, const struct process *p, bool is_session)
{
	if (!n->best.pid)
		return true;
	if (is_session != n->is_session)
		return n->is_session;
	return p->started_ticks > n->best.started_ticks ||
	       (p->started_ticks == n->best.started_ticks && p->pid > n->best.pid);
}

static bool consider(pid_t pid, void *arg)
{
	struct newest *n = arg;
	struct process p;
	bool is_session;

	if (pid == n->s->init || !process_is_in(pid, n->p.ns) ||
	    !is_of_lab(pid, n->s->id) || process_read(pid, &p) < 0)
		return false;
	is_session = !process_is_in(p.parent, n->p.ns);
	if (is_newer(n, &p, is_session)) {
		n->best = p;
		n->is_session = is_session;
	}
	return false;
}

static int from_newest(const struct wanted *w, pid_t *pid, struct err *e)
{
	struct newest n = { .s = w->s };

	if (!is_only(w->s, w->name) || w->has_file || !find_playground(w->s, &n.p))
		return 0;
	if (processes_each(consider, &n, e) < 0)
		return -1;
	if (!n.best.pid)
		return 0;
	*pid = n.best.pid;
	text_cut(w->how, 0);
	text_addf(w->how, "NOOK_LAB=%s", w->s->id);
	return 1;
}

/* --- what others call -------------------------------------------------------------- */

static int say_none(const struct wanted *w)
{
	bool is_one = is_only(w->s, w->name);

	if (!w->how->len)
		text_addf(w->how,
			  "no process yet: start box %s, or write its pid into %s/%s%s",
			  w->name, w->s->dir, is_one ? "" : w->name,
			  is_one ? "pid" : ".pid");
	return 0;
}

static int find(struct wanted *w, bool newest, pid_t *pid, struct err *e)
{
	int rc;

	if (!strcmp(w->name, "host")) {
		*pid = getpid();
		text_add(w->how, "nook itself");
		return 1;
	}
	if (!strcmp(w->name, "lab")) {
		*pid = w->s->init;
		text_add(w->how, *pid > 0 ? "the playground" : "there is no playground");
		return *pid > 0;
	}
	rc = from_file(w, pid, e);
	if (!rc)
		rc = from_box(w, pid);
	if (!rc && newest)
		rc = from_newest(w, pid, e);
	return rc ? rc : say_none(w);
}

int lab_target_named(const struct lab_scene *s, const char *name, pid_t *pid,
		     struct text *how, struct err *e)
{
	auto_text unused = { 0 };
	struct wanted w = { .s = s, .name = name, .how = how ? how : &unused };

	return find(&w, false, pid, e);
}

int lab_target(const struct lab_scene *s, const char *name, pid_t *pid, struct text *how,
	       struct err *e)
{
	auto_text unused = { 0 };
	struct wanted w = { .s = s, .name = name, .how = how ? how : &unused };

	return find(&w, true, pid, e);
}

int lab_target_check(const char *name, struct err *e)
{
	const char *why;

	if (!parse_name(name, &why))
		return 0;
	return err_set(e, "'%s' is no target: %s", name, why);
}
