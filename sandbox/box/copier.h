/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copier.h - the end of a copy that is in the box
 *
 * Theory of operation. `nook cp` is two processes with a pipe between them: one makes a
 * stream of files of what there is (archive/pack.h), the other makes files of the stream
 * (archive/unpack.h). One of the two is on the host and has the caller's rights and
 * paths, the other is in the box and has the box's; no process has both, and no path of
 * the one side is ever looked up on the other.
 *
 *	box that runs	the keeper forks a joiner (CONTROL_COPY, box/join.h), which
 *			enters the box as for exec, is not dumpable and in no pid
 *			namespace of the box's: nothing in there can see, stop or trace
 *			it. Instead of making a command it is the copier. It says on the
 *			line STEP_EXIT, or STEP_FAILED and why
 *	box at rest	a child of the client builds the box and keeps it, but no
 *			command runs: inside itself is the copier (box_wish.copy). So
 *			what is copied in goes through the overlay into the box's
 *			changes, and what is copied out is what the box would see
 *
 * The copier is the box's user, with every capability in the box's user namespace: it may
 * read and write what is the box's and, of the host, what its user could give the box.
 * Its end of the pipe is closed when the other process has died; a stream without its end
 * is a failure, and what was half made goes.
 */
#ifndef NOOK_BOX_COPIER_H
#define NOOK_BOX_COPIER_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct plan;

#define COPY_MAGIC 0x79706f636b6f6f6eULL

/** enum copy_flag - Of a copy */
enum copy_flag {
	COPY_IN = 1 << 0,      /* into the box */
	COPY_ALL = 1 << 1,     /* owners, and what gives rights, too (--archive) */
	COPY_FOREIGN = 1 << 2, /* the stream is somebody else's: a directory is filled */
	COPY_CONTENT = 1 << 3, /* out: what is in a directory, without its name */
	COPY_RESTS = 1 << 4,   /* the box is at rest: what is fresh at each start would be
			      * lost */
};

/**
 * struct copy_order - What the copier is to do; crosses to it as it is, in a sealed file
 * @path:	In the box
 * @name:	Out: its name in the stream
 */
struct copy_order {
	uint64_t magic;
	uint32_t size;
	uint32_t flags; /* enum copy_flag */
	char path[4096];
	char name[256];
};

/** copier_order() - Read an order from a sealed file. Return: NULL where it is none */
const struct copy_order *copier_order(int fd);
/** copier_become() - Become the box's user, with the capabilities of the caller. Clears
 * the parent-death signal. Return: 0, -1 and @e */
int copier_become(const struct plan *pl, struct err *e);
/** copier_run() - Copy between the box's tree, which is this process's root, and
 * descriptor 0 or 1. What is left out is said on 2. Return: 0, -1 and @e */
int copier_run(const struct plan *pl, const struct copy_order *o, struct err *e);
/** copier_say_left() - Say on descriptor 2 that a file was left out; for struct pack */
void copier_say_left(const char *path, const char *why, void *arg);

#endif
