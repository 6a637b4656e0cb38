// SPDX-License-Identifier: GPL-3.0-or-later
/* idfiles.c - read subuid(5), subgid(5), /proc/PID/uid_map and /proc/filesystems */
#include "host/idfiles.h"

static bool is_owner(struct slice owner, const char *name, uid_t uid)
{
	uint64_t n;

	if (name && slice_is(owner, name))
		return true;
	return slice_number(owner, UINT32_MAX, &n) && n == uid;
}

/* OWNER:FIRST:COUNT; an empty range, or one beyond the last id, is none */
static bool subid_line(struct slice line, struct slice *owner, struct host_range *out)
{
	struct slice first, count;
	uint64_t from, many;

	if (!slice_cut(&line, ':', owner) || !slice_cut(&line, ':', &first) ||
	    !slice_cut(&line, ':', &count) || line.len)
		return false;
	if (!slice_number(first, UINT32_MAX, &from) ||
	    !slice_number(count, UINT32_MAX, &many))
		return false;
	if (!many || from + many - 1 > 0xfffffffeu)
		return false;
	*out = (struct host_range){ (uint32_t)from, (uint32_t)many };
	return true;
}

size_t host_subid_parse(struct slice file, const char *name, uid_t uid,
			struct host_range *out, size_t most)
{
	struct slice line, owner;
	size_t n = 0;

	while (n < most && slice_cut(&file, '\n', &line))
		if (subid_line(line, &owner, &out[n]) && is_owner(owner, name, uid))
			n++;
	return n;
}

uint64_t host_subid_end(const char *buf, size_t len)
{
	struct slice rest = { buf, len }, line, owner;
	struct host_range r;
	uint64_t end = 0;

	while (slice_cut(&rest, '\n', &line))
		if (subid_line(line, &owner, &r) && (uint64_t)r.first + r.count > end)
			end = (uint64_t)r.first + r.count;
	return end;
}

ssize_t host_idmap_parse(const char *buf, size_t len, struct host_id_map *out,
			 size_t most)
{
	struct slice rest = { buf, len }, line;
	size_t n = 0;

	while (slice_cut(&rest, '\n', &line)) {
		struct slice word;
		uint64_t value[3];

		for (size_t i = 0; i < 3; i++)
			if (!slice_word(&line, &word) ||
			    !slice_number(word, UINT32_MAX, &value[i]))
				return -1;
		if (slice_word(&line, &word) || n == most)
			return -1;
		out[n++] = (struct host_id_map){ (uint32_t)value[0], (uint32_t)value[1],
						 (uint32_t)value[2] };
	}
	return (ssize_t)n;
}

/* "nodev\ttmpfs" or "\text4": the last word of a line is the type */
bool host_filesystems_has(const char *buf, size_t len, const char *fstype)
{
	struct slice rest = { buf, len }, line;

	while (slice_cut(&rest, '\n', &line)) {
		struct slice word, last = { "", 0 };

		while (slice_word(&line, &word))
			last = word;
		if (slice_is(last, fstype))
			return true;
	}
	return false;
}
