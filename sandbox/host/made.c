// SPDX-License-Identifier: GPL-3.0-or-later
/* made.c - made-up hosts: facts from a file instead of a kernel (tests/plan/hosts/README.md)
 *
 *	uid=1000			what getuid(2) and the like would say
 *	env.TERM=xterm			the environment
 *	own./home/ada=1000:1000		owner of a path and of all below it
 *	mode./tmp=1777			mode of one path
 *	kind./dev/null=device		what a path is that git cannot carry
 */
#include "host/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"

static const struct name kinds[] = {
	{ "file", HOST_FILE },
	{ "directory", HOST_DIR },
	{ "device", HOST_DEVICE },
	{ "other", HOST_OTHER },
	{ NULL, 0 },
};

/* What a key may be; one that ends in a dot takes a name behind it */
static const char *const keys[] = {
	"uid", "gid",	   "groups",   "cwd",	"tty",	"kernel",
	"env.", "own.", "mode.", "kind.", "landlock", "sys_admin",
};

static bool is_key(const char *key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t n = strlen(keys[i]);

		if (keys[i][n - 1] == '.' ? !strncmp(key, keys[i], n) && key[n] :
					    !strcmp(key, keys[i]))
			return true;
	}
	return false;
}

static int add_fact(struct host *h, struct slice line, struct host_pair **end, struct err *e)
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
		if (strncmp(p->name, "env.", 4))
			continue;
		h->made->environ[n] = (char *)host_keepf(h, "%s=%s", p->name + 4, p->value);
		if (!h->made->environ[n++])
			return -1;
	}
	return 0;
}

int made_open(struct host *h, int dir, struct err *e)
{
	auto_text file = { 0 };
	struct host_pair **end;
	struct slice rest, line;

	h->made = host_alloc(h, sizeof(*h->made));
	if (!h->made)
		return err_set(e, "out of memory");
	if (file_read(dir, "facts", &file, 65536))
		return err_sys(e, "cannot read 'facts'");
	end = &h->made->facts;
	rest = (struct slice){ text_str(&file), file.len };
	while (slice_cut(&rest, '\n', &line)) {
		if (!line.len || line.s[0] == '#')
			continue;
		if (add_fact(h, line, end, e))
			return -1;
		if (*end)
			end = &(*end)->next;
	}
	return make_environ(h) ? err_set(e, "out of memory") : 0;
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

	return s && slice_number((struct slice){ s, strlen(s) }, UINT32_MAX, &n) ? n : otherwise;
}

/* "1000:1000" of the longest own. path that @path lies in */
static void made_owner(struct host *h, const char *path, struct host_path *out)
{
	size_t best = 0;

	for (struct host_pair *p = h->made->facts; p; p = p->next) {
		const char *dir = p->name + 4;
		size_t n = strlen(p->name) < 4 ? 0 : strlen(dir);
		struct slice rest = { p->value, strlen(p->value) }, uid, gid;
		uint64_t u, g;

		if (strncmp(p->name, "own.", 4) || n < best || strncmp(path, dir, n))
			continue;
		if (path[n] && path[n] != '/' && n > 1)
			continue;
		if (!slice_cut(&rest, ':', &uid) || !slice_cut(&rest, ':', &gid) ||
		    !slice_number(uid, UINT32_MAX, &u) || !slice_number(gid, UINT32_MAX, &g))
			continue;
		out->uid = (uid_t)u;
		out->gid = (gid_t)g;
		best = n;
	}
}

void made_stat(struct host *h, const char *path, struct host_path *out)
{
	const char *key, *fact;
	int kind;

	out->uid = 0;
	out->gid = 0;
	/* Of the checkout's modes only the executable bit is the same everywhere (git). */
	out->mode = out->kind == HOST_SYMLINK ? 0777 :
		    out->kind == HOST_DIR || out->mode & 0100 ? 0755 : 0644;
	made_owner(h, path, out);
	key = host_keepf(h, "kind.%s", path);
	fact = key ? made_fact(h, key) : NULL;
	kind = fact ? name_find(kinds, fact) : -1;
	if (kind >= 0)
		out->kind = (enum host_kind)kind;
	key = host_keepf(h, "mode.%s", path);
	fact = key ? made_fact(h, key) : NULL;
	if (fact)
		out->mode = (mode_t)strtoul(fact, NULL, 8);
}
