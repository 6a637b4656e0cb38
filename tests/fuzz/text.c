// SPDX-License-Identifier: GPL-3.0-or-later
/* text.c - any bytes as text for a screen, for JSON and for a shell: nothing gets out
 * that a terminal would obey, JSON stays JSON, and a word stays one word */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
	if (!good)
		abort();
}

/* No C0, DEL, C1 (as U+0080 to U+009F), bidirectional or invisible code point */
static void is_tame(const unsigned char *s)
{
	for (; *s; s++) {
		must(*s >= 0x20 && *s != 0x7f);
		must(!(s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f));
		must(!(s[0] == 0xe2 && s[1] == 0x80 && s[2] >= 0x8b && s[2] <= 0x8f));
		must(!(s[0] == 0xe2 && s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae));
		must(!(s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa0 && s[2] <= 0xaf));
		must(!(s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf));
	}
}

/* Well-formed UTF-8 (RFC 3629): else a screen in another mind reads C1 bytes */
static void is_utf8(const unsigned char *s)
{
	while (*s) {
		size_t more = *s < 0x80 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;

		must(*s < 0x80 || (*s >= 0xc2 && *s <= 0xf4));
		for (s++; more--; s++)
			must((*s & 0xc0) == 0x80);
	}
}

/* One JSON string (RFC 8259) and nothing behind it */
static void is_json(const unsigned char *s)
{
	must(*s++ == '"');
	for (; *s != '"'; s++) {
		must(*s >= 0x20 && *s != 0x7f);
		if (*s != '\\')
			continue;
		s++;
		must(*s && strchr("\"\\/bfnrtu", *s));
		for (int i = 0; *s == 'u' && i < 4; i++)
			must(s[1 + i] && strchr("0123456789abcdefABCDEF", s[1 + i]));
	}
	must(s[1] == '\0');
}

/* What sh(1) makes of one word: the text again */
static void is_word(const char *s, const char *wanted)
{
	for (; *s && *s != '\''; s++)
		must(*s == *wanted++ && !strchr(" \t\n\"\\$`;&|<>()*?[]#~!{}", *s));
	while (*s == '\'') {
		for (s++; *s != '\''; s++)
			must(*s && *s == *wanted++);
		s++;
		while (s[0] == '\\' && s[1] == '\'') {
			must(*wanted++ == '\'');
			s += 2;
		}
	}
	must(!*s && !*wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_text t = { 0 };
	char *s = malloc(size + 1);

	if (!s)
		return 0;
	memcpy(s, data, size);
	s[size] = '\0';
	text_safe(&t, s);
	is_tame((const unsigned char *)text_str(&t));
	is_utf8((const unsigned char *)text_str(&t));
	text_cut(&t, 0);
	text_lines(&t, s, size);
	must(strlen(text_str(&t)) == t.len);
	for (size_t i = 0; i < t.len; i++)
		if (t.s[i] == '\n' || t.s[i] == '\t')
			t.s[i] = ' ';
	is_tame((const unsigned char *)text_str(&t));
	is_utf8((const unsigned char *)text_str(&t));
	text_cut(&t, 0);
	text_json(&t, s);
	is_json((const unsigned char *)text_str(&t));
	is_utf8((const unsigned char *)text_str(&t));
	text_cut(&t, 0);
	text_shell(&t, s);
	is_word(text_str(&t), s);
	free(s);
	return 0;
}
