/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.h - text that grows, and the few ways nook quotes things */
#ifndef NOOK_BASE_TEXT_H
#define NOOK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define auto_text __attribute__((cleanup(text_release))) struct text

/**
 * struct text - Text that grows
 * @s:		NUL-terminated once anything was added, else NULL; use text_str()
 * @len:	Bytes without the NUL
 * @cap:	Bytes allocated
 * @failed:	Memory ran out once; @s holds what fitted before
 */
struct text {
	char *s;
	size_t len;
	size_t cap;
	bool failed;
};

/** text_release() - Free what it holds; it is an empty text again */
void text_release(struct text *t);
/** text_str() - The text so far, "" when empty; valid until the next change */
const char *text_str(const struct text *t);
/** text_take() - Hand the text on (free() it); NULL only when memory ran out */
char *text_take(struct text *t);
void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *s, size_t n);
void text_addc(struct text *t, char c);
void text_addf(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** text_cut() - Forget everything behind the first @len bytes */
void text_cut(struct text *t, size_t len);

/** text_is_utf8() - Whether all of @s is valid UTF-8 (RFC 3629) */
bool text_is_utf8(const char *s);
/** text_json() - Add @s as a JSON string with its quotes; NULL gives null. Bytes that are
 * no UTF-8 become U+FFFD, so the result is valid JSON for every byte string. */
void text_json(struct text *t, const char *s);
/** text_shell() - Add @s as one word for sh(1), quoted only where it must be */
void text_shell(struct text *t, const char *s);
/** text_safe() - Add @s for a person's screen: control bytes, DEL, C1, bidirectional and
 * zero-width code points and invalid UTF-8 as \xNN or \u{NNNN}; newline and tab too */
void text_safe(struct text *t, const char *s);
/** text_lines() - Add @n bytes, a NUL may be among them, as text_safe() does, but with
 * their newlines and tabs */
void text_lines(struct text *t, const char *s, size_t n);
/** text_size() - Add a size in bytes as a person writes it: 512M, 1.5G, 37B */
void text_size(struct text *t, unsigned long long bytes);
/** text_duration() - Add a duration as a person writes it: 2s, 1.5s, 2m30s, 250ms */
void text_duration(struct text *t, unsigned long long ns);

#endif
