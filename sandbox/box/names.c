// SPDX-License-Identifier: GPL-3.0-or-later
/* names.c - keep the /etc/hosts of a box with lines of its own up to date */
#include "box/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "box/keeper.h"

#define SUFFIX	   ".hosts"
#define NAMES_MOST (16u << 20) /* bytes: 65534 boxes have twelve million */

static void file_name(const char *id, char out[32])
{
	snprintf(out, 32, "%.15s" SUFFIX, id);
}

/* What a box that is on no network has besides its own lines */
static void add_loopback(const struct plan *pl, struct text *out)
{
	text_addf(out,
		  "127.0.0.1 localhost %s\n"
		  "::1 localhost ip6-localhost ip6-loopback\n",
		  plan_text(pl, pl->hostname));
}

/* Lines are as long as before wherever a box came or went, so one write(2) over the old
 * text shows readers nothing that is half of one line and half of another */
static int copy(struct keeper *k, const struct plan *pl)
{
	auto_text all = { 0 };

	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->net.hosts, w));)
		text_addf(&all, "%s\n", plan_text(pl, w->text));
	allow_hosts(k, &all);
	if (k->names.from < 0)
		add_loopback(pl, &all);
	else if (lseek(k->names.from, 0, SEEK_SET) < 0 ||
		 fd_read_all(k->names.from, &all, NAMES_MOST) < 0)
		return -1;
	if (all.failed)
		errno = ENOMEM;
	if (all.failed || pwrite(k->names.to, all.s, all.len, 0) != (ssize_t)all.len)
		return -1;
	return ftruncate(k->names.to, (off_t)all.len);
}

static int open_watch(struct keeper *k, struct err *e)
{
	k->names.watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (k->names.watch >= 0)
		return 0;
	err_sys(e, "net: cannot watch '%s'", k->site.net.hosts);
	return err_hint(e, "an /etc/hosts of its own needs an inotify instance for each "
			   "box: sysctl fs.inotify.max_user_instances");
}

/* The network's file, and news of its changes */
static int follow_network(struct keeper *k, struct err *e)
{
	const char *hosts = k->site.net.hosts;

	k->names.from = open(hosts, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (k->names.from < 0)
		return err_sys(e, "net: cannot open '%s'", hosts);
	k->names.watched = inotify_add_watch(k->names.watch, hosts, IN_MODIFY);
	return k->names.watched < 0 ? err_sys(e, "net: cannot watch '%s'", hosts) : 0;
}

static int make_file(struct keeper *k, struct err *e)
{
	char name[32];

	file_name(k->store.rec.id, name);
	k->names.to = openat(k->store.dir, name,
			     O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	/* Whatever the caller's umask is: boxes of any id read it */
	if (k->names.to < 0 || fchmod(k->names.to, 0644) < 0)
		return err_sys(e, "net: cannot make '%s'", name);
	return copy(k, k->plan) < 0 ? err_sys(e, "net: cannot write '%s'", name) : 0;
}

static int make(struct keeper *k, struct err *e)
{
	if (*k->site.net.hosts && (open_watch(k, e) < 0 || follow_network(k, e) < 0))
		return -1;
	return make_file(k, e);
}

int names_ready(struct keeper *k, struct err *e)
{
	if (k->names.watch < 0 && open_watch(k, e) < 0)
		return -1;
	return k->names.to < 0 ? make_file(k, e) : 0;
}

int names_turn(struct keeper *k, const struct plan *pl, const char *network, int run,
	       struct err *e)
{
	char name[NET_NAME_SIZE + sizeof("/hosts")];
	char *hosts = k->site.net.hosts;

	if (k->names.from >= 0) {
		close(fd_take(&k->names.from));
		inotify_rm_watch(k->names.watch, k->names.watched);
	}
	snprintf(name, sizeof(name), "%s/hosts", network ? network : "");
	if (network && fd_path(run, name, hosts, sizeof(k->site.net.hosts)) < 0)
		return err_sys(e, "net: cannot tell where the names are");
	if (network && follow_network(k, e) < 0)
		return -1;
	return copy(k, pl) < 0 ? err_sys(e, "net: cannot write the names of the box") : 0;
}

int names_path(const char *id, char *out, size_t size, struct err *e)
{
	struct store st = { .dir = -1, .file = -1, .other = -1 };
	char name[32];
	int r;

	if (store_open(&st, e) < 0)
		return -1;
	file_name(id, name);
	r = fd_path(st.dir, name, out, size);
	close(st.dir);
	return r < 0 ? err_sys(e, "cannot tell where the records are") : 0;
}

int names_open(struct keeper *k, struct err *e)
{
	char *out = k->site.net.hosts, name[32];

	if (!layer_net_own_hosts(k->plan))
		return 0;
	if (make(k, e) < 0)
		return -1;
	file_name(k->store.rec.id, name);
	if (fd_path(k->store.dir, name, out, sizeof(k->site.net.hosts)) < 0)
		return err_sys(e, "net: cannot tell where the records are");
	return 0;
}

void names_close(struct keeper *k)
{
	cleanup_fd(&k->names.from);
	cleanup_fd(&k->names.to);
	cleanup_fd(&k->names.watch);
}

int names_poll(const struct keeper *k, struct pollfd *p)
{
	int n = 0;

	if (k->names.watch >= 0)
		p[n++] = (struct pollfd){ .fd = k->names.watch, .events = POLLIN };
	if (k->allow.sock >= 0)
		p[n++] = (struct pollfd){ .fd = k->allow.sock, .events = POLLIN };
	return n;
}

/* What fails now is tried again with the next change */
void names_step(struct keeper *k, const struct pollfd *p, int n)
{
	char events[4096] __attribute__((aligned(8)));
	bool any = false;

	for (int i = 0; i < n; i++) {
		if (!p[i].revents)
			continue;
		if (p[i].fd == k->allow.sock)
			any |= allow_step(k);
		else
			any = true;
	}
	if (!any)
		return;
	while (k->names.watch >= 0 && read(k->names.watch, events, sizeof(events)) > 0)
		;
	copy(k, k->plan);
}

int names_remove(int store, const char *id)
{
	char name[32];

	file_name(id, name);
	return unlinkat(store, name, 0) < 0 && errno != ENOENT ? -1 : 0;
}
