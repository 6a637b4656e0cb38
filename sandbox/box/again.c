// SPDX-License-Identifier: GPL-3.0-or-later
/* again.c - inside executes itself once more from a read-only mount of its own file */
#include "box/again.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sealed.h"
#include "base/sys.h"

/**
 * struct carried - What goes along, followed by the plan
 * @site, @sock:	Of inside
 * @join:	Of a process that joins a box, where @joins
 */
struct carried {
	struct site site;
	struct join join;
	int sock;
	bool joins;
	uint32_t plan_size;
};

/* Whether the first @len bytes of @path are @dir or a path below it */
static bool is_below(const char *path, size_t len, const char *dir)
{
	size_t n = strlen(dir);

	return len >= n && !strncmp(path, dir, n) && (len == n || path[n] == '/');
}

/* Where a command of the host's own, its libraries and what a link among them goes
 * through lie */
static bool is_system_place(const char *path)
{
	static const char *const places[] = { "/usr",	"/bin",	  "/sbin",   "/lib",
					      "/lib32", "/lib64", "/libx32", "/etc" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (is_below(path, strlen(path), places[i]))
			return true;
	return !strcmp(path, "/");
}

/* Whether the box's /usr is the host's, with nothing of the user's in or over it */
static bool has_hosts_usr(const struct plan *pl)
{
	bool found = false;

	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		const char *source = plan_text(pl, m->source);
		const char *target = plan_text(pl, m->target);
		bool bind = m->op == MOP_BIND || m->op == MOP_OVERLAY;

		if (!(m->flags & PM_USER))
			found |= bind && !strcmp(source, "/usr") &&
				 !strcmp(target, "/usr");
		else if (is_system_place(target) &&
			 !(m->op == MOP_BIND && (m->attr & MOUNT_ATTR_RDONLY) &&
			   !strcmp(source, target)))
			return false;
	}
	return found;
}

/*
 * Whether the command is one of the host's own programs, in the host's own /usr: then its
 * first line is none that an attacker wrote, and nothing else runs in a new box yet.
 */
static bool is_hosts_command(const struct plan *pl)
{
	const struct plan_word *w = plan_each(pl, &pl->env.argv, NULL);
	const char *word = w ? plan_text(pl, w->text) : "";
	bool named = strchr(word, '/');
	const char *path = named ? word : plan_text(pl, pl->env.path);

	if (pl->tree.root != PLAN_ROOT_TMPFS || !*word || !*path || strstr(path, ".."))
		return false;
	for (size_t len; *path; path += len + (path[len] == ':')) {
		len = named ? strlen(path) : strcspn(path, ":");
		if (!is_below(path, len, "/usr") && !is_below(path, len, "/bin") &&
		    !is_below(path, len, "/sbin"))
			return false;
	}
	return has_hosts_usr(pl);
}

bool again_is_needed(const struct plan *pl)
{
	return !is_hosts_command(pl) && again_is_mapped(pl);
}

bool again_is_mapped(const struct plan *pl)
{
	struct stat st;

	/* Without a mount namespace there is no way,
	 * and the payload has the file anyway */
	if (!(pl->clone_flags & CLONE_NEWNS) || stat("/proc/self/exe", &st) < 0)
		return false;
	if (pl->user.order == USER_NONE)
		return st.st_uid == pl->user.uid;
	for (const struct plan_map *m = NULL; (m = plan_each(pl, &pl->user.uid_map, m));)
		if (st.st_uid >= m->outside && st.st_uid - m->outside < m->count)
			return true;
	return false;
}

static int pack(struct carried *c, const struct plan *pl)
{
	const struct iovec iov[] = {
		{ .iov_base = c, .iov_len = sizeof(*c) },
		{ .iov_base = (void *)pl, .iov_len = pl->size },
	};

	c->plan_size = pl->size;
	return sealed_make("nook-plan", iov, 2);
}

/* The descriptors that both starts share; @flag is 0 or FD_CLOEXEC */
static void set_cloexec(const struct carried *c, int flag)
{
	const struct site *s = &c->site;
	const int inside[] = { s->userns_fd, s->tree_fd, s->upper_fd, s->net.netns_fd,
				c->sock };
	const int *fds = c->joins ? c->join.fd : inside;
	size_t n = c->joins ? JOIN_FDS : ARRAY_SIZE(inside);

	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			fcntl(fds[i], F_SETFD, flag);
}

/*
 * A read-only clone of the mount of our own file. /proc/self/exe leads into the keeper's
 * mount namespace, whose mounts cannot be cloned from here: so by name, and only when the
 * name still leads to the file that runs.
 */
static int open_read_only(void)
{
	struct sys_mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID };
	char path[PATH_MAX];
	struct stat own, named;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	auto_fd tree = -1;

	if (n < 0 || stat("/proc/self/exe", &own) < 0)
		return -1;
	path[n] = '\0';
	tree = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || fstat(tree, &named) < 0 || named.st_dev != own.st_dev ||
	    named.st_ino != own.st_ino ||
	    sys_mount_setattr(tree, "", AT_EMPTY_PATH, &ro) < 0)
		return -1;
	return fd_take(&tree);
}

/* The name leads elsewhere: nook was replaced while it runs. Slower, and as safe */
static int open_sealed_copy(void)
{
	auto_fd from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	auto_fd to =
		(int)syscall(SYS_memfd_create, "nook", 3u /* CLOEXEC, ALLOW_SEALING */);
	ssize_t n;

	if (from < 0 || to < 0)
		return -1;
	do {
		n = sendfile(to, from, NULL, 1u << 20);
	} while (n > 0);
	if (n < 0 || sealed_add(to) < 0)
		return -1;
	return fd_take(&to);
}

int again_own_file(struct err *e)
{
	int fd = open_read_only();

	if (fd < 0)
		fd = open_sealed_copy();
	return fd < 0 ? err_sys(e, "cannot make nook's own file read-only") : fd;
}

static int start_over(struct carried *c, const struct plan *pl, struct err *e)
{
	auto_fd own = again_own_file(e);
	auto_fd packed = -1;
	char number[16];
	char *argv[] = { (char *)AGAIN_NAME, number, NULL };
	char *envp[] = { NULL };

	if (own < 0)
		return -1;
	packed = pack(c, pl);
	if (packed < 0)
		return err_sys(e, "cannot hand the plan on");
	snprintf(number, sizeof(number), "%d", packed);
	set_cloexec(c, 0);
	sys_execveat(own, "", argv, envp, AT_EMPTY_PATH);
	return err_sys(e, "cannot start nook's own file again");
}

int again_exec(const struct inside *in, struct err *e)
{
	struct carried c = { .site = in->site, .sock = in->sock };

	return start_over(&c, in->plan, e);
}

int again_join(const struct join *j, struct err *e)
{
	struct carried c = { .join = *j, .joins = true };

	return start_over(&c, j->plan, e);
}

/* Nothing to report to before the socket is known: wrong words from a person's shell end
 * here, before anything was done */
static void *map_carried(const char *number)
{
	char *end;
	int fd = (int)strtol(number, &end, 10);
	size_t size;
	void *p;

	if (*end || fd < 3)
		return NULL;
	p = sealed_map(fd, &size);
	close(fd);
	return p && size >= sizeof(struct carried) + sizeof(struct plan) ? p : NULL;
}

void again_main(char **argv)
{
	struct carried *c = argv[1] ? map_carried(argv[1]) : NULL;
	struct inside in = { .keeper_sock = -1, .again = true, .argv_area = argv[0] };
	const struct plan *plan = c ? (const void *)(c + 1) : NULL;

	if (!plan || !plan_check(plan, c->plan_size)) {
		static const char why[] =
			"nook: '" AGAIN_NAME "' is started by nook itself\n";

		fd_write_all(2, why, sizeof(why) - 1);
		_exit(2);
	}
	set_cloexec(c, FD_CLOEXEC);
	if (c->joins) {
		c->join.plan = plan;
		join_enter(&c->join);
	}
	in.plan = plan;
	in.site = c->site;
	in.sock = c->sock;
	in.argv_size = (size_t)(argv[1] - argv[0]) + strlen(argv[1]) + 1;
	inside_main(&in);
}
