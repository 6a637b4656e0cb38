// SPDX-License-Identifier: GPL-3.0-or-later
/* text.c - text that grows, and the few ways nook quotes things */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_release(struct text *t)
{
	free(t->s);
	*t = (struct text){ 0 };
}

const char *text_str(const struct text *t)
{
	return t->s ? t->s : "";
}

static bool room(struct text *t, size_t more)
{
	size_t want = t->len + more + 1;
	size_t cap = t->cap ? t->cap : 256;
	char *s;

	if (want <= t->cap)
		return true;
	while (cap < want)
		cap *= 2;
	s = realloc(t->s, cap);
	if (!s) {
		t->failed = true;
		return false;
	}
	t->s = s;
	t->cap = cap;
	return true;
}

char *text_take(struct text *t)
{
	char *s;

	if (!room(t, 0))
		return NULL;
	t->s[t->len] = '\0';
	s = t->s;
	*t = (struct text){ 0 };
	return s;
}

void text_addn(struct text *t, const char *s, size_t n)
{
	if (!room(t, n))
		return;
	memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_addn(t, s, strlen(s));
}

void text_addc(struct text *t, char c)
{
	text_addn(t, &c, 1);
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !room(t, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void text_cut(struct text *t, size_t len)
{
	if (len >= t->len)
		return;
	t->len = len;
	t->s[len] = '\0';
}

/* Length of the UTF-8 sequence at @s and its code point;
 * 0 when it is not valid (RFC 3629) */
static size_t utf8_next(const char *s, uint32_t *point)
{
	const unsigned char *u = (const unsigned char *)s;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	uint32_t c = u[0];

	if (n > 1) {
		if (u[0] < 0xc2 || u[0] > 0xf4)
			return 0;
		c = u[0] & (0x7fu >> n);
		for (size_t i = 1; i < n; i++) {
			if ((u[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (u[i] & 0x3f);
		}
		if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
	}
	*point = c;
	return n;
}

bool text_is_utf8(const char *s)
{
	uint32_t c;
	size_t n = 1;

	while (*s && (n = utf8_next(s, &c)))
		s += n;
	return n != 0;
}

void text_json(struct text *t, const char *s)
{
	uint32_t c;
	size_t n;

	if (!s) {
		text_add(t, "null");
		return;
	}
	text_addc(t, '"');
	for (; *s; s += n ? n : 1) {
		n = utf8_next(s, &c);
		if (!n)
			text_add(t, "\\ufffd");
		else if (c == '"' || c == '\\')
			text_addf(t, "\\%c", (char)c);
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			text_addf(t, "\\u%04x", c);
		else
			text_addn(t, s, n);
	}
	text_addc(t, '"');
}

void text_shell(struct text *t, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789@%_-+=:,./";

	if (*s && s[strspn(s, plain)] == '\0') {
		text_add(t, s);
		return;
	}
	text_addc(t, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			text_add(t, "'\\''");
		else
			text_addc(t, *s);
	}
	text_addc(t, '\'');
}

/* Code points that move the cursor's direction or have no width:
 * they hide text (LG-01) */
static bool is_invisible(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x061c ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

void text_safe(struct text *t, const char *s)
{
	uint32_t c;
	size_t n;

	for (; *s; s += n ? n : 1) {
		n = utf8_next(s, &c);
		if (!n)
			text_addf(t, "\\x%02x", (unsigned char)*s);
		else if (c < 0x20 || c == 0x7f)
			text_addf(t, "\\x%02x", c);
		else if ((c >= 0x80 && c < 0xa0) || is_invisible(c))
			text_addf(t, "\\u{%x}", c);
		else
			text_addn(t, s, n);
	}
}

void text_lines(struct text *t, const char *s, size_t n)
{
	auto_text part = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (s[i] && s[i] != '\t' && s[i] != '\n') {
			text_addc(&part, s[i]);
			continue;
		}
		text_safe(t, text_str(&part));
		text_cut(&part, 0);
		if (s[i])
			text_addc(t, s[i]);
		else
			text_add(t, "\\x00");
	}
	text_safe(t, text_str(&part));
	t->failed |= part.failed;
}

void text_size(struct text *t, unsigned long long bytes)
{
	static const char units[] = "BKMGT";
	size_t u = 0;
	unsigned long long whole = bytes;
	unsigned long long tenths;

	while (whole >= 1024 && u + 1 < sizeof(units) - 1) {
		whole /= 1024;
		u++;
	}
	tenths = u ? (bytes >> (10 * (u - 1))) % 1024 * 10 / 1024 : 0;
	if (tenths)
		text_addf(t, "%llu.%llu%c", whole, tenths, units[u]);
	else
		text_addf(t, "%llu%c", whole, units[u]);
}

void text_duration(struct text *t, unsigned long long ns)
{
	unsigned long long ms = ns / 1000000;
	unsigned long long s = ms / 1000;

	ms %= 1000;
	if (s >= 3600)
		text_addf(t, "%lluh", s / 3600);
	if (s % 3600 >= 60)
		text_addf(t, "%llum", s % 3600 / 60);
	if (s >= 60) {
		if (s % 60)
			text_addf(t, "%llus", s % 60);
		return;
	}
	if (s && ms % 100)
		text_addf(t, "%llu.%03llus", s, ms);
	else if (s && ms)
		text_addf(t, "%llu.%llus", s, ms / 100);
	else if (ms)
		text_addf(t, "%llums", ms);
	else
		text_addf(t, "%llus", s);
}
