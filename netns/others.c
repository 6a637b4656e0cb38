// SPDX-License-Identifier: GPL-3.0-or-later
/* others.c - what other firewalls of this network namespace do to forwarded packets
 *
 * Our rules can only let through what is ours to refuse: a packet that a chain of another
 * table drops is gone (nft(8), "verdicts"). A chain with the policy to drop is what
 * docker, ufw and many scripts make. Those of iptables-nft are seen, those of the old
 * iptables are not.
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/inner.h"
#include "netns/netlink.h"

/* linux/netfilter.h and linux/netfilter_ipv4.h, which clash with headers of musl */
enum { FAMILY_INET = 1, FAMILY_IPV4 = 2, FAMILY_IPV6 = 10, HOOK_FORWARD = 2, DROP = 0 };

struct asked {
	void (*each)(const char *family, const char *table, const char *chain, void *arg);
	void *arg;
	int count;
};

static const char *family_name(int family)
{
	return family == FAMILY_INET   ? "inet"
	       : family == FAMILY_IPV4 ? "ip"
	       : family == FAMILY_IPV6 ? "ip6"
				       : NULL;
}

static bool is_forward(struct nlattr *hook)
{
	struct nlattr *in[NFTA_HOOK_MAX + 1];

	return hook && !nla_parse_nested(in, NFTA_HOOK_MAX, hook, NULL) &&
	       in[NFTA_HOOK_HOOKNUM] &&
	       ntohl(nla_get_u32(in[NFTA_HOOK_HOOKNUM])) == HOOK_FORWARD;
}

static void look_at(struct nlmsghdr *h, struct asked *asked)
{
	const struct nfgenmsg *head = nlmsg_data(h);
	struct nlattr *in[NFTA_CHAIN_MAX + 1];
	const char *family, *table;

	if (nlmsg_parse(h, sizeof(*head), in, NFTA_CHAIN_MAX, NULL) < 0 ||
	    !in[NFTA_CHAIN_TABLE] || !in[NFTA_CHAIN_NAME] || !in[NFTA_CHAIN_POLICY])
		return;
	family = family_name(head->nfgen_family);
	table = nla_get_string(in[NFTA_CHAIN_TABLE]);
	if (!family || !strcmp(table, "nook") || !is_forward(in[NFTA_CHAIN_HOOK]) ||
	    ntohl(nla_get_u32(in[NFTA_CHAIN_POLICY])) != DROP)
		return;
	asked->count++;
	asked->each(family, table, nla_get_string(in[NFTA_CHAIN_NAME]), asked->arg);
}

/* Return: 1 = the end, 0 = more is to come, -1 and @e */
static int read_some(int fd, struct asked *asked, struct err *e)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);
	int left = (int)n;

	if (n < 0)
		return errno == EINTR ? 0 : err_sys(e, "cannot read rules of others");
	for (struct nlmsghdr *h = (void *)buf; nlmsg_ok(h, left);
	     h = nlmsg_next(h, &left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			errno = -((const struct nlmsgerr *)nlmsg_data(h))->error;
			return err_sys(e, "cannot read rules of others");
		}
		look_at(h, asked);
	}
	return 0;
}

int net_rules_others(void (*each)(const char *family, const char *table,
				  const char *chain, void *arg),
		     void *arg, struct err *e)
{
	static const struct nfgenmsg head = { .version = NFNETLINK_V0 };
	auto_netlink s = netlink_open(NETLINK_NETFILTER, e);
	struct asked asked = { each, arg, 0 };
	struct nl_msg *msg;
	int r;

	if (!s)
		return -1;
	msg = batch_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NLM_F_DUMP,
			    &head, sizeof(head));
	if (!msg)
		return err_set(e, "out of memory");
	r = nl_send_auto(s, msg);
	nlmsg_free(msg);
	if (r < 0)
		return err_set(e, "cannot ask for rules of others: %s", nl_geterror(r));
	do {
		r = read_some(nl_socket_get_fd(s), &asked, e);
	} while (!r);
	return r < 0 ? -1 : asked.count;
}
