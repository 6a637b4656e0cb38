// SPDX-License-Identifier: GPL-3.0-or-later
/* who.c - the caller: ids, names, environment, directories of its own */
#include "host/inner.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/passwd.h"

#define PASSWD_MOST (4u << 20)
#define SUBID_MOST  64 /* ranges of one user; usual is one */

uid_t host_uid(struct host *h)
{
	return h->uid;
}

gid_t host_gid(struct host *h)
{
	return h->gid;
}

uint64_t host_rlimit(struct host *h, int resource)
{
	struct rlimit now;

	if (h->made || getrlimit(resource, &now) < 0)
		return UINT64_MAX;
	return now.rlim_max; /* RLIM_INFINITY is all ones in 64 bits */
}

/* "4,24,27" of a made-up host */
static size_t made_groups(struct host *h, gid_t *out, size_t most)
{
	const char *s = made_fact(h, "groups");
	struct slice rest = { s ? s : "", s ? strlen(s) : 0 }, one;
	size_t n = 0;
	uint64_t id;

	while (n < most && slice_cut(&rest, ',', &one))
		if (slice_number(one, UINT32_MAX, &id))
			out[n++] = (gid_t)id;
	return n;
}

size_t host_groups(struct host *h, const gid_t **groups)
{
	int most;

	if (!host_known(h, KNOWN_GROUPS)) {
		most = h->made ? 32 : getgroups(0, NULL);
		h->groups = most > 0 ? host_alloc(h, sizeof(gid_t) * (size_t)most) : NULL;
		if (h->groups && h->made)
			most = (int)made_groups(h, h->groups, (size_t)most);
		else if (h->groups)
			most = getgroups(most, h->groups);
		if (most < 0)
			host_doubt(h, errno, "supplementary groups");
		for (int i = 0; h->groups && i < most; i++)
			if (h->groups[i] != h->gid)
				h->groups[h->group_count++] = h->groups[i];
	}
	*groups = h->groups;
	return h->group_count;
}

static const char *keep_path(struct host *h, struct slice s)
{
	return s.len && s.s[0] == '/' ? host_keep(h, s.s, s.len) : NULL;
}

/* All three at once: they come from one line */
static void look_up_user(struct host *h)
{
	struct host_passwd pw;
	auto_text file = { 0 };
	const char *home;

	if (host_known(h, KNOWN_USER))
		return;
	if (!host_read_text(h, "/etc/passwd", PASSWD_MOST, &file) &&
	    host_passwd_by_uid(text_str(&file), file.len, h->uid, &pw)) {
		h->user = host_keep(h, pw.name.s, pw.name.len);
		h->home = keep_path(h, pw.home);
		h->shell = keep_path(h, pw.shell);
	}
	home = h->home ? NULL : host_env(h, "HOME");
	if (home && *home == '/')
		h->home = home;
}

const char *host_user(struct host *h)
{
	look_up_user(h);
	if (!h->user)
		h->user = host_keepf(h, "%u", h->uid);
	return h->user ? h->user : "?";
}

const char *host_home(struct host *h)
{
	look_up_user(h);
	return h->home ? h->home : "/";
}

const char *host_shell(struct host *h)
{
	look_up_user(h);
	return h->shell ? h->shell : "/bin/sh";
}

const char *host_cwd(struct host *h)
{
	char path[PATH_MAX];

	if (host_known(h, KNOWN_CWD))
		return h->cwd;
	if (h->made)
		h->cwd = made_fact(h, "cwd");
	/* Older kernels give "(unreachable)/..." instead of an error (getcwd(3)). */
	else if (getcwd(path, sizeof(path)) == NULL)
		host_doubt(h, errno == ERANGE ? ENAMETOOLONG : errno,
			   "the current directory");
	else if (path[0] == '/')
		h->cwd = host_keep(h, path, strlen(path));
	return h->cwd;
}

char *const *host_environ(struct host *h)
{
	return h->made ? h->made->environ : environ;
}

const char *host_env(struct host *h, const char *name)
{
	size_t len = strlen(name);

	for (char *const *v = host_environ(h); v && *v; v++)
		if (!strncmp(*v, name, len) && (*v)[len] == '=')
			return *v + len + 1;
	return NULL;
}

bool host_is_tty(struct host *h, int fd)
{
	const char *s = made_fact(h, "tty");

	if (!h->made)
		return isatty(fd);
	return s && fd >= 0 && fd <= 9 && strchr(s, '0' + fd);
}

size_t host_subids(struct host *h, bool group, const struct host_range **ranges)
{
	struct host_range found[SUBID_MOST];
	auto_text file = { 0 };
	size_t n = 0;

	if (!host_known(h, group ? KNOWN_SUBGID : KNOWN_SUBUID)) {
		/* subgid too is by the user's name and uid (subgid(5)). */
		if (!host_read_text(h, group ? "/etc/subgid" : "/etc/subuid", PASSWD_MOST,
				    &file) &&
		    file.len)
			n = host_subid_parse((struct slice){ text_str(&file), file.len },
					     host_user(h), h->uid, found, SUBID_MOST);
		h->subids[group] = n ? host_alloc(h, n * sizeof(*found)) : NULL;
		if (h->subids[group]) {
			memcpy(h->subids[group], found, n * sizeof(*found));
			h->subid_count[group] = n;
		}
	}
	*ranges = h->subids[group];
	return h->subid_count[group];
}

/* An XDG base directory counts only when it is absolute (the XDG specification says
 * so) */
static const char *own_dir(struct host *h, const char *variable, const char *below_home)
{
	const char *base = host_env(h, variable);

	if (base && *base == '/')
		return host_keepf(h, "%s/nook", base);
	if (!below_home)
		return NULL;
	return host_keepf(h, "%s/%s/nook", strcmp(host_home(h), "/") ? host_home(h) : "",
			  below_home);
}

/*
 * uid 0 owns /var/lib on a machine and in most containers. In a user namespace with one
 * id it does not: there the caller is a user like any other.
 */
static bool owns_the_system(struct host *h)
{
	struct host_path at;

	return h->uid == 0 && host_stat_follow(h, "/var/lib", &at) && at.uid == 0;
}

const char *host_state_dir(struct host *h)
{
	if (!h->state_dir)
		h->state_dir = owns_the_system(h)
				       ? "/var/lib/nook"
				       : own_dir(h, "XDG_STATE_HOME", ".local/state");
	return h->state_dir ? h->state_dir : "/var/lib/nook";
}

static void own_add(struct host *h, const char *dir)
{
	for (size_t i = 0; dir && i < h->own_count; i++)
		if (!strcmp(h->own[i], dir))
			return;
	if (dir)
		h->own[h->own_count++] = dir;
}

size_t host_own_dirs(struct host *h, const char *const **dirs)
{
	if (!host_known(h, KNOWN_OWN)) {
		const char *home = host_env(h, "HOME");
		const char *const all[] = {
			own_dir(h, "XDG_CONFIG_HOME", ".config"),
			/* Profiles are looked for there, whatever /etc/passwd has */
			home && *home == '/' ? host_keepf(h, "%s/.config/nook", home)
					     : NULL,
			own_dir(h, "XDG_STATE_HOME", ".local/state"),
			own_dir(h, "XDG_RUNTIME_DIR", NULL),
			host_keepf(h, "/run/user/%u/nook", h->uid),
			"/etc/nook",
			"/var/lib/nook",
			"/run/nook",
		};

		h->own = host_alloc(h, sizeof(all));
		for (size_t i = 0; h->own && i < ARRAY_SIZE(all); i++)
			own_add(h, all[i]);
	}
	*dirs = h->own;
	return h->own_count;
}
