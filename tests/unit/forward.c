// SPDX-License-Identifier: GPL-3.0-or-later
/* forward.c - published ports of TCP: what arrives, what is passed on, who serves them */
/* valgrind 3.19 does not know Landlock
 * with: plain
 */
#include <stdlib.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "forked.h"
#include "forward_bed.h"
#include "netns/net.h"

#define MUCH (8u << 20)

/* A child that serves one connection of a listening socket */
static pid_t serve(int fd, void (*one)(int fd))
{
	pid_t pid = fork_child();

	if (pid)
		return pid;
	one(accept(fd, NULL, NULL));
	_exit(0);
}

static void echo(int fd)
{
	char room[4096];
	ssize_t n;

	while ((n = read(fd, room, sizeof(room))) > 0)
		if (fd_write_all(fd, room, (size_t)n) < 0)
			break;
}

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i ^ i >> 8 ^ i >> 16);
}

static void write_much(int fd)
{
	char *room = malloc(MUCH);

	for (size_t i = 0; i < MUCH; i++)
		room[i] = (char)byte_at(i);
	fd_write_all(fd, room, MUCH);
}

/* Return: how many bytes came that were the right ones, up to the end */
static size_t read_much(int fd)
{
	char room[8192];
	size_t at = 0;
	ssize_t n;

	while ((n = read(fd, room, sizeof(room))) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			if ((unsigned char)room[i] != byte_at(at))
				return at;
	return n < 0 ? 0 : at;
}

static void carries_much(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port), c;
	pid_t server = serve(fd, echo), writer;

	ok(start(&b, NULL, SOCK_STREAM, port) == 0, "a TCP port is published");
	c = client("127.0.0.1", SOCK_STREAM, b.port);
	writer = fork();
	if (writer == 0) {
		alarm(PATIENCE);
		write_much(c);
		shutdown(c, SHUT_WR);
		_exit(0);
	}
	is_num((long long)read_much(c), MUCH,
	       "8 MiB go in and come back, after the client has closed its half");
	close(c);
	waitpid(writer, NULL, 0);
	finish(&b, fd, server);
}

/* splice(2) does not read it: it must neither be lost nor stand in the way */
static void carries_urgent_data(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port), c;
	pid_t server = serve(fd, echo);
	char room[16] = "";
	size_t at = 0;

	start(&b, NULL, SOCK_STREAM, port);
	c = client("127.0.0.1", SOCK_STREAM, b.port);
	fd_write_all(c, "one", 3);
	while (at < 3 && read(c, room + at, 1) == 1)
		at++;
	send(c, "X", 1, MSG_OOB);
	fd_write_all(c, "two", 3);
	while (at < 7 && read(c, room + at, 1) == 1)
		at++;
	is(room, "oneXtwo", "urgent data stay in their place");
	close(c);
	finish(&b, fd, server);
}

/* The answer to @address through a published port, "" = none */
static const char *ask(const char *address, int type, int port, char room[64])
{
	int c = client(address, type, port);
	ssize_t n = -1;

	memset(room, 0, 64);
	if (c >= 0 && write(c, "x", 1) == 1)
		n = read(c, room, 63);
	if (c >= 0)
		close(c);
	return n > 0 ? room : "";
}

static const char *answer(const char *address, int port, char room[64])
{
	return ask(address, SOCK_STREAM, port, room);
}

static void echo_datagram(int fd)
{
	struct place from = { .len = sizeof(from.at) };
	char room[64];
	ssize_t n = recvfrom(fd, room, sizeof(room), 0, (void *)&from.at, &from.len);

	if (n > 0)
		sendto(fd, room, (size_t)n, 0, (void *)&from.at, from.len);
}

static void say_hello(int fd)
{
	char byte;

	if (read(fd, &byte, 1) == 1)
		fd_write_all(fd, "hello", 5);
}

static void takes_both_families(void)
{
	static const char *const boxes[] = { BOX4, BOX6 }, *const hosts[] = { "127.0.0.1",
									      "::1" };
	char room[64];

	for (size_t i = 0; i < ARRAY_SIZE(boxes); i++)
		for (size_t k = 0; k < ARRAY_SIZE(hosts); k++) {
			struct bed b;
			int port = 0, fd = listener(boxes[i], SOCK_STREAM, &port);
			pid_t server = serve(fd, say_hello);
			char what[64];

			start(&b, NULL, SOCK_STREAM, port);
			snprintf(what, sizeof(what), "a client at %s, a server at %s",
				 hosts[k], boxes[i]);
			is(answer(hosts[k], b.port, room), "hello", what);
			finish(&b, fd, server);
		}
}

static void keeps_to_its_address(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port);
	pid_t server = serve(fd, say_hello);
	char room[64];

	start(&b, "127.0.0.5", SOCK_STREAM, port);
	is(answer("127.0.0.1", b.port, room), "",
	   "one address: not to be had by another");
	is(answer("127.0.0.5", b.port, room), "hello", "and by that one");
	finish(&b, fd, server);
}

static void resets_where_nobody_listens(void)
{
	struct bed b;
	char byte;
	int c;

	start(&b, NULL, SOCK_STREAM, free_port(SOCK_STREAM));
	c = client("127.0.0.1", SOCK_STREAM, b.port);
	ok(read(c, &byte, 1) < 0 && errno == ECONNRESET,
	   "nobody listens in the box: the client is told");
	finish(&b, c, 0);
}

static void hang(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	fd_write_all(fd, "part", 4);
	usleep(100000);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void passes_failure_on(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port), c;
	pid_t server = serve(fd, hang);
	char room[8];
	ssize_t n = 0, m;

	start(&b, NULL, SOCK_STREAM, port);
	c = client("127.0.0.1", SOCK_STREAM, b.port);
	while ((m = read(c, room, sizeof(room))) > 0)
		n += m;
	ok(n == 4 && m < 0 && errno == ECONNRESET,
	   "a connection that the box breaks off is no proper end");
	close(c);
	finish(&b, fd, server);
}

/* What the box has written before its end arrives, though the keeper waits no more */
static void ends_gently(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port), c, refused, status = 0;
	pid_t server = serve(fd, write_much), reader;

	start(&b, NULL, SOCK_STREAM, port);
	c = client("127.0.0.1", SOCK_STREAM, b.port);
	reader = fork();
	if (reader == 0) {
		alarm(PATIENCE);
		usleep(200000);
		_exit(read_much(c) != MUCH);
	}
	waitpid(server, NULL, 0); /* it has ended, but its bytes are on their way */
	is_num(forward_end(&b.f), 0, "the end of the box");
	waitpid(reader, &status, 0);
	is_num(status, 0, "all that it had written has arrived");
	refused = client("127.0.0.1", SOCK_STREAM, b.port);
	ok(refused < 0 && errno == ECONNREFUSED, "and then the port is closed");
	close(c);
	close(fd);
}

/* Serves each at once, whoever is first to speak */
static void serve_all(int fd)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int one = accept(fd, NULL, NULL);

		if (one >= 0 && fork() == 0) {
			alarm(PATIENCE);
			say_hello(one);
			_exit(0);
		}
		close(one);
	}
}

/* Says a word to each, and nothing more */
static void serve_and_keep(int fd)
{
	for (;;)
		fd_write_all(accept(fd, NULL, NULL), "hello", 5);
}

/* Room for two connections, and for the rest to wait */
static int start_small(struct bed *b, int port)
{
	const struct rlimit few = { 144, 144 };

	setrlimit(RLIMIT_NOFILE, &few);
	return start(b, NULL, SOCK_STREAM, port);
}

static int count_served(int port)
{
	enum { CROWD = 40 };
	int c[CROWD], served = 0;
	char room[8];

	for (int i = 0; i < CROWD; i++)
		c[i] = client("127.0.0.1", SOCK_STREAM, port);
	for (int i = 0; i < CROWD; i++) {
		served += write(c[i], "x", 1) == 1 && read(c[i], room, 8) == 5;
		close(c[i]);
	}
	return served;
}

/* More clients than there are descriptors for: each is served in its turn. In a child,
 * which cannot raise the limit again */
static void serves_a_crowd(void)
{
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port), status = 0;
	pid_t server, crowd;

	server = fork_child();
	if (server == 0)
		serve_all(fd);
	crowd = fork_child();
	if (crowd == 0) {
		struct bed b;

		start_small(&b, port);
		status = count_served(b.port);
		forward_end(&b.f);
		_exit(status);
	}
	waitpid(crowd, &status, 0);
	is_num(WEXITSTATUS(status), 40, "a crowd of clients is served");
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(fd);
}

/* --- while the box runs ------------------------------------------------------------- */

/* The test is the worker: it opens what the forwarder then serves */
static void comes_and_goes(int type)
{
	struct forward_to to = { .netns = -1 };
	struct bed b = { .f.sock = -1, .port = free_port(type) };
	int port = 0, fd = listener(BOX4, type, &port);
	pid_t server = type == SOCK_STREAM ? serve(fd, say_hello) : fork_child();
	struct plan *pl = publish(NULL, type, b.port, port);
	const struct plan_publish *p = plan_each(pl, &pl->net.publish, NULL);
	const char *kind = type == SOCK_STREAM ? "TCP" : "UDP";
	siginfo_t gone;
	char room[64];

	if (!server)
		for (;;)
			echo_datagram(fd);
	net_prefix_read(BOX4, &to.v4);
	fflush(stdout);
	ok(!forward_begin(&b.f, &to, &b.e) && !forward_ready(&b.f, &b.e),
	   "%s: a forwarder without a port", kind);
	ok(!forward_add(b.f.sock, pl, p, 0, &b.e), "a port comes");
	is(ask("127.0.0.1", type, b.port, room), type == SOCK_STREAM ? "hello" : "x",
	   "is served");
	ok(forward_add(b.f.sock, pl, p, 0, &b.e) < 0, "and is not opened twice: %s",
	   b.e.text);
	ok(!forward_drop(b.f.sock, plan_ref_of(pl, p) + 8, &b.e),
	   "one that is none goes");
	ok(!forward_drop(b.f.sock, plan_ref_of(pl, p), &b.e), "the port goes");
	close(listener("127.0.0.1", type, &b.port));
	ok(!forward_add(b.f.sock, pl, p, 0, &b.e), "it is free, and can come again");
	kill(b.f.pid, SIGKILL);
	waitid(P_PID, (id_t)b.f.pid, &gone, WEXITED | WNOWAIT);
	ok(forward_drop(b.f.sock, plan_ref_of(pl, p), &b.e) < 0,
	   "one who is gone is missed: %s", b.e.text);
	plan_free(pl);
	finish(&b, fd, server);
}

/* --- who it is ---------------------------------------------------------------------- */

static void refuses(const char *address, int type, int port, const char *want,
		    const char *what)
{
	struct plan *pl = publish(address, type, port, 1);
	struct forward f;
	struct err e = { 0 };
	int r = forward_listen(&f, pl, &e);

	ok(r < 0 && strstr(e.text, want), "%s: %s", what, e.text);
	ok(e.hint[0], "and what to do about it: %s", e.hint);
	forward_end(&f);
	plan_free(pl);
}

static void says_what_is_wrong(void)
{
	int port = 0, fd = listener("127.0.0.1", SOCK_STREAM, &port);

	refuses(NULL, SOCK_STREAM, port, "Address already in use", "a port in use");
	close(fd);
	refuses("192.0.2.1", SOCK_DGRAM, port, "Cannot assign requested address",
		"an address of another host");
}

static long status_of(pid_t pid, const char *key, int base)
{
	char path[64], text[4096], *at;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (file_read_small(-1, path, text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, key);
	return at ? strtol(at + strlen(key), NULL, base) : -1;
}

static void has_no_rights(void)
{
	struct bed b;
	int pipes[2];
	char byte;

	if (pipe(pipes) < 0)
		return;
	start(&b, NULL, SOCK_STREAM, 1);
	close(pipes[1]);
	alarm(PATIENCE);
	is_num(read(pipes[0], &byte, 1), 0, "no descriptor of its keeper's");
	alarm(0);
	close(pipes[0]);
	is_num(status_of(b.f.pid, "CapPrm:", 16), 0, "no capability");
	is_num(status_of(b.f.pid, "NoNewPrivs:", 10), 1, "and no way to one");
	ok(status_of(b.f.pid, "Uid:", 10) != 0, "not root");
	forward_end(&b.f);
}

/* Connections that had something to say once: two descriptors each, and no pipe, of which
 * a user has few. FDSize of proc(5) is the next power of two */
static void keeps_no_pipe_for_silence(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port), c[60];
	pid_t server = fork_child();
	char room[8];
	int heard = 0;

	if (!server)
		serve_and_keep(fd);
	start(&b, "127.0.0.1", SOCK_STREAM, port);
	for (int i = 0; i < 60; i++) {
		c[i] = client("127.0.0.1", SOCK_STREAM, b.port);
		heard += read(c[i], room, sizeof(room)) == 5;
	}
	is_num(heard, 60, "sixty connections stay open");
	ok(status_of(b.f.pid, "FDSize:", 10) <= 256, "and need no pipe for it: %ld",
	   status_of(b.f.pid, "FDSize:", 10));
	for (int i = 0; i < 60; i++)
		close(c[i]);
	finish(&b, fd, server);
}

static void hold(int fd)
{
	fd_write_all(fd, "part", 4);
	pause();
}

/* Who ends it by force must not make half of an answer look whole */
static void breaks_off_when_killed(void)
{
	struct bed b;
	int port = 0, fd = listener(BOX4, SOCK_STREAM, &port), c;
	pid_t server = serve(fd, hold);
	char room[8];

	start(&b, NULL, SOCK_STREAM, port);
	c = client("127.0.0.1", SOCK_STREAM, b.port);
	is_num(read(c, room, sizeof(room)), 4, "a connection");
	kill(b.f.pid, SIGKILL);
	ok(read(c, room, sizeof(room)) < 0 && errno == ECONNRESET,
	   "is broken off when the forwarder is killed");
	close(c);
	is_num(forward_end(&b.f), SIGKILL, "which its keeper notices");
	finish(&b, fd, server);
}

/* The parent of a forwarder is killed: its port is closed soon after */
static void dies_with_keeper(void)
{
	struct bed *b;
	int pipes[2], port = 0, tries, c = -1;
	pid_t keeper;

	if (pipe(pipes) < 0)
		return;
	keeper = fork_child();
	if (keeper == 0) {
		b = calloc(1, sizeof(*b));
		start(b, NULL, SOCK_STREAM, 1);
		fd_write_all(pipes[1], &b->port, sizeof(b->port));
		pause();
		_exit(0);
	}
	close(pipes[1]);
	ok(read(pipes[0], &port, sizeof(port)) == (ssize_t)sizeof(port), "a keeper");
	kill(keeper, SIGKILL);
	waitpid(keeper, NULL, 0);
	/* In the moment of its end a connection may be made and reset */
	for (tries = 0; tries < 200; tries++) {
		c = client("127.0.0.1", SOCK_STREAM, port);
		if (c < 0 && errno == ECONNREFUSED)
			break;
		if (c >= 0)
			close(c);
		usleep(20000);
	}
	ok(tries < 200, "its forwarder dies with it");
	close(pipes[0]);
}

/* Somebody who has a network namespace, in a user namespace, with a server in it */
static pid_t neighbour(int *port)
{
	int pipes[2];
	pid_t pid;

	if (pipe(pipes) < 0)
		return -1;
	pid = fork_child();
	if (pid == 0) {
		int any = 0, fd;

		if (enter_userns(geteuid()) < 0 || unshare(CLONE_NEWNET) < 0 ||
		    net_lo_up(NULL) < 0)
			_exit(1);
		fd = listener(BOX4, SOCK_STREAM, &any);
		fd_write_all(pipes[1], &any, sizeof(any));
		say_hello(accept(fd, NULL, NULL));
		pause();
	}
	close(pipes[1]);
	if (read(pipes[0], port, sizeof(*port)) != (ssize_t)sizeof(*port))
		diag("no neighbour");
	close(pipes[0]);
	return pid;
}

static int netns_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The way of a network that has no links in the host's own namespace */
static void goes_through_a_router(void)
{
	struct forward_to to = { .netns = -1 };
	int box = 0, port = free_port(SOCK_STREAM);
	pid_t pid = neighbour(&box);
	struct plan *pl = publish(NULL, SOCK_STREAM, port, box);
	struct forward f;
	struct err e = { 0 };
	char room[64];

	net_prefix_read(BOX4, &to.v4);
	to.netns = netns_of(pid);
	ok(forward_listen(&f, pl, &e) == 0 && forward_start(&f, &to, &e) == 0 &&
		   forward_ready(&f, &e) == 0,
	   "a box behind a router: %s", e.text);
	is(answer("127.0.0.1", port, room), "hello", "is reached");
	forward_end(&f);
	/* a descriptor of a file, which no namespace is */
	close(to.netns);
	to.netns = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ok(forward_listen(&f, pl, &e) == 0 && forward_start(&f, &to, &e) == 0 &&
		   forward_ready(&f, &e) < 0,
	   "one that cannot be joined: %s", e.text);
	forward_end(&f);
	close(to.netns);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	plan_free(pl);
}

/* A box that is made after the process that serves its ports, and reached from within */
static void goes_into_the_box(void)
{
	struct forward_to to = { .netns = -1, .later = true };
	int box = 0, port = free_port(SOCK_STREAM), netns;
	struct forward f;
	struct err e = { 0 };
	struct plan *pl;
	char room[64];
	pid_t pid = neighbour(&box);

	pl = publish(NULL, SOCK_STREAM, port, box);
	net_prefix_read(BOX4, &to.v4);
	netns = netns_of(pid);
	ok(forward_listen(&f, pl, &e) == 0 && forward_start(&f, &to, &e) == 0 &&
		   forward_enter(&f, netns, &e) == 0 && forward_ready(&f, &e) == 0,
	   "a box that comes later: %s", e.text);
	is(answer("127.0.0.1", port, room), "hello", "is reached");
	is_num(forward_end(&f), 0, "and its forwarder ends when told to");
	ok(forward_listen(&f, pl, &e) == 0 && forward_start(&f, &to, &e) == 0,
	   "one that never comes");
	is_num(forward_end(&f), 0, "keeps nobody waiting");
	close(netns);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	plan_free(pl);
}

int main(void)
{
	plan(0);
	carries_much();
	carries_urgent_data();
	takes_both_families();
	keeps_to_its_address();
	resets_where_nobody_listens();
	passes_failure_on();
	ends_gently();
	serves_a_crowd();
	comes_and_goes(SOCK_STREAM);
	comes_and_goes(SOCK_DGRAM);
	says_what_is_wrong();
	has_no_rights();
	keeps_no_pipe_for_silence();
	breaks_off_when_killed();
	goes_through_a_router();
	goes_into_the_box();
	dies_with_keeper();
	return done();
}
