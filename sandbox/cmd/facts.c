// SPDX-License-Identifier: GPL-3.0-or-later
/* facts.c - what is true of a box, inside and outside side by side */
#include "cmd/facts.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/listing.h"

#define NAME_WIDE 15
#define CELL_WIDE 32
#define ALL_BUT	  6 /* capabilities that may lack where the others are not named */

/* --- the rows ---------------------------------------------------------------------- */

struct row;

/**
 * struct row - One fact
 * @name:	As it is shown
 * @cell:	Adds the value: inside the box, or outside. @n is the row's own number
 * @n:		For rows of one kind: which namespace, limit
 * @moves:	It is another each time, whatever the box is like: no change to tell of
 * @json:	Adds the value for programs; NULL: the cell, as a number where that is one
 *		and null where it is empty
 */
struct row {
	const char *name;
	void (*cell)(const struct facts *f, bool inside, unsigned int n,
		     struct text *out);
	unsigned int n;
	bool moves;
	void (*json)(const struct row *r, const struct facts *f, bool inside,
		     struct text *out);
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

static void cell_init(const struct facts *f, bool inside, unsigned int n,
		      struct text *out)
{
	pid_t pid = inside ? f->init_inside : f->init;

	(void)n;
	if (pid)
		text_addf(out, "%d", (int)pid);
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

/* In hundredths of a second: two readings of one clock are microseconds apart */
static int64_t clock_offset(const struct facts *f)
{
	int64_t offset = f->in.clock - f->host.clock;

	return (offset + (offset < 0 ? -5000000 : 5000000)) / 10000000;
}

static void cell_clock(const struct facts *f, bool inside, unsigned int n,
		       struct text *out)
{
	int64_t offset = clock_offset(f);

	(void)n;
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

/* For programs */

static void json_text(const struct row *r, const struct facts *f, bool inside,
		      struct text *out)
{
	auto_text raw = { 0 };

	r->cell(f, inside, r->n, &raw);
	text_json(out, raw.len ? text_str(&raw) : NULL);
}

static void json_plain(const struct row *r, const struct facts *f, bool inside,
		       struct text *out)
{
	auto_text raw = { 0 };

	r->cell(f, inside, r->n, &raw);
	if (raw.len && strspn(raw.s, "0123456789") == raw.len)
		text_add(out, raw.s);
	else
		text_json(out, raw.len ? raw.s : NULL);
}

/* What struct look has with ", " between: no name in it has a blank */
static void json_list(const struct row *r, const struct facts *f, bool inside,
		      struct text *out)
{
	auto_text raw = { 0 };
	const char *gap = "";

	r->cell(f, inside, r->n, &raw);
	text_addc(out, '[');
	for (const char *p = text_str(&raw), *end; *p; p = end + 2 * (*end != '\0')) {
		auto_text one = { 0 };

		end = strstr(p, ", ");
		end = end ? end : p + strlen(p);
		text_addn(&one, p, (size_t)(end - p));
		text_add(out, gap);
		text_json(out, text_str(&one));
		gap = ",";
	}
	text_addc(out, ']');
}

static void json_caps(const struct row *r, const struct facts *f, bool inside,
		      struct text *out)
{
	uint64_t set = side(f, inside)->caps;
	const char *gap = "";

	(void)r;
	if (set == LOOK_UNKNOWN) {
		text_add(out, "null");
		return;
	}
	text_addc(out, '[');
	for (const struct name *c = capability_names; c->name; c++) {
		if (!(set >> c->value & 1))
			continue;
		text_add(out, gap);
		text_json(out, c->name);
		gap = ",";
	}
	text_addc(out, ']');
}

/* Seconds that are added inside */
static void json_clock(const struct row *r, const struct facts *f, bool inside,
		       struct text *out)
{
	int64_t offset = clock_offset(f);

	(void)r;
	if (inside)
		text_addf(out, "%.2f", (double)offset / 100);
	else
		text_add(out, "null");
}

static void json_rlimit(const struct row *r, const struct facts *f, bool inside,
			struct text *out)
{
	const struct look *l = side(f, inside);

	text_add(out, "{\"soft\":");
	json_number(out, l->soft[r->n]);
	text_add(out, ",\"hard\":");
	json_number(out, l->hard[r->n]);
	text_addc(out, '}');
}

static void json_space(const struct row *r, const struct facts *f, bool inside,
		       struct text *out)
{
	uint64_t ns = side(f, inside)->ns[r->n];

	json_number(out, ns ? ns : UINT64_MAX);
}

static const struct row rows[] = {
	{ "init", cell_init, 0, true, NULL },
	{ "pid", cell_pid, 0, false, NULL },
	{ "user", cell_user, 0, false, NULL },
	{ "group", cell_group, 0, false, NULL },
	{ "user map", cell_map, 0, false, json_text },
	{ "capabilities", cell_caps, 0, false, json_caps },
	{ "no_new_privs", cell_nnp, 0, false, NULL },
	{ "seccomp", cell_seccomp, 0, false, NULL },
	{ "host name", cell_hostname, 0, false, json_text },
	{ "root", cell_root, 0, false, json_text },
	{ "directory", cell_cwd, 0, false, json_text },
	{ "mounts", cell_mounts, 0, false, NULL },
	{ "processes", cell_processes, 0, true, NULL },
	{ "links", cell_links, 0, false, json_list },
	{ "addresses", cell_addresses, 0, false, json_list },
	{ "routes", cell_routes, 0, false, json_list },
	{ "uptime", cell_clock, 0, false, json_clock },
	{ "cgroup", cell_cgroup, 0, false, json_text },
	{ "cpuset", cell_limit, LIMIT_CPUSET, false, json_text },
	{ "cpu quota", cell_limit, LIMIT_CPUS, false, json_text },
	{ "cpu weight", cell_limit, LIMIT_CPU_WEIGHT, false, json_text },
	{ "memory limit", cell_limit, LIMIT_MEMORY, false, json_text },
	{ "memory high", cell_limit, LIMIT_MEMORY_HIGH, false, json_text },
	{ "swap limit", cell_limit, LIMIT_SWAP, false, json_text },
	{ "pids limit", cell_limit, LIMIT_PIDS, false, json_text },
	{ "open files", cell_rlimit, RLIMIT_NOFILE, false, json_rlimit },
	{ "file size", cell_rlimit, RLIMIT_FSIZE, false, json_rlimit },
	{ "cpu seconds", cell_rlimit, RLIMIT_CPU, false, json_rlimit },
	{ "address space", cell_rlimit, RLIMIT_AS, false, json_rlimit },
	{ "user's tasks", cell_rlimit, RLIMIT_NPROC, false, json_rlimit },
	{ "core files", cell_rlimit, RLIMIT_CORE, false, json_rlimit },
	{ "stack", cell_rlimit, RLIMIT_STACK, false, json_rlimit },
	{ "locked memory", cell_rlimit, RLIMIT_MEMLOCK, false, json_rlimit },
	{ "ns user", cell_space, 0, false, json_space },
	{ "ns mount", cell_space, 1, false, json_space },
	{ "ns pid", cell_space, 2, false, json_space },
	{ "ns net", cell_space, 3, false, json_space },
	{ "ns uts", cell_space, 4, false, json_space },
	{ "ns ipc", cell_space, 5, false, json_space },
	{ "ns cgroup", cell_space, 6, false, json_space },
	{ "ns time", cell_space, 7, false, json_space },
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

/* "host name" is host_name, "user's tasks" users_tasks */
static void add_key(struct text *out, const char *name)
{
	text_addc(out, '"');
	for (; *name; name++)
		if (*name != '\'')
			text_addc(out, *name == ' ' ? '_' : *name);
	text_addc(out, '"');
}

void facts_json(const struct facts *f, struct text *out)
{
	text_addc(out, '{');
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		text_add(out, i ? "," : "");
		add_key(out, r->name);
		text_add(out, ":{\"inside\":");
		(r->json ? r->json : json_plain)(r, f, true, out);
		text_add(out, ",\"outside\":");
		(r->json ? r->json : json_plain)(r, f, false, out);
		text_addc(out, '}');
	}
	text_addc(out, '}');
}
