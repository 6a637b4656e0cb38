// SPDX-License-Identifier: GPL-3.0-or-later
/* rest.c - boxes at rest: one wins a name, locks hold, nothing is left */
#include "box/rest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "box/store.h"
#include "tap.h"

static char top[] = "/tmp/nook-rest-XXXXXX";
static struct rest_area area;

static struct rest_record new_record(void)
{
	static const char words[] = "--memory=64M\0dev\0--\0sleep\0\0";
	struct rest_record rec = { .cwd = strdup("/srv"),
				   .words = malloc(sizeof(words) - 1),
				   .words_len = sizeof(words) - 1,
				   .log_size = 7 };

	memcpy(rec.words, words, rec.words_len);
	return rec;
}

/* Return: 0, -1 and @code, or what is not as promised */
static int make(const char *name, struct rest *r, struct err *e)
{
	struct rest_record rec = new_record();
	int made = rest_create(&area, name, &rec, r, e);

	if (made < 0 && (r->dir >= 0 || r->lock >= 0 || !rec.words))
		return -99;
	rest_record_release(&rec);
	return made;
}

/* Names in the area, those with a dot too */
static int count_all(void)
{
	auto_dir d = store_list(area.dir);
	int n = -2;

	while (readdir(d))
		n++;
	return n;
}

static int lost; /* directories that another removes as soon as they are made */

/* In place of the C library's */
int mkdirat(int at, const char *name, mode_t mode)
{
	int r = (int)syscall(SYS_mkdirat, at, name, mode);

	if (!r && lost) {
		lost--;
		unlinkat(at, name, AT_REMOVEDIR);
	}
	return r;
}

static void test_names(void)
{
	char most[REST_NAME_SIZE + 1];

	memset(most, 'a', sizeof(most));
	most[REST_NAME_SIZE - 1] = '\0';
	ok(rest_is_name("a") && rest_is_name("_x.y-z") && rest_is_name(most), "names");
	most[REST_NAME_SIZE - 1] = 'a';
	most[REST_NAME_SIZE] = '\0';
	ok(!rest_is_name("") && !rest_is_name(".a") && !rest_is_name("-a") &&
		   !rest_is_name("a/b") && !rest_is_name("..") &&
		   !rest_is_name("\xc3\xa4") && !rest_is_name(most),
	   "and none");
}

static void test_area(void)
{
	struct rest_area none;
	struct err e = { 0 };
	char state[64];

	ok(!rest_area_open(&none, top, false, &e) && none.dir < 0, "no area is no error");
	snprintf(state, sizeof(state), "%s/a/state", top);
	lost = 1000;
	ok(rest_area_open(&none, state, true, &e) < 0 && e.code == ENOENT,
	   "removed each time that it is made: %s", e.text);
	lost = 3;
	ok(!rest_area_open(&area, state, true, &e) && area.dir >= 0 && !lost,
	   "made with its parents, at last");
	chmod(area.path, 0755);
	ok(rest_area_open(&none, state, true, &e) < 0 && strstr(e.text, "cannot use"),
	   "one that is open to others is refused: %s", e.text);
	chmod(area.path, 0700);
	chmod(state, 0777);
	ok(rest_area_open(&none, state, true, &e) < 0,
	   "and one that others could replace");
	chmod(state, 0700);
}

static void test_create(void)
{
	struct rest r, again;
	struct err e = { 0 };
	char **words;
	size_t n = 0;

	ok(!make("web", &r, &e) && r.lock >= 0, "made, and held: %s", e.text);
	ok(make("web", &again, &e) == -1 && e.code == EEXIST, "a name is given once: %s",
	   e.text);
	ok(count_all() == 1, "and nothing is left of who came second");
	rest_close(&r);
	ok(rest_find(&area, "wep", &r, &e) < 0 && e.code == ENOENT &&
		   strstr(e.text, "did you mean 'web'"),
	   "nearest: %s", e.text);
	ok(!rest_find(&area, "web", &r, &e), "found: %s", e.text);
	words = rest_record_words(&r.rec, &n);
	ok(n == 5 && !strcmp(words[0], "--memory=64M") && !strcmp(words[3], "sleep") &&
		   !*words[4] && !words[5],
	   "the words as they were, an empty one too");
	free(words);
	ok(r.rec.log_size == 7 && rest_state(&r) == REST_CREATED, "and the numbers");
	rest_close(&r);
}

/* Another process holds the box. Return: its pid; it ends when @go is closed */
static pid_t hold(const char *name, bool runs, int *go)
{
	int up[2], down[2];
	char byte = 0;
	pid_t pid;

	if (pipe(up) < 0 || pipe(down) < 0 || (pid = fork()) < 0)
		abort();
	if (!pid) {
		struct plan *pl = plan_new();
		struct rest r;

		close(up[0]);
		close(down[1]);
		if (rest_open(&area, name, &r, NULL) < 0 || rest_lock(&r, NULL) < 0 ||
		    (runs && rest_began(&r, pl, NULL) < 0) || write(up[1], "x", 1) != 1)
			_exit(1);
		_exit(read(down[0], &byte, 1) != 0);
	}
	close(up[1]);
	close(down[0]);
	ok(read(up[0], &byte, 1) == 1, "somebody holds '%s'", name);
	close(up[0]);
	*go = down[1];
	return pid;
}

static void test_lock(void)
{
	struct err e = { 0 };
	struct rest r;
	pid_t pid;
	int go;

	pid = hold("web", true, &go);
	rest_find(&area, "web", &r, &e);
	ok(rest_state(&r) == REST_RUNNING && rest_holder(&r) == pid,
	   "it runs, and by whom");
	ok(rest_lock(&r, &e) < 0 && e.code == EBUSY && strstr(e.text, "is running (pid "),
	   "who runs it is not waited for: %s", e.text);
	kill(pid, 9);
	waitpid(pid, NULL, 0);
	close(go);
	ok(rest_state(&r) == REST_LOST, "killed: lost");
	snprintf(r.rec.boot_id, sizeof(r.rec.boot_id), "another");
	ok(rest_state(&r) == REST_STOPPED, "after a reboot: stopped");
	rest_close(&r);
	pid = hold("web", false, &go);
	rest_find(&area, "web", &r, &e);
	r.rec.state = REST_CREATED;
	ok(rest_state(&r) == REST_BUSY, "a command holds it");
	close(go);
	waitpid(pid, NULL, 0);
	rest_close(&r);
	rest_open(&area, "web", &r, &e);
	ok(!rest_lock(&r, &e), "it is waited for: %s", e.text);
	rest_close(&r);
}

static void test_end(void)
{
	struct result res = { .exit_code = 3, .cause = CAUSE_CPU, .message = "late" };
	struct plan *pl = plan_new();
	struct err e = { 0 };
	struct rest r;

	pl->hostname = plan_put(pl, "kept");
	rest_open(&area, "web", &r, &e);
	ok(!rest_lock(&r, &e) && !rest_began(&r, pl, &e) && !rest_ended(&r, &res, &e),
	   "it runs and ends: %s", e.text);
	rest_close(&r);
	rest_find(&area, "web", &r, &e);
	ok(rest_state(&r) == REST_STOPPED && r.rec.exit_code == 3 &&
		   strstr(r.rec.result, "\"exit_code\":3"),
	   "how it ended is kept");
	ok(r.rec.cause == CAUSE_CPU, "and why");
	is(r.rec.message, "late", "in a sentence, too");
	is(plan_text(r.rec.plan, r.rec.plan->hostname), "kept", "and by which plan");
	ok(!rest_lock(&r, &e) && !rest_began(&r, pl, &e) && !r.rec.cause &&
		   !r.rec.message[0] && !rest_failed(&r, &e) && r.rec.exit_code == 3 &&
		   r.rec.cause == CAUSE_CPU && !strcmp(r.rec.message, "late"),
	   "a start that fails leaves that as it was");
	rest_close(&r);
	plan_free(pl);
}

static void test_race(void)
{
	/* Not their exit status, with which valgrind speaks of what they inherit */
	int *won = mmap(NULL, sizeof(*won), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[16];
	struct rest r;

	for (int i = 0; i < 16; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			__atomic_add_fetch(won, make("race", &r, NULL) == 0,
					   __ATOMIC_SEQ_CST);
			_exit(0);
		}
	}
	for (int i = 0; i < 16; i++)
		waitpid(pid[i], NULL, 0);
	ok(*won == 1, "of 16 makers one wins (%d)", *won);
	munmap(won, sizeof(*won));
	ok(count_all() == 2, "and nothing is left of the others");
}

static void test_rename(void)
{
	struct err e = { 0 };
	struct rest r, other;

	rest_find(&area, "race", &r, &e);
	rest_find(&area, "race", &other, &e);
	ok(!rest_lock(&r, &e) && rest_rename(&r, "web", &e) < 0 && e.code == EEXIST,
	   "no name that is taken: %s", e.text);
	ok(rest_rename(&r, "../x", &e) < 0, "and none that is none");
	ok(!rest_rename(&r, "new", &e), "a new name");
	rest_close(&r);
	ok(rest_lock(&other, &e) < 0 && e.code == ENOENT, "who came late is told: %s",
	   e.text);
	rest_close(&other);
	ok(!rest_find(&area, "new", &r, &e), "found by it");
	rest_close(&r);
}

static int fill(int changes, const char *outside)
{
	return symlinkat(outside, changes, "link") < 0 ||
	       mkdirat(changes, "deep", 0700) < 0 ||
	       mkdirat(changes, "deep/shut", 0) < 0 ||
	       symlinkat("/", changes, "deep/root") < 0;
}

static void test_remove(void)
{
	char outside[64], file[80];
	struct err e = { 0 };
	struct rest r, other;
	int fd;

	snprintf(outside, sizeof(outside), "%s/outside", top);
	snprintf(file, sizeof(file), "%s/file", outside);
	mkdir(outside, 0700);
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	rest_open(&area, "new", &r, &e);
	rest_open(&area, "new", &other, &e);
	fd = rest_subdir(&r, "changes", &e);
	ok(!fill(fd, outside), "a box that changed much");
	close(fd);
	ok(!rest_hold(&r, &e) && !rest_remove(&r, &e), "removed: %s", e.text);
	rest_close(&r);
	ok(count_all() == 1 && !access(file, F_OK), "all of it, and nothing outside");
	ok(rest_lock(&other, &e) < 0 && strstr(e.text, "removed meanwhile"),
	   "who came late is told: %s", e.text);
	rest_close(&other);
	rest_open(&area, "web", &r, &e);
	ok(!symlinkat(outside, r.dir, "changes") && rest_subdir(&r, "changes", &e) < 0,
	   "a directory that is a link: %s", e.text);
	unlinkat(r.dir, "changes", 0);
	rest_close(&r);
}

static void test_sweep(void)
{
	struct err e = { 0 };
	struct rest r;
	char gone[128];

	ok(!make(NULL, &r, &e) && *r.name == '.', "one without a name");
	ok(rest_sweep(&area, NULL) == 0, "stays as long as it is held");
	rest_close(&r);
	ok(rest_sweep(&area, NULL) == 1 && count_all() == 1, "and no longer");
	mkdirat(area.dir, ".new.123456789abc", 0700);
	ok(rest_sweep(&area, "web") == 0 && rest_sweep(&area, NULL) == 1,
	   "one that was never locked");
	make("half", &r, &e);
	snprintf(gone, sizeof(gone), ".gone.123456789abc.half");
	renameat(area.dir, "half", area.dir, gone);
	unlinkat(r.dir, "box", 0);
	rest_close(&r);
	ok(rest_sweep(&area, "hal") == 0 && rest_sweep(&area, "half") == 1,
	   "half removed, by the name that it had");
	make("brief", &r, &e);
	rest_close(&r);
	ok(rest_sweep(&area, NULL) == 0, "one that stays");
	rest_find(&area, "brief", &r, &e);
	rest_hold(&r, &e);
	r.rec.passing = true;
	ok(!rest_write(&r, &e), "one that is to go with its run: %s", e.text);
	ok(rest_sweep(&area, NULL) == 0, "stays as long as it is held");
	rest_close(&r);
	ok(rest_sweep(&area, "web") == 0 && rest_sweep(&area, "brief") == 1 &&
		   rest_find(&area, "brief", &r, &e) < 0,
	   "and no longer: %s", e.text);
}

static void test_damaged(void)
{
	struct err e = { 0 };
	struct rest r;
	int fd;

	rest_open(&area, "web", &r, &e);
	fd = openat(r.dir, "box", O_WRONLY | O_CLOEXEC);
	ok(!ftruncate(fd, 100) && rest_lock(&r, &e) < 0, "cut short: %s", e.text);
	close(fd);
	ok(!rest_hold(&r, &e) && !rest_remove(&r, &e), "it can be removed: %s", e.text);
	rest_close(&r);
	ok(count_all() == 0, "nothing is left");
}

/* @words as a list of its own, behind what was written and read again */
static bool updates_are(struct rest_record *rec, const char *words, size_t len)
{
	struct rest_record back = { 0 };
	struct err e = { 0 };
	auto_text t = { 0 };
	bool same;

	rest_record_pack(rec, &t);
	same = !rest_record_parse(t.s, t.len, &back, &e) && back.updates_len == len &&
	       (!len || !memcmp(back.updates, words, len));
	rest_record_release(&back);
	return same;
}

static bool update(struct rest_record *rec, const char *words, size_t len)
{
	struct err e = { 0 };

	return rest_record_update(rec, words, len, &e) == 0;
}

#define UPDATE(words)	   update(&rec, words, sizeof(words))
#define UPDATES_ARE(words) updates_are(&rec, words, sizeof(words))

static void test_updates(void)
{
	struct rest_record rec = new_record();

	snprintf(rec.id, sizeof(rec.id), "abc");
	ok(updates_are(&rec, "", 0), "a box that nobody has changed");
	ok(UPDATE("limits.wall=1s\0+mounts=/a:/b:rw") &&
		   UPDATES_ARE("limits.wall=1s\0+mounts=/a:/b:rw"),
	   "what was changed is kept");
	ok(UPDATE("limits.wall=2s") && UPDATES_ARE("+mounts=/a:/b:rw\0limits.wall=2s"),
	   "a key that is set again has its last value");
	ok(UPDATE("-mounts=/bb\0-mounts=/") &&
		   UPDATES_ARE("+mounts=/a:/b:rw\0limits.wall=2s\0-mounts=/bb\0"
			       "-mounts=/"),
	   "another place cancels nothing");
	ok(UPDATE("-mounts=/b") && UPDATES_ARE("limits.wall=2s\0-mounts=/bb\0-mounts=/"),
	   "a mount that goes again was never there");
	ok(UPDATE("limits=x\0environment.A=1\0environment.A=") &&
		   UPDATES_ARE("limits.wall=2s\0-mounts=/bb\0-mounts=/\0limits=x\0"
			       "environment.A="),
	   "a key is a whole one");
	ok(UPDATE("environment={X: 7}\0environment={Y: 8}\0environment={X: 7}") &&
		   UPDATES_ARE("limits.wall=2s\0-mounts=/bb\0-mounts=/\0limits=x\0"
			       "environment.A=\0environment={Y: 8}\0environment={X: 7}"),
	   "a map that is set keeps its other entries");
	ok(UPDATE("environment=null") &&
		   UPDATES_ARE("limits.wall=2s\0-mounts=/bb\0-mounts=/\0limits=x\0"
			       "environment.A=\0environment=null"),
	   "a map that is none has no entry before it");
	ok(!update(&rec, "a=b", 3) && !update(&rec, "", 0), "a word has an end");
	rest_record_release(&rec);
}

int main(void)
{
	plan(0);
	if (!mkdtemp(top))
		return 1;
	test_names();
	test_area();
	test_create();
	test_lock();
	test_end();
	test_race();
	test_rename();
	test_remove();
	test_sweep();
	test_damaged();
	test_updates();
	rest_area_close(&area);
	execl("/bin/sh", "sh", "-c", done() ? "rm -rf \"$0\"; exit 1" : "rm -rf \"$0\"",
	      top, (char *)NULL);
	return 1;
}
