// SPDX-License-Identifier: GPL-3.0-or-later
/* list.c - directories of the host, and programs looked for in them */
#include "host/inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * . and .. are no names; .keep is how git carries an empty directory of a made-up host.
 */
static bool is_listed(struct host *h, const char *name)
{
	return strcmp(name, ".") && strcmp(name, "..") && !(h->made && !strcmp(name, ".keep"));
}

size_t host_list(struct host *h, const char *path, const char *const **names)
{
	auto_free const char **found = NULL;
	size_t n = 0, room = 0;
	const char **kept;
	struct dirent *d;
	auto_dir dir = NULL;
	int fd;

	*names = NULL;
	fd = host_open(h, path, O_RDONLY | O_DIRECTORY);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((d = readdir(dir))) {
		if (!is_listed(h, d->d_name))
			continue;
		if (n == room) {
			size_t more = room ? room * 2 : 64;
			const char **bigger = realloc(found, more * sizeof(*found));

			if (!bigger)
				return 0;
			found = bigger;
			room = more;
		}
		found[n] = host_keep(h, d->d_name, strlen(d->d_name));
		if (!found[n])
			return 0;
		n++;
	}
	kept = n ? host_alloc(h, n * sizeof(*kept)) : NULL;
	if (!kept)
		return 0;
	qsort(found, n, sizeof(*found), by_name);
	memcpy(kept, found, n * sizeof(*kept));
	*names = kept;
	return n;
}

/* One list of directories like PATH. Relative entries are passed over: what the current
 * directory holds may be the attacker's. */
static const char *find_in(struct host *h, const char *dirs, const char *name)
{
	struct slice rest = { dirs, strlen(dirs) }, dir;
	char path[4096];

	while (slice_cut(&rest, ':', &dir)) {
		size_t need = dir.len + strlen(name) + 2;

		if (!dir.len || dir.s[0] != '/' || need > sizeof(path))
			continue;
		memcpy(path, dir.s, dir.len);
		path[dir.len] = '/';
		memcpy(path + dir.len + 1, name, strlen(name) + 1);
		if (host_can_execute(h, path))
			return host_keep(h, path, need - 1);
	}
	return NULL;
}

const char *host_program(struct host *h, const char *name)
{
	struct host_pair *p = host_pair_find(h->programs, name);
	const char *path;

	if (p)
		return p->value;
	p = host_alloc(h, sizeof(*p));
	if (!p || !*name || strchr(name, '/'))
		return NULL;
	p->name = host_keep(h, name, strlen(name));
	if (!p->name)
		return NULL;
	path = host_env(h, "PATH");
	p->value = find_in(h, path && *path ? path : "/usr/local/bin:/usr/bin:/bin", name);
	/* nft and its like stand where an ordinary user's PATH does not look. */
	if (!p->value)
		p->value = find_in(h, "/usr/sbin:/sbin", name);
	p->next = h->programs;
	h->programs = p;
	return p->value;
}
