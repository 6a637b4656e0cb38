// SPDX-License-Identifier: GPL-3.0-or-later
/* job.c - ids of jobs, and digests that tell apart what means something else */
#include <string.h>

#include "job/job.h"
#include "tap.h"

static const char *const ls[] = { "ls", "-l", NULL };
static const char *const joined[] = { "ls-l", NULL };

static struct job plain(void)
{
	return (struct job){
		.id = "a", .profile = "batch", .command = ls, .command_count = 2
	};
}

static void test_ids(void)
{
	char id[JOB_ID_MOST + 2];

	memset(id, 'x', sizeof(id));
	id[JOB_ID_MOST] = '\0';
	ok(job_is_id(id), "an id of %d bytes", JOB_ID_MOST);
	id[JOB_ID_MOST] = 'x';
	id[JOB_ID_MOST + 1] = '\0';
	ok(!job_is_id(id), "one more is too many");
	ok(job_is_id("A-1_b.c"), "letters, digits, '_', '.', '-'");
	ok(!job_is_id("") && !job_is_id(".x") && !job_is_id("-x") && !job_is_id("a/b") &&
		   !job_is_id("a b") && !job_is_id("\xc3\xa4"),
	   "no path, no option, nothing but ASCII");
	ok(job_is_run("a") && job_is_run("a@2") && job_is_run("a@10000"),
	   "runs of a job");
	ok(!job_is_run("@2") && !job_is_run("a@") && !job_is_run("a@1") &&
		   !job_is_run("a@2@3") && !job_is_run("a@10001") && !job_is_run(".x@2"),
	   "and what is none");
	id[JOB_ID_MOST] = '@';
	id[JOB_ID_MOST + 1] = '\0';
	ok(!job_is_run(id), "nor is a long id with nothing behind it");
}

static void test_digest(void)
{
	const struct job_set set = { "limits.memory", "1G" };
	const struct job_file file = { "/a", "/b" };
	const char *const after[] = { "z" };
	struct job a = plain(), b = plain();

	ok(job_digest(&a) == job_digest(&b), "equal jobs have equal digests");
	b.line = 7;
	ok(job_digest(&a) == job_digest(&b), "wherever they stand");
	b.command = joined;
	b.command_count = 1;
	ok(job_digest(&a) != job_digest(&b), "words are not run together");
	b = plain();
	b.sets = &set;
	b.set_count = 1;
	ok(job_digest(&a) != job_digest(&b), "a limit counts");
	b = plain();
	b.input = "";
	ok(job_digest(&a) != job_digest(&b), "an empty path is not none");
	b = plain();
	b.in = &file;
	b.in_count = 1;
	a.out = &file;
	a.out_count = 1;
	ok(job_digest(&a) != job_digest(&b), "a file in is not a file out");
	a = plain();
	a.after = after;
	a.after_count = 1;
	b = plain();
	b.environment = after;
	b.environment_count = 1;
	ok(job_digest(&a) != job_digest(&b), "an order is not a variable");
}

int main(void)
{
	plan(14);
	test_ids();
	test_digest();
	return done();
}
