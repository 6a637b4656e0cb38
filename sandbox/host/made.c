// SPDX-License-Identifier: GPL-3.0-or-later
/* made.c - made-up hosts: facts from a file instead of a kernel
 * (tests/plan/hosts/README.md)
 *
 *	base=debian12-user		what is not here is looked for in that sibling
 *	uid=1000			what getuid(2) and the like would say
 *	env.TERM=xterm			the environment; empty = not set
 *	own./home/ada=1000:1000		owner of a path and of all below it
 *	mode./tmp=1777			mode of one path
 *	kind./dev/null=device		a path that git cannot carry
 *	gone./proc=			a path that is not there, with all below it
 *	xattr./a=user.b			an extended attribute of one path, set to 1
 */
#include "host/inner.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/sys.h"

static const struct name kinds[] = {
	{ "file", HOST_FILE },
	{ "directory", HOST_DIR },
	{ "device", HOST_DEVICE },
	{ "other", HOST_OTHER },
	{ NULL, 0 },
};

/* What a key may be; one that ends in a dot takes a name behind it */
static const char *const keys[] = {
	"base",	    "uid",	 "gid",	 "groups", "cwd",   "tty",   "kernel", "env.",
	"landlock", "sys_admin", "own.", "mode.",  "kind.", "gone.", "xattr.", "rdev.",
};

static bool is_key(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t n = strlen(keys[i]);

		if (keys[i][n - 1] == '.' ? !strncmp(key, keys[i], n) && key[n]
					  : !strcmp(key, keys[i]))
			return true;
	}
	return false;
}

/*
 * The name behind a key's dot, where it is @path or a directory above it: "gone./proc"
 * for "/proc/self". NULL: the fact is another one, or about another place.
 */
static const char *covers(const struct host_pair *p, const char *key, const char *path)
{
	size_t n = strlen(key);
	const char *dir = p->name + n;

	if (strncmp(p->name, key, n))
		return NULL;
	n = strlen(dir);
	if (n == 1)
		return dir;
	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/') ? dir : NULL;
}

static int add_fact(struct host *h, struct slice line, struct host_pair **end,
		    struct err *e)
{
	struct slice key;
	struct host_pair *p = host_alloc(h, sizeof(*p));

	if (!p)
		return err_set(e, "out of memory");
	if (!slice_cut(&line, '=', &key))
		return 0;
	p->name = host_keep(h, key.s, key.len);
	p->value = host_keep(h, line.s, line.len);
	if (!p->name || !p->value)
		return err_set(e, "out of memory");
	if (!is_key(p->name))
		return err_set(e, "unknown fact '%s'", p->name);
	*end = p;
	return 0;
}

/* The environment as execve(2) would have given it */
static int make_environ(struct host *h)
{
	size_t n = 0;

	for (struct host_pair *p = h->made->facts; p; p = p->next)
		n += !strncmp(p->name, "env.", 4);
	h->made->environ = host_alloc(h, (n + 1) * sizeof(char *));
	if (!h->made->environ)
		return -1;
	n = 0;
	for (struct host_pair *p = h->made->facts; p; p = p->next) {
		/* The first of a name counts, the host's own before its base's; an empty
		 * one takes the base's away. */
		if (strncmp(p->name, "env.", 4) || !*p->value ||
		    host_pair_find(h->made->facts, p->name) != p)
			continue;
		h->made->environ[n] =
			(char *)host_keepf(h, "%s=%s", p->name + 4, p->value);
		if (!h->made->environ[n++])
			return -1;
	}
	return 0;
}

static int read_facts(struct host *h, int dir, struct host_pair **end, struct err *e)
{
	auto_text file = { 0 };
	struct slice rest, line;

	if (file_read(dir, "facts", &file, 65536))
		return err_sys(e, "cannot read 'facts'");
	while (*end)
		end = &(*end)->next;
	rest = (struct slice){ text_str(&file), file.len };
	while (slice_cut(&rest, '\n', &line)) {
		if (!line.len || line.s[0] == '#')
			continue;
		if (add_fact(h, line, end, e))
			return -1;
		if (*end)
			end = &(*end)->next;
	}
	return 0;
}

int made_bare(struct host *h, struct err *e)
{
	h->made = host_alloc(h, sizeof(*h->made));
	if (!h->made)
		return err_set(e, "out of memory");
	h->made->base = -1;
	return make_environ(h) ? err_set(e, "out of memory") : 0;
}

int made_open(struct host *h, int dir, struct err *e)
{
	auto_fd up = openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd below = -1;
	const char *base;

	if (made_bare(h, e))
		return -1;
	if (read_facts(h, dir, &h->made->facts, e))
		return -1;
	base = made_fact(h, "base");
	if (base) {
		below = openat(up, base, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (below < 0)
			return err_sys(e, "cannot open base '%s'", base);
		h->made->base = openat(below, "tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (read_facts(h, below, &h->made->facts, e))
			return err_wrap(e, "base '%s': ", base);
	}
	return make_environ(h) ? err_set(e, "out of memory") : 0;
}

void made_close(struct host *h)
{
	if (h->tree >= 0)
		close(h->tree);
	if (h->made && h->made->base >= 0)
		close(h->made->base);
}

const char *made_fact(struct host *h, const char *name)
{
	struct host_pair *p = h->made ? host_pair_find(h->made->facts, name) : NULL;

	return p ? p->value : NULL;
}

uint64_t made_number(struct host *h, const char *name, uint64_t otherwise)
{
	const char *s = made_fact(h, name);
	uint64_t n;

	return s && slice_number((struct slice){ s, strlen(s) }, UINT32_MAX, &n)
		       ? n
		       : otherwise;
}

static bool is_gone(struct host *h, const char *path)
{
	for (struct host_pair *p = h->made->facts; p; p = p->next)
		if (covers(p, "gone.", path))
			return true;
	return false;
}

/* A tree may be somebody's: to open a device may be more than to look at it, so what is
 * no file or directory is not there */
static int open_below(int tree, const char *path, int flags)
{
	const int kept = O_DIRECTORY | O_NOFOLLOW; /* besides O_PATH, openat2(2) */
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | (unsigned int)(flags & kept),
		.resolve = RESOLVE_IN_ROOT,
	};
	auto_fd at = sys_openat2(tree, path, &how);
	char again[32];
	struct stat st;

	if (at < 0 || flags & O_PATH)
		return fd_take(&at);
	errno = ENXIO;
	if (fstat(at, &st) || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", at);
	return openat(AT_FDCWD, again, (flags & ~O_NOFOLLOW) | O_CLOEXEC);
}

int made_open_path(struct host *h, const char *path, int flags)
{
	int fd = -1;

	errno = ENOENT;
	if (is_gone(h, path))
		return -1;
	fd = open_below(h->tree, path, flags);
	if (fd < 0 && h->made->base >= 0)
		fd = open_below(h->made->base, path, flags);
	return fd;
}

/* "1000:1000" of the longest own. path that @path lies in */
static void made_owner(struct host *h, const char *path, struct host_path *out)
{
	size_t best = 0;

	for (struct host_pair *p = h->made->facts; p; p = p->next) {
		const char *dir = covers(p, "own.", path);
		struct slice rest = { p->value, strlen(p->value) }, uid, gid;
		uint64_t u, g;

		if (!dir || strlen(dir) <= best)
			continue;
		if (!slice_cut(&rest, ':', &uid) || !slice_cut(&rest, ':', &gid) ||
		    !slice_number(uid, UINT32_MAX, &u) ||
		    !slice_number(gid, UINT32_MAX, &g))
			continue;
		out->uid = (uid_t)u;
		out->gid = (gid_t)g;
		best = strlen(dir);
	}
}

static const char *fact_of(struct host *h, const char *key, const char *path)
{
	char name[PATH_MAX + 8];

	return snprintf(name, sizeof(name), "%s%s", key, path) < (int)sizeof(name)
		       ? made_fact(h, name)
		       : NULL;
}

bool made_look(struct host *h, const char *path, int nofollow, struct host_path *out)
{
	const char *fact = fact_of(h, "kind.", path);
	int kind = fact ? name_find(kinds, fact) : -1;
	auto_fd fd = host_open(h, path, O_PATH | nofollow);
	struct stat st = { 0 };

	if ((fd < 0 || fstat(fd, &st)) && (kind < 0 || is_gone(h, path)))
		return false;
	out->kind = kind >= 0 ? (enum host_kind)kind : host_kind_of(st.st_mode);
	/* Of the checkout's modes only the executable bit is the same everywhere
	 * (git). */
	if (out->kind == HOST_SYMLINK)
		out->mode = 0777;
	else
		out->mode = out->kind == HOST_DIR || st.st_mode & 0100 ? 0755 : 0644;
	made_owner(h, path, out);
	fact = fact_of(h, "rdev.", path);
	if (fact && *fact) {
		char *end;

		out->node = *fact;
		out->major = (unsigned int)strtoul(fact + 1, &end, 10);
		out->minor = *end ? (unsigned int)strtoul(end + 1, NULL, 10) : 0;
	}
	fact = fact_of(h, "mode.", path);
	if (fact)
		out->mode = (mode_t)strtoul(fact, NULL, 8);
	return true;
}

/* The name that a fact about a path puts into the directory @dir, or NULL */
static const char *name_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1)
		n = 0;
	if (strncmp(path, dir, n) || path[n] != '/' || !path[n + 1])
		return NULL;
	return strchr(path + n + 1, '/') ? NULL : path + n + 1;
}

void made_list(struct host *h, const char *path, struct name_list *l)
{
	size_t n = 0;

	if (is_gone(h, path))
		return;
	name_list_read(h, l, open_below(h->tree, path, O_RDONLY | O_DIRECTORY));
	if (h->made->base >= 0)
		name_list_read(h, l,
			       open_below(h->made->base, path, O_RDONLY | O_DIRECTORY));
	for (struct host_pair *p = h->made->facts; p; p = p->next) {
		const char *name =
			strncmp(p->name, "kind.", 5) ? NULL : name_in(p->name + 5, path);

		if (name)
			name_list_add(l, name);
	}
	for (size_t i = 0; i < l->count && !l->failed; i++) {
		char whole[PATH_MAX];
		const char *dir = path[1] ? path : "";

		/* How git keeps a directory that is empty */
		if (!strcmp(l->names[i], ".keep"))
			continue;
		if (snprintf(whole, sizeof(whole), "%s/%s", dir, l->names[i]) <
			    (int)sizeof(whole) &&
		    !is_gone(h, whole))
			l->names[n++] = l->names[i];
	}
	l->count = n;
}
