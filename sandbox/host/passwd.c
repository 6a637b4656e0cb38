// SPDX-License-Identifier: GPL-3.0-or-later
/* passwd.c - read passwd(5) and group(5) */
#include "host/passwd.h"

#include <string.h>

/* (uid_t)-1 means "unchanged" to setresuid(2): never an id */
#define ID_MOST 0xfffffffeu

static bool id_parse(struct slice field, uint32_t *out)
{
	uint64_t n;

	if (!slice_number(field, ID_MOST, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

/* name:password:uid:gid:comment:home:shell; an empty shell at the end of the line is
 * fine */
static bool passwd_line(struct slice line, struct host_passwd *out)
{
	struct slice password, uid, gid, comment;

	if (memchr(line.s, '\0', line.len))
		return false;
	out->shell = (struct slice){ "", 0 };
	if (!slice_cut(&line, ':', &out->name) || !out->name.len ||
	    !slice_cut(&line, ':', &password) || !slice_cut(&line, ':', &uid) ||
	    !slice_cut(&line, ':', &gid) || !slice_cut(&line, ':', &comment) ||
	    !slice_cut(&line, ':', &out->home))
		return false;
	slice_cut(&line, ':', &out->shell);
	return id_parse(uid, &out->uid) && id_parse(gid, &out->gid);
}

bool host_passwd_by_uid(const char *buf, size_t len, uid_t uid, struct host_passwd *out)
{
	struct slice rest = { buf, len }, line;

	while (slice_cut(&rest, '\n', &line))
		if (passwd_line(line, out) && out->uid == uid)
			return true;
	return false;
}

bool host_passwd_by_name(const char *buf, size_t len, const char *name,
			 struct host_passwd *out)
{
	struct slice rest = { buf, len }, line;

	while (slice_cut(&rest, '\n', &line))
		if (passwd_line(line, out) && slice_is(out->name, name))
			return true;
	return false;
}

/* name:password:gid:members */
static bool group_line(struct slice line, struct host_group *out)
{
	struct slice password, gid;

	return slice_cut(&line, ':', &out->name) && out->name.len &&
	       !memchr(out->name.s, '\0', out->name.len) &&
	       slice_cut(&line, ':', &password) && slice_cut(&line, ':', &gid) &&
	       id_parse(gid, &out->gid);
}

bool host_group_by_gid(const char *buf, size_t len, gid_t gid, struct host_group *out)
{
	struct slice rest = { buf, len }, line;

	while (slice_cut(&rest, '\n', &line))
		if (group_line(line, out) && out->gid == gid)
			return true;
	return false;
}

bool host_group_by_name(const char *buf, size_t len, const char *name,
			struct host_group *out)
{
	struct slice rest = { buf, len }, line;

	while (slice_cut(&rest, '\n', &line))
		if (group_line(line, out) && slice_is(out->name, name))
			return true;
	return false;
}
