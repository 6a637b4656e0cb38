// SPDX-License-Identifier: GPL-3.0-or-later
/* net_wire.c - pairs and rules in a kernel: who reaches whom, what is refused, what is
 * left */
/* checks: NE-05 NE-06
 * valgrind tells of padding that libnftables hands to the kernel
 * with: plain
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "netns/net.h"
#include "tap.h"

#define PORT 4711

static struct net_prefix prefix(const char *s)
{
	struct net_prefix p = { 0 };

	net_prefix_read(s, &p);
	return p;
}

struct place {
	int ns;
	struct net_lease lease;
};

static int own_ns(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* A network namespace with a box's end of a pair in it; the caller stays in the router */
static bool make_box(const struct net_def *d, int n, struct place *p, uint64_t rate)
{
	struct net_wire w = {
		.def = d, .lease = &p->lease, .rate_in = rate, .rate_out = rate
	};
	int router = own_ns();
	struct err e = { 0 };
	bool good;

	p->lease = (struct net_lease){ .slot = (uint32_t)n, .mac = { 2, 0, 0, 0, 1 } };
	p->lease.mac[5] = (uint8_t)n;
	snprintf(p->lease.box, sizeof(p->lease.box), "%05d%sbox", n, d->tag);
	if (d->v4.family)
		p->lease.v4 = net_prefix_nth(&d->v4, (uint32_t)n);
	if (d->v6.family)
		p->lease.v6 = net_prefix_nth(&d->v6, (uint32_t)n);
	good = !unshare(CLONE_NEWNET);
	p->ns = own_ns();
	good = good && !setns(router, CLONE_NEWNET) && !net_wire_router(&w, p->ns, &e) &&
	       !setns(p->ns, CLONE_NEWNET) && !net_wire_box(&w, &e);
	if (!good)
		diag("box %d: %s", n, e.text);
	if (setns(router, CLONE_NEWNET))
		abort();
	close(router);
	return good;
}

static socklen_t address(const struct net_prefix *p, uint16_t port,
			 struct sockaddr_storage *a)
{
	*a = (struct sockaddr_storage){ .ss_family = p->family };
	if (p->family == AF_INET) {
		struct sockaddr_in *in = (void *)a;

		in->sin_port = htons(port);
		memcpy(&in->sin_addr, p->addr, 4);
		return sizeof(*in);
	}
	((struct sockaddr_in6 *)a)->sin6_port = htons(port);
	memcpy(&((struct sockaddr_in6 *)a)->sin6_addr, p->addr, 16);
	return sizeof(struct sockaddr_in6);
}

static int listener(int ns, const struct net_prefix *at, uint16_t port)
{
	int one = 1, back = own_ns(), s;
	struct sockaddr_storage a;
	socklen_t len = address(at, port, &a);

	if (setns(ns, CLONE_NEWNET))
		abort();
	s = socket(at->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (void *)&a, len) || listen(s, 16))
		diag("cannot listen: %s", strerror(errno));
	if (setns(back, CLONE_NEWNET))
		abort();
	close(back);
	return s;
}

/* From a namespace to an address. Return: 0, or errno; ETIMEDOUT after half a second */
static int reach(int from, const struct net_prefix *source, const struct net_prefix *to,
		 uint16_t port)
{
	int back = own_ns(), s, why = 0, one = 1;
	struct sockaddr_storage a;
	socklen_t len, size = sizeof(why);
	struct pollfd pfd;

	if (setns(from, CLONE_NEWNET))
		abort();
	s = socket(to->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(s, SOL_IP, IP_TRANSPARENT, &one, sizeof(one));
	if (source) {
		len = address(source, 0, &a);
		if (bind(s, (void *)&a, len))
			why = errno;
	}
	len = address(to, port, &a);
	if (!why && connect(s, (void *)&a, len) && errno != EINPROGRESS)
		why = errno;
	pfd = (struct pollfd){ .fd = s, .events = POLLOUT };
	if (!why && !poll(&pfd, 1, source ? 2000 : 15000))
		why = ETIMEDOUT;
	if (!why)
		getsockopt(s, SOL_SOCKET, SO_ERROR, &why, &size);
	close(s);
	if (setns(back, CLONE_NEWNET))
		abort();
	close(back);
	return why;
}

static const char *setting(const char *path, char *out, size_t size)
{
	return file_read_small(AT_FDCWD, path, out, size) < 0 ? "" : out;
}

/* A datagram with an address that is not its sender's, and then one with its own: which
 * comes first. Return: whether it is the forged one */
static bool forges(const struct place *from, const struct net_prefix *forged,
		   const struct place *to)
{
	const struct net_prefix *sources[] = { forged, &from->lease.v4 };
	int back = own_ns(), one = 1, s, at = -1;
	struct sockaddr_storage a, source;
	socklen_t len = address(&to->lease.v4, PORT, &a), size = sizeof(source);
	struct pollfd pfd;

	if (setns(to->ns, CLONE_NEWNET))
		abort();
	at = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(at, (void *)&a, len) || setns(from->ns, CLONE_NEWNET))
		diag("no receiver: %s", strerror(errno));
	for (size_t i = 0; i < 2; i++) {
		s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		setsockopt(s, SOL_IP, IP_TRANSPARENT, &one, sizeof(one));
		size = address(sources[i], 0, &source);
		if (bind(s, (void *)&source, size) ||
		    sendto(s, "", 1, 0, (void *)&a, len) != 1)
			diag("cannot send: %s", strerror(errno));
		close(s);
	}
	pfd = (struct pollfd){ .fd = at, .events = POLLIN };
	size = sizeof(source);
	if (poll(&pfd, 1, 15000) != 1 ||
	    recvfrom(at, &one, 1, 0, (void *)&source, &size) < 0)
		diag("neither came");
	close(at);
	if (setns(back, CLONE_NEWNET))
		abort();
	close(back);
	return !memcmp(&((struct sockaddr_in *)&source)->sin_addr, forged->addr, 4);
}

static void set_link(const char *link, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", link, name);
	file_write(AT_FDCWD, path, value);
}

/* Without any rule, as after a firewall was loaded that takes all others away */
static void without_rules(const struct net_def *d, const struct place *a,
			  const struct place *b, const struct net_prefix *forged)
{
	char link[NET_LINK_SIZE], path[128], s[16];
	struct err e = { 0 };

	ok(!net_rules_apply("delete table inet nook\n", &e), "the rules are gone: %s",
	   e.text);
	net_link_name(d, a->lease.box, link);
	ok(!forges(a, forged, b), "a forged address does not arrive all the same");
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/arp_ignore", link);
	is(setting(path, s, sizeof(s)), "1", "ARP is told of the link's own address");
	set_link("all", "rp_filter", "0");
	set_link(link, "rp_filter", "0");
	ok(forges(a, forged, b), "CONTROL: but for the link's filter it would");
}

static void reaches(const struct place *from, const struct net_prefix *to, uint16_t port,
		    int want, const char *what)
{
	int got = reach(from->ns, NULL, to, port);

	if (!ok(got == want, "%s", what))
		diag("got %s, wanted %s", strerror(got), strerror(want));
}

/* A router answers for its IPv6 addresses only where its own lo is up */
static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ok(!ioctl(s, SIOCSIFFLAGS, &ifr), "lo is up");
	close(s);
}

static void rules(const struct net_def *const *defs, size_t count)
{
	auto_text t = { 0 };
	struct err e = { 0 };

	net_rules_text(defs, count, 0, &t);
	ok(!net_rules_apply(text_str(&t), &e),
	   "the rules of %zu networks are taken: %s %s", count, e.text, e.hint);
}

static enum net_lack look(const struct net_def *d, const struct net_lease *l)
{
	struct ifaddrs *links;
	enum net_lack lack;

	if (getifaddrs(&links))
		abort();
	lack = net_wire_look(d, l, links);
	freeifaddrs(links);
	return lack;
}

static void mends(const struct net_def *d, const struct place *p)
{
	struct net_wire w = { .def = d, .lease = &p->lease };
	auto_fd s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	enum net_lack before, down, after;
	struct ifreq ifr = { .ifr_flags = 0 };
	struct net_lease none = { .box = "nobodysbox" };
	struct err e = { 0 };

	net_link_name(d, p->lease.box, ifr.ifr_name);
	before = look(d, &p->lease);
	ok(!ioctl(s, SIOCSIFFLAGS, &ifr), "a link is taken down");
	down = look(d, &p->lease);
	ok(!net_wire_mend(&w, &e), "it is mended: %s", e.text);
	after = look(d, &p->lease);
	is_num(before, NET_LACK_NOTHING, "before, nothing was missing");
	is_num(down, NET_LACK_UP, "then it was seen to be down");
	is_num(after, NET_LACK_NOTHING, "and then it had addresses and routes again");
	is_num(look(d, &none), NET_LACK_LINK, "who has no link lacks it");
	w.lease = &none;
	ok(!net_wire_mend(&w, &e), "which cannot be mended");
}

static struct net_def define(const char *name, const char *v4, const char *v6)
{
	struct net_def d = {
		.name = "", .v4 = prefix(v4), .v6 = prefix(v6), .nat = true
	};

	snprintf(d.name, sizeof(d.name), "%s", name);
	snprintf(d.tag, sizeof(d.tag), "%.3s", name);
	d.gateway4 = net_prefix_nth(&d.v4, 1);
	d.gateway6 = net_prefix_nth(&d.v6, 1);
	return d;
}

/* On, off again as they were, and on to stay */
static void settings(const struct net_def *d)
{
	static const char v4[] = "/proc/sys/net/ipv4/ip_forward",
			  v6[] = "/proc/sys/net/ipv6/conf/all/forwarding",
			  ra[] = "/proc/sys/net/ipv6/conf/lo/accept_ra";
	char top[] = "/dev/shm/nook-test-XXXXXX", s[16];
	struct err e = { 0 };
	int run = mkdtemp(top) ? open(top, O_RDONLY | O_DIRECTORY) : -1;

	file_write(AT_FDCWD, v6, "0");
	file_write(AT_FDCWD, v4, "0");
	is_num(net_forward_ours(run), 0, "nothing was switched on");
	ok(!net_forward_on(run, d, &e) && !net_forward_on(run, d, &e), "forwarding: %s",
	   e.text);
	is(setting(v4, s, sizeof(s)), "1", "IPv4 is forwarded");
	is(setting(v6, s, sizeof(s)), "1", "IPv6 too");
	is(setting(ra, s, sizeof(s)), "2", "routers are believed still");
	is_num(net_forward_ours(run), NET_FORWARD4 | NET_FORWARD6, "all of it is noted");
	ok(!net_forward_off(run, &e), "put back: %s", e.text);
	is(setting(v4, s, sizeof(s)), "0", "IPv4");
	is(setting(v6, s, sizeof(s)), "0", "IPv6");
	is(setting(ra, s, sizeof(s)), "1", "and what is believed");
	ok(!net_forward_off(run, &e) && !rmdir(top), "no note is left");
	file_write(AT_FDCWD, v4, "1");
	ok(!net_forward_on(-1, d, &e), "without a place for notes: %s", e.text);
	is(setting(v6, s, sizeof(s)), "1", "it is forwarded too");
	close(run);
}

int main(void)
{
	struct net_def lab = define("lab", "10.60.0.0/16", "fd60::/64"),
		       apart = define("apa", "10.61.0.0/16", "fd61::/64");
	const struct net_def *defs[] = { &lab, &apart };
	struct place a, b, c, d;
	struct net_prefix forged = prefix("10.60.0.77");
	struct err e = { 0 };
	struct timespec t0, t1;
	int sockets[4], router;

	plan(0);
	if (geteuid() ? unshare(CLONE_NEWUSER | CLONE_NEWNET) : unshare(CLONE_NEWNET)) {
		skip(1, "no network namespace can be made here");
		return done();
	}
	apart.isolated = true;
	apart.nat = false;
	lo_up();
	is_num(net_rules_present(&lab, &e), 0, "no rules yet");
	rules(defs, 1);
	is_num(net_rules_present(&lab, &e), 1, "they are there");
	is_num(net_rules_present(&apart, &e), 0, "those of another network are not");
	rules(defs, 2);
	is_num(net_rules_present(&apart, &e), 1, "now they are");
	lab.nat = false;
	is_num(net_rules_present(&lab, &e), 0, "another definition has other rules");
	lab.nat = true;
	settings(&lab);

	clock_gettime(CLOCK_MONOTONIC, &t0);
	ok(make_box(&lab, 2, &a, 0), "a box");
	clock_gettime(CLOCK_MONOTONIC, &t1);
	diag("namespace and pair in %.2f ms",
	     (double)(t1.tv_sec - t0.tv_sec) * 1e3 +
		     (double)(t1.tv_nsec - t0.tv_nsec) / 1e6);
	ok(make_box(&lab, 3, &b, 8000000), "another, with a rate");
	ok(make_box(&apart, 2, &c, 0) && make_box(&apart, 3, &d, 0),
	   "two of a second one");
	sockets[0] = listener(b.ns, &b.lease.v4, PORT);
	sockets[1] = listener(b.ns, &b.lease.v6, PORT);
	sockets[2] = listener(d.ns, &d.lease.v4, PORT);
	router = own_ns();
	sockets[3] = listener(router, &lab.gateway4, PORT);

	reaches(&a, &b.lease.v4, PORT, 0, "a box reaches another on its network");
	reaches(&a, &b.lease.v6, PORT, 0, "by IPv6 too");
	reaches(&a, &b.lease.v4, PORT + 1, ECONNREFUSED,
		"where nobody listens it hears so");
	reaches(&c, &d.lease.v4, PORT, EHOSTUNREACH, "not on one that is isolated");
	reaches(&a, &d.lease.v4, PORT, EHOSTUNREACH, "nor one on another network");
	reaches(&c, &b.lease.v4, PORT, EHOSTUNREACH, "nor the other way");
	reaches(&a, &lab.gateway4, PORT, EHOSTUNREACH, "nor what listens at the router");
	reaches(&a, &apart.gateway4, PORT, EHOSTUNREACH, "at any of its addresses");
	is_num(reach(a.ns, &forged, &b.lease.v4, PORT), ETIMEDOUT,
	       "nor as somebody else");
	mends(&lab, &b);
	reaches(&a, &b.lease.v4, PORT, 0, "a mended link is one again");
	reaches(&a, &b.lease.v6, PORT, 0, "by IPv6 too");
	without_rules(&lab, &a, &b, &forged);
	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++)
		close(sockets[i]);
	return done();
}
