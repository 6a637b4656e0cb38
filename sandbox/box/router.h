/* SPDX-License-Identifier: GPL-3.0-or-later */
/* router.h - the router of an ordinary user: one user and network namespace for all his
 * networks, and pasta, which links it to the host's network
 *
 * Theory of operation. Root's networks end in the network namespace of
 * the host. An ordinary user has no rights there, so his end in a namespace of his own.
 * It is below a user namespace with every id that he has, each at its own number, and the
 * boxes' user namespaces are made below that one: so their links are the router's and not
 * the payload's, and their maps mean what they mean without a router.
 *
 *	supervisor	in the host's namespaces; made by the first keeper that needs a
 *			router, no child of it; starts the two others, and pasta again
 *			where that ends
 *	holder		in the router's namespaces, which live as long as it does
 *	pasta		serves the router's link to the world
 *
 * All is said by locks on bytes of one file, <run>/router, which the kernel lets go of
 * however their owners end (fcntl(2), F_OFD_SETLK):
 *
 *	ALIVE	the holder, while it lives: what the file says is true
 *	USED	each keeper shares it while its box lives; the holder waits for it alone
 *	MAKING	a keeper that makes a router, so that two do not
 *
 * The last keeper's end, or death, gives USED to the holder, which ends with it in hand:
 * who comes in between waits for that, sees that nobody is ALIVE, and makes a new router.
 * When the holder has ended, so does the supervisor, and pasta with it. When the
 * supervisor is killed the two others are too (parent-death signal). A killed pasta is
 * started again. Of a killed router nothing is left but the file, which is taken over;
 * boxes that were on it reach each other and nobody else, which their keepers say when
 * they end, and keep no next router from being made.
 */
#ifndef NOOK_BOX_ROUTER_H
#define NOOK_BOX_ROUTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan.h"

struct err;

#define ROUTER_FILE  "router"
#define ROUTER_MAGIC 0x72746f75722d6b6eULL
#define ROUTER_WORLD "world" /* its link to the host's network */

/** enum router_lock - Bytes of the file; far behind what is written there */
enum router_lock { ROUTER_ALIVE = 1 << 20, ROUTER_USED, ROUTER_MAKING };

/**
 * struct router_record - What stands in the file
 * @holder:	pid, in the namespace of who made it; 0 = not ready
 * @pasta:	pid, 0 = there is none now, for the reason @why
 */
struct router_record {
	uint64_t magic;
	int32_t holder;
	int32_t pasta;
	char why[256];
};

/**
 * struct router - A router that is in use; {-1, -1, -1} = none
 * @use:	The file, with USED shared: the router stays while it is open anywhere
 * @user, @net:	Its namespaces
 * @holder:	Who has them open besides us
 * @has_world:	pasta links it to the host's network; else @why it does not
 */
struct router {
	int use, user, net;
	pid_t holder;
	bool has_world;
	char why[256];
};

/** router_join() - Use the user's router, made where there is none. @run: the directory
 * of records. Return: 0, -1 and @e */
int router_join(struct router *r, const struct plan *pl, int run, struct err *e);
/** router_find() - Use the user's router only where there is one. Return: 1; 0 = there is
 * none; -1 and @e */
int router_find(struct router *r, int run, struct err *e);
/** router_lives() - Whether the router that was joined is there still: whoever comes next
 * joins the same, and pasta serves it */
bool router_lives(const struct router *r);
/** router_leave() - Do not use it any more; accepts one that was never joined */
void router_leave(struct router *r);

/** router_lock() - Take one of the file's locks: @type F_RDLCK, F_WRLCK or F_UNLCK, and
 * wait for it. Return: 0, -1 and errno */
int router_lock(int file, enum router_lock which, short type);
/** router_make() - Make one; returns when it is ready. The caller shares USED, and has
 * MAKING through @making, an open file of its own. Return: 0, -1 and @e */
int router_make(const struct plan *pl, int run, int making, struct err *e);

#endif
