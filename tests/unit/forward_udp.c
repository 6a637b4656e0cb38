// SPDX-License-Identifier: GPL-3.0-or-later
/* forward_udp.c - published ports of UDP: what arrives, and whom the answers reach */
/* checks: NE-10
 * valgrind 3.19 does not know Landlock
 * with: plain
 */
#include "forward_bed.h"

/* Answers each datagram with itself and a "!" */
static pid_t udp_server(int fd)
{
	pid_t pid = fork_child();

	if (pid)
		return pid;
	for (;;) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		char room[70000];
		ssize_t n = recvfrom(fd, room, sizeof(room) - 1, 0, (void *)&from, &len);

		if (n < 0)
			_exit(1);
		room[n] = '!';
		sendto(fd, room, (size_t)n + 1, 0, (void *)&from, len);
	}
}

static const char *ask(int fd, const char *what, char room[64])
{
	ssize_t n;

	memset(room, 0, 64);
	if (send(fd, what, strlen(what), 0) < 0)
		return "cannot send";
	n = recv(fd, room, 63, 0);
	return n < 0 ? strerror(errno) : room;
}

/* A connected socket takes answers only from the address that it has sent to: one that
 * came from another address of the host would be lost */
static void carries_datagrams(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_DGRAM, &port);
	pid_t server = udp_server(fd);
	char room[64];
	int one, two, six;

	ok(start(&b, NULL, SOCK_DGRAM, port) == 0, "a UDP port is published");
	one = client("127.0.0.1", SOCK_DGRAM, b.port);
	two = client("127.0.0.7", SOCK_DGRAM, b.port);
	six = client("::1", SOCK_DGRAM, b.port);
	is(ask(one, "one", room), "one!", "a datagram and its answer");
	is(ask(two, "two", room), "two!",
	   "another client, which asks another address of the host");
	is(ask(one, "more", room), "more!", "the first one again");
	/* the first is lost: only after it is known that the box does not listen there */
	send(six, "lost", 4, 0);
	usleep(100000);
	is(ask(six, "six", room), "six!", "by IPv6, to a server that has none");
	close(one);
	close(two);
	close(six);
	finish(&b, fd, server);
}

static void carries_long_datagrams(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_DGRAM, &port), c;
	pid_t server = udp_server(fd);
	static char out[60000], in[70000];

	start(&b, "127.0.0.1", SOCK_DGRAM, port);
	c = client("127.0.0.1", SOCK_DGRAM, b.port);
	memset(out, 'x', sizeof(out));
	send(c, out, sizeof(out), 0);
	is_num(recv(c, in, sizeof(in), 0), sizeof(out) + 1, "a datagram of 60000 bytes");
	send(c, "", 0, 0);
	is_num(recv(c, in, sizeof(in), 0), 1, "and one of none");
	close(c);
	finish(&b, fd, server);
}

/* More clients than a port has places, each of which is heard */
static void flood(const char *address, int port)
{
	char room[64];
	int clients[300];

	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		clients[i] = client(address, SOCK_DGRAM, port);
		ask(clients[i], "flood", room);
	}
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++)
		close(clients[i]);
}

/* A server that has something to say to a client of long ago */
static void keeps_clients_of_other_ports(void)
{
	int at = 0, from = 0, fd = listener(BOX4, SOCK_DGRAM, &at);
	int floods = listener(BOX4, SOCK_DGRAM, &from), c;
	struct bed b = { .port = free_port(SOCK_DGRAM) };
	struct plan *pl = publish("127.0.0.1", SOCK_DGRAM, b.port, at);
	struct plan_publish *p = plan_append(pl, &pl->net.publish, sizeof(*p));
	pid_t server = udp_server(floods);
	struct sockaddr_storage who;
	socklen_t len = sizeof(who);
	char room[64] = "";

	p->udp = true;
	p->address = plan_put(pl, "127.0.0.2");
	p->host_port = (uint32_t)b.port;
	p->box_port = (uint32_t)from;
	ok(start_plan(&b, pl) == 0, "two ports are published: %s", b.e.text);
	c = client("127.0.0.1", SOCK_DGRAM, b.port);
	send(c, "one", 3, 0);
	recvfrom(fd, room, sizeof(room), 0, (void *)&who, &len);
	flood("127.0.0.2", b.port);
	sendto(fd, "late", 4, 0, (void *)&who, len);
	memset(room, 0, sizeof(room));
	recv(c, room, sizeof(room) - 1, 0);
	is(room, "late", "a flood at one port leaves a client of the other");
	close(c);
	close(floods);
	finish(&b, fd, server);
}

int main(void)
{
	plan(0);
	carries_datagrams();
	carries_long_datagrams();
	keeps_clients_of_other_ports();
	return done();
}
