// SPDX-License-Identifier: GPL-3.0-or-later
/* box.c - keeper, inside and init over hand-made plans: causes, codes, nothing left */
/* valgrind 3.19 knows neither clone3 nor openat2
 * with: plain
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "box/box.h"
#include "box/store.h"
#include "tap.h"

static struct plan *new_plan(const char *script)
{
	struct plan *pl = plan_new();
	struct plan_map *m;

	pl->clone_flags = CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER;
	pl->tree.root = PLAN_ROOT_NONE; /* without a mount namespace no root can change */
	pl->profile = plan_put(pl, "test");
	pl->user.order = USER_FIRST;
	pl->user.writer = MAP_BY_INSIDE;
	pl->user.deny_setgroups = 1;
	m = plan_append(pl, &pl->user.uid_map, sizeof(*m));
	*m = (struct plan_map){ .inside = 1000, .outside = getuid(), .count = 1 };
	m = plan_append(pl, &pl->user.gid_map, sizeof(*m));
	*m = (struct plan_map){ .inside = 1000, .outside = getgid(), .count = 1 };
	pl->user.uid = pl->user.gid = pl->user.init_uid = pl->user.init_gid = 1000;
	pl->env.path = plan_put(pl, "/usr/bin:/bin");
	pl->env.workdir = plan_put(pl, "/");
	pl->caps.no_new_privs = 1;
	pl->limits.grace = 200000000;
	plan_add_word(pl, &pl->env.argv, "sh");
	plan_add_word(pl, &pl->env.argv, "-c");
	plan_add_word(pl, &pl->env.argv, script);
	plan_add_word(pl, &pl->env.env, "PATH=/usr/bin:/bin");
	return pl;
}

static struct result run(struct plan *pl, struct err *e)
{
	struct box_wish w = { .plan = pl };
	struct result res;

	*e = (struct err){ 0 };
	box_run(&w, &res, e);
	plan_free(pl);
	return res;
}

static void ends(const char *script, enum cause cause, int code, const char *what)
{
	struct err e;
	struct result r = run(new_plan(script), &e);

	ok(r.cause == cause && r.exit_code == code, "%s: %s %d", what, cause_name(cause),
	   code);
	if (r.cause != cause || r.exit_code != code)
		diag("got %s %d, %s", cause_name(r.cause), r.exit_code, e.text);
}

static void count_one(const struct record *rec, const struct plan *pl, void *arg)
{
	(void)rec, (void)pl;
	++*(int *)arg;
}

/* A run that nobody ends by itself must end with its keeper (SV-03) */
static void dies_with_keeper(void)
{
	int pipes[2];
	char byte;
	pid_t pid;

	if (pipe(pipes) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		struct err e;

		close(pipes[0]);
		run(new_plan("trap '' TERM INT HUP; while :; do sleep 1; done"), &e);
		_exit(0);
	}
	close(pipes[1]);
	dup2(pipes[0], pipes[0]);
	usleep(300000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	alarm(5);
	ok(read(pipes[0], &byte, 1) == 0,
	   "everything of the box ends with a killed keeper");
	alarm(0);
	close(pipes[0]);
}

/* The draft of a console removes the directory that both may be in, where it is empty */
static bool add_where_none_is(void)
{
	struct plan *pl = new_plan("");
	struct box_wish w = { .plan = pl };
	struct err e = { 0 };
	struct store st;
	struct record rec;
	char path[512];
	void *found = NULL;

	if (!store_open(&st, &e) && !fd_path(st.dir, "", path, sizeof(path)) &&
	    !rmdir(path) && !store_add(&st, &w, 0, &e))
		found = store_find(st.rec.id, &rec, &e);
	if (!found)
		diag("%s", e.text);
	store_remove(&st);
	plan_free(pl);
	free(found);
	return found;
}

int main(void)
{
	struct plan *pl;
	struct result r;
	struct store st;
	struct err e;
	int living = 0;

	plan(17);
	ends("exit 0", CAUSE_EXITED, 0, "success");
	ends("exit 7", CAUSE_EXITED, 7, "failure");
	ends("kill -SEGV $$", CAUSE_SIGNALED, 128 + SIGSEGV, "signal");
	ends("exit 137", CAUSE_EXITED, 137, "a payload that says 137 was not killed");
	ends("kill -TERM 1; kill -KILL 1; exit 3", CAUSE_EXITED, 3,
	     "pid 1 takes no signal");
	ends("sleep 60 & exit 0", CAUSE_EXITED, 0, "a daemon ends with the box");
	ends("for i in 1 2 3 4 5; do (sh -c 'sleep 0.01 &' ); done; sleep 0.1; exit 4",
	     CAUSE_EXITED, 4, "orphans are reaped");

	pl = new_plan("sleep 60");
	pl->limits.wall = 100000000;
	r = run(pl, &e);
	ok(r.cause == CAUSE_WALL && r.exit_code == 124, "wall limit: 124");
	pl = new_plan("trap '' TERM; while :; do sleep 0.05; done");
	pl->limits.wall = 100000000;
	r = run(pl, &e);
	ok(r.cause == CAUSE_WALL && r.wall_ns < 2000000000,
	   "TERM becomes KILL after grace");
	pl = new_plan(
		"while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done");
	pl->limits.output = 4096;
	int keep = dup(1), null = open("/dev/null", O_WRONLY);
	dup2(null, 1);
	r = run(pl, &e);
	dup2(keep, 1);
	ok(r.cause == CAUSE_OUTPUT && r.exit_code == 137 && r.output == 4096,
	   "output limit");

	pl = new_plan("");
	pl->env.argv = (struct plan_list){ 0 };
	plan_add_word(pl, &pl->env.argv, "no-such-program");
	r = run(pl, &e);
	ok(r.cause == CAUSE_EXEC && r.exit_code == 127, "not found: 127");
	is(e.text, "cannot run 'no-such-program': not found in /usr/bin:/bin", "and why");
	pl = new_plan("");
	pl->env.argv = (struct plan_list){ 0 };
	plan_add_word(pl, &pl->env.argv, "/etc/passwd");
	r = run(pl, &e);
	ok(r.cause == CAUSE_EXEC && r.exit_code == 126, "cannot be run: 126");

	pl = new_plan("exit 5");
	pl->session.init_none = 1;
	r = run(pl, &e);
	ok(r.cause == CAUSE_EXITED && r.exit_code == 5,
	   "without init: the payload is pid 1");
	dies_with_keeper();
	if (!store_open(&st, &e)) {
		store_gc(&st, 0);
		store_remove(&st);
	}
	ok(add_where_none_is(), "a directory of records that has gone is made again");
	store_each(count_one, &living, NULL);
	is_num(living, 0, "no record is left");
	return done();
}
