// SPDX-License-Identifier: GPL-3.0-or-later
/* living.c - runs of boxes that stay
 *
 * Theory of operation. There is no daemon: who starts a box forks, and the child is its
 * keeper. It has the box's lock from there on, because the lock belongs to the open file
 * that both have. The two are tied by a pipe alone:
 *
 *	starter			keeper
 *	fork		 -->	session of its own, /dev/null, the log
 *				builds the box (keeper.c); the record at rest says
 *				"running" before the command may run
 *	struct box_told	 <--	code 0: the command has been executed
 *	ends			keeps the box
 *
 * What fails before that is told by the same pipe after everything was undone, so that a
 * starter which says why has nothing behind it. End of file means that the keeper was
 * killed. A starter that is killed changes nothing: the box runs, or it does not.
 */
#include "box/living.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/log.h"
#include "box/rest.h"

int living_run(const struct box_wish *w, struct result *res, struct err *e)
{
	struct rest *r = w->rest;
	struct err why = { 0 };

	box_run(w, res, e);
	if (!r->plan) /* it failed before the record was touched */
		return 0;
	if ((res->ran ? rest_ended(r, res, &why) : rest_failed(r, &why)) == 0)
		return 0;
	if (!e->text[0])
		*e = why;
	return -1;
}

static int leave_terminal(struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			return err_sys(e, "cannot open /dev/null");
	close(null);
	/* Else the box would keep that directory's file system busy */
	return chdir("/") < 0 ? err_sys(e, "cannot change to '/'") : 0;
}

/* Who hears it has ended when the command ran before */
static void tell_failed(int pipe, const struct result *res, const struct err *e)
{
	struct box_told told = { .code = res->exit_code ? res->exit_code : 125,
				 .err = *e };

	signal(SIGPIPE, SIG_IGN);
	if (!told.err.text[0])
		err_set(&told.err, "the box ended before its command ran%s%s",
			res->message[0] ? ": " : "", res->message);
	(void)!write(pipe, &told, sizeof(told));
}

/* The keeper's own process */
static void keep(const struct box_wish *wish, int tell)
{
	struct box_wish w = *wish;
	struct result res = { .exit_code = 125 };
	struct err e = { 0 };
	struct log log;

	w.tell = tell;
	w.log = &log;
	setsid();
	rest_own(w.rest);
	if (log_open(&log, w.rest->dir, w.rest->rec.log_size, &e) == 0 &&
	    leave_terminal(&e) == 0)
		living_run(&w, &res, &e);
	log_close(&log);
	if (w.rest->rec.passing && res.ran)
		rest_remove(w.rest, NULL);
	tell_failed(tell, &res, &e);
	_exit(0);
}

int living_start(const struct box_wish *w, struct err *e)
{
	struct box_told told;
	auto_fd from = -1;
	int ends[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe"), 125;
	from = ends[0];
	pid = fork();
	if (pid < 0) {
		err_sys(e, "cannot make the keeper of box '%s'", w->rest->name);
		close(ends[1]);
		return 125;
	}
	if (!pid)
		keep(w, ends[1]);
	close(ends[1]);
	do
		n = read(from, &told, sizeof(told));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(told) && !told.code)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n == (ssize_t)sizeof(told)) {
		*e = told.err;
		return told.code;
	}
	/* It writes that the box runs before the command can: what that did is kept */
	if (rest_read(w->rest, NULL) == 0 && w->rest->rec.state == REST_RUNNING) {
		err_set(e, "the keeper of box '%s' has ended", w->rest->name);
		return 137;
	}
	err_set(e, "the keeper of box '%s' ended while it started it", w->rest->name);
	return 125;
}
