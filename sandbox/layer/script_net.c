// SPDX-License-Identifier: GPL-3.0-or-later
/* script_net.c - the network of a box as ip(8), nft(8) and tc(8), or pasta(1)
 *
 * Theory. A process holds the network namespace until descriptor 8 has it, so it goes
 * with the script and the box, and so does the pair of links in it. The box enters it as
 * it would enter one that is there already (mode join).
 *
 * What does not go by itself is taken away by the shell, which stays: the rules, which
 * are in a table of the script's own, and settings of the kernel. Rules that nook has for
 * the same network may stand beside them: what both take is taken, what one refuses is
 * refused. They stand before anything is forwarded, and go after that is switched off.
 *
 * Everything that would make another box than nook's stops the script before it begins.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "layer/layer.h"
#include "layer/net.h"
#include "layer/script.h"
#include "netns/net.h"

#define HELD	   "/proc/self/fd/8"
#define SLOTS_MOST 8192 /* so many addresses are tried */

static void host_line(struct script *sc, const char *line)
{
	script_line(sc, SCRIPT_HOST, "%s", line);
}

/* The namespace as descriptor 8, what enters it, and in_box() for commands in it */
static void add_namespace(struct script *sc)
{
	host_line(sc,
		  "# a process holds the network namespace until descriptor 8 has it");
	host_line(sc, "unshare --net sleep 60 &");
	host_line(sc, "holder=$!");
	host_line(sc, "until [ \"$(readlink \"/proc/$holder/ns/net\")\" != "
		      "\"$(readlink /proc/self/ns/net)\" ]; do sleep 0.01; done");
	host_line(sc, "exec 8< \"/proc/$holder/ns/net\"");
	host_line(sc, "kill \"$holder\"");
	host_line(sc, "in_box() { nsenter --net=" HELD " \"$@\"; }");
	script_words(sc, SCRIPT_ENTER, "nsenter --net=" HELD);
	script_line(sc, SCRIPT_INSIDE, "exec 8<&-");
}

/* As inside does: everybody may bind all ports and ping */
static void add_open_ports(struct script *sc)
{
	host_line(sc, "in_box sysctl -qw net.ipv4.ip_unprivileged_port_start=0 "
		      "'net.ipv4.ping_group_range=0 2147483647'");
}

/* Before the link is there: nothing passes before them */
static void add_allow(const struct plan *pl, struct script *sc)
{
	auto_text rules = { 0 };

	if (!pl->net.allow.count || net_allow_rules(pl, &rules) < 0)
		return;
	host_line(sc, "in_box nft -f - <<'RULES'");
	text_add(&sc->place[SCRIPT_HOST], text_str(&rules));
	host_line(sc, "RULES");
}

static void note_ports(const struct plan *pl, struct script *sc)
{
	if (pl->net.publish.count)
		script_line(sc, SCRIPT_NOTE,
			    "ports of this machine that lead to the box: none does");
}

/* Names lead elsewhere while the box runs. Return: whether a script can do it */
static bool can_allow(const struct plan *pl, struct script *sc)
{
	if (!pl->net.refresh)
		return true;
	script_refuse(sc, "names in 'network.allow' are looked up again and again "
			  "while a box runs, which no command does");
	return false;
}

/* --- the router's side ------------------------------------------------------------- */

static uint32_t last_slot(const struct net_def *d)
{
	unsigned int bits = d->v4.family ? 32u - d->v4.len : 128u - d->v6.len;

	/* The last one of IPv4 is for all (broadcast) */
	return bits >= 13 ? SLOTS_MOST - 1 : (1u << bits) - (d->v4.family ? 2 : 1);
}

/* "fd77::" or "fd77::1:": what is in front of the last number of each address of the
 * subnet. Return: whether there is such a thing */
static bool head_of(const struct net_prefix *v6, char head[NET_TEXT_SIZE])
{
	struct net_prefix one = net_prefix_nth(v6, 1);
	char *last = strrchr(net_prefix_text(&one, head), ':');

	if (v6->len > 112 || !last)
		return false;
	last[1] = '\0';
	return true;
}

/* The wished number, 0 = any. Return: 0, -1 = the network cannot have it */
static int wished_slot(const struct plan *pl, const struct net_def *d, uint32_t *slot)
{
	const struct {
		plan_ref wish;
		const struct net_prefix *subnet;
	} both[] = { { pl->net.address4, &d->v4 }, { pl->net.address6, &d->v6 } };

	*slot = 0;
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		struct net_prefix at;
		uint32_t n;

		if (!both[i].wish)
			continue;
		if (!both[i].subnet->family ||
		    net_prefix_read(plan_text(pl, both[i].wish), &at) < 0)
			return -1;
		at.len = (uint8_t)net_prefix_bits(&at);
		n = net_prefix_index(both[i].subnet, &at);
		if (!n || n > last_slot(d) || (*slot && n != *slot))
			return -1;
		*slot = n;
	}
	return 0;
}

static void add_numbers(const struct net_def *d, struct script *sc)
{
	const uint8_t *a = d->v4.addr;
	char head[NET_TEXT_SIZE];

	if (d->v4.family) {
		script_line(sc, SCRIPT_HOST, "\tv=$((%lu + n))",
			    (unsigned long)a[0] << 24 | (unsigned long)a[1] << 16 |
				    (unsigned long)a[2] << 8 | a[3]);
		host_line(sc, "\taddress=$((v >> 24)).$((v >> 16 & 255))."
			      "$((v >> 8 & 255)).$((v & 255))");
	}
	if (d->v6.family && head_of(&d->v6, head))
		script_line(sc, SCRIPT_HOST, "\taddress6=%s$(printf %%x \"$n\")", head);
}

/* As the kernel knows it: an address with a route is somebody's */
static void add_choice(const struct net_def *d, uint32_t wish, struct script *sc)
{
	const uint32_t gateway[] = { net_prefix_index(&d->v4, &d->gateway4),
				     net_prefix_index(&d->v6, &d->gateway6) };

	host_line(sc, "# the first address without a route, which a box's has");
	host_line(sc, "is_free() {");
	add_numbers(d, sc);
	for (size_t i = 0; i < 2; i++)
		if (gateway[i] != UINT32_MAX && (!i || gateway[1] != gateway[0]))
			script_line(sc, SCRIPT_HOST, "\t[ \"$n\" != %u ] || return 1",
				    gateway[i]);
	if (d->v4.family)
		host_line(sc,
			  "\t[ -z \"$(ip route show \"$address/32\")\" ] || return 1");
	if (d->v6.family)
		host_line(sc, "\t[ -z \"$(ip -6 route show \"$address6/128\")\" ]");
	host_line(sc, "}");
	script_line(sc, SCRIPT_HOST, "n=%u", wish ? wish : 1);
	script_line(
		sc, SCRIPT_HOST,
		"until is_free; do n=$((n + 1)); [ $n -le %u ] ||\n"
		"\t{ echo 'no address of network '\"'%s'\"' is free' >&2; exit 125; }; "
		"done",
		wish ? wish : last_slot(d), d->name);
}

/* In a table of the script's own */
static void add_rules(const struct net_def *d, struct script *sc)
{
	auto_text rules = { 0 };

	net_rules_text(&d, 1, 0, &rules);
	host_line(sc, "# the firewall, in a table of this script's own");
	host_line(sc, "sed \"s/table inet nook/&_$$/\" <<'RULES' | nft -f -");
	text_add(&sc->place[SCRIPT_HOST], text_str(&rules));
	host_line(sc, "RULES");
}

/* Where nothing was forwarded before, nothing is but what the network needs */
static void add_family(struct script *sc, const char *family, const char *file)
{
	script_line(sc, SCRIPT_HOST, "if [ \"$(cat %s)\" = 0 ]; then", file);
	script_line(sc, SCRIPT_HOST,
		    "\tnft add rule inet \"nook_$$\" forward meta nfproto %s drop",
		    family);
	if (!strcmp(family, "ipv6"))
		host_line(sc, "\t# links that believe a router go on to do so\n"
			      "\tfor f in /proc/sys/net/ipv6/conf/*/accept_ra; do\n"
			      "\t\tcase $f in */all/*) ;; *) change \"$f\" 1 2 ;; esac\n"
			      "\tdone");
	script_line(sc, SCRIPT_HOST, "\tchange %s 0 1\nfi", file);
}

static void add_forwarding(const struct net_def *d, struct script *sc)
{
	host_line(sc, "# change FILE FROM TO - a setting, which is put back at the end");
	host_line(sc, "settings=");
	host_line(sc, "change() {\n"
		      "\t[ \"$(cat \"$1\")\" = \"$2\" ] || return 0\n"
		      "\tsettings=\"$1 $2\n$settings\"\n"
		      "\techo \"$3\" >\"$1\"\n"
		      "}");
	if (d->v4.family)
		add_family(sc, "ipv4", "/proc/sys/net/ipv4/ip_forward");
	if (d->v6.family)
		add_family(sc, "ipv6", "/proc/sys/net/ipv6/conf/all/forwarding");
}

/* --- the pair ---------------------------------------------------------------------- */

static void add_pair(const struct plan *pl, const struct net_def *d, struct script *sc)
{
	char mtu[24] = "";

	if (d->mtu)
		snprintf(mtu, sizeof(mtu), " mtu %u", d->mtu);
	host_line(sc, "# the pair of links: one end is eth0 in the box");
	script_line(sc, SCRIPT_HOST,
		    "ip link add " NET_LINKS "%s$$%s type veth peer name " NET_BOX_LINK
		    "%s netns " HELD "%s%s",
		    d->tag, mtu, mtu, pl->net.mac ? " address " : "",
		    plan_text(pl, pl->net.mac));
	script_line(sc, SCRIPT_HOST, "link=" NET_LINKS "%s$$", d->tag);
	host_line(sc, "mac=$(in_box ip -o link show " NET_BOX_LINK
		      " | sed 's/.*link.ether \\([^ ]*\\).*/\\1/')");
	host_line(sc, "for s in rp_filter=1 arp_ignore=1 arp_announce=2; do\n"
		      "\techo \"${s#*=}\" >\"/proc/sys/net/ipv4/conf/$link/${s%=*}\"\n"
		      "done");
	host_line(sc, "ip link set \"$link\" addrgenmode none 2>/dev/null || :");
	host_line(sc, "ip link set \"$link\" up");
	host_line(sc, "in_box ip link set lo up");
	host_line(sc, "in_box ip link set " NET_BOX_LINK
		      " addrgenmode none 2>/dev/null || :");
	host_line(sc, "in_box ip link set " NET_BOX_LINK " up");
}

/* A route that is there is another's by now: `add` stops where `replace` would take it */
static void add_addresses(const struct net_prefix *gateway, struct script *sc)
{
	bool is_v4 = gateway->family == AF_INET;
	const char *ip = is_v4 ? "ip" : "ip -6", *own = is_v4 ? "$address" : "$address6";
	const char *nodad = is_v4 ? "" : " nodad";
	char at[NET_TEXT_SIZE];
	auto_text peer = { 0 };

	if (!gateway->family)
		return;
	net_prefix_text(gateway, at);
	if (is_v4)
		text_addf(&peer, "\"%s\" peer %s/32", own, at);
	else
		text_addf(&peer, "\"%s/128\"", own);
	script_line(sc, SCRIPT_HOST, "%s address add %s/%u dev \"$link\"%s noprefixroute",
		    ip, at, net_prefix_bits(gateway), nodad);
	script_line(sc, SCRIPT_HOST, "%s route add \"%s\" dev \"$link\" proto static", ip,
		    own);
	script_line(sc, SCRIPT_HOST,
		    "%s neighbour replace \"%s\" lladdr \"$mac\" dev \"$link\" "
		    "nud permanent",
		    ip, own);
	script_line(sc, SCRIPT_HOST,
		    "in_box %s address add %s dev " NET_BOX_LINK "%s noprefixroute", ip,
		    text_str(&peer), nodad);
	script_line(sc, SCRIPT_HOST,
		    "in_box %s route replace %s dev " NET_BOX_LINK " proto static", ip,
		    at);
	script_line(sc, SCRIPT_HOST,
		    "in_box %s route replace default via %s dev " NET_BOX_LINK
		    " proto static",
		    ip, at);
}

static void add_rate(struct script *sc, const char *where, uint64_t bits)
{
	if (bits)
		script_line(sc, SCRIPT_HOST,
			    "%s root tbf rate %llubit burst 64kb latency 50ms", where,
			    (unsigned long long)bits);
}

/* Return: whether a script can build it */
static bool can_veth(const struct plan *pl, struct net_def *d, uint32_t *wish,
		     struct script *sc)
{
	char head[NET_TEXT_SIZE];

	if (pl->net.router != PLAN_ROUTER_HOST)
		script_refuse(sc,
			      "a network without root needs the router that all boxes "
			      "of a user share, which only nook keeps");
	else if (net_veth_definition(pl, d, NULL) != 0)
		script_refuse(sc, "the network is not there yet: 'nook net create' makes "
				  "it, then 'nook explain --script' again");
	else if (d->v6.family && !head_of(&d->v6, head))
		script_refuse(sc, "the IPv6 subnet of the network is smaller than /112");
	else if (wished_slot(pl, d, wish) < 0)
		script_refuse(sc, "the network has no such address");
	else
		return can_allow(pl, sc);
	return false;
}

/* The rules last: nothing is forwarded without them */
static void add_end(struct script *sc)
{
	script_line(sc, SCRIPT_END,
		    "[ -z \"${link-}\" ] || ip link delete \"$link\" 2>/dev/null");
	script_line(sc, SCRIPT_END,
		    "printf %%s \"${settings-}\" | while read -r file value; do\n"
		    "\techo \"$value\" >\"$file\"\n"
		    "done");
	script_line(sc, SCRIPT_END, "nft delete table inet \"nook_$$\" 2>/dev/null");
}

void script_net_veth(const struct plan *pl, struct script *sc)
{
	struct net_def d;
	uint32_t wish;

	if (!can_veth(pl, &d, &wish, sc))
		return;
	script_line(sc, SCRIPT_NOTE,
		    "a lease: a box that nook starts meanwhile may get this address");
	script_line(sc, SCRIPT_NOTE,
		    "the names of other boxes of network '%s' in /etc/hosts", d.name);
	note_ports(pl, sc);
	add_end(sc);
	add_namespace(sc);
	add_choice(&d, wish, sc);
	add_rules(&d, sc);
	add_forwarding(&d, sc);
	add_allow(pl, sc);
	add_pair(pl, &d, sc);
	add_addresses(&d.gateway4, sc);
	add_addresses(&d.gateway6, sc);
	add_rate(sc, "tc qdisc add dev \"$link\"", pl->net.rate_in);
	add_rate(sc, "in_box tc qdisc add dev " NET_BOX_LINK, pl->net.rate_out);
	add_open_ports(sc);
}

static void add_pasta(const struct plan *pl, struct text *out)
{
	text_shell(out, plan_text(pl, pl->net.pasta));
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->net.link, w));) {
		text_addc(out, ' ');
		text_shell(out, plan_text(pl, w->text));
	}
	text_add(out, " --quiet");
}

/* pasta goes to the background when it serves the link; the box is its descriptor 0 */
void script_net_user(const struct plan *pl, struct script *sc)
{
	auto_text words = { 0 };

	if (!can_allow(pl, sc))
		return;
	note_ports(pl, sc);
	script_line(sc, SCRIPT_END, "[ -z \"${pasta-}\" ] || kill \"$pasta\"");
	script_line(sc, SCRIPT_END, "rm -f \"${ready-}\"");
	add_namespace(sc);
	add_allow(pl, sc);
	add_pasta(pl, &words);
	host_line(sc, "ready=$(mktemp)");
	script_line(sc, SCRIPT_HOST, "%s --pid \"$ready\" <&8", text_str(&words));
	host_line(sc, "pasta=$(cat \"$ready\")");
	host_line(sc, "in_box ip link set lo up");
	add_open_ports(sc);
}

bool script_net_can_below(const struct plan *pl)
{
	return pl->user.writer == MAP_BY_INSIDE && !pl->net.allow.count;
}

/*
 * Without root pasta starts the box in a user and a network namespace of its own, and
 * ends with it: its words are in front of those that make the box, which has no right to
 * the link. What belongs to that namespace is set on the way, where one id is mapped, the
 * caller's, as root.
 */
void script_net_below(const struct plan *pl, struct script *sc)
{
	auto_text words = { 0 }, settings = { 0 }, whole = { 0 };

	note_ports(pl, sc);
	add_pasta(pl, &words);
	text_add(&settings, "sysctl -qw net.ipv4.ip_unprivileged_port_start=0 "
			    "\"net.ipv4.ping_group_range=0 0\"");
	for (const struct plan_sysctl *k = NULL;
	     (k = plan_each(pl, &pl->net.sysctls, k));) {
		auto_text word = { 0 };

		if (strncmp(plan_text(pl, k->key), "net.", 4) != 0)
			continue;
		text_addf(&word, "%s=%s", plan_text(pl, k->key), plan_text(pl, k->value));
		text_addc(&settings, ' ');
		text_shell(&settings, text_str(&word));
	}
	text_add(&settings, "\nexec \"$@\"");
	text_shell(&whole, text_str(&settings));
	script_words(sc, SCRIPT_ENTER, "%s -- \\\n\tsh -ec %s nook", text_str(&words),
		     text_str(&whole));
}
