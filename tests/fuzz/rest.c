// SPDX-License-Identifier: GPL-3.0-or-later
/* rest.c - any bytes as the record of a box at rest: refused, or written as it was */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "box/rest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
			       unsigned int seed);

/* A whole record with every part, where the fuzzer has nothing yet */
static size_t whole(uint8_t *data, size_t most)
{
	struct plan *pl = plan_new();
	struct rest_record rec = { .state = REST_STOPPED,
				   .id = "0123456789ab",
				   .cwd = (char *)(uintptr_t) "/srv",
				   .words = (char *)(uintptr_t) "dev\0--\0true",
				   .words_len = 12,
				   .result = (char *)(uintptr_t) "{}",
				   .plan = pl };
	auto_text t = { 0 };
	size_t len;

	rest_record_pack(&rec, &t);
	len = t.len < most ? t.len : most;
	memcpy(data, text_str(&t), len);
	plan_free(pl);
	return len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
	if (size < 16 || !(seed & 63))
		size = whole(data, most);
	return LLVMFuzzerMutate(data, size, most);
}

static void check(const struct rest_record *rec)
{
	size_t n = 0;
	char **words = rest_record_words(rec, &n);

	if (rec->state >= REST_BUSY || !memchr(rec->id, '\0', sizeof(rec->id)) ||
	    *rec->cwd != '/' || !words || !n)
		abort();
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rest_record rec, again;
	auto_text one = { 0 }, two = { 0 };

	if (rest_record_parse(data, size, &rec, NULL) < 0)
		return 0;
	check(&rec);
	rest_record_pack(&rec, &one);
	if (rest_record_parse(text_str(&one), one.len, &again, NULL) < 0)
		abort();
	rest_record_pack(&again, &two);
	if (one.len != two.len || memcmp(text_str(&one), text_str(&two), one.len) != 0)
		abort();
	rest_record_release(&rec);
	rest_record_release(&again);
	return 0;
}
