// SPDX-License-Identifier: GPL-3.0-or-later
/* net_words.c - the network of a box in words: system calls, ip(8), nft(8), a script */
#include <sched.h>
#include <string.h>

#include "base/text.h"
#include "layer/net.h"
#include "layer/script.h"
#include "netns/net.h"

/* Each line of @rules as part of the command before it */
static void add_rules(const struct net_def *d, struct text *out)
{
	auto_text rules = { 0 };

	net_rules_text(&d, 1, 0, &rules);
	text_add(out, "  $ nft -f - <<'END'\n");
	text_add(out, text_str(&rules));
	text_add(out, "END\n");
}

static void add_neighbour(const char *address, const char *mac, struct text *out)
{
	text_addf(out, "  $ ip neighbour replace %s lladdr %s dev LINK nud permanent\n",
		  address, mac);
}

static void add_v4(const char *gateway, const char *address, struct text *out)
{
	text_addf(out,
		  "  $ ip address add %s/32 dev LINK noprefixroute\n"
		  "  $ ip route replace %s dev LINK\n"
		  "  $ ip -netns BOX address add %s peer %s/32 dev eth0\n"
		  "  $ ip -netns BOX route add default via %s\n",
		  gateway, address, address, gateway, gateway);
}

static void add_v6(const char *gateway, const char *address, struct text *out)
{
	text_addf(out,
		  "  $ ip -6 address add %s/128 dev LINK nodad noprefixroute\n"
		  "  $ ip -6 route replace %s dev LINK\n"
		  "  $ ip -6 -netns BOX address add %s/128 dev eth0 nodad\n"
		  "  $ ip -6 -netns BOX route add %s dev eth0\n"
		  "  $ ip -6 -netns BOX route add default via %s\n",
		  gateway, address, address, gateway, gateway);
}

static void add_rate(uint64_t bits, const char *how, struct text *out)
{
	if (bits)
		text_addf(out,
			  "  $ tc %s root tbf rate %llubit burst 64kb latency 50ms\n",
			  how, (unsigned long long)bits);
}

static const char *wanted(const struct plan *pl, plan_ref ref, const char *otherwise)
{
	return ref ? plan_text(pl, ref) : otherwise;
}

/* What a person types for the same; LINK, BOX and ADDRESS are known once it runs */
static void add_commands(const struct plan *pl, const struct net_def *d, struct text *out)
{
	const char *v4 = wanted(pl, pl->net.address4, "ADDRESS");
	const char *v6 = wanted(pl, pl->net.address6, "ADDRESS6");
	const char *mac = wanted(pl, pl->net.mac, "MAC");
	char gateway4[NET_TEXT_SIZE], gateway6[NET_TEXT_SIZE];

	net_prefix_text(&d->gateway4, gateway4);
	net_prefix_text(&d->gateway6, gateway6);
	text_addf(out, "  $ ip link add LINK type veth peer name eth0 netns BOX%s%s\n",
		  pl->net.mac ? " address " : "", plan_text(pl, pl->net.mac));
	add_rate(pl->net.rate_in, "qdisc add dev LINK", out);
	add_rate(pl->net.rate_out, "-netns BOX qdisc add dev eth0", out);
	text_add(out, "  $ sysctl -w net.ipv4.conf.LINK.{rp_filter=1,arp_ignore=1,"
		      "arp_announce=2}\n"
		      "  $ ip link set LINK addrgenmode none up\n"
		      "  $ ip -netns BOX link set lo up\n"
		      "  $ ip -netns BOX link set eth0 addrgenmode none up\n");
	if (*gateway4) {
		add_v4(gateway4, v4, out);
		add_neighbour(v4, mac, out);
	}
	if (*gateway6) {
		add_v6(gateway6, v6, out);
		add_neighbour(v6, mac, out);
	}
	text_add(out, "  $ ip netns exec BOX sysctl -w "
		      "net.ipv4.ip_unprivileged_port_start=0 "
		      "'net.ipv4.ping_group_range=0 2147483647'\n");
}

/* What listens on the host, and where that leads */
static void add_ports(const struct plan *pl, struct text *out)
{
	for (const struct plan_publish *p = NULL;
	     (p = plan_each(pl, &pl->net.publish, p));) {
		const char *at = plan_text(pl, p->address);
		const char *kind = p->udp ? "UDP" : "TCP";

		text_addf(out,
			  "socket(2), splice(2): a process beside the box listens on %s "
			  "port %u of %s and copies to its port %u.\n"
			  "  $ socat %s-LISTEN:%u,fork%s%s %s:ADDRESS:%u\n",
			  kind, p->host_port, *at ? at : "every address of this machine",
			  p->box_port, kind, p->host_port, *at ? ",bind=" : "", at, kind,
			  p->box_port);
	}
}

static void explain_veth(const struct plan *pl, struct text *out)
{
	char subnet[NET_TEXT_SIZE], subnet6[NET_TEXT_SIZE];
	struct net_def d;

	text_addf(
		out,
		"clone3(CLONE_NEWNET), rtnetlink(7): a pair of links, one end is 'eth0' "
		"in the box, the other is with the router%s, which has a route to the "
		"box's address; lo is up.\n",
		pl->net.router == PLAN_ROUTER_HOST ? ", this machine" : "");
	if (pl->net.router == PLAN_ROUTER_USER)
		text_add(
			out,
			"The router is a user and network namespace of yours, above the "
			"box's: both ends belong to it, so nothing in the box can change "
			"them. pasta(1) links it to this machine's network while a box "
			"is on one of your networks.\n");
	add_ports(pl, out);
	if (net_veth_definition(pl, &d, NULL) != 0) {
		text_addf(out, "Network '%s' is made when the first box starts.\n",
			  plan_text(pl, pl->net.network));
		return;
	}
	net_prefix_text(&d.v4, subnet);
	net_prefix_text(&d.v6, subnet6);
	text_addf(out, "Network '%s': %s%s%s, %s; its boxes %s each other.\n", d.name,
		  subnet, *subnet && *subnet6 ? ", " : "", subnet6,
		  d.nat ? "with NAT to the world" : "with no way to the world",
		  d.isolated ? "do not reach" : "reach");
	add_commands(pl, &d, out);
	text_addf(out,
		  "Once for all boxes, where it is not there: links of this network "
		  "are named '" NET_LINKS "%s...'\n",
		  d.tag);
	add_rules(&d, out);
}

static void explain_user(const struct plan *pl, struct text *out)
{
	net_user_explain(pl, out);
	add_ports(pl, out);
}

/* A name is a box's; its keeper has the namespace open */
static void explain_join(const struct plan *pl, struct text *out)
{
	const char *join = plan_text(pl, pl->net.join);

	text_add(out, "setns(CLONE_NEWNET): the links, addresses and ports of ");
	text_add(out, strchr(join, '/') ? "'" : "box '");
	text_safe(out, join);
	text_add(out, "', which it shares with all who are in there.\n");
	if (pl->clone_flags & CLONE_NEWUSER)
		text_add(out, "Without root the user namespace that owns them is joined "
			      "first, and the box's is made below it.\n");
	text_add(out, pl->clone_flags & CLONE_NEWUSER
			      ? "  $ nsenter --user=/proc/PID/ns/user --net="
			      : "  $ nsenter --net=");
	text_shell(out, strchr(join, '/') ? join : "/proc/PID/ns/net");
	text_add(out, " COMMAND\n");
}

void net_explain(const struct plan *pl, struct text *out)
{
	if (pl->net.mode == PLAN_NET_HOST)
		return;
	if (pl->net.mode == PLAN_NET_VETH)
		explain_veth(pl, out);
	else if (pl->net.mode == PLAN_NET_JOIN)
		explain_join(pl, out);
	else if (pl->net.mode == PLAN_NET_USER)
		explain_user(pl, out);
	else
		text_add(out,
			 "clone3(CLONE_NEWNET), ioctl(SIOCSIFFLAGS): only 'lo' exists, "
			 "and "
			 "it is up; "
			 "there is no way out, and on its localhost nobody of this "
			 "machine "
			 "listens.\n"
			 "  $ unshare --net sh -c 'ip link set lo up; exec COMMAND'\n");
	net_allow_explain(pl, out);
	for (const struct plan_sysctl *sc = NULL;
	     (sc = plan_each(pl, &pl->net.sysctls, sc));)
		text_addf(out, "  $ sysctl -w %s=%s\n", plan_text(pl, sc->key),
			  plan_text(pl, sc->value));
}

/* Who starts pasta: root's script, or pasta the box */
static bool is_below_pasta(const struct plan *pl)
{
	return pl->net.mode == PLAN_NET_USER && pl->clone_flags & CLONE_NEWUSER &&
	       script_net_can_below(pl);
}

static void script_join(const struct plan *pl, struct script *sc)
{
	const char *join = plan_text(pl, pl->net.join);
	auto_text word = { 0 };

	if (!strchr(join, '/')) {
		script_line(sc, SCRIPT_NOTE,
			    "the network of the box '%s': here it is this machine's",
			    join);
		return;
	}
	text_shell(&word, join);
	script_words(sc, SCRIPT_ENTER, "nsenter --net=%s", text_str(&word));
}

static void script_sysctls(const struct plan *pl, struct script *sc)
{
	for (const struct plan_sysctl *k = NULL;
	     (k = plan_each(pl, &pl->net.sysctls, k));) {
		auto_text word = { 0 };

		if (is_below_pasta(pl) && !strncmp(plan_text(pl, k->key), "net.", 4))
			continue;
		text_addf(&word, "%s=%s", plan_text(pl, k->key), plan_text(pl, k->value));
		script_command(sc, SCRIPT_INSIDE, "sysctl", "-qw", text_str(&word), NULL);
	}
}

void net_script(const struct plan *pl, struct script *sc)
{
	bool is_user = pl->net.mode == PLAN_NET_USER;

	if (pl->net.mode == PLAN_NET_VETH) {
		script_net_veth(pl, sc);
	} else if (is_below_pasta(pl)) {
		script_net_below(pl, sc);
	} else if (is_user && !(pl->clone_flags & CLONE_NEWUSER)) {
		script_net_user(pl, sc);
	} else if (pl->clone_flags & CLONE_NEWNET) {
		script_words(sc, SCRIPT_UNSHARE, "--net");
		script_command(sc, SCRIPT_INSIDE, "ip", "link", "set", "lo", "up", NULL);
		if (is_user)
			net_user_script(sc);
	}
	if (pl->net.mode == PLAN_NET_JOIN)
		script_join(pl, sc);
	script_sysctls(pl, sc);
}
