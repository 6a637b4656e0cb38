// SPDX-License-Identifier: GPL-3.0-or-later
/* net_rules.c - the rules of networks as text, against tests/unit/net_rules.golden; after
 * a change UPDATE=1 writes that file anew: read the difference before it is committed */
#include <fcntl.h>
#include <stdlib.h>

#include "base/fdio.h"
#include "base/text.h"
#include "netns/net.h"
#include "tap.h"

#define GOLDEN "tests/unit/net_rules.golden"

static struct net_def define(const char *name, const char *v4, const char *v6)
{
	struct net_def d = { .nat = true };

	snprintf(d.name, sizeof(d.name), "%s", name);
	snprintf(d.tag, sizeof(d.tag), "%.3s", name);
	net_prefix_read(v4, &d.v4);
	net_prefix_read(v6, &d.v6);
	d.gateway4 = net_prefix_nth(&d.v4, 1);
	d.gateway6 = net_prefix_nth(&d.v6, 1);
	return d;
}

static struct net_allow allow(const char *to, uint16_t port)
{
	struct net_allow a = { .port = port };

	net_prefix_read(to, &a.to);
	return a;
}

int main(void)
{
	const struct net_allow list[] = { allow("10.1.2.3/8", 0), allow("192.0.2.7", 443),
					  allow("fd00::/8", 0), allow("fd00::7", 53),
					  { .port = 443, .set = 1 } };
	struct net_found found[] = { { .seconds = 300 }, { .seconds = 1 } };
	struct net_def lab = define("lab", "10.144.0.0/16", "fd12::/64"),
		       six = define("six", "", "fd13::/64"),
		       inner = define("inner", "10.1.2.0/24", "");
	const struct net_def *all[] = { &lab, &six, &inner };
	auto_text want = { 0 }, got = { 0 };

	plan(1);
	six.isolated = true;
	inner.nat = false;
	text_add(&got, "# none\n");
	net_rules_text(all, 0, 0, &got);
	text_add(&got, "# one\n");
	net_rules_text(all, 1, 0, &got);
	text_add(&got, "# three, where nothing else is forwarded\n");
	net_rules_text(all, 3, NET_FORWARD4 | NET_FORWARD6, &got);
	text_add(&got, "# allowed destinations\n");
	net_allow_text(list, sizeof(list) / sizeof(list[0]), &got);
	text_add(&got, "# and what a name of these leads to\n");
	net_prefix_read("192.0.2.8", &found[0].at);
	net_prefix_read("fd00::8", &found[1].at);
	net_allow_set_text(1, found, 2, &got);
	if (getenv("UPDATE")) {
		int fd = open(GOLDEN, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		if (fd < 0 || fd_write_all(fd, got.s, got.len) || close(fd))
			return 1;
	}
	if (file_read(AT_FDCWD, GOLDEN, &want, 1 << 20))
		diag("cannot read " GOLDEN ": run this in the top directory");
	is(text_str(&got), text_str(&want), "rules are those of " GOLDEN);
	return done();
}
