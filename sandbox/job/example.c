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

#define CHECK_FAILED 125 /* as any mistake of nook batch */

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

	if (a->word_count || a->given_count > 1)
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

/* What is wrong with one of the jobs is told once for all that are of its line */
struct look {
	const struct plans *plans;
	const struct admission *admission;
	struct checked last;
	const char *file;
	int line;
	bool is_wrong;
};

static void look_at(struct look *l, struct job *j)
{
	struct err e = { 0 };

	if (plans_check(l->plans, j, &l->last, &e))
		err_wrap(&e, "%s:%d: job '%s': ", l->file, j->line, j->id);
	else if (admit_check(l->admission, j, &e))
		err_wrap(&e, "%s:%d: ", l->file, j->line);
	if (!*e.text)
		return;
	if (!l->is_wrong || l->line != j->line)
		cmd_complain(&e);
	l->is_wrong = true;
	l->line = j->line;
}

int batch_check(const struct args *a, struct err *e)
{
	const struct plans ps = { .wishes = a->wishes,
				  .wish_count = a->wish_count,
				  .reproducible = cmd_option(a, "reproducible") };
	struct admission admission = { 0 };
	struct look look = { .plans = &ps, .admission = &admission };
	auto_text out = { 0 };
	struct job_source *s;
	struct job *j;
	int r, fd;

	if (a->word_count != 1)
		return cmd_usage(a, e, "--check takes one file of jobs");
	if ((r = admit_open(&admission, a, e)) < 0)
		return r;
	look.file = a->words[0];
	fd = job_source_file(look.file, e);
	if (fd < 0)
		return -1;
	if (job_source_check(look.file, fd, cmd_complain, &s, e))
		return *e->text ? -1 : CHECK_FAILED;
	while ((r = next_job(s, &j, e)) == 1) {
		look_at(&look, j);
		if (!look.is_wrong)
			job_print(j, &out);
		job_free(j);
		if (out.len > 65536) {
			r = cmd_print(&out, e);
			text_cut(&out, 0);
		}
		if (r < 0)
			break;
	}
	text_release(&look.last.key);
	job_source_close(s);
	if (look.is_wrong || (r && !*e->text))
		return *e->text ? -1 : CHECK_FAILED;
	return r ? -1 : cmd_print(&out, e);
}
