// SPDX-License-Identifier: GPL-3.0-or-later
/* nft.c - rules to the kernel: not in this program, which cannot load a library */
#include "base/err.h"
#include "netns/net.h"

int net_rules_can(struct err *e)
{
	err_set(e, "cannot look for libnftables");
	return err_hint(e, "networks need nook-full, which was not found");
}

int net_rules_apply(const char *text, struct err *e)
{
	(void)text;
	err_set(e, "cannot give the kernel the rules of networks");
	return err_hint(e, "changes of networks need nook-full, which was not found");
}
