// SPDX-License-Identifier: GPL-3.0-or-later
/* knock.c - a command's end of the control socket: knock, connect, ask once */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/parcel.h"
#include "base/sys.h"
#include "box/control.h"
#include "box/store.h"

#define PATIENCE_MS 5000
#define KNOCK_MS    200 /* one that came before the keeper could hear it is repeated */
#define BUILDING_MS 5	/* between two questions to a box that is still being built */

/**
 * struct caller - Somebody at the door
 * @keeper:	pidfd of the keeper
 * @sock:	-1 until it is connected
 * @until:	CLOCK_MONOTONIC ms when patience ends
 */
struct caller {
	const struct record *rec;
	int dir, keeper, sock;
	int64_t until, knocked;
};

static int has_ended(const struct caller *c, struct err *e)
{
	err_set(e, "box '%s' has ended meanwhile", store_name(c->rec));
	e->code = ESRCH;
	return -1;
}

/* Whether it understood the question cannot be told from outside */
static int hung_up(const struct caller *c, struct err *e)
{
	const char *name = store_name(c->rec);

	err_set(e,
		"the answer of box '%s' is lost: its keeper (pid %d) may have done what "
		"was asked, or is of another version",
		name, c->rec->keeper);
	return err_hint(e, "nook inspect %s shows how it is now", name);
}

/* @asked: It may have begun with it; what it has not begun it will not (control.c) */
static int no_answer(const struct caller *c, bool asked, struct err *e)
{
	err_set(e, "the keeper of box '%s' (pid %d) does not answer%s",
		store_name(c->rec), c->rec->keeper,
		asked ? ", and may still do what was asked" : "");
	return err_hint(e,
			"it may be stopped: kill -CONT %d; or end the box: kill -KILL "
			"%d",
			c->rec->keeper, c->rec->keeper);
}

static int knock(struct caller *c, struct err *e)
{
	siginfo_t si = { .si_signo = SIGURG, .si_code = SI_QUEUE };

	if (clock_ms() - c->knocked < KNOCK_MS)
		return 0;
	c->knocked = clock_ms();
	si.si_pid = getpid();
	si.si_uid = getuid();
	si.si_value.sival_int = CONTROL_KNOCK;
	if (!syscall(SYS_pidfd_send_signal, c->keeper, SIGURG, &si, 0) || errno == EAGAIN)
		return 0;
	return errno == ESRCH ? has_ended(c, e)
			      : err_sys(e, "cannot knock at the keeper (pid %d)",
					c->rec->keeper);
}

/* Whether @fd becomes readable in time and the keeper lives. Return: 1, 0 = not within
 * @ms, -1 = the keeper has ended */
static int wait_for(const struct caller *c, int fd, int64_t ms)
{
	struct pollfd p[] = { { .fd = fd, .events = POLLIN },
			      { .fd = c->keeper, .events = POLLIN } };

	if (ms < 0 || poll(p, 2, (int)ms) <= 0)
		return 0;
	return p[0].revents ? 1 : -1;
}

static int connect_to(struct caller *c, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int pause = 1;

	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/%s.sock", c->dir,
		 c->rec->id);
	c->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->sock < 0)
		return err_sys(e, "cannot make a socket");
	while (connect(c->sock, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		/* EAGAIN: too many wait at the door already */
		if (errno != ENOENT && errno != ECONNREFUSED && errno != EAGAIN &&
		    errno != EINTR)
			return err_sys(e, "cannot reach the keeper of box '%s'",
				       c->rec->id);
		if (clock_ms() > c->until)
			return no_answer(c, false, e);
		if (knock(c, e) < 0)
			return -1;
		if (wait_for(c, -1, pause) < 0)
			return has_ended(c, e);
		pause = pause < 16 ? 2 * pause : pause;
	}
	return 0;
}

static int receive(const struct caller *c, struct control_answer *out, struct err *e)
{
	int r = wait_for(c, c->sock, c->until - clock_ms()), tries = 2;
	ssize_t n = 0;

	/* ECONNRESET comes once, in front of what was answered: the keeper had to make
	 * room, and has not read the question */
	do {
		if (r > 0)
			n = recv(c->sock, out, sizeof(*out), MSG_DONTWAIT | MSG_TRUNC);
	} while (n < 0 && errno == ECONNRESET && --tries);
	if (r <= 0)
		return r < 0 ? has_ended(c, e) : no_answer(c, true, e);
	/* It closes at its end, and on what it does not understand */
	if (n <= 0)
		return wait_for(c, -1, 1000) < 0 ? has_ended(c, e) : hung_up(c, e);
	if (n != (ssize_t)sizeof(*out) || out->magic != CONTROL_MAGIC ||
	    out->version != CONTROL_VERSION)
		return err_set(e, "the keeper of box '%s' (pid %d) is of another version",
			       store_name(c->rec), c->rec->keeper);
	out->err.text[sizeof(out->err.text) - 1] = '\0';
	out->err.hint[sizeof(out->err.hint) - 1] = '\0';
	return 0;
}

static int exchange(const struct caller *c, const struct parcel *question,
		    struct control_answer *out, struct err *e)
{
	/* EPIPE: it has closed the connection, and may have said why */
	if (parcel_send(c->sock, question, 0) < 0 && errno != EPIPE)
		return err_sys(e, "cannot ask the keeper");
	if (receive(c, out, e) < 0)
		return -1;
	if (out->done)
		return 0;
	*e = out->err;
	return -1;
}

static int ask_once(struct caller *c, const struct parcel *question,
		    struct control_answer *out, struct err *e)
{
	auto_fd sock = -1;
	int r;

	c->until = clock_ms() + PATIENCE_MS;
	r = connect_to(c, e);
	sock = c->sock;
	return r < 0 ? -1 : exchange(c, question, out, e);
}

static int call(const struct record *rec, const struct parcel *question,
		struct control_answer *out, struct err *e)
{
	auto_fd keeper = store_pidfd(rec, e);
	struct caller c = { .rec = rec, .keeper = keeper, .sock = -1 };
	struct store st;
	int64_t end;
	int r;

	if (keeper < 0 || store_open(&st, e) < 0)
		return -1;
	c.dir = st.dir;
	end = clock_ms() + PATIENCE_MS;
	while ((r = ask_once(&c, question, out, e)) < 0 && e->code == EINPROGRESS &&
	       clock_ms() < end) {
		wait_for(&c, -1, BUILDING_MS);
		*e = (struct err){ 0 };
	}
	store_remove(&st);
	return r;
}

static struct parcel wrap(struct control_ask *ask)
{
	ask->magic = CONTROL_MAGIC;
	ask->version = CONTROL_VERSION;
	return (struct parcel){ .data = ask, .len = sizeof(*ask) };
}

int control_call(const struct record *rec, struct control_ask *ask,
		 struct control_answer *out, struct err *e)
{
	struct parcel p = wrap(ask);

	return call(rec, &p, out, e);
}

int control_call_with(const struct record *rec, struct control_ask *ask, const int *fd,
		      int count, struct err *e)
{
	struct control_answer out;
	struct parcel p = wrap(ask);

	memcpy(p.fd, fd, (size_t)count * sizeof(*fd));
	p.count = count;
	return call(rec, &p, &out, e);
}
