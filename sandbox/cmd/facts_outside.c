// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_outside.c - what the host shows of a box: /proc, and the files of its cgroup */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "box/store.h"
#include "cmd/facts.h"

#define MOST (64u << 10)

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

/* Of the lines of a v1 host, one of the leaf's: where that is no other can be meant */
static bool find_leaf(const char *file, const char *leaf, char *out, size_t size)
{
	size_t len = strlen(leaf);

	for (const char *at = file; (at = strstr(at, leaf)); at += len) {
		const char *start = at;

		if (at == file || (at[len] && at[len] != '\n'))
			continue;
		while (start > file && start[-1] != ':')
			start--;
		snprintf(out, size, "%.*s", (int)(at + len - start), start);
		return true;
	}
	return false;
}

static void read_cgroup(struct facts *f, const struct record *rec)
{
	const char *leaf = rec && rec->cgroup.kind != CGROUP_NONE
				   ? strrchr(cgroup_path(&rec->cgroup, 0), '/')
				   : NULL;
	auto_text t = { 0 };
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)f->pid);
	if (file_read(AT_FDCWD, path, &t, MOST) < 0)
		return;
	if (!leaf || !find_leaf(text_str(&t), leaf, f->cgroup, sizeof(f->cgroup)))
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

/* "NSpid:" has one number for each pid namespace, the innermost last (proc(5)) */
static void read_init(struct facts *f, pid_t init)
{
	char path[40], status[4096];
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)init);
	if (init <= 0 || file_read_small(AT_FDCWD, path, status, sizeof(status)) <= 0)
		return;
	p = strstr(status, "\nNSpid:");
	p = p ? p + strcspn(p + 1, "\n") + 1 : NULL;
	while (p && p > status && p[-1] >= '0' && p[-1] <= '9')
		p--;
	f->init = init;
	f->init_inside = p ? (pid_t)strtol(p, NULL, 10) : 0;
}

void facts_outside(struct facts *f, const struct record *rec)
{
	look_box(-1, &f->host);
	look_process(&f->host);
	read_map(f);
	read_cgroup(f, rec);
	if (rec)
		read_init(f, rec->init);
	if (rec && rec->cgroup.kind != CGROUP_NONE)
		read_limits(f, rec);
}
