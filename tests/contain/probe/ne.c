// SPDX-License-Identifier: GPL-3.0-or-later
/* ne.c - checks NE-*: the network of the host */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void try_to(const struct probe *p, const char *part, int type, const char *address,
		   int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		probe_die(p, "'%s'", address);
	say(p, part, connect(fd, (struct sockaddr *)&to, sizeof(to)));
	close(fd);
}

static void try_multicast(const struct probe *p)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		say(p, "multicast", -1);
		return;
	}
	inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
	say(p, "multicast", sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)));
	close(fd);
}

/* PORT: a listener of the host's loopback. 192.0.2.1 belongs to nobody (RFC 5737) */
static void reach_network(const struct probe *p)
{
	struct if_nameindex *links = if_nameindex();
	int port = atoi(probe_arg(p, 0, "1")), others = 0, all = 0;

	for (struct if_nameindex *l = links; l && l->if_index; l++, all++)
		others += strcmp(l->if_name, "lo") != 0;
	if_freenameindex(links);
	say_text(p, "links", "%s", !all ? "none" : others ? "more" : "lo");
	try_to(p, "loopback", SOCK_STREAM, "127.0.0.1", port);
	try_to(p, "loopback2", SOCK_STREAM, "127.0.0.53", port);
	try_to(p, "external", SOCK_DGRAM, "192.0.2.1", 80);
	try_to(p, "dns", SOCK_DGRAM, "192.0.2.53", 53);
	try_to(p, "metadata", SOCK_DGRAM, "169.254.169.254", 80);
	try_multicast(p);
}

/* NAME: an abstract socket of the host */
static void reach_abstract(const struct probe *p)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *name = probe_arg(p, 0, "nook-probe");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path + 1, name, strlen(name));
	say(p, "connect",
	    connect(fd, (struct sockaddr *)&to,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				strlen(name))));
	close(fd);
}

/* The host's side of both: prints the port, listens until it is killed */
static void listen_for(const struct probe *p)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *name = probe_arg(p, 0, "nook-probe");
	socklen_t len = sizeof(at);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int local = socket(AF_UNIX, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(un.sun_path + 1, name, strlen(name));
	if (bind(tcp, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(tcp, 9) < 0 ||
	    getsockname(tcp, (struct sockaddr *)&at, &len) < 0 ||
	    bind(local, (struct sockaddr *)&un,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) <
		    0 ||
	    listen(local, 9) < 0)
		probe_die(p, "cannot listen");
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	close(1);
	for (;;)
		pause();
}

const struct check ne_checks[] = {
	{ "NE-01", reach_network, "PORT" },
	{ "NE-02", reach_abstract, "NAME" },
	{ "listen", listen_for, "NAME" },
	{ 0 },
};
