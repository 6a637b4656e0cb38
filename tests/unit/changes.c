// SPDX-License-Identifier: GPL-3.0-or-later
/* changes.c - what an upper says, made true in the tree below or forgotten */
/* valgrind 3.19 knows no openat2
 * as: root user
 * with: plain
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "changes/apply.h"
#include "changes/copy.h"
#include "changes/manifest.h"
#include "changes/remove.h"
#include "changes/walk.h"
#include "forked.h"
#include "tap.h"

static char top[] = "/tmp/nook-changes-XXXXXX";
static char upper[20];
static int dir = -1;

/* --- making two trees --------------------------------------------------------------- */

static void need(bool good, const char *what, const char *name)
{
	if (!good)
		diag("cannot %s %s: %s", what, name, strerror(errno));
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	need(f && fputs(text, f) >= 0, "write", name);
	if (f)
		fclose(f);
}

static void make_dir(const char *name)
{
	need(mkdir(name, 0755) == 0, "make", name);
}

static void whiteout(const char *name)
{
	need(mknod(name, S_IFCHR, makedev(0, 0)) == 0, "make whiteout", name);
}

static void enter(const char *name)
{
	need(chdir(name) == 0, "enter", name);
}

static const char *get(const char *name)
{
	static char text[64];
	FILE *f = fopen(name, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return f ? text : "(absent)";
}

static bool exists(const char *name)
{
	struct stat st;

	return !lstat(name, &st);
}

static struct stat look(const char *name)
{
	struct stat st = { 0 };

	need(lstat(name, &st) == 0, "look at", name);
	return st;
}

static void make_lower(void)
{
	make_dir("lower");
	put("lower/edit", "before");
	put("lower/gone", "x");
	put("lower/mode", "x");
	put("lower/same", "x");
	put("lower/hidden", "one"); /* same size and time, other bytes */
	need(symlink("here", "lower/link") == 0, "make", "link");
	make_dir("lower/new");
	put("lower/new/old", "x");
	put("lower/new/stays", "x");
	make_dir("lower/file");
	put("lower/file/in", "x");
	make_dir("lower/way");
	make_dir("lower/rest");
	put("lower/rest/in", "x");
	put("lower/kept", "as it was");
	need(link("lower/kept", "lower/aa") == 0, "link", "lower/aa");
}

static void set_time_like(const char *name, const char *like)
{
	const struct timespec t[] = { look(like).st_atim, look(like).st_mtim };

	need(utimensat(AT_FDCWD, name, t, 0) == 0, "set the time of", name);
}

static void make_upper(void)
{
	int fd;

	put("edit", "after");
	need(setxattr("edit", "user.note", "n", 1, 0) == 0, "mark", "edit");
	whiteout("gone");
	put("mode", "x");
	chmod("mode", 04755);
	set_time_like("mode", "../../lower/mode");
	put("same", "x");
	set_time_like("same", "../../lower/same");
	put("hidden", "two");
	set_time_like("hidden", "../../lower/hidden");
	need(symlink("there", "link") == 0, "make", "link");
	make_dir("new");
	put("new/made", "x");
	put("new/stays", "y");
	put("file", "now a file");
	make_dir("way");
	make_dir("way/deep");
	put("way/deep/a", "one file");
	need(link("way/deep/a", "way/deep/b") == 0, "link", "b");
	need(mkfifo("way/fifo", 0600) == 0, "make", "fifo");
	fd = open("way/holes", O_WRONLY | O_CREAT, 0600);
	need(fd >= 0 && pwrite(fd, "end", 3, 8 << 20) == 3, "write", "holes");
	close(fd);
	whiteout("never-there");
}

static struct manifest describe(void)
{
	struct manifest m = { .userxattr = true };
	char path[64];

	if (manifest_stamp(AT_FDCWD, &m, NULL) < 0)
		diag("cannot tell the time");
	snprintf(path, sizeof(path), "%s/lower", top);
	if (manifest_add(&m, "/data", path, false, NULL) < 0)
		diag("cannot describe the tree");
	return m;
}

/* --- what is said ------------------------------------------------------------------- */

struct seen {
	struct text out;
	struct apply *apply;
	bool discard;
	const char *only, *swap; /* @swap: before it is made, "kept" is another file */
};

static int list(const struct change *c, void *arg)
{
	struct seen *s = arg;

	if (c->kind == CHANGE_NONE)
		return 0;
	text_addf(&s->out, "%c %s", c->kind, c->path);
	if (c->kind == CHANGE_MODIFIED)
		text_addf(&s->out, " %x", c->differs);
	if (c->flags)
		text_addf(&s->out, " flags=%x", c->flags);
	text_addc(&s->out, '\n');
	return 0;
}

static const char *listing(struct seen *s, const struct manifest *m)
{
	const struct walk_calls calls = { .each = list, .arg = s };
	struct err e = { 0 };

	text_cut(&s->out, 0);
	if (walk_changes(dir, m, &calls, &e) < 0)
		diag("%s", e.text);
	return text_str(&s->out);
}

static int act(const struct change *c, void *arg)
{
	struct seen *s = arg;
	struct err e = { 0 };
	bool wanted = !s->only || !strcmp(c->path, s->only);
	int r;

	if (!wanted) {
		s->apply->left += c->kind != CHANGE_NONE;
		if (S_ISDIR(c->upper.mode) && !s->discard)
			apply_pass(s->apply);
		return 0;
	}
	if (s->discard)
		return apply_discard(s->apply, c, &e) < 0 ? -1 : 1;
	if (s->swap && !strcmp(c->path, s->swap))
		need(rename("other", "lower/kept") == 0, "replace", "kept");
	r = apply_change(s->apply, c, &e);
	if (!r)
		return 0;
	s->apply->left++;
	text_addf(&s->out, "%s: %s\n", c->path, e.text);
	return 1;
}

static int leave(const struct change *c, void *arg)
{
	struct seen *s = arg;
	struct err e = { 0 };

	if (!s->discard &&
	    apply_leave(s->apply, c, !s->only || !strcmp(c->path, s->only), &e) < 0)
		text_addf(&s->out, "%s: %s\n", c->path, e.text);
	return 0;
}

static const char *run(struct seen *s, const struct manifest *m, struct apply *a)
{
	const struct walk_calls calls = { .each = act, .leave = leave, .arg = s };
	struct err e = { 0 };

	a->dir = dir;
	s->apply = a;
	text_cut(&s->out, 0);
	if (walk_changes(dir, m, &calls, &e) < 0)
		diag("%s", e.text);
	apply_release(a);
	if (a->held)
		apply_sweep(a, m);
	return text_str(&s->out);
}

static const char all[] = "M /data/edit 12\n"
			  "M /data/file 1\n"
			  "D /data/gone\n"
			  "M /data/hidden 2\n"
			  "M /data/link 2\n"
			  "M /data/mode 4 flags=1\n"
			  "A /data/new/made\n"
			  "M /data/new/stays 2\n"
			  "D /data/new/old\n"
			  "A /data/way/deep\n"
			  "A /data/way/deep/a flags=40\n"
			  "A /data/way/deep/b flags=40\n"
			  "A /data/way/fifo flags=20\n"
			  "A /data/way/holes\n";

static void test_list(struct seen *s, const struct manifest *m)
{
	is(listing(s, m), all, "every change is seen, and nothing else");
}

static void test_copy(void)
{
	struct err e = { 0 };
	int from = open("changes", O_RDONLY | O_DIRECTORY), to;

	make_dir("copy");
	to = open("copy", O_RDONLY | O_DIRECTORY);
	ok(copy_tree(from, to, &e) == 0, "an upper is copied: %s", e.text);
	close(from);
	close(to);
	enter("copy");
	enter(upper);
	ok(look("gone").st_rdev == 0 && S_ISCHR(look("gone").st_mode),
	   "a whiteout stays one");
	ok(look("way/deep/a").st_ino == look("way/deep/b").st_ino,
	   "two names of a file stay two names of one");
	ok(look("way/holes").st_blocks < 100, "holes stay holes");
	ok(look("mode").st_mode == (S_IFREG | 04755), "a mode stays whole");
	enter(top);
	remove_name(AT_FDCWD, "copy");
}

static void test_refused(struct seen *s, const struct manifest *m)
{
	struct apply a = { .trust = false };

	s->only = "/data/mode";
	is(run(s, m, &a), "/data/mode: it gives others its rights\n",
	   "what gives rights is not made without being asked for");
	s->only = "/data/way/deep/a";
	is(run(s, m, &a), "/data/way/deep/a: the directory that it is in is not there\n",
	   "a file whose directory is not there yet is not made");
	s->only = NULL;
	is(listing(s, m), all, "and nothing has changed");
}

static void test_apply(struct seen *s, const struct manifest *m)
{
	struct apply a = { .trust = true };

	is(run(s, m, &a), "", "all of it is made true");
	is(listing(s, m), "", "and is no change any more");
	is(get("lower/edit"), "after", "new content");
	ok(getxattr("lower/edit", "user.note", NULL, 0) == 1, "with its attribute");
	is(get("lower/hidden"), "two", "also where size and time are the old ones");
	is(get("lower/file"), "now a file", "a file in the place of a directory");
	is(get("lower/new/stays"), "y", "a directory that was made anew");
	ok(!exists("lower/new/old") && !exists("lower/gone"), "what is gone is gone");
	ok(look("lower/mode").st_mode == (S_IFREG | 04755), "the mode is right");
	ok(look("lower/way/deep/a").st_ino == look("lower/way/deep/b").st_ino,
	   "two names for one file");
	ok(look("lower/way/holes").st_size == (8 << 20) + 3 &&
		   look("lower/way/holes").st_blocks < 100,
	   "holes are holes");
	ok(S_ISFIFO(look("lower/way/fifo").st_mode), "a fifo");
	is(get("lower/rest/in"), "x", "the rest is untouched");
}

/* --- new names of an unchanged file ------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
	return look(a).st_ino == look(b).st_ino;
}

/* What `ln` of an unchanged file leaves in an upper: the file, with more names */
static void make_kept(void)
{
	enter("changes");
	if (!exists(upper))
		make_dir(upper);
	enter(upper);
	put("kept", "as it was");
	set_time_like("kept", "../../lower/kept");
	make_dir("a");
	for (const char *const *p = (const char *const[]){ "a/in", "after", "zz", NULL };
	     *p; p++)
		need(link("kept", *p) == 0, "link", *p);
	if (exists("../../lower/aa"))
		whiteout("aa");
	enter(top);
}

static void test_kept(struct seen *s, const struct manifest *m)
{
	struct apply a = { .trust = true }, b = { .trust = true }, c = { .trust = true };
	ino_t ino = look("lower/kept").st_ino;

	make_kept();
	is(listing(s, m),
	   "A /data/a\nA /data/a/in flags=40\nD /data/aa\nA /data/after flags=40\n"
	   "A /data/zz flags=40\n",
	   "new names of a file are links, and it is no change");
	s->only = "/data/zz";
	is(run(s, m, &a), "", "one of them is made true");
	ok(is_same("lower/zz", "lower/kept"), "as a name of the file below");
	s->only = NULL;
	is(run(s, m, &b), "", "and the others");
	ok(is_same("lower/after", "lower/kept") && is_same("lower/a/in", "lower/kept") &&
		   look("lower/kept").st_ino == ino && look("lower/kept").st_nlink == 4,
	   "before it and behind it, in a directory that is new, and when it has lost "
	   "one");
	is(listing(s, m), "", "no change is left");
	enter("changes");
	enter(upper);
	put("kept", "anew");
	enter(top);
	is(run(s, m, &c), "", "the box has seen what its links changed of the file");
	is(get("lower/kept"), "anew", "and may change it");
}

/* The file below is not what it was: all the time, or when @s->swap is made */
static void expect_copies(struct seen *s, const struct manifest *m, const char *what)
{
	struct apply a = { .trust = true };

	is(run(s, m, &a), "", what);
	ok(!is_same("lower/zz", "lower/kept"), "a new name is of a file of its own");
	is(get("lower/zz"), "as it was", "which is as the box had it");
	ok(is_same("lower/zz", "lower/after") == !s->swap,
	   "and has those names that are made later");
	is(listing(s, m), s->swap ? "M /data/kept 2\n" : "",
	   "the box's is a change only where it differs by now");
}

static void test_kept_not(struct seen *s, struct manifest *m)
{
	const struct timespec tick = { .tv_nsec = 20000000 };

	enter("lower");
	for (const char *const *p =
		     (const char *const[]){ "kept", "a", "after", "zz", NULL };
	     *p; p++)
		remove_name(AT_FDCWD, *p);
	put("kept", "as it was");
	enter(top);
	manifest_release(m);
	*m = describe();
	nanosleep(&tick, NULL);
	need(chmod("lower/kept", 0644) == 0, "touch", "kept");
	make_kept();
	expect_copies(s, m, "the file below is later");

	enter("lower");
	remove_name(AT_FDCWD, "a");
	remove_name(AT_FDCWD, "after");
	remove_name(AT_FDCWD, "zz");
	enter(top);
	manifest_release(m);
	*m = describe();
	nanosleep(&tick, NULL);
	put("other", "another's");
	make_kept();
	s->swap = "/data/zz";
	expect_copies(s, m, "the file below goes meanwhile");
	s->swap = NULL;
}

/* Somebody on the host changes files, and puts a link in the place of a directory */
static void test_conflicts(struct seen *s, struct manifest *m)
{
	struct apply a = { .trust = true }, forced = { .trust = true, .force = true };
	const struct timespec tick = { .tv_nsec = 20000000 };

	manifest_release(m);
	*m = describe();
	nanosleep(&tick, NULL); /* ctime moves in ticks of the kernel's clock */
	enter("changes");
	enter(upper);
	make_dir("rest");
	put("rest/evil", "x");
	whiteout("way");
	put("edit", "third");
	enter(top);
	put("lower/edit", "second");
	put("lower/way/late", "x");
	make_dir("victim");
	remove_name(AT_FDCWD, "lower/rest");
	need(symlink("../victim", "lower/rest") == 0, "make", "rest");
	is(run(s, m, &a),
	   "/data/edit: '/data/edit' changed on the host after the box had started\n"
	   "/data/rest: '/data/rest' changed on the host after the box had started\n"
	   "/data/way: '/data/way' changed on the host after the box had started\n",
	   "what changed meanwhile is left alone");
	is(get("lower/edit"), "second", "as it was");
	is(run(s, m, &forced), "", "unless it is forced");
	is(get("lower/edit"), "third", "then it is the box's");
	ok(!exists("victim/evil") && S_ISDIR(look("lower/rest").st_mode),
	   "a link in the place of a directory leads nowhere");
	ok(!exists("lower/way"), "a directory that grew is deleted");
}

static void test_discard(struct seen *s, const struct manifest *m)
{
	struct apply a = { .trust = true };
	char path[64];

	enter("changes");
	need(exists(upper), "find", upper);
	snprintf(path, sizeof(path), "%s/x", upper);
	make_dir(path);
	snprintf(path, sizeof(path), "%s/x/y", upper);
	put(path, "");
	snprintf(path, sizeof(path), "%s/z", upper);
	put(path, "");
	enter(top);
	s->discard = true;
	s->only = "/data/x";
	run(s, m, &a);
	is(listing(s, m), "A /data/z\n", "one of two changes is forgotten");
	s->only = NULL;
	run(s, m, &a);
	is(listing(s, m), "", "and the rest");
	ok(!exists("lower/x") && !exists("lower/z"), "nothing came to the tree");
}

/* Deeper than the walk goes: said, left, and every directory on the way is left again */
static void test_deep(struct seen *s, const struct manifest *m)
{
	struct apply a = { .trust = true };
	const char *said;
	int levels = 0;

	s->discard = false;
	enter("changes");
	if (!exists(upper))
		make_dir(upper);
	enter(upper);
	for (; levels <= WALK_DEEPEST && !mkdir("d", 0755); levels++)
		enter("d");
	enter(top);
	said = run(s, m, &a);
	ok(levels == WALK_DEEPEST + 1 && strstr(said, "too many directories"),
	   "what lies too deep is said");
	ok(a.depth == 0 && a.left == 1, "once, and nothing is forgotten of the way back");
	ok(!chdir("changes") && !remove_name(AT_FDCWD, upper), "it can be removed");
	enter(top);
}

static void test_manifest(void)
{
	static const char *const bad[] = {
		"",
		"nook-changes 2\n",
		"nook-changes 1",
		"nook-changes 1\n\n",
		"nook-changes 1\nbase x\n",
		"nook-changes 1\nuid 0 0 0\n",
		"nook-changes 1\nuid 0 4294967295 2\n",
		"nook-changes 1\nxattr other\n",
		"nook-changes 1\ntree ../../etc plain / /\n",
		"nook-changes 1\ntree u0 plain /a /b\n",
		"nook-changes 1\ntree u52e7aa9a7ba2a2f1 plain /../a /b\n",
	};
	struct manifest m = { .base_ns = 7, .userxattr = true }, back;
	struct text t = { 0 }, again = { 0 };

	m.uids.count = 1;
	m.uids.line[0] = (struct manifest_map){ 0, 100000, 65536 };
	manifest_add(&m, "/a b%\n", "/srv/\xff", true, NULL);
	manifest_add(&m, "/", "/", false, NULL);
	manifest_print(&m, &t);
	ok(manifest_parse(&back, text_str(&t), t.len, NULL) == 0, "a manifest is read");
	manifest_print(&back, &again);
	is(text_str(&again), text_str(&t), "as it was written");
	ok(manifest_inside(&back.uids, 100005) == 5 &&
		   manifest_inside(&back.uids, 99999) == UINT32_MAX &&
		   manifest_inside(&back.gids, 99) == 99,
	   "ids are those of the lower tree");
	manifest_release(&back);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(manifest_parse(&back, bad[i], strlen(bad[i]), NULL) < 0,
		   "refused: %zu", i);
	manifest_release(&m);
	text_release(&t);
	text_release(&again);
}

/* --- removing ----------------------------------------------------------------------- */

/* A read-only mount in which a link leads to a file that is not. Return: whether it could
 * be made, and be removed in vain */
static int remove_link(void *arg)
{
	(void)arg;
	if ((geteuid() ? enter_userns(0) : 0) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tree", "tree", NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, "tree", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return -1;
	return remove_name(AT_FDCWD, "tree") < 0;
}

static void test_remove(void)
{
	enter(top);
	make_dir("tree");
	for (const char *const *d =
		     (const char *const[]){ "tree/a", "tree/a/b", "tree/a/b/c", NULL };
	     *d; d++)
		make_dir(*d);
	put("tree/a/b/nook.0", "a name that is wanted");
	put("tree/a/b/c/f", "");
	put("elsewhere", "");
	need(symlink("../../elsewhere", "tree/a/link") == 0, "make", "tree/a/link");
	ok(forked(remove_link, NULL) == 1, "what cannot be removed stays");
	ok(look("elsewhere").st_mode == (S_IFREG | 0644),
	   "and what a link in it leads to is as it was");
	ok(remove_made(AT_FDCWD, "tree", 1) < 0 && errno == EBUSY,
	   "no end is waited for where there is more than was made");
	ok(remove_made(AT_FDCWD, "tree", 6) == 0 && access("tree", F_OK) < 0,
	   "what was made goes");
}

int main(void)
{
	struct seen s = { .out = { 0 } };
	struct manifest m = { 0 };

	plan(70);
	umask(022);
	test_manifest();
	if (!mkdtemp(top) || chdir(top) < 0)
		return 1;
	make_lower();
	m = describe();
	snprintf(upper, sizeof(upper), "%s", m.trees[0].name);
	make_dir("changes");
	enter("changes");
	make_dir(upper);
	enter(upper);
	make_upper();
	if (setxattr("new", "user.overlay.opaque", "y", 1, 0) < 0) {
		diag("/tmp has no attributes: %s", strerror(errno));
		return 1;
	}
	enter(top);
	dir = open("changes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_list(&s, &m);
	test_copy();
	test_refused(&s, &m);
	test_apply(&s, &m);
	test_kept(&s, &m);
	test_kept_not(&s, &m);
	test_conflicts(&s, &m);
	test_discard(&s, &m);
	test_deep(&s, &m);
	test_remove();
	manifest_release(&m);
	text_release(&s.out);
	close(dir);
	remove_name(AT_FDCWD, top);
	return done();
}
