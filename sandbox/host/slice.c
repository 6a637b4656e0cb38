// SPDX-License-Identifier: GPL-3.0-or-later
/* slice.c - walk a buffer by lines and fields without copying */
#include "host/slice.h"

#include <string.h>

bool slice_cut(struct slice *rest, char sep, struct slice *out)
{
	const char *end;

	if (!rest->len)
		return false;
	end = memchr(rest->s, sep, rest->len);
	out->s = rest->s;
	out->len = end ? (size_t)(end - rest->s) : rest->len;
	rest->s += out->len + (end ? 1 : 0);
	rest->len -= out->len + (end ? 1 : 0);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool slice_word(struct slice *rest, struct slice *out)
{
	while (rest->len && is_blank(*rest->s)) {
		rest->s++;
		rest->len--;
	}
	out->s = rest->s;
	for (out->len = 0; rest->len && !is_blank(*rest->s); out->len++) {
		rest->s++;
		rest->len--;
	}
	return out->len > 0;
}

bool slice_is(struct slice a, const char *text)
{
	return strlen(text) == a.len && !memcmp(a.s, text, a.len);
}

bool slice_number(struct slice a, uint64_t most, uint64_t *out)
{
	uint64_t n = 0;

	if (!a.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		uint64_t digit = (uint64_t)(unsigned char)a.s[i] - '0';

		if (digit > 9 || n > (most - digit) / 10 || digit > most)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}
