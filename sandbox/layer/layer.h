/* SPDX-License-Identifier: GPL-3.0-or-later */
/* layer.h - one wall of the box, and the ordered table of all of them
 *
 * Each file of this directory exports one `const struct layer` and nothing else; layers.c
 * holds the table, its order and the reasons for the order. Adding a wall is one file and
 * one line.
 */
#ifndef NOOK_LAYER_LAYER_H
#define NOOK_LAYER_LAYER_H

#include <sys/types.h>

#include "cgroup/cgroup.h"
#include "host/host.h"
#include "netns/net.h"
#include "plan.h"
#include "profile/profile.h"

struct err;
struct record;
struct script;
struct text;

/**
 * enum side - Where and when a layer works; each runs the table from top to bottom
 * @SIDE_BEFORE:	keeper, before clone3: what the child inherits (userns,
 *		cgroup leaf)
 * @SIDE_ROUTER:	a helper of the keeper's, in the namespaces of the user's router
 *		where the plan has one (box/below.h); in the box's network namespace when
 *		it returns
 * @SIDE_HOST:		keeper, child born: veth. A plan that has no such work makes no
 *			handshake (layers_need_host())
 * @SIDE_BORN:		inside, the first thing that it does: still the keeper's image,
 *		so nothing may be allocated before its cgroup is entered
 * @SIDE_BOX:		inside, alone in its namespaces, with every capability there
 * @SIDE_JOIN:		a process that came into the namespaces of a box that runs: what
 *		SIDE_BOX did to the process rather than to the box (box/join.h)
 * @SIDE_LAST:		the process that becomes the payload, for run and exec alike:
 *			the last walls. It may share memory with init (CLONE_VM): it must
 *			not allocate, must not use stdio, and changes only @err and itself
 */
enum side {
	SIDE_BEFORE,
	SIDE_ROUTER,
	SIDE_HOST,
	SIDE_BORN,
	SIDE_BOX,
	SIDE_JOIN,
	SIDE_LAST,
	SIDE_COUNT
};

/**
 * struct site_net - The box's network as it is for one run
 * @def:	PLAN_NET_VETH: the network, also where the plan had none yet
 * @lease:	PLAN_NET_VETH: its addresses
 * @hosts:	Path of what /etc/hosts of the box is bound to, or ""
 * @netns_fd:	keeper: its network namespace, which keeps the counters of its link until
 *		they were read; PLAN_NET_JOIN: what inside joins; -1
 */
struct site_net {
	struct net_def def;
	struct net_lease lease;
	char hosts[256];
	int netns_fd;
};

/**
 * struct site - What the layers of one box share while it is built
 * @child:	pid of inside on the host (keeper side), or 0
 * @userns_fd:	USER_LAST: the payload's user namespace, made before; -1 otherwise
 * @root_fd:	inside: O_PATH of the new root once it stands; -1 before
 * @old_proc_fd: inside: a proc that no tree can fake (proc_take()); -1
 * @tree_fd:	mount namespace with the beginning of the tree (root_stay.h); -1 = all of
 *		it is made
 * @upper_fd:	directory for overlay uppers on disk; -1 when they are on a tmpfs
 * @pty_fd:	inside: master of the box's terminal, on its way to the keeper; -1
 * @tty_fd:	the terminal that becomes the payload's fds 0 to 2; -1
 * @keep_fd:	a descriptor that must survive until exec besides 0 to 2; -1
 * @cgroup_at:	keeper: where the record says that the leaf is
 * @cgroup:	the open leaf; on v2 clone3 puts the child in there
 * @join:	v1: the leaf's `tasks` files, by which inside enters it; @join_count of
 *		them
 * @store:	keeper: the directory of records, for what lies beside them; -1
 * @box:	keeper: id of the box, where there is a record by now
 * @name:	keeper: name of the box, "" = none
 * @is_dead:	keeper: whether no box of that id lives
 * @await_host:	inside: returns when the keeper has done SIDE_HOST; NULL when it has
 * @own_uid, @own_gid: USER_FIRST: the caller's ids, by their numbers in the user
 *		namespace above the box's
 * @net:	the box's network as it is for this run
 * @preserve:	descriptors from 3 on that the payload gets (--preserve-fds), a count
 * @passing:	uppers that are kept need not outlast the machine: they are not synced
 * @ignores_hangup: the keeper's caller had it ignore SIGHUP, which the payload has at its
 *		default
 * @look:	no command runs: what it would see is told instead (box/look.h)
 * @attempt:	no command runs: what it would reach is tried (box/attempt.h)
 */
struct site {
	pid_t child;
	int userns_fd;
	int root_fd;
	int old_proc_fd;
	int tree_fd;
	int upper_fd;
	int pty_fd;
	int tty_fd;
	int keep_fd;
	int preserve;
	bool look, attempt, passing;
	bool ignores_hangup;
	int store;
	const char *box;
	const char *name;
	bool (*is_dead)(const char *id, void *store);
	void (*await_host)(struct site *s);
	uint32_t own_uid, own_gid;
	struct site_net net;
	const struct cgroup_at *cgroup_at;
	struct cgroup cgroup;
	uint32_t join_count;
	int join[CGROUP_TREES];
};

/**
 * struct layer - One wall of the box
 * @name:	As in profiles, `explain`, error prefixes and completions
 * @isolates:	One line for people: what is separate behind this wall
 * @without:	One line for people: what the box can do where this wall is left out
 * @about:	What there is to say without a plan (`nook explain LAYER`); NULL = nothing
 * @plan:	Wish and host to plan. Changes nothing, so it is tested without privilege
 * @needs_host:	Whether apply[SIDE_BOX] needs what the keeper does at SIDE_HOST for this
 *		plan: the first such layer is where inside waits for it; NULL = never
 * @apply:	Plan to kernel, per side; NULL where this layer has nothing to do
 * @explain:	Plan to words: the system calls and what they mean.
 *		Reads only what apply() reads, so it cannot lie; says nothing where this
 *		wall is left out. Lines that begin with "  $ " are commands of util-linux
 *		or iproute2 that do the same
 * @script:	Plan to a piece of sh(1) that does the same with util-linux and iproute2;
 *		layer/script.h has the places it can write to. NULL = nothing
 * @undo:	Give back what the kernel does not reap, from the record alone; accepts
 *		half-applied. NULL = the kernel reaps it
 */
struct layer {
	const char *name;
	const char *isolates;
	const char *without;
	void (*about)(struct text *out);
	int (*plan)(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e);
	bool (*needs_host)(const struct plan *pl);
	int (*apply[SIDE_COUNT])(const struct plan *pl, struct site *s, struct err *e);
	void (*explain)(const struct plan *pl, struct text *out);
	void (*script)(const struct plan *pl, struct script *sc);
	void (*undo)(const struct record *rec);
};

/** layers() - The table, in the order of application, NULL at the end */
const struct layer *const *layers(void);
const struct layer *layer_find(const char *name);
/** layers_plan() - Plan every layer; an error names the layer it came from */
int layers_plan(const struct profile *pf, struct host *h, struct plan *pl, struct err *e);
/** layers_apply() - Apply one side of every layer; an error names the layer */
int layers_apply(enum side side, const struct plan *pl, struct site *s, struct err *e);
/** layers_need_host() - Whether inside has to wait for SIDE_HOST */
bool layers_need_host(const struct plan *pl);
/** layers_need_maps() - Whether it has to before anything else */
bool layers_need_maps(const struct plan *pl);
/** layer_net_needs_full() - Whether this run has to give rules to the packet filter
 * first, by a library that only nook-full can load, and this is not that program. Must
 * be asked before the sides are applied: nothing looks for the rules after it */
bool layer_net_needs_full(const struct plan *pl);
/** layer_net_own_hosts() - Whether /etc/hosts of the box is a file of its own, beside its
 * record, which the keeper writes (box/names.h) */
bool layer_net_own_hosts(const struct plan *pl);
/** proc_take() - Have site.old_proc_fd, if it is not there yet: before something lies
 * over the host's /proc, and with rights over the namespaces of the box. Return: 0, -1
 * and @e */
int proc_take(const struct plan *pl, struct site *s, struct err *e);
/** proc_write() - Write a file by its path below "/proc/", through site.old_proc_fd where
 * that was taken. Return: 0, -1 and errno */
int proc_write(const struct site *s, const char *path, const char *value);
/** layers_undo() - Undo from a record, last layer first */
void layers_undo(const struct record *rec);

#endif
