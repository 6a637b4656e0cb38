// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_cgroup.c - verbs about cgroups: one name for what v1 and v2 keep in different
 * files, and what a device rule lets through, which v2 keeps in no file at all
 *
 * Files and formats: cgroups(7), the kernel's Documentation/admin-guide/cgroup-v2.rst and
 * cgroup-v1/. The hierarchy that holds the controller is read: on hybrid hosts v1's, else
 * that of v2. A limit is in force for everything below its cgroup, so of a limit the
 * least counts from the target's cgroup up to the top of what can be seen here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/parse.h"
#include "cgroup/stat.h"
#include "host/cgroup.h"
#include "lab/play.h"
#include "lab/within.h"

#define V1_UNLIMITED \
	(UINT64_C(1) << 62) /* v1 writes "no limit" as a number beyond this */
#define DELTA_NS   200000000u
#define DELTA_MOST 600000000u

/**
 * struct row - A value
 * @is_limit:	The least of it and those above counts
 * @controller:	CG_*, whose hierarchy of v1 has it
 * @v1, @v2:	File, and behind a blank the key of the line; NULL = there is no such file
 * @read:	Gets its number from the text, where that is not one number or key
 * @v1_times, @v2_times: What the file's unit is in ours
 */
struct row {
	const char *name;
	enum unit unit;
	bool is_limit;
	uint32_t controller;
	const char *v1, *v2;
	uint64_t (*read)(const char *text);
	uint32_t v2_times;
};

/* "20000 100000": quota and period in us; "max 100000". Thousandths of a CPU */
static uint64_t read_cpu_max(const char *text)
{
	uint64_t quota = stat_number(text);
	const char *blank = strchr(text, ' ');
	uint64_t period = blank ? stat_number(blank + 1) : UINT64_MAX;

	return quota == UINT64_MAX || !period || period == UINT64_MAX
		       ? UINT64_MAX
		       : quota * 1000 / period;
}

static uint64_t count_lines(const char *text)
{
	uint64_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* "FROZEN" of v1; v2's cgroup.events has "frozen 1" */
static uint64_t read_frozen(const char *text)
{
	return strchr(text, ' ') ? stat_key(text, "frozen") : !strncmp(text, "FROZEN", 6);
}

static const struct row rows[] = {
	{ "cpu-quota", IN_CPUS, true, CG_CPU, "cpu.cfs_quota_us", "cpu.max", read_cpu_max,
	  1 },
	{ "cpu-time", IN_TIME, false, CG_CPUACCT, "cpuacct.usage", "cpu.stat usage_usec",
	  NULL, 1000 },
	{ "throttled", IN_NUMBERS, false, CG_CPU, "cpu.stat nr_throttled",
	  "cpu.stat nr_throttled", NULL, 1 },
	{ "memory-limit", IN_BYTES, true, CG_MEMORY, "memory.limit_in_bytes",
	  "memory.max", NULL, 1 },
	{ "memory-now", IN_BYTES, false, CG_MEMORY, "memory.usage_in_bytes",
	  "memory.current", NULL, 1 },
	{ "memory-peak", IN_BYTES, false, CG_MEMORY, "memory.max_usage_in_bytes",
	  "memory.peak", NULL, 1 },
	{ "memory-refused", IN_NUMBERS, false, CG_MEMORY, "memory.failcnt",
	  "memory.events max", NULL, 1 },
	{ "oom-kills", IN_NUMBERS, false, CG_MEMORY, "memory.oom_control oom_kill",
	  "memory.events oom_kill", NULL, 1 },
	{ "pids-limit", IN_NUMBERS, true, CG_PIDS, "pids.max", "pids.max", NULL, 1 },
	{ "pids-now", IN_NUMBERS, false, CG_PIDS, "pids.current", "pids.current", NULL,
	  1 },
	{ "pids-peak", IN_NUMBERS, false, CG_PIDS, "pids.peak", "pids.peak", NULL, 1 },
	{ "pids-refused", IN_NUMBERS, false, CG_PIDS, "pids.events max",
	  "pids.events max", NULL, 1 },
	{ "frozen", IN_NUMBERS, false, CG_FREEZER, "freezer.state", "cgroup.events",
	  read_frozen, 1 },
	{ "processes", IN_NUMBERS, false, CG_PIDS, "cgroup.procs", "cgroup.procs",
	  count_lines, 1 },
};

static const char *next_row(size_t i, const void *arg)
{
	(void)arg;
	return i < ARRAY_SIZE(rows) ? rows[i].name : NULL;
}

static const struct row *row_find(const char *name, struct err *e)
{
	auto_text all = { 0 };
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(rows[i].name, name))
			return &rows[i];
		text_addf(&all, "%s%s", i ? " " : "", rows[i].name);
	}
	near = name_near(name, next_row, NULL);
	err_set(e, "a cgroup has no '%s'%s%s%s", name, near ? ", did you mean '" : "",
		near ? near : "", near ? "'" : "");
	err_hint(e, "there are %s", text_str(&all));
	return NULL;
}

/* --- where ------------------------------------------------------------------------- */

/**
 * struct group - The cgroup of a target in the hierarchy that has a controller
 * @dir:	Its directory; @top: that of the hierarchy, as far as it is mounted
 * @is_v1:	It is v1's
 */
struct group {
	struct text dir, top;
	bool is_v1;
};

static void group_release(struct group *g)
{
	text_release(&g->dir);
	text_release(&g->top);
}

#define auto_group __attribute__((cleanup(group_release))) struct group

/* @own: the text of /proc/PID/cgroup. Return: whether there is one */
static bool group_at(struct host *h, const char *own, uint32_t controller,
		     struct group *g)
{
	const struct host_mount *mounts;
	size_t n = host_mounts(h, &mounts);

	for (int v1 = 1; v1 >= 0; v1--) {
		for (size_t i = 0; i < n && !g->dir.len; i++) {
			const struct host_mount *m = &mounts[i];
			const char *dir = NULL;
			struct slice path;

			if (v1 ? !(host_cgroup_controllers(m) & controller)
			       : strcmp(m->fstype, "cgroup2") != 0)
				continue;
			if (host_cgroup_own(own, strlen(own), v1 ? controller : 0, &path))
				dir = host_cgroup_dir(h, m, path);
			text_add(&g->dir, dir ? dir : "");
			text_add(&g->top, dir ? m->target : "");
			g->is_v1 = v1;
		}
	}
	return g->dir.len > 0;
}

/* v2: the playground's processes are in a cgroup of their own in what is its root */
static void cut_own(struct text *dir)
{
	size_t len = strlen("/" PLAY_BOX);

	if (dir->len > len && !strcmp(dir->s + dir->len - len, "/" PLAY_BOX))
		text_cut(dir, dir->len - len);
}

/* @word: a target, or "/PATH", a cgroup below the playground's. Return: 1; 0 = there is
 * none, which is said; -1 and @e */
static int group_of(const struct lab_scene *s, const char *word, uint32_t controller,
		    struct group *g, struct fact_found *out)
{
	bool is_path = *word == '/';
	auto_aim a = { .dir = -1 };
	struct host *h = host_new();
	auto_text own = { 0 };
	struct err e = { 0 };
	int rc = h ? aim_at(s, is_path ? "lab" : word, &a, out, &e) : -1;

	if (rc == 1)
		rc = aim_read(&a, "cgroup", &own, out, &e);
	if (rc == 1 && !group_at(h, text_str(&own), controller, g))
		rc = fact_nowhere(out, "no cgroup of it is to be seen here");
	if (is_path) {
		if (!g->is_v1)
			cut_own(&g->dir);
		text_add(&g->dir, word);
	}
	host_free(h);
	return rc;
}

static int check_group(const char *word, struct err *e)
{
	if (*word != '/')
		return lab_target_check(word, e);
	return strstr(word, "..") ? err_set(e, "'%s' is no path of a cgroup", word) : 0;
}

/* --- what -------------------------------------------------------------------------- */

/* v1 keeps the period in a file of its own */
static void add_period(const char *dir, struct text *text)
{
	char path[PATH_MAX], period[64];

	snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", dir);
	fact_trim(text);
	if (file_read_small(AT_FDCWD, path, period, sizeof(period)) > 0)
		text_addf(text, " %s", period);
}

/* The value in one cgroup; the file's path goes to @path. Return: 0; -1 and errno */
static int value_in(const struct row *r, const char *dir, bool is_v1, struct text *path,
		    uint64_t *value)
{
	const char *what = is_v1 ? r->v1 : r->v2;
	size_t len = strcspn(what, " ");
	auto_text text = { 0 };

	text_cut(path, 0);
	text_addf(path, "%s/%.*s", dir, (int)len, what);
	if (file_read(AT_FDCWD, text_str(path), &text, (size_t)1 << 20) < 0)
		return -1;
	if (is_v1 && r->read == read_cpu_max)
		add_period(dir, &text);
	if (r->read)
		*value = r->read(text_str(&text));
	else if (what[len])
		*value = stat_key(text_str(&text), what + len + 1);
	else
		*value = stat_number(text_str(&text));
	if (is_v1 && r->is_limit && *value >= V1_UNLIMITED)
		*value = UINT64_MAX;
	if (!is_v1 && *value != UINT64_MAX)
		*value *= r->v2_times;
	return 0;
}

/* The least from @g up, which may be that of its own; a file that is not there limits
 * nothing. Return: 0; -1 and errno where the target's own cgroup cannot be read */
static int least(const struct row *r, const struct group *g, struct text *path,
		 uint64_t *value)
{
	auto_text dir = { 0 }, above = { 0 };
	uint64_t v;

	if (value_in(r, text_str(&g->dir), g->is_v1, path, value) < 0 &&
	    (errno != ENOENT || access(text_str(&g->dir), F_OK)))
		return -1;
	text_add(&dir, text_str(&g->dir));
	while (dir.len > g->top.len && r->is_limit) {
		text_cut(&dir, (size_t)(strrchr(dir.s, '/') - dir.s));
		if (dir.len < g->top.len ||
		    value_in(r, text_str(&dir), g->is_v1, &above, &v) < 0 || v >= *value)
			continue;
		*value = v;
		text_cut(path, 0);
		text_add(path, text_str(&above));
	}
	return 0;
}

int group_value_check(const char *const *words, struct err *e)
{
	return row_find(words[1], e) ? check_group(words[0], e) : -1;
}

enum unit group_value_unit(const char *name)
{
	return row_find(name, &(struct err){ 0 })->unit;
}

/* Return: 1 and the value; 0 = it cannot be had, which is said; -1 and @e */
static int read_value(const struct lab_scene *s, const char *word, const struct row *r,
		      uint64_t *value, struct fact_found *out)
{
	auto_group g = { .is_v1 = false };
	int rc = group_of(s, word, r->controller, &g, out);

	if (rc <= 0)
		return rc;
	*value = UINT64_MAX;
	rc = least(r, &g, &out->source, value);
	if (rc < 0)
		return fact_nowhere(out, "cannot read it: %s", strerror(errno));
	if (*value == UINT64_MAX && !r->is_limit)
		return fact_nowhere(out, "this kernel does not count it");
	return 1;
}

int group_value(const struct lab_scene *s, const char *const *words, uint64_t *value,
		struct fact_found *out, struct err *e)
{
	int rc = read_value(s, words[0], row_find(words[1], e), value, out);

	return rc < 0 ? err_set(e, "out of memory") : rc;
}

static int check_cg(const char *const *words, size_t n, struct err *e)
{
	struct bound b;

	(void)n;
	if (group_value_check(words, e) < 0)
		return -1;
	return bound_read(words[2], words[3], group_value_unit(words[1]), &b, e);
}

static int look_cg(const struct lab_scene *s, const char *const *words, size_t n,
		   struct fact_found *out, struct err *e)
{
	const struct row *r = row_find(words[1], e);
	uint64_t value = 0;
	struct bound b;
	int rc;

	(void)n;
	bound_read(words[2], words[3], r->unit, &b, NULL);
	text_addf(&out->expected, "%s %s %s", words[1], words[2], words[3]);
	rc = read_value(s, words[0], r, &value, out);
	if (rc < 0)
		return err_set(e, "out of memory");
	if (rc == 0)
		return 0;
	out->holds = bound_holds(&b, value);
	unit_text(r->unit, value, &out->found);
	return 0;
}

static int check_delta(const char *const *words, size_t n, struct err *e)
{
	const char *why = NULL;
	uint64_t ns;

	if (check_cg(words, n, e) < 0)
		return -1;
	if (n > 4 && (parse_duration(words[4], &ns, &why) < 0 || ns > DELTA_MOST))
		return err_set(e, "'%s': %s", words[4],
			       why ? why : "expected at most 600ms");
	return 0;
}

static int look_delta(const struct lab_scene *s, const char *const *words, size_t n,
		      struct fact_found *out, struct err *e)
{
	const struct row *r = row_find(words[1], e);
	uint64_t before = 0, after = 0, grown, ns = DELTA_NS;
	struct timespec pause = { 0 };
	struct bound b;
	int rc;

	bound_read(words[2], words[3], r->unit, &b, NULL);
	if (n > 4)
		parse_duration(words[4], &ns, &(const char *){ NULL });
	pause.tv_nsec = (long)ns;
	text_addf(&out->expected, "%s %s %s more within ", words[1], words[2], words[3]);
	text_duration(&out->expected, ns);
	rc = read_value(s, words[0], r, &before, out);
	if (rc == 1) {
		while (nanosleep(&pause, &pause) < 0 && errno == EINTR)
			;
		rc = read_value(s, words[0], r, &after, out);
	}
	if (rc < 0)
		return err_set(e, "out of memory");
	if (rc == 0)
		return 0;
	grown = after > before ? after - before : 0;
	out->holds = bound_holds(&b, grown);
	unit_text(r->unit, grown, &out->found);
	text_add(&out->found, " more");
	return 0;
}

/* --- devices ----------------------------------------------------------------------- */

/** struct opening - @procs: cgroup.procs of the target's cgroup; @device: O_PATH; @flags:
 * how it is to be opened */
struct opening {
	int procs, device, flags;
};

static int flags_of(const char *access)
{
	static const char *const words[] = { "r", "w", "rw" };
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], access))
			return flags[i];
	return -1;
}

static int check_opens(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	if (words[1][0] != '/')
		return err_set(e, "'%s' is no path of a device", words[1]);
	if (flags_of(words[2]) < 0)
		return err_set(e, "'%s': expected r, w or rw", words[2]);
	return lab_target_check(words[0], e);
}

/* Who is frozen or held back in there opens nothing: SIGALRM ends it all the same.
 * Return: 1 = it opens, 0 = it may not; -1 and @e */
static int try_open(void *arg, struct text *out, struct err *e)
{
	const struct opening *o = arg;
	auto_fd fd = -1;
	char path[40];

	alarm(1);
	if (fd_write_all(o->procs, "0", 1) < 0)
		return err_sys(e, "cannot enter its cgroup");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->device);
	fd = open(path, o->flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno != EPERM)
		return err_sys(e, "cannot open it");
	text_add(out, fd < 0 ? strerror(errno) : "it opens");
	return fd >= 0;
}

static int open_procs(const struct group *g)
{
	auto_text path = { 0 };

	text_addf(&path, "%s/cgroup.procs", text_str(&g->dir));
	return open(text_str(&path), O_WRONLY | O_CLOEXEC);
}

static int look_opens(const struct lab_scene *s, const char *const *words, size_t n,
		      struct fact_found *out, struct err *e)
{
	auto_fd device = open(words[1], O_PATH | O_CLOEXEC), procs = -1;
	auto_group g = { .is_v1 = false };
	struct err why = { 0 };
	struct opening o;
	struct stat st;
	int rc;

	(void)n;
	text_addf(&out->expected, "its cgroup lets %s be opened (%s)", words[1],
		  words[2]);
	rc = group_of(s, words[0], CG_DEVICES, &g, out);
	if (rc < 0)
		return err_set(e, "out of memory");
	if (rc == 0)
		return 0;
	text_cut(&out->source, 0);
	text_addf(&out->source, "%s opened by a process in %s", words[1],
		  text_str(&g.dir));
	if (device < 0 || fstat(device, &st) ||
	    !(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
		return fact_nowhere(out, "%s is no device", words[1]);
	procs = open_procs(&g);
	if (procs < 0)
		return fact_nowhere(out, "cannot enter its cgroup: %s", strerror(errno));
	o = (struct opening){ procs, device, flags_of(words[2]) };
	rc = child_do(try_open, &o, &out->found, &why);
	if (rc < 0)
		return fact_nowhere(out, "%s", why.text);
	out->holds = rc == 1;
	return 0;
}

const struct fact_verb facts_cgroup[] = {
	{ "cg", "TARGET|/CGROUP NAME OP VALUE",
	  "what its cgroup says, on v1 and v2 by one name: cpu-quota memory-limit "
	  "pids-limit (of these the least up to the top), cpu-time throttled memory-now "
	  "memory-peak memory-refused oom-kills pids-now pids-peak pids-refused frozen "
	  "processes; OP is = != < <= > or >=; /CGROUP lies below the playground's own",
	  4, 4, check_cg, look_cg },
	{ "cg-delta", "TARGET|/CGROUP NAME OP VALUE [TIME]",
	  "by how much it grows within that time, 200ms where none is given", 4, 5,
	  check_delta, look_delta },
	{ "dev-opens", "TARGET DEVICE r|w|rw",
	  "who is in its cgroups may open that device of the machine so, by their device "
	  "rules; a process of nook's goes there for a moment and tries, which takes "
	  "root",
	  3, 3, check_opens, look_opens },
	{ 0 },
};
