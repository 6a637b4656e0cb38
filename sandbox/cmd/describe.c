// SPDX-License-Identifier: GPL-3.0-or-later
/* describe.c - any process in words: `nook explain --pid N`
 *
 * Everything is relative to the caller: a namespace is "own" when its inode differs from
 * the caller's (namespaces(7)). What /proc would not tell stands as "unknown".
 */
#include "cmd/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "cmd/seen.h"

#define UNKNOWN "unknown (the kernel does not tell this to you)"

static const struct name seccomp_modes[] = {
	{ "off", 0 },
	{ "strict", 1 },
	{ "filter", 2 },
	{ NULL, 0 },
};

/* The five sets, and what each is for: capabilities(7) */
static const struct {
	const char *key, *name, *what;
} cap_sets[] = {
	{ "CapEff", "effective", "in force now" },
	{ "CapPrm", "permitted", "it may switch on" },
	{ "CapInh", "inheritable", "kept over exec of marked files" },
	{ "CapAmb", "ambient", "kept over exec of any file" },
	{ "CapBnd", "bounding", "the most it can ever get" },
};

/* --- for people ------------------------------------------------------------------- */

static void add_row(struct text *out, const char *label, const char *value)
{
	text_addf(out, "  %-14s", label);
	text_safe(out, value);
	text_addc(out, '\n');
}

static void add_head(struct text *out, const char *title)
{
	text_addf(out, "\n%s\n", title);
}

static void add_status_row(const struct seen *s, struct text *out, const char *label,
			   const char *key, const char *when_empty)
{
	char buf[1024];

	if (!seen_status(s, key, buf, sizeof(buf)))
		add_row(out, label, UNKNOWN);
	else
		add_row(out, label, *buf ? buf : when_empty);
}

static void words_namespaces(const struct seen *s, struct text *out)
{
	add_head(out, "namespaces, against yours");
	for (size_t i = 0; i < SEEN_NS; i++) {
		const struct seen_ns *ns = &s->ns[i];

		if (!ns->mine) /* this kernel has no such namespace */
			continue;
		text_addf(out, "  %-14s", ns->name);
		if (!ns->theirs)
			text_add(out, UNKNOWN "\n");
		else if (ns->theirs == ns->mine)
			text_addf(out, "%-8s%lu\n", "shared", (unsigned long)ns->theirs);
		else
			text_addf(out, "%-8s%-12lu %s\n", "own",
				  (unsigned long)ns->theirs, ns->what);
	}
}

/* "inside outside count" lines of uid_map as sentences (user_namespaces(7)) */
static void words_map(struct text *out, const char *label, const struct text *map)
{
	const char *p = text_str(map);
	unsigned int inside, outside, count;
	auto_text line = { 0 };

	if (!map->len) {
		add_row(out, label, "none yet: every id shows as the overflow id");
		return;
	}
	for (; p && sscanf(p, "%u %u %u", &inside, &outside, &count) == 3;
	     p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		text_cut(&line, 0);
		if (!inside && !outside && count == UINT32_MAX)
			text_add(&line, "every id is itself (the first user namespace)");
		else if (count == 1)
			text_addf(&line, "%u there is %u here; no other id exists",
				  inside, outside);
		else
			text_addf(&line, "%u to %u there are %u to %u here", inside,
				  inside + count - 1, outside, outside + count - 1);
		add_row(out, label, text_str(&line));
		label = "";
	}
}

static void words_ids(const struct seen *s, struct text *out)
{
	static const struct {
		const char *label, *key;
	} rows[] = { { "user", "Uid" }, { "group", "Gid" } };

	add_head(out, "ids, as numbers of your own user namespace");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned int id[4];
		auto_text line = { 0 };
		char buf[128];

		seen_status(s, rows[i].key, buf, sizeof(buf));
		if (sscanf(buf, "%u %u %u %u", &id[0], &id[1], &id[2], &id[3]) != 4) {
			add_row(out, rows[i].label, UNKNOWN);
			continue;
		}
		text_addf(&line, "%u", id[1]);
		if (id[0] != id[1] || id[2] != id[1] || id[3] != id[1])
			text_addf(&line, " effective, %u real, %u saved, %u for files",
				  id[0], id[2], id[3]);
		add_row(out, rows[i].label, text_str(&line));
	}
	add_status_row(s, out, "groups", "Groups", "none");
	words_map(out, "user map", &s->uid_map);
	words_map(out, "group map", &s->gid_map);
}

static void words_caps(const struct seen *s, struct text *out)
{
	uint64_t known = seen_number(s, "CapBnd", 16);
	struct seen me;

	/* "all" is what the kernel has: pid 1 of the first namespace would tell, so does
	 * the width of the largest set around */
	if (!seen_read(getpid(), &me, NULL))
		known |= seen_number(&me, "CapBnd", 16);
	seen_release(&me);
	add_head(out, "capabilities, inside its user namespace");
	for (size_t i = 0; i < ARRAY_SIZE(cap_sets); i++) {
		uint64_t set = seen_number(s, cap_sets[i].key, 16);

		text_addf(out, "  %-14s", cap_sets[i].name);
		if (set == SEEN_UNKNOWN) {
			text_add(out, UNKNOWN "\n");
			continue;
		}
		capability_list(out, set, known == SEEN_UNKNOWN ? 0 : known);
		text_addf(out, " (%s)\n", cap_sets[i].what);
	}
}

static void words_filters(const struct seen *s, struct text *out)
{
	uint64_t mode = seen_number(s, "Seccomp", 10);
	uint64_t filters = seen_number(s, "Seccomp_filters", 10);
	uint64_t nnp = seen_number(s, "NoNewPrivs", 10);
	auto_text line = { 0 };

	add_head(out, "system calls and rights");
	if (mode == SEEN_UNKNOWN)
		text_add(&line, UNKNOWN);
	else
		text_add(&line, name_of(seccomp_modes, (int)mode));
	if (mode == 2 && filters != SEEN_UNKNOWN)
		text_addf(&line, ", %llu program%s run before every call",
			  (unsigned long long)filters, filters == 1 ? "" : "s");
	add_row(out, "seccomp", text_str(&line));
	add_row(out, "no_new_privs",
		nnp == SEEN_UNKNOWN ? UNKNOWN
		: nnp ? "on: setuid programs and file capabilities give nothing"
		      : "off: setuid programs work");
	add_row(out, "landlock", "unknown (no kernel tells this from outside)");
	add_row(out, "dumpable",
		s->dumpable < 0 ? "unknown"
		: s->dumpable	? "yes: its owner may trace it and look at its files"
				: "no: /proc hides it and nobody but root may trace it");
}

static void words_mounts(const struct seen *s, struct text *out)
{
	const struct seen_ns *mnt = &s->ns[1];
	auto_text line = { 0 };

	if (!s->mounts_known) {
		add_row(out, "mounts", UNKNOWN);
		return;
	}
	text_addf(&line, "%zu", s->mount_count);
	if (mnt->theirs && mnt->theirs == mnt->mine) {
		text_add(&line, ", the same as yours");
		add_row(out, "mounts", text_str(&line));
		return;
	}
	add_row(out, "mounts", text_str(&line));
	for (size_t i = 0; i < s->mount_count; i++) {
		const struct seen_mount *m = &s->mounts[i];

		text_addf(out, "    ");
		text_safe(out, m->target);
		text_addf(out, "%*s ",
			  m->target && strlen(m->target) < 28
				  ? 28 - (int)strlen(m->target)
				  : 0,
			  "");
		text_safe(out, m->fstype);
		text_addf(out, "%*s ",
			  strlen(m->fstype) < 8 ? 8 - (int)strlen(m->fstype) : 0, "");
		text_safe(out, m->options);
		text_addc(out, '\n');
	}
}

static void words_files(const struct seen *s, struct text *out)
{
	auto_text root = { 0 };

	add_head(out, "files");
	text_add(&root, *s->root ? s->root : UNKNOWN);
	if (s->same_root >= 0)
		text_add(&root, s->same_root ? " (the same directory as yours)"
					     : " (another directory than yours)");
	add_row(out, "root", text_str(&root));
	add_row(out, "directory", *s->cwd ? s->cwd : UNKNOWN);
	add_row(out, "program", *s->exe ? s->exe : UNKNOWN);
	add_status_row(s, out, "umask", "Umask", "");
	words_mounts(s, out);
}

static void words_cgroups(const struct seen *s, struct text *out)
{
	auto_text copy = { 0 };
	char *line, *save = NULL;

	add_head(out, "cgroups");
	text_add(&copy, text_str(&s->cgroup));
	if (!copy.len) {
		add_row(out, "", UNKNOWN);
		return;
	}
	for (line = strtok_r(copy.s, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		/* "ID:CONTROLLERS:PATH", controllers empty on v2 (cgroups(7)) */
		char *names = strchr(line, ':');
		char *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		names++;
		add_row(out, *names ? names : "v2", path);
	}
}

/* "It has its own mount and net namespaces and shares the others with you." */
static void words_summary(const struct seen *s, struct text *out)
{
	size_t own = 0, told = 0, named = 0;

	for (size_t i = 0; i < SEEN_NS; i++) {
		told += s->ns[i].theirs && s->ns[i].mine;
		own += s->ns[i].theirs && s->ns[i].theirs != s->ns[i].mine;
	}
	if (!told)
		return;
	if (!own) {
		text_add(out, "It shares every namespace with you.\n");
		return;
	}
	text_add(out, "It has its own ");
	for (size_t i = 0; i < SEEN_NS; i++) {
		if (!s->ns[i].theirs || s->ns[i].theirs == s->ns[i].mine)
			continue;
		text_addf(out, "%s%s", !named ? "" : named + 1 == own ? " and " : ", ",
			  s->ns[i].name);
		named++;
	}
	text_addf(out, " namespace%s and shares %s with you.\n", own == 1 ? "" : "s",
		  own == told ? "nothing else" : "the others");
}

void describe_words(const struct seen *s, struct text *out)
{
	char name[64], parent[32], inner[128];
	const char *last;

	seen_status(s, "Name", name, sizeof(name));
	seen_status(s, "PPid", parent, sizeof(parent));
	seen_status(s, "NSpid", inner, sizeof(inner));
	text_addf(out, "process %d, ", (int)s->pid);
	text_safe(out, name);
	text_addf(out, ", child of %s", parent);
	last = strrchr(inner, '\t');
	if (last)
		text_addf(out, ", number %s in its own pid namespace", last + 1);
	text_addc(out, '\n');
	words_summary(s, out);
	words_namespaces(s, out);
	words_ids(s, out);
	words_caps(s, out);
	words_filters(s, out);
	words_files(s, out);
	words_cgroups(s, out);
}

/* --- for programs ----------------------------------------------------------------- */

static void json_number(struct text *out, const char *key, uint64_t n)
{
	text_addf(out, ",\"%s\":", key);
	if (n == SEEN_UNKNOWN)
		text_add(out, "null");
	else
		text_addf(out, "%llu", (unsigned long long)n);
}

static void json_text(struct text *out, const char *key, const char *value)
{
	text_addf(out, ",\"%s\":", key);
	text_json(out, value && *value ? value : NULL);
}

static void json_truth(struct text *out, const char *key, int truth)
{
	text_addf(out, ",\"%s\":%s", key, truth < 0 ? "null" : truth ? "true" : "false");
}

/* A line of numbers as an array: "Uid" as [real, effective, saved, fs] */
static void json_numbers(const struct seen *s, struct text *out, const char *name,
			 const char *key)
{
	char buf[4096], *word, *save = NULL;
	const char *gap = "";

	text_addf(out, ",\"%s\":", name);
	if (!seen_status(s, key, buf, sizeof(buf))) {
		text_add(out, "null");
		return;
	}
	text_addc(out, '[');
	for (word = strtok_r(buf, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		text_addf(out, "%s%s", gap, word);
		gap = ",";
	}
	text_addc(out, ']');
}

static void json_map(struct text *out, const char *key, const struct text *map)
{
	const char *p = text_str(map), *gap = "";
	unsigned int inside, outside, count;

	text_addf(out, ",\"%s\":[", key);
	for (; p && sscanf(p, "%u %u %u", &inside, &outside, &count) == 3;
	     p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		text_addf(out, "%s{\"inside\":%u,\"outside\":%u,\"count\":%u}", gap,
			  inside, outside, count);
		gap = ",";
	}
	text_addc(out, ']');
}

static void json_namespaces(const struct seen *s, struct text *out)
{
	const char *gap = "";

	text_add(out, ",\"namespaces\":{");
	for (size_t i = 0; i < SEEN_NS; i++) {
		const struct seen_ns *ns = &s->ns[i];

		if (!ns->mine)
			continue;
		text_addf(out, "%s\"%s\":{\"own\":%s", gap, ns->name,
			  !ns->theirs		   ? "null"
			  : ns->theirs != ns->mine ? "true"
						   : "false");
		json_number(out, "inode", ns->theirs ? ns->theirs : SEEN_UNKNOWN);
		text_addc(out, '}');
		gap = ",";
	}
	text_addc(out, '}');
}

static void json_caps(const struct seen *s, struct text *out)
{
	text_add(out, ",\"capabilities\":{");
	for (size_t i = 0; i < ARRAY_SIZE(cap_sets); i++) {
		uint64_t set = seen_number(s, cap_sets[i].key, 16);
		const char *gap = "";

		text_addf(out, "%s\"%s\":", i ? "," : "", cap_sets[i].name);
		if (set == SEEN_UNKNOWN) {
			text_add(out, "null");
			continue;
		}
		text_addc(out, '[');
		for (const struct name *n = capability_names; n->name; n++) {
			if (!(set >> n->value & 1))
				continue;
			text_addf(out, "%s\"%s\"", gap, n->name);
			gap = ",";
		}
		text_addc(out, ']');
	}
	text_addc(out, '}');
}

static void json_mounts(const struct seen *s, struct text *out)
{
	if (!s->mounts_known) {
		text_add(out, ",\"mounts\":null");
		return;
	}
	text_add(out, ",\"mounts\":[");
	for (size_t i = 0; i < s->mount_count; i++) {
		const struct seen_mount *m = &s->mounts[i];

		text_addf(out, "%s{\"target\":", i ? "," : "");
		text_json(out, m->target);
		json_text(out, "type", m->fstype);
		json_text(out, "source", m->source);
		json_text(out, "root", m->root);
		json_text(out, "options", m->options);
		text_addc(out, '}');
	}
	text_addc(out, ']');
}

static void json_cgroups(const struct seen *s, struct text *out)
{
	auto_text copy = { 0 };
	char *line, *save = NULL;
	const char *gap = "";

	text_add(&copy, text_str(&s->cgroup));
	if (!copy.len) {
		text_add(out, ",\"cgroups\":null");
		return;
	}
	text_add(out, ",\"cgroups\":[");
	for (line = strtok_r(copy.s, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		text_add(out, gap);
		text_json(out, line);
		gap = ",";
	}
	text_addc(out, ']');
}

void describe_json(const struct seen *s, struct text *out)
{
	uint64_t mode = seen_number(s, "Seccomp", 10);
	uint64_t nnp = seen_number(s, "NoNewPrivs", 10);
	char name[64];

	seen_status(s, "Name", name, sizeof(name));
	text_addf(out, "{\"schema\":1,\"pid\":%d", (int)s->pid);
	json_text(out, "name", name);
	json_number(out, "parent", seen_number(s, "PPid", 10));
	json_numbers(s, out, "pids", "NSpid");
	json_namespaces(s, out);
	json_numbers(s, out, "uids", "Uid");
	json_numbers(s, out, "gids", "Gid");
	json_numbers(s, out, "groups", "Groups");
	json_map(out, "uid_map", &s->uid_map);
	json_map(out, "gid_map", &s->gid_map);
	json_caps(s, out);
	json_text(out, "seccomp",
		  mode == SEEN_UNKNOWN ? NULL : name_of(seccomp_modes, (int)mode));
	json_number(out, "seccomp_filters", seen_number(s, "Seccomp_filters", 10));
	json_truth(out, "no_new_privs", nnp == SEEN_UNKNOWN ? -1 : nnp != 0);
	json_truth(out, "landlock", -1);
	json_truth(out, "dumpable", s->dumpable);
	json_text(out, "root", s->root);
	json_truth(out, "same_root", s->same_root);
	json_text(out, "directory", s->cwd);
	json_text(out, "program", s->exe);
	json_mounts(s, out);
	json_cgroups(s, out);
	text_add(out, "}\n");
}
