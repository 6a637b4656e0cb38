// SPDX-License-Identifier: GPL-3.0-or-later
/* tree.c - mount points in hostile trees, paths, and the removal of what a box made */
/* valgrind 3.19 knows no openat2
 * as: root user
 * with: plain
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "box/upper.h"
#include "layer/mount_ops.h"
#include "layer/tree_plan.h"
#include "layer/walk.h"
#include "tap.h"

static char top[] = "/tmp/nook-tree-XXXXXX";

static void make_link(const char *text, const char *name)
{
	if (symlink(text, name) < 0)
		diag("cannot make link %s", name);
}

static void enter(const char *dir)
{
	if (chdir(dir) < 0)
		diag("cannot enter %s", dir);
}

/* Where a descriptor is, as a path below @top; "" when it is the tree itself */
static const char *place(int fd)
{
	static char path[4096];
	char link[64];
	ssize_t n;

	if (fd < 0)
		return strerror(errno);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	close(fd);
	return strncmp(path, top, strlen(top)) ? path : path + strlen(top);
}

static bool exists(const char *name)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return lstat(path, &st) == 0;
}

static void test_walk(void)
{
	int root = open("tree", O_PATH | O_DIRECTORY | O_CLOEXEC);

	is(place(walk_open(root, "/a/b", WALK_MUST, false)), "/tree/a/b",
	   "finds a directory");
	is(place(walk_open(root, "/", WALK_MUST, false)), "/tree",
	   "finds the root itself");
	is(place(walk_open(root, "/in/b", WALK_MUST, false)), "/tree/a/b",
	   "follows a link that stays inside");
	is(place(walk_open(root, "/in/b", WALK_MUST, true)), strerror(ELOOP),
	   "follows none where none is allowed");
	is(place(walk_open(root, "/abs/b", WALK_MUST, false)), "/tree/a/b",
	   "an absolute link is absolute inside");
	is(place(walk_open(root, "/up", WALK_MUST, false)), strerror(ENOENT),
	   "dots at the root stay at the root");
	is(place(walk_open(root, "/magic/x", WALK_MUST, false)), strerror(ENOENT),
	   "a link into the host's /proc leads nowhere");
	is(place(walk_open(root, "/none", WALK_MUST, false)), strerror(ENOENT),
	   "what is absent is not made unasked");
	is(place(walk_open(root, "/new/x/y", WALK_DIR, false)), "/tree/new/x/y",
	   "makes directories");
	is(place(walk_open(root, "/new/f", WALK_FILE, false)), "/tree/new/f",
	   "makes a file");
	is(place(walk_open(root, "//in//deep///x", WALK_DIR, false)), "/tree/a/deep/x",
	   "makes behind a link that stays inside");
	is(place(walk_open(root, "/up/x", WALK_DIR, false)), strerror(ENOTDIR),
	   "makes nothing behind a dangling link");
	is(place(walk_open(root, "/up", WALK_FILE, false)), strerror(ELOOP),
	   "a dangling link is no mount point");
	is(place(walk_open(root, "/file/x", WALK_DIR, false)), strerror(ENOTDIR),
	   "makes nothing below a file");
	ok(!exists("victim/x") && !exists("outside"), "nothing came into being outside");
	close(root);
}

static void test_paths(void)
{
	auto_text t = { 0 };

	ok(path_is_in("/a/b", "/a") && path_is_in("/a", "/a") && path_is_in("/a", "/"),
	   "what is in a directory");
	ok(!path_is_in("/ab", "/a") && !path_is_in("/", "/a"), "what is not");
	ok(path_is_below("/a", "/") && !path_is_below("/", "/") &&
		   !path_is_below("/a", "/a"),
	   "what is below");
	mount_escape(&t, "/a,b:c\\d");
	is(text_str(&t), "/a\\,b\\:c\\\\d", "option strings are escaped");
}

static void test_real(void)
{
	struct host *h = host_new();
	char want[4096], got[4096], path[4096];

	snprintf(want, sizeof(want), "%s/tree/a/b", top);
	snprintf(path, sizeof(path), "%s/.//tree/in/../in/b/", top);
	tree_real(h, path, got);
	is(got, want, "links, dots and slashes are resolved");
	snprintf(path, sizeof(path), "%s/tree/loop", top);
	tree_real(h, path, got);
	is(got, path, "a link to itself stays as it is");
	tree_real(h, "/..//", got);
	is(got, "/", "there is nothing above the root");
	host_free(h);
}

static void test_upper(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/upper", top);
	mkdir("upper", 0700);
	mkdir("upper/work", 0700);
	mkdir("upper/work/work", 0);
	make_link("../victim", "upper/link");
	make_link("/", "upper/work/root");
	enter("upper");
	for (int i = 0; i < 3000; i++) { /* deeper than PATH_MAX and than any recursion */
		mkdir("dddd", 0700);
		enter("dddd");
	}
	close(open("file", O_CREAT | O_WRONLY, 0));
	enter(top);
	upper_remove(path);
	ok(!exists("upper"), "a tree of any depth is removed");
	ok(exists("victim/kept"), "no link was followed");
	upper_remove(path);
	upper_remove("");
	ok(true, "an absent one is fine");
}

int main(void)
{
	plan(25);
	if (!mkdtemp(top) || chdir(top) < 0)
		return 1;
	mkdir("tree", 0755);
	mkdir("tree/a", 0755);
	mkdir("tree/a/b", 0755);
	mkdir("victim", 0755);
	close(open("victim/kept", O_CREAT | O_WRONLY, 0644));
	close(open("tree/file", O_CREAT | O_WRONLY, 0644));
	make_link("a", "tree/in");
	make_link("loop", "tree/loop");
	make_link("/a", "tree/abs");
	make_link("../../../../victim", "tree/up");
	make_link("/proc/self/root", "tree/magic");
	test_walk();
	test_paths();
	test_real();
	test_upper();
	upper_remove(top);
	return done();
}
