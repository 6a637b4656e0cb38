// SPDX-License-Identifier: GPL-3.0-or-later
/* rest_record.c - the record of a box at rest as its file has it
 *
 * It outlives the program that wrote it, so it is made to be read by later ones, and to
 * be read by earlier ones as far as they know it:
 *
 *	"nookrest", version (u32), 0 (u32)
 *	one section after the other: kind (u32), bytes (u32), these, padded to 8
 *
 * A kind that is not known is passed over. The numbers are one section, a struct that may
 * only grow at its end: what a shorter one lacks is 0, what a longer one has more is left
 * alone. The plan is a section that only the version of nook which made it can read; a
 * start makes it anew from the words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "box/rest.h"
#include "profile/profile.h"

#define REST_MAGIC   0x747365726b6f6f6eULL /* "nookrest" */
#define REST_VERSION 1
#define TEXT_MOST    (6u << 20) /* more than execve(2) lets a command line have */
#define UPDATES_MOST 4096

enum section {
	SECTION_NUMBERS = 1,
	SECTION_CWD,
	SECTION_WORDS,
	SECTION_RESULT,
	SECTION_PLAN,
	SECTION_UPDATES
};

struct head {
	uint64_t magic;
	uint32_t version;
	uint32_t zero;
};

struct part {
	uint32_t kind;
	uint32_t size;
};

/* Grows at its end only */
struct numbers {
	uint32_t state;
	int32_t exit_code;
	uint64_t created_ns, started_ns, finished_ns;
	uint64_t log_size;
	char id[BOX_ID_SIZE];
	char boot_id[40];
	uint32_t cause;
	char message[256];
	uint32_t passing;
};

/* --- writing ------------------------------------------------------------------------ */

static void add_part(struct text *out, enum section kind, const void *data, size_t size)
{
	static const char zero[8];
	struct part p = { .kind = kind, .size = (uint32_t)size };

	text_addn(out, (const char *)&p, sizeof(p));
	text_addn(out, data, size);
	text_addn(out, zero, (8 - size % 8) % 8);
}

void rest_record_pack(const struct rest_record *rec, struct text *out)
{
	const struct head head = { .magic = REST_MAGIC, .version = REST_VERSION };
	struct numbers n = {
		.state = rec->state,
		.exit_code = rec->exit_code,
		.created_ns = rec->created_ns,
		.started_ns = rec->started_ns,
		.finished_ns = rec->finished_ns,
		.log_size = rec->log_size,
		.cause = rec->cause,
		.passing = rec->passing,
	};

	memcpy(n.id, rec->id, sizeof(n.id));
	memcpy(n.boot_id, rec->boot_id, sizeof(n.boot_id));
	memcpy(n.message, rec->message, sizeof(n.message));
	text_addn(out, (const char *)&head, sizeof(head));
	add_part(out, SECTION_NUMBERS, &n, sizeof(n));
	if (rec->cwd)
		add_part(out, SECTION_CWD, rec->cwd, strlen(rec->cwd) + 1);
	if (rec->words_len)
		add_part(out, SECTION_WORDS, rec->words, rec->words_len);
	if (rec->updates_len)
		add_part(out, SECTION_UPDATES, rec->updates, rec->updates_len);
	if (rec->result)
		add_part(out, SECTION_RESULT, rec->result, strlen(rec->result) + 1);
	if (rec->plan)
		add_part(out, SECTION_PLAN, rec->plan, rec->plan->size);
}

/* --- reading ------------------------------------------------------------------------ */

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool is_id(const char *id, size_t size)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

	return ends(id, size) && *id && !id[strspn(id, digits)];
}

static bool take_numbers(struct rest_record *rec, const char *data, size_t size)
{
	struct numbers n = { 0 };

	memcpy(&n, data, size < sizeof(n) ? size : sizeof(n));
	if (!is_id(n.id, sizeof(n.id)) || !ends(n.boot_id, sizeof(n.boot_id)) ||
	    !ends(n.message, sizeof(n.message)) || n.state >= REST_BUSY)
		return false;
	rec->state = n.state;
	rec->exit_code = n.exit_code;
	rec->created_ns = n.created_ns;
	rec->started_ns = n.started_ns;
	rec->finished_ns = n.finished_ns;
	rec->log_size = n.log_size;
	memcpy(rec->id, n.id, sizeof(rec->id));
	memcpy(rec->boot_id, n.boot_id, sizeof(rec->boot_id));
	/* A later version may know one more */
	rec->cause = n.cause <= CAUSE_EXEC ? (enum cause)n.cause : CAUSE_EXITED;
	memcpy(rec->message, n.message, sizeof(rec->message));
	rec->passing = n.passing;
	return true;
}

/* One text that ends with its section; a second one of the kind is refused */
static bool take_text(char **to, const char *data, size_t size)
{
	if (*to || !size || size > TEXT_MOST || strnlen(data, size) != size - 1)
		return false;
	*to = strdup(data);
	return *to;
}

/* Several, each with its NUL */
static bool take_words(char **to, size_t *len, const char *data, size_t size)
{
	if (*to || !size || size > TEXT_MOST || data[size - 1])
		return false;
	*to = malloc(size);
	if (!*to)
		return false;
	memcpy(*to, data, size);
	*len = size;
	return true;
}

/* Of another version it may well be; a start makes another */
static bool take_plan(struct rest_record *rec, const char *data, size_t size)
{
	auto_free void *block = NULL;

	if (rec->plan || size > PLAN_MOST || !size || !(block = malloc(size)))
		return false;
	memcpy(block, data, size);
	if (plan_check(block, size))
		rec->plan = ptr_take(block);
	return true;
}

static bool take(struct rest_record *rec, uint32_t kind, const char *data, size_t size)
{
	switch (kind) {
	case SECTION_NUMBERS:
		return take_numbers(rec, data, size);
	case SECTION_CWD:
		return *data == '/' && take_text(&rec->cwd, data, size);
	case SECTION_WORDS:
		return take_words(&rec->words, &rec->words_len, data, size);
	case SECTION_UPDATES:
		return take_words(&rec->updates, &rec->updates_len, data, size);
	case SECTION_RESULT:
		return take_text(&rec->result, data, size);
	case SECTION_PLAN:
		return take_plan(rec, data, size);
	default:
		return true;
	}
}

static bool take_all(struct rest_record *rec, const char *buf, size_t len)
{
	struct part p;

	for (size_t at = sizeof(struct head); at < len;) {
		if (len - at < sizeof(p))
			return false;
		memcpy(&p, buf + at, sizeof(p));
		at += sizeof(p);
		if (p.size > len - at || !p.size || !take(rec, p.kind, buf + at, p.size))
			return false;
		at += p.size;
		at += (8 - p.size % 8) % 8;
	}
	return rec->id[0] && rec->cwd && rec->words;
}

int rest_record_parse(const void *buf, size_t len, struct rest_record *rec, struct err *e)
{
	struct head head;

	*rec = (struct rest_record){ 0 };
	if (len < sizeof(head))
		return err_set(e, "it is cut short");
	memcpy(&head, buf, sizeof(head));
	if (head.magic != REST_MAGIC)
		return err_set(e, "it is no record of a box");
	if (head.version != REST_VERSION)
		return err_set(e, "it is of version %u, this nook reads version %u",
			       head.version, REST_VERSION);
	if (take_all(rec, buf, len))
		return 0;
	rest_record_release(rec);
	return err_set(e, "it is damaged");
}

void rest_record_release(struct rest_record *rec)
{
	free(rec->cwd);
	free(rec->words);
	free(rec->updates);
	free(rec->result);
	free(rec->plan);
	*rec = (struct rest_record){ 0 };
}

char **rest_record_words(const struct rest_record *rec, size_t *count)
{
	char *end = rec->words + rec->words_len;
	size_t n = 0;
	char **list;

	for (char *p = rec->words; p < end; p += strlen(p) + 1)
		n++;
	list = calloc(n + 1, sizeof(*list));
	*count = 0;
	for (char *p = rec->words; list && p < end; p += strlen(p) + 1)
		list[(*count)++] = p;
	return list;
}

/* --- updates ------------------------------------------------------------------------ */

static size_t key_length(const char *word)
{
	return strcspn(word, "=");
}

/* SRC:DST[:OPTIONS] of mounts ends, or goes on behind a colon, where DST does; what is
 * added to other lists is taken away by the same words */
static bool cancels(const char *less, const char *more)
{
	size_t len = key_length(less);
	const char *gone = less + len + 1, *at = more + len + 1;

	if (*less != '-' || *more != '+' || strncmp(less + 1, more + 1, len))
		return false;
	if (strncmp(less + 1, "mounts=", 7) != 0)
		return !strcmp(gone, at);
	at = strchr(at, ':');
	return at && !strncmp(at + 1, gone, strlen(gone)) &&
	       (!at[1 + strlen(gone)] || at[1 + strlen(gone)] == ':');
}

/* A map is set entry by entry: only null, which is none at all, ends what was before */
static bool is_merged(const char *word)
{
	const char *value = word + key_length(word) + 1;
	char key[64];

	snprintf(key, sizeof(key), "%.*s", (int)key_length(word), word);
	return field_is_map(field_find(key)) && strcmp(value, "null") != 0 &&
	       strcmp(value, "~") != 0;
}

static bool replaces(const char *word, const char *old)
{
	return *word != '+' && *word != '-' &&
	       !strncmp(word, old, key_length(word) + 1) &&
	       (!is_merged(word) || !strcmp(word, old));
}

/* One word into the list @t. Return: whether it stays in there */
static bool fits(struct text *t, const char *word)
{
	for (size_t at = 0; at < t->len;) {
		size_t len = strlen(t->s + at) + 1;
		bool cancel = cancels(word, t->s + at);

		if (!cancel && !replaces(word, t->s + at)) {
			at += len;
			continue;
		}
		memmove(t->s + at, t->s + at + len, t->len - at - len);
		t->len -= len;
		if (cancel)
			return false;
	}
	return true;
}

int rest_record_update(struct rest_record *rec, const char *words, size_t len,
		       struct err *e)
{
	struct text t = { 0 };
	size_t count = 0;

	if (!len || words[len - 1])
		return err_set(e, "a word has no end");
	text_addn(&t, rec->updates_len ? rec->updates : "", rec->updates_len);
	for (const char *w = words; w < words + len; w += strlen(w) + 1)
		if (fits(&t, w))
			text_addn(&t, w, strlen(w) + 1);
	for (size_t i = 0; i < t.len; i++)
		count += !t.s[i];
	if (t.failed || count > UPDATES_MOST || t.len > TEXT_MOST) {
		text_release(&t);
		return err_set(e, "the box was changed too often");
	}
	free(rec->updates);
	rec->updates_len = t.len;
	rec->updates = t.len ? text_take(&t) : NULL;
	text_release(&t);
	return 0;
}
