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

void name_list_add(struct name_list *l, const char *kept)
{
	size_t room = l->room ? l->room * 2 : 64;
	const char **bigger;

	if (l->count == l->room) {
		bigger = realloc(l->names, room * sizeof(*bigger));
		if (!bigger) {
			l->failed = true;
			return;
		}
		l->names = bigger;
		l->room = room;
	}
	l->failed |= !kept;
	l->names[l->count++] = kept;
}

void name_list_read(struct host *h, struct name_list *l, int fd)
{
	auto_dir dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		if (fd >= 0) {
			host_doubt(h, errno, "the names in a directory");
			close(fd);
		}
		return;
	}
	errno = 0;
	while (!l->failed && (d = readdir(dir))) {
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			name_list_add(l, host_keep(h, d->d_name, strlen(d->d_name)));
		errno = 0;
	}
	if (errno || l->failed)
		host_doubt(h, l->failed ? ENOMEM : errno, "the names in a directory");
}

size_t host_list(struct host *h, const char *path, const char *const **names)
{
	struct name_list l = { 0 };
	const char **kept = NULL;
	size_t n = 0;

	*names = NULL;
	if (h->made)
		made_list(h, path, &l);
	else
		name_list_read(h, &l, host_open(h, path, O_RDONLY | O_DIRECTORY));
	if (l.count && !l.failed)
		kept = host_alloc(h, l.count * sizeof(*kept));
	if (kept) {
		qsort(l.names, l.count, sizeof(*l.names), by_name);
		for (size_t i = 0; i < l.count; i++)
			if (!n || strcmp(kept[n - 1], l.names[i]))
				kept[n++] = l.names[i];
	}
	free(l.names);
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
	p->value =
		find_in(h, path && *path ? path : "/usr/local/bin:/usr/bin:/bin", name);
	/* nft and its like stand where an ordinary user's PATH does not look. */
	if (!p->value)
		p->value = find_in(h, "/usr/sbin:/sbin", name);
	p->next = h->programs;
	h->programs = p;
	return p->value;
}
