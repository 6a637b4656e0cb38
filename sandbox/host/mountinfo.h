/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mountinfo.h - read /proc/self/mountinfo (proc_pid_mountinfo(5)) */
#ifndef NOOK_HOST_MOUNTINFO_H
#define NOOK_HOST_MOUNTINFO_H

#include <sys/types.h>

#include "host/host.h"

/**
 * host_mountinfo_parse() - Read the whole table
 * @buf:	The text; changed in place: fields get their NUL and lose their escapes
 * @len:	Its length; no NUL is needed, but the last line needs its newline
 * @out:	Where the mounts go; their texts point into @buf
 * @most:	Room in @out
 *
 * Strict, because the kernel writes this file: one malformed line makes all of it
 * worthless.
 *
 * Return: lines read, at most @most (more lines than that are an error too), or -1
 */
ssize_t host_mountinfo_parse(char *buf, size_t len, struct host_mount *out, size_t most);

#endif
