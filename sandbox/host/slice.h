/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slice.h - walk a buffer by lines and fields without copying and without a NUL at its
 * end
 *
 * All readers of this directory stand on these few functions, so there is one place that
 * can read beyond a buffer, and one that the fuzzer has to break.
 */
#ifndef NOOK_HOST_SLICE_H
#define NOOK_HOST_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct slice - @len bytes at @s, part of a buffer that somebody else owns */
struct slice {
	const char *s;
	size_t len;
};

/**
 * slice_cut() - Take what stands before the next @sep off the front of @rest
 * @rest:	What is left; moves behind the separator
 * @sep:	Separator
 * @out:	What stood before it; the last piece needs no separator behind it
 *
 * Return: false when nothing is left. An empty piece between two separators counts, an
 * empty one behind the last separator does not
 */
bool slice_cut(struct slice *rest, char sep, struct slice *out);
/** slice_word() - Take the next word off @rest, blanks and tabs around it dropped.
 * Return: false when none is left */
bool slice_word(struct slice *rest, struct slice *out);
/** slice_is() - Whether the slice holds exactly @text */
bool slice_is(struct slice a, const char *text);
/** slice_number() - Plain decimal, 0 to @most: no sign, no blank, at least one digit.
 * Return: false for anything else */
bool slice_number(struct slice a, uint64_t most, uint64_t *out);

#endif
