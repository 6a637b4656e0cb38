/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attempt.h - what a process can reach from where it stands: tried, not concluded
 *
 * Theory of operation. As with a look (box/look.h) a box runs no command: behind its last
 * wall, at the place of execve(2), nook's own code tries to reach what the other end of
 * descriptor 3 has laid out outside. That end sends an order, which says where the things
 * are and carries two descriptors, for a process in a tree without a /proc of its own has
 * no other way to be told who it is: of the machine's /proc, and of its boot_id. The
 * answer says of each attempt whether it went well and, where there was something to
 * read, what was read, so that the other end can compare it; what arrives there
 * (signals, connections) it sees for itself. Then the process waits for the end of the
 * socket, and can be looked at from outside too. Only system calls are made, and nothing
 * is changed on the machine: what would be a change is tried with the value that is there
 * already, or with one that the kernel refuses behind the check of rights.
 */
#ifndef NOOK_BOX_ATTEMPT_H
#define NOOK_BOX_ATTEMPT_H

#include <stdint.h>
#include <sys/types.h>

#define ATTEMPT_TOKEN 33 /* bytes with the NUL */

/**
 * enum attempt_what - What is tried
 * @ATTEMPT_FILE:	a file of the host by its path
 * @ATTEMPT_CLIMB:	the same file, out of a chroot: chroot(2) to a directory below
 *			while the current one stays outside of it, then up
 * @ATTEMPT_SIGNAL:	a signal to a process of the host, by its pid
 * @ATTEMPT_SOCKET:	an abstract socket of the host
 * @ATTEMPT_PORT:	a port on the host's loopback
 * @ATTEMPT_SEGMENT:	a segment of System V shared memory of the host
 * @ATTEMPT_HOSTNAME:	sethostname(2) of the name that it has
 * @ATTEMPT_CLOCK:	settimeofday(2) of a time zone that there is not: EINVAL comes
 *			only behind the check of rights (do_sys_settimeofday64())
 */
enum attempt_what {
	ATTEMPT_FILE,
	ATTEMPT_CLIMB,
	ATTEMPT_SIGNAL,
	ATTEMPT_SOCKET,
	ATTEMPT_PORT,
	ATTEMPT_SEGMENT,
	ATTEMPT_HOSTNAME,
	ATTEMPT_CLOCK,
	ATTEMPT_COUNT,
};

/**
 * struct attempt_order - Where the things are; descriptors of /proc and boot_id go along
 * @file:	Absolute path
 * @socket:	Abstract name, without the NUL in front of it
 * @pid:	Gets SIGUSR1
 * @highest:	Pids from 1 to this one are asked about
 * @segment:	Its id; @port: on 127.0.0.1
 * @proc, @boot_id: What goes along: descriptors of the side that asks
 */
struct attempt_order {
	char file[256];
	char socket[64];
	int32_t pid, highest, segment;
	uint16_t port;
	int proc, boot_id;
};

/**
 * struct attempt - The answers
 * @code:	By enum attempt_what: 0 = it went well, else errno
 * @boot_id:	"" = it could not be read
 * @file, @climbed, @segment: The first line of what was read
 * @uts, @time:	Inodes of its namespaces, 0 = unknown
 * @processes:	Those that kill(2) knows by pid; threads are not counted where
 *		pidfd_open(2) may be called
 * @caps:	Effective capabilities
 */
struct attempt {
	int32_t code[ATTEMPT_COUNT];
	char boot_id[40];
	char file[ATTEMPT_TOKEN], climbed[ATTEMPT_TOKEN], segment[ATTEMPT_TOKEN];
	uint64_t uts, time, caps;
	uint32_t processes;
};

/** attempt_serve() - Take the order from @sock, try it all, answer, and wait for the
 * other end. Allocates nothing. Return: 0, -1 and errno */
int attempt_serve(int sock);
/** attempt_ask() - The other end: send the order and receive the answer. @pid: who
 * answered, as this process names it. Return: 0; -1 and errno */
int attempt_ask(int sock, const struct attempt_order *order, struct attempt *out,
		pid_t *pid);

#endif
