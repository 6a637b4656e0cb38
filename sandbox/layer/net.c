// SPDX-License-Identifier: GPL-3.0-or-later
/* net.c - network of its own with nothing but lo, or the host's; namespaced sysctls */
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
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

/* Keys of the modes that come with networks */
static const enum field later[] = {
	FIELD_network_name,    FIELD_network_address, FIELD_network_mac,
	FIELD_network_publish, FIELD_network_allow,   FIELD_network_dns,
	FIELD_network_hosts,   FIELD_network_rate,    FIELD_network_rate_in,
	FIELD_network_rate_out, FIELD_network_join,
};

static int refuse_later(const struct profile *pf, struct err *e)
{
	char where[ORIGIN_SIZE];

	if (pf->network.mode != NET_NONE && pf->network.mode != NET_HOST) {
		err_set(e, "'network.mode' (%s): this mode is not on this build yet",
			origin_text(pf, FIELD_network_mode, where));
		return err_hint(e, "none (only lo) and host are");
	}
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (profile_is_set(pf, later[i])) {
			err_set(e, "'%s' (%s) is not on this build yet",
				field_name(later[i]), origin_text(pf, later[i], where));
			return err_hint(e, "leave '%s' out", field_name(later[i]));
		}
	return 0;
}

/* Which namespace a sysctl belongs to decides whether the
 * box may have a value of its own */
static int plan_sysctls(const struct profile *pf, struct plan *pl, struct err *e)
{
	static const struct {
		const char *prefix;
		uint32_t ns;
		const char *name;
	} owners[] = {
		{ "net.", NS_NET, "net" },
		{ "kernel.shm", NS_IPC, "ipc" },
		{ "kernel.msg", NS_IPC, "ipc" },
		{ "kernel.sem", NS_IPC, "ipc" },
		{ "fs.mqueue.", NS_IPC, "ipc" },
		{ "kernel.hostname", NS_UTS, "uts" },
		{ "kernel.domainname", NS_UTS, "uts" },
	};
	char where[ORIGIN_SIZE];

	for (size_t i = 0; i < pf->sysctls.count; i++) {
		const struct item *it = &pf->sysctls.v[i];
		struct plan_sysctl *sc;
		size_t o = 0;

		if (!it->text)
			continue;
		while (o < ARRAY_SIZE(owners) &&
		       strncmp(it->key, owners[o].prefix, strlen(owners[o].prefix)))
			o++;
		origin_format(&it->at, where);
		if (o == ARRAY_SIZE(owners))
			return err_set(
				e, "sysctl '%s' (%s) belongs to no namespace of a box",
				it->key, where);
		if (!(pf->namespaces & owners[o].ns) ||
		    (owners[o].ns == NS_NET && pf->network.mode == NET_HOST))
			return err_set(e,
				       "sysctl '%s' (%s) needs a %s namespace of its own",
				       it->key, where, owners[o].name);
		sc = plan_append(pl, &pl->net.sysctls, sizeof(*sc));
		sc->key = plan_put(pl, it->key);
		sc->value = plan_put(pl, it->text);
		plan_fact(pl, "net", it->key, where, "%s", it->text);
	}
	return 0;
}

static int net_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	char where[ORIGIN_SIZE];

	(void)h;
	if (refuse_later(pf, e) < 0)
		return -1;
	pl->net.mode = pf->network.mode == NET_HOST || !(pf->namespaces & NS_NET);
	if (!pl->net.mode) {
		pl->clone_flags |= CLONE_NEWNET;
		pl->net.lo_up = 1;
	} else if (pf->network.mode != NET_HOST) {
		plan_say(pl, "net", FACT_WARNING, "namespaces",
			 "no net namespace: the box shares the host's network");
	}
	plan_fact(pl, "net", "network.mode", origin_text(pf, FIELD_network_mode, where),
		  "%s", pl->net.mode ? "host" : "none");
	return plan_sysctls(pf, pl, e);
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
	(void)s;
	if (pl->net.lo_up && bring_lo_up(e) < 0)
		return -1;
	return write_sysctls(pl, e);
}

static void net_explain(const struct plan *pl, struct text *out)
{
	if (pl->net.mode)
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
