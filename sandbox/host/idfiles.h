/* SPDX-License-Identifier: GPL-3.0-or-later */
/* idfiles.h - read subuid(5), subgid(5), /proc/PID/uid_map and /proc/filesystems */
#ifndef NOOK_HOST_IDFILES_H
#define NOOK_HOST_IDFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/host.h"
#include "host/slice.h"

/** struct host_id_map - One line of uid_map or gid_map (user_namespaces(7)) */
struct host_id_map {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/**
 * host_subid_parse() - The ranges of one user
 * @name:	Login name, or NULL
 * @uid:	The same user by number: both ways of writing a line count (subuid(5))
 * @out:	Where the ranges go, in the order of the file
 * @most:	Room in @out; further ranges are passed over
 *
 * Malformed lines, empty ranges and ranges beyond 2^32-2 are passed over, as newuidmap
 * does.
 *
 * Return: ranges found, at most @most
 */
size_t host_subid_parse(struct slice file, const char *name, uid_t uid,
			struct host_range *out, size_t most);

/** host_subid_end() - The first id above every range of a subuid or subgid file, whoever
 * owns it; 0 when there is none */
uint64_t host_subid_end(const char *buf, size_t len);

/** host_idmap_parse() - Read uid_map or gid_map. Return: lines, or -1 when it is
 * malformed or has more than @most lines (the kernel allows 340) */
ssize_t host_idmap_parse(const char *buf, size_t len, struct host_id_map *out,
			 size_t most);

/** host_filesystems_has() - Whether /proc/filesystems in @buf lists @fstype */
bool host_filesystems_has(const char *buf, size_t len, const char *fstype);

#endif
