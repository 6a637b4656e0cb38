// SPDX-License-Identifier: GPL-3.0-or-later
/* net.c - links, addresses and ports: the layer; lo and namespaced sysctls */
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "layer/net.h"
#include "layer/script.h"

static int net_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	if (net_plan_mode(pf, h, pl, e) < 0)
		return -1;
	return net_plan_sysctls(pf, pl, e);
}

static int bring_lo_up(struct err *e)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	auto_fd s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return err_sys(e, "cannot open a socket to bring 'lo' up");
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(s, SIOCSIFFLAGS, &ifr) < 0)
		return err_sys(e, "cannot bring 'lo' up");
	return 0;
}

/* Through the descriptor of a proc that no tree can fake, where there is one already */
static int write_sysctls(const struct plan *pl, struct err *e)
{
	auto_fd dir = -1;

	if (!pl->net.sysctls.count)
		return 0;
	dir = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "cannot open '/proc/sys'");
	for (const struct plan_sysctl *sc = NULL;
	     (sc = plan_each(pl, &pl->net.sysctls, sc));) {
		char path[256];
		const char *key = plan_text(pl, sc->key);

		if (strlen(key) >= sizeof(path))
			return err_set(e, "sysctl name '%s' is too long", key);
		for (size_t i = 0; i <= strlen(key); i++)
			path[i] = key[i] == '.' ? '/' : key[i];
		if (file_write(dir, path, plan_text(pl, sc->value)) < 0)
			return err_sys(e, "cannot set sysctl '%s' to '%s'", key,
				       plan_text(pl, sc->value));
	}
	return 0;
}

static int net_box(const struct plan *pl, struct site *s, struct err *e)
{
	if (pl->net.lo_up && bring_lo_up(e) < 0)
		return -1;
	(void)s;
	return write_sysctls(pl, e);
}

static void net_explain(const struct plan *pl, struct text *out)
{
	if (pl->net.mode != PLAN_NET_NONE)
		return;
	text_add(out, "clone3(CLONE_NEWNET), ioctl(SIOCSIFFLAGS): only 'lo' exists, and "
		      "it is up; "
		      "there is no way out, and on its localhost nobody of this machine "
		      "listens.\n"
		      "  $ unshare --net sh -c 'ip link set lo up; exec COMMAND'\n");
	for (const struct plan_sysctl *sc = NULL;
	     (sc = plan_each(pl, &pl->net.sysctls, sc));)
		text_addf(out, "  $ sysctl -w %s=%s\n", plan_text(pl, sc->key),
			  plan_text(pl, sc->value));
}

static void net_script(const struct plan *pl, struct script *sc)
{
	if (pl->clone_flags & CLONE_NEWNET)
		script_words(sc, SCRIPT_UNSHARE, "--net");
	if (pl->net.lo_up)
		script_command(sc, SCRIPT_INSIDE, "ip", "link", "set", "lo", "up", NULL);
	for (const struct plan_sysctl *k = NULL;
	     (k = plan_each(pl, &pl->net.sysctls, k));) {
		auto_text word = { 0 };

		text_addf(&word, "%s=%s", plan_text(pl, k->key), plan_text(pl, k->value));
		script_command(sc, SCRIPT_INSIDE, "sysctl", "-qw", text_str(&word), NULL);
	}
}

const struct layer layer_net = {
	.name = "net",
	.isolates = "links, addresses, routes, ports, firewall rules, abstract sockets",
	.without = "the box uses this machine's links, addresses and ports, can talk to "
		   "services that listen on localhost, and to abstract unix sockets",
	.plan = net_plan,
	.apply[SIDE_BOX] = net_box,
	.explain = net_explain,
	.script = net_script,
};
