// SPDX-License-Identifier: GPL-3.0-or-later
/* net_def.c - addresses, and definitions of networks on disk: whole, refused, chosen */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "netns/net.h"
#include "tap.h"

static struct net_prefix prefix(const char *s)
{
	struct net_prefix p = { 0 };

	net_prefix_read(s, &p);
	return p;
}

static void prefixes(void)
{
	static const char *const bad[] = {
		"",	     "10.0.0.0/33", "10.0.0/8",	  "fd00::/129", "10.0.0.0/08",
		"10.0.0.0/", "10.0.0.0/-1", "fe80::1%lo", "a"
	};
	static const struct {
		const char *a, *b;
		bool meet;
	} pairs[] = {
		{ "10.0.0.0/8", "10.255.0.0/16", true },
		{ "10.255.0.0/16", "10.0.0.0/8", true },
		{ "10.0.0.0/9", "10.128.0.0/9", false },
		{ "0.0.0.0/0", "192.168.1.1", true },
		{ "fd00::/64", "fd00::1", true },
		{ "fd00::/64", "fd00:0:0:1::1", false },
		{ "10.0.0.0/8", "a00::/8", false },
	};
	struct net_prefix p = prefix("10.1.2.3/20"), q;
	char s[NET_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(net_prefix_read(bad[i], &p) == -1, "'%s' is no prefix", bad[i]);
	is(net_prefix_text(&p, s), "10.1.2.3/20", "a refused text changes nothing");
	q = net_prefix_base(&p);
	is(net_prefix_text(&q, s), "10.1.0.0/20", "base of a /20");
	q = net_prefix_nth(&p, 300);
	is(net_prefix_text(&q, s), "10.1.1.44", "the 300th address");
	is_num(net_prefix_index(&p, &q), 300, "and its number");
	q = prefix("fd00:1::/64");
	p = net_prefix_nth(&q, 0x12345);
	is(net_prefix_text(&p, s), "fd00:1::1:2345", "an IPv6 address by its number");
	is_num(net_prefix_index(&q, &p), 0x12345, "and back");
	p = prefix("fd00:1::1:0:0:0");
	is_num(net_prefix_index(&q, &p), UINT32_MAX, "one too far away to have a number");
	p = prefix("10.0.0.1");
	is_num(net_prefix_index(&q, &p), UINT32_MAX, "one of another family");
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		p = prefix(pairs[i].a);
		q = prefix(pairs[i].b);
		ok(net_prefix_overlap(&p, &q) == pairs[i].meet, "%s and %s %s",
		   pairs[i].a, pairs[i].b, pairs[i].meet ? "overlap" : "do not");
	}
	p = (struct net_prefix){ 0 };
	is(net_prefix_text(&p, s), "", "no prefix is no text");
}

static void put(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static void damaged(int dir)
{
	static const struct {
		const char *text, *want;
	} files[] = {
		{ "", "it is empty" },
		{ "version 1\n", "'tag' is missing" },
		{ "version 2\n", "line 1: 'version' has no value that can be used" },
		{ "version 1\ntag ABC\n", "line 2: 'tag' has no value that can be used" },
		{ "version 1\nversion 1\n", "line 2: 'version' is there twice" },
		{ "version 1\ncolour red\n", "line 2: unknown key 'colour'" },
		{ "version 1\ntag abc", "line 2: the file ends within it" },
		{ "version 1\ntag abc\nnat yes\nisolated no\n",
		  "subnets and gateways do not fit together" },
		{ "version 1\ntag abc\nsubnet 10.0.0.0/24\ngateway 10.0.1.1\nnat yes\n"
		  "isolated no\n",
		  "subnets and gateways do not fit together" },
		{ "version 1\ntag abc\nsubnet 0.0.0.0/0\ngateway 10.0.1.1\nnat yes\n"
		  "isolated no\n",
		  "subnets and gateways do not fit together" },
		{ "version 1\ntag abc\nsubnet fd00::/64\n",
		  "line 3: 'subnet' has no value that can be used" },
		{ "version 1\ntag abc\nnat maybe\n",
		  "line 3: 'nat' has no value that can be used" },
		{ "version 1\ntag abc\nmtu 500\n",
		  "line 3: 'mtu' has no value that can be used" },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char want[256];
		struct err e = { 0 };
		struct net_def d;

		put(dir, "bad", files[i].text);
		snprintf(want, sizeof(want),
			 "network 'bad': its definition is damaged: %s", files[i].want);
		is(net_def_read(dir, "bad", &d, &e) ? e.text : "read", want,
		   "a damaged definition says what is wrong");
	}
	unlinkat(dir, "bad", 0);
}

static int count(const struct net_def *d, void *arg)
{
	(void)d;
	++*(int *)arg;
	return 0;
}

static void makes(const struct net_places *p)
{
	struct net_def d = { .name = "lab",
			     .v4 = prefix("198.18.5.0/24"),
			     .v6 = prefix("fd12:3456::/64"),
			     .gateway4 = prefix("198.18.5.254"),
			     .isolated = true,
			     .mtu = 1400 },
		       got,
		       other = { .name = "two",
				 .v4.family = AF_INET,
				 .v6.family = AF_INET6,
				 .nat = true };
	struct err e = { 0 };
	char s[NET_TEXT_SIZE];
	int n = 0;

	ok(!net_def_make(p->state, &d, &e), "a network with given subnets: %s", e.text);
	ok(!net_def_read(p->state, "lab", &got, &e), "is read: %s", e.text);
	ok(!memcmp(&d, &got, sizeof(d)), "as it was made");
	is(net_prefix_text(&got.gateway6, s), "fd12:3456::1", "with a gateway chosen");
	ok(net_def_make(p->state, &d, &e) == -1 && e.code == EEXIST, "not twice");
	is(e.text, "there is a network 'lab' already", "and it says so");
	ok(!net_def_make(p->state, &other, &e), "one with chosen subnets: %s", e.text);
	ok(other.v4.len == 16 && other.v6.len == 64 && other.v6.addr[0] == 0xfd,
	   "which are a /16 and a private /64");
	ok(strlen(other.tag) == 3 && strcmp(other.tag, d.tag), "tags differ");
	ok(net_def_read(p->state, "lap", &got, &e) == -1 && e.code == ENOENT,
	   "no such network");
	is(e.hint, "did you mean 'lab'?", "the nearest name is the hint");
	ok(!net_def_each(p->state, count, &n, &e) && n == 2, "both are listed");
	ok(!net_def_remove(p, "two", false, &e), "one is removed: %s", e.text);
	ok(net_def_remove(p, "two", false, &e) == -1 && e.code == ENOENT, "not twice");
	n = 0;
	ok(!net_def_each(p->state, count, &n, &e) && n == 1, "one is left");
	ok(!net_def_each(-1, count, &n, &e) && n == 1, "no directory is no network");
}

static void refuses(int dir)
{
	static const struct {
		const char *v4, *gateway, *want;
	} bad[] = {
		{ "198.18.5.128/25", "",
		  "'198.18.5.128/25' overlaps network 'lab' "
		  "(198.18.5.0/24)" },
		{ "198.19.0.1/24", "", "'198.19.0.1/24' is an address within a subnet" },
		{ "127.5.0.0/16", "", "'127.5.0.0/16': 127.0.0.0/8 is for loopback" },
		{ "198.19.0.0/31", "",
		  "'198.19.0.0/31': expected a prefix length from 8 to 30" },
		{ "198.19.0.0/24", "198.19.1.1",
		  "gateway '198.19.1.1' is no address of subnet '198.19.0.0/24'" },
		{ "198.19.0.0/24", "fd00::1",
		  "gateway 'fd00::1' is of a family that the network does not have" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct net_def d = { .name = "x", .v4 = prefix(bad[i].v4) };
		struct net_prefix gateway = prefix(bad[i].gateway);
		struct err e = { 0 };

		if (gateway.family == AF_INET)
			d.gateway4 = gateway;
		else
			d.gateway6 = gateway;
		is(net_def_choose(dir, &d, &e) ? e.text : "chosen", bad[i].want,
		   "a subnet or gateway that cannot be");
	}
}

int main(void)
{
	char top[] = "/dev/shm/nook-test-XXXXXX", path[64];
	struct net_places p = { -1, -1 };
	struct err e = { 0 };

	plan(0);
	prefixes();
	if (!mkdtemp(top))
		return 1;
	is_num(net_state_open(top, false, &e), -2, "no directory of networks yet");
	snprintf(path, sizeof(path), "%s/deep/er", top);
	p.state = net_state_open(path, true, &e);
	ok(p.state >= 0, "made with its parents: %s", e.text);
	makes(&p);
	refuses(p.state);
	damaged(p.state);
	fchmod(p.state, 0755);
	ok(net_state_open(path, false, &e) == -1, "one that others can read is refused");
	is(e.hint, "it must be yours and closed to others (mode 0700)", "with a hint");
	unlinkat(p.state, "lab", 0);
	for (int i = 0; i < 3; i++) {
		static const char *const parts[] = { "networks", "er", "deep" };

		snprintf(path, sizeof(path), "%s/deep%s%s", top, i < 2 ? "/er" : "",
			 i < 1 ? "/networks" : "");
		ok(!rmdir(path), "nothing is left in '%s'", parts[i]);
	}
	rmdir(top);
	return done();
}
