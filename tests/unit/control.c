// SPDX-License-Identifier: GPL-3.0-or-later
/* control.c - many commands that ask one keeper at once: each is answered, or tries again
 *
 * valgrind 3.19 does not know pidfd_open
 * with: plain
 */
#include "../../sandbox/box/knock.c"

#include <stdlib.h>

#include "tap.h"

#define BOX "controlled"

static struct control keeper;
static struct record rec = { .id = BOX };
static int dir, asked;

static void answer(void *arg, const struct control_ask *ask, int *fd,
		   struct control_answer *out)
{
	(void)arg, (void)ask, (void)fd;
	asked++;
	out->done = true;
}

/* What the keeper does when something has come, until nothing has */
static void serve_all(void)
{
	for (int i = 0; i < 4 * CONTROL_CLIENTS; i++)
		control_step(&keeper, answer, NULL);
}

static struct caller come(void)
{
	struct caller c = { .rec = &rec, .dir = dir, .sock = -1 };
	struct err e = { 0 };

	c.keeper = sys_pidfd_open(getpid(), 0);
	c.until = clock_ms() + PATIENCE_MS;
	c.knocked = clock_ms(); /* nobody has to */
	if (connect_to(&c, &e) < 0) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	return c;
}

static void go(struct caller *c)
{
	close(fd_take(&c->sock));
	close(fd_take(&c->keeper));
}

static struct parcel question(void)
{
	static struct control_ask ask = { .op = CONTROL_STATUS };

	return wrap(&ask);
}

static void test_all_asked(void)
{
	struct caller c[2 * CONTROL_CLIENTS];
	struct control_answer out;
	struct parcel q = question();
	struct err e = { 0 };
	int done = 0;

	asked = 0;
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		c[i] = come();
		parcel_send(c[i].sock, &q, 0);
	}
	serve_all();
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		done += !receive(&c[i], &out, &e) && out.done;
		go(&c[i]);
	}
	ok(done == 2 * CONTROL_CLIENTS && asked == done,
	   "who has asked is answered, however many there are");
	serve_all();
}

static void test_too_slow(void)
{
	struct caller slow = come(), others[CONTROL_CLIENTS];
	struct control_answer out;
	struct parcel q = question();
	struct err e = { 0 };

	asked = 0;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = come();
	serve_all();
	ok(exchange(&slow, &q, &out, &e) < 0 && e.code == EINPROGRESS,
	   "who asks when others have taken the place is told to try again");
	is(e.text, "too many commands ask the keeper at once", "and why");
	ok(!asked, "and the keeper did nothing");
	parcel_send(others[0].sock, &q, 0);
	serve_all();
	ok(!receive(&others[0], &out, &e) && out.done, "the next to last is answered");
	go(&slow);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		go(&others[i]);
	serve_all();
}

/* The question came between the keeper's last look and its close */
static void test_unread(void)
{
	struct control_answer out = { .magic = CONTROL_MAGIC,
				      .version = CONTROL_VERSION };
	struct caller c = come();
	struct parcel q = question();
	struct err e = { 0 };
	int pair[2];

	close(fd_take(&c.sock));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		exit(1);
	c.sock = pair[0];
	out.err.code = EINPROGRESS;
	parcel_send(c.sock, &q, 0);
	send(pair[1], &out, sizeof(out), 0);
	close(pair[1]);
	ok(!receive(&c, &out, &e) && out.err.code == EINPROGRESS,
	   "the answer to a question that was not read is heard");
	go(&c);
	serve_all();
}

/* As one who waited in vain for a keeper that was stopped */
static void test_gone(void)
{
	struct caller c = come();
	struct parcel q = question();
	int before = asked;

	parcel_send(c.sock, &q, 0);
	go(&c);
	serve_all();
	ok(asked == before && !keeper.count, "who has gone is not served");
}

static void test_hung_up(void)
{
	struct control_answer out;
	struct caller c = come();
	struct parcel q = question();
	struct err e = { 0 };
	char text[128];

	rec.keeper = 7;
	((struct control_ask *)q.data)->version++;
	parcel_send(c.sock, &q, 0);
	serve_all();
	snprintf(text, sizeof(text),
		 "the answer of box '" BOX "' is lost: its keeper (pid 7) may have "
		 "done what was asked, or is of another version");
	ok(receive(&c, &out, &e) < 0, "a keeper that does not understand hangs up");
	is(e.text, text, "and that is said");
	go(&c);
}

int main(void)
{
	char path[] = "/tmp/nook-control.XXXXXX";

	plan(9);
	dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir < 0 || control_open(&keeper, dir, BOX) < 0) {
		printf("Bail out! no socket\n");
		return 1;
	}
	test_all_asked();
	test_too_slow();
	test_unread();
	test_gone();
	test_hung_up();
	control_close(&keeper, dir, BOX);
	close(dir);
	rmdir(path);
	return done();
}
