// SPDX-License-Identifier: GPL-3.0-or-later
/* example.c - `nook batch --init` and `nook batch --check` */
#include "job/example.h"

#include <poll.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "job/admit.h"
#include "job/entry.h"
#include "job/prepare.h"
#include "job/source.h"

/* Runs as it stands (tests/cli/batch-check.bats) */
static const char example[] =
	"# Jobs for nook: commands that each run in a fresh box.\n"
	"#\n"
	"#   nook batch --check jobs.yaml    what it means, job by job; nothing is run\n"
	"#   nook batch -o DIR jobs.yaml     run it; what comes out is kept in DIR\n"
	"#   man 5 nook-batch                every key\n"
	"\n"
	"profile: strict            # a name, or ./FILE beside this one; default: batch\n"
	"\n"
	"defaults:                  # for all jobs; what a job says itself comes first\n"
	"  limits:                  # keys of the profile below 'limits'\n"
	"    wall: 30s\n"
	"    output: 1M\n"
	"  environment:\n"
	"    LC_ALL: C.UTF-8\n"
	"\n"
	"jobs:\n"
	"  - id: hello              # letters, digits, _ . - ; names the job in the "
	"journal\n"
	"    command: [echo, hello, world]      # words, as they are\n"
	"\n"
	"  - id: count\n"
	"    command: seq ${n} | wc -l          # a line for sh\n"
	"    matrix:                # a job for each choice: count-10-a, count-10-b, "
	"...\n"
	"      n: [10, 1000]\n"
	"      letter: [a, b]\n"
	"      exclude: [{n: 1000, letter: b}]  # but not this one\n"
	"\n"
	"  - id: sort\n"
	"    command: sort > /tmp/sorted\n"
	"    stdin: /etc/passwd     # a file of the host; default: nothing to read\n"
	"    files:\n"
	"      in: [/etc/group:/data/group]     # HOST:BOX, read-only in the box\n"
	"      out: [/tmp/sorted]   # kept below --output DIR as sort/sorted\n"
	"\n"
	"  - id: report\n"
	"    command: [\"true\"]\n"
	"    after: [count, sort]   # when all of these have passed\n"
	"    retry: {oom: 2, times: 3, raise: 2}\n"
	"                           # after an end by lack of memory twice, each time "
	"with\n"
	"                           # the double of it; after any failure at most 3 "
	"times\n"
	"    set:                   # any key of the profile, as --set KEY=VALUE\n"
	"      hostname: report\n";

int batch_init(const struct args *a, struct err *e)
{
	auto_text out = { 0 };

	if (a->word_count || a->rest || a->given_count > 1)
		return cmd_usage(a, e, "--init takes nothing else");
	text_add(&out, example);
	return cmd_print(&out, e);
}

/* A stream is waited for: nothing else is to be done */
static int next_job(struct job_source *s, struct job **j, struct err *e)
{
	int r;

	while ((r = job_source_next(s, j, e)) == 2) {
		struct pollfd p = { .fd = job_source_fd(s), .events = POLLIN };

		poll(&p, 1, -1);
	}
	return r;
}

int batch_check(const struct args *a, struct err *e)
{
	const struct plans ps = { .wishes = a->wishes,
				  .wish_count = a->wish_count,
				  .reproducible = cmd_option(a, "reproducible") };
	struct admission admission = { 0 };
	struct checked last = { 0 };
	auto_text out = { 0 };
	struct job_source *s;
	struct job *j;
	int r, fd;

	if (a->word_count != 1 || a->rest)
		return cmd_usage(a, e, "--check takes one file of jobs");
	if ((r = admit_open(&admission, a, e)) < 0)
		return r;
	fd = job_source_file(a->words[0], e);
	if (fd < 0 || job_source_open(a->words[0], fd, &s, e))
		return -1;
	while ((r = next_job(s, &j, e)) == 1) {
		if (plans_check(&ps, j, &last, e))
			r = err_wrap(e, "%s:%d: job '%s': ", a->words[0], j->line, j->id);
		else if (admit_check(&admission, j, e))
			r = err_wrap(e, "%s:%d: ", a->words[0], j->line);
		else
			job_print(j, &out);
		job_free(j);
		if (r > 0 && out.len > 65536) {
			r = cmd_print(&out, e);
			text_cut(&out, 0);
		}
		if (r < 0)
			break;
	}
	text_release(&last.key);
	job_source_close(s);
	return r ? -1 : cmd_print(&out, e);
}
