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

#define RULES_NAME "nook-rules" /* argv[0] of that program */

/** rules_repair() - Rules for all networks of @state, in the caller's network namespace;
 * the caller has CAP_NET_ADMIN over it. Return: 0, -1 and @e */
int rules_repair(const char *state, struct err *e);
/** rules_main() - What nook-full does then: argv[1] is the state directory, descriptor 1
 * takes a struct err where it fails. Never returns */
void rules_main(char **argv) __attribute__((noreturn));

#endif
