// SPDX-License-Identifier: GPL-3.0-or-later
/* visit_look.c - the client's side of a look into a box that runs
 *
 * Theory of operation. It is a command of `nook exec` that is none: the keeper starts a
 * session with CONTROL_LOOK, and its process says what it sees on a socket of its own
 * (box/look.h) that came along as descriptor 0, and waits there. Why there was no look is
 * said on the line (box/session.h). The keeper is believed; the process in the box can be
 * stopped there, or killed, so there is a deadline. Whatever happens, the end of the line
 * is the end of the session.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/sealed.h"
#include "box/control.h"
#include "box/session.h"
#include "box/store.h"
#include "box/sync.h"
#include "box/visit.h"

#define PATIENCE_MS 5000
#define FAREWELL_MS 500

/* What exec would begin with; the word is never looked up */
static struct plan *make_wish(const struct plan *box, struct err *e)
{
	struct plan *wish = plan_new();

	if (!wish) {
		err_set(e, "out of memory");
		return NULL;
	}
	wish->user.uid = box->user.uid;
	wish->user.gid = box->user.gid;
	wish->env.path = plan_put(wish, plan_text(box, box->env.path));
	wish->env.workdir = plan_put(wish, plan_text(box, box->env.workdir));
	plan_add_word(wish, &wish->env.argv, "look");
	return wish;
}

/* One end of a socket pair stays in *@own. Return: the other one, -1 and @e */
static int make_pair(int *own, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	*own = pair[0];
	return pair[1];
}

static int ask(const struct record *rec, const struct plan *box, struct sight *s,
	       struct err *e)
{
	struct control_ask ask = { .op = CONTROL_EXEC, .flags = CONTROL_LOOK };
	struct plan *wish = make_wish(box, e);
	struct iovec bytes = { .iov_base = wish, .iov_len = wish ? wish->size : 0 };
	auto_fd packed = wish ? sealed_make("nook-wish", &bytes, 1) : -1;
	auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);
	auto_fd line = make_pair(&s->line, e);
	auto_fd sock = make_pair(&s->sock, e);
	int fd[SESSION_FDS] = { line, packed, sock, null, null };
	int on = 1;

	plan_free(wish);
	if (!wish || line < 0 || sock < 0)
		return -1;
	if (packed < 0 || null < 0 ||
	    setsockopt(s->sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return err_sys(e, "cannot ask who is in the box");
	return control_call_with(rec, &ask, fd, SESSION_FDS, e);
}

/* Return: whether @fd has something to read, or its end, before @until */
static bool wait_for(int fd, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, clock_left_ms(until));
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

static int no_answer(const struct record *rec, struct err *e)
{
	err_set(e, "nobody in box '%s' answers", store_name(rec));
	return err_hint(e,
			"its processes may be stopped, or the machine is busy: nook "
			"top %s",
			rec->id);
}

/* The socket has ended without a look: the line says why, or how that process ended */
static int why_not(const struct record *rec, const struct sight *s, int64_t until,
		   struct err *e)
{
	struct sync_msg msg;

	while (wait_for(s->line, until)) {
		if (sync_recv(s->line, &msg, NULL) != 1)
			return err_set(e, "box '%s' has ended meanwhile",
				       store_name(rec));
		if (msg.step == STEP_FAILED) {
			*e = msg.err;
			return -1;
		}
		if (msg.step == STEP_EXIT && msg.code)
			return err_set(e, "box '%s' has ended meanwhile",
				       store_name(rec));
		if (msg.step == STEP_EXIT && WIFSIGNALED(msg.value))
			return err_set(e,
				       "the process that was to look into box '%s' was "
				       "killed by signal %d",
				       store_name(rec), WTERMSIG(msg.value));
		if (msg.step == STEP_EXIT)
			return err_set(e, "box '%s' could not be looked at",
				       store_name(rec));
	}
	return no_answer(rec, e);
}

static void let_go(struct sight *s)
{
	if (s->sock >= 0)
		close(fd_take(&s->sock));
	if (s->line >= 0)
		close(fd_take(&s->line));
}

int visit_look(const struct record *rec, const struct plan *box, struct sight *s,
	       struct err *e)
{
	int64_t until = clock_ms() + PATIENCE_MS;
	struct ucred from;
	int r = -1;

	*s = (struct sight){ .sock = -1, .line = -1 };
	if (ask(rec, box, s, e) < 0)
		;
	else if (!wait_for(s->sock, until))
		no_answer(rec, e);
	else if (look_receive(s->sock, &s->look, sizeof(s->look), &from) !=
		 (ssize_t)sizeof(s->look))
		why_not(rec, s, until, e);
	else
		r = 0;
	if (r < 0) {
		let_go(s);
		return -1;
	}
	look_end_texts(&s->look);
	s->pid = from.pid;
	s->uid = from.uid;
	s->gid = from.gid;
	return 0;
}

/* The end of the socket lets it go: nobody is left in the box when this returns, unless
 * the box holds it up */
void visit_look_end(struct sight *s)
{
	int64_t until = clock_ms() + FAREWELL_MS;
	struct sync_msg msg;

	close(fd_take(&s->sock));
	while (wait_for(s->line, until) && sync_recv(s->line, &msg, NULL) == 1 &&
	       msg.step != STEP_EXIT)
		;
	let_go(s);
}
