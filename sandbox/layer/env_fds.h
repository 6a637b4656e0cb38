/* SPDX-License-Identifier: GPL-3.0-or-later */
/* env_fds.h - which descriptors the payload gets: 0 to 2, what is asked for */
#ifndef NOOK_LAYER_ENV_FDS_H
#define NOOK_LAYER_ENV_FDS_H

struct err;
struct site;

/**
 * fds_check() - Whether 0 to 2 and the preserved ones are fit for a payload
 *
 * A directory there is a way out of the box: openat(0, "../..") starts in the tree that
 * the descriptor came from.
 *
 * Return: 0, or -1 and @e
 */
int fds_check(const struct site *s, struct err *e);

/**
 * fds_close() - Close everything else, but @s->keep_fd
 *
 * One or two close_range(2); where the kernel lacks it (before 5.9) a walk of
 * /proc/self/fd, checked to be a proc. When neither can be had it fails: a descriptor
 * that is left over may be the host's root.
 *
 * Return: 0, or -1 and @e
 */
int fds_close(const struct site *s, struct err *e);

#endif
