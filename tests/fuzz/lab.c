// SPDX-License-Identifier: GPL-3.0-or-later
/* lab.c - any bytes as a lab, as a diary or as a fact: the first says which */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "lab/diary.h"
#include "lab/fact.h"
#include "lab/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a lab must have is there, and what refers to something finds it */
static void try_lab(const char *buf, size_t len)
{
	struct lab *l = NULL;
	struct err e = { 0 };

	if (lab_parse(buf, len, "fuzz", &l, &e) < 0) {
		if (!e.text[0])
			abort();
		return;
	}
	if (!lab_is_id(l->id) || !l->title || !l->check.count || !l->hints[2] ||
	    !(l->solution.nook || l->solution.raw))
		abort();
	for (size_t i = 0; i < l->wrong_count; i++) {
		size_t d = 0;

		while (strcmp(l->diagnose[d].id, l->wrong[i].diagnosis) != 0)
			d++;
		if (d >= l->diagnose_count)
			abort();
	}
	lab_free(l);
}

/* What is printed of it is the same again */
static void try_diary(const char *buf, size_t len)
{
	struct diary first = { .dir = -1 }, second = { .dir = -1 };
	auto_text out = { 0 }, again = { 0 };
	struct err e = { 0 };

	if (diary_parse(&first, buf, len, "fuzz", &e) == 0) {
		diary_print(&first, &out);
		if (diary_parse(&second, text_str(&out), out.len, "fuzz", &e) < 0)
			abort();
		diary_print(&second, &again);
		if (strcmp(text_str(&out), text_str(&again)) != 0)
			abort();
	}
	diary_close(&first);
	diary_close(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *buf = (const char *)data + 1;
	auto_text line = { 0 };
	struct err e = { 0 };

	if (!size--)
		return 0;
	switch (*data % 3) {
	case 0:
		try_lab(buf, size);
		break;
	case 1:
		try_diary(buf, size);
		break;
	default:
		text_addn(&line, buf, size);
		fact_check(text_str(&line), &e);
		break;
	}
	return 0;
}
