// SPDX-License-Identifier: GPL-3.0-or-later
/* mountinfo.c - read /proc/self/mountinfo
 *
 *	36 35 98:0 /mnt1 /mnt/parent rw,noatime master:1 - ext3 /dev/root rw,discard
 *	id parent dev root target options [optional fields...] - type source super
 */
#include "host/mountinfo.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "host/slice.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/*
 * Make a field a text of its own: \040 \011 \012 \134 and \043 become the bytes they
 * stand for (mangle() in the kernel's fs/seq_file.c). @field ends before a separator or
 * newline of the same buffer, so there is room for the NUL even where nothing was
 * escaped.
 */
static const char *unescape(char *field, size_t len)
{
	size_t to = 0;

	for (size_t i = 0; i < len; i++, to++) {
		const char *p = field + i;
		int value;

		field[to] = *p;
		if (*p != '\\')
			continue;
		if (len - i < 4 || !is_octal(p[1]) || !is_octal(p[2]) || !is_octal(p[3]))
			continue;
		value = (p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0');
		if (value == 0 || value > 0xff)
			continue;
		field[to] = (char)value;
		i += 3;
	}
	field[to] = '\0';
	return field;
}

/* Blank-separated; two blanks in a row or one at the end do not occur */
static bool field_next(struct slice *line, struct slice *out)
{
	return slice_cut(line, ' ', out) && out->len;
}

static bool number_next(struct slice *line, int *out)
{
	struct slice field;
	uint64_t n;

	if (!field_next(line, &field) || !slice_number(field, INT_MAX, &n))
		return false;
	*out = (int)n;
	return true;
}

/* The source alone may be empty: fsmount(2) without "source" leaves nothing there */
static bool source_next(struct slice *line, struct slice *out)
{
	return slice_cut(line, ' ', out);
}

static bool line_parse(char *buf, struct slice line, struct host_mount *m)
{
	struct slice dev, root, target, options, optional, fstype, source, super;
	const char *base = buf;

	if (memchr(line.s, '\0', line.len))
		return false;
	if (!number_next(&line, &m->id) || !number_next(&line, &m->parent))
		return false;
	if (!field_next(&line, &dev) || !memchr(dev.s, ':', dev.len))
		return false;
	if (!field_next(&line, &root) || !field_next(&line, &target) ||
	    !field_next(&line, &options))
		return false;
	do {
		if (!field_next(&line, &optional))
			return false;
	} while (!slice_is(optional, "-"));
	if (!field_next(&line, &fstype) || !source_next(&line, &source) ||
	    !field_next(&line, &super) || line.len)
		return false;
	/* Only now, when the line is known to be whole, is the buffer changed. */
	m->root = unescape(buf + (root.s - base), root.len);
	m->target = unescape(buf + (target.s - base), target.len);
	m->options = unescape(buf + (options.s - base), options.len);
	m->fstype = unescape(buf + (fstype.s - base), fstype.len);
	m->source = unescape(buf + (source.s - base), source.len);
	m->super = unescape(buf + (super.s - base), super.len);
	return m->target[0] == '/';
}

ssize_t host_mountinfo_parse(char *buf, size_t len, struct host_mount *out, size_t most)
{
	struct slice rest = { buf, len }, line;
	size_t n = 0;

	/* Each line's last field gets its NUL where the newline stood. */
	if (len && buf[len - 1] != '\n')
		return -1;
	while (slice_cut(&rest, '\n', &line)) {
		if (n == most || !line_parse(buf, line, &out[n]))
			return -1;
		n++;
	}
	return (ssize_t)n;
}
