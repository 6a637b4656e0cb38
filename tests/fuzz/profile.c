// SPDX-License-Identifier: GPL-3.0-or-later
/* profile.c - any bytes as a profile: an error or a profile, and what is printed of that
 * one must be the same profile again */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "profile/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_again(const struct profile *pf)
{
	auto_text first = { 0 }, second = { 0 };
	struct profile *again = NULL;
	struct err e = { 0 };

	profile_print(pf, PRINT_ORIGIN | PRINT_DEFAULTS, &first);
	if (profile_parse_text(text_str(&first), first.len, "again", &again, &e)) {
		fprintf(stderr, "%s\n%s\n", e.text, text_str(&first));
		abort();
	}
	text_cut(&first, 0);
	profile_print(pf, 0, &first);
	profile_print(again, 0, &second);
	if (strcmp(text_str(&first), text_str(&second)) != 0)
		abort();
	profile_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile *pf = NULL;
	struct err e = { 0 };

	setenv("HOME", "/home/fuzz", 1);
	if (profile_parse_text((const char *)data, size, "fuzz", &pf, &e))
		return 0;
	print_again(pf);
	profile_free(pf);
	return 0;
}
