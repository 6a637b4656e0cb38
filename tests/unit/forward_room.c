// SPDX-License-Identifier: GPL-3.0-or-later
/* forward_room.c - published ports that come and go: who has the room for descriptors
 *
 * valgrind 3.19 does not know Landlock
 * with: plain
 */
#include <sys/resource.h>

#include "base/fdio.h"
#include "forward_bed.h"

/* Says a word to each, and nothing more */
static void serve_and_keep(int fd)
{
	for (;;)
		fd_write_all(accept(fd, NULL, NULL), "hello", 5);
}

/* Whether a connection is served */
static bool is_heard(int fd)
{
	char room[8];

	return read(fd, room, sizeof(room)) == 5;
}

/* Its other end need not close for it to be over */
static void break_off(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

/* The forwarder has done all that was asked of it so far, and so has who serves @port one
 * behind the other: each comes before what is asked here. The second time for what the
 * first has brought */
static void settle(const struct bed *b, int port)
{
	struct err e;

	for (int i = 0; i < 2; i++) {
		int c;

		forward_drop(b->f.sock, 0, &e);
		c = client(BOX4, SOCK_STREAM, port);
		is_heard(c);
		close(c);
	}
}

/* One of UDP behind the first of a plan, whose place the port has that is there */
static const struct plan_publish *publish_second(struct plan *pl)
{
	struct plan_publish *p = plan_append(pl, &pl->net.publish, sizeof(*p));

	p->address = plan_put(pl, "127.0.0.1");
	p->box_port = 1;
	p->udp = true;
	p->origin = plan_put(pl, "--publish");
	return p;
}

/* Room for three connections, for two beside a port of UDP, which comes and goes. Return:
 * a bit for each that was not as it should be */
static int share_anew(int port)
{
	const struct rlimit few = { 146, 146 };
	struct plan *pl = publish("127.0.0.1", SOCK_STREAM, 1, 1);
	const struct plan_publish *udp = publish_second(pl);
	plan_ref which = plan_ref_of(pl, udp);
	struct bed b;
	int c[6], wrong = 0;
	char byte;

	setrlimit(RLIMIT_NOFILE, &few);
	wrong |= start(&b, "127.0.0.1", SOCK_STREAM, port) < 0;
	wrong |= forward_add(b.f.sock, pl, udp, 0, &b.e) < 0;
	for (int i = 0; i < 3; i++)
		c[i] = client("127.0.0.1", SOCK_STREAM, b.port);
	wrong |= !is_heard(c[0]) || !is_heard(c[1]) ? 2 : 0;
	settle(&b, port);
	wrong |= recv(c[2], &byte, 1, MSG_DONTWAIT) >= 0 ? 4 : 0;
	forward_drop(b.f.sock, which, &b.e);
	wrong |= !is_heard(c[2]) ? 8 : 0; /* there is room for it now */
	forward_add(b.f.sock, pl, udp, 0, &b.e);
	for (int i = 3; i < 6; i++)
		c[i] = client("127.0.0.1", SOCK_STREAM, b.port);
	break_off(c[0]);
	settle(&b, port);
	wrong |= recv(c[3], &byte, 1, MSG_DONTWAIT) >= 0 ? 16 : 0;
	for (int i = 1; i < 4; i++)
		break_off(c[i]);
	wrong |= !is_heard(c[4]) || !is_heard(c[5]) ? 32 : 0;
	break_off(c[4]);
	break_off(c[5]);
	plan_free(pl);
	forward_end(&b.f);
	return wrong;
}

/* What a port of UDP takes of the room is taken from connections, as many as there are */
static void shares_room_anew(void)
{
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port), status = -1;
	pid_t server = fork_child(), child;

	if (!server)
		serve_and_keep(fd);
	child = fork_child();
	if (!child)
		_exit(share_anew(port));
	waitpid(child, &status, 0);
	is_num(status, 0, "connections wait and go on as ports of UDP come and go");
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(fd);
}

/* Ports of both families until there is no descriptor for one. Return: how many came */
static int fill_up(const struct bed *b, struct err *e)
{
	struct plan *pl = publish(NULL, SOCK_DGRAM, 0, 1);
	const struct plan_publish *p = plan_each(pl, &pl->net.publish, NULL);
	int n = 0;

	while (n < 200 && !forward_add(b->f.sock, pl, p, 0, e))
		n++;
	plan_free(pl);
	return n;
}

/* Such a port comes as two sockets, of which one may be lost on the way: with another
 * port or without, there is room for one of them in the end */
static int overfill(void)
{
	const struct rlimit few = { 100, 100 };
	int wrong = 0;

	setrlimit(RLIMIT_NOFILE, &few);
	for (int i = 0; i < 2; i++) {
		struct plan *pl = publish("127.0.0.1", SOCK_DGRAM, 0, 1);
		const struct plan_publish *p = plan_each(pl, &pl->net.publish, NULL);
		struct bed b;
		int n;

		wrong |= start(&b, "127.0.0.1", SOCK_STREAM, 1) < 0;
		wrong |= i && forward_add(b.f.sock, pl, p, 0, &b.e) < 0;
		n = fill_up(&b, &b.e);
		wrong |= n < 40 || n > 49 ? 2 << i : 0;
		wrong |= !strstr(b.e.text, "too many open files") ? 8 << i : 0;
		plan_free(pl);
		forward_end(&b.f);
	}
	return wrong;
}

static void has_no_room_for_ports(void)
{
	pid_t child = fork_child();
	int status = -1;

	if (!child)
		_exit(overfill());
	waitpid(child, &status, 0);
	is_num(status, 0, "a port for which there is no descriptor is refused");
}

int main(void)
{
	plan(0);
	shares_room_anew();
	has_no_room_for_ports();
	return done();
}
