// SPDX-License-Identifier: GPL-3.0-or-later
/* facts.c - what is true of a box, inside and outside side by side */
#include "cmd/facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "box/store.h"

#define MOST	  (64u << 10)
#define NAME_WIDE 15
#define CELL_WIDE 32
#define ALL_BUT	  6 /* capabilities that may lack where the others are not named */

/* --- outside ----------------------------------------------------------------------- */

/* "INSIDE OUTSIDE COUNT" lines (user_namespaces(7)), which anybody may read */
static void read_map(struct facts *f)
{
	auto_text t = { 0 };
	unsigned int in, out, count;
	const char *p;
	char path[40];

	*f->uid_map = '\0';
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)f->pid);
	if (f->in.ns[0] == f->host.ns[0] || file_read(AT_FDCWD, path, &t, MOST) < 0)
		return;
	for (p = text_str(&t); sscanf(p, "%u %u %u", &in, &out, &count) == 3;) {
		size_t len = strlen(f->uid_map);
		char one[80];

		if (count == 1)
			snprintf(one, sizeof(one), "%u is %u", in, out);
		else
			snprintf(one, sizeof(one), "%u-%u is %u-%u", in, in + count - 1,
				 out, out + count - 1);
		if (len + strlen(one) + 3 <= sizeof(f->uid_map))
			snprintf(f->uid_map + len, sizeof(f->uid_map) - len, "%s%s",
				 len ? ", " : "", one);
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
}

static void read_cgroup(struct facts *f)
{
	auto_text t = { 0 };
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)f->pid);
	if (file_read(AT_FDCWD, path, &t, MOST) < 0)
		return;
	look_cgroup_path(text_str(&t), f->cgroup, sizeof(f->cgroup));
}

static void read_limits(struct facts *f, const struct record *rec)
{
	for (unsigned int i = 0; i < LIMIT_COUNT; i++) {
		const struct cgroup_row *row = cgroup_row((enum cgroup_limit)i);
		const char *file = rec->cgroup.kind == CGROUP_V2 ? row->v2 : row->v1;
		const char *dir = cgroup_path_of(&rec->cgroup, row->controller);
		auto_fd fd = -1;

		if (!file || !dir)
			continue;
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 ||
		    file_read_small(fd, file, f->limit[i], sizeof(f->limit[i])) < 0)
			*f->limit[i] = '\0';
		f->limit[i][strcspn(f->limit[i], "\n")] = '\0';
	}
}

void facts_outside(struct facts *f, const struct record *rec)
{
	look_box(-1, &f->host);
	look_process(&f->host);
	read_map(f);
	read_cgroup(f);
	if (rec && rec->cgroup.kind != CGROUP_NONE)
		read_limits(f, rec);
}

/* --- the rows ---------------------------------------------------------------------- */

/**
 * struct row - One fact
 * @name:	As it is shown
 * @cell:	Adds the value: inside the box, or outside. @n is the row's own number
 * @n:		For rows of one kind: which namespace, limit
 * @moves:	It is another each time, whatever the box is like: no change to tell of
 */
struct row {
	const char *name;
	void (*cell)(const struct facts *f, bool inside, unsigned int n,
		     struct text *out);
	unsigned int n;
	bool moves;
};

static const struct look *side(const struct facts *f, bool inside)
{
	return inside ? &f->in : &f->host;
}

static void cell_pid(const struct facts *f, bool inside, unsigned int n, struct text *out)
{
	(void)n;
	text_addf(out, "%d", inside ? f->in.pid : (int)f->pid);
}

static void cell_user(const struct facts *f, bool inside, unsigned int n,
		      struct text *out)
{
	(void)n;
	text_addf(out, "%u", inside ? f->in.uid : f->uid);
}

static void cell_group(const struct facts *f, bool inside, unsigned int n,
		       struct text *out)
{
	(void)n;
	text_addf(out, "%u", inside ? f->in.gid : f->gid);
}

static void cell_map(const struct facts *f, bool inside, unsigned int n, struct text *out)
{
	(void)n;
	text_add(out, !inside ? "" : *f->uid_map ? f->uid_map : "every id is itself");
}

static void cell_caps(const struct facts *f, bool inside, unsigned int n,
		      struct text *out)
{
	uint64_t set = side(f, inside)->caps, known = 0;

	(void)n;
	if (set == LOOK_UNKNOWN)
		return;
	for (const struct name *c = capability_names; c->name; c++)
		known |= UINT64_C(1) << c->value;
	/* A kernel that is older knows fewer: what neither side can have is no part of
	 * "all" */
	known &= f->host.bounding | f->in.bounding | set;
	if (set == known || __builtin_popcountll(known & ~set) > ALL_BUT) {
		capability_list(out, set, known);
	} else {
		text_add(out, "all but ");
		capability_list(out, known & ~set, 0);
	}
}

static void cell_nnp(const struct facts *f, bool inside, unsigned int n, struct text *out)
{
	(void)n;
	text_add(out, side(f, inside)->no_new_privs ? "on" : "off");
}

static void cell_seccomp(const struct facts *f, bool inside, unsigned int n,
			 struct text *out)
{
	static const char *const modes[] = { "off", "strict", "a filter" };

	(void)n;
	text_add(out, modes[side(f, inside)->seccomp % ARRAY_SIZE(modes)]);
}

static void cell_hostname(const struct facts *f, bool inside, unsigned int n,
			  struct text *out)
{
	(void)n;
	text_add(out, side(f, inside)->hostname);
}

static void cell_root(const struct facts *f, bool inside, unsigned int n,
		      struct text *out)
{
	const struct look *l = side(f, inside);

	(void)n;
	text_addf(out, "%s%s%u:%u inode %llu", l->root, *l->root ? " " : "",
		  major(l->root_dev), minor(l->root_dev),
		  (unsigned long long)l->root_ino);
}

static void cell_cwd(const struct facts *f, bool inside, unsigned int n, struct text *out)
{
	(void)n;
	text_add(out, side(f, inside)->cwd);
}

static void add_count(struct text *out, uint64_t n)
{
	if (n != LOOK_UNKNOWN)
		text_addf(out, "%llu", (unsigned long long)n);
}

static void cell_mounts(const struct facts *f, bool inside, unsigned int n,
			struct text *out)
{
	(void)n;
	add_count(out, side(f, inside)->mounts);
}

static void cell_processes(const struct facts *f, bool inside, unsigned int n,
			   struct text *out)
{
	(void)n;
	add_count(out, side(f, inside)->processes);
}

static void cell_links(const struct facts *f, bool inside, unsigned int n,
		       struct text *out)
{
	(void)n;
	text_add(out, side(f, inside)->links);
}

static void cell_addresses(const struct facts *f, bool inside, unsigned int n,
			   struct text *out)
{
	(void)n;
	text_add(out, side(f, inside)->addresses);
}

static void cell_routes(const struct facts *f, bool inside, unsigned int n,
			struct text *out)
{
	(void)n;
	text_add(out, side(f, inside)->routes);
}

/* To a hundredth of a second: two readings of one clock are microseconds apart */
static void cell_clock(const struct facts *f, bool inside, unsigned int n,
		       struct text *out)
{
	int64_t offset = f->in.clock - f->host.clock;

	(void)n;
	offset = (offset + (offset < 0 ? -5000000 : 5000000)) / 10000000;
	if (!inside)
		text_add(out, "since the machine's start");
	else if (!offset)
		text_add(out, "as outside");
	else
		text_addf(out, "%+.2fs", (double)offset / 100);
}

static void cell_cgroup(const struct facts *f, bool inside, unsigned int n,
			struct text *out)
{
	(void)n;
	text_add(out, inside ? f->in.cgroup : f->cgroup);
}

static void cell_limit(const struct facts *f, bool inside, unsigned int n,
		       struct text *out)
{
	if (inside)
		text_add(out, f->limit[n]);
}

static void add_rlimit(struct text *out, uint64_t n)
{
	if (n == RLIM_INFINITY)
		text_add(out, "unlimited");
	else
		text_addf(out, "%llu", (unsigned long long)n);
}

static void cell_rlimit(const struct facts *f, bool inside, unsigned int n,
			struct text *out)
{
	const struct look *l = side(f, inside);

	add_rlimit(out, l->soft[n]);
	if (l->hard[n] != l->soft[n]) {
		text_addc(out, ':');
		add_rlimit(out, l->hard[n]);
	}
}

/* The inode names the namespace; where the box has none of its own it is the host's */
static void cell_space(const struct facts *f, bool inside, unsigned int n,
		       struct text *out)
{
	const struct look *l = side(f, inside);

	if (!l->ns[n])
		return;
	if (inside && l->ns[n] == f->host.ns[n])
		text_add(out, "the same");
	else
		text_addf(out, inside ? "%llu, its own" : "%llu",
			  (unsigned long long)l->ns[n]);
}

static const struct row rows[] = {
	{ "pid", cell_pid, 0, false },
	{ "user", cell_user, 0, false },
	{ "group", cell_group, 0, false },
	{ "user map", cell_map, 0, false },
	{ "capabilities", cell_caps, 0, false },
	{ "no_new_privs", cell_nnp, 0, false },
	{ "seccomp", cell_seccomp, 0, false },
	{ "host name", cell_hostname, 0, false },
	{ "root", cell_root, 0, false },
	{ "directory", cell_cwd, 0, false },
	{ "mounts", cell_mounts, 0, false },
	{ "processes", cell_processes, 0, true },
	{ "links", cell_links, 0, false },
	{ "addresses", cell_addresses, 0, false },
	{ "routes", cell_routes, 0, false },
	{ "uptime", cell_clock, 0, false },
	{ "cgroup", cell_cgroup, 0, false },
	{ "cpuset", cell_limit, LIMIT_CPUSET, false },
	{ "cpu quota", cell_limit, LIMIT_CPUS, false },
	{ "cpu weight", cell_limit, LIMIT_CPU_WEIGHT, false },
	{ "memory limit", cell_limit, LIMIT_MEMORY, false },
	{ "memory high", cell_limit, LIMIT_MEMORY_HIGH, false },
	{ "swap limit", cell_limit, LIMIT_SWAP, false },
	{ "pids limit", cell_limit, LIMIT_PIDS, false },
	{ "open files", cell_rlimit, RLIMIT_NOFILE, false },
	{ "file size", cell_rlimit, RLIMIT_FSIZE, false },
	{ "cpu seconds", cell_rlimit, RLIMIT_CPU, false },
	{ "address space", cell_rlimit, RLIMIT_AS, false },
	{ "user's tasks", cell_rlimit, RLIMIT_NPROC, false },
	{ "core files", cell_rlimit, RLIMIT_CORE, false },
	{ "stack", cell_rlimit, RLIMIT_STACK, false },
	{ "locked memory", cell_rlimit, RLIMIT_MEMLOCK, false },
	{ "ns user", cell_space, 0, false },
	{ "ns mount", cell_space, 1, false },
	{ "ns pid", cell_space, 2, false },
	{ "ns net", cell_space, 3, false },
	{ "ns uts", cell_space, 4, false },
	{ "ns ipc", cell_space, 5, false },
	{ "ns cgroup", cell_space, 6, false },
	{ "ns time", cell_space, 7, false },
};

/* --- shown ------------------------------------------------------------------------- */

static void cell_safe(const struct row *r, const struct facts *f, bool inside,
		      struct text *out)
{
	auto_text raw = { 0 };

	r->cell(f, inside, r->n, &raw);
	text_safe(out, text_str(&raw));
}

static void add_line(struct text *out, const char *name, const char *left,
		     const char *right)
{
	text_addf(out, "  %-*s %s", NAME_WIDE, name, *left ? left : "-");
	if (strlen(left) > CELL_WIDE)
		text_addf(out, "\n  %-*s %-*s %s\n", NAME_WIDE, "", CELL_WIDE, "",
			  *right ? right : "-");
	else
		text_addf(out, "%*s %s\n", CELL_WIDE - (int)(*left ? strlen(left) : 1),
			  "", *right ? right : "-");
}

/* @all: also where there is nothing of the kind on either side, such as a limit */
static void add_row(const struct row *r, const struct facts *f, bool all,
		    struct text *out)
{
	auto_text in = { 0 }, outside = { 0 };

	cell_safe(r, f, true, &in);
	cell_safe(r, f, false, &outside);
	if (all || in.len || outside.len)
		add_line(out, r->name, text_str(&in), text_str(&outside));
}

void facts_table(const struct facts *f, struct text *out)
{
	add_line(out, "", "inside", "outside");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		add_row(&rows[i], f, false, out);
}

/* What a person would call the same. Which number a namespace has is none of it, whether
 * it is the box's own is; and an id that holds the box's name is new each time */
static bool is_same(const struct row *r, const struct facts *a, const struct facts *b)
{
	auto_text x = { 0 }, y = { 0 };

	if (r->moves)
		return true;
	if (r->cell == cell_space)
		return (a->in.ns[r->n] == a->host.ns[r->n]) ==
		       (b->in.ns[r->n] == b->host.ns[r->n]);
	if (r->cell == cell_root)
		return !strcmp(a->in.root, b->in.root) &&
		       (a->in.root_ino == a->host.root_ino) ==
			       (b->in.root_ino == b->host.root_ino);
	if (r->cell == cell_cgroup)
		return !strcmp(a->in.cgroup, a->host.cgroup) ==
		       !strcmp(b->in.cgroup, b->host.cgroup);
	/* A process of the host's pid namespace has the next number each time */
	if (r->cell == cell_pid && a->in.pid == a->pid && b->in.pid == b->pid)
		return true;
	r->cell(a, true, r->n, &x);
	r->cell(b, true, r->n, &y);
	return !strcmp(text_str(&x), text_str(&y));
}

bool facts_changes(const struct facts *f, const struct facts *before, struct text *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (is_same(&rows[i], f, before))
			continue;
		if (out->len == start)
			add_line(out, "", "inside", "outside");
		add_row(&rows[i], f, true, out);
	}
	return out->len > start;
}

bool facts_compare(const struct facts *a, const struct facts *b, struct text *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_text x = { 0 }, y = { 0 };

		if (is_same(&rows[i], a, b))
			continue;
		cell_safe(&rows[i], a, true, &x);
		cell_safe(&rows[i], b, true, &y);
		add_line(out, rows[i].name, text_str(&x), text_str(&y));
	}
	return out->len > start;
}
