/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keeper.h - what the files of the keeper share */
#ifndef NOOK_BOX_KEEPER_H
#define NOOK_BOX_KEEPER_H

#include <signal.h>
#include <sys/resource.h>
#include <termios.h>
#include <time.h>

#include "box/allow.h"
#include "box/attach.h"
#include "box/box.h"
#include "box/changing.h"
#include "box/control.h"
#include "box/names.h"
#include "box/forward.h"
#include "box/relay.h"
#include "box/router.h"
#include "box/session.h"
#include "box/store.h"
#include "box/take.h"
#include "box/terminal.h"
#include "layer/layer.h"

/**
 * struct meter - What is watched of the box's cgroup (meter.c)
 * @memory_fd:	v1: eventfd of the out-of-memory killer; v2: memory.events, for
 *		memory_high; -1
 * @cpu_at, @pids_at: CLOCK_MONOTONIC ns of the next look; 0 = none
 * @refused:	forks refused up to @refused_at, and with no long pause from @since on
 * @high:	times that memory.high was passed when it was last told of
 * @counts:	as the box ended
 */
struct meter {
	struct cgroup_counts counts;
	int memory_fd;
	uint64_t cpu_at, pids_at;
	uint64_t refused, refused_at, since, high;
};

#define SIGNALS_POLL 3 /* entries that keeper_poll_signals() fills */
#define METER_POLL   1 /* entries that meter_poll() fills */

/**
 * struct keeper - One box being kept
 * @plan:	as it is now; @made: it is one of a change, on the heap
 * @pid:	inside, later init, on the host; 0 = none or waited for
 * @children:	where there is no pid namespace: for orphans_end(); else -1
 * @child_fd:	what the child gets as 0, 1 and 2 in place of the caller's; -1 = those
 * @signals, @stops: signalfds: what is read, and what asks to stop (only polled)
 * @paused_at:	CLOCK_MONOTONIC ns since which the box is paused, 0 = it is not;
 *		@paused_ns: before that; @at_limit: where limits.on_limit: freeze stopped
 *		it, or NULL
 * @kill_at:	CLOCK_MONOTONIC ns at which TERM becomes KILL; 0 = not ending
 * @forward:	what serves published ports; @unpublished: raw wait status with which that
 *		ended before the box did, or 0
 * @lent:	how the caller's 0, 1 and 2 were before the box had them
 * @pasta:	serves the box's link, 0 = none or ended; @pasta_lost: it ended before the
 *		box did, with @pasta_status
 * @router_lost: the router that the box is on ended before it
 * @forwarded:	the last signal from outside that asks a program to end
 * @turned:	it was to have another network, or none; @gone: bytes of its links that
 *		are gone
 * @cause_set:	nook itself ended the box, for @cause
 * @deaf:	@forwarded was for a pid 1 that the kernel keeps it from
 * @ordered:	`nook kill` did, or sent @forwarded
 * @cut_off:	the lifeline has ended
 * @hurried:	somebody wants the end, and does not wait for who reads the output
 * @unread:	bytes that the box wrote and that are lost, for want of a reader
 * @ended:	the child has, as SIGCHLD tells; the end of its socket is the usual news
 * @told:	who waits for the command to run has heard of it
 * @ran:	exec has happened; @exited: @status is the payload's raw wait status
 */
struct keeper {
	const struct box_wish *wish;
	const struct plan *plan;
	struct plan *made;
	struct result *result;
	struct store store;
	struct site site;
	struct router router; /* in use where the plan has one of the user's */
	char *scope;	      /* of systemd's, or NULL; on the heap */
	struct relay relay;
	struct control control;
	struct forward forward;
	struct meter meter;
	struct names names;
	struct allow allow;
	struct sessions sessions;
	struct attaches attaches;
	struct changing changing;
	struct {
		uint64_t rx, tx;
	} gone;
	struct takes takes;
	struct plan_limits limits; /* as they are now */
	struct rusage usage;
	sigset_t old_mask;
	struct terminal terminal;
	struct {
		int flags[3];
		bool is_tty[3];
		int tty; /* the first that is a terminal, with @mode; -1 = none */
		struct termios mode;
	} lent;
	pid_t pid;
	pid_t pasta;
	int pasta_status;
	int sock, signals, stops;
	int child_fd[3];
	int children;
	int messages;
	int forwarded;
	int status, init_status, unpublished;
	uint64_t unread;
	uint64_t started, kill_at, paused_at, paused_ns;
	const char *at_limit;
	enum cause cause;
	bool masked, cause_set, ordered, deaf, ran, exited, ended, over, failed;
	bool hurried;
	bool pasta_lost, router_lost, told, cut_off;
	bool turned;
	bool left; /* processes that could not be ended */
};

/** keeper_poll_timeout() - Milliseconds until @at on CLOCK_MONOTONIC, rounded up, for
 * poll(2); -1 = it never comes */
int keeper_poll_timeout(uint64_t at);
/** keeper_end() - End the box for @why, which is kept unless another was first: by TERM
 * and limits.grace where it may end by itself, else at once */
void keeper_end(struct keeper *k, enum cause why, bool gently);
/** keeper_kill() - KILL everything in the box. With a pid namespace its init's end is
 * everybody's; without one the box is over, and they are ended one by one (orphans.h) */
void keeper_kill(struct keeper *k);
/** keeper_pause() - Stop everything in the box, for @why. Return: 0, also where it was
 * paused already; -1 and @e */
int keeper_pause(struct keeper *k, enum box_state why, struct err *e);
/** keeper_unpause() - Let it go on. Return: 0, also where it was not paused; -1 and @e */
int keeper_unpause(struct keeper *k, struct err *e);
/** keeper_paused_ns() - How long it was paused in all */
uint64_t keeper_paused_ns(const struct keeper *k);
/** keeper_order() - Do what a client of the control socket asks for (orders.c). Fills
 * @out, which is zeroed; touches nothing where it says no */
void keeper_order(void *keeper, const struct control_ask *ask, int *fd,
		  struct control_answer *out);

/** keeper_open_signals() - Descriptors for all that is blocked. Return: 0, -1 and
 * errno */
int keeper_open_signals(struct keeper *k);
/** keeper_poll_signals() - Fill SIGNALS_POLL entries, one of them for the lifeline.
 * Return: how many */
int keeper_poll_signals(const struct keeper *k, struct pollfd *p);
/** keeper_take_signals() - Do what the signals say that these entries tell of */
void keeper_take_signals(struct keeper *k, const struct pollfd *p);
/** keeper_stop_box() - Have its processes stop, until SIGCONT */
void keeper_stop_box(const struct keeper *k);
/** keeper_take_late_signals() - The same when the box has ended, and output has not */
void keeper_take_late_signals(struct keeper *k, const struct pollfd *p);
/** keeper_asks_to_end() - Signals by which a person asks a program to end */
bool keeper_asks_to_end(int sig);
/** keeper_has_ended() - Whether the child has; it stays to be waited for */
bool keeper_has_ended(const struct keeper *k);

/** meter_open() - Watch what the plan limits in the leaf. Return: 0, -1 and @e */
int meter_open(struct keeper *k, struct err *e);
void meter_close(struct keeper *k);
/** meter_poll() - Fill at most METER_POLL entries. Return: how many */
int meter_poll(const struct keeper *k, struct pollfd *p);
/** meter_deadline() - When to look next without being told; UINT64_MAX = never */
uint64_t meter_deadline(const struct keeper *k);
/** meter_step() - Look at what was told of in @n entries, and at what is due */
void meter_step(struct keeper *k, const struct pollfd *p, int n);
/** meter_limit() - A limit was reached that a person may raise: freeze the box and say so
 * where limits.on_limit asks for it, else end it for @why */
void meter_limit(struct keeper *k, enum cause why, const char *key);
/** meter_thaw() - The box will go on: watch it from here on */
void meter_thaw(struct keeper *k);
/** meter_read() - Nothing lives in the leaf any more: its counters into the result */
void meter_read(struct keeper *k);

/** keeper_open_output() - Where the plan has no terminal: pipes for limits.output, and in
 * the place of a terminal of the caller's. Return: 0, -1 and @e */
int keeper_open_output(struct keeper *k, struct err *e);
/** keeper_drain() - The box has ended: write out what it wrote, and note in the result
 * how much that was and what is lost */
void keeper_drain(struct keeper *k);
/** keeper_child_fds() - In the child: put what that has made on 0, 1 and 2. Return: 0, -1
 * and errno */
int keeper_child_fds(struct keeper *k);
void keeper_close_child_fds(struct keeper *k);
/** keeper_lend() - Remember the flags of 0, 1 and 2, and the mode of the terminal among
 * them: both belong to the open file, which the box shares with the caller (FD-05) */
void keeper_lend(struct keeper *k);
/** keeper_take_back() - Undo what the box changed of that; the mode not where another job
 * has the terminal by now: it is that job's then */
void keeper_take_back(struct keeper *k);
/** keeper_keys - What relay_step() looks for in what is typed */
extern const char keeper_keys[];
/** keeper_take_keys() - Do what such keys ask for where the box's terminal cannot */
void keeper_take_keys(struct keeper *k);
/** keeper_end_deaf() - End the box for a signal that asks for it, where the command is
 * pid 1 and the kernel keeps it from that. Return: whether that was so */
bool keeper_end_deaf(struct keeper *k, int sig);
/** keeper_take_terminal() - The box's terminal has come: for the caller's, or the log */
void keeper_take_terminal(struct keeper *k, int master);
/** keeper_judge() - From what happened to cause, exit code and message; words @e where
 * nothing ran and nobody said why */
void keeper_judge(struct keeper *k, struct err *e);
/** keeper_note_end() - The last word about the box into its record, also where that has
 * no name any more: for who has it open (box/news.h) */
void keeper_note_end(struct keeper *k);

#endif
