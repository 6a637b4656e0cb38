/* SPDX-License-Identifier: GPL-3.0-or-later */
/* look.h - what the kernel tells a process of itself, in a box or outside
 *
 * Theory of operation. Nobody can read all of this of another process: what made itself
 * non-dumpable, or has other ids, is closed even to root without CAP_SYS_PTRACE. So a box
 * that is only looked at (box_wish.look) runs no command. Where the command would start,
 * this code asks the kernel, in two places:
 *
 *	look_box()	inside, when the box stands, with every right in it: links,
 *			mounts, namespaces. The last walls would refuse much of that
 *	look_process()	the process that would become the command, behind its last
 *			wall, at the place of execve(2): ids, rights, filter, limits.
 *			Only system calls, because Landlock refuses files and the
 *			filter may refuse more
 *
 * No program of the box's tree runs, and no file of it is read but a /proc that is
 * checked to be one: nothing in the box can tell another story. look_send() hands the
 * answer over as one datagram on descriptor 3, the only preserved one, and waits until
 * the other end is closed: so long the process can be looked at from outside too.
 *
 * A box that runs is looked at in the same way, by a process that came into it as a
 * command of `nook exec` does (box/join.h); both happen in that one. There the box can
 * stop it or kill it, as any of its processes: who waits for the answer has a deadline.
 */
#ifndef NOOK_BOX_LOOK_H
#define NOOK_BOX_LOOK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ucred;

#define LOOK_FD	     3
#define LOOK_NS	     8	/* user, mnt, pid, net, uts, ipc, cgroup, time */
#define LOOK_LIMITS  16 /* RLIMIT_* */
#define LOOK_UNKNOWN UINT64_MAX

/**
 * struct look - The answers; zero, empty or LOOK_UNKNOWN is "the kernel did not say"
 * @ns:		Inodes of the namespaces (namespaces(7))
 * @processes:	How many /proc shows; LOOK_UNKNOWN without one
 * @root:	Type of the file system that / is the top of, "" where it is none's
 * @root_dev, @root_ino: of the directory
 * @links, @addresses, @routes: Lists with ", " between; cut where they are too long
 * @cgroup:	Path as /proc/self/cgroup has it (look_cgroup_path())
 * @clock:	CLOCK_BOOTTIME less CLOCK_REALTIME in ns: the difference of two of these
 *		is the offset of a time namespace
 * @seccomp:	0 off, 1 strict, 2 filter
 * @soft, @hard: limits by RLIMIT_*
 */
struct look {
	uint64_t ns[LOOK_NS];
	uint64_t mounts, processes;
	uint64_t root_dev, root_ino;
	char root[32];
	char hostname[65];
	char links[512], addresses[768], routes[768];
	char cgroup[512];
	int64_t clock;
	int32_t pid;
	uint32_t uid, gid;
	uint64_t caps, bounding;
	uint32_t no_new_privs, seccomp;
	uint64_t soft[LOOK_LIMITS], hard[LOOK_LIMITS];
	char cwd[256];
};

/** look_box() - Ask for what needs rights or files. @proc: O_PATH of a proc, or -1 for
 * the one at /proc */
void look_box(int proc, struct look *out);
/** look_new() - The same on the heap. Return: NULL when memory ran out */
struct look *look_new(int proc);
/** look_cgroup_path() - The path in the text of /proc/PID/cgroup; where a v1 host has
 * several, the longest */
void look_cgroup_path(const char *file, char *out, size_t size);
/** look_process() - Ask for what belongs to the process. Allocates nothing */
void look_process(struct look *out);
/** look_rights() - Of that only capabilities, no_new_privs and filter */
void look_rights(struct look *out);
/** look_send() - Hand it over and wait for the other end. Return: 0, -1 and errno */
int look_send(const struct look *look);
/** look_receive() - The other end of that, with SO_PASSCRED: one datagram and whom the
 * kernel says it is from. Return: bytes, 0 at the end, -1 and errno */
ssize_t look_receive(int sock, void *buf, size_t size, struct ucred *from);
/** look_end_texts() - See to it that every text in one that was received ends */
void look_end_texts(struct look *look);

#endif
