/* SPDX-License-Identifier: GPL-3.0-or-later */
/* join.h - how a command comes into a box that runs
 *
 * Theory of operation. Four processes take part. A box that nobody joins has paid for
 * none of it: a run makes no system call more.
 *
 *	client	`nook exec`, anywhere. Asks the keeper (CONTROL_EXEC) with one end of a
 *		socket pair, the *line*, on which all else is said; with its wish as a
 *		plan that holds a command, its variables and its directory; and with its
 *		descriptors 0 to 2 where the command is to have no terminal of its own.
 *	keeper	starts the joiner, is the parent of the command, watches both and the line
 *		(box/session.h). It waits for none of them.
 *	joiner	a fork of the keeper, because what a process inherits (affinity, nice,
 *		limits, oom_score_adj) is to be what the payload has inherited. It joins
 *		the box and makes the command's process in there.
 *	command	walks SIDE_LAST as the payload did, so it is as confined (CR-11), and is
 *		executed.
 *
 * The joiner, in this order:
 *
 *	1. is not dumpable from its first moment, and keeps no descriptor that it does not
 *	   need: the lock of the record goes first
 *	2. makes the plan: the box's, with the words of the wish. No wall comes from there
 *	3. enters the cgroups of the box (SIDE_BORN), with the rights of outside
 *	4. where nook's file could be written from the box starts over from a read-only
 *	   one (box/again.h)
 *	5. asks init for its namespaces. Init is not dumpable, so nobody can open them by
 *	   its number, but init itself can; it opens them when it is asked and never
 *	   before. Only what differs from the joiner's own is entered
 *	6. enters them: rootless the user namespace first, which gives the rights for the
 *	   others; as root last (SIDE_JOIN), as the payload did
 *	7. makes the command's process with CLONE_VM | CLONE_VFORK | CLONE_PARENT: a child
 *	   of the keeper, in the box's pid namespace, whose number the kernel writes into
 *	   the note before it runs. So the keeper knows it even if the joiner is killed
 *	8. says on the line how it went, and ends
 *
 * A joiner that copies (box/copier.h) starts nothing over and makes no process: behind
 * step 6 it reads or writes files of the box itself, and says on the line how that went.
 *
 * Nothing of the joiner is to be had for the box: it is in no pid namespace of the box's,
 * so it cannot be seen or named there. The command's process can, and shares the joiner's
 * memory until exec; that is not dumpable and belongs to the user namespace of outside,
 * so neither its memory nor its descriptors, nor what it runs, can be opened, traced or
 * taken from inside, whatever capabilities there are (ptrace(2), "access mode checking").
 * Exec replaces the memory, and the last wall but two has closed the descriptors by then.
 */
#ifndef NOOK_BOX_JOIN_H
#define NOOK_BOX_JOIN_H

#include <stdbool.h>
#include <sys/types.h>

#include "layer/layer.h"

struct copy_order;

/** enum join_fd - Descriptors that the joiner has besides 0 to 2; -1 = none */
enum join_fd {
	JOIN_INIT,   /* the keeper's end of the step socket */
	JOIN_LINE,   /* to the client */
	JOIN_WISH,   /* memfd, sealed: a plan, or struct copy_order */
	JOIN_NOTE,   /* memfd: struct join_note, shared with the keeper */
	JOIN_LOOK,   /* LOOK_FD, where it is only to look */
	JOIN_FDS
};

/** struct join_note - What the keeper must know even of a joiner that was killed
 * @command:	pid on the host, 0 = not made */
struct join_note {
	pid_t command;
};

/**
 * struct join - What a joiner is told
 * @plan:	The box's; later with the wish in it
 * @keeper:	Its parent
 * @look:	No command: its process tells what it sees, on LOOK_FD (box/look.h)
 * @copies:	It is to copy files, by @order
 * @rows, @columns: Of the command's terminal
 * @tasks:	v1: the leaf's `tasks` files; @task_count of them
 */
struct join {
	const struct plan *plan;
	pid_t keeper;
	bool copies;
	const struct copy_order *order;
	int fd[JOIN_FDS];
	int tasks[CGROUP_TREES];
	uint32_t task_count;
	uint16_t rows, columns;
	bool look;
};

/** join_main() - In a fork of the keeper: join the box, start the command, end. Must not
 * return into the keeper's code, and must not touch what is the keeper's */
void join_main(struct join *j) __attribute__((noreturn));
/** join_enter() - The same from step 5 on, where the process started over */
void join_enter(struct join *j) __attribute__((noreturn));
/** join_visit() - Steps 5 and 6 alone, for a process that changes the box instead: it is
 * in the namespaces of the box behind it, and @s->root_fd is the box's root. As root
 * @s->userns_fd waits. Return: 0, -1 and @e */
int join_visit(const struct join *j, struct site *s, struct err *e);
/** join_show() - In init: answer what came on the step socket. Return: false when that
 * was no such question, or its end */
bool join_show(int sock);

#endif
