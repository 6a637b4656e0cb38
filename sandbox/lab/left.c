// SPDX-License-Identifier: GPL-3.0-or-later
/* left.c - what a lab could leave behind */
#include "lab/left.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "host/cgroup.h"
#include "lab/play.h"
#include "netns/net.h"

#define FILE_MOST (4u << 20)

/* Lines of a file that have @word in them */
static void add_lines(const char *path, const char *word, struct text *out)
{
	auto_text t = { 0 };

	if (file_read(AT_FDCWD, path, &t, FILE_MOST) < 0)
		return;
	for (const char *p = text_str(&t); *p;) {
		size_t n = strcspn(p, "\n");
		auto_text line = { 0 };

		text_addn(&line, p, n);
		if (strstr(text_str(&line), word))
			text_addf(out, "%s: %s\n", path, text_str(&line));
		p += n + (p[n] == '\n');
	}
}

static void add_links(struct text *out)
{
	auto_dir d = opendir("/sys/class/net");
	const struct dirent *de;

	while (d && (de = readdir(d)))
		if (!strncmp(de->d_name, NET_LINKS, strlen(NET_LINKS)))
			text_addf(out, "link %s\n", de->d_name);
}

static void add_processes(const char *id, struct text *out)
{
	auto_dir d = opendir("/proc");
	const struct dirent *de;
	char path[300], want[64];
	int n = snprintf(want, sizeof(want), "NOOK_LAB=%s", id) + 1;

	while (d && (de = readdir(d))) {
		auto_text t = { 0 };

		if (!isdigit((unsigned char)de->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/environ", de->d_name);
		if (!file_read(AT_FDCWD, path, &t, FILE_MOST) && t.len &&
		    memmem(t.s, t.len, want, (size_t)n))
			text_addf(out, "process %s\n", de->d_name);
	}
}

static void add_cgroups(struct text *out)
{
	struct host *h = host_new();
	struct host_cgroup cg = { 0 };

	if (h)
		host_cgroup(h, 0, CG_ALL, &cg);
	for (uint32_t i = 0; i < cg.count; i++) {
		const char *parent = cg.tree[i].parent;
		auto_dir d = parent ? opendir(parent) : NULL;
		const struct dirent *de;

		while (d && (de = readdir(d)))
			if (!strncmp(de->d_name, "nook-", 5))
				text_addf(out, "cgroup %s/%s\n", parent, de->d_name);
	}
	host_free(h);
}

void left_find(const struct lab *l, const char *dir, struct text *out)
{
	add_lines("/proc/self/mountinfo", "nook", out);
	add_links(out);
	add_processes(l->id, out);
	add_cgroups(out);
	play_left(l, out);
	if (faccessat(AT_FDCWD, dir, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		text_addf(out, "directory %s\n", dir);
}

static bool has_line(const char *all, const char *line, size_t len)
{
	while (*all) {
		size_t n = strcspn(all, "\n");

		if (n == len && !memcmp(all, line, n))
			return true;
		all += n + (all[n] == '\n');
	}
	return false;
}

void left_more(const struct text *before, const struct text *after, struct text *out)
{
	for (const char *p = text_str(after); *p;) {
		size_t n = strcspn(p, "\n");

		if (!has_line(text_str(before), p, n))
			text_addf(out, "%.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
}
