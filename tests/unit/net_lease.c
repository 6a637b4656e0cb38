// SPDX-License-Identifier: GPL-3.0-or-later
/* net_lease.c - leases: in turn, given back, found again, damaged; the hosts file */
/* checks: NE-09 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

static struct net_lease lease(int n)
{
	struct net_lease l = { 0 };

	snprintf(l.box, sizeof(l.box), "box%09d", n);
	snprintf(l.name, sizeof(l.name), "n%d", n);
	return l;
}

static const char *hosts(const struct net_places *p, const char *name, struct text *t)
{
	char path[128];

	text_cut(t, 0);
	snprintf(path, sizeof(path), "%s/hosts", name);
	return file_read(p->run, path, t, 1 << 24) < 0 ? "" : text_str(t);
}

/* The line with @what in it, without the blanks behind */
static const char *line_of(const char *text, const char *what, char *out, size_t size)
{
	const char *at = strstr(text, what);
	size_t len = 0;

	out[0] = '\0';
	while (at && at > text && at[-1] != '\n')
		at--;
	if (at)
		len = strcspn(at, "\n");
	while (len && at[len - 1] == ' ')
		len--;
	snprintf(out, size, "%.*s", (int)len, at ? at : "");
	return out;
}

static int count(const struct net_lease *l, void *arg)
{
	(void)l;
	++*(int *)arg;
	return 0;
}

static int leases(const struct net_places *p, const struct net_def *d)
{
	struct err e = { 0 };
	int n = 0;

	return net_lease_each(p->run, d, count, &n, &e) ? -1 : n;
}

static void turns(const struct net_places *p, const struct net_def *d)
{
	struct net_lease a = lease(1), b = lease(2), c = lease(3);
	char s[NET_TEXT_SIZE], line[128];
	auto_text t = { 0 };
	struct err e = { 0 };

	is_num(leases(p, d), 0, "nobody has one");
	ok(!net_lease_take(p, d, &a, &e), "the first: %s", e.text);
	is(net_prefix_text(&a.v4, s), "198.18.0.2", "is the one behind the gateway");
	is(net_prefix_text(&a.v6, s), "fd12::2", "in IPv6 too");
	ok((a.mac[0] & 3) == 2, "its mac is locally administered and of one");
	ok(!net_lease_take(p, d, &b, &e) && b.slot == 3, "the second");
	is(line_of(hosts(p, d->name, &t), "198.18.0.2", line, sizeof(line)),
	   "198.18.0.2 n1", "the first has its line");
	is(line_of(text_str(&t), "fd12::3", line, sizeof(line)), "fd12::3 n2",
	   "and the second its other one");
	ok(!net_lease_give(p->run, d, &a), "the first is given back");
	is(line_of(hosts(p, d->name, &t), "n1", line, sizeof(line)), "",
	   "and its line is gone");
	ok(!net_lease_take(p, d, &c, &e) && c.slot == 4, "the third is not the first");
	ok(!net_lease_give(p->run, d, &a) && leases(p, d) == 2,
	   "what was given back is not given back again");
	ok(!net_lease_drop(p->run, b.box) && leases(p, d) == 1,
	   "one is found again by the id of its box");
	ok(!net_lease_drop(p->run, c.box) && !leases(p, d), "the other too");
	ok(!net_lease_drop(-1, "x"), "no directory, no lease");
}

static void wanted(const struct net_places *p, const struct net_def *d)
{
	static const struct {
		const char *v4, *v6, *want;
	} bad[] = {
		{ "198.18.0.9", "",
		  "address '198.18.0.9' is taken by box 'box000000001'" },
		{ "198.18.0.1", "", "address '198.18.0.1' is the network's gateway" },
		{ "198.18.40.0", "",
		  "address '198.18.40.0' is none that boxes have here, "
		  "the last is '198.18.31.255'" },
		{ "198.18.0.0", "",
		  "address '198.18.0.0' is none that boxes have here, "
		  "the last is '198.18.31.255'" },
		{ "10.0.0.1", "", "address '10.0.0.1' is not in subnet '198.18.0.0/16'" },
		{ "198.18.0.5", "fd12::6",
		  "with address '198.18.0.5' goes 'fd12::5' and no other" },
	};
	struct net_lease l = lease(1);
	struct err e = { 0 };
	uint8_t mac[6];

	l.v4 = prefix("198.18.0.9");
	ok(!net_mac_read("02:00:00:00:00:2A", l.mac), "a mac is read");
	memcpy(mac, l.mac, sizeof(mac));
	ok(!net_lease_take(p, d, &l, &e), "an address that was asked for: %s", e.text);
	ok(l.slot == 9 && !memcmp(mac, l.mac, 6), "is given, with the mac");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct net_lease x = lease(7);

		x.v4 = prefix(bad[i].v4);
		x.v6 = prefix(bad[i].v6);
		is(net_lease_take(p, d, &x, &e) ? e.text : "taken", bad[i].want,
		   "an address that cannot be");
	}
	net_lease_drop(p->run, l.box);
}

/* Who comes second is found by its id, and takes the name over from nobody */
static void named(const struct net_places *p, const struct net_def *d)
{
	struct net_lease a = lease(1), b = lease(2), c = lease(3);
	char line[128], want[64], s[NET_TEXT_SIZE];
	auto_text t = { 0 };
	struct err e = { 0 };

	snprintf(b.name, sizeof(b.name), "N1");
	snprintf(c.name, sizeof(c.name), "n1");
	ok(!net_lease_take(p, d, &a, &e) && !net_lease_take(p, d, &b, &e),
	   "two of one name: %s", e.text);
	is(a.name, "n1", "the first has it");
	is(b.name, b.box, "the second has its id");
	snprintf(want, sizeof(want), "%s %s", net_prefix_text(&b.v4, s), b.box);
	is(line_of(hosts(p, d->name, &t), want, line, sizeof(line)), want,
	   "and is found by that");
	net_lease_give(p->run, d, &a);
	ok(!net_lease_take(p, d, &c, &e) && !strcmp(c.name, "n1"),
	   "a name that was given back is anybody's");
	net_lease_give(p->run, d, &b);
	net_lease_give(p->run, d, &c);
}

static bool is_odd(const char *box, void *arg)
{
	(void)arg;
	return (box[strlen(box) - 1] - '0') % 2;
}

/* As many as the network has, then none; the files grow with them and no more */
static void thousand(const struct net_places *p, const struct net_def *d)
{
	struct err e = { 0 };
	auto_text t = { 0 };
	char line[128];
	bool good = true;

	for (int i = 0; i < 1000; i++) {
		struct net_lease l = lease(i);

		good = good && !net_lease_take(p, d, &l, &e);
	}
	ok(good && leases(p, d) == 1000, "a thousand leases: %s", e.text);
	line_of(hosts(p, d->name, &t), " n999 ", line, sizeof(line));
	is(strrchr(line, ' '), " n999", "the last has its line");
	ok(t.len < 2200 * (81 + 111), "the hosts file is of twice as many: %zu", t.len);
	ok(strlen(text_str(&t)) == t.len, "without a hole");
	is_num(net_lease_sweep(p->run, d, is_odd, NULL, &e), 500,
	       "half of them are dead");
	is_num(leases(p, d), 500, "the others stay");
	for (int i = 0; i < 1000; i++) {
		struct net_lease l = lease(i);

		net_lease_drop(p->run, l.box);
	}
	is_num(leases(p, d), 0, "all are gone");
}

static void small(const struct net_places *p)
{
	struct net_def d = { .name = "small", .v4 = prefix("198.19.0.0/29") };
	struct err e = { 0 };
	struct net_lease l;

	ok(!net_def_make(p->state, &d, &e), "a network of 8: %s", e.text);
	for (int i = 0; i < 5; i++) {
		l = lease(i);
		ok(!net_lease_take(p, &d, &l, &e), "box %d of 5: %s", i + 1, e.text);
	}
	l = lease(9);
	ok(net_lease_take(p, &d, &l, &e) == -1 && e.code == ENOSPC, "no sixth");
	is(e.text, "network 'small': all of its addresses are taken", "it says so");
	ok(net_def_remove(p, "small", false, &e) == -1 && e.code == EBUSY,
	   "a network in use is not removed");
	is(e.text, "network 'small' is in use", "it says so");
	ok(!net_def_remove(p, "small", true, &e), "unless it must be: %s", e.text);
	ok(net_lease_take(p, &d, &l, &e) == -1 && e.code == ENOENT,
	   "a removed network has no leases");
	is(e.text, "network 'small' was removed meanwhile", "it says so");
	unlinkat(p->run, "small/leases", 0);
	unlinkat(p->run, "small", AT_REMOVEDIR);
}

static void damaged(const struct net_places *p, const struct net_def *d)
{
	struct net_lease l = lease(1);
	struct err e = { 0 };
	int dir = openat(p->run, d->name, O_RDONLY | O_DIRECTORY);
	int fd = openat(dir, "leases", O_WRONLY);
	struct net_def other = *d;

	other.v4 = prefix("10.9.0.0/16");
	ok(net_lease_take(p, &other, &l, &e) == -1, "leases of another subnet");
	is(e.text, "network 'lab': its file of leases is damaged", "are refused");
	ok(pwrite(fd, "XXXX", 4, 0) == 4, "the header is written over");
	ok(net_lease_take(p, d, &l, &e) == -1, "then nothing is taken");
	is(e.hint, "nook net repair lab, when no box is on it", "and there is a way out");
	ok(leases(p, d) == -1, "nor listed");
	ok(!net_lease_drop(p->run, "x"), "a box that ends is not held up by it");
	close(fd);
	close(dir);
	unlinkat(p->run, "lab/leases", 0);
	ok(!net_lease_take(p, d, &l, &e), "without the file it begins anew: %s", e.text);
	net_lease_drop(p->run, l.box);
}

/* Takes and gives back until it is killed */
static void churn(const struct net_places *p, const struct net_def *d)
{
	for (int k = 0;; k = (k + 1) % 8) {
		struct net_lease l = lease(k);
		struct err e;

		if (net_lease_take(p, d, &l, &e) ||
		    (k % 2 && net_lease_give(p->run, d, &l)))
			_exit(1);
	}
}

/* Killed at any moment: what it held is found by the ids, and nothing else is lost */
static void killed(const struct net_places *p, const struct net_def *d)
{
	struct net_lease keep = lease(500);
	struct err e = { 0 };
	bool good = true;

	net_lease_take(p, d, &keep, &e);
	for (int i = 0; i < 60; i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			churn(p, d);
		usleep(1000u + (unsigned int)i * 37);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		good = good && WIFSIGNALED(status);
		for (int k = 0; k < 8; k++) {
			struct net_lease l = lease(k);

			good = good && !net_lease_drop(p->run, l.box);
		}
		good = good && leases(p, d) == 1;
	}
	ok(good, "killed sixty times, only what was not its own is left");
	net_lease_drop(p->run, keep.box);
}

int main(void)
{
	char top[] = "/dev/shm/nook-test-XXXXXX";
	struct net_def d = { .name = "lab",
			     .v4 = prefix("198.18.0.0/16"),
			     .v6 = prefix("fd12::/64") };
	struct net_places p;
	struct err e = { 0 };
	struct stat st;
	int dir;

	plan(0);
	if (!mkdtemp(top))
		return 1;
	dir = open(top, O_RDONLY | O_DIRECTORY);
	p = (struct net_places){ net_state_open(top, true, &e),
				 net_run_open(dir, true, &e) };
	ok(!net_def_make(p.state, &d, &e), "a network: %s", e.text);
	turns(&p, &d);
	wanted(&p, &d);
	named(&p, &d);
	thousand(&p, &d);
	small(&p);
	damaged(&p, &d);
	killed(&p, &d);
	ok(!fstatat(p.run, "lab/hosts", &st, 0) && (st.st_mode & 0777) == 0644,
	   "boxes of any uid can read the hosts file");
	ok(!net_def_remove(&p, "lab", false, &e), "removed: %s", e.text);
	ok(fstatat(p.run, "lab", &st, 0) == -1, "with all of its files");
	unlinkat(dir, "net", AT_REMOVEDIR);
	unlinkat(dir, "networks", AT_REMOVEDIR);
	ok(!rmdir(top), "nothing is left");
	return done();
}
