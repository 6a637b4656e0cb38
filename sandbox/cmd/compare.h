/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compare.h - one program as a plain process, in a chroot, and behind ever more layers
 *
 * Theory of operation. A *rung* is the one before it with one layer more
 * (compare_rung.c). Each run of one has a process of its own (compare_run.c), forked from
 * a nook that has read and planned nothing, so that it is as small as that of `nook run`:
 * it plans the box, takes the time, and is its keeper. The clock runs from there until
 * the command has been executed, of which the keeper tells (box_wish.tell), and for the
 * plain process from before posix_spawn(3) until that returns. All rungs run in turn,
 * A B C A B C, and the median of each counts.
 *
 * What a rung can reach is tried by a process of it (box/attempt.h): before anything is
 * timed, a box of each is made in which no command runs, and things to reach are laid out
 * on the machine (compare_bait.c). A rung that does not come to be there says why, and
 * its layer is left out of those behind it.
 */
#ifndef NOOK_CMD_COMPARE_H
#define NOOK_CMD_COMPARE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "box/attempt.h"

struct profile;
struct text;

#define RUNGS_MOST 24
#define RUNG_SETS  10

/**
 * struct rung - One rung of the ladder
 * @adds:	What it has more than the one before, for people
 * @ns:		Namespaces that it adds (profile.h)
 * @set:	Keys that it sets; a NULL key behind the last
 * @profile:	Where not NULL, this profile with the tree, instead of all before it
 * @no_user, @hint: Where not NULL, why an ordinary user does without it, and what then
 */
struct rung {
	const char *name;
	const char *adds;
	uint32_t ns;
	struct {
		const char *key, *value;
	} set[RUNG_SETS];
	const char *profile;
	const char *no_user, *hint;
};

/** rungs() - The table, in order; the first is the plain process. A NULL name ends it */
const struct rung *rungs(void);
/**
 * struct bait - What is laid out to be reached
 * @dir:	Directory of the tree and of the file, removed with them
 * @token:	What is in file and segment
 * @order:	Where it all is
 * @socket, @port: Descriptors that listen
 * @cleaner:	Removes @dir when @alive, its pipe, is closed, by whatever end of ours
 * @own_boot_id, @uts, @time: Of this process, to compare with
 */
struct bait {
	char dir[128];
	char token[ATTEMPT_TOKEN];
	struct attempt_order order;
	int socket, port, alive;
	pid_t cleaner;
	char own_boot_id[40];
	uint64_t uts, time;
};

/** bait_none() - Nothing is there yet */
void bait_none(struct bait *b);
/** bait_lay() - Lay it out, behind bait_none(). SIGUSR1 must be blocked. Return: 0; -1
 * and @e, also then bait_clear() */
int bait_lay(struct bait *b, struct err *e);
void bait_clear(struct bait *b);

/** enum reach - What became of an attempt
 * @REACH_OWN: it went well, and what it reached is the box's own */
enum reach { REACH_NO, REACH_YES, REACH_CLIMBED, REACH_OWN };

/**
 * struct reached - What a rung can reach, by what arrived out here
 * @code:	errno of what it cannot reach
 * @kernel:	Whether its boot id is the machine's; -1 = not known
 */
struct reached {
	enum reach file, signal, socket, port, segment, hostname, clock;
	int code[ATTEMPT_COUNT];
	int kernel;
	unsigned int processes, caps;
};

/** bait_weigh() - What one that answered reached. What arrived is used up */
void bait_weigh(const struct bait *b, const struct attempt *a, struct reached *out);

/**
 * struct seen - One rung as it was measured
 * @wanted:	It is to be shown
 * @stands:	It can be had here; else @why
 * @code:	How its command ended
 * @peak:	Bytes of the command at its most, UINT64_MAX = unknown; at most that much
 *		where @peak_bound
 * @keeper, @init: Bytes that are their own, 0 = there is none; of @init at most that
 *		much where @init_bound
 * @floor:	Bytes of the largest of nook's own processes, below which @peak is lost
 * @v:		Time until the command runs, of each run, ns; @count of them
 */
struct seen {
	bool wanted, stands;
	struct err why;
	struct reached reached;
	int code;
	uint64_t peak, keeper, init, floor;
	bool peak_bound, init_bound;
	uint64_t *v;
	size_t count;
	uint64_t median, least, most;
};

/**
 * struct comparison - All of it
 * @command:	With its path; NULL-terminated
 * @tree:	Absolute path of the root
 * @last:	The highest rung that is wanted
 * @left_out:	Layers that cannot be had here
 * @signals:	A signalfd of those that end it; @mask: the caller's
 * @stopped:	The signal that did, 0 = none
 */
struct comparison {
	char *const *command;
	char tree[160];
	size_t runs, last;
	uint32_t left_out;
	struct bait bait;
	struct seen seen[RUNGS_MOST];
	sigset_t mask;
	int signals, stopped;
};

/** rung_profile() - What to plan for rung @n, without the layers that cannot be had.
 * Return: 0, profile_free(); -1 and @e */
int rung_profile(const struct comparison *c, size_t n, struct profile **out,
		 struct err *e);
/** compare_try() - Make rung @n once, see what it reaches and what it takes, and let the
 * command run in it once. Return: 0, also where it does not stand; -1 and @e */
int compare_try(struct comparison *c, size_t n, struct err *e);
/** compare_time() - Let it run once more. Return: 0, -1 and @e */
int compare_time(struct comparison *c, size_t n, struct err *e);

/** compare_table(), compare_json(), compare_svg() - What came of it */
void compare_table(const struct comparison *c, struct text *out);
void compare_json(const struct comparison *c, struct text *out);
void compare_svg(const struct comparison *c, struct text *out);
/** reach_name() - "yes", "no", "climbs", "own" */
const char *reach_name(enum reach r);

#endif
