// SPDX-License-Identifier: GPL-3.0-or-later
/* jobs.c - job files: what jobs come of them, what is refused where, streams */
#include <fcntl.h>
#include <time.h>

#include "base/err.h"
#include "base/text.h"
#include "job/entry.h"
#include "job/source.h"
#include "tap.h"

static void print_all(const char *text, size_t len, struct text *out)
{
	struct job_text t = { .name = "d/f", .buf = text, .len = len };
	struct job_source *s = NULL;
	struct err e = { 0 };
	struct job *j;

	if (job_source_text(&t, &s, &e)) {
		text_add(out, e.text);
		if (e.hint[0])
			text_addf(out, " (%s)", e.hint);
		return;
	}
	while (job_source_next(s, &j, &e) == 1) {
		job_print(j, out);
		job_free(j);
	}
	job_source_close(s);
}

static void gives(const char *text, const char *want)
{
	auto_text got = { 0 }, name = { 0 };

	text_safe(&name, text);
	text_cut(&name, 66);
	print_all(text, strlen(text), &got);
	is(text_str(&got), want, text_str(&name));
}

/* What is printed gives the same again, from where the paths begin */
static void again(const char *text)
{
	auto_text first = { 0 }, second = { 0 };
	struct job_text t = { .name = "f" };
	struct job_source *s = NULL;
	struct err e = { 0 };
	struct job *j;

	print_all(text, strlen(text), &first);
	t.buf = text_str(&first);
	t.len = first.len;
	if (job_source_text(&t, &s, &e))
		text_add(&second, e.text);
	while (s && job_source_next(s, &j, &e) == 1) {
		job_print(j, &second);
		job_free(j);
	}
	job_source_close(s);
	is(text_str(&second), text_str(&first), "the same again");
}

static const char all_keys[] =
	"profile: strict\n"
	"defaults:\n"
	"  limits: {memory: 64M, wall: 10}\n"
	"  environment: {A: x, B: b}\n"
	"  files: {out: [/tmp/r]}\n"
	"jobs:\n"
	"  - id: one\n"
	"    command: [echo, \"a b\", \"null\"]\n"
	"    profile: ./p.yaml\n"
	"    stdin: /dev/null\n"
	"    files:\n"
	"      in: [/etc/passwd:/in/p, {from: /etc/group, to: \"/in/a:b\"}]\n"
	"      out: [/tmp/o:out/o]\n"
	"    limits: {memory: 1G}\n"
	"    set: {hostname: h, +mounts: [{tmpfs: /x}], description: \"null\", workdir: "
	"null}\n"
	"    environment: {A: null, C: \"[c\"}\n"
	"    retry: {oom: 2, times: 3, raise: 1.5}\n"
	"  - command: echo $HOME\n"
	"    environment: [B=1=2]\n"
	"    after: one\n";

static const char all_said[] =
	"{\"id\":\"one\",\"profile\":\"d/./p.yaml\",\"command\":[\"echo\",\"a "
	"b\",\"null\"],"
	"\"stdin\":\"/dev/null\","
	"\"files\":{\"in\":[{\"from\":\"/etc/passwd\",\"to\":\"/in/p\"},"
	"{\"from\":\"/etc/group\",\"to\":\"/in/a:b\"}],"
	"\"out\":[{\"from\":\"/tmp/o\",\"to\":\"out/o\"}]},"
	"\"set\":{\"limits.wall\":\"10\",\"limits.memory\":\"1G\",\"hostname\":\"h\","
	"\"+mounts\":[{\"tmpfs\":\"/x\"}],\"description\":\"null\",\"workdir\":null},"
	"\"environment\":{\"A\":null,\"B\":\"b\",\"C\":\"[c\"},"
	"\"retry\":{\"times\":3,\"oom\":2,\"raise\":1.500}}\n"
	"{\"id\":\"2\",\"profile\":\"strict\",\"command\":[\"/bin/sh\",\"-c\",\"echo "
	"$HOME\"],"
	"\"files\":{\"out\":[{\"from\":\"/tmp/r\",\"to\":\"2/r\"}]},"
	"\"set\":{\"limits.memory\":\"64M\",\"limits.wall\":\"10\"},"
	"\"environment\":{\"A\":\"x\",\"B\":\"1=2\"},\"after\":[\"one\"]}\n";

#define JOB(id) "{\"id\":\"" id "\",\"profile\":\"batch\",\"command\":[\"a\"]}\n"

static const char *const rows[][2] = {
	/* what holds for all may stand behind them */
	{ "jobs: [{id: x}]\ndefaults: {command: [a]}", JOB("x") },
	{ "jobs: [{id: x, command: [a]}]\nprofile: strict",
	  "{\"id\":\"x\",\"profile\":\"strict\",\"command\":[\"a\"]}\n" },
	{ "jobs: []", "" },
	{ "", "d/f: is empty, expected 'jobs: [...]'" },
	{ "defaults: {}", "d/f: no key 'jobs'" },
	{ "jobs: 1", "d/f:1:7: 'jobs' cannot be '1': expected a list, '- ' in front of "
		     "each job" },
	{ "jbos: []", "d/f:1:1: unknown key 'jbos', did you mean 'jobs'" },
	{ "{\"jobs\":[{\"id\":\"x\",\"command\":[\"a\"]}]}", JOB("x") },
	{ "jobs: [x]", "d/f:1:8: a job is a map with at least a 'command'" },
	{ "jobs: [{id: x}]", "d/f:1:8: a job needs a 'command'" },
	{ "jobs:\n- {command: [a], cmd: b}",
	  "d/f:2:18: unknown key 'cmd', did you mean 'command'" },
	{ "jobs:\n- {command: [a], needs: b}",
	  "d/f:2:18: unknown key 'needs', did you mean 'after'" },
	{ "jobs:\n- {command: [a], memory: 64M}",
	  "d/f:2:18: 'memory' is a limit, written 'limits: {memory: ...}'" },
	{ "jobs:\n- {command: [a], timeout: 5s}",
	  "d/f:2:18: 'timeout' is a limit, written 'limits: {wall: ...}'" },
	{ "jobs:\n- {command: [a], cwd: /a}",
	  "d/f:2:18: 'cwd' is a key of profiles, written 'set: {workdir: ...}'" },
	{ "jobs:\n- {command: [a], limits: {time: 5s}}",
	  "d/f:2:27: unknown key 'limits.time', did you mean 'limits.wall'" },
	{ "jobs:\n- {comand: [a]}",
	  "d/f:2:4: unknown key 'comand', did you mean 'command'" },
	{ "jobs:\n- {command: [a], hostname: b}",
	  "d/f:2:18: 'hostname' is a key of profiles, written 'set: {hostname: ...}'" },
	{ "jobs:\n- {command: []}",
	  "d/f:2:13: 'command' cannot be an empty list: expected a list of words, or "
	  "a line for sh" },
	{ "jobs:\n- {command: [\"\"]}", "d/f:2:13: 'command' is empty" },
	{ "jobs:\n- {command: [[a]]}",
	  "d/f:2:14: 'command' cannot be a list: expected text" },
	{ "jobs:\n- {id: a/b, command: [a]}",
	  "d/f:2:8: 'id' cannot be 'a/b': expected up to 128 letters, digits and _ . -, "
	  "the first neither . nor -" },
	{ "jobs:\n- {id: a, command: [a]}\n- {id: a, command: [a]}",
	  "d/f:3:8: two jobs have the id 'a' (the first stands in line 2)" },
	{ "jobs:\n- {command: [a], limits: {memroy: 1M}}",
	  "d/f:2:27: unknown key 'limits.memroy', did you mean 'limits.memory'" },
	{ "jobs:\n- {command: [a], limits: {memory: 1X}}",
	  "d/f:2:35: 'limits.memory' cannot be '1X': expected a size from 4K on such as "
	  "512M, or max" },
	{ "defaults: {limits: {wall: x}}\njobs: [{command: [a]}]",
	  "d/f:1:27: 'limits.wall' cannot be 'x': expected a duration above 0 such as "
	  "10s or 2m30s, or max" },
	{ "defaults: {id: x}\njobs: []",
	  "d/f:1:12: 'id' is for one job, not for 'defaults'" },
	{ "jobs:\n- {command: [a], set: {environment.A: b}}",
	  "d/f:2:24: 'environment.A' stands in the job itself, not in 'set'" },
	{ "jobs:\n- {command: [a], set: {extends: b}}",
	  "d/f:2:33: 'extends' can only stand in a profile" },
	{ "jobs:\n- {command: [a], environment: {1x: b}}",
	  "d/f:2:32: 'environment' cannot have '1x': expected a name such as PATH" },
	{ "jobs:\n- {command: [a], environment: [b]}",
	  "d/f:2:32: 'environment' cannot be 'b': expected NAME=VALUE" },
	{ "jobs:\n- {command: [a], retry: {omo: 1}}",
	  "d/f:2:26: unknown key 'retry.omo', did you mean 'oom'" },
	{ "jobs:\n- {command: [a], retry: 100}",
	  "d/f:2:25: 'retry' cannot be '100': expected a number up to 99" },
	{ "jobs:\n- {command: [a], retry: {raise: 1}}",
	  "d/f:2:33: 'raise' cannot be '1': expected how many times the limit, such as 2 "
	  "or 150%, above 1 and up to 100" },
	{ "jobs:\n- {command: [a], retry: {cancelled: 1}}",
	  "d/f:2:26: 'retry.cancelled': who ends a job wants no other try" },
	/* files */
	{ "jobs:\n- {command: [a], stdin: no}",
	  "d/f:2: job '1': cannot read 'd/no': No such file or directory" },
	{ "jobs:\n- {command: [a], stdin: \"${x}\"}",
	  "d/f:2:25: 'stdin' cannot be '${x}': no matrix has this name" },
	{ "jobs:\n- {command: [a], files: {in: /etc/passwd}}",
	  "d/f:2:30: 'files.in' cannot be '/etc/passwd': expected HOST:BOX, BOX an "
	  "absolute path in the box" },
	{ "jobs:\n- {command: [a], files: {in: /etc/passwd:/a/../b}}",
	  "d/f:2:30: 'files.in' cannot be '/etc/passwd:/a/../b': expected HOST:BOX, BOX "
	  "an absolute path in the box" },
	{ "jobs:\n- {command: [a], files: {in: [/dev/null:/x, /dev/zero:/x]}}",
	  "d/f:2:45: 'files.in' has two files for '/x'" },
	{ "jobs:\n- {command: [a], files: {out: x}}",
	  "d/f:2:31: 'files.out' cannot be 'x': expected BOX:NAME, BOX an absolute path "
	  "in the box" },
	{ "jobs:\n- {command: [a], files: {out: /x:/y}}",
	  "d/f:2:31: 'files.out' cannot be '/x:/y': expected a name below the output "
	  "directory: no '..', no '.', no '/' in front" },
	{ "jobs:\n- {command: [a], files: {out: /x:a/../../y}}",
	  "d/f:2:31: 'files.out' cannot be '/x:a/../../y': expected a name below the "
	  "output directory: no '..', no '.', no '/' in front" },
	{ "jobs:\n- {command: [a], files: {out: /x:a}}\n"
	  "- {command: [a], files: {out: /y:a}}",
	  "d/f:3:31: two outputs have the name 'a'" },
	{ "jobs:\n- {command: [a], files: {out: [/x:a/b, /y:a]}}",
	  "d/f:2:31: an output has the name of another's directory 'a'" },
	{ "jobs:\n- {command: [a], files: {out: [/x:a, /y:a/b/c]}}",
	  "d/f:2:31: another output has the name of a directory of 'a/b/c'" },
	{ "jobs:\n- {command: [a], files: {out: /x:b/stderr}}\n- {id: b, command: [a]}",
	  "d/f:3:1: two outputs have the name 'b/stderr'" },
	{ "jobs:\n- {command: [a], files: {out: /x:b}}\n- {id: b, command: [a]}",
	  "d/f:3:1: another output has the name of a directory of 'b/stdout'" },
	{ "jobs:\n- {command: [a], files: {on: x}}",
	  "d/f:2:26: unknown key 'files.on': expected 'in' or 'out'" },
	/* after */
	{ "jobs:\n- {id: b, command: [a], after: a}\n- {id: a, command: [a]}",
	  "{\"id\":\"b\",\"profile\":\"batch\",\"command\":[\"a\"],\"after\":[\"a\"]}"
	  "\n" JOB("a") },
	{ "jobs:\n- {id: m, command: [a], matrix: {a: [1]}}\n"
	  "- {id: z, command: [a], after: [m, m-1, m]}",
	  JOB("m-1") "{\"id\":\"z\",\"profile\":\"batch\",\"command\":[\"a\"],"
		     "\"after\":[\"m-1\"]}\n" },
	{ "jobs:\n- {id: \"m-${a}\", command: [a], matrix: {a: [1]}}\n"
	  "- {id: z, command: [a], after: m}",
	  JOB("m-1") "{\"id\":\"z\",\"profile\":\"batch\",\"command\":[\"a\"],"
		     "\"after\":[\"m-1\"]}\n" },
	{ "jobs:\n- {id: \"m-${a}\", command: [a], matrix: {a: [1]}}\n"
	  "- {id: m, command: [a]}\n- {id: z, command: [a], after: m}",
	  JOB("m-1") JOB("m") "{\"id\":\"z\",\"profile\":\"batch\",\"command\":[\"a\"],"
			      "\"after\":[\"m\"]}\n" },
	{ "jobs:\n- {id: \"m-${a}\", command: [a], matrix: {a: [1]}}\n"
	  "- {id: m, command: [a], matrix: {a: [2]}}\n- {id: z, command: [a], after: m}",
	  "d/f:4:32: 'after': several matrices have jobs of 'm'" },
	{ "jobs:\n- {id: \"${a}\", command: [a], matrix: {a: [1]}}\n"
	  "- {id: z, command: [a], after: m}",
	  "d/f:3:32: 'after': no job has the id 'm' (did you mean '1')" },
	{ "jobs:\n- {id: alpha, command: [a], after: [alhpa]}",
	  "d/f:2:36: 'after': no job has the id 'alhpa' (did you mean 'alpha')" },
	{ "jobs:\n- {id: a, command: [a], after: [a]}",
	  "d/f:2:32: 'after' goes in a circle: a -> a" },
	{ "jobs:\n- {id: s, command: [a], after: [a]}\n- {id: a, command: [a], after: "
	  "b}\n"
	  "- {id: b, command: [a], after: [c]}\n- {id: c, command: [a], after: [a]}",
	  "d/f:3:32: 'after' goes in a circle: a -> b -> c -> a" },
	{ "defaults: {command: [a]}\njobs: [{id: a, after: b}, {id: b, after: c}, "
	  "{id: c, after: d}, {id: d, after: e}, {id: e, after: a}]",
	  "d/f:2:23: 'after' goes in a circle: a -> b -> c -> d -> e -> a" },
	{ "defaults: {command: [a]}\njobs: [{id: a, after: b}, {id: b, after: c}, "
	  "{id: c, after: d}, {id: d, after: e}, {id: e, after: f}, {id: f, after: a}]",
	  "d/f:2:23: 'after' goes in a circle: a -> b -> c -> d -> 2 more -> a" },
	/* a matrix */
	{ "jobs:\n- {id: \"x-${b}-${a}\", command: [a], matrix: {a: [1, 2], b: [u, v]}}",
	  JOB("x-u-1") JOB("x-v-1") JOB("x-u-2") JOB("x-v-2") },
	{ "jobs:\n- {id: m, command: [a], matrix: {a: [1, c/d]}}\n"
	  "- {id: z, command: [a], after: m}",
	  JOB("m-1")
		  JOB("m-c_d") "{\"id\":\"z\",\"profile\":\"batch\",\"command\":[\"a\"],"
			       "\"after\":[\"m-1\",\"m-c_d\"]}\n" },
	{ "defaults: {environment: {S: \"${a}\"}}\njobs:\n- command: "
	  "[\"${a}${no}$${a}\", "
	  "\"$$\"]\n  matrix: {a: 7}",
	  "{\"id\":\"1-7\",\"profile\":\"batch\",\"command\":[\"7${no}${a}\",\"$$\"],"
	  "\"environment\":{\"S\":\"7\"}}\n" },
	{ "jobs:\n- {command: [a], matrix: {a: [1, 2], b: [3, 4], exclude: [{a: 1, b: "
	  "4}, "
	  "{a: 2}], include: [{a: 9, b: 9}]}}",
	  JOB("1-1-3") JOB("1-9-9") },
	{ "jobs:\n- {id: \"${b}\", command: [a], matrix: {a: [1]}}",
	  "d/f:2:8: 'id' cannot be '${b}-1': expected up to 128 letters, digits and _ . "
	  "-, the first neither . nor -" },
	{ "jobs:\n- {command: [a], matrix: {a: []}}",
	  "d/f:2:30: 'matrix.a': expected a list of values" },
	{ "jobs:\n- {command: [a], matrix: {a: [[1]]}}",
	  "d/f:2:31: 'matrix' cannot be a list: expected a text or a number" },
	{ "jobs:\n- {command: [a], matrix: {a-b: [1]}}",
	  "d/f:2:27: a name in 'matrix' cannot be 'a-b': expected letters, digits and "
	  "_" },
	{ "jobs:\n- {command: [a], matrix: {seed: [1], exclude: [{sede: 1}]}}",
	  "d/f:2:49: 'sede' is no name of the matrix, did you mean 'seed'" },
	{ "jobs:\n- {command: [a], matrix: {a: [1], b: [1], include: [{a: 1}]}}",
	  "d/f:2:53: 'include' gives 1 of the 2 values of a job" },
	{ "defaults: {matrix: {a: [1]}}\njobs: []",
	  "d/f:1:12: 'matrix' is for one job, not for 'defaults'" },
	/* lines of JSON */
	{ "{\"id\":\"x\",\"command\":[\"a\"]}\n\n{\"command\":[\"a\"]}",
	  JOB("x") JOB("2") },
	{ "{\"defaults\":{\"command\":[\"a\"]}}\n{\"id\":\"x\"}\n{}", JOB("x") JOB("2") },
	{ "{\"command\":[\"a\"]}\n{\"command\":[\"a\"],\"idd\":1}",
	  "d/f:2:18: unknown key 'idd', did you mean 'id'" },
	{ "{\"command\":[\"a\"]}\n[1", "d/f:2:3: expected ',' or ']'" },
	{ "{\"command\":[\"a\",null]}",
	  "d/f:1:17: 'command' cannot be null: expected text" },
	/* what YAML could surprise with */
	{ "jobs: [{command: &a [a]}]",
	  "d/f:1:18: anchors are not taken, use 'defaults' or 'matrix'" },
	{ "jobs: &a []", "d/f:1:7: anchors are not taken, use 'defaults' or 'matrix'" },
	{ "jobs: []\njobs: []", "d/f:2:1: key 'jobs' stands twice, first in line 1" },
};

static void try_stream(void)
{
	static const char lines[] = "{\"id\":\"a\",\"command\":[\"a\"]}\n"
				    "{\"id\":\"b\",\"command\":[\"a\"],\"after\":\"a\"}\n"
				    "{\"id\":\"a\",\"command\":[\"a\"]}\n"
				    "{\"id\":\"c\",\"command\":[\"a\"],\"after\":\"d\"}\n"
				    "{\"id\":\"e\",\"matrix\":{\"n\":[1,2]},\"comm";
	static const char rest[] = "and\":[\"a\"]}\n{\"id\":\"f\",\"command\":[\"a\"]}";
	struct job_source *s;
	struct err e = { 0 };
	struct job *j;
	int fd[2], got[8];

	if (pipe2(fd, O_CLOEXEC) || dup2(fd[0], 0) < 0 || job_source_open("-", 0, &s, &e))
		exit(1);
	is_num(job_source_next(s, &j, &e), 2, "a stream has nothing yet");
	if (write(fd[1], lines, strlen(lines)) < 0)
		exit(1);
	for (int i = 0; i < 5; i++) {
		got[i] = job_source_next(s, &j, &e);
		if (i == 2)
			is(e.text, "-:3:7: two jobs have the id 'a'", "an id twice");
		if (i == 3)
			is(e.text,
			   "-:4:35: in a stream 'after' names jobs that came before, not "
			   "'d'",
			   "after what may come");
		if (got[i] == 1)
			job_free(j);
	}
	ok(got[0] == 1 && got[1] == 1 && got[2] == -1 && got[3] == -1 && got[4] == 2,
	   "jobs come while the stream goes on, a wrong line is one line");
	if (write(fd[1], rest, strlen(rest)) < 0)
		exit(1);
	close(fd[1]);
	for (int i = 0; i < 4; i++) {
		got[i] = job_source_next(s, &j, &e);
		if (got[i] == 1)
			job_free(j);
	}
	ok(got[0] == 1 && got[1] == 1 && got[2] == 1 && got[3] == 0,
	   "the rest, a last line without a newline too, and the end");
	is_num(job_source_fd(s), -1, "nothing to wait for");
	job_source_close(s);
	close(fd[0]);
}

/* 10^5 jobs, a twentieth where valgrind watches (tests/run-all.sh). The processor's time,
 * since the machine may be busy: what grew with their square would take minutes */
static void try_many(void)
{
	const int count = getenv("UNDER_VALGRIND") ? 5000 : 100000;
	auto_text all = { 0 };
	struct job_text t = { .name = "many" };
	struct job_source *s = NULL;
	struct err e = { 0 };
	clock_t before;
	double s_used;

	text_add(&all, "jobs:\n");
	for (int i = 0; i < count; i++)
		text_addf(&all,
			  "- id: job-%d\n  command: [sh, -c, \"echo %d\"]\n"
			  "  limits: {memory: 64M}\n",
			  i, i);
	t.buf = text_str(&all);
	t.len = all.len;
	before = clock();
	ok(!job_source_text(&t, &s, &e), "%d jobs %s", count, e.text);
	s_used = (double)(clock() - before) / CLOCKS_PER_SEC;
	diag("%.2f s", s_used);
	ok(s_used < 20, "in a moment");
	job_source_close(s);
}

/* In one line: a document may be that long, a job may not */
static void try_long(void)
{
	auto_text word = { 0 }, all = { 0 }, job = { 0 };
	struct job_text t = { .name = "long" };
	struct job_source *s = NULL;
	struct err e = { 0 };

	for (int i = 0; i < 100000; i++)
		text_addc(&word, 'x');
	text_add(&all, "{\"jobs\":[");
	text_add(&job, "{\"command\":[\"a\"");
	for (int i = 0; i < 12; i++) {
		text_addf(&all, "%s{\"command\":[\"%s\"]}", i ? "," : "",
			  text_str(&word));
		text_addf(&job, ",\"%s\"", text_str(&word));
	}
	text_add(&all, "]}\n");
	text_add(&job, "]}\n");
	t.buf = text_str(&all);
	t.len = all.len;
	ok(!job_source_text(&t, &s, &e), "a document in one long line %s", e.text);
	job_source_close(s);
	t.buf = text_str(&job);
	t.len = job.len;
	is_num(job_source_text(&t, &s, &e), -1, "a job in one");
	is(e.text, "long:1:1: a line of more than 1M", "is refused as such");
}

int main(void)
{
	size_t count = sizeof(rows) / sizeof(rows[0]);

	plan((int)count + 14);
	unsetenv("HOME");
	gives(all_keys, all_said);
	again(all_keys);
	again("jobs:\n- {id: m, command: [a], matrix: {a: [1, 2]}}\n"
	      "- {command: [a], after: m}");
	for (size_t i = 0; i < count; i++)
		gives(rows[i][0], rows[i][1]);
	try_stream();
	try_many();
	try_long();
	return done();
}
