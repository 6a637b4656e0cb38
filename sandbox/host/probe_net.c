// SPDX-License-Identifier: GPL-3.0-or-later
/* probe_net.c - what boxes on a network need besides the kernel */
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/probes.h"
#include "host/trial.h"

#define LIBRARY "libnftables.so.1"
#define TUN	"/dev/net/tun"

static bool is_there(struct host *h, const char *dir, const char *below)
{
	struct host_path st;
	char path[512];

	snprintf(path, sizeof(path), "%s%s/" LIBRARY, dir, below);
	return host_stat_follow(h, path, &st);
}

/* The linker's usual places, with those of an architecture's own (Debian's multiarch) */
static bool has_library(struct host *h)
{
	const char *const *names;
	size_t n = host_list(h, "/usr/lib", &names);

	for (size_t i = 0; i < n; i++) {
		char below[300];

		snprintf(below, sizeof(below), "/%s", names[i]);
		if (strstr(names[i], "-linux-") && is_there(h, "/usr/lib", below))
			return true;
	}
	return is_there(h, "/usr/lib", "") || is_there(h, "/usr/lib64", "") ||
	       is_there(h, "/usr/local/lib", "");
}

static int open_netfilter(struct trial *t)
{
	auto_fd s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	(void)t;
	return s < 0 ? -1 : 0;
}

static int open_tun(struct trial *t)
{
	auto_fd tun = open(TUN, O_RDWR | O_CLOEXEC);

	(void)t;
	return tun < 0 ? -1 : 0;
}

static void miss(struct try_found *out, const char *what, const char *fix)
{
	out->verdict = TRY_WEAKER;
	text_addf(&out->found, "%s%s", out->found.len ? "; " : "", what);
	text_addf(&out->fix, "%s%s", out->fix.len ? "; " : "", fix);
}

/* Root's networks need no pasta, and no link of its */
void probe_networks(struct host *h, struct try_found *out)
{
	static const struct trial_step filter[] = { { "nf_tables", open_netfilter },
						    { NULL, NULL } };
	static const struct trial_step tun[] = { { TUN, open_tun }, { NULL, NULL } };
	bool needs_pasta = !host_is_root(h);
	const char *pasta = host_program(h, "pasta");

	if (!probe_steps(h, filter, TRY_WEAKER, out)) {
		text_add(&out->fix, "a kernel with CONFIG_NF_TABLES and CONFIG_NFT_FIB");
		return;
	}
	if (needs_pasta && pasta && !probe_steps(h, tun, TRY_WEAKER, out))
		text_add(&out->fix, "as root: modprobe tun; chmod 666 " TUN);
	if (needs_pasta && !pasta)
		miss(out, "pasta is not installed", "as root: apt-get install passt");
	if (!has_library(h))
		miss(out, LIBRARY " is not installed",
		     "as root: apt-get install libnftables1");
	if (out->verdict == TRY_OK)
		text_add(&out->found,
			 needs_pasta ? "libnftables, pasta and " TUN : "libnftables");
}
