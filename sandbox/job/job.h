/* SPDX-License-Identifier: GPL-3.0-or-later */
/* job.h - one job of a batch, as a job file says it and as the queue knows it
 *
 * A job is made whole by whoever reads the file (job/source.h): defaults and matrix are
 * in it by then, and nothing of it changes after that but @state and what follows. All of
 * its texts and lists lie in one block that begins with the struct: job_free() is one
 * free().
 */
#ifndef NOOK_JOB_JOB_H
#define NOOK_JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "box/box.h"

#define JOB_CAUSES    (CAUSE_EXEC + 1)
#define JOB_ID_MOST   128 /* bytes without the NUL, of [A-Za-z0-9_.-], not first . or - */
#define JOB_TRIES     100 /* the most that a job may have in all */
#define JOB_RUNS_MOST 10000 /* --repeat */

/** enum job_state - Where a job is in its life, in this order */
enum job_state {
	JOB_WAITS, /* for the jobs in @after */
	JOB_READY, /* for a slot, or for room */
	JOB_RUNS,
	JOB_PASSED,  /* it exited with 0 */
	JOB_FAILED,  /* it did not, and has no try left */
	JOB_SKIPPED, /* never started: a job in @after did not pass, or all was ended */
};

/** struct job_set - One `--set KEY=VALUE` on top of the profile: key "limits.memory" or
 * "+mounts", value as profile_load() takes it */
struct job_set {
	const char *key;
	const char *value;
};

/** struct job_file - A file that goes in (@host is a path on the host, read-only at
 * @box) or comes out (@box is copied to @host, which is relative to the output
 * directory) */
struct job_file {
	const char *host;
	const char *box;
};

/**
 * struct job_retry - When a job that did not pass is tried again
 * @cause:	How often for that cause; CAUSE_EXITED is an exit code that is not 0
 * @times:	How often in all
 * @raise_milli: Before each, the limit that was the cause is multiplied by that many
 *		thousandths (2000: doubled); 0 = it stays
 */
struct job_retry {
	uint8_t cause[JOB_CAUSES];
	uint8_t times;
	uint32_t raise_milli;
};

/** struct job_share - A part of the machine: bytes, thousandths of a CPU, processes;
 * 0 = nothing is said of it */
struct job_share {
	uint64_t memory, cpus, processes;
};

/**
 * struct job - One command, its box and what it waits for
 * @id:		Its name in the journal; no two of a batch are equal. Of another run than
 *		the first it is ID@RUN
 * @run:	Which of --repeat it is, from 1 on
 * @line:	Where it stands in the file, for messages; 0 = nowhere
 * @profile:	Name or path, as `nook run` takes it; never NULL
 * @sets:	On top of that, in order
 * @command:	NULL-terminated; @command_count of them, at least one
 * @environment: "NAME=VALUE", or "NAME" to take it away; on top of the profile's
 * @input:	Path of what it reads as stdin, or NULL: /dev/null
 * @in, @out:	Files that go in and come out
 * @after:	Ids of jobs that must have passed before
 * @digest:	Of all of the above but @line and @retry (job_digest()): a resumed batch
 *		must mean the same
 * @declared:	What its limits say that it may need
 * @node:	Its place in the queue; @next: for lists of that
 * @waits:	Jobs that it still waits for
 * @links:	Places of the jobs that wait for it, @link_count of them
 */
struct job {
	const char *id;
	int run;
	int line;
	const char *profile;
	const struct job_set *sets;
	size_t set_count;
	const char *const *command;
	size_t command_count;
	const char *const *environment;
	size_t environment_count;
	const char *input;
	const struct job_file *in;
	size_t in_count;
	const struct job_file *out;
	size_t out_count;
	const char *const *after;
	size_t after_count;
	struct job_retry retry;
	uint64_t digest;

	enum job_state state;
	int tries; /* begun so far */
	uint8_t retried[JOB_CAUSES];
	struct job_share declared;
	uint32_t node, waits;
	uint32_t *links;
	size_t link_count;
	struct job *next;
};

/** job_digest() - FNV-1a of what the job means, for @digest */
uint64_t job_digest(const struct job *j);
/** job_free() - Takes NULL */
void job_free(struct job *j);
/** job_is_id() - Whether @s can be the id of a job: 1 to JOB_ID_MOST of [A-Za-z0-9_.-],
 * the first neither . nor - */
bool job_is_id(const char *s);
/** job_is_run() - Whether @s names a run of a job: its id, from the second on ID@RUN */
bool job_is_run(const char *s);
/** job_id_len() - How much of the name of a run is the id of its job */
size_t job_id_len(const char *s);

#endif
