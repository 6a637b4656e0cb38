// SPDX-License-Identifier: GPL-3.0-or-later
/* lease.c - who has which address: a table of slots in a file
 *
 * Theory of operation. Slot i of the file `leases` belongs to the i-th address of the
 * subnet; slot 0, the subnet itself, is the header. A slot with the id of a box in it is
 * taken. Addresses are given out in turn: from the one behind the last, round and round
 * among the first `span` ones, which are twice as many as are taken. So an address rests
 * before it is used again, no table is searched as a whole, and files stay as small as
 * the network is busy.
 *
 * All who write hold a lock on `leases`, and one slot is one write within one page, which
 * nobody sees half of and no signal cuts. The slot is written before the line in the
 * hosts file (hosts.c) and cleared after it. Killed between any two writes, what is left
 * is a taken slot whose box has a record without a keeper: net_lease_drop() clears both.
 * The files are made again after each boot and are never synced.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "netns/inner.h"

#define LEASES	   "leases"
#define MAGIC	   0x6c6b6f6eu /* "nokl" */
#define VERSION	   1
#define SPAN_LEAST 512
#define CHUNK	   64 /* slots that are read at once */

/* A slot, as it lies in the file; @box[0] = 0: free */
struct slot {
	char box[NET_BOX_SIZE];
	char name[NET_NAME_SIZE];
	uint8_t mac[6];
	uint8_t unused[41];
};

struct header {
	uint32_t magic, version;
	uint32_t next; /* the slot that is tried first */
	uint32_t span; /* slots 1 to this one, not including, are used */
	struct net_prefix v4, v6;
	uint8_t unused[76];
};

_Static_assert(sizeof(struct slot) == 128, "slots do not cross pages");
_Static_assert(sizeof(struct header) == sizeof(struct slot), "the header is a slot");

/**
 * struct table - A network's lease file, locked
 * @dir:	<run>/net/NAME
 * @most:	One more than the last slot
 */
struct table {
	int dir, file;
	uint32_t most;
	struct header head;
};

#define auto_table __attribute__((cleanup(table_close))) struct table

static void table_close(struct table *t)
{
	cleanup_fd(&t->file);
	cleanup_fd(&t->dir);
}

/* --- the file ---------------------------------------------------------------------- */

static off_t slot_at(uint32_t n)
{
	return (off_t)n * (off_t)sizeof(struct slot);
}

static int write_slot(const struct table *t, uint32_t n, const void *slot)
{
	ssize_t done = pwrite(t->file, slot, sizeof(struct slot), slot_at(n));

	if (done >= 0 && done != sizeof(struct slot))
		errno = ENOSPC;
	return done == sizeof(struct slot) ? 0 : -1;
}

/* Up to @count slots; what lies behind the end of the file is free. Return: 0, -1 */
static int read_slots(const struct table *t, uint32_t first, size_t count,
		      struct slot *out)
{
	ssize_t n = pread(t->file, out, count * sizeof(*out), slot_at(first));

	if (n < 0)
		return -1;
	memset((char *)out + n, 0, count * sizeof(*out) - (size_t)n);
	return 0;
}

/* The lock, on the file that has the name: who removes a network unlinks it first.
 * Return: descriptor; -1 and errno, ENOENT where there is none and not @make */
static int open_locked(int dir, bool make, int lock)
{
	for (int tries = 0; tries < 16; tries++) {
		int how = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT : 0);
		auto_fd fd = openat(dir, LEASES, how, 0600);
		struct stat st;

		if (fd < 0)
			return -1;
		while (flock(fd, lock) < 0)
			if (errno != EINTR)
				return -1;
		if (!fstat(fd, &st) && st.st_nlink)
			return fd_take(&fd);
	}
	errno = EBUSY;
	return -1;
}

static bool is_header(const struct header *h)
{
	return h->magic == MAGIC && h->version == VERSION && h->span > 1 && h->next &&
	       (h->v4.family || h->v6.family) && net_subnet_can(&h->v4, AF_INET) &&
	       net_subnet_can(&h->v6, AF_INET6);
}

/* Whose leases these are is a part of them: a network that was made anew has others */
static bool is_of(const struct header *h, const struct net_def *d)
{
	return net_prefix_same(&h->v4, &d->v4) && net_prefix_same(&h->v6, &d->v6);
}

static struct header new_header(const struct net_def *d)
{
	uint32_t most = net_slots(d);

	return (struct header){
		.magic = MAGIC,
		.version = VERSION,
		.next = 1,
		.span = most < SPAN_LEAST ? most : SPAN_LEAST,
		.v4 = d->v4,
		.v6 = d->v6,
	};
}

static int read_header(struct table *t)
{
	struct slot raw;

	if (read_slots(t, 0, 1, &raw) < 0)
		return -1;
	memcpy(&t->head, &raw, sizeof(raw));
	return 0;
}

static int say_damaged(const char *name, struct err *e)
{
	err_set(e, "network '%s': its file of leases is damaged", name);
	return err_hint(e, "nook net repair %s, when no box is on it", name);
}

/* Open the table of a definition. Return: 0; -1 and @e; -2 where nobody ever took one */
static int table_open(int run, const struct net_def *d, struct table *t, struct err *e)
{
	*t = (struct table){ .dir = -1, .file = -1, .most = net_slots(d) };
	if (run < 0)
		return -2;
	t->dir = net_dir_open(run, d->name, false);
	if (t->dir >= 0)
		t->file = open_locked(t->dir, false, LOCK_EX);
	if (t->file < 0 && errno == ENOENT)
		return -2;
	if (t->file < 0 || read_header(t) < 0)
		return err_sys(e, "network '%s': cannot read its leases", d->name);
	if (!t->head.magic) /* whoever made it was killed before the first lease */
		return -2;
	if (!is_header(&t->head) || !is_of(&t->head, d) || t->head.span > t->most)
		return say_damaged(d->name, e);
	return 0;
}

/* The same, made where it is missing. The network itself must be there still */
static int table_make(const struct net_places *p, const struct net_def *d,
		      struct table *t, struct err *e)
{
	*t = (struct table){ .dir = net_dir_open(p->run, d->name, true),
			     .file = -1,
			     .most = net_slots(d) };
	if (t->dir >= 0)
		t->file = open_locked(t->dir, true, LOCK_EX);
	if (t->file < 0 || read_header(t) < 0)
		return err_sys(e, "network '%s': cannot open its leases", d->name);
	if (!net_def_exists(p->state, d->name)) {
		err_set(e, "network '%s' was removed meanwhile", d->name);
		return net_code(e, ENOENT);
	}
	if (!t->head.magic) {
		t->head = new_header(d);
		return 0;
	}
	if (!is_header(&t->head) || !is_of(&t->head, d) || t->head.span > t->most)
		return say_damaged(d->name, e);
	return 0;
}

/* --- taking ------------------------------------------------------------------------ */

static bool is_gateway(const struct net_def *d, uint32_t slot)
{
	return net_prefix_index(&d->v4, &d->gateway4) == slot ||
	       net_prefix_index(&d->v6, &d->gateway6) == slot;
}

/* The next free slot in turn. Return: slot, 0 = all are taken, UINT32_MAX and errno */
static uint32_t find_free(struct table *t, const struct net_def *d)
{
	struct header *h = &t->head;
	uint32_t at = h->next < h->span ? h->next : 1, taken = 0, first = 0;
	struct slot chunk[CHUNK];
	size_t have = 0;

	for (uint32_t looked = 0; looked < t->most; looked++, at++) {
		if (taken > h->span / 2 && h->span < t->most) {
			at = h->span;
			h->span = h->span < t->most / 2 ? h->span * 2 : t->most;
			have = taken = 0;
		}
		if (at >= h->span) {
			at = 1;
			have = 0;
		}
		if (at < first || at >= first + have) {
			first = at;
			have = CHUNK;
			if (read_slots(t, first, have, chunk) < 0)
				return UINT32_MAX;
		}
		if (!chunk[at - first].box[0] && !is_gateway(d, at))
			return at;
		taken++;
	}
	return 0;
}

/* Which slot a wanted address is. Return: 0 = none is wanted, -1 and @e */
static int wanted_slot(const struct table *t, const struct net_prefix *net,
		       const struct net_prefix *gateway, const struct net_prefix *want,
		       struct err *e)
{
	uint32_t n = net_prefix_index(net, want);
	char text[NET_TEXT_SIZE], other[NET_TEXT_SIZE];
	struct net_prefix last;

	if (!want->family)
		return 0;
	net_prefix_text(want, text);
	if (!net->family)
		return err_set(e, "address '%s': the network has none of that family",
			       text);
	if (!net_prefix_overlap(net, want))
		return err_set(e, "address '%s' is not in subnet '%s'", text,
			       net_prefix_text(net, other));
	if (net_prefix_same(want, gateway))
		return err_set(e, "address '%s' is the network's gateway", text);
	if (n && n < t->most)
		return (int)n;
	last = net_prefix_nth(net, t->most - 1);
	return err_set(e, "address '%s' is none that boxes have here, the last is '%s'",
		       text, net_prefix_text(&last, other));
}

/* A slot that was asked for. Return: 0; -1 and @e where it is taken */
static int claim_slot(struct table *t, uint32_t slot, const char *address, struct err *e)
{
	struct slot s;

	if (slot >= t->head.span)
		t->head.span = slot + 1;
	if (read_slots(t, slot, 1, &s) < 0)
		return err_sys(e, "address '%s': cannot read the leases", address);
	if (!s.box[0])
		return 0;
	err_set(e, "address '%s' is taken by box '%.*s'", address, NET_BOX_SIZE - 1,
		s.box);
	return net_code(e, EADDRINUSE);
}

/* The slot for what is wanted, or the next one. Return: slot, -1 and @e */
static int choose_slot(struct table *t, const struct net_def *d,
		       const struct net_lease *l, struct err *e)
{
	int n4 = wanted_slot(t, &d->v4, &d->gateway4, &l->v4, e);
	int n6 = n4 < 0 ? -1 : wanted_slot(t, &d->v6, &d->gateway6, &l->v6, e);
	char text[NET_TEXT_SIZE], other[NET_TEXT_SIZE];
	uint32_t slot;

	if (n6 < 0)
		return -1;
	net_prefix_text(n4 ? &l->v4 : &l->v6, text);
	if (n4 && n6 && n4 != n6) {
		struct net_prefix with = net_prefix_nth(&d->v6, (uint32_t)n4);

		return err_set(e, "with address '%s' goes '%s' and no other", text,
			       net_prefix_text(&with, other));
	}
	if (n4 | n6)
		return claim_slot(t, (uint32_t)(n4 | n6), text, e) ? -1 : n4 | n6;
	slot = find_free(t, d);
	if (slot == UINT32_MAX)
		return err_sys(e, "network '%s': cannot read its leases", d->name);
	if (slot)
		return (int)slot;
	err_set(e, "network '%s': all of its addresses are taken", d->name);
	return net_code(e, ENOSPC);
}

/* Whether a box is found by that name. Behind the end of the file nobody has a slot */
static bool is_named(const struct table *t, const char *name)
{
	struct slot chunk[CHUNK];
	ssize_t n;

	for (uint32_t at = 1; at < t->head.span; at += CHUNK) {
		n = pread(t->file, chunk, sizeof(chunk), slot_at(at));
		if (n <= 0)
			return false;
		for (size_t i = 0; i < (size_t)n / sizeof(chunk[0]); i++)
			if (chunk[i].box[0] &&
			    !strncasecmp(chunk[i].name, name, sizeof(chunk[i].name)))
				return true;
	}
	return false;
}

static int make_mac(uint8_t mac[6])
{
	static const uint8_t none[6];

	if (memcmp(mac, none, sizeof(none)))
		return 0;
	if (getrandom(mac, 6, 0) != 6)
		return -1;
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02); /* unicast, locally administered */
	return 0;
}

static void set_addresses(const struct net_def *d, struct net_lease *l)
{
	static const struct net_prefix none;

	l->v4 = d->v4.family ? net_prefix_nth(&d->v4, l->slot) : none;
	l->v6 = d->v6.family ? net_prefix_nth(&d->v6, l->slot) : none;
}

static int store_lease(struct table *t, const struct net_def *d,
		       const struct net_lease *l)
{
	struct slot s = { 0 };

	memcpy(s.box, l->box, sizeof(s.box));
	memcpy(s.name, l->name, sizeof(s.name));
	memcpy(s.mac, l->mac, sizeof(s.mac));
	t->head.next = l->slot + 1;
	/* The header first: without it no slot is found again */
	if (write_slot(t, 0, &t->head) < 0 || write_slot(t, l->slot, &s) < 0)
		return -1;
	return net_hosts_write(t->dir, d, l->slot, l);
}

int net_lease_take(const struct net_places *p, const struct net_def *d,
		   struct net_lease *l, struct err *e)
{
	static const struct slot free_slot;
	const char *why;
	auto_table t;
	int slot;

	/* It becomes a line in a file that others read */
	if (l->name[0] && parse_name(l->name, &why))
		return err_set(e, "name '%s' on network '%s': %s", l->name, d->name, why);
	if (table_make(p, d, &t, e) < 0)
		return -1;
	slot = choose_slot(&t, d, l, e);
	if (slot < 0)
		return -1;
	l->slot = (uint32_t)slot;
	set_addresses(d, l);
	/* Who has a name keeps it: nobody takes it over by being found first */
	if (l->name[0] && is_named(&t, l->name))
		snprintf(l->name, sizeof(l->name), "%s", l->box);
	if (make_mac(l->mac) < 0)
		return err_sys(e, "no random numbers for a hardware address");
	if (store_lease(&t, d, l) < 0) {
		err_sys(e, "network '%s': cannot write its leases", d->name);
		write_slot(&t, l->slot, &free_slot);
		return -1;
	}
	return 0;
}

/* --- giving back ------------------------------------------------------------------- */

/* The line first: a slot that is still taken is found again */
static int clear_slot(const struct table *t, const struct net_def *d, uint32_t slot)
{
	static const struct slot none;

	if (net_hosts_write(t->dir, d, slot, NULL) < 0)
		return -1;
	return write_slot(t, slot, &none);
}

int net_lease_give(int run, const struct net_def *d, const struct net_lease *l)
{
	auto_table t;
	struct slot s;
	int r = table_open(run, d, &t, NULL);

	if (r < 0)
		return r == -2 ? 0 : -1;
	if (!l->slot || l->slot >= t.most || read_slots(&t, l->slot, 1, &s) < 0)
		return -1;
	return strncmp(s.box, l->box, sizeof(s.box)) ? 0 : clear_slot(&t, d, l->slot);
}

/* Clear what @is_dead says is of no box. Return: how many, -1 and errno */
static int sweep(const struct table *t, const struct net_def *d,
		 bool (*is_dead)(const char *box, void *arg), void *arg)
{
	struct slot chunk[CHUNK];
	int count = 0;

	for (uint32_t at = 1; at < t->head.span; at += CHUNK) {
		if (read_slots(t, at, CHUNK, chunk) < 0)
			return -1;
		for (uint32_t i = 0; i < CHUNK && at + i < t->head.span; i++) {
			chunk[i].box[NET_BOX_SIZE - 1] = '\0';
			if (!chunk[i].box[0] || !is_dead(chunk[i].box, arg))
				continue;
			if (clear_slot(t, d, at + i) < 0)
				return -1;
			count++;
		}
	}
	return count;
}

int net_lease_sweep(int run, const struct net_def *d,
		    bool (*is_dead)(const char *box, void *arg), void *arg, struct err *e)
{
	auto_table t;
	int r = table_open(run, d, &t, e);

	if (r < 0)
		return r == -2 ? 0 : -1;
	r = sweep(&t, d, is_dead, arg);
	return r < 0 ? err_sys(e, "network '%s': cannot clear its leases", d->name) : r;
}

static bool is_box(const char *box, void *arg)
{
	return !strcmp(box, arg);
}

/* One network, of which nothing but its header is known: which families its lines have,
 * and how many slots */
int net_lease_drop_in(int run, const char *name, const char *box)
{
	struct net_def d = { 0 };
	auto_table t = { .dir = net_dir_open(run, name, false), .file = -1 };

	if (t.dir >= 0)
		t.file = open_locked(t.dir, false, LOCK_EX);
	if (t.file < 0)
		return errno == ENOENT ? 0 : -1;
	if (read_header(&t) < 0)
		return -1;
	if (!is_header(&t.head))
		return 0; /* damaged: it says of nobody that he has an address */
	d.v4 = t.head.v4;
	d.v6 = t.head.v6;
	t.most = net_slots(&d);
	return t.head.span > t.most || sweep(&t, &d, is_box, (void *)box) < 0 ? -1 : 0;
}

int net_lease_drop(int run, const char *box)
{
	int fd = run < 0 ? -1 : openat(run, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;
	int r = 0;

	while (d && (de = readdir(d)))
		if (!parse_name(de->d_name, NULL))
			r |= net_lease_drop_in(run, de->d_name, box);
	return r;
}

int net_lease_each(int run, const struct net_def *d,
		   int (*each)(const struct net_lease *l, void *arg), void *arg,
		   struct err *e)
{
	auto_free struct slot *all = NULL;
	auto_table t;
	int r = table_open(run, d, &t, e);

	if (r < 0)
		return r == -2 ? 0 : -1;
	all = calloc(t.head.span, sizeof(*all));
	if (!all || read_slots(&t, 0, t.head.span, all) < 0)
		return err_sys(e, "network '%s': cannot read its leases", d->name);
	cleanup_fd(&t.file); /* @each may take its time, or take a lease */
	t.file = -1;
	for (uint32_t i = 1; i < t.head.span && !r; i++) {
		struct net_lease l = { .slot = i };

		if (!all[i].box[0])
			continue;
		snprintf(l.box, sizeof(l.box), "%.*s", NET_BOX_SIZE - 1, all[i].box);
		snprintf(l.name, sizeof(l.name), "%.*s", NET_NAME_SIZE - 1, all[i].name);
		memcpy(l.mac, all[i].mac, sizeof(l.mac));
		set_addresses(d, &l);
		r = each(&l, arg);
	}
	return r;
}

/* --- the end of a network ---------------------------------------------------------- */

static bool is_anybody(const struct table *t)
{
	struct slot chunk[CHUNK];

	for (uint32_t at = 1; is_header(&t->head) && at < t->head.span; at += CHUNK) {
		if (read_slots(t, at, CHUNK, chunk) < 0)
			return true;
		for (size_t i = 0; i < CHUNK; i++)
			if (chunk[i].box[0])
				return true;
	}
	return false;
}

void net_lease_reset(int run, const char *name)
{
	auto_table t = { .dir = net_dir_open(run, name, false), .file = -1 };

	if (t.dir >= 0)
		t.file = open_locked(t.dir, false, LOCK_EX);
	if (t.dir < 0)
		return;
	unlinkat(t.dir, NET_HOSTS, 0);
	unlinkat(t.dir, LEASES, 0);
}

int net_lease_forget(const struct net_places *p, const char *name, bool force)
{
	auto_table t = { .dir = -1, .file = -1 };

	if (p->run >= 0)
		t.dir = net_dir_open(p->run, name, false);
	if (t.dir >= 0) {
		t.file = open_locked(t.dir, true, LOCK_EX);
		if (t.file < 0 || read_header(&t) < 0)
			return -1;
		if (!force && is_anybody(&t)) {
			errno = EBUSY;
			return -1;
		}
	}
	if (unlinkat(p->state, name, 0) < 0)
		return -1;
	if (t.dir < 0)
		return 0;
	unlinkat(t.dir, NET_HOSTS, 0);
	unlinkat(t.dir, LEASES, 0);
	unlinkat(p->run, name, AT_REMOVEDIR);
	return 0;
}

void net_link_name(const struct net_def *d, const char *box, char link[NET_LINK_SIZE])
{
	snprintf(link, NET_LINK_SIZE, NET_LINKS "%.3s%.9s", d->tag, box);
}
