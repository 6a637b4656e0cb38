// SPDX-License-Identifier: GPL-3.0-or-later
/* change.c - kill or fail who changes a living box, at every system call
 *
 *	change [kill|fail]	NOOK=program NOOK_EVERY=7 NOOK_AT=100 NOOK_SHOW=1
 *
 * A box is on a network, with a port, a rate and, by turns, a mount; `nook update` gives
 * it another one of each, and the next one gives back what it had. Its calls, the
 * keeper's and those of the processes that do the work are counted together. At one of
 * them the client, the keeper or whoever makes it is killed, or the call fails.
 * Afterwards either all is as before or all is as it was to be (tests/fault/state.sh);
 * who was told that it is done, or why it is not, was told the truth; and where the
 * keeper has gone all of the box has, and the next command (`nook gc`) leaves nothing
 * behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/bench.h"
#include "fault/trace.h"
#include "tap.h"

#define UP     "t/up"
#define RESTS  12 /* changes until another box is taken: a plan can only grow */
#define WAIT_S 30

/**
 * struct bed - The box, and what is right
 * @keeper:	0 = there is none
 * @there:	it is where the change leads to
 * @changes:	what it has been through
 * @state:	of the box as it begins, and as it is there
 * @rules:	of the packet filter without a box
 */
struct bed {
	struct bench b;
	pid_t keeper;
	bool there;
	int changes;
	char *state[2], *rules;
};

/* --- the box ------------------------------------------------------------------------ */

/* Return: what a shell command says (heap) */
static char *say(const struct bed *bed, const char *words)
{
	const char *out = bench_path(&bed->b, "said");
	char line[8192];

	snprintf(line, sizeof(line), "{ %s\n} >'%s' 2>&1 </dev/null", words, out);
	if (system(line) < 0)
		diag("no shell: %s", strerror(errno));
	return bench_read(out);
}

static char *read_state(const struct bed *bed)
{
	char words[4400];

	snprintf(words, sizeof(words), "'%s'/tests/fault/state.sh '%s'", bed->b.source,
		 bed->b.nook);
	return say(bed, words);
}

/* A user's rules go with his router */
static char *read_rules(const struct bed *bed)
{
	return say(bed, geteuid() ? ":" : "nft list ruleset");
}

static void exec_box(const struct bed *bed)
{
	char bind[128], up[] = "touch /t/up; exec sleep 1000";
	char *const argv[] = { (char *)bed->b.nook,
			       (char *)"run",
			       (char *)"--name=web",
			       (char *)"--network=lab",
			       (char *)"--set=network.dns=192.0.2.1",
			       (char *)"--set=network.rate=1mbit",
			       (char *)"--publish=8080:80",
			       (char *)"-v",
			       bind,
			       (char *)"base",
			       (char *)"--",
			       (char *)"sh",
			       (char *)"-c",
			       up,
			       NULL };
	int in = open("/dev/null", O_RDONLY);
	int out = open(bench_path(&bed->b, "box"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	snprintf(bind, sizeof(bind), "%s:/t:rw", bench_path(&bed->b, "t"));
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (!chdir(bench_path(&bed->b, "work")))
		execv(argv[0], argv);
	_exit(99);
}

static bool start_box(struct bed *bed)
{
	char *said;

	bed->changes = 0;
	bed->there = false;
	bed->keeper = fork();
	if (!bed->keeper)
		exec_box(bed);
	while (access(bench_path(&bed->b, UP), F_OK) < 0) {
		if (!waitpid(bed->keeper, NULL, WNOHANG)) {
			usleep(1000);
			continue;
		}
		bed->keeper = 0;
		said = bench_read(bench_path(&bed->b, "box"));
		bench_complain(&bed->b, "no box: %s", said);
		free(said);
		return false;
	}
	unlink(bench_path(&bed->b, UP));
	return true;
}

/* Nobody of the box is there; what a killed keeper leaves becomes ours */
static void check_alone(struct bed *bed, const char *when)
{
	for (int i = 0; i < WAIT_S * 1000; i++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);

		if (pid < 0 && errno == ECHILD)
			return;
		if (!pid)
			usleep(1000);
	}
	bench_complain(&bed->b, "%s: somebody is still there", when);
}

static void check_gone(struct bed *bed, const char *when)
{
	char *rules, *ports;

	bed->keeper = 0;
	check_alone(bed, when);
	bench_check_left(&bed->b, when);
	ports = say(bed, "ss -tlnH 'sport = :8080 or sport = :8081'");
	if (*ports)
		bench_complain(&bed->b, "%s: a port is open: %s", when, ports);
	rules = read_rules(bed);
	if (strcmp(rules, bed->rules)) {
		bench_complain(&bed->b, "%s: there are other rules", when);
		bench_difference(&bed->b, bed->rules, rules);
	}
	free(ports);
	free(rules);
}

static void end_box(struct bed *bed, const char *when)
{
	if (!bed->keeper)
		return;
	kill(bed->keeper, SIGTERM);
	check_gone(bed, when);
}

/* --- a change ----------------------------------------------------------------------- */

static struct trace change_trace(struct bed *bed)
{
	static char data[128], drop[] = "-mounts=/tmp/data";
	static const char *const there[] = { "network=two", "-publish=8080:80",
					     "+publish=8081:80", "rate=2mbit" };
	static const char *const back[] = { "network=lab", "-publish=8081:80",
					    "+publish=8080:80", "rate=1mbit" };
	struct bench *b = &bed->b;
	struct trace t;
	int n = 0;

	snprintf(data, sizeof(data), "+mounts=%s:/tmp/data", bench_path(b, "work"));
	b->argv[n++] = (char *)b->nook;
	b->argv[n++] = (char *)"update";
	b->argv[n++] = (char *)"web";
	for (int i = 0; i < 4; i++)
		b->argv[n++] = (char *)(bed->there ? back : there)[i];
	b->argv[n++] = bed->there ? drop : data;
	b->argv[n] = NULL;
	t = bench_trace(b);
	t.keeper = bed->keeper;
	t.all = true;
	return t;
}

/* What a killed client has asked for may still be done, and only then this is. Return:
 * false where there is no box any more */
static bool wait_for_change(struct bed *bed, const char *when)
{
	char words[4200], *said = NULL;
	bool done, is_gone = false;

	snprintf(words, sizeof(words), "'%s' update web limits.wall=1h", bed->b.nook);
	for (int i = 0; i < WAIT_S; i++) {
		free(said);
		said = say(bed, words);
		is_gone = strstr(said, "no running box") || strstr(said, "has ended");
		if (!*said || is_gone)
			break;
	}
	done = !*said;
	if (is_gone)
		check_gone(bed, when);
	else if (!done)
		bench_complain(&bed->b, "%s: it takes no change any more: %s", when,
			       said);
	free(said);
	return done;
}

/* Whether it is as it was, or as it was to be; @told: by exit status 0 or 1, -1 = not */
static void check_state(struct bed *bed, int told, const char *when)
{
	char *now = read_state(bed);
	bool was = bed->there, is;

	is = strcmp(now, bed->state[!was]) ? was : !was;
	bed->there = is;
	if (strcmp(now, bed->state[is])) {
		bench_complain(&bed->b, "%s: it is neither as before nor as it was to be",
			       when);
		bench_difference(&bed->b, bed->state[is], now);
		if (getenv("NOOK_SHOW"))
			diag("%s", now);
		end_box(bed, when);
	} else if (told >= 0 && (is == was) != told) {
		bench_complain(&bed->b, "%s: exit %d, and it is %s", when, told,
			       is == was ? "as before" : "as it was to be");
	}
	free(now);
}

/* An answer that cannot be given, or heard */
static bool is_deaf(const struct trace *t)
{
	return t->harm == HARM_FAIL && t->status &&
	       (t->victim == ROLE_CLIENT ||
		(t->victim == ROLE_KEEPER && t->victim_nr == SYS_sendto));
}

static void check_told(struct bed *bed, const struct trace *t, int code, const char *when)
{
	if (getenv("NOOK_SHOW"))
		diag("%s: %#x: %.*s", when, t->status, (int)strcspn(t->said, "\n"),
		     t->said);
	if (t->hung[0])
		bench_complain(&bed->b, "%s: still there after 10 s: %s", when, t->hung);
	if (t->victim != ROLE_CLIENT && code != 0 && code != 1)
		bench_complain(&bed->b, "%s: ended with %#x: '%s'", when, t->status,
			       t->said);
	if (code == 1 && !bench_has_reason(t))
		bench_complain(&bed->b, "%s: no reason given: '%s'", when, t->said);
}

static void check_changed(struct bed *bed, const struct trace *t, const char *when)
{
	int code = WIFEXITED(t->status) ? WEXITSTATUS(t->status) : -1;
	int bad = bed->b.bad;

	bed->changes++;
	check_told(bed, t, code, when);
	if (kill(bed->keeper, 0) < 0)
		check_gone(bed, when);
	else if (wait_for_change(bed, when))
		check_state(bed, is_deaf(t) ? -1 : code, when);
	else
		end_box(bed, when);
	if (!bed->keeper && bed->b.bad == bad && t->victim != ROLE_KEEPER)
		bench_complain(&bed->b, "%s: the box has ended", when);
	if (bed->changes >= RESTS)
		end_box(bed, when);
}

static void say_when(const struct trace *t, char *when, size_t size)
{
	const char *what = t->on_exit ? "killed after" : "killed before";

	if (t->harm == HARM_FAIL)
		what = strerrorname_np(t->error);
	snprintf(when, size, "%s %s call %ld (%s)", trace_role(t->victim), what, t->at,
		 trace_call(t->victim_nr));
}

/* @harm: what is done to a change, and where */
static void harm_one(struct bed *bed, const struct trace *harm)
{
	const char *only = getenv("NOOK_AT");
	struct trace t;
	char when[160];

	if (only && atol(only) != harm->at)
		return;
	if (!bed->keeper && !start_box(bed))
		return;
	t = change_trace(bed);
	t.harm = harm->harm;
	t.whom = harm->whom;
	t.on_exit = harm->on_exit;
	t.at = harm->at;
	t.error = harm->error;
	if (trace_run(&t) < 0) {
		bench_complain(&bed->b, "cannot trace: %s", strerror(errno));
		end_box(bed, "not traced");
		return;
	}
	bed->b.runs++;
	bed->b.missed += !t.hit;
	say_when(&t, when, sizeof(when));
	check_changed(bed, &t, when);
}

/* --- the test ----------------------------------------------------------------------- */

static bool make_networks(struct bed *bed)
{
	char words[8800], *said;
	bool fine;

	snprintf(words, sizeof(words),
		 "'%s' net create -q lab 10.77.0.0/24 --no-nat; "
		 "'%s' net create -q two 10.78.0.0/24 --no-nat",
		 bed->b.nook, bed->b.nook);
	said = say(bed, words);
	fine = said && !*said;
	if (!fine)
		diag("no networks: %s", said);
	free(said);
	return fine;
}

/* There and back, left alone. Return: how many calls that is at most; 0 = it fails */
static long measure(struct bed *bed)
{
	struct bench *b = &bed->b;
	long most = 0;
	char *again;

	b->mounts = bench_read("/proc/self/mountinfo");
	/* what the first box makes for all is there then */
	bed->rules = NULL;
	if (!start_box(bed))
		return 0;
	bed->state[0] = read_state(bed);
	for (int i = 0; i < 2; i++) {
		struct trace t = change_trace(bed);

		if (trace_run(&t) < 0 || t.status) {
			diag("a change: %#x: %s", t.status, t.said);
			return 0;
		}
		most = t.steps > most ? t.steps : most;
		bed->there = !bed->there;
		if (!i)
			bed->state[1] = read_state(bed);
	}
	again = read_state(bed);
	if (strcmp(again, bed->state[0]) || !strcmp(again, bed->state[1]))
		bench_difference(b, bed->state[0], again);
	free(again);
	kill(bed->keeper, SIGTERM);
	bed->keeper = 0;
	check_alone(bed, "undisturbed");
	bed->rules = read_rules(bed);
	bench_check_left(b, "undisturbed");
	return b->bad ? 0 : most;
}

static void kill_all(struct bed *bed, long steps)
{
	static const struct {
		enum role whom;
		bool on_exit;
		int stride;
		const char *words;
	} ways[] = {
		{ ROLE_CLIENT, false, 1, "the client" },
		{ ROLE_KEEPER, false, 3, "the keeper" },
		{ ROLE_NONE, false, 3, "whoever is about to make the call" },
		{ ROLE_NONE, true, 3, "whoever made the call" },
	};
	struct bench *b = &bed->b;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int stride = b->every > 1 ? b->every * ways[i].stride : 1;

		b->bad = b->runs = b->missed = 0;
		for (long at = 1 + (long)i % b->every; at <= steps; at += stride) {
			struct trace t = { .harm = HARM_KILL,
					   .whom = ways[i].whom,
					   .on_exit = ways[i].on_exit,
					   .at = at };

			harm_one(bed, &t);
		}
		end_box(bed, "at last");
		ok(!b->bad, "NE-13: kill %s at %d places of %ld (%d too late)",
		   ways[i].words, b->runs, steps, b->missed);
	}
}

static void fail_all(struct bed *bed, long steps)
{
	static const int errors[] = { EIO, ENOSPC, ENOMEM, EINTR, EPERM, EMFILE, EAGAIN };
	const int kinds = sizeof(errors) / sizeof(errors[0]);
	struct bench *b = &bed->b;
	int stride = b->every > 1 ? b->every * 3 : 1, n = 0;

	b->bad = b->runs = b->missed = 0;
	for (long at = 1; at <= steps; at += stride) {
		struct trace t = { .harm = HARM_FAIL,
				   .at = at,
				   .error = errors[n++ % kinds] };

		harm_one(bed, &t);
	}
	end_box(bed, "at last");
	ok(!b->bad, "NE-13: %d calls of %ld fail (%d not reached)", b->runs, steps,
	   b->missed);
}

int main(int argc, char **argv)
{
	struct bed bed = { 0 };
	char walls[512], words[4200];
	long steps;

	plan(0);
	if (!bench_start(&bed.b, argv[0], walls, 7))
		return done();
	steps = make_networks(&bed) ? measure(&bed) : 0;
	ok(steps, "a change that is left alone is done, and taken back by another one");
	if (steps && (argc < 2 || !strcmp(argv[1], "kill")))
		kill_all(&bed, steps);
	if (steps && (argc < 2 || !strcmp(argv[1], "fail")))
		fail_all(&bed, steps);
	end_box(&bed, "at last");
	snprintf(words, sizeof(words), "'%s' net rm -q -f lab two", bed.b.nook);
	free(say(&bed, words));
	bench_tear_down(&bed.b);
	return done();
}
