/* SPDX-License-Identifier: GPL-3.0-or-later */
/* play.h - the playground: where a lab is done, and what goes with its end
 *
 * Theory of operation. The playground is a box like others, named `lab`, whose command
 * sleeps: own mount, pid, uts, ipc, net and cgroup namespaces, an ordinary user's own
 * user namespace too; root inside, and nested namespaces allowed, so that util-linux and
 * iproute2 can do there by hand what nook does. The host's programs are there, changes to
 * its tree are thrown away. Root's playground has no user namespace: who is root learns
 * with root's rights, less those that no lab needs (rights over modules, the clock, the
 * machine's end).
 *
 * $LAB is a directory of the learner's, at the same path inside and outside, and not
 * below nook's own directories, which no box ever sees. Boxes and networks whose names a
 * lab has are the lab's: start refuses where there is one already, and the end of the lab
 * is theirs.
 *
 * A start that is broken off leaves a part of the playground, and nothing else: whatever
 * it does goes on in there. play_end() finds the whole of it from the id alone, and waits
 * for a keeper whose starter was killed and that still builds its box.
 */
#ifndef NOOK_LAB_PLAY_H
#define NOOK_LAB_PLAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"
#include "lab/fact.h"
#include "lab/lab.h"

struct err;
struct host;

#define PLAY_BOX   "lab"
#define TOKEN_SIZE 33 /* with the NUL */

/** play_dir() - $LAB of a lab: below $XDG_STATE_HOME/nook-labs, and without that variable
 * beside nook's state directory. Return: 0, -1 and @e */
int play_dir(struct host *h, const char *id, struct text *out, struct err *e);
/** play_token() - A random text, TOKEN_SIZE bytes with the NUL */
int play_token(char *out, struct err *e);

/** play_check() - Whether the names of a lab are free. @now: the lab at hand, whose own
 * names will be by then; NULL = there is none. Return: 0, -1 and @e */
int play_check(const struct lab *l, const struct lab *now, struct err *e);
/** play_may_start() - Whether nothing has the names of a lab, and there is no $LAB.
 * Return: 0, -1 and @e */
int play_may_start(const struct lab *l, const char *dir, struct err *e);
/** play_start() - Make $LAB and the playground, where they may be made, and run `setup`
 * in it. Where that fails nothing of it stays. Return: 0, -1 and @e */
int play_start(const struct lab *l, const char *dir, const char *token, struct err *e);
/** play_end() - Remove the lab's boxes, its networks, the playground and $LAB, those that
 * are there. Return: 0, -1 and @e: some of it stays */
int play_end(const struct lab *l, const char *dir, struct err *e);
/** play_left() - Add what is there by the names of a lab, a line each: "box a" */
void play_left(const struct lab *l, struct text *out);
/** play_is_up() - Whether there is a playground; @pid: its command's, as the caller
 * counts */
bool play_is_up(pid_t *pid);

/** struct play - What facts are asked about, and the last answer that was read */
struct play {
	struct lab_scene scene;
	struct text answer;
};

/** play_look() - Fill it; the lab, @dir and @token are only pointed to */
void play_look(const struct lab *l, const char *dir, const char *token, struct play *out);
void play_release(struct play *p);
/** play_answer() - Write down an answer: the text of $LAB/answer/NAME, where a script of
 * the playground may write it too. @text: NULL takes it back. Return: 0, -1 and @e */
int play_answer(const char *dir, const char *name, const char *text, struct err *e);

#endif
