/* SPDX-License-Identifier: GPL-3.0-or-later */
/* script.h - a plan as a shell script of util-linux and iproute2 commands
 *
 * Theory of operation. nook builds a box in one process; a shell script needs several
 * programs, each of which starts from what the one before left. So a script has places,
 * and every layer writes its piece to the places where it belongs, in table order:
 *
 *	SCRIPT_NOTE	comments at the top: what no command can express
 *	SCRIPT_CHECK	commands before all others: what stops the script
 *	SCRIPT_END	commands when the box has ended or cannot begin, which take away
 *			what does not go by itself: the shell stays for them
 *	SCRIPT_HOST	commands before anything is separate
 *	SCRIPT_ENTER	words in front of unshare(1): programs that enter what was made
 *	SCRIPT_UNSHARE	options of the one unshare(1) that makes the namespaces
 *	SCRIPT_INSIDE	commands in the new namespaces, with every capability there:
 *			mounts, host name, links; the root switch comes last of them
 *	SCRIPT_LAST	commands behind the root switch, with the box's own programs
 *	SCRIPT_EXEC	words in front of the command: programs that each change something
 *			of themselves and execute the rest (prlimit, setsid, setpriv, env)
 *
 * The layers decide nothing here: they read the plan that apply() reads.
 */
#ifndef NOOK_LAYER_SCRIPT_H
#define NOOK_LAYER_SCRIPT_H

#include <stdbool.h>

#include "base/text.h"

struct plan;
struct plan_list;

enum script_place {
	SCRIPT_NOTE,
	SCRIPT_CHECK,
	SCRIPT_END,
	SCRIPT_HOST,
	SCRIPT_ENTER,
	SCRIPT_UNSHARE,
	SCRIPT_INSIDE,
	SCRIPT_LAST,
	SCRIPT_EXEC,
	SCRIPT_PLACES
};

struct script {
	struct text place[SCRIPT_PLACES];
};

/** script_line() - Add a formatted line (a newline is added); a note becomes a comment */
void script_line(struct script *sc, enum script_place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** script_words() - Add words as they are to SCRIPT_ENTER, SCRIPT_UNSHARE or SCRIPT_EXEC
 */
void script_words(struct script *sc, enum script_place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** script_command() - Add a command to a place, each word quoted where it must be; ends
 * with a NULL word */
void script_command(struct script *sc, enum script_place at, const char *word, ...)
	__attribute__((sentinel));
/** script_refuse() - Have the script stop before it does anything, because it could only
 * build another box; @why is a clause without quotes of the shell's that end it (") */
void script_refuse(struct script *sc, const char *why);

/** script_write() - The whole script for a plan, from every layer's piece */
void script_write(const struct plan *pl, struct text *out);

/* Pieces that are too long for the file of their layer */
/** script_user_make(), script_user_enter() - layer user: layer/script_user.c */
void script_user_make(const struct plan *pl, struct script *sc);
void script_user_enter(const struct plan *pl, struct script *sc);
/** script_user_program() - " unshare" or " nsenter": what script_user_enter() needs in
 * the box; "" for nothing */
const char *script_user_program(const struct plan *pl);
/** script_ids() - For layer caps: the words of its setpriv(1) that change ids, which one
 * program has to do together with the capabilities */
void script_ids(const struct plan *pl, struct script *sc);
/** script_net_veth(), script_net_user(), script_net_below() - layer/script_net.c; the
 * second one as root, the third without */
void script_net_veth(const struct plan *pl, struct script *sc);
void script_net_user(const struct plan *pl, struct script *sc);
void script_net_below(const struct plan *pl, struct script *sc);
/** script_net_can_below() - Whether the third one can: one id is mapped, no rules */
bool script_net_can_below(const struct plan *pl);
/** script_mount(), script_root_make(), script_root_switch() - layer/script_mount.c */
void script_root_make(const struct plan *pl, struct script *sc);
void script_mount(const struct plan *pl, struct script *sc);
void script_root_switch(const struct plan *pl, struct script *sc);

#endif
