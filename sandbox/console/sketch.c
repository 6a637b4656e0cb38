// SPDX-License-Identifier: GPL-3.0-or-later
/* sketch.c - boxes from drafts: to run a command in, or only to look at
 *
 * A child of the console is the keeper: it has a process's state of its own to put in
 * order (box_sanitize()), and dies with the box whatever happens in there. Nothing is
 * executed: profile and program are in its memory already.
 *
 * To look, the child is given one end of a socket as descriptor 3, and the box hands its
 * answer to the other end (box/look.h). The kernel adds who sent it: that pid is the
 * box's own, as this process must say it. The box lives until the socket is closed; so
 * long its outside is looked at too. Where no box comes to be, the child sends the
 * reason instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "box/box.h"
#include "box/store.h"
#include "console/console.h"
#include "console/files.h"
#include "host/host.h"
#include "layer/layer.h"

/** struct trial - What a child is to try */
struct trial {
	const struct console *c;
	const struct profile *pf;
	bool look;
	const struct rest *rest; /* of the draft's files, or NULL */
};

struct plan *sketch_plan(const struct profile *pf, struct err *e)
{
	struct host *h = host_new();
	struct plan *pl = plan_new();
	int r = h && pl ? layers_plan(pf, h, pl, e) : err_set(e, "out of memory");

	host_free(h);
	if (!r)
		return pl;
	plan_free(pl);
	return NULL;
}

/* What was asked for and is not in force is never kept quiet */
static void say_unenforced(const struct plan *pl)
{
	auto_text t = { 0 };

	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));) {
		if (f->weight != FACT_UNENFORCED)
			continue;
		text_add(&t, "nook: not enforced: ");
		text_safe(&t, plan_text(pl, f->text));
		text_addc(&t, '\n');
	}
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

/* What holds the files has to stay open, below what box_sanitize() closes. Return: 0, -1
 * and @e */
static int keep_rest(const struct rest *from, struct rest_area *area, struct rest *rest,
		     struct err *e)
{
	const int had[] = { from->area->dir, from->dir, from->lock };
	int high[ARRAY_SIZE(had)];

	for (size_t i = 0; i < ARRAY_SIZE(had); i++) {
		high[i] = fcntl(had[i], F_DUPFD_CLOEXEC, 3 + (int)ARRAY_SIZE(had));
		if (high[i] < 0)
			return err_sys(e, "cannot hold the files of the draft");
	}
	for (size_t i = 0; i < ARRAY_SIZE(had); i++)
		if (dup3(high[i], 3 + (int)i, O_CLOEXEC) < 0)
			return err_sys(e, "cannot hold the files of the draft");
	*area = *from->area;
	*rest = *from;
	area->dir = 3;
	rest->area = area;
	rest->dir = 4;
	rest->lock = 5;
	return 0;
}

/* The child: plan and box. Return: exit code, -1 and @e where there was no box */
static int keep_box(const struct trial *t, struct result *res, struct err *e)
{
	struct host *h = host_new();
	struct plan *pl = plan_new();
	struct box_wish w = { .plan = pl,
			      .host = h,
			      .look = t->look,
			      .preserve = t->look,
			      .argv_area = t->c->area,
			      .argv_size = t->c->area_size };

	struct rest_area area;
	struct rest rest;

	if (!h || !pl)
		return err_set(e, "out of memory");
	if (t->rest) {
		if (keep_rest(t->rest, &area, &rest, e) < 0)
			return -1;
		w.rest = &rest;
		w.passing = true;
	}
	if (box_sanitize(t->rest ? 3 : t->look, e) < 0 ||
	    layers_plan(t->pf, h, pl, e) < 0)
		return -1;
	if (!t->look)
		say_unenforced(pl);
	box_run(&w, res, e);
	return res->cause == CAUSE_SETUP || res->cause == CAUSE_EXEC ? -1
								     : res->exit_code;
}

/* --- run --------------------------------------------------------------------------- */

static int run_main(void *arg)
{
	struct result res = { .exit_code = 125 };
	struct err e = { 0 };
	int r = keep_box(arg, &res, &e);

	if (r < 0 && e.text[0])
		console_complain(&e, NULL, 0);
	else if (res.cause != CAUSE_EXITED && res.cause != CAUSE_SIGNALED)
		fprintf(stderr, "nook: %s\n", res.message);
	return res.exit_code;
}

int sketch_run(struct console *c, char *const *words, struct profile *pf, struct err *e)
{
	struct rest *rest = NULL;
	struct trial trial = { .c = c, .pf = pf };
	struct task t = { .run = run_main, .arg = &trial };

	if (files_for_run(c, pf, &rest, e) < 0)
		return -1;
	trial.rest = rest;
	t.draft = rest ? c->draft : NULL;
	return job_run(c, words, &t, e);
}

/* --- look -------------------------------------------------------------------------- */

static _Noreturn void look_main(const struct trial *t, int sock)
{
	struct err e = { 0 };
	struct result res;
	int null = open("/dev/null", O_RDWR);

	/* No key of the terminal is for it, and it has nothing to say there */
	setpgid(0, 0);
	if (null < 0 || dup2(sock, LOOK_FD) < 0 || dup2(null, 0) < 0 ||
	    dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(125);
	if (keep_box(t, &res, &e) != 0) {
		if (!e.text[0])
			err_set(&e, "%s", res.message);
		send(LOOK_FD, &e, sizeof(e), MSG_NOSIGNAL);
	}
	_exit(0);
}

/** struct search - Whose record is looked for */
struct search {
	pid_t keeper;
	bool found;
	struct record rec;
};

static void match(const struct record *rec, const struct plan *plan, void *arg)
{
	struct search *s = arg;

	(void)plan;
	if (rec->keeper == s->keeper) {
		s->rec = *rec;
		s->found = true;
	}
}

static int look(int sock, pid_t keeper, struct facts *out, struct err *e)
{
	union {
		struct look look;
		struct err err;
	} got;
	struct search s = { .keeper = keeper };
	struct ucred from;
	ssize_t n = look_receive(sock, &got, sizeof(got), &from);

	if (n == (ssize_t)sizeof(got.err)) {
		*e = got.err;
		return -1;
	}
	if (n != (ssize_t)sizeof(got.look))
		return err_set(e, "the box ended before it could be looked at");
	memset(out, 0, sizeof(*out));
	out->in = got.look;
	out->pid = from.pid;
	out->uid = from.uid;
	out->gid = from.gid;
	store_each(match, &s, NULL);
	facts_outside(out, s.found ? &s.rec : NULL);
	return 0;
}

int sketch_look(struct console *c, const struct profile *pf, struct facts *out,
		struct err *e)
{
	struct trial t = { .c = c, .pf = pf, .look = true };
	auto_fd ours = -1;
	int pair[2], r, on = 1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	ours = pair[0];
	if (setsockopt(ours, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		close(pair[1]);
		return err_sys(e, "cannot ask who is in the box");
	}
	pid = fork();
	if (!pid)
		look_main(&t, pair[1]);
	close(pair[1]);
	if (pid < 0)
		return err_sys(e, "cannot start a process");
	r = look(ours, pid, out, e);
	close(fd_take(&ours));
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}
