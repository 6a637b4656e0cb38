// SPDX-License-Identifier: GPL-3.0-or-later
/* race.c - what somebody else does between two system calls of a `nook run`
 *
 *	race [CASE...]	NOOK=program NOOK_EVERY=7
 *
 * Races are not left to chance: whoever of the run is about to make its N'th call stands
 * still (trace.h) while the other one acts, for every N or every seventh. A tree's
 * attacker exchanges a mount point and a symlink to his victim, and once more before the
 * next call in a second round; another command clears away and lists boxes; the directory
 * for the files of drafts goes while it is empty; a profile is replaced. Nothing may come
 * of it but the box that was asked for, or a refusal.
 */
#define RENAME_EXCHANGE_FLAG (1 << 1) /* renameat2(2) */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "fault/bench.h"
#include "tap.h"

#define ANY_TIME (1 << 30)

/* One race: who acts, how often in a row, and how its end is judged */
struct race_case {
	const char *ids, *name;
	bool (*set_up)(struct bench *b);
	void (*act)(void *bench);
	void (*judge)(struct bench *b, const struct trace *t, const char *when);
	int times; /* ANY_TIME: @act finds the places itself */
	const char *word, *kernel, *who;
};

static const struct race_case *current;

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		diag("cannot write '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* `nook run -v T:/t:rw [MORE...] PROFILE -- /t/walls /t/marker HOSTS` */
static void put_words(struct bench *b, const char *profile)
{
	static char bind[128], path[256];
	static char marker[] = "/t/marker", run[] = "run", v[] = "-v", end[] = "--",
		    walls[] = "/t/walls";
	int n = 0;

	snprintf(bind, sizeof(bind), "%s:/t:rw", bench_path(b, "t"));
	snprintf(path, sizeof(path), "%s", profile);
	b->argv[n++] = (char *)b->nook;
	b->argv[n++] = run;
	b->argv[n++] = v;
	b->argv[n++] = bind;
	b->argv[n++] = path;
	b->argv[n++] = end;
	b->argv[n++] = walls;
	b->argv[n++] = marker;
	b->argv[n++] = b->hosts;
	b->argv[n] = NULL;
}

/* The run that is left alone. Return: its marker (heap), NULL where it failed */
static char *run_alone(struct bench *b)
{
	char *mark;

	b->ref = bench_trace(b);
	unlink(bench_path(b, MARKER));
	if (trace_run(&b->ref) < 0 || b->ref.status) {
		diag("undisturbed: %#x: %s", b->ref.status, b->ref.said);
		return NULL;
	}
	mark = bench_read(bench_path(b, MARKER));
	unlink(bench_path(b, MARKER));
	return mark;
}

/* --- a tree whose mount point is swapped --- */

static char victim_before[2048];

/* All that could be seen of a change in the victim */
static void see_victim(const struct bench *b, char *out, size_t size)
{
	static const char *const names[] = { "victim", "victim/file", "victim/a" };
	size_t len = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stat st = { 0 };
		int n;

		lstat(bench_path(b, names[i]), &st);
		n = snprintf(out + len, size - len,
			     "%s %ju %o %u %ju links %ju %ld.%09ld %ld.%09ld\n", names[i],
			     (uintmax_t)st.st_ino, st.st_mode, st.st_uid,
			     (uintmax_t)st.st_size, (uintmax_t)st.st_nlink,
			     (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			     (long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
		len += n > 0 && (size_t)n < size - len ? (size_t)n : 0;
	}
}

static bool is_victim_safe(const struct bench *b)
{
	char now[sizeof(victim_before)];

	see_victim(b, now, sizeof(now));
	return !strcmp(now, victim_before);
}

static void swap(void *bench)
{
	const struct bench *b = bench;

	if (syscall(SYS_renameat2, AT_FDCWD, bench_path(b, "root/mnt"), AT_FDCWD,
		    bench_path(b, "root/link"), RENAME_EXCHANGE_FLAG))
		diag("cannot exchange: %s", strerror(errno));
}

static void swap_back(struct bench *b)
{
	struct stat st;

	if (!lstat(bench_path(b, "root/mnt"), &st) && S_ISLNK(st.st_mode))
		swap(b);
}

static bool set_up_tree(struct bench *b)
{
	static const char *const dirs[] = { "root",	"root/tmp", "root/proc",
					    "root/dev", "root/t",   "root/mnt",
					    "root/mnt/a", "in",	    "victim" };
	char text[1024];
	bool seen;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(bench_path(b, dirs[i]), 0755);
	put_file(bench_path(b, "victim/file"), "victim\n");
	unlink(bench_path(b, "root/link"));
	if (symlink(bench_path(b, "victim"), bench_path(b, "root/link")))
		return false;
	snprintf(text, sizeof(text),
		 "root: {from: directory, path: '%s', changes: %s}\n"
		 "user: {id: 0}\nmounts: [{bind: '%s', to: /mnt/a}]\n",
		 bench_path(b, "root"), current->word, bench_path(b, "in"));
	put_file(bench_path(b, "tree.yaml"), text);
	put_words(b, bench_path(b, "tree.yaml"));
	/* CONTROL: who walks by name meets the victim, and that is seen */
	see_victim(b, victim_before, sizeof(victim_before));
	swap(b);
	mkdir(bench_path(b, "root/mnt/a"), 0755);
	seen = !is_victim_safe(b);
	rmdir(bench_path(b, "victim/a"));
	swap(b);
	see_victim(b, victim_before, sizeof(victim_before));
	b->mark = run_alone(b);
	return seen && b->mark && is_victim_safe(b);
}

/* Without the lines about the mount that is fought for */
static void strip_mount(char *text)
{
	char *to = text;

	for (char *at = text; *at;) {
		size_t len = strcspn(at, "\n") + (strchr(at, '\n') != NULL);
		char *name = strstr(at, "/a ");

		if (!name || name >= at + len) {
			memmove(to, at, len);
			to += len;
		}
		at += len;
	}
	*to = '\0';
}

static void judge_tree(struct bench *b, const struct trace *t, const char *when)
{
	int code = WIFEXITED(t->status) ? WEXITSTATUS(t->status) : -1;
	char *now = bench_read(bench_path(b, MARKER));
	char *want = strdup(b->mark);

	swap_back(b);
	if (!is_victim_safe(b))
		bench_complain(b, "%s: the victim was changed", when);
	see_victim(b, victim_before, sizeof(victim_before));
	if (now ? code : code != 125 || !bench_has_reason(t))
		bench_complain(b, "%s: ended with %#x: '%s'", when, t->status, t->said);
	if (now && strstr(now, "/victim"))
		bench_complain(b, "%s: the victim is in the box", when);
	if (now) {
		strip_mount(now);
		strip_mount(want);
		if (strcmp(now, want)) {
			bench_difference(b, want, now);
			bench_complain(b, "%s: the payload ran behind other walls", when);
		}
	}
	free(now);
	free(want);
}

/* --- other commands --- */

/* Another nook beside whoever stands still: it waits for nobody. What it says is in
 * "said" */
static void run_beside(struct bench *b, const char *word)
{
	char *const argv[] = { (char *)b->nook, (char *)word, NULL };
	struct timespec pause = { .tv_nsec = 1000000 };
	int status = -1;
	pid_t pid;

	put_file(bench_path(b, "said"), "");
	pid = fork();
	if (pid == 0) {
		int fd = open(bench_path(b, "said"), O_WRONLY | O_CLOEXEC);

		dup2(fd, 1);
		execv(argv[0], argv);
		_exit(99);
	}
	for (int ms = 0; waitpid(pid, &status, WNOHANG) == 0; ms++) {
		if (ms == 3000) {
			bench_complain(b, "'nook %s' waits for a keeper", word);
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return;
		}
		nanosleep(&pause, NULL);
	}
	if (status)
		bench_complain(b, "'nook %s' ended with %#x", word, status);
}

/* Records that have their name: whose keeper holds the lock (box/store.c) */
static int count_records(const struct bench *b)
{
	DIR *d = opendir(geteuid() ? bench_path(b, "run/nook") : "/run/nook");
	int n = 0;

	for (const struct dirent *de; d && (de = readdir(d));)
		n += strstr(de->d_name, ".box") != NULL;
	if (d)
		closedir(d);
	return n;
}

/* Where init stands still its keeper goes on, and may be the one who removes the record.
 * A file that has no name yet, and whose lock is not taken, gc may clear away */
static void other_commands(void *bench)
{
	struct bench *b = bench;
	int before = count_records(b), after;
	char *said;

	run_beside(b, "gc");
	after = count_records(b);
	said = bench_read(bench_path(b, "said"));
	if (!said || (after < before && !strstr(said, "nothing to clear away")))
		bench_complain(b, "'nook gc' removed the record of a box that lives");
	free(said);
	run_beside(b, "ps");
}

static bool set_up_plain(struct bench *b)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s%s%s",
		 strchr(current->word, '/') ? b->source : "",
		 strchr(current->word, '/') ? "/" : "", current->word);
	put_words(b, path);
	b->mark = run_alone(b);
	return b->mark;
}

static void judge_same(struct bench *b, const struct trace *t, const char *when)
{
	char *now = bench_read(bench_path(b, MARKER));

	if (!now || t->status) {
		bench_complain(b, "%s: ended with %#x: '%s'", when, t->status, t->said);
	} else if (strcmp(now, b->mark)) {
		bench_difference(b, b->mark, now);
		bench_complain(b, "%s: the payload ran behind other walls", when);
	}
	free(now);
}

/* --- the files of drafts --- */

static int met, turn; /* how often an empty one was met; when it goes */

/* The directory that they are in goes with another console's, which were the last */
static void last_files(void *bench)
{
	char path[64];
	int left = 0;
	DIR *d;

	(void)bench;
	snprintf(path, sizeof(path), "/dev/shm/nook-%u/boxes", geteuid());
	d = opendir(path);
	if (!d)
		return;
	while (readdir(d))
		left++;
	closedir(d);
	if (left > 2 || met == turn || ++met != turn)
		return;
	rmdir(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

static bool set_up_draft(struct bench *b)
{
	static char text[1024], option[] = "-c";
	char profile[512];

	mkdir(bench_path(b, "in"), 0755);
	snprintf(profile, sizeof(profile),
		 "extends: base\nuser: {id: 0}\n"
		 "mounts: [{bind: %s, to: /t, options: [rw]}, {overlay: %s, to: /in}]\n",
		 bench_path(b, "t"), bench_path(b, "in"));
	put_file(bench_path(b, "draft.yaml"), profile);
	snprintf(text, sizeof(text), "new a from %s\nrun /t/walls /%s %s",
		 bench_path(b, "draft.yaml"), MARKER, b->hosts);
	b->argv[0] = (char *)b->nook;
	b->argv[1] = option;
	b->argv[2] = text;
	b->argv[3] = NULL;
	b->mark = run_alone(b);
	return b->mark;
}

/* --- a profile that is replaced --- */

static char *other_mark;
static int seen_one, seen_other;

/* Long enough for several reads */
static void put_profile(const struct bench *b, const char *file, const char *word)
{
	char text[20000];
	int n = snprintf(text, sizeof(text), "extends: base\nhostname: %s\n", word);

	for (; n < 19000; n += 80)
		snprintf(text + n, sizeof(text) - (size_t)n, "#%78s\n", word);
	snprintf(text + n, sizeof(text) - (size_t)n, "environment: {N: %s}\n", word);
	put_file(bench_path(b, file), text);
}

static void replace_profile(void *bench)
{
	const struct bench *b = bench;

	put_profile(b, "p.new", "other");
	rename(bench_path(b, "p.new"), bench_path(b, "p.yaml"));
}

static bool set_up_profile(struct bench *b)
{
	seen_one = seen_other = 0;
	put_words(b, bench_path(b, "p.yaml"));
	put_profile(b, "p.yaml", "other");
	free(other_mark);
	other_mark = run_alone(b);
	put_profile(b, "p.yaml", "one");
	b->mark = run_alone(b);
	return other_mark && b->mark && strcmp(other_mark, b->mark);
}

static void judge_profile(struct bench *b, const struct trace *t, const char *when)
{
	char *now = bench_read(bench_path(b, MARKER));

	put_profile(b, "p.yaml", "one");
	if (!now || t->status)
		bench_complain(b, "%s: ended with %#x: '%s'", when, t->status, t->said);
	else if (!strcmp(now, b->mark))
		seen_one++;
	else if (!strcmp(now, other_mark))
		seen_other++;
	else
		bench_complain(b, "%s: neither the one nor the other profile", when);
	free(now);
}

/* --- all of them --- */

static const struct race_case cases[] = {
	{ "FS-11", "tree-through", set_up_tree, swap, judge_tree, 1, .word = "through" },
	{ "FS-11", "tree-refuse", set_up_tree, swap, judge_tree, 1, .word = "refuse" },
	{ "FS-11", "tree-discard", set_up_tree, swap, judge_tree, 1, .word = "discard" },
	{ "FS-11", "tree-twice", set_up_tree, swap, judge_tree, 2, .word = "through" },
	{ "FS-11", "tree-thrice", set_up_tree, swap, judge_tree, 3, .word = "discard" },
	{ "RC-03, RC-05", "others", set_up_plain, other_commands, judge_same, 1,
	  .word = "base" },
	{ "RC-03, RC-05", "others-uppers", set_up_plain, other_commands, judge_same, 1,
	  .word = "tests/fault/uppers.yaml", .kernel = "6.1.0-40", .who = "us" },
	{ "RC-03, RC-05", "draft", set_up_draft, last_files, judge_same, ANY_TIME,
	  .word = "" },
	{ "RC-10", "profile", set_up_profile, replace_profile, judge_profile, 1,
	  .word = "" },
};

static void race_once(struct bench *b, long at)
{
	struct trace t = bench_trace(b);
	char when[128];

	t.harm = HARM_ACT;
	t.at = at;
	t.times = current->times;
	t.act = current->act;
	t.arg = b;
	if (trace_run(&t) < 0) {
		bench_complain(b, "cannot trace: %s", strerror(errno));
		return;
	}
	b->runs++;
	if (current->times == ANY_TIME)
		snprintf(when, sizeof(when), "at place %d", turn);
	else
		snprintf(when, sizeof(when), "before call %ld (%s of the %s)", at,
			 trace_call(t.victim_nr), trace_role(t.victim));
	if (t.hung[0])
		bench_complain(b, "%s: still there after 10 s: %s", when, t.hung);
	current->judge(b, &t, when);
	unlink(bench_path(b, MARKER));
	bench_check_left(b, when);
}

static void race(struct bench *b)
{
	b->kernel = current->kernel;
	free(b->mark);
	free(b->mounts);
	b->mounts = bench_read("/proc/self/mountinfo");
	b->bad = b->runs = 0;
	if (!ok(current->set_up(b), "%s %s: works undisturbed, its control too",
		current->ids, current->name))
		return;
	if (current->times != ANY_TIME)
		for (long at = 1; at <= b->ref.steps; at += b->every)
			race_once(b, at);
	else
		for (met = turn = 0; met == turn && turn < b->ref.steps;) {
			met = 0;
			turn++;
			race_once(b, 1);
		}
	ok(!b->bad, "%s %s: at %d places of %ld", current->ids, current->name, b->runs,
	   b->ref.steps);
	if (current->act == replace_profile)
		ok(seen_one && seen_other, "%s %s: %d times the one, %d times the other",
		   current->ids, current->name, seen_one, seen_other);
}

static bool is_wanted(const struct bench *b, char **names)
{
	if (current->who && !strchr(current->who, b->who))
		return false;
	for (char **n = names; *n; n++)
		if (!strcmp(*n, current->name))
			return true;
	return !*names;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	char walls[512];

	(void)argc;
	plan(0);
	if (!bench_start(&b, argv[0], walls, 7))
		return done();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		current = &cases[i];
		if (is_wanted(&b, argv + 1))
			race(&b);
	}
	bench_tear_down(&b);
	return done();
}
