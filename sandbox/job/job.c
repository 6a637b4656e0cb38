// SPDX-License-Identifier: GPL-3.0-or-later
/* job.c - what a job means, as a number that is the same tomorrow */
#include "job/job.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits (RFC 9923) */
#define FNV_START 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

/* With its NUL, so that "ab", "c" is not "a", "bc"; NULL is a byte that no text has */
static uint64_t add(uint64_t h, const char *s)
{
	if (!s)
		return (h ^ 0xff) * FNV_PRIME;
	do
		h = (h ^ (unsigned char)*s) * FNV_PRIME;
	while (*s++);
	return h;
}

static uint64_t add_words(uint64_t h, const char *const *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		h = add(h, v[i]);
	return add(h, NULL);
}

static uint64_t add_files(uint64_t h, const struct job_file *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		h = add(add(h, v[i].host), v[i].box);
	return add(h, NULL);
}

uint64_t job_digest(const struct job *j)
{
	uint64_t h = add(add(FNV_START, j->id), j->profile);

	for (size_t i = 0; i < j->set_count; i++)
		h = add(add(h, j->sets[i].key), j->sets[i].value);
	h = add_words(add(h, NULL), j->command, j->command_count);
	h = add_words(h, j->environment, j->environment_count);
	h = add_files(add(h, j->input), j->in, j->in_count);
	h = add_files(h, j->out, j->out_count);
	return add_words(h, j->after, j->after_count);
}

bool job_is_id(const char *s)
{
	size_t n = 0;

	if (*s == '.' || *s == '-')
		return false;
	for (; s[n]; n++)
		if (n >= JOB_ID_MOST ||
		    (!isalnum((unsigned char)s[n]) && !strchr("_.-", s[n])))
			return false;
	return n > 0;
}

void job_free(struct job *j)
{
	free(j);
}
