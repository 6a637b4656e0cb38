/* SPDX-License-Identifier: GPL-3.0-or-later */
/* passwd.h - read passwd(5) and group(5)
 *
 * Only the files: NSS would load libraries of the host into nook. Lines that are not of
 * the right shape are passed over, as the C library does (NIS leaves lines with a plus
 * there).
 */
#ifndef NOOK_HOST_PASSWD_H
#define NOOK_HOST_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/slice.h"

/** struct host_passwd - One line of passwd; texts point into the buffer it came from */
struct host_passwd {
	struct slice name;
	uid_t uid;
	gid_t gid;
	struct slice home;
	struct slice shell;
};

/** struct host_group - One line of group */
struct host_group {
	struct slice name;
	gid_t gid;
};

/** host_passwd_by_uid() - The first line with that uid. Return: false when there is
 * none */
bool host_passwd_by_uid(const char *buf, size_t len, uid_t uid, struct host_passwd *out);
/** host_passwd_by_name() - The first line with that name. Return: false without one */
bool host_passwd_by_name(const char *buf, size_t len, const char *name,
			 struct host_passwd *out);
/** host_group_by_gid() - The first line with that gid. Return: false without one */
bool host_group_by_gid(const char *buf, size_t len, gid_t gid, struct host_group *out);
/** host_group_by_name() - The first line with that name. Return: false without one */
bool host_group_by_name(const char *buf, size_t len, const char *name,
			struct host_group *out);

#endif
