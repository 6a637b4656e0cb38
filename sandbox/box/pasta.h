/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pasta.h - start pasta(1) for a network namespace, and know when it serves it
 *
 * Pasta stays in the foreground, as our child, and dies with us (parent-death signal). It
 * writes the file of its pid when the link is there and addressed: that file is its
 * standard output, a pipe of ours; other descriptors it closes, and what is ours in /proc
 * it may not open from where it is by then. What it says until then is the reason where
 * it ends instead.
 *
 * It looks for the namespaces below /proc/PID/ns, without the right to look at processes
 * that have more rights than itself. So root's boxes, which have no user namespace that
 * it could enter first, are handed to it as a descriptor.
 */
#ifndef NOOK_BOX_PASTA_H
#define NOOK_BOX_PASTA_H

#include <stdbool.h>
#include <sys/types.h>

struct err;

/**
 * pasta_start() - Start pasta for the user and network namespaces of a process
 * @program:	Its path
 * @words:	Its options, NULL at the end; those for the foreground, quiet, the file of
 *		the pid and @target are added
 * @target:	pid; its user namespace is the caller's own or a child of his; 0 = the
 *		words say where the link goes
 * @netns:	Becomes its descriptor 0, which the words can name; -1 = it has ours
 *
 * The caller is in the network namespace that the other is to be linked to.
 *
 * Return: its pid, when it is ready; -1 and @e
 */
pid_t pasta_start(const char *program, const char *const *words, pid_t target, int netns,
		  struct err *e);
/** pasta_hint() - What can be done about what it complained of. Return: whether that is
 * known, and in @e */
bool pasta_hint(const char *why, struct err *e);

#endif
