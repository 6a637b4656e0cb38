/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial.h - one thing done step by step in a child that reports where it stopped */
#ifndef NOOK_HOST_TRIAL_H
#define NOOK_HOST_TRIAL_H

#include <stddef.h>
#include <sys/types.h>

#include "host/host.h"

/**
 * struct trial - What the steps of one trial share; the child's copy
 * @h:		Read facts; whatever the steps look up is lost with the child
 * @uid, @gid:	The caller's ids before any namespace was made
 * @root:	Real root: trials take the order of a root's box, without a user namespace
 * @dir:	A directory that the trial may use, or ""
 */
struct trial {
	struct host *h;
	uid_t uid;
	gid_t gid;
	bool root;
	char dir[256];
};

/**
 * struct trial_step - One step
 * @name:	For people and for host_why_userns(): "uid_map"
 * @run:	Does it. Return: 0, or -1 with errno
 */
struct trial_step {
	const char *name;
	int (*run)(struct trial *t);
};

/** struct trial_end - Where it stopped; @step is NULL when all went well */
struct trial_end {
	const char *step;
	int code;
};

/** trial_run() - Run steps up to an entry without a name, in a child with a deadline of
 * ten seconds. @dir may be NULL */
struct trial_end trial_run(struct host *h, const struct trial_step *steps,
			   const char *dir);
/** trial_fork() - In a trial: run one more step as a child (the first process of a new
 * pid namespace). Return: 0, or -1 with errno */
int trial_fork(struct trial *t, int (*step)(struct trial *t));

/* Steps that trials share (trial_steps.c) */
/** trial_userns() - unshare(2) of the user namespace */
int trial_userns(struct trial *t);
/** trial_map() - setgroups, uid_map and gid_map: a single id */
int trial_map(struct trial *t);
/** trial_namespaces() - All other namespaces at once, but time */
int trial_namespaces(struct trial *t);
/** trial_mount() - Propagation off, then a small tmpfs */
int trial_mount(struct trial *t);
/** trial_loopback() - Set lo up */
int trial_loopback(struct trial *t);
/** trial_enter() - What a box of this caller stands in: namespaces, and rootless first a
 * mapped user namespace; its step is called TRIAL_ENTER, by which probe_steps() knows
 * it */
#define TRIAL_ENTER "enter"
int trial_enter(struct trial *t);
/** trial_proc() - Mount proc, as the first process of a pid namespace */
int trial_proc(struct trial *t);
/** trial_devpts() - Mount a new devpts */
int trial_devpts(struct trial *t);
/** trial_overlay_tmpfs() - An overlay on a fresh tmpfs, and use it */
int trial_overlay_tmpfs(struct trial *t);
/** trial_overlay_dir() - The same in trial.dir */
int trial_overlay_dir(struct trial *t);
/** trial_idmap() - An idmapped clone of / */
int trial_idmap(struct trial *t);
/** trial_subids() - Have the helpers write both maps of a child */
int trial_subids(struct trial *t);

#endif
