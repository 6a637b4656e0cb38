/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entry.h - what the files that read jobs share
 *
 * Theory of operation. source.c gets one entry after the other as a tree of nodes
 * (profile/nodes.h), from YAML or from a line of JSON. matrix.c makes as many of an entry
 * as its matrix says, with values in the place of ${NAME}: in the nodes, before anything
 * of them is read, so that they can stand wherever text can and errors know the line.
 * entry.c reads each into a struct job whose texts lie in an arena, and job_pack() copies
 * that into the one block that a job is. pool.c knows what no single job can tell: ids,
 * names of outputs, and whom `after` means.
 */
#ifndef NOOK_JOB_ENTRY_H
#define NOOK_JOB_ENTRY_H

#include "job/job.h"
#include "profile/nodes.h"

struct text;

#define JOBS_MOST   1000000 /* of one file */
#define AFTERS_MOST 1000000 /* in one file, groups counted by their jobs */
#define AXES_MOST   16	    /* names in a matrix */
#define WORD_MOST   131071  /* bytes that execve(2) takes in one word: MAX_ARG_STRLEN */

/**
 * struct entry_kit - What it takes to read entries
 * @ld:		The arena is for one job: reset when the next is read
 * @dir:	In front of relative paths on the host: "" or "jobs/"
 * @defaults:	Of the whole file, or NULL; a map
 * @most:	Jobs that one matrix may make
 */
struct entry_kit {
	struct loader ld;
	const char *dir;
	const struct node *defaults;
	size_t most;
};

/** struct entry - One job to be read: nodes of it and of its defaults, with no ${NAME} of
 * a matrix left; @number: its id where it has none; @of_matrix: others come of it */
struct entry {
	const struct node *node;
	const struct node *defaults;
	size_t number;
	bool of_matrix;
};

/** struct entry_places - Where in the file a job has what others may contradict */
struct entry_places {
	struct origin id, after, out;
};

/** entry_read() - One job; its texts lie in the kit's arena or the nodes. Return: 0,
 * -1 */
int entry_read(const struct entry_kit *k, const struct entry *en, struct job *j,
	       struct entry_places *at);
/** entry_check_defaults() - The defaults of a file by themselves. Return: 0, -1 */
int entry_check_defaults(const struct entry_kit *k, const struct node *defaults);

/**
 * matrix_each() - Call @each for all jobs that come of an entry
 * @en:		As it stands in the file
 *
 * Return: 0; -1 with the kit's error filled, by @each too
 */
int matrix_each(const struct entry_kit *k, const struct entry *en,
		int (*each)(const struct entry *en, void *arg), void *arg);

/** job_pack() - A job in one block of its own (job_free()). Return: NULL = no memory */
struct job *job_pack(const struct job *j);
/** job_of_run() - Run @run of a packed job, from 1 on: the same but for its name. Return:
 * NULL = no memory */
struct job *job_of_run(const struct job *j, int run);
/** job_print() - A job as a line of JSON that gives the same job again; with a newline */
void job_print(const struct job *j, struct text *out);

/* --- pool.c ------------------------------------------------------------------------ */

/**
 * struct pool - The jobs of one file, or what must be known of those of a stream
 * @is_stream:	Jobs are handed out as they come: @v stays empty
 * @v:		In the order of the file; @at[i] where its `after` stands
 * @ids, @outputs, @groups: by hash (pool.c)
 * @group:	Jobs of a matrix; @count 0: of several, and whose is not told
 * @afters:	So far
 */
struct pool {
	bool is_stream;
	const char *file;
	struct job **v;
	struct pool_place {
		uint32_t line, column;
	} * at;
	size_t count, room;
	struct pool_set {
		struct pool_slot *v;
		size_t count, room;
	} ids, outputs, groups;
	struct pool_group {
		size_t first, count;
	} * group;
	size_t group_count;
	size_t afters;
};

/** pool_add() - Take @j, which is packed, in; a stream still has it afterwards. Return:
 * 0, -1: @j is the caller's */
int pool_add(struct pool *p, struct job *j, const struct entry_places *at, struct err *e);
/** pool_group() - The jobs from @first on are those of a matrix whose entry has the id
 * @name: all of it names them, and what stands before the first ${NAME} in it */
int pool_group(struct pool *p, const char *name, size_t first, struct err *e);
/** pool_check() - All jobs are there: whom `after` means, no circles, and files that go
 * in can be read. @ld: its error, and who is told of all of them. Return: 0, -1 */
int pool_check(struct pool *p, struct loader *ld);
/** pool_release() - With the jobs that are left in it */
void pool_release(struct pool *p);

#endif
