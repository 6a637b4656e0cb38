// SPDX-License-Identifier: GPL-3.0-or-later
/* net.c - any bytes as the definition of a network, or as its table of leases
 *
 * The first byte chooses. A definition is refused with a reason, or it is one that links
 * and rules can be made of. A table is refused, or addresses are given out of it, each
 * within the subnet, and what a box took is found and given back by its id.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "netns/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int what)
{
	if (!what)
		abort();
}

static void definition(const char *text)
{
	auto_text rules = { 0 };
	struct err e = { 0 };
	struct net_def d;
	const struct net_def *all[] = { &d };

	if (net_def_parse("lab", text, &d, &e) < 0) {
		need(e.text[0] && memchr(e.text, '\0', sizeof(e.text)));
		return;
	}
	need(strlen(d.tag) == 3 && (d.v4.family || d.v6.family));
	need(!d.v4.family || net_prefix_overlap(&d.v4, &d.gateway4));
	need(!d.v6.family || net_prefix_overlap(&d.v6, &d.gateway6));
	net_rules_text(all, 1, 0, &rules);
}

static char path[] = "build/fuzz/net-XXXXXX";

static void clean(void)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	unlinkat(dir, "networks/lab", 0);
	unlinkat(dir, "networks", AT_REMOVEDIR);
	unlinkat(dir, "net/lab/hosts", 0);
	unlinkat(dir, "net/lab/leases", 0);
	unlinkat(dir, "net/lab", AT_REMOVEDIR);
	unlinkat(dir, "net", AT_REMOVEDIR);
	close(dir);
	rmdir(path);
}

static const struct net_places *places(void)
{
	static struct net_places p = { -1, -1 };
	struct err e;
	int fd;

	if (p.run >= 0)
		return &p;
	need(mkdtemp(path) && !atexit(clean));
	p.state = net_state_open(path, true, &e);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p.run = net_run_open(fd, true, &e);
	close(fd);
	need(p.state >= 0 && p.run >= 0 && !mkdirat(p.run, "lab", 0700));
	fd = openat(p.state, "lab", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	return &p;
}

static int is_its(const struct net_lease *l, void *box)
{
	return !strcmp(l->box, box);
}

static void leases(const uint8_t *data, size_t size)
{
	struct net_def d = { .name = "lab", .tag = "lab" };
	struct net_lease l = { .box = "zzzzzzzzzzzz", .name = "me" };
	const struct net_places *p = places();
	int fd = openat(p->run, "lab/leases", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0600);
	struct err e = { 0 };

	need(fd >= 0 && !fd_write_all(fd, data, size));
	close(fd);
	net_prefix_read("10.0.0.0/22", &d.v4);
	d.gateway4 = net_prefix_nth(&d.v4, 1);
	if (net_lease_take(p, &d, &l, &e) < 0) {
		need(e.text[0] != '\0');
	} else {
		need(net_prefix_overlap(&d.v4, &l.v4));
		need(!net_prefix_same(&d.gateway4, &l.v4));
		need(net_lease_each(p->run, &d, is_its, l.box, &e) == 1);
	}
	need(!net_lease_drop(p->run, l.box) ||
	     net_lease_each(p->run, &d, is_its, l.box, &e) < 0);
	need(net_lease_each(p->run, &d, is_its, l.box, &e) <= 0);
	/* It is as long as the highest slot of this table: the next one has its own */
	unlinkat(p->run, "lab/hosts", 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	if (*data % 2) {
		leases(data + 1, size - 1);
		return 0;
	}
	text = calloc(1, size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	definition(text);
	free(text);
	return 0;
}
