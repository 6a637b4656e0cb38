// SPDX-License-Identifier: GPL-3.0-or-later
/* jobs.c - any bytes as a job file: an error or jobs, and what is printed of those must
 * be the same jobs again */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "job/entry.h"
#include "job/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 200 /* jobs: each may be as long as the input */

static int read_all(const char *buf, size_t len, struct text *out, struct err *e)
{
	struct job_text t = { .name = "fuzz", .buf = buf, .len = len, .most = MOST };
	struct job_source *s = NULL;
	struct job *j;
	size_t count = 0;

	if (job_source_text(&t, &s, e))
		return -1;
	while (job_source_next(s, &j, e) == 1) {
		if (!job_is_id(j->id) || !j->command_count ||
		    j->command[j->command_count])
			abort();
		if (count++ < MOST)
			job_print(j, out);
		job_free(j);
	}
	job_source_close(s);
	return count <= MOST ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_text first = { 0 }, second = { 0 };
	struct err e = { 0 };

	setenv("HOME", "/home/fuzz", 1);
	/* no job at all is a stream without lines, but no file */
	if (read_all((const char *)data, size, &first, &e) || !first.len)
		return 0;
	if (read_all(text_str(&first), first.len, &second, &e) ||
	    strcmp(text_str(&first), text_str(&second)) != 0) {
		fprintf(stderr, "%s\n%s\n%s\n", e.text, text_str(&first),
			text_str(&second));
		abort();
	}
	return 0;
}
