/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source.h - where jobs come from: a file that is read whole, or a stream that goes on */
#ifndef NOOK_JOB_SOURCE_H
#define NOOK_JOB_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "job/job.h"

struct err;
struct job_source;

/** job_source_is_given() - Whether @path is no place, but something that this process was
 * started with: "-", /dev/fd/63 */
bool job_source_is_given(const char *path);
/** job_source_file() - Open it. Return: descriptor, which is 0 for "-"; -1 and @e */
int job_source_file(const char *path, struct err *e);
/**
 * job_source_open() - Begin to read jobs
 * @path:	A file (YAML, or JSON lines), or "-": JSON lines on stdin
 * @file:	Of job_source_file(); it is closed, unless it is 0
 *
 * A file is read and checked whole here: syntax, ids, values, files, equal names, circles
 * of `after`. Whether profiles can be planned is the queue's to say.
 *
 * Return: 0, or -1 and @e, which names file and line
 */
int job_source_open(const char *path, int file, struct job_source **out, struct err *e);
/** job_source_check() - The same, to look for mistakes: @tell gets the first of each job,
 * and those that only all jobs together have where no job has one. What is no YAML or has
 * a mistake above its jobs is not read on. Of a stream it is told while job_source_next()
 * reads. Return: 0; -1 and @e, which is empty where all was told */
int job_source_check(const char *path, int file, void (*tell)(const struct err *e),
		     struct job_source **out, struct err *e);
/** struct job_text - A job file in memory; @most: jobs of a matrix, 0 = as in files;
 * @tell: as of job_source_check(), or NULL */
struct job_text {
	const char *name;
	const char *buf;
	size_t len;
	size_t most;
	void (*tell)(const struct err *e);
};

/** job_source_text() - The same of a text. Return: 0, or -1 and @e */
int job_source_text(const struct job_text *t, struct job_source **out, struct err *e);
/** job_source_is_stream() - Whether jobs are to start before the last has come */
bool job_source_is_stream(const struct job_source *s);
/** job_source_fd() - What to poll for more of a stream; -1 where nothing will come
 * late */
int job_source_fd(const struct job_source *s);
/** job_source_repeat() - Each job is to be handed out so often: a file's in rounds, so
 * that what changes on the machine meanwhile is not one job's alone */
void job_source_repeat(struct job_source *s, int runs);
/** job_source_next() - The next job, the caller's from then on (job_free()). Return: 1;
 * 0 at the end; 2 where a stream has no whole line yet; -1 and @e, which is empty where
 * it was told */
int job_source_next(struct job_source *s, struct job **out, struct err *e);
/** job_source_close() - Takes NULL */
void job_source_close(struct job_source *s);

#endif
