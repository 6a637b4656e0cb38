// SPDX-License-Identifier: GPL-3.0-or-later
/* processes.c - the processes of a running box, from proc(5)
 *
 * What a payload can choose (its name, its command line) is bytes of any kind here, and
 * parentheses and newlines in a name move nothing: fields are counted from the last one.
 */
#include "cmd/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "box/store.h"
#include "cgroup/cgroup.h"

#define MOST_PIDS 4096

/* Fields of /proc/PID/stat behind the name, as proc(5) counts them */
enum {
	STATE = 3,
	PPID = 4,
	UTIME = 14,
	STIME,
	CUTIME,
	CSTIME,
	THREADS = 20,
	START = 22,
	RSS = 24
};

int process_parse(char *stat, struct process *out)
{
	uint64_t tick = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	char *open = strchr(stat, '('), *close = strrchr(stat, ')');
	uint64_t n[RSS + 1] = { 0 };
	char *p, *end;

	if (!open || !close || close < open || close[1] != ' ' || !close[2])
		return -1;
	*close = '\0';
	snprintf(out->name, sizeof(out->name), "%s", open + 1);
	out->state = close[2];
	p = close + 3;
	for (int i = PPID; i <= RSS; i++, p = end) {
		n[i] = strtoull(p, &end, 10);
		if (end == p)
			return -1;
	}
	out->parent = (pid_t)n[PPID];
	out->cpu_ns = (n[UTIME] + n[STIME]) * tick;
	out->waited_ns = (n[CUTIME] + n[CSTIME]) * tick;
	out->threads = (unsigned int)n[THREADS];
	out->started_ticks = n[START];
	out->rss = n[RSS] * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

/* The numbers behind "KEY:" of /proc/PID/status; "" where there is no such line */
static const char *status_line(const char *status, const char *key)
{
	size_t len = strlen(key);

	for (const char *s = status; s; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (!strncmp(s, key, len) && s[len] == ':')
			return s + len + 1;
	}
	return "";
}

static void read_status(const char *status, struct process *out)
{
	const char *pids = status_line(status, "NSpid");
	const char *end = pids + strcspn(pids, "\n");

	out->uid = (unsigned int)strtoul(status_line(status, "Uid"), NULL, 10);
	out->anon = strtoull(status_line(status, "RssAnon"), NULL, 10) * 1024;
	/* One number for each pid namespace, from ours inwards */
	while (end > pids && !isspace((unsigned char)end[-1]))
		end--;
	out->inner = (pid_t)strtol(end, NULL, 10);
}

int process_read(pid_t pid, struct process *out)
{
	char path[40], buf[4096];

	*out = (struct process){ .pid = pid };
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0 ||
	    process_parse(buf, out) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (file_read_small(AT_FDCWD, path, buf, sizeof(buf)) > 0)
		read_status(buf, out);
	return 0;
}

static int add(struct processes *list, const struct process *p)
{
	struct process *more = list->v;

	/* room for the next power of two was made before */
	if (!(list->count & (list->count - 1)))
		more = realloc(list->v, (list->count ? 2 * list->count : 1) * sizeof(*p));
	if (!more)
		return -1;
	list->v = more;
	list->v[list->count++] = *p;
	return 0;
}

/* Return: 1 where the box has a cgroup, 0 where not, -1 when memory ran out */
static int from_cgroup(const struct record *rec, struct processes *out)
{
	auto_free pid_t *pids = NULL;
	struct process p;
	struct cgroup cg;
	ssize_t n;

	if (!rec->cgroup.kind || cgroup_open(&rec->cgroup, &cg, NULL) < 0)
		return 0;
	pids = malloc(MOST_PIDS * sizeof(*pids));
	n = pids ? cgroup_pids(&cg, pids, MOST_PIDS) : -1;
	cgroup_close(&cg);
	if (!pids)
		return -1;
	for (ssize_t i = 0; i < n && i < MOST_PIDS; i++)
		if (!process_read(pids[i], &p) && add(out, &p) < 0)
			return -1;
	return n > 0;
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = ((const struct process *)a)->pid, y = ((const struct process *)b)->pid;

	return (x > y) - (x < y);
}

/* Everybody on this machine, by number */
static int read_all(struct processes *all)
{
	auto_dir d = opendir("/proc");
	const struct dirent *de;
	struct process p;

	while (d && (de = readdir(d))) {
		if (!isdigit((unsigned char)de->d_name[0]) ||
		    process_read((pid_t)strtol(de->d_name, NULL, 10), &p) < 0)
			continue;
		if (add(all, &p) < 0)
			return -1;
	}
	return 0;
}

/* Whether a parent's parent's ... is the box's first process. What ended while /proc was
 * read can leave a hole in the way, or in principle a ring: 4096 steps at most */
static bool descends(const struct record *rec, const struct processes *all,
		     const struct process *p)
{
	for (int steps = 0; p && steps < 4096; steps++) {
		struct process parent = { .pid = p->parent };

		/* A record that was written first does not know init: the keeper's
		 * children are the box then */
		if (rec->init ? p->pid == rec->init : p->parent == rec->keeper)
			return true;
		p = bsearch(&parent, all->v, all->count, sizeof(*all->v), by_pid);
	}
	return false;
}

static int from_tree(const struct record *rec, struct processes *out)
{
	struct processes all = { 0 };
	int r = read_all(&all);

	if (all.count)
		qsort(all.v, all.count, sizeof(*all.v), by_pid);
	for (size_t i = 0; !r && i < all.count; i++)
		if (descends(rec, &all, &all.v[i]))
			r = add(out, &all.v[i]);
	processes_release(&all);
	return r;
}

int processes_of(const struct record *rec, struct processes *out)
{
	int r;

	*out = (struct processes){ 0 };
	r = from_cgroup(rec, out);
	return r ? (r < 0 ? -1 : 0) : from_tree(rec, out);
}

void processes_release(struct processes *p)
{
	free(p->v);
	*p = (struct processes){ 0 };
}

pid_t processes_init(const struct record *rec)
{
	char path[60], buf[4096], *s = buf, *end;
	pid_t pid, init = 0;
	struct process p;

	if (rec->init)
		return rec->init;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", rec->keeper,
		 rec->keeper);
	if (file_read_small(AT_FDCWD, path, buf, sizeof(buf)) <= 0)
		return 0;
	for (;; s = end) {
		pid = (pid_t)strtol(s, &end, 10);
		if (end == s)
			return init;
		if (process_read(pid, &p) < 0)
			continue;
		if (p.inner == 1)
			return pid;
		/* Without a pid namespace of its own: what was executed there later may
		 * call itself so, but is younger */
		if (!init && !strcmp(p.name, "nook-init"))
			init = pid;
	}
}

void process_command(const struct process *p, struct text *out)
{
	char path[40], buf[2048];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", p->pid);
	n = file_read_small(AT_FDCWD, path, buf, sizeof(buf));
	if (n <= 0 || !*buf) {
		text_addf(out, "[%s]", p->name);
		return;
	}
	/* argv is one NUL behind the other */
	for (ssize_t i = 0; i < n - 1; i++)
		if (!buf[i])
			buf[i] = ' ';
	/* and init has scrubbed all of its own */
	n = (ssize_t)strnlen(buf, (size_t)n);
	while (n && buf[n - 1] == ' ')
		n--;
	text_addn(out, buf, (size_t)n);
}
