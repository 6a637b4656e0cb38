// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_answer.c - verbs about what the learner answered, and about which kernel it is
 *
 * An answer is compared with a value that is read now, so it cannot be learned by heart.
 * What a file of the kernel says inside and outside is compared by two readings outside
 * around one inside: a load average may move in between.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "host/detect.h"
#include "lab/within.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* --- values ------------------------------------------------------------------------ */

/**
 * struct source - Where the right answer comes from
 * @min, @max:	Words that it takes
 * @value:	Reads it. Return: 1; 0 = it cannot be read now, which is said; -1 and @e.
 *		NULL: the words themselves
 */
struct source {
	const char *name;
	size_t min, max;
	int (*check)(const char *const *words, struct err *e);
	int (*value)(const struct lab_scene *s, const char *const *words,
		     struct text *value, struct fact_found *out, struct err *e);
};

/* Without it there is nothing to compare with. Return: 1, 0; -1 and @e */
static int read_file(const struct lab_scene *s, const char *path, struct text *value,
		     struct fact_found *out, struct err *e)
{
	int rc = path_read(s, path, value, out, e);

	return rc ? rc : fact_nowhere(out, "cannot read '%s'", path);
}

static int check_absolute(const char *const *words, struct err *e)
{
	return words[0][0] == '/' ? 0 : err_set(e, "'%s' is no absolute path", words[0]);
}

static int value_file(const struct lab_scene *s, const char *const *words,
		      struct text *value, struct fact_found *out, struct err *e)
{
	return read_file(s, words[0], value, out, e);
}

/* The first word behind KEY: at the beginning of a line of @file. Return: whether there
 * is one */
static bool field_of(const char *file, const char *key, struct text *value)
{
	size_t len = strlen(key);

	for (const char *p = file; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, len) || !p[len] || !strchr(": \t", p[len]))
			continue;
		p += len + strspn(p + len, ": \t");
		text_addn(value, p, strcspn(p, " \t\n"));
		return true;
	}
	return false;
}

static int value_field(const struct lab_scene *s, const char *const *words,
		       struct text *value, struct fact_found *out, struct err *e)
{
	auto_text file = { 0 };
	int rc = read_file(s, words[0], &file, out, e);

	if (rc <= 0)
		return rc;
	return field_of(text_str(&file), words[1], value)
		       ? 1
		       : fact_nowhere(out, "no line '%s' in %s", words[1], words[0]);
}

/* Of a text only the field @key, where there is one */
static void cut_to(const char *key, struct text *text)
{
	auto_text field = { 0 };

	if (!key)
		return;
	field_of(text_str(text), key, &field);
	text_cut(text, 0);
	text_add(text, text_str(&field));
}

static int check_ns(const char *const *words, struct err *e)
{
	return lab_target_check(words[0], e) < 0 || !ns_type_find(words[1], e) ? -1 : 0;
}

static int value_ns(const struct lab_scene *s, const char *const *words,
		    struct text *value, struct fact_found *out, struct err *e)
{
	const struct ns_type *t = ns_type_find(words[1], e);
	auto_aim a = { .dir = -1 };
	int rc = aim_at(s, words[0], &a, out, e);

	if (rc <= 0)
		return rc;
	text_addf(&out->source, "/proc/%d/ns/%s", a.pid, t->file);
	text_addf(value, "%llu", ns_inode(&a, t));
	return 1;
}

static int check_inside(const char *const *words, struct err *e)
{
	return lab_target_check(words[0], e) < 0 ? -1 : check_absolute(words + 1, e);
}

/* Whether a file, or its field words[2], is the same outside and inside, in *@same.
 * Return: as @value */
static int is_same_inside(const struct lab_scene *s, const char *const *words, bool *same,
			  struct fact_found *out, struct err *e)
{
	auto_text before = { 0 }, inside = { 0 }, after = { 0 };
	auto_aim a = { .dir = -1 };
	struct err why = { 0 };
	int rc = aim_at(s, words[0], &a, out, e);

	if (rc == 1)
		rc = read_file(s, words[1], &before, out, e);
	if (rc <= 0)
		return rc;
	if (within_read(&a, words[1], &inside, &why) < 0)
		return fact_nowhere(out, "%s", why.text);
	rc = read_file(s, words[1], &after, out, e);
	cut_to(words[2], &before);
	cut_to(words[2], &inside);
	cut_to(words[2], &after);
	*same = !strcmp(text_str(&inside), text_str(&before)) ||
		!strcmp(text_str(&inside), text_str(&after));
	text_addf(&out->source, " here and where process %d is", a.pid);
	return rc;
}

static int value_compare(const struct lab_scene *s, const char *const *words,
			 struct text *value, struct fact_found *out, struct err *e)
{
	bool same = false;
	int rc = is_same_inside(s, words, &same, out, e);

	text_add(value, same ? "same" : "differs");
	return rc;
}

static int value_cg(const struct lab_scene *s, const char *const *words,
		    struct text *value, struct fact_found *out, struct err *e)
{
	uint64_t n = 0;
	int rc = group_value(s, words, &n, out, e);

	text_addf(value, "%llu", (unsigned long long)n);
	return rc;
}

static const char *next_value(size_t i, const void *arg)
{
	(void)arg;
	return detect_value_name(i);
}

static int check_detect(const char *const *words, struct err *e)
{
	const char *near = name_near(words[0], next_value, NULL);

	if (words[1] && check_absolute(words + 1, e) < 0)
		return -1;
	for (size_t i = 0; detect_value_name(i); i++)
		if (!strcmp(detect_value_name(i), words[0]))
			return 0;
	return err_set(e, "'%s' is nothing that is detected%s%s%s", words[0],
		       near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
}

/* Of this machine, or of a tree of files */
static int value_detect(const struct lab_scene *s, const char *const *words,
			struct text *value, struct fact_found *out, struct err *e)
{
	struct detect *d;
	int tree = -1;

	if (words[1])
		tree = path_open(s, words[1], O_DIRECTORY, out, e);
	if (words[1] && tree < 0)
		return tree == -1 ? -1 : fact_nowhere(out, "cannot open '%s'", words[1]);
	d = detect_new(tree, e);
	if (!d)
		return -1;
	text_cut(&out->source, 0);
	text_addf(&out->source, "the clues of 'nook detect%s%s'",
		  words[1] ? " --root " : "", words[1] ? words[1] : "");
	detect_value(d, words[0], value);
	detect_free(d);
	return 1;
}

static const struct source sources[] = {
	{ "is", 1, 20, NULL, NULL },
	{ "set", 1, 20, NULL, NULL },
	{ "file", 1, 1, check_absolute, value_file },
	{ "field", 2, 2, check_absolute, value_field },
	{ "ns", 2, 2, check_ns, value_ns },
	{ "compare", 2, 3, check_inside, value_compare },
	{ "cg", 2, 2, group_value_check, value_cg },
	{ "detect", 1, 2, check_detect, value_detect },
};

static const char *next_source(size_t i, const void *arg)
{
	(void)arg;
	return i < ARRAY_SIZE(sources) ? sources[i].name : NULL;
}

static const struct source *source_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i].name, name))
			return &sources[i];
	return NULL;
}

/* --- answers ----------------------------------------------------------------------- */

/**
 * struct wanted - The words behind the name of a question
 * @from:	NULL = there is no such source
 * @words:	Behind the source; @count of them
 * @part:	"within 5%" at the end: the part of a hundred, 0 = exact
 */
struct wanted {
	const struct source *from;
	const char *const *words;
	size_t count;
	double part;
};

static struct wanted wanted_of(const char *const *words, size_t n)
{
	struct wanted w = { source_find(words[1]), words + 2, n - 2, 0 };
	char *end;

	if (w.count < 3 || strcmp(words[n - 2], "within") != 0)
		return w;
	w.part = strtod(words[n - 1], &end);
	if (strcmp(end, "%") != 0 || !(w.part > 0 && w.part <= 100))
		w.part = 0;
	else
		w.count -= 2;
	return w;
}

static int check_answer(const char *const *words, size_t n, struct err *e)
{
	struct wanted w = wanted_of(words, n);
	const char *near = name_near(words[1], next_source, NULL);

	if (!w.from) {
		err_set(e, "an answer cannot be compared with '%s'%s%s%s", words[1],
			near ? ", did you mean '" : "", near ? near : "",
			near ? "'" : "");
		return err_hint(e, "with is, set, file, field, ns, compare, cg or "
				   "detect");
	}
	if (w.count < w.from->min || w.count > w.from->max)
		return err_set(e, "'%s' takes another number of words", words[1]);
	if (w.part > 0 &&
	    (w.from->value == value_compare || !strcmp(w.from->name, "set")))
		return err_set(e, "'within' is for numbers");
	return w.from->check ? w.from->check(w.words, e) : 0;
}

/* A number with what people put around it: "uts:[4026531838]", "16 GB". Return: false
 * where there is none */
static bool number_in(const char *s, double *out)
{
	char *end;

	while (*s && !isdigit((unsigned char)*s))
		s++;
	*out = strtod(s, &end);
	return end != s;
}

static bool is_near(const char *answer, const char *value, double part)
{
	double a, v;

	return number_in(answer, &a) && number_in(value, &v) &&
	       (a > v ? a - v : v - a) <= v * part / 100;
}

/* A namespace is named by its number alone too */
static bool is_value(const char *answer, const char *value, const char *source)
{
	double number;
	char digits[32];

	if (!strcasecmp(answer, value))
		return true;
	if (strcmp(source, "ns") != 0 || !number_in(answer, &number))
		return false;
	snprintf(digits, sizeof(digits), "%.0f", number);
	return !strcmp(digits, value);
}

/* Whether the words of an answer, parted by blanks or commas, are these in any order */
static bool is_set(const char *answer, const char *const *words, size_t n)
{
	uint32_t seen = 0;
	size_t len;

	for (const char *p = answer; *p; p += len) {
		bool known = false;

		len = strcspn(p, " ,;\t");
		for (size_t i = 0; len && i < n; i++)
			if (strlen(words[i]) == len && !strncasecmp(p, words[i], len)) {
				seen |= UINT32_C(1) << i;
				known = true;
			}
		if (len && !known)
			return false;
		len += !len;
	}
	return seen == (UINT32_C(1) << n) - 1;
}

/* Whether an answer is one line of what was detected, its words in any order */
static bool is_detected(const char *answer, const char *value)
{
	auto_free char *copy = strdup(value);
	char *lines = copy, *line, *word;

	while (copy && (line = strsep(&lines, "\n"))) {
		const char *words[32];
		size_t n = 0;

		while (n < ARRAY_SIZE(words) && (word = strsep(&line, " ")))
			words[n++] = word;
		if (is_set(answer, words, n))
			return true;
	}
	return false;
}

/* Blanks around it do not count */
static void take_answer(const char *typed, struct text *out)
{
	size_t len;

	typed += strspn(typed, " \t\n");
	len = strlen(typed);
	while (len && isspace((unsigned char)typed[len - 1]))
		len--;
	text_addn(out, typed, len);
}

/* A number with its unit as people write it, "1.25s", "870ms", "43.5 MB", in the unit of
 * cgroups here. Return: false where it is none */
static bool read_amount(const char *s, enum unit unit, double *out)
{
	static const struct {
		enum unit unit;
		const char *name;
		double times;
	} names[] = {
		{ IN_TIME, "s", 1e9 },	    { IN_TIME, "ms", 1e6 },
		{ IN_TIME, "us", 1e3 },	    { IN_TIME, "ns", 1 },
		{ IN_BYTES, "", 1 },	    { IN_BYTES, "B", 1 },
		{ IN_BYTES, "K", 1 << 10 }, { IN_BYTES, "KB", 1 << 10 },
		{ IN_BYTES, "M", 1 << 20 }, { IN_BYTES, "MB", 1 << 20 },
		{ IN_BYTES, "G", 1 << 30 }, { IN_BYTES, "GB", 1 << 30 },
		{ IN_CPUS, "%", 10 },	    { IN_CPUS, "", 1000 },
		{ IN_NUMBERS, "", 1 },
	};
	char *end;

	*out = strtod(s, &end);
	if (end == s)
		return false;
	end += strspn(end, " ");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].unit == unit && !strcasecmp(names[i].name, end)) {
			*out *= names[i].times;
			return true;
		}
	return false;
}

/* @value: digits, in the unit of what @w names */
static bool is_amount(const char *answer, const struct wanted *w, const char *value)
{
	double a, v = strtod(value, NULL);

	return read_amount(answer, group_value_unit(w->words[1]), &a) &&
	       (a > v ? a - v : v - a) <= v * w->part / 100;
}

/* One value, or several texts of which each is right */
static bool is_one(const char *answer, const struct wanted *w, const char *value)
{
	return w->part > 0 ? is_near(answer, value, w->part)
			   : is_value(answer, value, w->from->name);
}

/* @value: what was read, where something is */
static bool is_right(const char *answer, const struct wanted *w, const char *value)
{
	bool right = false;

	if (w->from->value == value_detect)
		return is_detected(answer, value);
	if (w->from->value == value_cg)
		return is_amount(answer, w, value);
	if (w->from->value)
		return is_one(answer, w, value);
	if (!strcmp(w->from->name, "set"))
		return is_set(answer, w->words, w->count);
	for (size_t i = 0; i < w->count; i++)
		right |= is_one(answer, w, w->words[i]);
	return right;
}

/* What is right stays unsaid: it would be the answer */
static int look_answer(const struct lab_scene *s, const char *const *words, size_t n,
		       struct fact_found *out, struct err *e)
{
	const char *typed = s->answer ? s->answer(s->arg, words[0]) : NULL;
	struct wanted w = wanted_of(words, n);
	auto_text value = { 0 }, answer = { 0 };
	int rc = 1;

	text_addf(&out->expected, "the right answer to %s", words[0]);
	if (!typed)
		return fact_nowhere(out, "no answer yet: nook lab answer %s TEXT",
				    words[0]);
	take_answer(typed, &answer);
	if (w.from->value)
		rc = w.from->value(s, w.words, &value, out, e);
	else
		text_add(&out->source, "the lab's own question");
	if (rc <= 0)
		return rc;
	out->holds = is_right(text_str(&answer), &w, text_str(&value));
	fact_say_text(out, text_str(&answer));
	return 0;
}

/* --- boot_id ----------------------------------------------------------------------- */

static int check_boot(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	return words[0][0] == '/' ? 0 : lab_target_check(words[0], e);
}

/* Return: 1 and whether the kernel is this one; 0, -1 as @look */
static int compare_boot(const struct lab_scene *s, const char *word, bool *same,
			struct fact_found *out, struct err *e)
{
	const char *const inside[] = { word, BOOT_ID, NULL };
	auto_text mine = { 0 }, theirs = { 0 };
	int rc;

	if (*word != '/')
		return is_same_inside(s, inside, same, out, e);
	rc = read_file(s, BOOT_ID, &mine, out, e);
	if (rc == 1)
		rc = read_file(s, word, &theirs, out, e);
	if (rc <= 0)
		return rc;
	*same = !strcmp(text_str(&mine), text_str(&theirs));
	text_addf(&out->source, " against %s", BOOT_ID);
	return 1;
}

static int look_boot_same(const struct lab_scene *s, const char *const *words, size_t n,
			  struct fact_found *out, struct err *e)
{
	bool same = false;
	int rc = compare_boot(s, words[0], &same, out, e);

	(void)n;
	text_add(&out->expected, "the host's kernel, by its boot_id");
	if (rc == 1)
		text_add(&out->found, same ? "the same boot_id" : "another boot_id");
	out->holds = rc == 1 && same;
	return rc < 0 ? -1 : 0;
}

static int look_boot_differs(const struct lab_scene *s, const char *const *words,
			     size_t n, struct fact_found *out, struct err *e)
{
	int rc = look_boot_same(s, words, n, out, e);

	text_cut(&out->expected, 0);
	text_add(&out->expected, "another kernel than the host's, by its boot_id");
	out->holds = !out->holds;
	return rc;
}

const struct fact_verb facts_answer[] = {
	{ "answer",
	  "NAME is TEXT... | set WORD... | file PATH | field PATH KEY | ns TARGET "
	  "TYPE | compare TARGET PATH [KEY] | cg TARGET|/CGROUP NAME | detect WHAT [DIR] "
	  "[within N%]",
	  "what was answered to the question NAME is one of the texts; is all of the "
	  "words in any order; is what a file, or the line KEY: of it, says now; the "
	  "number of a namespace; same or differs, as the file, or that line of it, "
	  "says inside and outside; what 'cg' reads, with its unit (1.2s, 870ms, 40M, "
	  "50%); what 'nook detect' finds on this machine, or with "
	  "--root DIR: machine, container, cloud, signature, flags, drivers or virtio; "
	  "N% off at most",
	  3, 24, check_answer, look_answer },
	{ "bootid-same", "TARGET|FILE",
	  "the kernel that the target, or who wrote the file, runs on is the host's", 1,
	  1, check_boot, look_boot_same },
	{ "bootid-differs", "TARGET|FILE", "it is another one", 1, 1, check_boot,
	  look_boot_differs },
	{ 0 },
};
