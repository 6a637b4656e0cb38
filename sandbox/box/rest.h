/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rest.h - boxes at rest: what stays of a living box while it does not run */
#ifndef NOOK_BOX_REST_H
#define NOOK_BOX_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "box/box.h"

struct text;

#define REST_NAME_SIZE 65 /* with the NUL */

/** enum rest_state - How a box at rest is */
enum rest_state {
	REST_CREATED, /* it has never run */
	REST_RUNNING, /* its keeper holds the lock */
	REST_STOPPED, /* it ended, and @result says how; or the machine was restarted */
	REST_LOST,    /* its keeper was killed */
	REST_BUSY,    /* a command holds the lock; never written */
	REST_STATES
};

/**
 * struct rest_record - What is written of a box at rest
 * @state:	REST_RUNNING as written says only that no keeper has told of an end since
 *		@started_ns: rest_state() knows more
 * @boot_id:	of the boot in which it last ran
 * @created_ns, @started_ns, @finished_ns: CLOCK_REALTIME; 0 = never
 * @exit_code, @cause, @message: of the last run, once it was stopped (struct result)
 * @log_size:	bytes that a file of its log may have
 * @passing:	its keeper removes it when it ends; where that was killed, rest_sweep()
 * @cwd:	directory in which the words mean what they meant
 * @words:	the options and words of `nook create` as they were given, each with its
 *		NUL, @words_len bytes: what a start plans anew
 * @updates:	"KEY=VALUE" of `nook update`, each with its NUL, @updates_len bytes: they
 *		are set behind the words
 * @result:	JSON of the last run, or NULL
 * @plan:	as it was last made; NULL where another version of nook made it
 *
 * What is a pointer is on the heap and goes with rest_record_release().
 */
struct rest_record {
	uint32_t state;
	int32_t exit_code;
	uint64_t created_ns, started_ns, finished_ns;
	uint64_t log_size;
	char id[BOX_ID_SIZE];
	char boot_id[40];
	enum cause cause;
	char message[256];
	bool passing;
	char *cwd;
	char *words;
	size_t words_len;
	char *updates;
	size_t updates_len;
	char *result;
	struct plan *plan;
};

/** rest_record_pack() - A record as its file has it (rest_record.c) */
void rest_record_pack(const struct rest_record *rec, struct text *out);
/** rest_record_parse() - Read a file's @len bytes. What a later version added is passed
 * over. Return: 0, release @rec; -1 and @e, nothing to release */
int rest_record_parse(const void *buf, size_t len, struct rest_record *rec,
		      struct err *e);
void rest_record_release(struct rest_record *rec);
/** rest_record_update() - Add @words, @len bytes, to the updates. One that sets a key
 * takes the place of an earlier one, unless it adds to a map; one that takes an entry
 * away cancels the one that has added it. Return: 0, -1 and @e */
int rest_record_update(struct rest_record *rec, const char *words, size_t len,
		       struct err *e);
/** rest_record_words() - The words as a NULL-terminated list (heap; the texts stay in
 * @rec). Return: NULL when memory ran out */
char **rest_record_words(const struct rest_record *rec, size_t *count);

/**
 * struct rest_area - The directory of a user's boxes at rest
 * @dir:	-1 = there is none yet, and no box in it
 */
struct rest_area {
	int dir;
	char path[512];
};

/**
 * struct rest - One box at rest
 * @name:	That of its directory: the only place where it is written
 * @title:	What messages call it: "box 'web'"; without a name it is "the draft"
 * @dir:	its directory, closed to others
 * @lock:	-1 = not held. What holds it may change the box; others only read
 * @plan:	the plan by which it runs, not on the heap and written instead of the
 *		record's; NULL = it does not
 * @before:	how it was before that: state, times, how it had ended and result
 */
struct rest {
	const struct rest_area *area;
	char name[128];
	char title[160];
	int dir;
	int lock;
	const struct plan *plan;
	struct rest_record rec;
	struct rest_record before;
};

/** rest_is_name() - Whether it can be a box's: [A-Za-z0-9_][A-Za-z0-9_.-]{0,63} */
bool rest_is_name(const char *name);

/**
 * rest_area_open() - Open the directory of boxes below nook's state directory
 * @state:	host_state_dir()
 * @make:	Make it where it is missing; else @a->dir is -1 then, which is no error
 *
 * Refused where it is another's or open to others. Return: 0, or -1 and @e
 */
int rest_area_open(struct rest_area *a, const char *state, bool make, struct err *e);
void rest_area_close(struct rest_area *a);

/**
 * rest_create() - Make a box at rest, with its lock held
 * @name:	NULL = one without a name, for a draft of the console: nobody can open it,
 *		and who comes next removes it once its lock is free
 * @rec:	What is written; its id is made here. It is @r->rec afterwards
 *
 * Nobody sees a half of it, and of several that make one name only one does. Return: 0;
 * -1 and @e (code EEXIST: there is one of that name): nothing is left, @rec as it was
 */
int rest_create(const struct rest_area *a, const char *name, struct rest_record *rec,
		struct rest *r, struct err *e);
/** rest_open() - Open a box by its name, and nothing of what is in it. Return: 0; -1 and
 * @e (code ENOENT: there is none) */
int rest_open(const struct rest_area *a, const char *name, struct rest *r, struct err *e);
/** rest_read() - Read the record of an open box. Return: 0, -1 and @e */
int rest_read(struct rest *r, struct err *e);
/** rest_find() - rest_open() and rest_read() */
int rest_find(const struct rest_area *a, const char *name, struct rest *r, struct err *e);
/** rest_close() - Let go of the lock, too */
void rest_close(struct rest *r);

/**
 * rest_lock() - Hold an open box, and read what is written of it now
 *
 * A command that holds it is waited for, a keeper is not. Return: 0; -1 and @e: it runs,
 * somebody else is at it, it has gone meanwhile, or its record cannot be read
 */
int rest_lock(struct rest *r, struct err *e);
/** rest_hold() - The same, without reading the record: for `rm` */
int rest_hold(struct rest *r, struct err *e);
/** rest_own() - Say in the lock that this process holds it: in a fork of who took it */
void rest_own(const struct rest *r);
/** rest_is_held() - Whether anybody, this process too, holds the lock */
bool rest_is_held(const struct rest *r);
/** rest_await() - Wait until nobody holds it, for a few seconds: a keeper that has given
 * up its record of a running box still writes how that ended */
void rest_await(const struct rest *r);
/** rest_holder() - The pid that the lock's holder wrote; 0 = unknown */
int rest_holder(const struct rest *r);
/** rest_state() - How the box is now, whatever its record says */
enum rest_state rest_state(const struct rest *r);
/** rest_state_name() - "created", "running", "stopped", "stopped (lost)", "busy" */
const char *rest_state_name(enum rest_state s);

/** rest_write() - Replace the record, on disk when it returns; needs the lock. Return: 0,
 * -1 and @e: the old one is whole */
int rest_write(struct rest *r, struct err *e);
/** rest_began() - Write that it runs from now on, by @pl. Return: 0, -1 and @e */
int rest_began(struct rest *r, const struct plan *pl, struct err *e);
/** rest_failed() - Write that it is as it was before that. Return: 0, -1 and @e */
int rest_failed(struct rest *r, struct err *e);
/** rest_ended() - Write how it ended. Return: 0, -1 and @e */
int rest_ended(struct rest *r, const struct result *res, struct err *e);
/** rest_rename() - Give a box that is held another name. Return: 0, -1 and @e (code
 * EEXIST: it is taken) */
int rest_rename(struct rest *r, const char *name, struct err *e);
/** rest_remove() - Remove a box that is held, with all it keeps; it is gone for everybody
 * at once, and what a kill leaves of it the next command clears. Return: 0, -1 and @e */
int rest_remove(struct rest *r, struct err *e);
/** rest_sweep() - Clear what killed commands left: half made, half removed, without a
 * name, to be removed when its keeper ends. @name: only of the box that has or had it,
 * NULL = all. Return: how many were cleared */
int rest_sweep(const struct rest_area *a, const char *name);
/** rest_sweep_all() - All of it, and for half a second what somebody has yet, who may
 * have been killed and not had a processor to end; no drafts. Return: as rest_sweep() */
int rest_sweep_all(const struct rest_area *a);

/** rest_subdir() - Open one of the box's directories, "changes" or "snapshots", made
 * where it is missing: 0700. Return: descriptor, or -1 and @e */
int rest_subdir(const struct rest *r, const char *what, struct err *e);

/** rest_each() - Call @each for every box that has a name, in no order; @why: its record
 * cannot be read, else NULL. @r is gone afterwards. Return: how many, -1 and @e */
int rest_each(const struct rest_area *a,
	      void (*each)(const struct rest *r, const struct err *why, void *arg),
	      void *arg, struct err *e);

#endif
