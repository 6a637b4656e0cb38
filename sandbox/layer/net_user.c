// SPDX-License-Identifier: GPL-3.0-or-later
/* net_user.c - a link of the box's own that pasta(1) serves, without any network
 *
 * pasta turns what the box sends into ordinary sockets of a program on this machine. By
 * itself it would also give the box the host's addresses, open every port of either at
 * the other, and show the host's loopback as the gateway: so all of that is said here.
 */
#include <sched.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "layer/net.h"
#include "layer/script.h"
#include "layer/where.h"

#define ADDRESS4 "192.0.0.2"
#define ADDRESS6 "fdb6:e0fb:9d5c::2"

/*
 * Nobody else has these: RFC 7335 keeps the IPv4 prefix for what a host does within
 * itself, the other one is a prefix of RFC 4193. pasta leaves out the family for which
 * the host has no route.
 */
static const char *const own_words[] = {
	"--config-net",
	"--ns-ifname",
	"eth0",
	"--address",
	ADDRESS4,
	"--netmask",
	"29",
	"--gateway",
	"192.0.0.1",
	"--address",
	ADDRESS6,
	"--gateway",
	"fdb6:e0fb:9d5c::1",
	"--no-map-gw",
	"--no-dhcp",
	"--no-dhcpv6",
	"--no-ra",
	"--tcp-ports",
	"none",
	"--udp-ports",
	"none",
	"--tcp-ns",
	"none",
	"--udp-ns",
	"none",
	NULL,
};

/*
 * Without a user namespace that it could enter first it needs the rights of root to reach
 * the box, which it gives up as soon as it is there; by default it would become nobody
 * before. The box is its descriptor 0 (box/pasta.h).
 */
static const char *const root_words[] = {
	"--runas", "0", "--netns-only", "--netns", "/proc/self/fd/0", NULL,
};

static void add_word(struct plan *pl, const char *word)
{
	struct plan_word *w = plan_append(pl, &pl->net.link, sizeof(*w));

	w->text = plan_put(pl, word);
}

static void add_words(struct plan *pl, const char *const *words)
{
	for (; *words; words++)
		add_word(pl, *words);
}

int net_user_plan(const struct profile *pf, struct host *h, struct plan *pl,
		  struct err *e)
{
	const char *program = host_program(h, "pasta");
	char where[ORIGIN_SIZE];

	if (pl->net.mode != PLAN_NET_USER)
		return 0;
	if (!program) {
		err_set(e,
			"'network.mode' (%s): user needs pasta, which is not installed",
			origin_text(pf, FIELD_network_mode, where));
		return err_hint(e, "apt install passt");
	}
	pl->net.pasta = plan_put(pl, program);
	pl->net.address4 = plan_put(pl, ADDRESS4);
	pl->net.address6 = plan_put(pl, ADDRESS6);
	add_words(pl, own_words);
	if (!(pl->clone_flags & CLONE_NEWUSER))
		add_words(pl, root_words);
	return 0;
}

/* As a person starts it: the foreground and the pid file are only of use to nook */
void net_user_explain(const struct plan *pl, struct text *out)
{
	text_add(out,
		 "clone3(CLONE_NEWNET): the box has 'lo' and 'eth0', addresses that "
		 "it shares with nobody, and a default route. On this machine pasta(1) "
		 "makes sockets of what comes out of the link: the box reaches what you "
		 "reach, this machine's own addresses too, except its loopback.\n"
		 "  $ ");
	text_add(out, plan_text(pl, pl->net.pasta));
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->net.link, w));) {
		text_addc(out, ' ');
		text_shell(out, plan_text(pl, w->text));
	}
	text_add(out,
		 pl->clone_flags & CLONE_NEWUSER ? " PID\n" : " </proc/PID/ns/net\n");
}

void net_user_script(struct script *sc)
{
	script_line(sc, SCRIPT_NOTE,
		    "a link that pasta serves: here there is lo alone; 'nook explain' "
		    "has the command");
}
