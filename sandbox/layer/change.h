/* SPDX-License-Identifier: GPL-3.0-or-later */
/* change.h - what can be made of a box while it runs
 *
 * Theory of operation. A change is planned as a start is, by the same code with the same
 * checks, but on a copy of the plan by which the box runs: what is new lies behind the
 * end of the old plan, what is to go is taken out of its chain. So whoever has both
 * plans can tell what there is to do, and the new one is what explain shows and what the
 * next command in the box gets.
 *
 *	change_drop_*(), change_check_gone(), change_plan()
 *					a command: from words to the new plan
 *	change_is_fair()		the keeper: nothing else is different in it
 *	change_tree()			a helper outside: what is to be mounted, detached,
 *					with all that hides parts of it
 *	change_attach(), change_detach() another one inside
 *
 * The tree of the box may have been written by an attacker, who goes on writing to it
 * meanwhile. Its places are only ever reached below a descriptor of its root, with no
 * symlink on the way (openat2(2)), and mounted on by descriptor; whether the mount is
 * where it was to be is looked at afterwards.
 */
#ifndef NOOK_LAYER_CHANGE_H
#define NOOK_LAYER_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "layer/layer.h"

struct plan_mount;
struct plan_publish;
struct site;

/**
 * change_plan() - Decide what is new in a box
 * @pf:	What options alone set (profile_make()): environment and mounts to be added.
 *	`root.hide` and `root.show` are the box's own (add_context() of cmd/change.c)
 * @pl:	Copy of the box's plan. Must be thrown away when this fails
 * @hosts:	Path of the file that its keeper would write for its /etc/hosts
 *
 * Return: 0, -1 and @e, whose code is EOPNOTSUPP where the box has no link for it
 */
int change_plan(const struct profile *pf, struct host *h, struct plan *pl,
		const char *hosts, struct err *e);
/** change_check_gone() - Whether something hidden lies under a user's mount that @next
 * has not any more: masks are put over what a box shows, so there is none below it.
 * Return: 0: nothing would be uncovered; -1 and @e */
int change_check_gone(const struct profile *pf, struct host *h, const struct plan *old,
		      const struct plan *next, struct err *e);
/** change_drop_mount() - Take the user's mount at @to out of the plan. Return: 0, -1 and
 * @e */
int change_drop_mount(struct plan *pl, const char *to, struct err *e);
/** change_drop_publish() - Take the port that was published by these words out of the
 * plan (change_net.c). Return: 0, -1 and @e */
int change_drop_publish(struct plan *pl, const char *words, struct err *e);
/** change_check_ports() - Whether every new port of @next has a place on the host: what
 * comes is opened before what goes is closed. Return: 0, -1 and @e */
int change_check_ports(const struct plan *old, const struct plan *next, struct err *e);
/** change_is_fair() - Whether @next differs from @old only in what can be changed */
bool change_is_fair(const struct plan *old, const struct plan *next);

/** change_next_new(), change_next_gone() - The user's mounts that @next has and @old has
 * not, and the other way round; @m: the one before, NULL = the first. Return: NULL behind
 * the last */
const struct plan_mount *change_next_new(const struct plan *old, const struct plan *next,
					 const struct plan_mount *m);
const struct plan_mount *change_next_gone(const struct plan *old, const struct plan *next,
					  const struct plan_mount *m);
/** change_next_port() - The published ports that @next has and @old has not, which is
 * asked the other way round for those that go (change_net.c). @p and Return: as above */
const struct plan_publish *change_next_port(const struct plan *old,
					    const struct plan *next,
					    const struct plan_publish *p);

/** change_replaced() - The port of @old that goes and whose place on the host, the very
 * same, a new port of @next takes; NULL = none */
const struct plan_publish *change_replaced(const struct plan *old,
					   const struct plan *next,
					   const struct plan_publish *p);

/**
 * change_tree() - A detached mount of what is new
 * @old:	The plan as it was: where the new steps begin
 * @userns_fd:	For idmapped mounts, -1 = there is none
 *
 * Must be called in a mount namespace of the caller's own, which it changes, with
 * CAP_SYS_ADMIN over it. Return: descriptor; -1 and @e
 */
int change_tree(const struct plan *old, const struct plan *next,
		const struct plan_mount *m, int userns_fd, struct err *e);
/**
 * struct change_site - Where inside is; the caller is in the box's namespaces, with
 * CAP_SYS_ADMIN over its mounts
 * @root_fd:	Root of the box
 * @proc_fd:	/proc/self/fd of outside
 */
struct change_site {
	int root_fd, proc_fd;
};

/** change_text() - A detached mount of a file with the text of @m; the caller as for
 * change_tree(). Return: descriptor; -1 and @e */
int change_text(const struct plan *pl, const struct plan_mount *m, struct err *e);
/** change_tmpfs() - A detached tmpfs, made inside. Return: descriptor; -1 and @e */
int change_tmpfs(const struct plan *pl, const struct plan_mount *m, struct err *e);
/** change_id() - What a mount is known by, attached or not, as long as it is one.
 * Return: 0, -1 and errno */
int change_id(int tree_fd, uint64_t *id);
/**
 * change_attach() - Put it where it belongs
 * @tree_fd:	From change_tree() or change_tmpfs()
 *
 * Must not touch anything but @m's place. Return: 0; -1 and @e: it is not mounted
 */
int change_attach(const struct plan *pl, const struct plan_mount *m,
		  const struct change_site *s, int tree_fd, struct err *e);
/** change_find() - The mount on top of @m's place. Return: descriptor; -1 and @e */
int change_find(const struct plan *pl, const struct plan_mount *m,
		const struct change_site *s, struct err *e);
/** change_detach() - Take away a mount that is open, wherever it is by now, with all that
 * is mounted below it. Return: 0: it is nowhere in the box any more; -1 and errno */
int change_detach(const struct change_site *s, int fd);
/** change_detach_id() - Take away the mount @id of @m's place; another one that is there
 * is left alone. Return: 0: it is nowhere in the box any more; -1 */
int change_detach_id(const struct plan *pl, const struct plan_mount *m,
		     const struct change_site *s, uint64_t id);

/** change_drop_facts() - Forget what the plan says of @key; @text: only that, NULL =
 * all */
void change_drop_facts(struct plan *pl, const char *key, const char *text);
/** change_net() - Decide what is new of ports and rates; a part of change_plan() */
int change_net(const struct profile *pf, struct plan *pl, struct err *e);
/** change_link() - Decide on another network, or none (change_link.c); a part of
 * change_plan(). Return: 0, -1 and @e, with EOPNOTSUPP where only another start helps */
int change_link(const struct profile *pf, struct host *h, struct plan *pl,
		const char *hosts, struct err *e);
/** change_has_link() - Whether @next is on another network than @old, or on none */
bool change_has_link(const struct plan *old, const struct plan *next);
/** change_link_before() - Take an address on the network of @pl, for @s->box: @s->net has
 * it, and the definition. Return: 0, -1 and @e */
int change_link_before(const struct plan *pl, struct site *s, struct err *e);
/** change_link_make() - Make the box's link. The caller is where the router is, with
 * rights over both ends, and in the box's network namespace afterwards. Return: 0, -1 and
 * @e: some of it may be there */
int change_link_make(const struct plan *pl, struct site *s, struct err *e);
/** env_say_names() - The fact that names the variables (env.c) */
void env_say_names(struct plan *pl, const char *origin);
/** landlock_lets_write() - Whether the rules of a box let files below @path be written
 * (landlock.c) */
bool landlock_lets_write(const struct plan *pl, const char *path);

#endif
