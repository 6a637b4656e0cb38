// SPDX-License-Identifier: GPL-3.0-or-later
/* step.c - kill or fail a `nook run` at every system call and look at what is left
 *
 *	step kill|fail [CASE...]	NOOK=program NOOK_EVERY=7 NOOK_EACH=1
 *					NOOK_CALL=prctl NOOK_SHOW=1
 *
 * For each case a run that is left alone is the measure: how many calls it makes, and the
 * walls that its payload saw (tests/fault/walls.c). Then the same command runs once for
 * every (NOOK_EVERY=1) or every N'th place of harm; with NOOK_EACH a call does not only
 * fail the first and the last time, but each time. After each run nobody may be
 * there, the next command (`nook gc`) must leave nothing behind, and a payload that came
 * to run must have seen exactly the same walls.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fault/bench.h"
#include "fault/trace.h"
#include "tap.h"

/**
 * struct run_case - One way to start a box
 * @own:	the payload's program is the user's own file, not one of the host's
 * @uppers:	changes lie on disk
 * @net:	it is on a network, which a run before it has made
 * @who:	root, user, subids; none = all
 */
static const struct run_case {
	const char *name, *profile, *option[3], *kernel, *who;
	bool own, uppers, net;
} cases[] = {
	{ .name = "same-as-bwrap", .profile = "bench/profiles/same-as-bwrap.yaml" },
	{ .name = "strict", .profile = "strict" },
	{ .name = "dev", .profile = "dev", .own = true, .who = "ru" },
	{ .name = "base", .profile = "base" },
	{ .name = "base-own", .profile = "base", .own = true },
	{ .name = "base-subids",
	  .profile = "base",
	  .option = { "--userns", "subids" },
	  .who = "rs" },
	{ .name = "uppers",
	  .profile = "tests/fault/uppers.yaml",
	  .kernel = "6.1.0-40",
	  .who = "us",
	  .uppers = true },
	{ .name = "uppers-subids",
	  .profile = "tests/fault/uppers.yaml",
	  .option = { "--userns", "subids" },
	  .kernel = "6.1.0-40",
	  .who = "s",
	  .uppers = true },
	{ .name = "dev-6.1", .profile = "dev", .kernel = "6.1.0-40", .who = "u" },
	{ .name = "limits",
	  .profile = "base",
	  .option = { "--memory=64M", "--pids-limit=16", "--env=FORKS=32" },
	  .who = "r" },
	{ .name = "network",
	  .profile = "base",
	  .option = { "--network=veth", "--set=network.dns=192.0.2.1",
		      "--publish=7007:7" },
	  .who = "ru", /* a router with subordinate ids needs newuidmap */
	  .net = true },
	{ .name = "network-user",
	  .profile = "base",
	  .option = { "--network=user", "--set=network.dns=192.0.2.53",
		      "--publish=7007:7" },
	  .who = "u" },
	{ .name = "terminal", .profile = "base", .option = { "-t" } },
	{ .name = "no-init", .profile = "base", .option = { "--init", "none" } },
};

/* --- the payload's own word --- */

/* Where nook has another way to the same end, the walls differ in these words */
static const struct {
	const char *call, *word, *said;
	bool line; /* the whole line that holds the word */
} other_ways[] = {
	/* the host's node is bound, as without root: over masked files too */
	{ .call = "mknodat", .word = " /dev/", .line = true },
	{ .call = "mknodat", .word = " /null ", .line = true },
	/* a file system that cannot be idmapped: its files show foreign owners */
	{ .call = "mount_setattr", .word = ",idmapped" },
	/* a kernel without Landlock: `preferred`, and said aloud */
	{ .call = "landlock_create_ruleset",
	  .word = "landlock",
	  .said = "andlock",
	  .line = true },
};

/* @text without @word, or without the lines that hold it */
static void strip(char *text, const char *word, bool lines)
{
	char *to = text, *found;

	while (!lines && (found = strstr(text, word)))
		memmove(found, found + strlen(word), strlen(found + strlen(word)) + 1);
	if (!lines)
		return;

	for (char *at = text; *at;) {
		size_t len = strcspn(at, "\n") + (strchr(at, '\n') != NULL);

		found = strstr(at, word);
		if (!found || found >= at + len) {
			memmove(to, at, len);
			to += len;
		}
		at += len;
	}
	*to = '\0';
}

static bool is_other_way(struct bench *b, const struct trace *t, char *now)
{
	char *want = strdup(b->mark);
	bool same = false;

	for (size_t i = 0; i < sizeof(other_ways) / sizeof(other_ways[0]); i++)
		if (trace_number(other_ways[i].call) == t->nr && t->harm == HARM_FAIL &&
		    (!other_ways[i].said || strstr(t->said, other_ways[i].said))) {
			strip(now, other_ways[i].word, other_ways[i].line);
			strip(want, other_ways[i].word, other_ways[i].line);
			same = !strcmp(now, want);
		}
	if (!same)
		bench_difference(b, want, now);
	free(want);
	return same;
}

/* Who is killed while he writes has written some pages */
static bool is_cut_short(const struct bench *b, const struct trace *t, const char *now)
{
	size_t len = strlen(now);

	return t->harm == HARM_KILL && len % 4096 == 0 && !strncmp(now, b->mark, len);
}

/* Return: whether the payload ran; complains where it did so behind other walls */
static bool check_marker(struct bench *b, const char *when, const struct trace *t)
{
	char *now = bench_read(bench_path(b, MARKER));

	if (!now)
		return false;
	unlink(bench_path(b, MARKER));
	if (strcmp(now, b->mark) && !is_cut_short(b, t, now) && !is_other_way(b, t, now))
		bench_complain(b, "%s: the payload ran behind other walls", when);
	free(now);
	return true;
}

/* --- one case --- */

static void make_words(struct bench *b)
{
	static char bind[128], marker[] = "/t/marker", env[] = "/usr/bin/env";
	static char run[] = "run", v[] = "-v", end[] = "--", walls[] = "/t/walls";
	static char profile[4200];
	int n = 0;

	snprintf(bind, sizeof(bind), "%s:/t:rw", bench_path(b, "t"));
	snprintf(profile, sizeof(profile), "%s/%s", b->source, b->c->profile);
	b->argv[n++] = (char *)b->nook;
	b->argv[n++] = run;
	for (int i = 0; i < 3 && b->c->option[i]; i++)
		b->argv[n++] = (char *)b->c->option[i];
	b->argv[n++] = v;
	b->argv[n++] = bind;
	b->argv[n++] = strchr(b->c->profile, '/') ? profile : (char *)b->c->profile;
	b->argv[n++] = end;
	if (!b->c->own)
		b->argv[n++] = env;
	b->argv[n++] = walls;
	b->argv[n++] = marker;
	b->argv[n++] = b->hosts;
	b->argv[n] = NULL;
}

static bool measure(struct bench *b)
{
	struct trace *t = &b->ref;

	make_words(b);
	if (b->c->net)
		bench_warm_up(b);
	free(b->mounts);
	free(b->mark);
	b->mark = NULL;
	b->mounts = bench_read("/proc/self/mountinfo");
	*t = bench_trace(b);
	t->all = b->c->net;
	t->hold = true;
	unlink(bench_path(b, MARKER));
	if (trace_run(t) < 0) {
		ok(false, "%s: cannot trace: %s", b->c->name, strerror(errno));
		return false;
	}
	b->mark = bench_read(bench_path(b, MARKER));
	unlink(bench_path(b, MARKER));
	b->bad = b->runs = b->missed = 0;
	if (t->status || !b->mark || !t->quiet) {
		ok(false, "%s: an undisturbed run works (status %#x)", b->c->name,
		   t->status);
		diag("%s %s", t->said, t->hung);
		return false;
	}
	bench_check_left(b, "undisturbed");
	if (b->c->uppers && access(bench_path(b, "home/state/nook/uppers"), F_OK) < 0)
		bench_complain(b, "undisturbed: there was no upper directory on disk");
	ok(!b->bad, "%s: an undisturbed run leaves nothing", b->c->name);
	return true;
}

/* --- killing --- */

static void check_killed(struct bench *b, const struct trace *t)
{
	char when[128];
	bool ran;

	snprintf(when, sizeof(when), "%s killed %s call %ld (%s)", trace_role(t->victim),
		 t->on_exit ? "after" : "before", t->at, trace_call(t->victim_nr));
	if (t->hung[0])
		bench_complain(b, "%s: still there after 10 s: %s", when, t->hung);
	ran = check_marker(b, when, t);
	if (t->victim == ROLE_PAYLOAD && ran)
		bench_complain(b, "%s: and yet it ran", when);
	if (t->victim == ROLE_INIT || t->victim == ROLE_PAYLOAD) {
		int code = WIFEXITED(t->status) ? WEXITSTATUS(t->status) : -1;

		if (code != 125 && code != 137 && !(ran && code == 0))
			bench_complain(b, "%s: nook ended with %#x", when, t->status);
		if (code == 125 && !bench_has_reason(t))
			bench_complain(b, "%s: no reason given: '%s'", when, t->said);
	}
	bench_check_left(b, when);
}

static void kill_one(struct bench *b, enum role whom, bool on_exit, long at)
{
	struct trace t = bench_trace(b);

	t.hold = at <= b->ref.quiet;
	t.all = b->c->net;
	t.harm = HARM_KILL;
	t.whom = whom;
	t.on_exit = on_exit;
	t.at = at;
	if (trace_run(&t) < 0) {
		bench_complain(b, "cannot trace: %s", strerror(errno));
		return;
	}
	b->runs++;
	if (!t.hit)
		b->missed++;
	check_killed(b, &t);
}

/* On a network a run makes four times the calls, most of them netlink's: there a third of
 * the places that are harmed elsewhere
 */
static int stride(const struct bench *b)
{
	return b->c->net && b->every > 1 ? 3 * b->every : b->every;
}

static void kill_case(struct bench *b)
{
	static const struct {
		enum role whom;
		bool on_exit;
		const char *words;
	} ways[] = {
		{ ROLE_NONE, false, "whoever is about to make the call" },
		{ ROLE_NONE, true, "whoever made the call" },
		{ ROLE_KEEPER, false, "the keeper" },
		{ ROLE_INIT, false, "inside or init" },
	};

	if (!measure(b))
		return;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		b->bad = b->runs = b->missed = 0;
		for (long at = 1 + (long)i % b->every; at <= b->ref.steps;
		     at += stride(b))
			kill_one(b, ways[i].whom, ways[i].on_exit, at);
		ok(!b->bad, "SV-01 %s: kill %s at %d places of %ld (%d too late)",
		   b->c->name, ways[i].words, b->runs, b->ref.steps, b->missed);
	}
}

/* --- failing --- */

static const int errors[] = { EPERM,  ENOSYS, EINVAL, ENOSPC, ENOMEM,
			      EMFILE, EINTR,  EIO,    EAGAIN };

/* NOOK_CALL=prctl: this one alone */
static bool is_wanted_call(int nr)
{
	const char *wanted = getenv("NOOK_CALL");

	return !wanted || trace_number(wanted) == nr;
}

static void check_failed(struct bench *b, const struct trace *t, const char *when)
{
	int code = WIFEXITED(t->status) ? WEXITSTATUS(t->status) : -1;
	bool ran;

	if (t->hung[0])
		bench_complain(b, "%s: still there after 10 s: %s", when, t->hung);
	ran = check_marker(b, when, t);
	if (code == 0 ? !ran : ran)
		bench_complain(b, "%s: ended with %#x, the payload %s: '%s'", when,
			       t->status, ran ? "ran" : "did not run", t->said);
	if (code && code != 125 && !(t->nr == SYS_execve && (code == 126 || code == 127)))
		bench_complain(b, "%s: ended with %#x: '%s'", when, t->status, t->said);
	if (code == 125 && !bench_has_reason(t))
		bench_complain(b, "%s: no reason given: '%s'", when, t->said);
	bench_check_left(b, when);
}

static void fail_one(struct bench *b, int nr, int nth, int error)
{
	struct trace t = bench_trace(b);
	char when[128];

	t.harm = HARM_FAIL;
	t.all = b->c->net;
	t.nr = nr;
	t.nth = nth;
	t.error = error;
	if (trace_run(&t) < 0) {
		bench_complain(b, "cannot trace: %s", strerror(errno));
		return;
	}
	b->runs++;
	if (!t.hit)
		b->missed++;
	snprintf(when, sizeof(when), "%s %s #%d fails with %s", trace_role(t.victim),
		 trace_call(nr), nth, strerrorname_np(error));
	if (getenv("NOOK_SHOW"))
		diag("%s: %#x: %s", when, t.status, t.said);
	check_failed(b, &t, when);
}

/* One call with every errno: the first and the last time that it is made, or each time */
static void fail_times(struct bench *b, int nr, int last, int *place)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		for (int nth = 1; nth <= last; nth++)
			if ((b->each || nth == 1 || nth == last) &&
			    (*place)++ % stride(b) == 0)
				fail_one(b, nr, nth, errors[i]);
}

static void fail_case(struct bench *b)
{
	int place = 0, calls = 0;

	if (!measure(b))
		return;
	for (int nr = 0; nr < TRACE_CALLS; nr++) {
		if (!b->ref.count[nr] || trace_is_spared(nr) || !is_wanted_call(nr))
			continue;
		calls++;
		fail_times(b, nr, b->ref.count[nr], &place);
	}
	ok(!b->bad, "SV-08 %s: %d calls fail, %d times in all (%d not reached)",
	   b->c->name, calls, b->runs, b->missed);
}

/* --- the bench --- */

static bool is_wanted(const struct bench *b, const struct run_case *c, char **names)
{
	if (!*names)
		return !c->who || strchr(c->who, b->who);
	while (*names)
		if (!strcmp(*names++, c->name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct bench b = { .each = getenv("NOOK_EACH") };
	bool fails = argc > 1 && !strcmp(argv[1], "fail");
	char walls[512];

	if (argc < 2 || (!fails && strcmp(argv[1], "kill")))
		return 2;
	plan(0);
	if (!bench_start(&b, argv[0], walls, fails ? 11 : 7))
		return done();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b.c = &cases[i];
		b.kernel = cases[i].kernel;
		if (!is_wanted(&b, b.c, argv + 2))
			continue;
		if (fails)
			fail_case(&b);
		else
			kill_case(&b);
	}
	bench_tear_down(&b);
	return done();
}
