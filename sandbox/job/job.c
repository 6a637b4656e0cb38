// SPDX-License-Identifier: GPL-3.0-or-later
/* job.c - what a job means, as a number that is the same tomorrow */
#include "job/job.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/parse.h"

/* With its NUL, so that "ab", "c" is not "a", "bc"; NULL is a byte that no text has */
static uint64_t add(uint64_t h, const char *s)
{
	return s ? hash_bytes(h, s, strlen(s) + 1) : hash_bytes(h, "\xff", 1);
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
	uint64_t h = add(add(HASH_START, j->id), j->profile);

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

bool job_is_run(const char *s)
{
	char id[JOB_ID_MOST + 1];
	size_t len = job_id_len(s);
	uint64_t run;

	if (!s[len])
		return job_is_id(s);
	if (len > JOB_ID_MOST)
		return false;
	memcpy(id, s, len);
	id[len] = '\0';
	return job_is_id(id) && !parse_number_in(s + len + 1, 2, JOB_RUNS_MOST, &run);
}

size_t job_id_len(const char *s)
{
	return strcspn(s, "@");
}

void job_free(struct job *j)
{
	if (j)
		free(j->links);
	free(j);
}
