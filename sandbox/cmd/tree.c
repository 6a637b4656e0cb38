// SPDX-License-Identifier: GPL-3.0-or-later
/* tree.c - make a small root directory to play in
 *
 * The tree is laid out with everything in /usr and links for the rest, as Debian's is, so
 * that a file of the host lies at the same path whatever this host's own layout. Nothing
 * is followed in it while it is made: with --force it may be anybody's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/tree.h"

/* In this order: a directory above comes first; a row with a text is a symlink */
static const struct {
	const char *path;
	mode_t mode;
	const char *link;
} layout[] = {
	{ "usr", 0755, NULL },
	{ "usr/bin", 0755, NULL },
	{ "usr/sbin", 0755, NULL },
	{ "usr/lib", 0755, NULL },
	{ "usr/lib64", 0755, NULL },
	{ "bin", 0, "usr/bin" },
	{ "sbin", 0, "usr/sbin" },
	{ "lib", 0, "usr/lib" },
	{ "lib64", 0, "usr/lib64" },
	{ "dev", 0755, NULL },
	{ "etc", 0755, NULL },
	{ "home", 0755, NULL },
	{ "mnt", 0755, NULL },
	{ "proc", 0555, NULL },
	{ "root", 0700, NULL },
	{ "run", 0755, NULL },
	{ "sys", 0555, NULL },
	{ "tmp", 01777, NULL },
	{ "var", 0755, NULL },
	{ "var/tmp", 01777, NULL },
};

static const struct {
	const char *path;
	const char *text;
} files[] = {
	{ "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			"user:x:1000:1000:user:/home/user:/bin/sh\n"
			"nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n" },
	{ "etc/group", "root:x:0:\ntty:x:5:\nuser:x:1000:\nnogroup:x:65534:\n" },
	{ "etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n" },
	{ "etc/resolv.conf", "" },
};

/** struct making - One tree while it is made */
struct making {
	const char *name; /* as the person called it */
	int fd;
	bool force;
	struct err *e;
};

static int make_layout(struct making *mk)
{
	for (size_t i = 0; i < ARRAY_SIZE(layout); i++) {
		int r = layout[i].link ? symlinkat(layout[i].link, mk->fd, layout[i].path)
				       : mkdirat(mk->fd, layout[i].path, 0700);

		if (r < 0 && !(errno == EEXIST && mk->force))
			return err_sys(mk->e, "cannot make '%s/%s'", mk->name,
				       layout[i].path);
		/* Not through the umask, and not through what was there before */
		if (r == 0 && !layout[i].link &&
		    fchmodat(mk->fd, layout[i].path, layout[i].mode, 0) < 0)
			return err_sys(mk->e, "cannot set the mode of '%s/%s'", mk->name,
				       layout[i].path);
	}
	return 0;
}

/* The directory that @path lies in, made where it is absent;
 * its links stay in the tree */
static int open_parent(struct making *mk, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char part[PATH_MAX];
	auto_fd dir = -1, above = -1;

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		cleanup_fd(&dir);
		dir = sys_openat2(mk->fd, part, &how);
		if (dir < 0 && errno == ENOENT) {
			const char *name = strrchr(part, '/');

			name = name ? name + 1 : part;
			if (mkdirat(above >= 0 ? above : mk->fd, name, 0755) < 0)
				return -1;
			dir = sys_openat2(mk->fd, part, &how);
		}
		if (dir < 0)
			return -1;
		cleanup_fd(&above);
		above = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	}
	return dir >= 0 ? fd_take(&dir) : fcntl(mk->fd, F_DUPFD_CLOEXEC, 3);
}

/* A new file in the tree, in place of one that is there with --force */
static int create(struct making *mk, int dir, const char *name, mode_t mode)
{
	int fd;

	if (mk->force && unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return -1;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    mode);
	if (fd >= 0 && fchmod(fd, mode) < 0)
		cleanup_fd(&fd), fd = -1;
	return fd;
}

static int make_files(struct making *mk)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_fd dir = open_parent(mk, files[i].path);
		auto_fd fd = dir < 0 ? -1
				     : create(mk, dir, strrchr(files[i].path, '/') + 1,
					      0644);

		if (fd < 0 || fd_write_all(fd, files[i].text, strlen(files[i].text)) < 0)
			return err_sys(mk->e, "cannot write '%s/%s'", mk->name,
				       files[i].path);
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	ssize_t n;

	do {
		n = sendfile(to, from, NULL, 1u << 30);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : 0;
}

/* One file or symlink of the host at the same path in the tree;
 * no setuid bit goes along */
static int copy_one(struct making *mk, const char *path)
{
	char text[PATH_MAX];
	const char *name = strrchr(path, '/') + 1;
	struct stat st;
	auto_fd dir = open_parent(mk, path + 1);
	auto_fd from = -1, to = -1;
	ssize_t n;

	if (dir < 0 || lstat(path, &st) < 0)
		return err_sys(mk->e, "cannot copy '%s'", path);
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		if (mk->force && unlinkat(dir, name, 0) < 0 && errno != ENOENT)
			return err_sys(mk->e, "cannot replace '%s%s'", mk->name, path);
		if (n < 0 || (symlinkat(text, dir, name) < 0 && errno != EEXIST))
			return err_sys(mk->e, "cannot copy the symlink '%s'", path);
		return 0;
	}
	from = open(path, O_RDONLY | O_CLOEXEC);
	to = create(mk, dir, name, st.st_mode & 0111 ? 0755 : 0644);
	if (to < 0 && errno == EEXIST && !mk->force)
		return 0; /* the same file by another name: /bin/x and /usr/bin/x */
	if (from < 0 || to < 0 || copy_bytes(from, to) < 0)
		return err_sys(mk->e, "cannot copy '%s'", path);
	return 0;
}

/* busybox answers to the name it is called by: one link for each it knows */
static int link_applets(struct making *mk, const char *busybox, size_t *count)
{
	const char *const argv[] = { busybox, "--list", NULL };
	auto_text list = { 0 };
	auto_fd bin = open_parent(mk, "usr/bin/x");
	char *rest = NULL;

	*count = 0;
	/* At one known place, wherever the host has it */
	if (bin < 0 || (faccessat(bin, "busybox", F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
			symlinkat(busybox, bin, "busybox") < 0))
		return err_sys(mk->e, "cannot make the link 'busybox'");
	if (closure_capture(argv, &list, mk->e) < 0)
		return -1;
	for (char *name = list.s ? strtok_r(list.s, "\n", &rest) : NULL; name;
	     name = strtok_r(NULL, "\n", &rest)) {
		if (strchr(name, '/') || !strcmp(name, "busybox"))
			continue;
		if (symlinkat("busybox", bin, name) < 0 && errno != EEXIST)
			return err_sys(mk->e, "cannot make the link '%s'", name);
		++*count;
	}
	return 0;
}

int tree_gather(const char *const *with, struct closure *c, struct err *e)
{
	for (size_t i = 0; with && with[i]; i++)
		if (closure_add(c, with[i], e) < 0)
			return -1;
	if ((with && *with) || closure_add(c, "busybox", e) == 0)
		return 0;
	return err_hint(e, "as root: apt-get install busybox-static; or name programs: "
			   "--with bash --with ls");
}

static int fill(struct making *mk, const struct closure *c, size_t programs,
		struct text *said)
{
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++)
		if (copy_one(mk, c->path[i]) < 0)
			return -1;
	if (programs) {
		text_addf(said, "%zu program%s, %zu files", programs,
			  programs == 1 ? "" : "s", c->count);
		return 0;
	}
	if (link_applets(mk, c->path[0], &count) < 0)
		return -1;
	text_addf(said, "busybox with %zu commands", count);
	return 0;
}

static bool is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = copy < 0 ? NULL : fdopendir(copy);

	for (const struct dirent *de; d && (de = readdir(d));)
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
			return false;
	return true;
}

int tree_make(const struct tree_wish *w, struct text *said, struct err *e)
{
	struct making mk = { .name = w->dir, .force = w->force, .e = e };
	auto_fd fd = -1;

	if (mkdir(mk.name, 0755) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make '%s'", mk.name);
	mk.fd = fd = open(mk.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", mk.name);
	if (!mk.force && !is_empty(fd)) {
		err_set(e, "'%s' is not empty", mk.name);
		return err_hint(e,
				"--force adds to it and replaces files of the same name");
	}
	if (make_layout(&mk) < 0 || make_files(&mk) < 0)
		return -1;
	return fill(&mk, w->files, w->programs, said);
}

/* The programs of --with, NULL-terminated; the caller frees the list. Return: how many */
static size_t take_with(const struct args *a, const char ***with)
{
	size_t n = 0;

	*with = calloc(a->given_count + 1, sizeof(**with));
	for (size_t i = 0; *with && i < a->given_count; i++)
		if (!strcmp(a->given[i].opt->name, "with"))
			(*with)[n++] = a->given[i].value;
	return n;
}

static int tree_make_run(const struct args *a, struct err *e)
{
	struct closure c = { 0 };
	struct tree_wish w = { .files = &c, .force = cmd_option(a, "force") != NULL };
	auto_free const char **with = NULL;
	auto_text out = { 0 }, said = { 0 };
	int r;

	if (a->word_count != 1)
		return cmd_usage(a, e, "tree make takes one directory");
	w.dir = a->words[0];
	w.programs = take_with(a, &with);
	if (!with)
		return err_set(e, "out of memory");
	/* Found before anything is made: a misspelt name leaves no half a tree */
	r = tree_gather(with, &c, e);
	if (r == 0)
		r = tree_make(&w, &said, e);
	closure_release(&c);
	if (r < 0 || a->quiet)
		return r;
	text_safe(&out, a->words[0]);
	text_addf(&out, ": %s\ntry: nook run --set root.from=directory --set root.path=",
		  text_str(&said));
	if (*a->words[0] != '/') /* root.path is absolute */
		text_add(&out, "\"$PWD\"/");
	text_shell(&out, a->words[0]);
	text_add(&out, " base\n");
	return cmd_print(&out, e);
}

static const struct opt options[] = {
	{ 0, "with", "PROGRAM", "copy this program and all it needs (may be repeated)",
	  NULL, NULL, COMPLETE_PROGRAM, NULL },
	{ 0, "force", NULL, "into a directory that is not empty", NULL, NULL,
	  COMPLETE_NOTHING, NULL },
	{ 0 },
};

const struct cmd cmd_tree_make = {
	.name = "tree make",
	.summary = "make a small root: busybox, or programs of this system",
	.usage = "[--with PROGRAM]... [--force] DIR",
	.help = "Without --with the tree holds a busybox with a link for each of its "
		"commands. "
		"With it, the named programs, their loaders and libraries are copied to "
		"where they lie here. No right of root is needed.",
	.options = options,
	.complete = COMPLETE_DIR,
	.run = tree_make_run,
};
