/* SPDX-License-Identifier: GPL-3.0-or-later */
/* below.h - clone inside below the user's router, or in a network that is there */
#ifndef NOOK_BOX_BELOW_H
#define NOOK_BOX_BELOW_H

#include <sys/types.h>

#include "base/child.h"
#include "box/router.h"
#include "layer/layer.h"
#include "plan.h"

struct clone_args;

/**
 * below_clone() - What clone3(2) does, in the router's user namespace and in a network
 * namespace that belongs to it; where no router is in use, in that of @s->net.netns_fd
 * and below the user namespace that owns it, which may be a batch's (job/idle_net.h)
 *
 * The caller gets the network namespace in @s->net.netns_fd: it keeps the counters of the
 * box's link.
 *
 * Return: pid of the child, which is the caller's own; 0 in the child; -1 and @e
 */
pid_t below_clone(const struct router *r, const struct plan *pl, struct site *s,
		  struct clone_args *args, struct err *e);

/**
 * below_do() - child_do() in the router's namespaces, with every capability there
 *
 * Return: what @work does, with what it wrote behind @out; -1 and @e
 */
int below_do(const struct router *r, child_work *work, void *arg, struct text *out,
	     struct err *e);
/** below_check_world() - Whether the router has a way out where a network is to have one.
 * Return: 0, -1 and @e */
int below_check_world(const struct router *r, const struct net_def *d, struct err *e);
/** below_count() - What went through a link of the router's. Return: 0, -1 */
int below_count(const struct router *r, const char *link, struct net_counts *c);

#endif
