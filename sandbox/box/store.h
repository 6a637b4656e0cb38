/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.h - the record of a box on disk: what outlives a process is written here first */
#ifndef NOOK_BOX_STORE_H
#define NOOK_BOX_STORE_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "box/box.h"
#include "cgroup/cgroup.h"
#include "netns/net.h"

#define RECORD_MAGIC 0x6472636572006b6eULL
#define RECORD_VERSION 7

/** enum box_state - What `nook ps` says of a living box */
enum box_state {
	BOX_RUNNING,
	BOX_PAUSED,   /* by `nook pause` */
	BOX_AT_LIMIT, /* by limits.on_limit: freeze; waits for a person */
	BOX_STATES
};

/**
 * struct record_end - How a box ended, written as the last word of its keeper, often into
 * a file that has no name any more: for who looks on (box/news.h)
 * @finished_ns: CLOCK_REALTIME; 0 = it has not, or its keeper was killed
 * @cause:	enum cause; the rest is as in struct result
 */
struct record_end {
	uint64_t finished_ns;
	uint64_t oom_kills;
	uint32_t cause;
	int32_t exit_code;
	int32_t signal;
	char message[256];
};

/**
 * struct record - One box, as it stands in its file, followed by its plan
 *
 * The keeper holds a lock (flock) on the file while it lives: a record whose lock is free
 * belongs to nobody and the next command repairs it (store_gc()).
 */
struct record {
	uint64_t magic;
	uint32_t version;
	uint32_t plan_size;
	char id[BOX_ID_SIZE];
	char name[65];
	char boot_id[37];
	char upper[256]; /* directory of overlay uppers on disk to remove, or "" */
	struct cgroup_at cgroup; /* the leaf to empty and remove, or CGROUP_NONE */
	int32_t keeper;	 /* pids on the host, while the lock is held */
	int32_t init;	 /* 0 where the record was written first */
	uint32_t state;	 /* enum box_state */
	/* of the leaf as they are now, in the unit of the plan; UINT64_MAX = none. Those
	 * of devices cannot be changed and stand in the plan alone */
	uint64_t limit[LIMIT_COUNT];
	char cpuset[96];
	uint64_t started_ns; /* CLOCK_REALTIME */
	uint32_t net;	     /* it may have addresses on networks to give back */
	/* of a pair of links, the end that is in this network namespace; "" = none */
	char link[NET_LINK_SIZE];
	int32_t netns;	     /* the keeper's descriptor of the box's network; -1 = none */
	uint32_t changes;    /* how often the plan behind it was replaced */
	uint32_t updates;    /* orders that changed its limits */
	uint32_t pauses;     /* times that it was stopped as a whole */
	struct record_end end;
};

/** struct store - An open runtime directory and one's own record in it; @other: the same
 * with another plan, not in force yet, or no more: who has opened it must find it locked;
 * @gone: @file has no name any more, it is only written to
 */
struct store {
	int dir;
	int file;
	int other;
	bool gone;
	const char *scope; /* directory of the scope that the leaf goes to, or NULL */
	struct record rec;
};

/** store_open() - Open (make) the runtime directory: 0700, owner checked on the
 * descriptor. Return: 0, or -1 and @e */
int store_open(struct store *st, struct err *e);
/** store_make_id() - A fresh id, BOX_ID_SIZE bytes with the NUL */
void store_make_id(char *id);
/** store_check() - Whether a record could be made: rights and a writable file system,
 * asked without making one. Return: 0, -1 and @e */
int store_check(const struct store *st, struct err *e);
/** store_add() - Make a new record and lock it, with a fresh id or that of the living
 * box, of which the last run may have left one to be cleared away; @init may be 0. It is
 * not made where the name is another's by now. Return: 0, -1 and @e */
int store_add(struct store *st, const struct box_wish *w, pid_t init, struct err *e);
/** store_note_limits() - Fill @rec's limits of the leaf with those of the plan */
void store_note_limits(struct record *rec, const struct plan *pl);
/** store_update() - Write @st->rec again (pid of init, upper directory). Return: 0, -1 */
int store_update(struct store *st, struct err *e);
/** store_prepare() - Write the record with another plan beside it, so that to put it in
 * its place cannot fail for want of room. Return: 0, -1 and @e */
int store_prepare(struct store *st, const struct plan *pl, struct err *e);
/** store_replace() - Put what was prepared in the place of the record. Return: 0, -1 and
 * @e */
int store_replace(struct store *st, const struct plan *pl, struct err *e);
/** store_forget() - What was prepared is not wanted */
void store_forget(struct store *st);
/** store_leave() - Let go of one's own record, for the next command to try again */
void store_leave(struct store *st);
/** store_unlink() - Remove the name of one's own record, which stays open */
void store_unlink(struct store *st);
/** store_remove() - Remove one's own record and close everything */
void store_remove(struct store *st);

/** store_name() - What a person calls the box: its name, or the id of one without */
static inline const char *store_name(const struct record *rec)
{
	return rec->name[0] ? rec->name : rec->id;
}
/** store_id() - The id in the name of a file of the directory, where that is a record's:
 * @id has BOX_ID_SIZE bytes. Return: whether it is */
bool store_id(const char *file, char *id);
/** store_peek() - Open a record to look on: it can be read also when its name has gone.
 * Return: descriptor, -1 and errno */
int store_peek(int dir, const char *id);
/** store_peek_read() - Read what such a descriptor says now. @plan: NULL, or where the
 * plan goes (heap; NULL where it cannot be read). Return: 0, -1 */
int store_peek_read(int fd, struct record *rec, struct plan **plan);
/** store_is_held() - Whether a keeper holds the record that is open */
bool store_is_held(int fd);

/** store_find() - Read the record and plan of a living box by id or name. Return: plan on
 * the heap (free()), or NULL and @e */
struct plan *store_find(const char *name, struct record *rec, struct err *e);
/** store_running() - The same for who wants the name for another box: one whose keeper
 * was killed and is not gone yet is waited for (find.c). Return: NULL: the name is free
 */
struct plan *store_running(const char *name, struct record *rec);
/** store_check_name() - Whether that is so. Return: 0, -1 and @e */
int store_check_name(const char *name, struct err *e);
/** store_hold_name() - Keep all others of this user from giving a box a name, until what
 * is returned is closed: soon, with @name given (find.c). Return: descriptor; -1 and @e:
 * a box that runs has it, or who gives one is stopped */
int store_hold_name(const char *name, struct err *e);
/** store_each() - Call @each for every living box; @plan is gone afterwards. Return: how
 * many, -1 and @e where there is no directory for them */
int store_each(void (*each)(const struct record *rec, const struct plan *plan, void *arg),
	       void *arg, struct err *e);
/** store_pick() - The record and plan of the living box that a person means: a name, an
 * id, or what only one id begins with. Return: plan on the heap (free()), or NULL and
 * @e: its code is ENOTUNIQ where several ids begin with it, and its hint names those that
 * it could be (find.c) */
struct plan *store_pick(const char *word, struct record *rec, struct err *e);
/** store_pidfd() - A pidfd of the keeper: it held the record's lock after that was
 * opened, so no other process is meant. Return: descriptor, -1 and @e, with ESRCH where
 * the box has ended */
int store_pidfd(const struct record *rec, struct err *e);
/** store_is_dead() - Whether no box of that id lives; @store: the directory's descriptor.
 * Of a record that is just being made it may say so too */
bool store_is_dead(const char *id, void *store);
/** store_list() - A directory stream of its own over @dir; NULL when there is none */
DIR *store_list(int dir);
/** store_gc() - Repair and remove the records of dead keepers, at most @most of them
 * (0 = all). Return: how many were removed */
int store_gc(struct store *st, int most);

#endif
