// SPDX-License-Identifier: GPL-3.0-or-later
/* snapnet.c - links, addresses, routes, rules, packet filters of a network namespace */
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fault/snapshot.h"

#define BIT(n) (1ull << (n))
#define ALL    (~0ull)
#define NFT(n) ((NFNL_SUBSYS_NFTABLES << 8) | (n))

/**
 * struct list - One dump of netlink(7)
 * @header:	bytes of the message before its attributes
 * @keep:	the attributes that are shown: not counters, ages and the like
 */
static const struct list {
	const char *word;
	int protocol, type;
	size_t header;
	uint64_t keep;
} lists[] = {
	{ "link", NETLINK_ROUTE, RTM_GETLINK, sizeof(struct ifinfomsg),
	  BIT(IFLA_IFNAME) | BIT(IFLA_ADDRESS) | BIT(IFLA_MTU) | BIT(IFLA_LINK) |
		  BIT(IFLA_MASTER) },
	{ "address", NETLINK_ROUTE, RTM_GETADDR, sizeof(struct ifaddrmsg),
	  BIT(IFA_ADDRESS) | BIT(IFA_LOCAL) | BIT(IFA_LABEL) | BIT(IFA_BROADCAST) },
	{ "route", NETLINK_ROUTE, RTM_GETROUTE, sizeof(struct rtmsg),
	  BIT(RTA_DST) | BIT(RTA_SRC) | BIT(RTA_OIF) | BIT(RTA_GATEWAY) |
		  BIT(RTA_PRIORITY) | BIT(RTA_PREFSRC) | BIT(RTA_TABLE) },
	{ "rule", NETLINK_ROUTE, RTM_GETRULE, sizeof(struct rtmsg), ALL },
	{ "nft-table", NETLINK_NETFILTER, NFT(NFT_MSG_GETTABLE), sizeof(struct nfgenmsg),
	  BIT(NFTA_TABLE_NAME) | BIT(NFTA_TABLE_FLAGS) },
	{ "nft-chain", NETLINK_NETFILTER, NFT(NFT_MSG_GETCHAIN), sizeof(struct nfgenmsg),
	  BIT(NFTA_CHAIN_TABLE) | BIT(NFTA_CHAIN_NAME) | BIT(NFTA_CHAIN_POLICY) },
	{ "nft-rule", NETLINK_NETFILTER, NFT(NFT_MSG_GETRULE), sizeof(struct nfgenmsg),
	  BIT(NFTA_RULE_TABLE) | BIT(NFTA_RULE_CHAIN) | BIT(NFTA_RULE_HANDLE) },
};

static void show_bytes(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		show("%02x", p[i]);
}

static void show_message(const struct list *l, const struct nlmsghdr *h)
{
	const unsigned char *body = NLMSG_DATA(h);
	const struct rtattr *a = (const void *)(body + NLMSG_ALIGN(l->header));
	size_t skip = NLMSG_ALIGN(l->header);
	size_t left = h->nlmsg_len - NLMSG_HDRLEN;

	if (left < skip)
		return;
	show("%s ", l->word);
	/* of netfilter's header the last two bytes are the generation of the rule set */
	show_bytes(body, l->protocol == NETLINK_ROUTE ? l->header : 2);
	for (left -= skip; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		unsigned int type = a->rta_type & (unsigned int)NLA_TYPE_MASK;

		if (type >= 64 || !(l->keep & BIT(type)))
			continue;
		show(" %u=", type);
		show_bytes(RTA_DATA(a), RTA_PAYLOAD(a));
	}
	show("\n");
}

/* Return: whether there is more to come */
static int show_some(const struct list *l, int fd)
{
	static char buf[64 << 10] __attribute__((aligned(8)));
	ssize_t n = recv(fd, buf, sizeof(buf), 0);
	size_t left = n > 0 ? (size_t)n : 0;

	for (const struct nlmsghdr *h = (const void *)buf; NLMSG_OK(h, left);
	     h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			return 0;
		show_message(l, h);
	}
	return n > 0;
}

void show_network(void)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct list *l = &lists[i];
		struct {
			struct nlmsghdr h;
			char body[32];
		} ask = { .h = { .nlmsg_len =
					 (uint32_t)NLMSG_LENGTH(NLMSG_ALIGN(l->header)),
				 .nlmsg_type = (uint16_t)l->type,
				 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
		int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, l->protocol);

		if (fd >= 0 && send(fd, &ask, ask.h.nlmsg_len, 0) > 0)
			while (show_some(l, fd))
				;
		if (fd >= 0)
			close(fd);
	}
}
