// SPDX-License-Identifier: GPL-3.0-or-later
/* journal_read.c - reading the journal of a batch back
 *
 * A reader for lines that this program wrote, of files that anybody may have changed: a
 * JSON object (RFC 8259) of which the known members are taken and all others are passed
 * over. Texts are decoded where they lie, since no escape is shorter than what it stands
 * for. A line is read whole into one buffer that grows to the longest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "job/journal.h"

#define LINE_MOST  (16u << 20) /* more than a plan's words can make of it */
#define DEPTH_MOST 16

/** struct scan - Where the reader is in a line; @at never passes the NUL at its end */
struct scan {
	char *at;
};

static void skip_blanks(struct scan *s)
{
	while (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')
		s->at++;
}

static bool take(struct scan *s, char c)
{
	skip_blanks(s);
	if (*s->at != c)
		return false;
	s->at++;
	return true;
}

static bool hex4(const char *p, unsigned int *out)
{
	unsigned int n = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			n = n << 4 | (unsigned int)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			n = n << 4 | (unsigned int)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*out = n;
	return true;
}

static char *put_utf8(char *to, unsigned int c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 63));
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

/* Behind "\u": one character, of two escapes where it is a surrogate pair; U+FFFD for
 * half of one and for NUL, which no text here can have */
static bool unescape_u(struct scan *s, char **to)
{
	unsigned int c, low;

	if (!hex4(s->at, &c))
		return false;
	s->at += 4;
	if (c >= 0xd800 && c < 0xdc00 && s->at[0] == '\\' && s->at[1] == 'u' &&
	    hex4(s->at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		s->at += 6;
	}
	if (!c || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	*to = put_utf8(*to, c);
	return true;
}

static bool unescape(struct scan *s, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	char c = *s->at++;
	const char *p;

	if (c == 'u')
		return unescape_u(s, to);
	p = c ? strchr(from, c) : NULL;
	if (!p)
		return false;
	*(*to)++ = into[p - from];
	return true;
}

/* Return: the text, NUL-terminated where it lies, or NULL */
static char *take_text(struct scan *s)
{
	char *start, *to;

	if (!take(s, '"'))
		return NULL;
	for (start = to = s->at; *s->at != '"';) {
		if ((unsigned char)*s->at < 0x20)
			return NULL; /* the end of the line too */
		if (*s->at != '\\') {
			*to++ = *s->at++;
			continue;
		}
		s->at++;
		if (!unescape(s, &to))
			return NULL;
	}
	s->at++;
	*to = '\0';
	return start;
}

static bool skip_value(struct scan *s, int depth);

static bool skip_members(struct scan *s, char end, int depth)
{
	if (take(s, end))
		return true;
	do {
		if (end == '}' && (!take_text(s) || !take(s, ':')))
			return false;
		if (!skip_value(s, depth + 1))
			return false;
	} while (take(s, ','));
	return take(s, end);
}

static bool skip_value(struct scan *s, int depth)
{
	size_t n;

	if (depth > DEPTH_MOST)
		return false;
	skip_blanks(s);
	if (*s->at == '"')
		return take_text(s);
	if (take(s, '{'))
		return skip_members(s, '}', depth);
	if (take(s, '['))
		return skip_members(s, ']', depth);
	n = strspn(s->at, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");
	s->at += n;
	return n > 0;
}

/* --- members ------------------------------------------------------------------------ */

enum kind { TEXT, NUMBER, SECONDS, TIME, FLAG, HEX };

static const struct member {
	const char *name;
	enum kind kind;
	size_t at;
	bool small; /* an int and no uint64_t */
} members[] = {
	{ "job", TEXT, offsetof(struct journal_line, job), 0 },
	{ "id", TEXT, offsetof(struct journal_line, box), 0 },
	{ "profile", TEXT, offsetof(struct journal_line, profile), 0 },
	{ "cause", TEXT, offsetof(struct journal_line, cause), 0 },
	{ "message", TEXT, offsetof(struct journal_line, message), 0 },
	{ "try", NUMBER, offsetof(struct journal_line, try), 1 },
	{ "tries", NUMBER, offsetof(struct journal_line, tries), 1 },
	{ "slot", NUMBER, offsetof(struct journal_line, slot), 1 },
	{ "exit_code", NUMBER, offsetof(struct journal_line, exit_code), 1 },
	{ "signal", NUMBER, offsetof(struct journal_line, signal), 1 },
	{ "final", FLAG, offsetof(struct journal_line, final), 0 },
	{ "passed", FLAG, offsetof(struct journal_line, passed), 0 },
	{ "digest", HEX, offsetof(struct journal_line, digest), 0 },
	{ "output_digest", HEX, offsetof(struct journal_line, output_digest), 0 },
	{ "started", TIME, offsetof(struct journal_line, started_ns), 0 },
	{ "finished", TIME, offsetof(struct journal_line, finished_ns), 0 },
	{ "wall_s", SECONDS, offsetof(struct journal_line, wall_ns), 0 },
	{ "cpu_s", SECONDS, offsetof(struct journal_line, cpu_ns), 0 },
	{ "cpu_user_s", SECONDS, offsetof(struct journal_line, cpu_user_ns), 0 },
	{ "cpu_system_s", SECONDS, offsetof(struct journal_line, cpu_system_ns), 0 },
	{ "memory_peak_bytes", NUMBER, offsetof(struct journal_line, memory_peak), 0 },
	{ "pids_peak", NUMBER, offsetof(struct journal_line, pids_peak), 0 },
	{ "oom_kills", NUMBER, offsetof(struct journal_line, oom_kills), 0 },
	{ "output_bytes", NUMBER, offsetof(struct journal_line, output), 0 },
};

/* "2026-11-21T18:50:19.120Z", as result_json() writes it; 0 where it is none */
static uint64_t time_of(const char *s)
{
	struct tm tm = { 0 };
	unsigned int ms = 0;
	time_t t;

	if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d.%3uZ", &tm.tm_year, &tm.tm_mon,
		   &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) < 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	t = timegm(&tm);
	return t < 0 ? 0 : (uint64_t)t * 1000000000u + ms * 1000000u;
}

/* Digits, and of a fraction the first nine. Return: whether there were any */
static bool digits(const char *s, uint64_t unit, uint64_t *out)
{
	uint64_t n = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s - '0'), &n))
			return false;
	if (__builtin_mul_overflow(n, unit, &n))
		return false;
	for (s += *s == '.'; *s >= '0' && *s <= '9' && unit > 1; s++) {
		unit /= 10;
		n += unit * (uint64_t)(*s - '0');
	}
	*out = n;
	return true;
}

static bool take_member(struct scan *s, const struct member *m, struct journal_line *l)
{
	char *to = (char *)l + m->at;
	const char *text;
	uint64_t n;

	skip_blanks(s);
	if (!strncmp(s->at, "null", 4))
		return skip_value(s, 0);
	switch (m->kind) {
	case TEXT:
	case TIME:
	case HEX:
		text = take_text(s);
		if (!text)
			return false;
		if (m->kind == TEXT)
			*(const char **)to = text;
		else
			*(uint64_t *)to = m->kind == TIME ? time_of(text)
							  : strtoull(text, NULL, 16);
		return true;
	case FLAG:
		*(bool *)to = *s->at == 't';
		return skip_value(s, 0);
	case NUMBER:
	case SECONDS:
		if (!digits(s->at, m->kind == SECONDS ? 1000000000u : 1, &n) ||
		    (m->small && n > INT32_MAX))
			return false;
		if (m->small)
			*(int *)to = (int)n;
		else
			*(uint64_t *)to = n;
		return skip_value(s, 0);
	}
	return false;
}

static const struct member *find_member(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!strcmp(members[i].name, name))
			return &members[i];
	return NULL;
}

/* Return: whether @text is an object with what every line has */
static bool read_line(char *text, struct journal_line *l)
{
	struct scan s = { text };

	memset(&l->wall_ns, 0xff, sizeof(*l) - offsetof(struct journal_line, wall_ns));
	l->slot = -1;
	if (!take(&s, '{'))
		return false;
	do {
		const char *name = take_text(&s);
		const struct member *m = name ? find_member(name) : NULL;

		if (!name || !take(&s, ':') ||
		    (m ? !take_member(&s, m, l) : !skip_value(&s, 0)))
			return false;
	} while (take(&s, ','));
	if (!take(&s, '}'))
		return false;
	skip_blanks(&s);
	return !*s.at && l->job && job_is_run(l->job) && l->cause;
}

/* Digits alone, or null: what else a number may be counts no jobs */
static void read_jobs(const struct scan *s, struct journal_head *head)
{
	uint64_t n;

	head->jobs = digits(s->at, 1, &n) ? n : JOURNAL_NOT_COUNTED;
}

/* A line of a batch that went on; of its members one is known */
static bool read_resumed(char *text, struct journal_head *head)
{
	struct scan s = { text };

	if (!take(&s, '{'))
		return false;
	do {
		const char *name = take_text(&s);

		if (!name || !take(&s, ':'))
			return false;
		skip_blanks(&s);
		if (!strcmp(name, "jobs"))
			read_jobs(&s, head);
		if (!skip_value(&s, 0))
			return false;
	} while (take(&s, ','));
	if (!take(&s, '}'))
		return false;
	skip_blanks(&s);
	return !*s.at;
}

static bool read_head(char *text, struct journal_head *head)
{
	struct scan s = { text };
	bool is_ours = false;

	if (!take(&s, '{'))
		return false;
	do {
		const char *name = take_text(&s), *value = NULL;

		if (!name || !take(&s, ':'))
			return false;
		skip_blanks(&s);
		if (!strcmp(name, "slots"))
			head->slots = (int)strtol(s.at, NULL, 10);
		if (!strcmp(name, "repeat"))
			head->repeat = (int)strtol(s.at, NULL, 10);
		if (!strcmp(name, "reproducible"))
			head->reproducible = *s.at == 't';
		if (!strcmp(name, "jobs"))
			read_jobs(&s, head);
		if (*s.at == '"')
			value = take_text(&s);
		else if (!skip_value(&s, 0))
			return false;
		if (value && !strcmp(name, "journal"))
			is_ours = !strcmp(value, "nook batch");
		if (value && !strcmp(name, "started"))
			head->started_ns = time_of(value);
		if (value && !strcmp(name, "options")) {
			head->has_options = true;
			snprintf(head->options, sizeof(head->options), "%s", value);
		}
	} while (take(&s, ','));
	return is_ours && take(&s, '}');
}

/* --- the file ----------------------------------------------------------------------- */

/** struct each - What journal_each() goes on with from line to line */
struct each {
	struct journal_head *head;
	int (*line)(const struct journal_line *l, void *arg, struct err *e);
	void *arg;
	long number;
};

static int hear_line(struct each *ea, char *text, size_t len, struct err *e)
{
	struct journal_line l = { 0 };
	bool resumed;

	ea->number++;
	if (strlen(text) != len)
		return err_set(e, "the journal has a NUL byte in line %ld", ea->number);
	if (ea->number == 1)
		return read_head(text, ea->head)
			       ? 0
			       : err_set(e, "that is no journal of a batch");
	resumed = !strncmp(text, JOURNAL_RESUMED, strlen(JOURNAL_RESUMED));
	if (resumed ? !read_resumed(text, ea->head) : !read_line(text, &l))
		return err_set(e, "the journal is damaged in line %ld", ea->number);
	return resumed ? 0 : ea->line(&l, ea->arg, e);
}

/* Every line in @buf from @from on; @done: how far they went */
static int hear_lines(struct each *ea, char *buf, size_t len, size_t *done, struct err *e)
{
	char *end;

	while ((end = memchr(buf + *done, '\n', len - *done))) {
		size_t n = (size_t)(end - (buf + *done));

		*end = '\0';
		if (hear_line(ea, buf + *done, n, e) < 0)
			return -1;
		*done += n + 1;
	}
	return 0;
}

int journal_each(int fd, struct journal_head *head,
		 int (*each)(const struct journal_line *l, void *arg, struct err *e),
		 void *arg, struct err *e)
{
	struct each ea = { .head = head, .line = each, .arg = arg };
	auto_free char *buf = NULL;
	size_t size = 0, len = 0;

	*head = (struct journal_head){ .jobs = JOURNAL_NOT_COUNTED };
	for (;;) {
		size_t done = 0;
		ssize_t n;

		if (size - len < 65536) {
			char *more =
				size < LINE_MOST ? realloc(buf, size * 2 + 131072) : NULL;

			if (!more)
				return err_set(e, "a line of the journal is too long");
			buf = more;
			size = size * 2 + 131072;
		}
		n = pread(fd, buf + len, size - len, head->whole + (off_t)len);
		if (n < 0)
			return err_sys(e, "cannot read the journal");
		if (!n)
			return 0;
		len += (size_t)n;
		if (hear_lines(&ea, buf, len, &done, e) < 0)
			return -1;
		memmove(buf, buf + done, len - done);
		len -= done;
		head->whole += (off_t)done;
	}
}
