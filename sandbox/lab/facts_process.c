// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_process.c - verbs about processes: alive or dead, what the kernel tells of one */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "cmd/processes.h"
#include "lab/verbs.h"

#define STATUS_SIZE 256 /* bytes of a line of status that are looked at */

static int check_target(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	return lab_target_check(words[0], e);
}

/* --- alive, dead ------------------------------------------------------------------- */

/* A zombie is dead: it runs nothing any more and only waits to be reaped */
static int look_life(const struct lab_scene *s, const char *name, bool wanted,
		     struct fact_found *out, struct err *e)
{
	auto_text how = { 0 };
	struct process p;
	pid_t pid = 0;
	int rc = wanted ? lab_target(s, name, &pid, &how, e)
			: lab_target_named(s, name, &pid, &how, e);
	bool alive;

	if (rc < 0)
		return -1;
	text_addf(&out->expected, "%s %s", name, wanted ? "runs" : "has ended");
	if (!rc) {
		text_add(&out->found, text_str(&how));
		out->holds = !wanted;
		return 0;
	}
	text_addf(&out->source, "/proc/%d/stat", pid);
	rc = process_read(pid, &p);
	alive = rc == 0 && p.state != 'Z' && p.state != 'X';
	if (rc < 0)
		text_addf(&out->found, "process %d has ended", pid);
	else
		text_addf(&out->found, "process %d (%s), state %c, by %s", pid, p.name,
			  p.state, text_str(&how));
	out->holds = alive == wanted;
	return 0;
}

static int look_alive(const struct lab_scene *s, const char *const *words, size_t n,
		      struct fact_found *out, struct err *e)
{
	(void)n;
	return look_life(s, words[0], true, out, e);
}

static int look_dead(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	(void)n;
	return look_life(s, words[0], false, out, e);
}

/* --- status, nspid, proc-has ------------------------------------------------------- */

/* Value of "KEY:" in the text of a file such as status, without blanks around. Return:
 * false where there is no such line */
static bool line_of(const char *file, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);

	for (const char *p = file; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, len) != 0 || p[len] != ':')
			continue;
		p += len + 1;
		p += strspn(p, " \t");
		snprintf(out, size, "%.*s", (int)strcspn(p, "\n"), p);
		return true;
	}
	return false;
}

/* Return: 1 and the value; 0 = it cannot be had, which is said; -1 and @e */
static int read_status(const struct lab_scene *s, const char *const *words, char *value,
		       struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	auto_text status = { 0 };
	int rc = aim_at(s, words[0], &a, out, e);

	if (rc == 1)
		rc = aim_read(&a, "status", &status, out, e);
	if (rc == 1 && !line_of(text_str(&status), words[1], value, STATUS_SIZE))
		return fact_nowhere(out, "no line '%s'", words[1]);
	return rc;
}

static int look_status(const struct lab_scene *s, const char *const *words, size_t n,
		       struct fact_found *out, struct err *e)
{
	char value[STATUS_SIZE];
	int rc;

	(void)n;
	text_addf(&out->expected, "%s: %s", words[1], words[2]);
	rc = read_status(s, words, value, out, e);
	if (rc <= 0)
		return rc;
	out->holds = !strcmp(value, words[2]);
	text_addf(&out->found, "%s: %s", words[1], value);
	return 0;
}

static int check_number(const char *const *words, size_t n, struct err *e)
{
	const char *why;
	uint64_t number;

	if (lab_target_check(words[0], e) < 0)
		return -1;
	return parse_number(words[n - 1], &number, &why) < 0
		       ? err_set(e, "'%s': %s", words[n - 1], why)
		       : 0;
}

/* The last of its numbers is that in its own pid namespace */
static int look_nspid(const struct lab_scene *s, const char *const *words, size_t n,
		      struct fact_found *out, struct err *e)
{
	const char *const line[] = { words[0], "NSpid" };
	char value[STATUS_SIZE];
	const char *last;
	int rc;

	(void)n;
	text_addf(&out->expected, "pid %s in its own namespace, the last of NSpid",
		  words[1]);
	rc = read_status(s, line, value, out, e);
	if (rc <= 0)
		return rc;
	last = strrchr(value, '\t');
	out->holds = !strcmp(last ? last + 1 : value, words[1]);
	for (char *p = value; *p; p++)
		*p = *p == '\t' ? ' ' : *p;
	text_addf(&out->found, "NSpid: %s", value);
	return 0;
}

static int check_proc(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	if (lab_target_check(words[0], e) < 0)
		return -1;
	if (words[1][0] == '/' || strstr(words[1], ".."))
		return err_set(e, "'%s' is no file below /proc/PID", words[1]);
	return match_check(words[2], e);
}

static int look_proc(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	auto_text text = { 0 };
	int rc;

	(void)n;
	text_addf(&out->expected, "/proc/PID/%s has what matches /%s/", words[1],
		  words[2]);
	rc = aim_at(s, words[0], &a, out, e);
	if (rc == 1)
		rc = aim_read(&a, words[1], &text, out, e);
	if (rc <= 0)
		return rc;
	/* environ and cmdline part their words so */
	for (size_t i = 0; i < text.len; i++)
		text.s[i] = text.s[i] ? text.s[i] : '\n';
	rc = match_text(words[2], text_str(&text), e);
	out->holds = rc == 1;
	fact_trim(&text);
	/* One line says more than that: a map of ids */
	if (text.len && !strchr(text_str(&text), '\n'))
		fact_say_text(out, text_str(&text));
	else
		text_add(&out->found, rc == 1 ? "it is there" : "it is not there");
	return rc < 0 ? -1 : 0;
}

/* --- pids-in-ns, zombies ----------------------------------------------------------- */

/** struct count - @ns: inode; @zombies: count these alone; @n: out */
struct count {
	ino_t ns;
	bool zombies;
	uint64_t n;
};

static bool count_one(pid_t pid, void *arg)
{
	struct count *c = arg;
	struct process p;

	if (!process_is_in(pid, c->ns) || process_read(pid, &p) < 0)
		return false;
	c->n += (p.state == 'Z') == c->zombies;
	return false;
}

static int which_ns(const struct lab_scene *s, const char *word, ino_t *ns,
		    struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	int rc = aim_at(s, word, &a, out, e);

	if (rc == 1)
		*ns = (ino_t)ns_inode(&a, ns_type_find("pid", NULL));
	return rc;
}

static int check_count(const char *const *words, size_t n, struct err *e)
{
	struct bound b;

	(void)n;
	if (lab_target_check(words[0], e) < 0)
		return -1;
	return bound_read(words[1], words[2], IN_NUMBERS, &b, e);
}

static int look_count(const struct lab_scene *s, const char *const *words, bool zombies,
		      struct fact_found *out, struct err *e)
{
	struct count c = { .zombies = zombies };
	struct bound b;
	int rc = bound_read(words[1], words[2], IN_NUMBERS, &b, e);

	text_addf(&out->expected, "%s %s %s in the pid namespace and below",
		  zombies ? "zombies" : "processes", words[1], words[2]);
	if (!rc)
		rc = which_ns(s, words[0], &c.ns, out, e);
	if (rc <= 0)
		return rc;
	if (processes_each(count_one, &c, e) < 0)
		return -1;
	text_cut(&out->source, 0);
	text_addf(&out->source, "/proc/*/ns/pid that are pid:[%llu]",
		  (unsigned long long)c.ns);
	out->holds = bound_holds(&b, c.n);
	text_addf(&out->found, "%llu", (unsigned long long)c.n);
	return 0;
}

static int look_pids(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	(void)n;
	return look_count(s, words, false, out, e);
}

static int look_zombies(const struct lab_scene *s, const char *const *words, size_t n,
			struct fact_found *out, struct err *e)
{
	(void)n;
	return look_count(s, words, true, out, e);
}

const struct fact_verb facts_process[] = {
	{ "alive", "TARGET", "its process runs, and is no zombie", 1, 1, check_target,
	  look_alive },
	{ "dead", "TARGET",
	  "the process that a pid file or a box names has ended, or is a zombie", 1, 1,
	  check_target, look_dead },
	{ "status", "TARGET KEY VALUE", "its file status has that line", 3, 3,
	  check_target, look_status },
	{ "nspid", "TARGET NUMBER", "it has that pid in its own pid namespace", 2, 2,
	  check_number, look_nspid },
	{ "proc-has", "TARGET FILE REGEX",
	  "the extended regular expression is found in that file below its directory in "
	  "/proc: net/unix, mountinfo",
	  3, 3, check_proc, look_proc },
	{ "pids-in-ns", "TARGET OP NUMBER",
	  "so many processes are in its pid namespace and below it, zombies not counted; "
	  "OP is = != < <= > or >=. For one that has ended ask whether its process 1 is "
	  "dead: the kernel uses the numbers of namespaces again",
	  3, 3, check_count, look_pids },
	{ "zombies", "TARGET OP NUMBER", "so many zombies are in there", 3, 3,
	  check_count, look_zombies },
	{ 0 },
};
