/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rules.h - give the packet filter of a router its rules, from a program that cannot
 *
 * libnftables is loaded by nook-full alone, and a run on a network is nook's. That the
 * rules are missing is seen in the router's namespace, by a process that has nothing else
 * to do than to start nook-full with a name of its own (RULES_NAME). The one capability
 * that it needs goes along as an ambient one, since its user is not root in there.
 */
#ifndef NOOK_BOX_RULES_H
#define NOOK_BOX_RULES_H

struct err;
struct net_def;

#define RULES_NAME "nook-rules" /* argv[0] of that program */

/** rules_ready() - Have the rules of a network in the caller's network namespace, over
 * which it has CAP_NET_ADMIN: those for all networks of @state where they are missing.
 * @store: path of the directory of records, where is noted what the settings were before;
 * NULL = nowhere, in a router of one's own. Return: 0, -1 and @e */
int rules_ready(const struct net_def *d, const char *state, const char *store,
		struct err *e);
/** rules_main() - What nook-full does then: argv[1] is the state directory, argv[2] that
 * of records or not there; descriptor 1 takes a struct err where it fails. Never
 * returns */
void rules_main(char **argv) __attribute__((noreturn));

#endif
